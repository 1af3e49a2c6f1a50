/* xgboost_tree.c - one tree of an XGBoost model, node by node, from the arrays of its document. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "model/ubjson.h"
#include <math.h>

/* The arrays of one tree as XGBoost writes them (doc/model.schema of dmlc/xgboost 1.7). */
struct source {
    const doc *left, *right, *feature, *condition, *missing_left, *type;
    const doc *category, *category_node, *category_from, *category_size;
    const doc *cover; /* NULL: none */
    size_t n, n_features;
    category_set *sets; /* by number in the file; NULL: none */
    bool *categorical;
    float weight;
    str path;
    err *e;
};

static bool refuse(const struct source *s, const char *member, size_t i, const char *why)
{
    return err_set(s->e, ERR_INVALID, str_fmt(s->e->a, "%.*s.%s.%zu", STR_ARG(s->path), member, i),
                   S("the file is damaged or was not written by XGBoost; save the model again"),
                   "%s", why);
}

/* ---- reading ---- */

static bool array(struct source *s, const doc *d, const char *member, size_t n, const doc **ret)
{
    *ret = doc_get(d, member);
    str path = str_fmt(s->e->a, "%.*s.%s", STR_ARG(s->path), member);
    if (!*ret || (*ret)->kind != DOC_ARR)
        return err_set(s->e, ERR_INVALID, path, S("save the model with XGBoost 1.7 or newer"),
                       "the tree has no list '%s'", member);
    if (n != SIZE_MAX && (*ret)->n != n)
        return err_set(s->e, ERR_INVALID, path, S("the file is damaged; save the model again"),
                       "the list has %zu members where %zu are due", (*ret)->n, n);
    return true;
}

/* A whole number from lo to hi; booleans count as 0 and 1. */
static bool whole(const struct source *s, const doc *list, const char *member, size_t i, int64_t lo,
                  int64_t hi, int64_t *ret)
{
    doc d = ubjson_at(list, i);
    bool is_bool = d.kind == DOC_BOOL;
    *ret = is_bool ? d.b : d.i;
    if ((is_bool || d.kind == DOC_INT) && *ret >= lo && *ret <= hi) return true;
    return refuse(s, member, i, "not a whole number in the range that is possible here");
}

static bool real(const struct source *s, size_t i, float *ret)
{
    doc d = ubjson_at(s->condition, i);
    *ret = doc_is_num(&d) ? (float)d.d : NAN;
    return isfinite(*ret) || refuse(s, "split_conditions", i, "not a finite number");
}

static bool open_source(struct source *s, const doc *d)
{
    return array(s, d, "left_children", SIZE_MAX, &s->left) &&
           ((s->n = s->left->n) > 0 || refuse(s, "left_children", 0, "a tree without nodes")) &&
           (s->n < INT32_MAX || refuse(s, "left_children", 0, "too many nodes")) &&
           array(s, d, "right_children", s->n, &s->right) &&
           array(s, d, "split_indices", s->n, &s->feature) &&
           array(s, d, "split_conditions", s->n, &s->condition) &&
           array(s, d, "default_left", s->n, &s->missing_left) &&
           array(s, d, "split_type", s->n, &s->type) &&
           (!doc_get(d, "sum_hessian") || array(s, d, "sum_hessian", s->n, &s->cover)) &&
           array(s, d, "categories", SIZE_MAX, &s->category) &&
           array(s, d, "categories_nodes", SIZE_MAX, &s->category_node) &&
           array(s, d, "categories_segments", s->category_node->n, &s->category_from) &&
           array(s, d, "categories_sizes", s->category_node->n, &s->category_size);
}

/* ---- category sets ---- */

