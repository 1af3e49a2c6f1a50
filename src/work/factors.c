/* factors.c - second factors: codes of an app, recovery codes, and taking them away. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/factors.h"
#include "work/signin.h"
#include "work/totp.h"

enum {
    SEALED = SEAL_HEADER + TOTP_SECRET + SEAL_OVERHEAD,
    RECOVERY_BYTES = 10,
    RECOVERY_CHARS = 16
};

/* ---- secrets at rest ---- */

static digest own_key(const struct work *w, const char *use, int64_t account, str text, arena *a)
{
    str key = {(const char *)w->factor_key, sizeof w->factor_key};
    return hash_hmac(key, str_fmt(a, "%s %lld %.*s", use, (long long)account, STR_ARG(text)));
}

static str seal_secret(const struct work *w, int64_t account, const uint8_t *secret, arena *a)
{
    uint8_t out[SEALED];
    digest key = own_key(w, "totp", account, S(""), a);
    struct seal *s = seal_writer(a, key.b, out);
    (void)seal_push(s, secret, TOTP_SECRET, true, out + SEAL_HEADER);
    crypto_wipe(&key, sizeof key);
    return str_dupn(a, out, sizeof out);
}

static bool unseal_secret(const struct work *w, int64_t account, str sealed, arena *a, str *ret,
                          err *e)
{
    uint8_t out[SEALED];
    size_t n = 0;
    bool last = false;
    digest key = own_key(w, "totp", account, S(""), a);
    struct seal *s = sealed.n == SEALED ? seal_reader(a, key.b, (const uint8_t *)sealed.p) : NULL;
    crypto_wipe(&key, sizeof key);
    if (!s || !seal_pull(s, sealed.p + SEAL_HEADER, SEALED - SEAL_HEADER, out, &n, &last) || !last)
        return err_set(e, ERR_DAMAGED, S("totp"), S("an administrator can take the factor away"),
                       "the stored second factor is not authentic");
    *ret = str_dupn(a, out, n);
    crypto_wipe(out, sizeof out);
    return true;
}

