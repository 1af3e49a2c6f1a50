/* test_lightgbm.c - margins and outputs against what LightGBM wrote down (script/reference). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FEATURES = 6, CATEGORY = 4 };
static const char folder[] = AIMS_SOURCE "/tests/model/lightgbm";

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

static struct model *must_load(const char *name)
{
    struct model *m;
    if (!model_load(a, str_fmt(a, "%s/%s.txt", folder, name).p, &m, &e))
        fail_msg("%s (%s)", e.msg.p, e.path.p);
    return m;
}

/* One line per row: features, margins, outputs. */
static table must_read(const char *name)
{
    table t;
    if (!table_read(a, str_fmt(a, "%s/%s.csv", folder, name).p, &(table_options){0}, &t, &e))
        fail_msg("%s", e.msg.p);
    return t;
}

static double cell(const table *t, size_t k, size_t row)
{
    return t->columns[k].num[row];
}

static float *features(const table *t)
{
    float *x = arena_new(a, float, t->rows *FEATURES);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t k = 0; k < FEATURES; k++)
            x[r * FEATURES + k] = (float)cell(t, k, r);
    return x;
}

/* Margins are sums in the same order, so they are the same bits once both are floats; the links'
 * exponentials may differ by their last bits from one C library to the next. */
static void compare(const char *name, const char *how, const struct model *m, const table *t)
{
    size_t k = model_describe(m)->n_outputs;
    float *x = features(t), *margin = arena_new(a, float, t->rows *k);
    double *out = arena_new(a, double, t->rows *k);
    assert_int_equal(t->n_columns, FEATURES + 2 * k);
    model_margin(m, x, t->rows, margin);
    assert_true(model_predict(m, x, t->rows, out, &e));
    for (size_t i = 0; i < t->rows * k; i++) {
        double raw = cell(t, FEATURES + i % k, i / k), want = cell(t, FEATURES + k + i % k, i / k);
        if (margin[i] != (float)raw)
            fail_msg("%s, %s: margin %zu is %.9g, LightGBM says %.17g", name, how, i,
                     (double)margin[i], raw);
        if (fabs(out[i] - want) > 2e-15 * fmax(1, fabs(want)))
            fail_msg("%s, %s: output %zu is %.17g, LightGBM says %.17g", name, how, i, out[i],
                     want);
    }
}

static void compare_all_ways(const char *name)
{
    static const char *const levels[FLAT_LEVELS] = {"portable", "AVX2", "AVX-512"};
    struct model *m = must_load(name);
    table t = must_read(name);
    assert_int_equal(model_describe(m)->n_features, FEATURES);
    compare(name, "as loaded", m, &t);
    for (flat_level level = 0; level <= flat_best(); level++) {
        m->flat = flat_build(a, m, level);
        compare(name, levels[level], m, &t);
    }
    m->flat = NULL;
    compare(name, "walked", m, &t);
}

