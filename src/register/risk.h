/* risk.h - an AI risk: assessment, treatment and acceptance (6.1.2, 6.1.3, 8.2, 8.3). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_RISK_H
#define AIMS_REGISTER_RISK_H
#include "record/record.h"

enum treatment { TREAT_MITIGATE = 1, TREAT_ACCEPT, TREAT_AVOID, TREAT_TRANSFER };
enum risk_status { RISK_OPEN = 1, RISK_TREATED, RISK_ACCEPTED, RISK_CLOSED };

/* Levels are likelihood x the greatest of the three impacts: 1 to 25. */
typedef struct risk {
    row_head head;
    str name, description, source, treatment_plan;
    int64_t system, owner, accepted_by; /* ai_system, person, person */
    int64_t likelihood, impact_organisation, impact_individuals, impact_society;
    opt_int residual_likelihood, residual_organisation, residual_individuals, residual_society;
    int64_t inherent_level;
    opt_int residual_level, treatment_due, accepted_on, acceptance_expires_on, review_on;
    int treatment, status;
    str_list controls;
} risk;

extern const record risk_record;

#endif
