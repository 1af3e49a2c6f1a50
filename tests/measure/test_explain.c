/* test_explain.c - explanation reports on models whose explanation is known by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "measure/rng.h"
#include "model/model_impl.h"

/* Two stumps and a feature nobody asks: -1 or 3 by a (30 and 10 training rows: mean 0), 0.5 or
 * -0.5 by b (20 and 20: mean 0). A sum of single features, so the Shapley values are these. */
#define STUMP(feature, at, left, right, cover)                                                     \
    "{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[" feature        \
    ",0,0],\"split_type\":[0,0,0],\"split_conditions\":[" at "," left "," right                    \
    "],\"default_left\":[1,0,0],\"sum_hessian\":[" cover                                           \
    "],\"categories\":[],\"categories_nodes\":[],\"categories_segments\":[],"                      \
    "\"categories_sizes\":[]}"
#define MODEL(objective, classes, base, info, trees)                                               \
    "{\"version\":[2,0,0],\"learner\":{\"feature_names\":[\"a\",\"b\",\"c, d\"],"                  \
    "\"learner_model_param\":{\"base_score\":\"" base "\",\"num_class\":\"" classes                \
    "\",\"num_feature\":\"3\",\"num_target\":\"1\"},\"objective\":{\"name\":\"" objective          \
    "\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"gbtree_model_param\":{"            \
    "\"num_trees\":\"2\"},\"tree_info\":[" info "],\"trees\":[" trees "]}}}}"
static const char two_stumps[] = MODEL(
    "binary:logistic", "0", "0.5", "0,0",
    STUMP("0", "0.5", "-1", "3", "40,30,10") "," STUMP("1", "0.5", "0.5", "-0.5", "40,20,20"));
static const char two_classes[] = MODEL(
    "multi:softprob", "2", "0.5", "0,1",
    STUMP("0", "0.5", "-1", "3", "40,30,10") "," STUMP("1", "0.5", "0.5", "-0.5", "40,20,20"));

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

/* 40 rows: a is 1 in 10 of them, b in 20; y follows a. */
static str rows_of(arena *a)
{
    buf b = buf_open(a, 1 << 20);
    buf_putz(&b, "a,b,\"c, d\",y\n");
    for (int i = 0; i < 40; i++)
        buf_fmt(&b, "%d,%d,%d,%d\n", i % 4 == 0, i % 2, i % 7, i % 4 == 0 || i == 9);
    return buf_str(&b);
}

static bool run_on(arena *a, const char *model, const char *json, measure_input in,
                   measure_result *r, err *e)
{
    measure_plan p;
    table t;
    doc *d;
    struct model *m = NULL;
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, e));
    if (!table_read_bytes(a, rows_of(a), "rows.csv", &(table_options){0}, &t, e) ||
        !model_load_bytes(a, str_of(model), &m, e))
        fail_msg("%s", e->msg.p);
    in.data = &t;
    in.model = m;
    return measure_plan_parse(a, d, &p, e) && measure_run(&p, &in, r, a, e);
}

static void run(arena *a, const char *model, const char *json, measure_input in, measure_result *r)
{
    err e = ERR_IN(a);
    if (!run_on(a, model, json, in, r, &e)) fail_msg("%s: %s (%s)", json, e.msg.p, e.path.p);
}

static void expect_refusal(arena *a, const char *json, measure_input in, const char *path,
                           const char *says)
{
    measure_result r;
    err e = ERR_IN(a);
    assert_false(run_on(a, two_stumps, json, in, &r, &e));
    if (!str_eqz(e.path, path) || !strstr(e.msg.p, says) || e.hint.n == 0)
        fail_msg("%s: refused at '%.*s': %.*s (%.*s)", json, STR_ARG(e.path), STR_ARG(e.msg),
                 STR_ARG(e.hint));
}

static void expect(const measure_result *r, const char *id, const char *slice, double value,
                   double lo, double hi)
{
    const metric *m = find(r, id, slice);
    if (!(fabs(m->value - value) < 1e-9 && fabs(m->lo - lo) < 1e-9 && fabs(m->hi - hi) < 1e-9))
        fail_msg("%s: %.12g in %.12g..%.12g, not %.12g in %.12g..%.12g", id, m->value, m->lo, m->hi,
                 value, lo, hi);
}

#define A    "{\"feature\":\"a\"}"
#define B    "{\"feature\":\"b\"}"
#define C    "{\"feature\":\"c, d\"}"
#define KIND "\"kind\":\"explanation_report\""

