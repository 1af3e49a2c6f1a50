/* explore.h - looking around in the log: how it grew, acts of one sort, what was signed when. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_EXPLORE_H
#define AIMS_WORK_EXPLORE_H
#include "work/prove.h"

/* How many acts fell into each step of time; steps without any are left out. The step is the
 * shortest of one and ten seconds, minute, ten minutes, hour, six hours, day, week, 30 days and 365
 * days that cuts the life of the log into at most GROWTH_STEPS. Needs CAP_AUDIT, as all of these.
 */
enum { GROWTH_STEPS = 90 };
typedef struct growth_step {
    int64_t at; /* ms, begin of the step */
    int64_t leaves;
} growth_step;
typedef struct act_count {
    str act;
    int64_t leaves;
} act_count;
typedef struct log_growth {
    int64_t step_ms;
    growth_step *steps; /* oldest first */
    size_t n_steps;
    act_count *acts; /* by name */
    size_t n_acts;
} log_growth;
bool work_log_growth(struct work *w, const actor *who, arena *a, log_growth *ret, err *e) NODISCARD;
void log_growth_json(const log_growth *g, jw *out);

/* Acts before leaf `before`, newest first, at most `limit` (1 to 500): of one sort, on one type of
 * record, on one record; absent or 0: any. */
typedef struct act_search {
    str act, type;
    int64_t id, before, limit;
} act_search;
bool work_acts(struct work *w, const actor *who, const act_search *q, arena *a, event **ret,
               size_t *ret_n, err *e) NODISCARD;

/* Checkpoints of fewer than `before` leaves, newest first, at most `limit` (1 to 500). */
bool work_checkpoints(struct work *w, const actor *who, int64_t before, int64_t limit, arena *a,
                      ledger_mark **ret, size_t *ret_n, err *e) NODISCARD;

#endif
