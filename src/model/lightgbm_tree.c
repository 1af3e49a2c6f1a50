/* lightgbm_tree.c - one tree of a LightGBM model, node by node, from its lines of text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "table/number.h"
#include <math.h>

/* The lines that are read; any others say nothing about answers. */
enum { KEYS = 12 };
enum {
    NUM_LEAVES,
    NUM_CAT,
    LEFT,
    RIGHT,
    FEATURE,
    THRESHOLD,
    DECISION,
    LEAF,
    LEAF_COUNT,
    INNER_COUNT,
    BOUNDARY,
    CATEGORY
};
static const char *const keys[KEYS] = {
    [NUM_LEAVES] = "num_leaves",      [NUM_CAT] = "num_cat",         [LEFT] = "left_child",
    [RIGHT] = "right_child",          [FEATURE] = "split_feature",   [THRESHOLD] = "threshold",
    [DECISION] = "decision_type",     [LEAF] = "leaf_value",         [LEAF_COUNT] = "leaf_count",
    [INNER_COUNT] = "internal_count", [BOUNDARY] = "cat_boundaries", [CATEGORY] = "cat_threshold",
};

/* decision_type, include/LightGBM/tree.h */
enum { TYPE_CATEGORY = 1, TYPE_LEFT = 2, MISSING_SHIFT = 2, MISSING_NONE = 0, MISSING_ZERO = 1 };

struct source {
    str line[KEYS];
    double *list[KEYS]; /* NULL: the line is missing or not needed */
    size_t leaves, categories, n_features;
    uint32_t *words; /* of all category sets */
    bool *categorical;
    double divisor;
    str path;
    err *e;
};

static bool refuse(const struct source *s, int key, const char *why)
{
    return err_set(s->e, ERR_INVALID, str_fmt(s->e->a, "%.*s.%s", STR_ARG(s->path), keys[key]),
                   S("the file is damaged or was not written by LightGBM; save the model again"),
                   "%s", why);
}

/* ---- lines ---- */

static bool read_lines(struct source *s, str text)
{
    while (text.p) {
        str line = str_cut(text, '\n', &text), value, name = str_cut(line, '=', &value);
        for (size_t k = 0; k < KEYS; k++)
            if (value.p && str_eqz(name, keys[k])) s->line[k] = str_trim(value);
        if (str_eqz(name, "is_linear") && !str_eqz(str_trim(value), "0"))
            return err_set(s->e, ERR_INVALID, s->path, S("train without linear_tree"),
                           "trees with linear leaves are not read");
    }
    return true;
}

/* Exactly n numbers, one blank between two. */
static bool read_list(struct source *s, int key, size_t n)
{
    str rest = s->line[key];
    if (!rest.p || n > rest.n) return refuse(s, key, "the line is missing or too short");
    double *v = arena_new(s->e->a, double, n);
    for (size_t i = 0; i < n; i++)
        if (!rest.p || !number_parse(str_cut(rest, ' ', &rest), &v[i]))
            return refuse(s, key, "not as many finite numbers as there should be");
    if (rest.p) return refuse(s, key, "more numbers than there should be");
    s->list[key] = v;
    return true;
}

static bool read_count(struct source *s, int key, int64_t lo, int64_t hi, size_t *ret)
{
    int64_t v;
    if (!str_int(s->line[key], &v) || v < lo || v > hi)
        return refuse(s, key, "not a whole number in the range that is possible here");
    *ret = (size_t)v;
    return true;
}

/* Trees of older versions carry no counts; then they have no cover. */
static bool read_optional(struct source *s, int key, size_t n)
{
    return !s->line[key].p || read_list(s, key, n);
}

static bool read_splits(struct source *s)
{
    size_t n = s->leaves - 1;
    return n == 0 || (read_list(s, LEFT, n) && read_list(s, RIGHT, n) && read_list(s, FEATURE, n) &&
                      read_list(s, THRESHOLD, n) && read_list(s, DECISION, n) &&
                      read_optional(s, INNER_COUNT, n) && read_optional(s, LEAF_COUNT, n + 1));
}

static bool is_whole(double v, double lo, double hi)
{
    return v >= lo && v <= hi && v == floor(v);
}

/* Set i is words[boundary[i] .. boundary[i + 1]). */
static bool read_sets(struct source *s, arena *a)
{
    if (!s->categories) return true;
    if (!s->line[CATEGORY].p) return refuse(s, CATEGORY, "the line is missing");
    if (!read_list(s, BOUNDARY, s->categories + 1)) return false;
    const double *at = s->list[BOUNDARY];
    double limit = (double)s->line[CATEGORY].n; /* a number takes a byte at least */
    for (size_t i = 0; i <= s->categories; i++)
        if (!is_whole(at[i], i ? at[i - 1] : 0, i ? limit : 0))
            return refuse(s, BOUNDARY, "the bounds do not rise from 0");
    size_t n = (size_t)at[s->categories];
    if (n && !read_list(s, CATEGORY, n)) return false;
    s->words = arena_new(a, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        if (!is_whole(s->list[CATEGORY][i], 0, UINT32_MAX))
            return refuse(s, CATEGORY, "not 32 bits of a set");
        s->words[i] = (uint32_t)s->list[CATEGORY][i];
    }
    return true;
}

