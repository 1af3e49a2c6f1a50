/* test_reproduce.c - a repetition gives the recorded bytes, and sees every byte that was changed.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/measure.h"
#include "measure/reproduce.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* One kind of run on data made here; every kind that needs no model is repeated. */
typedef struct scene {
    arena *a;
    err e;
    table data, reference;
    str recorded;
} scene;

static str csv(arena *a, int rows, int shift)
{
    buf b = buf_open(a, 1 << 20);
    buf_putz(&b, "truth,score,grp\n");
    for (int i = 0; i < rows; i++) {
        int s = (i * 37 + shift) % 101;
        buf_fmt(&b, "%d,%.2f,%s\n", (s * 7 + i * 13) % 101 < s, s / 101.0, i % 3 ? "a" : "b");
    }
    return buf_str(&b);
}

static int open_scene(void **state)
{
    scene *x = calloc(1, sizeof *x);
    x->a = arena_open();
    x->e = ERR_IN(x->a);
    table_options o = {.threads = 1};
    assert_true(table_read_bytes(x->a, csv(x->a, 400, 0), "d.csv", &o, &x->data, &x->e));
    assert_true(table_read_bytes(x->a, csv(x->a, 300, 9), "r.csv", &o, &x->reference, &x->e));
    *state = x;
    return 0;
}

static int close_scene(void **state)
{
    scene *x = *state;
    arena_close(x->a);
    free(x);
    return 0;
}

static measure_plan plan_of(scene *x, const char *json)
{
    doc *d;
    measure_plan p = {0};
    bool ok =
        doc_parse(x->a, str_of(json), 1 << 20, &d, &x->e) && measure_plan_parse(x->a, d, &p, &x->e);
    if (!ok) fail_msg("%s: %s", json, x->e.msg.p);
    return p;
}

/* The result of a run as `aims assess --output` writes it. */
static str record(scene *x, const char *json, bool reference, int threads)
{
    measure_plan p = plan_of(x, json);
    measure_input in = {
        .data = &x->data, .reference = reference ? &x->reference : NULL, .threads = threads};
    measure_result r;
    if (!measure_run(&p, &in, &r, x->a, &x->e)) fail_msg("%s: %s", json, x->e.msg.p);
    str sha = digest_hex(x->a, x->data.sha256), ref = digest_hex(x->a, x->reference.sha256);
    str other = reference ? str_fmt(x->a, ",\"reference\":{\"sha256\":\"%s\"}", ref.p) : S("");
    measure_context c = {
        .subject =
            str_fmt(x->a, "{\"dataset\":{\"name\":\"d\",\"sha256\":\"%s\"}%s}", sha.p, other.p),
        .started_ms = 1700000000000,
        .seconds = 1,
        .tool_version = S("0.0.9")};
    buf b = buf_open(x->a, 1 << 24);
    jw w = jw_open(&b);
    measure_result_json(&p, &r, &c, &w);
    return buf_str(&b);
}

static bool repeat(scene *x, str recorded, const char *json, bool reference, int threads,
                   measure_result *ret)
{
    doc *d;
    if (!doc_parse(x->a, recorded, 1 << 24, &d, &x->e)) fail_msg("%s", x->e.msg.p);
    measure_plan p = plan_of(x, json);
    measure_input in = {.data = &x->data,
                        .reference = reference ? &x->reference : NULL,
                        .recorded = d,
                        .threads = threads};
    return measure_run(&p, &in, ret, x->a, &x->e);
}

#define AGAIN                                                                                      \
    "{\"kind\":\"reproducible_run\",\"limits\":[\"reproduced>=1\",\"identical_figures>=1\","       \
    "\"largest_relative_difference<=0\"]}"
#define FAIR                                                                                       \
    "{\"kind\":\"bias_fairness_test\",\"label\":\"truth\",\"positive\":\"1\",\"score\":\"score\"," \
    "\"threshold\":0.5,\"groups\":[\"grp\"],\"resamples\":200,\"where\":\"score > 0.1\","          \
    "\"limits\":[\"selection_rate[*]>=0.2\"]}"

