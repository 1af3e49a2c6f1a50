/* verify.h - checks a complete tlog-tiles directory, one's own or anybody's, file by file. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_VERIFY_H
#define AIMS_LEDGER_VERIFY_H
#include "ledger/policy.h"

/*
 * Rebuilds the whole tree from the entry bundles and demands: a checkpoint signed by a log of
 * the policy with its quorum of cosignatures; every bundle complete and well framed; every hash
 * tile byte for byte what the entries give; partial tiles that are left over are prefixes; no
 * file that does not belong; every old checkpoint the root of the same tree at its size.
 * Memory is constant; one pass over the directory.
 */
typedef struct verify_options {
    const struct policy *policy;
    const str *old; /* earlier checkpoints, whole notes */
    const str *old_names;
    size_t n_old;
    bool (*leaf)(void *ctx, uint64_t seq, str body, err *e); /* sees every leaf; may be NULL */
    void *ctx;
    void (*progress)(void *ctx, uint64_t done, uint64_t size); /* may be NULL */
} verify_options;

typedef struct verify_finding {
    str file; /* relative to the directory, or the name of an old checkpoint */
    str what; /* one sentence without a full stop */
} verify_finding;

#define VERIFY_FINDINGS 1000
typedef struct verify_report {
    str origin;
    uint64_t size; /* leaves of the checkpoint */
    digest root;
    uint64_t bytes;   /* of entries read */
    uint64_t files;   /* checked */
    size_t witnesses; /* good cosignatures */
    size_t old;       /* old checkpoints found consistent */
    uint64_t ahead;   /* tiles written but not yet signed: no finding */
    verify_finding *findings;
    size_t n;       /* kept, at most VERIFY_FINDINGS */
    uint64_t total; /* counted */
} verify_report;

/* True when the check could be made: what it found is in ret->findings, 0 = intact. False when
 * the directory cannot be read at all. */
bool verify_directory(arena *a, const char *dir, const verify_options *o, verify_report *ret,
                      err *e) NODISCARD;
void verify_write(const verify_report *r, jw *w); /* as a JSON object */

#endif
