/* explain.h - the parts of explanation_report: values, importance, stability, reasons, tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_EXPLAIN_H
#define AIMS_MEASURE_EXPLAIN_H
#include "measure/figures.h"
#include "measure/kernel.h"
#include "measure/result_table.h"
#include "measure/shap.h"
#include "measure/share.h"

/*
 * Figures; `phi` are Shapley values, summed in size over the classes of a multi-class model: of
 * trees in units of the margin (shap.h), also of linear ones (Lundberg & Lee, NeurIPS 2017,
 * corollary 1; exact with independent features, as the game takes them), of other models in units
 * of their answers (kernel.h). Explained rows are all rows, or options.rows of them drawn without
 * replacement.
 *
 * mean_absolute_shap      {"feature":...}: mean over the explained rows of |phi|; normal interval,
 *                         widened by what sampling may add: |phi| of a value with standard error
 *                         s is too large by s sqrt(2 / pi) at most, and only near 0
 * top_feature_share       the largest of these as a part of their sum; delta method
 * additivity_error        largest |bias + sum of phi - answer| of any explained row, a tree's
 *                         answer being its own sum of floats; exact, so lo = hi = value
 * explanation_error       mean over the explained rows of the root mean square of their values'
 *                         standard errors: what the sampling of coalitions leaves open
 * model_evaluations       rows the model was asked about for the values; exact
 * explanation_stability   how many of a row's `top` strongest features are among those of its
 *                         nearest neighbour, too: feature agreement (Krishna et al., TMLR 2024,
 *                         arXiv:2202.01602), mean over options.pairs rows. The neighbour is
 *                         the explained row at the smallest Gower distance (Biometrics 27, 1971)
 *                         that is not the same; a like case should have like reasons
 *                         (Alvarez-Melis & Jaakkola, arXiv:1806.08049). `top` is at most half the
 *                         features. Wilson's interval: wide enough for any figure from 0 to 1
 * mean_absolute_interaction  {"feature":"a:b"}: mean over at most 1000 of the explained rows of
 *                         what the two do together: |twice their interaction value| (shap.h), of
 *                         trees only; the strongest options.interactions pairs, and those that
 *                         limits name; normal interval
 * faithfulness_deletion   the features that speak most for a row's answer, against the mean
 *                         answer to the background, go one after the other (at most 20 steps):
 *                         area between the answer and what is left of it, as a part of all there
 *                         is to lose. 1: all is lost at once. Samek et al., IEEE TNNLS 28 (2017),
 *                         normalised; delta method over options.fidelity rows
 * faithfulness_insertion  the same while they come to a background row (Petsiuk et al., BMVC 2018)
 * infidelity              mean square of what the values say of features taken away at random, 10
 *                         times a row and any number of them as likely, less what the answer
 *                         changes by (Yeh et al., NeurIPS 2019); normal interval
 * infidelity_share        the same as a part of the mean square of the changes; delta method
 * counterfactual_share    of the rows of options.counterfactuals, those whose decision an allowed
 *                         change flips (counterfactual.h); Wilson
 * counterfactual_changes  features changed by the sparsest of each, mean; normal interval
 * permutation_importance  {"feature":...}, with a label: by how much the mean loss (log loss, or
 *                         squared error of a regression) grows when the feature's values change
 *                         rows (Breiman, Machine Learning 45, 2001; Fisher, Rudin & Dominici,
 *                         JMLR 20, 2019), mean over options.repeats permutations. The interval is
 *                         normal, from what each row adds by the value it gets and by the value
 *                         it gives (the first-order projection of a U-statistic, Hoeffding 1948)
 */
#define EXPLAIN_VALUES (UINT64_C(1) << 26) /* Shapley values held at once */

typedef enum explain_method {
    EXPLAIN_AUTO, /* tree_path if the trees have covers, tree_interventional if not; linear; of
                     other models exact for at most options.enumerate features, else kernel */
    EXPLAIN_TREE_PATH,
    EXPLAIN_TREE_INTERVENTIONAL,
    EXPLAIN_KERNEL,
    EXPLAIN_EXACT,
    EXPLAIN_SAMPLING,
    EXPLAIN_LINEAR,     /* weight x (value - its mean over the background), of the margin */
    EXPLAIN_PERMUTATION /* no Shapley values */
} explain_method;

