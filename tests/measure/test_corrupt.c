/* test_corrupt.c - corruption tests: closed forms, coverage of the intervals, refusals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "measure/rng.h"

static const double pi = 3.14159265358979323846;

#define STUMP(feature, at, left, right)                                                            \
    "{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[" feature        \
    ",0,0],\"split_type\":[0,0,0],\"split_conditions\":[" at "," left "," right                    \
    "],\"default_left\":[1,0,0],\"sum_hessian\":[9,5,4],\"categories\":[],"                        \
    "\"categories_nodes\":[],\"categories_segments\":[],\"categories_sizes\":[]}"
#define MODEL(objective, classes, base, names, n, info, trees)                                     \
    "{\"version\":[2,0,0],\"learner\":{\"feature_names\":[" names "],\"learner_model_param\":{"    \
    "\"base_score\":\"" base "\",\"num_class\":\"" classes "\",\"num_feature\":\"" n               \
    "\",\"num_target\":\"1\"},\"objective\":{\"name\":\"" objective                                \
    "\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"gbtree_model_param\":{"            \
    "\"num_trees\":\"2\"},\"tree_info\":[" info "],\"trees\":[" trees "]}}}}"
/* Positive from x = 0 on, by exactly 2 on the log-odds scale. */
static const char sign_of_x[] = MODEL("binary:logistic", "0", "0.5", "\"x\"", "1", "0,0",
                                      STUMP("0", "0", "-1", "1") "," STUMP("0", "0", "-1", "1"));
static const char step_of_x[] = MODEL("reg:squarederror", "0", "0", "\"x\"", "1", "0,0",
                                      STUMP("0", "0", "-1", "1") "," STUMP("0", "0", "-1", "1"));
static const char three_classes[] =
    MODEL("multi:softprob", "2", "0.5", "\"x\",\"s_a\",\"s_b\"", "3", "0,1",
          STUMP("0", "0", "-1", "1") "," STUMP("1", "0.5", "1", "-1"));

static int open_arena(void **state)
{
    *state = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    arena_close(*state);
    return 0;
}

static bool run_on(arena *a, const char *model, const char *json, str csv, measure_input in,
                   measure_result *r, err *e)
{
    measure_plan p;
    table t;
    doc *d;
    struct model *m = NULL;
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, e));
    if (!table_read_bytes(a, csv, "rows.csv", &(table_options){.threads = 1}, &t, e) ||
        !model_load_bytes(a, str_of(model), &m, e))
        fail_msg("%s", e->msg.p);
    in.data = &t;
    in.model = m;
    return measure_plan_parse(a, d, &p, e) && measure_run(&p, &in, r, a, e);
}

static measure_result run(arena *a, const char *model, const char *json, str csv)
{
    err e = ERR_IN(a);
    measure_result r;
    if (!run_on(a, model, json, csv, (measure_input){.threads = 1}, &r, &e))
        fail_msg("%s: %s (%s)", json, e.msg.p, e.path.p);
    return r;
}

/* ---- closed forms ---- */

/* Two rows of each sign; what x times -1 does is plain. */
#define SIGNS "x,y\n-3,0\n-2,0\n-1,1\n1,0\n2,1\n3,1\n4,1\n-4,0\n"
#define PLAN(options)                                                                              \
    "{\"kind\":\"corruption_robustness_test\",\"label\":\"y\",\"seed\":3,\"options\":" options "}"

static void by_hand(void **state)
{
    static const char all[] = "{\"corruption\":\"sign_flip\",\"severity\":\"5\"}";
    arena *a = *state;
    measure_result r = run(a, sign_of_x, PLAN("{\"corruptions\":[\"sign_flip\"]}"), S(SIGNS));
    near(find(&r, "flip_rate", all)->value, 1, 0);
    near(find(&r, "accuracy_drop", all)->value, 0.75 - 0.25, 0);
    near(find(&r, "auc_drop", all)->value, 0.75 - 0.25, 1e-15);
    near(find(&r, "mean_shift", all)->value, 2 / (1 + exp(-2.0)) - 1, 1e-7);
    const metric *flips = find(&r, "flip_rate", NULL), *error = find(&r, "corruption_error", NULL);
    near(error->value, 0.25 + find(&r, "accuracy_drop", NULL)->value, 1e-15);
    near(find(&r, "relative_performance", NULL)->value, (1 - error->value) / 0.75, 1e-15);
    near(find(&r, "flip_rate", "{\"corruption\":\"sign_flip\",\"feature\":\"x\"}")->value,
         flips->value, 0);
    r = run(a, sign_of_x, PLAN("{\"corruptions\":[\"unit_up\"]}"), S(SIGNS));
    near(find(&r, "flip_rate", NULL)->value, 0, 0);
    assert_true(find(&r, "accuracy_drop", NULL)->hi > 0.1); /* 8 rows prove little */
}

