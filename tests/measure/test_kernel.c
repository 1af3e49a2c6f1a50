/* test_kernel.c - Shapley values of black boxes against enumeration, and their error bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel.h"
#include "measure/rng.h"
#include "model/model_impl.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 9, OTHERS = 6, WIDE = 130 };

/* ---- black boxes ---- */

static double value(float x)
{
    return isnan(x) ? 0.3 : (double)x;
}

/* Every feature acts with every other; a second output when the model has two. */
static bool tangled(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    size_t f = m->info.n_features;
    (void)e;
    for (size_t r = 0; r < rows; r++) {
        double sum = -0.2, wave = 0;
        for (size_t i = 0; i < f; i++) {
            sum += (i % 3 == 1 ? -1 : 1) * value(x[r * f + i]) / (1 + (double)i / 4);
            wave +=
                value(x[r * f + i]) * value(x[r * f + (i + 1) % f]) * value(x[r * f + (i + 2) % f]);
        }
        ret[r * m->info.n_outputs] = 1 / (1 + exp(-sum - wave / 4));
        if (m->info.n_outputs > 1) ret[r * 2 + 1] = fmax(0, sum) + sin(wave);
    }
    return true;
}

/* Pairs act together, no three do. */
static bool pairwise(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    size_t f = m->info.n_features;
    (void)e;
    for (size_t r = 0; r < rows; r++) {
        ret[r] = 0;
        for (size_t i = 0; i < f; i++)
            ret[r] += value(x[r * f + i]) * (double)(i + 1) +
                      value(x[r * f + i]) * value(x[r * f + (i * 5 + 1) % f]);
    }
    return true;
}

static bool broken(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)x, (void)rows, (void)ret;
    return err_set(e, ERR_UNAVAILABLE, S("model"), S("start it"), "nobody answers");
}

static bool endless(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)x, (void)e;
    for (size_t r = 0; r < rows; r++)
        ret[r] = NAN;
    return true;
}

static struct model box(model_predict_fn *fn, size_t features, size_t outputs)
{
    return (struct model){
        .info = {.n_features = features, .n_outputs = outputs, .task = MODEL_BINARY},
        .predict = fn
    };
}

static void fill(float *x, size_t n, uint64_t number, bool coarse)
{
    rng r = rng_open(5, 0, number);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(coarse ? floor(rng_uniform(&r) * 3) - 1 : rng_normal(&r));
}

/* ---- the values by definition (Shapley 1953) ---- */

struct game {
    const struct model *m;
    const float *x, *z;
    size_t others;
};

static double worth(const struct game *g, size_t output, unsigned known)
{
    size_t f = g->m->info.n_features;
    double sum = 0, out[2];
    float mixed[MOST];
    for (size_t k = 0; k < g->others; k++) {
        for (size_t i = 0; i < f; i++)
            mixed[i] = known >> i & 1 ? g->x[i] : g->z[k * f + i];
        assert_true(g->m->predict(g->m, mixed, 1, out, NULL));
        sum += out[output];
    }
    return sum / (double)g->others;
}

static void enumerate(const struct game *g, size_t output, double *ret)
{
    static double all[1 << MOST];
    size_t n = g->m->info.n_features;
    for (unsigned s = 0; s < 1u << n; s++)
        all[s] = worth(g, output, s);
    for (size_t i = 0; i < n; i++) {
        ret[i] = 0;
        for (unsigned s = 0; s < 1u << n; s++) {
            double k = __builtin_popcount(s), m = (double)n;
            if (!(s >> i & 1))
                ret[i] += exp(lgamma(k + 1) + lgamma(m - k) - lgamma(m + 1)) *
                          (all[s | 1u << i] - all[s]);
        }
    }
    ret[n] = all[0];
}

struct values {
    double phi[2 * (WIDE + 1)], error[2 * (WIDE + 1)], answer[2];
    kernel_cost cost;
};

static struct values explain(const struct model *m, const float *x, const float *z, size_t others,
                             kernel_options o, uint64_t number)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct kernel *k;
    struct values v = {0};
    if (!kernel_open(a, &(measure_input){.model = m}, z, others, &o, &k, &e) ||
        !kernel_values(k, x, number, v.phi, v.error, v.answer, &v.cost, &e))
        fail_msg("%s", e.msg.p);
    arena_close(a);
    return v;
}

/* ---- tests ---- */

