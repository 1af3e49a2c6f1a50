/* test_onnx.c - ONNX models against scikit-learn's answers and against ONNX Runtime, bit by bit. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include "model/trees.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static err e;

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

/* ---- files of script/reference/onnx_models.py ---- */

static const struct {
    const char *name, *format;
    double tolerance; /* of scikit-learn's doubles and our floats */
} cases[] = {
    {"forest_binary",       "onnx-trees", 1e-6},
    {"forest_plain",        "onnx-trees", 1e-6},
    {"forest_classes",      "onnx-trees", 1e-6},
    {"one_tree",            "onnx-trees", 1e-6},
    {"forest_regression",   "onnx-trees", 1e-6},
    {"forest_targets",      "onnx-trees", 2e-6},
    {"boosted_binary",      "onnx-trees", 1e-6},
    {"boosted_classes",     "onnx-trees", 1e-6},
    {"boosted_regression",  "onnx-trees", 1e-6},
    {"missing_binary",      "onnx-trees", 1e-6},
    {"missing_regression",  "onnx-trees", 1e-6},
    {"forest_double",       "onnx-trees", 1e-6},
    {"modes",               "onnx-trees", 0   },
    {"average",             "onnx-trees", 1e-4},
    {"one_column",          "onnx-trees", 0   },
    {"one_column_logistic", "onnx-trees", 1e-6},
    {"softmax",             "onnx-trees", 1e-6},
    {"logistic",            "onnx",       1e-6},
    {"logistic_classes",    "onnx",       1e-6},
    {"linear",              "onnx",       1e-5},
    {"mlp",                 "onnx",       1e-6},
    {"mlp_regression",      "onnx",       1e-5},
    {"columns",             "onnx",       1e-6},
};

static const char *file(const char *name, const char *end)
{
    return str_fmt(a, "%s/tests/model/onnx/%s%s", AIMS_SOURCE, name, end).p;
}

struct known {
    struct model *m;
    str bytes;
    size_t rows, n_features, n_outputs;
    float *x;
    double *y;
};

/* False when only ONNX Runtime, which is not there, could answer. */
static bool load_case(const char *name, struct known *k)
{
    table t;
    if (!file_read(a, file(name, ".onnx"), 1 << 20, &k->bytes, &e)) fail_msg("%s", e.msg.p);
    if (!model_load_bytes(a, k->bytes, &k->m, &e)) {
        if (e.code != ERR_UNAVAILABLE || ort_find()) fail_msg("%s: %s", name, e.msg.p);
        return false;
    }
    if (!table_read(a, file(name, ".csv"), NULL, &t, &e)) fail_msg("%s", e.msg.p);
    k->n_features = model_describe(k->m)->n_features;
    k->n_outputs = model_describe(k->m)->n_outputs;
    k->rows = t.rows;
    assert_int_equal(t.n_columns, k->n_features + k->n_outputs);
    k->x = arena_new(a, float, t.rows * k->n_features);
    k->y = arena_new(a, double, t.rows * k->n_outputs);
    for (size_t r = 0; r < t.rows; r++) {
        for (size_t c = 0; c < k->n_features; c++)
            k->x[r * k->n_features + c] = (float)t.columns[c].num[r];
        for (size_t c = 0; c < k->n_outputs; c++)
            k->y[r * k->n_outputs + c] = t.columns[k->n_features + c].num[r];
    }
    return true;
}

static double *ask(const struct model *m, const float *x, size_t rows)
{
    double *out = arena_new(a, double, rows *model_describe(m)->n_outputs);
    if (!model_predict(m, x, rows, out, &e)) fail_msg("%s", e.msg.p);
    return out;
}

static void same_as_the_trained_model(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known k;
        if (!load_case(cases[i].name, &k)) {
            print_message("%s: not checked, ONNX Runtime is not installed\n", cases[i].name);
            continue;
        }
        assert_string_equal(model_describe(k.m)->format, cases[i].format);
        const double *y = ask(k.m, k.x, k.rows);
        for (size_t j = 0; j < k.rows * k.n_outputs; j++)
            if (!(fabs(y[j] - k.y[j]) <= cases[i].tolerance))
                fail_msg("%s: output %zu is %.9g, not %.9g", cases[i].name, j, y[j], k.y[j]);
    }
}

/* The runtime's own answer to a model that we evaluate ourselves. */
static struct model *by_runtime(str bytes)
{
    onnx_file f;
    struct model *m = arena_new(a, struct model, 1);
    if (!onnx_read(a, bytes, &f, &e) || !ort_load(a, &f, bytes, m, &e)) fail_msg("%s", e.msg.p);
    return m;
}

static bool runtime_missing(void)
{
    if (!ort_find()) print_message("skipped: ONNX Runtime is not installed (script/setup)\n");
    return !ort_find();
}

/* Averages and sums in double precision may differ in the last bits of a float. */
static void compare(const char *name, const struct model *ours, const struct model *theirs,
                    const float *x, size_t rows, double relative)
{
    const double *y = ask(ours, x, rows), *want = ask(theirs, x, rows);
    assert_int_equal(model_describe(ours)->n_outputs, model_describe(theirs)->n_outputs);
    for (size_t j = 0; j < rows * model_describe(ours)->n_outputs; j++)
        if (!(fabs(y[j] - want[j]) <= relative * fabs(want[j])))
            fail_msg("%s: output %zu is %.9g, ONNX Runtime says %.9g", name, j, y[j], want[j]);
}

static void same_as_the_runtime(void **state)
{
    (void)state;
    if (runtime_missing()) skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known k;
        assert_true(load_case(cases[i].name, &k));
        if (!model_forest(k.m).n) continue;
        compare(cases[i].name, k.m, by_runtime(k.bytes), k.x, k.rows, k.m->wide ? 1e-6 : 0);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(same_as_the_trained_model),
        T(same_as_the_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
