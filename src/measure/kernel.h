/* kernel.h - Shapley values of any model by asking it: enumerated, or sampled with error bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_KERNEL_H
#define AIMS_MEASURE_KERNEL_H
#include "measure/share.h"

/*
 * The game: a coalition S of features keeps the row's values, the others take those of a background
 * row z; its worth is the mean of the model's answer over all background rows, none left out and
 * none summed up. Values of a row and the bias, the mean answer to the background, make up the
 * model's answer, up to the rounding of doubles.
 *
 * The Shapley value is the mean over z of that of the game between the row and z alone, whose
 * m players are the features on which the two differ. For one z (Shapley 1953, by coalition size):
 *
 *     phi_i = F / m + sum_k  m / (k (m - k))  mean over |S| = k of (1[i in S] - k / m) v(S)
 *
 * with F = f(x) - f(z). This is KernelSHAP (Lundberg & Lee, NeurIPS 2017) with its regression
 * solved exactly, in the form of Covert & Lee (AISTATS 2021), and S goes with its complement as
 * there: what an even number of features does together cancels.
 *
 *   exact     all coalitions
 *   kernel    sizes 1 and m-1 whole; of the other sizes whole those that `coalitions` pays
 *             for, and a sample without replacement of the rest. A regression over all z says
 *             what of v(S) follows from the sizes that are whole; only the remainder is left to
 *             chance (a difference estimator, Saerndal et al., Model Assisted Survey Sampling,
 *             1992, ch. 6). ret_error is the standard error that chance of the sample leaves.
 *   sampling  permutations with their reverses (Castro, Gomez & Tejada, 2009; Mitchell et al.,
 *             JMLR 23, 2022), at least two pairs for each z; standard error between them
 *
 * Each row of the data has a random stream of its own, so neither threads nor the choice of rows
 * change a value.
 */
typedef enum kernel_method { KERNEL_EXACT, KERNEL_SAMPLED, KERNEL_ORDERS } kernel_method;

typedef struct kernel_options {
    kernel_method method;
    size_t coalitions; /* per background row, on average; 0: 2 x features + 224 */
    bool log_odds;     /* the log-odds of each answer are shared out, not the answer */
    uint64_t seed;
} kernel_options;

enum { KERNEL_EXACT_PLAYERS = 20 }; /* most features that differ, for the method exact */

struct kernel;
/* Asks the model about the background: `rows` > 0 rows, which like the model must outlive the
 * result. TOO_LARGE: features x outputs x rows over 2^24. INVALID with path options.coalitions:
 * under 2 x features + 2. */
bool kernel_open(arena *a, const measure_input *in, const float *background, size_t rows,
                 const kernel_options *o, struct kernel **ret, err *e) NODISCARD;

/* What the model was asked. */
typedef struct kernel_cost {
    uint64_t calls, rows;
} kernel_cost;

/* Of one row: n_outputs x (n_features + 1) values as in shap.h, their standard errors, 0 where
 * nothing was left to chance, and the n_outputs answers that they make up. `number` names the
 * random stream. Thread-safe. */
bool kernel_values(const struct kernel *k, const float *x, uint64_t number, double *ret,
                   double *ret_error, double *ret_answer, kernel_cost *ret_cost, err *e) NODISCARD;
kernel_cost kernel_open_cost(const struct kernel *k);

/* The model's answers on the scale that is shared out. */
bool kernel_ask(const struct kernel *k, const float *x, size_t rows, double *ret, err *e) NODISCARD;

#endif
