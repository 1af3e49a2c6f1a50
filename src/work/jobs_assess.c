/* jobs_assess.c - the job "assess": measures what a plan names, hands the result in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/relay.h"
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/measurement.h"
#include "register/model.h"
#include "register/plan.h"
#include "work/assess.h"
#include "work/endpoints.h"
#include "work/files.h"
#include "work/jobs_impl.h"
#include "work/records.h"
#include "work/result.h"

enum { DATA, MODEL, REFERENCE, RECORDED };

struct input {
    bool there;
    str name;
    digest file;
};

struct subject {
    str endpoint; /* where the model answers, when it has no file; else absent */
    plan *plan;
    measure_plan how;
    const measure_kind *kind;
    str system;
    struct input inputs[JOB_FILES]; /* DATA is there always */
};

static bool plan_named(const doc *payload, arena *a, str *ret, err *e)
{
    const doc *d = doc_get(payload, "plan");
    bool fine = d && (d->kind == DOC_INT || (d->kind == DOC_STR && d->s.n));
    if (!fine || payload->n != 1)
        return err_set(e, ERR_INVALID, S("payload"), S("give {\"plan\": name or id}"),
                       "the payload of an assess job has one member, 'plan'");
    *ret = d->kind == DOC_INT ? str_fmt(a, "%lld", (long long)d->i) : d->s;
    return true;
}

static bool in_use(const struct subject *s, err *e)
{
    const plan *p = s->plan;
    if (!p->active || p->head.retired_at.has)
        return err_set(e, ERR_CONFLICT, S("plan"), S("set active to true, or name another plan"),
                       "plan '%.*s' is not in use", STR_ARG(p->name));
    return work_plan_complete(p, &s->how, e) || err_under(e, S("plan"));
}

static bool need_digest(str hex, str what, str name, digest *ret, err *e)
{
    if (digest_parse(hex, ret)) return true;
    return err_set(e, ERR_INVALID, what, S("store the file and set its digest in the register"),
                   "'%.*s' has no file", STR_ARG(name));
}

static bool find_dataset(struct work *w, const actor *who, int64_t id, const char *what,
                         struct input *ret, arena *a, err *e)
{
    void *row;
    if (!id) return true;
    if (!work_get(w, who, &dataset_version_record, id, 0, a, &row, e)) return false;
    const dataset_version *v = row;
    ret->there = true;
    ret->name = v->name;
    return need_digest(v->file_sha256, str_of(what), v->name, &ret->file, e);
}

static bool find_model(struct work *w, const actor *who, struct subject *s, arena *a, err *e)
{
    void *row;
    struct input *m = &s->inputs[MODEL];
    if (!s->plan->model_version) return true;
    if (!work_get(w, who, &model_version_record, s->plan->model_version, 0, a, &row, e))
        return false;
    const model_version *v = row;
    m->there = true;
    m->name = v->name;
    if (!v->artefact_sha256.p && v->endpoint.p) {
        s->endpoint = model_endpoint(v->endpoint);
        return true;
    }
    return need_digest(v->artefact_sha256, S("model_version"), v->name, &m->file, e);
}

/* ---- what a repetition repeats ---- */

struct newest {
    int64_t plan, measurement;
};

static bool newest_tx(struct tx *t, void *ctx, err *e)
{
    struct newest *n = ctx;
    const value args[] = {V_INT(n->plan)};
    return tx_int(t, SQL(Q_NEWEST_OF_PLAN), args, 1, 0, &n->measurement, e);
}

static bool newest_of(struct work *w, const actor *who, const doc *name, arena *a, measurement *ret,
                      err *e)
{
    plan *p;
    measure_plan how;
    void *row;
    if (!work_plan(w, who, name->s, a, &p, &how, e)) return err_under(e, S("options.plan"));
    struct newest n = {.plan = p->head.id};
    if (!store_read(w->store, newest_tx, &n, e)) return false;
    if (!n.measurement)
        return err_set(e, ERR_CONFLICT, S("options.plan"), S("carry that plan out first"),
                       "plan '%.*s' has no result to repeat", STR_ARG(p->name));
    if (!work_get(w, who, &measurement_record, n.measurement, 0, a, &row, e)) return false;
    *ret = *(const measurement *)row;
    return true;
}

static bool was_input(struct input *in, const char *what, str sha256, const measurement *m,
                      arena *a, err *e)
{
    if (!sha256.p) return true;
    in->there = true;
    in->name = str_fmt(a, "%s of measurement %lld", what, (long long)m->head.id);
    return need_digest(sha256, str_of(what), in->name, &in->file, e);
}

static bool find_recorded(struct work *w, const actor *who, struct subject *s, arena *a, err *e)
{
    measurement m = {0};
    struct input *in = s->inputs;
    return newest_of(w, who, doc_get(s->how.options, "plan"), a, &m, e) &&
           was_input(&in[DATA], "data", m.dataset_sha256, &m, a, e) &&
           was_input(&in[MODEL], "model", m.model_sha256, &m, a, e) &&
           was_input(&in[REFERENCE], "reference", m.reference_sha256, &m, a, e) &&
           was_input(&in[RECORDED], "result", m.result_sha256, &m, a, e);
}

static bool find_inputs(struct work *w, const actor *who, struct subject *s, arena *a, err *e)
{
    const plan *p = s->plan;
    if (s->kind->needs_recorded) return find_recorded(w, who, s, a, e);
    return find_dataset(w, who, p->dataset_version, "dataset_version", &s->inputs[DATA], a, e) &&
           find_dataset(w, who, p->reference_version, "reference_version", &s->inputs[REFERENCE], a,
                        e) &&
           find_model(w, who, s, a, e);
}

