/* bag_check.h - judges the members of a bag one after the other, wherever they come from. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_BAG_CHECK_H
#define AIMS_REPORT_BAG_CHECK_H
#include "ledger/policy.h"
#include "report/bag_impl.h"

typedef struct bag_member {
    str path;
    uint64_t size;
    digest sha256;
    bool listed; /* in a manifest */
} bag_member;

typedef struct bag_seen_leaf {
    int64_t seq;
    digest hash;        /* RFC 6962 leaf hash */
    size_t from, n;     /* its digests in bag_check.named */
    bool proven, tried; /* tried: a proof file for it was there */
} bag_seen_leaf;

typedef struct bag_growth {
    uint64_t old;
    merkle_proof proof;
    bool same_note; /* ends in the bag's checkpoint */
} bag_growth;

/* What is kept while reading: a few dozen bytes per member, and the small files whole. */
typedef struct bag_check {
    arena *a;
    bag_result *r;
    struct policy *policy;
    const bag_trust *trust;

    bag_member *members;
    size_t n_members, cap_members;
    bag_seen_leaf *leaves;
    size_t n_leaves, cap_leaves;
    digest *named;
    size_t n_named, cap_named;
    bag_growth *growths;
    size_t n_growths, cap_growths;

    str checkpoint; /* absent until seen */
    checkpoint head;
    bool head_ok; /* the text of the checkpoint could be read */
    str info, manifest, tag_manifest, declaration, tsq, tsr;

    /* the member being read */
    arena *scratch;
    struct hash *hash;
    bag_member now;
    char *keep;
    size_t kept;
} bag_check;

/* INVALID when `t` holds no key or one that cannot be read. */
bool bag_check_open(arena *a, const bag_trust *t, bag_result *r, bag_check *ret, err *e) NODISCARD;
/* begin, data as often as wanted, end. The path is below the bag's top directory. When begin
 * refuses the name (with a finding) the content is to be skipped. */
bool bag_check_begin(bag_check *c, str path, uint64_t size) NODISCARD;
void bag_check_data(bag_check *c, const void *p, size_t n);
void bag_check_end(bag_check *c);
/* Manifests, proofs, signatures, earlier checkpoints: everything that needs the whole bag. */
void bag_check_finish(bag_check *c);
void bag_find(bag_check *c, bag_problem what, str path, const char *fmt, ...) PRINTF(4, 5);

/* Parts of the above, each in its file. */
void bag_check_manifests(bag_check *c);
void bag_check_checkpoint(bag_check *c);
void bag_check_proof(bag_check *c, int64_t seq, str text);
void bag_check_growth(bag_check *c, str path, str text);
void bag_check_proven(bag_check *c);
void bag_check_olds(bag_check *c);
void bag_check_stamp(bag_check *c);

/* An array in an arena with room for one more element. */
void *bag_grow(arena *a, void *at, size_t n, size_t *cap, size_t size);

/* ---- Where members come from ---- */

/* Bytes of a .tar.gz: *ret_n == 0 at the end. */
typedef bool bag_source(void *ctx, const void **ret_p, size_t *ret_n, err *e);
bool bag_read_archive(bag_check *c, bag_source *source, void *ctx, err *e) NODISCARD;
bool bag_read_folder(bag_check *c, const char *path, err *e) NODISCARD;

#endif
