/* onnx_ensemble.c - the attributes of an ONNX tree operator: every link found, no circles. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include <math.h>

enum { NODES_MAX = 1 << 25, CLASSES_MAX = OUTPUTS_MAX };

/* One node's name in the file and its place in our list. */
struct key {
    uint64_t name;
    uint32_t at;
};

struct ensemble {
    arena *a;
    const onnx_node *op;
    onnx_ensemble *out;
    struct key *keys;
    err *e;
};

static bool refuse(struct ensemble *s, const char *attribute, const char *why)
{
    return err_set(s->e, ERR_INVALID,
                   str_fmt(s->e->a, "model.%.*s.%s", STR_ARG(s->op->op), attribute),
                   S("the file is damaged; export the model again"), "%s", why);
}

static bool strange(struct ensemble *s, const char *why)
{
    if (!s->out->strange) s->out->strange = why;
    return true;
}

/* ---- lists ---- */

/* n == SIZE_MAX: any length. */
static bool ints(struct ensemble *s, const char *name, size_t n, int64_t **ret, size_t *ret_n)
{
    if (!onnx_ints(s->a, onnx_find(s->op, name), ret, ret_n))
        return refuse(s, name, "the list holds no whole numbers");
    if (*ret_n > NODES_MAX) return refuse(s, name, "too many nodes");
    return n == SIZE_MAX || *ret_n == n ||
           refuse(s, name, "a list of another length than the others");
}

/* `name` or, for numbers of double precision, `name`_as_tensor. */
static bool reals(struct ensemble *s, const char *name, size_t n, double **ret, size_t *ret_n)
{
    const onnx_attribute *t = onnx_find(s->op, str_fmt(s->a, "%s_as_tensor", name).p);
    s->out->precise |= t != NULL;
    if (!onnx_reals(s->a, t ? t : onnx_find(s->op, name), ret, ret_n))
        return refuse(s, name, "the list holds no numbers");
    for (size_t i = 0; i < *ret_n; i++)
        if (isnan((*ret)[i])) return refuse(s, name, "a value is not a number");
    return n == SIZE_MAX || *ret_n == n ||
           refuse(s, name, "a list of another length than the others");
}

/* ---- names to places ---- */

static int compare_keys(const void *x, const void *y)
{
    const struct key *k = x, *l = y;
    return (k->name > l->name) - (k->name < l->name);
}

static uint64_t name_of(int64_t in, int64_t node)
{
    return (uint64_t)in << 32 | (uint64_t)node;
}

static bool index_nodes(struct ensemble *s, const int64_t *of, const int64_t *node)
{
    size_t n = s->out->n_nodes;
    s->keys = arena_new(s->a, struct key, n);
    for (size_t i = 0; i < n; i++) {
        if (of[i] < 0 || of[i] > INT32_MAX || node[i] < 0 || node[i] > INT32_MAX)
            return refuse(s, "nodes_nodeids", "a node's number is out of range");
        s->keys[i] = (struct key){name_of(of[i], node[i]), (uint32_t)i};
    }
    qsort(s->keys, n, sizeof *s->keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (s->keys[i].name == s->keys[i - 1].name)
            return refuse(s, "nodes_nodeids", "two nodes of one number");
    return true;
}

static bool find(struct ensemble *s, const char *attribute, int64_t in, int64_t node, uint32_t *ret)
{
    struct key k = {name_of(in, node), 0}, *at = NULL;
    if (in >= 0 && in <= INT32_MAX && node >= 0 && node <= INT32_MAX)
        at = bsearch(&k, s->keys, s->out->n_nodes, sizeof k, compare_keys);
    if (!at) return refuse(s, attribute, "a link to a node that does not exist");
    *ret = at->at;
    return true;
}

/* ---- nodes ---- */

static bool read_modes(struct ensemble *s)
{
    static const char *const names[] = {
        [MODE_LEQ] = "BRANCH_LEQ", [MODE_LT] = "BRANCH_LT", [MODE_GTE] = "BRANCH_GTE",
        [MODE_GT] = "BRANCH_GT",   [MODE_EQ] = "BRANCH_EQ", [MODE_NEQ] = "BRANCH_NEQ",
        [MODE_LEAF] = "LEAF",
    };
    str *text;
    size_t n;
    if (!onnx_texts(s->a, onnx_find(s->op, "nodes_modes"), &text, &n) || n != s->out->n_nodes)
        return refuse(s, "nodes_modes", "not one mode per node");
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < COUNT(names) && !str_eqz(text[i], names[k]))
            k++;
        if (k == COUNT(names)) return refuse(s, "nodes_modes", "an unknown mode of a node");
        s->out->nodes[i].mode = (uint8_t)k;
    }
    return true;
}

