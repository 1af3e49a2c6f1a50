/* measurement.h - one run of a measurement, written by the program only (9.1, A.6.2.4). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_MEASUREMENT_H
#define AIMS_REGISTER_MEASUREMENT_H
#include "record/record.h"

/* Same order as measure/measure.h's verdict, moved by one: 0 is "absent" in a record. */
enum record_verdict { RV_NONE = 1, RV_PASS, RV_FAIL, RV_INCONCLUSIVE };
extern const char *const verdict_names[];

typedef struct measurement {
    row_head head;
    str kind, result_sha256, model_sha256, dataset_sha256, reference_sha256, tool_version, metrics;
    int64_t plan, system, model_version, dataset_version, reference_version, repeats;
    int64_t plan_version, n_rows, started_at;
    double seconds;
    int verdict; /* enum record_verdict */
} measurement;

extern const record measurement_record;

#endif
