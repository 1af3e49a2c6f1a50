/* test_train.c - our trainers against scikit-learn, libxgboost, Opacus and brute force. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/stat.h"
#include "measure/train.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#ifdef HAVE_XGBOOST
#include <xgboost/c_api.h>
#endif

static void near(double have, double want, double within)
{
    if (!(fabs(have - want) <= within)) fail_msg("have %.17g, want %.17g", have, want);
}

/* As in script/reference/privacy.py. */
static double draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 16777216.0;
}

/* ---- logistic regression ---- */

enum { ROWS = 300, FEATURES = 5 };

static logistic_data known(arena *a)
{
    double *x = arena_new(a, double, ROWS *FEATURES);
    int32_t *y = arena_new(a, int32_t, ROWS);
    uint32_t state = 7;
    for (size_t r = 0; r < ROWS; r++) {
        double *v = x + r * FEATURES;
        for (size_t k = 0; k < FEATURES; k++)
            v[k] = draw(&state) * 4 - 2;
        y[r] = draw(&state) < 1 / (1 + exp(-(v[0] - 2 * v[1] + 0.5 * v[2] * v[3])));
    }
    return (logistic_data){x, y, ROWS, FEATURES};
}

/* script/reference/privacy.py, scikit-learn 1.2.1: coefficients, then the intercept. */
static void logistic_is_sklearns(void **state)
{
    static const struct {
        double c, w[FEATURES + 1];
    } want[] = {
        {1,
         {1.0575885716329632, -1.7053135219067217, 0.13371919876623772, 0.30412192560802004,
          0.12240856126039305, 0.011508993406866922} },
        {100,
         {1.1205509484244158, -1.8017052310156501, 0.14271657976400218, 0.32522749346767432,
          0.13094838020943292, 0.0067627629361625662}},
    };
    arena *a = arena_open();
    logistic_data d = known(a);
    double w[FEATURES + 1];
    for (size_t i = 0; i < COUNT(want); i++) {
        logistic_train(&d, 1 / want[i].c, w);
        for (size_t k = 0; k <= FEATURES; k++)
            near(w[k], want[i].w[k], 1e-8);
    }
    arena_close(a);
    (void)state;
}

/* The gradient of a separable problem is 0 all the same; equal columns share their weight. */
static void logistic_hard_cases(void **state)
{
    const double x[] = {-1, -1, -2, -2, 1, 1, 2, 2};
    const int32_t y[] = {0, 0, 1, 1}, one[] = {1, 1, 1, 1};
    logistic_data d = {x, y, 4, 2};
    double w[3], g = 0;
    logistic_train(&d, 1e-4, w);
    near(w[0], w[1], 1e-6 * fabs(w[0]));
    for (size_t r = 0; r < 4; r++)
        g += (1 / (1 + exp(-logistic_margin(w, x + 2 * r, 2))) - y[r]) * x[2 * r];
    near(g + 1e-4 * w[0], 0, 1e-9);
    d.y = one; /* the intercept runs away, but comes to no harm */
    logistic_train(&d, 1, w);
    near(w[0], 0, 1e-6);
    assert_true(isfinite(w[2]) && w[2] > 10);
    (void)state;
}

/* ---- accounting ---- */

/* script/reference/privacy.py, Opacus 4d0ebc8 with the same orders. */
static void accounting_is_opacus(void **state)
{
    static const struct {
        double take, noise;
        size_t steps;
        double delta, rdp8, epsilon;
    } want[] = {
        {1,     4,   1,     1e-5, 0.25,                   1.0125506277526435},
        {1,     20,  400,   1e-5, 0.01,                   4.7527283368198221},
        {0.01,  4,   10000, 1e-5, 2.5899123012399008e-05, 1.0354900660362476},
        {0.01,  1.1, 1000,  1e-6, 0.00058407033552024669, 1.9814355979164731},
        {0.256, 1.3, 60,    1e-5, 0.87024937018911752,    10.278472689713615},
        {0.004, 0.8, 15000, 1e-5, 0.074407965683379707,   4.8231927377035637},
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        near(account_rdp(want[i].take, want[i].noise, 8), want[i].rdp8, 1e-9 * want[i].rdp8);
        near(account_epsilon(want[i].take, want[i].noise, want[i].steps, want[i].delta),
             want[i].epsilon, 1e-9);
    }
    (void)state;
}

/* Abadi et al., CCS 2016, section 5 and figure 2: q 0.01, sigma 4, 10,000 steps, delta 1e-5 come to
 * 1.26 by the moments accountant, whose conversion is log(1 / delta) / (order - 1). */