static double figure(const measure_result *r, const char *id)
{
    for (size_t i = 0; i < r->n_metrics; i++)
        if (str_eqz(r->metrics[i].id, id)) return r->metrics[i].value;
    fail_msg("no %s", id);
    return 0;
}

static void expect_same(scene *x, str recorded, bool reference, int threads)
{
    measure_result r;
    if (!repeat(x, recorded, AGAIN, reference, threads, &r)) fail_msg("%s", x->e.msg.p);
    assert_int_equal(r.verdict, VERDICT_PASS);
    assert_true(figure(&r, "reproduced") == 1 && figure(&r, "identical_figures") == 1);
    assert_true(figure(&r, "largest_relative_difference") == 0);
}

static void test_every_kind_comes_again(void **state)
{
    static const struct {
        const char *plan;
        bool reference;
    } runs[] = {
        {FAIR,                                                         false},
        {"{\"kind\":\"performance_eval\",\"label\":\"truth\",\"positive\":\"1\",\"score\":"
         "\"score\",\"groups\":[\"grp\"],\"resamples\":200}", false},
        {"{\"kind\":\"calibration_uncertainty\",\"label\":\"truth\",\"positive\":\"1\","
         "\"score\":\"score\",\"resamples\":200,\"seed\":9}", false},
        {"{\"kind\":\"drift_monitor\",\"seed\":3}",                    true },
    };
    scene *x = *state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        str one = record(x, runs[i].plan, runs[i].reference, 1);
        expect_same(x, one, runs[i].reference, 3);
        expect_same(x, record(x, runs[i].plan, runs[i].reference, 2), runs[i].reference, 1);
    }
}

/* What gcc's build for x86-64 recorded, whatever this is built with and for. When a kind gives
 * other figures for a good reason, say so in the changelog and record anew on the same rows: aims
 * assess bias_fairness_test --data t.csv --label truth --score score --threshold 0.5
 *       --group grp --resamples 100 --min-group 1 --output fuzz/corpus/repeat/bias.json
 *   aims assess performance_eval --data t.csv --label truth --score score --resamples 100
 *       --limit 'auc>=0.5' --output fuzz/corpus/repeat/performance.json */
static void test_recorded_by_another_build(void **state)
{
    static const char *const files[] = {"bias", "performance"};
    scene *x = *state;
    table_options o = {.threads = 1};
    str rows = S("truth,score,grp\n1,0.9,a\n0,0.2,a\n1,0.4,b\n0,0.6,b\n1,0.7,a\n0,0.1,b\n");
    assert_true(table_read_bytes(x->a, rows, "t.csv", &o, &x->data, &x->e));
    for (size_t i = 0; i < COUNT(files); i++) {
        str path = str_fmt(x->a, "%s/fuzz/corpus/repeat/%s.json", AIMS_SOURCE, files[i]), recorded;
        assert_true(file_read(x->a, path.p, 1 << 20, &recorded, &x->e));
        expect_same(x, recorded, false, 2);
    }
}

static str replaced(scene *x, str s, const char *from, const char *to)
{
    const char *at = strstr(s.p, from);
    if (!at) fail_msg("no %s in %s", from, s.p);
    return str_fmt(x->a, "%.*s%s%s", (int)(at - s.p), s.p, to, at + strlen(from));
}

static void test_a_changed_record_is_seen(void **state)
{
    scene *x = *state;
    str good = record(x, FAIR, false, 1);
    const struct {
        const char *from, *to;
        bool figures; /* a figure differs, and not only another part */
    } tries[] = {
        {"\"seed\":1",                "\"seed\":2",                  true },
        {"\"resamples\":200",         "\"resamples\":300",           true },
        {"\"verdict\":\"pass\"",      "\"verdict\":\"fail\"",        true },
        {"\"id\":\"selection_rate\"", "\"id\":\"selection_rat\"",    true },
        {"\"notes\":[",               "\"notes\":[\"all is well\",", false},
        {"\"references\":[",          "\"references\":[\"x\",",      false},
        {"\"tables\":[",              "\"tables\":[{},",             false},
    };
    for (size_t i = 0; i < COUNT(tries); i++) {
        measure_result r;
        str forged = replaced(x, good, tries[i].from, tries[i].to);
        if (!repeat(x, forged, AGAIN, false, 1, &r)) fail_msg("%s", x->e.msg.p);
        assert_int_equal(r.verdict, VERDICT_FAIL);
        assert_true(figure(&r, "reproduced") == 0);
        assert_true((figure(&r, "identical_figures") < 1) == tries[i].figures);
    }
}

