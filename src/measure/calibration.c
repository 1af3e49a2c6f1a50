/* calibration.c - expected calibration error of scores, per group, with its bootstrap. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/rates.h"
#include "measure/score.h"
#include <math.h>

enum { PARTS = 4, FINE = CALIBRATION_BINS * PARTS, CELLS = FINE * 2 };

/* Counts by joint group, part of a bin and truth; `miss` = mean of (score - truth) in a cell. */
struct calibration {
    const figures *f;
    const groups *g;
    int64_t *count;
    double *miss;
    double *base;    /* sums of the bins of every group of every view, as measured */
    size_t n_groups; /* of all views together */
};

/* The bins of numpy.linspace(0, 1, 11), closed on the right. */
static size_t bin_of(double p)
{
    size_t b = 0;
    while (b + 1 < CALIBRATION_BINS && p > (double)(b + 1) * 0.1)
        b++;
    return b;
}

static size_t cell_of(double p, int32_t truth)
{
    size_t b = bin_of(p);
    double within = (p - (double)b * 0.1) * 10 * (double)PARTS;
    size_t part = within <= 0 ? 0 : within >= (double)PARTS ? PARTS - 1 : (size_t)within;
    return (b * PARTS + part) * 2 + (size_t)truth;
}

static void count_cells(struct calibration *c, const sample *s)
{
    for (size_t r = 0; r < s->rows; r++) {
        size_t j = s->g.joint ? (size_t)s->g.joint[r] : 0;
        size_t k = j * CELLS + cell_of(s->score[r], s->truth[r]);
        c->count[k]++;
        c->miss[k] += s->score[r] - s->truth[r];
    }
    for (size_t k = 0; k < s->g.n_joint * CELLS; k++)
        if (c->count[k]) c->miss[k] /= (double)c->count[k];
}

static double error_of(const double miss[CALIBRATION_BINS], int64_t rows)
{
    double sum = 0;
    for (size_t b = 0; b < CALIBRATION_BINS; b++)
        sum += fabs(miss[b]);
    return sum / (double)rows;
}

/* By the triangle inequality no error moves further than its bins together. */
static double moved(const double *miss, const double *base, int64_t rows)
{
    double sum = 0;
    for (size_t b = 0; b < CALIBRATION_BINS; b++)
        sum += fabs(miss[b] - base[b]);
    return sum / (double)rows;
}

/* Sums of the bins of the groups of one view; `bins` is room for n_groups x CALIBRATION_BINS. */
static void view_bins(const struct calibration *c, const view *v, const int64_t *count,
                      double *bins)
{
    memset(bins, 0, v->n_groups * CALIBRATION_BINS * sizeof *bins);
    for (size_t j = 0; j < c->g->n_joint; j++) {
        double *to = bins + (size_t)v->group_of[j] * CALIBRATION_BINS;
        for (size_t k = 0; k < CELLS; k++)
            to[k / (2 * PARTS)] += (double)count[j * CELLS + k] * c->miss[j * CELLS + k];
    }
}

static double view_gap(const figures *f, const view *v, const double *errors)
{
    span s;
    size_t n = 0;
    span_open(&s);
    for (size_t k = 0; k < v->n_groups; k++)
        if (!figures_small(f, v, k)) {
            span_add(&s, errors[k]);
            n++;
        }
    return n > 1 ? span_gap(s) : NAN;
}

/* A gap lies between two errors: it moves no further than the two that move most. */
static double two_largest(const double *slack, size_t n)
{
    double first = 0, second = 0;
    for (size_t k = 0; k < n; k++) {
        second = fmax(second, fmin(first, slack[k]));
        first = fmax(first, slack[k]);
    }
    return first + second;
}

/* ret: the errors of every group of every view, the gap of every view, then how far each of
 * these may have moved from what was measured. */
