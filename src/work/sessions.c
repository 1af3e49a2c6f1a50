/* sessions.c - sessions of people and tokens of machines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/secrets.h"
#include "work/signin.h"

enum { FREE_TRIES = 5, WAIT_MS = 60000, WAIT_MAX_MS = 3600000 };
/* A token's last use is written at most this often: reading must not cost a commit. */
enum { USED_MS = 600000 };
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)

static bool wrong(err *e)
{
    return err_set(e, ERR_UNAUTHENTICATED, S(""), S("check name and password"),
                   "name or password is wrong");
}

/* Null or in the future. */
static bool still(const value *until, int64_t now)
{
    return until->kind == VALUE_NULL || until->i > now;
}

static cap_set caps_of(str role_name)
{
    const struct role *r = role_find(role_name);
    return r ? r->caps : 0;
}

struct login {
    struct work *w;
    str name, code;
    const char *means; /* NULL until the second factor was looked at */
    int64_t account;
    rows row;
    session s;
    arena *a;
};

static bool find_tx(struct tx *t, void *ctx, err *e)
{
    struct login *l = ctx;
    const value args[] = {V_TEXT(l->name)};
    return tx_query(t, l->a, SQL(Q_ACCOUNT_BY_NAME), args, 1, &l->row, e);
}

static bool fail_tx(struct tx *t, void *ctx, err *e)
{
    struct login *l = ctx;
    int64_t now = clock_now(), id = l->account;
    rows r;
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_ID), (value[]){V_INT(id)}, 1, &r, e)) return false;
    int64_t failed = r.at[8].i + 1, wait = 0;
    if (failed >= FREE_TRIES) {
        int64_t doublings = failed - FREE_TRIES;
        wait = doublings > 6 ? WAIT_MAX_MS : (int64_t)WAIT_MS << doublings;
        if (wait > WAIT_MAX_MS) wait = WAIT_MAX_MS;
    }
    const value args[] = {V_INT(id), V_INT(failed), wait ? V_INT(now + wait) : V_NULL};
    actor nobody = {.name = l->name, .via = "http"};
    act a = {.name = "session.refused",
             .id = id,
             .detail = str_fmt(e->a, "{\"failed\":%lld}", (long long)failed)};
    return tx_exec(t, SQL(Q_ACCOUNT_FAILED), args, COUNT(args), NULL, e) &&
           act_log(t, &nobody, &a, now, NULL, e);
}

bool signin_failed(struct work *w, int64_t account, str name, err *e)
{
    struct login l = {.name = name, .account = account};
    return work_write(w, fail_tx, &l, e);
}

static bool must_not_wait(const value *v, int64_t now, err *e)
{
    if (v[9].kind == VALUE_NULL || v[9].i <= now) return true;
    return err_set(e, ERR_LIMITED, S(""), S("wait, or ask an administrator for a new link"),
                   "too many wrong passwords; wait %lld seconds",
                   (long long)((v[9].i - now + 999) / 1000));
}

bool signin_allowed(const value *v, int64_t now, err *e)
{
    return (v[6].kind == VALUE_NULL && still(&v[5], now)) || wrong(e);
}

bool signin_begin(struct tx *t, int64_t account, str name, const char *means, arena *a,
                  session *ret, err *e)
{
    int64_t now = clock_now(), hours, idle;
    if (!setting_get(t, SETTING_SESSION_HOURS, &hours, e) ||
        !setting_get(t, SETTING_SESSION_IDLE, &idle, e))
        return false;
    *ret =
        (session){.id = secret_new(a), .csrf = secret_new(a), .expires_at = now + hours * HOUR_MS};
    const value args[] = {
        V_BLOB(secret_hash(e->a, ret->id)), V_INT(account),       V_TEXT(ret->csrf), V_INT(now),
        V_INT(now + idle * MINUTE_MS),      V_TEXT(str_of(means))};
    actor self = {.account = account, .name = name, .via = "http"};
    act x = {.name = "session.open",
             .id = account,
             .detail = str_fmt(e->a, "{\"means\":\"%s\"}", means)};
    return tx_exec(t, SQL(Q_SESSION_EXPIRE), (value[]){V_INT(now)}, 1, NULL, e) &&
           tx_exec(t, SQL(Q_SESSION_ADD), args, COUNT(args), NULL, e) &&
           act_log(t, &self, &x, now, NULL, e);
}