static void known_importance(void **state)
{
    measure_result r;
    run(*state, two_stumps,
        "{" KIND ",\"limits\":[\"mean_absolute_shap[feature=b]<=0.6\",\"top_feature_share<=0.5\","
        "\"additivity_error<=0.0001\",\"explanation_stability>=0.8\"]}",
        (measure_input){.threads = 2}, &r);
    /* |phi_a| is 1 in 30 rows, 3 in 10: mean 1.5, sum of squares 30 around it, n-1 = 39. */
    double half = 1.959963984540054 * sqrt(30.0 / 39 / 40);
    expect(&r, "mean_absolute_shap", A, 1.5, 1.5 - half, 1.5 + half);
    expect(&r, "mean_absolute_shap", B, 0.5, 0.5, 0.5);
    expect(&r, "mean_absolute_shap", C, 0, 0, 0);
    /* Share 1.5 of 2; a row adds (|a| - 0.75 (|a| + 0.5)) / 2 = -0.0625 or 0.1875. */
    half = 1.959963984540054 * sqrt((30 * 0.0625 * 0.0625 + 10 * 0.1875 * 0.1875) / 39 / 40);
    expect(&r, "top_feature_share", NULL, 0.75, 0.75 - half, 0.75 + half);
    expect(&r, "additivity_error", NULL, 0, 0, 0);
    const metric *m = find(&r, "explanation_stability", NULL);
    assert_true(fabs(m->value - 1) < 1e-12 && m->n == 40); /* always a */
    assert_int_equal(find(&r, "mean_absolute_shap", B)->verdict, VERDICT_PASS);
    assert_int_equal(find(&r, "top_feature_share", NULL)->verdict, VERDICT_FAIL);
    assert_int_equal(m->verdict, VERDICT_PASS);
    assert_int_equal(r.verdict, VERDICT_FAIL);
    assert_true(str_starts(r.tables, S("[{\"id\":\"importance\"")));
    assert_non_null(strstr(r.tables.p, "\"rows\":[[\"a\",1.5,0.75,0,null],[\"b\",0.5,0.25,0,null],"
                                       "[\"c, d\",0,0,0,null]]"));
    assert_non_null(
        strstr(r.figures.p, "\"labels\":[\"a\",\"b\",\"c, d\"],\"values\":[1.5,0.5,0]"));
}

static void reasons_for_rows(void **state)
{
    measure_result r;
    /* Row 1: a = 1 (+3), b = 0 (+0.5): nothing lowers it. Row 2: a = 0 (-1), b = 1 (-0.5). */
    run(*state, two_stumps, "{" KIND ",\"options\":{\"reasons\":[\"1\",\"2\",\"3\"]}}",
        (measure_input){.threads = 1}, &r);
    assert_non_null(strstr(r.tables.p, "\"columns\":[\"row\",\"margin\",\"rank\",\"feature\","
                                       "\"value\",\"shap\"],\"rows\":["
                                       "[2,-1.5,1,\"a\",\"0\",-1],[2,-1.5,2,\"b\",\"1\",-0.5],"
                                       "[3,-0.5,1,\"a\",\"0\",-1]]"));
    run(*state, two_stumps,
        "{" KIND ",\"options\":{\"reasons\":[\"1\"],\"adverse\":\"high\",\"top\":1}}",
        (measure_input){.threads = 1}, &r);
    assert_non_null(strstr(r.tables.p, "\"rows\":[[1,3.5,1,\"a\",\"1\",3]]"));
    /* Class 0 has 3.5, class 1 has 1: what speaks for class 0. */
    run(*state, two_classes, "{" KIND ",\"options\":{\"reasons\":[\"1\"]}}",
        (measure_input){.threads = 1}, &r);
    assert_non_null(strstr(r.tables.p, "[[1,3.5,1,\"a\",\"1\",3,0]]"));
    expect(&r, "mean_absolute_shap", B, 0.5, 0.5, 0.5);
}

/* Rows of the table "waterfall"; of every decision base + contributions = last total, within 1e-9,
 * and that is the answer but for a tree's sum of floats. */
