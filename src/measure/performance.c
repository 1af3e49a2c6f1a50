/* performance.c - kind performance_eval: how good the answers are, overall and per slice. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kinds.h"
#include "measure/performance_curves.h"
#include "measure/rates.h"
#include "measure/result_table.h"
#include "measure/score.h"
#include <math.h>

const char *const performance_metrics[] = {"accuracy",
                                           "balanced_accuracy",
                                           "precision",
                                           "recall",
                                           "f1",
                                           "matthews_correlation",
                                           "true_positive_rate",
                                           "false_positive_rate",
                                           "false_negative_rate",
                                           "true_negative_rate",
                                           "positive_predictive_value",
                                           "negative_predictive_value",
                                           "selection_rate",
                                           "base_rate",
                                           "auc",
                                           "average_precision",
                                           "log_loss",
                                           "brier_score",
                                           "calibration_error",
                                           "macro_precision",
                                           "macro_recall",
                                           "macro_f1",
                                           "micro_precision",
                                           "micro_recall",
                                           "micro_f1",
                                           "weighted_precision",
                                           "weighted_recall",
                                           "weighted_f1",
                                           "rmse",
                                           "mae",
                                           "mean_error",
                                           "r2",
                                           NULL};

/* Figures of a whole matrix of counts that are no simple rate; their interval is the bootstrap. */
typedef void summary_fn(const int64_t *matrix, size_t n, double *ret);

enum { BINARY_SUMMARIES = 3, MULTI_SUMMARIES = 7 };
static const char *const binary_ids[BINARY_SUMMARIES] = {"balanced_accuracy", "f1",
                                                         "matthews_correlation"};
static const char *const multi_ids[MULTI_SUMMARIES] = {
    "balanced_accuracy",  "macro_precision", "macro_recall", "macro_f1",
    "weighted_precision", "weighted_recall", "weighted_f1"};

static double matthews(double tn, double fp, double fn, double tp)
{
    double d = sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
    return d > 0 ? (tp * tn - fp * fn) / d : NAN;
}

static void binary_summary(const int64_t *m, size_t n, double *ret)
{
    tally t = tally_of(m, n, 1);
    double tp = (double)t.c[TP], fp = (double)t.c[FP], fn = (double)t.c[FN];
    double tpr = fraction_value(rate_of(RATE_TPR, t)), tnr = fraction_value(rate_of(RATE_TNR, t));
    ret[0] = (tpr + tnr) / 2;
    ret[1] = tp + fp + fn > 0 ? 2 * tp / (2 * tp + fp + fn) : NAN;
    ret[2] = matthews((double)t.c[TN], fp, fn, tp);
}

/* Means over the classes that occur as truth or prediction; an undefined precision counts 0 in
 * them, as in scikit-learn. Balanced accuracy is over the classes that occur as truth. */
static void multi_summary(const int64_t *m, size_t n, double *ret)
{
    double all = 0, seen = 0, true_seen = 0, sum[MULTI_SUMMARIES] = {0};
    margins s;
    margins_of(m, n, &s);
    for (size_t c = 0; c < n; c++) {
        tally t = margins_tally(&s, m, n, c);
        double tp = (double)t.c[TP], col = tp + (double)t.c[FP], row = tp + (double)t.c[FN];
        double p = col > 0 ? tp / col : 0, r = row > 0 ? tp / row : 0;
        double f = row + col > 0 ? 2 * tp / (row + col) : 0;
        all += row;
        seen += row + col > 0;
        true_seen += row > 0;
        double parts[MULTI_SUMMARIES] = {r, p, r, f, row * p, row * r, row * f};
        for (size_t k = 0; k < MULTI_SUMMARIES; k++)
            sum[k] += parts[k];
    }
    for (size_t k = 0; k < MULTI_SUMMARIES; k++)
        ret[k] = sum[k] / (k == 0 ? true_seen : k < 4 ? seen : all);
}

struct summaries {
    const sample *s;
    const int64_t *cells;
    summary_fn *fn;
    const char *const *ids;
    size_t n_ids, n_groups; /* groups of all views */
};

static void summarize(const struct summaries *c, const int64_t *cells, int64_t *sums, double *ret)
{
    size_t width = c->s->n_classes * c->s->n_classes;
    for (size_t i = 0; i < c->s->g.n_views; i++) {
        const view *v = &c->s->g.views[i];
        sample_sum(&c->s->g, v, cells, width, sums);
        for (size_t k = 0; k < v->n_groups; k++, ret += c->n_ids)
            c->fn(sums + k * width, c->s->n_classes, ret);
    }
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct summaries *c = ctx;
    size_t width = c->s->n_classes * c->s->n_classes, joint = c->s->g.n_joint;
    int64_t *cells = scratch;
    for (size_t j = 0; j < joint; j++)
        rng_multinomial(r, c->cells + j * width, width, cells + j * width);
    summarize(c, cells, cells + joint * width, ret);
}

