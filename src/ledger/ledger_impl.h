/* ledger_impl.h - the inside of a ledger; private to this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_LEDGER_IMPL_H
#define AIMS_LEDGER_LEDGER_IMPL_H
#include "ledger/ledger.h"
#include "ledger/tiles.h"

#define LEDGER_CHECKPOINT S("checkpoint")

enum {
    Q_NEXT,
    Q_ADD,
    Q_LEAF,
    Q_SIZE,
    Q_LEAVES,
    Q_NEWEST,
    Q_MARK_AT,
    Q_LOCK,
    Q_SIGN,
    Q_COSIGN,
    Q_MARKS,
    Q_MARKS_BEFORE,
    Q_COUNT
};
#define SQL(q) (ledger_queries[q].sql)

struct ledger {
    struct store *store;
    struct tiles *tiles;
    note_key key;
    const note_signer *signer; /* NULL: read only */
};

/* A signed size and root; absent when nothing was signed yet. */
typedef struct signed_head {
    bool present;
    checkpoint c; /* origin is not filled */
    str note;
} signed_head;

/* What store and directory say about the newest checkpoint. */
typedef struct ledger_state {
    uint64_t size; /* leaves in the store */
    signed_head row, file;
} ledger_state;
/* Reads and cross-checks both; DAMAGED or CONFLICT when they cannot be of one history. */
bool ledger_state_read(struct ledger *l, arena *a, ledger_state *ret, err *e) NODISCARD;

/* Leaves [from, to) of the store, to - from <= TILES_WIDTH; all must be there. */
bool ledger_leaves(struct ledger *l, arena *a, uint64_t from, uint64_t to, str *ret,
                   err *e) NODISCARD;

/* Grows the tiles from a tree of `from` leaves with root `old` to `to` leaves out of the store,
 * syncs them, reads them back and gives the root that was read back. */
bool ledger_extend(struct ledger *l, const checkpoint *from, uint64_t to, digest *ret,
                   err *e) NODISCARD;
/* The stored leaves of the last tile against its bundle and hashes. */
bool ledger_check_tail(struct ledger *l, uint64_t size, err *e) NODISCARD;
/* The root of the first `size` leaves out of the right edge of the tiles. */
bool ledger_frontier(struct ledger *l, uint64_t size, merkle_range *ret, err *e) NODISCARD;
/* Replaces the checkpoint file. */
bool ledger_put_file(struct ledger *l, str bytes, err *e) NODISCARD;

#endif
