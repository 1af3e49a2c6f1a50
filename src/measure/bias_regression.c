/* bias_regression.c - the bias test of a numeric prediction: group means, errors and their gaps. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/bias.h"
#include <math.h>

enum { MEAN_PREDICTION, MEAN_ERROR, MAE, RMSE, MEASURES };
static const char *const ids[MEASURES] = {"mean_prediction", "mean_error", "mae", "rmse"};
static const char *const gap_ids[MEASURES] = {"mean_prediction_difference", "mean_error_difference",
                                              "mae_difference", "rmse_difference"};

/* Per group of every view: the mean and standard error behind each measure (RMSE: of the square).
 */
struct means {
    const figures *f;
    const groups *g;
    moments *at;    /* [group of all views][MEASURES] */
    uint8_t *marks; /* the same of span_candidates, over the judged groups of a view */
};

static moments *joint_moments(const sample *s, arena *a)
{
    moments *m = arena_new(a, moments, s->g.n_joint * MEASURES);
    for (size_t r = 0; r < s->rows; r++) {
        moments *to = m + (size_t)(s->g.joint ? s->g.joint[r] : 0) * MEASURES;
        double miss = s->yhat[r] - s->y[r];
        moments_add(&to[MEAN_PREDICTION], s->yhat[r]);
        moments_add(&to[MEAN_ERROR], miss);
        moments_add(&to[MAE], fabs(miss));
        moments_add(&to[RMSE], miss * miss);
    }
    return m;
}

static double measure_value(size_t measure, double mean)
{
    if (measure != RMSE) return mean;
    return mean < 0 ? 0 : sqrt(mean); /* what is not defined stays so */
}

/* By the delta method for a root. */
static double measure_error(size_t measure, moments m)
{
    return measure == RMSE && m.mean > 0 ? moments_se(m) / (2 * sqrt(m.mean)) : moments_se(m);
}

/* Groups that may be an end of a measure's span; small groups, which are not judged, never are. */
static void mark(struct means *c)
{
    const moments *m = c->at;
    uint8_t *to = c->marks;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        double *value = arena_new(c->f->a, double, v->n_groups *MEASURES);
        double *error = arena_new(c->f->a, double, v->n_groups *MEASURES);
        for (size_t j = 0; j < v->n_groups * MEASURES; j++, m++) {
            bool small = figures_small(c->f, v, j / MEASURES);
            value[j] = small ? NAN : measure_value(j % MEASURES, m->mean);
            error[j] = measure_error(j % MEASURES, *m);
        }
        for (size_t k = 0; k < MEASURES; k++)
            span_candidates(value + k, error + k, v->n_groups, MEASURES, to + k);
        to += v->n_groups * MEASURES;
    }
}

static struct means means_make(const figures *f, const sample *s)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < s->g.n_views; i++)
        n += s->g.views[i].n_groups;
    struct means c = {f, &s->g, arena_new(f->a, moments, n * MEASURES),
                      arena_new(f->a, uint8_t, n * MEASURES)};
    moments *joint = joint_moments(s, f->a);
    for (size_t i = 0; i < s->g.n_views; i++) {
        const view *v = &s->g.views[i];
        for (size_t j = 0; j < s->g.n_joint; j++)
            for (size_t k = 0; k < MEASURES; k++)
                moments_merge(&c.at[(at + (size_t)v->group_of[j]) * MEASURES + k],
                              joint[j * MEASURES + k]);
        at += v->n_groups;
    }
    mark(&c);
    return c;
}

/* Gaps of every view and measure, each with its slack beside it; with r, of one normal draw
 * around each group's mean. */
static void gaps(const struct means *c, rng *r, double *ret)
{
    const moments *m = c->at;
    const uint8_t *marked = c->marks;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        span s[MEASURES], off[MEASURES];
        for (size_t k = 0; k < MEASURES; k++) {
            span_open(&s[k]);
            span_open(&off[k]);
        }
        for (size_t j = 0; j < v->n_groups; j++, m += MEASURES, marked += MEASURES)
            for (size_t k = 0; k < MEASURES && !figures_small(c->f, v, j); k++) {
                double noise = r ? rng_normal(r) * moments_se(m[k]) : 0;
                double x = measure_value(k, m[k].mean + noise);
                span_add(&s[k], x);
                span_add_to(&off[k], marked[k], x - measure_value(k, m[k].mean));
            }
        bool enough = figures_judged(c->f, v) > 1;
        for (size_t k = 0; k < MEASURES; k++) {
            *ret++ = enough ? span_gap(s[k]) : NAN;
            *ret++ = enough ? span_gap(off[k]) : NAN;
        }
    }
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    (void)scratch;
    gaps(ctx, r, ret);
}

static recipe mean_recipe(size_t k, moments m)
{
    return k == RMSE ? recipe_root(m) : recipe_mean(m, k == MAE ? 0 : -INFINITY, INFINITY);
}

static void add_means(figures *f, const struct means *c)
{
    const moments *m = c->at;
    for (size_t i = 0; i < c->g->n_views; i++) {
        const view *v = &c->g->views[i];
        for (size_t j = 0; j < v->n_groups; j++, m += MEASURES) {
            str slice = groups_slice(c->g, v, j, (str){0}, (str){0}, f->a);
            for (size_t k = 0; k < MEASURES; k++)
                figures_add(f, ids[k], measure_value(k, m[k].mean), v->rows[j], slice,
                            mean_recipe(k, m[k]))
                    ->small = figures_small(f, v, j);
        }
    }
}

bool bias_regression(figures *f, const sample *s, const measure_input *in, err *e)
{
    struct means c = means_make(f, s);
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = s->g.n_views * MEASURES * 2,
              .seed = f->plan->seed,
              .stream = 1,
              .to = 1,
              .replicate = replicate,
              .ctx = &c};
    double *draws, *value = arena_new(f->a, double, b.n_stats);
    gaps(&c, NULL, value);
    if (!boot_run(&b, in, &draws, f->a, e)) return false;
    add_means(f, &c);
    const uint8_t *marked = c.marks + s->g.views[0].n_groups * MEASURES;
    for (size_t i = 1; i < s->g.n_views; marked += s->g.views[i++].n_groups * MEASURES)
        for (size_t k = 0; k < MEASURES; k++) {
            size_t at = (i * MEASURES + k) * 2;
            int lean = span_contested(marked + k, s->g.views[i].n_groups, MEASURES);
            recipe r = recipe_draws(draws + at * b.replicates, b.replicates, 0, lean, 0, INFINITY);
            r.slack = draws + (at + 1) * b.replicates;
            r.method = "bootstrap-normal";
            figures_add_between(f, gap_ids[k], value[at], &s->g.views[i], (str){0}, (str){0}, r);
        }
    return true;
}
