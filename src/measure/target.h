/* target.h - what counts as a changed answer of a model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_TARGET_H
#define AIMS_MEASURE_TARGET_H
#include "measure/sample.h"

/*
 * An answer is a class number (binary: score >= threshold is 1; multi-class: the first of the
 * largest outputs), or the value of a regression. It has flipped when it is another class, or
 * when it is over `tolerance` away.
 */
typedef struct target {
    const struct model *model;
    sample_task task;
    size_t features, outputs;
    double threshold, tolerance;
} target;

double target_answer(const target *t, const double *out);
bool target_flips(const target *t, double own, const double *out);
/* How near the answer is to flipping: rises towards 0 and is, but for ties, above 0 when it has. */
double target_excess(const target *t, double own, const double *out);
/* Asks the model about one row. */
bool target_ask(const target *t, double own, const float *x, bool *ret_flips, arena *scratch,
                err *e) NODISCARD;

/*
 * Flipping as linear conditions on the margins of a tree ensemble (model/trees.h) or of a linear
 * model (model/linear.h): a row that has
 * flipped has, for at least one condition, plus's margin minus minus's margin <= at, margins being
 * sums in exact arithmetic. `at` allows for all rounding (of a linear model's sums: not), so not
 * every such row has flipped. Output SIZE_MAX stands for 0.
 */
typedef struct condition {
    size_t plus, minus;
    double at;
} condition;
/* False: the margins of this model do not tell. */
bool target_conditions(const target *t, double own, condition **ret, size_t *ret_n, arena *a);

#endif
