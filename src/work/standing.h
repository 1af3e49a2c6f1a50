/* standing.h - how the management system stands: computed status of every control and clause. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_STANDING_H
#define AIMS_WORK_STANDING_H
#include "register/status.h"
#include "report/soa.h"
#include "work/work.h"

typedef struct standing_row {
    soa_row row; /* id, title, reason, status name, trail */
    control_status status;
    bool clause; /* a sub-clause of 4 to 10, else a control */
    size_t open_findings;
    size_t evidence; /* pieces that were looked at */
} standing_row;

typedef struct standing {
    standing_row *rows; /* 32 sub-clauses, 38 controls, then own controls */
    size_t n;
    size_t clauses[STATUS_CODES], controls[STATUS_CODES]; /* counts by status */
    int64_t at;
    str organisation;
} standing;

/*
 * at: 0 = now. Evidence is what the evidence register holds, plus what the registers themselves
 * show: the last act on a live record of a type whose tags name the requirement and whose kind of
 * evidence the catalog accepts for it, fresh for a year. For a sub-clause that demands documented
 * information it counts as recorded (the record is that information, and it is on the log);
 * elsewhere it counts as attested and proves nothing.
 */
bool work_standing(struct work *w, const actor *who, int64_t at, arena *a, standing *ret,
                   err *e) NODISCARD;
/* Only the controls, as the report room's input. */
bool work_soa(struct work *w, const actor *who, int64_t at, arena *a, soa *ret, err *e) NODISCARD;
void standing_json(const standing *s, jw *out);

#endif
