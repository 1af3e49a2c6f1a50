/* result.h - a measurement result that was handed in, checked against its own rules. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_RESULT_H
#define AIMS_WORK_RESULT_H
#include "measure/measure.h"

typedef struct handed_result {
    str model_endpoint; /* where the model answered, instead of model_sha256; else absent */
    str kind;
    str model_sha256, dataset_sha256, reference_sha256, recorded_sha256; /* hex; absent: none */
    const doc *schema, *reference_schema; /* of dataset and reference; NULL: not told */
    int64_t rows, reference_rows, started_at;
    double seconds;
    str tool_version;
    verdict verdict;
    measure_plan plan; /* its parameters, limits included */
    str metrics;       /* JSON list of the metrics that a record keeps */
} handed_result;

/*
 * Reads the shape of design section 4. A result may come from elsewhere, so every verdict is
 * derived again from its interval and limit; each figure stands there once, carries exactly the
 * limit that the parameters have for it, is judged unless its group is below min_group, at the
 * plan's confidence or, for a limit on all slices, at the corrected one; every limit met a figure.
 * What does not follow is INVALID with its path. It cannot know of figures that were left out.
 */
bool result_parse(arena *a, str json, handed_result *ret, err *e) NODISCARD;
/* Whether two plans have the same limits, in any order. */
bool result_same_limits(arena *a, const measure_plan *x, const measure_plan *y);
/* Whether the parameters of a run are those of a plan, limits left aside: seed and resamples too,
 * for whoever may choose them afterwards may choose the verdict. *ret_what: the first difference.
 */
bool result_same_parameters(arena *a, const measure_plan *run, const measure_plan *plan,
                            const char **ret_what);

#endif
