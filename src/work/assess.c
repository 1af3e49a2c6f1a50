/* assess.c - one measurement on files of this machine: read, ask, measure, tell. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/assess.h"
#include "measure/kept.h"
#include "model/relay.h"

enum { RESULT_MAX = 64 << 20 };

/* The features that a plan's columns become, each where its column stands. */
static const str *plan_features(const measure_plan *p, arena *a, size_t *ret_n)
{
    size_t most = 0;
    for (size_t i = 0; i < p->n_features; i++) {
        const encoder *x = encode_find(p->encode, p->features[i]);
        most += x ? x->n_features : 1;
    }
    str *ret = arena_new(a, str, most);
    *ret_n = 0;
    for (size_t i = 0; i < p->n_features; i++) {
        const encoder *x = encode_find(p->encode, p->features[i]);
        for (size_t k = 0; x && k < x->n_features; k++)
            ret[(*ret_n)++] = x->features[k];
        if (!x) ret[(*ret_n)++] = p->features[i];
    }
    return ret;
}

/* A server tells neither what its numbers mean nor, mostly, its features: the plan does. */
bool assess_model(const assess_run *run, bool programs, arena *a, struct model **ret, err *e)
{
    const measure_plan *p = &run->plan;
    bool binary = p->positive.p || p->has_threshold;
    size_t n;
    const str *features = plan_features(p, a, &n);
    const model_source s = {.at = run->model,
                            .bytes = run->model_bytes,
                            .settings = run->model_settings,
                            .n_settings = run->n_model_settings,
                            .features = features,
                            .n_features = n,
                            .task = p->task.p ? p->task
                                    : binary  ? S("binary")
                                              : (str){0},
                            .no_programs = !programs};
    return model_open(a, &s, ret, e);
}

static bool load_model(const assess_run *run, arena *a, struct model **ret, err *e)
{
    const doc *d = run->model_description;
    return d ? relay_open(a, run->model_channel, d, ret, e) : assess_model(run, true, a, ret, e);
}

struct loaded {
    table data, reference;
    kept_reference *kept; /* the reference, as counts; NULL: it has rows */
    struct model *model;  /* NULL: none */
    doc *recorded;        /* NULL: none */
    digest recorded_sha256;
};

bool assess_bytes(arena *a, const char *path, str given, str *ret, err *e)
{
    *ret = given;
    if (given.p) return true;
    return strcmp(path, "-") == 0 ? file_read(a, path, (size_t)16 << 30, ret, e)
                                  : file_map(a, path, ret, e);
}

static bool load_data(const assess_run *run, const table_options *o, arena *a, table *ret, err *e)
{
    str bytes;
    if (!assess_bytes(a, run->data, run->data_bytes, &bytes, e)) return false;
    if (kept_is(bytes))
        return err_set(e, ERR_INVALID, S("data"),
                       S("give it as the reference, and data to compare"),
                       "'%s' is a kept reference: it has no rows to measure", run->data);
    return table_read_bytes(a, bytes, run->data, o, ret, e);
}

static bool load_reference(const assess_run *run, const table_options *o, arena *a,
                           struct loaded *l, err *e)
{
    str bytes;
    if (!run->reference) return true;
    if (!assess_bytes(a, run->reference, run->reference_bytes, &bytes, e)) return false;
    if (!kept_is(bytes)) return table_read_bytes(a, bytes, run->reference, o, &l->reference, e);
    l->kept = arena_new(a, kept_reference, 1);
    if (!kept_read(a, bytes, l->kept, e)) return err_under(e, S("reference"));
    l->reference = l->kept->table;
    return true;
}

static bool load_recorded(const assess_run *run, arena *a, struct loaded *l, err *e)
{
    str text = run->recorded_bytes;
    if (!run->recorded) return true;
    if (!text.p && !file_read(a, run->recorded, RESULT_MAX, &text, e)) return false;
    l->recorded_sha256 = hash_bytes(text.p, text.n);
    return doc_parse(a, text, RESULT_MAX, &l->recorded, e) || err_under(e, S("recorded"));
}

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
    if (!load_reference(run, &o, a, l, e)) return err_prefix(e, "reference");
    return load_recorded(run, a, l, e) && load_data(run, &o, a, &l->data, e);
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

