/* test_shap_xgboost.c - path-dependent Shapley values against libxgboost's pred_contribs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HAVE_XGBOOST
#include <stdio.h>
int main(void)
{
    puts("skipped: libxgboost is not installed (apt install libxgboost-dev)");
    return 77;
}
#else
#include "measure/shap.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <xgboost/c_api.h>

#include <cmocka.h>

/* libxgboost 1.7 works in floats here, so it cannot be met closer; what is exact is tested in
 * test_shap.c. Relative to the largest value, or 1. */
#define TOLERANCE 2e-6

enum { ROWS = 600, FEATURES = 7, CATEGORY = 4 };
#define CALL(x)   assert_int_equal(0, (x))

struct data {
    float x[ROWS * FEATURES], y[ROWS];
};

/* Seeded and the same everywhere (Numerical Recipes' linear congruential generator). */
static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill(struct data *d, uint32_t seed)
{
    for (size_t i = 0; i < ROWS; i++) {
        float *x = d->x + i * FEATURES, sum = 0;
        for (size_t k = 0; k < FEATURES; k++) {
            x[k] = k == CATEGORY ? (float)(draw(&seed) % 20) : (float)(draw(&seed) % 4000) / 100;
            if (draw(&seed) % 8 == 0) x[k] = NAN;
            sum += isnan(x[k]) ? 7 : k == CATEGORY ? (float)((int)x[k] % 5) * 9 : x[k] / 3;
        }
        d->y[i] = sum + (float)(draw(&seed) % 100) / 25;
    }
}

struct recipe {
    const char *name;
    int kind; /* label: 0 a number, 1 one of two, n one of n */
    bool category;
    int rounds;
    const char *param[12];
};

static const struct recipe recipes[] = {
    {"binary",                1, false, 30, {"objective", "binary:logistic", "max_depth", "6"}                                         },
    {"categories",
     1,                          true,
     15,                                    {"objective", "binary:logistic", "tree_method", "hist", "max_cat_to_onehot", "2"}          },
    {"classes",               4, false, 8,  {"objective", "multi:softprob", "num_class", "4", "max_depth", "5"}                        },
    {"regression, 8 levels",  0, false, 10, {"objective", "reg:squarederror", "max_depth", "8"}                                        },
    {"regression, 14 levels",
     0,                          false,
     6,                                     {"objective", "reg:squarederror", "max_depth", "14", "min_child_weight", "0", "gamma", "0"}},
    {"dart",                  1, false, 10, {"objective", "binary:logistic", "booster", "dart", "rate_drop", "0.4"}                    },
};

struct trained {
    DMatrixHandle d;
    BoosterHandle b;
    bst_ulong bytes;
    const char *json;
};

