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

/* Errors of the groups of one view; `bins` is room for n_groups x CALIBRATION_BINS. */
static void view_errors(const struct calibration *c, const view *v, const int64_t *count,
                        double *bins, double *ret)
{
    memset(bins, 0, v->n_groups * CALIBRATION_BINS * sizeof *bins);
    for (size_t j = 0; j < c->g->n_joint; j++) {
        double *to = bins + (size_t)v->group_of[j] * CALIBRATION_BINS;
        for (size_t k = 0; k < CELLS; k++)
            to[k / (2 * PARTS)] += (double)count[j * CELLS + k] * c->miss[j * CELLS + k];
    }
    for (size_t k = 0; k < v->n_groups; k++)
        ret[k] = error_of(bins + k * CALIBRATION_BINS, v->rows[k]);
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

/* ret: the errors of every group of every view, then the gap of every view. */
static void all_errors(const struct calibration *c, const int64_t *count, double *bins, double *ret)
{
    size_t at = 0;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        view_errors(c, v, count, bins, ret + at);
        ret[c->n_groups + i] = view_gap(c->f, v, ret + at);
        at += v->n_groups;
    }
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

static void emit(figures *f, const struct calibration *c, const double *value, double *draws,
                 size_t n, bool gap)
{
    size_t at = 0;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        for (size_t k = 0; k < v->n_groups; k++, at++) {
            str slice = groups_slice(c->g, v, k, (str){0}, (str){0}, f->a);
            figure *x = figures_add(f, "calibration_error", value[at], v->rows[k], slice,
                                    recipe_draws(draws + at * n, n, (double)v->rows[k], 1, 0, 1));
            x->small = figures_small(f, v, k);
        }
    }
    for (size_t i = 1; gap && i < c->g->n_views; i++)
        figures_add_between(f, "calibration_error_difference", value[at + i], &c->g->views[i],
                            (str){0}, (str){0}, recipe_draws(draws + (at + i) * n, n, 0, 1, 0, 1));
}

bool score_calibration(figures *f, const sample *s, const measure_input *in, bool gap, err *e)
{
    struct calibration c = {.f = f,
                            .g = &s->g,
                            .count = arena_new(f->a, int64_t, s->g.n_joint * CELLS),
                            .miss = arena_new(f->a, double, s->g.n_joint *CELLS)};
    for (size_t i = 0; i < s->g.n_views; i++)
        c.n_groups += s->g.views[i].n_groups;
    count_cells(&c, s);
    size_t n_bins = s->g.n_joint * CALIBRATION_BINS;
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = c.n_groups + s->g.n_views,
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
                 "alone makes it positive in small samples",
                 CALIBRATION_BINS);
    return true;
}
