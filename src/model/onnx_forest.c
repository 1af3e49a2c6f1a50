/* onnx_forest.c - an ONNX ensemble as trees that ask `x < value`, deciding as it does for every x.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include <float.h>
#include <math.h>

enum { ROOM = 1 << 25 }; /* nodes of all trees together */

/* Where a node of ours comes from, and where its children stand: left, and right behind it.
 * `second`: the other half of a question for equality. */
struct part {
    uint32_t node, left;
    bool second;
};

/* One tree of the file with nothing shared, for tree_build. */
struct shape {
    const onnx_ensemble *s;
    struct part *parts;
    size_t n, n_features;
    bool whole;      /* every node of the file stands here once */
    uint32_t output; /* whose leaves are asked for */
};

struct work {
    arena *a, *scratch;
    const onnx_ensemble *s;
    size_t n_features, room;
    uint64_t *size; /* of each node laid out with all below it; 0: not yet known */
    const char *strange;
    err *e;
};

/* ---- how large it gets ---- */

static bool is_equality(const onnx_split *k)
{
    return k->mode == MODE_EQ || k->mode == MODE_NEQ;
}

/* A question for equality asks twice, and what follows a "no" then stands there twice. */
static uint64_t size_of(const struct work *w, const onnx_split *k)
{
    if (k->mode == MODE_LEAF) return 1;
    uint64_t yes = w->size[k->yes], no = w->size[k->no];
    uint64_t n = k->mode == MODE_EQ    ? 2 + yes + 2 * no
                 : k->mode == MODE_NEQ ? 2 + 2 * yes + no
                                       : 1 + yes + no;
    return n <= ROOM ? n : ROOM + 1;
}

/* Children first, with a stack of our own: trees may be deep. */
static void measure(struct work *w, uint32_t root, uint32_t *stack)
{
    size_t n = 0;
    stack[n++] = root;
    while (n) {
        uint32_t i = stack[n - 1];
        const onnx_split *k = &w->s->nodes[i];
        if (k->mode != MODE_LEAF && !w->size[k->yes]) {
            stack[n++] = k->yes;
        } else if (k->mode != MODE_LEAF && !w->size[k->no]) {
            stack[n++] = k->no;
        } else {
            w->size[i] = size_of(w, k);
            n--;
        }
    }
}

/* ---- laying out ---- */

static void child(struct shape *t, uint32_t node, bool second)
{
    t->parts[t->n++] = (struct part){.node = node, .second = second};
}

/* Asks x < at_least(v), then x < float_above(v): equal is between the two. */
static void place_equality(struct shape *t, struct part *p, const onnx_split *k)
{
    uint32_t yes = k->mode == MODE_EQ ? k->yes : k->no, no = k->mode == MODE_EQ ? k->no : k->yes;
    child(t, p->second ? yes : no, false);
    child(t, p->second ? no : p->node, !p->second);
    t->whole = false;
}

static bool is_flipped(const onnx_split *k)
{
    return k->mode == MODE_GTE || k->mode == MODE_GT;
}

static void place(struct shape *t, size_t i)
{
    struct part *p = &t->parts[i];
    const onnx_split *k = &t->s->nodes[p->node];
    p->left = (uint32_t)t->n;
    if (k->mode == MODE_LEAF) return;
    if (is_equality(k)) {
        place_equality(t, p, k);
    } else {
        child(t, is_flipped(k) ? k->no : k->yes, false);
        child(t, is_flipped(k) ? k->yes : k->no, false);
    }
}

static struct shape *lay_out(struct work *w, uint32_t root)
{
    struct shape *t = arena_new(w->scratch, struct shape, 1);
    *t = (struct shape){.s = w->s, .n = 1, .n_features = w->n_features, .whole = true};
    t->parts = arena_new(w->scratch, struct part, w->size[root]);
    t->parts[0].node = root;
    for (size_t i = 0; i < t->n; i++)
        place(t, i);
    return t;
}

/* ---- one node for tree_build ---- */

/* The smallest float that is not less than t: for every float x, x < t just when x < at_least(t).
 */
static float at_least(double t)
{
    float near = (float)t;
    return (double)near < t ? nextafterf(near, INFINITY) : near;
}

static void ask(const struct part *p, const onnx_split *k, file_node *ret)
{
    bool missing_right = k->missing_yes == is_flipped(k);
    bool over = k->mode == MODE_LEQ || k->mode == MODE_GT;
    if (is_equality(k)) { /* NaN differs from everything */
        missing_right = p->second ^ (k->mode == MODE_EQ && k->missing_yes);
        over = p->second;
    }
    ret->value = over ? float_above(k->value) : at_least(k->value);
    ret->flags = missing_right ? NODE_MISSING_RIGHT : 0;
}

static void weigh(const struct shape *t, uint32_t node, file_node *ret)
{
    const onnx_ensemble *s = t->s;
    for (uint32_t k = s->first[node]; k < s->first[node + 1]; k++)
        if (s->weights[k].target == t->output) ret->leaf_value += s->weights[k].value;
    if (s->average) ret->leaf_value /= (double)s->n_roots;
    ret->value = (float)ret->leaf_value;
}

