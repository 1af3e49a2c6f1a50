/* exact_bound.c - lower bounds of boxes: trees with copies of the variables, brought to agree. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/exact_impl.h"
#include <math.h>

bounding bounding_open(const world *w, arena *a)
{
    bounding b = {.w = w};
    b.s.unary = arena_new(a, double, w->cells);
    b.s.message = arena_new(a, double, w->messages + 1);
    b.cells = arena_new(a, uint32_t *, w->n_v);
    b.n_cells = arena_new(a, uint32_t, w->n_v);
    for (size_t i = 0; i < w->n_v; i++)
        b.cells[i] = arena_new(a, uint32_t, w->v[i].n);
    b.low = arena_new(a, double, w->widest_classes + 1);
    b.psi = arena_new(a, double, w->widest_classes + 1);
    b.inner = arena_new(a, double, w->widest_classes + 1);
    b.best = arena_new(a, double, w->widest_sides + 1);
    b.outer = arena_new(a, double, w->widest_sides + 1);
    b.least = arena_new(a, double, w->widest_sides + 1);
    b.seen = arena_new(a, uint32_t, w->widest_sides + 1);
    b.pick = arena_new(a, const leaf *, w->n_parts + 1);
    b.spread = arena_new(a, double, w->n_parts + 1);
    b.cheapest = arena_new(a, uint32_t, w->n_v + 1);
    return b;
}

void bounding_copy(const world *w, const state *from, state *to)
{
    memcpy(to->unary, from->unary, w->cells * sizeof *to->unary);
    memcpy(to->message, from->message, w->messages * sizeof *to->message);
    to->lambda = from->lambda;
}

void bounding_reset(bounding *b, bool costs, double lambda)
{
    const world *w = b->w;
    memset(b->s.unary, 0, w->cells * sizeof *b->s.unary);
    memset(b->s.message, 0, w->messages * sizeof *b->s.message);
    for (size_t i = 0; i < w->n_v && costs; i++)
        memcpy(b->s.unary + w->v[i].first, w->v[i].cost, w->v[i].n * sizeof(double));
    b->s.lambda = lambda;
}

void bounding_box(bounding *b, const uint64_t *box)
{
    for (size_t i = 0; i < b->w->n_v; i++) {
        const variable *v = &b->w->v[i];
        b->n_cells[i] = 0;
        for (uint32_t c = 0; c < v->n; c++)
            if (box[v->word + c / 64] >> (c % 64) & 1) b->cells[i][b->n_cells[i]++] = c;
    }
}

/* What each class costs: the cheapest cell's unary cost, and with it what the tree holds. */
static double gather_side(bounding *b, const side *s)
{
    double *low = b->low + s->at, *psi = b->psi + s->at, best = INFINITY;
    const double *unary = b->s.unary + b->w->v[s->variable].first;
    for (uint32_t k = 0; k < s->n; k++)
        low[k] = b->inner[s->at + k] = INFINITY;
    for (uint32_t i = 0; i < b->n_cells[s->variable]; i++) {
        uint32_t c = b->cells[s->variable][i], k = s->class_of[c];
        low[k] = unary[c] < low[k] ? unary[c] : low[k];
    }
    for (uint32_t k = 0; k < s->n; k++) {
        psi[k] = low[k] + b->s.message[s->first + k];
        best = psi[k] < best ? psi[k] : best;
    }
    return best;
}

/* A leaf's energy; infinite when the box has no cell of a variable for it. */
static double leaf_energy(bounding *b, const part *p, const leaf *f, double start)
{
    double e = b->s.lambda * f->gain + start;
    for (size_t j = 0; j < f->n; j++) {
        const entry *y = &f->entries[j];
        const double *psi = b->psi + p->sides[y->side].at;
        double least = INFINITY;
        for (uint32_t k = 0; k < y->n; k++)
            least = psi[y->classes[k]] < least ? psi[y->classes[k]] : least;
        b->least[j] = least;
        e += least - b->best[y->side];
    }
    return e;
}

/* The leaf's energy without a variable's own part is what its classes may count on. */
static void tell_sides(bounding *b, const part *p, const leaf *f, double e)
{
    b->stamp++;
    for (size_t j = 0; j < f->n; j++) {
        const entry *y = &f->entries[j];
        double *inner = b->inner + p->sides[y->side].at, rest = e - b->least[j];
        b->seen[y->side] = b->stamp;
        for (uint32_t k = 0; k < y->n; k++)
            inner[y->classes[k]] = rest < inner[y->classes[k]] ? rest : inner[y->classes[k]];
    }
    for (size_t i = 0; i < p->n_sides; i++)
        if (b->seen[i] != b->stamp && e - b->best[i] < b->outer[i]) b->outer[i] = e - b->best[i];
}

/* Each variable gets an equal share of the tree's min-marginals; the tree keeps the rest, so that
 * its least energy is 0 and the sum of all stays what it was. */
static void share_out(bounding *b, const side *s, double outer, double each)
{
    double *give = b->inner + s->at;
    double *unary = b->s.unary + b->w->v[s->variable].first;
    for (uint32_t k = 0; k < s->n; k++) {
        double psi = b->psi[s->at + k];
        if (psi == INFINITY) continue;
        double marginal = psi + (give[k] < outer ? give[k] : outer);
        b->s.message[s->first + k] = psi - each * marginal;
        give[k] = each * marginal - b->low[s->at + k];
    }
    for (uint32_t i = 0; i < b->n_cells[s->variable]; i++) {
        uint32_t c = b->cells[s->variable][i];
        unary[c] += give[s->class_of[c]];
    }
}

static const leaf *update(bounding *b, const part *p, double *ret_spread)
{
    double start = 0, least = INFINITY, lo = INFINITY, hi = -INFINITY;
    const leaf *pick = p->leaves;
    for (size_t i = 0; i < p->n_sides; i++) {
        b->best[i] = gather_side(b, &p->sides[i]);
        b->outer[i] = INFINITY;
        start += b->best[i];
    }
    for (size_t k = 0; k < p->n_leaves; k++) {
        const leaf *f = &p->leaves[k];
        double e = leaf_energy(b, p, f, start);
        if (!(e < INFINITY)) continue;
        lo = f->gain < lo ? f->gain : lo;
        hi = f->gain > hi ? f->gain : hi;
        if (e < least) pick = f;
        least = e < least ? e : least;
        tell_sides(b, p, f, e);
    }
    for (size_t i = 0; i < p->n_sides; i++)
        share_out(b, &p->sides[i], b->outer[i], 1.0 / (double)p->n_sides);
    *ret_spread = hi - lo;
    return pick;
}

double bounding_sweep(bounding *b, double *ret_margin)
{
    const world *w = b->w;
    double bound = b->s.lambda * w->base;
    *ret_margin = w->base;
    for (size_t t = 0; t < w->n_parts; t++) {
        b->pick[t] = update(b, &w->parts[t], &b->spread[t]);
        *ret_margin += b->pick[t]->gain;
    }
    for (size_t i = 0; i < w->n_v; i++) {
        const double *unary = b->s.unary + w->v[i].first;
        double least = INFINITY;
        for (uint32_t k = 0; k < b->n_cells[i]; k++)
            if (unary[b->cells[i][k]] < least) {
                least = unary[b->cells[i][k]];
                b->cheapest[i] = b->cells[i][k];
            }
        bound += least;
    }
    return bound;
}
