/* test_measure.c - plans, limits, verdicts, groups, refusals and the shape of a result. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "measure/rng.h"

/* The 18 rows of Fairlearn's user guide (docs/user_guide/assessment/
 * perform_fairness_assessment.rst, doctest), with a second attribute of ours. */
static const char toy[] = "y,p,g,h\n"
                          "0,0,b,u\n1,0,b,u\n1,1,a,u\n1,0,b,u\n1,1,b,u\n0,1,c,u\n1,1,c,u\n0,0,c,u\n"
                          "1,0,a,u\n0,1,a,v\n0,1,c,v\n0,1,a,v\n1,1,b,v\n1,0,c,v\n1,0,c,v\n1,1,b,v\n"
                          "1,1,c,v\n1,0,c,v\n";

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

static bool parse(arena *a, const char *json, measure_plan *p, err *e)
{
    doc *d;
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, e));
    return measure_plan_parse(a, d, p, e);
}

static bool run_with(arena *a, const char *csv, const char *json, measure_input in,
                     measure_result *r, err *e)
{
    measure_plan p;
    table t;
    in.data = &t;
    return parse(a, json, &p, e) &&
           table_read_bytes(a, str_of(csv), "toy.csv", &(table_options){0}, &t, e) &&
           measure_run(&p, &in, r, a, e);
}

static bool run(arena *a, const char *csv, const char *json, measure_result *r, err *e)
{
    return run_with(a, csv, json, (measure_input){.threads = 2}, r, e);
}

static void expect_refusal(arena *a, const char *csv, const char *json, const char *path,
                           const char *says)
{
    measure_result r;
    err e = ERR_IN(a);
    assert_false(run(a, csv, json, &r, &e));
    if (!str_eqz(e.path, path) || !strstr(e.msg.p, says) || e.hint.n == 0)
        fail_msg("%s: refused at '%.*s': %.*s (%.*s)", json, STR_ARG(e.path), STR_ARG(e.msg),
                 STR_ARG(e.hint));
}

#define BIAS                                                                                       \
    "\"kind\":\"bias_fairness_test\",\"label\":\"y\",\"prediction\":\"p\",\"groups\":[\"g\"]"

static void test_toy(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    assert_true(run(a, toy, "{" BIAS ",\"min_group\":1}", &r, &e));
    near(find(&r, "true_positive_rate", NULL)->value, 0.5, 1e-12);
    near(find(&r, "false_positive_rate", NULL)->value, 4.0 / 6, 1e-12);
    near(find(&r, "selection_rate", NULL)->value, 10.0 / 18, 1e-12);
    static const double want[3][3] = {
        {0.5, 1,       0.75},
        {0.6, 0,       0.5 },
        {0.4, 2.0 / 3, 0.5 }
    };
    for (int g = 0; g < 3; g++) {
        const char *slice = str_fmt(a, "{\"g\":\"%c\"}", 'a' + g).p;
        near(find(&r, "true_positive_rate", slice)->value, want[g][0], 1e-12);
        near(find(&r, "false_positive_rate", slice)->value, want[g][1], 1e-12);
        near(find(&r, "selection_rate", slice)->value, want[g][2], 1e-12);
    }
    near(find(&r, "equal_opportunity_difference", NULL)->value, 0.2, 1e-12);
    near(find(&r, "false_positive_rate_difference", NULL)->value, 1, 1e-12);
    near(find(&r, "demographic_parity_difference", NULL)->value, 0.25, 1e-12);
    near(find(&r, "equal_opportunity_ratio", NULL)->value, 2.0 / 3, 1e-12);
    near(find(&r, "false_positive_rate_ratio", NULL)->value, 0, 1e-12);
    near(find(&r, "demographic_parity_ratio", NULL)->value, 2.0 / 3, 1e-12);
    assert_int_equal(find(&r, "true_positive_rate", "{\"g\":\"a\"}")->n, 2);
    assert_int_equal(r.verdict, VERDICT_NONE);
}

