/* train_logistic.c - logistic regression by Newton's method, and its differentially private twin.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/rng.h"
#include "measure/train.h"
#include <math.h>

double logistic_margin(const double *w, const double *x, size_t features)
{
    double m = w[features];
    for (size_t k = 0; k < features; k++)
        m += w[k] * x[k];
    return m;
}

/* ---- Newton ---- */

/* log(1 + exp(m)) without overflow */
static double softplus(double m)
{
    return m > 0 ? m + log1p(exp(-m)) : log1p(exp(m));
}

static double objective(const logistic_data *d, double lambda, const double *w)
{
    double sum = 0;
    for (size_t r = 0; r < d->rows; r++) {
        double m = logistic_margin(w, d->x + r * d->features, d->features);
        sum += softplus(m) - d->y[r] * m;
    }
    for (size_t k = 0; k < d->features; k++)
        sum += lambda / 2 * w[k] * w[k];
    return sum;
}

/* Gradient and lower triangle of the Hessian, n = features + 1. */
static void derivatives(const logistic_data *d, double lambda, const double *w, double *g,
                        double *h)
{
    size_t p = d->features, n = p + 1;
    memset(g, 0, n * sizeof *g);
    memset(h, 0, n * n * sizeof *h);
    for (size_t r = 0; r < d->rows; r++) {
        const double *x = d->x + r * p;
        double c = 1 / (1 + exp(-logistic_margin(w, x, p))), v = c * (1 - c);
        for (size_t i = 0; i < n; i++) {
            double xi = i < p ? x[i] : 1;
            g[i] += (c - d->y[r]) * xi;
            for (size_t k = 0; xi != 0 && k <= i; k++)
                h[i * n + k] += v * xi * (k < p ? x[k] : 1);
        }
    }
    for (size_t k = 0; k < p; k++) {
        g[k] += lambda * w[k];
        h[k * n + k] += lambda;
    }
}

/* Solves h s = g by Cholesky's factors; the triangle is overwritten. A column without weight of its
 * own (an intercept that no row moves) gets no step. */
static void solve(double *h, size_t n, const double *g, double *s)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            double v = h[i * n + k];
            for (size_t j = 0; j < k; j++)
                v -= h[i * n + j] * h[k * n + j];
            h[i * n + k] = i == k                  ? sqrt(fmax(v, 1e-300))
                           : h[k * n + k] > 1e-140 ? v / h[k * n + k]
                                                   : 0;
        }
    for (size_t i = 0; i < n; i++) {
        double v = g[i];
        for (size_t j = 0; j < i; j++)
            v -= h[i * n + j] * s[j];
        s[i] = h[i * n + i] > 1e-140 ? v / h[i * n + i] : 0;
    }
    for (size_t i = n; i-- > 0;) {
        double v = s[i];
        for (size_t j = i + 1; j < n; j++)
            v -= h[j * n + i] * s[j];
        s[i] = h[i * n + i] > 1e-140 ? v / h[i * n + i] : 0;
    }
}

static double largest(const double *v, size_t n)
{
    double m = 0;
    for (size_t i = 0; i < n; i++)
        m = fmax(m, fabs(v[i]));
    return m;
}

enum { NEWTON_STEPS = 100, HALVINGS = 40 };

/* Halves the step until the objective no longer rises; false when none is left to take. */
static bool step(const logistic_data *d, double lambda, const double *s, double *w, double *trial,
                 double *value)
{
    double part = 1;
    for (int i = 0; i < HALVINGS; i++, part /= 2) {
        for (size_t k = 0; k <= d->features; k++)
            trial[k] = w[k] - part * s[k];
        double v = objective(d, lambda, trial);
        if (v > *value + 1e-12 * fabs(*value)) continue;
        memcpy(w, trial, (d->features + 1) * sizeof *w);
        *value = v;
        return true;
    }
    return false;
}

