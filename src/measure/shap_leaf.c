/* shap_leaf.c - the Shapley values of one leaf, for every set of features that a row may meet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap_impl.h"
#include <math.h>

/* P_n and its derivative at x, by the three-term recurrence. */
static double legendre(size_t n, double x, double *ret_slope)
{
    double before = 1, p = x;
    for (size_t k = 2; k <= n; k++) {
        double next = ((double)(2 * k - 1) * x * p - (double)(k - 1) * before) / (double)k;
        before = p;
        p = next;
    }
    *ret_slope = (double)n * (x * p - before) / (x * x - 1);
    return p;
}

void quadrature_make(size_t n, quadrature *ret)
{
    ret->n = n;
    for (size_t i = 0; i < n; i++) {
        double slope, step = 1, x = cos(M_PI * ((double)i + 0.75) / ((double)n + 0.5));
        for (int k = 0; k < 50 && fabs(step) > 1e-16; k++) {
            step = legendre(n, x, &slope) / slope;
            x -= step;
        }
        (void)legendre(n, x, &slope);
        ret->t[i] = (1 - x) / 2;
        ret->w[i] = 1 / ((1 - x * x) * slope * slope);
    }
}

void leaf_path(double v, const double *share, size_t n, double *ret)
{
    quadrature q;
    quadrature_make((n + 1) / 2, &q);
    for (size_t i = 0; i < n; i++)
        for (size_t met = 0; met < (size_t)1 << n; met++) {
            double sum = 0;
            for (size_t k = 0; k < q.n; k++) {
                double product = q.w[k];
                for (size_t j = 0; j < n; j++)
                    if (j != i) product *= (1 - q.t[k]) * share[j] + (met >> j & 1 ? q.t[k] : 0);
                sum += product;
            }
            ret[i << n | met] = v * ((double)(met >> i & 1) - share[i]) * sum;
        }
}

double shap_part(int a, int b)
{
    double ret = 1.0 / a;
    for (int k = 1; k <= b; k++)
        ret *= (double)k / (a + k);
    return ret;
}

void leaf_interventional(double v, const uint32_t *seen, size_t n, double *ret)
{
    size_t all = ((size_t)1 << n) - 1;
    double rows = 0;
    for (size_t z = 0; z <= all; z++)
        rows += seen[z];
    for (size_t z = 0; z <= all; z++)
        for (size_t met = 0; met <= all && seen[z]; met++) {
            int ours = __builtin_popcountll(met & ~z), theirs = __builtin_popcountll(z & ~met);
            double weight = v * seen[z] / rows;
            if ((met | z) != all) continue; /* no mixture of the two gets here */
            for (size_t i = 0; i < n; i++)
                if (!(z >> i & 1))
                    ret[i << n | met] += weight * shap_part(ours, theirs);
                else if (!(met >> i & 1))
                    ret[i << n | met] -= weight * shap_part(theirs, ours);
        }
}