static void exact_as_enumeration(void **state)
{
    (void)state;
    for (size_t f = 1; f <= MOST; f++)
        for (int coarse = 0; coarse < 2; coarse++) {
            float x[MOST], z[MOST * OTHERS];
            double want[MOST + 1];
            struct model m = box(tangled, f, 2);
            fill(x, f, f, coarse);
            fill(z, f * OTHERS, 100 + f, coarse);
            if (f > 2) x[1] = z[1] = z[f + 2] = NAN;
            memcpy(z + (OTHERS - 1) * f, x, f * sizeof *x);
            struct values v =
                explain(&m, x, z, OTHERS, (kernel_options){.method = KERNEL_EXACT}, 0);
            for (size_t o = 0; o < 2; o++) {
                enumerate(&(struct game){&m, x, z, OTHERS}, o, want);
                for (size_t i = 0; i <= f; i++) {
                    double have = v.phi[o * (f + 1) + i];
                    if (!(fabs(have - want[i]) < 1e-12) || v.error[o * (f + 1) + i] != 0)
                        fail_msg("%zu features, output %zu, value %zu: %.17g, not %.17g", f, o, i,
                                 have, want[i]);
                }
            }
        }
}

/* Where coalitions suffice for all, the sampled method is exact, too; and the sum always is. */
static void sampled_with_enough(void **state)
{
    float x[6], z[6 * OTHERS];
    double want[7];
    struct model m = box(tangled, 6, 1);
    (void)state;
    fill(x, 6, 1, false);
    fill(z, 6 * OTHERS, 2, false);
    enumerate(&(struct game){&m, x, z, OTHERS}, 0, want);
    struct values v =
        explain(&m, x, z, OTHERS, (kernel_options){.method = KERNEL_SAMPLED, .coalitions = 64}, 0);
    assert_true(v.cost.rows == OTHERS * 62 + 1);
    for (size_t i = 0; i < 7; i++)
        assert_true(fabs(v.phi[i] - want[i]) < 1e-12 && v.error[i] < 1e-300);
    for (size_t method = KERNEL_SAMPLED; method <= KERNEL_ORDERS; method++) {
        double sum = 0;
        v = explain(&m, x, z, OTHERS,
                    (kernel_options){.method = (kernel_method)method, .coalitions = 20}, 0);
        for (size_t i = 0; i < 7; i++)
            sum += v.phi[i];
        assert_true(fabs(sum - v.answer[0]) < 1e-12 && v.error[0] > 0);
    }
}

/* What at most two features do together cancels between a coalition and its complement: any
 * sample gives the values exactly, here with more features than a machine word has bits. */
static void pairs_need_no_sample(void **state)
{
    static float x[WIDE], z[WIDE * 3];
    struct model m = box(pairwise, WIDE, 1);
    (void)state;
    fill(x, WIDE, 1, false);
    fill(z, WIDE * 3, 2, false);
    struct values some = explain(
        &m, x, z, 3, (kernel_options){.method = KERNEL_SAMPLED, .coalitions = 600, .seed = 1}, 0);
    struct values orders = explain(
        &m, x, z, 3, (kernel_options){.method = KERNEL_ORDERS, .coalitions = 600, .seed = 2}, 0);
    assert_in_range(some.cost.rows, 3 * 580, 3 * 600 + 1);
    for (size_t i = 0; i < WIDE; i++) {
        double want = 0;
        for (size_t k = 0; k < 3; k++) {
            double gain = (double)x[i] - (double)z[k * WIDE + i];
            want += gain * (double)(i + 1) / 3;
            for (size_t j = 0; j < WIDE; j++) {
                size_t other = (j * 5 + 1) % WIDE;
                double mean =
                    ((double)x[j == i ? other : j] + (double)z[k * WIDE + (j == i ? other : j)]) /
                    2;
                if ((j == i) != (other == i)) want += gain * mean / 3;
                if (j == i && other == i)
                    want += gain * ((double)x[i] + (double)z[k * WIDE + i]) / 3;
            }
        }
        if (!(fabs(some.phi[i] - want) < 1e-6 && fabs(orders.phi[i] - want) < 1e-6))
            fail_msg("feature %zu: %.9g and %.9g, not %.9g", i, some.phi[i], orders.phi[i], want);
        assert_true(some.error[i] < 1e-6 && orders.error[i] < 1e-6);
    }
}