static const doc *waterfall_of(arena *a, const measure_result *r)
{
    doc *d;
    err e = ERR_IN(a);
    const doc *rows = NULL;
    assert_true(doc_parse(a, r->tables, 1 << 20, &d, &e));
    for (size_t i = 0; i < d->n; i++)
        if (str_eqz(doc_str(&d->at[i], "id"), "waterfall")) rows = doc_get(&d->at[i], "rows");
    if (!rows || rows->n == 0) {
        fail_msg("no waterfall");
        abort(); /* not reached */
    }
    for (size_t i = 0; i < rows->n; i++) {
        const doc *x = rows->at[i].at;
        bool first = i == 0 || rows->at[i - 1].at[0].d != x[0].d;
        bool last = i + 1 == rows->n || rows->at[i + 1].at[0].d != x[0].d;
        double before = first ? x[2].d : rows->at[i - 1].at[6].d;
        assert_true(fabs(before + x[5].d - x[6].d) < 1e-9);
        if (last) assert_true(fabs(x[6].d - x[1].d) < 1e-6);
        if (!first && x[3].kind == DOC_STR)
            assert_true(fabs(rows->at[i - 1].at[5].d) >= fabs(x[5].d));
    }
    return rows;
}

/* Every contribution of a decision, whichever way it pushed. */
static void waterfalls(void **state)
{
    measure_result r;
    run(*state, two_stumps, "{" KIND ",\"options\":{\"reasons\":[\"1\",\"2\"]}}",
        (measure_input){.threads = 1}, &r);
    assert_int_equal(waterfall_of(*state, &r)->n, 6);
    assert_non_null(strstr(r.tables.p, "\"shap\",\"total\"],\"rows\":["
                                       "[1,3.5,0,\"a\",\"1\",3,3],[1,3.5,0,\"b\",\"0\",0.5,3.5],"
                                       "[1,3.5,0,\"c, d\",\"0\",0,3.5],"
                                       "[2,-1.5,0,\"a\",\"0\",-1,-1],"));
    run(*state, two_classes, "{" KIND ",\"options\":{\"reasons\":[\"1\"]}}",
        (measure_input){.threads = 1}, &r);
    assert_non_null(strstr(r.tables.p, "\"total\",\"class\"],\"rows\":[[1,3.5,0.5,\"a\","
                                       "\"1\",3,3.5,0],"));
    for (int i = 0; i < 3; i++) {
        static const char *const methods[] = {"kernel", "exact", "tree_interventional"};
        str json = str_fmt(*state,
                           "{" KIND ",\"options\":{\"method\":\"%s\",\"rows\":40,"
                           "\"background\":40,\"reasons\":[\"1\",\"40\"]}}",
                           methods[i]);
        run(*state, two_stumps, json.p, (measure_input){.threads = 2}, &r);
        assert_int_equal(waterfall_of(*state, &r)->n, 6);
    }
}

/* Of a linear model with n features, f0 the weightiest, about row 3 of 5. */
static const doc *wide_waterfall(arena *a, uint32_t n)
{
    double w[30], bias = 0.5;
    bool no[30] = {false};
    linear_model l = {n, 1, w, &bias, LINEAR_LOGISTIC};
    struct model m = {.linear = &l, .predict = linear_predict};
    m.info = (model_info){.task = MODEL_BINARY, .n_features = n, .n_outputs = 1, .categorical = no};
    measure_result r;
    measure_plan p;
    table t;
    doc *d;
    err e = ERR_IN(a);
    buf b = buf_open(a, 1 << 16);
    for (uint32_t i = 0; i < n; i++) {
        w[i] = 1.0 / (i + 1);
        buf_fmt(&b, "%sf%u", i ? "," : "", i);
    }
    for (uint32_t row = 0; row < 5; row++)
        for (uint32_t i = 0; i < n; i++)
            buf_fmt(&b, "%c%u", i ? ',' : '\n', row);
    buf_putz(&b, "\n");
    assert_true(doc_parse(a, S("{" KIND ",\"options\":{\"reasons\":[\"4\"],\"fidelity\":0}}"),
                          1 << 20, &d, &e));
    if (!table_read_bytes(a, buf_str(&b), "wide.csv", &(table_options){0}, &t, &e) ||
        !measure_plan_parse(a, d, &p, &e) ||
        !measure_run(&p, &(measure_input){.threads = 1, .model = &m, .data = &t}, &r, a, &e))
        fail_msg("%s (%s)", e.msg.p, e.path.p);
    return waterfall_of(a, &r);
}

/* 21 features have a step each; of 30 the last step is what 10 do together: the value is 3, 1 above
 * the mean, so 1/21 + ... + 1/30. */
