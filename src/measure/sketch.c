/* sketch.c - reference quantile edges, counts between and upon them, and their merge. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/sketch.h"
#include "measure/rng.h"
#include <assert.h>
#include <math.h>

enum { STREAM_SAMPLE = 40 };

void sketch_sort(double *v, size_t n)
{
    static const size_t gaps[] = {1,       4,        10,       23,      57,      132,
                                  301,     701,      1577,     3548,    7983,    17961,
                                  40412,   90927,    204585,   460316,  1035711, 2330349,
                                  5243285, 11797391, 26544129, 59724290};
    for (size_t g = COUNT(gaps); g-- > 0;) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < n; i++) {
            double x = v[i];
            size_t k = i;
            for (; k >= gap && v[k - gap] > x; k -= gap)
                v[k] = v[k - gap];
            v[k] = x;
        }
    }
}

/* ---- shape of numbers ---- */

static size_t slot_of(const sketch_shape *s, double x)
{
    double t = (x - s->origin) * s->scale;
    t = t > 0 ? t : 0;
    return (size_t)(t < SKETCH_SLOTS - 1 ? t : SKETCH_SLOTS - 1);
}

static double *edges_new(size_t n, arena *a)
{
    double *edge = arena_new(a, double, n + 2 * SKETCH_EDGES);
    for (size_t i = 0; i < 2 * SKETCH_EDGES; i++)
        edge[n + i] = INFINITY;
    return edge;
}

static unsigned steps_of(const sketch_shape *s)
{
    size_t most = 0;
    unsigned steps = 0;
    for (size_t k = 0; k < SKETCH_SLOTS; k++)
        most = s->first[k + 1] - s->first[k] > (int)most ? (size_t)(s->first[k + 1] - s->first[k])
                                                         : most;
    while (((size_t)1 << steps) <= most)
        steps++;
    return steps;
}

/* Edges with the index over their range; a range that a double cannot divide has one slot. */
static void index_edges(sketch_shape *s, arena *a)
{
    s->first = arena_new(a, uint16_t, SKETCH_SLOTS + 1);
    if (s->n_edges == 0) return;
    double range = s->edge[s->n_edges - 1] - s->edge[0];
    s->scale = SKETCH_SLOTS / range;
    s->origin = s->edge[0];
    if (!isfinite(range) || !isfinite(s->scale)) s->scale = s->origin = 0;
    for (size_t i = 0, slot = 0; i <= s->n_edges; i++) {
        size_t upto = i < s->n_edges ? slot_of(s, s->edge[i]) : SKETCH_SLOTS;
        for (; slot <= upto; slot++)
            s->first[slot] = (uint16_t)i;
    }
    s->steps = steps_of(s);
}

/* Edges behind a slot's own lie above its values, so a search may look at them without harm. */
void sketch_locate(const sketch_shape *s, const double *x, size_t n, uint32_t *ret)
{
    const double *edge = s->edge;
    for (size_t i = 0; i < n; i++)
        ret[i] = s->first[slot_of(s, x[i])];
    for (unsigned k = s->steps; k-- > 0;)
        for (size_t i = 0; i < n; i++)
            ret[i] += (uint32_t)(edge[ret[i] + (1u << k) - 1] < x[i]) << k;
    for (size_t i = 0; i < n; i++)
        ret[i] = 2 * ret[i] + (edge[ret[i]] <= x[i]);
}

size_t sketch_cells(const sketch_shape *s)
{
    return s->type == COLUMN_NUMBER ? 2 * s->n_edges + 1 : s->n_counts;
}

double sketch_anchor(const sketch_shape *s, size_t cell)
{
    if (s->n_edges == 0) return 0;
    return s->edge[cell % 2 || cell == 0 ? cell / 2 : cell / 2 - 1];
}

static size_t sample_of(const column *c, size_t rows, uint64_t seed, double *ret)
{
    size_t n = 0;
    rng g = rng_open(seed, STREAM_SAMPLE, 0);
    for (size_t i = 0; i < (rows < SKETCH_SAMPLE ? rows : SKETCH_SAMPLE); i++) {
        double x = c->num[rows <= SKETCH_SAMPLE ? i : (size_t)(rng_uniform(&g) * (double)rows)];
        if (!isnan(x)) ret[n++] = x;
    }
    sketch_sort(ret, n);
    return n;
}

static size_t unique(double *v, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (k == 0 || v[k - 1] < v[i]) v[k++] = v[i];
    return k;
}

