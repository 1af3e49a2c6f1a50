/* test_handin.c - results that were doctored, chosen afterwards or handed in twice are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/dataset.h"
#include "register/finding.h"
#include "register/measurement.h"
#include "register/plan.h"
#include "work/assess.h"
#include "work/files.h"
#include "work/standing.h"
#include "world.h"

/* 400 rows, half of each group; group b is selected in `selected` of 200, group a in 100; and
 * three rows of a group too small to be judged. */
static str data(world *x, int selected)
{
    buf b = buf_open(x->a, 1 << 20);
    buf_putz(&b, "truth,guess,grp\n1,1,c\n0,0,c\n0,0,c\n");
    for (int i = 0; i < 400; i++) {
        bool group_b = i >= 200;
        int yes = i % 200 < (group_b ? selected : 100);
        buf_fmt(&b, "%d,%d,%s\n", yes, yes, group_b ? "b" : "a");
    }
    return buf_str(&b);
}

#define PLAN                                                                                       \
    "'kind':'bias_fairness_test','system':'Loan','fresh_days':30,'active':true,"                   \
    "'parameters':{'label':'truth','positive':'1','prediction':'guess','groups':['grp'],"          \
    "'min_group':5},"

static void declare(world *x)
{
    world_clock("2026-06-01T00:00:00Z");
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "system",
              "{'name':'Loan','owner':'Ada','purpose':'p','stage':'deployment','in_scope':true}");
    world_add(x, "plan",
              "{'name':'Bias'," PLAN "'limits':['demographic_parity_difference<=0.3',"
              "'selection_rate[*]>=0.3','false_positive_rate[grp=a]<=0.5']}");
}

static str run(world *x, const char *plan_name, int selected)
{
    struct plan *p;
    assessment got;
    assess_run r = {.data = "data.csv", .data_bytes = data(x, selected), .system = S("Loan")};
    MUST(work_plan(x->w, &x->machine, str_of(plan_name), x->a, &p, &r.plan, &x->e));
    MUST(assess(&r, x->a, &got, &x->e));
    return got.json;
}

static bool hand(world *x, str json, const char *plan_name, handed_in *ret)
{
    return work_hand_in(x->w, &x->machine, json, str_of(plan_name), (str){0}, x->a, ret, &x->e);
}

static str replaced(world *x, str s, const char *from, const char *to)
{
    const char *at = strstr(s.p, from);
    if (!at) fail_msg("no %s in %s", from, s.p);
    return str_fmt(x->a, "%.*s%s%s", (int)(at - s.p), s.p, to, at + strlen(from));
}

/* Position of the figure of this id and group in the list, and its text. */
static size_t figure(world *x, str json, const char *id, const char *group, str *ret)
{
    doc *d;
    MUST(doc_parse(x->a, json, 1 << 20, &d, &x->e));
    const doc *all = doc_get(d, "metrics");
    for (size_t i = 0; i < all->n; i++) {
        const doc *m = &all->at[i];
        if (!str_eqz(doc_str(m, "id"), id) || !str_eqz(doc_str(doc_get(m, "slice"), "grp"), group))
            continue;
        buf b = buf_open(x->a, 1 << 16);
        jw w = jw_open(&b);
        doc_write(m, &w);
        *ret = buf_str(&b);
        return i;
    }
    fail_msg("no figure %s of %s", id, group);
    return 0;
}

static const char *path_of(world *x, size_t i)
{
    return str_fmt(x->a, "metrics.%zu", i).p;
}

static void test_parameters_are_the_plans(void **state)
{
    static const char *const tries[][3] = {
        {"\"seed\":1",                   "\"seed\":2",                               "seed"      },
        {"\"resamples\":1000",           "\"resamples\":999",                        "resamples" },
        {"\"label\":\"truth\"",          "\"task\":\"binary\",\"label\":\"truth\"",  "task"      },
        {"\"min_group\":5",              "\"min_group\":5,\"features\":[\"guess\"]", "features"  },
        {"\"confidence\":0.95,\"resamp", "\"confidence\":0.9,\"resamp",              "confidence"},
    };
    world *x = *state;
    handed_in h;
    declare(x);
    str json = run(x, "Bias", 100);
    for (size_t i = 0; i < COUNT(tries); i++) {
        assert_false(hand(x, replaced(x, json, tries[i][0], tries[i][1]), "Bias", &h));
        assert_int_equal(x->e.code, ERR_INVALID);
        if (!str_ends(x->e.path, str_of(tries[i][2])) && !str_starts(x->e.path, S("metrics.")))
            fail_msg("%s refused at %s", tries[i][2], x->e.path.p);
        x->e = ERR_IN(x->a);
    }
    MUST(hand(x, json, "Bias", &h));
    assert_int_equal(h.verdict, VERDICT_PASS);
}

