/* score.h - figures that rest on scores, not on counts: AUC, log loss, Brier, calibration. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SCORE_H
#define AIMS_MEASURE_SCORE_H
#include "measure/boot.h"
#include "measure/figures.h"

/*
 * Each adds its figures for the whole and for every group of every view; binary tasks with a
 * score only (score_loss also multi-class with probabilities).
 *
 * auc: probability that a positive row scores above a negative one, ties half (Mann-Whitney),
 * exact. Interval: DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988) by sorting as Sun & Xu
 * (IEEE SPL 21, 2014), on the log-odds scale; where that variance is 0 at AUC 0 or 1, or a class
 * has one row, Wilson with the size of the smaller class ("wilson-smaller-class").
 */
void score_auc(figures *f, const sample *s);
/* The same of any score and any two-valued truth, as figure `id`; key and value (absent: none)
 * stand last in every slice. */
typedef struct ranked {
    const char *id;
    str key, value;
    size_t rows;
    const double *score;
    const int32_t *truth;
} ranked;
void score_auc_of(figures *f, const groups *g, const ranked *r);
/* log_loss (natural log, chances cut to 2^-52 .. 1-2^-52 as scikit-learn does), brier_score
 * (multi-class: squared error summed over the classes). Normal interval of the mean. */
void score_loss(figures *f, const sample *s);

#define CALIBRATION_BINS 10
/*
 * calibration_error: expected calibration error over 10 bins of equal width, closed on the
 * right, the first also on the left (Naeini et al., AAAI 2015): sum over bins of
 * |sum of scores - number of positives| / rows. Interval: the row bootstrap, with scores rounded
 * to the mean of a quarter bin. With `gap` also calibration_error_difference between groups.
 */
bool score_calibration(figures *f, const sample *s, const measure_input *in, bool gap,
                       err *e) NODISCARD;

/* Rows in ascending order of score; equal scores keep their order. */
size_t *score_order(const double *score, size_t n, arena *a);

#endif
