/* test_jobs.c - the queue, its leases, and an engine process that does all it should not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "characters.h"
#include "register/dataset.h"
#include "register/measurement.h"
#include "register/plan.h"
#include "work/assess.h"
#include "work/files.h"
#include "work/jobs_impl.h"
#include "work/prove.h"
#include "world.h"
#include <ftw.h>
#include <pthread.h>
#include <unistd.h>

/* ---- a world with one plan ---- */

static const char data[] = "truth,guess,grp\n1,1,a\n0,0,a\n1,0,a\n1,1,b\n0,1,b\n0,0,b\n";

/* The plan measures `csv`; the name of the data chooses the engine's character. */
static void declare(world *x, const char *name, str csv, const char *more)
{
    file_info f;
    MUST(work_put_bytes(x->w, &x->machine, csv, S("data.csv"), x->a, &f, &x->e));
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "system",
              "{'name':'Loan','owner':'Ada','purpose':'p','stage':'deployment','in_scope':true}");
    world_add(x, "dataset", "{'name':'Data','personal_data':'none'}");
    world_add(x, "dataset-version",
              str_fmt(x->a, "{'name':'%s','dataset':'Data','edition':'1','file_sha256':'%s'}", name,
                      digest_hex(x->a, f.sha256).p)
                  .p);
    world_add(x, "plan",
              str_fmt(x->a,
                      "{'name':'Bias','kind':'bias_fairness_test','system':'Loan','fresh_days':30,"
                      "'active':true,'dataset_version':'%s',%s}",
                      name, more)
                  .p);
}

#define PARAMETERS                                                                                 \
    "'parameters':{'label':'truth','positive':'1','prediction':'guess','groups':['grp'],"          \
    "'resamples':100,'min_group':1},'limits':['demographic_parity_difference<=1']"

static void be(world *x, const char *name)
{
    declare(x, name, str_of(data), PARAMETERS);
}

static job queue_it(world *x)
{
    job j = {0};
    MUST(
        job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':'Bias'}"), x->a, &j, &x->e));
    return j;
}

static job look(world *x, int64_t id)
{
    job j = {0};
    MUST(job_get(x->w, &x->machine, id, x->a, &j, &x->e));
    return j;
}

static bool run_one(world *x)
{
    static const atomic_bool go_on = false;
    bool ran = false;
    MUST(job_run_one(x->w, &go_on, &ran, &x->e));
    return ran;
}

static bool exec_tx(struct tx *t, void *ctx, err *e)
{
    return tx_exec(t, ctx, NULL, 0, NULL, e);
}

/* What only a dead runner or the passing of time would do. */
static void sql(world *x, const char *text)
{
    MUST(store_write(x->w->store, exec_tx, (void *)(uintptr_t)text, &x->e));
}

static void expect_error(world *x, const job *j, const char *code, const char *part)
{
    doc *d;
    assert_non_null(j->error.p);
    MUST(doc_parse(x->a, j->error, 1 << 16, &d, &x->e));
    if (!str_eqz(doc_str(d, "code"), code) || !memmem(j->error.p, j->error.n, part, strlen(part)))
        fail_msg("wanted %s '%s', got %.*s", code, part, STR_ARG(j->error));
}

/* ---- the queue ---- */

static void test_queue(void **state)
{
    world *x = *state;
    job j, *list;
    size_t n;
    be(x, "Good");
    REFUSED(job_add(x->w, &x->machine, S("bake"), world_json(x, "{}"), x->a, &j, &x->e),
            ERR_INVALID, "kind");
    REFUSED(job_add(x->w, &x->machine, S("assess"), world_json(x, "{}"), x->a, &j, &x->e),
            ERR_INVALID, "payload");
    REFUSED(job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':'Bias','x':1}"), x->a,
                    &j, &x->e),
            ERR_INVALID, "payload");
    REFUSED(job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':'Nowhere'}"), x->a, &j,
                    &x->e),
            ERR_NOT_FOUND, "payload.plan");
    actor reader = {.name = S("reader"), .via = "cli", .caps = 1u << CAP_READ};
    REFUSED(job_add(x->w, &reader, S("assess"), world_json(x, "{'plan':'Bias'}"), x->a, &j, &x->e),
            ERR_DENIED, "");
    assert_false(run_one(x));
    job first = queue_it(x), second = queue_it(x);
    assert_string_equal(first.state.p, "queued");
    assert_string_equal(first.payload.p, "{\"plan\":1}");
    MUST(job_list(x->w, &reader, INT64_MAX, 10, x->a, &list, &n, &x->e));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].id, second.id);
    MUST(job_list(x->w, &reader, second.id, 10, x->a, &list, &n, &x->e));
    assert_int_equal(n, 1);
    REFUSED(job_list(x->w, &reader, second.id, 0, x->a, &list, &n, &x->e), ERR_INVALID, "limit");
    REFUSED(job_get(x->w, &reader, 77, x->a, &j, &x->e), ERR_NOT_FOUND, "id");
    REFUSED(job_cancel(x->w, &reader, first.id, x->a, &j, &x->e), ERR_DENIED, "");
    MUST(job_cancel(x->w, &x->machine, first.id, x->a, &j, &x->e));
    assert_string_equal(j.state.p, "cancelled");
    REFUSED(job_cancel(x->w, &x->machine, first.id, x->a, &j, &x->e), ERR_CONFLICT, "state");
    assert_int_equal(world_acts(x, "job.add", NULL), 2);
    assert_int_equal(world_acts(x, "job.cancel", NULL), 1);
    assert_true(run_one(x));
    assert_false(run_one(x));
    assert_string_equal(look(x, second.id).state.p, "done");
    assert_string_equal(look(x, first.id).state.p, "cancelled");
}

