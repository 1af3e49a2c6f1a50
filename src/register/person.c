/* person.c - table and rules of the person record; name and the rest of it are personal data. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/person.h"

static const char *const roles[] = {
    "",
    "top_management",
    "governance_lead",
    "risk_owner",
    "system_owner",
    "engineer",
    "data_steward",
    "operator",
    "overseer",
    "internal_auditor",
    "external_auditor",
    "supplier_manager",
    "privacy_officer",
    "security_officer",
    NULL,
};

static const field fields[] = {
    F_TEXT(person, name, REQ | UNIQ | PERSONAL, 1, 120, "Name people use"),
    F_TEXT(person, email, UNIQ | PERSONAL, 3, 254, "Address for messages"),
    F_TEXT(person, unit, 0, 1, 120, "Department or company"),
    F_LIST(person, roles, 0, roles, 13, "Roles in the AI management system"),
    F_LONG(person, duties, 0, 4000, "What the person decides and answers for"),
    F_REF(person, reports_to, 0, person, "Superior in the AI management system"),
    F_LONG(person, competence, PERSONAL, 8000, "Education, training and experience that qualify"),
    F_DATE(person, competence_checked_on, 0, "When competence was last evaluated"),
};

static bool check(const void *row, err *e)
{
    const person *p = row;
    if (p->reports_to && p->reports_to == p->head.id)
        return err_set(e, ERR_INVALID, S("reports_to"), S("name somebody else, or nobody"),
                       "nobody reports to themselves");
    const char *at = p->email.n ? memchr(p->email.p, '@', p->email.n) : NULL;
    if (p->email.p && (!at || at == p->email.p || at == p->email.p + p->email.n - 1))
        return err_set(e, ERR_INVALID, S("email"), S("write it as name@example.org"),
                       "'email' is not an address");
    return true;
}

const record person_record = {
    .name = "person",
    .noun = "person",
    .plural = "people",
    .title = "Person",
    .tags = "5.3 7.2 A.3.2 A.4.6",
    .evidence_kind = "role_assignment",
    .doc = "Somebody with a role in the AI management system",
    .size = sizeof(person),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
