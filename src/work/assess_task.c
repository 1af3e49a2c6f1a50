/* assess_task.c - a run as a request to the engine process, and the request as a run again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/assess.h"
#include "work/jobs_impl.h"

/* What a run reads, in the order in which the engine gets the files. */
static const char *const roles[JOB_FILES] = {"data", "model", "reference", "recorded"};

static void write_name(jw *w, const char *key, str name)
{
    if (name.p) jw_m_str(w, key, name);
}

str assess_request(arena *a, const assess_run *run)
{
    const char *const paths[JOB_FILES] = {run->data, run->model, run->reference, run->recorded};
    buf b = buf_open(a, JOB_REQUEST_MAX);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "kind", job_assess.name);
    jw_key(&w, "request");
    jw_obj(&w);
    write_name(&w, "system", run->system);
    write_name(&w, "dataset", run->dataset);
    write_name(&w, "model", run->model_name);
    write_name(&w, "reference", run->reference_name);
    if (run->keep) {
        write_name(&w, "keep", run->keep_name);
        jw_m_bool(&w, "shape", run->keep_shape);
    }
    jw_m_int(&w, "threads", run->threads);
    jw_m_bool(&w, "values", run->values != NULL);
    jw_key(&w, "files");
    jw_obj(&w);
    for (size_t i = 0; i < JOB_FILES; i++)
        if (paths[i]) jw_m_strz(&w, roles[i], paths[i]);
    jw_obj_end(&w);
    if (run->model_described.p) {
        jw_key(&w, "asked");
        jw_raw(&w, run->model_described);
    }
    jw_key(&w, "plan");
    measure_plan_json(&run->plan, &w);
    jw_obj_end(&w);
    jw_obj_end(&w);
    return b.full ? (str){0} : buf_str(&b);
}

/* The members of a run that a role fills. */
static void place(assess_run *r, size_t which, const char *path, str bytes)
{
    const struct {
        const char **path;
        str *bytes;
    } places[JOB_FILES] = {
        {&r->data,      &r->data_bytes     },
        {&r->model,     &r->model_bytes    },
        {&r->reference, &r->reference_bytes},
        {&r->recorded,  &r->recorded_bytes },
    };
    *places[which].path = path;
    *places[which].bytes = bytes;
}

static bool take_files(const job_task *t, assess_run *r, err *e)
{
    const doc *files = doc_get(t->request, "files");
    size_t n = 0;
    for (size_t i = 0; i < JOB_FILES; i++) {
        const doc *path = doc_get(files, roles[i]);
        if (!path) continue;
        if (n == t->n_files)
            return err_set(e, ERR_INTERNAL, S("files"), S(""), "the engine lacks a file");
        place(r, i, path->s.p, t->files[n++]);
    }
    return r->data || err_set(e, ERR_INTERNAL, S("files"), S(""), "the request names no data");
}

bool assess_task(const job_task *t, arena *a, str *ret, err *e)
{
    const doc *how = doc_get(t->request, "plan");
    int64_t threads = doc_int(t->request, "threads", 0);
    assessment x;
    assess_run r = {.system = doc_str(t->request, "system"),
                    .dataset = doc_str(t->request, "dataset"),
                    .model_name = doc_str(t->request, "model"),
                    .reference_name = doc_str(t->request, "reference"),
                    .keep = doc_get(t->request, "keep") != NULL,
                    .keep_shape = doc_bool(t->request, "shape", false),
                    .keep_name = doc_str(t->request, "keep"),
                    .model_description = doc_get(t->request, "asked"),
                    .model_channel = t->channel,
                    .threads = threads > 0 && threads <= 1024 ? (int)threads : t->threads,
                    .progress = t->progress,
                    .progress_ctx = t->ctx};
    if (doc_bool(t->request, "values", false)) {
        r.values = t->values;
        r.values_ctx = t->ctx;
    }
    if (!how) return err_set(e, ERR_INTERNAL, S("plan"), S(""), "the request has no plan");
    if (!measure_plan_parse(a, how, &r.plan, e)) return false;
    if (!take_files(t, &r, e) || !assess(&r, a, &x, e)) return false;
    *ret = x.json;
    return true;
}