static void accounting_is_published(void **state)
{
    double best = INFINITY;
    for (size_t order = 2; order <= 64; order++)
        best = fmin(best, 10000 * account_rdp(0.01, 4, order) - log(1e-5) / ((double)order - 1));
    near(best, 1.26, 0.005);
    (void)state;
}

static void noise_keeps_its_promise(void **state)
{
    static const double takes[] = {1, 0.1, 0.01}, epsilons[] = {0.1, 1, 8};
    for (size_t i = 0; i < COUNT(takes); i++)
        for (size_t k = 0; k < COUNT(epsilons); k++) {
            double noise = account_noise(takes[i], 400, epsilons[k], 1e-5);
            assert_true(account_epsilon(takes[i], noise, 400, 1e-5) <= epsilons[k]);
            assert_true(account_epsilon(takes[i], noise * 0.99, 400, 1e-5) > epsilons[k]);
        }
    near(account_advantage(1, 0), tanh(0.5), 1e-15);
    near(account_advantage(0, 0.01), 0.01, 1e-15);
    near(account_advantage(60, 0), 1, 1e-15);
    (void)state;
}

/* Without noise it is gradient descent on the unpenalised loss, as no row lies outside the bound.
 */
static void private_meets_newton(void **state)
{
    arena *a = arena_open();
    logistic_data d = known(a);
    double newton[FEATURES + 1], w[FEATURES + 1], bound = sqrt(4 * FEATURES + 1);
    logistic_train(&d, 1e-9, newton);
    private_plan p = {.steps = 4000,
                      .take = 1,
                      .clip = bound,
                      .rate = 4 / (bound * bound),
                      .seed = 1,
                      .stream = 999};
    logistic_private(&d, &p, w);
    for (size_t k = 0; k <= FEATURES; k++)
        near(w[k], newton[k], 1e-6);
    p.noise = 1e-3;
    p.take = 0.5;
    logistic_private(&d, &p, w);
    for (size_t k = 0; k <= FEATURES; k++)
        near(w[k], newton[k], 0.5);
    arena_close(a);
    (void)state;
}

/* One step from 0: the mean of many is -rate * gradient / rows, their deviation the noise's. */
static void noise_has_its_size(void **state)
{
    const double x[] = {0.6, -0.6};
    const int32_t y[] = {1, 0};
    logistic_data d = {x, y, 2, 1};
    moments m = {0};
    double w[2];
    private_plan p = {
        .steps = 1, .take = 1, .noise = 1.5, .clip = 2, .rate = 1, .seed = 5, .stream = 999};
    for (p.number = 0; p.number < 4000; p.number++) {
        logistic_private(&d, &p, w);
        moments_add(&m, w[0]);
    }
    near(m.mean, 0.3, 4 * 1.5 / sqrt(4000));
    near(sqrt(m.m2 / (m.n - 1)), 1.5, 0.08);
    (void)state;
}

/* 30 rows of 40 coins each, and coins for labels: a model can only learn them by heart. Who takes a
 * right answer for a member's gains 0.5 from the plain model, and from a private one at most what
 * its epsilon allows. */
static void private_models_forget(void **state)
{
    enum { MEMBERS = 30, ALL = 330, COINS = 40, SEEDS = 40, STEPS = 300 };
    const double epsilon = 0.5, delta = 1e-5, bound = sqrt(COINS + 1);
    moments plain = {0}, private = {0};
    private_plan p = {.steps = STEPS,
                      .take = 1,
                      .noise = account_noise(1, STEPS, epsilon, delta),
                      .clip = bound,
                      .rate = 4 / (bound * bound),
                      .momentum = 0.9,
                      .stream = 999};
    for (p.seed = 1; p.seed <= SEEDS; p.seed++) {
        arena *a = arena_open();
        double *x = arena_new(a, double, ALL *COINS), w[COINS + 1];
        int32_t *y = arena_new(a, int32_t, ALL);
        uint32_t state_ = (uint32_t)p.seed * 7919;
        for (size_t r = 0; r < ALL; r++) {
            y[r] = draw(&state_) < 0.5;
            for (size_t k = 0; k < COINS; k++)
                x[r * COINS + k] = draw(&state_) < 0.5 ? -1 : 1;
        }
        logistic_data d = {x, y, MEMBERS, COINS};
        for (int i = 0; i < 2; i++) {
            double right[2] = {0};
            if (i)
                logistic_private(&d, &p, w);
            else
                logistic_train(&d, 1e-3, w);
            for (size_t r = 0; r < ALL; r++)
                right[r < MEMBERS] += (logistic_margin(w, x + r * COINS, COINS) > 0) == y[r];
            moments_add(i ? &private : &plain, right[1] / MEMBERS - right[0] / (ALL - MEMBERS));
        }
        arena_close(a);
    }
    printf("  advantage %.3f without noise, %.3f with; bound %.3f\n", plain.mean, private.mean,
           account_advantage(epsilon, delta));
    assert_true(plain.mean > 0.4);
    assert_true(private.mean <= account_advantage(epsilon, delta));
    (void)state;
}

