/* register.c - the list of all record types. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/register.h"
#include "register/ai_system.h"
#include "register/control.h"
#include "register/dataset.h"
#include "register/document.h"
#include "register/evidence.h"
#include "register/finding.h"
#include "register/framework.h"
#include "register/measurement.h"
#include "register/model.h"
#include "register/objective.h"
#include "register/organisation.h"
#include "register/person.h"
#include "register/plan.h"
#include "register/risk.h"
#include "register/supplier.h"

const record *const register_records[] = {
    &person_record,          &organisation_record, &supplier_record,      &dataset_record,
    &dataset_version_record, &model_record,        &model_version_record, &ai_system_record,
    &control_record,         &risk_record,         &plan_record,          &objective_record,
    &measurement_record,     &document_record,     &evidence_record,      &finding_record,
    &framework_record,
};
const size_t register_n_records = COUNT(register_records);

const record *register_by_name(str name)
{
    for (size_t i = 0; i < COUNT(register_records); i++)
        if (str_eqz(name, register_records[i]->name)) return register_records[i];
    return NULL;
}

const record *register_by_noun(str noun)
{
    for (size_t i = 0; i < COUNT(register_records); i++)
        if (str_eqz(noun, register_records[i]->noun)) return register_records[i];
    return NULL;
}

const record *register_by_plural(str plural)
{
    for (size_t i = 0; i < COUNT(register_records); i++)
        if (str_eqz(plural, register_records[i]->plural)) return register_records[i];
    return NULL;
}

void register_validate(void)
{
    for (size_t i = 0; i < COUNT(register_records); i++)
        record_validate(register_records[i]);
}
