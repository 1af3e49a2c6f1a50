/* explain_importance.c - figures of the values of all explained rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include <math.h>

/* By how much chance may enlarge the mean size of a feature's values: E|phi + noise| is at most
 * |phi| + s sqrt(2 / pi), and hardly more than |phi| beyond a few s. */
static double push_of(const explain *x, size_t feature)
{
    double sum = 0;
    for (size_t r = 0; r < x->rows && x->error; r++)
        for (size_t o = 0; o < x->outputs; o++) {
            size_t at = r * x->width + o * (x->features + 1) + feature;
            if (fabs(x->phi[at]) < 3 * x->error[at]) sum += x->error[at] * sqrt(M_2_PI);
        }
    return sum / (double)x->rows;
}

static void add_importance(explain *x)
{
    double *size = arena_new(x->a, double, x->features);
    moments *m = arena_new(x->a, moments, x->features);
    x->importance = arena_new(x->a, double, x->features);
    x->lean = arena_new(x->a, double, x->features);
    for (size_t r = 0; r < x->rows; r++) {
        const double *phi = x->phi + r * x->width;
        explain_sizes(x, phi, size);
        for (size_t i = 0; i < x->features; i++) {
            moments_add(&m[i], size[i]);
            x->lean[i] += phi[i];
        }
    }
    for (size_t i = 0; i < x->features; i++) {
        x->importance[i] = m[i].mean;
        x->lean[i] /= (double)x->rows;
        double se = hypot(moments_se(m[i]), push_of(x, i));
        recipe how = x->rows > 1 ? recipe_normal(se, 0, INFINITY) : (recipe){0};
        figures_add(&x->f, "mean_absolute_shap", m[i].mean, (int64_t)x->rows, explain_slice(x, i),
                    how);
    }
}

/* Delta method: what a row adds to top / all near its value. */
static void add_top_share(explain *x)
{
    uint32_t *order = arena_new(x->a, uint32_t, x->features), top;
    double *size = arena_new(x->a, double, x->features), all = 0;
    moments influence = {0};
    explain_order(x->importance, x->features, order);
    top = order[0];
    for (size_t i = 0; i < x->features; i++)
        all += x->importance[i];
    double share = all > 0 ? x->importance[top] / all : NAN;
    for (size_t r = 0; r < x->rows && all > 0; r++) {
        double row = 0;
        explain_sizes(x, x->phi + r * x->width, size);
        for (size_t i = 0; i < x->features; i++)
            row += size[i];
        moments_add(&influence, (size[top] - share * row) / all);
    }
    recipe how = x->rows > 1 ? recipe_normal(moments_se(influence), 0, 1) : (recipe){0};
    how.method = "delta";
    figures_add(&x->f, "top_feature_share", share, (int64_t)x->rows, (str){0}, how);
    if (all > 0) figures_note(&x->f, "top_feature_share is that of '%.*s'", STR_ARG(x->names[top]));
}

static void add_additivity(explain *x)
{
    size_t per = x->features + 1;
    double worst = 0;
    for (size_t k = 0; k < x->rows * x->outputs; k++) {
        double sum = 0;
        for (size_t i = 0; i < per; i++)
            sum += x->phi[k * per + i];
        worst = fmax(worst, fabs(sum - x->answer[k]));
    }
    figures_add(&x->f, "additivity_error", worst, (int64_t)x->rows, (str){0},
                recipe_fixed(worst, worst, "exact"));
}

static void add_error(explain *x)
{
    moments m = {0};
    for (size_t r = 0; r < x->rows; r++) {
        double sum = 0;
        for (size_t i = 0; i < x->width; i++)
            sum += x->error[r * x->width + i] * x->error[r * x->width + i];
        moments_add(&m, sqrt(sum / (double)(x->outputs * x->features)));
    }
    figures_add(&x->f, "explanation_error", m.mean, (int64_t)x->rows, (str){0},
                recipe_mean(m, 0, INFINITY));
}

void explain_importance(explain *x)
{
    add_importance(x);
    add_top_share(x);
    add_additivity(x);
    if (x->error) add_error(x);
}