static void waterfall_of_many(void **state)
{
    double rest = 0;
    for (int i = 21; i <= 30; i++)
        rest += 1.0 / i;
    assert_int_equal(wide_waterfall(*state, 21)->n, 21);
    const doc *rows = wide_waterfall(*state, 30);
    assert_int_equal(rows->n, 21);
    const doc *last = rows->at[20].at;
    assert_int_equal(last[3].kind, DOC_NULL);
    assert_true(last[4].d == 10);
    assert_true(fabs(last[5].d - rest) < 1e-12);
}

static bool keep(void *ctx, str csv, err *e)
{
    (void)e;
    buf_put(ctx, csv);
    return true;
}

static bool disk_full(void *ctx, str csv, err *e)
{
    (void)ctx;
    (void)csv;
    return err_set(e, ERR_UNAVAILABLE, S("values"), S("make room"), "the disk is full");
}

static void values_per_row(void **state)
{
    measure_result r;
    buf b = buf_open(*state, 1 << 20);
    measure_input in = {.threads = 1, .values = keep, .values_ctx = &b};
    run(*state, two_stumps, "{" KIND ",\"where\":\"a == 1\"}", in, &r);
    assert_true(str_starts(buf_str(&b), S("row,a,b,\"c, d\",bias,margin\n1,3,0.5,0,0,3.5\n")));
    b.n = 0;
    run(*state, two_classes, "{" KIND "}", in, &r);
    assert_true(str_starts(buf_str(&b), S("row,class,a,b,\"c, d\",bias,margin\n"
                                          "1,0,3,0,0,0.5,3.5\n1,1,0,0.5,0,0.5,1\n")));
    in.values = disk_full;
    expect_refusal(*state, "{" KIND "}", in, "values", "the disk is full");
    expect_refusal(*state, "{\"kind\":\"performance_eval\",\"label\":\"y\"}", in, "values",
                   "no values per row");
}

/* Against the data themselves the background mean is 0.25 * 3 - 0.75 and so on: the same bias. */
static void interventional_values(void **state)
{
    measure_result r;
    run(*state, two_stumps, "{" KIND ",\"options\":{\"method\":\"tree_interventional\"}}",
        (measure_input){.threads = 1}, &r);
    assert_true(fabs(find(&r, "mean_absolute_shap", A)->value - 1.5) < 1e-9);
    assert_true(str_starts(r.method, S("exact Shapley values of the trees (interventional)")));
}

/* Where every background row has a = 1 and b = 0, a row of a = 0 has lost 4 and one of b = 1 has
 * lost 1: means 3 and 0.5. */
static void background_from_reference(void **state)
{
    measure_result r;
    table other;
    err e = ERR_IN(*state);
    assert_true(table_read_bytes(*state, S("\"c, d\",b,a\n5,0,1\n6,0,1\n"), "other.csv",
                                 &(table_options){0}, &other, &e));
    run(*state, two_stumps, "{" KIND ",\"options\":{\"method\":\"tree_interventional\"}}",
        (measure_input){.threads = 1, .reference = &other}, &r);
    assert_true(fabs(find(&r, "mean_absolute_shap", A)->value - 3) < 1e-12);
    assert_true(fabs(find(&r, "mean_absolute_shap", B)->value - 0.5) < 1e-12);
    assert_non_null(strstr(r.notes[0].p, "from 2 rows of the reference data"));
}

/* Without names in the model the columns have them, and the label is none of its features. */
static void features_by_position(void **state)
{
    measure_result r;
    char model[sizeof two_stumps];
    static const char names[] = "\"feature_names\":[\"a\",\"b\",\"c, d\"],";
    const char *at = strstr(two_stumps, names);
    size_t head = (size_t)(at - two_stumps);
    memcpy(model, two_stumps, head);
    memcpy(model + head, at + strlen(names), sizeof two_stumps - head - strlen(names));
    run(*state, model, "{" KIND ",\"label\":\"y\"}", (measure_input){.threads = 1}, &r);
    assert_true(fabs(find(&r, "mean_absolute_shap", A)->value - 1.5) < 1e-12);
    assert_true(fabs(find(&r, "mean_absolute_shap", B)->value - 0.5) < 1e-12);
    assert_true(find(&r, "mean_absolute_shap", C)->value == 0);
}

