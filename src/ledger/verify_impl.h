/* verify_impl.h - the state of one verification; private to this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_VERIFY_IMPL_H
#define AIMS_LEDGER_VERIFY_IMPL_H
#include "ledger/tiles.h"
#include "ledger/verify.h"

struct old_mark {
    uint64_t size;
    digest root;
    str name;
};

struct check {
    arena *a; /* of the report */
    const verify_options *o;
    verify_report *r;
    struct tiles *t;
    checkpoint head;
    merkle_range range; /* of the entries so far */
    struct {
        uint64_t index;
        unsigned n;
        digest at[TILES_WIDTH];
    } level[TILES_LEVELS]; /* the unfinished tile of each level */
    struct old_mark *old;
    size_t n_old, next_old;
};

void verify_found(struct check *k, str file, const char *fmt, ...) PRINTF(3, 4);
/* Files the tree does not need: prefixes of what is signed, not yet signed, or foreign. */
bool verify_strays(struct check *k, err *e) NODISCARD;

#endif
