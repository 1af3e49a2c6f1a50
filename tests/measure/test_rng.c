/* test_rng.c - Philox against its published vectors, the draws against their distributions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "measure/rates.h"
#include "measure/rng.h"
#include "measure/stat.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Known answers of Random123 (Salmon et al.), file kat_vectors, lines "philox4x32 10". */
static void test_philox(void **state)
{
    (void)state;
    static const struct {
        uint32_t ctr[4], key[2], want[4];
    } kat[] = {
        {{0, 0, 0, 0},                                     {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}                                                          },
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}                                                          },
    };
    for (size_t i = 0; i < COUNT(kat); i++) {
        uint32_t have[4];
        rng_philox(kat[i].ctr, kat[i].key, have);
        assert_memory_equal(have, kat[i].want, sizeof have);
    }
}

static void test_streams(void **state)
{
    (void)state;
    rng a = rng_open(7, 1, 3), b = rng_open(7, 1, 3), c = rng_open(7, 2, 3), d = rng_open(7, 1, 4);
    for (int i = 0; i < 100; i++) {
        double x = rng_uniform(&a);
        assert_true(x > 0 && x < 1);
        assert_true(x == rng_uniform(&b));
        assert_true(x != rng_uniform(&c));
        assert_true(x != rng_uniform(&d));
    }
}

static double log_pmf(int64_t n, double p, int64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
           (double)k * log(p) + (double)(n - k) * log1p(-p);
}

/* Pearson's statistic of many draws over the values that are expected at least 10 times; it
 * must stay within 5 standard deviations of its mean. */
static void check_binomial(int64_t n, double p, uint64_t seed)
{
    enum { DRAWS = 200000 };
    static int64_t seen[20001];
    memset(seen, 0, sizeof seen);
    rng r = rng_open(seed, 9, 0);
    for (int i = 0; i < DRAWS; i++) {
        int64_t k = rng_binomial(&r, n, p);
        assert_true(k >= 0 && k <= n);
        seen[k]++;
    }
    double chi = 0, df = -1, rest = DRAWS, rest_seen = DRAWS;
    for (int64_t k = 0; k <= n; k++) {
        double want = DRAWS * exp(log_pmf(n, p, k)), miss = (double)seen[k] - want;
        if (want < 10) continue;
        chi += miss * miss / want;
        df += 1;
        rest -= want;
        rest_seen -= (double)seen[k];
    }
    if (rest > 10) {
        chi += (rest_seen - rest) * (rest_seen - rest) / rest;
        df += 1;
    }
    assert_true(fabs(chi - df) < 5 * sqrt(2 * df) + 5);
}

static void test_binomial(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        double p;
    } at[] = {
        {1,     0.5   },
        {5,     0.3   },
        {40,    0.24  },
        {40,    0.26  },
        {100,   0.5   },
        {100,   0.95  },
        {1000,  0.01  },
        {1000,  0.0101},
        {20000, 0.001 },
        {20000, 0.6   }
    };
    for (size_t i = 0; i < COUNT(at); i++)
        check_binomial(at[i].n, at[i].p, i + 1);
    rng r = rng_open(1, 1, 1);
    assert_int_equal(rng_binomial(&r, 0, 0.5), 0);
    assert_int_equal(rng_binomial(&r, 9, 0), 0);
    assert_int_equal(rng_binomial(&r, 9, 1), 9);
    int64_t large = rng_binomial(&r, INT64_C(1) << 40, 0.25);
    assert_true(llabs(large - (INT64_C(1) << 38)) < 10 * 500000);
}

/* Means and covariances of the cells of a multinomial: n p and -n p q. */
static void test_multinomial(void **state)
{
    (void)state;
    static const int64_t weight[5] = {40, 0, 7, 300, 153};
    enum { DRAWS = 100000 };
    double sum[5] = {0}, cross = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        int64_t x[5], all = 0;
        rng r = rng_open(3, 0, i);
        rng_multinomial(&r, weight, 5, x);
        for (size_t k = 0; k < 5; k++) {
            all += x[k];
            sum[k] += (double)x[k];
        }
        assert_int_equal(all, 500);
        assert_int_equal(x[1], 0);
        cross += (double)(x[0] - 40) * (double)(x[3] - 300);
    }
    for (size_t k = 0; k < 5; k++) {
        double n = 500, p = (double)weight[k] / n, se = sqrt(n * p * (1 - p) / DRAWS);
        assert_true(fabs(sum[k] / DRAWS - n * p) <= 5 * se);
    }
    assert_true(fabs(cross / DRAWS - -500.0 * 0.08 * 0.6) < 1);
}

static void near(double have, double want, double within)
{
    if (!(fabs(have - want) <= within)) fail_msg("have %.17g, want %.17g", have, want);
}

