/* bias.h - the resampled part of the bias test, open to tests and benchmarks. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_BIAS_H
#define AIMS_MEASURE_BIAS_H
#include "measure/boot.h"
#include "measure/figures.h"
#include "measure/rates.h"

/* Statistics of one replicate: [view][slot][disparity], then for a binary label the generalised
 * entropy and Theil index of the whole. Slots: the positive class; or each class and, last, the
 * worst of them. Those of view 0 stay unused. */
typedef struct bias_plan {
    const figures *f;
    const sample *s;
    const int64_t *cells; /* [joint group][truth * n_classes + prediction] */
    size_t n_classes, first, slots, n_stats;
} bias_plan;

bias_plan bias_plan_of(const figures *f, const sample *s, const int64_t *cells);
/* `sums` is room for as many counts as cells. */
void bias_stats(const bias_plan *b, const int64_t *cells, int64_t *sums, double *ret);
/* A boot replicate; ctx is the bias_plan, scratch twice the size of cells. */
void bias_replicate(const void *ctx, rng *r, void *scratch, double *ret);

/* Regression: group means of prediction and error, and their gaps. A gap's interval comes from
 * normal draws with each group's standard error: what the row bootstrap of a mean tends to. */
bool bias_regression(figures *f, const sample *s, const measure_input *in, err *e) NODISCARD;

#endif
