/* accounts.c - accounts, their one-time codes and passwords. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/accounts.h"
#include "register/person.h"
#include "work/secrets.h"
#include "work/signin.h"

enum { CODE_MS = 24 * 3600 * 1000, PASSWORD_MIN = 10, PASSWORD_MAX = 1000 };

static void read_account(const value *v, arena *a, account_info *ret)
{
    *ret = (account_info){
        .id = v[0].i,
        .name = str_dup(a, v[1].s),
        .person = v[2].i,
        .has_password = v[3].kind != VALUE_NULL,
        .role = str_dup(a, v[4].s),
        .valid_until = v[5].i,
        .disabled = v[6].kind != VALUE_NULL,
        .created_at = v[7].i,
    };
}

static bool by_name(struct tx *t, str name, arena *a, account_info *ret, err *e)
{
    const value args[] = {V_TEXT(name)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_NAME), args, 1, &r, e)) return false;
    if (!r.n)
        return err_set(e, ERR_NOT_FOUND, S("name"), S("see: aims user list"), "no account '%.*s'",
                       STR_ARG(name));
    read_account(r.at, a, ret);
    return true;
}

static bool log_account(struct tx *t, const actor *who, const char *name, const account_info *x,
                        int64_t now, err *e)
{
    buf b = buf_open(e->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "role", x->role);
    if (x->valid_until) jw_m_time(&w, "valid_until", x->valid_until);
    if (x->person) jw_m_int(&w, "person", x->person);
    jw_m_bool(&w, "disabled", x->disabled);
    jw_obj_end(&w);
    act a = {.name = name, .id = x->id, .detail = buf_str(&b)};
    return act_log(t, who, &a, now, NULL, e);
}

static bool new_code(struct tx *t, int64_t account, int64_t now, arena *a, str *ret_code, err *e)
{
    str code = secret_new(a);
    const value args[] = {V_BLOB(secret_hash(a, code)), V_INT(account), V_INT(now),
                          V_INT(now + CODE_MS)};
    if (!tx_exec(t, SQL(Q_LINK_DROP), &args[1], 1, NULL, e)) return false;
    if (!tx_exec(t, SQL(Q_LINK_ADD), args, COUNT(args), NULL, e)) return false;
    *ret_code = code;
    return true;
}

static bool check_role(str role_name, int64_t valid_until, err *e)
{
    const struct role *r = role_find(role_name);
    if (!r)
        return err_set(e, ERR_INVALID, S("role"),
                       S("one of: administrator, lead, engineer, operator, auditor"),
                       "no role '%.*s'", STR_ARG(role_name));
    if (strcmp(r->name, "auditor") == 0 && valid_until <= 0)
        return err_set(e, ERR_INVALID, S("valid_until"), S("give the last day of the audit"),
                       "an auditor's account needs an end date");
    return true;
}

static bool check_name(str name, err *e)
{
    bool fine = name.n >= 1 && name.n <= 60;
    for (size_t i = 0; fine && i < name.n; i++)
        fine = (name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
               strchr("._-", name.p[i]);
    return fine || err_set(e, ERR_INVALID, S("name"), S("use 1 to 60 of a-z 0-9 . _ -"),
                           "'%.*s' is no account name", STR_ARG(name));
}

/* What the transactions of this file work on. */
struct job_account {
    const actor *who;
    str name, role, code, password;
    int64_t valid_until, person;
    bool disable;
    arena *a;
    account_info info;
    account_info *list;
    size_t n;
};

static bool add_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    int64_t now = clock_now(), id = 0;
    const value args[] = {V_TEXT(x->name), V_TEXT(x->role),
                          x->valid_until > 0 ? V_INT(x->valid_until) : V_NULL, V_INT(now)};
    if (!tx_int(t, SQL(Q_ACCOUNT_ADD), args, COUNT(args), 0, &id, e)) return false;
    x->info = (account_info){.id = id,
                             .name = x->name,
                             .role = x->role,
                             .created_at = now,
                             .valid_until = x->valid_until > 0 ? x->valid_until : 0};
    return new_code(t, id, now, x->a, &x->code, e) &&
           log_account(t, x->who, "account.add", &x->info, now, e);
}

