/* distance.c - divergences of counts; exact KS and Wasserstein distance from sketches and values.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/distance.h"
#include <math.h>

static double sum_of(const int64_t *v, size_t k)
{
    int64_t n = 0;
    for (size_t i = 0; i < k; i++)
        n += v[i];
    return (double)n;
}

double distance_psi(const int64_t *a, const int64_t *b, size_t k)
{
    double n = sum_of(a, k), m = sum_of(b, k), sum = 0;
    for (size_t i = 0; i < k; i++) {
        double p = fmax((double)a[i], 0.5) / n, q = fmax((double)b[i], 0.5) / m;
        if (a[i] + b[i] > 0) sum += (q - p) * log(q / p);
    }
    return n > 0 && m > 0 ? sum : NAN;
}

double distance_js(const int64_t *a, const int64_t *b, size_t k)
{
    double n = sum_of(a, k), m = sum_of(b, k), sum = 0;
    for (size_t i = 0; i < k; i++) {
        double p = (double)a[i] / n, q = (double)b[i] / m, mid = (p + q) / 2;
        if (a[i] > 0) sum += p * log2(p / mid);
        if (b[i] > 0) sum += q * log2(q / mid);
    }
    return n > 0 && m > 0 ? sqrt(fmin(1, fmax(0, sum / 2))) : NAN;
}

/* chi2 of a 2 x k table is n m times the sum of (a/n - b/m)^2 / (a + b). */
chi_square_value distance_chi_square(const int64_t *a, const int64_t *b, size_t k)
{
    double n = sum_of(a, k), m = sum_of(b, k), sum = 0, cells = 0;
    if (!(n > 0 && m > 0)) return (chi_square_value){NAN, NAN};
    for (size_t i = 0; i < k; i++) {
        double d = (double)a[i] / n - (double)b[i] / m, all = (double)(a[i] + b[i]);
        if (all <= 0) continue;
        sum += d * d / all;
        cells++;
    }
    return (chi_square_value){n * m * sum, cells - 1};
}

double distance_cramers_v(const int64_t *a, const int64_t *b, size_t k)
{
    double chi2 = distance_chi_square(a, b, k).statistic;
    return isnan(chi2) ? NAN : sqrt(fmin(1, chi2 / (sum_of(a, k) + sum_of(b, k))));
}

/* ---- exact distances ---- */

struct pair {
    const sketch *a, *b;
    const double *x, *y;
    double n, m;
    int64_t *below_a, *below_b; /* counts below each cell */
    size_t cells;
    distances d;
};

static void running(const sketch *s, size_t cells, int64_t *ret)
{
    int64_t sum = 0;
    for (size_t c = 0; c < cells; c++) {
        ret[c] = sum;
        sum += s->cell[c].n;
    }
}

/* F - G at the upper end of `c`, or with i and j values of it passed. */
static double gap_at(const struct pair *p, size_t c, int64_t i, int64_t j)
{
    return (double)(p->below_a[c] + i) / p->n - (double)(p->below_b[c] + j) / p->m;
}

/* F - G lies within gap_at(0, all of b) .. gap_at(all of a, 0) inside an interval. */
static bool is_open(const struct pair *p, size_t c)
{
    int64_t na = p->a->cell[c].n, nb = p->b->cell[c].n;
    double low = gap_at(p, c, 0, nb), high = gap_at(p, c, na, 0);
    if (c % 2 || na + nb == 0) return false;
    return (low < 0 && high > 0) || (na && nb && fmax(-low, high) > p->d.ks);
}

/* The integral of F - G over an interval in which it does not change its sign. */
static double settled(const struct pair *p, size_t c)
{
    const sketch_shape *s = p->a->shape;
    const sketch_cell *a = &p->a->cell[c], *b = &p->b->cell[c];
    double step = b->sum / p->m - a->sum / p->n;
    if (c % 2) return 0;
    if (c == 0 || c == p->cells - 1) return fabs(step);
    double width = s->edge[c / 2] - s->edge[c / 2 - 1];
    return fabs(gap_at(p, c, a->n, b->n) * width + step);
}

