/* bias_draws.c - the disparities of one table of counts, and of its bootstrap replicates. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/bias.h"
#include <math.h>

/* Over the judged groups, per rate: the rate itself; and over those that may be an end of the span,
 * its distance from the observed one and the logarithm of their quotient. */
typedef struct spreads {
    span rate[RATES], off[RATES], factor[RATES];
} spreads;

double bias_accuracy(const int64_t *m, size_t n)
{
    fraction x = {0, 0};
    for (size_t i = 0; i < n * n; i++) {
        x.n += m[i];
        x.k += i / n == i % n ? m[i] : 0;
    }
    return fraction_value(x);
}

/* Rates of every class of one group, [class][rate], or what else `of` makes of their fractions;
 * accuracy is that of all classes together. */
static void group_rates(const bias_plan *b, const int64_t *m, double (*of)(fraction), double *ret)
{
    margins s;
    margins_of(m, b->s->n_classes, &s);
    for (size_t c = 0; c < b->n_classes; c++, ret += RATES) {
        tally t = margins_tally(&s, m, b->s->n_classes, b->first + c);
        for (rate r = 0; r < RATES; r++)
            ret[r] = of(rate_of(r, t));
        ret[RATE_ACCURACY] = of((fraction){s.hits, s.all});
    }
}

/* Observed rates or their errors, [group][class][rate] for every view in turn. */
static double *observed(const bias_plan *b, double (*of)(fraction), arena *a)
{
    const groups *g = &b->s->g;
    size_t width = b->s->n_classes * b->s->n_classes, n = 0;
    for (size_t i = 0; i < g->n_views; i++)
        n += g->views[i].n_groups;
    double *ret = arena_new(a, double, n * b->n_classes * RATES), *to = ret;
    int64_t *sums = arena_new(a, int64_t, g->n_joint * width);
    for (size_t i = 0; i < g->n_views; i++) {
        sample_sum(g, &g->views[i], b->cells, width, sums);
        for (size_t k = 0; k < g->views[i].n_groups; k++, to += b->n_classes * RATES)
            group_rates(b, sums + k * width, of, to);
    }
    return ret;
}

/* Groups that may be an end of a rate's span; small groups, which are not judged, never are. */
static uint8_t *marks(const bias_plan *b, const double *rates, arena *a)
{
    const groups *g = &b->s->g;
    size_t step = b->n_classes * RATES, n = 0;
    for (size_t i = 0; i < g->n_views; i++)
        n += g->views[i].n_groups;
    double *value = arena_new(a, double, n *step), *error = observed(b, fraction_error, a);
    uint8_t *ret = arena_new(a, uint8_t, n * step);
    for (size_t i = 0, at = 0; i < g->n_views; at += g->views[i++].n_groups * step) {
        const view *v = &g->views[i];
        for (size_t k = 0; k < v->n_groups * step; k++)
            value[at + k] = figures_small(b->f, v, k / step) ? NAN : rates[at + k];
        for (size_t k = 0; k < step; k++)
            span_candidates(value + at + k, error + at + k, v->n_groups, step, ret + at + k);
    }
    return ret;
}

bias_plan bias_plan_of(const figures *f, const sample *s, const int64_t *cells)
{
    bool binary = s->task == TASK_BINARY;
    bias_plan b = {.f = f,
                   .s = s,
                   .cells = cells,
                   .n_classes = binary ? 1 : s->n_classes,
                   .first = binary ? 1 : 0,
                   .slots = binary ? 1 : s->n_classes + 1};
    b.n_stats = s->g.n_views * b.slots * BIAS_SLOT;
    double *rates = observed(&b, fraction_value, f->a);
    b.observed = rates;
    b.marks = marks(&b, rates, f->a);
    return b;
}

static double log_quotient(double x, double y)
{
    return isnan(x) || !(y > 0) ? NAN : log(fmax(x, 1e-300) / y);
}

static void spreads_open(spreads *s)
{
    for (rate r = 0; r < RATES; r++) {
        span_open(&s->rate[r]);
        span_open(&s->off[r]);
        span_open(&s->factor[r]);
    }
}

static void spreads_add(spreads *s, const double is[RATES], const double was[RATES],
                        const uint8_t mark[RATES])
{
    for (rate r = 0; r < RATES; r++) {
        span_add(&s->rate[r], is[r]);
        span_add_to(&s->off[r], mark[r], is[r] - was[r]);
        span_add_to(&s->factor[r], mark[r], log_quotient(is[r], was[r]));
    }
}