static void test_figures_carry_the_plans_limits(void **state)
{
    world *x = *state;
    handed_in h;
    str m;
    declare(x);
    str json = run(x, "Bias", 20);
    size_t i = figure(x, json, "selection_rate", "b", &m);
    /* A failing slice that says it is not judged. */
    str forged = replaced(x, json, m.p, replaced(x, m, "\"fail\"", "\"none\"").p);
    REFUSED(hand(x, forged, "Bias", &h), ERR_INVALID, path_of(x, i));
    /* ... that lost its limit. */
    str bare = replaced(x, m, ",\"limit\":{\"op\":\">=\",\"value\":0.3},\"verdict\":\"fail\"", "");
    REFUSED(hand(x, replaced(x, json, m.p, bare.p), "Bias", &h), ERR_INVALID, path_of(x, i));
    /* The limit of one group is not met by another. */
    i = figure(x, json, "false_positive_rate", "a", &m);
    forged = replaced(x, json, m.p, replaced(x, m, "\"a\"", "\"z\"").p);
    REFUSED(hand(x, forged, "Bias", &h), ERR_INVALID, path_of(x, i));
    /* Each of two judged slices is at 0.975, so that both together hold at 0.95. */
    i = figure(x, json, "selection_rate", "a", &m);
    forged =
        replaced(x, json, m.p, replaced(x, m, "\"confidence\":0.975", "\"confidence\":0.95").p);
    REFUSED(hand(x, forged, "Bias", &h), ERR_INVALID, path_of(x, i));
    forged = replaced(x, json, m.p, str_fmt(x->a, "%s,%s", m.p, m.p).p);
    assert_false(hand(x, forged, "Bias", &h));
    assert_int_equal(x->e.code, ERR_INVALID);
    x->e = ERR_IN(x->a);
    MUST(hand(x, json, "Bias", &h));
    assert_int_equal(h.verdict, VERDICT_FAIL);
}

static void test_limits_are_fixed_before_the_run(void **state)
{
    world *x = *state;
    handed_in h;
    void *row;
    declare(x);
    str json = run(x, "Bias", 100);
    world_clock("2026-06-02T00:00:00Z");
    MUST(work_change(x->w, &x->machine, &plan_record, 1, 1, world_json(x, "{'reason':'So'}"), x->a,
                     &row, &x->e));
    REFUSED(hand(x, json, "Bias", &h), ERR_INVALID, "started");
    json = run(x, "Bias", 100);
    MUST(hand(x, json, "Bias", &h));
    REFUSED(hand(x, json, "Bias", &h), ERR_CONFLICT, "");
    assert_int_equal(world_acts(x, "measurement.add", NULL), 1);
    MUST(work_retire(x->w, &x->machine, &plan_record, 1, 2, x->a, &row, &x->e));
    json = run(x, "Bias", 90);
    REFUSED(hand(x, json, "Bias", &h), ERR_CONFLICT, "plan");
}

static void test_data_are_the_plans(void **state)
{
    world *x = *state;
    handed_in h;
    str good = data(x, 100);
    declare(x);
    world_add(x, "dataset", "{'name':'D','personal_data':'none'}");
    world_add(x, "dataset-version",
              str_fmt(x->a, "{'name':'D 1','dataset':'D','edition':'1','file_sha256':'%s'}",
                      digest_hex(x->a, hash_bytes(good.p, good.n)).p)
                  .p);
    world_add(x, "plan",
              "{'name':'On D'," PLAN "'dataset_version':'D 1','limits':["
              "'demographic_parity_difference<=0.3']}");
    REFUSED(hand(x, run(x, "On D", 99), "On D", &h), ERR_INVALID, "subject.dataset.sha256");
    MUST(hand(x, run(x, "On D", 100), "On D", &h));
}

/* ---- repetitions ---- */

static str repeated(world *x, str recorded, int selected, const char *system)
{
    assessment got;
    doc *d;
    assess_run r = {.data = "data.csv",
                    .data_bytes = data(x, selected),
                    .recorded = "result.json",
                    .recorded_bytes = recorded,
                    .system = str_of(system)};
    MUST(doc_parse(x->a, S("{\"kind\":\"reproducible_run\",\"limits\":[\"reproduced>=1\"]}"), 1000,
                   &d, &x->e));
    MUST(measure_plan_parse(x->a, d, &r.plan, &x->e));
    MUST(assess(&r, x->a, &got, &x->e));
    return got.json;
}