static bool open_tx(struct tx *t, void *ctx, err *e)
{
    struct login *l = ctx;
    int64_t now = clock_now(), id = l->account;
    const value zero[] = {V_INT(id), V_INT(0), V_NULL};
    rows r;
    /* Again, for others may have failed while this password was computed. */
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_ID), zero, 1, &r, e)) return false;
    return must_not_wait(r.at, now, e) && signin_allowed(r.at, now, e) &&
           factor_check(t, l->w, id, l->code, now, &l->means, e) &&
           tx_exec(t, SQL(Q_ACCOUNT_FAILED), zero, COUNT(zero), NULL, e) &&
           signin_begin(t, id, l->name, l->means, l->a, &l->s, e);
}

/* Counts what was refused; the words of the refusal stay. */
static bool refused(struct login *l, err *e)
{
    err why = *e;
    if (why.code != ERR_UNAUTHENTICATED) return false;
    if (work_write(l->w, fail_tx, l, e)) *e = why;
    return false;
}

bool session_open(struct work *w, str name, str password, str code, arena *a, session *ret,
                  actor *ret_actor, err *e)
{
    struct login l = {.w = w, .name = name, .code = code, .a = a};
    int64_t now = clock_now();
    if (!store_read(w->store, find_tx, &l, e)) return false;
    const value *v = l.row.at;
    if (!l.row.n) {
        /* Unknown names take as long as wrong passwords. */
        (void)password_hash(a, password);
        work_refused(w, "login");
        return wrong(e);
    }
    l.account = v[0].i;
    if (!must_not_wait(v, now, e)) return false;
    bool good = v[3].kind != VALUE_NULL && password_verify(v[3].s, password);
    if (v[3].kind == VALUE_NULL) (void)password_hash(a, password); /* no account answers sooner */
    if (!good || !signin_allowed(v, now, e)) {
        (void)!wrong(e);
        return refused(&l, e);
    }
    if (!work_write(w, open_tx, &l, e)) return refused(&l, e);
    *ret = l.s;
    *ret_actor = (actor){.account = v[0].i, .name = v[1].s, .via = "http", .caps = caps_of(v[4].s)};
    return true;
}

/* ---- who asks is who they say ---- */

bool signin_in_person(const actor *who, err *e)
{
    return (who->account && !who->token) ||
           err_set(e, ERR_DENIED, S(""), S("log in in a browser"),
                   "only a person in a session may change how an account signs in");
}

bool signin_prove(struct work *w, const actor *who, str password, err *e)
{
    struct login l = {.w = w, .name = who->name, .account = who->account, .a = e->a};
    if (!signin_in_person(who, e) || !store_read(w->store, find_tx, &l, e)) return false;
    if (!l.row.n) return wrong(e);
    if (!must_not_wait(l.row.at, clock_now(), e)) return false;
    const value *hash = &l.row.at[3];
    if (hash->kind != VALUE_NULL && password_verify(hash->s, password)) return true;
    return work_write(w, fail_tx, &l, e) &&
           err_set(e, ERR_DENIED, S("password"), S("give the password of this account"),
                   "the password is wrong");
}

struct check {
    str secret;
    arena *a;
    rows r;
    int64_t until; /* new end of a session that is in use */
};

static bool session_tx(struct tx *t, void *ctx, err *e)
{
    struct check *c = ctx;
    const value args[] = {V_BLOB(secret_hash(e->a, c->secret))};
    return tx_query(t, c->a, SQL(Q_SESSION_GET), args, 1, &c->r, e);
}

static bool renew_tx(struct tx *t, void *ctx, err *e)
{
    struct check *c = ctx;
    const value args[] = {V_BLOB(secret_hash(e->a, c->secret)), V_INT(c->until),
                          V_INT(clock_now())};
    return tx_exec(t, SQL(Q_SESSION_RENEW), args, COUNT(args), NULL, e);
}

/* However much it is used. */
static int64_t end_of(const value *v)
{
    return v[7].i + setting_value(SETTING_SESSION_HOURS, &v[8]) * HOUR_MS;
}

