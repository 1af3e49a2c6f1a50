/* drift_estimate.c - accuracy to expect of data whose labels are not known yet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/drift.h"
#include <math.h>

enum { STREAM_ESTIMATE = 60, CELLS = DRIFT_SCORE_BINS * 2 };

/* Rows by score bin and prediction; of the reference also by being right. */
struct estimate {
    int64_t ref[CELLS * 2], cur[CELLS];
};

/* Sums of right and wrong rows: of each prediction, and of all. */
static double fallback(const int64_t *ref, size_t pred)
{
    double n[3] = {0}, right[3] = {0};
    for (size_t c = 0; c < CELLS; c++)
        for (size_t k = 0; k < 3; k++) {
            if (k != 2 && k != c % 2) continue;
            n[k] += (double)(ref[2 * c] + ref[2 * c + 1]);
            right[k] += (double)ref[2 * c + 1];
        }
    return n[pred] > 0 ? right[pred] / n[pred] : right[2] / n[2];
}

static double estimate_of(const int64_t *ref, const int64_t *cur)
{
    double sum = 0, rows = 0, other[2] = {fallback(ref, 0), fallback(ref, 1)};
    for (size_t c = 0; c < CELLS; c++) {
        double n = (double)(ref[2 * c] + ref[2 * c + 1]);
        sum += (double)cur[c] * (n > 0 ? (double)ref[2 * c + 1] / n : other[c % 2]);
        rows += (double)cur[c];
    }
    return sum / rows;
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct estimate *x = ctx;
    int64_t *ref = scratch, *cur = ref + COUNT(x->ref);
    rng_multinomial(r, x->ref, COUNT(x->ref), ref);
    rng_multinomial(r, x->cur, COUNT(x->cur), cur);
    ret[0] = estimate_of(ref, cur);
}

struct scored {
    const double *score;
    size_t rows;
    double threshold;
};

static size_t bin_of(const double *edge, size_t n, double x)
{
    size_t b = 0;
    while (b < n && edge[b] < x)
        b++;
    return b;
}

/* Scores of the reference's quantiles k/30, without the last bin's open end. */
static size_t score_edges(const column *c, size_t rows, uint64_t seed, double *ret)
{
    arena *scratch = arena_open();
    size_t n = 0;
    sketch s = sketch_reference(c, rows, seed, scratch);
    for (size_t k = 1; k < DRIFT_SCORE_BINS; k++)
        ret[n++] = s.shape->edge[sketch_quantile(&s, k, DRIFT_SCORE_BINS)];
    arena_close(scratch);
    return n;
}

static bool count_cells(figures *f, const column *ref, const sample *s, const struct scored *y,
                        const measure_input *in, double from, double to, err *e)
{
    double edge[DRIFT_SCORE_BINS], *draws;
    size_t n = score_edges(ref, s->rows, f->plan->seed, edge);
    struct estimate x = {0};
    for (size_t r = 0; r < s->rows; r++) {
        size_t c = bin_of(edge, n, s->score[r]) * 2 + (size_t)s->predicted[r];
        x.ref[2 * c + (s->predicted[r] == s->truth[r])]++;
    }
    for (size_t r = 0; r < y->rows; r++)
        x.cur[bin_of(edge, n, y->score[r]) * 2 + (y->score[r] >= y->threshold)]++;
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = 1,
              .scratch_bytes = sizeof x,
              .seed = f->plan->seed,
              .stream = STREAM_ESTIMATE,
              .from = from,
              .to = to,
              .replicate = replicate,
              .ctx = &x};
    if (!boot_run(&b, in, &draws, f->a, e)) return false;
    double least = (double)(s->rows < y->rows ? s->rows : y->rows);
    figures_add(f, "estimated_accuracy", estimate_of(x.ref, x.cur), (int64_t)y->rows, (str){0},
                recipe_draws(draws, b.replicates, least, 0, 0, 1));
    figures_note(f, "estimated_accuracy: what the reference's accuracy at each score makes of the "
                    "data's scores; it sees drift of inputs, not of what the label means");
    return true;
}

/* Nobody knows better than the scores themselves. */
static void trust_scores(figures *f, const struct scored *y)
{
    moments m = {0};
    for (size_t r = 0; r < y->rows; r++)
        moments_add(&m, y->score[r] >= y->threshold ? y->score[r] : 1 - y->score[r]);
    figures_add(f, "estimated_accuracy", m.mean, (int64_t)y->rows, (str){0}, recipe_mean(m, 0, 1));
    figures_note(f, "estimated_accuracy: the reference has no label, so the scores are taken at "
                    "their word");
}

/* Truth and prediction of one table, from its label and the score column alone. */
static bool labelled(const measure_plan *p, const table *t, const column *score, sample *ret,
                     arena *a, err *e)
{
    measure_plan plan = *p;
    table two = *t;
    const column *label = table_column(t, p->label);
    two.n_columns = 2;
    two.columns = arena_new(a, column, 2);
    two.columns[0] = *label;
    two.columns[1] = *score;
    plan.score = score->name;
    plan.prediction = (str){0};
    plan.n_groups = 0;
    return sample_make(&plan, &(measure_input){.data = &two}, ret, a, e);
}

static const column *score_column(const measure_plan *p, const table *t, bool model)
{
    const column *c = model        ? table_column(t, S("(prediction)"))
                      : p->score.p ? table_column(t, p->score)
                                   : NULL;
    return c && c->type == COLUMN_NUMBER && c->missing == 0 ? c : NULL;
}

static bool probabilities(const column *c, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        if (c->num[r] < 0 || c->num[r] > 1) return false;
    return true;
}

static bool has_label(const measure_plan *p, const table *t)
{
    const column *c = p->label.p ? table_column(t, p->label) : NULL;
    return c && c->missing == 0;
}

static bool add_accuracy(figures *f, const measure_input *in, const column *score, err *e)
{
    sample s;
    int64_t right = 0;
    if (!labelled(f->plan, in->data, score, &s, f->a, e)) return false;
    for (size_t r = 0; r < s.rows; r++)
        right += s.truth[r] == s.predicted[r];
    figures_add(f, "accuracy", (double)right / (double)s.rows, (int64_t)s.rows, (str){0},
                recipe_wilson((double)right, (double)s.rows));
    return true;
}

bool drift_estimate(figures *f, const drift_pair *t, const measure_input *in, double from,
                    double to, err *e)
{
    const measure_plan *p = f->plan;
    bool model = in->model && model_describe(in->model)->task == MODEL_BINARY;
    const column *x = score_column(p, model ? &t->ref : in->reference, model);
    const column *y = score_column(p, model ? &t->cur : in->data, model);
    bool sure = x && y && probabilities(x, in->reference->rows) && probabilities(y, in->data->rows);
    if (!x || !y || (!sure && !p->has_threshold)) {
        figures_note(f,
                     "no estimate of accuracy: it takes a binary model or a score column without "
                     "gaps in both tables, and a threshold unless it holds probabilities");
        return true;
    }
    struct scored to_come = {y->num, in->data->rows, p->has_threshold ? p->threshold : 0.5};
    sample s;
    if (has_label(p, in->data) && !add_accuracy(f, in, y, e)) return false;
    if (has_label(p, in->reference))
        return labelled(p, in->reference, x, &s, f->a, e) &&
               count_cells(f, x, &s, &to_come, in, from, to, e);
    if (sure) trust_scores(f, &to_come);
    return true;
}