typedef struct explain {
    const measure_plan *plan;
    const measure_input *in;
    const model_info *model;
    arena *a;
    figures f;
    explain_method method;
    size_t rows, features, outputs; /* rows: explained ones */
    size_t width;                   /* outputs x (features + 1) */
    const str *names;               /* of the features */
    const uint32_t *row;            /* explained row -> row of the data */
    const float *all, *x;           /* rows x features: the data's, explained ones */
    const float *z;                 /* background */
    size_t n_z;
    struct shap *shap; /* of trees; NULL: `kernel`, `middle`, or no values */
    struct kernel *kernel;
    const double *middle;      /* of a linear model: means of the background */
    const double *phi;         /* rows x width */
    const double *error;       /* their standard errors; NULL: exact */
    const sample *truth;       /* what explain_truth made */
    const double *answer;      /* rows x outputs: what the values make up */
    double *importance, *lean; /* per feature: mean |phi| and mean phi; NULL without phi */
    double *permuted;          /* per feature: permutation importance; NULL without label */
} explain;

/* What `auto` stands for. */
explain_method explain_method_for(const explain *x);
/* The background and the engine; then values of all explained rows. */
bool explain_open(explain *x, err *e) NODISCARD;
bool explain_values(explain *x, double from, double to, err *e) NODISCARD;
/* Of one row of the data: width values, their standard errors, and the outputs' answers. */
bool explain_one(const explain *x, size_t row, double *ret, double *ret_error, double *ret_answer,
                 err *e) NODISCARD;
/* What is explained, asked of any rows: margins of trees, answers of other models. */
bool explain_ask(const explain *x, const float *rows, size_t n, double *ret, err *e) NODISCARD;

str explain_slice(const explain *x, size_t feature); /* {"feature":"age"} */
/* Features in falling order of `size`, then as they stand. */
void explain_order(const double *size, size_t n, uint32_t *ret);
/* |phi| of a row's features, summed over the classes. */
void explain_sizes(const explain *x, const double *phi, double *ret);

/* Some of n rows, in order, each set as likely; and their values of the features. */
uint32_t *explain_draw(const explain *x, size_t n, size_t wanted, uint32_t stream, size_t *ret_n);
float *explain_gather(const explain *x, const float *from, const uint32_t *row, size_t n);

/* Labels and predictions of all the data, which must have a label: the model is asked once. */
bool explain_truth(explain *x, const sample **ret, err *e) NODISCARD;

void explain_importance(explain *x); /* figures of the values */
/* Adds the table "interactions"; the "line" figures of `curves`. */
bool explain_interactions(explain *x, double from, double to, jw *w, err *e) NODISCARD;
bool explain_curves(explain *x, double from, double to, jw *w, err *e) NODISCARD;
/* Adds the table "counterfactuals" of the rows that options.counterfactuals names. */
bool explain_counterfactuals(explain *x, double from, double to, jw *w, err *e) NODISCARD;
bool explain_fidelity(explain *x, double from, double to, err *e) NODISCARD;
bool explain_permutation(explain *x, double from, double to, err *e) NODISCARD;
bool explain_stability(explain *x, double from, double to, err *e) NODISCARD;
/* "tables" and "figures" of the result; NULL `reasons`: none asked for. */
bool explain_tables(explain *x, str *ret_tables, str *ret_figures, err *e) NODISCARD;
/* The table "reasons": why these rows scored as they did, strongest first. A value whose interval
 * holds 0 is no reason. And "waterfall": for each of these rows every contribution, strongest
 * first, and the sum from the base (what is answered when no feature is known) to each; the last
 * sum is the answer, but for what the model's own sum of floats rounds. Of more than EXPLAIN_STEPS
 * + 1 features the last step is the sum of all others: no `feature`, their number as `value`. */
#define EXPLAIN_STEPS 20
bool explain_reasons(const explain *x, jw *w, err *e) NODISCARD;
/* Row number i of a list in the options, from 0. */
bool explain_row_number(const explain *x, const char *option, size_t i, size_t *ret,
                        err *e) NODISCARD;
/* Hands the values of the explained rows to in->values as CSV. */
bool explain_write_values(const explain *x, err *e) NODISCARD;

#endif
