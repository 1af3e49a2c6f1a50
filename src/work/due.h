/* due.h - what is due: dates of the registers by which something must have happened. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_DUE_H
#define AIMS_WORK_DUE_H
#include "record/record.h"
#include "work/work.h"

/* One F_DUE member of a live record whose state still owes it. */
typedef struct due {
    const record *r;
    const field *f;
    int64_t id;
    str name;   /* absent: the type has none */
    int64_t on; /* the last day in time, its midnight */
} due;
enum { DUE_MAX = 500 };
/* Everything due on or before the day of `until` (ms), at most DUE_MAX, the latest first;
 * *ret_more: there is more than that. Proof that ages is not among it: see standing.h. */
bool work_due(struct work *w, const actor *who, int64_t until, arena *a, due **ret, size_t *ret_n,
              bool *ret_more, err *e) NODISCARD;

#endif
