/* shap_cells.c - tables of Shapley values for trees of short paths: a row costs look-ups. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap_impl.h"

/* ---- paths ---- */

static bool is_inner(const tree *t, uint32_t node)
{
    return t->nodes[node].flags & NODE_INNER;
}

/* False when the path has too many features for a table. */
static bool step(const struct shap *s, const tree *t, path *p, uint32_t node, bool right)
{
    uint32_t k = 0, feature = t->nodes[node].feature;
    while (k < p->n_features && p->feature[k] != feature)
        k++;
    if (k == SHAP_BITS || p->n_edges == SHAP_EDGES) return false;
    if (k == p->n_features) {
        p->feature[p->n_features++] = feature;
        p->share[k] = 1;
    }
    if (!s->n_background)
        p->share[k] *= (double)t->cover[t->nodes[node].left + right] / (double)t->cover[node];
    p->edges[p->n_edges++] = (edge){node, right, (uint8_t)k};
    return true;
}

/* ---- one tree ---- */

struct planting {
    struct shap *s;
    const tree *t;
    path at; /* to the node that is looked at */
    cell *cells;
    size_t n_cells;
};

static void count_seen(const struct planting *g, uint32_t *ret)
{
    for (size_t z = 0; z < g->s->n_background; z++) {
        uint32_t met = (1u << g->at.n_features) - 1;
        for (uint32_t k = 0; k < g->at.n_edges; k++) {
            edge d = g->at.edges[k];
            if (g->s->theirs[d.node * g->s->n_background + z] != d.right) met &= ~(1u << d.feature);
        }
        ret[met]++;
    }
}

static void leaf_values(const struct planting *g, uint32_t leaf, double *ret)
{
    uint32_t seen[1 << SHAP_BITS] = {0};
    double v = tree_leaf(g->t, leaf);
    memset(ret, 0, (g->at.n_features << g->at.n_features) * sizeof *ret);
    if (!g->s->n_background) {
        leaf_path(v, g->at.share, g->at.n_features, ret);
        return;
    }
    count_seen(g, seen);
    leaf_interventional(v, seen, g->at.n_features, ret);
}

/* Which features of the leaf's path a row with these bits of the cell meets. */
static uint32_t leaf_met(const struct planting *g, const cell *c, uint32_t bits)
{
    uint32_t met = (1u << g->at.n_features) - 1;
    met &= bits | ~((1u << c->n_path) - 1);
    for (uint32_t k = c->n_edges; k < g->at.n_edges; k++) {
        edge d = g->at.edges[k];
        uint32_t b = 0;
        while (c->splits[b] != d.node)
            b++;
        if ((bits >> (c->n_path + b) & 1) != d.right) met &= ~(1u << d.feature);
    }
    return met;
}

static void add_leaf(const struct planting *g, const cell *c, uint32_t leaf, double *values)
{
    double one[SHAP_BITS << SHAP_BITS];
    size_t n = g->at.n_features;
    leaf_values(g, leaf, one);
    for (uint32_t bits = 0; bits < 1u << c->n_bits; bits++) {
        uint32_t met = leaf_met(g, c, bits);
        for (size_t i = 0; i < n; i++) {
            size_t f = 0;
            while (c->feature[f] != g->at.feature[i])
                f++;
            values[f << c->n_bits | bits] += one[i << n | met];
        }
    }
}

/* `g->at` leads to `node`, and back there at the end. */
static bool add_leaves(struct planting *g, const cell *c, uint32_t node, double *values)
{
    if (!is_inner(g->t, node)) {
        add_leaf(g, c, node, values);
        return true;
    }
    path kept = g->at;
    for (uint32_t right = 0; right < 2; right++) {
        g->at = kept;
        if (!step(g->s, g->t, &g->at, node, right) ||
            !add_leaves(g, c, g->t->nodes[node].left + right, values))
            return false;
    }
    g->at = kept;
    return true;
}

/* Splits at and below a node, as long as they fit: at most `most`, else most + 1. */
static uint32_t count_splits(const tree *t, uint32_t node, uint32_t most)
{
    if (!is_inner(t, node)) return 0;
    uint32_t left = t->nodes[node].left, n = 1;
    for (uint32_t k = 0; k < 2 && n <= most; k++)
        n += count_splits(t, left + k, most - n);
    return n;
}

static void list_splits(const tree *t, uint32_t node, uint32_t *list, uint32_t *n)
{
    if (!is_inner(t, node)) return;
    list[(*n)++] = node;
    list_splits(t, t->nodes[node].left, list, n);
    list_splits(t, t->nodes[node].left + 1, list, n);
}

static void list_features(const tree *t, const cell *c, uint32_t *list, uint32_t *n)
{
    for (uint32_t i = 0; i < c->n_bits - c->n_path; i++) {
        uint32_t k = 0, feature = t->nodes[c->splits[i]].feature;
        while (k < *n && list[k] != feature)
            k++;
        if (k == *n) list[(*n)++] = feature;
    }
}

