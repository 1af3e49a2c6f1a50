/* result.h - a measurement result that was handed in, checked against its own rules. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_RESULT_H
#define AIMS_WORK_RESULT_H
#include "measure/measure.h"

typedef struct handed_result {
    str kind, model_sha256, dataset_sha256; /* hex; model absent: none */
    int64_t rows, started_at;
    double seconds;
    str tool_version;
    verdict verdict;
    measure_plan plan; /* its parameters, limits included */
    str metrics;       /* JSON list of the metrics that a record keeps */
} handed_result;

/*
 * Reads the shape of design section 4. A result may come from elsewhere, so every verdict is
 * derived again from its interval and limit, and every limit of the parameters must have met a
 * figure; what does not follow is INVALID with its path.
 */
bool result_parse(arena *a, str json, handed_result *ret, err *e) NODISCARD;
/* Whether two plans have the same limits, in any order. */
bool result_same_limits(arena *a, const measure_plan *x, const measure_plan *y);
/* Whether the parameters of a run are those of a plan: columns, groups, filter, threshold,
 * confidence and minimum group; seed and resamples may differ. *ret_what: the first difference. */
bool result_same_parameters(const measure_plan *run, const measure_plan *plan,
                            const char **ret_what);

#endif
