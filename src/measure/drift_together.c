/* drift_together.c - all columns at once: maximum mean discrepancy by random Fourier features. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/drift.h"
#include "measure/plan.h"
#include <assert.h>
#include <math.h>

enum { STREAM_ROWS = 50, STREAM_WEIGHTS = 52, STREAM_BLOCKS = 53, FURTHEST = 10 };

/* A column as the kernel sees it. */
struct coordinate {
    const column *c[2]; /* reference, data */
    double mean, sd;    /* numbers of the reference */
    uint32_t *level[2]; /* category code of either table -> indicator; 0 is missing */
    size_t indicators;
    double *weight; /* DRIFT_FEATURES of the number, then as many per indicator */
};

struct together {
    const drift_pair *t;
    struct coordinate *at;
    size_t n;
    double shift[DRIFT_FEATURES];
    double *block[2]; /* DRIFT_BLOCKS x DRIFT_FEATURES sums */
    double size[2][DRIFT_BLOCKS];
    double noise[2]; /* variance of the mean, over the features */
    double raw;      /* squared distance of the mean features */
};

/* Levels of both tables in one bytewise order. */
static void number_levels(struct coordinate *x, arena *a)
{
    const column *u = x->c[0], *v = x->c[1];
    x->level[0] = arena_new(a, uint32_t, u->n_levels);
    x->level[1] = arena_new(a, uint32_t, v->n_levels);
    x->indicators = 1;
    for (size_t i = 0, j = 0; i < u->n_levels || j < v->n_levels;) {
        int order = i == u->n_levels   ? 1
                    : j == v->n_levels ? -1
                                       : str_cmp(u->levels[i], v->levels[j]);
        if (order <= 0) x->level[0][i++] = (uint32_t)x->indicators;
        if (order >= 0) x->level[1][j++] = (uint32_t)x->indicators;
        x->indicators++;
    }
}

/* Mean squared distance of two reference rows in this column. */
static double spread(const struct coordinate *x, size_t rows, arena *scratch)
{
    double n = (double)rows, same = 0;
    if (x->c[0]->type == COLUMN_NUMBER) return x->sd > 0 ? 2 : 0;
    assert(x->level[0]); /* of categories */
    int64_t *count = arena_new(scratch, int64_t, x->indicators);
    for (size_t r = 0; r < rows; r++)
        count[x->c[0]->code[r] < 0 ? 0 : x->level[0][x->c[0]->code[r]]]++;
    for (size_t k = 0; k < x->indicators; k++)
        same += (double)count[k] / n * ((double)count[k] / n);
    return 2 * (1 - same);
}

static double value_of(const struct coordinate *x, int side, size_t r)
{
    double v = x->c[side]->num[r];
    if (isnan(v)) return 0;
    double z = x->sd > 0 ? (v - x->mean) / x->sd : v > x->mean ? 1 : v < x->mean ? -1 : 0;
    return fmax(-FURTHEST, fmin(FURTHEST, z));
}

static void add_weights(double *phase, const double *w, double z)
{
    for (size_t k = 0; k < DRIFT_FEATURES; k++)
        phase[k] += w[k] * z;
}

static void features_of(const struct together *g, int side, size_t r, double *ret)
{
    memcpy(ret, g->shift, sizeof g->shift);
    for (size_t i = 0; i < g->n; i++) {
        const struct coordinate *x = &g->at[i];
        bool number = x->c[0]->type == COLUMN_NUMBER;
        int32_t code = number ? -1 : x->c[side]->code[r];
        if (number) add_weights(ret, x->weight, value_of(x, side, r));
        if (number && !isnan(x->c[side]->num[r])) continue;
        size_t level = code < 0 ? 0 : x->level[side][code];
        add_weights(ret, x->weight + (level + 1) * DRIFT_FEATURES, 1);
    }
    for (size_t k = 0; k < DRIFT_FEATURES; k++)
        ret[k] = sqrt(2.0 / DRIFT_FEATURES) * cos(ret[k]);
}

/* Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S): rows stay in order, blocks take turns.
 */
static void sum_blocks(struct together *g, int side, size_t rows, size_t want, uint64_t seed)
{
    rng draw = rng_open(seed, STREAM_ROWS + (uint32_t)side, 0);
    double z[DRIFT_FEATURES], square = 0, mean = 0, n = (double)want;
    for (size_t r = 0, taken = 0; r < rows && taken < want; r++) {
        if (rng_uniform(&draw) * (double)(rows - r) >= (double)(want - taken)) continue;
        size_t b = taken++ % DRIFT_BLOCKS;
        features_of(g, side, r, z);
        for (size_t k = 0; k < DRIFT_FEATURES; k++) {
            g->block[side][b * DRIFT_FEATURES + k] += z[k];
            square += z[k] * z[k];
        }
        g->size[side][b]++;
    }
    for (size_t k = 0; k < DRIFT_FEATURES; k++) {
        double sum = 0;
        for (size_t b = 0; b < DRIFT_BLOCKS; b++)
            sum += g->block[side][b * DRIFT_FEATURES + k];
        mean += sum / n * (sum / n);
    }
    g->noise[side] = (square / n - mean) / (n - 1);
}

/* Adds the mean features of blocks, each `times` times, or subtracts them. */
static void add_mean(const struct together *g, int side, const int64_t *times, double sign,
                     double *ret)
{
    double n = 0;
    for (size_t b = 0; b < DRIFT_BLOCKS; b++)
        n += (double)times[b] * g->size[side][b];
    for (size_t b = 0; b < DRIFT_BLOCKS; b++)
        for (size_t k = 0; times[b] && k < DRIFT_FEATURES; k++)
            ret[k] += sign * (double)times[b] * g->block[side][b * DRIFT_FEATURES + k] / n;
}

