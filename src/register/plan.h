/* plan.h - a measurement plan: kind, subject, parameters and limits, fixed before the run (9.1). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_PLAN_H
#define AIMS_REGISTER_PLAN_H
#include "record/record.h"

/* From when a result counts as fresh: the run, or the last day that its data is about. */
enum fresh_from { FRESH_RUN = 1, FRESH_DATA };

typedef struct plan {
    row_head head;
    str name, kind, reason, parameters; /* parameters: measure/measure.h's plan as JSON */
    int64_t system, model_version, dataset_version, reference_version, owner;
    str_list limits, controls;
    opt_int every_days;
    int64_t fresh_days;
    int fresh_from; /* enum fresh_from; absent: the run */
    bool active;
} plan;

extern const record plan_record;

#endif
