/* bias.c - kind bias_fairness_test: how differently groups are treated, with intervals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/bias.h"
#include "measure/kinds.h"
#include "measure/score.h"
#include <math.h>

const char *const bias_metrics[] = {"selection_rate",
                                    "base_rate",
                                    "accuracy",
                                    "true_positive_rate",
                                    "false_positive_rate",
                                    "false_negative_rate",
                                    "true_negative_rate",
                                    "positive_predictive_value",
                                    "negative_predictive_value",
                                    "demographic_parity_difference",
                                    "demographic_parity_ratio",
                                    "equal_opportunity_difference",
                                    "equal_opportunity_ratio",
                                    "equalized_odds_difference",
                                    "equalized_odds_ratio",
                                    "average_odds_difference",
                                    "predictive_parity_difference",
                                    "predictive_parity_ratio",
                                    "false_positive_rate_difference",
                                    "false_positive_rate_ratio",
                                    "false_negative_rate_difference",
                                    "false_negative_rate_ratio",
                                    "accuracy_difference",
                                    "accuracy_ratio",
                                    "worst_group_accuracy",
                                    "generalized_entropy_index",
                                    "theil_index",
                                    "calibration_error",
                                    "calibration_error_difference",
                                    "mean_prediction",
                                    "mean_error",
                                    "mae",
                                    "rmse",
                                    "mean_prediction_difference",
                                    "mean_error_difference",
                                    "mae_difference",
                                    "rmse_difference",
                                    NULL};

/* Label and value of the class a slot is about; absent for the only or the folded one. */
static void slot_class(const bias_plan *b, size_t slot, str *label, str *cls)
{
    bool one = b->slots > 1 && slot < b->n_classes;
    *label = one ? b->f->plan->label : (str){0};
    *cls = one ? b->s->classes[slot] : (str){0};
}

/* The smallest denominator of a disparity's rates, over the judged groups and its classes. */
static double thinnest(const bias_plan *b, const view *v, const int64_t *sums, size_t slot,
                       const disparity *d)
{
    size_t n = b->s->n_classes, from = slot < b->n_classes ? slot : 0;
    size_t to = slot < b->n_classes ? slot + 1 : b->n_classes;
    double least = INFINITY;
    for (size_t k = 0; k < v->n_groups; k++)
        for (size_t c = from; c < to && !figures_small(b->f, v, k); c++) {
            tally t = tally_of(sums + k * n * n, n, b->first + c);
            int64_t x = rate_of(d->a, t).n, y = rate_of(d->b, t).n;
            least = x > 0 ? fmin(least, (double)x) : least;
            least = y > 0 ? fmin(least, (double)y) : least;
        }
    return isfinite(least) ? least : 0;
}

/* What a disparity's interval is made of; it leans where chance can have pushed it. */
static recipe disparity_recipe(const disparity *d, bool contested, double *draws, size_t n,
                               double least)
{
    int lean = disparity_is_gap(d) ? 1 : -1;
    recipe r = recipe_draws(draws, n, least, contested ? lean : 0, 0, 1);
    r.slack = draws + DISPARITIES * n;
    r.slack_is_factor = d->form == FORM_RATIO;
    return r;
}

static void add_disparities(figures *f, const bias_plan *b, size_t view_at, const double *value,
                            double *draws, size_t n)
{
    const view *v = &b->s->g.views[view_at];
    size_t width = b->s->n_classes * b->s->n_classes;
    int64_t *sums = arena_new(f->a, int64_t, v->n_groups * width);
    sample_sum(&b->s->g, v, b->cells, width, sums);
    for (size_t c = 0; c < b->slots; c++) {
        str label, cls;
        slot_class(b, c, &label, &cls);
        for (size_t i = 0; i < DISPARITIES; i++) {
            const disparity *d = &disparities[i];
            size_t at = (view_at * b->slots + c) * BIAS_SLOT + i;
            if (label.p && d->a == RATE_ACCURACY) continue;
            recipe r = disparity_recipe(d, bias_contested(b, view_at, c, d), draws + at * n, n,
                                        thinnest(b, v, sums, c, d));
            figures_add_between(f, d->id, value[at], v, label, cls, r);
        }
    }
}

