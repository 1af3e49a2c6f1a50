/* objective.c - table and rules of the objective record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/objective.h"
#include "register/ai_system.h"
#include "register/person.h"
#include "register/plan.h"

static const field fields[] = {
    F_TEXT(objective, name, REQ | UNIQ, 1, 200, "Objective in a few words"),
    F_LONG(objective, description, 0, 8000, "What is to be reached and why"),
    F_REF(objective, owner, REQ, person, "Person answerable for it"),
    F_REF(objective, system, 0, ai_system, "AI system it is about"),
    F_TEXT(objective, measure, REQ, 1, 400, "How reaching it is measured"),
    F_REF(objective, plan, 0, plan, "Measurement plan that measures it"),
    F_TEXT(objective, target, 0, 1, 200,
           "Target on a metric of the plan, for example accuracy>=0.9"),
    F_LONG(objective, actions, 0, 8000, "What will be done, with which resources"),
    F_DUE(objective, due, "", "When it must be reached"),
};

static bool check(const void *row, err *e)
{
    const objective *o = row;
    if ((o->target.p != NULL) == (o->plan != 0)) return true;
    return err_set(e, ERR_INVALID, S("target"), S("give plan and target together, or neither"),
                   "an objective bound to a metric needs both its plan and its target");
}

const record objective_record = {
    .name = "objective",
    .noun = "objective",
    .plural = "objectives",
    .title = "Objective",
    .tags = "6.2 A.6.1.2 A.9.3",
    .evidence_kind = "objective_record",
    .doc = "An AI objective with its measure and target",
    .size = sizeof(objective),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