static bool read_conditions(struct ensemble *s)
{
    size_t n = s->out->n_nodes, k, n_hits;
    double *value, *hits;
    int64_t *feature, *missing;
    if (!reals(s, "nodes_values", n, &value, &k) || !ints(s, "nodes_featureids", n, &feature, &k) ||
        !reals(s, "nodes_hitrates", SIZE_MAX, &hits, &n_hits) ||
        !ints(s, "nodes_missing_value_tracks_true", SIZE_MAX, &missing, &k))
        return false;
    if (k && k != n)
        return refuse(s, "nodes_missing_value_tracks_true",
                      "a list of another length than the others");
    for (size_t i = 0; i < n; i++) {
        onnx_split *node = &s->out->nodes[i];
        bool leaf = node->mode == MODE_LEAF;
        if (!leaf && (feature[i] < 0 || feature[i] >= FEATURES_MAX))
            return refuse(s, "nodes_featureids", "a feature that cannot be");
        node->feature = leaf ? 0 : (uint32_t)feature[i];
        node->value = value[i];
        node->missing_yes = k && missing[i] == 1;
        node->hits = n_hits == n ? (float)hits[i] : -1;
    }
    return true;
}

static bool read_links(struct ensemble *s, const int64_t *of)
{
    size_t n = s->out->n_nodes, k;
    int64_t *yes, *no;
    if (!ints(s, "nodes_truenodeids", n, &yes, &k) || !ints(s, "nodes_falsenodeids", n, &no, &k))
        return false;
    for (size_t i = 0; i < n; i++) {
        onnx_split *node = &s->out->nodes[i];
        if (node->mode == MODE_LEAF) continue;
        if (!find(s, "nodes_truenodeids", of[i], yes[i], &node->yes) ||
            !find(s, "nodes_falsenodeids", of[i], no[i], &node->no))
            return false;
    }
    return true;
}

/* A tree's nodes stand together and its root comes first, as in ONNX Runtime. */
static bool read_roots(struct ensemble *s, const int64_t *of)
{
    size_t n = s->out->n_nodes, trees = 0;
    for (size_t i = 0; i < n; i++)
        trees += !i || s->keys[i].name >> 32 != s->keys[i - 1].name >> 32;
    s->out->roots = arena_new(s->a, uint32_t, trees);
    for (size_t i = 0; i < n; i++) {
        if (i && of[i] == of[i - 1]) continue;
        if (s->out->n_roots == trees)
            return refuse(s, "nodes_treeids", "the nodes of a tree do not stand together");
        s->out->roots[s->out->n_roots++] = (uint32_t)i;
    }
    return true;
}

static bool read_nodes(struct ensemble *s)
{
    int64_t *of, *node;
    size_t n, k;
    if (!ints(s, "nodes_treeids", SIZE_MAX, &of, &n) || !ints(s, "nodes_nodeids", n, &node, &k))
        return false;
    if (!n) return refuse(s, "nodes_treeids", "an ensemble without nodes");
    s->out->n_nodes = n;
    s->out->nodes = arena_new(s->a, onnx_split, n);
    return index_nodes(s, of, node) && read_modes(s) && read_conditions(s) && read_links(s, of) &&
           read_roots(s, of);
}

/* ---- circles ---- */

/* Depth first with a stack of our own; a node may have several parents, but not be its own
 * ancestor, or a walk would never end. */
enum { UNSEEN, ENTERED, IN_YES, IN_NO, DONE };

struct walk {
    uint32_t *stack;
    uint8_t *state;
    size_t n;
};

static bool enter(struct ensemble *s, struct walk *w, uint32_t node)
{
    if (w->state[node] == DONE) return true;
    if (w->state[node] != UNSEEN)
        return refuse(s, "nodes_truenodeids", "the nodes of a tree run in a circle");
    w->state[node] = ENTERED;
    w->stack[w->n++] = node;
    return true;
}

static bool walk_down(struct ensemble *s, struct walk *w, uint32_t root)
{
    if (!enter(s, w, root)) return false;
    while (w->n) {
        uint32_t i = w->stack[w->n - 1];
        const onnx_split *node = &s->out->nodes[i];
        if (node->mode == MODE_LEAF) w->state[i] = IN_NO;
        uint8_t step = ++w->state[i];
        if (step == DONE)
            w->n--;
        else if (!enter(s, w, step == IN_YES ? node->yes : node->no))
            return false;
    }
    return true;
}

static bool refuse_circles(struct ensemble *s)
{
    struct walk w = {.stack = arena_new(s->a, uint32_t, s->out->n_nodes),
                     .state = arena_new(s->a, uint8_t, s->out->n_nodes)};
    for (size_t i = 0; i < s->out->n_roots; i++)
        if (!walk_down(s, &w, s->out->roots[i])) return false;
    return true;
}

/* ---- leaves ---- */

