/* train_trees.c - gradient-boosted trees on a matrix of bins, grown depth first. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/score.h"
#include "measure/train.h"
#include <math.h>

/* ---- bins ---- */

static size_t present(const float *x, size_t rows, size_t features, size_t f, double *v,
                      uint32_t *row)
{
    size_t n = 0;
    for (size_t r = 0; r < rows; r++)
        if (!isnan(x[r * features + f])) {
            row[n] = (uint32_t)r;
            v[n++] = (double)x[r * features + f];
        }
    return n;
}

static size_t distinct(const double *v, const size_t *order, size_t n)
{
    size_t d = n > 0;
    for (size_t i = 1; i < n; i++)
        d += v[order[i]] > v[order[i - 1]];
    return d;
}

/* Values with equal bins by rank share one; numbers are closed up so that no bin is empty. */
static void cut_feature(bins *b, const float *x, size_t f, arena *scratch)
{
    double *v = arena_new(scratch, double, b->rows);
    uint32_t *row = arena_new(scratch, uint32_t, b->rows);
    size_t n = present(x, b->rows, b->features, f, v, row), bin = 0, old = 0;
    const size_t *order = score_order(v, n, scratch);
    bool few = distinct(v, order, n) <= BINS_MAX;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && v[order[i]] > v[order[i - 1]]) {
            size_t rank = i * BINS_MAX / n;
            bin += few || rank > old;
            old = rank > old ? rank : old;
        }
        b->at[row[order[i]] * b->features + f] = (uint8_t)bin;
    }
    b->n[f] = (uint16_t)(n > 0 ? bin + 1 : 0);
}

bins bins_make(const float *x, size_t rows, size_t features, arena *a)
{
    bins b = {rows, features, arena_array(a, rows, features, 64), arena_new(a, uint16_t, features)};
    memset(b.at, BINS_MISSING, rows * features);
    for (size_t f = 0; f < features; f++) {
        arena *scratch = arena_open();
        cut_feature(&b, x, f, scratch);
        arena_close(scratch);
    }
    return b;
}

/* ---- trees ---- */

/* A row goes left when its bin is below `cut`; a leaf has left == 0. */
typedef struct node {
    double value;
    uint32_t left, feature;
    uint16_t cut;
    bool missing_right;
} node;

struct boost {
    size_t outputs, n;
    node **trees; /* of output n % outputs */
};

/* Sums of first and second derivatives. */
typedef struct cell {
    double g, h;
} cell;

struct grower {
    const bins *b;
    const boost_plan *p;
    size_t features, n_cells;
    size_t *offset; /* of a feature's cells: its bins, then the missing */
    cell *deriv;    /* per row of b */
    uint32_t *row, *spare;
    cell **level; /* room for one histogram at each depth */
    double *margin;
    size_t outputs, output;
    node *nodes;
    size_t n_nodes;
};

/* Rows from..to of a grower that share a node, and the sums over them. */
struct part {
    size_t node, from, to, depth;
    cell sum;
    cell *histogram;
};

static void sum_rows(const struct grower *w, size_t from, size_t to, cell *ret)
{
    memset(ret, 0, w->n_cells * sizeof *ret);
    for (size_t i = from; i < to; i++) {
        size_t r = w->row[i];
        const uint8_t *at = w->b->at + r * w->b->features;
        cell d = w->deriv[r];
        for (size_t f = 0; f < w->features; f++) {
            size_t bin = at[f] == BINS_MISSING ? w->b->n[f] : at[f];
            cell *c = ret + w->offset[f] + bin;
            c->g += d.g;
            c->h += d.h;
        }
    }
}

struct split {
    double gain;
    size_t feature;
    uint16_t cut;
    bool missing_right;
    cell left;
};

static double worth(cell c, double lambda)
{
    return c.g * c.g / (c.h + lambda);
}

static cell minus(cell a, cell b)
{
    return (cell){a.g - b.g, a.h - b.h};
}

