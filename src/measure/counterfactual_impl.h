/* counterfactual_impl.h - what the search for counterfactuals and their refinement share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_COUNTERFACTUAL_IMPL_H
#define AIMS_MEASURE_COUNTERFACTUAL_IMPL_H
#include "measure/counterfactual.h"

/* What can change by itself: a feature, or a one-hot group. */
typedef struct thing {
    bool grouped;
    size_t id;
} thing;

typedef struct quest {
    const counterfactual_search *s;
    const float *x0;
    double own;
    thing *things;
    size_t n_things, features, queries;
    arena *a;
} quest;

bool thing_changed(const quest *q, size_t thing, const float *x);
void thing_restore(const quest *q, size_t k, float *x);
size_t quest_changes(const quest *q, const float *x);
/* Asks about n rows; excess above 0 or a flip per row (target.h). */
bool quest_ask(quest *q, const float *x, size_t n, bool *ret_flips, double *ret_excess,
               err *e) NODISCARD;
/* Makes a flipped row smaller; it stays flipped and allowed. */
bool quest_refine(quest *q, float *x, err *e) NODISCARD;

#endif