bool account_add(struct work *w, const actor *who, str name, str role_name, int64_t valid_until,
                 arena *a, account_info *ret, str *ret_code, err *e)
{
    struct job_account x = {.who = who,
                            .name = str_dup(a, name),
                            .role = str_dup(a, role_name),
                            .valid_until = valid_until,
                            .a = a};
    if (!work_may(w, who, CAP_ADMIN, "adding an account", e)) return false;
    if (!check_name(name, e) || !check_role(role_name, valid_until, e)) return false;
    if (!work_write(w, add_tx, &x, e)) return false;
    *ret = x.info;
    *ret_code = x.code;
    return true;
}

static bool reset_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    int64_t now = clock_now();
    if (!by_name(t, x->name, x->a, &x->info, e)) return false;
    const value args[] = {V_INT(x->info.id)};
    return tx_exec(t, SQL(Q_SESSION_DROP_ALL), args, 1, NULL, e) &&
           new_code(t, x->info.id, now, x->a, &x->code, e) &&
           log_account(t, x->who, "account.reset", &x->info, now, e);
}

bool account_reset(struct work *w, const actor *who, str name, arena *a, str *ret_code, err *e)
{
    struct job_account x = {.who = who, .name = name, .a = a};
    if (!work_may(w, who, CAP_ADMIN, "resetting an account", e)) return false;
    if (!work_write(w, reset_tx, &x, e)) return false;
    *ret_code = x.code;
    return true;
}

static bool change_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    int64_t now = clock_now();
    account_info *i = &x->info;
    if (!by_name(t, x->name, x->a, i, e)) return false;
    if (x->role.p) i->role = x->role;
    if (x->valid_until >= 0) i->valid_until = x->valid_until;
    i->disabled = x->disable;
    if (!check_role(i->role, i->valid_until, e)) return false;
    const value args[] = {V_INT(i->id), V_TEXT(i->role),
                          i->valid_until ? V_INT(i->valid_until) : V_NULL,
                          i->disabled ? V_INT(now) : V_NULL};
    if (!tx_exec(t, SQL(Q_ACCOUNT_CHANGE), args, COUNT(args), NULL, e)) return false;
    if (i->disabled && !tx_exec(t, SQL(Q_SESSION_DROP_ALL), args, 1, NULL, e)) return false;
    return log_account(t, x->who, "account.change", i, now, e);
}

bool account_change(struct work *w, const actor *who, str name, str role_name, int64_t valid_until,
                    bool disable, err *e)
{
    struct job_account x = {.who = who,
                            .name = name,
                            .role = role_name,
                            .valid_until = valid_until,
                            .disable = disable,
                            .a = e->a};
    return work_may(w, who, CAP_ADMIN, "changing an account", e) && work_write(w, change_tx, &x, e);
}

static bool bind_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    person p;
    if (!by_name(t, x->name, x->a, &x->info, e)) return false;
    if (x->person && !row_get(t, x->a, &person_record, x->person, &p, e)) return false;
    const value args[] = {V_INT(x->info.id), x->person ? V_INT(x->person) : V_NULL};
    x->info.person = x->person;
    return tx_exec(t, SQL(Q_ACCOUNT_PERSON), args, COUNT(args), NULL, e) &&
           log_account(t, x->who, "account.change", &x->info, clock_now(), e);
}

bool account_bind(struct work *w, const actor *who, str name, int64_t id, err *e)
{
    struct job_account x = {.who = who, .name = name, .person = id, .a = e->a};
    return work_may(w, who, CAP_ADMIN, "changing an account", e) && work_write(w, bind_tx, &x, e);
}

static bool list_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    rows r;
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_LIST), NULL, 0, &r, e)) return false;
    x->n = r.n;
    x->list = arena_new(x->a, account_info, r.n);
    for (size_t i = 0; i < r.n; i++)
        read_account(&r.at[i * r.cols], x->a, &x->list[i]);
    return true;
}

bool account_list(struct work *w, const actor *who, arena *a, account_info **ret, size_t *ret_n,
                  err *e)
{
    struct job_account x = {.a = a};
    if (!work_may(w, who, CAP_ADMIN, "listing accounts", e)) return false;
    if (!store_read(w->store, list_tx, &x, e)) return false;
    *ret = x.list;
    *ret_n = x.n;
    return true;
}

static bool count_tx(struct tx *t, void *ctx, err *e)
{
    return tx_int(t, SQL(Q_ACCOUNT_COUNT), NULL, 0, 0, ctx, e);
}

bool account_none(struct work *w, bool *ret, err *e)
{
    int64_t n = 0;
    if (!store_read(w->store, count_tx, &n, e)) return false;
    *ret = n == 0;
    return true;
}