static void try_split(const struct grower *w, const struct part *n, cell left, size_t f, size_t cut,
                      bool missing_right, struct split *best)
{
    cell right = minus(n->sum, left);
    if (left.h < w->p->min_weight || right.h < w->p->min_weight) return;
    double gain =
        worth(left, w->p->lambda) + worth(right, w->p->lambda) - worth(n->sum, w->p->lambda);
    if (gain > best->gain) *best = (struct split){gain, f, (uint16_t)cut, missing_right, left};
}

static struct split best_split(const struct grower *w, const struct part *n)
{
    struct split best = {.gain = 1e-6};
    for (size_t f = 0; f < w->features; f++) {
        const cell *c = n->histogram + w->offset[f];
        size_t n_bins = w->b->n[f];
        cell missing = c[n_bins], left = {0};
        for (size_t k = 0; k + 1 < n_bins + (missing.h > 0); k++) {
            left.g += c[k].g;
            left.h += c[k].h;
            try_split(w, n, left, f, k + 1, true, &best);
            cell with = {left.g + missing.g, left.h + missing.h};
            if (missing.h > 0) try_split(w, n, with, f, k + 1, false, &best);
        }
    }
    return best;
}

static bool goes_left(const node *n, uint8_t bin)
{
    return bin == BINS_MISSING ? !n->missing_right : bin < n->cut;
}

/* Keeps the order of rows on both sides, for sums depend on it. */
static size_t divide(struct grower *w, const struct part *n, const node *at)
{
    size_t left = n->from, right = 0;
    for (size_t i = n->from; i < n->to; i++) {
        uint32_t r = w->row[i];
        if (goes_left(at, w->b->at[r * w->b->features + at->feature]))
            w->row[left++] = r;
        else
            w->spare[right++] = r;
    }
    memcpy(w->row + left, w->spare, right * sizeof *w->row);
    return left;
}

static void end_leaf(struct grower *w, const struct part *n)
{
    double value = -w->p->rate * n->sum.g / (n->sum.h + w->p->lambda);
    w->nodes[n->node] = (node){.value = value};
    for (size_t i = n->from; i < n->to; i++)
        w->margin[w->row[i] * w->outputs + w->output] += value;
}

/* The smaller child is summed afresh, the larger is what remains of the parent. */
static void histograms(struct grower *w, const struct part *n, struct part *small,
                       struct part *large)
{
    small->histogram = w->level[n->depth + 1];
    sum_rows(w, small->from, small->to, small->histogram);
    large->histogram = n->histogram;
    for (size_t k = 0; k < w->n_cells; k++)
        large->histogram[k] = minus(large->histogram[k], small->histogram[k]);
}

static void grow(struct grower *w, const struct part *n) /* NOLINT: depth is bounded by the plan */
{
    struct split s = {0};
    if (n->depth < w->p->depth && n->to - n->from > 1) s = best_split(w, n);
    if (s.cut == 0) {
        end_leaf(w, n);
        return;
    }
    node *at = &w->nodes[n->node];
    *at = (node){0, (uint32_t)w->n_nodes, (uint32_t)s.feature, s.cut, s.missing_right};
    w->n_nodes += 2;
    size_t mid = divide(w, n, at);
    struct part left = {at->left, n->from, mid, n->depth + 1, s.left, NULL};
    struct part right = {at->left + 1, mid, n->to, n->depth + 1, minus(n->sum, s.left), NULL};
    struct part *small = mid - n->from <= n->to - mid ? &left : &right;
    struct part *large = small == &left ? &right : &left;
    if (n->depth + 1 < w->p->depth) histograms(w, n, small, large);
    grow(w, small);
    grow(w, large);
}

