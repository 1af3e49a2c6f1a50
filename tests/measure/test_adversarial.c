/* test_adversarial.c - the kind adversarial_robustness_test on models whose distances are plain. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "model/model_impl.h"

/* One stump: positive where x >= 0.5, whatever y. Row 9 is wrong. */
static const char stump[] =
    "{\"version\":[2,0,0],\"learner\":{\"feature_names\":[\"x\",\"y\"],\"learner_model_param\":{"
    "\"base_score\":\"0.5\",\"num_class\":\"0\",\"num_feature\":\"2\",\"num_target\":\"1\"},"
    "\"objective\":{\"name\":\"binary:logistic\"},\"gradient_booster\":{\"name\":\"gbtree\","
    "\"model\":{\"gbtree_model_param\":{\"num_trees\":\"1\"},\"tree_info\":[0],\"trees\":[{"
    "\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0],"
    "\"split_conditions\":[0.5,-2,2],\"split_type\":[0,0,0],\"default_left\":[0,0,0],"
    "\"categories\":[],\"categories_nodes\":[],\"categories_segments\":[],"
    "\"categories_sizes\":[]}]}}}}";
static const char data[] = "x,y,good\n0,0,0\n0.125,0.5,0\n0.25,1,0\n0.375,0,0\n0.4375,1,0\n"
                           "0.5,0,1\n0.625,1,1\n0.75,0,1\n0.875,0.25,0\n1,1,1\n";

struct run {
    str json, csv;
    measure_result r;
    err e;
    bool ok;
};

static bool take(void *ctx, str csv, err *e)
{
    struct run *r = ctx;
    (void)e;
    r->csv = str_fmt(r->e.a, "%.*s%.*s", STR_ARG(r->csv), STR_ARG(csv));
    return true;
}

static struct run *measure_csv(arena *a, const struct model *m, const char *plan, int threads,
                               str csv)
{
    struct run *ret = arena_new(a, struct run, 1);
    table_options o = {.threads = 1};
    table t;
    doc *d;
    measure_plan p;
    ret->e = ERR_IN(a);
    assert_true(table_read_bytes(a, csv, "data", &o, &t, &ret->e));
    assert_true(doc_parse(a, str_of(plan), 10000, &d, &ret->e));
    if (!measure_plan_parse(a, d, &p, &ret->e)) return ret;
    measure_input in = {.data = &t, .model = m, .threads = threads};
    in.values = take;
    in.values_ctx = ret;
    ret->ok = measure_run(&p, &in, &ret->r, a, &ret->e);
    if (!ret->ok) return ret;
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    measure_context c = {.subject = S("{}"), .tool_version = S("0")};
    measure_result_json(&p, &ret->r, &c, &w);
    ret->json = buf_str(&b);
    return ret;
}

static struct run *measure(arena *a, const struct model *m, const char *plan, int threads)
{
    return measure_csv(a, m, plan, threads, str_of(data));
}

static struct model *load(arena *a)
{
    struct model *m;
    err e = ERR_IN(a);
    if (!model_load_bytes(a, str_of(stump), &m, &e)) {
        print_error("%s: %s\n", e.path.p, e.msg.p);
        fail();
    }
    return m;
}

static double value(const struct run *r, const char *id, const char *slice)
{
    return find(&r->r, id, slice)->value;
}

#define KIND "\"kind\":\"adversarial_robustness_test\",\"label\":\"good\""

/* Distances of right rows to 0.5: 0.5, 0.375, 0.25, 0.125, 0.0625, and, just below 0.5, 0, 0.125,
 * 0.25, 0.5; one of ten is wrong. */
static void test_by_hand(void **unused)
{
    arena *a = arena_open();
    (void)unused;
    struct run *r = measure(a, load(a),
                            "{" KIND ",\"limits\":[\"robust_accuracy[epsilon=0.2]>=0.9\","
                            "\"certified_robust_accuracy[epsilon=0.01]>=0.1\"],"
                            "\"options\":{\"epsilon\":[\"0.2\",\"0.01\"]}}",
                            1);
    if (!r->ok) print_error("%s: %s\n", r->e.path.p, r->e.msg.p);
    assert_true(r->ok);
    assert_true(value(r, "clean_accuracy", NULL) == 0.9);
    assert_true(value(r, "robust_accuracy", "{\"epsilon\":\"0.01\"}") == 0.8);
    assert_true(value(r, "robust_accuracy", "{\"epsilon\":\"0.2\"}") == 0.5);
    assert_true(value(r, "certified_robust_accuracy", "{\"epsilon\":\"0.01\"}") == 0.8);
    assert_true(value(r, "certified_robust_accuracy", "{\"epsilon\":\"0.2\"}") == 0.5);
    assert_true(value(r, "exact_rate", NULL) == 1);
    assert_true(value(r, "attack_success_rate", NULL) == 1);
    assert_true(fabs(value(r, "median_adversarial_distance", NULL) - 0.25) < 1e-6);
    assert_true(fabs(value(r, "mean_adversarial_distance", NULL) - 2.1875 / 9) < 1e-6);
    assert_true(value(r, "max_queries", NULL) <= 1000);
    assert_int_equal(find(&r->r, "robust_accuracy", "{\"epsilon\":\"0.2\"}")->verdict,
                     VERDICT_FAIL);
    assert_int_equal(find(&r->r, "certified_robust_accuracy", "{\"epsilon\":\"0.01\"}")->verdict,
                     VERDICT_PASS);
    assert_non_null(strstr(r->r.tables.p, "[0.01,0.8,0.8,0],[0.2,0.5,0.5,0]"));
    assert_non_null(strstr(r->csv.p, "\n2,0,0,1,0.375,0.375,1,"));
    assert_non_null(strstr(r->csv.p, "\n9,0,1,0,,,0,,0,0,,\n"));
    arena_close(a);
}

