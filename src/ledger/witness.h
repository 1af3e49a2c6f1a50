/* witness.h - asking witnesses for cosignatures: the client of c2sp.org/tlog-witness. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_WITNESS_H
#define AIMS_LEDGER_WITNESS_H
#include "ledger/ledger.h"

/* How to POST: net/net.h's net_post has this shape. The reply is in the arena and capped. */
typedef bool ledger_post(void *ctx, arena *a, str url, str type, str body, int *ret_status,
                         str *ret_reply, err *e);

/* "old SIZE\n" {hash\n}* "\n" NOTE */
str witness_request(arena *a, uint64_t old, const merkle_proof *p, str signed_note);
/* What a reply means. */
typedef enum witness_answer {
    WITNESS_SIGNED, /* 200: lines hold signature lines */
    WITNESS_STALE,  /* 409: *ret_size is what the witness has */
    WITNESS_REFUSED /* 400, 403, 404, 422 and others: err says why */
} witness_answer;
witness_answer witness_reply(arena *a, int status, str body, str *ret_lines, uint64_t *ret_size,
                             err *e);

typedef struct witness_result {
    str name;
    bool ok;
    uint64_t size; /* what the witness had before */
    str problem;   /* when !ok */
} witness_result;

/* Sends the newest checkpoint to every witness of the policy that has a URL, follows a 409 once
 * with the size it names, checks each cosignature and stores them (ledger_cosign). One result
 * per witness asked. ret_quorum says whether the policy is met now. It waits for the network:
 * call it on a thread of its own, with a ledger opened without signer. */
bool witness_collect(struct ledger *l, arena *a, const struct policy *p, ledger_post *post,
                     void *ctx, witness_result **ret, size_t *ret_n, bool *ret_quorum,
                     err *e) NODISCARD;

#endif
