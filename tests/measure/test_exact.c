/* test_exact.c - exact adversarial distances against trying every combination of values. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/exact.h"
#include "model/trees.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Features: two numbers, a category, a whole number, and three that are one-hot. */
enum { FEATURES = 7, ROWS = 60, TREES = 6, CANDIDATES = 80, STEPS = 100000000 };
static const char *const names[FEATURES] = {"n", "m", "kind", "count", "a", "b", "c"};

/* Seeded and the same everywhere (Numerical Recipes' linear congruential generator). */
static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* ---- random models in XGBoost's own form: full trees of depth 3 ---- */

static double cut(uint32_t feature, uint32_t *seed)
{
    double eighths = (double)(draw(seed) % 8) / 8;
    return feature >= 4 ? 0.5 : feature == 3 ? 1 + 7 * eighths : eighths;
}

static void write_tree(buf *b, uint32_t *seed)
{
    uint32_t feature[15];
    for (int i = 0; i < 15; i++)
        feature[i] = i < 7 ? draw(seed) % FEATURES : 0;
    buf_putz(b, "{\"left_children\":[1,3,5,7,9,11,13,-1,-1,-1,-1,-1,-1,-1,-1],"
                "\"right_children\":[2,4,6,8,10,12,14,-1,-1,-1,-1,-1,-1,-1,-1],"
                "\"split_indices\":[");
    for (int i = 0; i < 15; i++)
        buf_fmt(b, "%s%u", i ? "," : "", feature[i]);
    buf_putz(b, "],\"split_type\":[");
    for (int i = 0; i < 15; i++)
        buf_fmt(b, "%s%d", i ? "," : "", i < 7 && feature[i] == 2);
    buf_putz(b, "],\"split_conditions\":[");
    for (int i = 0; i < 15; i++)
        buf_fmt(b, "%s%.9g", i ? "," : "",
                i < 7 ? cut(feature[i], seed) : (double)(draw(seed) % 2000) / 1000 - 1);
    buf nodes = buf_open(b->a, 1000), from = nodes, size = nodes, sets = nodes;
    for (int i = 0, n = 0; i < 7; i++) {
        if (feature[i] != 2) continue;
        buf_fmt(&nodes, "%s%d", n ? "," : "", i);
        buf_fmt(&from, "%s%d", n ? "," : "", 2 * n);
        buf_fmt(&size, "%s2", n ? "," : "");
        uint32_t c = draw(seed) % 5;
        buf_fmt(&sets, "%s%u,%u", n ? "," : "", c, c == 4 ? 0 : c + 1);
        n++;
    }
    buf_fmt(b,
            "],\"categories\":[%s],\"categories_nodes\":[%s],\"categories_segments\":[%s],"
            "\"categories_sizes\":[%s],\"default_left\":[",
            buf_str(&sets).p, buf_str(&nodes).p, buf_str(&from).p, buf_str(&size).p);
    for (int i = 0; i < 15; i++)
        buf_fmt(b, "%s%u", i ? "," : "", draw(seed) % 2);
    buf_putz(b, "]}");
}

static struct model *make_model(arena *a, const char *objective, size_t outputs, uint32_t seed)
{
    buf b = buf_open(a, 1 << 20);
    err e = ERR_IN(a);
    struct model *m;
    buf_fmt(&b,
            "{\"version\":[2,0,0],\"learner\":{\"learner_model_param\":{\"base_score\":\"0.5\","
            "\"num_class\":\"%zu\",\"num_feature\":\"%d\",\"num_target\":\"1\"},"
            "\"objective\":{\"name\":\"%s\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{"
            "\"gbtree_model_param\":{\"num_trees\":\"%d\"},\"tree_info\":[",
            outputs > 1 ? outputs : 0, FEATURES, objective, TREES);
    for (size_t i = 0; i < TREES; i++)
        buf_fmt(&b, "%s%zu", i ? "," : "", i % outputs);
    buf_putz(&b, "],\"trees\":[");
    for (int i = 0; i < TREES; i++) {
        buf_putz(&b, i ? "," : "");
        write_tree(&b, &seed);
    }
    buf_putz(&b, "]}}}}");
    if (!model_load_bytes(a, buf_str(&b), &m, &e)) {
        print_error("%s: %s\n", e.path.p, e.msg.p);
        fail();
    }
    return m;
}

/* ---- data ---- */

static void make_row(float *x, uint32_t *seed)
{
    uint32_t one = draw(seed) % 3;
    x[0] = (float)(draw(seed) % 100) / 100;
    x[1] = draw(seed) % 6 == 0 ? NAN : (float)(draw(seed) % 100) / 100;
    x[2] = (float)(draw(seed) % 5);
    x[3] = (float)(draw(seed) % 9);
    for (uint32_t k = 0; k < 3; k++)
        x[4 + k] = k == one;
}

