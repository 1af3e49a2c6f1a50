/* profile.h - one column of the reference beside the same column of the data: counts and drift. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_PROFILE_H
#define AIMS_MEASURE_PROFILE_H
#include "measure/boot.h"
#include "measure/distance.h"

#define PROFILE_BINS 10 /* of PSI and Jensen-Shannon on numbers: the reference's tenths */

/* Which figures a column has; NaN where it has none. */
enum { DRIFT_PSI, DRIFT_JS, DRIFT_V, DRIFT_KS, DRIFT_W1, DRIFT_FIGURES };
/* Beside the draws of those: how far the error of a draw could push each. */
enum { DRIFT_SLACK = DRIFT_FIGURES, DRIFT_DRAWS = 2 * DRIFT_FIGURES };

typedef enum profile_form {
    PROFILE_NUMBER,
    PROFILE_CATEGORY,
    PROFILE_MIXED /* numbers on one side, texts on the other */
} profile_form;

/*
 * Cells: numbers, the intervals between the distinct quantiles k/30 of the reference, closed
 * above; categories, the counts of sketch.h; mixed, "(number)" and "(text)". The last cell holds
 * the missing values. Everything belongs to the arena.
 */
typedef struct profile {
    str name;
    profile_form form;
    size_t k;
    int64_t *ref, *cur;           /* k counts each */
    int64_t rows_ref, rows_cur;   /* with missing values */
    int64_t in_ref, in_cur;       /* without */
    str *label;                   /* k names; numbers: of the bins, see bin_of */
    uint8_t *bin_of;              /* numbers: cell -> bin */
    size_t n_bins;                /* numbers: bins and the cell of the missing; else k */
    moments *mean_ref, *mean_cur; /* numbers: per cell */
    double mean, sd;              /* numbers: of the reference, over n */
    double value[DRIFT_FIGURES];
    double off[DRIFT_FIGURES];  /* how far the figure may lie from its value: 0 with all rows */
    const sketch *kept;         /* what was kept of the reference; NULL: its rows are there */
    double *draws[DRIFT_DRAWS]; /* `resamples` each, or NULL */
} profile;

/* Counts and values, then the draws for their intervals. `seed` chooses the sample behind the
 * edges; no figure depends on it. `kept` is what was kept of the reference (kept.h), whose column
 * then has a type and a number of missing values only: what follows from counts is the same, KS and
 * Wasserstein are bounded (distance_bounds). NULL: the column has its values. */
profile profile_make(str name, const column *ref, const sketch *kept, size_t rows_ref,
                     const column *cur, size_t rows_cur, uint64_t seed, arena *a);
/*
 * Both rows of counts are drawn anew (multinomial). PSI, Jensen-Shannon and Cramer's V follow
 * from them. Few rows leave cells empty, which draws of them never fill; so their slack is what a
 * table of as many rows, drawn from the reference, comes to, or what the draw exceeds the value by
 * (squares for Jensen-Shannon and V, which are roots of what leans). KS and Wasserstein are taken
 * on the grid of 30 cells, there with the cell means drawn as normal, and the exact value moves by
 * as much as that of the grid. Their slack is the same distance of the drawn error: sup and
 * integral of |F* - G* - (F - G)|, which by the triangle inequality bounds what chance added.
 */
bool profile_draw(profile *p, const measure_plan *plan, const measure_input *in, uint32_t stream,
                  double from, double to, arena *a, err *e) NODISCARD;
/* Numbers: counts of the cells brought into bins; else the counts themselves. */
void profile_bins(const profile *p, const int64_t *cells, int64_t *ret);

#endif
