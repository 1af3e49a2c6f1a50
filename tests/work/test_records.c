/* test_records.c - the verbs of records: one act each, versions, history, as-of, denial, erasure.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/ai_system.h"
#include "register/document.h"
#include "register/person.h"
#include "register/risk.h"
#include "work/idempotency.h"
#include "work/prove.h"
#include "world.h"

static void test_add_is_one_leaf(void **state)
{
    world *x = *state;
    str leaf;
    person *p = world_add(x, "person", "{'name':'Ada','email':'ada@example.org'}");
    assert_int_equal(p->head.id, 1);
    assert_int_equal(world_acts(x, "person.add", &leaf), 1);
    /* Personal members are on the log as salted digests only. */
    assert_null(strstr(leaf.p, "Ada"));
    assert_null(strstr(leaf.p, "example.org"));
    assert_non_null(strstr(leaf.p, "hmac_sha256"));
    REFUSED(work_add(x->w, &x->machine, &person_record, world_json(x, "{'name':'Ada'}"), x->a,
                     &(void *){NULL}, &x->e),
            ERR_CONFLICT, "name");
    assert_int_equal(world_acts(x, "person.add", NULL), 1);
}

static void test_change_needs_version(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    doc *unit = world_json(x, "{'unit':'Credit'}");
    REFUSED(work_change(x->w, &x->machine, &person_record, 1, 0, unit, x->a, &row, &x->e),
            ERR_NO_VERSION, "version");
    MUST(work_change(x->w, &x->machine, &person_record, 1, 1, unit, x->a, &row, &x->e));
    assert_int_equal(((person *)row)->head.version, 2);
    REFUSED(work_change(x->w, &x->machine, &person_record, 1, 1, unit, x->a, &row, &x->e),
            ERR_STALE, "version");
    MUST(work_retire(x->w, &x->machine, &person_record, 1, 2, x->a, &row, &x->e));
    assert_true(((person *)row)->head.retired_at.has);
    REFUSED(work_change(x->w, &x->machine, &person_record, 1, 3, unit, x->a, &row, &x->e),
            ERR_CONFLICT, "");
}

static void test_labels_and_references(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    const char *json =
        "{'name':'Loan','owner':'Ada','purpose':'p','stage':'inception','in_scope':true}";
    ai_system *s = world_add(x, "system", json);
    assert_int_equal(s->owner, 1);
    REFUSED(
        work_add(
            x->w, &x->machine, &ai_system_record,
            world_json(
                x, "{'name':'B','owner':'Eve','purpose':'p','stage':'inception','in_scope':true}"),
            x->a, &row, &x->e),
        ERR_INVALID, "owner");
    REFUSED(
        work_add(x->w, &x->machine, &ai_system_record,
                 world_json(
                     x, "{'name':'B','owner':9,'purpose':'p','stage':'inception','in_scope':true}"),
                 x->a, &row, &x->e),
        ERR_INVALID, "owner");
}

static void test_rules_across(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    risk *r =
        world_add(x, "risk",
                  "{'name':'R','owner':'Ada','likelihood':3,'impact_organisation':1,"
                  "'impact_individuals':4,'impact_society':2,'status':'open','source':'C.3.4'}");
    assert_int_equal(r->inherent_level, 12);
    REFUSED(work_change(x->w, &x->machine, &risk_record, 1, 1, world_json(x, "{'source':'C.9.9'}"),
                        x->a, &row, &x->e),
            ERR_INVALID, "source");
    REFUSED(work_change(x->w, &x->machine, &risk_record, 1, 1,
                        world_json(x, "{'controls':['A.6.2.4','A.99.1']}"), x->a, &row, &x->e),
            ERR_INVALID, "controls.1");
    REFUSED(work_change(x->w, &x->machine, &risk_record, 1, 1,
                        world_json(x, "{'status':'accepted'}"), x->a, &row, &x->e),
            ERR_INVALID, "accepted_by");
    REFUSED(work_change(x->w, &x->machine, &risk_record, 1, 1,
                        world_json(x, "{'inherent_level':1}"), x->a, &row, &x->e),
            ERR_INVALID, "inherent_level");
    REFUSED(work_add(x->w, &x->machine, register_by_noun(S("plan")),
                     world_json(x, "{'name':'P','kind':'magic','system':1,'parameters':{},'fresh_"
                                   "days':1,'active':true}"),
                     x->a, &row, &x->e),
            ERR_INVALID, "kind");
}

