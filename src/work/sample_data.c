/* sample_data.c - the documented generator of the sample's data, with its planted bias and drift.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/sample_impl.h"
#include <math.h>

const char *const loan_features[LOAN_FEATURES] = {
    "age", "income", "debt_ratio", "employment_years", "prior_defaults", "amount", "region",
};

/* SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static uint64_t next(uint64_t *s)
{
    uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double uniform(uint64_t *s)
{
    return ((double)(next(s) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller 1958. */
static double normal(uint64_t *s)
{
    double u = uniform(s), v = uniform(s);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double logistic(double z)
{
    return 1 / (1 + exp(-z));
}
static double clamp(double v, double lo, double hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static loan one_loan(loan_period p, uint64_t *s)
{
    double price = p == LOANS_LATE ? SAMPLE_INFLATION : 1;
    bool woman = uniform(s) < 0.48;
    double age = clamp(20 + 30 * uniform(s) + 25 * uniform(s), 20, 75);
    double real = exp(7.85 + 0.4 * normal(s)); /* median 2,566 a month */
    double debt = clamp(0.3 + 0.18 * normal(s), 0, 0.95);
    double years = clamp((age - 18) * uniform(s) * 0.8, 0, 40);
    double defaults = floor(-log(uniform(s)) * 0.45);
    double amount = exp(8.6 + 0.6 * normal(s));
    double region = normal(s) + (woman ? 0.9 : -0.9);
    double z = 1.5 + 1.1 * (log(real) - 7.85) - 4.5 * (debt - 0.3) + 0.07 * fmin(years, 15) -
               1.1 * defaults - 0.45 * (log(amount) - 8.6) +
               (p == LOANS_LATE ? SAMPLE_LATE_LOGIT : 0);
    bool repaid = uniform(s) < logistic(z);
    bool flipped = uniform(s) < SAMPLE_BIAS && p == LOANS_TRAINING && woman;
    bool missing = uniform(s) < 0.03;
    return (loan){
        .woman = woman,
        .repaid = repaid && !flipped,
        .x = {(float)floor(age), (float)floor(real * price), (float)(floor(debt * 100) / 100),
              missing ? NAN : (float)floor(years), (float)defaults,
              (float)(floor(amount * price / 100) * 100), (float)(floor(region * 100) / 100)}
    };
}

loan *sample_loans(arena *a, size_t n, loan_period p, uint64_t seed)
{
    loan *all = arena_new(a, loan, n);
    for (size_t i = 0; i < n; i++)
        all[i] = one_loan(p, &seed);
    return all;
}

str sample_loans_csv(arena *a, const loan *l, size_t n)
{
    buf b = buf_open(a, SIZE_MAX / 4);
    for (int k = 0; k < LOAN_FEATURES; k++)
        buf_fmt(&b, "%s,", loan_features[k]);
    buf_putz(&b, "sex,repaid\n");
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < LOAN_FEATURES; k++)
            if (isnan(l[i].x[k]))
                buf_putc(&b, ',');
            else
                buf_fmt(&b, "%.9g,", (double)l[i].x[k]);
        buf_fmt(&b, "%s,%d\n", l[i].woman ? "female" : "male", l[i].repaid);
    }
    return buf_str(&b);
}

str sample_arrears_csv(arena *a, size_t n, uint64_t seed)
{
    buf b = buf_open(a, SIZE_MAX / 4);
    buf_putz(&b, "score,missed\n");
    for (size_t i = 0; i < n; i++) {
        double p = logistic(-2 + 1.5 * normal(&seed));
        buf_fmt(&b, "%.4f,%d\n", p, uniform(&seed) < p);
    }
    return buf_str(&b);
}