static bool find_subject(struct work *w, const actor *who, const doc *payload, arena *a,
                         struct subject *ret, err *e)
{
    str name;
    void *row;
    *ret = (struct subject){0};
    if (!plan_named(payload, a, &name, e)) return false;
    if (!work_plan(w, who, name, a, &ret->plan, &ret->how, e)) {
        if (e->code == ERR_NOT_FOUND) e->path = S("payload.plan");
        return false;
    }
    if (!in_use(ret, e) || !work_get(w, who, &ai_system_record, ret->plan->system, 0, a, &row, e))
        return false;
    ret->system = ((ai_system *)row)->name;
    ret->kind = measure_find(ret->how.kind);
    return find_inputs(w, who, ret, a, e);
}

static bool has_file(const struct subject *s, size_t i)
{
    return s->inputs[i].there && !(i == MODEL && s->endpoint.p);
}

static bool check(struct work *w, const actor *who, const doc *payload, arena *a, str *ret, err *e)
{
    static const char *const paths[JOB_FILES] = {"dataset_version", "model_version",
                                                 "reference_version", "recorded"};
    struct subject s;
    file_info f;
    str *settings;
    size_t n;
    if (!find_subject(w, who, payload, a, &s, e)) return false;
    if (s.endpoint.p && !endpoint_allowed(w, s.endpoint, a, &settings, &n, e)) return false;
    for (size_t i = 0; i < JOB_FILES; i++)
        if (has_file(&s, i) && !work_file(w, who, s.inputs[i].file, a, &f, e))
            return err_under(e, str_of(paths[i]));
    *ret = str_fmt(a, "{\"plan\":%lld}", (long long)s.plan->head.id);
    return true;
}

/* ---- to the engine and back ---- */

static const char *name_of(const struct input *in)
{
    return in->there ? in->name.p : NULL;
}

/* This process asks it, for the engine has no network; and only where the operator allows. */
static bool ask_here(struct work *w, const struct subject *s, assess_run *r, arena *a, int *ret_fd,
                     err *e)
{
    struct model *m;
    str *settings;
    if (!s->endpoint.p) return true;
    if (!endpoint_allowed(w, s->endpoint, a, &settings, &r->n_model_settings, e)) return false;
    r->model = str_dup(a, s->endpoint).p;
    r->model_settings = settings;
    if (!assess_model(r, false, a, &m, e) || !relay_start(a, m, ret_fd, e)) return false;
    r->model_described = relay_describe(a, m);
    return true;
}

static bool feed(struct work *w, const actor *who, const doc *payload, arena *a, job_feed *ret,
                 err *e)
{
    struct subject s;
    if (!find_subject(w, who, payload, a, &s, e)) return false;
    const struct input *in = s.inputs;
    assess_run r = {.plan = s.how,
                    .system = s.system,
                    .data = name_of(&in[DATA]),
                    .model = name_of(&in[MODEL]),
                    .reference = name_of(&in[REFERENCE]),
                    .recorded = name_of(&in[RECORDED])};
    r.dataset = in[DATA].name;
    r.model_name = in[MODEL].name;
    r.reference_name = in[REFERENCE].name;
    int channel = -1;
    if (!ask_here(w, &s, &r, a, &channel, e)) return false;
    *ret = (job_feed){.request = assess_request(a, &r)};
    if (!ret->request.p)
        return err_set(e, ERR_TOO_LARGE, S("plan"), S("shorten the plan"),
                       "the request is over %d bytes", JOB_REQUEST_MAX);
    for (size_t i = 0; i < JOB_FILES; i++) {
        if (!in[i].there) continue;
        int *fd = &ret->fd[ret->n_files++];
        *fd = channel;
        if (has_file(&s, i) && !work_file_fd(w, who, in[i].file, a, fd, e)) return false;
    }
    return true;
}

/* The engine has read bytes from outside: what it measured is not for it to say. */
static bool about(const struct subject *s, const handed_result *r, arena *a, err *e)
{
    const str said[JOB_FILES] = {r->dataset_sha256, r->model_sha256, r->reference_sha256,
                                 r->recorded_sha256};
    bool same = true;
    for (size_t i = 0; i < JOB_FILES; i++)
        same = same &&
               (has_file(s, i) ? str_eq(said[i], digest_hex(a, s->inputs[i].file)) : !said[i].p);
    same = same && str_eq(r->model_endpoint, s->endpoint);
    return same || err_set(e, ERR_DENIED, S("subject"), S("look whether model and data are sound"),
                           "the result is about other files than the engine was given");
}

static bool accept(struct work *w, const actor *who, const doc *payload, str result, arena *a,
                   str *ret, err *e)
{
    struct subject s;
    handed_result r;
    handed_in h;
    if (!find_subject(w, who, payload, a, &s, e) || !result_parse(a, result, &r, e) ||
        !about(&s, &r, a, e))
        return false;
    str id = str_fmt(a, "%lld", (long long)s.plan->head.id);
    if (!work_hand_in(w, who, result, id, (str){0}, a, &h, e)) return false;
    buf b = buf_open(a, 1 << 16);
    jw out = jw_open(&b);
    handed_in_json(&h, &out);
    *ret = buf_str(&b);
    return true;
}

const job_kind job_assess = {
    .name = "assess",
    .cap = CAP_MEASURE,
    .check = check,
    .feed = feed,
    .run = assess_task,
    .accept = accept,
};
