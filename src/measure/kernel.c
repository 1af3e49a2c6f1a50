/* kernel.c - Shapley values of a black box: what all ways share, and the sizes that are whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel_impl.h"
#include <math.h>

#define GAPS_MAX      (UINT64_C(1) << 24) /* features x outputs x background rows */
#define EVALUATED_MAX (UINT64_C(1) << 23) /* coalitions x background rows */

/* ---- asking ---- */

static double log_odds(double p)
{
    p = fmin(fmax(p, 0x1p-52), 1 - 0x1p-52);
    return log(p) - log1p(-p);
}

static bool ask(const struct kernel *k, const float *x, size_t n, double *ret, err *e)
{
    if (!model_predict(k->m, x, n, ret, e)) return false;
    for (size_t i = 0; i < n * k->outputs; i++)
        if (!isfinite(ret[i]))
            return err_set(e, ERR_INVALID, S("model"), S("mend the model"),
                           "the model answers what is no finite number");
    for (size_t i = 0; i < n * k->outputs && k->o.log_odds; i++)
        ret[i] = log_odds(ret[i]);
    return true;
}

static size_t per_question(const struct kernel *k)
{
    size_t most = KERNEL_FLOATS / k->features;
    return most < 1 ? 1 : most < KERNEL_ASK ? most : KERNEL_ASK;
}

bool kernel_ask(const struct kernel *k, const float *x, size_t rows, double *ret, err *e)
{
    size_t step = per_question(k);
    for (size_t i = 0; i < rows; i += step)
        if (!ask(k, x + i * k->features, rows - i < step ? rows - i : step, ret + i * k->outputs,
                 e))
            return false;
    return true;
}

asker asker_open(const bout *b, size_t hybrids, arena *a)
{
    size_t most = per_question(b->k), rows = hybrids < most ? hybrids : most;
    return (asker){.b = b,
                   .x = arena_array(a, rows, b->k->features * sizeof(float), _Alignof(float)),
                   .out = arena_array(a, hybrids, b->k->outputs * sizeof(double), 8)};
}

bool asker_end(asker *q, err *e)
{
    const struct kernel *k = q->b->k;
    if (q->n == 0) return true;
    if (!ask(k, q->x, q->n, q->out + q->done * k->outputs, e)) return false;
    q->b->cost->calls++;
    q->b->cost->rows += q->n;
    q->done += q->n;
    q->n = 0;
    return true;
}

bool asker_add(asker *q, uint32_t r, const uint64_t *set, bool swapped, err *e)
{
    const struct kernel *k = q->b->k;
    const float *z = k->z + r * k->features, *from = swapped ? z : q->b->x;
    float *to = q->x + q->n * k->features;
    memcpy(to, swapped ? q->b->x : z, k->features * sizeof *to);
    for (size_t w = 0; w < k->words; w++)
        for (uint64_t left = set[w]; left; left &= left - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(left);
            to[i] = from[i];
        }
    return ++q->n < per_question(k) || asker_end(q, e);
}

/* ---- opening ---- */

static bool options_fit(const struct kernel *k, err *e)
{
    size_t least = 2 * k->features + 2;
    if (k->features * k->outputs > GAPS_MAX / k->rows)
        return err_set(e, ERR_TOO_LARGE, S("options.background"), S("take fewer background rows"),
                       "%zu features, %zu outputs and %zu background rows are too many to explain",
                       k->features, k->outputs, k->rows);
    if (k->o.method == KERNEL_EXACT) return true;
    if (k->o.coalitions < least)
        return err_set(e, ERR_INVALID, S("options.coalitions"),
                       str_fmt(e->a, "take %zu or more", least),
                       "%zu coalitions are too few for %zu features", k->o.coalitions, k->features);
    if (k->o.coalitions > EVALUATED_MAX / k->rows)
        return err_set(e, ERR_TOO_LARGE, S("options.coalitions"),
                       S("take fewer coalitions or background rows"),
                       "%zu coalitions with %zu background rows are too many at once",
                       k->o.coalitions, k->rows);
    return true;
}

