/* finding.h - a nonconformity or observation, its cause, correction and effect (9.2.2, 10.2). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_FINDING_H
#define AIMS_REGISTER_FINDING_H
#include "record/record.h"

enum finding_grade { GRADE_MAJOR = 1, GRADE_MINOR, GRADE_OBSERVATION };
enum finding_status { FINDING_OPEN = 1, FINDING_CORRECTED, FINDING_CLOSED };

typedef struct finding {
    row_head head;
    str name, description, cause, correction, corrective_action, effectiveness;
    int grade, status; /* enums above */
    str_list controls;
    int64_t system, measurement, plan, raised_by, owner;
    opt_int due, closed_on;
} finding;

extern const record finding_record;

#endif
