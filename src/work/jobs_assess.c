/* jobs_assess.c - the job "assess": measures what a plan names, hands the result in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/model.h"
#include "register/plan.h"
#include "work/assess.h"
#include "work/files.h"
#include "work/jobs_impl.h"
#include "work/records.h"
#include "work/result.h"

struct subject {
    plan *plan;
    measure_plan how;
    str system, dataset, model; /* names; model absent: none */
    digest dataset_file, model_file;
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

static bool in_use(const plan *p, err *e)
{
    if (!p->active || p->head.retired_at.has)
        return err_set(e, ERR_CONFLICT, S("plan"), S("set active to true, or name another plan"),
                       "plan '%.*s' is not in use", STR_ARG(p->name));
    if (p->dataset_version) return true;
    return err_set(e, ERR_INVALID, S("plan"), S("set its dataset_version, or run: aims assess"),
                   "plan '%.*s' names no data", STR_ARG(p->name));
}

static bool need_digest(str hex, str what, str name, digest *ret, err *e)
{
    if (digest_parse(hex, ret)) return true;
    return err_set(e, ERR_INVALID, what, S("store the file and set its digest in the register"),
                   "'%.*s' has no file", STR_ARG(name));
}

static bool find_dataset(struct work *w, const actor *who, struct subject *s, arena *a, err *e)
{
    void *row;
    if (!work_get(w, who, &dataset_version_record, s->plan->dataset_version, 0, a, &row, e))
        return false;
    const dataset_version *v = row;
    s->dataset = v->name;
    return need_digest(v->file_sha256, S("dataset_version"), v->name, &s->dataset_file, e);
}

static bool find_model(struct work *w, const actor *who, struct subject *s, arena *a, err *e)
{
    void *row;
    if (!s->plan->model_version) return true;
    if (!work_get(w, who, &model_version_record, s->plan->model_version, 0, a, &row, e))
        return false;
    const model_version *v = row;
    s->model = v->name;
    return need_digest(v->artefact_sha256, S("model_version"), v->name, &s->model_file, e);
}

static bool find_subject(struct work *w, const actor *who, const doc *payload, arena *a,
                         struct subject *ret, err *e)
{
    str name;
    void *row;
    *ret = (struct subject){0};
    if (!plan_named(payload, a, &name, e) ||
        !work_plan(w, who, name, a, &ret->plan, &ret->how, e) || !in_use(ret->plan, e) ||
        !work_get(w, who, &ai_system_record, ret->plan->system, 0, a, &row, e))
        return false;
    ret->system = ((ai_system *)row)->name;
    return find_dataset(w, who, ret, a, e) && find_model(w, who, ret, a, e);
}

static bool check(struct work *w, const actor *who, const doc *payload, arena *a, str *ret, err *e)
{
    struct subject s;
    file_info f;
    if (!find_subject(w, who, payload, a, &s, e)) return false;
    if (!work_file(w, who, s.dataset_file, a, &f, e)) return err_under(e, S("dataset_version"));
    if (s.model.p && !work_file(w, who, s.model_file, a, &f, e))
        return err_under(e, S("model_version"));
    *ret = str_fmt(a, "{\"plan\":%lld}", (long long)s.plan->head.id);
    return true;
}

/* ---- to the engine and back ---- */

static str write_request(arena *a, const struct subject *s)
{
    buf b = buf_open(a, JOB_REQUEST_MAX);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "kind", job_assess.name);
    jw_key(&w, "request");
    jw_obj(&w);
    jw_m_str(&w, "system", s->system);
    jw_m_str(&w, "dataset", s->dataset);
    if (s->model.p) jw_m_str(&w, "model", s->model);
    jw_key(&w, "plan");
    measure_plan_json(&s->how, &w);
    jw_obj_end(&w);
    jw_obj_end(&w);
    return b.full ? (str){0} : buf_str(&b);
}

static bool feed(struct work *w, const actor *who, const doc *payload, arena *a, job_feed *ret,
                 err *e)
{
    struct subject s;
    if (!find_subject(w, who, payload, a, &s, e)) return false;
    *ret = (job_feed){.request = write_request(a, &s), .n_files = s.model.p ? 2 : 1};
    if (!ret->request.p)
        return err_set(e, ERR_TOO_LARGE, S("plan"), S("shorten the plan"),
                       "the request is over %d bytes", JOB_REQUEST_MAX);
    return work_file_fd(w, who, s.dataset_file, a, &ret->fd[0], e) &&
           (!s.model.p || work_file_fd(w, who, s.model_file, a, &ret->fd[1], e));
}

static bool run(const job_task *t, arena *a, str *ret, err *e)
{
    const doc *how = doc_get(t->request, "plan");
    assessment x;
    assess_run r = {.system = doc_str(t->request, "system"),
                    .dataset = doc_str(t->request, "dataset"),
                    .model_name = doc_str(t->request, "model"),
                    .data_bytes = t->files[0],
                    .threads = t->threads,
                    .progress = t->progress,
                    .progress_ctx = t->ctx};
    if (!how) return err_set(e, ERR_INTERNAL, S("plan"), S(""), "the request has no plan");
    if (!measure_plan_parse(a, how, &r.plan, e)) return err_prefix(e, "plan");
    r.data = str_dup(a, r.dataset).p;
    if (t->n_files > 1) {
        r.model = str_dup(a, r.model_name).p;
        r.model_bytes = t->files[1];
    }
    if (!assess(&r, a, &x, e)) return false;
    *ret = x.json;
    return true;
}

/* The engine has read bytes from outside: what it measured is not for it to say. */
static bool about(const struct subject *s, const handed_result *r, arena *a, err *e)
{
    bool same = str_eq(r->dataset_sha256, digest_hex(a, s->dataset_file));
    if (s->model.p)
        same = same && str_eq(r->model_sha256, digest_hex(a, s->model_file));
    else
        same = same && !r->model_sha256.p;
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
    .run = run,
    .accept = accept,
};