/* The same over an interval whose sorted values are known. */
static double swept(struct pair *p, size_t c, const double *x, const double *y)
{
    const sketch_shape *s = p->a->shape;
    int64_t na = p->a->cell[c].n, nb = p->b->cell[c].n, i = 0, j = 0;
    double at = c ? s->edge[c / 2 - 1] : -INFINITY, sum = 0, gap = gap_at(p, c, 0, 0);
    while (i < na || j < nb) {
        double t = j == nb || (i < na && x[i] < y[j]) ? x[i] : y[j];
        if (at > -INFINITY) sum += fabs(gap) * (t - at);
        for (at = t; i < na && x[i] <= t; i++)
            ;
        while (j < nb && y[j] <= t)
            j++;
        gap = gap_at(p, c, i, j);
        p->d.ks = fmax(p->d.ks, fabs(gap));
    }
    return c < p->cells - 1 ? sum + fabs(gap) * (s->edge[c / 2] - at) : sum;
}

/* Where the values of each open cell go; -1 for all others. */
struct places {
    int64_t *a, *b;
};

/* Values of the cells whose place is not negative, each cell's in a run of its own. */
static void gather(const sketch *s, const double *v, int64_t *place, double *ret)
{
    uint32_t cell[SKETCH_BLOCK];
    size_t rows = (size_t)s->rows;
    for (size_t r = 0, n = 0; r < rows; r += n) {
        n = rows - r < SKETCH_BLOCK ? rows - r : SKETCH_BLOCK;
        sketch_locate(s->shape, v + r, n, cell);
        for (size_t i = 0; i < n; i++) {
            int64_t *at = &place[cell[i]];
            if (*at >= 0 && !isnan(v[r + i])) ret[(*at)++] = v[r + i];
        }
    }
}

static int64_t values_in(const struct pair *p, size_t c)
{
    return p->a->cell[c].n + p->b->cell[c].n;
}

/* Takes open cells from `from` on, as many as fit but at least one; returns the next. */
static size_t lay_out(const struct pair *p, const size_t *open, size_t from, size_t n,
                      struct places *at)
{
    int64_t used = 0;
    size_t k = from;
    memset(at->a, 0xff, p->cells * sizeof *at->a);
    memset(at->b, 0xff, p->cells * sizeof *at->b);
    for (; k < n && (k == from || used + values_in(p, open[k]) <= DISTANCE_GATHER); k++) {
        at->a[open[k]] = used;
        at->b[open[k]] = used + p->a->cell[open[k]].n;
        used += values_in(p, open[k]);
    }
    return k;
}

static size_t room_for(const struct pair *p, const size_t *open, size_t n)
{
    int64_t all = 0, most = 0;
    for (size_t k = 0; k < n; k++) {
        int64_t here = values_in(p, open[k]);
        all += here;
        most = here > most ? here : most;
    }
    int64_t room = all < DISTANCE_GATHER ? all : DISTANCE_GATHER;
    return (size_t)(most > room ? most : room);
}

static void resolve(struct pair *p, const size_t *open, size_t n, arena *scratch)
{
    double *v = arena_new(scratch, double, room_for(p, open, n));
    struct places at = {arena_new(scratch, int64_t, p->cells),
                        arena_new(scratch, int64_t, p->cells)};
    for (size_t from = 0, next = 0; from < n; from = next) {
        double *run = v;
        next = lay_out(p, open, from, n, &at);
        if (p->x) gather(p->a, p->x, at.a, v);
        gather(p->b, p->y, at.b, v);
        for (size_t k = from; k < next; k++) {
            size_t na = (size_t)p->a->cell[open[k]].n, nb = (size_t)p->b->cell[open[k]].n;
            sketch_sort(run, na);
            sketch_sort(run + na, nb);
            p->d.wasserstein += swept(p, open[k], run, run + na);
            run += na + nb;
        }
    }
}

