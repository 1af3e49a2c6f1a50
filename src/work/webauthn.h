/* webauthn.h - what a passkey says, read and checked (W3C Web Authentication, level 2 and 3). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_WEBAUTHN_H
#define AIMS_WORK_WEBAUTHN_H
#include "base/base.h"

/* Pure functions over bytes that come from outside; none keeps anything. Refusals are INVALID with
 * the member of the request at fault as path. */

enum { COSE_ES256 = -7, COSE_EDDSA = -8 }; /* RFC 9053; EdDSA over Ed25519 only */
enum { CREDENTIAL_MAX = 1023 };            /* bytes; level 2, 4, "credential ID" */

typedef struct webauthn_key {
    int64_t algorithm;
    str pub; /* ES256: x then y, 64 bytes, a point of P-256; EdDSA: 32 bytes */
} webauthn_key;

/* Authenticator data (level 2, 6.1). */
typedef struct webauthn_data {
    str rp_hash; /* 32 bytes */
    bool present, verified, attested;
    uint32_t count;
    str credential;   /* when attested */
    webauthn_key key; /* when attested; pub lives in the arena */
} webauthn_data;

bool webauthn_read_data(arena *a, str bytes, webauthn_data *ret, err *e) NODISCARD;
/* An attestation object (6.5) of the format "none": who made the authenticator is not asked. */
bool webauthn_read_attestation(arena *a, str bytes, webauthn_data *ret, err *e) NODISCARD;

typedef enum webauthn_act { WEBAUTHN_CREATE, WEBAUTHN_GET } webauthn_act;
/* What the browser says of the ceremony (clientDataJSON, 5.8.1): the act, our origin, not from
 * within another site's frame. Gives the challenge it answers. */
bool webauthn_read_client(arena *a, str json, webauthn_act act, str origin, str *ret_challenge,
                          err *e) NODISCARD;
/* Made for this site, by a person who was there and proved who they are to the authenticator. */
bool webauthn_check_data(const webauthn_data *d, str site, err *e) NODISCARD;
/* 7.2, steps 19 and 20: the signature over authenticator data and the hash of client data. */
bool webauthn_verify(arena *a, const webauthn_key *k, str data, str client, str signature);

#endif
