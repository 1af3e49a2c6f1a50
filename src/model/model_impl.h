/* model_impl.h - a tree ensemble in memory, shared by its loader and its evaluator. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_MODEL_IMPL_H
#define AIMS_MODEL_MODEL_IMPL_H
#include "model/flat.h"
#include "model/linear.h"

enum {
    OUTPUTS_MAX = 4096,
    FEATURES_MAX = 1 << 20,
    CATEGORY_MAX = 1 << 24 /* exclusive: whole numbers a float holds exactly */
};

typedef enum model_link {
    LINK_IDENTITY,
    LINK_LOGISTIC,
    LINK_EXP,
    LINK_SOFTMAX,
    LINK_LOG1P_EXP,    /* log(1 + exp(margin)); wide models only, as the next one */
    LINK_SIGNED_SQUARE /* margin * |margin| */
} model_link;

/* How another backend than our own trees answers: the contract of model_predict. */
typedef bool model_predict_fn(const struct model *m, const float *x, size_t rows, double *ret,
                              err *e);

struct model {
    model_info info;
    model_predict_fn *predict;  /* NULL: the trees below */
    void *self;                 /* what `predict` needs */
    const linear_model *linear; /* NULL: none */
    tree *trees;
    float *base; /* margin before the first tree, per output */
    model_link link;
    bool wide;         /* leaves add up and links work in double, as in LightGBM; else in float */
    double slope;      /* wide LINK_LOGISTIC: 1 / (1 + exp(-slope * margin)) */
    struct flat *flat; /* NULL: walk all trees */
};

/* A probability that rounding put outside 0..1: an average over trees, summed in float, may be
 * 1.0000001. Whatever lies further out is none, and is returned as it is. */
static inline double model_chance(double v)
{
    const double slip = 1e-5;
    return v > 1 && v <= 1 + slip ? 1 : v < 0 && v >= -slip ? 0 : v;
}

/* The model_predict_fn of models with `linear`. */
bool linear_predict(const struct model *m, const float *x, size_t rows, double *ret, err *e);

/*
 * A tree as a file gives it: nodes 0 (the root) to n - 1 in any order, read one by one. The reader
 * checks features and numbers; tree_build checks the links, so that what it makes is a tree, and
 * the weights. Nodes that no link reaches are never read.
 */
typedef struct file_node {
    bool leaf;
    int64_t left, right;     /* of inner nodes; tree_build checks them */
    uint32_t feature, flags; /* NODE_MISSING_RIGHT and below it in trees.h */
    float value;             /* no NAN; inner: go right when x >= value (see float_above) */
    double leaf_value;       /* finite; of leaves, instead of value */
    category_set set;        /* with NODE_CATEGORY */
    double cover;            /* NAN: not known */
} file_node;

typedef struct tree_file {
    size_t n;
    bool (*node)(const void *self, size_t i, file_node *ret, err *e);
    const void *self;
    bool wide; /* keep leaf values as doubles */
    str path;
    const char *left, *right; /* members that hold the links; errors name path.left.i */
} tree_file;
/* Scratch comes from e->a. ret->output is the caller's to set. */
bool tree_build(arena *a, const tree_file *f, tree *ret, err *e) NODISCARD;
/* The smallest float over t: for every float x, x <= t just when x < float_above(t). */
float float_above(double t);

/* One tree from its JSON object; `path` names it in errors, `weight` scales its leaves. Marks the
 * features it uses as categories. *words counts down the room for category sets. */
bool xgboost_tree(arena *a, const doc *d, str path, size_t n_features, float weight,
                  bool *categorical, size_t *words, tree *ret, err *e) NODISCARD;
/* The document may come from doc_parse or ubjson_parse; model_info.format is the caller's to set.
 */
bool xgboost_load(arena *a, const doc *root, struct model *m, err *e) NODISCARD;

/* One tree from the lines below "Tree=i"; leaves are divided by `divisor`. */
bool lightgbm_tree(arena *a, str text, str path, size_t n_features, double divisor,
                   bool *categorical, tree *ret, err *e) NODISCARD;
bool lightgbm_sniff(str bytes);
bool lightgbm_load(arena *a, arena *scratch, str bytes, struct model *m, err *e) NODISCARD;
#endif
