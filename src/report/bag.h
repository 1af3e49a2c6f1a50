/* bag.h - the evidence bag urn:aims:evidence-bag:1: written reproducibly, verified by anyone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_BAG_H
#define AIMS_REPORT_BAG_H
#include "base/base.h"

/*
 * A BagIt 1.0 directory (RFC 8493) in a ustar archive (POSIX.1-2017 pax, "ustar Interchange
 * Format") in gzip (RFC 1952), byte for byte what GNU tar writes with
 *   tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar --mode=...
 * and a gzip header without name and time, so the same input gives the same bytes:
 *   NAME/bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt
 *   NAME/data/files/<name>              evidence files
 *   NAME/data/leaves/<n>.leaf           exact leaf bytes, JSON that names files by SHA-256
 *   NAME/data/proofs/<n>.tlog-proof     c2sp.org/tlog-proof
 *   NAME/data/log/checkpoint            signed note all proofs end in; checkpoint.tsq, .tsr
 *   NAME/data/log/old/<m>.add-checkpoint  c2sp.org/tlog-witness request from size m to this one:
 *                                       the consistency proof for a checkpoint kept from before
 *   NAME/trust/policy.txt               CONVENIENCE COPY of vkeys: an auditor uses his own
 *   NAME/README-VERIFY.txt verify.sh tlog-proof-check.sh tlog-growth-check.sh
 * What makes it evidence: file -> named by its digest in a leaf -> proof -> checkpoint -> a key
 * the auditor holds. The manifests only find accidents.
 */

#define BAG_NAME_MAX    200u /* bytes of one name below NAME/ */
#define BAG_MAX_FILES   100000u
#define BAG_MAX_LEAF    65535u
#define BAG_MAX_OLD     1000u
#define BAG_MAX_FILE    (UINT64_C(1) << 33)  /* ustar's eleven octal digits */
#define BAG_MAX_ARCHIVE (UINT64_C(16) << 30) /* unpacked bytes the verifier reads at most */
#define BAG_MAX_SMALL   (1u << 20)           /* proofs, checkpoints, policy, tag files */

/* ---- Writing ---- */

/* An evidence file. Content comes from bag.open/next when its turn comes; it must have exactly
 * this size and digest, or writing fails with DAMAGED. */
typedef struct bag_file {
    str name; /* below data/files/: [A-Za-z0-9._/-], no empty, "." or ".." part; see bag_name */
    uint64_t size;
    digest sha256;
} bag_file;

typedef struct bag_leaf {
    int64_t seq; /* leaf number in the log */
    str bytes;   /* exact leaf bytes, at most BAG_MAX_LEAF */
    str proof;   /* text of the tlog-proof against bag.checkpoint */
} bag_leaf;

typedef struct bag_old {
    int64_t size; /* tree size of the earlier checkpoint */
    str request;  /* body of the tlog-witness add-checkpoint request from it to bag.checkpoint */
} bag_old;

typedef struct bag {
    str name;         /* the one top directory, and the suggested file name; [A-Za-z0-9._-] */
    str organisation; /* Source-Organization of bag-info.txt; may be absent */
    int64_t at;       /* Bagging-Date; the only time in the archive */
    str origin;       /* AIMS-Log-Origin */
    int64_t log_size; /* AIMS-Log-Size: tree size of the checkpoint */
    str note;         /* External-Description, one line; may be absent */
    const bag_file *files;
    size_t n_files;
    const bag_leaf *leaves;
    size_t n_leaves;
    const bag_old *old;
    size_t n_old;
    str checkpoint; /* exact bytes of the signed note */
    str tsq, tsr;   /* RFC 3161 request and reply over the checkpoint; absent when none */
    str policy;     /* text of trust/policy.txt (c2sp.org/tlog-policy), without comment lines */

    /* Where the files come from; matches store/vault.h. `a` closes when the file is done. */
    void *ctx;
    bool (*open)(void *ctx, arena *a, const bag_file *f, void **ret_stream, err *e);
    bool (*next)(void *stream, const void **ret_p, size_t *ret_n, err *e); /* n == 0: end */
} bag;

typedef bool bag_sink(void *ctx, const void *p, size_t n, err *e);

/* Streams the archive into `sink`; nothing of a file is held longer than one chunk. INVALID names
 * what is wrong with the input (path "files.3.name", "leaves.0.proof"). */
