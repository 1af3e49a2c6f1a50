/* supplier.c - table and rules of the supplier record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/supplier.h"
#include "register/person.h"

static const char *const criticalities[] = {"", "low", "medium", "high", "critical", NULL};

static const field fields[] = {
    F_TEXT(supplier, name, REQ | UNIQ, 1, 200, "Company"),
    F_LONG(supplier, service, REQ, 4000, "What it supplies"),
    F_TEXT(supplier, country, 0, 2, 2, "ISO 3166 code of its seat"),
    F_ENUM(supplier, criticality, 0, criticalities, "How much depends on it"),
    F_REF(supplier, owner, 0, person, "Person who looks after it"),
    F_TEXT(supplier, contact, PERSONAL, 1, 254, "Person or address to turn to"),
    F_TEXT(supplier, contract, 0, 1, 200, "Contract reference"),
    F_MONEY(supplier, yearly_cost, 0, "Cost per year"),
    F_LONG(supplier, responsibilities, 0, 8000, "Who does what: supplier, us, customers"),
    F_LONG(supplier, assessment, 0, 8000, "Result of the last assessment"),
    F_DATE(supplier, assessed_on, 0, "Last assessment"),
    F_DUE(supplier, next_assessment_on, "", "Next assessment"),
};

static bool check(const void *row, err *e)
{
    const supplier *s = row;
    if (s->assessed_on.has && s->next_assessment_on.has &&
        s->next_assessment_on.v <= s->assessed_on.v)
        return err_set(e, ERR_INVALID, S("next_assessment_on"), S("give a later day"),
                       "the next assessment is not after the last one");
    return true;
}

const record supplier_record = {
    .name = "supplier",
    .noun = "supplier",
    .plural = "suppliers",
    .title = "Supplier",
    .tags = "A.10.2 A.10.3",
    .evidence_kind = "supplier_assessment",
    .doc = "A supplier of AI systems, models, data or services",
    .size = sizeof(supplier),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
};