bool kernel_open(arena *a, const measure_input *in, const float *background, size_t rows,
                 const kernel_options *o, struct kernel **ret, err *e)
{
    const model_info *info = model_describe(in->model);
    struct kernel *k = arena_new(a, struct kernel, 1);
    *k = (struct kernel){.m = in->model,
                         .info = info,
                         .z = background,
                         .rows = rows,
                         .features = info->n_features,
                         .outputs = info->n_outputs,
                         .words = (info->n_features + 63) / 64,
                         .o = *o};
    if (!k->o.coalitions) k->o.coalitions = 2 * k->features + 224;
    if (!options_fit(k, e)) return false;
    k->fz = arena_new(a, double, rows * k->outputs);
    k->bias = arena_new(a, double, k->outputs);
    if (!kernel_ask(k, background, rows, k->fz, e)) return false;
    k->opened = (kernel_cost){(rows + per_question(k) - 1) / per_question(k), rows};
    for (size_t i = 0; i < rows * k->outputs; i++)
        k->bias[i % k->outputs] += k->fz[i] / (double)rows;
    *ret = k;
    return true;
}

kernel_cost kernel_open_cost(const struct kernel *k)
{
    return k->opened;
}

/* ---- the sizes that are always whole ---- */

static void meet(bout *b, uint32_t z)
{
    const struct kernel *k = b->k;
    const float *theirs = k->z + z * k->features;
    rival *r = &b->rivals[z];
    r->player = arena_new(b->a, uint32_t, k->features);
    r->gap = arena_new(b->a, double, k->outputs);
    for (size_t i = 0; i < k->features; i++)
        if (b->x[i] != theirs[i] && !(isnan(b->x[i]) && isnan(theirs[i])))
            r->player[r->n_players++] = (uint32_t)i;
    for (size_t o = 0; o < k->outputs; o++)
        r->gap[o] = b->fx[o] - k->fz[z * k->outputs + o];
}

static uint32_t lone_hybrids(const rival *r)
{
    return r->n_players < 2 ? 0 : r->n_players == 2 ? 2 : 2 * r->n_players;
}

/* A single player against the others: of two players, one is the others. */
static bool ask_lone(asker *q, const bout *b, uint32_t z, uint64_t *set, err *e)
{
    const rival *r = &b->rivals[z];
    uint32_t n = r->n_players == 2 ? 1 : r->n_players;
    for (uint32_t i = 0; i < n && r->n_players > 1; i++) {
        uint32_t f = r->player[i];
        set[f / 64] = UINT64_C(1) << f % 64;
        if (!asker_add(q, z, set, false, e) || !asker_add(q, z, set, true, e)) return false;
        set[f / 64] = 0;
    }
    return true;
}

static void add_lone(bout *b, uint32_t z, size_t output, const double *v, double *half)
{
    rival *r = &b->rivals[z];
    const struct kernel *k = b->k;
    double m = r->n_players, mean = 0, *phi = b->phi + output * (k->features + 1);
    double fz = k->fz[z * k->outputs + output], fx = b->fx[output];
    for (uint32_t i = 0; i < r->n_players && r->n_players > 1; i++) {
        bool second = r->n_players == 2 && i == 1;
        double with = v[second ? k->outputs : 2 * i * k->outputs];
        double without = v[second ? 0 : (2 * i + 1) * k->outputs];
        half[i] = (with - without) / 2;
        mean += half[i] / m;
        if (!r->lone) continue;
        r->lone[output * r->n_players + i] = ((with - fz) + (fx - without)) / 2;
        r->skew[output * r->n_players + i] = (with - fz) - (fx - without);
    }
    double weight = r->n_players > 2 ? 2 / (m - 1) : 1;
    for (uint32_t i = 0; i < r->n_players; i++)
        phi[r->player[i]] += r->gap[output] / m + (half[i] - mean) * weight;
}

