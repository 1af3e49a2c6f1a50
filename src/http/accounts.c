/* accounts.c - handlers of sessions, accounts and tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/accounts.h"
#include "http/handlers.h"
#include "http/inputs.h"
#include "http/who.h"
#include "work/records.h"

void put_time(jw *w, const char *key, int64_t at)
{
    jw_key(w, key);
    if (at > 0)
        jw_str(w, clock_text(w->b->a, at));
    else
        jw_null(w);
}

static void put_caps(jw *w, cap_set caps)
{
    jw_key(w, "capabilities");
    jw_arr(w);
    for (int c = 0; c < CAPS; c++)
        if (caps & 1u << c) jw_strz(w, cap_name((cap)c));
    jw_arr_end(w);
}

/* ---- sessions ---- */

void reply_session(request *q, const session *s, const actor *who)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "account", who->name);
    put_caps(&w, who->caps);
    jw_m_str(&w, "csrf", s->csrf);
    jw_m_time(&w, "expires_at", s->expires_at);
    jw_obj_end(&w);
    reply_json(q, route_status(q->route), &b);
    cookie_set(q, s->id);
}

static bool log_in(request *q, str name, str password, str code, err *e)
{
    session s;
    actor who;
    if (!session_open(q->w, name, password, code, q->a, &s, &who, e)) return false;
    reply_session(q, &s, &who);
    return true;
}

bool do_login(request *q, err *e)
{
    const login *in = q->in;
    return log_in(q, in->name, in->password, in->code, e);
}

bool do_redeem(request *q, err *e)
{
    const redemption *in = q->in;
    account_info x;
    return account_redeem(q->w, in->code, in->password, q->a, &x, e) &&
           log_in(q, x.name, in->password, (str){0}, e);
}

bool do_me(request *q, err *e)
{
    account_info x = {0};
    err none = ERR_IN(q->a);
    if (!account_get(q->w, &q->who, q->a, &x, &none) && none.code != ERR_NOT_FOUND)
        return err_copy(e, &none);
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "account", q->who.name);
    jw_m_str(&w, "role", x.role);
    jw_key(&w, "person");
    if (x.person)
        jw_int(&w, x.person);
    else
        jw_null(&w);
    put_caps(&w, q->who.caps);
    jw_key(&w, "csrf");
    jw_str(&w, q->csrf); /* null for a token */
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_logout(request *q, err *e)
{
    if (q->session.p && !session_close(q->w, q->session, e)) return false;
    reply_nothing(q);
    cookie_set(q, (str){0});
    return true;
}

/* ---- accounts ---- */

static void put_account(jw *w, const void *item)
{
    const account_info *x = item;
    jw_obj(w);
    jw_m_int(w, "id", x->id);
    jw_m_str(w, "name", x->name);
    jw_m_str(w, "role", x->role);
    if (x->person) jw_m_int(w, "person", x->person);
    put_time(w, "valid_until", x->valid_until);
    put_time(w, "created_at", x->created_at);
    jw_m_bool(w, "disabled", x->disabled);
    jw_m_bool(w, "has_password", x->has_password);
    jw_obj_end(w);
}

bool do_accounts(request *q, err *e)
{
    account_info *at;
    size_t n;
    if (!account_list(q->w, &q->who, q->a, &at, &n, e)) return false;
    reply_items(q, at, n, sizeof *at, put_account);
    return true;
}

static void put_code(jw *w, str code)
{
    jw_m_str(w, "code", code);
    jw_m_str(w, "link", str_fmt(w->b->a, "/setup?code=%.*s", STR_ARG(code)));
}

bool do_account_add(request *q, err *e)
{
    const new_account *in = q->in;
    account_info x;
    str code;
    int64_t until = in->valid_until.has ? in->valid_until.v : 0;
    if (!account_add(q->w, &q->who, in->name, in->role, until, q->a, &x, &code, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_key(&w, "account");
    put_account(&w, &x);
    put_code(&w, code);
    jw_obj_end(&w);
    reply_json(q, route_status(q->route), &b);
    return true;
}

/* `disabled` not given: as it is. */
static bool is_disabled(request *q, bool *ret, err *e)
{
    account_info *at;
    size_t n;
    if (!account_list(q->w, &q->who, q->a, &at, &n, e)) return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(at[i].name, q->args[0])) *ret = at[i].disabled;
    return true;
}

static bool bind_person(request *q, str name, err *e)
{
    void *row;
    if (!name.p) return true;
    if (!work_find(q->w, &q->who, register_by_name(S("person")), name, q->a, &row, e)) return false;
    return account_bind(q->w, &q->who, q->args[0], ((const row_head *)row)->id, e);
}

bool do_account_change(request *q, err *e)
{
    const account_patch *in = q->in;
    bool disable = in->disabled.v;
    bool other = in->role.p || in->valid_until.has || in->disabled.has;
    if (!other && !in->person.p)
        return err_set(e, ERR_INVALID, S("role"), S("give role, person, valid_until or disabled"),
                       "nothing to change");
    if (!bind_person(q, in->person, e)) return false;
    if (!in->disabled.has && !is_disabled(q, &disable, e)) return false;
    if (other && !account_change(q->w, &q->who, q->args[0], in->role,
                                 in->valid_until.has ? in->valid_until.v : -1, disable, e))
        return false;
    reply_nothing(q);
    return true;
}

bool do_account_reset(request *q, err *e)
{
    str code;
    if (!account_reset(q->w, &q->who, q->args[0], q->a, &code, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_code(&w, code);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

/* ---- tokens ---- */

static void put_token_members(jw *w, const token_info *t)
{
    jw_m_int(w, "id", t->id);
    jw_m_int(w, "account", t->account);
    jw_m_str(w, "name", t->name);
    put_caps(w, t->caps);
    put_time(w, "expires_at", t->expires_at);
    put_time(w, "created_at", t->created_at);
    put_time(w, "last_used_at", t->last_used_at);
    jw_m_bool(w, "revoked", t->revoked);
}

static void put_token(jw *w, const void *item)
{
    jw_obj(w);
    put_token_members(w, item);
    jw_obj_end(w);
}

bool do_tokens(request *q, err *e)
{
    token_info *at;
    size_t n;
    if (!token_list(q->w, &q->who, q->a, &at, &n, e)) return false;
    reply_items(q, at, n, sizeof *at, put_token);
    return true;
}

static bool read_caps(const new_token *in, cap_set *ret, err *e)
{
    *ret = 0;
    for (size_t i = 0; i < in->capabilities.n; i++) {
        cap c;
        if (!cap_by_name(in->capabilities.at[i], &c))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "capabilities.%zu", i),
                           S("read, edit, approve, measure, audit or admin"),
                           "no capability '%.*s'", STR_ARG(in->capabilities.at[i]));
        *ret |= 1u << c;
    }
    return true;
}

bool do_token_add(request *q, err *e)
{
    const new_token *in = q->in;
    token_info t;
    str secret;
    cap_set caps;
    if (!read_caps(in, &caps, e)) return false;
    if (!token_add(q->w, &q->who, in->name, caps, in->expires_at, q->a, &t, &secret, e))
        return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_token_members(&w, &t);
    jw_m_str(&w, "token", secret);
    jw_obj_end(&w);
    reply_json(q, route_status(q->route), &b);
    return true;
}

bool do_token_revoke(request *q, err *e)
{
    int64_t id;
    if (!arg_int(q, 0, &id, e) || !token_revoke(q->w, &q->who, id, e)) return false;
    reply_nothing(q);
    return true;
}
