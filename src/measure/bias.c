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

bias_plan bias_plan_of(const figures *f, const sample *s, const int64_t *cells)
{
    bool binary = s->task == TASK_BINARY;
    return (bias_plan){.f = f,
                       .s = s,
                       .cells = cells,
                       .n_classes = binary ? 1 : s->n_classes,
                       .first = binary ? 1 : 0,
                       .slots = binary ? 1 : s->n_classes + 1,
                       .n_stats = s->g.n_views * (binary ? 1 : s->n_classes + 1) * DISPARITIES +
                                  (binary ? 2 : 0)};
}

static bool is_accuracy(const disparity *d)
{
    return d->a == RATE_ACCURACY;
}

/* Accuracy of all classes together, which for two classes is that of either. */
static double accuracy_of(const int64_t *m, size_t n)
{
    fraction x = {0, 0};
    for (size_t i = 0; i < n * n; i++) {
        x.n += m[i];
        x.k += i / n == i % n ? m[i] : 0;
    }
    return fraction_value(x);
}

static void class_spans(const bias_plan *b, const view *v, const int64_t *sums, size_t cls,
                        span spans[RATES])
{
    size_t n = b->s->n_classes;
    for (rate r = 0; r < RATES; r++)
        span_open(&spans[r]);
    for (size_t k = 0; k < v->n_groups; k++) {
        if (figures_small(b->f, v, k)) continue;
        const int64_t *m = sums + k * n * n;
        tally t = tally_of(m, n, cls);
        for (rate r = 0; r < RATES; r++)
            span_add(&spans[r],
                     r == RATE_ACCURACY ? accuracy_of(m, n) : fraction_value(rate_of(r, t)));
    }
}

/* The worst class speaks for all: the largest gap, the smallest ratio. */
static void fold(const bias_plan *b, double *slots)
{
    double *all = slots + b->n_classes * DISPARITIES;
    for (size_t d = 0; d < DISPARITIES; d++) {
        all[d] = NAN;
        for (size_t c = 0; c < b->n_classes; c++) {
            double x = slots[c * DISPARITIES + d];
            bool up = disparities[d].form == FORM_GAP || disparities[d].form == FORM_MEAN_GAP;
            all[d] = up ? fmax(all[d], x) : fmin(all[d], x);
        }
    }
}

static void view_disparities(const bias_plan *b, const view *v, const int64_t *sums, double *ret)
{
    bool enough = figures_judged(b->f, v) > 1;
    for (size_t c = 0; c < b->n_classes; c++) {
        span spans[RATES];
        class_spans(b, v, sums, b->first + c, spans);
        for (size_t d = 0; d < DISPARITIES; d++)
            ret[c * DISPARITIES + d] = enough ? disparity_of(&disparities[d], spans) : NAN;
    }
    if (b->slots > 1) fold(b, ret);
}

void bias_stats(const bias_plan *b, const int64_t *cells, int64_t *sums, double *ret)
{
    const groups *g = &b->s->g;
    size_t width = b->s->n_classes * b->s->n_classes;
    for (size_t i = 0; i < g->n_views; i++) {
        sample_sum(g, &g->views[i], cells, width, sums);
        if (i > 0)
            view_disparities(b, &g->views[i], sums, ret + i * b->slots * DISPARITIES);
        else if (b->s->task == TASK_BINARY) {
            ret[b->n_stats - 2] = entropy_two(tally_of(sums, 2, 1));
            ret[b->n_stats - 1] = entropy_theil(tally_of(sums, 2, 1));
        }
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

/* Label and value of the class a slot is about; absent for the only or the folded one. */
static void slot_class(const bias_plan *b, size_t slot, str *label, str *cls)
{
    bool one = b->slots > 1 && slot < b->n_classes;
    *label = one ? b->f->plan->label : (str){0};
    *cls = one ? b->s->classes[slot] : (str){0};
}

static void add_disparities(figures *f, const bias_plan *b, size_t view_at, const double *value,
                            double *draws, size_t n)
{
    const view *v = &b->s->g.views[view_at];
    for (size_t c = 0; c < b->slots; c++) {
        str label, cls;
        slot_class(b, c, &label, &cls);
        for (size_t d = 0; d < DISPARITIES; d++) {
            size_t at = (view_at * b->slots + c) * DISPARITIES + d;
            if (label.p && is_accuracy(&disparities[d])) continue;
            figures_add_between(f, disparities[d].id, value[at], v, label, cls,
                                recipe_draws(draws + at * n, n, "bootstrap-multinomial"));
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
        double acc = accuracy_of(m, b->s->n_classes), n = (double)v->rows[k];
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
    static const char *const entropy[] = {"generalized_entropy_index", "theil_index"};
    for (size_t k = 0; k < 2 && b->s->task == TASK_BINARY; k++) {
        size_t at = b->n_stats - 2 + k;
        figures_add(
            f, entropy[k], value[at], (int64_t)b->s->rows, (str){0},
            recipe_draws(draws + at * run.replicates, run.replicates, "bootstrap-multinomial"));
    }
    return true;
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
        double x = accuracy_of(b->cells + v->sample[k] * n * n, n);
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
                    "judged groups; a gap is never below 0, so chance alone makes it positive "
                    "and its percentile interval leans upwards, the more so the more groups");
    figures_note(f, "resampling keeps the size of each group (of each intersection, when several "
                    "attributes are named): independent multinomial draws over truth x "
                    "prediction; percentile intervals, type-7 quantiles");
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
    return !s->score || !s->probability || score_calibration(f, s, in, true, e);
}

static const char *const references[] = {
    "Hardt, Price & Srebro, Equality of opportunity in supervised learning, NeurIPS (2016)",
    "29 CFR 1607.4 D, Uniform Guidelines on Employee Selection Procedures (four-fifths rule)",
    "Speicher et al., A unified approach to quantifying algorithmic unfairness, KDD (2018)",
    "Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)",
    "Efron & Tibshirani, An Introduction to the Bootstrap (1993)",
    "Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC (2011)",
    NULL};

bool bias_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a, err *e)
{
    sample s;
    if (!sample_make(p, in->data, in->model, &s, a, e)) return false;
    figures f = figures_open(p, &s.g, a);
    ret->method = str_fmt(a, "group fairness of %s predictions", sample_task_names[s.task]);
    ret->references = references;
    figures_note_small(&f);
    note_method(&f);
    bool ok = s.task == TASK_REGRESSION ? bias_regression(&f, &s, in, e)
                                        : classification(&f, &s, in, ret, e);
    return ok && figures_judge(&f, ret, e);
}