static const doc *figure_of(arena *a, const measure_result *r, const char *id)
{
    doc *d;
    err e = ERR_IN(a);
    assert_true(doc_parse(a, r->figures, 1 << 20, &d, &e));
    for (size_t i = 0; i < d->n; i++)
        if (str_eqz(doc_str(&d->at[i], "id"), id)) return &d->at[i];
    fail_msg("no figure %s", id);
    abort(); /* not reached */
}

/* Three ways to the same game: trees looked into, and a black box on the scale of their margins. */
static void black_box_as_trees(void **state)
{
    static const char *const methods[] = {"kernel", "exact", "sampling"};
    measure_result trees, box;
    run(*state, two_stumps,
        "{" KIND ",\"options\":{\"method\":\"tree_interventional\",\"background\":40}}",
        (measure_input){.threads = 1}, &trees);
    for (size_t i = 0; i < COUNT(methods); i++) {
        str json = str_fmt(*state,
                           "{" KIND ",\"options\":{\"method\":\"%s\",\"scale\":\"log_odds\","
                           "\"rows\":40,\"background\":40,\"reasons\":[\"2\"]}}",
                           methods[i]);
        run(*state, two_stumps, json.p, (measure_input){.threads = 2}, &box);
        assert_true(fabs(find(&box, "mean_absolute_shap", A)->value -
                         find(&trees, "mean_absolute_shap", A)->value) < 1e-6);
        assert_true(fabs(find(&box, "mean_absolute_shap", C)->value) < 1e-6);
        assert_true(find(&box, "additivity_error", NULL)->value < 1e-12);
        assert_true(find(&box, "model_evaluations", NULL)->value > 40);
        assert_non_null(strstr(box.tables.p, i == 1 ? "\"shap\"],\"rows\":[[2,"
                                                    : "\"shap\",\"low\",\"high\"],\"rows\":[[2,"));
        if (i != 1) assert_true(find(&box, "explanation_error", NULL)->value < 1e-6);
    }
}

/* A sum of single features: what goes takes along what its value says, and no pair interacts. By
 * hand for the rows (a, b) = (1, 0), (0, 1) and (0, 0), of which there are 10, 20 and 10: lost by
 * steps 3, 3.5, 3.5 of 3.5; 1, 1.5, 1.5 of 1.5; 1, 1, 0.5 of 0.5; the last counts half. */
/* A linear model's closed form against all coalitions, on the scale of its margins. */
static void linear_as_enumerated(void **state)
{
    static const double w[3] = {2, -1.5, 0.25}, bias = -0.5;
    static const bool no[3];
    static const char *const slices[3] = {A, B, C};
    linear_model l = {3, 1, w, &bias, LINEAR_LOGISTIC};
    struct model m = {.linear = &l, .predict = linear_predict};
    m.info = (model_info){.task = MODEL_BINARY, .n_features = 3, .n_outputs = 1, .categorical = no};
    measure_result r[3];
    static const char *const plans[3] = {
        "{" KIND ",\"label\":\"y\",\"options\":{\"background\":40}}",
        "{" KIND ",\"label\":\"y\",\"options\":{\"background\":40,\"method\":\"linear\","
        "\"scale\":\"log_odds\"}}",
        "{" KIND ",\"label\":\"y\",\"options\":{\"background\":40,\"method\":\"exact\","
        "\"scale\":\"log_odds\",\"rows\":40}}"};
    for (int k = 0; k < 3; k++) {
        err e = ERR_IN(*state);
        measure_plan p;
        table t;
        doc *d;
        measure_input in = {.threads = 2, .model = &m, .data = &t};
        assert_true(
            table_read_bytes(*state, rows_of(*state), "rows.csv", &(table_options){0}, &t, &e));
        assert_true(doc_parse(*state, str_of(plans[k]), 1 << 20, &d, &e));
        if (!measure_plan_parse(*state, d, &p, &e) || !measure_run(&p, &in, &r[k], *state, &e))
            fail_msg("%s: %s (%s)", plans[k], e.msg.p, e.path.p);
        assert_true(str_eqz(r[k].method, "exact Shapley values of the linear model's margins") ==
                    (k < 2));
        assert_true(find(&r[k], "additivity_error", NULL)->value < 1e-12);
        for (int i = 0; i < 3; i++)
            assert_true(fabs(find(&r[k], "mean_absolute_shap", slices[i])->value -
                             find(&r[0], "mean_absolute_shap", slices[i])->value) < 1e-9);
    }
    /* a is 1 in a quarter of the rows: 2 x mean |a - 0.25| = 2 x 2 x 0.25 x 0.75 */
    assert_true(fabs(find(&r[0], "mean_absolute_shap", A)->value - 0.75) < 1e-12);
}