static void test_small_groups(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    assert_true(
        run(a, toy, "{" BIAS ",\"min_group\":5,\"limits\":[\"selection_rate[*]>=0.1\"]}", &r, &e));
    const metric *small = find(&r, "selection_rate", "{\"g\":\"a\"}");
    near(small->value, 0.75, 1e-12);
    assert_true(small->lo < 0.75 && small->hi > 0.75);
    assert_int_equal(small->verdict, VERDICT_NONE);
    near(find(&r, "demographic_parity_difference", NULL)->value, 0, 1e-12); /* b and c only */
    const metric *big = find(&r, "selection_rate", "{\"g\":\"b\"}");
    near(big->confidence, 0.975, 1e-12); /* two slices looked at */
    assert_int_equal(big->verdict, VERDICT_PASS);
    assert_non_null(strstr(r.notes[0].p, "has 4 rows, under the minimum of 5"));
    assert_true(run(a, toy, "{" BIAS ",\"min_group\":7}", &r, &e));
    assert_true(isnan(find(&r, "demographic_parity_difference", NULL)->value));
}

/* Ranges are closed below; the ones that nobody is in are no groups. */
static void test_bins(void **state)
{
    static const char rows[] = "y,p,g,t\n1,1,24.9,u\n0,1,25,u\n0,0,39,u\n1,1,65,u\n1,0,,u\n";
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    assert_true(run(a, rows,
                    "{" BIAS ",\"min_group\":1,\"bins\":{\"g\":[25,40,65]},"
                    "\"limits\":[\"selection_rate[g=25 to under 40]>=0.9\"]}",
                    &r, &e));
    const metric *m = find(&r, "selection_rate", "{\"g\":\"25 to under 40\"}");
    assert_true(m->n == 2 && m->value == 0.5 && m->has_limit);
    assert_int_equal(find(&r, "selection_rate", "{\"g\":\"under 25\"}")->n, 1);
    assert_int_equal(find(&r, "selection_rate", "{\"g\":\"65 or more\"}")->n, 1);
    assert_int_equal(find(&r, "selection_rate", "{\"g\":\"(missing)\"}")->n, 1);
    assert_null(metric_named(&r, "selection_rate", "{\"g\":\"40 to under 65\"}"));
    expect_refusal(a, rows, "{" BIAS ",\"bins\":[25]}", "bins", "not an object");
    expect_refusal(a, rows, "{" BIAS ",\"bins\":{\"t\":[25]}}", "bins.t", "is no group");
    expect_refusal(a, rows, "{" BIAS ",\"bins\":{\"g\":[25,25]}}", "bins.g", "ascending");
    expect_refusal(a, rows, "{" BIAS ",\"bins\":{\"g\":[]}}", "bins.g", "ascending");
    expect_refusal(a, rows, "{" BIAS ",\"bins\":{\"g\":[\"25\"]}}", "bins.g", "ascending");
    expect_refusal(a, toy, "{" BIAS ",\"bins\":{\"g\":[25]}}", "bins.g", "holds texts");
}

static void test_two_attributes(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    const char *plan = "{\"kind\":\"bias_fairness_test\",\"label\":\"y\",\"prediction\":\"p\","
                       "\"groups\":[\"h\",\"g\"],\"min_group\":1,"
                       "\"limits\":[\"demographic_parity_difference[g=*]<=0.9\","
                       "\"selection_rate[g=a,h=v]>=0.5\"]}";
    assert_true(run(a, toy, plan, &r, &e));
    const metric *joint = find(&r, "demographic_parity_difference", NULL);
    near(joint->value, 1 - 0.25, 1e-12); /* v,a and v,b: 2/2; u,b: 1/4 */
    assert_null(joint->attribute.p);
    const metric *g = find(&r, "demographic_parity_difference", "{\"g\":\"*\"}");
    near(g->value, 0.25, 1e-12);
    assert_true(str_eqz(g->attribute, "g") && g->has_limit);
    assert_true(find(&r, "selection_rate", "{\"h\":\"v\",\"g\":\"a\"}")->has_limit);
    near(find(&r, "selection_rate", "{\"h\":\"u\"}")->value, 4.0 / 9, 1e-12);
}