/* The set of the k-th categorical node: categories[from .. from + size). */
static bool read_set(const struct source *s, arena *a, size_t k, size_t *words, category_set *ret)
{
    int64_t from, size, c, max = 0, n = (int64_t)s->category->n;
    if (!whole(s, s->category_from, "categories_segments", k, 0, n, &from) ||
        !whole(s, s->category_size, "categories_sizes", k, 1, n - from, &size))
        return false;
    for (int64_t i = from; i < from + size; i++) {
        if (!whole(s, s->category, "categories", (size_t)i, 0, CATEGORY_MAX - 1, &c)) return false;
        if (c > max) max = c;
    }
    ret->n_words = (uint32_t)(max / 32 + 1);
    if (ret->n_words > *words) return refuse(s, "categories", (size_t)from, "too many categories");
    *words -= ret->n_words;
    ret->words = arena_new(a, uint32_t, ret->n_words);
    for (int64_t i = from; i < from + size; i++) {
        c = ubjson_at(s->category, (size_t)i).i;
        ret->words[c / 32] |= UINT32_C(1) << (c % 32);
    }
    return true;
}

/* Sets by node number of the file; the categorical nodes stand in ascending order there. */
static bool read_sets(struct source *s, arena *a, size_t *words)
{
    if (!s->category_node->n) return true;
    s->sets = arena_new(s->e->a, category_set, s->n);
    int64_t node = -1;
    for (size_t k = 0; k < s->category_node->n; k++) {
        if (!whole(s, s->category_node, "categories_nodes", k, node + 1, (int64_t)s->n - 1,
                   &node) ||
            !read_set(s, a, k, words, &s->sets[node]))
            return false;
    }
    return true;
}

/* ---- nodes ---- */

static bool read_split(const struct source *s, size_t i, file_node *ret)
{
    int64_t feature, missing_left, type;
    if (!whole(s, s->left, "left_children", i, 1, (int64_t)s->n - 1, &ret->left) ||
        !whole(s, s->right, "right_children", i, 1, (int64_t)s->n - 1, &ret->right) ||
        !whole(s, s->feature, "split_indices", i, 0, (int64_t)s->n_features - 1, &feature) ||
        !whole(s, s->missing_left, "default_left", i, 0, 1, &missing_left) ||
        !whole(s, s->type, "split_type", i, 0, 1, &type))
        return false;
    ret->feature = (uint32_t)feature;
    ret->flags = missing_left ? 0 : NODE_MISSING_RIGHT;
    if (s->sets) ret->set = s->sets[i];
    if ((ret->set.n_words > 0) != (type == 1))
        return refuse(s, "split_type", i, "split_type and categories_nodes disagree");
    if (type == 0) return real(s, i, &ret->value);
    ret->flags |= NODE_CATEGORY;
    s->categorical[feature] = true;
    return true;
}

/* The link of a leaf. */
static bool is_none(const doc *links, size_t i)
{
    doc d = ubjson_at(links, i);
    return d.kind == DOC_INT && d.i == -1;
}

static bool read_leaf(const struct source *s, size_t i, file_node *ret)
{
    if (!is_none(s->right, i)) return refuse(s, "right_children", i, "a node with one child");
    if (!real(s, i, &ret->value)) return false;
    ret->value *= s->weight;
    return true;
}

static bool read_node(const void *self, size_t i, file_node *ret, err *e)
{
    const struct source *s = self;
    (void)e; /* the source has it */
    doc cover = s->cover ? ubjson_at(s->cover, i) : (doc){0};
    ret->cover = doc_is_num(&cover) ? cover.d : NAN;
    ret->leaf = is_none(s->left, i);
    return ret->leaf ? read_leaf(s, i, ret) : read_split(s, i, ret);
}

bool xgboost_tree(arena *a, const doc *d, str path, size_t n_features, float weight,
                  bool *categorical, size_t *words, tree *ret, err *e)
{
    struct source s = {.path = path, .e = e, .n_features = n_features};
    s.categorical = categorical;
    s.weight = weight;
    if (!open_source(&s, d) || !read_sets(&s, a, words)) return false;
    tree_file f = {.n = s.n, .node = read_node, .self = &s, .path = path};
    f.left = "left_children";
    f.right = "right_children";
    return tree_build(a, &f, ret, e);
}
