/* metric.h - finds a figure in a result by its id and slice. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_METRIC_H
#define AIMS_TESTS_METRIC_H
#include "measure/measure.h"

/* NULL when there is none, or more than one, which is as wrong. slice absent: the whole. */
static inline const metric *metric_of(const measure_result *r, str id, str slice)
{
    const metric *found = NULL;
    for (size_t i = 0; i < r->n_metrics; i++) {
        const metric *m = &r->metrics[i];
        if (!str_eq(m->id, id) || !m->slice.p != !slice.p || !str_eq(m->slice, slice)) continue;
        if (found) return NULL;
        found = m;
    }
    return found;
}

static inline const metric *metric_named(const measure_result *r, const char *id, const char *slice)
{
    return metric_of(r, str_of(id), slice ? str_of(slice) : (str){0});
}

#endif