static bool redeem_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    int64_t now = clock_now();
    const value link[] = {V_BLOB(secret_hash(e->a, x->code)), V_INT(now)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_LINK_GET), link, 1, &r, e)) return false;
    if (!r.n || r.at[2].kind != VALUE_NULL || r.at[1].i <= now)
        return err_set(e, ERR_UNAUTHENTICATED, S("code"), S("ask an administrator for a new link"),
                       "the link is used, expired or unknown");
    const value args[] = {r.at[0], V_TEXT(x->password)};
    if (!tx_exec(t, SQL(Q_LINK_USE), link, 2, NULL, e)) return false;
    if (!tx_exec(t, SQL(Q_ACCOUNT_PASSWORD), args, 2, NULL, e)) return false;
    /* Whoever knew the old password is out. */
    if (!tx_exec(t, SQL(Q_SESSION_DROP_ALL), args, 1, NULL, e)) return false;
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_ID), args, 1, &r, e)) return false;
    read_account(r.at, x->a, &x->info);
    actor self = {.account = x->info.id, .name = x->info.name, .via = "http"};
    return log_account(t, &self, "account.password", &x->info, now, e);
}

static bool check_password(str password, err *e)
{
    return (password.n >= PASSWORD_MIN && password.n <= PASSWORD_MAX) ||
           err_set(e, ERR_INVALID, S("password"), S("use a sentence"),
                   "a password has %d to %d characters", PASSWORD_MIN, PASSWORD_MAX);
}

bool account_redeem(struct work *w, str code, str password, arena *a, account_info *ret, err *e)
{
    if (!check_password(password, e)) return false;
    struct job_account x = {.code = code, .password = password_hash(a, password), .a = a};
    if (!work_write(w, redeem_tx, &x, e)) {
        if (e->code == ERR_UNAUTHENTICATED) work_refused(w, "one-time code");
        return false;
    }
    *ret = x.info;
    return true;
}

static bool own_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    rows r;
    const value args[] = {V_INT(x->who->account)};
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_ID), args, 1, &r, e)) return false;
    if (!r.n)
        return err_set(e, ERR_NOT_FOUND, S("account"), S("log in"), "the machine has no account");
    read_account(r.at, x->a, &x->info);
    return true;
}

bool account_get(struct work *w, const actor *who, arena *a, account_info *ret, err *e)
{
    struct job_account x = {.who = who, .a = a};
    if (!store_read(w->store, own_tx, &x, e)) return false;
    *ret = x.info;
    return true;
}

static bool password_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    if (!own_tx(t, x, e)) return false;
    const value id = V_INT(x->info.id);
    const value args[] = {id, V_TEXT(x->password)};
    const value others[] = {id, V_BLOB(secret_hash(e->a, x->code))};
    return tx_exec(t, SQL(Q_ACCOUNT_PASSWORD), args, COUNT(args), NULL, e) &&
           tx_exec(t, SQL(Q_LINK_DROP), args, 1, NULL, e) &&
           tx_exec(t, SQL(Q_SESSION_DROP_OTHERS), others, COUNT(others), NULL, e) &&
           log_account(t, x->who, "account.password", &x->info, clock_now(), e);
}

bool account_password(struct work *w, const actor *who, str cookie, str old, str password, err *e)
{
    if (!check_password(password, e) || !signin_prove(w, who, old, e)) return false;
    struct job_account x = {
        .who = who, .code = cookie, .password = password_hash(e->a, password), .a = e->a};
    return work_write(w, password_tx, &x, e);
}

static bool actor_tx(struct tx *t, void *ctx, err *e)
{
    struct job_account *x = ctx;
    return by_name(t, x->name, x->a, &x->info, e);
}

bool account_actor(struct work *w, str name, const char *via, arena *a, actor *ret, err *e)
{
    struct job_account x = {.name = name, .a = a};
    if (!store_read(w->store, actor_tx, &x, e)) return false;
    const account_info *i = &x.info;
    if (i->disabled || (i->valid_until && i->valid_until <= clock_now()))
        return err_set(e, ERR_DENIED, S("name"), S("see: aims user list"),
                       "the account '%.*s' is shut off or has ended", STR_ARG(name));
    const struct role *r = role_find(i->role);
    *ret = (actor){.account = i->id, .name = i->name, .via = via, .caps = r ? r->caps : 0};
    return true;
}