static float *make_rows(arena *a, uint32_t seed)
{
    float *x = arena_new(a, float, ROWS *FEATURES);
    for (size_t r = 0; r < ROWS; r++)
        make_row(x + r * FEATURES, &seed);
    return x;
}

static threat make_threat(arena *a, const char *json, const float *x)
{
    static const bool categorical[FEATURES] = {[2] = true};
    str n[FEATURES];
    doc *d;
    err e = ERR_IN(a);
    threat ret = {0};
    for (size_t i = 0; i < FEATURES; i++)
        n[i] = str_of(names[i]);
    threat_data data = {n, FEATURES, categorical, x, ROWS, NULL};
    if (!doc_parse(a, str_of(json), 10000, &d, &e) ||
        !threat_make(a, d, &data, S("threat"), &ret, &e)) {
        print_error("%s: %s\n", e.path.p, e.msg.p);
        fail();
    }
    return ret;
}

/* ---- every combination ---- */

/* In each stretch between cuts the allowed value nearest to x0 is one of its ends, rounded or not,
 * a bound, or x0. */
static size_t candidates(const threat *t, const float *x0, size_t i, float *ret)
{
    float at[CANDIDATES];
    size_t n = 0, k = 0;
    at[n++] = x0[i];
    at[n++] = t->at[i].min;
    at[n++] = t->at[i].max;
    for (int c = 0; c <= 8 && i < 2; c++) {
        at[n++] = (float)c / 8;
        at[n++] = nextafterf((float)c / 8, -1);
    }
    for (int c = 0; c <= 72 && i == 3; c += 7) {
        at[n++] = 1 + (float)c / 8;
        at[n++] = ceilf(1 + (float)c / 8);
        at[n++] = ceilf(1 + (float)c / 8) - 1;
        at[n++] = nextafterf(1 + (float)c / 8, -1);
    }
    for (int c = 0; c < 5 && (i == 2 || i >= 4); c++)
        at[n++] = (float)c;
    at[n++] = NAN;
    for (size_t j = 0; j < n; j++) {
        float x[FEATURES];
        memcpy(x, x0, sizeof x);
        x[i] = at[j];
        if (t->at[i].group || threat_allowed(t, x0, x)) ret[k++] = at[j];
    }
    return k;
}

struct brute {
    const target *t;
    const threat *th;
    const float *x0;
    double own, best;
    float value[FEATURES][CANDIDATES], x[FEATURES];
    size_t n[FEATURES];
};

static void try_all(struct brute *b, size_t i)
{
    if (i == FEATURES) {
        double out[8];
        err e = {0};
        double far = threat_distance(b->th, b->x0, b->x);
        if (far >= b->best || !threat_allowed(b->th, b->x0, b->x)) return;
        assert_true(model_predict(b->t->model, b->x, 1, out, &e));
        if (target_flips(b->t, b->own, out)) b->best = far;
        return;
    }
    for (size_t k = 0; k < b->n[i]; k++) {
        b->x[i] = b->value[i][k];
        try_all(b, i + 1);
    }
}

static double brute_force(const target *t, const threat *th, const float *x0, double own)
{
    static struct brute b;
    b.t = t;
    b.th = th;
    b.x0 = x0;
    b.own = own;
    b.best = INFINITY;
    for (size_t i = 0; i < FEATURES; i++)
        b.n[i] = candidates(th, x0, i, b.value[i]);
    for (size_t i = 4; i < FEATURES; i++) { /* one-hot: 0 and 1, and what is there */
        b.n[i] = 2;
        b.value[i][0] = 0;
        b.value[i][1] = 1;
    }
    try_all(&b, 0);
    return b.best;
}

/* ---- the tests ---- */

static size_t flipped, stuck, searched;

static void check_row(const target *t, const threat *th, const struct exact *x, const float *x0,
                      arena *a)
{
    double out[8], own;
    float point[FEATURES];
    exact_answer got;
    err e = ERR_IN(a);
    assert_true(model_predict(t->model, x0, 1, out, &e));
    own = target_answer(t, out);
    double want = brute_force(t, th, x0, own);
    assert_true(exact_distance(x, x0, own, INFINITY, point, STEPS, &got, a, &e));
    assert_true(got.closed);
    searched += got.boxes;
    if (want == INFINITY) {
        assert_true(got.lower == INFINITY && got.upper == INFINITY);
        stuck++;
        return;
    }
    flipped++;
    assert_true(fabs(got.upper - want) <= 1e-7 * want);
    assert_true(got.lower <= want * (1 + 1e-12) && got.lower >= want * (1 - 1e-6));
    assert_true(threat_allowed(th, x0, point));
    assert_true(threat_distance(th, x0, point) == got.upper);
    assert_true(model_predict(t->model, point, 1, out, &e));
    assert_true(target_flips(t, own, out));
}