static void add_group_rates(figures *f, const bias_plan *b, const view *v, size_t k,
                            const int64_t *m)
{
    bool small = figures_small(f, v, k);
    for (size_t c = 0; c < b->n_classes; c++) {
        str label, cls;
        slot_class(b, c, &label, &cls);
        str slice = groups_slice(&b->s->g, v, k, label, cls, f->a);
        tally t = tally_of(m, b->s->n_classes, b->first + c);
        for (rate r = 0; r < RATES; r++) {
            fraction x = rate_of(r, t);
            if (r != RATE_ACCURACY || !label.p)
                figures_add(f, rate_defs[r].id, fraction_value(x), x.n, slice,
                            recipe_wilson((double)x.k, (double)x.n))
                    ->small = small;
        }
    }
    if (b->slots > 1) {
        double acc = bias_accuracy(m, b->s->n_classes), n = (double)v->rows[k];
        str slice = groups_slice(&b->s->g, v, k, (str){0}, (str){0}, f->a);
        figures_add(f, "accuracy", acc, v->rows[k], slice, recipe_wilson(round(acc * n), n))
            ->small = small;
    }
}

static void add_rates(figures *f, const bias_plan *b)
{
    size_t width = b->s->n_classes * b->s->n_classes;
    int64_t *sums = arena_new(f->a, int64_t, b->s->g.n_joint * width);
    for (size_t i = 0; i < b->s->g.n_views; i++) {
        const view *v = &b->s->g.views[i];
        sample_sum(&b->s->g, v, b->cells, width, sums);
        for (size_t k = 0; k < v->n_groups; k++)
            add_group_rates(f, b, v, k, sums + k * width);
    }
}

static bool add_resampled(figures *f, const bias_plan *b, const measure_input *in, err *e)
{
    size_t bytes = b->s->g.n_joint * b->s->n_classes * b->s->n_classes * sizeof(int64_t);
    boot run = {.replicates = (size_t)f->plan->resamples,
                .n_stats = b->n_stats,
                .scratch_bytes = 2 * bytes,
                .seed = f->plan->seed,
                .stream = 1,
                .to = 0.5,
                .replicate = bias_replicate,
                .ctx = b};
    double *draws, *value = arena_new(f->a, double, b->n_stats);
    bias_stats(b, b->cells, arena_alloc(f->a, bytes, 64), value);
    if (!boot_run(&run, in, &draws, f->a, e)) return false;
    for (size_t i = 1; i < b->s->g.n_views; i++)
        add_disparities(f, b, i, value, draws, run.replicates);
    return true;
}

/* ---- inequality of benefits ---- */

typedef struct inequality {
    const char *id;
    double (*value)(tally), (*error)(tally), (*most)(double share);
    double rows;
} inequality;

/* Where all benefits are the same, up to Wilson's bound may differ unseen. */
static interval of_none(const void *ctx, double confidence)
{
    const inequality *x = ctx;
    return (interval){0, x->most(stat_wilson(0, x->rows, confidence).hi)};
}

static void add_inequality(figures *f, const bias_plan *b)
{
    static const inequality all[] = {
        {"generalized_entropy_index", entropy_two,   entropy_two_error,   entropy_two_most,   0},
        {"theil_index",               entropy_theil, entropy_theil_error, entropy_theil_most, 0},
    };
    int64_t counts[4];
    sample_sum(&b->s->g, &b->s->g.views[0], b->cells, COUNT(counts), counts);
    tally t = tally_of(counts, 2, 1);
    for (size_t k = 0; k < COUNT(all); k++) {
        inequality *x = arena_new(f->a, inequality, 1);
        *x = all[k];
        x->rows = (double)b->s->rows;
        double value = x->value(t), se = x->error(t);
        recipe r = {.kind = RECIPE_LOG, .method = "delta-log", .se = se};
        if (!(value > 0) || !(se > 0))
            r = (recipe){.kind = RECIPE_OWN, .method = "wilson-unseen", .make = of_none, .ctx = x};
        figures_add(f, x->id, value, (int64_t)b->s->rows, (str){0}, r);
    }
}

