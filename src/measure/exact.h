/* exact.h - the smallest change that flips trees or a linear model, or a proven lower bound. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_EXACT_H
#define AIMS_MEASURE_EXACT_H
#include "measure/target.h"
#include "measure/threat.h"

/*
 * The smallest distance of an allowed row that flips the answer (Kantchelian, Tygar & Joseph,
 * "Evasion and hardening of tree ensemble classifiers", ICML 2016, who solve a mixed integer
 * program; Chen et al., "Robustness verification of tree-based models", NeurIPS 2019).
 *
 * Thresholds cut each feature into cells, within which no tree tells values apart; a one-hot group
 * or a category is a variable with a cell per value. A box, a set of cells per variable, has a
 * lower bound by Lagrangian decomposition: the condition on the margin gets a multiplier, every
 * tree its own copy of the variables, and the copies are brought to agree by block coordinate
 * ascent (max-product linear programming, Globerson & Jaakkola, NIPS 2007). Boxes are split best
 * first until the bound meets what was found. A found row counts only when the model itself says
 * that it flips, and bounds allow for the rounding of its sums.
 * Linear models: exact_linear.h.
 */
struct exact;
/* INVALID without trees whose margins tell about their outputs, or a linear model. Keeps its
 * parameters. */
bool exact_open(arena *a, const target *t, const threat *th, struct exact **ret, err *e) NODISCARD;

typedef struct exact_answer {
    double lower; /* no allowed row that is nearer flips; infinite: none flips at all */
    double upper; /* distance of `point`; infinite: none found */
    bool closed;  /* lower and upper agree to one part in 10^9; of linear models, whose border lies
                     between floats, to that and the spacing of floats around the row */
    size_t boxes; /* looked at */
} exact_answer;

/* About row x0 with answer `own`. `point` may bring a row that is known to flip, at distance
 * `known` (else infinite), and takes the best one found. Ends after about `budget` steps, each a
 * look at one class of cells: some 10^9 a second. A pure function of its arguments, on any number
 * of threads. */
bool exact_distance(const struct exact *x, const float *x0, double own, double known, float *point,
                    uint64_t budget, exact_answer *ret, arena *scratch, err *e) NODISCARD;

#endif