/* Written at most every ten minutes, and nobody is shut out because it cannot be written. */
static void renew(struct work *w, struct check *c, int64_t now)
{
    int64_t end = end_of(c->r.at);
    c->until = now + setting_value(SETTING_SESSION_IDLE, &c->r.at[9]) * MINUTE_MS;
    if (c->until > end) c->until = end;
    if (w->read_only || c->until < c->r.at[2].i + USED_MS) return;
    err lost = ERR_IN(c->a);
    (void)!work_write(w, renew_tx, c, &lost);
}

bool session_check(struct work *w, str id, arena *a, str *ret_csrf, actor *ret, err *e)
{
    struct check c = {.secret = id, .a = a};
    int64_t now = clock_now();
    if (!store_read(w->store, session_tx, &c, e)) return false;
    const value *v = c.r.at;
    if (!c.r.n || v[2].i <= now || end_of(v) <= now || !still(&v[5], now) ||
        v[6].kind != VALUE_NULL)
        return err_set(e, ERR_UNAUTHENTICATED, S(""), S("log in again"), "the session has ended");
    renew(w, &c, now);
    *ret_csrf = v[1].s;
    *ret = (actor){.account = v[0].i, .name = v[3].s, .via = "http", .caps = caps_of(v[4].s)};
    return true;
}

static bool close_tx(struct tx *t, void *ctx, err *e)
{
    str *id = ctx;
    const value args[] = {V_BLOB(secret_hash(e->a, *id))};
    return tx_exec(t, SQL(Q_SESSION_DROP), args, 1, NULL, e);
}

bool session_close(struct work *w, str id, err *e)
{
    return work_write(w, close_tx, &id, e);
}

/* ---- what runs ---- */

struct running {
    const actor *who;
    str name, cookie, id;
    session_info *list;
    size_t n;
    arena *a;
};

static bool session_list_tx(struct tx *t, void *ctx, err *e)
{
    struct running *x = ctx;
    rows r;
    int64_t account = x->who->account;
    str own = x->cookie.p ? secret_hash(e->a, x->cookie) : (str){0};
    if (x->name.p) {
        if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_NAME), (value[]){V_TEXT(x->name)}, 1, &r, e))
            return false;
        if (!r.n)
            return err_set(e, ERR_NOT_FOUND, S("account"), S("see: aims user list"),
                           "no account '%.*s'", STR_ARG(x->name));
        account = r.at[0].i;
    }
    const value args[] = {V_INT(account), V_INT(clock_now())};
    if (!tx_query(t, e->a, SQL(Q_SESSION_LIST), args, COUNT(args), &r, e)) return false;
    x->n = r.n;
    x->list = arena_new(x->a, session_info, r.n);
    for (size_t i = 0; i < r.n; i++) {
        const value *v = &r.at[i * r.cols];
        x->list[i] = (session_info){.id = hex_encode(x->a, v[0].s.p, v[0].s.n),
                                    .created_at = v[1].i,
                                    .seen_at = v[2].kind == VALUE_NULL ? v[1].i : v[2].i,
                                    .expires_at = v[3].i,
                                    .current = own.p && str_eq(own, v[0].s)};
        if (v[4].kind != VALUE_NULL) x->list[i].means = str_dup(x->a, v[4].s);
    }
    return true;
}

bool session_list(struct work *w, const actor *who, str name, str cookie, arena *a,
                  session_info **ret, size_t *ret_n, err *e)
{
    struct running x = {.who = who, .cookie = cookie, .a = a};
    if (name.p && !str_eq(name, who->name)) {
        if (!work_may(w, who, CAP_ADMIN, "listing the sessions of others", e)) return false;
        x.name = name;
    }
    if (!store_read(w->store, session_list_tx, &x, e)) return false;
    *ret = x.list;
    *ret_n = x.n;
    return true;
}

