/* trees.h - the trees of a loaded model, for engines that must look inside. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_TREES_H
#define AIMS_MODEL_TREES_H
#include "model/model.h"

enum {
    NODE_INNER = 1,
    NODE_MISSING_RIGHT = 2,
    NODE_CATEGORY = 4,    /* the split asks for membership in a set of categories */
    NODE_MEMBER_LEFT = 8, /* members of the set go left and others right, not the other way round */
    NODE_ZERO_MISSING = 16 /* numbers up to TREE_ZERO from zero go where missing values go */
};
#define TREE_ZERO 1e-35f /* kZeroThreshold of LightGBM */

/* The right child follows the left one, and children stand behind their parents. A leaf is its
 * own left child, so that a row that has arrived stays where it is. */
typedef struct tree_node {
    float value; /* inner: go left when x < value; leaf: what it adds */
    uint32_t left, feature, flags;
} tree_node;

/* Categories that go right (or left, NODE_MEMBER_LEFT): bit c % 32 of words[c / 32]; all others,
 * also what is no category at all, go the other way. */
typedef struct category_set {
    uint32_t *words;
    uint32_t n_words;
} category_set;

typedef struct tree {
    tree_node *nodes;
    category_set *sets; /* per node; NULL when no split is categorical */
    float *cover;       /* per node: weight of the training rows that passed; NULL: not known.
                           Finite, never negative, above 0 where a node is inner; two children
                           together have their parent's, to one percent */
    double *leaf; /* per node: what a leaf adds, where its float `value` is only close (LightGBM);
                     NULL: `value` is exact */
    uint32_t n_nodes, depth, output;
    bool simple; /* every split just compares: no categories, no NODE_ZERO_MISSING */
} tree;

static inline double tree_leaf(const tree *t, uint32_t node)
{
    return t->leaf ? t->leaf[node] : (double)t->nodes[node].value;
}

/* A margin is base[output] plus one leaf of each tree of that output. Belongs to the model. */
typedef struct forest {
    const tree *at;
    size_t n;
    const float *base;
} forest;
forest model_forest(const struct model *m);

/* Where x, the value of the node's own feature, goes. */
bool tree_right(const tree *t, uint32_t node, float x);
/* The same for many values at once: 1 is right, 0 is left. */
#define TREE_BLOCK 64
void tree_decide(const tree *t, uint32_t node, const float x[TREE_BLOCK], uint8_t ret[TREE_BLOCK]);

/* ---- from outputs back to margins, for proofs ---- */

/* A larger margin never gives a smaller output; false also without trees. */
bool forest_monotone(const struct model *m);
/* Of a model with one output: margins below *ret_lo give outputs below `out`, those above *ret_hi
 * outputs above it, whatever the rounding of the link; either may be infinite. False: not known. */
bool forest_margin_of(const struct model *m, double out, double *ret_lo, double *ret_hi);
/* By how much one margin must exceed another so that its output is the larger one, whatever the
 * rounding; infinite when that depends on more. */
double forest_margin_apart(const struct model *m);

#endif
