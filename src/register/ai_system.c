/* ai_system.c - table and rules of the AI system record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/model.h"
#include "register/organisation.h"
#include "register/person.h"
#include "register/supplier.h"

static const char *const autonomies[] = {
    "",
    [AUTONOMY_ADVISORY] = "advisory",
    [AUTONOMY_IN_LOOP] = "human_in_the_loop",
    [AUTONOMY_ON_LOOP] = "human_on_the_loop",
    [AUTONOMY_FULL] = "full",
    NULL,
};
static const char *const stages[] = {
    "",
    [STAGE_INCEPTION] = "inception",
    [STAGE_DESIGN] = "design_development",
    [STAGE_VERIFICATION] = "verification_validation",
    [STAGE_DEPLOYMENT] = "deployment",
    [STAGE_OPERATION] = "operation_monitoring",
    [STAGE_RE_EVALUATION] = "re_evaluation",
    [STAGE_RETIREMENT] = "retirement",
    NULL,
};
static const char *const risk_classes[] = {
    "",
    [RISK_MINIMAL] = "minimal",
    [RISK_LIMITED] = "limited",
    [RISK_HIGH] = "high",
    [RISK_GPAI] = "general_purpose",
    [RISK_PROHIBITED] = "prohibited",
    NULL,
};

static const field fields[] = {
    F_TEXT(ai_system, name, REQ | UNIQ, 1, 120, "Short name people use"),
    F_REF(ai_system, owner, REQ, person, "Person answerable for it"),
    F_LONG(ai_system, purpose, REQ, 8000, "What it is for, and what it must not be used for"),
    F_LIST(ai_system, intended_users, 0, NULL, 50, "Who works with it"),
    F_LIST(ai_system, affected_groups, 0, NULL, 50, "Whose life its outputs touch"),
    F_ENUM(ai_system, autonomy, 0, autonomies, "How far it acts without a person"),
    F_LONG(ai_system, oversight, 0, 8000, "Who can see, question, stop and reverse it, and how"),
    F_ENUM(ai_system, stage, REQ, stages, "Life-cycle stage"),
    F_LIST(ai_system, roles, 0, ai_role_names, 5, "Roles the organisation plays for it"),
    F_ENUM(ai_system, risk_class, 0, risk_classes, "Class under the EU AI Act"),
    F_LONG(ai_system, risk_class_reason, 0, 8000, "Why it is in that class"),
    F_BOOL(ai_system, in_scope, REQ, "Within the scope of the AI management system"),
    F_LONG(ai_system, scope_reason, 0, 4000, "Why it is outside the scope"),
    F_LINKS(ai_system, suppliers, 0, supplier, "Suppliers it depends on"),
    F_LINKS(ai_system, models, 0, model, "Models it uses"),
    F_LINKS(ai_system, datasets, 0, dataset, "Data sets it was built and tested with"),
    F_DATE(ai_system, deployed_on, 0, "First day of real use"),
    F_DUE(ai_system, review_on, "retirement", "When the entry is looked at again"),
};

static bool check(const void *row, err *e)
{
    const ai_system *s = row;
    if (s->risk_class && !s->risk_class_reason.p)
        return err_set(e, ERR_INVALID, S("risk_class_reason"), S("say why in a sentence"),
                       "a risk class needs a reason");
    if (!s->in_scope && !s->scope_reason.p)
        return err_set(e, ERR_INVALID, S("scope_reason"), S("say why it is left out"),
                       "a system outside the scope needs a reason");
    if (s->risk_class == RISK_HIGH && s->stage >= STAGE_DEPLOYMENT && !s->oversight.p)
        return err_set(e, ERR_INVALID, S("oversight"), S("describe who oversees it and how"),
                       "a high-risk system in use needs its human oversight described");
    return true;
}

const record ai_system_record = {
    .name = "ai_system",
    .noun = "system",
    .plural = "systems",
    .title = "AI system",
    .tags = "4.3 A.4.2 A.9.4",
    .evidence_kind = "system_inventory",
    .doc = "An AI system under management",
    .size = sizeof(ai_system),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
