/* handin.c - a result becomes a measurement, evidence and, on failure, a finding: one act. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "model/source.h"
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/evidence.h"
#include "register/finding.h"
#include "register/measurement.h"
#include "register/model.h"
#include "register/plan.h"
#include "work/assess.h"
#include "work/files.h"
#include "work/impl.h"
#include "work/records.h"
#include "work/result.h"

enum { FRESH_DAYS = 90 };  /* of a measurement without a plan */
enum { SKEW_MS = 300000 }; /* by which the clocks of two machines may differ */

static const int verdict_of[] = {[VERDICT_NONE] = RV_NONE,
                                 [VERDICT_PASS] = RV_PASS,
                                 [VERDICT_FAIL] = RV_FAIL,
                                 [VERDICT_INCONCLUSIVE] = RV_INCONCLUSIVE};

/* ---- plans ---- */

static bool plan_measure(const plan *p, measure_plan *ret, arena *a, err *e)
{
    doc *d;
    return (doc_parse(a, p->parameters, 1 << 20, &d, e) &&
            plan_parse(a, p->kind, d, p->limits.at, p->limits.n, ret, e)) ||
           err_prefix(e, "plan '%.*s'", STR_ARG(p->name));
}

bool work_plan_complete(const struct plan *p, const measure_plan *how, err *e)
{
    const measure_kind *k = measure_find(how->kind);
    bool recorded = doc_get(how->options, "plan") != NULL;
    const struct {
        const char *member;
        bool missing;
    } parts[] = {
        {"dataset_version",         !k->needs_recorded && !p->dataset_version  },
        {"reference_version",       k->needs_reference && !p->reference_version},
        {"model_version",           k->needs_model && !p->model_version        },
        {"parameters.options.plan", k->needs_recorded && !recorded             },
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].missing)
            return err_set(e, ERR_INVALID, str_of(parts[i].member),
                           S("name it; without every_days it may be run by: aims assess"),
                           "plan '%.*s' names no %s, which the server needs to carry it out",
                           STR_ARG(p->name), parts[i].member);
    return true;
}

bool work_plan(struct work *w, const actor *who, str name, arena *a, struct plan **ret_plan,
               measure_plan *ret, err *e)
{
    void *row;
    if (!work_find(w, who, &plan_record, name, a, &row, e)) return false;
    *ret_plan = row;
    return plan_measure(row, ret, a, e);
}

/* ---- handing in ---- */

struct hand {
    struct work *w;
    const actor *who;
    handed_result r;
    struct plan *plan; /* NULL: none */
    int64_t system, dataset_version, reference_version;
    int64_t repeats; /* measurement; 0: none */
    int64_t seen;    /* when what was measured was observed */
    str sha256;      /* of the whole result, kept as a file */
    uint64_t size;
    str_list controls;
    arena *a;
    handed_in *ret;
};

static bool follows(const struct hand *h, const measure_plan *fixed, err *e)
{
    const char *what = "kind";
    if (!str_eq(h->r.kind, h->plan->kind) ||
        !result_same_parameters(h->a, &h->r.plan, fixed, &what))
        return err_set(e, ERR_INVALID, str_fmt(e->a, "method.parameters.%s", what),
                       S("run it with --plan, or change the plan first"),
                       "the run has another '%s' than plan '%.*s'", what, STR_ARG(h->plan->name));
    if (!result_same_limits(h->a, &h->r.plan, fixed))
        return err_set(e, ERR_INVALID, S("method.parameters.limits"), S("run it with --plan"),
                       "the limits are not those of plan '%.*s': limits are fixed before the run",
                       STR_ARG(h->plan->name));
    if (!h->plan->active || h->plan->head.retired_at.has)
        return err_set(e, ERR_CONFLICT, S("plan"), S("set active to true, or name another plan"),
                       "plan '%.*s' is not in use", STR_ARG(h->plan->name));
    if (h->r.started_at + SKEW_MS < h->plan->head.updated_at)
        return err_set(e, ERR_INVALID, S("started"), S("run it again with --plan"),
                       "plan '%.*s' was changed after the run: limits are fixed before the run",
                       STR_ARG(h->plan->name));
    return true;
}

