/* passkeys.c - challenges, stored passkeys, and the login by one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/passkeys.h"
#include "work/secrets.h"
#include "work/signin.h"
#include "work/webauthn.h"

/* ---- challenges: 16 random bytes, the end as 8, and their HMAC; so none need be stored ---- */

enum { RANDOM = 16, HEAD = RANDOM + 8, CHALLENGE = HEAD + 32, USER = 16 };

static digest own_mac(const struct work *w, const char *use, str text)
{
    str key = {(const char *)w->factor_key, sizeof w->factor_key};
    digest k = hash_hmac(key, str_of(use));
    return hash_hmac((str){(const char *)k.b, sizeof k.b}, text);
}

/* What a challenge is for: "login", or one account in one session; on one site. */
static str purpose(arena *a, const actor *who, str cookie, const passkey_site *site)
{
    if (!who) return str_fmt(a, "login %.*s", STR_ARG(site->name));
    str h = secret_hash(a, cookie);
    return str_fmt(a, "add %lld %.*s %.*s", (long long)who->account,
                   STR_ARG(hex_encode(a, h.p, h.n)), STR_ARG(site->name));
}

static digest challenge_mac(const struct work *w, arena *a, const uint8_t *head, str use)
{
    buf b = buf_open(a, 4096);
    buf_bytes(&b, head, HEAD);
    buf_put(&b, use);
    return own_mac(w, "challenge", buf_str(&b));
}

static str new_challenge(const struct work *w, arena *a, str use)
{
    uint8_t c[CHALLENGE];
    uint64_t until = (uint64_t)(clock_now() + PASSKEY_CHALLENGE_MS);
    crypto_random(c, RANDOM);
    for (int i = 0; i < 8; i++)
        c[RANDOM + i] = (uint8_t)(until >> (56 - 8 * i));
    digest mac = challenge_mac(w, a, c, use);
    memcpy(c + HEAD, mac.b, sizeof mac.b);
    return base64url_encode(a, c, sizeof c);
}

static bool check_challenge(const struct work *w, str text, str use, int64_t *ret_until, err *e)
{
    str c;
    uint64_t until = 0;
    bool good = base64url_decode(e->a, text, &c) && c.n == CHALLENGE;
    if (good) {
        digest mac = challenge_mac(w, e->a, (const uint8_t *)c.p, use);
        good = crypto_equal(mac.b, c.p + HEAD, sizeof mac.b);
        for (int i = 0; i < 8; i++)
            until = until << 8 | (uint8_t)c.p[RANDOM + i];
        *ret_until = (int64_t)until;
    }
    return (good && *ret_until > clock_now()) ||
           err_set(e, ERR_INVALID, S("client_data"), S("try again"),
                   "the challenge is over or of somebody else");
}

static bool use_challenge(struct tx *t, str text, int64_t until, err *e)
{
    int64_t used = 0;
    const value args[] = {V_BLOB(secret_hash(e->a, text)), V_INT(until)};
    const value now[] = {V_INT(clock_now())};
    if (!tx_exec(t, SQL(Q_CHALLENGE_EXPIRE), now, 1, NULL, e)) return false;
    if (!tx_int(t, SQL(Q_CHALLENGE_USED), args, 1, 0, &used, e)) return false;
    if (used)
        return err_set(e, ERR_INVALID, S("client_data"), S("try again"),
                       "the challenge was answered before");
    return tx_exec(t, SQL(Q_CHALLENGE_USE), args, COUNT(args), NULL, e);
}

/* ---- reading what a browser sends ---- */

static bool decode(str text, const char *member, str *ret, err *e)
{
    return base64url_decode(e->a, text, ret) ||
           err_set(e, ERR_INVALID, str_of(member), S("send base64url without padding"),
                   "'%s' is not base64url", member);
}

static bool check_site(const passkey_site *site, err *e)
{
    bool letters = false;
    for (size_t i = 0; i < site->name.n; i++)
        letters = letters || ((site->name.p[i] | 32) >= 'a' && (site->name.p[i] | 32) <= 'z');
    if (letters && site->name.n <= 253 && site->name.p[0] != '[') return true;
    return err_set(e, ERR_INVALID, S("Host"),
                   S("open the page by name, for example http://localhost"),
                   "passkeys belong to a domain name, not to an address");
}

static str user_of(const struct work *w, int64_t account, arena *a)
{
    digest d = own_mac(w, "user", str_fmt(a, "%lld", (long long)account));
    return base64url_encode(a, d.b, USER);
}

/* ---- the own passkeys ---- */

struct passkey_job {
    struct work *w;
    const actor *who;
    arena *a;
    str name, site, challenge;
    int64_t id, until, now;
    webauthn_data data;
    passkey_info *list;
    size_t n;
    /* login */
    str credential, signed_data, client, signature, user;
    rows account;
    session s;
};