static void test_needs_its_files(void **state)
{
    world *x = *state;
    job j;
    be(x, "Good");
    void *row;
    const dataset_version *v;
    MUST(work_find(x->w, &x->machine, &dataset_version_record, S("Good"), x->a, &row, &x->e));
    v = row;
    doc *none = world_json(x, "{'file_sha256':null}");
    MUST(work_change(x->w, &x->machine, &dataset_version_record, v->head.id, v->head.version, none,
                     x->a, &row, &x->e));
    REFUSED(job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':1}"), x->a, &j, &x->e),
            ERR_INVALID, "dataset_version");
    doc *other = world_json(x, "{'file_sha256':'0123456789012345678901234567890123456789012345678"
                               "901234567890123'}");
    v = row;
    MUST(work_change(x->w, &x->machine, &dataset_version_record, v->head.id, v->head.version, other,
                     x->a, &row, &x->e));
    REFUSED(job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':1}"), x->a, &j, &x->e),
            ERR_NOT_FOUND, "dataset_version.sha256");
}

/* ---- a good engine ---- */

static void test_end_to_end(void **state)
{
    world *x = *state;
    void *row;
    str leaf = {0};
    be(x, "Good");
    job j = queue_it(x);
    assert_true(run_one(x));
    j = look(x, j.id);
    if (!str_eqz(j.state, "done")) fail_msg("%.*s: %.*s", STR_ARG(j.state), STR_ARG(j.error));
    assert_true(j.progress == 1 && j.attempts == 1 && j.finished_at >= j.started_at);
    doc *d;
    MUST(doc_parse(x->a, j.result, 1 << 16, &d, &x->e));
    MUST(work_get(x->w, &x->machine, &measurement_record, doc_int(d, "measurement", 0), 0, x->a,
                  &row, &x->e));
    const measurement *m = row;
    assert_true(m->plan == 1 && m->n_rows == 6 && m->dataset_version == 1);
    assert_int_equal(world_acts(x, "job.done", &leaf), 1);
    assert_non_null(memmem(leaf.p, leaf.n, "\"measurement\":1", 15));
    assert_non_null(memmem(leaf.p, leaf.n, "\"via\":\"job\"", 11));
}