static bool session_revoke_tx(struct tx *t, void *ctx, err *e)
{
    struct running *x = ctx;
    rows r;
    str hash;
    bool all = x->who->caps & 1u << CAP_ADMIN, own = x->who->account && !x->who->token;
    err none = ERR_IN(e->a);
    (void)!err_set(&none, ERR_NOT_FOUND, S("id"), S("see: GET /api/v1/sessions"),
                   "no such session");
    if (x->id.n != 64 || !hex_decode(e->a, x->id, &hash)) return err_copy(e, &none);
    if (!tx_query(t, e->a, SQL(Q_SESSION_GET), (value[]){V_BLOB(hash)}, 1, &r, e)) return false;
    if (!r.n || !(all || (own && r.at[0].i == x->who->account))) return err_copy(e, &none);
    act a = {.name = "session.revoke", .id = r.at[0].i};
    return tx_exec(t, SQL(Q_SESSION_DROP), (value[]){V_BLOB(hash)}, 1, NULL, e) &&
           act_log(t, x->who, &a, clock_now(), NULL, e);
}

bool session_revoke(struct work *w, const actor *who, str id, err *e)
{
    struct running x = {.who = who, .id = id};
    return work_write(w, session_revoke_tx, &x, e);
}

/* ---- tokens ---- */

#define TOKEN_PREFIX S("aims_")

static str caps_text(arena *a, cap_set caps)
{
    buf b = buf_open(a, 256);
    for (int c = 0; c < CAPS; c++)
        if (caps & 1u << c) buf_fmt(&b, "%s%s", b.n ? " " : "", cap_name((cap)c));
    return buf_str(&b);
}

static cap_set caps_parse(str text)
{
    cap_set caps = 0;
    cap c;
    while (text.p) {
        str name = str_cut(text, ' ', &text);
        if (cap_by_name(name, &c)) caps |= 1u << c;
    }
    return caps;
}

struct token_job {
    const actor *who;
    token_info info;
    str secret;
    token_info *list;
    size_t n;
    arena *a;
};

