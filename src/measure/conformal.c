/* conformal.c - prediction sets with a promised coverage, measured on rows held out; abstention. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"
#include "measure/result_table.h"
#include "measure/score.h"
#include "measure/uncertainty.h"
#include <math.h>

enum { STREAM_SPLIT = 80, ABSTENTION_STEPS = 20, FEWEST = 20 };

static double chance_of(const sample *s, size_t r, size_t cls)
{
    if (s->chance) return s->chance[r * s->n_classes + cls];
    return cls == 1 ? s->score[r] : 1 - s->score[r];
}

static double nonconformity(const sample *s, size_t r)
{
    if (s->task == TASK_REGRESSION) return fabs(s->y[r] - s->yhat[r]);
    return 1 - chance_of(s, r, (size_t)s->truth[r]);
}

static size_t set_size(const sample *s, size_t r, double quantile)
{
    size_t n = 0;
    for (size_t k = 0; s->task != TASK_REGRESSION && k < s->n_classes; k++)
        n += 1 - chance_of(s, r, k) <= quantile;
    return n;
}

/* Exactly half of the rows, rounded down, calibrate (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static uint8_t *held_out(size_t rows, uint64_t seed, arena *a)
{
    uint8_t *ret = arena_new(a, uint8_t, rows);
    rng g = rng_open(seed, STREAM_SPLIT, 0);
    for (size_t r = 0, want = rows / 2; r < rows; r++) {
        ret[r] = rng_uniform(&g) * (double)(rows - r) >= (double)want;
        want -= !ret[r];
    }
    return ret;
}

static double *calibration_scores(const sample *s, const uint8_t *out, size_t n, arena *a)
{
    double *v = arena_new(a, double, n), *ret = arena_new(a, double, n);
    for (size_t r = 0, k = 0; r < s->rows; r++)
        if (!out[r]) v[k++] = nonconformity(s, r);
    const size_t *order = score_order(v, n, a);
    for (size_t k = 0; k < n; k++)
        ret[k] = v[order[k]];
    return ret;
}

/* Held-out rows of one group. */
struct tally_of_sets {
    int64_t rows, hits;
    moments size;
};

static void add_sets(figures *f, const sample *s, const view *v, const uint8_t *out, double q)
{
    struct tally_of_sets *t = arena_new(f->a, struct tally_of_sets, v->n_groups);
    for (size_t r = 0; r < s->rows; r++) {
        struct tally_of_sets *g = &t[s->g.joint ? v->group_of[s->g.joint[r]] : 0];
        if (!out[r]) continue;
        g->rows++;
        g->hits += nonconformity(s, r) <= q;
        moments_add(&g->size, (double)set_size(s, r, q));
    }
    for (size_t k = 0; k < v->n_groups; k++) {
        double n = (double)t[k].rows, hits = (double)t[k].hits;
        str slice = groups_slice(&s->g, v, k, (str){0}, (str){0}, f->a);
        bool small = figures_small(f, v, k) || (v->n_attributes && n < (double)f->plan->min_group);
        figures_add(f, "prediction_set_coverage", n > 0 ? hits / n : NAN, t[k].rows, slice,
                    recipe_wilson(hits, n))
            ->small = small;
        if (s->task == TASK_REGRESSION) continue;
        figures_add(f, "prediction_set_size", n > 0 ? t[k].size.mean : NAN, t[k].rows, slice,
                    recipe_mean(t[k].size, 0, (double)s->n_classes))
            ->small = small;
    }
}

/* The quantile's own uncertainty: ranks as many normal errors of a binomial count away. */
static void add_width(figures *f, const double *score, size_t n, double coverage, double q)
{
    double z = stat_normal_quantile((1 + f->plan->confidence) / 2);
    double at = (double)n * coverage, half = z * sqrt((double)n * coverage * (1 - coverage));
    double low = fmax(0, floor(at - half)), high = ceil(at + half);
    double top = high < (double)n ? score[(size_t)high] : INFINITY;
    if (isinf(q) || isinf(top)) {
        figures_add(f, "prediction_interval_width", isinf(q) ? NAN : 2 * q, (int64_t)n, (str){0},
                    (recipe){0});
        return;
    }
    figures_add(
        f, "prediction_interval_width", 2 * q, (int64_t)n, (str){0},
        recipe_fixed(2 * fmin(q, score[(size_t)low]), 2 * fmax(q, top), "order-statistics"));
}