/* ---- trees ---- */

enum { TREE_ROWS = 4000, TREE_FEATURES = 6, TRAINED = 2000 };

struct world {
    float x[TREE_ROWS * TREE_FEATURES];
    int32_t y[TREE_ROWS];
    float label[TRAINED];
    uint32_t row[TRAINED];
};

static struct world *world_of(arena *a, int classes)
{
    struct world *w = arena_new(a, struct world, 1);
    uint32_t state = 3;
    for (size_t r = 0; r < TREE_ROWS; r++) {
        float *x = w->x + r * TREE_FEATURES;
        double m = 0;
        for (size_t k = 0; k < TREE_FEATURES; k++) {
            double u = draw(&state);
            x[k] = k == 1 ? (float)floor(u * 6) : (float)u;
            m += k < 3 ? sin(3 * (double)x[k]) : 0;
            if (draw(&state) < 0.1) x[k] = NAN;
        }
        m += isnan(x[0]) ? 1 : 0;
        w->y[r] = (int32_t)fmin(classes - 1, fmax(0, floor((m + draw(&state)) / 3 * classes)));
        if (r < TRAINED) {
            w->row[r] = (uint32_t)r;
            w->label[r] = (float)w->y[r];
        }
    }
    return w;
}

/* Mean log loss of margins over the rows that nobody was trained on. */
static double loss_of(const double *margin, size_t outputs, const int32_t *y)
{
    double sum = 0;
    for (size_t i = 0; i < TREE_ROWS - TRAINED; i++) {
        const double *m = margin + i * outputs;
        double all = outputs == 1 ? 1 : 0;
        for (size_t k = 0; k < outputs; k++)
            all += exp(m[k]);
        sum += log(all) - (outputs == 1 ? y[TRAINED + i] * m[0] : m[y[TRAINED + i]]);
    }
    return sum / (TREE_ROWS - TRAINED);
}

static double our_loss(const struct world *w, size_t classes, const boost_plan *p, arena *a)
{
    bins b = bins_make(w->x, TREE_ROWS, TREE_FEATURES, a);
    struct boost *m = boost_train(&b, w->y, classes, w->row, TRAINED, p, a);
    size_t outputs = boost_outputs(m);
    double *margin = arena_new(a, double, (TREE_ROWS - TRAINED) * outputs);
    for (size_t i = 0; i < TREE_ROWS - TRAINED; i++)
        boost_margin(m, &b, TRAINED + i, margin + i * outputs);
    return loss_of(margin, outputs, w->y);
}

static void bins_keep_order(void **state)
{
    arena *a = arena_open();
    enum { N = 5000 };
    float *x = arena_new(a, float, N * 2);
    uint32_t s = 1;
    for (size_t r = 0; r < N; r++) {
        x[2 * r] = (float)draw(&s);
        x[2 * r + 1] = r % 7 == 0 ? NAN : (float)(r % 40) - 20;
    }
    bins b = bins_make(x, N, 2, a);
    assert_true(b.n[0] > 250 && b.n[0] <= BINS_MAX);
    assert_int_equal(b.n[1], 40);
    for (size_t r = 1; r < N; r++) {
        uint8_t p = b.at[2 * r], q = b.at[2 * r - 2];
        assert_true(p == q || (p < q) == (x[2 * r] < x[2 * r - 2]));
        assert_true(isnan(x[2 * r + 1]) ? b.at[2 * r + 1] == BINS_MISSING
                                        : b.at[2 * r + 1] == (int)x[2 * r + 1] + 20);
    }
    arena_close(a);
    (void)state;
}

/* One round of depth 1, by hand: all cuts of one feature, gradients 1/2, second derivatives 1/4. */
static void one_stump(void **state)
{
    const float x[] = {1, 2, 3, 4, 5, 6, NAN, NAN};
    const int32_t y[] = {0, 0, 0, 1, 1, 1, 1, 1};
    const uint32_t row[] = {0, 1, 2, 3, 4, 5, 6, 7};
    arena *a = arena_open();
    bins b = bins_make(x, 8, 1, a);
    boost_plan p = {.rounds = 1, .depth = 1, .rate = 0.5, .lambda = 1, .min_weight = 0.1};
    struct boost *m = boost_train(&b, y, 2, row, 8, &p, a);
    double low, high, missing;
    boost_margin(m, &b, 0, &low);
    boost_margin(m, &b, 5, &high);
    boost_margin(m, &b, 6, &missing);
    near(low, -0.5 * 1.5 / (0.75 + 1), 1e-12);
    near(high, 0.5 * 2.5 / (1.25 + 1), 1e-12);
    near(missing, high, 0);
    arena_close(a);
    (void)state;
}