static void derive(const struct grower *w, const int32_t *y, const uint32_t *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double *m = w->margin + row[i] * w->outputs;
        double p, top = m[0], sum = 0;
        if (w->outputs == 1) {
            p = 1 / (1 + exp(-m[0]));
            w->deriv[row[i]] = (cell){p - y[row[i]], fmax(p * (1 - p), 1e-16)};
            continue;
        }
        for (size_t k = 1; k < w->outputs; k++)
            top = fmax(top, m[k]);
        for (size_t k = 0; k < w->outputs; k++)
            sum += exp(m[k] - top);
        p = exp(m[w->output] - top) / sum;
        w->deriv[row[i]] =
            (cell){p - (y[row[i]] == (int32_t)w->output), fmax(2 * p * (1 - p), 1e-16)};
    }
}

static node *one_tree(struct grower *w, const uint32_t *row, size_t n, arena *a)
{
    struct part root = {.to = n, .histogram = w->level[0]};
    memcpy(w->row, row, n * sizeof *row);
    w->n_nodes = 1;
    sum_rows(w, 0, n, root.histogram);
    for (size_t i = 0; i < n; i++) {
        root.sum.g += w->deriv[row[i]].g;
        root.sum.h += w->deriv[row[i]].h;
    }
    grow(w, &root);
    node *ret = arena_new(a, node, w->n_nodes);
    memcpy(ret, w->nodes, w->n_nodes * sizeof *ret);
    return ret;
}

static void grower_open(struct grower *w, size_t n, arena *a)
{
    w->offset = arena_new(a, size_t, w->features);
    for (size_t f = 0; f < w->features; f++) {
        w->offset[f] = w->n_cells;
        w->n_cells += w->b->n[f] + 1u;
    }
    w->level = arena_new(a, cell *, w->p->depth + 1);
    for (size_t d = 0; d <= w->p->depth; d++)
        w->level[d] = arena_new(a, cell, w->n_cells);
    w->deriv = arena_new(a, cell, w->b->rows);
    w->margin = arena_new(a, double, w->b->rows * w->outputs);
    w->row = arena_new(a, uint32_t, n);
    w->spare = arena_new(a, uint32_t, n);
    size_t full = w->p->depth < 30 ? (size_t)2 << w->p->depth : SIZE_MAX;
    w->nodes = arena_new(a, node, full < 2 * n + 1 ? full : 2 * n + 1);
}

boost_plan boost_default(void)
{
    return (boost_plan){.rounds = 100, .depth = 6, .rate = 0.3, .lambda = 1, .min_weight = 1};
}

struct boost *boost_train(const bins *b, const int32_t *y, size_t classes, const uint32_t *row,
                          size_t n, const boost_plan *p, arena *a)
{
    arena *scratch = arena_open();
    struct boost *m = arena_new(a, struct boost, 1);
    m->outputs = classes > 2 ? classes : 1;
    m->trees = arena_new(a, node *, p->rounds * m->outputs);
    struct grower w = {.b = b, .p = p, .outputs = m->outputs};
    w.features = p->features ? p->features : b->features;
    grower_open(&w, n, scratch);
    double *before = arena_new(scratch, double, b->rows * m->outputs), *after = w.margin;
    for (size_t round = 0; round < p->rounds; round++) {
        memcpy(before, after, b->rows * m->outputs * sizeof *before);
        for (w.output = 0; w.output < m->outputs; w.output++) {
            w.margin = before; /* all trees of a round answer to the same margins */
            derive(&w, y, row, n);
            w.margin = after;
            m->trees[m->n++] = one_tree(&w, row, n, a);
        }
    }
    arena_close(scratch);
    return m;
}

size_t boost_outputs(const struct boost *m)
{
    return m->outputs;
}

void boost_margin(const struct boost *m, const bins *b, size_t row, double *ret)
{
    const uint8_t *x = b->at + row * b->features;
    for (size_t k = 0; k < m->outputs; k++)
        ret[k] = 0;
    for (size_t t = 0, k = 0; t < m->n; t++, k = k + 1 < m->outputs ? k + 1 : 0) {
        const node *n = m->trees[t], *at = n;
        while (at->left)
            at = n + at->left + !goes_left(at, x[at->feature]);
        ret[k] += at->value;
    }
}