static void fidelity_of_known_model(void **state)
{
    measure_result r;
    run(*state, two_stumps,
        "{" KIND ",\"options\":{\"method\":\"tree_interventional\",\"interactions\":3}}",
        (measure_input){.threads = 2}, &r);
    double want = (10 * 8.25 / 3 + 20 * 3.25 / 3 + 10 * 2.25 / 3) / 70;
    assert_true(fabs(find(&r, "faithfulness_deletion", NULL)->value - want) < 1e-6);
    assert_true(fabs(find(&r, "faithfulness_insertion", NULL)->value - want) < 1e-6);
    assert_true(find(&r, "infidelity", NULL)->value < 1e-12);
    assert_true(find(&r, "infidelity_share", NULL)->hi < 1e-12);
    expect(&r, "mean_absolute_interaction", "{\"feature\":\"a:b\"}", 0, 0, 0);
    run(*state, two_stumps,
        "{" KIND ",\"limits\":[\"mean_absolute_interaction[feature=\\\"b:c, d\\\"]<=0.1\"],"
        "\"options\":{\"interactions\":1}}",
        (measure_input){.threads = 2}, &r);
    assert_int_equal(find(&r, "mean_absolute_interaction", "{\"feature\":\"b:c, d\"}")->verdict,
                     VERDICT_PASS);
}

static void curves_of_known_model(void **state)
{
    measure_result r;
    run(*state, two_stumps, "{" KIND "}", (measure_input){.threads = 2}, &r);
    const doc *series = doc_get(figure_of(*state, &r, "partial_dependence:a"), "series");
    const doc *mean = doc_get(&series->at[0], "points"), *low = doc_get(&series->at[1], "points");
    assert_true(mean->n == 2 && mean->at[0].at[0].d == 0 && mean->at[1].at[0].d == 1);
    assert_true(fabs(mean->at[0].at[1].d + 1) < 1e-6 && fabs(mean->at[1].at[1].d - 3) < 1e-6);
    /* b is 1 in half of the rows: 0.5 or -0.5, sum of squares 10, n-1 = 39 */
    double half = 1.959963984540054 * sqrt(10.0 / 39 / 40);
    assert_true(fabs(low->at[0].at[1].d - (-1 - half)) < 1e-6);
    const doc *effect =
        doc_get(&doc_get(figure_of(*state, &r, "accumulated_local_effects:c, d"), "series")->at[0],
                "points");
    assert_true(effect->n == 7 && fabs(effect->at[6].at[1].d) < 1e-9);
}

/* Only a turns the answer, whatever b is; where a may not change nothing does. */
static void counterfactuals_of_known_model(void **state)
{
    measure_result r;
    run(*state, two_stumps,
        "{" KIND ",\"label\":\"y\",\"options\":{\"counterfactuals\":[\"1\",\"2\"],"
        "\"threat\":{\"integer\":[\"a\",\"b\"]}}}",
        (measure_input){.threads = 2}, &r);
    expect(&r, "counterfactual_changes", NULL, 1, 1, 1);
    assert_non_null(strstr(r.tables.p,
                           "[1,1,1,1,1,\"0\",\"With a 0 instead of 1, the answer would "
                           "have been '0' instead of '1'.\"],[2,1,1,1,1,\"1\",\"With a 1 "
                           "instead of 0, the answer would have been '1' instead of "
                           "'0'.\"]]"));
    run(*state, two_stumps,
        "{" KIND ",\"options\":{\"counterfactuals\":[\"1\"],\"threat\":{\"immutable\":[\"a\"]}}}",
        (measure_input){.threads = 1}, &r);
    assert_true(find(&r, "counterfactual_share", NULL)->value == 0);
}

/* A scaled 0 is a 0 again, whatever the float lost. */
static void counterfactuals_are_unscaled(void **state)
{
    measure_result r;
    run(*state, two_stumps,
        "{" KIND ",\"encode\":{\"a\":{\"scale\":{\"subtract\":0.1,\"divide\":1.7}}},"
        "\"options\":{\"counterfactuals\":[\"1\",\"2\"]}}",
        (measure_input){.threads = 1}, &r);
    assert_non_null(strstr(r.tables.p, "instead of 1, the answer"));
    assert_non_null(strstr(r.tables.p, "instead of 0, the answer"));
}

