/* explain.h - the parts of explanation_report: values, importance, stability, reasons, tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_EXPLAIN_H
#define AIMS_MEASURE_EXPLAIN_H
#include "measure/figures.h"
#include "measure/shap.h"
#include "measure/share.h"

/*
 * Figures; `phi` are Shapley values in units of the margin (shap.h), summed in size over the
 * classes of a multi-class model. Explained rows are all rows, or options.rows of them drawn
 * without replacement.
 *
 * mean_absolute_shap      {"feature":...}: mean over the explained rows of |phi|; normal interval
 * top_feature_share       the largest of these as a part of their sum; delta method
 * additivity_error        largest |bias + sum of phi - margin| of any explained row, the margin
 *                         being the model's own sum of floats; exact, so lo = hi = value
 * explanation_stability   how many of a row's `top` strongest features are among those of its
 *                         nearest neighbour, too: feature agreement (Krishna et al., TMLR 2024,
 *                         arXiv:2202.01602), mean over options.pairs rows. The neighbour is
 *                         the explained row at the smallest Gower distance (Biometrics 27, 1971)
 *                         that is not the same; a like case should have like reasons (Alvarez-Melis
 *                         & Jaakkola, arXiv:1806.08049). `top` is at most half the features.
 *                         Wilson's interval: wide enough for any figure between 0 and 1
 * permutation_importance  {"feature":...}, with a label: by how much the mean loss (log loss, or
 *                         squared error of a regression) grows when the feature's values change
 *                         rows (Breiman, Machine Learning 45, 2001; Fisher, Rudin & Dominici,
 *                         JMLR 20, 2019), mean over options.repeats permutations. The interval is
 *                         normal, from what each row adds by the value it gets and by the value it
 *                         gives (the first-order projection of a U-statistic, Hoeffding 1948)
 */
#define EXPLAIN_VALUES (UINT64_C(1) << 26) /* Shapley values held at once */

typedef struct explain {
    const measure_plan *plan;
    const measure_input *in;
    const model_info *model;
    arena *a;
    figures f;
    size_t rows, features, outputs; /* rows: explained ones */
    const str *names;               /* of the features */
    const uint32_t *row;            /* explained row -> row of the data */
    const float *x;                 /* rows x features, explained ones */
    struct shap *shap;              /* NULL: method "permutation" */
    const double *phi;              /* rows x outputs x (features + 1) */
    double *importance, *lean;      /* per feature: mean |phi| and mean phi; NULL without phi */
    double *permuted;               /* per feature: permutation importance; NULL without label */
} explain;

str explain_slice(const explain *x, size_t feature); /* {"feature":"age"} */
/* Features in falling order of `size`, then as they stand. */
void explain_order(const double *size, size_t n, uint32_t *ret);
/* |phi| of a row's features, summed over the classes. */
void explain_sizes(const explain *x, const double *phi, double *ret);

bool explain_permutation(explain *x, double from, double to, err *e) NODISCARD;
bool explain_stability(explain *x, double from, double to, err *e) NODISCARD;
/* "tables" and "figures" of the result; NULL `reasons`: none asked for. */
bool explain_tables(explain *x, const float *all, str *ret_tables, str *ret_figures,
                    err *e) NODISCARD;
/* The table "reasons": why these rows scored as they did, strongest first. */
bool explain_reasons(const explain *x, const float *all, jw *w, err *e) NODISCARD;
/* Hands the values of the explained rows to in->values as CSV. */
bool explain_write_values(const explain *x, err *e) NODISCARD;

#endif