static void check_models(const char *objective, sample_task task, size_t outputs,
                         const char *threat_json, uint32_t seed)
{
    arena *a = arena_open();
    float *x = make_rows(a, seed);
    struct model *m = make_model(a, objective, outputs, seed);
    target t = {m, task, FEATURES, outputs, 0.5, 0.3};
    threat th = make_threat(a, threat_json, x);
    struct exact *s;
    err e = ERR_IN(a);
    assert_true(exact_open(a, &t, &th, &s, &e));
    for (size_t r = 0; r < 4; r++)
        check_row(&t, &th, s, x + r * FEATURES, a);
    arena_close(a);
}

static const char *const constraints[] = {
    "\"one_hot\":[[\"a\",\"b\",\"c\"]],\"integer\":[\"count\"]",
    "\"one_hot\":[{\"features\":[\"a\",\"b\",\"c\"],\"none\":true}],\"integer\":[\"count\"],"
    "\"features\":{\"n\":{\"direction\":\"up\",\"cost\":3},\"m\":{\"missing\":true}}",
    "\"one_hot\":[[\"a\",\"b\",\"c\"]],\"immutable\":[\"kind\",\"b\"],"
    "\"features\":{\"n\":{\"min\":0.2,\"max\":0.7},\"m\":{\"direction\":\"down\"},"
    "\"count\":{\"integer\":true,\"max\":5,\"cost\":0.01}}",
    "\"one_hot\":[[\"a\",\"b\",\"c\"]],\"immutable\":[\"n\",\"m\",\"count\",\"a\"],"
    "\"features\":{\"kind\":{\"cost\":2,\"missing\":true},\"c\":{\"cost\":0.5}}"};

static void test_every_constraint_and_norm(void **unused)
{
    static const char *const objectives[] = {"binary:logistic", "multi:softprob",
                                             "reg:squarederror"};
    static const sample_task tasks[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    (void)unused;
    flipped = stuck = 0;
    for (size_t norm = 0; norm < 4; norm++)
        for (size_t c = 0; c < COUNT(constraints); c++)
            for (size_t k = 0; k < COUNT(objectives); k++) {
                arena *a = arena_open();
                str json = str_fmt(a, "{\"norm\":\"%s\",%s}", threat_norms[norm], constraints[c]);
                check_models(objectives[k], tasks[k], k == 1 ? 3 : 1, json.p,
                             (uint32_t)(100 * norm + 10 * c + k));
                arena_close(a);
            }
    assert_true(flipped > 100 && stuck > 5);
}

/* With few steps the truth lies between the bounds, and both ends repeat to the bit. */
static void test_budget_leaves_bounds(void **unused)
{
    arena *a = arena_open();
    float *x = make_rows(a, 5), point[FEATURES], again[FEATURES];
    struct model *m = make_model(a, "binary:logistic", 1, 5);
    target t = {m, TASK_BINARY, FEATURES, 1, 0.5, 0};
    threat th = make_threat(a, "{\"norm\":\"l2\",\"one_hot\":[[\"a\",\"b\",\"c\"]]}", x);
    struct exact *s;
    err e = ERR_IN(a);
    (void)unused;
    assert_true(exact_open(a, &t, &th, &s, &e));
    for (size_t r = 0; r < 10; r++) {
        const float *x0 = x + r * FEATURES;
        double out, last = 0;
        exact_answer all, some, same;
        assert_true(model_predict(m, x0, 1, &out, &e));
        double own = target_answer(&t, &out);
        assert_true(exact_distance(s, x0, own, INFINITY, point, STEPS, &all, a, &e));
        for (uint64_t steps = 0; steps <= 1000000; steps = 4 * steps + 1000) {
            assert_true(exact_distance(s, x0, own, INFINITY, point, steps, &some, a, &e));
            assert_true(exact_distance(s, x0, own, INFINITY, again, steps, &same, a, &e));
            assert_true(some.lower <= all.upper && some.upper >= all.lower);
            assert_true(some.lower == same.lower && some.upper == same.upper);
            assert_true(some.upper == INFINITY || !memcmp(point, again, sizeof point));
            last = fmax(last, some.lower);
        }
        assert_true(last > 0);
    }
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_constraint_and_norm),
                                       cmocka_unit_test(test_budget_leaves_bounds)};
    return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
