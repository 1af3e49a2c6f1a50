/* model_impl.h - a tree ensemble in memory, shared by its loader and its evaluator. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_MODEL_IMPL_H
#define AIMS_MODEL_MODEL_IMPL_H
#include "model/trees.h"

enum {
    OUTPUTS_MAX = 4096,
    FEATURES_MAX = 1 << 20,
    CATEGORY_MAX = 1 << 24 /* exclusive: whole numbers a float holds exactly */
};

typedef enum link { LINK_IDENTITY, LINK_LOGISTIC, LINK_EXP, LINK_SOFTMAX } link;

/* How another backend than our own trees answers: the contract of model_predict. */
typedef bool model_predict_fn(const struct model *m, const float *x, size_t rows, double *ret,
                              err *e);

struct model {
    model_info info;
    model_predict_fn *predict; /* NULL: the trees below */
    void *self;                /* what `predict` needs */
    tree *trees;
    float *base; /* margin before the first tree, per output */
    link link;
};

/* One tree from its JSON object; `path` names it in errors, `weight` scales its leaves. Marks the
 * features it uses as categories. *words counts down the room for category sets. */
bool tree_load(arena *a, const doc *d, str path, size_t n_features, float weight, bool *categorical,
               size_t *words, tree *ret, err *e) NODISCARD;
bool xgboost_load(arena *a, const doc *root, struct model *m, err *e) NODISCARD;
/* Adds the tree's leaf for each of n rows to out[row * n_outputs + tree.output]. */
void tree_add(const tree *t, const float *x, size_t n_features, size_t n, float *out,
              size_t n_outputs);

#endif
