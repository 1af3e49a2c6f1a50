/* test_standing.c - from a plan through results to the computed status, the finding and the bag. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/finding.h"
#include "register/measurement.h"
#include "work/assess.h"
#include "work/prove.h"
#include "work/standing.h"
#include "world.h"

/* 400 rows, half of each group; group b is selected in `selected` of 200, group a in 100. */
static str write_data(world *x, int selected)
{
    buf b = buf_open(x->a, 1 << 20);
    buf_putz(&b, "truth,guess,grp\n");
    for (int i = 0; i < 400; i++) {
        bool group_b = i >= 200;
        int yes = i % 200 < (group_b ? selected : 100);
        buf_fmt(&b, "%d,%d,%s\n", yes, yes, group_b ? "b" : "a");
    }
    str path = str_fmt(x->a, "%s/data.csv", world_temp(x->a).p);
    MUST(file_replace(path.p, buf_str(&b), 0600, &x->e));
    return path;
}

static void declare(world *x)
{
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "system",
              "{'name':'Loan','owner':'Ada','purpose':'p','stage':'deployment','in_scope':true}");
    world_add(
        x, "plan",
        "{'name':'Bias','kind':'bias_fairness_test','system':'Loan','fresh_days':30,'active':true,"
        "'parameters':{'label':'truth','positive':'1','prediction':'guess','groups':['grp']},"
        "'limits':['demographic_parity_difference<=0.3']}");
}

static void run(world *x, int selected, assessment *ret)
{
    struct plan *p;
    assess_run r = {.data = write_data(x, selected).p, .system = S("Loan")};
    MUST(work_plan(x->w, &x->machine, S("Bias"), x->a, &p, &r.plan, &x->e));
    MUST(assess(&r, x->a, ret, &x->e));
}

static handed_in measure(world *x, int selected)
{
    assessment got;
    handed_in h = {0};
    run(x, selected, &got);
    MUST(work_hand_in(x->w, &x->machine, got.json, S("Bias"), (str){0}, x->a, &h, &x->e));
    return h;
}

static const standing_row *row_of(world *x, const char *id)
{
    standing s;
    MUST(work_standing(x->w, &x->machine, 0, x->a, &s, &x->e));
    for (size_t i = 0; i < s.n; i++)
        if (str_eqz(s.rows[i].row.control, id)) return &s.rows[i];
    fail_msg("no row %s", id);
    return NULL;
}

static const char *status(world *x, const char *id)
{
    return row_of(x, id)->row.status.p;
}

static void test_status_follows_the_measurements(void **state)
{
    world *x = *state;
    world_clock("2026-06-01T00:00:00Z");
    declare(x);
    assert_string_equal(status(x, "A.5.4"), "planned");
    handed_in h = measure(x, 100); /* no difference */
    assert_int_equal(h.verdict, VERDICT_PASS);
    assert_int_equal(h.finding, 0);
    assert_string_equal(status(x, "A.5.4"), "proven");
    const standing_row *row = row_of(x, "A.5.4");
    assert_true(str_eqz(row->row.trail[0].plan, "Bias"));
    assert_int_equal(row->row.trail[0].leaf, h.leaf);

    world_clock("2026-06-02T00:00:00Z");
    handed_in worse = measure(x, 5); /* difference 0.475 */
    assert_int_equal(worse.verdict, VERDICT_FAIL);
    assert_true(worse.finding > 0);
    assert_string_equal(status(x, "A.5.4"), "failing");
    int64_t first = worse.finding;

    world_clock("2026-06-03T00:00:00Z");
    h = measure(x, 5);
    assert_int_equal(h.finding, first); /* one finding per plan, not per run */

    world_clock("2026-06-04T00:00:00Z");
    h = measure(x, 100);
    assert_string_equal(status(x, "A.5.4"), "proven");
    row = row_of(x, "A.5.4"); /* of four runs of the plan the newest speaks */
    assert_int_equal(row->evidence, 1);
    assert_int_equal(row->row.trail[0].leaf, h.leaf);
    void *f;
    MUST(work_get(x->w, &x->machine, &finding_record, first, 0, x->a, &f, &x->e));
    assert_int_equal(((struct finding *)f)->status, FINDING_CORRECTED);

    world_clock("2026-07-05T00:00:00Z");
    assert_string_equal(status(x, "A.5.4"), "stale");
    /* The past stays what it was. */
    int64_t then;
    standing s;
    assert_true(clock_parse(S("2026-06-02T12:00:00Z"), &then));
    MUST(work_standing(x->w, &x->machine, then, x->a, &s, &x->e));
    assert_int_equal(s.controls[STATUS_FAILING] > 0, true);
}

