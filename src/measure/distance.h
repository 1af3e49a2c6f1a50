/* distance.h - how far two samples of one column lie apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_DISTANCE_H
#define AIMS_MEASURE_DISTANCE_H
#include "measure/sketch.h"

/*
 * Of counts over the same k cells, `n` and `m` their sums; NaN when one of those is 0. A cell
 * empty on both sides adds nothing.
 *
 * psi: sum of (p - q) ln(p / q) (Siddiqi, Credit Risk Scorecards, 2006; Jeffreys' divergence). A
 * cell that is empty on one side counts as half a row there.
 * js: square root of the Jensen-Shannon divergence with logarithms to base 2, so within 0..1 (Lin,
 * IEEE Trans. Inf. Theory 37, 1991; Endres & Schindelin, 49, 2003), as SciPy's jensenshannon.
 * chi_square: Pearson's statistic of the 2 x k table (Phil. Mag. 50, 1900), without continuity
 * correction; degrees of freedom are one less than the cells that are not empty.
 * cramers_v: sqrt(chi2 / (n + m)), within 0..1 (Cramer 1946).
 */
double distance_psi(const int64_t *a, const int64_t *b, size_t k);
double distance_js(const int64_t *a, const int64_t *b, size_t k);
typedef struct chi_square_value {
    double statistic, freedom;
} chi_square_value;
chi_square_value distance_chi_square(const int64_t *a, const int64_t *b, size_t k);
double distance_cramers_v(const int64_t *a, const int64_t *b, size_t k);

/*
 * Exact two-sample Kolmogorov-Smirnov statistic sup |F - G| and Wasserstein-1 distance, the
 * integral of |F - G| (Ramdas, Garcia Trillos & Cuturi, Entropy 19, 2017), of the values that are
 * not missing; NaN when there are none. `a` and `b` are the sketches of x and y over one shape:
 * they settle every interval whose counts bound F - G away from the largest difference and from
 * 0; only the values of the other intervals are gathered and sorted, DISTANCE_GATHER at a time
 * (or one interval's, were it larger).
 */
#define DISTANCE_GATHER (1 << 19)
typedef struct distances {
    double ks, wasserstein;
} distances;
distances distance_exact(const sketch *a, const double *x, const sketch *b, const double *y,
                         arena *scratch);
/*
 * The same without x: the middle between the least and the most that their counts and
 * sums allow; *ret_off is how far the exact value may lie from it. Inside an interval F - G stays
 * between what it is when all values of one side come first and when all of the other do; its
 * integral is known from the sums, and that of |F - G| is largest when F - G takes those two ends
 * only. Beyond the outermost edges it is at most what both sides lie away from them. Where x has no
 * value inside an interval it is exact, and *ret_off 0 when that is so of all.
 */
distances distance_bounds(const sketch *a, const sketch *b, const double *y, distances *ret_off,
                          arena *scratch);

#endif