/* The plan's own controls, else every control that the catalog names for the kind. */
static str_list proven_controls(const struct hand *h)
{
    if (h->plan && h->plan->controls.n) return h->plan->controls;
    const catalog_requirement *found[CATALOG_REQUIREMENTS];
    size_t n = catalog_proven_by(h->r.kind, found, CATALOG_REQUIREMENTS);
    str_list l = {arena_new(h->a, str, n), n};
    for (size_t i = 0; i < n; i++)
        l.at[i] = found[i]->id;
    return l;
}

/* The registered version that has this digest; 0: none. */
static bool version_with(struct tx *t, const record *r, const char *member, str sha, int64_t *ret,
                         err *e)
{
    *ret = 0;
    if (!sha.p) return true;
    filter f;
    void *found;
    size_t n;
    if (!record_filter(r, str_of(member), sha, &f, e->a, e)) return false;
    page p = {.filters = &f, .n_filters = 1, .limit = 1};
    if (!row_list(t, e->a, r, &p, &found, &n, e)) return false;
    if (n) *ret = ((row_head *)found)->id;
    return true;
}

static bool learn(struct tx *t, struct hand *h, int64_t now, err *e)
{
    return learn_data(t, h->who, h->dataset_version, h->r.schema, h->r.rows, now, h->a, e) &&
           learn_data(t, h->who, h->reference_version, h->r.reference_schema, h->r.reference_rows,
                      now, h->a, e);
}

static bool add_measurement(struct tx *t, struct hand *h, int64_t now, err *e)
{
    const handed_result *r = &h->r;
    measurement m = {
        .kind = r->kind,
        .result_sha256 = h->sha256,
        .model_sha256 = r->model_sha256,
        .dataset_sha256 = r->dataset_sha256,
        .reference_sha256 = r->reference_sha256,
        .tool_version = r->tool_version,
        .metrics = r->metrics,
        .plan = h->plan ? h->plan->head.id : 0,
        .plan_version = h->plan ? h->plan->head.version : 0,
        .system = h->system,
        .repeats = h->repeats,
        .n_rows = r->rows,
        .started_at = r->started_at,
        .seconds = r->seconds,
        .verdict = verdict_of[r->verdict],
    };
    if (!version_with(t, &model_version_record, "artefact_sha256", r->model_sha256,
                      &m.model_version, e) ||
        !version_with(t, &dataset_version_record, "file_sha256", r->dataset_sha256,
                      &m.dataset_version, e) ||
        !version_with(t, &dataset_version_record, "file_sha256", r->reference_sha256,
                      &m.reference_version, e))
        return false;
    /* same_subject has compared the plan's address with the result's. */
    if (r->model_endpoint.p && h->plan) m.model_version = h->plan->model_version;
    if (!record_put(t, h->who, &measurement_record, &m, now, &h->ret->leaf, e)) return false;
    h->ret->measurement = m.head.id;
    h->dataset_version = m.dataset_version;
    h->reference_version = m.reference_version;
    return true;
}

/* When what was measured was observed: at the run, or, if the plan says so, when its data ends. */
static bool observed_at(struct tx *t, struct hand *h, int64_t *ret, err *e)
{
    dataset_version v;
    *ret = h->r.started_at;
    if (!h->plan || h->plan->fresh_from != FRESH_DATA) return true;
    if (h->dataset_version && !row_get(t, h->a, &dataset_version_record, h->dataset_version, &v, e))
        return false;
    if (!h->dataset_version || !v.collected_to.has)
        return err_set(e, ERR_INVALID, S("subject.dataset.sha256"),
                       S("register the data set version with its collected_to"),
                       "plan '%.*s' counts freshness from the data, whose period is not known",
                       STR_ARG(h->plan->name));
    int64_t end = v.collected_to.v + CLOCK_DAY_MS;
    if (end < *ret) *ret = end;
    return true;
}

