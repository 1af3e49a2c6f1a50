/* merkle.h - the RFC 6962 hash tree: hashing, compact ranges, and proofs made and checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_MERKLE_H
#define AIMS_LEDGER_MERKLE_H
#include "base/base.h"

/*
 * RFC 6962 section 2.1 (unchanged in RFC 9162):
 *   leaf(d) = SHA256(0x00 || d), node(l, r) = SHA256(0x01 || l || r), empty tree = SHA256("").
 * A perfect node (level, index) covers the leaves [index << level, (index + 1) << level).
 */
digest merkle_empty(void);
digest merkle_leaf(str body);
digest merkle_node(digest l, digest r);

/* A compact range: the roots of the perfect subtrees that cover [0, size), largest first.
 * 64 nodes at most; start from {0}. */
typedef struct merkle_range {
    uint64_t size;
    size_t n;
    digest at[64];
} merkle_range;
void merkle_add(merkle_range *r, digest leaf);
digest merkle_root(const merkle_range *r); /* of an empty range: merkle_empty() */

/* Where proofs get their hashes from: the perfect node (level, index). Fails when unknown. */
typedef bool merkle_source(void *ctx, unsigned level, uint64_t index, digest *ret, err *e);

/* The compact range of the first `size` leaves; its root is the root of the tree. */
bool merkle_range_read(merkle_source *src, void *ctx, uint64_t size, merkle_range *ret,
                       err *e) NODISCARD;

#define MERKLE_PROOF_MAX 64
typedef struct merkle_proof {
    size_t n;
    digest at[MERKLE_PROOF_MAX]; /* leaf side first */
} merkle_proof;

/* RFC 9162 2.1.3.1. index >= size is INVALID. */
bool merkle_prove_inclusion(merkle_source *src, void *ctx, uint64_t index, uint64_t size,
                            merkle_proof *ret, err *e) NODISCARD;
/* RFC 9162 2.1.4.1. from > to is INVALID; from == 0 and from == to give an empty proof. */
bool merkle_prove_consistency(merkle_source *src, void *ctx, uint64_t from, uint64_t to,
                              merkle_proof *ret, err *e) NODISCARD;

/* RFC 9162 2.1.3.2. */
bool merkle_check_inclusion(uint64_t index, uint64_t size, digest leaf, const merkle_proof *p,
                            digest root) NODISCARD;
/* RFC 9162 2.1.4.2. from == 0 is refused here, as a proof from nothing proves nothing; callers
 * whose protocol gives it a meaning (add-checkpoint) treat it before they call. */
bool merkle_check_consistency(uint64_t from, uint64_t to, digest root_from, digest root_to,
                              const merkle_proof *p) NODISCARD;

#endif
