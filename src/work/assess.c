/* assess.c - one measurement on files of this machine: read, ask, measure, tell. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/assess.h"

enum { RESULT_MAX = 64 << 20 };

static bool load_model(const assess_run *run, arena *a, struct model **ret, err *e)
{
    return run->model_bytes.p ? model_load_bytes(a, run->model_bytes, ret, e)
                              : model_load(a, run->model, ret, e);
}

struct loaded {
    table data, reference;
    struct model *model; /* NULL: none */
};

static bool load(const assess_run *run, arena *a, struct loaded *l, err *e)
{
    table_options o = {.threads = run->threads};
    *l = (struct loaded){0};
    if (run->model && !load_model(run, a, &l->model, e)) return false;
    str *only;
    size_t n;
    if (!measure_columns(&run->plan, l->model, a, &only, &n, e)) return false;
    if (n) {
        o.only = only;
        o.n_only = n;
    }
    if (run->reference && !table_read(a, run->reference, &o, &l->reference, e))
        return err_prefix(e, "reference");
    return run->data_bytes.p ? table_read_bytes(a, run->data_bytes, run->data, &o, &l->data, e)
                             : table_read(a, run->data, &o, &l->data, e);
}

static void write_digest(jw *w, const char *key, const digest *d)
{
    jw_m_str(w, key, digest_hex(w->b->a, *d));
}

static str base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return str_of(slash ? slash + 1 : path);
}

static void write_table(jw *w, const char *key, str name, const table *t)
{
    jw_key(w, key);
    jw_obj(w);
    jw_m_str(w, "name", name);
    write_digest(w, "sha256", &t->sha256);
    jw_m_int(w, "rows", (int64_t)t->rows);
    jw_obj_end(w);
}

static str subject(const assess_run *run, const struct loaded *l, arena *a)
{
    buf b = buf_open(a, 65536);
    jw w = jw_open(&b);
    jw_obj(&w);
    if (run->system.p) jw_m_str(&w, "system", run->system);
    if (l->model) {
        const model_info *m = model_describe(l->model);
        jw_key(&w, "model");
        jw_obj(&w);
        jw_m_str(&w, "name", run->model_name.p ? run->model_name : base_name(run->model));
        jw_m_str(&w, "version", m->version);
        write_digest(&w, "sha256", &m->sha256);
        jw_obj_end(&w);
    }
    write_table(&w, "dataset", run->dataset.p ? run->dataset : base_name(run->data), &l->data);
    if (run->reference) write_table(&w, "reference", base_name(run->reference), &l->reference);
    jw_obj_end(&w);
    return buf_str(&b);
}

bool assess(const assess_run *run, arena *a, assessment *ret, err *e)
{
    struct loaded l;
    double began = clock_mono();
    *ret = (assessment){.started_at = clock_now()};
    if (!load(run, a, &l, e)) return false;
    measure_input in = {.data = &l.data,
                        .reference = run->reference ? &l.reference : NULL,
                        .model = l.model,
                        .threads = run->threads,
                        .progress = run->progress,
                        .progress_ctx = run->progress_ctx,
                        .values = run->values,
                        .values_ctx = run->values_ctx};
    if (!measure_run(&run->plan, &in, &ret->result, a, e)) return false;
    ret->seconds = clock_mono() - began;
    ret->verdict = ret->result.verdict;
    ret->data_sha256 = l.data.sha256;
    ret->rows = (int64_t)l.data.rows;
    ret->has_model = l.model != NULL;
    if (l.model) ret->model_sha256 = model_describe(l.model)->sha256;
    measure_context c = {.subject = subject(run, &l, a),
                         .started_ms = ret->started_at,
                         .seconds = ret->seconds,
                         .tool_version = S(AIMS_VERSION)};
    buf b = buf_open(a, RESULT_MAX);
    jw w = jw_open(&b);
    measure_result_json(&run->plan, &ret->result, &c, &w);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, S("group"), S("name fewer groups"),
                       "the result is over %d bytes", RESULT_MAX);
    ret->json = buf_str(&b);
    return true;
}

static bool refuse_member(const doc *parameters, const char *key, const char *hint, err *e)
{
    if (!doc_get(parameters, key)) return true;
    return err_set(e, ERR_INVALID, str_fmt(e->a, "parameters.%s", key), str_of(hint),
                   "'%s' stands in a member of its own", key);
}

/* The plan as one document, as measure_plan_parse takes it. */
static str whole_plan(arena *a, str kind, const doc *parameters, const str *limits, size_t n_limits)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "kind", kind);
    jw_key(&w, "limits");
    jw_arr(&w);
    for (size_t i = 0; i < n_limits; i++)
        jw_str(&w, limits[i]);
    jw_arr_end(&w);
    for (size_t i = 0; i < parameters->n; i++) {
        jw_key_str(&w, parameters->keys[i]);
        doc_write(&parameters->at[i], &w);
    }
    jw_obj_end(&w);
    return buf_str(&b);
}

bool plan_parse(arena *a, str kind, const doc *parameters, const str *limits, size_t n_limits,
                measure_plan *ret, err *e)
{
    doc *whole;
    if (parameters->kind != DOC_OBJ)
        return err_set(e, ERR_INVALID, S("parameters"), S("give a JSON object"),
                       "the parameters are %s", doc_kind_name(parameters->kind));
    if (!refuse_member(parameters, "kind", "leave it out", e) ||
        !refuse_member(parameters, "limits", "move them to the member 'limits'", e))
        return false;
    str text = whole_plan(a, kind, parameters, limits, n_limits);
    if (!doc_parse(a, text, 1 << 20, &whole, e)) return err_under(e, S("parameters"));
    if (measure_plan_parse(a, whole, ret, e)) return true;
    bool own = str_starts(e->path, S("limits")) || str_eqz(e->path, "kind");
    return own ? false : err_under(e, S("parameters"));
}
