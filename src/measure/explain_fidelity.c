/* explain_fidelity.c - whether the model does what its explanations say when features go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include "measure/rng.h"
#include <math.h>

enum { STREAM_REMOVED = 46, STEPS = 20, REMOVALS = 10, SETS_FLOATS = 1 << 20 };

struct removing {
    const explain *x;
    size_t rows, steps;
    double *none; /* per output: v of nothing, the mean answer to the background */
    struct outcome {
        double gap;                 /* |f(x) - v(nothing)| */
        double deletion, insertion; /* areas, in the direction of the gap */
        double miss, change;        /* mean squares: of explanation - change, and of the change */
    } * at;
};

/* A row whose features are taken away, and the sets of features that stay known: the strongest gone
 * step by step, or come step by step; and what REMOVALS random ones leave. */
struct desk {
    const struct removing *k;
    const float *row;
    const double *phi;
    size_t output, n;
    uint8_t *known; /* sets x features */
    double *v;      /* mean answers when background rows lend their values to the others */
};

static size_t n_sets(const struct removing *k)
{
    return 2 * (k->steps - 1) + REMOVALS;
}

static void walk_sets(struct desk *d, const uint32_t *order, bool come)
{
    size_t f = d->k->x->features;
    for (size_t s = 1; s < d->k->steps; s++, d->n++) {
        uint8_t *set = d->known + d->n * f;
        memset(set, !come, f);
        for (size_t i = 0; i < s * f / d->k->steps; i++)
            set[order[i]] = come;
    }
}

/* Any number of features goes, each number as likely. */
static void random_sets(struct desk *d, rng *r)
{
    size_t f = d->k->x->features;
    for (int i = 0; i < REMOVALS; i++, d->n++) {
        size_t left = (size_t)(rng_uniform(r) * (double)f) + 1;
        for (size_t k = 0; k < f; k++) {
            bool stays = rng_uniform(r) * (double)(f - k) >= (double)left;
            d->known[d->n * f + k] = stays;
            left -= !stays;
        }
    }
}

static bool ask_sets(struct desk *d, arena *a, err *e)
{
    const explain *x = d->k->x;
    size_t f = x->features, n = x->n_z, per = SETS_FLOATS / (n * f) + 1;
    if (per > d->n) per = d->n;
    float *mixed = arena_new(a, float, per *n *f);
    double *out = arena_new(a, double, per *n * x->outputs);
    for (size_t from = 0; from < d->n; from += per) {
        size_t some = d->n - from < per ? d->n - from : per;
        for (size_t j = 0; j < some * n; j++) {
            const uint8_t *set = d->known + (from + j / n) * f;
            const float *z = x->z + j % n * f;
            for (size_t i = 0; i < f; i++)
                mixed[j * f + i] = set[i] ? d->row[i] : z[i];
        }
        if (!explain_ask(x, mixed, some * n, out, e)) return false;
        for (size_t i = 0; i < some * n; i++)
            d->v[from + i / n] += out[i * x->outputs + d->output] / (double)n;
    }
    return true;
}

/* Area between `start` and the answers to the sets of one walk. */
static double area(const struct desk *d, size_t first, double start, double end)
{
    double sum = (end - start) / 2;
    for (size_t s = 0; s + 1 < d->k->steps; s++)
        sum += d->v[first + s] - start;
    return sum / (double)d->k->steps;
}

static struct outcome weigh(const struct desk *d, double all)
{
    size_t f = d->k->x->features, walk = d->k->steps - 1;
    double none = d->k->none[d->output], sign = all < none ? -1 : 1;
    struct outcome ret = {.gap = fabs(all - none),
                          .deletion = -sign * area(d, 0, all, none),
                          .insertion = sign * area(d, walk, none, all)};
    for (size_t s = 2 * walk; s < d->n; s++) {
        double gone = 0, change = all - d->v[s];
        for (size_t i = 0; i < f; i++)
            gone += d->known[s * f + i] ? 0 : d->phi[i];
        ret.miss += (gone - change) * (gone - change) / REMOVALS;
        ret.change += change * change / REMOVALS;
    }
    return ret;
}

