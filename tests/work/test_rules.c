/* test_rules.c - what a person may not do to the registers so that a failure or a duty vanishes.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/control.h"
#include "register/document.h"
#include "register/evidence.h"
#include "register/finding.h"
#include "register/measurement.h"
#include "register/plan.h"
#include "register/risk.h"
#include "work/consistency.h"
#include "work/impl.h"
#include "world.h"

static actor engineer(void)
{
    return (actor){
        .account = 5, .name = S("eng"), .via = "http", .caps = role_find(S("engineer"))->caps};
}

static bool patch(world *x, const actor *who, const record *r, int64_t id, const char *json)
{
    void *row;
    MUST(work_get(x->w, &x->machine, r, id, 0, x->a, &row, &x->e));
    return work_change(x->w, who, r, id, ((row_head *)row)->version, world_json(x, json), x->a,
                       &row, &x->e);
}

static bool retire(world *x, const record *r, int64_t id)
{
    void *row;
    MUST(work_get(x->w, &x->machine, r, id, 0, x->a, &row, &x->e));
    return work_retire(x->w, &x->machine, r, id, ((row_head *)row)->version, x->a, &row, &x->e);
}

/* Decisions of others: refused, on the log, and the server lives on. */
static void test_engineer_decides_nothing(void **state)
{
    world *x = *state;
    actor eng = engineer();
    str leaf;
    REFUSED(patch(x, &eng, &control_record, 1, "{'applicable':false,'reason':'No'}"), ERR_DENIED,
            "");
    assert_int_equal(world_acts(x, "access.denied", &leaf), 1);
    assert_non_null(strstr(leaf.p, "\"needs\":\"approve\""));
    assert_non_null(strstr(leaf.p, "deciding applicability"));
    MUST(patch(x, &eng, &control_record, 1, "{'reason':'Wanted'}"));
    MUST(patch(x, &x->machine, &control_record, 1, "{'applicable':false,'reason':'No'}"));
    REFUSED(patch(x, &eng, &control_record, 1, "{'reason':'Somebody said so'}"), ERR_DENIED, "");
    REFUSED(retire(x, &control_record, 1), ERR_CONFLICT, "control");
}

static void test_acceptance_is_of_these_levels(void **state)
{
    world *x = *state;
    actor eng = engineer();
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "risk",
              "{'name':'R','owner':'Ada','likelihood':2,'impact_organisation':2,"
              "'impact_individuals':2,'impact_society':2,'status':'treated','treatment':'avoid',"
              "'accepted_by':'Ada','accepted_on':'2026-01-01','acceptance_expires_on':'2027-01-"
              "01'}");
    REFUSED(patch(x, &eng, &risk_record, 1, "{'likelihood':5}"), ERR_DENIED, "");
    REFUSED(patch(x, &eng, &risk_record, 1, "{'status':'accepted'}"), ERR_DENIED, "");
    REFUSED(patch(x, &eng, &risk_record, 1, "{'accepted_on':'2026-02-01'}"), ERR_DENIED, "");
    assert_int_equal(world_acts(x, "access.denied", NULL), 3);
    MUST(patch(x, &eng, &risk_record, 1, "{'description':'More words'}"));
    MUST(patch(x, &eng, &risk_record, 1,
               "{'likelihood':5,'status':'open','accepted_by':null,'accepted_on':null,"
               "'acceptance_expires_on':null}"));
    REFUSED(patch(x, &eng, &risk_record, 1,
                  "{'accepted_by':'Ada','accepted_on':'2026-01-01','acceptance_expires_on':'2027-"
                  "01-01'}"),
            ERR_DENIED, "");
}