static double loss(int a, int b, int y)
{
    double p = 1 / (1 + exp(-((a ? 3 : -1) + (b ? -0.5 : 0.5))));
    return y ? -log(p) : -log(1 - p);
}

/* The mean over all permutations, from all pairs of rows. */
static void permutation_of_known_model(void **state)
{
    measure_result r;
    double want = 0;
    run(*state, two_stumps,
        "{" KIND ",\"label\":\"y\",\"options\":{\"method\":\"permutation\",\"repeats\":100}}",
        (measure_input){.threads = 2}, &r);
    for (int i = 0; i < 40; i++)
        for (int k = 0; k < 40; k++) {
            int y = i % 4 == 0 || i == 9;
            want += (loss(k % 4 == 0, i % 2, y) - loss(i % 4 == 0, i % 2, y)) / 1600;
        }
    const metric *m = find(&r, "permutation_importance", A);
    if (!(fabs(m->value - want) < 0.03 && m->lo < want && want < m->hi && m->lo > 0))
        fail_msg("%.6g in %.6g..%.6g, over all permutations %.6g", m->value, m->lo, m->hi, want);
    expect(&r, "permutation_importance", C, 0, 0, 0);
    assert_int_equal(r.n_metrics, 3);
    assert_non_null(strstr(r.tables.p, "[[\"a\",null,null,null,"));
}

static void same_on_any_threads(void **state)
{
    static const char *const plans[] = {
        "{" KIND ",\"label\":\"y\",\"options\":{\"rows\":30}}",
        "{" KIND ",\"options\":{\"rows\":30,\"method\":\"kernel\",\"coalitions\":9,"
        "\"counterfactuals\":[\"1\",\"2\",\"3\"]}}",
        "{" KIND ",\"options\":{\"rows\":30,\"method\":\"sampling\"}}"};
    for (size_t k = 0; k < COUNT(plans); k++) {
        measure_result one, four;
        run(*state, two_stumps, plans[k], (measure_input){.threads = 1}, &one);
        run(*state, two_stumps, plans[k], (measure_input){.threads = 4}, &four);
        assert_int_equal(one.n_metrics, four.n_metrics);
        for (size_t i = 0; i < one.n_metrics; i++) {
            assert_memory_equal(&one.metrics[i].value, &four.metrics[i].value, sizeof(double));
            assert_memory_equal(&one.metrics[i].lo, &four.metrics[i].lo, sizeof(double));
        }
        assert_string_equal(one.tables.p, four.tables.p);
        assert_string_equal(one.figures.p, four.figures.p);
    }
}

static bool stop(void *ctx, double done)
{
    (void)ctx;
    (void)done;
    return false;
}

static void refusals(void **state)
{
    measure_input in = {.threads = 1};
    expect_refusal(*state, "{" KIND ",\"options\":{\"method\":\"lime\"}}", in, "options.method",
                   "'lime' is no method");
    expect_refusal(*state, "{" KIND ",\"options\":{\"adverse\":\"up\"}}", in, "options.adverse",
                   "'up' is no adverse");
    expect_refusal(*state, "{" KIND ",\"options\":{\"method\":\"permutation\"}}", in, "label",
                   "needs a label");
    expect_refusal(*state, "{" KIND ",\"options\":{\"reasons\":[\"41\"]}}", in, "options.reasons.0",
                   "'41' is no row");
    expect_refusal(*state, "{" KIND ",\"options\":{\"reasons\":[\"1\",\"0\"]}}", in,
                   "options.reasons.1", "'0' is no row");
    expect_refusal(*state,
                   "{" KIND ",\"label\":\"y\",\"options\":{\"method\":\"permutation\","
                   "\"reasons\":[\"1\"]}}",
                   in, "options.reasons", "no reasons");
    expect_refusal(*state, "{" KIND ",\"groups\":[\"a\"]}", in, "groups", "no groups");
    expect_refusal(*state, "{" KIND ",\"limits\":[\"mean_absolute_shap[feature=z]<=1\"]}", in,
                   "limits.0", "no figure");
    expect_refusal(*state, "{" KIND ",\"options\":{\"scale\":\"logit\"}}", in, "options.scale",
                   "'logit' is no scale");
    expect_refusal(*state, "{" KIND ",\"options\":{\"method\":\"kernel\",\"coalitions\":3}}", in,
                   "options.coalitions", "too few");
    expect_refusal(*state, "{" KIND ",\"options\":{\"counterfactuals\":[\"0\"]}}", in,
                   "options.counterfactuals.0", "'0' is no row");
    in.progress = stop;
    expect_refusal(*state, "{" KIND "}", in, "", "cancelled");
}