void logistic_train(const logistic_data *d, double lambda, double *ret_w)
{
    arena *own = arena_open();
    size_t n = d->features + 1;
    double *g = arena_new(own, double, n), *h = arena_new(own, double, n *n);
    double *s = arena_new(own, double, n), *trial = arena_new(own, double, n);
    memset(ret_w, 0, n * sizeof *ret_w);
    double value = objective(d, lambda, ret_w);
    for (int i = 0; i < NEWTON_STEPS; i++) {
        derivatives(d, lambda, ret_w, g, h);
        solve(h, n, g, s);
        if (!step(d, lambda, s, ret_w, trial, &value) ||
            largest(s, n) <= 1e-13 * (1 + largest(ret_w, n)))
            break;
    }
    arena_close(own);
}

/* ---- differential privacy ---- */

/* Adds the clipped gradient of a row; the intercept is a feature that is always 1. */
static void add_gradient(const logistic_data *d, size_t r, double clip, const double *w, double *g)
{
    const double *x = d->x + r * d->features;
    double c = 1 / (1 + exp(-logistic_margin(w, x, d->features))) - d->y[r], norm = 1;
    for (size_t k = 0; k < d->features; k++)
        norm += x[k] * x[k];
    norm = sqrt(norm) * fabs(c);
    c = norm > clip ? c * clip / norm : c;
    for (size_t k = 0; k < d->features; k++)
        g[k] += c * x[k];
    g[d->features] += c;
}

static void noisy_step(const logistic_data *d, const private_plan *p, rng *r, double *w, double *g,
                       double *speed)
{
    size_t n = d->features + 1;
    double scale = p->rate / (p->take * (double)d->rows);
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i < d->rows; i++)
        if (p->take >= 1 || rng_uniform(r) < p->take) add_gradient(d, i, p->clip, w, g);
    for (size_t k = 0; k < n; k++)
        w[k] -= speed[k] =
            p->momentum * speed[k] + scale * (g[k] + p->noise * p->clip * rng_normal(r));
}

void logistic_private(const logistic_data *d, const private_plan *p, double *ret_w)
{
    arena *own = arena_open();
    size_t n = d->features + 1, kept = 0;
    double *g = arena_new(own, double, n), *w = arena_new(own, double, n);
    double *speed = arena_new(own, double, n);
    rng r = rng_open(p->seed, p->stream, p->number);
    memset(ret_w, 0, n * sizeof *ret_w);
    for (size_t i = 0; i < p->steps; i++) {
        noisy_step(d, p, &r, w, g, speed);
        if (p->go_on && (i + 1) % PRIVATE_STEPS == 0 && !p->go_on(p->ctx)) break;
        if (i < p->steps / 2) continue;
        kept++;
        for (size_t k = 0; k < n; k++)
            ret_w[k] += (w[k] - ret_w[k]) / (double)kept;
    }
    arena_close(own);
}

/* ---- accounting ---- */

static double log_add(double a, double b)
{
    double top = fmax(a, b);
    return isinf(top) ? top : top + log1p(exp(fmin(a, b) - top));
}

double account_rdp(double take, double noise, size_t order)
{
    double s2 = 2 * noise * noise, a = (double)order, sum = -INFINITY, choose = 0;
    if (take >= 1) return a / s2;
    if (take <= 0) return 0;
    for (size_t k = 0; k <= order; k++) {
        double x = (double)k;
        sum = log_add(sum, choose + x * log(take) + (a - x) * log1p(-take) + x * (x - 1) / s2);
        choose += log((a - x) / (x + 1));
    }
    return fmax(0, sum) / (a - 1);
}

double account_epsilon(double take, double noise, size_t steps, double delta)
{
    double best = INFINITY;
    for (size_t order = 2; order <= ACCOUNT_ORDERS; order++) {
        double a = (double)order, rdp = (double)steps * account_rdp(take, noise, order);
        best = fmin(best, rdp + log1p(-1 / a) - (log(delta) + log(a)) / (a - 1));
    }
    return fmax(0, best);
}

double account_noise(double take, size_t steps, double epsilon, double delta)
{
    double low = 1e-2, high = 1;
    while (account_epsilon(take, high, steps, delta) > epsilon && high < 1e6)
        high *= 2;
    while (high - low > 1e-3 * high) {
        double mid = (low + high) / 2;
        if (account_epsilon(take, mid, steps, delta) > epsilon)
            low = mid;
        else
            high = mid;
    }
    return high;
}

double account_advantage(double epsilon, double delta)
{
    return fmin(1, (expm1(epsilon) + 2 * delta) / (exp(epsilon) + 1));
}