/* 0.5 for 0.25 is half the larger one; what one side lacks is the most. */
static void test_differences_are_measured(void **state)
{
    scene *x = *state;
    doc *was, *is;
    assert_true(doc_parse(x->a,
                          S("{\"metrics\":[{\"id\":\"a\",\"value\":0.5,\"interval\":[0,1]},"
                            "{\"id\":\"b\",\"value\":1},{\"id\":\"b\",\"value\":1},7]}"),
                          1000, &was, &x->e));
    assert_true(doc_parse(x->a,
                          S("{\"metrics\":[{\"value\":1.0,\"id\":\"b\"},{\"id\":\"a\",\"value\":"
                            "0.25,\"interval\":[0,1]}],\"verdict\":\"pass\"}"),
                          1000, &is, &x->e));
    comparison c = reproduce_compare(was, is, x->a);
    assert_int_equal(c.figures, 4);
    assert_int_equal(c.identical, 1);
    assert_int_equal(c.n_differences, 3);
    assert_true(c.differences[1].relative == 0.5 && c.largest == REPRODUCE_MOST);
    assert_string_equal(c.differences[1].members.p, "value");
    assert_string_equal(c.differences[2].members.p, "only recorded");
    assert_false(c.same[1] || c.same[2]);
    assert_true(c.same[0] && c.same[5]);
}

static void refused(scene *x, str recorded, const char *plan, bool reference, const char *path)
{
    measure_result r;
    assert_false(repeat(x, recorded, plan, reference, 1, &r));
    assert_int_equal(x->e.code, ERR_INVALID);
    assert_string_equal(x->e.path.p, path);
    x->e = ERR_IN(x->a);
}

static void test_refusals(void **state)
{
    scene *x = *state;
    str good = record(x, FAIR, false, 1);
    refused(x, good, AGAIN, true, "reference");
    refused(x, record(x, "{\"kind\":\"drift_monitor\"}", true, 1), AGAIN, false, "reference");
    refused(x, S("{}"), AGAIN, false, "recorded.kind");
    refused(x, S("[1]"), AGAIN, false, "recorded.kind");
    refused(x, S("{\"kind\":\"reproducible_run\"}"), AGAIN, false, "recorded.kind");
    refused(x, S("{\"kind\":\"drift_monitor\"}"), AGAIN, false, "recorded.method.parameters");
    refused(x, replaced(x, good, "\"seed\":1", "\"seed\":-1"), AGAIN, false,
            "recorded.method.parameters.seed");
    refused(x, good, "{\"kind\":\"reproducible_run\",\"label\":\"truth\"}", false, "label");
    str sha = digest_hex(x->a, x->data.sha256);
    str other = str_fmt(x->a, "%c%s", sha.p[0] == '0' ? '1' : '0', sha.p + 1);
    refused(x, replaced(x, good, sha.p, other.p), AGAIN, false, "data");
    str model = S("\"model\":{\"sha256\":\"00\"},\"dataset\":");
    refused(x, replaced(x, good, "\"dataset\":", model.p), AGAIN, false, "model");
    measure_plan p = plan_of(x, AGAIN);
    measure_input in = {.data = &x->data, .threads = 1};
    measure_result r;
    assert_false(measure_run(&p, &in, &r, x->a, &x->e));
    assert_string_equal(x->e.path.p, "recorded");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        T(test_every_kind_comes_again),
        T(test_recorded_by_another_build),
        T(test_a_changed_record_is_seen),
        T(test_differences_are_measured),
        T(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
