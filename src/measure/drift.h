/* drift.h - the parts of drift_monitor: single columns, all columns together, accuracy to expect.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_DRIFT_H
#define AIMS_MEASURE_DRIFT_H
#include "measure/figures.h"
#include "measure/kept.h"
#include "measure/profile.h"

/* The columns held against each other: same place, same name; "(prediction)" stands last when a
 * model was asked. */
typedef struct drift_pair {
    table ref, cur;
    const sketch **kept; /* of each column of a kept reference, which has no values; else NULL */
    profile *profiles;   /* one per column, once they are made */
    const double *chance[2]; /* a model of several classes: its answers to both, rows x classes */
    size_t classes;
} drift_pair;

/*
 * The classical test of a column, for reports that must name one; it decides nothing here: at
 * 10^6 rows every difference is significant, however small.
 * chi-square (Pearson 1900, no continuity correction), asymptotic: categories, whose cells are
 * those of the profile (so missing, rare and unseen values are one each); and a column of numbers
 * that the plan names as label or prediction, unless its task is regression, when both tables
 * hold at most DRIFT_LABEL_VALUES whole numbers in it.
 * Smirnov (two-sample Kolmogorov-Smirnov, two-sided): other numbers, without the missing ones.
 * Exact for continuous values while both tables have at most DRIFT_EXACT_ROWS values, above that
 * the limiting distribution; ties make either too large, never too small.
 * Of a kept reference only where its counts settle the statistic.
 * `corrected` is Holm's over all columns that have a test (Scand. J. Stat. 6, 1979).
 */
#define DRIFT_LABEL_VALUES 100
#define DRIFT_EXACT_ROWS   10000
#define DRIFT_UNTESTED     ((drift_test){NULL, NAN, NAN, NAN, NAN})
typedef struct drift_test {
    const char *name; /* NULL: no test, and NaN below */
    double statistic, freedom /* NaN: has none */, p, corrected;
} drift_test;
/* One per column; their profiles are made. */
bool drift_tests(figures *f, const drift_pair *t, const measure_input *in, double from, double to,
                 drift_test **ret, err *e) NODISCARD;

/*
 * maximum_mean_discrepancy: MMD (Gretton et al., JMLR 13, 2012) of the columns jointly, with a
 * Gaussian kernel by random Fourier features (Rahimi & Recht, NIPS 2007) on at most
 * options.mmd_rows rows of each table, drawn without replacement. Numbers are centred and scaled by
 * the reference's mean and standard deviation and cut at 10, a missing one is 0 with an indicator;
 * categories are indicators. Kernel exp(-d^2 / (2 s^2)) with s^2 the mean squared distance of
 * reference rows, for the usual median. The value is the root of the estimate without bias (0 when
 * that is negative); interval: bootstrap of DRIFT_BLOCKS blocks of rows. The label column is left
 * out.
 */
#define DRIFT_BLOCKS   50
#define DRIFT_FEATURES 256
bool drift_together(figures *f, const drift_pair *t, const measure_input *in, double from,
                    double to, err *e) NODISCARD;

/*
 * estimated_accuracy: the share of right predictions to expect of the data without its labels
 * (confidence-based performance estimation, as NannyML's CBPE): the reference's own share of
 * right predictions at a like score, averaged over the data's scores. Scores fall into
 * DRIFT_SCORE_BINS quantile bins of the reference, cut once more at the threshold; a cell the
 * reference has no row in takes the share of all its rows of that prediction. Interval: both tables
 * of counts drawn anew. It holds while the chance of a positive at a score stays what it
 * was: drift of the inputs is seen, drift of the truth is not. With a label in the data also
 * `accuracy`, to compare. Without the label in the reference the scores are taken at their word.
 */
#define DRIFT_SCORE_BINS SKETCH_GRID
bool drift_estimate(figures *f, const drift_pair *t, const measure_input *in, double from,
                    double to, err *e) NODISCARD;

/*
 * The same for a model of several classes, from counts alone: rows fall into cells by predicted
 * class and, within it, by DRIFT_CLASS_BINS quantiles of the reference's chance of that class. In
 * each cell the model's mean chances of the data's rows are multiplied by (share of that truth in
 * the reference) / (mean chance in the reference) and brought to the sum 1; where the reference has
 * no row they stand as they are. That makes a matrix of truth and prediction to expect, and of it
 * estimated_accuracy, and estimated_macro_precision, _recall and _f1, means over the classes that
 * have a value. (NannyML's CBPE calibrates each class alone, then scales to 1.) Intervals as above.
 */
#define DRIFT_CLASS_BINS 10
bool drift_classes(figures *f, const drift_pair *t, const measure_input *in, double from, double to,
                   err *e) NODISCARD;

#endif
