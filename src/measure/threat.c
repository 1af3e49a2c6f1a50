/* threat.c - allowed changes of a row: distance, test, projection and random choice. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/threat.h"
#include <math.h>

const char *const threat_norms[4] = {
    [THREAT_L2] = "l2", [THREAT_LINF] = "linf", [THREAT_L1] = "l1", [THREAT_L0] = "l0"};

/* ---- sums ---- */

double threat_sum(const threat *t, double sum, double step)
{
    if (t->norm == THREAT_LINF) return fmax(sum, step);
    return sum + (t->norm == THREAT_L2 ? step * step : step);
}

double threat_length(const threat *t, double sum)
{
    return t->norm == THREAT_L2 ? sqrt(sum) : sum;
}

static bool same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

double threat_step(const threat *t, size_t i, float from, float to)
{
    const threat_feature *f = &t->at[i];
    if (same(from, to)) return 0;
    if (isnan(from) || isnan(to)) return f->gap;
    if (f->codes || t->norm == THREAT_L0) return f->cost;
    return f->cost * fabs((double)to - (double)from);
}

double threat_distance(const threat *t, const float *x0, const float *x)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].group) sum = threat_sum(t, sum, threat_step(t, i, x0[i], x[i]));
    for (size_t g = 0; g < t->n_groups; g++) {
        bool changed = false;
        for (size_t k = 0; k < t->groups[g].n; k++)
            changed |= !same(x0[t->groups[g].members[k]], x[t->groups[g].members[k]]);
        if (changed) sum = threat_sum(t, sum, threat_switch(t, g, x0, threat_active(t, g, x)));
    }
    return threat_length(t, sum);
}

/* ---- single features ---- */

/* The values a number may take beside x0. */
static bool span_of(const threat_feature *f, float x0, float *lo, float *hi)
{
    *lo = f->direction > 0 && !(x0 < f->min) ? x0 : f->min;
    *hi = f->direction < 0 && !(x0 > f->max) ? x0 : f->max;
    if (isnan(x0)) *lo = f->min;
    if (isnan(x0)) *hi = f->max;
    if (f->integer) *lo = ceilf(*lo);
    if (f->integer) *hi = floorf(*hi);
    bool wrong_side = (f->direction > 0 && *hi < x0) || (f->direction < 0 && *lo > x0);
    return !f->immutable && !wrong_side && *lo <= *hi;
}

bool threat_may_miss(const threat *t, size_t i)
{
    return t->at[i].missing && !t->at[i].immutable;
}

/* May a feature that has been x0 hold a value at all, when that is another one? */
static bool may_hold(const threat *t, size_t i, float x0)
{
    return !t->at[i].immutable && (!isnan(x0) || t->at[i].missing);
}

static bool is_code(const threat_feature *f, float x)
{
    size_t lo = 0, hi = f->n_codes;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (f->codes[mid] < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < f->n_codes && f->codes[lo] == x;
}

static bool value_allowed(const threat *t, size_t i, float x0, float x)
{
    const threat_feature *f = &t->at[i];
    float lo, hi;
    if (same(x0, x)) return true;
    if (isnan(x)) return threat_may_miss(t, i);
    if (!may_hold(t, i, x0)) return false;
    if (f->codes) return is_code(f, x);
    return span_of(f, x0, &lo, &hi) && x >= lo && x <= hi && (!f->integer || x == floorf(x));
}

bool threat_span(const threat *t, size_t i, float x0, float *ret_lo, float *ret_hi)
{
    return may_hold(t, i, x0) && span_of(&t->at[i], x0, ret_lo, ret_hi);
}

/* Categories cost the same, so the lowest code will do. */
static bool first_code(const threat_feature *f, float lo, float hi, float *ret)
{
    for (size_t k = 0; k < f->n_codes; k++) {
        *ret = f->codes[k];
        if (*ret >= lo) return *ret <= hi;
    }
    return false;
}

bool threat_nearest(const threat *t, size_t i, float x0, float lo, float hi, float *ret)
{
    const threat_feature *f = &t->at[i];
    float from, to;
    *ret = x0;
    if (x0 >= lo && x0 <= hi) return true;
    if (!may_hold(t, i, x0)) return false;
    if (f->codes) return first_code(f, lo, hi, ret);
    if (!span_of(f, x0, &from, &to)) return false;
    from = fmaxf(from, f->integer ? ceilf(lo) : lo);
    to = fminf(to, f->integer ? floorf(hi) : hi);
    *ret = x0 > to ? to : from;
    return from <= to;
}

/* ---- groups ---- */

size_t threat_active(const threat *t, size_t g, const float *x)
{
    const threat_group *q = &t->groups[g];
    size_t ret = q->n;
    for (size_t k = 0; k < q->n; k++) {
        float v = x[q->members[k]];
        if (v == 0) continue;
        if (v != 1 || ret != q->n) return SIZE_MAX;
        ret = k;
    }
    return ret;
}

static bool group_moves(const threat *t, size_t g, const float *x0)
{
    const threat_group *q = &t->groups[g];
    size_t active = threat_active(t, g, x0);
    if (active < q->n) return !t->at[q->members[active]].immutable;
    return true;
}

bool threat_may_switch(const threat *t, size_t g, const float *x0, size_t k)
{
    const threat_group *q = &t->groups[g];
    if (k == threat_active(t, g, x0)) return true;
    if (k > q->n || !group_moves(t, g, x0)) return false;
    return k == q->n ? q->none : !t->at[q->members[k]].immutable;
}

double threat_switch(const threat *t, size_t g, const float *x0, size_t k)
{
    const threat_group *q = &t->groups[g];
    size_t from = threat_active(t, g, x0);
    double cost = 0;
    if (from == k) return 0;
    if (from < q->n) cost = t->at[q->members[from]].cost;
    if (k < q->n) cost = fmax(cost, t->at[q->members[k]].cost);
    return cost > 0 ? cost : t->at[q->members[0]].cost;
}

void threat_set_group(const threat *t, size_t g, size_t k, float *x)
{
    const threat_group *q = &t->groups[g];
    for (size_t i = 0; i < q->n; i++)
        x[q->members[i]] = i == k;
}

static void restore_group(const threat *t, size_t g, const float *x0, float *x)
{
    for (size_t k = 0; k < t->groups[g].n; k++)
        x[t->groups[g].members[k]] = x0[t->groups[g].members[k]];
}

static bool group_same(const threat *t, size_t g, const float *x0, const float *x)
{
    for (size_t k = 0; k < t->groups[g].n; k++)
        if (!same(x0[t->groups[g].members[k]], x[t->groups[g].members[k]])) return false;
    return true;
}

/* ---- the whole row ---- */

bool threat_allowed(const threat *t, const float *x0, const float *x)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].group && !value_allowed(t, i, x0[i], x[i])) return false;
    for (size_t g = 0; g < t->n_groups; g++) {
        size_t k = threat_active(t, g, x);
        if (!group_same(t, g, x0, x) && (k == SIZE_MAX || !threat_may_switch(t, g, x0, k)))
            return false;
    }
    return true;
}

