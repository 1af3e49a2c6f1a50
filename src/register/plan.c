/* plan.c - table and rules of the measurement plan record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/plan.h"
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/model.h"
#include "register/person.h"
#include "register/rules.h"

static const char *const fresh_froms[] = {"", [FRESH_RUN] = "run", [FRESH_DATA] = "data", NULL};

static const field fields[] = {
    F_TEXT(plan, name, REQ | UNIQ, 1, 160, "Short name people use"),
    F_TEXT(plan, kind, REQ | INDEX, 1, 60, "Kind of measurement, for example bias_fairness_test"),
    F_REF(plan, system, REQ, ai_system, "AI system that is measured"),
    F_REF(plan, model_version, 0, model_version,
          "Model version that is asked; none: predictions are in the data"),
    F_REF(plan, dataset_version, 0, dataset_version,
          "Data it is measured on; none: given at each run"),
    F_REF(plan, reference_version, 0, dataset_version,
          "Data it is held against, for kinds that compare; none: given at each run"),
    F_JSON(plan, parameters, REQ, 20000, "Columns, groups, filter, seed and intervals"),
    F_LIST(plan, limits, 0, NULL, 50, "Limits, for example demographic_parity_difference<=0.1"),
    F_LONG(plan, reason, 0, 4000, "Why these limits"),
    F_LIST(plan, controls, 0, NULL, 50,
           "Controls it proves; none: all that the catalog names for the kind"),
    F_INT(plan, every_days, 0, 1, 3650, "Days between runs on the server; none: run by hand or CI"),
    F_INT(plan, fresh_days, REQ, 1, 3650, "Days for which a result counts as fresh"),
    F_ENUM(plan, fresh_from, 0, fresh_froms,
           "Counted from the run, or from the last day of its data"),
    F_REF(plan, owner, 0, person, "Person answerable for it"),
    F_BOOL(plan, active, REQ | INDEX, "In use"),
};

static bool check(const void *row, err *e)
{
    const plan *p = row;
    return rule_control_ids(p->controls, "controls", e);
}

const record plan_record = {
    .name = "plan",
    .noun = "plan",
    .plural = "plans",
    .title = "Measurement plan",
    .tags = "9.1 A.6.2.4",
    .evidence_kind = "test_plan",
    .doc = "A measurement plan: what is measured how, with limits fixed before the run",
    .size = sizeof(plan),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
