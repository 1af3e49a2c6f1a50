/* test_xgboost.c - margins and outputs against libxgboost itself, bit for bit. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HAVE_XGBOOST
#include <stdio.h>
int main(void)
{
    puts("skipped: libxgboost is not installed (apt install libxgboost-dev)");
    return 77;
}
#else
#include "model/model_impl.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <xgboost/c_api.h>

#include <cmocka.h>

enum { ROWS = 1500, FEATURES = 6, CATEGORY = 4, OUTPUTS = 8 };
#define CALL(x) assert_int_equal(0, (x))

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
            x[k] = k == CATEGORY ? (float)(draw(&seed) % 70) : (float)(draw(&seed) % 4000) / 100;
            if (draw(&seed) % 8 == 0) x[k] = NAN;
            sum += isnan(x[k]) ? 7 : k == CATEGORY ? (float)((int)x[k] % 5) * 9 : x[k] / 3;
        }
        d->y[i] = sum + (float)(draw(&seed) % 100) / 25;
    }
}

/* What a model is trained for: label(y), and pairs of parameters up to NULL. */
struct recipe {
    const char *name;
    int kind; /* 0: a number above 0, 1: one of two, n: one of n */
    bool category;
    int rounds;
    const char *param[16];
};

static const struct recipe recipes[] = {
    {"binary with missing values", 1, false, 20, {"objective", "binary:logistic"}                                                        },
    {"binary, base_score",         1, false, 10, {"objective", "binary:logistic", "base_score", "0.2"}                                   },
    {"raw logit",                  1, false, 10, {"objective", "binary:logitraw"}                                                        },
    {"categories, one-hot",
     1,                               true,
     15,                                         {"objective", "binary:logistic", "tree_method", "hist", "max_cat_to_onehot", "100"}     },
    {"categories, sets",
     1,                               true,
     15,                                         {"objective", "binary:logistic", "tree_method", "approx", "max_cat_to_onehot", "2"}     },
    {"categories, regression",
     0,                               true,
     10,                                         {"objective", "reg:squarederror", "tree_method", "hist", "max_cat_to_onehot", "2"}      },
    {"classes",                    5, false, 8,  {"objective", "multi:softprob", "num_class", "5"}                                       },
    {"classes with categories",
     4,                               true,
     5,                                          {"objective", "multi:softprob", "num_class", "4", "tree_method", "hist"}                },
    {"squared error",              0, false, 30, {"objective", "reg:squarederror", "max_depth", "9"}                                     },
    {"absolute error",             0, false, 10, {"objective", "reg:absoluteerror", "tree_method", "hist"}                               },
    {"squared log error",          0, false, 10, {"objective", "reg:squaredlogerror"}                                                    },
    {"pseudo-Huber",               0, false, 10, {"objective", "reg:pseudohubererror"}                                                   },
    {"poisson",                    0, false, 10, {"objective", "count:poisson"}                                                          },
    {"gamma",                      0, false, 10, {"objective", "reg:gamma"}                                                              },
    {"tweedie",                    0, false, 10, {"objective", "reg:tweedie"}                                                            },
    {"probability",                1, false, 10, {"objective", "reg:logistic"}                                                           },
    {"dart",                       1, false, 12, {"objective", "binary:logistic", "booster", "dart", "rate_drop", "0.4"}                 },
    {"dart classes",
     3,                               false,
     6,                                          {"objective", "multi:softprob", "num_class", "3", "booster", "dart", "rate_drop", "0.4"}},
    {"forest",
     1,                               false,
     4,                                          {"objective", "binary:logistic", "num_parallel_tree", "5", "subsample", "0.6"}          },
    {"leaf-wise, pruned",
     1,                               false,
     10,                                         {"objective", "binary:logistic", "tree_method", "hist", "grow_policy", "lossguide",
      "max_depth", "0", "max_leaves", "40", "gamma", "0.5"}                                                                      },
    {"exact, pruned",
     0,                               false,
     10,                                         {"objective", "reg:squarederror", "tree_method", "exact", "gamma", "200"}               },
    {"no trees",                   1, false, 0,  {"objective", "binary:logistic"}                                                        },
};

struct trained {
    DMatrixHandle d;
    BoosterHandle b;
    bst_ulong bytes;
    const char *json;
};