static bool make_cell(struct planting *g, uint32_t node, uint32_t n_splits)
{
    arena *a = g->s->a;
    uint32_t *splits = arena_new(a, uint32_t, n_splits + 1), n = 0;
    uint32_t *feature = arena_new(a, uint32_t, SHAP_BITS);
    edge *edges = arena_new(a, edge, g->at.n_edges + 1);
    list_splits(g->t, node, splits, &n);
    memcpy(edges, g->at.edges, g->at.n_edges * sizeof *edges);
    memcpy(feature, g->at.feature, g->at.n_features * sizeof *feature);
    cell *c = &g->cells[g->n_cells++];
    *c = (cell){.edges = edges,
                .splits = splits,
                .feature = feature,
                .n_edges = g->at.n_edges,
                .n_path = g->at.n_features,
                .n_bits = g->at.n_features + n_splits,
                .n_features = g->at.n_features};
    list_features(g->t, c, feature, &c->n_features);
    size_t size = (size_t)c->n_features << c->n_bits;
    if (size > g->s->room) return false;
    g->s->room -= size;
    double *values = arena_new(a, double, size);
    c->values = values;
    return add_leaves(g, c, node, values);
}

/* The largest subtrees that fit become cells. */
static bool plant_node(struct planting *g, uint32_t node)
{
    uint32_t most = SHAP_BITS - g->at.n_features, n = count_splits(g->t, node, most);
    if (n <= most) return make_cell(g, node, n);
    path kept = g->at;
    for (uint32_t right = 0; right < 2; right++) {
        g->at = kept;
        if (!step(g->s, g->t, &g->at, node, right) ||
            !plant_node(g, g->t->nodes[node].left + right))
            return false;
    }
    g->at = kept;
    return true;
}

static void decide_background(const struct shap *s, const tree *t)
{
    for (uint32_t i = 0; i < t->n_nodes; i++)
        for (size_t z = 0; z < s->n_background && is_inner(t, i); z++)
            s->theirs[i * s->n_background + z] =
                tree_right(t, i, s->background[z * s->info->n_features + t->nodes[i].feature]);
}

bool cells_make(struct shap *s, plant *p)
{
    if (p->t->n_nodes > SHAP_NODES) return false;
    struct planting g = {.s = s, .t = p->t};
    g.cells = arena_new(s->a, cell, p->t->n_nodes);
    decide_background(s, p->t);
    if (!plant_node(&g, 0)) return false;
    p->cells = g.cells;
    p->n_cells = g.n_cells;
    return true;
}

/* ---- rows ---- */

/* The loops are over a fixed number of rows, so that compilers see that they need no remainder. */
static void cell_bits(const cell *c, const uint8_t *decisions, uint8_t *restrict bits)
{
    memset(bits, (1 << c->n_path) - 1, SHAP_BLOCK);
    for (uint32_t k = 0; k < c->n_edges; k++) {
        const uint8_t *restrict d = decisions + c->edges[k].node * (size_t)SHAP_BLOCK;
        uint8_t right = c->edges[k].right, bit = (uint8_t)(1u << c->edges[k].feature);
        for (size_t r = 0; r < SHAP_BLOCK; r++)
            bits[r] &= (uint8_t) ~((d[r] ^ right) * bit);
    }
    for (uint32_t k = c->n_path; k < c->n_bits; k++) {
        const uint8_t *restrict d = decisions + c->splits[k - c->n_path] * (size_t)SHAP_BLOCK;
        uint8_t bit = (uint8_t)(1u << k);
        for (size_t r = 0; r < SHAP_BLOCK; r++)
            bits[r] |= (uint8_t)(d[r] * bit);
    }
}

static void look_up(const double *restrict values, const uint8_t *restrict bits,
                    double *restrict phi)
{
    for (size_t r = 0; r < SHAP_BLOCK; r++)
        phi[r] += values[bits[r]];
}

void cells_add(const plant *p, const float *x, uint8_t *decisions, double *phi)
{
    uint8_t bits[SHAP_BLOCK];
    for (uint32_t i = 0; i < p->t->n_nodes; i++)
        for (size_t r = 0; r < SHAP_BLOCK && is_inner(p->t, i); r += TREE_BLOCK)
            tree_decide(p->t, i, x + p->t->nodes[i].feature * (size_t)SHAP_BLOCK + r,
                        decisions + i * (size_t)SHAP_BLOCK + r);
    for (size_t k = 0; k < p->n_cells; k++) {
        const cell *c = &p->cells[k];
        cell_bits(c, decisions, bits);
        for (uint32_t f = 0; f < c->n_features; f++)
            look_up(c->values + ((size_t)f << c->n_bits), bits,
                    phi + c->feature[f] * (size_t)SHAP_BLOCK);
    }
}