static bool add_evidence(struct tx *t, struct hand *h, int64_t now, err *e)
{
    if (!observed_at(t, h, &h->seen, e)) return false;
    if (!h->controls.n) return true;
    int64_t days = h->plan ? h->plan->fresh_days : FRESH_DAYS;
    const catalog_term *term = catalog_term_find(CATALOG_MEASUREMENTS, h->r.kind);
    evidence v = {
        .name = str_fmt(h->a, "%.*s: %s", STR_ARG(term->title), verdict_name(h->r.verdict)),
        .kind = S("measurement_result"),
        .method = METHOD_MEASURED,
        .controls = h->controls,
        .system = h->system,
        .measurement = h->ret->measurement,
        .verdict = verdict_of[h->r.verdict],
        .observed_at = h->seen,
        .fresh_until = h->seen + days * CLOCK_DAY_MS,
        .file_sha256 = h->sha256,
        .file_name = S("result.json"),
        .file_size = {(int64_t)h->size, true},
    };
    if (!record_put(t, h->who, &evidence_record, &v, now, NULL, e)) return false;
    h->ret->evidence = v.head.id;
    return true;
}

static bool open_finding(struct tx *t, struct hand *h, int64_t now, err *e)
{
    finding f = {
        .name = h->plan ? str_fmt(h->a, "Limit failed: %.*s", STR_ARG(h->plan->name))
                        : str_fmt(h->a, "Limit failed: %.*s", STR_ARG(h->r.kind)),
        .description =
            str_fmt(h->a, "Measurement %lld failed a limit that was fixed before the run.",
                    (long long)h->ret->measurement),
        .grade = GRADE_MINOR,
        .status = FINDING_OPEN,
        .controls = h->controls,
        .system = h->system,
        .measurement = h->ret->measurement,
        .plan = h->plan ? h->plan->head.id : 0,
        .owner = h->plan ? h->plan->owner : 0,
    };
    if (!record_put(t, h->who, &finding_record, &f, now, NULL, e)) return false;
    h->ret->finding = f.head.id;
    return true;
}

static bool correct_finding(struct tx *t, struct hand *h, int64_t id, int64_t now, err *e)
{
    finding f;
    if (!row_get(t, h->a, &finding_record, id, &f, e)) return false;
    f.status = FINDING_CORRECTED;
    f.correction =
        str_fmt(h->a, "Measurement %lld of the same plan passed.", (long long)h->ret->measurement);
    h->ret->finding = id;
    return record_set(t, h->who, &finding_record, &f, "change", now, NULL, e);
}

/* A pass is about a time before the newest failure: it corrects nothing. */
static bool outdated(struct tx *t, const struct hand *h, bool *ret, err *e)
{
    int64_t failed;
    const value args[] = {V_INT(h->plan->head.id)};
    if (!tx_int(t, SQL(Q_NEWEST_FAILURE), args, 1, INT64_MIN, &failed, e)) return false;
    *ret = h->seen < failed;
    return true;
}

/* A failed limit opens a finding once per plan; a later pass marks it corrected, but closing it
 * needs a cause and a checked effect, which are a person's to give. */
static bool settle_finding(struct tx *t, struct hand *h, int64_t now, err *e)
{
    int64_t open = 0;
    bool old = false;
    if (!h->controls.n) return true;
    if (h->plan) {
        const value args[] = {V_INT(h->plan->head.id)};
        if (!tx_int(t, SQL(Q_FINDING_OF_PLAN), args, 1, 0, &open, e)) return false;
    }
    if (h->r.verdict == VERDICT_FAIL && !open) return open_finding(t, h, now, e);
    if (h->r.verdict == VERDICT_PASS && open && !outdated(t, h, &old, e)) return false;
    if (h->r.verdict == VERDICT_PASS && open && !old) return correct_finding(t, h, open, now, e);
    h->ret->finding = open;
    return true;
}