static bool hand_system(world *x, str json, const char *system, handed_in *ret)
{
    return work_hand_in(x->w, &x->machine, json, (str){0}, str_of(system), x->a, ret, &x->e);
}

static str digest_of(world *x, str bytes)
{
    return digest_hex(x->a, hash_bytes(bytes.p, bytes.n));
}

static void test_what_is_repeated_was_handed_in(void **state)
{
    world *x = *state;
    handed_in h;
    void *row;
    declare(x);
    world_add(x, "system",
              "{'name':'Other','owner':'Ada','purpose':'p','stage':'deployment','in_scope':true}");
    str first = run(x, "Bias", 100), again = repeated(x, first, 100, "Loan");
    str recorded = S("subject.recorded.sha256");
    REFUSED(hand_system(x, again, "Loan", &h), ERR_INVALID, recorded.p);
    MUST(hand(x, first, "Bias", &h));
    int64_t of = h.measurement;
    REFUSED(hand_system(x, again, "Other", &h), ERR_INVALID, recorded.p);
    /* A model, a reference or data that the first run did not have. */
    str sha = digest_of(x, S("x"));
    str model = str_fmt(x->a, "\"subject\":{\"model\":{\"sha256\":\"%s\"},", sha.p);
    REFUSED(hand_system(x, replaced(x, again, "\"subject\":{", model.p), "Loan", &h), ERR_INVALID,
            "subject.model.sha256");
    str other = str_fmt(x->a, "\"subject\":{\"reference\":{\"sha256\":\"%s\"},", sha.p);
    REFUSED(hand_system(x, replaced(x, again, "\"subject\":{", other.p), "Loan", &h), ERR_INVALID,
            "subject.reference.sha256");
    str was = digest_of(x, data(x, 100));
    REFUSED(hand_system(x, replaced(x, again, was.p, sha.p), "Loan", &h), ERR_INVALID, recorded.p);
    REFUSED(hand_system(x, replaced(x, again, "\"recorded\":{", "\"recording\":{"), "Loan", &h),
            ERR_INVALID, "subject.recorded");
    MUST(hand_system(x, again, "Loan", &h));
    MUST(work_get(x->w, &x->machine, &measurement_record, h.measurement, 0, x->a, &row, &x->e));
    assert_int_equal(((measurement *)row)->repeats, of);
    assert_int_equal(h.n_controls, 3);
}

static const dataset_version *version_of(world *x, int64_t id)
{
    void *row;
    MUST(work_get(x->w, &x->machine, &dataset_version_record, id, 0, x->a, &row, &x->e));
    return row;
}

static int64_t add_version(world *x, const char *set, const char *more)
{
    str json = str_fmt(x->a, "{'name':'%s 1','dataset':'%s','edition':'1','file_sha256':'%s'%s}",
                       set, set, digest_of(x, data(x, 100)).p, more);
    return ((const row_head *)world_add(x, "dataset-version", json.p))->id;
}

/* What was read is kept with the data set version; what stands there already stays. */
static void test_data_are_described(void **state)
{
    world *x = *state;
    handed_in h;
    declare(x);
    world_add(x, "dataset", "{'name':'loans','personal_data':'none'}");
    int64_t id = add_version(x, "loans", ",'schema':{'grp':'category','day':'number'}");
    str first = run(x, "Bias", 100);
    MUST(hand(x, first, "Bias", &h));
    const dataset_version *v = version_of(x, id);
    assert_int_equal(v->n_rows.v, 403);
    assert_string_equal(v->schema.p,
                        "{\"day\":\"number\",\"grp\":\"category\","
                        "\"guess\":{\"max\":1,\"min\":0,\"missing\":0,\"type\":\"number\"},"
                        "\"truth\":{\"max\":1,\"min\":0,\"missing\":0,\"type\":\"number\"}}");
    assert_int_equal(v->head.version, 2);
    world_clock("2026-06-02T00:00:00Z");
    MUST(hand(x, run(x, "Bias", 100), "Bias", &h));
    assert_int_equal(version_of(x, id)->head.version, 2); /* nothing was new */
    str bad = replaced(x, first, "\"schema\":{", "\"schema\":{\"z\":{\"type\":\"any\"},");
    REFUSED(hand(x, bad, "Bias", &h), ERR_INVALID, "subject.dataset.schema.z");
}