/* What work_hand_in writes when a limit fails, without the run. */
static bool opened_tx(struct tx *t, void *ctx, err *e)
{
    world *x = ctx;
    str named = S("A.5.4");
    str sha = str_fmt(e->a, "%064d", 1);
    measurement m = {.kind = S("bias_fairness_test"),
                     .result_sha256 = sha,
                     .dataset_sha256 = sha,
                     .tool_version = S("1"),
                     .metrics = S("[]"),
                     .verdict = RV_FAIL,
                     .started_at = 1};
    if (!record_put(t, &x->machine, &measurement_record, &m, 1, NULL, e)) return false;
    evidence v = {
        .name = S("bias"),
        .kind = S("measurement_result"),
        .method = METHOD_MEASURED,
        .controls = {&named, 1},
        .measurement = m.head.id,
        .verdict = RV_FAIL,
        .observed_at = 1,
        .fresh_until = 2
    };
    if (!record_put(t, &x->machine, &evidence_record, &v, 1, NULL, e)) return false;
    finding f = {
        .name = S("Limit failed"),
        .grade = GRADE_MINOR,
        .status = FINDING_OPEN,
        .controls = {&named, 1},
        .measurement = m.head.id
    };
    return record_put(t, &x->machine, &finding_record, &f, 1, NULL, e);
}

static void test_failure_is_not_talked_away(void **state)
{
    world *x = *state;
    MUST(work_write(x->w, opened_tx, x, &x->e));
    world_add(x, "person", "{'name':'Ada'}");
    REFUSED(retire(x, &evidence_record, 1), ERR_DENIED, "");
    REFUSED(retire(x, &finding_record, 1), ERR_CONFLICT, "status");
    static const char *const tries[][2] = {
        {"grade",       "{'grade':'observation'}"},
        {"controls",    "{'controls':['A.2.2']}" },
        {"raised_by",   "{'raised_by':'Ada'}"    },
        {"measurement", "{'measurement':null}"   },
        {"status",      "{'status':'corrected'}" },
    };
    for (size_t i = 0; i < COUNT(tries); i++)
        REFUSED(patch(x, &x->machine, &finding_record, 1, tries[i][1]), ERR_DENIED, tries[i][0]);
    MUST(patch(x, &x->machine, &finding_record, 1, "{'owner':'Ada','cause':'Skewed data'}"));
    REFUSED(patch(x, &x->machine, &finding_record, 1, "{'status':'closed'}"), ERR_INVALID,
            "effectiveness");
    MUST(patch(x, &x->machine, &finding_record, 1,
               "{'status':'closed','corrective_action':'Reweighed','effectiveness':'Measured'}"));
    MUST(retire(x, &finding_record, 1));
}

static void test_people_raise_findings_in_their_name(void **state)
{
    world *x = *state;
    void *row;
    MUST(work_write(x->w, opened_tx, x, &x->e));
    world_add(x, "person", "{'name':'Ada'}");
    REFUSED(work_add(x->w, &x->machine, &finding_record,
                     world_json(x, "{'name':'F','grade':'minor','status':'open','controls':['A.5.4'"
                                   "],'measurement':1}"),
                     x->a, &row, &x->e),
            ERR_INVALID, "raised_by");
    finding *f = world_add(x, "finding",
                           "{'name':'F','grade':'minor','status':'open','controls':['A.5.4'],"
                           "'measurement':1,'raised_by':'Ada'}");
    MUST(patch(x, &x->machine, &finding_record, f->head.id, "{'grade':'major'}"));
}

static int64_t live_evidence(world *x)
{
    int64_t n;
    page p = {.limit = 1};
    MUST(work_count(x->w, &x->machine, &evidence_record, &p, &n, &x->e));
    return n;
}

