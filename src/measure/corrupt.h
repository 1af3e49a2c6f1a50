/* corrupt.h - kind corruption_robustness_test: what each corruption does, and what is counted. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_CORRUPT_H
#define AIMS_MEASURE_CORRUPT_H
#include "measure/figures.h"
#include "measure/rng.h"

/*
 * Fields are the raw columns behind the model's features: corrupted before they are encoded, as in
 * a file. A field is a number, or a category: a text column, one with a one-hot or ordinal encoder,
 * one that the model calls categorical, a number of at most two values, or a group of the option
 * one_hot. Standard deviation (n-1), smallest and largest value are those of the rows measured.
 *
 * corruption    fields      severities 1..5
 * noise         numbers     x + e, e normal with 0.1, 0.25, 0.5, 1, 2 standard deviations
 * missing       all         missing in 5, 10, 25, 50, 100 % of the rows
 * unit_up       numbers     x times 2.54, 10, 12, 100, 1000 (inch for cm, a digit, months for
 *                           years, cents for euros, g for kg)
 * unit_down     numbers     x by the same
 * out_of_range  numbers     largest + k (largest - smallest), or as far below the smallest, by the
 *                           toss of a coin; k = 0.1, 0.5, 1, 3, 10
 * rounded       numbers     to multiples of 0.1, 0.25, 0.5, 1, 2 standard deviations, ties to even
 * sign_flip     numbers     -x in 5, 10, 25, 50, 100 % of the rows
 * shuffled      categories  every category takes the name of another one (a random cycle through
 *                           all of them) in 5, 10, 25, 50, 100 % of the rows
 * stale         all         the value of a random earlier row, in 5, 10, 25, 50, 100 % of them
 * swapped       numbers     values trade places with the next field of numbers, in 5, 10, 25, 50,
 *                           100 % of the rows; with all fields each gets the next one's
 *
 * Each is applied to all its fields at once and to each alone. Missing values stay missing, but for
 * stale and swapped.
 */
enum { CORRUPTIONS = 10, SEVERITIES = 5, FIELDS_MAX = 500 };
extern const char *const corrupt_names[CORRUPTIONS];

typedef struct corrupt_field {
    str name;
    const size_t *columns; /* of the table; several: a one-hot group */
    size_t n_columns;
    bool number;
    bool may_miss; /* no encoder refuses missing values */
    double sd, min, max;
    int32_t *id; /* categories: number of each row's, -1 missing */
    size_t *rep; /* a row of each category */
    size_t n_ids;
    const encoder *by;
    size_t *features; /* of the matrix, in the order of what the field is encoded to; SIZE_MAX:
                               the model does not see it */
    size_t n_features;
    size_t next; /* the next field of numbers; itself: none */
} corrupt_field;

/* Sums over the rows: of one severity, or of each row's mean over several. */
typedef struct corrupt_cell {
    size_t passes; /* 0: the corruption does not concern the field */
    moments flip, drop, shift, error, ratio, right;
    double growth, growth_se; /* AUC lost, or RMSE gained */
} corrupt_cell;

typedef struct corrupt {
    const measure_plan *plan;
    const measure_input *in; /* with the rows that are measured */
    arena *a;
    figures f;
    sample s;
    struct share_steps *steps; /* one for each pass over the rows */
    const model_info *model;
    const str *names;
    float *x; /* rows x features, as they are */
    double *clean;
    size_t rows, outputs;
    bool wanted[CORRUPTIONS];
    corrupt_field *fields;
    size_t n_fields;
    double *place; /* binary: placement of each row's score */
    double auc, rmse, threshold;
    corrupt_cell
        *cells; /* [target][corruption, CORRUPTIONS: all][severity from 0, SEVERITIES: all] */
} corrupt;

/* Target 0 is all fields, 1.. a single one. */
static inline corrupt_cell *corrupt_at(const corrupt *c, size_t target, size_t kind,
                                       size_t severity)
{
    return &c->cells[(target * (CORRUPTIONS + 1) + kind) * (SEVERITIES + 1) + severity];
}

/* The fields behind the features; options one_hot and features. */
bool corrupt_fields(corrupt *c, err *e) NODISCARD;
bool corrupt_concerns(const corrupt *c, size_t kind, const corrupt_field *f);
/* Corrupts a target's fields and writes what the model sees of them to x (rows x features). */
bool corrupt_apply(const corrupt *c, size_t kind, size_t severity, size_t target, float *x,
                   arena *scratch, err *e) NODISCARD;

/* Counting: a lane holds the sums of each row over some passes. */
typedef struct corrupt_lane {
    double *flip, *drop, *shift, *influence, growth;
    size_t passes;
} corrupt_lane;
corrupt_lane corrupt_lane_open(const corrupt *c, arena *a);
void corrupt_lane_clear(const corrupt *c, corrupt_lane *l);
/* Adds the pass with these answers of the model. */
void corrupt_count(const corrupt *c, const double *answers, corrupt_lane *one, arena *scratch);
void corrupt_lane_add(const corrupt *c, corrupt_lane *to, const corrupt_lane *one);
corrupt_cell corrupt_lane_close(const corrupt *c, const corrupt_lane *l);
/* Placements of the rows: the share of the other class that scores lower (of negatives: higher),
 * ties half; returns their mean, the AUC. NaN when a score is NaN. */
double corrupt_placements(const corrupt *c, const double *score, double *ret, arena *scratch);

void corrupt_figures(corrupt *c);
bool corrupt_tables(corrupt *c, str *ret_tables, str *ret_figures, err *e) NODISCARD;

#endif