/* As typed: without spaces and dashes, in capitals. Short: whatever is longer is no code. */
static str plain_code(arena *a, str code)
{
    buf b = buf_open(a, 64);
    for (size_t i = 0; i < code.n && !b.full; i++) {
        char c = code.p[i];
        if (c != ' ' && c != '-') buf_putc(&b, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
    return b.full ? S("") : buf_str(&b);
}

/* ---- checking ---- */

static bool wrong_code(err *e)
{
    return err_set(e, ERR_UNAUTHENTICATED, S("code"),
                   S("wait for the app's next code, or give a recovery code"),
                   "the code is wrong or was used before");
}

static bool use_recovery(struct tx *t, const struct work *w, int64_t account, str code, int64_t now,
                         err *e)
{
    int64_t changed = 0;
    digest d = own_key(w, "recovery", account, code, e->a);
    const value args[] = {V_BLOB(((str){(const char *)d.b, sizeof d.b})), V_INT(account),
                          V_INT(now)};
    actor self = {.account = account, .via = "http"};
    act x = {.name = "account.recovery_used", .id = account};
    if (code.n != RECOVERY_CHARS) return wrong_code(e);
    if (!tx_exec(t, SQL(Q_RECOVERY_USE), args, COUNT(args), &changed, e)) return false;
    return changed ? act_log(t, &self, &x, now, NULL, e) : wrong_code(e);
}

static bool use_totp(struct tx *t, const struct work *w, int64_t account, const value *v, str code,
                     int64_t now, err *e)
{
    str secret = {0};
    if (!unseal_secret(w, account, v[0].s, e->a, &secret, e)) return false;
    int64_t step = totp_step(secret, code, now, v[2].i);
    if (step < 0) return wrong_code(e);
    return tx_exec(t, SQL(Q_TOTP_STEP), (value[]){V_INT(account), V_INT(step)}, 2, NULL, e);
}

bool factor_check(struct tx *t, const struct work *w, int64_t account, str code, int64_t now,
                  const char **ret_means, err *e)
{
    rows r;
    *ret_means = "password";
    if (!tx_query(t, e->a, SQL(Q_TOTP_GET), (value[]){V_INT(account)}, 1, &r, e)) return false;
    if (!r.n || r.at[1].kind == VALUE_NULL) return true;
    if (!code.p)
        return err_set(e, ERR_SECOND_FACTOR, S("code"), S("send `code` of the app as well"),
                       "the account has a second factor");
    str plain = plain_code(e->a, code);
    *ret_means = plain.n == TOTP_DIGITS ? "code" : "recovery";
    if (plain.n == TOTP_DIGITS) return use_totp(t, w, account, r.at, plain, now, e);
    return use_recovery(t, w, account, plain, now, e);
}

/* ---- the own account ---- */

struct factor_job {
    struct work *w;
    const actor *who;
    str name, code, secret;
    str *codes;
    factors *status;
    arena *a;
};

static bool log_factor(struct tx *t, const actor *who, const char *name, int64_t account, err *e)
{
    act x = {.name = name, .id = account};
    return act_log(t, who, &x, clock_now(), NULL, e);
}

static bool new_codes(struct tx *t, struct factor_job *x, err *e)
{
    int64_t account = x->who->account;
    if (!tx_exec(t, SQL(Q_RECOVERY_DROP), (value[]){V_INT(account)}, 1, NULL, e)) return false;
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        uint8_t b[RECOVERY_BYTES];
        crypto_random(b, sizeof b);
        str c = base32_encode(x->a, b, sizeof b);
        digest d = own_key(x->w, "recovery", account, c, e->a);
        const value args[] = {V_BLOB(((str){(const char *)d.b, sizeof d.b})), V_INT(account)};
        if (!tx_exec(t, SQL(Q_RECOVERY_ADD), args, COUNT(args), NULL, e)) return false;
        x->codes[i] = str_fmt(x->a, "%.4s-%.4s-%.4s-%.4s", c.p, c.p + 4, c.p + 8, c.p + 12);
    }
    return true;
}

static bool get_tx(struct tx *t, void *ctx, err *e)
{
    struct factor_job *x = ctx;
    const value args[] = {V_INT(x->who->account)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_TOTP_GET), args, 1, &r, e)) return false;
    x->status->totp = r.n && r.at[1].kind != VALUE_NULL;
    x->status->totp_since = x->status->totp ? r.at[1].i : 0;
    return tx_int(t, SQL(Q_RECOVERY_LEFT), args, 1, 0, &x->status->recovery_left, e);
}

bool factors_get(struct work *w, const actor *who, factors *ret, err *e)
{
    struct factor_job x = {.who = who, .status = ret};
    return store_read(w->store, get_tx, &x, e);
}

static bool enrol_tx(struct tx *t, void *ctx, err *e)
{
    struct factor_job *x = ctx;
    int64_t account = x->who->account;
    str sealed = seal_secret(x->w, account, (const uint8_t *)x->secret.p, e->a);
    const value args[] = {V_INT(account), V_BLOB(sealed), V_INT(clock_now())};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_TOTP_GET), args, 1, &r, e)) return false;
    if (r.n && r.at[1].kind != VALUE_NULL)
        return err_set(e, ERR_CONFLICT, S("totp"), S("turn the present one off first"),
                       "the account has a second factor already");
    return tx_exec(t, SQL(Q_TOTP_DROP), args, 1, NULL, e) &&
           tx_exec(t, SQL(Q_TOTP_ADD), args, COUNT(args), NULL, e) &&
           log_factor(t, x->who, "account.totp_enrol", account, e);
}

bool totp_enrol(struct work *w, const actor *who, str password, arena *a, str *ret_base32,
                str *ret_uri, err *e)
{
    uint8_t secret[TOTP_SECRET];
    if (!signin_prove(w, who, password, e)) return false;
    crypto_random(secret, sizeof secret);
    struct factor_job x = {.w = w, .who = who, .secret = str_dupn(a, secret, sizeof secret)};
    crypto_wipe(secret, sizeof secret);
    if (!work_write(w, enrol_tx, &x, e)) return false;
    *ret_base32 = base32_encode(a, x.secret.p, x.secret.n);
    *ret_uri = totp_uri(a, x.secret, who->name);
    return true;
}

