/* consistency.h - rules between the registers that no single record can break: SoA against risks.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_CONSISTENCY_H
#define AIMS_WORK_CONSISTENCY_H
#include "work/work.h"

/*
 * What an auditor would hold against the Statement of Applicability (6.1.3) today:
 *   control_undecided          a row of the SoA that nobody has decided yet
 *   excluded_control_has_risk  an excluded control is named by a risk that is not closed
 *   control_without_owner      an included control that is declared in place has no owner
 *   control_without_evidence   ... or nothing speaks for it but the declaration
 *   risk_without_control       a treated risk names no included control
 * Nothing is refused for them: a register is filled step by step.
 */
typedef struct inconsistency {
    const char *rule;
    str type; /* record type and number it is about */
    int64_t id;
    str text;
} inconsistency;
bool work_consistency(struct work *w, const actor *who, arena *a, inconsistency **ret,
                      size_t *ret_n, err *e) NODISCARD;
/* [{"rule","type","id","text"}] */
void consistency_json(const inconsistency *all, size_t n, jw *out);

#endif