/* scipy 1.10.1: norm.ppf(p) */
static void test_normal(void **state)
{
    (void)state;
    near(stat_normal_quantile(0.975), 1.959963984540054, 1e-14);
    near(stat_normal_quantile(0.025), -1.959963984540054, 1e-14);
    near(stat_normal_quantile(0.5), 0, 0);
    near(stat_normal_quantile(0.6), 0.2533471031357997, 1e-14);
    near(stat_normal_quantile(1e-10), -6.361340902404056, 1e-12);
    near(stat_normal_quantile(1e-300), -37.0471, 1e-4);
    double sum = 0, sq = 0;
    rng r = rng_open(5, 5, 5);
    for (int i = 0; i < 100000; i++) {
        double x = rng_normal(&r);
        sum += x;
        sq += x * x;
    }
    near(sum / 100000, 0, 0.02);
    near(sq / 100000, 1, 0.03);
}

/* Wilson's formula for 5 in 10 with scipy 1.10.1's norm.ppf:
 * 0.2365930905 .. 0.7634069095; numpy 1.24.2: quantile([1,2,4,8], 0.3) = 1.9. */
static void test_stat(void **state)
{
    (void)state;
    interval w = stat_wilson(5, 10, 0.95);
    near(w.lo, 0.2365930905, 1e-10);
    near(w.hi, 0.7634069095, 1e-10);
    w = stat_wilson(0, 20, 0.95);
    assert_true(w.lo == 0 && w.hi > 0.1 && w.hi < 0.2);
    w = stat_wilson(20, 20, 0.95);
    assert_true(w.hi == 1 && w.lo > 0.8 && w.lo < 0.9);
    double v[] = {8, NAN, 1, INFINITY, 4, 2};
    assert_int_equal(stat_finite(v, 6), 4);
    near(stat_quantile(v, 4, 0.3), 1.9, 1e-15);
    near(stat_quantile(v, 4, 1), 8, 0);
    near(stat_quantile(v, 1, 0.5), 1, 0);
    for (int i = 0; i < 200; i++) { /* against a sorted lattice with ties: i/20 */
        double u[101];
        for (int k = 0; k <= 100; k++)
            u[k * 37 % 101] = k / 5;
        near(stat_quantile(u, 101, i / 200.0), i % 2 ? (i / 2 / 5 + (i / 2 + 1) / 5) / 2.0 : i / 10,
             1e-12);
    }
    moments a = {0}, b = {0}, all = {0};
    for (int i = 0; i < 10; i++) {
        double x = 1e9 + i * i;
        moments_add(i < 3 ? &a : &b, x);
        moments_add(&all, x);
    }
    moments_merge(&a, b);
    near(a.mean, all.mean, 1e-6);
    near(a.m2, all.m2, 1e-4);
    near(moments_se(all), sqrt(all.m2 / 90), 1e-9);
    near(a.m3, all.m3, 1e-9 * all.m3);
    near(moments_skew(all), 0.6735701055423582, 1e-6); /* scipy.stats.skew of 0, 1, 4, ..., 81 */
    near(moments_skew((moments){0}), 0, 0);
}

/* scipy 1.10.1: t.ppf(p, df); the errors are those that stat.h promises. */
static void test_student(void **state)
{
    (void)state;
    near(stat_student_quantile(0.995, 100), 2.6258905205863337, 1e-8);
    near(stat_student_quantile(0.95, 29), 1.6991270265334972, 1e-7);
    near(stat_student_quantile(0.975, 9), 2.2621571627409915, 1e-4);
    near(stat_student_quantile(0.975, 3), 3.182446305284263, 0.02);
    near(stat_student_quantile(0.025, 9), -stat_student_quantile(0.975, 9), 1e-12);
}

/* Benefits 0, 0, 1 x 7, 2: values and errors by numpy 1.24.2, influences by numeric derivatives. */
static void test_entropies(void **state)
{
    (void)state;
    tally t =
              {
                  {[FN] = 2, [TP] = 3, [TN] = 4, [FP] = 1}
    },
          same = {{[TP] = 5}}, none = {{[FN] = 5}};
    near(entropy_two(t), 0.17901234567901214, 1e-15);
    near(entropy_theil(t), 0.2593932224489251, 1e-15);
    near(entropy_two_error(t), 0.11811240377990005, 1e-9);
    near(entropy_theil_error(t), 0.16859795814114992, 1e-9);
    near(entropy_two(same), 0, 0);
    near(entropy_two_error(same), 0, 0);
    near(entropy_theil_error(same), 0, 1e-15);
    assert_true(isnan(entropy_two(none)) && isnan(entropy_theil(none)));
    /* A share w without benefit among rows that have 1: the indices themselves. */
    tally some = {
        {[FN] = 1, [TP] = 9}
    };
    near(entropy_two_most(0.1), entropy_two(some), 1e-15);
    near(entropy_theil_most(0.1), entropy_theil(some), 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox),   cmocka_unit_test(test_streams),
        cmocka_unit_test(test_binomial), cmocka_unit_test(test_multinomial),
        cmocka_unit_test(test_normal),   cmocka_unit_test(test_stat),
        cmocka_unit_test(test_student),  cmocka_unit_test(test_entropies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