static double squared_distance(const struct together *g, const int64_t *x, const int64_t *y)
{
    double d[DRIFT_FEATURES] = {0}, sum = 0;
    add_mean(g, 0, x, 1, d);
    add_mean(g, 1, y, -1, d);
    for (size_t k = 0; k < DRIFT_FEATURES; k++)
        sum += d[k] * d[k];
    return sum;
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct together *g = ctx;
    int64_t one[DRIFT_BLOCKS], x[DRIFT_BLOCKS], y[DRIFT_BLOCKS];
    (void)scratch;
    for (size_t b = 0; b < DRIFT_BLOCKS; b++)
        one[b] = 1;
    rng_multinomial(r, one, DRIFT_BLOCKS, x);
    rng_multinomial(r, one, DRIFT_BLOCKS, y);
    /* Drawing adds the noise of the mean once more: it is taken off twice. */
    double square = squared_distance(g, x, y) - 2 * (g->noise[0] + g->noise[1]);
    ret[0] = sqrt(fmax(0, square));
}

static size_t choose_columns(struct together *g, figures *f, arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < g->t->ref.n_columns; i++) {
        const column *u = &g->t->ref.columns[i], *v = &g->t->cur.columns[i];
        if (u->type != v->type || (f->plan->label.p && str_eq(u->name, f->plan->label))) continue;
        if (u->n_levels + v->n_levels > 2 * SKETCH_LEVELS) {
            figures_note(f, "column '%.*s' has too many values for the joint distance",
                         STR_ARG(u->name));
            continue;
        }
        const profile *p = &g->t->profiles[i];
        struct coordinate *x = &g->at[n++];
        *x = (struct coordinate){
            .c = {u, v},
              .mean = p->mean, .sd = p->sd, .indicators = 1
        };
        if (u->type == COLUMN_CATEGORY) number_levels(x, a);
    }
    return n;
}

/* Frequencies of the kernel exp(-d^2 / (2 s^2)), s^2 the mean squared distance. */
static void draw_weights(struct together *g, uint64_t seed, arena *a)
{
    double square = 0;
    rng r = rng_open(seed, STREAM_WEIGHTS, 0);
    for (size_t i = 0; i < g->n; i++)
        square += spread(&g->at[i], g->t->ref.rows, a);
    double scale = square > 0 ? 1 / sqrt(square) : 1;
    for (size_t k = 0; k < DRIFT_FEATURES; k++)
        g->shift[k] = 2 * acos(-1.0) * rng_uniform(&r);
    for (size_t i = 0; i < g->n; i++) {
        size_t n = (g->at[i].indicators + 1) * DRIFT_FEATURES;
        g->at[i].weight = arena_new(a, double, n);
        for (size_t k = 0; k < n; k++)
            g->at[i].weight[k] = scale * rng_normal(&r);
    }
}

static bool measure_together(struct together *g, figures *f, const measure_input *in, boot *b,
                             double **ret_draws, size_t rows[2], err *e)
{
    arena *scratch = arena_open();
    g->at = arena_new(scratch, struct coordinate, g->t->ref.n_columns);
    g->n = choose_columns(g, f, scratch);
    draw_weights(g, f->plan->seed, scratch);
    int64_t one[DRIFT_BLOCKS];
    for (size_t k = 0; k < DRIFT_BLOCKS; k++)
        one[k] = 1;
    for (int side = 0; side < 2; side++) {
        g->block[side] = arena_new(scratch, double, DRIFT_BLOCKS *DRIFT_FEATURES);
        sum_blocks(g, side, side ? g->t->cur.rows : g->t->ref.rows, rows[side], f->plan->seed);
    }
    g->raw = squared_distance(g, one, one);
    bool ok = boot_run(b, in, ret_draws, f->a, e);
    arena_close(scratch);
    return ok;
}

static size_t at_most(size_t rows, double most)
{
    return (double)rows < most ? rows : (size_t)most;
}

bool drift_together(figures *f, const drift_pair *t, const measure_input *in, double from,
                    double to, err *e)
{
    double most = plan_number(f->plan, "mmd_rows"), *draws;
    size_t rows[2] = {at_most(t->ref.rows, most), at_most(t->cur.rows, most)};
    size_t least = rows[0] < rows[1] ? rows[0] : rows[1];
    if (most < 1) return true;
    if (least < 4 * DRIFT_BLOCKS) {
        figures_note(f, "no maximum mean discrepancy: it takes at least %d rows of each table",
                     4 * DRIFT_BLOCKS);
        return true;
    }
    struct together *g = arena_new(f->a, struct together, 1);
    g->t = t;
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = 1,
              .seed = f->plan->seed,
              .stream = STREAM_BLOCKS,
              .from = from,
              .to = to,
              .replicate = replicate,
              .ctx = g};
    if (!measure_together(g, f, in, &b, &draws, rows, e)) return false;
    double value = sqrt(fmax(0, g->raw - g->noise[0] - g->noise[1]));
    recipe r = recipe_draws(draws, b.replicates, (double)least, 1, 0, M_SQRT2);
    r.method = "bootstrap-blocks";
    figures_add(f, "maximum_mean_discrepancy", value, (int64_t)rows[1], (str){0}, r);
    figures_note(f,
                 "maximum_mean_discrepancy: %zu columns jointly, %zu rows of the reference and "
                 "%zu of the data, %d random Fourier features",
                 g->n, rows[0], rows[1], DRIFT_FEATURES);
    return true;
}