/* What the engine refuses arrives with its code, path and hint, and is not tried again. */
static void test_refusal_of_the_engine(void **state)
{
    world *x = *state;
    declare(x, "Broken", S("truth,guess,grp\n1,1\n"), PARAMETERS);
    job j = queue_it(x);
    assert_true(run_one(x));
    j = look(x, j.id);
    assert_string_equal(j.state.p, "failed");
    expect_error(x, &j, "invalid", "Broken:2");
    assert_int_equal(world_acts(x, "job.fail", NULL), 1);
}

/* The figures are those of the same engine outside the sandbox, byte for byte. */
static void test_real_data(void **state)
{
    world *x = *state;
    const char *set = getenv("AIMS_SHARED");
    str path = str_fmt(x->a, "%s/data/compas_two_years.csv", set ? set : AIMS_SOURCE "/../shared");
    if (!file_exists(path.p)) {
        print_message("SKIP: no %s\n", path.p);
        skip();
    }
    str csv;
    struct plan *p;
    void *row;
    assessment direct;
    assess_run r = {.data = path.p};
    MUST(file_read(x->a, path.p, 1 << 24, &csv, &x->e));
    declare(x, "COMPAS", csv,
            "'parameters':{'label':'two_year_recid','score':'decile_score','threshold':5,"
            "'groups':['race','sex'],'where':'days_b_screening_arrest <= 30'},"
            "'limits':['equalized_odds_difference<=0.1']");
    job j = queue_it(x);
    assert_true(run_one(x));
    j = look(x, j.id);
    if (!str_eqz(j.state, "done")) fail_msg("%.*s: %.*s", STR_ARG(j.state), STR_ARG(j.error));
    MUST(work_get(x->w, &x->machine, &measurement_record, 1, 0, x->a, &row, &x->e));
    const measurement *m = row;
    MUST(work_plan(x->w, &x->machine, S("Bias"), x->a, &p, &r.plan, &x->e));
    MUST(assess(&r, x->a, &direct, &x->e));
    handed_in h;
    MUST(work_hand_in(x->w, &x->machine, direct.json, S("Bias"), (str){0}, x->a, &h, &x->e));
    MUST(work_get(x->w, &x->machine, &measurement_record, h.measurement, 0, x->a, &row, &x->e));
    const measurement *n = row;
    assert_true(m->metrics.n > 1000);
    assert_string_equal(m->metrics.p, n->metrics.p);
    assert_int_equal(m->verdict, n->verdict);
    assert_int_equal(m->n_rows, 7214);
}

/* The engine asks a model; the two files reach it in their places. */
static void test_model(void **state)
{
    world *x = *state;
    str path = str_fmt(x->a, "%s/fuzz/corpus/model/binary.json", AIMS_SOURCE), model;
    file_info f;
    void *row;
    MUST(file_read(x->a, path.p, 1 << 20, &model, &x->e));
    MUST(work_put_bytes(x->w, &x->machine, model, S("m.json"), x->a, &f, &x->e));
    world_add(x, "model", "{'name':'Trees'}");
    world_add(x, "model-version",
              str_fmt(x->a,
                      "{'name':'Trees 1','model':'Trees','edition':'1','status':'candidate',"
                      "'artefact_sha256':'%s'}",
                      digest_hex(x->a, f.sha256).p)
                  .p);
    declare(x, "Good", S("a,b,truth,grp\n0.1,1,1,x\n0.9,2,0,y\n0.2,0,1,x\n0.8,1,0,y\n"),
            "'model_version':'Trees 1','parameters':{'label':'truth','groups':['grp'],"
            "'features':['a','b'],'resamples':100,'min_group':1}");
    job j = queue_it(x);
    assert_true(run_one(x));
    j = look(x, j.id);
    if (!str_eqz(j.state, "done")) fail_msg("%.*s: %.*s", STR_ARG(j.state), STR_ARG(j.error));
    MUST(work_get(x->w, &x->machine, &measurement_record, 1, 0, x->a, &row, &x->e));
    const measurement *m = row;
    assert_int_equal(m->model_version, 1);
    assert_true(str_eq(m->model_sha256, digest_hex(x->a, f.sha256)));
}

/* ---- reference data ---- */

