/* target.c - has an answer flipped, and which margins can flip it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/target.h"
#include "model/linear.h"
#include "model/trees.h"
#include <math.h>

double target_answer(const target *t, const double *out)
{
    size_t best = 0;
    if (t->task == TASK_REGRESSION) return out[0];
    if (t->task == TASK_BINARY) return out[0] >= t->threshold;
    for (size_t k = 1; k < t->outputs; k++)
        if (out[k] > out[best]) best = k;
    return (double)best;
}

bool target_flips(const target *t, double own, const double *out)
{
    double now = target_answer(t, out);
    return t->task == TASK_REGRESSION ? fabs(now - own) > t->tolerance : now != own;
}

double target_excess(const target *t, double own, const double *out)
{
    double other = -INFINITY;
    if (t->task == TASK_REGRESSION) return fabs(out[0] - own) - t->tolerance;
    if (t->task == TASK_BINARY) return own > 0 ? t->threshold - out[0] : out[0] - t->threshold;
    for (size_t k = 0; k < t->outputs; k++)
        if ((double)k != own) other = fmax(other, out[k]);
    return other - out[(size_t)own];
}

bool target_ask(const target *t, double own, const float *x, bool *ret_flips, arena *scratch,
                err *e)
{
    double few[8], *out = t->outputs <= COUNT(few) ? few : arena_new(scratch, double, t->outputs);
    if (!model_predict(t->model, x, 1, out, e)) return false;
    *ret_flips = target_flips(t, own, out);
    return true;
}

/* ---- margins ---- */

/* What float sums of leaves may be away from exact ones: n additions of numbers up to `size`. */
static double rounding(const struct model *m, size_t output)
{
    forest f = model_forest(m);
    double size = fabs((double)f.base[output]), n = 2;
    for (size_t k = 0; k < f.n; k++) {
        const tree *t = &f.at[k];
        double most = 0;
        if (t->output != output) continue;
        for (uint32_t i = 0; i < t->n_nodes; i++)
            if (!(t->nodes[i].flags & NODE_INNER)) most = fmax(most, fabs(tree_leaf(t, i)));
        size += most;
        n++;
    }
    return n * size * 0x1p-24;
}

static bool margin_of(const struct model *m, double out, double *ret_lo, double *ret_hi)
{
    const linear_model *l = model_linear(m);
    if (!l) return forest_margin_of(m, out, ret_lo, ret_hi);
    linear_margin_of(l, out, ret_lo, ret_hi);
    return true;
}

static size_t both_sides(const target *t, double low, double high, condition *ret)
{
    double slack = model_linear(t->model) ? 0 : rounding(t->model, 0), lo, hi;
    size_t n = 0;
    /* an output below `low`: the margin is at most hi of low */
    if (low > -INFINITY && margin_of(t->model, low, &lo, &hi))
        ret[n++] = (condition){0, SIZE_MAX, hi + slack};
    if (high < INFINITY && margin_of(t->model, high, &lo, &hi))
        ret[n++] = (condition){SIZE_MAX, 0, -lo + slack};
    return n;
}

/* Where the link is flat, both margins lie beyond its end. */
static size_t rivals_of(const linear_model *l, size_t own, condition *ret)
{
    double lo, hi, apart = linear_margin_apart(l, &lo, &hi);
    size_t n = 0;
    for (size_t k = 0; k < l->n_outputs; k++) {
        if (k == own) continue;
        ret[n++] = (condition){own, k, apart};
        if (hi < INFINITY) ret[n++] = (condition){SIZE_MAX, k, -hi};
    }
    if (lo > -INFINITY) ret[n++] = (condition){own, SIZE_MAX, lo};
    return n;
}

bool target_conditions(const target *t, double own, condition **ret, size_t *ret_n, arena *a)
{
    const linear_model *l = model_linear(t->model);
    *ret = arena_new(a, condition, 2 * t->outputs + 1);
    *ret_n = 0;
    if (!l && (model_forest(t->model).n == 0 || !forest_monotone(t->model))) return false;
    if (t->task == TASK_REGRESSION)
        *ret_n = both_sides(t, own - t->tolerance, own + t->tolerance, *ret);
    else if (t->task == TASK_BINARY)
        *ret_n = both_sides(t, own > 0 ? t->threshold : -INFINITY,
                            own > 0 ? INFINITY : t->threshold, *ret);
    if (t->task != TASK_MULTICLASS) return true;
    size_t y = (size_t)own;
    if (l) {
        *ret_n = rivals_of(l, y, *ret);
        return true;
    }
    double apart = forest_margin_apart(t->model), slack = rounding(t->model, y);
    for (size_t k = 0; k < t->outputs && apart < INFINITY; k++)
        if (k != y) (*ret)[(*ret_n)++] = (condition){y, k, apart + slack + rounding(t->model, k)};
    return apart < INFINITY;
}
