/* organisation.c - table and rules of the organisation record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/organisation.h"
#include "register/person.h"

const char *const ai_role_names[] = {"",         "provider", "developer", "deployer",
                                     "customer", "partner",  NULL};

static const field fields[] = {
    F_TEXT(organisation, name, REQ | UNIQ, 1, 200, "Legal name"),
    F_LONG(organisation, activity, 0, 4000, "What the organisation does, and why it uses AI"),
    F_LIST(organisation, ai_roles, 0, ai_role_names, 5, "Roles it plays towards AI systems"),
    F_LONG(organisation, context, 0, 20000, "Outside and inside issues that matter"),
    F_BOOL(organisation, climate_relevant, 0, "Climate change is a relevant issue"),
    F_LONG(organisation, climate_reason, 0, 2000, "Why it is, or is not"),
    F_LONG(organisation, scope, REQ, 20000, "What the AI management system covers"),
    F_LONG(organisation, exclusions, 0, 8000, "What it leaves out, and why"),
    F_LIST(organisation, sites, 0, NULL, 100, "Sites within the scope"),
    F_TEXT(organisation, currency, 0, 3, 3, "ISO 4217 code of its money amounts"),
    F_REF(organisation, scope_approved_by, 0, person, "Who approved the scope"),
    F_DATE(organisation, scope_approved_on, 0, "When the scope was approved"),
    F_DUE(organisation, review_on, "", "When context and scope are looked at again"),
};

static bool check(const void *row, err *e)
{
    const organisation *o = row;
    if (o->scope_approved_on.has != (o->scope_approved_by != 0))
        return err_set(e, ERR_INVALID, S("scope_approved_by"),
                       S("give approver and date together, or neither"),
                       "an approval needs both a person and a date");
    if (o->climate_relevant.has && !o->climate_reason.p)
        return err_set(e, ERR_INVALID, S("climate_reason"), S("say why in a sentence"),
                       "the climate decision needs a reason");
    return true;
}

const record organisation_record = {
    .name = "organisation",
    .noun = "organisation",
    .plural = "organisations",
    .title = "Organisation",
    .tags = "4.1 4.3",
    .evidence_kind = "scope_statement",
    .doc = "The organisation and the scope of its AI management system",
    .size = sizeof(organisation),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