static void all_errors(const struct calibration *c, const int64_t *count, double *bins, double *ret)
{
    size_t at = 0;
    double *slack = ret + c->n_groups + c->g->n_views;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        view_bins(c, v, count, bins);
        for (size_t k = 0; k < v->n_groups; k++) {
            const double *own = bins + k * CALIBRATION_BINS;
            ret[at + k] = error_of(own, v->rows[k]);
            slack[at + k] = moved(own, c->base + (at + k) * CALIBRATION_BINS, v->rows[k]);
        }
        ret[c->n_groups + i] = view_gap(c->f, v, ret + at);
        slack[c->n_groups + i] = two_largest(slack + at, v->n_groups);
        at += v->n_groups;
    }
}

static void keep_base(struct calibration *c)
{
    size_t at = 0;
    for (size_t i = 0; i < c->g->n_views; at += c->g->views[i++].n_groups)
        view_bins(c, &c->g->views[i], c->count, c->base + at * CALIBRATION_BINS);
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct calibration *c = ctx;
    int64_t *count = scratch;
    double *bins = (void *)(count + c->g->n_joint * CELLS);
    for (size_t j = 0; j < c->g->n_joint; j++)
        rng_multinomial(r, c->count + j * CELLS, CELLS, count + j * CELLS);
    all_errors(c, count, bins, ret);
}

/* Draws of statistic `at` of `all`, each with how far it may have moved. */
static recipe leaning(double *draws, size_t at, size_t all, size_t n, double least)
{
    recipe r = recipe_draws(draws + at * n, n, least, 1, 0, 1);
    r.slack = draws + (all + at) * n;
    return r;
}

static void emit(figures *f, const struct calibration *c, const double *value, double *draws,
                 size_t n, bool gap)
{
    size_t at = 0, all = c->n_groups + c->g->n_views;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        for (size_t k = 0; k < v->n_groups; k++, at++) {
            str slice = groups_slice(c->g, v, k, (str){0}, (str){0}, f->a);
            figure *x = figures_add(f, "calibration_error", value[at], v->rows[k], slice,
                                    leaning(draws, at, all, n, (double)v->rows[k]));
            x->small = figures_small(f, v, k);
        }
    }
    for (size_t i = 1; gap && i < c->g->n_views; i++)
        figures_add_between(f, "calibration_error_difference", value[at + i], &c->g->views[i],
                            (str){0}, (str){0}, leaning(draws, at + i, all, n, 0));
}

bool score_calibration(figures *f, const sample *s, const measure_input *in, bool gap, err *e)
{
    struct calibration c = {.f = f,
                            .g = &s->g,
                            .count = arena_new(f->a, int64_t, s->g.n_joint * CELLS),
                            .miss = arena_new(f->a, double, s->g.n_joint *CELLS)};
    for (size_t i = 0; i < s->g.n_views; i++)
        c.n_groups += s->g.views[i].n_groups;
    c.base = arena_new(f->a, double, c.n_groups *CALIBRATION_BINS);
    count_cells(&c, s);
    keep_base(&c);
    size_t n_bins = s->g.n_joint * CALIBRATION_BINS;
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = 2 * (c.n_groups + s->g.n_views),
              .scratch_bytes = s->g.n_joint * CELLS * sizeof(int64_t) + n_bins * sizeof(double),
              .seed = f->plan->seed,
              .stream = 2,
              .from = 0.5,
              .to = 1,
              .replicate = replicate,
              .ctx = &c};
    double *draws, *value = arena_new(f->a, double, b.n_stats);
    all_errors(&c, c.count, arena_new(f->a, double, n_bins), value);
    if (!boot_run(&b, in, &draws, f->a, e)) return false;
    emit(f, &c, value, draws, b.replicates, gap);
    figures_note(f,
                 "calibration_error: %d bins of equal width; it is never below 0, so chance "
                 "alone makes it positive in small samples: its interval reaches down by what the "
                 "bins may have moved",
                 CALIBRATION_BINS);
    return true;
}
