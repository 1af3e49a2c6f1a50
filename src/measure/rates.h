/* rates.h - rates of a confusion matrix, and what is made of them between groups. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_RATES_H
#define AIMS_MEASURE_RATES_H
#include "measure/stat.h"

/* Counts of one class against the rest, indexed by truth * 2 + prediction. */
enum { TN, FP, FN, TP };
typedef struct tally {
    int64_t c[4];
} tally;
/* Row, column and diagonal sums of an n x n matrix of counts [truth][prediction]; with them the
 * tally of a class takes no more walks over the matrix. */
#define RATES_CLASSES 100 /* n is at most this */
typedef struct margins {
    int64_t all, hits, row[RATES_CLASSES], col[RATES_CLASSES];
} margins;
void margins_of(const int64_t *matrix, size_t n, margins *ret);
tally margins_tally(const margins *m, const int64_t *matrix, size_t n, size_t cls);
/* The same for a single class. */
tally tally_of(const int64_t *matrix, size_t n, size_t cls);

typedef enum rate {
    RATE_SELECTION,
    RATE_BASE,
    RATE_ACCURACY,
    RATE_TPR,
    RATE_FPR,
    RATE_FNR,
    RATE_TNR,
    RATE_PPV,
    RATE_NPV,
    RATES
} rate;

/* A rate is a sum of counts over a sum of counts; bit i of a mask takes count i. */
typedef struct rate_def {
    const char *id;
    unsigned num, den;
} rate_def;
extern const rate_def rate_defs[RATES];
typedef struct fraction {
    int64_t k, n;
} fraction;
fraction rate_of(rate r, tally t);
double fraction_value(fraction f); /* NaN when n == 0 */
/* Standard error after Agresti & Coull (Am. Stat. 52, 1998), which is never 0. */
double fraction_error(fraction f);

/* Lowest and highest value of every rate over some groups. */
typedef struct span {
    double lo, hi; /* NaN when no group has a value */
} span;
void span_open(span *s);
void span_add(span *s, double x); /* NaN is passed over */
double span_gap(span s);          /* highest minus lowest */
double span_ratio(span s);        /* lowest over highest; NaN when the highest is 0 */

/*
 * Which groups may truly be the highest (bit SPAN_TOP) or lowest (SPAN_BOTTOM): those whose value
 * is at most 3 standard errors from the observed extreme. Only their errors can have pushed a gap
 * up; a generalized moment selection (Andrews & Soares, Econometrica 78, 2010). Groups without a
 * value are neither. Value, error and mark of group i stand at [i * step].
 */
enum { SPAN_TOP = 1, SPAN_BOTTOM = 2 };
void span_candidates(const double *value, const double *error, size_t n, size_t step, uint8_t *ret);
/* Whether more than one group may be the highest, or the lowest: only then chance moves the span.
 */
bool span_contested(const uint8_t *mark, size_t n, size_t step);
/* Adds to the ends that the mark allows. */
void span_add_to(span *s, uint8_t mark, double x);

/* A figure between groups, from the spans of one or two rates. */
typedef enum disparity_form { FORM_GAP, FORM_RATIO, FORM_MEAN_GAP, FORM_WORST } disparity_form;
typedef struct disparity {
    const char *id;
    disparity_form form;
    rate a, b; /* two rates: the larger gap, the smaller ratio, or the mean of the gaps */
} disparity;
#define DISPARITIES 16
extern const disparity disparities[DISPARITIES];
bool disparity_is_gap(const disparity *d); /* larger is worse */
double disparity_of(const disparity *d, const span spans[RATES]);

/*
 * Generalised entropy index, alpha = 2, and Theil index (alpha = 1) of the benefits
 * b = prediction - truth + 1, so b is 0, 1 or 2 (Speicher et al., "A unified approach to
 * quantifying algorithmic unfairness", KDD 2018). NaN when nobody has a benefit.
 */
double entropy_two(tally t);
double entropy_theil(tally t);
/* Their standard errors, by the influence of each row (delta method); 0 when all benefits are the
 * same. Then `entropy_*_most` is the index if a share w of the rows, unseen, had no benefit. */
double entropy_two_error(tally t);
double entropy_theil_error(tally t);
double entropy_two_most(double w);
double entropy_theil_most(double w);

#endif