static str shifted(world *x, int by)
{
    buf b = buf_open(x->a, 1 << 16);
    buf_putz(&b, "age,city\n");
    for (int i = 0; i < 600; i++)
        buf_fmt(&b, "%d,%s\n", 20 + (i * 37) % 50 + by, i % 3 ? "Kiel" : "Bonn");
    return buf_str(&b);
}

static void store_version(world *x, const char *name, str csv)
{
    file_info f;
    MUST(work_put_bytes(x->w, &x->machine, csv, S("d.csv"), x->a, &f, &x->e));
    world_add(x, "dataset-version",
              str_fmt(x->a, "{'name':'%s','dataset':'Data','edition':'%s','file_sha256':'%s'}",
                      name, name, digest_hex(x->a, f.sha256).p)
                  .p);
}

#define DRIFT                                                                                      \
    "'kind':'drift_monitor','system':'Loan','fresh_days':30,'active':true,'parameters':{},"        \
    "'limits':['population_stability_index[column=age]<=0.2'],"

static void declare_drift(world *x)
{
    be(x, "Good");
    store_version(x, "Then", shifted(x, 0));
    store_version(x, "Now", shifted(x, 30));
    world_add(x, "plan",
              "{'name':'Drift'," DRIFT "'dataset_version':'Now','reference_version':'Then'}");
}

static const measurement *done(world *x, const char *plan_name)
{
    job j;
    doc *d;
    void *row;
    MUST(job_add(x->w, &x->machine, S("assess"),
                 world_json(x, str_fmt(x->a, "{'plan':'%s'}", plan_name).p), x->a, &j, &x->e));
    assert_true(run_one(x));
    j = look(x, j.id);
    if (!str_eqz(j.state, "done")) fail_msg("%.*s: %.*s", STR_ARG(j.state), STR_ARG(j.error));
    MUST(doc_parse(x->a, j.result, 1 << 16, &d, &x->e));
    MUST(work_get(x->w, &x->machine, &measurement_record, doc_int(d, "measurement", 0), 0, x->a,
                  &row, &x->e));
    return row;
}

static void test_reference(void **state)
{
    world *x = *state;
    job j;
    declare_drift(x);
    const measurement *m = done(x, "Drift");
    str then = shifted(x, 0);
    assert_int_equal(m->verdict, RV_FAIL);
    assert_true(m->dataset_version == 3 && m->reference_version == 2);
    assert_true(str_eq(m->reference_sha256, digest_hex(x->a, hash_bytes(then.p, then.n))));
    /* Without reference it is run by hand only. */
    world_add(x, "plan", "{'name':'By hand'," DRIFT "'dataset_version':'Now'}");
    REFUSED(job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':'By hand'}"), x->a, &j,
                    &x->e),
            ERR_INVALID, "plan.reference_version");
    void *row;
    MUST(work_find(x->w, &x->machine, &plan_record, S("By hand"), x->a, &row, &x->e));
    const row_head *h = row;
    REFUSED(work_change(x->w, &x->machine, &plan_record, h->id, h->version,
                        world_json(x, "{'every_days':7}"), x->a, &row, &x->e),
            ERR_INVALID, "reference_version");
}

/* ---- repetitions ---- */

#define AGAIN                                                                                      \
    "'kind':'reproducible_run','fresh_days':30,'active':true,'every_days':30,"                     \
    "'limits':['reproduced>=1'],"

static void test_repetition(void **state)
{
    world *x = *state;
    job j;
    declare_drift(x);
    world_add(x, "plan",
              "{'name':'Again'," AGAIN
              "'system':'Loan','parameters':{'options':{'plan':'Drift'}}}");
    REFUSED(
        job_add(x->w, &x->machine, S("assess"), world_json(x, "{'plan':'Again'}"), x->a, &j, &x->e),
        ERR_CONFLICT, "options.plan");
    done(x, "Drift");
    const measurement *first = done(x, "Drift"), *m = done(x, "Again");
    assert_int_equal(m->verdict, RV_PASS);
    assert_int_equal(m->repeats, first->head.id);
    assert_true(str_eq(m->dataset_sha256, first->dataset_sha256) &&
                str_eq(m->reference_sha256, first->reference_sha256));
}

