/* drift_classes.c - figures to expect of a model with several classes before the labels are known.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/drift.h"
#include "measure/score.h"
#include <math.h>

enum { STREAM_CLASSES = 61, BINS = DRIFT_CLASS_BINS };

static const char *const ids[] = {"estimated_accuracy", "estimated_macro_precision",
                                  "estimated_macro_recall", "estimated_macro_f1"};

/* A cell: a prediction, and how sure it was. */
struct cells {
    arena *a;
    size_t classes, n;  /* n = classes x BINS cells */
    double *edge;       /* classes x (BINS - 1): highest chance of a bin */
    int64_t *ref, *cur; /* n x classes: by truth; n */
    double *word[2];    /* n x classes: the model's mean chances, in reference and data */
};

static size_t likeliest(const double *chance, size_t classes)
{
    size_t best = 0;
    for (size_t k = 1; k < classes; k++)
        if (chance[k] > chance[best]) best = k;
    return best;
}

static size_t cell_of(const struct cells *c, const double *chance)
{
    size_t k = likeliest(chance, c->classes), b = 0;
    const double *edge = c->edge + k * (BINS - 1);
    while (b + 1 < BINS && chance[k] > edge[b])
        b++;
    return k * BINS + b;
}

/* Quantiles k / BINS (order statistics) of the chances that came with each prediction. */
static void make_edges(struct cells *c, const double *chance, size_t rows, arena *a)
{
    double *v = arena_new(a, double, rows);
    for (size_t k = 0; k < c->classes; k++) {
        size_t n = 0;
        for (size_t r = 0; r < rows; r++) {
            const double *at = chance + r * c->classes;
            if (likeliest(at, c->classes) == k) v[n++] = at[k];
        }
        const size_t *order = score_order(v, n, a);
        for (size_t b = 0; b + 1 < BINS; b++)
            c->edge[k * (BINS - 1) + b] =
                n > 0 ? v[order[((b + 1) * n + BINS - 1) / BINS - 1]] : INFINITY;
    }
}

static void count_side(const struct cells *c, int side, const double *chance, size_t rows,
                       const int32_t *truth)
{
    size_t k = c->classes;
    int64_t *n = arena_new(c->a, int64_t, c->n);
    for (size_t r = 0; r < rows; r++) {
        size_t at = cell_of(c, chance + r * k);
        n[at]++;
        c->cur[at] += !truth;
        if (truth) c->ref[at * k + (size_t)truth[r]]++;
        for (size_t i = 0; i < k; i++)
            c->word[side][at * k + i] += chance[r * k + i];
    }
    for (size_t i = 0; i < c->n * k; i++)
        if (n[i / k]) c->word[side][i] /= (double)n[i / k];
}

/* Adds the cell's rows of the data to the matrix [truth][prediction]: by the model's word,
 * corrected as it was wrong in the reference there. */
static void spread(const struct cells *c, size_t cell, const int64_t *ref, double rows,
                   double *matrix)
{
    size_t k = c->classes;
    const double *was = c->word[0] + cell * k, *now = c->word[1] + cell * k;
    double n = 0, sum = 0, chance[SAMPLE_CLASSES];
    for (size_t i = 0; i < k; i++)
        n += (double)ref[i];
    for (size_t i = 0; i < k; i++) {
        bool known = n > 0 && was[i] > 0;
        chance[i] = now[i] * (known ? (double)ref[i] / n / was[i] : n <= 0);
        sum += chance[i];
    }
    for (size_t i = 0; i < k; i++)
        matrix[i * k + cell / BINS] += rows * (sum > 0 ? chance[i] / sum : now[i]);
}

/* Mean over the classes that have a value: those that are predicted, occur, or do either. */
static double macro(const double *num, const double *den, size_t n)
{
    double sum = 0, used = 0;
    for (size_t k = 0; k < n; k++) {
        used += den[k] > 0;
        sum += den[k] > 0 ? num[k] / den[k] : 0;
    }
    return used > 0 ? sum / used : NAN;
}

static void summarize(const struct cells *c, const int64_t *ref, const int64_t *cur, double *matrix,
                      double *ret)
{
    size_t k = c->classes;
    double hit[SAMPLE_CLASSES], said[SAMPLE_CLASSES] = {0}, is[SAMPLE_CLASSES] = {0}, all = 0,
                                right = 0;
    memset(matrix, 0, k * k * sizeof *matrix);
    for (size_t i = 0; i < c->n; i++)
        if (cur[i]) spread(c, i, ref + i * k, (double)cur[i], matrix);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            is[i] += matrix[i * k + j];
            said[j] += matrix[i * k + j];
            all += matrix[i * k + j];
        }
    for (size_t i = 0; i < k; i++) {
        hit[i] = matrix[i * k + i];
        right += hit[i];
    }
    ret[0] = right / all;
    ret[1] = macro(hit, said, k);
    ret[2] = macro(hit, is, k);
    for (size_t i = 0; i < k; i++) {
        hit[i] *= 2;
        said[i] += is[i];
    }
    ret[3] = macro(hit, said, k);
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct cells *c = ctx;
    size_t n = c->n * c->classes;
    int64_t *ref = scratch, *cur = ref + n;
    rng_multinomial(r, c->ref, n, ref);
    rng_multinomial(r, c->cur, c->n, cur);
    summarize(c, ref, cur, (void *)(cur + c->n), ret);
}

