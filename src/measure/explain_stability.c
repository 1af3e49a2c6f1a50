/* explain_stability.c - whether rows that are nearly the same are explained by the same features.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

enum { NEIGHBOURS = 10000 }; /* rows among which a neighbour is looked for */

struct comparing {
    const explain *x;
    size_t top, pairs, among;
    double *range;  /* per feature; of a category 0 */
    double *agreed; /* per pair: NaN when no row differs */
};

static size_t pair_row(const struct comparing *c, size_t pair)
{
    return pair * c->x->rows / c->pairs;
}

static double gap(const struct comparing *c, size_t feature, float a, float b)
{
    if (isnan(a) || isnan(b)) return isnan(a) != isnan(b);
    if (c->x->model->categorical[feature] || !(c->range[feature] > 0)) return a != b;
    return fabs((double)a - (double)b) / c->range[feature];
}

/* The nearest row that differs; the row itself when there is none. */
static size_t neighbour(const struct comparing *c, size_t row)
{
    size_t f = c->x->features, best = row;
    double least = INFINITY;
    for (size_t k = 0; k < c->among; k++) {
        size_t other = k * c->x->rows / c->among;
        double sum = 0;
        for (size_t i = 0; i < f && sum < least; i++)
            sum += gap(c, i, c->x->x[row * f + i], c->x->x[other * f + i]);
        if (sum > 0 && sum < least) {
            least = sum;
            best = other;
        }
    }
    return best;
}

static void strongest(const struct comparing *c, size_t row, double *size, uint32_t *ret)
{
    explain_sizes(c->x, c->x->phi + row * c->x->width, size);
    explain_order(size, c->x->features, ret);
}

static bool compare_pair(void *ctx, size_t pair, arena *a, err *e)
{
    const struct comparing *c = ctx;
    size_t row = pair_row(c, pair), other = neighbour(c, row), both = 0;
    (void)e;
    double *size = arena_new(a, double, c->x->features);
    uint32_t *mine = arena_new(a, uint32_t, c->x->features);
    uint32_t *theirs = arena_new(a, uint32_t, c->x->features);
    strongest(c, row, size, mine);
    strongest(c, other, size, theirs);
    for (size_t i = 0; i < c->top; i++)
        for (size_t k = 0; k < c->top; k++)
            both += mine[i] == theirs[k];
    c->agreed[pair] = other == row ? NAN : (double)both / (double)c->top;
    return true;
}

static double *ranges(const explain *x)
{
    double *ret = arena_new(x->a, double, x->features);
    for (size_t i = 0; i < x->features; i++) {
        double lo = INFINITY, hi = -INFINITY;
        for (size_t r = 0; r < x->rows; r++) {
            lo = fmin(lo, (double)x->x[r * x->features + i]);
            hi = fmax(hi, (double)x->x[r * x->features + i]);
        }
        ret[i] = hi > lo ? hi - lo : 0;
    }
    return ret;
}

bool explain_stability(explain *x, double from, double to, err *e)
{
    size_t top = (size_t)plan_number(x->plan, "top"), pairs = (size_t)plan_number(x->plan, "pairs");
    struct comparing c = {.x = x, .among = x->rows < NEIGHBOURS ? x->rows : NEIGHBOURS};
    if (pairs == 0 || x->features < 2) return true;
    c.top = top <= x->features / 2 ? top : x->features / 2;
    c.pairs = pairs < x->rows ? pairs : x->rows;
    c.range = ranges(x);
    c.agreed = arena_new(x->a, double, c.pairs);
    if (!share_jobs(x->in, c.pairs, compare_pair, &c, from, to, e)) return false;
    size_t n = stat_finite(c.agreed, c.pairs);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += c.agreed[i];
    figures_add(&x->f, "explanation_stability", n ? sum / (double)n : NAN, (int64_t)n, (str){0},
                recipe_wilson(sum, (double)n));
    figures_note(&x->f,
                 "explanation_stability compares the %zu strongest features of a row and "
                 "of its nearest neighbour among %zu rows",
                 c.top, c.among);
    return true;
}