/* Per group of a view: rows of the rarest class that occurs. */
static double *smallest_classes(const struct summaries *c, const view *v, arena *a)
{
    size_t n = c->s->n_classes;
    double *ret = arena_new(a, double, v->n_groups);
    int64_t *sums = arena_new(a, int64_t, v->n_groups * n * n);
    sample_sum(&c->s->g, v, c->cells, n * n, sums);
    for (size_t k = 0; k < v->n_groups; k++) {
        ret[k] = (double)v->rows[k];
        for (size_t cls = 0; cls < n; cls++) {
            double rows = 0;
            for (size_t i = 0; i < n; i++)
                rows += (double)sums[k * n * n + cls * n + i];
            ret[k] = rows > 0 ? fmin(ret[k], rows) : ret[k];
        }
    }
    return ret;
}

static bool add_summaries(figures *f, const struct summaries *c, const measure_input *in, err *e)
{
    size_t bytes = c->s->g.n_joint * c->s->n_classes * c->s->n_classes * sizeof(int64_t);
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = c->n_groups * c->n_ids,
              .scratch_bytes = 2 * bytes,
              .seed = f->plan->seed,
              .stream = 1,
              .to = 0.5,
              .replicate = replicate,
              .ctx = c};
    double *draws, *value = arena_new(f->a, double, b.n_stats);
    summarize(c, c->cells, arena_alloc(f->a, bytes, 64), value);
    if (!boot_run(&b, in, &draws, f->a, e)) return false;
    for (size_t i = 0, at = 0; i < c->s->g.n_views; i++) {
        const view *v = &c->s->g.views[i];
        const double *least = smallest_classes(c, v, f->a);
        for (size_t k = 0; k < v->n_groups; k++)
            for (size_t id = 0; id < c->n_ids; id++, at++) {
                recipe r = recipe_draws(draws + at * b.replicates, b.replicates, least[k], 0,
                                        c->fn == binary_summary && id == 2 ? -1 : 0, 1);
                str slice = groups_slice(&c->s->g, v, k, (str){0}, (str){0}, f->a);
                figures_add(f, c->ids[id], value[at], v->rows[k], slice, r)->small =
                    figures_small(f, v, k);
            }
    }
    return true;
}

typedef struct named_rate {
    const char *id;
    rate r;
} named_rate;

static void add_rate(figures *f, const char *id, fraction x, str slice, bool small)
{
    figures_add(f, id, fraction_value(x), x.n, slice, recipe_wilson((double)x.k, (double)x.n))
        ->small = small;
}

static void binary_rates(figures *f, tally t, str slice, bool small)
{
    static const named_rate rates[] = {
        {"accuracy",                  RATE_ACCURACY },
        {"precision",                 RATE_PPV      },
        {"recall",                    RATE_TPR      },
        {"true_positive_rate",        RATE_TPR      },
        {"false_positive_rate",       RATE_FPR      },
        {"false_negative_rate",       RATE_FNR      },
        {"true_negative_rate",        RATE_TNR      },
        {"positive_predictive_value", RATE_PPV      },
        {"negative_predictive_value", RATE_NPV      },
        {"selection_rate",            RATE_SELECTION},
        {"base_rate",                 RATE_BASE     }
    };
    for (size_t i = 0; i < COUNT(rates); i++)
        add_rate(f, rates[i].id, rate_of(rates[i].r, t), slice, small);
}

/* Each row has one truth and one prediction, so all micro means are the accuracy. */
static void multi_rates(figures *f, const int64_t *m, size_t n, str slice, bool small)
{
    static const char *const ids[] = {"accuracy", "micro_precision", "micro_recall", "micro_f1"};
    fraction x = {0, 0};
    for (size_t i = 0; i < n * n; i++) {
        x.n += m[i];
        x.k += i / n == i % n ? m[i] : 0;
    }
    for (size_t i = 0; i < COUNT(ids); i++)
        add_rate(f, ids[i], x, slice, small);
}

static void add_rates(figures *f, const sample *s, const int64_t *cells)
{
    size_t n = s->n_classes, width = n * n;
    int64_t *sums = arena_new(f->a, int64_t, s->g.n_joint * width);
    for (size_t i = 0; i < s->g.n_views; i++) {
        const view *v = &s->g.views[i];
        sample_sum(&s->g, v, cells, width, sums);
        for (size_t k = 0; k < v->n_groups; k++) {
            str slice = groups_slice(&s->g, v, k, (str){0}, (str){0}, f->a);
            if (s->task == TASK_BINARY)
                binary_rates(f, tally_of(sums + k * width, n, 1), slice, figures_small(f, v, k));
            else
                multi_rates(f, sums + k * width, n, slice, figures_small(f, v, k));
        }
    }
}

static bool add_scores(figures *f, const sample *s, const measure_input *in, err *e)
{
    if (s->score) score_auc(f, s);
    if (s->score) curves_average_precision(f, s);
    if (s->score && !s->probability)
        figures_note(f, "the score is no probability (values outside 0..1): no log loss, Brier "
                        "score or calibration");
    if (s->chance || (s->score && s->probability)) score_loss(f, s);
    return !s->score || !s->probability || score_calibration(f, s, in, false, e);
}