static float nearest_code(const threat_feature *f, float x0, float x)
{
    float best = isnan(x0) ? f->codes[0] : x0;
    for (size_t k = 0; k < f->n_codes; k++)
        if (fabsf(f->codes[k] - x) < fabsf(best - x)) best = f->codes[k];
    return best;
}

static float project_value(const threat *t, size_t i, float x0, float x)
{
    const threat_feature *f = &t->at[i];
    float lo, hi;
    if (value_allowed(t, i, x0, x)) return x;
    if (isnan(x) || !may_hold(t, i, x0)) return x0;
    if (f->codes) return nearest_code(f, x0, x);
    if (!span_of(f, x0, &lo, &hi)) return x0;
    if (f->integer) x = roundf(x);
    return fminf(fmaxf(x, lo), hi);
}

/* Squared distance to a pattern, without what all patterns share. */
static double pattern_far(const threat *t, size_t g, size_t k, const float *x)
{
    const threat_group *q = &t->groups[g];
    return k < q->n ? 1 - 2 * (double)x[q->members[k]] : 0;
}

static double own_far(const threat *t, size_t g, const float *x0, const float *x)
{
    double far = 0;
    for (size_t k = 0; k < t->groups[g].n; k++) {
        double p = (double)x0[t->groups[g].members[k]], v = (double)x[t->groups[g].members[k]];
        far += p * p - 2 * p * v;
    }
    return isnan(far) ? INFINITY : far;
}

static void project_group(const threat *t, size_t g, const float *x0, float *x)
{
    size_t n = t->groups[g].n, best = SIZE_MAX;
    double least = own_far(t, g, x0, x);
    for (size_t k = 0; k <= n; k++) {
        if (!threat_may_switch(t, g, x0, k)) continue;
        double far = pattern_far(t, g, k, x);
        if (!(far < least)) continue;
        least = far;
        best = k;
    }
    if (best == SIZE_MAX)
        restore_group(t, g, x0, x);
    else
        threat_set_group(t, g, best, x);
}

void threat_project(const threat *t, const float *x0, float *x)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].group) x[i] = project_value(t, i, x0[i], x[i]);
    for (size_t g = 0; g < t->n_groups; g++)
        project_group(t, g, x0, x);
}

/* ---- random choice ---- */

static size_t draw_of(rng *r, size_t n)
{
    size_t k = (size_t)(rng_uniform(r) * (double)n);
    return k < n ? k : n - 1;
}

/* Missing has the chance of one in eight, or of one more code. */
static float random_value(const threat *t, size_t i, float x0, rng *r)
{
    const threat_feature *f = &t->at[i];
    float lo, hi;
    size_t of = f->codes ? f->n_codes + 1 : 8;
    if (threat_may_miss(t, i) && draw_of(r, of) == 0) return NAN;
    if (!may_hold(t, i, x0)) return x0;
    if (f->codes) return f->codes[draw_of(r, f->n_codes)];
    if (!span_of(f, x0, &lo, &hi)) return x0;
    double at = (double)lo + rng_uniform(r) * ((double)hi - (double)lo + f->integer);
    return fminf(hi, f->integer ? floorf((float)at) : fmaxf(lo, (float)at));
}

static void random_group(const threat *t, size_t g, const float *x0, rng *r, float *x)
{
    size_t n = 0, of = t->groups[g].n;
    for (size_t k = 0; k <= of; k++)
        n += threat_may_switch(t, g, x0, k);
    if (n == 0) return;
    size_t pick = draw_of(r, n);
    for (size_t k = 0; k <= of; k++)
        if (threat_may_switch(t, g, x0, k) && pick-- == 0) {
            threat_set_group(t, g, k, x);
            return;
        }
}

void threat_random(const threat *t, const float *x0, rng *r, float *ret)
{
    memcpy(ret, x0, t->n * sizeof *ret);
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].group) ret[i] = random_value(t, i, x0[i], r);
    for (size_t g = 0; g < t->n_groups; g++)
        random_group(t, g, x0, r, ret);
}