/* Every n-th value of the sorted sample. */
static sketch_shape shape_of_sample(const double *v, size_t n, arena *a)
{
    sketch_shape s = {.type = COLUMN_NUMBER, .edge = edges_new(0, a)};
    size_t k = n < SKETCH_EDGES ? n : SKETCH_EDGES;
    for (size_t i = 0; i < k; i++)
        s.edge[i] = v[i * n / k];
    s.n_edges = unique(s.edge, k);
    for (size_t i = s.n_edges; i < k; i++)
        s.edge[i] = INFINITY;
    index_edges(&s, a);
    return s;
}

static int64_t quantile_rank(int64_t n, size_t k, size_t of)
{
    return (n * (int64_t)k + (int64_t)of - 1) / (int64_t)of;
}

static int64_t present(const sketch *s)
{
    return s->rows - s->missing;
}

/* The cell in which the running count first reaches `rank`; *ret_before is the count below it. */
static size_t cell_of_rank(const sketch *s, int64_t rank, int64_t *ret_before)
{
    int64_t sum = 0;
    size_t c = 0, last = 2 * s->shape->n_edges;
    while (c < last && sum + s->cell[c].n < rank)
        sum += s->cell[c++].n;
    *ret_before = sum;
    return c;
}

size_t sketch_quantile(const sketch *s, size_t k, size_t of)
{
    int64_t before;
    size_t i = cell_of_rank(s, quantile_rank(present(s), k, of), &before) / 2;
    return i < s->shape->n_edges ? i : s->shape->n_edges - 1;
}

/* ---- making the quantiles edges ---- */

struct split {
    const sketch *from;
    size_t n; /* cells that are opened, ascending */
    size_t cell[SKETCH_GRID];
    double *values[SKETCH_GRID]; /* theirs, sorted */
    size_t filled[SKETCH_GRID];
    double fresh[SKETCH_GRID]; /* new edges */
    size_t n_fresh;
};

static size_t opened(const struct split *x, size_t cell)
{
    size_t k = 0;
    while (k < x->n && x->cell[k] != cell)
        k++;
    return k;
}

static void choose_cells(struct split *x, arena *a)
{
    int64_t before;
    for (size_t k = 1; k < SKETCH_GRID; k++) {
        size_t c = cell_of_rank(x->from, quantile_rank(present(x->from), k, SKETCH_GRID), &before);
        if (c % 2 || opened(x, c) < x->n) continue;
        x->values[x->n] = arena_new(a, double, x->from->cell[c].n);
        x->cell[x->n++] = c;
    }
}

static void collect(struct split *x, const column *c, size_t rows, arena *a)
{
    const sketch_shape *s = x->from->shape;
    uint8_t *place = arena_new(a, uint8_t, sketch_cells(s));
    for (size_t k = 0; k < x->n; k++)
        place[x->cell[k]] = (uint8_t)(k + 1);
    uint32_t at[SKETCH_BLOCK];
    for (size_t r = 0, n = 0; r < rows; r += n) {
        n = rows - r < SKETCH_BLOCK ? rows - r : SKETCH_BLOCK;
        sketch_locate(s, c->num + r, n, at);
        for (size_t i = 0; i < n; i++) {
            size_t k = place[at[i]];
            if (k && !isnan(c->num[r + i])) x->values[k - 1][x->filled[k - 1]++] = c->num[r + i];
        }
    }
    for (size_t k = 0; k < x->n; k++)
        sketch_sort(x->values[k], x->filled[k]);
}

static void choose_edges(struct split *x)
{
    for (size_t k = 1; k < SKETCH_GRID; k++) {
        int64_t before, rank = quantile_rank(present(x->from), k, SKETCH_GRID);
        size_t at = opened(x, cell_of_rank(x->from, rank, &before));
        if (at < x->n) x->fresh[x->n_fresh++] = x->values[at][rank - before - 1];
    }
    x->n_fresh = unique(x->fresh, x->n_fresh);
}

static void put(sketch *s, const double *x, size_t n)
{
    uint32_t at[SKETCH_BLOCK];
    assert(s->cell); /* a sketch of numbers */
    sketch_locate(s->shape, x, n, at);
    for (size_t i = 0; i < n; i++) {
        sketch_cell *c = &s->cell[at[i]];
        double d = x[i] - sketch_anchor(s->shape, at[i]);
        if (isnan(x[i])) {
            s->missing++;
            continue;
        }
        c->n++;
        c->sum += d;
        c->sq += d * d;
    }
}

static void put_all(sketch *s, const double *x, size_t n)
{
    for (size_t from = 0, some = 0; from < n; from += some) {
        some = n - from < SKETCH_BLOCK ? n - from : SKETCH_BLOCK;
        put(s, x + from, some);
    }
}