static void set_labels(const struct recipe *r, DMatrixHandle d, const struct data *data)
{
    float y[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        y[i] = r->kind == 0   ? data->y[i] + 1
               : r->kind == 1 ? (float)(data->y[i] > 45)
                              : (float)((int)data->y[i] / 8 % r->kind);
    CALL(XGDMatrixSetFloatInfo(d, "label", y, ROWS));
}

static struct trained train(const struct recipe *r, const struct data *data)
{
    static const char *types[FEATURES] = {"float", "float", "float", "float", "c", "float"};
    static const char *names[FEATURES] = {"a", "b", "c", "d", "kind", "f \"quoted\" NaN"};
    struct trained t = {0};
    CALL(XGDMatrixCreateFromMat(data->x, ROWS, FEATURES, NAN, &t.d));
    if (r->category) CALL(XGDMatrixSetStrFeatureInfo(t.d, "feature_type", types, FEATURES));
    set_labels(r, t.d, data);
    CALL(XGBoosterCreate(&t.d, 1, &t.b));
    CALL(XGBoosterSetParam(t.b, "verbosity", "0"));
    CALL(XGBoosterSetParam(t.b, "seed", "7"));
    for (size_t i = 0; i + 1 < COUNT(r->param) && r->param[i]; i += 2)
        CALL(XGBoosterSetParam(t.b, r->param[i], r->param[i + 1]));
    for (int i = 0; i < r->rounds; i++)
        CALL(XGBoosterUpdateOneIter(t.b, i, t.d));
    CALL(XGBoosterSetStrFeatureInfo(t.b, "feature_name", names, FEATURES));
    CALL(XGBoosterSaveModelToBuffer(t.b, "{\"format\":\"json\"}", &t.bytes, &t.json));
    return t;
}

/* libxgboost's own answer: type 0 = transformed, 1 = margin. */
static const float *ask(const struct trained *t, DMatrixHandle d, int type, size_t *ret_n)
{
    char config[160];
    const bst_ulong *shape;
    bst_ulong dim;
    const float *out;
    snprintf(config, sizeof config,
             "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
             "\"strict_shape\":true}",
             type);
    CALL(XGBoosterPredictFromDMatrix(t->b, d, config, &shape, &dim, &out));
    *ret_n = shape[0] * shape[1];
    return out;
}

static void same_margins(const char *name, const char *how, const struct model *m,
                         const struct data *data, const float *theirs)
{
    static float margin[ROWS * OUTPUTS];
    size_t outputs = model_describe(m)->n_outputs;
    model_margin(m, data->x, ROWS / 2, margin);
    for (size_t i = ROWS / 2, n; i < ROWS; i += n) { /* and a few at a time */
        n = i % 40 < ROWS - i ? i % 40 + 1 : ROWS - i;
        model_margin(m, data->x + i * FEATURES, n, margin + i * outputs);
    }
    for (size_t i = 0; i < ROWS * outputs; i++)
        if (memcmp(&margin[i], &theirs[i], sizeof(float)) != 0)
            fail_msg("%s, %s: margin %zu is %.9g, libxgboost says %.9g", name, how, i,
                     (double)margin[i], (double)theirs[i]);
}

/* Every way this processor can take, not only its best one. */
static void same_margins_all_ways(arena *a, const char *name, struct model *m,
                                  const struct data *data, const float *theirs)
{
    static const char *const levels[FLAT_LEVELS] = {"portable", "AVX2", "AVX-512"};
    struct flat *best = m->flat;
    same_margins(name, "as loaded", m, data, theirs);
    for (flat_level level = 0; level <= flat_best(); level++) {
        m->flat = flat_build(a, m, level);
        same_margins(name, levels[level], m, data, theirs);
    }
    m->flat = NULL;
    same_margins(name, "walked", m, data, theirs);
    m->flat = best;
}

static void compare(arena *a, const struct recipe *r, const struct trained *t, struct model *m,
                    const struct data *data)
{
    static double predicted[ROWS * OUTPUTS];
    DMatrixHandle d;
    size_t n;
    CALL(XGDMatrixCreateFromMat(data->x, ROWS, FEATURES, NAN, &d));
    const float *theirs = ask(t, d, 1, &n);
    assert_int_equal(n, ROWS * model_describe(m)->n_outputs);
    same_margins_all_ways(a, r->name, m, data, theirs);
    assert_true(model_predict(m, data->x, ROWS, predicted, &(err){0}));
    theirs = ask(t, d, 0, &n);
    bool raw = strcmp(r->param[1], "binary:logitraw") == 0; /* ours is a probability */
    for (size_t i = 0; i < n && !raw; i++)
        if (predicted[i] != (double)theirs[i])
            fail_msg("%s: output %zu is %.9g, libxgboost says %.9g", r->name, i, predicted[i],
                     (double)theirs[i]);
    CALL(XGDMatrixFree(d));
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
    unseen.x[CATEGORY] = 69; /* categories that no training row had, or that cannot be */
    unseen.x[FEATURES + CATEGORY] = 5000;
    unseen.x[2 * FEATURES + CATEGORY] = 16777215;
    unseen.x[3 * FEATURES + CATEGORY] = 16777216;
    for (size_t i = 4; i < 100; i++)
        unseen.x[i * FEATURES + CATEGORY] = i % 2 ? -1.0f : -0.5f;
    for (size_t i = 0; i < COUNT(recipes); i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        struct model *m;
        struct trained t = train(&recipes[i], &seen);
        if (!model_load_bytes(a, (str){t.json, t.bytes}, &m, &e))
            fail_msg("%s: %s (%s)", recipes[i].name, e.msg.p, e.path.p);
        assert_int_equal(model_describe(m)->n_features, FEATURES);
        assert_string_equal(model_describe(m)->features[5].p, "f \"quoted\" NaN");
        assert_int_equal(model_describe(m)->categorical[CATEGORY], recipes[i].category);
        compare(a, &recipes[i], &t, m, &seen);
        compare(a, &recipes[i], &t, m, &unseen);
        CALL(XGBoosterFree(t.b));
        CALL(XGDMatrixFree(t.d));
        arena_close(a);
    }
}

static struct model *load_as(arena *a, const struct trained *t, const char *format)
{
    struct model *m;
    err e = ERR_IN(a);
    bst_ulong n;
    const char *bytes, *config = str_fmt(a, "{\"format\":\"%s\"}", format).p;
    CALL(XGBoosterSaveModelToBuffer(t->b, config, &n, &bytes));
    if (!model_load_bytes(a, (str){bytes, n}, &m, &e)) fail_msg("%s: %s", format, e.msg.p);
    return m;
}

/* Both forms of a model are the same one: answers (where they are right: above), names, covers. */
static void both_forms_are_one(void **state)
{
    (void)state;
    static struct data data;
    static float want[ROWS * OUTPUTS];
    fill(&data, 2);
    for (size_t i = 0; i < COUNT(recipes); i++) {
        arena *a = arena_open();
        struct trained t = train(&recipes[i], &data);
        struct model *json = load_as(a, &t, "json"), *ubjson = load_as(a, &t, "ubj");
        assert_string_equal(model_describe(ubjson)->format, "xgboost-ubjson");
        assert_string_equal(model_describe(ubjson)->version.p, model_describe(json)->version.p);
        assert_string_equal(model_describe(ubjson)->features[5].p, "f \"quoted\" NaN");
        assert_int_equal(model_describe(ubjson)->categorical[CATEGORY], recipes[i].category);
        model_margin(json, data.x, ROWS, want);
        same_margins(recipes[i].name, "UBJSON", ubjson, &data, want);
        forest j = model_forest(json), u = model_forest(ubjson);
        for (size_t k = 0; k < j.n; k++)
            assert_memory_equal(j.at[k].cover, u.at[k].cover,
                                j.at[k].n_nodes * sizeof *j.at[k].cover);
        CALL(XGBoosterFree(t.b));
        CALL(XGDMatrixFree(t.d));
        arena_close(a);
    }
}

static void linear_booster_is_refused(void **state)
{
    (void)state;
    static struct data d;
    static const struct recipe linear = {
        "linear", 0, false, 2, {"objective", "reg:squarederror", "booster", "gblinear"}
    };
    fill(&d, 1);
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model *m;
    struct trained t = train(&linear, &d);
    assert_false(model_load_bytes(a, (str){t.json, t.bytes}, &m, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(e.path.p, "learner.gradient_booster.name");
    CALL(XGBoosterFree(t.b));
    CALL(XGDMatrixFree(t.d));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_libxgboost),
        cmocka_unit_test(both_forms_are_one),
        cmocka_unit_test(linear_booster_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
