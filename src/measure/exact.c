/* exact.c - branch and bound over boxes of cells, best first with dives. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/exact_impl.h"
#include "measure/exact_linear.h"
#include <assert.h>
#include <math.h>

enum { ROOT_SWEEPS = 60, BOX_SWEEPS = 8 };
#define CLOSE 1e-9

/* A box that is still to be looked at. */
struct open_box {
    double bound;
    uint64_t *bits;
};

/* One search. With `costs` the least cost of a flipped row below `upper` is looked for; without,
 * any flipped row at all, and the bound is that of the margin. */
struct search {
    const world *w;
    bounding b;
    state root;
    bool costs, found;
    double upper, lower; /* costs: what was found, what is proven */
    double grain;        /* every sum of costs is a multiple of it; 0: not known */
    struct open_box *heap;
    size_t n, cap, boxes;
    uint64_t budget; /* steps that are left */
    uint64_t *now, *other;
    uint32_t *best, *own; /* per variable: the cell of what was found; room for one more */
    double *score;        /* per variable */
    float *row;
    arena *a;
    err *e;
};

/* ---- heap ---- */

static void heap_push(struct search *s, double bound, const uint64_t *bits)
{
    if (s->n == s->cap) {
        struct open_box *fresh = arena_new(s->a, struct open_box, 2 * s->cap + 64);
        if (s->n) memcpy(fresh, s->heap, s->n * sizeof *fresh);
        s->heap = fresh;
        s->cap = 2 * s->cap + 64;
    }
    uint64_t *own = s->heap[s->n].bits; /* of a box that was popped from this place */
    if (!own) own = arena_new(s->a, uint64_t, s->w->words + 1);
    memcpy(own, bits, s->w->words * sizeof *own);
    size_t i = s->n++;
    for (; i > 0 && s->heap[(i - 1) / 2].bound > bound; i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = (struct open_box){bound, own};
}

/* The popped box's bits stay good until the next push. */
static struct open_box heap_pop(struct search *s)
{
    struct open_box top = s->heap[0], last = s->heap[--s->n];
    size_t i = 0;
    for (size_t k = 1; k < s->n; k = 2 * i + 1) {
        if (k + 1 < s->n && s->heap[k + 1].bound < s->heap[k].bound) k++;
        if (s->heap[k].bound >= last.bound) break;
        s->heap[i] = s->heap[k];
        i = k;
    }
    if (s->n) s->heap[i] = last;
    s->heap[s->n] = (struct open_box){0, top.bits};
    return top;
}

/* ---- found rows ---- */

static double cost_of(const struct search *s, const uint32_t *pick)
{
    double sum = 0;
    for (size_t i = 0; i < s->w->n_v; i++)
        sum = s->w->x->th->norm == THREAT_LINF ? fmax(sum, s->w->v[i].cost[pick[i]])
                                               : sum + s->w->v[i].cost[pick[i]];
    return sum;
}

static bool flips(struct search *s, const uint32_t *pick, bool *ret)
{
    exact_row(s->w, pick, s->row);
    return target_ask(s->w->x->t, s->w->own, s->row, ret, s->a, s->e);
}

/* Moves each variable back as far as the row still flips, the dearest first. */
static bool polish(struct search *s, uint32_t *pick)
{
    bool yes, moved = true;
    for (int round = 0; moved && round < 5; round++) {
        moved = false;
        for (size_t i = 0; i < s->w->n_v; i++) {
            uint32_t was = pick[i];
            for (pick[i] = 0; pick[i] < was; pick[i]++) {
                if (!flips(s, pick, &yes)) return false;
                if (yes) break;
            }
            moved |= pick[i] < was;
        }
    }
    return true;
}

/* Keeps the row if it flips and is nearer than what was found. */
static bool try_row(struct search *s, const uint32_t *from)
{
    bool yes;
    if (s->costs && cost_of(s, from) >= 4 * s->upper) return true;
    if (!flips(s, from, &yes)) return false;
    if (!yes) return true;
    memcpy(s->own, from, s->w->n_v * sizeof *s->own);
    if (!polish(s, s->own)) return false;
    double cost = cost_of(s, s->own);
    if ((s->found || s->costs) && cost >= s->upper) return true;
    s->found = true;
    s->upper = cost;
    memcpy(s->best, s->own, s->w->n_v * sizeof *s->best);
    return true;
}

/* ---- one box ---- */

static double limit_of(const struct search *s)
{
    return fmin(s->upper * (1 - CLOSE), s->upper - s->grain * (1 - 1e-6));
}

static bool proven(const struct search *s, double bound)
{
    return s->costs ? bound >= limit_of(s) : bound > 0;
}

/* Sweeps, with the multiplier moving to where the picked leaves just flip. */
static double improve(struct search *s, size_t sweeps, double step)
{
    double best = -INFINITY, margin, last = -INFINITY;
    for (size_t k = 0; k < sweeps && !proven(s, best); k++) {
        double bound = bounding_sweep(&s->b, &margin);
        s->budget -= s->w->steps < s->budget ? s->w->steps : s->budget;
        best = bound > best ? bound : best;
        if (k >= 4 && bound - last < 1e-4 * fabs(bound) && step < 0.02) break;
        last = bound;
        if (!s->costs || k + 1 == sweeps || proven(s, best)) continue;
        s->b.s.lambda *= margin > 0 ? 1 + step : 1 / (1 + step);
        step *= 0.85;
    }
    return best;
}

struct branch {
    uint32_t variable;
    const uint64_t *cells; /* of one child */
};

static bool holds(const uint64_t *cells, uint32_t c)
{
    return cells[c / 64] >> (c % 64) & 1;
}

/* The variable on which most leaves disagree with the cheapest cell, by what they could add. */
static bool disagreement(struct search *s, struct branch *ret)
{
    const world *w = s->w;
    double *score = s->score, most = 0, top = 0;
    memset(score, 0, w->n_v * sizeof *score);
    for (size_t t = 0; t < w->n_parts; t++)
        for (size_t j = 0; j < s->b.pick[t]->n; j++) {
            const entry *y = &s->b.pick[t]->entries[j];
            uint32_t v = w->parts[t].sides[y->side].variable;
            if (holds(y->cells, s->b.cheapest[v])) continue;
            score[v] += s->b.spread[t];
            if (score[v] > most) {
                most = score[v];
                ret->variable = v;
            }
        }
    for (size_t t = 0; t < w->n_parts && most > 0; t++)
        for (size_t j = 0; j < s->b.pick[t]->n; j++) {
            const entry *y = &s->b.pick[t]->entries[j];
            uint32_t v = w->parts[t].sides[y->side].variable;
            if (v != ret->variable || holds(y->cells, s->b.cheapest[v]) || s->b.spread[t] < top)
                continue;
            top = s->b.spread[t];
            ret->cells = y->cells;
        }
    return most > 0;
}

static bool cuts_box(const struct search *s, uint32_t v, const uint64_t *cells)
{
    for (uint32_t k = 0; k < s->b.n_cells[v]; k++)
        if (!holds(cells, s->b.cells[v][k])) return true;
    return false;
}

/* All agree: the tree that is least decided. False: each tree has one leaf left. */
static bool undecided(struct search *s, struct branch *ret)
{
    const world *w = s->w;
    double top = -1;
    for (size_t t = 0; t < w->n_parts; t++)
        for (size_t j = 0; j < s->b.pick[t]->n && s->b.spread[t] > top; j++) {
            const entry *y = &s->b.pick[t]->entries[j];
            uint32_t v = w->parts[t].sides[y->side].variable;
            if (!cuts_box(s, v, y->cells)) continue;
            top = s->b.spread[t];
            *ret = (struct branch){v, y->cells};
        }
    return top >= 0;
}

/* The box is cut in two: one part waits, the other is looked at next. */
static void cut_box(struct search *s, const struct branch *c, double bound)
{
    const variable *v = &s->w->v[c->variable];
    assert(c->cells);
    uint64_t *other = s->other;
    memcpy(other, s->now, s->w->words * sizeof *other);
    for (size_t k = 0; k < v->n_words; k++) {
        s->now[v->word + k] &= c->cells[k];
        other[v->word + k] &= ~c->cells[k];
    }
    heap_push(s, bound, other);
}

/* In a box where every tree has one leaf, the cheapest row decides. */
static bool settle(struct search *s)
{
    for (size_t i = 0; i < s->w->n_v; i++)
        s->b.cheapest[i] = s->b.cells[i][0];
    return try_row(s, s->b.cheapest);
}

/* Follows one box down until it is proven to hold nothing better. */
static bool dive(struct search *s, double bound)
{
    struct branch c = {0};
    bounding_copy(s->w, &s->root, &s->b.s);
    for (;;) {
        if (s->budget == 0) {
            heap_push(s, bound, s->now);
            return true;
        }
        s->boxes++;
        bounding_box(&s->b, s->now);
        bound = fmax(bound, improve(s, BOX_SWEEPS, 0.1));
        if (proven(s, bound)) return true;
        if (!try_row(s, s->b.cheapest)) return false;
        if (proven(s, bound) || (!s->costs && s->found)) return true;
        if (!disagreement(s, &c) && !undecided(s, &c)) return settle(s);
        cut_box(s, &c, bound);
    }
}

/* ---- a search ---- */

/* With l0 and one cost for all, sums are multiples of that cost. */
static double grain_of(const world *w)
{
    double grain = 0;
    for (size_t i = 0; i < w->n_v && w->x->th->norm == THREAT_L0; i++)
        for (size_t c = 1; c < w->v[i].n; c++) {
            if (grain > 0 && w->v[i].cost[c] != grain) return 0;
            grain = w->v[i].cost[c];
        }
    return grain;
}

static void open_search(struct search *s, bool costs, double upper, double most)
{
    const world *w = s->w;
    s->costs = costs;
    s->upper = upper;
    s->found = false;
    s->n = 0;
    memset(s->now, 0, w->words * sizeof *s->now);
    for (size_t i = 0; i < w->n_v; i++)
        for (size_t c = 0; c < w->v[i].n; c++)
            if (w->v[i].cost[c] <= most) s->now[w->v[i].word + c / 64] |= UINT64_C(1) << (c % 64);
}

static bool run_search(struct search *s, double lambda)
{
    bounding_reset(&s->b, s->costs, lambda);
    bounding_box(&s->b, s->now);
    double bound = improve(s, ROOT_SWEEPS, s->costs ? 0.5 : 0);
    bounding_copy(s->w, &s->b.s, &s->root);
    s->boxes++;
    if (!proven(s, bound)) heap_push(s, bound, s->now);
    s->lower = s->costs ? s->upper : 1;
    while (s->n && s->budget > 0 && (s->costs || !s->found)) {
        struct open_box top = heap_pop(s);
        if (proven(s, top.bound)) continue;
        memcpy(s->now, top.bits, s->w->words * sizeof *s->now);
        if (!dive(s, top.bound)) return false;
    }
    s->lower = s->costs ? s->upper : 1;
    for (size_t k = 0; k < s->n; k++)
        s->lower = fmin(s->lower, s->heap[k].bound);
    if (s->costs && s->grain > 0)
        s->lower = fmin(s->upper, ceil(s->lower / s->grain - 1e-6) * s->grain);
    return true;
}

/* ---- a row ---- */

/* A row's search for one condition. `sum` is the cost of the best row so far. */
struct row_search {
    struct search s;
    float *point;
    double sum, lower; /* lower: proven for this condition */
};

static void keep_found(struct row_search *r)
{
    r->sum = r->s.upper;
    exact_row(r->s.w, r->s.best, r->point);
}

static double start_lambda(const struct search *s, double sum)
{
    double margin = s->w->base, spread = 0;
    for (size_t t = 0; t < s->w->n_parts; t++)
        for (size_t k = 0; k < s->w->parts[t].n_leaves; k++) {
            const leaf *f = &s->w->parts[t].leaves[k];
            bool here = true;
            for (size_t j = 0; j < f->n; j++)
                here &= holds(f->entries[j].cells, 0);
            margin += here ? f->gain : 0;
            spread += fabs(f->gain);
        }
    return sum / fmax(margin, 1e-6 * spread + 1e-12);
}

/* Is there any flipped row at all among cells that cost at most `most`? 1 yes, 0 no, -1 open. */
static bool any_within(struct row_search *r, double most, int *ret)
{
    open_search(&r->s, false, INFINITY, most);
    if (!run_search(&r->s, 1)) return false;
    *ret = r->s.found ? 1 : r->s.n ? -1 : 0;
    if (r->s.found && r->s.upper < r->sum) keep_found(r);
    return true;
}

static bool least_sum(struct row_search *r)
{
    int any = 1;
    r->lower = 0;
    if (r->sum == INFINITY && !any_within(r, INFINITY, &any)) return false;
    if (any == 0) r->lower = INFINITY;
    if (any != 1) return true;
    open_search(&r->s, true, r->sum, r->sum);
    if (!run_search(&r->s, start_lambda(&r->s, r->sum))) return false;
    if (r->s.found) keep_found(r);
    r->lower = fmax(0, r->s.lower);
    return true;
}

static int by_size(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a < b ? -1 : a > b;
}

static double *radii_of(const world *w, size_t *ret_n, arena *a)
{
    double *ret = arena_new(a, double, w->cells + 1);
    size_t n = 0;
    *ret_n = 0;
    for (size_t i = 0; i < w->n_v; i++)
        for (size_t c = 0; c < w->v[i].n; c++)
            ret[n++] = w->v[i].cost[c];
    if (n) qsort(ret, n, sizeof *ret, by_size);
    for (size_t k = 0; k < n; k++)
        if (k == 0 || ret[k] != ret[k - 1]) ret[(*ret_n)++] = ret[k];
    return ret;
}

/* The largest change counts, so the answer is the cost of some cell: halving finds it. */
static bool least_radius(struct row_search *r)
{
    size_t n, lo = 0, hi;
    uint64_t left = r->s.budget;
    double *radius = radii_of(r->s.w, &n, r->s.a);
    for (hi = n; lo < hi && left > 0;) {
        size_t mid = r->sum == INFINITY && hi == n ? n - 1 : (lo + hi) / 2;
        uint64_t half = r->s.budget = (left + 1) / 2; /* for what is open there may be more */
        int any;
        if (!any_within(r, radius[mid], &any)) return false;
        left -= half - r->s.budget;
        if (any == 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    r->s.budget = left;
    r->lower = lo < n ? fmin(radius[lo], r->sum) : r->sum;
    return true;
}

static bool search_condition(struct row_search *r, const world *w)
{
    struct search *s = &r->s;
    s->w = w;
    s->b = bounding_open(w, s->a);
    s->root =
        (state){arena_new(s->a, double, w->cells + 1), arena_new(s->a, double, w->messages + 1), 0};
    s->heap = NULL;
    s->cap = s->n = 0;
    s->now = arena_new(s->a, uint64_t, w->words + 1);
    s->other = arena_new(s->a, uint64_t, w->words + 1);
    s->best = arena_new(s->a, uint32_t, w->n_v + 1);
    s->own = arena_new(s->a, uint32_t, w->n_v + 1);
    s->score = arena_new(s->a, double, w->n_v + 1);
    s->grain = grain_of(w);
    return w->x->th->norm == THREAT_LINF ? least_radius(r) : least_sum(r);
}

static bool one_condition(struct row_search *r, const struct exact *x, const float *x0, double own,
                          const condition *c, uint64_t budget, arena *a)
{
    world *w = arena_new(a, world, 1);
    *w = (world){.x = x, .x0 = x0, .own = own};
    r->lower = 0;
    r->s.a = a;
    r->s.budget = budget;
    if (budget == 0) return true;
    exact_cells(w, r->sum, a);
    if (!exact_parts(w, c, &r->s.budget, a)) return true; /* too large: nothing is proven */
    return search_condition(r, w);
}

bool exact_distance(const struct exact *x, const float *x0, double own, double known, float *point,
                    uint64_t budget, exact_answer *ret, arena *scratch, err *e)
{
    condition *c;
    size_t n;
    double lower = INFINITY;
    struct row_search r = {.point = point, .sum = known};
    if (model_linear(x->t->model))
        return exact_linear_distance(x->t, x->th, x0, own, known, point, budget, ret, scratch, e);
    r.s.row = arena_new(scratch, float, x->t->features);
    r.s.e = e;
    if (x->th->norm == THREAT_L2) r.sum = known * known;
    if (!target_conditions(x->t, own, &c, &n, scratch)) n = 0;
    for (size_t k = 0; k < n; k++) {
        arena *a = arena_open();
        uint64_t given = budget / (n - k);
        bool ok = one_condition(&r, x, x0, own, &c[k], given, a);
        arena_close(a);
        if (!ok) return false;
        budget -= given - r.s.budget;
        lower = fmin(lower, r.lower);
    }
    *ret = (exact_answer){.upper = INFINITY, .boxes = r.s.boxes};
    if (r.sum < INFINITY) ret->upper = threat_distance(x->th, x0, point);
    ret->lower = fmin(threat_length(x->th, lower), ret->upper);
    ret->closed = ret->lower >= ret->upper * (1 - CLOSE);
    return true;
}