bool conformal_add(figures *f, const sample *s, err *e)
{
    double coverage = plan_number(f->plan, "coverage");
    size_t n = s->rows / 2;
    if (s->rows < FEWEST)
        return err_set(e, ERR_INVALID, S("data"), S("measure on more rows"),
                       "%zu rows are too few to split: at least %d are needed", s->rows, FEWEST);
    uint8_t *out = held_out(s->rows, f->plan->seed, f->a);
    double *score = calibration_scores(s, out, n, f->a);
    double rank = ceil((double)(n + 1) * coverage - 1e-9);
    double q = rank <= (double)n ? score[(size_t)rank - 1] : INFINITY;
    for (size_t i = 0; i < s->g.n_views; i++)
        add_sets(f, s, &s->g.views[i], out, q);
    if (s->task == TASK_REGRESSION) add_width(f, score, n, coverage, q);
    figures_note(f,
                 "prediction sets: %zu rows calibrate, %zu are held out; %g is promised for the "
                 "whole, on average over splits, and not for each group",
                 n, s->rows - n, coverage);
    if (isinf(q))
        figures_note(f, "%zu rows cannot promise a coverage of %g: every set holds everything", n,
                     coverage);
    return true;
}

/* ---- abstention ---- */

/* Rows sorted by how sure the model is, the surest first, in runs of equals. */
struct ladder {
    const sample *s;
    double *sure;
    size_t *order;
};

static double right_among(const struct ladder *l, double answered)
{
    double right = 0, want = answered;
    const sample *s = l->s;
    for (size_t i = 0; i < s->rows && want > 0;) {
        double run = 0, hits = 0, sure = l->sure[l->order[i]];
        for (; i < s->rows && l->sure[l->order[i]] >= sure; i++) {
            size_t r = l->order[i];
            run++;
            hits += s->truth[r] == s->predicted[r];
        }
        right += run <= want ? hits : hits * want / run;
        want -= run;
    }
    return right;
}

static struct ladder ladder_of(const sample *s, arena *a)
{
    struct ladder l = {s, arena_new(a, double, s->rows), arena_new(a, size_t, s->rows)};
    for (size_t r = 0; r < s->rows; r++)
        l.sure[r] = chance_of(s, r, (size_t)s->predicted[r]);
    const size_t *up = score_order(l.sure, s->rows, a);
    for (size_t i = 0; i < s->rows; i++)
        l.order[i] = up[s->rows - 1 - i];
    return l;
}

/* What the surest `n` of the rows get right. Where the cut falls is chance, too: it adds (1 - n /
 * rows) (accuracy - accuracy at the cut)^2 to the variance of a row, which so counts less. */
typedef struct step {
    double n, right, effective;
} step;

static step step_of(const struct ladder *l, double n)
{
    double rows = (double)l->s->rows, reach = fmin(fmin(n, rows - n), fmax(5, rows / 20));
    double right = right_among(l, n), p = right / n, at_cut = p;
    if (reach > 0) at_cut = (right_among(l, n + reach) - right_among(l, n - reach)) / (2 * reach);
    double var = p * (1 - p), extra = (1 - n / rows) * (p - at_cut) * (p - at_cut);
    return (step){n, right, var > 0 ? n * var / (var + extra) : n};
}

static recipe recipe_step(step s)
{
    recipe r = recipe_wilson(s.right / s.n * s.effective, s.effective);
    r.method = "wilson-effective-rows";
    return r;
}

/* The intervals hold step by step. */
static str curve_table(const double *x, const step *at, size_t n, double confidence, arena *a)
{
    static const char *const columns[] = {"answered", "accuracy", "low", "high"};
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    result_open_table(&w, "abstention", "Accuracy when only the surest answers are given", columns,
                      COUNT(columns));
    for (size_t i = 0; i < n; i++) {
        recipe r = recipe_step(at[i]);
        double accuracy = at[i].right / at[i].n;
        interval v = recipe_interval(&r, accuracy, confidence);
        jw_arr(&w);
        jw_real(&w, x[i]);
        jw_real(&w, accuracy);
        jw_real(&w, v.lo);
        jw_real(&w, v.hi);
        jw_arr_end(&w);
    }
    result_close_table(&w);
    return buf_str(&b);
}

void abstention_add(figures *f, const sample *s, str *ret_table, str *ret_figure)
{
    struct ladder l = ladder_of(s, f->a);
    double rows = (double)s->rows, x[ABSTENTION_STEPS], y[ABSTENTION_STEPS];
    step at[ABSTENTION_STEPS];
    step one = step_of(&l, fmax(1, floor(plan_number(f->plan, "answered") * rows + 0.5)));
    figures_add(f, "abstention_accuracy", one.right / one.n, (int64_t)one.n, (str){0},
                recipe_step(one));
    for (size_t i = 0; i < ABSTENTION_STEPS; i++) {
        x[i] = (double)(i + 1) / ABSTENTION_STEPS;
        at[i] = step_of(&l, x[i] * rows);
        y[i] = at[i].right / at[i].n;
    }
    *ret_table = curve_table(x, at, ABSTENTION_STEPS, f->plan->confidence, f->a);
    *ret_figure = figure_line("abstention", "Accuracy of the surest answers", "share answered",
                              "accuracy", "model", x, y, ABSTENTION_STEPS, f->a);
}