static void regression(void **state)
{
    static const char all[] = "{\"corruption\":\"sign_flip\",\"severity\":\"5\"}";
    arena *a = *state;
    measure_result r = run(a, step_of_x, PLAN("{\"corruptions\":[\"sign_flip\"]}"),
                           S("x,y\n-3,-2\n-2,-2\n1,2\n2,2\n3,2.5\n"));
    near(find(&r, "rmse_growth", all)->value, sqrt((4 * 16 + 4.5 * 4.5) / 5) - sqrt(0.25 / 5),
         1e-6);
    near(find(&r, "mean_shift", all)->value, 4, 1e-6);
    for (size_t i = 0; i < r.n_metrics; i++)
        assert_false(str_eqz(r.metrics[i].id, "flip_rate"));
}

/* One-hot features in the file and one-hot encoders see the same corruption. */
static void one_hot_groups(void **state)
{
    static const char shuffled[] = "{\"corruption\":\"shuffled\",\"severity\":\"5\"}";
    arena *a = *state;
    measure_result in_file =
        run(a, three_classes,
            PLAN("{\"corruptions\":[\"shuffled\"],\"one_hot\":{\"s\":[\"s_a\",\"s_b\"]}}"),
            S("x,s_a,s_b,y\n-3,1,0,0\n-2,0,1,1\n-1,1,0,1\n5,1,0,0\n2,0,1,1\n3,0,1,0\n"));
    measure_result by_plan =
        run(a, three_classes,
            "{\"kind\":\"corruption_robustness_test\",\"label\":\"y\",\"seed\":3,"
            "\"encode\":{\"s\":{\"one_hot\":[\"a\",\"b\"]}},\"options\":{\"corruptions\":["
            "\"shuffled\"]}}",
            S("x,s,y\n-3,a,0\n-2,b,1\n-1,a,1\n5,a,0\n2,b,1\n3,b,0\n"));
    near(find(&in_file, "flip_rate", shuffled)->value, find(&by_plan, "flip_rate", shuffled)->value,
         0);
    near(find(&in_file, "mean_shift", shuffled)->value,
         find(&by_plan, "mean_shift", shuffled)->value, 0);
    assert_true(find(&by_plan, "mean_shift", shuffled)->value > 0.2);
    find(&by_plan, "flip_rate", "{\"corruption\":\"shuffled\",\"feature\":\"s\"}");
}

/* ---- promises ---- */

static str normal_rows(arena *a, uint64_t world, size_t n)
{
    buf b = buf_open(a, 1 << 20);
    rng r = rng_open(11, 900, world);
    buf_putz(&b, "x,y\n");
    for (size_t i = 0; i < n; i++) {
        double x = rng_normal(&r), y = x + rng_normal(&r);
        buf_fmt(&b, "%.17g,%d\n", x, y >= 0);
    }
    return buf_str(&b);
}

static str result_text(arena *a, int threads)
{
    err e = ERR_IN(a);
    measure_result r;
    buf b = buf_open(a, 1 << 22);
    jw w = jw_open(&b);
    measure_context c = {.subject = S("{}"), .tool_version = S("t")};
    const char *json = PLAN("{\"rows\":300}");
    doc *d;
    measure_plan p;
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, &e) && measure_plan_parse(a, d, &p, &e));
    assert_true(run_on(a, sign_of_x, json, normal_rows(a, 0, 500),
                       (measure_input){.threads = threads}, &r, &e));
    measure_result_json(&p, &r, &c, &w);
    assert_false(b.full);
    return buf_str(&b);
}

static void threads_change_nothing(void **state)
{
    arena *a = *state;
    str one = result_text(a, 1);
    assert_true(one.n > 10000);
    assert_true(str_eq(one, result_text(a, 3)));
}

/* P(sign(x + e) = sign(x + f)) of independent normals with these deviations. */
static double agreement(double e, double f)
{
    return 1 - acos(1 / sqrt((1 + e * e) * (1 + f * f))) / pi;
}

struct promise {
    const char *id, *slice;
    double truth, hits, least, most;
};

