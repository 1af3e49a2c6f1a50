/* bias.h - the parts of the bias test: its resampled statistics, and its regression form. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_BIAS_H
#define AIMS_MEASURE_BIAS_H
#include "measure/boot.h"
#include "measure/figures.h"
#include "measure/rates.h"

/*
 * Statistics of one replicate: [view][slot][BIAS_SLOT]. A slot is the positive class; or each class
 * and, last, the worst of them. It holds every disparity, then the slack of each: by how much the
 * errors of the groups, drawn together, can have moved it. Slots of view 0 stay unused.
 */
#define BIAS_SLOT ((size_t)2 * DISPARITIES)
typedef struct bias_plan {
    const figures *f;
    const sample *s;
    const int64_t *cells; /* [joint group][truth * n_classes + prediction] */
    size_t n_classes, first, slots, n_stats;
    const double *observed; /* rates, [group of every view][class][rate] */
    const uint8_t *marks;   /* the same of span_candidates, over the judged groups of a view */
} bias_plan;

bias_plan bias_plan_of(const figures *f, const sample *s, const int64_t *cells);
/* Whether chance can have moved a disparity: more than one group, rate or class may be its end.
 * `view_at` is not 0. */
bool bias_contested(const bias_plan *b, size_t view_at, size_t slot, const disparity *d);
/* `sums` is room for as many counts as cells. */
void bias_stats(const bias_plan *b, const int64_t *cells, int64_t *sums, double *ret);
/* A boot replicate; ctx is the bias_plan, scratch twice the size of cells. */
void bias_replicate(const void *ctx, rng *r, void *scratch, double *ret);

/* Share of the diagonal of an n x n matrix of counts. */
double bias_accuracy(const int64_t *matrix, size_t n);

/* Regression: group means of prediction and error, and their gaps. A gap's interval comes from
 * normal draws with each group's standard error: what the row bootstrap of a mean tends to. */
bool bias_regression(figures *f, const sample *s, const measure_input *in, err *e) NODISCARD;

#endif