static bool log_passkey(struct tx *t, const actor *who, const char *name, int64_t id, err *e)
{
    act x = {.name = name, .id = id};
    return act_log(t, who, &x, clock_now(), NULL, e);
}

static bool passkey_list_tx(struct tx *t, void *ctx, err *e)
{
    struct passkey_job *x = ctx;
    rows r;
    const value args[] = {V_INT(x->who->account)};
    if (!tx_query(t, e->a, SQL(Q_PASSKEY_LIST), args, 1, &r, e)) return false;
    x->n = r.n;
    x->list = arena_new(x->a, passkey_info, r.n);
    for (size_t i = 0; i < r.n; i++) {
        const value *v = &r.at[i * r.cols];
        x->list[i] = (passkey_info){.id = v[0].i,
                                    .name = str_dup(x->a, v[1].s),
                                    .site = str_dup(x->a, v[2].s),
                                    .credential = base64url_encode(x->a, v[3].s.p, v[3].s.n),
                                    .created_at = v[4].i,
                                    .last_used_at = v[5].i};
    }
    return true;
}

bool passkey_list(struct work *w, const actor *who, arena *a, passkey_info **ret, size_t *ret_n,
                  err *e)
{
    struct passkey_job x = {.who = who, .a = a};
    if (!store_read(w->store, passkey_list_tx, &x, e)) return false;
    *ret = x.list;
    *ret_n = x.n;
    return true;
}

bool passkey_begin(struct work *w, const actor *who, str cookie, str password,
                   const passkey_site *site, arena *a, passkey_start *ret, err *e)
{
    if (!check_site(site, e) || !signin_prove(w, who, password, e)) return false;
    ret->challenge = new_challenge(w, a, purpose(a, who, cookie, site));
    ret->user = user_of(w, who->account, a);
    return passkey_list(w, who, a, &ret->have, &ret->n_have, e);
}

static bool check_name(str name, err *e)
{
    return (name.n && name.n <= 120 && !str_has_control(name)) ||
           err_set(e, ERR_INVALID, S("name"), S("say which device it is"),
                   "a passkey needs a name");
}

static bool passkey_add_tx(struct tx *t, void *ctx, err *e)
{
    struct passkey_job *x = ctx;
    const webauthn_data *d = &x->data;
    const value args[] = {V_INT(x->who->account),   V_TEXT(x->name),
                          V_TEXT(x->site),          V_BLOB(d->credential),
                          V_INT(d->key.algorithm),  V_BLOB(d->key.pub),
                          V_INT((int64_t)d->count), V_INT(x->now)};
    if (!passkey_list_tx(t, x, e) || !use_challenge(t, x->challenge, x->until, e)) return false;
    if (x->n >= PASSKEY_MAX)
        return err_set(e, ERR_CONFLICT, S("name"), S("remove one first"),
                       "an account has at most %d passkeys", PASSKEY_MAX);
    return tx_int(t, SQL(Q_PASSKEY_ADD), args, COUNT(args), 0, &x->id, e) &&
           log_passkey(t, x->who, "passkey.add", x->id, e);
}

bool passkey_add(struct work *w, const actor *who, str cookie, const passkey_new *in,
                 const passkey_site *site, arena *a, passkey_info *ret, err *e)
{
    str client, object;
    struct passkey_job x = {
        .who = who, .name = in->name, .site = site->name, .now = clock_now(), .a = a};
    if (!signin_in_person(who, e) || !check_site(site, e) || !check_name(in->name, e)) return false;
    if (!decode(in->client_data, "client_data", &client, e) ||
        !decode(in->attestation, "attestation", &object, e))
        return false;
    if (!webauthn_read_client(e->a, client, WEBAUTHN_CREATE, site->origin, &x.challenge, e) ||
        !check_challenge(w, x.challenge, purpose(e->a, who, cookie, site), &x.until, e) ||
        !webauthn_read_attestation(e->a, object, &x.data, e) ||
        !webauthn_check_data(&x.data, site->name, e))
        return false;
    if (!work_write(w, passkey_add_tx, &x, e)) return false;
    *ret =
        (passkey_info){.id = x.id,
                       .name = in->name,
                       .site = site->name,
                       .credential = base64url_encode(a, x.data.credential.p, x.data.credential.n),
                       .created_at = x.now};
    return true;
}

/* One of the own, or none: another account's is not told apart from one that never was. */
static bool change_own(struct tx *t, const struct passkey_job *x, int q, const char *name, err *e)
{
    int64_t changed = 0;
    const value args[] = {V_INT(x->id), V_INT(x->who->account), V_TEXT(x->name)};
    if (!tx_exec(t, SQL(q), args, x->name.p ? 3 : 2, &changed, e)) return false;
    if (!changed)
        return err_set(e, ERR_NOT_FOUND, S("id"), S("see: GET /api/v1/me/passkeys"),
                       "no passkey %lld", (long long)x->id);
    return log_passkey(t, x->who, name, x->id, e);
}