/* Cells that stay whole keep their counts; the values of the opened ones are counted anew. */
static sketch recount(const struct split *x, arena *a)
{
    const sketch *old = x->from;
    const sketch_shape *was = old->shape;
    sketch_shape *now = arena_new(a, sketch_shape, 1);
    *now = (sketch_shape){.type = COLUMN_NUMBER,
                          .edge = edges_new(was->n_edges + x->n_fresh, a),
                          .n_edges = was->n_edges + x->n_fresh};
    memcpy(now->edge, was->edge, was->n_edges * sizeof *now->edge);
    memcpy(now->edge + was->n_edges, x->fresh, x->n_fresh * sizeof *now->edge);
    sketch_sort(now->edge, now->n_edges);
    index_edges(now, a);
    sketch s = sketch_empty(now, a);
    assert(s.cell && old->cell); /* both of numbers */
    s.rows = old->rows;
    s.missing = old->missing;
    for (size_t c = 0, k = 0; c < sketch_cells(was); c++) {
        if (opened(x, c) < x->n) continue;
        while (k < x->n_fresh && (c / 2 == was->n_edges || x->fresh[k] < was->edge[c / 2]))
            k++;
        s.cell[c + 2 * k] = old->cell[c];
    }
    for (size_t k = 0; k < x->n; k++)
        put_all(&s, x->values[k], x->filled[k]);
    return s;
}

static sketch numbers_reference(const column *c, size_t rows, uint64_t seed, arena *a)
{
    arena *scratch = arena_open();
    double *v = arena_new(scratch, double, SKETCH_SAMPLE);
    sketch_shape *shape = arena_new(a, sketch_shape, 1);
    size_t n = sample_of(c, rows, seed, v);
    *shape = shape_of_sample(v, n, a);
    sketch s = sketch_empty(shape, a);
    sketch_add(&s, c, 0, rows, scratch);
    struct split x = {.from = &s};
    if (present(&s) > 0) choose_cells(&x, scratch);
    if (x.n > 0) {
        collect(&x, c, rows, scratch);
        choose_edges(&x);
        s = recount(&x, a);
    }
    arena_close(scratch);
    return s;
}

const sketch_shape *sketch_shape_numbers(const double *edge, size_t n, arena *a)
{
    sketch_shape *s = arena_new(a, sketch_shape, 1);
    *s = (sketch_shape){.type = COLUMN_NUMBER, .edge = edges_new(n, a), .n_edges = n};
    if (n) memcpy(s->edge, edge, n * sizeof *edge);
    index_edges(s, a);
    return s;
}

/* ---- shape of categories ---- */

/* Count that the SKETCH_LEVELS-th most frequent level has; 0 when all fit. */
static double least_kept(const int64_t *n, size_t levels, arena *scratch)
{
    double *v = arena_new(scratch, double, levels);
    if (levels <= SKETCH_LEVELS) return 0;
    for (size_t k = 0; k < levels; k++)
        v[k] = (double)n[k];
    sketch_sort(v, levels);
    return v[levels - SKETCH_LEVELS];
}

/* The most frequent levels, among equals the first in bytewise order. */
static void choose_levels(sketch_shape *s, const int64_t *n, arena *scratch)
{
    double least = least_kept(n, s->n_levels, scratch);
    size_t above = 0, k = 0;
    for (size_t i = 0; i < s->n_levels; i++)
        above += (double)n[i] > least;
    size_t equals = SKETCH_LEVELS - (above < SKETCH_LEVELS ? above : SKETCH_LEVELS);
    bool all = s->n_levels <= SKETCH_LEVELS;
    s->n_counts = (all ? s->n_levels : SKETCH_LEVELS) + 2;
    for (size_t i = 0; i < s->n_levels; i++) {
        bool kept = all || (double)n[i] > least || ((double)n[i] >= least && equals > 0);
        equals -= kept && !all && (double)n[i] <= least;
        s->cell[i] = (uint32_t)(kept ? k++ : s->n_counts - 2);
    }
}

const sketch_shape *sketch_shape_categories(const str *level, const bool *whole, size_t n, arena *a)
{
    sketch_shape *s = arena_new(a, sketch_shape, 1);
    size_t k = 0;
    *s = (sketch_shape){.type = COLUMN_CATEGORY,
                        .level = arena_new(a, str, n),
                        .n_levels = n,
                        .cell = arena_new(a, uint32_t, n + 1),
                        .n_counts = (n < SKETCH_LEVELS ? n : SKETCH_LEVELS) + 2};
    for (size_t i = 0; i < n; i++) {
        s->level[i] = level[i];
        s->cell[i] = (uint32_t)(whole[i] ? k++ : s->n_counts - 2);
    }
    return s;
}

