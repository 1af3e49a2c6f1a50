/* signin.c - handlers of how the own account signs in: sessions, second factor, passkeys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/door.h"
#include "http/handlers.h"
#include "http/inputs.h"
#include "http/who.h"
#include "work/factors.h"
#include "work/passkeys.h"
#include "work/webauthn.h"

/* ---- sessions ---- */

static void put_session(jw *w, const void *item)
{
    const session_info *s = item;
    jw_obj(w);
    jw_m_str(w, "id", s->id);
    put_time(w, "created_at", s->created_at);
    put_time(w, "last_seen_at", s->seen_at);
    put_time(w, "expires_at", s->expires_at);
    jw_m_str(w, "means", s->means);
    jw_m_bool(w, "current", s->current);
    jw_obj_end(w);
}

bool do_sessions(request *q, err *e)
{
    session_info *at;
    size_t n;
    if (!session_list(q->w, &q->who, query_get(q, "account"), q->session, q->a, &at, &n, e))
        return false;
    reply_items(q, at, n, sizeof *at, put_session);
    return true;
}

bool do_session_revoke(request *q, err *e)
{
    if (!session_revoke(q->w, &q->who, q->args[0], e)) return false;
    reply_nothing(q);
    return true;
}

/* ---- password and second factor ---- */

bool do_password(request *q, err *e)
{
    const password_change *in = q->in;
    if (!account_password(q->w, &q->who, q->session, in->old, in->password, e)) return false;
    reply_nothing(q);
    return true;
}

bool do_factors(request *q, err *e)
{
    factors f = {0};
    if (!factors_get(q->w, &q->who, &f, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_bool(&w, "totp", f.totp);
    put_time(&w, "totp_since", f.totp_since);
    jw_m_int(&w, "recovery_codes", f.recovery_left);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_totp_enrol(request *q, err *e)
{
    const password_proof *in = q->in;
    str secret, uri;
    if (!totp_enrol(q->w, &q->who, in->password, q->a, &secret, &uri, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "secret", secret);
    jw_m_str(&w, "uri", uri);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

static void reply_codes(request *q, const str *codes)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_key(&w, "codes");
    jw_arr(&w);
    for (size_t i = 0; i < RECOVERY_CODES; i++)
        jw_str(&w, codes[i]);
    jw_arr_end(&w);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
}

bool do_totp_confirm(request *q, err *e)
{
    const password_proof *in = q->in;
    str codes[RECOVERY_CODES];
    if (!totp_confirm(q->w, &q->who, in->code, q->a, codes, e)) return false;
    reply_codes(q, codes);
    return true;
}

bool do_totp_off(request *q, err *e)
{
    const password_proof *in = q->in;
    if (!totp_off(q->w, &q->who, in->password, in->code, e)) return false;
    reply_nothing(q);
    return true;
}

bool do_recovery_codes(request *q, err *e)
{
    const password_proof *in = q->in;
    str codes[RECOVERY_CODES];
    if (!recovery_renew(q->w, &q->who, in->password, in->code, q->a, codes, e)) return false;
    reply_codes(q, codes);
    return true;
}

bool do_factors_forget(request *q, err *e)
{
    if (!factors_forget(q->w, &q->who, q->args[0], e)) return false;
    reply_nothing(q);
    return true;
}

/* ---- passkeys ---- */

/* The site is what the browser calls it: the door let the Host through, TLS is a proxy's. */
static passkey_site site_of(request *q)
{
    str host = q->header(q, "Host");
    if (!host.p) host = S("");
    return (passkey_site){
        .name = host_name(host),
        .origin = str_fmt(q->a, "%s://%.*s", q->options->secure ? "https" : "http", STR_ARG(host))};
}

static void put_passkey(jw *w, const void *item)
{
    const passkey_info *x = item;
    jw_obj(w);
    jw_m_int(w, "id", x->id);
    jw_m_str(w, "name", x->name);
    jw_m_str(w, "site", x->site);
    put_time(w, "created_at", x->created_at);
    put_time(w, "last_used_at", x->last_used_at);
    jw_obj_end(w);
}

bool do_passkeys(request *q, err *e)
{
    passkey_info *at;
    size_t n;
    if (!passkey_list(q->w, &q->who, q->a, &at, &n, e)) return false;
    reply_items(q, at, n, sizeof *at, put_passkey);
    return true;
}

static void put_challenge(jw *w, str challenge, const passkey_site *site)
{
    jw_m_str(w, "challenge", challenge);
    jw_m_str(w, "site", site->name);
    jw_m_int(w, "timeout", PASSKEY_CHALLENGE_MS);
}

static void put_start(jw *w, const passkey_start *s, const actor *who)
{
    jw_m_str(w, "user", s->user);
    jw_m_str(w, "name", who->name);
    jw_key(w, "algorithms");
    jw_arr(w);
    jw_int(w, COSE_EDDSA);
    jw_int(w, COSE_ES256);
    jw_arr_end(w);
    jw_key(w, "exclude");
    jw_arr(w);
    for (size_t i = 0; i < s->n_have; i++)
        jw_str(w, s->have[i].credential);
    jw_arr_end(w);
}

bool do_passkey_begin(request *q, err *e)
{
    const password_proof *in = q->in;
    passkey_site site = site_of(q);
    passkey_start s = {0};
    if (!passkey_begin(q->w, &q->who, q->session, in->password, &site, q->a, &s, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_challenge(&w, s.challenge, &site);
    put_start(&w, &s, &q->who);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_passkey_add(request *q, err *e)
{
    const passkey_body *in = q->in;
    passkey_site site = site_of(q);
    passkey_new made = {in->name, in->client_data, in->attestation};
    passkey_info x;
    if (!passkey_add(q->w, &q->who, q->session, &made, &site, q->a, &x, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    put_passkey(&w, &x);
    reply_json(q, route_status(q->route), &b);
    return true;
}

bool do_passkey_rename(request *q, err *e)
{
    const passkey_body *in = q->in;
    int64_t id;
    if (!arg_int(q, 0, &id, e) || !passkey_rename(q->w, &q->who, id, in->name, e)) return false;
    reply_nothing(q);
    return true;
}

bool do_passkey_remove(request *q, err *e)
{
    int64_t id;
    if (!arg_int(q, 0, &id, e) || !passkey_remove(q->w, &q->who, id, e)) return false;
    reply_nothing(q);
    return true;
}

bool do_passkey_challenge(request *q, err *e)
{
    passkey_site site = site_of(q);
    str challenge;
    if (!passkey_challenge(q->w, &site, q->a, &challenge, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_challenge(&w, challenge, &site);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_passkey_login(request *q, err *e)
{
    const passkey_login *in = q->in;
    passkey_site site = site_of(q);
    passkey_proof proof = {in->credential, in->client_data, in->authenticator_data, in->signature,
                           in->user_handle};
    session s;
    actor who;
    if (!session_open_passkey(q->w, &proof, &site, q->a, &s, &who, e)) return false;
    reply_session(q, &s, &who);
    return true;
}
