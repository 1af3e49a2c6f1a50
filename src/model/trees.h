/* trees.h - the trees of a loaded model, for engines that must look inside. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_TREES_H
#define AIMS_MODEL_TREES_H
#include "model/model.h"

enum {
    NODE_INNER = 1,
    NODE_MISSING_RIGHT = 2,
    NODE_CATEGORY = 4 /* the split asks for membership in a set of categories */
};

/* The right child follows the left one, and children stand behind their parents. A leaf is its
 * own left child, so that a row that has arrived stays where it is. */
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
    float *cover;       /* per node: weight of the training rows that passed; NULL: not known.
                           Finite, never negative, above 0 where a node is inner; two children
                           together have their parent's, to one percent */
    uint32_t n_nodes, depth, output;
} tree;

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

#endif
