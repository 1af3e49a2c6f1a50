/* exact_linear.h - the smallest change that flips a linear model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_EXACT_LINEAR_H
#define AIMS_MEASURE_EXACT_LINEAR_H
#include "measure/exact.h"
#include "model/linear.h"

/*
 * A flip asks for a gain: the margin has to fall by a given amount, to which every change adds its
 * own part at its own cost. Without bounds that is |w x + b| over the dual norm of w (the l2 case:
 * Cortes & Vapnik, Machine Learning 20, 1995). With them:
 *
 *   linf      the gain within a radius is a sum over features: halving finds the radius
 *   l1 l2 l0  a multiplier on the gain splits the sum: each feature takes what is cheapest at that
 *             price (Everett, Operations Research 11, 1963). The sum it gives is a lower bound for
 *             any price, and exact where all changes are continuous. Whole numbers, categories and
 *             one-hot groups are split at the price where they jump: branch and bound
 *
 * Of several classes the nearest rival counts. Bounds are those of real numbers; the row found is
 * one of floats, which the model itself says to have flipped. Same contract as exact_distance.
 */
bool exact_linear_distance(const target *t, const threat *th, const float *x0, double own,
                           double known, float *point, uint64_t budget, exact_answer *ret,
                           arena *scratch, err *e) NODISCARD;

#endif
