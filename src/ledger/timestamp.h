/* timestamp.h - RFC 3161 time-stamps over a checkpoint: asked for, and verified years later. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_TIMESTAMP_H
#define AIMS_LEDGER_TIMESTAMP_H
#include "ledger/witness.h"

/* DER TimeStampReq: version 1, SHA-256 of the data, a random nonce, certReq TRUE. POST it as
 * "application/timestamp-query". */
bool timestamp_request(arena *a, str data, str *ret, err *e) NODISCARD;

typedef struct timestamp_trust {
    str ca_pem;    /* one or more trusted certificates */
    str chain_pem; /* untrusted intermediates; may be absent */
} timestamp_trust;

typedef struct timestamp {
    int64_t at;    /* ms, the genTime of the token */
    str serial;    /* decimal */
    str policy;    /* OID in dots */
    str authority; /* subject of the signing certificate, RFC 2253 */
} timestamp;

/*
 * Verifies a DER TimeStampResp over `data`: status granted, SHA-256 imprint, nonce of `request`
 * (when not absent), signature, and the chain of the time-stamping certificate with its critical
 * extended key usage, judged at the token's own time, not now: a token stays verifiable after
 * its certificate has expired. DAMAGED when anything is wrong.
 */
bool timestamp_check(arena *a, str data, str request, str response, const timestamp_trust *trust,
                     timestamp *ret, err *e) NODISCARD;

/* Request, POST, check: the response is returned for keeping beside the data. */
bool timestamp_fetch(arena *a, str data, str url, const timestamp_trust *trust, ledger_post *post,
                     void *ctx, str *ret_request, str *ret_response, timestamp *ret,
                     err *e) NODISCARD;

#endif