static bool add_figures(figures *f, const struct cells *c, const drift_pair *t,
                        const measure_input *in, double from, double to, err *e)
{
    size_t n = c->n * c->classes, matrix = c->classes * c->classes;
    boot b = {.replicates = (size_t)f->plan->resamples,
              .n_stats = COUNT(ids),
              .scratch_bytes = (n + c->n) * sizeof(int64_t) + matrix * sizeof(double),
              .seed = f->plan->seed,
              .stream = STREAM_CLASSES,
              .from = from,
              .to = to,
              .replicate = replicate,
              .ctx = c};
    double *draws, value[COUNT(ids)];
    summarize(c, c->ref, c->cur, arena_new(f->a, double, matrix), value);
    if (!boot_run(&b, in, &draws, f->a, e)) return false;
    double least = (double)(t->ref.rows < t->cur.rows ? t->ref.rows : t->cur.rows);
    for (size_t i = 0; i < COUNT(ids); i++)
        figures_add(f, ids[i], value[i], (int64_t)t->cur.rows, (str){0},
                    recipe_draws(draws + i * b.replicates, b.replicates, least, 0, 0, 1));
    return true;
}

static void trust_chances(figures *f, const drift_pair *t)
{
    moments m = {0};
    for (size_t r = 0; r < t->cur.rows; r++) {
        const double *chance = t->chance[1] + r * t->classes;
        moments_add(&m, chance[likeliest(chance, t->classes)]);
    }
    figures_add(f, ids[0], m.mean, (int64_t)t->cur.rows, (str){0}, recipe_mean(m, 0, 1));
    figures_note(f, "estimated_accuracy: the reference has no label, so the model's chances are "
                    "taken at their word");
}

/* Truths of a table, when its label can be read as the model's classes. */
static const int32_t *truth_of(figures *f, const table *t, size_t classes, const char *which)
{
    sample s;
    err e = ERR_IN(f->a);
    const column *c = f->plan->label.p ? table_column(t, f->plan->label) : NULL;
    if (!c || c->missing) return NULL;
    if (sample_truth(f->plan, t, classes, &s, f->a, &e)) return s.truth;
    figures_note(f, "the label of the %s is not read: %.*s", which, STR_ARG(e.msg));
    return NULL;
}

static void add_accuracy(figures *f, const drift_pair *t, const int32_t *truth)
{
    double right = 0, n = (double)t->cur.rows;
    for (size_t r = 0; r < t->cur.rows; r++)
        right += likeliest(t->chance[1] + r * t->classes, t->classes) == (size_t)truth[r];
    figures_add(f, "accuracy", right / n, (int64_t)n, (str){0}, recipe_wilson(right, n));
}

bool drift_classes(figures *f, const drift_pair *t, const measure_input *in, double from, double to,
                   err *e)
{
    struct cells c = {.a = f->a, .classes = t->classes, .n = t->classes * BINS};
    if (t->classes > SAMPLE_CLASSES) {
        figures_note(f, "no estimate of accuracy: over %d classes", SAMPLE_CLASSES);
        return true;
    }
    const int32_t *known = truth_of(f, in->reference, t->classes, "reference");
    const int32_t *now = truth_of(f, in->data, t->classes, "data");
    if (now) add_accuracy(f, t, now);
    if (!known) {
        trust_chances(f, t);
        return true;
    }
    c.edge = arena_new(f->a, double, c.classes *(BINS - 1));
    c.ref = arena_new(f->a, int64_t, c.n * c.classes);
    c.cur = arena_new(f->a, int64_t, c.n);
    c.word[0] = arena_new(f->a, double, c.n *c.classes);
    c.word[1] = arena_new(f->a, double, c.n *c.classes);
    make_edges(&c, t->chance[0], t->ref.rows, f->a);
    count_side(&c, 0, t->chance[0], t->ref.rows, known);
    count_side(&c, 1, t->chance[1], t->cur.rows, NULL);
    figures_note(f, "estimated figures: the model's chances, corrected as the reference's truths "
                    "at a like prediction ask; they see drift of inputs, not of what the label "
                    "means");
    return add_figures(f, &c, t, in, from, to, e);
}
