/* uncertainty.h - the parts of calibration_uncertainty: bins, prediction sets, abstention. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_UNCERTAINTY_H
#define AIMS_MEASURE_UNCERTAINTY_H
#include "measure/boot.h"
#include "measure/figures.h"

/*
 * What is said of each row and whether it came true. Binary: the score, and the positive class.
 * Multi-class: the chance of the likeliest class, and whether it was that one ("top label", Guo et
 * al., ICML 2017).
 */
typedef struct claims {
    size_t rows;
    const double *chance;
    const uint8_t *came_true;
    const size_t *order; /* rows by ascending chance */
} claims;

#define RELIABILITY_BINS 10
/*
 * Over 10 bins of equal width, closed on the right, the first also on the left:
 *   expected_calibration_error  sum of n_b / n |mean chance - share that came true| (Naeini et al.,
 *                               AAAI 2015); maximum_calibration_error the largest of the gaps
 *   brier_score                 mean squared difference; brier_reliability, brier_resolution and
 *                               brier_uncertainty its parts after Murphy (J. Appl. Meteorol. 12,
 *                               1973), brier_within_bins what is left because a bin holds unequal
 *                               chances (Stephenson et al., Wea. Forecasting 23, 2008):
 *                               score = reliability - resolution + uncertainty + within
 * Over 10 bins of equal mass (row ranks; equal chances stay together):
 *   calibration_error_equal_mass, and calibration_error_debiased, the root of the sum of n_b / n
 *   (gap^2 - share (1 - share) / (n_b - 1)) (Kumar, Liang & Ma, NeurIPS 2019), 0 when negative.
 * Intervals: rows drawn anew, with chances rounded to the mean of their quarter of a bin and truth.
 */
bool reliability_add(figures *f, const claims *c, const measure_input *in, str *ret_table,
                     str *ret_figure, err *e) NODISCARD;

/*
 * Split conformal prediction (Papadopoulos et al., ECML 2002; Lei et al., JASA 113, 2018): half
 * of the rows, drawn by the seed, calibrate; the other half is held out. Classification: scores are
 * 1 - chance of the true class, the set holds the classes whose score is within the quantile
 * (Sadinle, Lei & Wasserman, JASA 114, 2019). Regression: scores are |y - prediction|. The quantile
 * is the ceil((n + 1) coverage)-th smallest score; with too few rows, everything.
 *   prediction_set_coverage  share of held-out rows whose truth lies inside, also per group
 *   prediction_set_size      mean number of classes, also per group
 *   prediction_interval_width  regression: twice the quantile; interval by order statistics
 */
bool conformal_add(figures *f, const sample *s, err *e) NODISCARD;

/*
 * abstention_accuracy: share of right predictions among the `answered` share of rows the model is
 * surest of (Chow, IEEE Trans. Inf. Theory 16, 1970; El-Yaniv & Wiener, JMLR 11, 2010); sureness
 * is the chance of the predicted class. Of rows equally sure at the cut, their mean counts.
 * Interval: Wilson's with as many rows as make the variance of a share among the best of a sample.
 * ret_figure: the accuracy at 5, 10, ... 100 % answered.
 */
void abstention_add(figures *f, const sample *s, str *ret_table, str *ret_figure);

/* {"id", "type": "line", "title", "x", "y", "series": [{"name", "points": [[x, y], ...]}]}: a line
 * of points. */
str figure_line(const char *id, const char *title, const char *x, const char *y, const char *name,
                const double *xs, const double *ys, size_t n, arena *a);

#endif