/* The proof of an approval lives as long as the text that was approved. */
static void test_approval_dies_with_its_text(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "document",
              "{'name':'Policy','kind':'policy_document','edition':'1','owner':'Ada','body':'We "
              "care.','controls':['A.2.2'],'review_on':'2099-01-01'}");
    MUST(work_approve(x->w, &x->machine, 1, 1, 1, x->a, &row, &x->e));
    assert_int_equal(live_evidence(x), 1);
    MUST(patch(x, &x->machine, &document_record, 1, "{'audience':['all']}"));
    assert_int_equal(live_evidence(x), 1);
    /* Approved anew with an earlier review: the older, longer proof is gone. */
    MUST(patch(x, &x->machine, &document_record, 1, "{'review_on':'2098-01-01'}"));
    MUST(work_approve(x->w, &x->machine, 1, 4, 1, x->a, &row, &x->e));
    assert_int_equal(live_evidence(x), 1);
    MUST(patch(x, &x->machine, &document_record, 1, "{'body':'We do not.'}"));
    assert_int_equal(live_evidence(x), 0);
    MUST(work_approve(x->w, &x->machine, 1, 6, 1, x->a, &row, &x->e));
    assert_int_equal(live_evidence(x), 1);
    MUST(retire(x, &document_record, 1));
    assert_int_equal(live_evidence(x), 0);
    REFUSED(work_approve(x->w, &x->machine, 1, 8, 1, x->a, &row, &x->e), ERR_CONFLICT, "");
    assert_int_equal(world_acts(x, "evidence.retire", NULL), 3);
}

/* A long name is cut between characters, never within one. */
static void test_long_name_is_approved(void **state)
{
    world *x = *state;
    void *row;
    buf b = buf_open(x->a, 4096);
    buf_putz(&b, "{'name':'x");
    for (int i = 0; i < 190; i++)
        buf_putz(&b, "ä");
    buf_putz(&b, "','kind':'policy_document','edition':'1','owner':'Ada','body':'We care.',"
                 "'controls':['A.2.2']}");
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "document", buf_str(&b).p);
    MUST(work_approve(x->w, &x->machine, 1, 1, 1, x->a, &row, &x->e));
    assert_int_equal(live_evidence(x), 1);
}

static size_t inconsistent(world *x, const char *rule)
{
    inconsistency *all;
    size_t n, k = 0;
    MUST(work_consistency(x->w, &x->machine, x->a, &all, &n, &x->e));
    for (size_t i = 0; i < n; i++)
        k += strcmp(all[i].rule, rule) == 0;
    return k;
}

/* Each rule of consistency.h is broken, then kept; row 1 is A.2.2. */
static void test_registers_agree(void **state)
{
    world *x = *state;
    assert_int_equal(inconsistent(x, "control_undecided"), 38);
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "risk",
              "{'name':'R','owner':'Ada','likelihood':2,'impact_organisation':2,"
              "'impact_individuals':2,'impact_society':2,'status':'treated',"
              "'treatment':'mitigate','controls':['A.2.2']}");
    assert_int_equal(inconsistent(x, "risk_without_control"), 0);
    MUST(patch(x, &x->machine, &control_record, 1, "{'applicable':false,'reason':'No need'}"));
    assert_int_equal(inconsistent(x, "control_undecided"), 37);
    assert_int_equal(inconsistent(x, "excluded_control_has_risk"), 1);
    assert_int_equal(inconsistent(x, "risk_without_control"), 1);
    MUST(patch(x, &x->machine, &control_record, 1,
               "{'applicable':true,'reason':'Needed','implementation':'partial'}"));
    assert_int_equal(inconsistent(x, "excluded_control_has_risk"), 0);
    assert_int_equal(inconsistent(x, "risk_without_control"), 0);
    assert_int_equal(inconsistent(x, "control_without_owner"), 1);
    assert_int_equal(inconsistent(x, "control_without_evidence"), 1);
    MUST(patch(x, &x->machine, &control_record, 1, "{'owner':'Ada'}"));
    world_add(x, "evidence",
              "{'name':'E','kind':'policy_document','controls':['A.2.2'],'observed_at':'2026-01-"
              "01T00:00:00Z','fresh_until':'2036-01-01T00:00:00Z'}");
    assert_int_equal(inconsistent(x, "control_without_owner"), 0);
    assert_int_equal(inconsistent(x, "control_without_evidence"), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        T(test_engineer_decides_nothing),
        T(test_acceptance_is_of_these_levels),
        T(test_failure_is_not_talked_away),
        T(test_people_raise_findings_in_their_name),
        T(test_approval_dies_with_its_text),
        T(test_long_name_is_approved),
        T(test_registers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
