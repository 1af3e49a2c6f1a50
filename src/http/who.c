/* who.c - credentials: bearer tokens for machines, cookie sessions for people. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/who.h"
#include "work/accounts.h"

str cookie_value(str header, const char *name)
{
    while (header.p) {
        str right, one = str_trim(str_cut(header, ';', &header));
        str key = str_cut(one, '=', &right);
        if (str_eqz(key, name)) return right;
    }
    return (str){0};
}

static bool by_token(request *q, str header, err *e)
{
    str secret;
    str scheme = str_cut(header, ' ', &secret);
    /* The scheme is case-insensitive (RFC 9110, 11.1). */
    if (scheme.n == 6 && strncasecmp(scheme.p, "bearer", 6) == 0 && secret.n)
        return token_check(q->w, str_trim(secret), q->a, &q->who, e);
    return err_set(e, ERR_UNAUTHENTICATED, S("Authorization"), S("send: Authorization: Bearer ..."),
                   "only bearer tokens are taken");
}

bool who_asks(request *q, err *e)
{
    str header = q->header(q, "Authorization");
    str cookie = cookie_value(q->header(q, "Cookie"), SESSION_COOKIE);
    bool known;
    if (header.p)
        known = by_token(q, header, e);
    else if (cookie.n)
        known = session_check(q->w, cookie, q->a, &q->csrf, &q->who, e);
    else
        known = err_set(e, ERR_UNAUTHENTICATED, S("Authorization"),
                        S("send a bearer token, or log in: POST /api/v1/sessions"),
                        "credentials are needed");
    if (known && !header.p) q->session = cookie;
    q->who.via = "http";
    if (!known && e->code == ERR_UNAUTHENTICATED) work_refused(q->w, "http");
    return known;
}

bool who_meant_it(request *q, err *e)
{
    str sent = q->header(q, "X-CSRF-Token");
    if (!q->session.p) return true;
    if (sent.n == q->csrf.n && sent.n && crypto_equal(sent.p, q->csrf.p, sent.n)) return true;
    return err_set(e, ERR_DENIED, S("X-CSRF-Token"), S("send `csrf` of GET /api/v1/sessions/me"),
                   "a change by a session must carry its CSRF token");
}

void cookie_set(request *q, str id)
{
    const char *secure = q->options->secure ? "; Secure" : "";
    str text =
        id.p ? str_fmt(q->a, SESSION_COOKIE "=%.*s; Path=/; HttpOnly; SameSite=Strict%s",
                       STR_ARG(id), secure)
             : str_fmt(q->a, SESSION_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0%s",
                       secure);
    reply_header(q, "Set-Cookie", text);
}
