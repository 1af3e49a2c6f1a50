/* test_shap_lightgbm.c - Shapley values along tree paths against LightGBM's own pred_contrib. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Written by script/reference/lightgbm_models.py. */
#define FOLDER AIMS_SOURCE "/tests/model/lightgbm/"
enum { FEATURES = 6 };

static table must_read(arena *a, const char *name, const char *end)
{
    table t;
    err e = ERR_IN(a);
    if (!table_read(a, str_fmt(a, FOLDER "%s%s", name, end).p, &(table_options){0}, &t, &e))
        fail_msg("%s", e.msg.p);
    return t;
}

static float *rows_of(arena *a, const table *t)
{
    float *x = arena_new(a, float, t->rows *FEATURES);
    for (size_t i = 0; i < t->rows * FEATURES; i++)
        x[i] = (float)t->columns[i % FEATURES].num[i / FEATURES];
    return x;
}

/* Both are exact; their sums run in different orders of doubles. */
static void compare(const char *name)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model *m;
    struct shap *s;
    if (!model_load(a, str_fmt(a, FOLDER "%s.txt", name).p, &m, &e) || !shap_path(a, m, &s, &e))
        fail_msg("%s: %s", name, e.msg.p);
    table t = must_read(a, name, ".csv"), want = must_read(a, name, "_shap.csv");
    assert_int_equal(shap_width(s), FEATURES + 1);
    assert_int_equal(t.rows, want.rows);
    double *ours = arena_new(a, double, t.rows *(FEATURES + 1));
    shap_values(s, rows_of(a, &t), t.rows, ours);
    for (size_t i = 0; i < t.rows * (FEATURES + 1); i++) {
        double theirs = want.columns[i % (FEATURES + 1)].num[i / (FEATURES + 1)];
        if (!(fabs(ours[i] - theirs) <= 1e-12 * fmax(1, fabs(theirs))))
            fail_msg("%s: value %zu is %.17g, LightGBM says %.17g", name, i, ours[i], theirs);
    }
    arena_close(a);
}

static void same_as_lightgbm(void **state)
{
    (void)state;
    compare("binary");
    compare("zero_as_missing");
    compare("categories_sets");
    compare("regression");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_lightgbm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
