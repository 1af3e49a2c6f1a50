/* ledger.h - the log of all acts: append in the act's transaction, publish, prove, export. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_LEDGER_H
#define AIMS_LEDGER_LEDGER_H
#include "ledger/note.h"
#include "ledger/proof.h"
#include "store/store.h"

/*
 * Appending. A leaf is the exact bytes of one event, 1 to 65,535 of them. It gets the next
 * number (from 0, no gaps) inside the transaction of the act: both are stored or neither. The
 * row lock on log_head serialises all nodes of a PostgreSQL store.
 */
#define LEDGER_LEAF_MAX 65535u
bool ledger_append(struct tx *t, str leaf, int64_t now, int64_t *ret_seq, err *e) NODISCARD;
/* One leaf as stored; NOT_FOUND. ret_at may be NULL. */
bool ledger_leaf(struct tx *t, arena *a, int64_t seq, str *ret, int64_t *ret_at, err *e) NODISCARD;
/* Leaves acknowledged so far (published or not). */
bool ledger_size(struct tx *t, int64_t *ret, err *e) NODISCARD;
extern const query ledger_queries[];
extern const size_t ledger_n_queries;

/*
 * Publishing. A struct ledger turns acknowledged leaves into the public directory: bundles,
 * tiles, then the signed checkpoint. What is signed was read back from the disk, hashed again
 * and found to extend the last checkpoint signed, which is kept twice: as a row of the store and
 * as the file. The order is tiles, row, file, so that after a crash
 *   - tiles without a checkpoint are overwritten,
 *   - a row newer than the file is legal: tiles are made up to it and the file is written,
 *   - a file newer than the row is refused: the store was rolled back.
 * Many nodes may publish from one PostgreSQL store, each into its own directory: the row is
 * taken by compare-and-swap and the loser follows the winner.
 *
 * A ledger belongs to one thread at a time. The caller holds the lock of the data directory.
 */
typedef struct ledger_options {
    struct store *store;
    const char *dir;           /* made when missing */
    const note_signer *signer; /* its name is the origin; NULL: read only, nothing is signed */
    const note_key *key;       /* with signer == NULL: whose log this is */
    bool complete;             /* check all leaves, bundles and tiles while opening */
} ledger_options;

struct ledger;
/* Opens and checks: signature, origin, frontier of tiles, tail of leaves, store not older than
 * what was signed. Whatever is wrong is DAMAGED (other key or origin: CONFLICT) with the file or
 * leaf as path and the reason; nothing is changed then. */
bool ledger_open(arena *a, const ledger_options *o, struct ledger **ret, err *e) NODISCARD;
/* Publishes everything acknowledged before the call; call it at least once a second. Without
 * new leaves it changes nothing. ret (may be NULL) is the newest checkpoint, in `a`. The first
 * call signs the empty log, so that a checkpoint always exists. */
bool ledger_publish(struct ledger *l, arena *a, checkpoint *ret, err *e) NODISCARD;

/* The published checkpoint: the note and its meaning (either may be NULL). */
bool ledger_head(struct ledger *l, arena *a, str *ret_note, checkpoint *ret, err *e) NODISCARD;
/* Every checkpoint ever signed, oldest first. */
typedef struct ledger_mark {
    uint64_t size;
    int64_t at; /* ms */
    str note;
} ledger_mark;
bool ledger_marks(struct ledger *l, arena *a, ledger_mark **ret, size_t *ret_n, err *e) NODISCARD;
/* Those of fewer than `before` leaves, newest first, at most `limit`. */
bool ledger_marks_before(struct ledger *l, arena *a, int64_t before, int64_t limit,
                         ledger_mark **ret, size_t *ret_n, err *e) NODISCARD;
/* Adds cosignature lines to the signed checkpoint of that size: in the row, and in the file when
 * it is still the newest and this ledger may sign (else the publisher's next call brings the
 * file up to the row). Lines that do not verify under the policy are refused. */
bool ledger_cosign(struct ledger *l, uint64_t size, str lines, const struct policy *p,
                   err *e) NODISCARD;

/* The tlog-proof of one published leaf, as text; NOT_FOUND when it is not published yet. */
bool ledger_prove(struct ledger *l, arena *a, uint64_t seq, str *ret, err *e) NODISCARD;
/* Consistency of the published tree with its first `from` leaves. */
bool ledger_prove_growth(struct ledger *l, arena *a, uint64_t from, merkle_proof *ret,
                         err *e) NODISCARD;
/* Compares every stored leaf with its published bundle; DAMAGED names the first that differs. */
bool ledger_compare(struct ledger *l, err *e) NODISCARD;

/* Copies a complete tlog-tiles tree (tiles, bundles, checkpoint written last) into a directory
 * that is missing or empty (else CONFLICT). Works from any directory, ours or not. */
bool ledger_export(const char *from, const char *to, const note_key *key, err *e) NODISCARD;

#endif