static bool take_away(void *ctx, size_t job, arena *a, err *e)
{
    struct removing *k = ctx;
    const explain *x = k->x;
    size_t r = job * x->rows / k->rows, f = x->features, sets = n_sets(k);
    const double *answer = x->answer + r * x->outputs;
    struct desk d = {.k = k,
                     .row = x->x + r * f,
                     .known = arena_new(a, uint8_t, sets * f),
                     .v = arena_new(a, double, sets)};
    for (size_t o = 1; o < x->outputs; o++)
        if (answer[o] > answer[d.output]) d.output = o;
    d.phi = x->phi + r * x->width + d.output * (f + 1);
    double *push = arena_new(a, double, f);
    uint32_t *order = arena_new(a, uint32_t, f);
    rng stream = rng_open(x->plan->seed, STREAM_REMOVED, x->row[r]);
    for (size_t i = 0; i < f; i++)
        push[i] = answer[d.output] < k->none[d.output] ? -d.phi[i] : d.phi[i];
    explain_order(push, f, order);
    walk_sets(&d, order, false);
    walk_sets(&d, order, true);
    random_sets(&d, &stream);
    if (!ask_sets(&d, a, e)) return false;
    k->at[job] = weigh(&d, answer[d.output]);
    return true;
}

/* sum / sum of the rows, by the delta method. */
static void add_ratio(explain *x, const struct removing *k, const char *id, size_t over,
                      size_t under, double floor, double ceil)
{
    double top = 0, bottom = 0;
    moments influence = {0};
    for (size_t i = 0; i < k->rows; i++) {
        top += ((const double *)&k->at[i])[over];
        bottom += ((const double *)&k->at[i])[under];
    }
    double ratio = bottom > 0 ? top / bottom : NAN, n = (double)k->rows;
    for (size_t i = 0; i < k->rows && bottom > 0; i++)
        moments_add(&influence, (((const double *)&k->at[i])[over] -
                                 ratio * ((const double *)&k->at[i])[under]) *
                                    n / bottom);
    recipe how = k->rows > 1 ? recipe_normal(moments_se(influence), floor, ceil) : (recipe){0};
    how.method = "delta";
    figures_add(&x->f, id, ratio, (int64_t)k->rows, (str){0}, how);
}

#define PLACE(member) (offsetof(struct outcome, member) / sizeof(double))

static bool mean_answer(struct removing *k, err *e)
{
    const explain *x = k->x;
    double *out = arena_new(x->a, double, x->n_z * x->outputs);
    k->none = arena_new(x->a, double, x->outputs);
    if (!explain_ask(x, x->z, x->n_z, out, e)) return false;
    for (size_t i = 0; i < x->n_z * x->outputs; i++)
        k->none[i % x->outputs] += out[i] / (double)x->n_z;
    return true;
}

bool explain_fidelity(explain *x, double from, double to, err *e)
{
    size_t wanted = (size_t)plan_number(x->plan, "fidelity");
    struct removing k = {.x = x,
                         .rows = wanted < x->rows ? wanted : x->rows,
                         .steps = x->features < STEPS ? x->features : STEPS};
    if (k.rows == 0 || x->features < 2) return true;
    k.at = arena_new(x->a, struct outcome, k.rows);
    if (!mean_answer(&k, e)) return false;
    if (!share_jobs(x->in, k.rows, take_away, &k, from, to, e)) return false;
    moments miss = {0};
    for (size_t i = 0; i < k.rows; i++)
        moments_add(&miss, k.at[i].miss);
    add_ratio(x, &k, "faithfulness_deletion", PLACE(deletion), PLACE(gap), -INFINITY, INFINITY);
    add_ratio(x, &k, "faithfulness_insertion", PLACE(insertion), PLACE(gap), -INFINITY, INFINITY);
    figures_add(&x->f, "infidelity", miss.mean, (int64_t)k.rows, (str){0},
                recipe_mean(miss, 0, INFINITY));
    add_ratio(x, &k, "infidelity_share", PLACE(miss), PLACE(change), 0, INFINITY);
    figures_note(&x->f,
                 "faithfulness and infidelity take features of %zu rows away, in favour of "
                 "those of %zu background rows",
                 k.rows, x->n_z);
    return true;
}
