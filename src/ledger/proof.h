/* proof.h - the file that proves one leaf: c2sp.org/tlog-proof@v1, made, parsed and checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_PROOF_H
#define AIMS_LEDGER_PROOF_H
#include "ledger/policy.h"

/*
 *   c2sp.org/tlog-proof@v1\n [extra BASE64\n] index N\n {BASE64 hash\n}* \n CHECKPOINT
 * hashes leaf sibling first; the checkpoint is a whole signed note, verbatim.
 */
#define PROOF_MAX (NOTE_MAX + 8192u)

typedef struct proof {
    uint64_t index;
    str extra; /* decoded; absent when there is none */
    merkle_proof path;
    str note;
} proof;

str proof_text(arena *a, const proof *p);
bool proof_parse(arena *a, str bytes, proof *ret, err *e) NODISCARD;
/* Checks the note under the policy (log key, quorum of witnesses) and that the leaf is in the
 * tree it signs. DAMAGED when not. ret_checkpoint may be NULL. */
bool proof_check(arena *a, const proof *p, str leaf, const struct policy *pol,
                 checkpoint *ret_checkpoint, err *e) NODISCARD;

#endif
