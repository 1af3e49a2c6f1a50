/* explain_permutation.c - how much worse a model gets when a feature's values change rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include "measure/rng.h"
#include "model/trees.h"
#include <math.h>

enum { STREAM_PERMUTATIONS = 42, BLOCK_ROWS = 1024 };

struct permuting {
    const explain *x;
    const sample *s;
    double *loss; /* of each explained row as it is */
    size_t repeats;
    bool *used;      /* per feature: the model may look at it */
    moments *rows;   /* per feature: influence of the rows; its mean is twice the importance */
    moments *rounds; /* per feature: importance by single permutations */
};

static double log_loss(double chance)
{
    return -log(fmin(fmax(chance, 0x1p-52), 1 - 0x1p-52));
}

/* Loss of explained row r when the model answers `out`. */
static double loss_of(const struct permuting *k, size_t r, const double *out)
{
    uint32_t row = k->x->row[r];
    if (k->s->task == TASK_REGRESSION) return (out[0] - k->s->y[row]) * (out[0] - k->s->y[row]);
    int32_t truth = k->s->truth[row];
    if (k->s->task == TASK_BINARY) return log_loss(truth ? out[0] : 1 - out[0]);
    return log_loss(out[truth]);
}

/* Fisher & Yates (1938), as Durstenfeld (CACM 7, 1964). */
static void shuffle(uint32_t *order, size_t n, rng *r)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(rng_uniform(r) * (double)i);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* What a thread needs for one feature. */
struct desk {
    uint32_t *giver; /* row -> row whose value it gets */
    double *influence, *out;
    float *x;
};

/* Growth of the losses of the rows from..from+n when they get the values of their givers. */
static bool lose(const struct permuting *k, size_t feature, const struct desk *d, size_t from,
                 size_t n, double *sum, err *e)
{
    size_t f = k->x->features;
    memcpy(d->x, k->x->x + from * f, n * f * sizeof *d->x);
    for (size_t i = 0; i < n; i++)
        d->x[i * f + feature] = k->x->x[d->giver[from + i] * f + feature];
    if (!model_predict(k->x->in->model, d->x, n, d->out, e)) return false;
    for (size_t i = 0; i < n; i++) {
        size_t r = from + i;
        double grown = loss_of(k, r, d->out + i * k->x->outputs) - k->loss[r];
        d->influence[r] += grown / (double)k->repeats;
        d->influence[d->giver[r]] += grown / (double)k->repeats;
        *sum += grown;
    }
    return true;
}

/* Of wide data trees use few features; permuting another one changes no answer. */
static bool *used_features(const explain *x)
{
    forest f = model_forest(x->in->model);
    bool *ret = arena_new(x->a, bool, x->features);
    for (size_t i = 0; i < x->features; i++)
        ret[i] = f.n == 0;
    for (size_t t = 0; t < f.n; t++)
        for (uint32_t i = 0; i < f.at[t].n_nodes; i++)
            if (f.at[t].nodes[i].flags & NODE_INNER) ret[f.at[t].nodes[i].feature] = true;
    return ret;
}

static bool permute(void *ctx, size_t feature, arena *a, err *e)
{
    const struct permuting *k = ctx;
    size_t n = k->x->rows;
    if (!k->used[feature]) {
        k->rounds[feature].n = (double)k->repeats;
        k->rows[feature].n = (double)n;
        return true;
    }
    struct desk d = {.giver = arena_new(a, uint32_t, n),
                     .influence = arena_new(a, double, n),
                     .out = arena_new(a, double, BLOCK_ROWS * k->x->outputs),
                     .x = arena_new(a, float, BLOCK_ROWS * k->x->features)};
    for (size_t i = 0; i < k->repeats; i++) {
        rng r = rng_open(k->x->plan->seed, STREAM_PERMUTATIONS, feature * k->repeats + i);
        shuffle(d.giver, n, &r);
        double sum = 0;
        for (size_t from = 0; from < n; from += BLOCK_ROWS)
            if (!lose(k, feature, &d, from, n - from < BLOCK_ROWS ? n - from : BLOCK_ROWS, &sum, e))
                return false;
        moments_add(&k->rounds[feature], sum / (double)n);
    }
    for (size_t r = 0; r < n; r++)
        moments_add(&k->rows[feature], d.influence[r]);
    return true;
}

static bool lose_nothing(const struct permuting *k, err *e)
{
    size_t n = k->x->rows, o = k->x->outputs;
    double *out = arena_new(k->x->a, double, n *o);
    if (!share_predict(k->x->in, k->x->x, n, out, e)) return false;
    for (size_t r = 0; r < n; r++)
        k->loss[r] = loss_of(k, r, out + r * o);
    return true;
}

/* A pair's growth is a(getting row) + b(giving row) + rest. The rest of K permutations reaches the
 * mean of n pairs once, with variance rest / nK, but each row's influence twice, by getting and by
 * giving. What it is shows between permutations, as they share all a and b: the surplus goes. */
static recipe recipe_of(const struct permuting *k, size_t feature)
{
    double rows = moments_se(k->rows[feature]), rest = moments_se(k->rounds[feature]);
    if (k->x->rows < 2) return (recipe){0};
    return recipe_normal(sqrt(fmax(rows * rows - rest * rest, 0)), -INFINITY, INFINITY);
}

bool explain_truth(explain *x, const sample **ret, err *e)
{
    if (!x->truth) {
        sample *s = arena_new(x->a, sample, 1);
        if (!sample_make(x->plan, x->in, s, x->a, e)) return false;
        x->truth = s;
    }
    *ret = x->truth;
    return true;
}

bool explain_permutation(explain *x, double from, double to, err *e)
{
    const sample *s;
    if (!explain_truth(x, &s, e)) return false;
    struct permuting k = {.x = x,
                          .s = s,
                          .loss = arena_new(x->a, double, x->rows),
                          .repeats = (size_t)plan_number(x->plan, "repeats"),
                          .used = used_features(x),
                          .rows = arena_new(x->a, moments, x->features),
                          .rounds = arena_new(x->a, moments, x->features)};
    if (!lose_nothing(&k, e) || !share_jobs(x->in, x->features, permute, &k, from, to, e))
        return false;
    x->permuted = arena_new(x->a, double, x->features);
    for (size_t i = 0; i < x->features; i++) {
        x->permuted[i] = k.rounds[i].mean;
        figures_add(&x->f, "permutation_importance", x->permuted[i], (int64_t)x->rows,
                    explain_slice(x, i), recipe_of(&k, i));
    }
    figures_note(&x->f, "permutation_importance is the growth of the mean %s",
                 s->task == TASK_REGRESSION ? "squared error" : "log loss");
    return true;
}
