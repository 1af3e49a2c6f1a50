/* counterfactual_refine.c - makes a counterfactual smaller, and its numbers round. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/counterfactual_impl.h"
#include <math.h>

enum { POINTS = 15, ROUNDS = 4, DIGITS = 6 };

/* Takes the row over when it flips and is allowed. */
static bool try(quest *q, const float *next, float *x, bool *ret_took, err *e)
{
    bool flips;
    *ret_took = false;
    if (!threat_allowed(q->s->th, q->x0, next)) return true;
    if (!quest_ask(q, next, 1, &flips, NULL, e)) return false;
    if (flips) memcpy(x, next, q->features * sizeof *x);
    *ret_took = flips;
    return true;
}

static bool put_back(quest *q, float *next, float *x, err *e)
{
    for (size_t k = 0; k < q->n_things; k++) {
        bool took;
        if (!thing_changed(q, k, x)) continue;
        memcpy(next, x, q->features * sizeof *x);
        thing_restore(q, k, next);
        if (!try(q, next, x, &took, e)) return false;
    }
    return true;
}

/* Points between the row's value and the changed one: the first that flips, and again between that
 * and the one before it. */
static bool nearer(quest *q, size_t f, float *many, float *x, err *e)
{
    bool flips[POINTS];
    double from = (double)q->x0[f];
    for (int round = 0; round < ROUNDS; round++) {
        double step = ((double)x[f] - from) / (POINTS + 1);
        size_t first = 0;
        for (size_t i = 0; i < POINTS; i++) {
            float *row = many + i * q->features;
            memcpy(row, x, q->features * sizeof *x);
            row[f] = (float)(from + step * (double)(i + 1));
            threat_project(q->s->th, q->x0, row);
        }
        if (!quest_ask(q, many, POINTS, flips, NULL, e)) return false;
        while (first < POINTS &&
               !(flips[first] && threat_allowed(q->s->th, q->x0, many + first * q->features)))
            first++;
        if (first < POINTS) memcpy(x, many + first * q->features, q->features * sizeof *x);
        from += step * (double)first;
    }
    return true;
}

/* The raw value of feature f with so many digits, away from the row's. */
static float rounded(const quest *q, size_t f, float x, int digits)
{
    double factor = q->s->factor ? q->s->factor[f] : 1, shift = q->s->shift ? q->s->shift[f] : 0;
    double raw = (double)x * factor + shift, was = (double)q->x0[f] * factor + shift;
    double size = fmax(fabs(raw), fabs(raw - was));
    double unit = pow(10, floor(log10(size)) - (digits - 1));
    double to = raw > was ? ceil(raw / unit - 1e-6) * unit : floor(raw / unit + 1e-6) * unit;
    return (float)((to - shift) / factor);
}

/* The roundest number that is hardly further away: by a tenth of the change at most. */
static bool round_off(quest *q, size_t f, float *next, float *x, err *e)
{
    bool took = false;
    for (int digits = 1; digits <= DIGITS && !took; digits++) {
        float v = rounded(q, f, x[f], digits);
        double far = fabs((double)v - (double)q->x0[f]),
               now = fabs((double)x[f] - (double)q->x0[f]);
        if (!isfinite(v) || far > 1.1 * now) continue;
        memcpy(next, x, q->features * sizeof *x);
        next[f] = v;
        if (!try(q, next, x, &took, e)) return false;
    }
    return true;
}

static bool is_number(const quest *q, size_t k, const float *x)
{
    const thing *u = &q->things[k];
    if (u->grouped || q->s->th->at[u->id].codes) return false;
    return !isnan(x[u->id]) && !isnan(q->x0[u->id]) && thing_changed(q, k, x);
}

bool quest_refine(quest *q, float *x, err *e)
{
    float *many = arena_new(q->a, float, POINTS * q->features);
    if (!put_back(q, many, x, e)) return false;
    for (size_t k = 0; k < q->n_things; k++)
        if (is_number(q, k, x) && !nearer(q, q->things[k].id, many, x, e)) return false;
    if (!put_back(q, many, x, e)) return false;
    for (size_t k = 0; k < q->n_things; k++)
        if (is_number(q, k, x) && !round_off(q, q->things[k].id, many, x, e)) return false;
    return true;
}