static void refuse_plan(world *x, const char *json, const char *path)
{
    void *row;
    REFUSED(work_add(x->w, &x->machine, &plan_record, world_json(x, json), x->a, &row, &x->e),
            ERR_INVALID, path);
}

static void test_what_is_repeated(void **state)
{
    world *x = *state;
    void *row;
    declare_drift(x);
    world_add(x, "system",
              "{'name':'Other','owner':'Ada','purpose':'p','stage':'deployment','in_scope':true}");
    world_add(x, "plan",
              "{'name':'Again'," AGAIN
              "'system':'Loan','parameters':{'options':{'plan':'Drift'}}}");
    refuse_plan(x, "{'name':'N'," AGAIN "'system':'Loan','parameters':{}}",
                "parameters.options.plan");
    refuse_plan(x,
                "{'name':'N'," AGAIN "'system':'Loan','parameters':{'options':{'plan':'Again'}}}",
                "parameters.options.plan");
    refuse_plan(x,
                "{'name':'N'," AGAIN "'system':'Other','parameters':{'options':{'plan':'Drift'}}}",
                "parameters.options.plan");
    assert_false(work_add(x->w, &x->machine, &plan_record,
                          world_json(x, "{'name':'N'," AGAIN
                                        "'system':'Loan','parameters':{'options':{'plan':'X'}}}"),
                          x->a, &row, &x->e));
    assert_int_equal(x->e.code, ERR_NOT_FOUND);
    x->e = ERR_IN(x->a);
}

/* ---- bad engines ---- */

static void expect_fate(world *x, const char *name, int64_t attempts, const char *code,
                        const char *part)
{
    be(x, name);
    job j = queue_it(x);
    for (int64_t i = 1; i <= attempts; i++) {
        assert_true(run_one(x));
        j = look(x, j.id);
        assert_int_equal(j.attempts, i);
        expect_error(x, &j, code, part);
        assert_string_equal(j.state.p, i < attempts ? "queued" : "failed");
        assert_false(run_one(x)); /* not before its time */
        sql(x, "UPDATE job SET run_after = 0");
    }
    assert_false(run_one(x));
    assert_int_equal(world_acts(x, "job.fail", NULL), 1);
    assert_int_equal(world_acts(x, "measurement.add", NULL), 0);
}

