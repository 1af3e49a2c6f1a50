/* objective.h - an AI objective, measurable and bound to a metric of a plan (6.2, A.6.1.2, A.9.3).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_OBJECTIVE_H
#define AIMS_REGISTER_OBJECTIVE_H
#include "record/record.h"

typedef struct objective {
    row_head head;
    str name, description, measure, target, actions;
    int64_t owner, system, plan; /* person, ai_system, plan */
    opt_int due;
} objective;

extern const record objective_record;

#endif