bool sketch_shape_same(const sketch_shape *x, const sketch_shape *y)
{
    bool same = x->type == y->type && x->n_edges == y->n_edges && x->n_levels == y->n_levels;
    for (size_t i = 0; same && i < x->n_edges; i++)
        same = x->edge[i] == y->edge[i];
    for (size_t i = 0; same && i < x->n_levels; i++)
        same = x->cell[i] == y->cell[i] && str_eq(x->level[i], y->level[i]);
    return same;
}

static sketch categories_reference(const column *c, size_t rows, arena *a)
{
    arena *scratch = arena_open();
    int64_t *n = arena_new(scratch, int64_t, c->n_levels + 1);
    sketch_shape *shape = arena_new(a, sketch_shape, 1);
    *shape = (sketch_shape){.type = COLUMN_CATEGORY,
                            .level = c->levels,
                            .n_levels = c->n_levels,
                            .cell = arena_new(a, uint32_t, c->n_levels + 1)};
    for (size_t r = 0; r < rows; r++)
        n[c->code[r] < 0 ? (int64_t)c->n_levels : c->code[r]]++;
    choose_levels(shape, n, scratch);
    sketch s = sketch_empty(shape, a);
    assert(s.count); /* of categories */
    for (size_t k = 0; k < c->n_levels; k++)
        s.count[shape->cell[k]] += n[k];
    s.rows = (int64_t)rows;
    s.missing = n[c->n_levels];
    arena_close(scratch);
    return s;
}

sketch sketch_reference(const column *c, size_t rows, uint64_t seed, arena *a)
{
    return c->type == COLUMN_NUMBER ? numbers_reference(c, rows, seed, a)
                                    : categories_reference(c, rows, a);
}

/* ---- counting ---- */

sketch sketch_empty(const sketch_shape *shape, arena *a)
{
    sketch s = {.shape = shape};
    if (shape->type == COLUMN_NUMBER)
        s.cell = arena_new(a, sketch_cell, sketch_cells(shape));
    else
        s.count = arena_new(a, int64_t, sketch_cells(shape));
    return s;
}

/* Levels of both stand in bytewise order. The last entry is for missing values. */
static uint32_t *map_levels(const sketch_shape *s, const column *c, arena *scratch)
{
    uint32_t *map = arena_new(scratch, uint32_t, c->n_levels + 1);
    for (size_t k = 0, i = 0; k < c->n_levels; k++) {
        while (i < s->n_levels && str_cmp(s->level[i], c->levels[k]) < 0)
            i++;
        bool known = i < s->n_levels && str_eq(s->level[i], c->levels[k]);
        map[k] = known ? s->cell[i] : (uint32_t)s->n_counts - 1;
    }
    return map;
}

static void add_categories(sketch *s, const column *c, size_t from, size_t to, arena *scratch)
{
    const uint32_t *map = map_levels(s->shape, c, scratch);
    int64_t *n = arena_new(scratch, int64_t, c->n_levels + 1), *shifted = n + 1;
    for (size_t r = from; r < to; r++)
        shifted[c->code[r]]++;
    s->missing += n[0];
    for (size_t k = 0; k < c->n_levels; k++)
        s->count[map[k]] += shifted[k];
}

void sketch_add(sketch *s, const column *c, size_t from, size_t to, arena *scratch)
{
    s->rows += (int64_t)(to - from);
    if (s->shape->type == COLUMN_CATEGORY) {
        add_categories(s, c, from, to, scratch);
        return;
    }
    put_all(s, c->num + from, to - from);
}

void sketch_merge(sketch *into, const sketch *other)
{
    into->rows += other->rows;
    into->missing += other->missing;
    for (size_t c = 0; c < sketch_cells(into->shape); c++)
        if (into->cell) {
            into->cell[c].n += other->cell[c].n;
            into->cell[c].sum += other->cell[c].sum;
            into->cell[c].sq += other->cell[c].sq;
        } else {
            into->count[c] += other->count[c];
        }
}

moments sketch_moments(const sketch *s, size_t from, size_t to)
{
    moments m = {0};
    for (size_t c = from; c < to; c++) {
        const sketch_cell *x = &s->cell[c];
        double n = (double)x->n;
        if (x->n == 0) continue;
        moments_merge(&m, (moments){.n = n,
                                    .mean = sketch_anchor(s->shape, c) + x->sum / n,
                                    .m2 = fmax(0, x->sq - x->sum * x->sum / n)});
    }
    return m;
}