static void add_tables(figures *f, const sample *s, const int64_t *cells, measure_result *ret)
{
    buf t = buf_open(f->a, RESULT_TABLES_MAX), p = buf_open(f->a, RESULT_TABLES_MAX);
    jw tables = jw_open(&t), pictures = jw_open(&p);
    jw_arr(&tables);
    jw_arr(&pictures);
    confusion_write(s, cells, &tables, f->a);
    if (s->score) curves_write(f, s, &tables, &pictures);
    jw_arr_end(&tables);
    jw_arr_end(&pictures);
    if (t.full) figures_note(f, "the tables are over %u bytes and left out", RESULT_TABLES_MAX);
    ret->tables = t.full ? S("[]") : buf_str(&t);
    ret->figures = buf_str(&p);
}

static bool classification(figures *f, const sample *s, const measure_input *in,
                           measure_result *ret, err *e)
{
    if (!cells_fit(s, e)) return false;
    bool binary = s->task == TASK_BINARY;
    struct summaries c = {.s = s,
                          .cells = sample_cells(s, f->a),
                          .fn = binary ? binary_summary : multi_summary,
                          .ids = binary ? binary_ids : multi_ids,
                          .n_ids = binary ? BINARY_SUMMARIES : MULTI_SUMMARIES};
    for (size_t i = 0; i < s->g.n_views; i++)
        c.n_groups += s->g.views[i].n_groups;
    add_rates(f, s, c.cells);
    add_tables(f, s, c.cells, ret);
    return add_summaries(f, &c, in, e) && add_scores(f, s, in, e);
}

/* Sums of one slice for the errors of a regression. */
typedef struct fit {
    moments truth, error, size, square;
    moments influence; /* of R2, once the others are known */
} fit;

static void fit_row(fit *t, double y, double yhat)
{
    double miss = yhat - y;
    moments_add(&t->truth, y);
    moments_add(&t->error, miss);
    moments_add(&t->size, fabs(miss));
    moments_add(&t->square, miss * miss);
}

static double fit_r2(const fit *t)
{
    return t->truth.m2 > 0 ? 1 - t->square.mean * t->square.n / t->truth.m2 : NAN;
}

/* Delta method: what one row adds to R2 = 1 - M/V near its value (M mean square error, V the
 * variance of the truth). */
static double fit_influence(const fit *t, double y, double yhat)
{
    double v = t->truth.m2 / t->truth.n, d = y - t->truth.mean, miss = yhat - y;
    return (t->square.mean / v * d * d - miss * miss) / v;
}

static void add_fit(figures *f, const fit *t, int64_t rows, str slice, bool small)
{
    recipe r2 = recipe_normal(moments_se(t->influence), -INFINITY, 1);
    r2.method = "delta";
    const struct {
        const char *id;
        double value;
        recipe r;
    } all[] = {
        {"mean_error",         t->error.mean, recipe_mean(t->error, -INFINITY, INFINITY)},
        {"mae",           t->size.mean,                        recipe_mean(t->size,                                        0, INFINITY)},
        {"rmse", sqrt(t->square.mean),recipe_root(t->square)},
        {"r2",               fit_r2(t),        r2                }
    };
    for (size_t i = 0; i < COUNT(all); i++)
        figures_add(f, all[i].id, all[i].value, rows, slice, all[i].r)->small = small;
}

static void fit_view(figures *f, const sample *s, const view *v)
{
    fit *t = arena_new(f->a, fit, v->n_groups);
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < s->rows; r++) {
            fit *g = &t[s->g.joint ? v->group_of[s->g.joint[r]] : 0];
            if (pass == 0)
                fit_row(g, s->y[r], s->yhat[r]);
            else
                moments_add(&g->influence, fit_influence(g, s->y[r], s->yhat[r]));
        }
    for (size_t k = 0; k < v->n_groups; k++)
        add_fit(f, &t[k], v->rows[k], groups_slice(&s->g, v, k, (str){0}, (str){0}, f->a),
                figures_small(f, v, k));
}

static const char *const references[] = {
    "Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)",
    "Efron & Tibshirani, An Introduction to the Bootstrap (1993)",
    "DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988); Sun & Xu, IEEE SPL 21 (2014)",
    "Boyd, Eng & Page, Area under the precision-recall curve, ECML PKDD (2013)",
    "Hall, On the removal of skewness by transformation, J. R. Statist. Soc. B 54 (1992)",
    "Campbell, Statistics in Medicine 13 (1994), with Massart, Annals of Probability 18 (1990)",
    "Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities, AAAI (2015)",
    NULL};

bool performance_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                     err *e)
{
    sample s;
    if (!sample_make(p, in, &s, a, e)) return false;
    figures f = figures_open(p, &s.g, a);
    ret->method = str_fmt(a, "%s performance, overall and per slice", sample_task_names[s.task]);
    ret->references = references;
    figures_note_small(&f);
    if (s.task != TASK_REGRESSION && !classification(&f, &s, in, ret, e)) return false;
    for (size_t i = 0; s.task == TASK_REGRESSION && i < s.g.n_views; i++)
        fit_view(&f, &s, &s.g.views[i]);
    return figures_judge(&f, ret, e);
}