/* ---- do the intervals hold what they promise? ---- */

enum { WORLDS = 2000, FEW = 200, MANY = 100000 };

/* A population in which every feature of two_stumps varies; labels follow the model's chances. */
static table draw_world(arena *a, size_t rows, uint64_t number)
{
    static const char *const names[] = {"a", "b", "c, d", "y"};
    table t = {.rows = rows, .n_columns = 4, .columns = arena_new(a, column, 4)};
    rng r = rng_open(11, 0, number);
    for (size_t k = 0; k < 4; k++)
        t.columns[k] = (column){.name = str_of(names[k]), .num = arena_new(a, double, rows)};
    for (size_t i = 0; i < rows; i++) {
        bool one = rng_uniform(&r) < 0.3, two = rng_uniform(&r) < (one ? 0.7 : 0.4);
        t.columns[0].num[i] = one;
        t.columns[1].num[i] = two;
        t.columns[2].num[i] = rng_normal(&r);
        double p = 1 / (1 + exp(-((one ? 3 : -1) + (two ? -0.5 : 0.5))));
        t.columns[3].num[i] = rng_uniform(&r) < p;
    }
    return t;
}

static void measure_world(arena *a, const struct model *m, size_t rows, uint64_t number,
                          measure_result *r)
{
    doc *d;
    measure_plan p;
    err e = ERR_IN(a);
    table t = draw_world(a, rows, number);
    str json = str_fmt(a,
                       "{" KIND ",\"label\":\"y\",\"seed\":%d,\"options\":{\"rows\":1000000,"
                       "\"pairs\":0,\"curves\":0,\"fidelity\":0,\"interactions\":0}}",
                       (int)number);
    if (!doc_parse(a, json, 1 << 20, &d, &e) || !measure_plan_parse(a, d, &p, &e) ||
        !measure_run(&p, &(measure_input){.data = &t, .model = m, .threads = 1}, r, a, &e))
        fail_msg("%s (%s)", e.msg.p, e.path.p);
}

static void intervals_cover(void **state)
{
    static const struct {
        const char *id, *slice;
    } figures[] = {
        {"mean_absolute_shap",     A   },
        {"top_feature_share",      NULL},
        {"permutation_importance", A   },
        {"permutation_importance", B   },
    };
    struct model *m;
    err e = ERR_IN(*state);
    measure_result truth, r;
    int covered[COUNT(figures)] = {0};
    assert_true(model_load_bytes(*state, str_of(two_stumps), &m, &e));
    measure_world(*state, m, MANY, 1000000, &truth);
    for (uint64_t i = 0; i < WORLDS; i++) {
        arena *a = arena_open();
        measure_world(a, m, FEW, i, &r);
        for (size_t k = 0; k < COUNT(figures); k++) {
            const metric *x = find(&r, figures[k].id, figures[k].slice);
            double want = find(&truth, figures[k].id, figures[k].slice)->value;
            covered[k] += x->lo <= want && want <= x->hi;
        }
        arena_close(a);
    }
    /* Of an importance near 0 the intervals hold a little more than they must. */
    for (size_t k = 0; k < COUNT(figures); k++) {
        print_message("%s %s: %.1f %% covered\n", figures[k].id,
                      figures[k].slice ? figures[k].slice : "", 100.0 * covered[k] / WORLDS);
        assert_in_range(covered[k], (int)(0.935 * WORLDS), (int)(0.975 * WORLDS));
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(known_importance),
        TEST(reasons_for_rows),
        TEST(waterfalls),
        TEST(waterfall_of_many),
        TEST(values_per_row),
        TEST(interventional_values),
        TEST(background_from_reference),
        TEST(features_by_position),
        TEST(black_box_as_trees),
        TEST(linear_as_enumerated),
        TEST(fidelity_of_known_model),
        TEST(curves_of_known_model),
        TEST(counterfactuals_of_known_model),
        TEST(counterfactuals_are_unscaled),
        TEST(permutation_of_known_model),
        TEST(same_on_any_threads),
        TEST(refusals),
        TEST(intervals_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
