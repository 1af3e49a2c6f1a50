/* tree.c - one decision tree: checked while it is read, so that walking it needs no checks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include <math.h>

/* The arrays of one tree as XGBoost writes them (doc/model.schema of dmlc/xgboost 1.7). */
struct source {
    const doc *left, *right, *feature, *condition, *missing_left, *type;
    const doc *category, *category_node, *category_from, *category_size;
    const doc *cover; /* NULL: none */
    size_t n, n_features;
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
    const doc *d = &list->at[i];
    bool is_bool = d->kind == DOC_BOOL;
    *ret = is_bool ? d->b : d->i;
    if ((is_bool || d->kind == DOC_INT) && *ret >= lo && *ret <= hi) return true;
    return refuse(s, member, i, "not a whole number in the range that is possible here");
}

static bool real(const struct source *s, size_t i, float *ret)
{
    const doc *d = &s->condition->at[i];
    *ret = doc_is_num(d) ? (float)d->d : NAN;
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
        c = s->category->at[i].i;
        ret->words[c / 32] |= UINT32_C(1) << (c % 32);
    }
    return true;
}

/* Sets by node number of the file; the categorical nodes stand in ascending order there. */
static bool read_sets(const struct source *s, arena *a, size_t *words, category_set **ret)
{
    *ret = NULL;
    if (!s->category_node->n) return true;
    *ret = arena_new(a, category_set, s->n);
    int64_t node = -1;
    for (size_t k = 0; k < s->category_node->n; k++) {
        if (!whole(s, s->category_node, "categories_nodes", k, node + 1, (int64_t)s->n - 1,
                   &node) ||
            !read_set(s, a, k, words, &(*ret)[node]))
            return false;
    }
    return true;
}

/* ---- laying out ---- */

/* The tree being built: nodes in breadth-first order, and where each came from. */
struct layout {
    const struct source *s;
    const category_set *sets; /* by number in the file */
    tree *t;
    uint32_t *from, *level;
    bool *seen, *categorical;
    float weight;
};

static bool place_child(struct layout *l, const doc *list, const char *member, size_t from,
                        uint32_t level)
{
    int64_t child;
    if (!whole(l->s, list, member, from, 1, (int64_t)l->s->n - 1, &child)) return false;
    if (l->seen[child])
        return refuse(l->s, member, from, "two links lead to one node, so this is no tree");
    l->seen[child] = true;
    l->from[l->t->n_nodes] = (uint32_t)child;
    l->level[l->t->n_nodes++] = level;
    if (level > l->t->depth) l->t->depth = level;
    return true;
}

static bool place_split(struct layout *l, uint32_t i, size_t from)
{
    const struct source *s = l->s;
    tree_node *node = &l->t->nodes[i];
    int64_t feature, missing_left, type;
    if (!whole(s, s->feature, "split_indices", from, 0, (int64_t)s->n_features - 1, &feature) ||
        !whole(s, s->missing_left, "default_left", from, 0, 1, &missing_left) ||
        !whole(s, s->type, "split_type", from, 0, 1, &type))
        return false;
    *node = (tree_node){.left = l->t->n_nodes, .feature = (uint32_t)feature, .flags = NODE_INNER};
    if (!missing_left) node->flags |= NODE_MISSING_RIGHT;
    bool has_set = l->sets && l->sets[from].n_words;
    if (has_set != (type == 1))
        return refuse(s, "split_type", from, "split_type and categories_nodes disagree");
    if (has_set) {
        node->flags |= NODE_CATEGORY;
        l->t->sets[i] = l->sets[from];
        l->categorical[feature] = true;
    } else if (!real(s, from, &node->value)) {
        return false;
    }
    return place_child(l, s->left, "left_children", from, l->level[i] + 1) &&
           place_child(l, s->right, "right_children", from, l->level[i] + 1);
}

static bool place_leaf(struct layout *l, uint32_t i, size_t from)
{
    tree_node *node = &l->t->nodes[i];
    *node = (tree_node){.left = i};
    const doc *right = &l->s->right->at[from];
    if (right->kind != DOC_INT || right->i != -1)
        return refuse(l->s, "right_children", from, "a node with one child");
    if (!real(l->s, from, &node->value)) return false;
    node->value *= l->weight;
    return true;
}

/* Reachable nodes only: a pruned tree may keep deleted nodes in its arrays. */
static bool lay_out(struct layout *l)
{
    l->seen[0] = true;
    l->t->n_nodes = 1;
    for (uint32_t i = 0; i < l->t->n_nodes; i++) {
        size_t from = l->from[i];
        const doc *left = &l->s->left->at[from];
        bool leaf = left->kind == DOC_INT && left->i == -1;
        if (!(leaf ? place_leaf(l, i, from) : place_split(l, i, from))) return false;
    }
    return true;
}

/* A file without sensible weights can still predict: then the tree has none, and whoever needs
 * them refuses it. XGBoost's sums are floats, so children need not weigh just what parents do. */
static bool place_covers(const struct layout *l)
{
    const tree *t = l->t;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const doc *d = &l->s->cover->at[l->from[i]];
        float c = doc_is_num(d) ? (float)d->d : NAN;
        if (!isfinite(c) || c < 0) return false;
        t->cover[i] = c;
    }
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        uint32_t left = t->nodes[i].left;
        if (!(t->nodes[i].flags & NODE_INNER)) continue;
        float sum = t->cover[left] + t->cover[left + 1];
        if (!(t->cover[i] > 0) || fabsf(sum - t->cover[i]) > 0.01f * t->cover[i]) return false;
    }
    return true;
}

bool tree_load(arena *a, const doc *d, str path, size_t n_features, float weight, bool *categorical,
               size_t *words, tree *ret, err *e)
{
    struct source s = {.path = path, .e = e, .n_features = n_features};
    category_set *sets;
    if (!open_source(&s, d) || !read_sets(&s, a, words, &sets)) return false;
    ret->nodes = arena_new(a, tree_node, s.n);
    ret->sets = sets ? arena_new(a, category_set, s.n) : NULL;
    struct layout l = {.s = &s, .sets = sets, .t = ret, .categorical = categorical};
    l.weight = weight;
    l.from = arena_new(e->a, uint32_t, s.n);
    l.level = arena_new(e->a, uint32_t, s.n);
    l.seen = arena_new(e->a, bool, s.n);
    if (!lay_out(&l)) return false;
    if (s.cover) ret->cover = arena_new(a, float, s.n);
    if (s.cover && !place_covers(&l)) ret->cover = NULL;
    return true;
}
