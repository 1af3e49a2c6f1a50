/* explain_fidelity.c - whether the model does what its explanations say when features go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include "measure/rng.h"
#include <math.h>

enum { STREAM_REMOVED = 46, STEPS = 20, REMOVALS = 10 };

struct removing {
    const explain *x;
    size_t rows, steps;
    struct outcome {
        double gap;                 /* |f(x) - v(nothing)| */
        double deletion, insertion; /* areas, in the direction of the gap */
        double miss, change;        /* mean squares: of explanation - change, and of the change */
    } * at;
};

/* A row whose features are taken away; its values of the output that is explained. */
struct desk {
    const explain *x;
    const float *row;
    const double *phi;
    size_t output;
    uint8_t *known;
    float *mixed;
    double *out;
};

/* v of the known features: the mean answer when background rows lend their values to the others. */
static bool worth(const struct desk *d, double *ret, err *e)
{
    const explain *x = d->x;
    for (size_t z = 0; z < x->n_z; z++)
        for (size_t i = 0; i < x->features; i++)
            d->mixed[z * x->features + i] = d->known[i] ? d->row[i] : x->z[z * x->features + i];
    if (!explain_ask(x, d->mixed, x->n_z, d->out, e)) return false;
    *ret = 0;
    for (size_t z = 0; z < x->n_z; z++)
        *ret += d->out[z * x->outputs + d->output] / (double)x->n_z;
    return true;
}

/* The area under v as the strongest features come to nothing, or go from all, step by step. */
static bool area(const struct removing *k, const struct desk *d, const uint32_t *order, bool come,
                 double start, double end, double *ret, err *e)
{
    double sum = 0, v;
    memset(d->known, !come, k->x->features);
    for (size_t s = 1, done = 0; s < k->steps; s++) {
        for (; done < s * k->x->features / k->steps; done++)
            d->known[order[done]] = come;
        if (!worth(d, &v, e)) return false;
        sum += v - start;
    }
    *ret = (sum + (end - start) / 2) / (double)k->steps;
    return true;
}

static bool remove_some(const struct desk *d, double all, rng *r, struct outcome *ret, err *e)
{
    size_t f = d->x->features;
    for (int i = 0; i < REMOVALS; i++) {
        double share = 0, v;
        size_t left = (size_t)(rng_uniform(r) * (double)f) + 1; /* of them go, each set as likely */
        for (size_t k = 0; k < f; k++) {
            d->known[k] = rng_uniform(r) * (double)(f - k) >= (double)left;
            left -= !d->known[k];
            share += d->known[k] ? 0 : d->phi[k];
        }
        if (!worth(d, &v, e)) return false;
        ret->miss += (share - (all - v)) * (share - (all - v)) / REMOVALS;
        ret->change += (all - v) * (all - v) / REMOVALS;
    }
    return true;
}

static bool take_away(void *ctx, size_t job, arena *a, err *e)
{
    struct removing *k = ctx;
    const explain *x = k->x;
    size_t r = job * x->rows / k->rows, f = x->features;
    const double *answer = x->answer + r * x->outputs;
    struct desk d = {.x = x,
                     .row = x->x + r * f,
                     .known = arena_new(a, uint8_t, f),
                     .mixed = arena_new(a, float, x->n_z *f),
                     .out = arena_new(a, double, x->n_z * x->outputs)};
    for (size_t o = 1; o < x->outputs; o++)
        if (answer[o] > answer[d.output]) d.output = o;
    d.phi = x->phi + r * x->width + d.output * (f + 1);
    double none, all = answer[d.output], *push = arena_new(a, double, f);
    if (!worth(&d, &none, e)) return false;
    double sign = all < none ? -1 : 1, deletion, insertion;
    uint32_t *order = arena_new(a, uint32_t, f);
    for (size_t i = 0; i < f; i++)
        push[i] = sign * d.phi[i];
    explain_order(push, f, order);
    if (!area(k, &d, order, false, all, none, &deletion, e) ||
        !area(k, &d, order, true, none, all, &insertion, e))
        return false;
    k->at[job] = (struct outcome){
        .gap = fabs(all - none), .deletion = -sign * deletion, .insertion = sign * insertion};
    rng stream = rng_open(x->plan->seed, STREAM_REMOVED, x->row[r]);
    return remove_some(&d, all, &stream, &k->at[job], e);
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
    recipe how = k->rows > 1 ? recipe_mean(moments_se(influence), floor, ceil) : (recipe){0};
    how.method = "delta";
    figures_add(&x->f, id, ratio, (int64_t)k->rows, (str){0}, how);
}

#define PLACE(member) (offsetof(struct outcome, member) / sizeof(double))

bool explain_fidelity(explain *x, double from, double to, err *e)
{
    size_t wanted = (size_t)plan_number(x->plan, "fidelity");
    struct removing k = {.x = x,
                         .rows = wanted < x->rows ? wanted : x->rows,
                         .steps = x->features < STEPS ? x->features : STEPS};
    if (k.rows == 0 || x->features < 2) return true;
    k.at = arena_new(x->a, struct outcome, k.rows);
    if (!share_jobs(x->in, k.rows, take_away, &k, from, to, e)) return false;
    moments miss = {0};
    for (size_t i = 0; i < k.rows; i++)
        moments_add(&miss, k.at[i].miss);
    add_ratio(x, &k, "faithfulness_deletion", PLACE(deletion), PLACE(gap), -INFINITY, INFINITY);
    add_ratio(x, &k, "faithfulness_insertion", PLACE(insertion), PLACE(gap), -INFINITY, INFINITY);
    figures_add(&x->f, "infidelity", miss.mean, (int64_t)k.rows, (str){0},
                k.rows > 1 ? recipe_mean(moments_se(miss), 0, INFINITY) : (recipe){0});
    add_ratio(x, &k, "infidelity_share", PLACE(miss), PLACE(change), 0, INFINITY);
    figures_note(&x->f,
                 "faithfulness and infidelity take features of %zu rows away, in favour of "
                 "those of %zu background rows",
                 k.rows, x->n_z);
    return true;
}