static struct trained train(const struct recipe *r, const struct data *data)
{
    static const char *types[FEATURES] = {"float", "float", "float", "float",
                                          "c",     "float", "float"};
    struct trained t = {0};
    float y[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        y[i] = r->kind == 0   ? data->y[i]
               : r->kind == 1 ? (float)(data->y[i] > 45)
                              : (float)((int)data->y[i] / 8 % r->kind);
    CALL(XGDMatrixCreateFromMat(data->x, ROWS, FEATURES, NAN, &t.d));
    if (r->category) CALL(XGDMatrixSetStrFeatureInfo(t.d, "feature_type", types, FEATURES));
    CALL(XGDMatrixSetFloatInfo(t.d, "label", y, ROWS));
    CALL(XGBoosterCreate(&t.d, 1, &t.b));
    CALL(XGBoosterSetParam(t.b, "verbosity", "0"));
    for (size_t i = 0; i + 1 < COUNT(r->param) && r->param[i]; i += 2)
        CALL(XGBoosterSetParam(t.b, r->param[i], r->param[i + 1]));
    for (int i = 0; i < r->rounds; i++)
        CALL(XGBoosterUpdateOneIter(t.b, i, t.d));
    CALL(XGBoosterSaveModelToBuffer(t.b, "{\"format\":\"json\"}", &t.bytes, &t.json));
    return t;
}

enum { PAIR_ROWS = 100 };

/* libxgboost gives a row and column for the bias, too, which has no interactions. */
static void compare_pairs(const struct recipe *r, const struct trained *t, const struct shap *s,
                          const float *x)
{
    DMatrixHandle d;
    static double ours[PAIR_ROWS * 4 * FEATURES * FEATURES];
    const bst_ulong *shape;
    bst_ulong dim;
    const float *theirs;
    double worst = 0, scale = 1;
    CALL(XGDMatrixCreateFromMat(x, PAIR_ROWS, FEATURES, NAN, &d));
    CALL(XGBoosterPredictFromDMatrix(t->b, d,
                                     "{\"type\":4,\"training\":false,\"iteration_begin\":0,"
                                     "\"iteration_end\":0,\"strict_shape\":true}",
                                     &shape, &dim, &theirs));
    assert_int_equal(dim, 4);
    size_t outputs = shape[1], per = FEATURES + 1;
    shap_interactions(s, x, PAIR_ROWS, ours);
    for (size_t k = 0; k < PAIR_ROWS * outputs; k++)
        for (size_t i = 0; i < FEATURES; i++)
            for (size_t j = 0; j < FEATURES; j++) {
                double v = ours[(k * FEATURES + i) * FEATURES + j];
                worst = fmax(worst, fabs(v - (double)theirs[(k * per + i) * per + j]));
                scale = fmax(scale, fabs(v));
            }
    CALL(XGDMatrixFree(d));
    print_message("%s, interactions: largest difference %.1e of %.3g\n", r->name, worst, scale);
    if (!(worst < 4 * TOLERANCE * scale)) fail_msg("%s: %.3g is too much", r->name, worst);
}

static void compare(const struct recipe *r, const struct trained *t, const struct model *m,
                    const struct data *data)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    DMatrixHandle d;
    const bst_ulong *shape;
    bst_ulong dim;
    const float *theirs;
    struct shap *s;
    double worst = 0, scale = 1;
    if (!shap_path(a, m, &s, &e)) fail_msg("%s: %s", r->name, e.msg.p);
    double *ours = arena_new(a, double, ROWS *shap_width(s));
    shap_values(s, data->x, ROWS, ours);
    CALL(XGDMatrixCreateFromMat(data->x, ROWS, FEATURES, NAN, &d));
    CALL(XGBoosterPredictFromDMatrix(t->b, d,
                                     "{\"type\":2,\"training\":false,\"iteration_begin\":0,"
                                     "\"iteration_end\":0,\"strict_shape\":true}",
                                     &shape, &dim, &theirs));
    assert_int_equal(dim, 3);
    assert_int_equal(shape[1] * shape[2], shap_width(s));
    for (size_t i = 0; i < ROWS * shap_width(s); i++) {
        worst = fmax(worst, fabs(ours[i] - (double)theirs[i]));
        scale = fmax(scale, fabs(ours[i]));
        assert_true(isfinite(ours[i]) != 0);
    }
    print_message("%s: %zu values, largest difference %.1e of %.3g\n", r->name,
                  ROWS * shap_width(s), worst, scale);
    if (!(worst < TOLERANCE * scale)) fail_msg("%s: %.3g is too much", r->name, worst);
    compare_pairs(r, t, s, data->x);
    CALL(XGDMatrixFree(d));
    arena_close(a);
}

static void same_as_libxgboost(void **state)
{
    (void)state;
    static struct data seen, unseen;
    fill(&seen, 1);
    fill(&unseen, 2);
    int version[3];
    XGBoostVersion(&version[0], &version[1], &version[2]);
    print_message("the oracle is libxgboost %d.%d.%d\n", version[0], version[1], version[2]);
    for (size_t i = 0; i < COUNT(recipes); i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        struct model *m;
        struct trained t = train(&recipes[i], &seen);
        if (!model_load_bytes(a, (str){t.json, t.bytes}, &m, &e))
            fail_msg("%s: %s (%s)", recipes[i].name, e.msg.p, e.path.p);
        compare(&recipes[i], &t, m, &seen);
        compare(&recipes[i], &t, m, &unseen);
        CALL(XGBoosterFree(t.b));
        CALL(XGDMatrixFree(t.d));
        arena_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_libxgboost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