/* A kept reference tells what it was made from. */
static void write_table(jw *w, const char *key, str name, const table *t, const kept_reference *k)
{
    jw_key(w, key);
    jw_obj(w);
    jw_m_str(w, "name", name);
    write_digest(w, "sha256", &t->sha256);
    jw_m_int(w, "rows", (int64_t)t->rows);
    jw_key(w, "schema");
    if (k) {
        kept_schema(k, w);
        jw_key(w, "kept_from");
        kept_write_sources(k, w);
    } else {
        table_schema(t, w);
    }
    jw_obj_end(w);
}

static void write_recorded(jw *w, const struct loaded *l)
{
    jw_key(w, "recorded");
    jw_obj(w);
    jw_m_str(w, "kind", str_clip(doc_str(l->recorded, "kind"), 100));
    jw_m_str(w, "started", str_clip(doc_str(l->recorded, "started"), 100));
    write_digest(w, "sha256", &l->recorded_sha256);
    jw_obj_end(w);
}

/* An artefact is known by its digest; what answers elsewhere only by where it does. */
static void write_model(jw *w, str name, const model_info *m)
{
    jw_key(w, "model");
    jw_obj(w);
    jw_m_str(w, "name", name);
    jw_m_str(w, "version", m->version);
    if (m->endpoint.p) {
        jw_m_str(w, "endpoint", m->endpoint);
        jw_m_strz(w, "protocol", m->format);
        jw_key(w, "settings");
        jw_raw(w, m->settings);
    } else {
        write_digest(w, "sha256", &m->sha256);
    }
    jw_obj_end(w);
}

static str subject(const assess_run *run, const struct loaded *l, arena *a)
{
    buf b = buf_open(a, RESULT_MAX);
    jw w = jw_open(&b);
    jw_obj(&w);
    if (run->system.p) jw_m_str(&w, "system", run->system);
    if (l->model)
        write_model(&w, run->model_name.p ? run->model_name : base_name(run->model),
                    model_describe(l->model));
    write_table(&w, "dataset", run->dataset.p ? run->dataset : base_name(run->data), &l->data,
                NULL);
    if (run->reference)
        write_table(&w, "reference",
                    run->reference_name.p ? run->reference_name : base_name(run->reference),
                    &l->reference, l->kept);
    if (l->recorded) write_recorded(&w, l);
    jw_obj_end(&w);
    return buf_str(&b);
}

/* Told beside the figures, which it never touches. */
static void add_usage(const struct model *m, arena *a, measure_result *r)
{
    model_usage u;
    if (!m || !model_used(m, &u)) return;
    str *notes = arena_new(a, str, r->n_notes + 2);
    if (r->n_notes) memcpy(notes, r->notes, r->n_notes * sizeof *notes);
    if (!u.graded && u.rows > 1)
        notes[r->n_notes++] = S(
            "every answer was 0 or 1: if these are classes, figures made of probabilities (as AUC "
            "and calibration) are not those of the model; have it answer with probabilities, or "
            "set 'classes'");
    notes[r->n_notes++] =
        str_fmt(a,
                "the model answered elsewhere: %llu calls (%llu repeated), %llu rows, %.3g s of "
                "waiting",
                (unsigned long long)u.calls, (unsigned long long)u.retries,
                (unsigned long long)u.rows, u.seconds);
    r->notes = notes;
}

bool assess(const assess_run *run, arena *a, assessment *ret, err *e)
{
    struct loaded l;
    double began = clock_mono();
    if (run->keep) return assess_keep(run, a, ret, e);
    *ret = (assessment){.started_at = clock_now()};
    if (!load(run, a, &l, e)) return false;
    measure_input in = {.data = &l.data,
                        .reference = run->reference ? &l.reference : NULL,
                        .kept = l.kept,
                        .model = l.model,
                        .recorded = l.recorded,
                        .threads = run->threads,
                        .progress = run->progress,
                        .progress_ctx = run->progress_ctx,
                        .values = run->values,
                        .values_ctx = run->values_ctx};
    if (!measure_run(&run->plan, &in, &ret->result, a, e)) return false;
    add_usage(l.model, a, &ret->result);
    ret->seconds = clock_mono() - began;
    ret->verdict = ret->result.verdict;
    ret->rows = (int64_t)l.data.rows;
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