/* A rate that few rows stand behind makes every disparity upon it doubtful: say which. */
static void note_thin_rates(figures *f, const bias_plan *b)
{
    const view *v = &b->s->g.views[b->s->g.n_views - 1];
    static const rate used[] = {RATE_TPR, RATE_FPR, RATE_PPV};
    for (size_t k = 0; k < v->n_groups && b->slots == 1; k++) {
        tally t = tally_of(b->cells + v->sample[k] * 4, 2, 1);
        str slice = groups_slice(&b->s->g, v, k, (str){0}, (str){0}, f->a);
        for (size_t i = 0; i < COUNT(used) && !figures_small(f, v, k); i++) {
            fraction x = rate_of(used[i], t);
            if (x.n > 0 && (x.k == 0 || x.k == x.n))
                figures_note(f,
                             "%s of %.*s is exactly %d, which resampling cannot vary: see its "
                             "own interval",
                             rate_defs[used[i]].id, STR_ARG(slice), x.k > 0);
            if (x.n < f->plan->min_group)
                figures_note(f, "%s of %.*s rests on %lld rows%s", rate_defs[used[i]].id,
                             STR_ARG(slice), (long long)x.n,
                             x.n ? "" : ": undefined, and passed over in its disparities");
        }
    }
}

static void note_worst(figures *f, const bias_plan *b)
{
    const view *v = &b->s->g.views[b->s->g.n_views - 1];
    size_t n = b->s->n_classes, worst = v->n_groups;
    double least = INFINITY;
    for (size_t k = 0; k < v->n_groups; k++) {
        double x = bias_accuracy(b->cells + v->sample[k] * n * n, n);
        if (!figures_small(f, v, k) && x < least) {
            least = x;
            worst = k;
        }
    }
    if (worst < v->n_groups) {
        str slice = groups_slice(&b->s->g, v, worst, (str){0}, (str){0}, f->a);
        figures_note(f, "worst group by accuracy: %.*s with %.4f", STR_ARG(slice), least);
    }
}

static void note_method(figures *f)
{
    figures_note(f, "disparities: largest minus smallest, or smallest over largest, over the "
                    "judged groups; a gap is never below 0, so chance alone makes it positive, "
                    "the more so the more and the smaller the groups: its interval is the "
                    "percentile one; where more than one group may be an end, with the lower end "
                    "not above the gap minus the range of those groups' resampling errors");
    figures_note(f, "resampling keeps the size of each group (of each intersection, when several "
                    "attributes are named): independent multinomial draws over truth x "
                    "prediction; type-7 quantiles");
    if (figures_judged(f, &f->g->views[f->g->n_views - 1]) < 2)
        figures_note(f, "fewer than two groups are large enough: disparities are undefined");
}

static bool classification(figures *f, const sample *s, const measure_input *in,
                           measure_result *ret, err *e)
{
    if (!cells_fit(s, e)) return false;
    bias_plan b = bias_plan_of(f, s, sample_cells(s, f->a));
    ret->tables = confusion_table(s, b.cells, f->a);
    add_rates(f, &b);
    note_thin_rates(f, &b);
    note_worst(f, &b);
    if (!add_resampled(f, &b, in, e)) return false;
    if (s->task == TASK_BINARY) add_inequality(f, &b);
    return !s->score || !s->probability || score_calibration(f, s, in, true, e);
}

static const char *const references[] = {
    "Hardt, Price & Srebro, Equality of opportunity in supervised learning, NeurIPS (2016)",
    "29 CFR 1607.4 D, Uniform Guidelines on Employee Selection Procedures (four-fifths rule)",
    "Hall, On the removal of skewness by transformation, J. R. Statist. Soc. B 54 (1992)",
    "Speicher et al., A unified approach to quantifying algorithmic unfairness, KDD (2018)",
    "Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)",
    "Efron & Tibshirani, An Introduction to the Bootstrap (1993)",
    "Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC (2011)",
    NULL};

bool bias_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a, err *e)
{
    sample s;
    if (!sample_make(p, in, &s, a, e)) return false;
    figures f = figures_open(p, &s.g, a);
    ret->method = str_fmt(a, "group fairness of %s predictions", sample_task_names[s.task]);
    ret->references = references;
    figures_note_small(&f);
    note_method(&f);
    bool ok = s.task == TASK_REGRESSION ? bias_regression(&f, &s, in, e)
                                        : classification(&f, &s, in, ret, e);
    return ok && figures_judge(&f, ret, e);
}