#ifdef HAVE_XGBOOST
#define CALL(x) assert_int_equal(0, (x))

/* Held-out loss of libxgboost's histograms on the same rows with the same settings. */
static double xgboost_loss(const struct world *w, size_t classes, const boost_plan *p, arena *a)
{
    DMatrixHandle train, test;
    BoosterHandle b;
    bst_ulong n;
    const float *out;
    size_t outputs = classes > 2 ? classes : 1, rows = TREE_ROWS - TRAINED;
    CALL(XGDMatrixCreateFromMat(w->x, TRAINED, TREE_FEATURES, NAN, &train));
    CALL(XGDMatrixCreateFromMat(w->x + TRAINED * TREE_FEATURES, rows, TREE_FEATURES, NAN, &test));
    CALL(XGDMatrixSetFloatInfo(train, "label", w->label, TRAINED));
    CALL(XGBoosterCreate(&train, 1, &b));
    CALL(XGBoosterSetParam(b, "tree_method", "hist"));
    CALL(XGBoosterSetParam(b, "nthread", "1"));
    CALL(XGBoosterSetParam(b, "objective", classes > 2 ? "multi:softprob" : "binary:logistic"));
    if (classes > 2) CALL(XGBoosterSetParam(b, "num_class", str_fmt(a, "%zu", classes).p));
    CALL(XGBoosterSetParam(b, "max_depth", str_fmt(a, "%zu", p->depth).p));
    CALL(XGBoosterSetParam(b, "eta", str_fmt(a, "%g", p->rate).p));
    for (int i = 0; i < (int)p->rounds; i++)
        CALL(XGBoosterUpdateOneIter(b, i, train));
    CALL(XGBoosterPredict(b, test, 1, 0, 0, &n, &out));
    double *margin = arena_new(a, double, n);
    for (size_t i = 0; i < n; i++)
        margin[i] = (double)out[i];
    double loss = loss_of(margin, outputs, w->y);
    CALL(XGBoosterFree(b));
    CALL(XGDMatrixFree(train));
    CALL(XGDMatrixFree(test));
    return loss;
}

static void trees_are_as_good_as_xgboosts(void **state)
{
    static const struct {
        size_t classes, depth;
        double rate;
    } cases[] = {
        {2, 3, 0.1},
        {2, 6, 0.3},
        {4, 4, 0.1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena *a = arena_open();
        boost_plan p = boost_default();
        p.rounds = 50;
        p.depth = cases[i].depth;
        p.rate = cases[i].rate;
        const struct world *w = world_of(a, (int)cases[i].classes);
        double ours = our_loss(w, cases[i].classes, &p, a);
        double theirs = xgboost_loss(w, cases[i].classes, &p, a);
        printf("  %zu classes, depth %zu: log loss %.4f, libxgboost %.4f\n", cases[i].classes,
               p.depth, ours, theirs);
        near(ours, theirs, 0.04 * theirs);
        arena_close(a);
    }
    (void)state;
}
#else
static void trees_are_as_good_as_xgboosts(void **state)
{
    (void)state;
    puts("skipped: libxgboost is not installed (apt install libxgboost-dev)");
    skip();
}
#endif

/* Only the rows that are named matter, and the same ones give the same model. */
static void trees_are_repeatable(void **state)
{
    arena *a = arena_open();
    struct world *w = world_of(a, 2);
    boost_plan p = boost_default();
    p.rounds = 10;
    double first = our_loss(w, 2, &p, a);
    near(our_loss(w, 2, &p, a), first, 0);
    assert_true(first < 0.6 * log(2));
    p.features = 1;
    assert_true(our_loss(w, 2, &p, a) > first * 1.2);
    arena_close(a);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logistic_is_sklearns),
        cmocka_unit_test(logistic_hard_cases),
        cmocka_unit_test(accounting_is_opacus),
        cmocka_unit_test(accounting_is_published),
        cmocka_unit_test(noise_keeps_its_promise),
        cmocka_unit_test(private_meets_newton),
        cmocka_unit_test(noise_has_its_size),
        cmocka_unit_test(private_models_forget),
        cmocka_unit_test(bins_keep_order),
        cmocka_unit_test(one_stump),
        cmocka_unit_test(trees_are_as_good_as_xgboosts),
        cmocka_unit_test(trees_are_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