/* ---- nodes: inner ones first, then leaves ---- */

/* A link >= 0 leads to an inner node, one below it to leaf -link - 1; -1: to nowhere. */
static int64_t child(const struct source *s, int key, size_t i)
{
    double v = s->list[key][i], inner = (double)s->leaves - 1;
    if (is_whole(v, 0, inner - 1)) return (int64_t)v;
    return is_whole(v, -inner - 1, -1) ? (int64_t)(inner - v) - 1 : -1;
}

static bool read_category_split(const struct source *s, size_t i, file_node *ret)
{
    double set = s->list[THRESHOLD][i];
    if (!is_whole(set, 0, (double)s->categories - 1))
        return refuse(s, THRESHOLD, "a split by a set of categories that does not exist");
    const double *at = s->list[BOUNDARY] + (size_t)set;
    ret->flags = NODE_CATEGORY | NODE_MEMBER_LEFT | NODE_MISSING_RIGHT;
    ret->set = (category_set){s->words + (size_t)at[0], (uint32_t)(at[1] - at[0])};
    s->categorical[ret->feature] = true;
    return true;
}

/* LightGBM takes numbers up to TREE_ZERO from zero for 0, and it puts bounds just there. */
static float bound(double t)
{
    if (t < (double)-TREE_ZERO || t >= (double)TREE_ZERO) return float_above(t);
    return t < 0 ? -TREE_ZERO : float_above((double)TREE_ZERO);
}

/* NumericalDecision of LightGBM: left when x <= threshold. With MISSING_NONE what is missing is 0;
 * with MISSING_ZERO zeros are missing, which needs a flag unless they go that way anyhow. */
static void read_number_split(const struct source *s, size_t i, int type, file_node *ret)
{
    double t = s->list[THRESHOLD][i];
    int missing = type >> MISSING_SHIFT;
    bool left = missing == MISSING_NONE ? 0 <= t : (type & TYPE_LEFT) != 0;
    bool same = left ? (double)TREE_ZERO <= t : (double)-TREE_ZERO > t;
    ret->value = bound(t);
    ret->flags = left ? 0 : NODE_MISSING_RIGHT;
    if (missing == MISSING_ZERO && !same) ret->flags |= NODE_ZERO_MISSING;
}

static bool read_split(const struct source *s, size_t i, file_node *ret)
{
    double feature = s->list[FEATURE][i], type = s->list[DECISION][i];
    if (!is_whole(feature, 0, (double)s->n_features - 1))
        return refuse(s, FEATURE, "a split by a feature that does not exist");
    if (!is_whole(type, 0, 11)) return refuse(s, DECISION, "a decision of an unknown type");
    ret->feature = (uint32_t)feature;
    ret->left = child(s, LEFT, i);
    ret->right = child(s, RIGHT, i);
    if ((int)type & TYPE_CATEGORY) return read_category_split(s, i, ret);
    read_number_split(s, i, (int)type, ret);
    return true;
}

static bool read_node(const void *self, size_t i, file_node *ret, err *e)
{
    const struct source *s = self;
    (void)e; /* the source has it */
    size_t inner = s->leaves - 1;
    ret->leaf = i >= inner;
    const double *count = s->list[ret->leaf ? LEAF_COUNT : INNER_COUNT];
    if (count) ret->cover = count[ret->leaf ? i - inner : i];
    if (!ret->leaf) return read_split(s, i, ret);
    ret->leaf_value = s->list[LEAF][i - inner] / s->divisor;
    return true;
}

bool lightgbm_tree(arena *a, str text, str path, size_t n_features, double divisor,
                   bool *categorical, tree *ret, err *e)
{
    struct source s = {.path = path, .e = e, .n_features = n_features, .divisor = divisor};
    s.categorical = categorical;
    int64_t most = (int64_t)text.n; /* a leaf takes a byte at least */
    if (!read_lines(&s, text) || !read_count(&s, NUM_LEAVES, 1, most, &s.leaves) ||
        !read_count(&s, NUM_CAT, 0, most, &s.categories) || !read_list(&s, LEAF, s.leaves) ||
        !read_splits(&s) || !read_sets(&s, a))
        return false;
    tree_file f = {.n = 2 * s.leaves - 1, .node = read_node, .self = &s, .path = path};
    f.wide = true;
    f.left = keys[LEFT];
    f.right = keys[RIGHT];
    return tree_build(a, &f, ret, e);
}