#define PLAN_JSON                                                                                  \
    "{'name':'P','kind':'performance_eval','system':'Loan','fresh_days':1,"                        \
    "'active':true,'parameters':{'label':'y'%s},'limits':['%s<=1']}"

static void test_plans_are_checked(void **state)
{
    world *x = *state;
    void *row;
    const record *plan = register_by_noun(S("plan"));
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "system",
              "{'name':'Loan','owner':'Ada','purpose':'p','stage':'inception','in_scope':true}");
    const struct {
        const char *more, *metric, *path;
    } bad[] = {
        {"",                     "beauty",   "limits.0"             },
        {",'beauty':1",          "accuracy", "parameters.beauty"    },
        {",'limits':['auc>=1']", "accuracy", "parameters.limits"    },
        {",'confidence':2",      "accuracy", "parameters.confidence"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        doc *d = world_json(x, str_fmt(x->a, PLAN_JSON, bad[i].more, bad[i].metric).p);
        REFUSED(work_add(x->w, &x->machine, plan, d, x->a, &row, &x->e), ERR_INVALID, bad[i].path);
    }
    world_add(x, "plan", str_fmt(x->a, PLAN_JSON, "", "accuracy").p);
}

static void test_history_and_past(void **state)
{
    world *x = *state;
    void *row;
    world_clock("2026-06-01T00:00:00Z");
    world_add(x, "person", "{'name':'Ada','unit':'Credit'}");
    world_clock("2026-07-01T00:00:00Z");
    MUST(work_change(x->w, &x->machine, &person_record, 1, 1, world_json(x, "{'unit':'Risk'}"),
                     x->a, &row, &x->e));
    int64_t june;
    assert_true(clock_parse_date(S("2026-06-30"), &june));
    MUST(work_get(x->w, &x->machine, &person_record, 1, june, x->a, &row, &x->e));
    assert_true(str_eqz(((person *)row)->unit, "Credit"));
    buf b = buf_open(x->a, 1 << 20);
    jw w = jw_open(&b);
    MUST(work_history(x->w, &x->machine, &person_record, 1, &w, &x->e));
    doc *d;
    MUST(doc_parse(x->a, buf_str(&b), 1 << 20, &d, &x->e));
    assert_int_equal(d->n, 2);
    assert_int_equal(doc_int(&d->at[0], "version", 0), 2);
    const doc *change = &doc_get(&d->at[0], "changes")->at[0];
    assert_true(str_eqz(doc_str(change, "field"), "unit") &&
                str_eqz(doc_str(change, "from"), "Credit"));
    assert_true(doc_int(&d->at[0], "leaf", -1) > doc_int(&d->at[1], "leaf", -1));
}

static void test_denial_is_logged(void **state)
{
    world *x = *state;
    void *row;
    actor reader = {.account = 7, .name = S("reader"), .via = "http", .caps = 1u << CAP_READ};
    str leaf;
    REFUSED(
        work_add(x->w, &reader, &person_record, world_json(x, "{'name':'Eve'}"), x->a, &row, &x->e),
        ERR_DENIED, "");
    assert_int_equal(world_acts(x, "access.denied", &leaf), 1);
    assert_non_null(strstr(leaf.p, "\"needs\":\"edit\""));
    assert_non_null(strstr(leaf.p, "\"account\":7"));
    assert_int_equal(world_acts(x, "person.add", NULL), 0);
}