/* Threads change nothing, the seed draws other rows. */
static void test_repeats(void **unused)
{
    arena *a = arena_open();
    struct model *m = load(a);
    (void)unused;
    const char *plan = "{" KIND ",\"seed\":3,\"options\":{\"rows\":6}}";
    struct run *one = measure(a, m, plan, 1), *four = measure(a, m, plan, 4);
    struct run *other = measure(a, m, "{" KIND ",\"seed\":4,\"options\":{\"rows\":6}}", 1);
    assert_true(one->ok && four->ok && other->ok);
    assert_string_equal(one->json.p, four->json.p);
    assert_string_equal(one->csv.p, four->csv.p);
    assert_string_not_equal(one->csv.p, other->csv.p);
    arena_close(a);
}

/* What may not change cannot flip: proven, and no distance is made up. */
static void test_nothing_flips(void **unused)
{
    arena *a = arena_open();
    (void)unused;
    struct run *r =
        measure(a, load(a), "{" KIND ",\"options\":{\"threat\":{\"immutable\":[\"x\"]}}}", 1);
    assert_true(r->ok);
    assert_true(value(r, "certified_robust_accuracy", "{\"epsilon\":\"0.5\"}") == 0.9);
    assert_true(value(r, "attack_success_rate", NULL) == 0);
    assert_true(value(r, "exact_rate", NULL) == 1);
    assert_true(isnan(value(r, "median_adversarial_distance", NULL)));
    assert_true(isnan(value(r, "mean_adversarial_distance", NULL)));
    arena_close(a);
}

/* ---- a model that is no trees, and one that fails ---- */

static bool line(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    if (m->self) return err_set(e, ERR_UNAVAILABLE, S("model"), S(""), "it does not answer");
    for (size_t r = 0; r < rows; r++)
        ret[r] = (double)x[2 * r];
    return true;
}

static struct model linear(model_task task)
{
    static const bool no[2];
    struct model m = {.predict = line};
    m.info = (model_info){.task = task, .n_features = 2, .n_outputs = 1, .categorical = no};
    return m;
}

static void test_other_models(void **unused)
{
    arena *a = arena_open();
    struct model m = linear(MODEL_BINARY);
    (void)unused;
    struct run *r = measure(a, &m, "{" KIND ",\"options\":{\"attack\":\"boundary\"}}", 2);
    assert_true(r->ok);
    assert_true(value(r, "clean_accuracy", NULL) == 0.9);
    assert_true(value(r, "robust_accuracy", "{\"epsilon\":\"0.05\"}") == 0.8);
    m = linear(MODEL_REGRESSION);
    r = measure(a, &m, "{" KIND ",\"options\":{\"tolerance\":0.25}}", 2);
    assert_true(r->ok);
    assert_true(fabs(value(r, "median_adversarial_distance", NULL) - 0.25) < 0.01);
    m.self = &m;
    r = measure(a, &m, "{" KIND ",\"options\":{\"tolerance\":0.25}}", 2);
    assert_true(!r->ok && r->e.code == ERR_UNAVAILABLE);
    arena_close(a);
}

/* x >= 0.5, as the stump; y weighs nothing. Found and proven are the same curve, and no attack is
 * nearer. */
static void test_linear_models(void **unused)
{
    static const double w[2] = {8, 0}, b = -4;
    static const bool no[2];
    linear_model l = {2, 1, w, &b, LINEAR_LOGISTIC};
    struct model m = {.linear = &l, .predict = linear_predict};
    m.info = (model_info){.task = MODEL_BINARY, .n_features = 2, .n_outputs = 1, .categorical = no};
    arena *a = arena_open();
    (void)unused;
    struct run *r = measure(a, &m, "{" KIND ",\"options\":{\"epsilon\":[\"0.2\",\"0.01\"]}}", 2);
    if (!r->ok) print_error("%s: %s\n", r->e.path.p, r->e.msg.p);
    assert_true(r->ok);
    assert_non_null(strstr(r->json.p, "exact distances of a linear model"));
    assert_true(value(r, "robust_accuracy", "{\"epsilon\":\"0.2\"}") == 0.5);
    assert_true(value(r, "certified_robust_accuracy", "{\"epsilon\":\"0.2\"}") == 0.5);
    assert_true(value(r, "certified_robust_accuracy", "{\"epsilon\":\"0.01\"}") == 0.8);
    assert_true(value(r, "exact_rate", NULL) == 1);
    assert_true(fabs(value(r, "median_adversarial_distance", NULL) - 0.25) < 1e-6);
    assert_true(value(r, "attack_excess", NULL) >= 0);
    r = measure(a, &m, "{" KIND ",\"options\":{\"attack\":\"none\",\"exact\":1}}", 1);
    assert_true(r->ok && value(r, "exact_rate", NULL) == 1);
    arena_close(a);
}