static void same_as_lightgbm(void **state)
{
    (void)state;
    static const char *const names[] = {
        "binary",
        "binary_sigmoid",
        "binary_no_missing",
        "binary_complete",
        "zero_as_missing",
        "categories_sets",
        "categories_onehot",
        "multiclass",
        "multiclassova",
        "regression",
        "regression_sqrt",
        "regression_l1",
        "huber",
        "fair",
        "quantile",
        "mape",
        "poisson",
        "gamma",
        "tweedie",
        "cross_entropy",
        "lambdarank",
        "rank_xendcg",
        "forest",
        "cross_entropy_lambda",
        "dart",
        "stumps",
        "nameless",
        "forest_regression",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        compare_all_ways(names[i]);
}

static void models_say_what_they_are(void **state)
{
    (void)state;
    const model_info *i = model_describe(must_load("binary"));
    assert_string_equal(i->format, "lightgbm-text");
    assert_string_equal(i->version.p, "v4");
    assert_string_equal(i->objective.p, "binary");
    assert_int_equal(i->task, MODEL_BINARY);
    assert_int_equal(i->n_trees, 5);
    assert_string_equal(i->features[2].p, "income=log");
    assert_false(i->categorical[CATEGORY]);
    assert_true(model_describe(must_load("categories_sets"))->categorical[CATEGORY]);
    assert_null(model_describe(must_load("nameless"))->features);
    i = model_describe(must_load("multiclassova"));
    assert_int_equal(i->task, MODEL_MULTICLASS);
    assert_int_equal(i->n_outputs, 3);
}

/* leaf_count and internal_count: the root has all the rows it was trained with. */
static void trees_know_their_rows(void **state)
{
    (void)state;
    forest f = model_forest(must_load("regression"));
    for (size_t i = 0; i < f.n; i++) {
        assert_non_null(f.at[i].cover);
        assert_true(f.at[i].cover[0] == 800);
    }
}

static bool any_node_has(const char *name, uint32_t flag)
{
    forest f = model_forest(must_load(name));
    for (size_t i = 0; i < f.n; i++)
        for (size_t k = 0; k < f.at[i].n_nodes; k++)
            if (f.at[i].nodes[k].flags & flag) return true;
    return false;
}

/* The comparison above says nothing of a case that no model has. */
static void models_have_every_kind_of_split(void **state)
{
    (void)state;
    assert_true(any_node_has("binary", NODE_MISSING_RIGHT));
    assert_true(any_node_has("zero_as_missing", NODE_ZERO_MISSING));
    assert_true(any_node_has("categories_sets", NODE_CATEGORY));
    assert_true(any_node_has("categories_onehot", NODE_MEMBER_LEFT));
    assert_false(any_node_has("binary_complete", NODE_ZERO_MISSING));
    assert_int_equal(model_forest(must_load("stumps")).at[0].n_nodes, 1);
}

static void thresholds_decide_as_doubles_do(void **state)
{
    (void)state;
    const double at[] = {0,
                         1e-35f,
                         -1e-35,
                         0.1,
                         0.5,
                         -0.1,
                         16777217,
                         1e300,
                         -1e300,
                         FLT_MAX,
                         -(double)FLT_MAX,
                         1e-46,
                         -1e-46,
                         3.5,
                         1.0000000180025095e-35};
    for (size_t i = 0; i < COUNT(at); i++) {
        float v = float_above(at[i]), near = (float)at[i];
        const float x[] = {near,
                           nextafterf(near, INFINITY),
                           nextafterf(near, -INFINITY),
                           0,
                           -0.0f,
                           FLT_MAX,
                           -FLT_MAX,
                           INFINITY,
                           -INFINITY,
                           1e-45f,
                           -1e-45f};
        for (size_t k = 0; k < COUNT(x); k++)
            if (((double)x[k] <= at[i]) != (x[k] < v))
                fail_msg("%g <= %.17g is not %g < %g", (double)x[k], at[i], (double)x[k],
                         (double)v);
    }
}

/* ---- refusals ---- */

static str whole; /* categories_sets.txt */

static str with(const char *from, const char *to)
{
    const char *at = strstr(whole.p, from);
    if (!at) fail_msg("the model has no %s", from);
    return str_fmt(a, "%.*s%s%s", (int)(at - whole.p), whole.p, to, at + strlen(from));
}

static void refused(const char *from, const char *to, const char *path)
{
    struct model *m;
    assert_false(model_load_bytes(a, with(from, to), &m, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(e.path.p, path);
    assert_true(e.hint.n > 0);
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    assert_true(file_read(a, str_fmt(a, "%s/categories_sets.txt", folder).p, 1 << 20, &whole, &e));
    refused("version=v4", "version=v2", "version");
    refused("objective=binary", "objective=mystery", "objective");
    refused("sigmoid:1", "sigmoid:x", "objective");
    refused("sigmoid:1", "sigmoid:-1", "objective");
    refused("num_class=1", "num_class=2", "num_class");
    refused("num_class=1", "num_class=5000", "num_class");
    refused("max_feature_idx=5", "max_feature_idx=4", "feature_names");
    refused("max_feature_idx=5", "max_feature_idx=-1", "max_feature_idx");
    refused("feature_names=a", "feature_name=a", "feature_names");
    refused("feature_infos=", "feature_infos=[0:1] ", "feature_infos");
    refused("Tree=1\n", "Tree=2\n", "Tree=1");
    refused("end of trees", "end of bees", "model");
    refused("num_leaves=9", "num_leaves=8", "Tree=0.leaf_value");
    refused("num_leaves=9", "num_leaves=99999999999", "Tree=0.num_leaves");
    refused("num_leaves=9", "num_leaves=0", "Tree=0.num_leaves");
    refused("leaf_value=", "leaf_value=nan ", "Tree=0.leaf_value");
    refused("left_child=", "left_child=7 ", "Tree=0.left_child");
    refused("is_linear=0", "is_linear=1", "Tree=0");
    refused("cat_boundaries=0", "cat_boundaries=1", "Tree=0.cat_boundaries");
    refused("cat_threshold=", "cat_threshold=-1 ", "Tree=0.cat_threshold");
    refused("cat_threshold=", "cat_thresholds=", "Tree=0.cat_threshold");
    refused("num_cat=", "num_cat=0\nnum_cats=", "Tree=0.threshold");
    refused(
        "split_feature=", "split_feature=6 1 1 1 1 1 1 1\nsplit_features=", "Tree=0.split_feature");
    refused("decision_type=", "decision_type=99 1 1 1 1 1 1 1\ndecision_types=",
            "Tree=0.decision_type");
    refused("left_child=", "left_child=0 1 2 3 4 5 6 7\nleft_children=", "Tree=0.left_child.0");
    refused("left_child=", "left_child=1 1 2 3 4 5 6 7\nleft_children=", "Tree=0.right_child.0");
    refused("left_child=", "left_child=-99 1 2 3 4 5 6 7\nleft_children=", "Tree=0.left_child.0");
}

static void cut_files_are_refused(void **state)
{
    (void)state;
    struct model *m;
    assert_true(file_read(a, str_fmt(a, "%s/categories_sets.txt", folder).p, 1 << 20, &whole, &e));
    size_t end = (size_t)(strstr(whole.p, "end of trees") - whole.p);
    for (size_t n = 0; n < end; n += 7)
        assert_false(model_load_bytes(a, (str){whole.p, n}, &m, &e));
    assert_true(model_load_bytes(a, (str){whole.p, end + 13}, &m, &e));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(same_as_lightgbm),
        T(models_say_what_they_are),
        T(trees_know_their_rows),
        T(models_have_every_kind_of_split),
        T(thresholds_decide_as_doubles_do),
        T(broken_files_are_refused),
        T(cut_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