#define FATE(character, attempts, code, part)                                                      \
    static void test_##character(void **state)                                                     \
    {                                                                                              \
        expect_fate(*state, #character, attempts, code, part);                                     \
    }
FATE(segv, 3, "internal", "signal 11 (SIGSEGV)")
FATE(socket, 1, "denied", "seccomp")
FATE(greedy, 1, "too_large", "more memory")
FATE(busy, 1, "too_large", "CPU time")
FATE(silent, 3, "internal", "without a result")
FATE(killed, 3, "unavailable", "killed")
FATE(babbling, 1, "denied", "must not")
FATE(boasting, 1, "denied", "must not")
FATE(twice, 1, "denied", "must not")
FATE(empty, 1, "invalid", "")
FATE(endless, 1, "denied", "too much")
FATE(refusing, 1, "invalid", "no such column")
FATE(mumbling, 3, "internal", "without saying why")
FATE(deaf, 3, "unavailable", "killed")

/* A sound result about other data than it was given. */
static void test_lie(void **state)
{
    world *x = *state;
    assessment got;
    struct plan *p;
    str dir = world_temp(x->a), other = str_fmt(x->a, "%s/other.csv", dir.p),
        lie = str_fmt(x->a, "%s/lie.json", dir.p);
    MUST(file_create(other.p, str_fmt(x->a, "%s1,1,a\n", data), 0600, &x->e));
    be(x, str_fmt(x->a, "lie:%s", lie.p).p);
    assess_run r = {.data = other.p};
    MUST(work_plan(x->w, &x->machine, S("Bias"), x->a, &p, &r.plan, &x->e));
    MUST(assess(&r, x->a, &got, &x->e));
    MUST(file_create(lie.p, got.json, 0600, &x->e));
    job j = queue_it(x);
    assert_true(run_one(x));
    j = look(x, j.id);
    assert_string_equal(j.state.p, "failed");
    expect_error(x, &j, "denied", "other files");
    assert_int_equal(world_acts(x, "measurement.add", NULL), 0);
}

/* ---- leases ---- */

struct runner {
    world *x;
    atomic_bool stop;
    bool ok, ran;
    pthread_t thread;
};

static void *run_thread(void *p)
{
    struct runner *r = p;
    arena *a = arena_open();
    err e = ERR_IN(a);
    r->ok = job_run_one(r->x->w, &r->stop, &r->ran, &e);
    arena_close(a);
    return NULL;
}

static void start(struct runner *r)
{
    assert_int_equal(pthread_create(&r->thread, NULL, run_thread, r), 0);
}

static void finish(struct runner *r)
{
    pthread_join(r->thread, NULL);
    assert_true(r->ok && r->ran);
}

/* Until the engine has spoken and the runner has written it down. */
static void await_progress(world *x, int64_t id)
{
    for (int i = 0; i < 3000; i++) {
        job j = look(x, id);
        if (str_eqz(j.state, "running") && j.progress == 0.25) return;
        usleep(10000);
    }
    fail_msg("the engine never began");
}

static void test_cancel_running(void **state)
{
    world *x = *state;
    be(x, "waiting");
    job j = queue_it(x);
    struct runner r = {.x = x};
    start(&r);
    await_progress(x, j.id);
    MUST(job_cancel(x->w, &x->machine, j.id, x->a, &j, &x->e));
    assert_string_equal(j.state.p, "running");
    assert_true(j.cancel_requested);
    job again;
    REFUSED(job_cancel(x->w, &x->machine, j.id, x->a, &again, &x->e), ERR_CONFLICT, "state");
    finish(&r);
    j = look(x, j.id);
    assert_string_equal(j.state.p, "cancelled");
    assert_null(j.error.p);
    assert_int_equal(world_acts(x, "job.cancel", NULL), 1);
}

static void test_stop_gives_back(void **state)
{
    world *x = *state;
    be(x, "waiting");
    job j = queue_it(x);
    struct runner r = {.x = x};
    start(&r);
    await_progress(x, j.id);
    r.stop = true;
    finish(&r);
    j = look(x, j.id);
    assert_string_equal(j.state.p, "queued");
    assert_int_equal(j.attempts, 0);
}

/* Its lease runs out behind its back (a stopped machine): another takes the job over, and the
 * first one leaves it alone. */
static void test_takeover(void **state)
{
    world *x = *state;
    be(x, "waiting");
    job j = queue_it(x);
    struct runner first = {.x = x}, second = {.x = x};
    start(&first);
    await_progress(x, j.id);
    assert_false(run_one(x));
    sql(x, "UPDATE job SET lease_until = 1, progress = 0");
    start(&second);
    finish(&first);
    await_progress(x, j.id);
    assert_int_equal(look(x, j.id).attempts, 2);
    second.stop = true;
    finish(&second);
    j = look(x, j.id);
    assert_string_equal(j.state.p, "queued");
    assert_int_equal(j.attempts, 1);
    assert_int_equal(world_acts(x, "job.fail", NULL), 0);
}

static void test_restart(void **state)
{
    world *x = *state;
    be(x, "Good");
    int64_t id = queue_it(x).id;
    world_again(x);
    /* As if the machine had died in the middle. */
    sql(x, "UPDATE job SET state = 'running', attempts = 1, lease_owner = 'gone', lease_until = 5");
    assert_true(run_one(x));
    job j = look(x, id);
    assert_string_equal(j.state.p, "done");
    assert_int_equal(j.attempts, 2);
}

static void test_three_deaths_are_enough(void **state)
{
    world *x = *state;
    be(x, "Good");
    job j = queue_it(x);
    sql(x, "UPDATE job SET state = 'running', attempts = 3, lease_owner = 'gone', lease_until = 5");
    assert_true(run_one(x));
    j = look(x, j.id);
    assert_string_equal(j.state.p, "failed");
    expect_error(x, &j, "invalid", "3 times");
}

static void test_cancelled_while_nobody_ran_it(void **state)
{
    world *x = *state;
    be(x, "Good");
    job j = queue_it(x);
    sql(x, "UPDATE job SET state = 'running', attempts = 1, lease_owner = 'gone', lease_until = 5");
    MUST(job_cancel(x->w, &x->machine, j.id, x->a, &j, &x->e));
    assert_true(run_one(x));
    assert_string_equal(look(x, j.id).state.p, "cancelled");
    assert_int_equal(world_acts(x, "measurement.add", NULL), 0);
}

static void *drain(void *p)
{
    struct runner *r = p;
    arena *a = arena_open();
    err e = ERR_IN(a);
    int idle = 0;
    do {
        r->ok = job_run_one(r->x->w, &r->stop, &r->ran, &e);
        idle = r->ran ? 0 : idle + 1;
    } while (r->ok && idle < 20);
    arena_close(a);
    return NULL;
}

/* Runners of `x` and `y`, which share one queue, run every job exactly once. */
static void share(world *x, world *y, int jobs)
{
    struct runner r[4] = {{.x = x}, {.x = y}, {.x = x}, {.x = y}};
    for (int i = 0; i < jobs; i++)
        queue_it(x);
    for (size_t i = 0; i < COUNT(r); i++)
        assert_int_equal(pthread_create(&r[i].thread, NULL, drain, &r[i]), 0);
    for (size_t i = 0; i < COUNT(r); i++) {
        pthread_join(r[i].thread, NULL);
        assert_true(r[i].ok);
    }
    for (int i = 1; i <= jobs; i++) {
        job j = look(x, i);
        assert_string_equal(j.state.p, "failed");
        assert_int_equal(j.attempts, 1);
    }
    assert_int_equal(world_acts(x, "job.fail", NULL), jobs);
}

static void test_many_runners(void **state)
{
    world *x = *state;
    be(x, "refusing");
    share(x, x, 30);
}

static const char *copy_from, *copy_to;

static int copy_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)walk;
    arena *a = arena_open();
    err e = ERR_IN(a);
    str bytes, to = str_fmt(a, "%s%s", copy_to, path + strlen(copy_from));
    bool ok = type == FTW_D
                  ? file_mkdirs(to.p, 0700, &e)
                  : file_read(a, path, 1 << 24, &bytes, &e) && file_create(to.p, bytes, 0600, &e);
    arena_close(a);
    return ok ? 0 : -1;
}