static void test_refusals(void **unused)
{
    static const struct {
        const char *options, *path;
    } cases[] = {
        {"\"epsilon\":[\"far\"]",              "options.epsilon.0"         },
        {"\"epsilon\":[\"-1\"]",               "options.epsilon.0"         },
        {"\"epsilon\":[\"0.1\",\"0.10\"]",     "options.epsilon"           },
        {"\"attack\":\"pgd\"",                 "options.attack"            },
        {"\"attack\":\"none\",\"exact\":0",    "options.attack"            },
        {"\"threat\":{\"norm\":\"l9\"}",       "options.threat.norm"       },
        {"\"threat\":{\"immutable\":[\"z\"]}", "options.threat.immutable.0"},
        {"\"queries\":1",                      "options.queries"           }
    };
    arena *a = arena_open();
    struct model *m = load(a), other = linear(MODEL_BINARY), plain = linear(MODEL_REGRESSION);
    (void)unused;
    for (size_t k = 0; k < COUNT(cases); k++) {
        struct run *r =
            measure(a, m, str_fmt(a, "{" KIND ",\"options\":{%s}}", cases[k].options).p, 1);
        assert_false(r->ok);
        assert_string_equal(r->e.path.p, cases[k].path);
    }
    struct run *r = measure(a, &other, "{" KIND ",\"options\":{\"exact\":5}}", 1);
    assert_true(!r->ok && str_eqz(r->e.path, "options.exact"));
    r = measure(a, &plain, "{" KIND "}", 1);
    assert_true(!r->ok && str_eqz(r->e.path, "options.tolerance"));
    r = measure(a, m, "{" KIND ",\"groups\":[\"y\"]}", 1);
    assert_true(!r->ok && str_eqz(r->e.path, "groups"));
    arena_close(a);
}

/* ---- intervals ---- */

enum { WORLDS = 600, DRAWN = 80 };

static str draw_rows(arena *a, uint32_t *state)
{
    buf b = buf_open(a, 1 << 16);
    buf_putz(&b, "x,y,good\n");
    for (int k = 0; k < DRAWN; k++) {
        *state = *state * 1664525u + 1013904223u;
        double x = (double)(*state >> 8) / 0x1p24;
        buf_fmt(&b, "%.9g,0,%d\n", x, x >= 0.5);
    }
    return buf_str(&b);
}

static bool covers(const struct run *r, const char *id, const char *slice, double truth)
{
    const metric *m = find(&r->r, id, slice);
    return m->lo <= truth && truth <= m->hi;
}

/* x is even on 0..1, so its distance to 0.5 is even on 0..0.5. 95 % and a little more, as order
 * statistics and Wilson's interval are discrete. */
static void test_coverage(void **unused)
{
    arena *a = arena_open();
    struct model *m = load(a);
    uint32_t state = 1;
    double median = 0, mean = 0, robust = 0;
    (void)unused;
    for (int k = 0; k < WORLDS; k++) {
        arena *own = arena_open();
        struct run *r = measure_csv(own, m,
                                    "{" KIND ",\"options\":{\"attack\":\"none\",\"epsilon\":"
                                    "[\"0.2\"],\"threat\":{\"scale\":\"unit\"}}}",
                                    1, draw_rows(own, &state));
        assert_true(r->ok);
        median += covers(r, "median_adversarial_distance", NULL, 0.25);
        mean += covers(r, "mean_adversarial_distance", NULL, 0.25);
        robust += covers(r, "robust_accuracy", "{\"epsilon\":\"0.2\"}", 0.6);
        arena_close(own);
    }
    print_message("covered: median %.3f, mean %.3f, robust accuracy %.3f\n", median / WORLDS,
                  mean / WORLDS, robust / WORLDS);
    assert_true(median > 0.94 * WORLDS && median < 0.98 * WORLDS);
    assert_true(mean > 0.93 * WORLDS && mean < 0.97 * WORLDS);
    assert_true(robust > 0.93 * WORLDS && robust < 0.975 * WORLDS);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_nothing_flips), cmocka_unit_test(test_other_models),
        cmocka_unit_test(test_linear_models), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_coverage)};
    return cmocka_run_group_tests_name("adversarial", tests, NULL, NULL);
}