bool bag_write(const bag *b, bag_sink *sink, void *ctx, err *e) NODISCARD;
/* Into a new file, CONFLICT when it exists; gives the SHA-256 and size of the archive, which the
 * caller should log as a leaf, so that bags chain. */
bool bag_save(const bag *b, const char *path, digest *ret_sha256, uint64_t *ret_size,
              err *e) NODISCARD;
/* A name that is allowed in a bag, made from any name: other bytes become '_'. */
str bag_name(arena *a, str any);

/* ---- Verifying ---- */

/* X(id, wire name, what it means) */
#define BAG_FINDING_MAP(X)                                                                         \
    X(ALTERED, "altered", "Bytes differ from the manifest")                                        \
    X(MISSING, "missing", "Listed in a manifest, not in the bag")                                  \
    X(EXTRA, "extra", "In the bag, not in any manifest")                                           \
    X(DUPLICATE, "duplicate", "The same name twice")                                               \
    X(NAME, "bad_name", "Absolute, climbing or disallowed name")                                   \
    X(KIND, "bad_kind", "A link, device or anything that is no plain file")                        \
    X(FORMAT, "bad_format", "Not the form a bag has")                                              \
    X(TOO_LARGE, "too_large", "Over a limit")                                                      \
    X(SIGNATURE, "bad_signature", "The checkpoint is not signed as the policy demands")            \
    X(PROOF, "bad_proof", "The proof does not lead from the leaf to the checkpoint")               \
    X(UNPROVEN, "unproven", "A file that no proven leaf names, or a leaf without proof")           \
    X(FORK, "fork", "The log does not extend a checkpoint kept from before")                       \
    X(UNLINKED, "unlinked", "No consistency proof from a checkpoint kept from before")             \
    X(STAMP, "bad_timestamp", "No good time-stamp over the checkpoint")

typedef enum bag_problem {
#define X(id, name, doc) BAG_##id,
    BAG_FINDING_MAP(X)
#undef X
        BAG_PROBLEMS
} bag_problem;

const char *bag_problem_name(bag_problem p);

typedef struct bag_finding {
    bag_problem problem;
    str path; /* name in the bag, '?' for bytes that cannot be shown; empty for the whole */
    str text; /* one sentence */
} bag_finding;

typedef struct bag_trust {
    str policy;       /* c2sp.org/tlog-policy text; or absent and vkeys given */
    const str *vkeys; /* keys of the log: one signature of any of them suffices */
    size_t n_vkeys;
    const str *old; /* checkpoints (signed notes) kept from earlier bags */
    size_t n_old;
    uint64_t max_unpacked; /* 0: BAG_MAX_ARCHIVE */
    /* Certificates (PEM) of a time-stamp authority: when given, the bag must hold a good RFC 3161
     * time-stamp over its checkpoint. The chain may be absent. */
    str tsa_ca, tsa_chain;
} bag_trust;

typedef struct bag_result {
    bag_finding *findings; /* none: the bag is good. At most BAG_MAX_FINDINGS are kept */
    size_t n_findings;
    bool more; /* findings beyond the maximum were dropped */
    size_t files, leaves, proofs;
    uint64_t bytes;        /* of the payload */
    str origin;            /* of the verified checkpoint; absent when it was not */
    int64_t log_size;      /* tree size of it, -1 when it was not */
    int64_t stamped_at;    /* ms, of the verified time-stamp; -1 when none was */
    bool archive;          /* false: a directory was given */
    digest archive_sha256; /* of the .tar.gz as read; compare with the leaf that logged it */
} bag_result;
#define BAG_MAX_FINDINGS 1000u

/* Reads a .tar.gz (one pass, constant memory beside the small files) or an unpacked directory.
 * Returns false only when it cannot look at all (no such file, no trust given); whatever is wrong
 * with the bag itself is a finding. Without any key in `t` this fails with INVALID: a bag that
 * vouches for itself proves nothing. */
bool bag_verify(arena *a, const char *path, const bag_trust *t, bag_result *ret, err *e) NODISCARD;
/* The same over bytes in memory (fuzzing, uploads). */
bool bag_verify_bytes(arena *a, str targz, const bag_trust *t, bag_result *ret, err *e) NODISCARD;
/* {"ok","files","leaves","bytes","origin","log_size","stamped_at","sha256","findings":[{problem,path,text}]}
 */
void bag_result_write(jw *w, const bag_result *r);

#endif