static bool rename_tx(struct tx *t, void *ctx, err *e)
{
    return change_own(t, ctx, Q_PASSKEY_NAME, "passkey.rename", e);
}

static bool remove_tx(struct tx *t, void *ctx, err *e)
{
    return change_own(t, ctx, Q_PASSKEY_DROP, "passkey.remove", e);
}

bool passkey_rename(struct work *w, const actor *who, int64_t id, str name, err *e)
{
    struct passkey_job x = {.who = who, .id = id, .name = name};
    return signin_in_person(who, e) && check_name(name, e) && work_write(w, rename_tx, &x, e);
}

bool passkey_remove(struct work *w, const actor *who, int64_t id, err *e)
{
    struct passkey_job x = {.who = who, .id = id};
    return signin_in_person(who, e) && work_write(w, remove_tx, &x, e);
}

/* ---- login ---- */

bool passkey_challenge(struct work *w, const passkey_site *site, arena *a, str *ret, err *e)
{
    if (!check_site(site, e)) return false;
    *ret = new_challenge(w, a, purpose(a, NULL, S(""), site));
    return true;
}

/* A count that does not grow tells of a copied key (level 2, 6.1.1); zeros: it is not counted. */
static bool check_count(int64_t stored, uint32_t count, err *e)
{
    return (stored == 0 && count == 0) || (int64_t)count > stored ||
           err_set(e, ERR_INVALID, S("authenticator_data"), S("remove the passkey"),
                   "the passkey was used by a copy of the authenticator");
}

static bool passkey_login_tx(struct tx *t, void *ctx, err *e)
{
    struct passkey_job *x = ctx;
    rows r;
    const value credential[] = {V_BLOB(x->credential)};
    if (!tx_query(t, e->a, SQL(Q_PASSKEY_GET), credential, 1, &r, e)) return false;
    if (!r.n || !str_eq(r.at[2].s, x->site))
        return err_set(e, ERR_INVALID, S("credential"), S("log in with the password"),
                       "the passkey is not known here");
    webauthn_key key = {r.at[3].i, r.at[4].s};
    int64_t id = r.at[1].i;
    if (x->user.p && !str_eq(x->user, user_of(x->w, id, e->a)))
        return err_set(e, ERR_INVALID, S("user_handle"), S("log in with the password"),
                       "the passkey is of another account");
    if (!webauthn_verify(e->a, &key, x->signed_data, x->client, x->signature))
        return err_set(e, ERR_INVALID, S("signature"), S("try again"), "the signature is wrong");
    const value used[] = {r.at[0], V_INT((int64_t)x->data.count), V_INT(x->now)};
    if (!check_count(r.at[5].i, x->data.count, e) || !use_challenge(t, x->challenge, x->until, e))
        return false;
    if (!tx_query(t, x->a, SQL(Q_ACCOUNT_BY_ID), (value[]){V_INT(id)}, 1, &x->account, e))
        return false;
    return signin_allowed(x->account.at, x->now, e) &&
           tx_exec(t, SQL(Q_PASSKEY_USED), used, COUNT(used), NULL, e) &&
           signin_begin(t, id, x->account.at[1].s, "passkey", x->a, &x->s, e);
}

static bool read_proof(struct passkey_job *x, const passkey_proof *in, const passkey_site *site,
                       err *e)
{
    x->user = in->user;
    return check_site(site, e) && decode(in->credential, "credential", &x->credential, e) &&
           decode(in->client_data, "client_data", &x->client, e) &&
           decode(in->authenticator_data, "authenticator_data", &x->signed_data, e) &&
           decode(in->signature, "signature", &x->signature, e) &&
           webauthn_read_client(e->a, x->client, WEBAUTHN_GET, site->origin, &x->challenge, e) &&
           check_challenge(x->w, x->challenge, purpose(e->a, NULL, S(""), site), &x->until, e) &&
           webauthn_read_data(e->a, x->signed_data, &x->data, e) &&
           webauthn_check_data(&x->data, site->name, e);
}

bool session_open_passkey(struct work *w, const passkey_proof *in, const passkey_site *site,
                          arena *a, session *ret, actor *ret_actor, err *e)
{
    struct passkey_job x = {.w = w, .site = site->name, .now = clock_now(), .a = a};
    if (!read_proof(&x, in, site, e) || !work_write(w, passkey_login_tx, &x, e)) {
        if (e->code == ERR_INVALID) e->code = ERR_UNAUTHENTICATED;
        if (e->code == ERR_UNAUTHENTICATED) work_refused(w, "passkey");
        return false;
    }
    const value *v = x.account.at;
    const role *r = role_find(v[4].s);
    *ret = x.s;
    *ret_actor = (actor){.account = v[0].i, .name = v[1].s, .via = "http", .caps = r ? r->caps : 0};
    return true;
}