static void test_limit_text(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    static const char *const good[][2] = {
        {"accuracy>=0.8",                   "accuracy>=0.8"                },
        {"  f1 < 1e-1 ",                    "f1<0.1"                       },
        {"x_1[ sex=Female , race=A b ]>-2", "x_1[sex=Female , race=A b]>-2"},
        {"auc[*]<=1",                       "auc[*]<=1"                    },
        {"auc[race=\"a,b]\"]<=1",           "auc[race=\"a,b]\"]<=1"        },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        limit l, again;
        assert_true(limit_parse(a, str_of(good[i][0]), &l, &e));
        assert_string_equal(limit_text(a, &l).p, good[i][1]);
        assert_true(limit_parse(a, limit_text(a, &l), &again, &e));
        assert_string_equal(limit_text(a, &again).p, good[i][1]);
    }
    static const char *const bad[] = {"",     ">=1",     "a=1",     "a[b=c>=1", "a[]>=1",
                                      "a>=",  "a>=x",    "a>=nan",  "A b>=1",   "a>=1 or 2",
                                      "a[b]", "a>=1\n1", "a\xff>=1"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        limit l;
        assert_false(limit_parse(a, str_of(bad[i]), &l, &e));
        assert_int_equal(e.code, ERR_INVALID);
        assert_true(e.hint.n > 0);
    }
}

static void test_plan_json(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_plan p;
    static const char text[] =
        "{\"kind\":\"bias_fairness_test\",\"task\":\"binary\",\"label\":\"y\",\"positive\":\"yes\","
        "\"score\":\"s\",\"threshold\":0.25,\"groups\":[\"race\",\"sex\"],\"where\":\"age > 18\","
        "\"limits\":[\"demographic_parity_ratio>=0.8\"],\"confidence\":0.9,\"resamples\":500,"
        "\"seed\":42,\"min_group\":10,\"features\":[\"a\",\"b\"]}";
    assert_true(parse(a, text, &p, &e));
    buf b = buf_open(a, 4096);
    jw w = jw_open(&b);
    measure_plan_json(&p, &w);
    assert_string_equal(buf_str(&b).p, text);
}

static void test_plan_refusals(void **state)
{
    arena *a = *state;
    static const struct {
        const char *json, *path, *hint;
    } bad[] = {
        {"{\"kind\":\"none\"}",                               "kind",       "performance_eval"         },
        {"{\"kind\":\"performance_eval\"}",                   "label",      "truth"                    },
        {"{\"kind\":\"bias_fairness_test\",\"label\":\"y\"}", "groups",     "protected"                },
        {"{" BIAS ",\"colour\":1}",                           "colour",     "min_group"                },
        {"{" BIAS ",\"task\":\"guess\"}",                     "task",       "multiclass"               },
        {"{" BIAS ",\"limits\":[\"acuracy>=1\"]}",            "limits.0",   "equalized_odds_difference"},
        {"{" BIAS ",\"limits\":[\"accuracy>=1\",3]}",         "limits.1",   "text"                     },
        {"{" BIAS ",\"limits\":[\"accuracy\"]}",              "limits.0",   "write it like"            },
        {"{" BIAS ",\"confidence\":1}",                       "confidence", "0.95"                     },
        {"{" BIAS ",\"resamples\":3}",                        "resamples",  "1000"                     },
        {"{" BIAS ",\"resamples\":1.5}",                      "resamples",  "whole"                    },
        {"{" BIAS ",\"seed\":-1}",                            "seed",       "whole"                    },
        {"{" BIAS ",\"min_group\":0}",                        "min_group",  "30"                       },
        {"{" BIAS ",\"label\":7}",                            "label",      "text"                     },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        measure_plan p;
        err e = ERR_IN(a);
        /* A duplicate member is refused by the reader; skip the one prefix that has it. */
        if (strstr(bad[i].json, "\"label\":7"))
            assert_false(parse(a, "{\"kind\":\"performance_eval\",\"label\":7}", &p, &e));
        else
            assert_false(parse(a, bad[i].json, &p, &e));
        if (!str_eqz(e.path, bad[i].path) || !strstr(e.hint.p, bad[i].hint))
            fail_msg("%s: '%.*s' %.*s (%.*s)", bad[i].json, STR_ARG(e.path), STR_ARG(e.msg),
                     STR_ARG(e.hint));
    }
}

#define PERF "\"kind\":\"performance_eval\",\"label\":\"y\""

