/* passkeys.h - passkeys of accounts: adding, listing, and logging in with one. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_PASSKEYS_H
#define AIMS_WORK_PASSKEYS_H
#include "work/accounts.h"

/*
 * W3C Web Authentication (level 2 and 3): ES256 and EdDSA, attestation "none", user verification
 * always required, so that a passkey is something one has and something one knows or is: it takes
 * the place of password and code. A challenge is good for five minutes and once. A new passkey
 * answers a challenge of its own account and session.
 */
typedef struct passkey_site {
    str name;   /* relying party: the host without port; a domain name, no address */
    str origin; /* "https://host[:port]" as the browser writes it */
} passkey_site;

enum { PASSKEY_CHALLENGE_MS = 300000, PASSKEY_MAX = 20 };

typedef struct passkey_info {
    int64_t id;
    str name, site;
    str credential;                   /* base64url */
    int64_t created_at, last_used_at; /* 0: never */
} passkey_info;

/* What a browser needs to make one. challenge and user are base64url. */
typedef struct passkey_start {
    str challenge, user;
    passkey_info *have; /* not to be made twice */
    size_t n_have;
} passkey_start;
bool passkey_begin(struct work *w, const actor *who, str cookie, str password,
                   const passkey_site *site, arena *a, passkey_start *ret, err *e) NODISCARD;

typedef struct passkey_new {
    str name, client_data, attestation; /* the last two in base64url, as the browser gave them */
} passkey_new;
bool passkey_add(struct work *w, const actor *who, str cookie, const passkey_new *in,
                 const passkey_site *site, arena *a, passkey_info *ret, err *e) NODISCARD;
bool passkey_list(struct work *w, const actor *who, arena *a, passkey_info **ret, size_t *ret_n,
                  err *e) NODISCARD;
bool passkey_rename(struct work *w, const actor *who, int64_t id, str name, err *e) NODISCARD;
bool passkey_remove(struct work *w, const actor *who, int64_t id, err *e) NODISCARD;

/* Logging in: a challenge for anybody (nothing is stored for it), and the answer to it. */
bool passkey_challenge(struct work *w, const passkey_site *site, arena *a, str *ret,
                       err *e) NODISCARD;
typedef struct passkey_proof {
    str credential, client_data, authenticator_data, signature; /* base64url */
    str user; /* base64url; absent when the authenticator does not tell */
} passkey_proof;
/* UNAUTHENTICATED for anything wrong. */
bool session_open_passkey(struct work *w, const passkey_proof *in, const passkey_site *site,
                          arena *a, session *ret, actor *ret_actor, err *e) NODISCARD;

#endif
