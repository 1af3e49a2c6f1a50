/* person.h - somebody with a role in the AI management system (5.3, 7.2, A.3.2, A.4.6). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_PERSON_H
#define AIMS_REGISTER_PERSON_H
#include "record/record.h"

typedef struct person {
    row_head head;
    str name, email, unit, duties, competence;
    str_list roles;
    int64_t reports_to; /* person */
    opt_int competence_checked_on;
} person;

extern const record person_record;

#endif