static void test_exclusion_and_attestation(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    const record *control = register_by_noun(S("control"));
    MUST(work_find(x->w, &x->machine, control, S("A.10.4"), x->a, &row, &x->e));
    MUST(work_change(x->w, &x->machine, control, ((row_head *)row)->id, 1,
                     world_json(x, "{'applicable':false,'reason':'No customers use AI'}"), x->a,
                     &row, &x->e));
    assert_string_equal(status(x, "A.10.4"), "excluded");
    MUST(work_find(x->w, &x->machine, control, S("A.2.3"), x->a, &row, &x->e));
    MUST(work_change(
        x->w, &x->machine, control, ((row_head *)row)->id, 1,
        world_json(x, "{'implementation':'implemented','owner':'Ada','reason':'Needed'}"), x->a,
        &row, &x->e));
    assert_string_equal(status(x, "A.2.3"), "declared");
    /* Somebody's word stays a word, whatever the file. */
    world_add(x, "evidence",
              "{'name':'Minutes','kind':'policy_document','controls':['A.2.3'],'observed_at':'2026-"
              "01-01T00:00:00Z',"
              "'fresh_until':'2036-01-01T00:00:00Z'}");
    assert_string_equal(status(x, "A.2.3"), "declared");
    REFUSED(
        work_add(
            x->w, &x->machine, register_by_noun(S("evidence")),
            world_json(
                x, "{'name':'M','kind':'policy_document','controls':['A.2.3'],'method':'measured',"
                   "'observed_at':'2026-01-01T00:00:00Z','fresh_until':'2036-01-01T00:00:00Z'}"),
            x->a, &row, &x->e),
        ERR_INVALID, "method");
}

static str replaced(world *x, str s, const char *from, const char *to)
{
    const char *at = strstr(s.p, from);
    assert_non_null(at);
    return str_fmt(x->a, "%.*s%s%s", (int)(at - s.p), s.p, to, at + strlen(from));
}

static void test_forged_results(void **state)
{
    world *x = *state;
    assessment got;
    handed_in h;
    declare(x);
    run(x, 5, &got);
    str forged = replaced(x, got.json, "\"verdict\":\"fail\"", "\"verdict\":\"pass\"");
    assert_false(work_hand_in(x->w, &x->machine, forged, S("Bias"), (str){0}, x->a, &h, &x->e));
    assert_int_equal(x->e.code, ERR_INVALID);
    x->e = ERR_IN(x->a);
    forged = replaced(x, got.json, "demographic_parity_difference<=0.3",
                      "demographic_parity_difference<=0.9");
    assert_false(work_hand_in(x->w, &x->machine, forged, S("Bias"), (str){0}, x->a, &h, &x->e));
    assert_int_equal(x->e.code, ERR_INVALID);
    x->e = ERR_IN(x->a);
    forged = replaced(x, got.json, "\"groups\":[\"grp\"]", "\"groups\":[\"truth\"]");
    assert_false(work_hand_in(x->w, &x->machine, forged, S("Bias"), (str){0}, x->a, &h, &x->e));
    x->e = ERR_IN(x->a);
    assert_false(work_hand_in(x->w, &x->machine, S("{}"), S("Bias"), (str){0}, x->a, &h, &x->e));
    x->e = ERR_IN(x->a);
    assert_int_equal(world_acts(x, "measurement.add", NULL), 0);
    actor operator= {.account = 3, .name = S("op"), .via = "http", .caps = 1u << CAP_READ};
    REFUSED(work_hand_in(x->w, &operator, got.json, S("Bias"), (str){0}, x->a, &h, &x->e),
            ERR_DENIED, "");
}

static void test_bag(void **state)
{
    world *x = *state;
    digest sha;
    uint64_t size;
    bag_result r;
    bag_request q = {0};
    declare(x);
    measure(x, 5);
    str path = str_fmt(x->a, "%s/bag.tar.gz", world_temp(x->a).p);
    MUST(work_bag(x->w, &x->machine, &q, path.p, x->a, &sha, &size, &x->e));
    str key = work_vkey(x->w);
    bag_trust t = {.vkeys = &key, .n_vkeys = 1};
    MUST(bag_verify(x->a, path.p, &t, &r, &x->e));
    assert_int_equal(r.n_findings, 0);
    assert_true(digest_eq(r.archive_sha256, sha));
    assert_true(r.files >= 1 && r.proofs > 3);
    assert_int_equal(world_acts(x, "bag.create", NULL), 1);
    REFUSED(work_bag(x->w, &x->machine, &q, path.p, x->a, &sha, &size, &x->e), ERR_CONFLICT,
            path.p);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        T(test_status_follows_the_measurements),
        T(test_exclusion_and_attestation),
        T(test_forged_results),
        T(test_bag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