static void test_data_refusals(void **state)
{
    arena *a = *state;
    expect_refusal(a, "y,p\n1,1\n,0\n", "{" PERF ",\"prediction\":\"p\"}", "label", "lacks");
    expect_refusal(a, "y,p\n1,1\n0,\n", "{" PERF ",\"prediction\":\"p\"}", "prediction", "lacks");
    expect_refusal(a, "y,p\n1,1\n0,2\n", "{" PERF ",\"prediction\":\"p\"}", "prediction", "'2'");
    expect_refusal(a, "y,p\na,a\nb,b\n", "{" PERF ",\"prediction\":\"p\"}", "positive", "which");
    expect_refusal(a, "y,p\n1,1\n0,0\n", "{" PERF ",\"prediction\":\"p\",\"positive\":\"x\"}",
                   "positive", "'x'");
    expect_refusal(a, "y,p\n1,1\n0,0\n", "{" PERF ",\"prediction\":\"q\"}", "prediction", "q");
    expect_refusal(a, "y,p\n1,1\n0,0\n", "{" PERF "}", "prediction", "no predictions");
    expect_refusal(a, "y,p\n1,x\n0,y\n", "{" PERF ",\"score\":\"p\"}", "score", "text");
    expect_refusal(a, "y,p\n1,7\n0,3\n", "{" PERF ",\"score\":\"p\"}", "threshold", "0.5");
    expect_refusal(a, "y,p\n1,1\n0,0\n", "{" PERF ",\"prediction\":\"p\",\"threshold\":1}",
                   "threshold", "nothing to turn");
    expect_refusal(a, "y,p\n1.5,1\n2,0\n3,1\n", "{" PERF ",\"score\":\"p\"}", "positive", "which");
    expect_refusal(a, "y,p\n1,1\n0,0\n", "{" PERF ",\"prediction\":\"p\",\"where\":\"y > 5\"}",
                   "where", "no rows");
    expect_refusal(a, "y,p\n1,1\n0,0\n", "{" PERF ",\"prediction\":\"p\",\"groups\":[\"y\"]}",
                   "groups.0", "label");
    expect_refusal(a, toy, "{" BIAS ",\"limits\":[\"accuracy[g=z]>=1\"]}", "limits.0", "no figure");
    expect_refusal(a, toy, "{" BIAS ",\"limits\":[\"accuracy[k=z]>=1\"]}", "limits.0", "groups");
    expect_refusal(a, toy, "{" BIAS ",\"limits\":[\"rmse>=1\"]}", "limits.0", "no figure");
    expect_refusal(a, toy, "{" BIAS ",\"limits\":[\"accuracy>=1\",\"accuracy<=1\"]}", "limits.1",
                   "already");
}

/* A group value that is missing is a group, not a hole. */
static void test_missing_group(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    assert_true(run(a, "y,p,g\n1,1,a\n0,1,\n1,1,\n0,0,a\n", "{" BIAS ",\"min_group\":1}", &r, &e));
    near(find(&r, "selection_rate", "{\"g\":\"(missing)\"}")->value, 1, 1e-12);
    near(find(&r, "demographic_parity_difference", NULL)->value, 0.5, 1e-12);
}

static str repeated(arena *a, const char *head, const char *rows, int times)
{
    buf b = buf_open(a, 1 << 22);
    buf_putz(&b, head);
    for (int i = 0; i < times; i++)
        buf_putz(&b, rows);
    return buf_str(&b);
}

/* 60 % of n rows are right: the limit passes, fails, or needs more rows. */
static void test_verdicts(void **state)
{
    arena *a = *state;
    static const struct {
        const char *limit;
        verdict want;
    } at[] = {
        {"accuracy>=0.5",  VERDICT_PASS        },
        {"accuracy>=0.7",  VERDICT_FAIL        },
        {"accuracy<=0.5",  VERDICT_FAIL        },
        {"accuracy<0.7",   VERDICT_PASS        },
        {"accuracy>0.58",  VERDICT_INCONCLUSIVE},
        {"accuracy<=0.61", VERDICT_INCONCLUSIVE}
    };
    const char *rows = "1,1\n0,0\n1,0\n0,1\n1,1\n";
    for (size_t i = 0; i < COUNT(at); i++) {
        err e = ERR_IN(a);
        measure_result r;
        const char *plan =
            str_fmt(a, "{" PERF ",\"prediction\":\"p\",\"limits\":[\"%s\"]}", at[i].limit).p;
        assert_true(run(a, repeated(a, "y,p\n", rows, 200).p, plan, &r, &e));
        const metric *m = find(&r, "accuracy", NULL);
        assert_int_equal(m->verdict, at[i].want);
        assert_int_equal(r.verdict, at[i].want);
        assert_true((m->n_needed > m->n) == (at[i].want == VERDICT_INCONCLUSIVE));
        if (m->n_needed == 0) continue;
        int times = (int)(m->n_needed / 5 * 11 / 10);
        assert_true(run(a, repeated(a, "y,p\n", rows, times).p, plan, &r, &e));
        assert_int_not_equal(r.verdict, VERDICT_INCONCLUSIVE);
    }
}