static bool confirm_tx(struct tx *t, void *ctx, err *e)
{
    struct factor_job *x = ctx;
    int64_t account = x->who->account, now = clock_now();
    const value args[] = {V_INT(account), V_INT(now)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_TOTP_GET), args, 1, &r, e)) return false;
    if (!r.n || r.at[1].kind != VALUE_NULL)
        return err_set(e, ERR_CONFLICT, S("totp"), S("begin with a new secret"),
                       "no second factor waits for its first code");
    return use_totp(t, x->w, account, r.at, plain_code(e->a, x->code), now, e) &&
           tx_exec(t, SQL(Q_TOTP_CONFIRM), args, COUNT(args), NULL, e) && new_codes(t, x, e) &&
           log_factor(t, x->who, "account.totp_on", account, e);
}

/* Within a session a wrong code is no reason to log in again: DENIED, and counted. */
static bool run(struct factor_job *x, store_fn *fn, err *e)
{
    if (work_write(x->w, fn, x, e)) return true;
    if (e->code != ERR_UNAUTHENTICATED) return false;
    err why = *e;
    if (!signin_failed(x->w, x->who->account, x->who->name, e)) return false;
    *e = why;
    e->code = ERR_DENIED;
    return false;
}

bool totp_confirm(struct work *w, const actor *who, str code, arena *a, str ret[RECOVERY_CODES],
                  err *e)
{
    struct factor_job x = {.w = w, .who = who, .code = code, .codes = ret, .a = a};
    return signin_in_person(who, e) && run(&x, confirm_tx, e);
}

static bool must_be_on(struct tx *t, struct factor_job *x, err *e)
{
    const char *means;
    str code = x->code.p ? x->code : S("");
    if (!factor_check(t, x->w, x->who->account, code, clock_now(), &means, e)) return false;
    return strcmp(means, "password") != 0 ||
           err_set(e, ERR_CONFLICT, S("totp"), S("nothing is to be done"),
                   "the account has no second factor");
}

static bool drop_totp(struct tx *t, int64_t account, err *e)
{
    const value args[] = {V_INT(account)};
    return tx_exec(t, SQL(Q_TOTP_DROP), args, 1, NULL, e) &&
           tx_exec(t, SQL(Q_RECOVERY_DROP), args, 1, NULL, e);
}

static bool off_tx(struct tx *t, void *ctx, err *e)
{
    struct factor_job *x = ctx;
    int64_t account = x->who->account;
    return must_be_on(t, x, e) && drop_totp(t, account, e) &&
           log_factor(t, x->who, "account.totp_off", account, e);
}

bool totp_off(struct work *w, const actor *who, str password, str code, err *e)
{
    struct factor_job x = {.w = w, .who = who, .code = code};
    return signin_prove(w, who, password, e) && run(&x, off_tx, e);
}

static bool renew_tx(struct tx *t, void *ctx, err *e)
{
    struct factor_job *x = ctx;
    return must_be_on(t, x, e) && new_codes(t, x, e) &&
           log_factor(t, x->who, "account.recovery_codes", x->who->account, e);
}

bool recovery_renew(struct work *w, const actor *who, str password, str code, arena *a,
                    str ret[RECOVERY_CODES], err *e)
{
    struct factor_job x = {.w = w, .who = who, .code = code, .codes = ret, .a = a};
    return signin_prove(w, who, password, e) && run(&x, renew_tx, e);
}

/* ---- an administrator ---- */

static bool forget_tx(struct tx *t, void *ctx, err *e)
{
    struct factor_job *x = ctx;
    rows r;
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_NAME), (value[]){V_TEXT(x->name)}, 1, &r, e))
        return false;
    if (!r.n)
        return err_set(e, ERR_NOT_FOUND, S("name"), S("see: aims user list"), "no account '%.*s'",
                       STR_ARG(x->name));
    const value args[] = {r.at[0]};
    return drop_totp(t, r.at[0].i, e) && tx_exec(t, SQL(Q_PASSKEY_DROP_ALL), args, 1, NULL, e) &&
           tx_exec(t, SQL(Q_SESSION_DROP_ALL), args, 1, NULL, e) &&
           log_factor(t, x->who, "account.factors_forget", r.at[0].i, e);
}

bool factors_forget(struct work *w, const actor *who, str name, err *e)
{
    struct factor_job x = {.w = w, .who = who, .name = name};
    return work_may(w, who, CAP_ADMIN, "taking a second factor away", e) &&
           work_write(w, forget_tx, &x, e);
}