/* What was read before the transaction still holds in it. */
static bool same_plan(struct tx *t, struct hand *h, err *e)
{
    plan now;
    if (!h->plan) return true;
    if (!row_get(t, h->a, &plan_record, h->plan->head.id, &now, e)) return false;
    return now.head.version == h->plan->head.version ||
           err_set(e, ERR_CONFLICT, S("plan"), S("hand it in again"),
                   "plan '%.*s' was changed just now", STR_ARG(h->plan->name));
}

static bool other_subject(struct hand *h, const char *what, err *e)
{
    return err_set(e, ERR_INVALID, str_fmt(e->a, "subject.%s.sha256", what),
                   S("measure what the plan names, or change the plan first"),
                   "the run had another %s than plan '%.*s'", what, STR_ARG(h->plan->name));
}

/* id 0: the plan leaves it open. A version without a file may be any. */
static bool same_data(struct tx *t, struct hand *h, int64_t id, const char *what, str sha256,
                      err *e)
{
    dataset_version d;
    if (!id) return true;
    if (!row_get(t, h->a, &dataset_version_record, id, &d, e)) return false;
    return !d.file_sha256.p || str_eq(d.file_sha256, sha256) || other_subject(h, what, e);
}

/* An artefact proves itself by its digest; a server only by its address, and stands for a version
 * whose artefact is not known. */
static bool same_model(const model_version *m, const handed_result *r)
{
    if (m->artefact_sha256.p) return str_eq(m->artefact_sha256, r->model_sha256);
    return !m->endpoint.p || str_eq(model_endpoint(m->endpoint), r->model_endpoint);
}

/* A plan that names its data, its reference and its model is not met by others. */
static bool same_subject(struct tx *t, struct hand *h, err *e)
{
    model_version m;
    const plan *p = h->plan;
    if (!p) return true;
    if (!same_data(t, h, p->dataset_version, "dataset", h->r.dataset_sha256, e) ||
        !same_data(t, h, p->reference_version, "reference", h->r.reference_sha256, e))
        return false;
    if (!p->model_version) return true;
    if (!row_get(t, h->a, &model_version_record, p->model_version, &m, e)) return false;
    return same_model(&m, &h->r) || other_subject(h, "model", e);
}

static bool not_recorded(const char *member, const char *why, err *e)
{
    return err_set(e, ERR_INVALID, str_fmt(e->a, "subject.%s.sha256", member),
                   S("repeat a measurement of this system that was handed in before"), "%s", why);
}

/* A plan that names the plan to be repeated is not met by a repetition of another's result. */
static bool of_named_plan(struct tx *t, struct hand *h, const measurement *m, err *e)
{
    plan p;
    str name = doc_str(h->r.plan.options, "plan");
    if (!name.p) return true;
    if (!row_by_label(t, h->a, &plan_record, name, &p, e))
        return err_under(e, S("method.parameters.options.plan"));
    return p.head.id == m->plan ||
           not_recorded("recorded", "what was repeated is no result of the plan it names", e);
}

/* What was repeated is a measurement of this register, of the same system, model and data. */
static bool same_recorded(struct tx *t, struct hand *h, err *e)
{
    int64_t id = 0;
    measurement m;
    const handed_result *r = &h->r;
    const value args[] = {V_TEXT(r->dataset_sha256), V_TEXT(r->recorded_sha256)};
    if (!r->recorded_sha256.p) return true;
    if (!tx_int(t, SQL(Q_MEASUREMENT_OF_RESULT), args, COUNT(args), 0, &id, e)) return false;
    if (!id) return not_recorded("recorded", "what was repeated was never handed in here", e);
    if (!row_get(t, h->a, &measurement_record, id, &m, e)) return false;
    if (m.system != h->system)
        return not_recorded("recorded", "what was repeated is about another system", e);
    if (!str_eq(m.model_sha256, r->model_sha256))
        return not_recorded("model", "the repetition had another model", e);
    if (!str_eq(m.reference_sha256, r->reference_sha256))
        return not_recorded("reference", "the repetition had another reference", e);
    h->repeats = id;
    return of_named_plan(t, h, &m, e);
}

