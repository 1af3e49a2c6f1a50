/* model_impl.h - a tree ensemble in memory, shared by its loader and its evaluator. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_MODEL_IMPL_H
#define AIMS_MODEL_MODEL_IMPL_H
#include "model/model.h"

enum {
    NODE_INNER = 1,
    NODE_MISSING_RIGHT = 2,
    NODE_CATEGORY = 4, /* the split asks for membership in a set of categories */
    OUTPUTS_MAX = 4096,
    FEATURES_MAX = 1 << 20,
    CATEGORY_MAX = 1 << 24 /* exclusive: whole numbers a float holds exactly */
};

/* The right child follows the left one. A leaf is its own left child, so that a row that has
 * arrived stays where it is. */
typedef struct tree_node {
    float value; /* inner: go left when x < value; leaf: what it adds */
    uint32_t left, feature, flags;
} tree_node;

/* Categories that go right: bit c % 32 of words[c / 32]; others go left. */
typedef struct category_set {
    uint32_t *words;
    uint32_t n_words;
} category_set;

typedef struct tree {
    tree_node *nodes;
    category_set *sets; /* per node; NULL when no split is categorical */
    uint32_t n_nodes, depth, output;
} tree;

typedef enum link { LINK_IDENTITY, LINK_LOGISTIC, LINK_EXP, LINK_SOFTMAX } link;

struct model {
    model_info info;
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