static void test_erasing_keeps_the_log(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada Lovelace','email':'ada@example.org','unit':'Credit'}");
    MUST(work_change(x->w, &x->machine, &person_record, 1, 1,
                     world_json(x, "{'email':'al@example.org'}"), x->a, &row, &x->e));
    digest request = hash_bytes("r", 1);
    int64_t status;
    str kept;
    MUST(idempotency_begin(x->w, &x->machine, S("key"), request, x->a, &status, &kept, &x->e));
    MUST(idempotency_keep(x->w, &x->machine, S("key"), 201, S("Ada Lovelace"), &x->e));
    buf b = buf_open(x->a, 1 << 20);
    jw w = jw_open(&b);
    MUST(work_erase(x->w, &x->machine, &person_record, 1, &w, &x->e));
    assert_non_null(strstr(buf_str(&b).p, "\"email\""));
    MUST(work_get(x->w, &x->machine, &person_record, 1, 0, x->a, &row, &x->e));
    assert_null(((person *)row)->email.p);
    assert_null(strstr(((person *)row)->name.p, "Ada"));
    assert_true(str_eqz(((person *)row)->unit, "Credit"));
    buf h = buf_open(x->a, 1 << 20);
    jw hw = jw_open(&h);
    MUST(work_history(x->w, &x->machine, &person_record, 1, &hw, &x->e));
    assert_null(strstr(buf_str(&h).p, "example.org"));
    assert_null(strstr(buf_str(&h).p, "Lovelace"));
    verify_report r;
    MUST(work_log_verify(x->w, &x->machine, x->a, &r, &x->e));
    assert_int_equal(r.total, 0);
    assert_int_equal(world_acts(x, "person.erase", NULL), 1);
    /* Nor does a kept reply remember. */
    MUST(idempotency_begin(x->w, &x->machine, S("key"), request, x->a, &status, &kept, &x->e));
    assert_int_equal(status, 0);
    REFUSED(work_erase(x->w, &x->machine, &ai_system_record, 1, &w, &x->e), ERR_INVALID, "");
}

static void test_approval(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "document",
              "{'name':'AI policy','kind':'policy_document','edition':'1','owner':'Ada','body':'We "
              "care.',"
              "'controls':['A.2.2','5.2']}");
    MUST(work_approve(x->w, &x->machine, 1, 1, 1, x->a, &row, &x->e));
    document *d = row;
    assert_int_equal(d->status, DOCUMENT_APPROVED);
    assert_int_equal(world_acts(x, "document.approve", NULL), 1);
    assert_int_equal(world_acts(x, "evidence.add", NULL), 1);
    /* Another text is a draft again. */
    MUST(work_change(x->w, &x->machine, &document_record, 1, d->head.version,
                     world_json(x, "{'body':'We do not.'}"), x->a, &row, &x->e));
    assert_int_equal(((document *)row)->status, DOCUMENT_DRAFT);
    REFUSED(work_change(x->w, &x->machine, &document_record, 1, ((document *)row)->head.version,
                        world_json(x, "{'status':'approved'}"), x->a, &row, &x->e),
            ERR_INVALID, "status");
}

static void test_second_process(void **state)
{
    world *x = *state;
    struct work *other;
    arena *a = arena_open();
    err e = ERR_IN(a);
    work_options o = {.dir = x->dir.p};
    assert_false(work_open(a, &o, &other, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    /* Reading beside it is fine, writing is not. */
    o.read_only = true;
    assert_true(work_open(a, &o, &other, &e));
    void *row;
    assert_false(
        work_add(other, &x->machine, &person_record, world_json(x, "{'name':'Eve'}"), a, &row, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    arena_close(a);
}

static void test_restart_keeps_everything(void **state)
{
    world *x = *state;
    void *row;
    world_add(x, "person", "{'name':'Ada'}");
    world_again(x);
    MUST(work_find(x->w, &x->machine, &person_record, S("Ada"), x->a, &row, &x->e));
    verify_report r;
    MUST(work_log_verify(x->w, &x->machine, x->a, &r, &x->e));
    assert_int_equal(r.total, 0);
}

/* As the shell completes the name of an empty directory. */
static void test_init_with_a_slash(void **state)
{
    world *x = *state;
    str dir = world_temp(x->a);
    init_options o = {.dir = str_fmt(x->a, "%s//", dir.p).p};
    struct work *w;
    work_options there = {.dir = dir.p};
    MUST(work_init(&o, &x->e));
    MUST(work_open(x->a, &there, &w, &x->e));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        T(test_add_is_one_leaf),  T(test_change_needs_version),     T(test_labels_and_references),
        T(test_rules_across),     T(test_plans_are_checked),        T(test_history_and_past),
        T(test_denial_is_logged), T(test_erasing_keeps_the_log),    T(test_approval),
        T(test_second_process),   T(test_restart_keeps_everything), T(test_init_with_a_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