/* Two nodes, each with a directory of its own, on one PostgreSQL. */
static void test_two_nodes(void **state)
{
    world *x = *state, y = *x;
    if (!getenv("AIMS_TEST_PG")) {
        print_message("SKIP: one SQLite file has one node\n");
        skip();
    }
    be(x, "refusing");
    y.dir = str_fmt(x->a, "%s.second", x->dir.p);
    y.a = arena_open();
    y.e = ERR_IN(y.a);
    copy_from = x->dir.p;
    copy_to = y.dir.p;
    assert_int_equal(nftw(copy_from, copy_one, 16, FTW_PHYS), 0);
    work_options o = {.dir = y.dir.p};
    bool ok = work_open(y.a, &o, &y.w, &y.e);
    if (!ok) fail_msg("%.*s", STR_ARG(y.e.msg));
    share(x, &y, 30);
    arena_close(y.a);
}

/* ---- who ---- */

static void test_acts_for_its_account(void **state)
{
    world *x = *state;
    account_info info;
    actor eve;
    str code;
    be(x, "Good");
    MUST(account_add(x->w, &x->machine, S("eve"), S("engineer"), 0, x->a, &info, &code, &x->e));
    MUST(account_actor(x->w, S("eve"), "http", x->a, &eve, &x->e));
    job first, second;
    doc *payload = world_json(x, "{'plan':'Bias'}");
    MUST(job_add(x->w, &eve, S("assess"), payload, x->a, &first, &x->e));
    MUST(job_add(x->w, &eve, S("assess"), payload, x->a, &second, &x->e));
    assert_int_equal(first.created_by, info.id);
    assert_true(run_one(x));
    str leaf;
    assert_int_equal(world_acts(x, "measurement.add", &leaf), 1);
    str by = str_fmt(x->a, "\"by\":{\"account\":%lld,\"via\":\"job\"}", (long long)info.id);
    assert_non_null(memmem(leaf.p, leaf.n, by.p, by.n));
    MUST(account_change(x->w, &x->machine, S("eve"), (str){0}, -1, true, &x->e));
    assert_true(run_one(x));
    job j = look(x, second.id);
    assert_string_equal(j.state.p, "failed");
    expect_error(x, &j, "denied", "eve");
}