static void log_odds(void **state)
{
    float x[3] = {1, 2, 3}, z[3] = {0, 0, 0};
    struct model m = box(tangled, 3, 1);
    (void)state;
    struct values v =
        explain(&m, x, z, 1, (kernel_options){.method = KERNEL_EXACT, .log_odds = true}, 0);
    /* -0.2 + 1 - 2/1.25 + 3/1.5 + 3 * 6 / 4 = 5.7; without anything -0.2 */
    assert_true(fabs(v.answer[0] - 5.7) < 1e-9 && fabs(v.phi[3] + 0.2) < 1e-9);
    assert_true(fabs(v.phi[0] - (1 + 1.5)) < 1e-9); /* a third of the triple 4.5 */
}

static void expect_refusal(struct model m, kernel_options o, size_t others, const char *path,
                           const char *says)
{
    static float z[40 * 40];
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct kernel *k;
    struct values v = {0};
    fill(z, COUNT(z), 3, false);
    bool ok =
        kernel_open(a, &(measure_input){.model = &m}, z, others, &o, &k, &e) &&
        kernel_values(k, z + 39 * m.info.n_features, 0, v.phi, v.error, v.answer, &v.cost, &e);
    if (ok || !str_eqz(e.path, path) || !strstr(e.msg.p, says) || !e.hint.n)
        fail_msg("%s: %.*s: %.*s", says, STR_ARG(e.path), STR_ARG(e.msg));
    arena_close(a);
}

static void refusals(void **state)
{
    (void)state;
    kernel_options o = {.method = KERNEL_SAMPLED, .coalitions = 30};
    expect_refusal(box(broken, 5, 1), o, 3, "model", "nobody answers");
    expect_refusal(box(endless, 5, 1), o, 3, "model", "no finite number");
    expect_refusal(box(tangled, 15, 1), o, 3, "options.coalitions", "too few for 15 features");
    o.coalitions = 1 << 22;
    expect_refusal(box(tangled, 5, 1), o, 3, "options.coalitions", "too many at once");
    o.method = KERNEL_EXACT;
    expect_refusal(box(tangled, 30, 1), o, 3, "options.method", "too many for all coalitions");
    expect_refusal(box(tangled, 1 << 14, 1024), o, 3, "options.background", "too many to explain");
}

/* ---- do the error bars hold what they promise? ---- */

enum { WORLDS = 1500 };

static void cover(const char *name, kernel_options o, bool coarse)
{
    float x[MOST], z[MOST * OTHERS];
    double want[MOST + 1], bias[MOST] = {0}, spread[MOST] = {0}, covered = 0, n = 0;
    struct model m = box(tangled, MOST, 1);
    fill(x, MOST, 7, coarse);
    fill(z, MOST * OTHERS, 8, coarse);
    enumerate(&(struct game){&m, x, z, OTHERS}, 0, want);
    for (uint64_t w = 0; w < WORLDS; w++) {
        struct values v = explain(&m, x, z, OTHERS, o, w);
        for (size_t i = 0; i < MOST; i++) {
            double miss = v.phi[i] - want[i];
            if (!(v.error[i] > 0)) continue;
            n++;
            covered += fabs(miss) <= 1.959964 * v.error[i];
            bias[i] += miss / WORLDS;
            spread[i] += miss * miss / WORLDS;
        }
    }
    print_message("%s: %.1f %% of %.0f intervals hold\n", name, 100 * covered / n, n);
    assert_true(n > WORLDS && covered > 0.93 * n && covered < 0.98 * n);
    for (size_t i = 0; i < MOST; i++)
        if (!(fabs(bias[i]) <= 4.5 * sqrt(spread[i] / WORLDS) + 0.05 * sqrt(spread[i])))
            fail_msg("%s: feature %zu leans by %.3g, spread %.3g", name, i, bias[i],
                     sqrt(spread[i]));
}

static void error_bars_cover(void **state)
{
    (void)state;
    cover("kernel, regression", (kernel_options){.method = KERNEL_SAMPLED, .coalitions = 90},
          false);
    cover("kernel, few", (kernel_options){.method = KERNEL_SAMPLED, .coalitions = 34}, false);
    cover("sampling", (kernel_options){.method = KERNEL_ORDERS, .coalitions = 160}, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_as_enumeration),
        cmocka_unit_test(sampled_with_enough),
        cmocka_unit_test(pairs_need_no_sample),
        cmocka_unit_test(log_odds),
        cmocka_unit_test(refusals),
        cmocka_unit_test(error_bars_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