/* The ends of a column of personal data are somebody's. What is no schema is left alone. */
static void test_personal_data_are_described_without_ends(void **state)
{
    world *x = *state;
    handed_in h;
    declare(x);
    world_add(x, "dataset", "{'name':'people','personal_data':'pseudonymised'}");
    int64_t id = add_version(x, "people", ",'n_rows':7,'schema':{'grp':'category'}");
    MUST(hand(x, run(x, "Bias", 100), "Bias", &h));
    const dataset_version *v = version_of(x, id);
    assert_int_equal(v->n_rows.v, 7);
    assert_null(strstr(v->schema.p, "max"));
    assert_non_null(strstr(v->schema.p, "\"truth\":{\"missing\":0,\"type\":\"number\"}"));
    MUST(work_change(x->w, &x->machine, &dataset_version_record, id, v->head.version,
                     world_json(x, "{'schema':['grp']}"), x->a, &(void *){NULL}, &x->e));
    world_clock("2026-06-02T00:00:00Z");
    MUST(hand(x, run(x, "Bias", 100), "Bias", &h));
    assert_string_equal(version_of(x, id)->schema.p, "[\"grp\"]");
}

/* A record that was touched is repeated, and fails: that is a finding of its own. */
static void test_forged_record_fails(void **state)
{
    world *x = *state;
    handed_in h;
    declare(x);
    str forged = replaced(x, run(x, "Bias", 100), "\"notes\":[", "\"notes\":[\"fine\",");
    MUST(hand(x, forged, "Bias", &h));
    MUST(hand_system(x, repeated(x, forged, 100, "Loan"), "Loan", &h));
    assert_int_equal(h.verdict, VERDICT_FAIL);
    assert_true(h.finding > 0);
}

/* An old pass says nothing of a later failure. */
static void test_old_pass_corrects_nothing(void **state)
{
    world *x = *state;
    handed_in h, later;
    void *f;
    declare(x);
    str pass = run(x, "Bias", 100);
    world_clock("2026-06-02T00:00:00Z");
    MUST(hand(x, run(x, "Bias", 20), "Bias", &h));
    assert_true(h.finding > 0);
    MUST(hand(x, pass, "Bias", &later));
    MUST(work_get(x->w, &x->machine, &finding_record, h.finding, 0, x->a, &f, &x->e));
    assert_int_equal(((finding *)f)->status, FINDING_OPEN);
    world_clock("2026-06-03T00:00:00Z");
    MUST(hand(x, run(x, "Bias", 100), "Bias", &later));
    MUST(work_get(x->w, &x->machine, &finding_record, h.finding, 0, x->a, &f, &x->e));
    assert_int_equal(((finding *)f)->status, FINDING_CORRECTED);
}

static bool change_limit(world *x, int64_t version, const char *text)
{
    void *row;
    return work_change(x->w, &x->machine, &plan_record, 1, version,
                       world_json(x, str_fmt(x->a, "{'limits':['%s']}", text).p), x->a, &row,
                       &x->e);
}

static size_t count_of(world *x, control_status what)
{
    standing s;
    MUST(work_standing(x->w, &x->machine, 0, x->a, &s, &x->e));
    return s.controls[what];
}

/* A pass ends with its limits, a failure does not. */
static void test_other_limits_end_a_pass(void **state)
{
    world *x = *state;
    handed_in h;
    declare(x);
    MUST(hand(x, run(x, "Bias", 100), "Bias", &h));
    assert_true(count_of(x, STATUS_PROVEN) > 0);
    MUST(change_limit(x, 1, "demographic_parity_difference<=0.2"));
    assert_int_equal(count_of(x, STATUS_PROVEN), 0);
    world_clock("2026-06-02T00:00:00Z");
    MUST(hand(x, run(x, "Bias", 20), "Bias", &h));
    assert_int_equal(h.verdict, VERDICT_FAIL);
    size_t failing = count_of(x, STATUS_FAILING);
    assert_true(failing > 0);
    MUST(change_limit(x, 2, "demographic_parity_difference<=0.9"));
    assert_int_equal(count_of(x, STATUS_FAILING), failing);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        T(test_parameters_are_the_plans),
        T(test_figures_carry_the_plans_limits),
        T(test_limits_are_fixed_before_the_run),
        T(test_data_are_the_plans),
        T(test_old_pass_corrects_nothing),
        T(test_other_limits_end_a_pass),
        T(test_what_is_repeated_was_handed_in),
        T(test_forged_record_fails),
        T(test_data_are_described),
        T(test_personal_data_are_described_without_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