/* Sorted by node, keeping the file's order within one. */
static void sort_weights(onnx_ensemble *s, const uint32_t *node, const onnx_weight *weight)
{
    uint32_t *next = s->first; /* of node i at i + 1 while they are placed, then one further on */
    for (size_t i = 0; i < s->n_weights; i++)
        next[node[i] + 1]++;
    for (size_t i = 0; i < s->n_nodes; i++)
        next[i + 1] += next[i];
    for (size_t i = s->n_weights; i-- > 0;)
        s->weights[--next[node[i] + 1]] = weight[i];
    memmove(next, next + 1, s->n_nodes * sizeof *next);
    next[s->n_nodes] = (uint32_t)s->n_weights;
}

/* kind: "target" or "class". */
static bool read_weights(struct ensemble *s, const char *kind)
{
    arena *a = s->a;
    const char *trees = str_fmt(a, "%s_treeids", kind).p, *nodes = str_fmt(a, "%s_nodeids", kind).p;
    const char *ids = str_fmt(a, "%s_ids", kind).p;
    int64_t *of, *node, *id;
    double *value;
    size_t n, k;
    if (!ints(s, trees, SIZE_MAX, &of, &n) || !ints(s, nodes, n, &node, &k) ||
        !ints(s, ids, n, &id, &k) || !reals(s, str_fmt(a, "%s_weights", kind).p, n, &value, &k))
        return false;
    uint32_t *at = arena_new(a, uint32_t, n);
    onnx_weight *weight = arena_new(a, onnx_weight, n);
    for (size_t i = 0; i < n; i++) {
        if (!find(s, nodes, of[i], node[i], &at[i])) return false;
        if (id[i] < 0 || (uint64_t)id[i] >= s->out->n_targets)
            return refuse(s, ids, "a weight for an output that does not exist");
        if (isinf(value[i])) return refuse(s, "weights", "a weight is not a finite number");
        weight[i] = (onnx_weight){(uint32_t)id[i], value[i]};
    }
    s->out->n_weights = n;
    s->out->weights = arena_new(a, onnx_weight, n);
    s->out->first = arena_new(a, uint32_t, s->out->n_nodes + 1);
    sort_weights(s->out, at, weight);
    return true;
}

/* ---- what becomes of the sums ---- */

static bool read_post(struct ensemble *s)
{
    static const char *const names[] = {
        [POST_NONE] = "NONE",       [POST_LOGISTIC] = "LOGISTIC",
        [POST_SOFTMAX] = "SOFTMAX", [POST_SOFTMAX_ZERO] = "SOFTMAX_ZERO",
        [POST_PROBIT] = "PROBIT",
    };
    const onnx_attribute *t = onnx_find(s->op, "post_transform");
    for (size_t i = 0; t && i < COUNT(names); i++)
        if (str_eqz(t->s, names[i])) {
            s->out->post = (onnx_post)i;
            return true;
        }
    return !t || refuse(s, "post_transform", "an unknown transform");
}

static bool read_aggregate(struct ensemble *s)
{
    const onnx_attribute *t = onnx_find(s->op, "aggregate_function");
    if (!t || s->out->classifier || str_eqz(t->s, "SUM")) return true;
    s->out->average = str_eqz(t->s, "AVERAGE");
    if (s->out->average) return true;
    if (str_eqz(t->s, "MIN") || str_eqz(t->s, "MAX"))
        return strange(s, "its trees are aggregated by minimum or maximum");
    return refuse(s, "aggregate_function", "an unknown aggregation");
}

static bool read_base(struct ensemble *s)
{
    if (!reals(s, "base_values", SIZE_MAX, &s->out->base, &s->out->n_base)) return false;
    for (size_t i = 0; i < s->out->n_base; i++)
        if (isinf(s->out->base[i])) return refuse(s, "base_values", "a value is not finite");
    return true;
}

static bool read_targets(struct ensemble *s)
{
    const onnx_attribute *t = onnx_find(s->op, "n_targets");
    str *names;
    int64_t *numbers;
    size_t n = 0, k = 0;
    if (s->out->classifier) {
        if (!onnx_texts(s->a, onnx_find(s->op, "classlabels_strings"), &names, &n) ||
            !onnx_ints(s->a, onnx_find(s->op, "classlabels_int64s"), &numbers, &k))
            return refuse(s, "classlabels_int64s", "the class labels are no list");
        n = n ? n : k;
    } else if (t && t->i > 0) {
        n = (size_t)t->i;
    }
    s->out->n_targets = n;
    return (n >= 1 && n <= CLASSES_MAX) ||
           refuse(s, s->out->classifier ? "classlabels_int64s" : "n_targets",
                  "no possible number of outputs");
}

bool onnx_ensemble_read(arena *a, const onnx_node *n, onnx_ensemble *ret, err *e)
{
    struct ensemble s = {.a = a, .op = n, .out = ret, .e = e};
    *ret = (onnx_ensemble){.classifier = onnx_is(n, "ai.onnx.ml", "TreeEnsembleClassifier")};
    return read_targets(&s) && read_nodes(&s) && refuse_circles(&s) &&
           read_weights(&s, ret->classifier ? "class" : "target") && read_post(&s) &&
           read_aggregate(&s) && read_base(&s);
}