static bool token_log(struct tx *t, const actor *who, const char *name, const token_info *i,
                      int64_t now, err *e)
{
    buf b = buf_open(e->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_int(&w, "account", i->account);
    jw_m_str(&w, "capabilities", caps_text(e->a, i->caps));
    if (i->expires_at) jw_m_time(&w, "expires_at", i->expires_at);
    jw_obj_end(&w);
    act a = {.name = name, .id = i->id, .detail = buf_str(&b)};
    return act_log(t, who, &a, now, NULL, e);
}

static bool token_add_tx(struct tx *t, void *ctx, err *e)
{
    struct token_job *x = ctx;
    token_info *i = &x->info;
    const value args[] = {V_INT(i->account),
                          V_TEXT(i->name),
                          V_BLOB(secret_hash(e->a, x->secret)),
                          V_TEXT(caps_text(e->a, i->caps)),
                          V_INT(i->created_at),
                          V_INT(i->expires_at)};
    return tx_int(t, SQL(Q_TOKEN_ADD), args, COUNT(args), 0, &i->id, e) &&
           token_log(t, x->who, "token.add", i, i->created_at, e);
}

bool token_add(struct work *w, const actor *who, str name, cap_set caps, int64_t expires_at,
               arena *a, token_info *ret, str *ret_secret, err *e)
{
    int64_t now = clock_now();
    if (!who->account || who->token)
        return err_set(e, ERR_DENIED, S(""), S("add --as ACCOUNT, or make it in a session"),
                       "a token belongs to an account");
    if (caps & ~who->caps || !caps)
        return err_set(e, ERR_DENIED, S("capabilities"), S("ask for fewer"),
                       "a token has at least one, and at most its maker's own capabilities");
    if (expires_at <= now || expires_at > now + 366 * CLOCK_DAY_MS)
        return err_set(e, ERR_INVALID, S("expires_at"), S("give a day within a year"),
                       "a token needs an end within a year");
    if (!name.n || name.n > 120 || str_has_control(name))
        return err_set(e, ERR_INVALID, S("name"), S("say what it is for"), "a token needs a name");
    struct token_job x = {
        .who = who,
        .a = a,
        .info = {.account = who->account,
                 .name = str_dup(a, name),
                 .caps = caps,
                 .expires_at = expires_at,
                 .created_at = now}
    };
    x.secret = str_fmt(a, "aims_%s", secret_new(a).p);
    if (!work_write(w, token_add_tx, &x, e)) return false;
    *ret = x.info;
    *ret_secret = x.secret;
    return true;
}

static bool token_tx(struct tx *t, void *ctx, err *e)
{
    struct check *c = ctx;
    const value args[] = {V_BLOB(secret_hash(e->a, c->secret))};
    return tx_query(t, c->a, SQL(Q_TOKEN_GET), args, 1, &c->r, e);
}

static bool used_tx(struct tx *t, void *ctx, err *e)
{
    const value args[] = {V_INT(*(int64_t *)ctx), V_INT(clock_now())};
    return tx_exec(t, SQL(Q_TOKEN_USED), args, COUNT(args), NULL, e);
}

bool token_check(struct work *w, str secret, arena *a, actor *ret, err *e)
{
    struct check c = {.secret = secret, .a = a};
    int64_t now = clock_now();
    if (!str_starts(secret, TOKEN_PREFIX) || secret.n > 100)
        return err_set(e, ERR_UNAUTHENTICATED, S(""), S("send Authorization: Bearer aims_..."),
                       "that is no token of aims");
    if (!store_read(w->store, token_tx, &c, e)) return false;
    const value *v = c.r.at;
    if (!c.r.n || !still(&v[3], now) || v[4].kind != VALUE_NULL || !still(&v[8], now) ||
        v[9].kind != VALUE_NULL)
        return err_set(e, ERR_UNAUTHENTICATED, S(""), S("make a new token"),
                       "the token is unknown, expired or revoked");
    err lost = ERR_IN(a);
    if (!w->read_only && v[5].i < now - USED_MS)
        (void)!work_write(w, used_tx, &c.r.at[0].i, &lost); /* a full disk shuts nobody out */
    *ret = (actor){.account = v[1].i,
                   .name = v[6].s,
                   .via = "http",
                   .token = v[0].i,
                   .caps = caps_of(v[7].s) & caps_parse(v[2].s)};
    return true;
}

static void read_token(const value *v, arena *a, token_info *ret)
{
    *ret = (token_info){.id = v[0].i,
                        .account = v[1].i,
                        .name = str_dup(a, v[2].s),
                        .caps = caps_parse(v[3].s),
                        .created_at = v[4].i,
                        .expires_at = v[5].i,
                        .revoked = v[6].kind != VALUE_NULL,
                        .last_used_at = v[7].i};
}

static bool token_list_tx(struct tx *t, void *ctx, err *e)
{
    struct token_job *x = ctx;
    rows r;
    if (!tx_query(t, e->a, SQL(Q_TOKEN_LIST), NULL, 0, &r, e)) return false;
    bool all = x->who->caps & 1u << CAP_ADMIN;
    x->list = arena_new(x->a, token_info, r.n);
    for (size_t i = 0; i < r.n; i++)
        if (all || r.at[i * r.cols + 1].i == x->who->account)
            read_token(&r.at[i * r.cols], x->a, &x->list[x->n++]);
    return true;
}

bool token_list(struct work *w, const actor *who, arena *a, token_info **ret, size_t *ret_n, err *e)
{
    struct token_job x = {.who = who, .a = a};
    if (!work_may(w, who, CAP_READ, "listing tokens", e)) return false;
    if (!store_read(w->store, token_list_tx, &x, e)) return false;
    *ret = x.list;
    *ret_n = x.n;
    return true;
}

static bool token_revoke_tx(struct tx *t, void *ctx, err *e)
{
    struct token_job *x = ctx;
    int64_t now = clock_now(), changed = 0, id = x->info.id;
    if (!token_list_tx(t, x, e)) return false;
    const token_info *mine = NULL;
    for (size_t i = 0; i < x->n; i++)
        if (x->list[i].id == id) mine = &x->list[i];
    if (!mine)
        return err_set(e, ERR_NOT_FOUND, S("id"), S("see: aims token list"), "no token %lld",
                       (long long)id);
    const value args[] = {V_INT(id), V_INT(now)};
    return tx_exec(t, SQL(Q_TOKEN_REVOKE), args, COUNT(args), &changed, e) &&
           (!changed || token_log(t, x->who, "token.revoke", mine, now, e));
}

bool token_revoke(struct work *w, const actor *who, int64_t id, err *e)
{
    struct token_job x = {.who = who, .info = {.id = id}, .a = e->a};
    return work_may(w, who, CAP_READ, "revoking a token", e) &&
           work_write(w, token_revoke_tx, &x, e);
}