static bool stop(void *ctx, double done)
{
    *(double *)ctx = done;
    return false;
}

static void test_cancel(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    double done = -1;
    measure_input in = {.threads = 2, .progress = stop, .progress_ctx = &done};
    assert_false(run_with(a, toy, "{" BIAS "}", in, &r, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_true(done >= 0 && done <= 1);
}

static str result_text(arena *a, const char *csv, const char *json, int threads)
{
    err e = ERR_IN(a);
    measure_plan p;
    measure_result r;
    measure_context c = {.subject = S("{\"dataset\":{\"name\":\"toy\"}}"), .tool_version = S("0")};
    if (!parse(a, json, &p, &e) ||
        !run_with(a, csv, json, (measure_input){.threads = threads}, &r, &e))
        fail_msg("%.*s: %.*s", STR_ARG(e.path), STR_ARG(e.msg));
    buf b = buf_open(a, 1 << 22);
    jw w = jw_open(&b);
    measure_result_json(&p, &r, &c, &w);
    assert_false(b.full);
    return buf_str(&b);
}

static str random_rows(arena *a, int n)
{
    buf b = buf_open(a, 1 << 20);
    rng r = rng_open(1, 2, 3);
    buf_putz(&b, "y,s,t,g,h\n");
    for (int i = 0; i < n; i++) {
        double s = rng_uniform(&r);
        buf_fmt(&b, "%d,%.6f,%.6f,%c,%c\n", rng_uniform(&r) < s, s, s + 0.1 * rng_normal(&r),
                rng_uniform(&r) < 0.3 ? 'a' : 'b', rng_uniform(&r) < 0.4 ? 'u' : 'v');
    }
    return buf_str(&b);
}

/* Bit for bit the same whatever the number of threads; another seed gives other draws. */
static void test_threads(void **state)
{
    arena *a = *state;
    static const char *const kinds[] = {
        "{\"kind\":\"bias_fairness_test\",\"label\":\"y\",\"score\":\"s\",\"groups\":[\"g\",\"h\"],"
        "\"min_group\":1,\"seed\":%d}",
        "{\"kind\":\"performance_eval\",\"label\":\"y\",\"score\":\"s\",\"groups\":[\"g\"],"
        "\"min_group\":1,\"seed\":%d}",
        "{\"kind\":\"bias_fairness_test\",\"label\":\"s\",\"prediction\":\"t\","
        "\"groups\":[\"g\"],\"min_group\":1,\"seed\":%d}",
    };
    str csv = random_rows(a, 300);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        buf b = buf_open(a, 4096), c = buf_open(a, 4096);
        str head = str_of(kinds[i]), seed = str_cut(head, '%', &head);
        buf_fmt(&b, "%.*s7}", STR_ARG(seed));
        buf_fmt(&c, "%.*s8}", STR_ARG(seed));
        str one = result_text(a, csv.p, buf_str(&b).p, 1);
        assert_string_equal(result_text(a, csv.p, buf_str(&b).p, 2).p, one.p);
        assert_string_equal(result_text(a, csv.p, buf_str(&b).p, 7).p, one.p);
        str other = result_text(a, csv.p, buf_str(&c).p, 3);
        assert_string_not_equal(strstr(other.p, "\"metrics\""), strstr(one.p, "\"metrics\""));
    }
}

static void test_result_shape(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    doc *d;
    str text = result_text(
        a, toy, "{" BIAS ",\"min_group\":1,\"limits\":[\"equalized_odds_difference<=0.1\"]}", 1);
    assert_true(doc_parse(a, text, 1 << 22, &d, &e));
    static const char *const members[] = {"kind",    "subject", "method",  "tool",
                                          "started", "seconds", "metrics", "verdict",
                                          "tables",  "figures", "notes"};
    assert_int_equal(d->n, COUNT(members));
    for (size_t i = 0; i < COUNT(members); i++)
        assert_true(str_eqz(d->keys[i], members[i]));
    assert_true(str_eqz(doc_str(doc_get(doc_get(d, "method"), "parameters"), "label"), "y"));
    const doc *all = doc_get(d, "metrics");
    size_t judged = 0;
    for (size_t i = 0; i < all->n; i++) {
        const doc *m = &all->at[i];
        const measure_kind *k = measure_find(S("bias_fairness_test"));
        bool known = false;
        for (size_t n = 0; k->metrics[n]; n++)
            known |= str_eqz(doc_str(m, "id"), k->metrics[n]);
        assert_true(known);
        judged += doc_get(m, "limit") != NULL;
    }
    assert_int_equal(judged, 1);
    assert_true(str_eqz(doc_str(d, "verdict"), "fail") ||
                str_eqz(doc_str(d, "verdict"), "inconclusive"));
}

/* Ties count half: 2 positives at 0.5 and 0.9, 2 negatives at 0.5 and 0.1: (0.5 + 3) / 4. */
static void test_auc(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    assert_true(run(a, "y,s\n1,0.5\n0,0.5\n1,0.9\n0,0.1\n", "{" PERF ",\"score\":\"s\"}", &r, &e));
    near(find(&r, "auc", NULL)->value, 3.5 / 4, 1e-12);
    assert_true(run(a, "y,s\n1,0.8\n0,0.2\n1,0.9\n0,0.1\n", "{" PERF ",\"score\":\"s\"}", &r, &e));
    near(find(&r, "auc", NULL)->value, 1, 1e-12);
    assert_true(find(&r, "auc", NULL)->lo < 0.5); /* two of each prove little */
    assert_true(run(a, "y,s\n1,0.8\n1,0.2\n", "{" PERF ",\"score\":\"s\"}", &r, &e));
    assert_true(isnan(find(&r, "auc", NULL)->value) && isnan(find(&r, "auc", NULL)->lo));
}

static const struct model *load(arena *a, const char *name)
{
    err e = ERR_IN(a);
    struct model *m;
    if (!model_load(a, str_fmt(a, "%s/fuzz/corpus/model/%s", AIMS_SOURCE, name).p, &m, &e))
        fail_msg("%.*s", STR_ARG(e.msg));
    return m;
}

/* Two equal trees: leaf -0.25 when a < 0.5, else 0.75; logistic link. */
static void test_binary_model(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    measure_input in = {.model = load(a, "binary.json"), .threads = 1};
    const char *csv = "y,a,b,g\nno,0,1,u\nyes,1,1,u\nno,1,2,v\nyes,1,2,v\n";
    assert_true(run_with(a, csv, "{" PERF ",\"groups\":[\"g\"]}", in, &r, &e));
    double low = 1 / (1 + exp(0.5)), high = 1 / (1 + exp(-1.5));
    near(find(&r, "accuracy", NULL)->value, 0.75, 1e-12);
    near(find(&r, "selection_rate", "{\"g\":\"v\"}")->value, 1, 1e-12);
    assert_true(fabs(find(&r, "log_loss", NULL)->value -
                     -(log(1 - low) + 2 * log(high) + log(1 - high)) / 4) < 1e-6);
    double once = find(&r, "log_loss", NULL)->value; /* now in many blocks, on many threads */
    str many = repeated(a, "y,a,b,g\n", strchr(csv, '\n') + 1, 5000);
    in.threads = 4;
    assert_true(run_with(a, many.p, "{" PERF "}", in, &r, &e));
    assert_true(fabs(find(&r, "log_loss", NULL)->value - once) < 1e-12);
    near(find(&r, "accuracy", NULL)->value, 0.75, 1e-12);
    assert_true(run_with(a, csv, "{" PERF ",\"threshold\":0.9}", in, &r, &e));
    near(find(&r, "selection_rate", NULL)->value, 0, 1e-12);
    assert_false(run_with(a, csv, "{" PERF ",\"prediction\":\"a\"}", in, &r, &e));
    assert_string_equal(e.path.p, "prediction");
    assert_false(run_with(a, csv, "{" PERF ",\"task\":\"regression\"}", in, &r, &e));
    assert_string_equal(e.path.p, "task");
    assert_false(run_with(a, "y,a\n1,0\n0,1\n", "{" PERF "}", in, &r, &e));
    assert_string_equal(e.path.p, "model");
}

/* Equal trees for all three classes, so the bases 0.1, 0.2, 0.3 alone tell them apart. */
static void test_multiclass_model(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    measure_input in = {.model = load(a, "classes.json"), .threads = 1};
    const char *plan = "{" PERF ",\"features\":[\"a\",\"b\"],\"groups\":[\"g\"]}";
    assert_true(run_with(a, "y,a,b,g\n0,0,1,u\n1,1,1,u\n2,1,2,v\n2,1,2,v\n", plan, in, &r, &e));
    double sum = exp(0.1) + exp(0.2) + exp(0.3);
    near(find(&r, "accuracy", NULL)->value, 0.5, 1e-12);
    near(find(&r, "balanced_accuracy", NULL)->value, 1.0 / 3, 1e-12);
    assert_true(fabs(find(&r, "log_loss", NULL)->value - (log(sum) - 0.9 / 4)) < 1e-6);
    assert_true(run_with(a, "y,a,b,g\nx,0,1,u\ny,1,1,u\nz,1,2,v\nz,1,2,v\n", plan, in, &r, &e));
    near(find(&r, "accuracy", NULL)->value, 0.5, 1e-12);
    assert_false(run_with(a, "y,a,b,g\nx,0,1,u\nz,1,2,v\n", plan, in, &r, &e));
    assert_string_equal(e.path.p, "label");
}

static bool noted(const measure_result *r, const char *part)
{
    for (size_t i = 0; i < r->n_notes; i++)
        if (strstr(r->notes[i].p, part)) return true;
    return false;
}

static void test_notes(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    str csv = random_rows(a, 300);
    assert_true(run(a, csv.p,
                    "{\"kind\":\"bias_fairness_test\",\"label\":\"y\",\"score\":\"s\","
                    "\"groups\":[\"g\"],\"confidence\":0.999,\"limits\":[\"accuracy[*]>=0.1\"]}",
                    &r, &e));
    assert_true(noted(&r, "ask for at least 10000"));
    assert_true(noted(&r, "looks at 2 slices"));
    assert_true(noted(&r, "worst group by accuracy"));
    assert_true(run(a, csv.p,
                    "{\"kind\":\"bias_fairness_test\",\"label\":\"y\",\"score\":\"s\","
                    "\"groups\":[\"g\"]}",
                    &r, &e));
    assert_false(noted(&r, "ask for at least"));
}

/* A rate of exactly 1 everywhere does not vary under resampling; the interval still has width. */
static void test_perfect(void **state)
{
    arena *a = *state;
    err e = ERR_IN(a);
    measure_result r;
    str csv = repeated(a, "y,p,g\n", "1,1,a\n0,0,a\n1,1,b\n0,0,b\n", 50);
    assert_true(run(a, csv.p,
                    "{" BIAS ",\"limits\":[\"equalized_odds_difference<=0.05\","
                    "\"equal_opportunity_ratio>=0.5\"]}",
                    &r, &e));
    const metric *gap = find(&r, "equalized_odds_difference", NULL);
    assert_true(gap->value == 0 && gap->lo == 0 && gap->hi > 0.1);
    assert_string_equal(gap->method.p, "wilson-smallest-denominator");
    assert_int_equal(gap->verdict, VERDICT_INCONCLUSIVE);
    assert_int_equal(find(&r, "equal_opportunity_ratio", NULL)->verdict, VERDICT_PASS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_toy),           TEST(test_bins),
        TEST(test_small_groups),  TEST(test_two_attributes),
        TEST(test_limit_text),    TEST(test_plan_json),
        TEST(test_plan_refusals), TEST(test_data_refusals),
        TEST(test_missing_group), TEST(test_verdicts),
        TEST(test_cancel),        TEST(test_threads),
        TEST(test_result_shape),  TEST(test_auc),
        TEST(test_binary_model),  TEST(test_multiclass_model),
        TEST(test_perfect),       TEST(test_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