/* The label has the sign of x + f, the model that of x: under noise e on x, of x + e. */
static void intervals_cover(void **state)
{
    enum { WORLDS = 1000, ROWS = 300 };
    static const double sigma[] = {0.1, 0.25, 0.5, 1, 2};
    double gap = 2 / (1 + exp(-2.0)) - 1, flips = 0, right = 0, clean = agreement(0, 1);
    (void)state;
    for (size_t i = 0; i < COUNT(sigma); i++) {
        flips += (1 - agreement(sigma[i], 0)) / 5;
        right += agreement(sigma[i], 1) / 5;
    }
#define NOISE3 "{\"corruption\":\"noise\",\"severity\":\"3\"}"
    struct promise p[] = {
        {"flip_rate", NOISE3, 1 - agreement(0.5, 0),                   0,                                                           0.93,                                                                                                                                         0.98},
        {"accuracy_drop",           NOISE3,   clean - agreement(0.5,    1), 0,                                                       0.93,                                                                                                                                                                                                  0.98},
        {"auc_drop",       NOISE3,             clean - agreement(0.5,                     1),                             0,                                                       0.93,0.98},
        {"mean_shift",       NOISE3,         (1 - agreement(0.5,                          0)) * gap,                                   0,                            0.93,                                                                                                                                                                   0.98},
        {"flip_rate",          NULL,            flips,                         0,           0.93,                                 0.98},
        {"accuracy_drop",          NULL,            clean - right, 0,           0.93,                        0.98                                                                                                                                                         },
        {"auc_drop",          NULL,            clean - right,                         0,                                   0.93,                                                              0.98                                   },
        {"mean_shift",          NULL,            flips * gap, 0,0.93,0.98                                                                 },
        {"corruption_error",          NULL,            1 - right,                         0,                                                           0.93,                                                                                                                                0.98                                                                                                                                                                                             },
        {"relative_performance",          NULL,            right / clean, 0,0.93,0.98},
    };
    for (size_t w = 0; w < WORLDS; w++) {
        arena *a = arena_open();
        const char *json = str_fmt(a,
                                   "{\"kind\":\"corruption_robustness_test\",\"label\":\"y\","
                                   "\"seed\":%zu,\"options\":{\"corruptions\":[\"noise\"]}}",
                                   w)
                               .p;
        measure_result r = run(a, sign_of_x, json, normal_rows(a, w, ROWS));
        for (size_t i = 0; i < COUNT(p); i++) {
            const metric *m = find(&r, p[i].id, p[i].slice);
            p[i].hits += m->lo <= p[i].truth && p[i].truth <= m->hi;
        }
        arena_close(a);
    }
    for (size_t i = 0; i < COUNT(p); i++) {
        double share = p[i].hits / WORLDS;
        printf("%s %s: %.1f %% covered\n", p[i].id, p[i].slice ? p[i].slice : "", 100 * share);
        if (share < p[i].least || share > p[i].most) fail_msg("%s: %g", p[i].id, share);
    }
}

/* ---- refusals and limits ---- */

static void refuse(arena *a, const char *json, const char *path)
{
    err e = ERR_IN(a);
    measure_result r;
    if (run_on(a, sign_of_x, json, S(SIGNS), (measure_input){.threads = 1}, &r, &e))
        fail_msg("taken: %s", json);
    assert_string_equal(str_dup(a, e.path).p, path);
    assert_true(e.hint.n);
}

static void refusals(void **state)
{
    arena *a = *state;
    refuse(a, PLAN("{\"corruptions\":[\"noise\",\"rust\"]}"), "options.corruptions.1");
    refuse(a, PLAN("{\"features\":[\"z\"]}"), "options.features.0");
    refuse(a, PLAN("{\"one_hot\":{\"g\":[\"x\"]}}"), "options.one_hot.g");
    refuse(a, PLAN("{\"one_hot\":{\"g\":[\"x\",\"q\"]}}"), "options.one_hot.g");
    refuse(a, PLAN("{\"one_hot\":{\"g\":[\"x\",\"x\"]}}"), "options.one_hot.g");
    refuse(a, "{\"kind\":\"corruption_robustness_test\"}", "label");
    refuse(a, "{\"kind\":\"corruption_robustness_test\",\"label\":\"y\",\"groups\":[\"x\"]}",
           "groups");
}

static void limits(void **state)
{
    arena *a = *state;
    measure_result r = run(a, sign_of_x,
                           "{\"kind\":\"corruption_robustness_test\",\"label\":\"y\",\"limits\":["
                           "\"flip_rate[corruption=sign_flip,severity=5]<=0.5\","
                           "\"flip_rate[corruption=unit_up]<=0.9\","
                           "\"flip_rate[corruption=unit_up,feature=x]<=0.9\"]}",
                           S(SIGNS));
    assert_int_equal(
        find(&r, "flip_rate", "{\"corruption\":\"sign_flip\",\"severity\":\"5\"}")->verdict,
        VERDICT_FAIL);
    assert_int_equal(find(&r, "flip_rate", "{\"corruption\":\"unit_up\"}")->verdict, VERDICT_PASS);
    assert_int_equal(r.verdict, VERDICT_FAIL);
}

/* What an encoder refuses is not tried, and a note says so. */
static void refused_missing(void **state)
{
    arena *a = *state;
    measure_result r = run(a, three_classes,
                           "{\"kind\":\"corruption_robustness_test\",\"label\":\"y\",\"encode\":{"
                           "\"s\":{\"one_hot\":[\"a\",\"b\"]}}}",
                           S("x,s,y\n-3,a,0\n-2,b,1\n-1,a,1\n5,a,0\n2,b,1\n3,b,0\n"));
    bool said = false;
    for (size_t i = 0; i < r.n_notes; i++)
        said |= strstr(r.notes[i].p, "encoders refuse: s") != NULL;
    assert_true(said);
    find(&r, "flip_rate", "{\"corruption\":\"missing\",\"feature\":\"x\"}");
    for (size_t i = 0; i < r.n_metrics; i++)
        assert_false(str_eqz(r.metrics[i].slice, "{\"corruption\":\"missing\",\"feature\":\"s\"}"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_hand),         TEST(regression), TEST(one_hot_groups), TEST(threads_change_nothing),
        TEST(intervals_cover), TEST(refusals),   TEST(limits),         TEST(refused_missing),
    };
    return cmocka_run_group_tests_name("corrupt", tests, NULL, NULL);
}