static bool read_node(const void *self, size_t i, file_node *ret, err *e)
{
    const struct shape *t = self;
    const struct part *p = &t->parts[i];
    const onnx_split *k = &t->s->nodes[p->node];
    *ret =
        (file_node){.leaf = k->mode == MODE_LEAF, .left = p->left, .right = (int64_t)p->left + 1};
    ret->cover = t->whole && k->hits >= 0 ? (double)k->hits : NAN;
    ret->feature = k->feature;
    if (ret->leaf)
        weigh(t, p->node, ret);
    else
        ask(p, k, ret);
    if (!isfinite(ret->value)) ret->value = copysignf(FLT_MAX, ret->value);
    if (k->feature < t->n_features) return true;
    return err_set(e, ERR_INVALID, S("model.nodes_featureids"),
                   S("the file is damaged; export the model again"),
                   "a tree asks for feature %u, but the model has %zu", k->feature, t->n_features);
}

/* ---- the forest ---- */

/* Marks the outputs to which the tree adds anything; gives their number. */
static size_t outputs_of(const struct shape *t, bool *used)
{
    const onnx_ensemble *s = t->s;
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint32_t at = t->parts[i].node;
        if (s->nodes[at].mode != MODE_LEAF) continue;
        for (uint32_t k = s->first[at]; k < s->first[at + 1]; k++) {
            n += !used[s->weights[k].target];
            used[s->weights[k].target] = true;
        }
    }
    return n;
}

struct laid {
    struct shape *t;
    bool *used;
};

static bool lay_out_all(struct work *w, struct laid *at, size_t *ret_trees)
{
    const onnx_ensemble *s = w->s;
    uint32_t *stack = arena_new(w->scratch, uint32_t, s->n_nodes + 1);
    bool *used = arena_new(w->scratch, bool, s->n_roots * s->n_targets);
    for (size_t i = 0; i < s->n_roots; i++) {
        measure(w, s->roots[i], stack);
        if (w->size[s->roots[i]] > w->room) return false;
        at[i] = (struct laid){lay_out(w, s->roots[i]), used + i * s->n_targets};
        size_t n = outputs_of(at[i].t, at[i].used);
        if (n * at[i].t->n > w->room) return false;
        w->room -= n * at[i].t->n;
        *ret_trees += n;
    }
    return true;
}

static bool build(struct work *w, const struct laid *at, struct model *m)
{
    for (size_t i = 0; i < w->s->n_roots; i++)
        for (uint32_t k = 0; k < w->s->n_targets; k++) {
            tree_file f = {.n = at[i].t->n, .node = read_node, .self = at[i].t, .wide = m->wide};
            f.path = S("model.trees");
            f.left = "nodes_truenodeids";
            f.right = "nodes_falsenodeids";
            if (!at[i].used[k]) continue;
            at[i].t->output = k;
            tree *t = &m->trees[m->info.n_trees++];
            if (!tree_build(w->a, &f, t, w->e)) return false;
            t->output = k;
        }
    return true;
}

/* Trees hold finite numbers; read_node clips what only their sum makes larger. */
static bool is_finite(const onnx_ensemble *s)
{
    for (size_t i = 0; i < s->n_nodes; i++)
        if (s->nodes[i].mode != MODE_LEAF && !(fabs(s->nodes[i].value) < (double)FLT_MAX))
            return false;
    for (size_t i = 0; i < s->n_weights; i++)
        if (!(fabs(s->weights[i].value) < (double)FLT_MAX)) return false;
    return true;
}

/* Copies must stay in proportion to the file, which may be small and mean. */
static size_t room_of(const onnx_ensemble *s)
{
    uint64_t n = 65536 + 64 * (uint64_t)s->n_nodes + 4 * (uint64_t)s->n_weights;
    return n < ROOM ? n : ROOM;
}

bool onnx_forest(arena *a, arena *scratch, const onnx_ensemble *s, size_t n_features,
                 struct model *m, const char **ret_strange, err *e)
{
    struct work w = {
        .a = a, .scratch = scratch, .s = s, .n_features = n_features, .room = room_of(s), .e = e};
    size_t n = 0;
    *ret_strange = s->strange;
    if (!s->strange && !is_finite(s)) *ret_strange = "a split or a leaf is infinite";
    if (!s->strange && s->n_roots * s->n_targets > ROOM) *ret_strange = "it has too many trees";
    if (*ret_strange) return true;
    struct laid *at = arena_new(scratch, struct laid, s->n_roots);
    w.size = arena_new(scratch, uint64_t, s->n_nodes);
    if (!lay_out_all(&w, at, &n)) {
        *ret_strange = "its trees grow too large here";
        return true;
    }
    m->wide = s->precise || s->average;
    m->trees = arena_new(a, tree, n);
    m->info.n_trees = 0;
    m->base = arena_new(a, float, s->n_targets);
    for (size_t i = 0; i < s->n_base && i < s->n_targets; i++)
        m->base[i] = (float)s->base[i];
    return build(&w, at, m);
}