static bool only_once(struct tx *t, struct hand *h, err *e)
{
    int64_t id = 0;
    const value args[] = {V_TEXT(h->r.dataset_sha256), V_TEXT(h->sha256)};
    if (!tx_int(t, SQL(Q_MEASUREMENT_OF_RESULT), args, COUNT(args), 0, &id, e)) return false;
    return !id || err_set(e, ERR_CONFLICT, S(""), S("nothing is to be done"),
                          "this result was handed in before, as measurement %lld", (long long)id);
}

static bool hand_tx(struct tx *t, void *ctx, err *e)
{
    struct hand *h = ctx;
    int64_t now = clock_now();
    return same_plan(t, h, e) && same_subject(t, h, e) && same_recorded(t, h, e) &&
           only_once(t, h, e) && add_measurement(t, h, now, e) && learn(t, h, now, e) &&
           add_evidence(t, h, now, e) && settle_finding(t, h, now, e);
}

static bool find_subject(struct hand *h, str plan_name, str system, err *e)
{
    measure_plan fixed;
    void *row;
    if (plan_name.p) {
        if (!work_plan(h->w, h->who, plan_name, h->a, &h->plan, &fixed, e)) return false;
        h->system = h->plan->system;
        return follows(h, &fixed, e);
    }
    if (!system.p)
        return err_set(e, ERR_INVALID, S("system"), S("name a plan or a system"),
                       "nothing says what was measured");
    if (!work_find(h->w, h->who, &ai_system_record, system, h->a, &row, e)) return false;
    h->system = ((ai_system *)row)->head.id;
    return true;
}

bool work_hand_in(struct work *w, const actor *who, str json, str plan_name, str system, arena *a,
                  handed_in *ret, err *e)
{
    struct hand h = {.w = w, .who = who, .a = a, .ret = ret};
    file_info f;
    *ret = (handed_in){0};
    if (!work_may(w, who, CAP_MEASURE, "handing in a measurement", e)) return false;
    if (!result_parse(a, json, &h.r, e) || !find_subject(&h, plan_name, system, e)) return false;
    if (h.r.started_at > clock_now() + SKEW_MS)
        return err_set(e, ERR_INVALID, S("started"), S("set the clock of the measuring machine"),
                       "the measurement began in the future");
    if (!work_put_bytes(w, who, json, S("result.json"), a, &f, e)) return false;
    h.sha256 = digest_hex(a, f.sha256);
    h.size = f.size;
    h.controls = proven_controls(&h);
    if (!work_write(w, hand_tx, &h, e)) return false;
    ret->verdict = h.r.verdict;
    ret->controls = h.controls.at;
    ret->n_controls = h.controls.n;
    return true;
}

void handed_in_json(const handed_in *h, jw *out)
{
    jw_obj(out);
    jw_m_int(out, "measurement", h->measurement);
    jw_m_int(out, "leaf", h->leaf);
    jw_m_strz(out, "verdict", verdict_name(h->verdict));
    if (h->evidence) jw_m_int(out, "evidence", h->evidence);
    if (h->finding) jw_m_int(out, "finding", h->finding);
    jw_key(out, "controls");
    jw_arr(out);
    for (size_t i = 0; i < h->n_controls; i++)
        jw_str(out, h->controls[i]);
    jw_arr_end(out);
    jw_obj_end(out);
}