/* ---- plans that are due ---- */

static size_t queued(world *x)
{
    job *list;
    size_t n, waiting = 0;
    MUST(job_list(x->w, &x->machine, INT64_MAX, 100, x->a, &list, &n, &x->e));
    for (size_t i = 0; i < n; i++)
        waiting += str_eqz(list[i].state, "queued");
    return waiting;
}

static void test_schedule(void **state)
{
    world *x = *state;
    world_clock("2026-06-01T00:00:00Z");
    declare(x, "Good", str_of(data), PARAMETERS ",'every_days':7");
    MUST(job_schedule(x->w, &x->e));
    MUST(job_schedule(x->w, &x->e));
    assert_int_equal(queued(x), 1);
    assert_true(run_one(x));
    assert_string_equal(look(x, 1).state.p, "done");
    assert_int_equal(look(x, 1).created_by, 0);
    world_clock("2026-06-07T23:59:59Z");
    MUST(job_schedule(x->w, &x->e));
    assert_int_equal(queued(x), 0);
    world_clock("2026-06-08T00:00:01Z");
    MUST(job_schedule(x->w, &x->e));
    assert_int_equal(queued(x), 1);
}

/* A plan that fails is tried again after a day, not every minute. */
static void test_schedule_after_failure(void **state)
{
    world *x = *state;
    world_clock("2026-06-01T00:00:00Z");
    declare(x, "Broken", S("truth\n1\n"), PARAMETERS ",'every_days':7");
    MUST(job_schedule(x->w, &x->e));
    assert_true(run_one(x));
    assert_string_equal(look(x, 1).state.p, "failed");
    world_clock("2026-06-01T23:00:00Z");
    MUST(job_schedule(x->w, &x->e));
    assert_int_equal(queued(x), 0);
    world_clock("2026-06-02T00:00:01Z");
    MUST(job_schedule(x->w, &x->e));
    assert_int_equal(queued(x), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "job-child") == 0) return engine_main();
    log_threshold(LOG_ERROR); /* failing is what most of them are for */
    const struct CMUnitTest tests[] = {
        TEST(test_queue),
        TEST(test_needs_its_files),
        TEST(test_end_to_end),
        TEST(test_refusal_of_the_engine),
        TEST(test_real_data),
        TEST(test_model),
        TEST(test_reference),
        TEST(test_repetition),
        TEST(test_what_is_repeated),
        TEST(test_segv),
        TEST(test_socket),
        TEST(test_greedy),
        TEST(test_busy),
        TEST(test_silent),
        TEST(test_killed),
        TEST(test_babbling),
        TEST(test_boasting),
        TEST(test_twice),
        TEST(test_empty),
        TEST(test_endless),
        TEST(test_refusing),
        TEST(test_mumbling),
        TEST(test_deaf),
        TEST(test_lie),
        TEST(test_cancel_running),
        TEST(test_stop_gives_back),
        TEST(test_takeover),
        TEST(test_restart),
        TEST(test_three_deaths_are_enough),
        TEST(test_cancelled_while_nobody_ran_it),
        TEST(test_many_runners),
        TEST(test_two_nodes),
        TEST(test_acts_for_its_account),
        TEST(test_schedule),
        TEST(test_schedule_after_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
