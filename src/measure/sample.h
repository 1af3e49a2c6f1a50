/* sample.h - what every engine sees: truth, prediction and score of each row, and its group. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SAMPLE_H
#define AIMS_MEASURE_SAMPLE_H
#include "measure/groups.h"
#include "measure/rates.h"

#define SAMPLE_CLASSES RATES_CLASSES /* classes of one label */

typedef enum sample_task { TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION } sample_task;
extern const char *const sample_task_names[3];

/* Arrays have `rows` entries and belong to the arena or the table. */
typedef struct sample {
    sample_task task;
    size_t rows;
    size_t n_classes; /* binary: 2, and class 1 is the positive one */
    const str *classes;
    const int32_t *truth, *predicted; /* classification */
    const double *score;              /* binary; NULL when there is none */
    bool probability;                 /* every score lies within 0..1 */
    const double *chance;             /* multi-class probabilities, rows x n_classes, or NULL */
    const double *y, *yhat;           /* regression */
    groups g;
} sample;

/* Reads the columns or asks the model. The table is already filtered. */
bool sample_make(const measure_plan *p, const measure_input *in, sample *ret, arena *a,
                 err *e) NODISCARD;

/* Only the truth of a table's rows and the classes, for a model of several classes. */
bool sample_truth(const measure_plan *p, const table *t, size_t classes, sample *ret, arena *a,
                  err *e) NODISCARD;

/* What the model sees of any table: rows x features, made by the plan's encoders, in the model's
 * order: by name, or by position (see measure_plan.features). And the features' names (NULL: not
 * wanted); encode_origins tells where each comes from. */
bool sample_matrix(const measure_plan *p, const struct model *m, const table *t, float **ret_x,
                   const str **ret_names, arena *a, err *e) NODISCARD;
/* The model's answers to every row of in->data, rows x outputs. */
bool sample_ask(const measure_plan *p, const measure_input *in, double **ret, arena *a,
                err *e) NODISCARD;

/* Rows counted once: [joint group][truth * n_classes + predicted]. */
int64_t *sample_cells(const sample *s, arena *a);
/* Sums joint rows of `width` counts into the groups of a view; ret has n_groups x width. */
void sample_sum(const groups *g, const view *v, const int64_t *joint, size_t width, int64_t *ret);

#endif