/* One spreads for each class. */
static void class_spreads(const bias_plan *b, const view *v, const int64_t *sums,
                          const double *base, const uint8_t *mark, spreads *ret)
{
    size_t width = b->s->n_classes * b->s->n_classes, step = b->n_classes * RATES;
    double is[RATES_CLASSES * RATES];
    for (size_t c = 0; c < b->n_classes; c++)
        spreads_open(&ret[c]);
    for (size_t k = 0; k < v->n_groups; k++) {
        if (figures_small(b->f, v, k)) continue;
        group_rates(b, sums + k * width, fraction_value, is);
        for (size_t c = 0; c < b->n_classes; c++)
            spreads_add(&ret[c], is + c * RATES, base + k * step + c * RATES,
                        mark + k * step + c * RATES);
    }
}

static double larger_gap(const disparity *d, const span s[RATES])
{
    return fmax(span_gap(s[d->a]), span_gap(s[d->b]));
}

/* How far chance can have pushed the figure away from its truth, at most: the observed largest
 * and smallest rates are off by no more than the errors of those that may be largest and smallest.
 */
static double slack_of(const disparity *d, const spreads *s)
{
    switch (d->form) {
    case FORM_RATIO:
        return larger_gap(d, s->factor);
    case FORM_WORST:
        return -s->off[d->a].lo;
    case FORM_GAP:
    case FORM_MEAN_GAP:
        break;
    }
    return disparity_of(d, s->off);
}

/* The worst class speaks for all: the largest gap, the smallest ratio, the largest slack. */
static void fold(const bias_plan *b, double *slots)
{
    double *all = slots + b->n_classes * BIAS_SLOT;
    for (size_t d = 0; d < BIAS_SLOT; d++) {
        bool most = d >= DISPARITIES || disparity_is_gap(&disparities[d]);
        all[d] = NAN;
        for (size_t c = 0; c < b->n_classes; c++)
            all[d] = most ? fmax(all[d], slots[c * BIAS_SLOT + d])
                          : fmin(all[d], slots[c * BIAS_SLOT + d]);
    }
}

static void view_disparities(const bias_plan *b, const view *v, const int64_t *sums,
                             const double *base, const uint8_t *mark, double *ret)
{
    bool enough = figures_judged(b->f, v) > 1;
    spreads all[RATES_CLASSES];
    class_spreads(b, v, sums, base, mark, all);
    for (size_t c = 0; c < b->n_classes; c++) {
        double *slot = ret + c * BIAS_SLOT;
        for (size_t d = 0; d < DISPARITIES; d++) {
            slot[d] = enough ? disparity_of(&disparities[d], all[c].rate) : NAN;
            slot[DISPARITIES + d] = enough ? slack_of(&disparities[d], &all[c]) : NAN;
        }
    }
    if (b->slots > 1) fold(b, ret);
}

bool bias_contested(const bias_plan *b, size_t view_at, size_t slot, const disparity *d)
{
    const groups *g = &b->s->g;
    const uint8_t *mark = b->marks;
    size_t step = b->n_classes * RATES;
    for (size_t i = 0; i < view_at; i++)
        mark += g->views[i].n_groups * step;
    if (slot >= b->n_classes || (d->a != d->b && d->form != FORM_MEAN_GAP)) return true;
    mark += slot * RATES;
    return span_contested(mark + d->a, g->views[view_at].n_groups, step) ||
           span_contested(mark + d->b, g->views[view_at].n_groups, step);
}

void bias_stats(const bias_plan *b, const int64_t *cells, int64_t *sums, double *ret)
{
    const groups *g = &b->s->g;
    const double *base = b->observed;
    const uint8_t *mark = b->marks;
    size_t width = b->s->n_classes * b->s->n_classes;
    for (size_t i = 0; i < g->n_views; i++) {
        sample_sum(g, &g->views[i], cells, width, sums);
        if (i > 0)
            view_disparities(b, &g->views[i], sums, base, mark, ret + i * b->slots * BIAS_SLOT);
        base += g->views[i].n_groups * b->n_classes * RATES;
        mark += g->views[i].n_groups * b->n_classes * RATES;
    }
}

void bias_replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const bias_plan *b = ctx;
    size_t width = b->s->n_classes * b->s->n_classes, joint = b->s->g.n_joint;
    int64_t *cells = scratch;
    for (size_t j = 0; j < joint; j++)
        rng_multinomial(r, b->cells + j * width, width, cells + j * width);
    bias_stats(b, cells, cells + joint * width, ret);
}