static bool whole_sizes(bout *b, size_t from, size_t to, arena *a, err *e)
{
    size_t hybrids = 1, at = 0;
    for (size_t z = from; z < to; z++)
        hybrids += lone_hybrids(&b->rivals[z]);
    asker q = asker_open(b, hybrids, a);
    uint64_t *set = arena_new(a, uint64_t, b->k->words);
    double *half = arena_new(a, double, b->k->features);
    for (size_t z = from; z < to; z++)
        if (!ask_lone(&q, b, (uint32_t)z, set, e)) return false;
    if (!asker_end(&q, e)) return false;
    for (size_t z = from; z < to; z++) {
        rival *r = &b->rivals[z];
        if (r->n_players > 3) {
            r->lone = arena_new(a, double, r->n_players * b->k->outputs);
            r->skew = arena_new(a, double, r->n_players * b->k->outputs);
        }
        for (size_t o = 0; o < b->k->outputs; o++) {
            memset(half, 0, b->k->features * sizeof *half);
            add_lone(b, (uint32_t)z, o, q.out + at * b->k->outputs + o, half);
        }
        at += lone_hybrids(r);
    }
    return true;
}

/* ---- one row ---- */

static bool solve(bout *b, size_t from, size_t to, err *e)
{
    arena *a = arena_open();
    draws d;
    bool ok = whole_sizes(b, from, to, a, e) && draws_make(b, from, to, &d, a, e);
    if (ok) draws_add(b, &d, a);
    arena_close(a);
    return ok;
}

static bool solve_sampled(bout *b, err *e)
{
    double budget = (double)b->k->o.coalitions * (double)b->k->rows;
    for (size_t z = 0; z < b->k->rows; z++)
        budget -= lone_hybrids(&b->rivals[z]);
    draws_share(b->rivals, b->k->rows, budget / 2);
    return solve(b, 0, b->k->rows, e);
}

static bool solve_exact(bout *b, err *e)
{
    size_t from = 0;
    double pairs = 0;
    for (size_t z = 0; z < b->k->rows; z++) {
        rival *r = &b->rivals[z];
        if (r->n_players > KERNEL_EXACT_PLAYERS)
            return err_set(e, ERR_TOO_LARGE, S("options.method"), S("use the method kernel"),
                           "%u features differ, over %d, too many for all coalitions", r->n_players,
                           KERNEL_EXACT_PLAYERS);
        r->pairs = (size_t)draws_count(r->n_players);
        pairs += (double)r->pairs;
        if (pairs < KERNEL_PAIRS && z + 1 < b->k->rows) continue;
        if (!solve(b, from, z + 1, e)) return false;
        from = z + 1;
        pairs = 0;
    }
    return true;
}

static void give(const bout *b, double *ret, double *ret_error)
{
    const struct kernel *k = b->k;
    size_t per = k->features + 1;
    for (size_t o = 0; o < k->outputs; o++) {
        for (size_t i = 0; i < k->features; i++) {
            ret[o * per + i] = b->phi[o * per + i] / (double)k->rows;
            ret_error[o * per + i] = sqrt(b->var[o * per + i]) / (double)k->rows;
        }
        ret[o * per + k->features] = k->bias[o];
        ret_error[o * per + k->features] = 0;
    }
}

bool kernel_values(const struct kernel *k, const float *x, uint64_t number, double *ret,
                   double *ret_error, double *ret_answer, kernel_cost *ret_cost, err *e)
{
    arena *a = arena_open();
    size_t width = k->outputs * (k->features + 1);
    bool orders = k->o.method == KERNEL_ORDERS;
    *ret_cost = (kernel_cost){1, 1};
    bout b = {.k = k,
              .x = x,
              .fx = ret_answer,
              .rivals = arena_new(a, rival, k->rows),
              .phi = arena_new(a, double, width),
              .var = arena_new(a, double, width),
              .cost = ret_cost,
              .r = rng_open(k->o.seed, orders ? STREAM_ORDERS : STREAM_COALITIONS, number),
              .a = a};
    bool ok = ask(k, x, 1, ret_answer, e);
    for (size_t z = 0; ok && z < k->rows; z++)
        meet(&b, (uint32_t)z);
    if (ok)
        ok = orders                          ? orders_add(&b, e)
             : k->o.method == KERNEL_SAMPLED ? solve_sampled(&b, e)
                                             : solve_exact(&b, e);
    if (ok) give(&b, ret, ret_error);
    arena_close(a);
    return ok;
}
