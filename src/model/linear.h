/* linear.h - a linear model's weights, for engines that must look inside. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_LINEAR_H
#define AIMS_MODEL_LINEAR_H
#include "model/model.h"

typedef enum linear_link {
    LINEAR_IDENTITY,
    LINEAR_LOGISTIC, /* each margin by itself: 1 / (1 + exp(-margin)) */
    LINEAR_SHARES,   /* the same, then divided by their sum: one against the rest */
    LINEAR_SOFTMAX   /* over all margins */
} linear_link;

/* Margin k of row x is bias[k] + sum over i of weight[k * n_features + i] * x[i], in double; the
 * outputs are what the link makes of the margins, none of which turns their order round. Weights
 * are finite and belong to the model. A binary model has one margin. */
typedef struct linear_model {
    size_t n_features, n_outputs;
    const double *weight, *bias;
    linear_link link;
} linear_model;

/* NULL: the model is no linear one that is evaluated here. Of a linear model, model_predict refuses
 * rows with missing values (INVALID): no margin follows from them. */
const linear_model *model_linear(const struct model *m);
/* Margins of rows, rows x n_outputs; NaN where a value is missing. */
void linear_margin(const linear_model *l, const float *x, size_t rows, double *ret);

/* The same three as of trees (trees.h). */
void linear_margin_of(const linear_model *l, double out, double *ret_lo, double *ret_hi);
/* The larger output may belong to the smaller margin outside *ret_lo..*ret_hi, where the link is
 * flat: then both margins are below, or both above. */
double linear_margin_apart(const linear_model *l, double *ret_lo, double *ret_hi);
/* By how much a computed margin may differ from the exact one for rows within +-size[i]. */
double linear_rounding(const linear_model *l, size_t output, const double *size);

#endif
