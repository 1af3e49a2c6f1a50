/* finding.c - table and rules of the finding record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/finding.h"
#include "register/ai_system.h"
#include "register/measurement.h"
#include "register/person.h"
#include "register/plan.h"
#include "register/rules.h"

static const char *const grades[] = {
    "", [GRADE_MAJOR] = "major", [GRADE_MINOR] = "minor", [GRADE_OBSERVATION] = "observation", NULL,
};
static const char *const statuses[] = {
    "",   [FINDING_OPEN] = "open", [FINDING_CORRECTED] = "corrected", [FINDING_CLOSED] = "closed",
    NULL,
};

static const field fields[] = {
    F_TEXT(finding, name, REQ, 1, 200, "What is wrong, in a few words"),
    F_LONG(finding, description, 0, 8000, "What was seen, and against what it was held"),
    F_ENUM(finding, grade, REQ, grades, "Weight: major and minor are nonconformities"),
    F_ENUM(finding, status, REQ, statuses, "Where it stands"),
    F_LIST(finding, controls, REQ, NULL, 50, "Clauses and controls it is raised against"),
    F_REF(finding, system, 0, ai_system, "AI system it is about"),
    F_REF(finding, plan, 0, plan, "Plan whose limit failed"),
    F_REF(finding, measurement, 0, measurement, "Measurement that showed it"),
    F_REF(finding, raised_by, 0, person, "Who raised it; none: the program"),
    F_REF(finding, owner, 0, person, "Who must correct it"),
    F_DUE(finding, due, "corrected closed", "When it must be corrected"),
    F_LONG(finding, correction, 0, 8000, "What was done at once"),
    F_LONG(finding, cause, 0, 8000, "Why it happened"),
    F_LONG(finding, corrective_action, 0, 8000, "What keeps it from happening again"),
    F_LONG(finding, effectiveness, 0, 8000, "How it was checked that the action works"),
    F_DATE(finding, closed_on, 0, "When it was closed"),
};

static bool check(const void *row, err *e)
{
    const finding *f = row;
    bool closing = f->status == FINDING_CLOSED && f->grade != GRADE_OBSERVATION;
    if (closing && (!f->cause.p || !f->corrective_action.p || !f->effectiveness.p))
        return err_set(e, ERR_INVALID, S("effectiveness"),
                       S("fill in cause, corrective_action and effectiveness"),
                       "a nonconformity is closed only with cause, action and checked effect");
    return rule_control_ids(f->controls, "controls", e);
}

const record finding_record = {
    .name = "finding",
    .noun = "finding",
    .plural = "findings",
    .title = "Finding",
    .tags = "9.2.2 10.1 10.2",
    .evidence_kind = "nonconformity_record",
    .doc = "A nonconformity or observation with its correction",
    .size = sizeof(finding),
    .fields = fields,
    .n_fields = COUNT(fields),
    .check = check,
};
