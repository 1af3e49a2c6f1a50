/* rng.c - Philox4x32-10 and the uniform, normal, binomial and multinomial draws upon it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/rng.h"
#include "measure/stat.h"
#include <math.h>

static void multiply(uint32_t a, uint32_t b, uint32_t *hi, uint32_t *lo)
{
    uint64_t p = (uint64_t)a * b;
    *hi = (uint32_t)(p >> 32);
    *lo = (uint32_t)p;
}

void rng_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t ret[4])
{
    uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint32_t h0, l0, h1, l1;
        multiply(0xD2511F53u, c0, &h0, &l0);
        multiply(0xCD9E8D57u, c2, &h1, &l1);
        c0 = h1 ^ c1 ^ k0;
        c1 = l1;
        c2 = h0 ^ c3 ^ k1;
        c3 = l0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    ret[0] = c0, ret[1] = c1, ret[2] = c2, ret[3] = c3;
}

rng rng_open(uint64_t seed, uint32_t stream, uint64_t replicate)
{
    return (rng){
        .key = {(uint32_t)seed,       (uint32_t)(seed >> 32)     },
        .ctr = { 0, stream, (uint32_t)replicate, (uint32_t)(replicate >> 32)},
        .used = 4
    };
}

double rng_uniform(rng *r)
{
    if (r->used >= 4) {
        rng_philox(r->ctr, r->key, r->out);
        r->ctr[0]++;
        r->used = 0;
    }
    uint64_t w = (uint64_t)r->out[r->used] << 32 | r->out[r->used + 1];
    r->used += 2;
    return ((double)(w >> 12) + 0.5) * 0x1p-52;
}

double rng_normal(rng *r)
{
    return stat_normal_quantile(rng_uniform(r));
}

/* Adds up the probabilities from zero: quick while n*p is small. */
static int64_t invert(rng *r, int64_t n, double p)
{
    double s = p / (1 - p), a = (double)(n + 1) * s, none = exp((double)n * log1p(-p));
    for (;;) {
        double u = rng_uniform(r), f = none;
        for (int64_t k = 0; k <= n; k++, f *= a / (double)k - s) {
            if (u <= f) return k;
            u -= f;
        }
    }
}

/* log(k!) minus Stirling's main terms; tabulated where the series is not yet exact. */
static double stirling_tail(double k)
{
    static const double tail[] = {0.08106146679532726, 0.04134069595540929, 0.02767792568499834,
                                  0.02079067210376509, 0.01664469118982119, 0.01387612882307075,
                                  0.01189670994589177, 0.01041126526197209, 0.009255462182712733,
                                  0.008330563433362871};
    if (k < 10) return tail[(int)k];
    double x = 1 / (k + 1);
    return (1.0 / 12 - (1.0 / 360 - x * x / 1260) * x * x) * x;
}

/* Log of P(k)/P(m), m the mode, up to the constants that the acceptance test needs. */
static double log_ratio(double n, double ratio, double m, double k)
{
    return (m + 0.5) * log((m + 1) / (ratio * (n - m + 1))) +
           (n + 1) * log((n - m + 1) / (n - k + 1)) +
           (k + 0.5) * log(ratio * (n - k + 1) / (k + 1)) + stirling_tail(m) +
           stirling_tail(n - m) - stirling_tail(k) - stirling_tail(n - k);
}

static int64_t btrs(rng *r, double n, double p)
{
    double spq = sqrt(n * p * (1 - p)), b = 1.15 + 2.53 * spq;
    double a = -0.0873 + 0.0248 * b + 0.01 * p, c = n * p + 0.5, vr = 0.92 - 4.2 / b;
    for (;;) {
        double u = rng_uniform(r) - 0.5, v = rng_uniform(r), us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + c);
        if (us >= 0.07 && v <= vr) return (int64_t)k;
        if (k < 0 || k > n) continue;
        double alpha = (2.83 + 5.1 / b) * spq;
        if (log(v * alpha / (a / (us * us) + b)) <=
            log_ratio(n, p / (1 - p), floor((n + 1) * p), k))
            return (int64_t)k;
    }
}

int64_t rng_binomial(rng *r, int64_t n, double p)
{
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - rng_binomial(r, n, 1 - p);
    return (double)n * p < 10 ? invert(r, n, p) : btrs(r, (double)n, p);
}

static int64_t sum_of(const int64_t *v, size_t k)
{
    int64_t sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += v[i];
    return sum;
}

void rng_multinomial_of(rng *r, const int64_t *weight, size_t k, int64_t n, int64_t *ret)
{
    int64_t left = sum_of(weight, k);
    for (size_t i = 0; i < k; i++) {
        ret[i] = weight[i] == 0      ? 0
                 : weight[i] == left ? n
                                     : rng_binomial(r, n, (double)weight[i] / (double)left);
        n -= ret[i];
        left -= weight[i];
    }
}

void rng_multinomial(rng *r, const int64_t *weight, size_t k, int64_t *ret)
{
    rng_multinomial_of(r, weight, k, sum_of(weight, k), ret);
}