/* With the counts below each cell, and the largest gap at the ends of cells. */
static struct pair pair_of(const sketch *a, const sketch *b, arena *scratch)
{
    size_t cells = sketch_cells(a->shape);
    struct pair p = {.a = a,
                     .b = b,
                     .n = (double)(a->rows - a->missing),
                     .m = (double)(b->rows - b->missing),
                     .below_a = arena_new(scratch, int64_t, cells),
                     .below_b = arena_new(scratch, int64_t, cells),
                     .cells = cells};
    running(a, cells, p.below_a);
    running(b, cells, p.below_b);
    for (size_t c = 0; c < cells; c++)
        p.d.ks = fmax(p.d.ks, fabs(gap_at(&p, c, a->cell[c].n, b->cell[c].n)));
    return p;
}

distances distance_exact(const sketch *a, const double *x, const sketch *b, const double *y,
                         arena *scratch)
{
    size_t n = 0, *open = arena_new(scratch, size_t, sketch_cells(a->shape));
    struct pair p = pair_of(a, b, scratch);
    if (!(p.n > 0 && p.m > 0)) return (distances){NAN, NAN};
    p.x = x;
    p.y = y;
    for (size_t c = 0; c < p.cells; c++)
        if (is_open(&p, c))
            open[n++] = c;
        else
            p.d.wasserstein += settled(&p, c);
    resolve(&p, open, n, scratch);
    return p.d;
}

/* ---- what counts alone say ---- */

/* The most that |F - G| may reach within a cell. */
static double highest(const struct pair *p, size_t c)
{
    int64_t na = p->a->cell[c].n, nb = p->b->cell[c].n;
    if (c % 2 || !na || !nb) return 0;
    return fmax(-gap_at(p, c, 0, nb), gap_at(p, c, na, 0));
}

/* The most that the integral of |F - G| over a cell may be; `least` is what it is at least. */
static double widest(const struct pair *p, size_t c, double least)
{
    const sketch_shape *s = p->a->shape;
    const sketch_cell *a = &p->a->cell[c], *b = &p->b->cell[c];
    double low = gap_at(p, c, 0, b->n), high = gap_at(p, c, a->n, 0);
    if (c % 2 || !(low < 0 && high > 0)) return least;
    if (c == 0 || c == p->cells - 1) return fabs(a->sum) / p->n + fabs(b->sum) / p->m;
    double width = s->edge[c / 2] - s->edge[c / 2 - 1];
    double whole = gap_at(p, c, a->n, b->n) * width + b->sum / p->m - a->sum / p->n;
    double above = fmin(1, fmax(0, (whole / width - low) / (high - low)));
    return fmax(least, width * (above * high - (1 - above) * low));
}

distances distance_bounds(const sketch *a, const sketch *b, const double *y, distances *ret_off,
                          arena *scratch)
{
    size_t n = 0, *open = arena_new(scratch, size_t, sketch_cells(a->shape));
    struct pair p = pair_of(a, b, scratch);
    *ret_off = (distances){0, 0};
    if (!(p.n > 0 && p.m > 0)) return (distances){NAN, NAN};
    p.y = y;
    double most = p.d.ks;
    for (size_t c = 0; c < p.cells; c++) {
        if (a->cell[c].n == 0 && is_open(&p, c)) {
            open[n++] = c;
            continue;
        }
        double least = settled(&p, c);
        most = fmax(most, highest(&p, c));
        p.d.wasserstein += least;
        ret_off->wasserstein += (widest(&p, c, least) - least) / 2;
    }
    resolve(&p, open, n, scratch);
    ret_off->ks = (most - p.d.ks) / 2;
    p.d.ks += ret_off->ks;
    p.d.wasserstein += ret_off->wasserstein;
    return p.d;
}
