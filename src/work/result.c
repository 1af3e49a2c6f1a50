/* result.c - reading a handed-in result and judging it again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/result.h"
#include "measure/plan.h"
#include "measure/schema.h"
#include <math.h>

enum { RESULT_MAX = 16 << 20, METRICS_INLINE = 40000, ENDPOINT_MAX = 8000 };
#define ROWS_MAX INT64_C(9000000000000000) /* as measurement.n_rows */

static bool bad(err *e, const char *path, const char *why)
{
    return err_set(e, ERR_INVALID, str_of(path), S("hand in what aims assess --json printed"), "%s",
                   why);
}

static bool read_digest(const doc *subject, const char *key, bool required, str *ret, err *e)
{
    const doc *d = doc_get(subject, key);
    digest parsed;
    *ret = (str){0};
    if (!d || d->kind == DOC_NULL)
        return !required || bad(e, str_fmt(e->a, "subject.%s", key).p, "the subject is incomplete");
    str hex = doc_str(d, "sha256");
    if (!hex.p || !digest_parse(hex, &parsed))
        return bad(e, str_fmt(e->a, "subject.%s.sha256", key).p, "no SHA-256 digest");
    *ret = hex;
    return true;
}

/* A model is known by the digest of its artefact, or else by where it answers. */
static bool read_model(const doc *subject, handed_result *r, err *e)
{
    const doc *m = doc_get(subject, "model"), *at = doc_get(m, "endpoint");
    if (!at) return read_digest(subject, "model", false, &r->model_sha256, e);
    if (doc_get(m, "sha256"))
        return bad(e, "subject.model", "a model that answers elsewhere has no digest");
    if (at->kind != DOC_STR || !at->s.n || at->s.n > ENDPOINT_MAX || str_has_control(at->s))
        return bad(e, "subject.model.endpoint", "no address");
    r->model_endpoint = at->s;
    return true;
}

/* What reading found the data to be; results of older versions do not tell. */
static bool read_schema(const doc *subject, const char *key, const doc **ret, err *e)
{
    *ret = doc_get(doc_get(subject, key), "schema");
    return !*ret || schema_parse(*ret, e) || err_under(e, str_fmt(e->a, "subject.%s", key));
}

static bool read_head(const doc *d, handed_result *r, err *e)
{
    const doc *subject = doc_get(d, "subject");
    const doc *dataset = doc_get(subject, "dataset");
    str started = doc_str(d, "started");
    r->kind = doc_str(d, "kind");
    r->tool_version = doc_str(doc_get(d, "tool"), "version");
    r->seconds = doc_real(d, "seconds", -1);
    r->rows = doc_int(dataset, "rows", -1);
    if (!r->kind.p || !measure_find(r->kind)) return bad(e, "kind", "no known kind of measurement");
    if (!r->tool_version.n || r->tool_version.n > 60 || str_has_control(r->tool_version))
        return bad(e, "tool.version", "no tool version");
    if (!(r->seconds >= 0 && r->seconds < 1e9)) return bad(e, "seconds", "no duration");
    if (r->rows < 0 || r->rows > ROWS_MAX)
        return bad(e, "subject.dataset.rows", "no number of rows");
    if (!started.p || !clock_parse(started, &r->started_at)) return bad(e, "started", "no time");
    r->reference_rows = doc_int(doc_get(subject, "reference"), "rows", 0);
    if (r->reference_rows < 0 || r->reference_rows > ROWS_MAX)
        return bad(e, "subject.reference.rows", "no number of rows");
    return read_schema(subject, "dataset", &r->schema, e) &&
           read_schema(subject, "reference", &r->reference_schema, e) &&
           read_digest(subject, "dataset", true, &r->dataset_sha256, e) &&
           read_model(subject, r, e) &&
           read_digest(subject, "reference", measure_find(r->kind)->needs_reference,
                       &r->reference_sha256, e) &&
           read_digest(subject, "recorded", measure_find(r->kind)->needs_recorded,
                       &r->recorded_sha256, e);
}

static bool read_plan(arena *a, const doc *d, handed_result *r, err *e)
{
    const doc *parameters = doc_get(doc_get(d, "method"), "parameters");
    if (!parameters) return bad(e, "method.parameters", "no parameters");
    if (!measure_plan_parse(a, parameters, &r->plan, e))
        return err_under(e, S("method.parameters"));
    r->plan.kind = r->kind;
    return true;
}

static bool read_interval(const doc *m, double *lo, double *hi)
{
    const doc *v = doc_get(m, "interval");
    *lo = *hi = NAN;
    if (!v || v->kind == DOC_NULL) return true;
    if (v->kind != DOC_ARR || v->n != 2 || !doc_is_num(&v->at[0]) || !doc_is_num(&v->at[1]))
        return false;
    *lo = v->at[0].d;
    *hi = v->at[1].d;
    return *lo <= *hi;
}

static bool op_parse(str s, limit_op *ret)
{
    static const char *const ops[] = {
        [LIMIT_LE] = "<=", [LIMIT_LT] = "<", [LIMIT_GE] = ">=", [LIMIT_GT] = ">"};
    for (size_t i = 0; i < COUNT(ops); i++)
        if (str_eqz(s, ops[i])) {
            *ret = (limit_op)i;
            return true;
        }
    return false;
}

static verdict worse(verdict a, verdict b)
{
    static const int rank[] = {
        [VERDICT_NONE] = 0, [VERDICT_PASS] = 1, [VERDICT_INCONCLUSIVE] = 2, [VERDICT_FAIL] = 3};
    return rank[a] >= rank[b] ? a : b;
}

/* One figure of the result beside what the plan says of it. */
struct judged {
    str id, slice, path; /* slice: canonical; absent for the whole */
    const limit *limit;  /* NULL: none */
    verdict verdict;
    double confidence;
};

struct judging {
    arena *a;
    handed_result *r;
    str *slices; /* of each limit of the plan, canonical; absent: the whole, or every slice */
    struct judged *at;
    size_t n;
};

static bool wants_all(const limit *l)
{
    return l->slice.p && str_eqz(l->slice, "*");
}

static bool read_slices(struct judging *j, err *e)
{
    const measure_plan *p = &j->r->plan;
    j->slices = arena_new(j->a, str, p->n_limits);
    for (size_t i = 0; i < p->n_limits; i++) {
        str json;
        doc *d = NULL;
        if (!plan_limit_slice(p, i, &json, j->a, e)) return err_under(e, S("method.parameters"));
        if (!json.p) continue;
        if (!doc_parse(j->a, json, RESULT_MAX, &d, e)) return false;
        j->slices[i] = doc_canonical(j->a, d);
    }
    return true;
}

/* The plan's limit of a figure, NULL: none. One on its slice goes before one on all. */
static const limit *limit_of(const struct judging *j, str id, str slice)
{
    const limit *all = NULL;
    for (size_t i = 0; i < j->r->plan.n_limits; i++) {
        const limit *l = &j->r->plan.limits[i];
        if (!str_eq(l->metric, id)) continue;
        if (wants_all(l))
            all = slice.p ? l : all;
        else if (!slice.p == !j->slices[i].p && str_eq(j->slices[i], slice))
            return l;
    }
    return all;
}

static bool same_limit(const doc *given, const limit *l)
{
    limit_op op;
    if (!l || !given || given->kind == DOC_NULL) return !l && (!given || given->kind == DOC_NULL);
    return op_parse(doc_str(given, "op"), &op) && op == l->op &&
           doc_real(given, "value", NAN) == l->value;
}

/* The verdict of one figure, derived again. Groups below the minimum are shown, not judged: a
 * figure of such a group rests on fewer rows than the minimum. */
static bool judge_metric(const struct judging *j, const doc *m, struct judged *x, err *e)
{
    double lo, hi;
    const doc *slice = doc_get(m, "slice");
    str said = doc_str(m, "verdict");
    x->id = doc_str(m, "id");
    x->confidence = doc_real(m, "confidence", 0);
    if (!x->id.p) return bad(e, x->path.p, "a metric without id");
    if (slice && slice->kind == DOC_OBJ) x->slice = doc_canonical(j->a, slice);
    if (!read_interval(m, &lo, &hi))
        return bad(e, x->path.p, "an interval is two numbers, low first");
    x->limit = limit_of(j, x->id, x->slice);
    if (!same_limit(doc_get(m, "limit"), x->limit))
        return bad(e, x->path.p, "the limit is not the one of the parameters");
    if (!x->limit) return true;
    if (x->slice.p && str_eqz(said, "none") && doc_int(m, "n", INT64_MAX) < j->r->plan.min_group)
        return true;
    x->verdict = limit_verdict(x->limit, lo, hi);
    if (!str_eqz(said, verdict_name(x->verdict)))
        return bad(e, x->path.p, "the verdict does not follow from interval and limit");
    j->r->verdict = worse(j->r->verdict, x->verdict);
    return true;
}

/* Every limit met a figure, at the plan's confidence or, over k slices, at 1 - (1 - c) / k
 * (Bonferroni, as the engines do). */
static bool judge_limit(const struct judging *j, const limit *l, err *e)
{
    size_t met = 0, looks = 0;
    for (size_t i = 0; i < j->n; i++) {
        met += j->at[i].limit == l;
        looks += j->at[i].limit == l && j->at[i].verdict != VERDICT_NONE;
    }
    if (!met)
        return err_set(e, ERR_INVALID, S("metrics"), S("hand in what aims assess --json printed"),
                       "no metric carries the limit '%.*s'", STR_ARG(limit_text(e->a, l)));
    double least = 1 - (1 - j->r->plan.confidence) / (looks ? (double)looks : 1) - 1e-9;
    for (size_t i = 0; i < j->n; i++)
        if (j->at[i].limit == l && j->at[i].verdict != VERDICT_NONE &&
            !(j->at[i].confidence >= least))
            return bad(e, j->at[i].path.p, "the confidence is below that of the parameters");
    return true;
}

static int by_figure(const void *p, const void *q)
{
    const struct judged *x = p, *y = q;
    int c = str_cmp(x->id, y->id);
    return c ? c : str_cmp(x->slice, y->slice);
}

static bool judge(struct judging *j, const doc *metrics, err *e)
{
    j->n = metrics->n;
    j->at = arena_new(j->a, struct judged, j->n);
    if (!read_slices(j, e)) return false;
    for (size_t i = 0; i < j->n; i++) {
        j->at[i].path = str_fmt(j->a, "metrics.%zu", i);
        if (!judge_metric(j, &metrics->at[i], &j->at[i], e)) return false;
    }
    for (size_t i = 0; i < j->r->plan.n_limits; i++)
        if (!judge_limit(j, &j->r->plan.limits[i], e)) return false;
    qsort(j->at, j->n, sizeof *j->at, by_figure);
    for (size_t i = 1; i < j->n; i++)
        if (by_figure(&j->at[i - 1], &j->at[i]) == 0)
            return bad(e, j->at[i].path.p, "the same figure stands there twice");
    return true;
}

/* The record keeps the metrics that matter for reading: those of the whole and those with a
 * limit; the file has all. */
static void keep_metrics(arena *a, const doc *metrics, handed_result *r)
{
    buf b = buf_open(a, METRICS_INLINE);
    jw w = jw_open(&b);
    jw_arr(&w);
    for (size_t i = 0; i < metrics->n; i++) {
        const doc *m = &metrics->at[i], *slice = doc_get(m, "slice"), *l = doc_get(m, "limit");
        if ((!slice || (l && l->kind != DOC_NULL)) && b.n < METRICS_INLINE - 4000) doc_write(m, &w);
    }
    jw_arr_end(&w);
    r->metrics = b.full ? S("[]") : buf_str(&b);
}

bool result_parse(arena *a, str json, handed_result *ret, err *e)
{
    doc *d;
    *ret = (handed_result){.verdict = VERDICT_NONE};
    if (!doc_parse(a, json, RESULT_MAX, &d, e) || !read_head(d, ret, e) || !read_plan(a, d, ret, e))
        return false;
    const doc *metrics = doc_get(d, "metrics");
    if (!metrics || metrics->kind != DOC_ARR || !metrics->n) return bad(e, "metrics", "no metrics");
    struct judging j = {.a = a, .r = ret};
    if (!judge(&j, metrics, e)) return false;
    if (ret->plan.n_limits && ret->verdict == VERDICT_NONE) ret->verdict = VERDICT_INCONCLUSIVE;
    if (!str_eqz(doc_str(d, "verdict"), verdict_name(ret->verdict)))
        return bad(e, "verdict", "the verdict does not follow from the metrics");
    keep_metrics(a, metrics, ret);
    return true;
}

static bool has_limit(arena *a, const measure_plan *p, const limit *l)
{
    for (size_t i = 0; i < p->n_limits; i++)
        if (str_eq(limit_text(a, &p->limits[i]), limit_text(a, l))) return true;
    return false;
}

bool result_same_limits(arena *a, const measure_plan *x, const measure_plan *y)
{
    for (size_t i = 0; i < x->n_limits; i++)
        if (!has_limit(a, y, &x->limits[i])) return false;
    for (size_t i = 0; i < y->n_limits; i++)
        if (!has_limit(a, x, &y->limits[i])) return false;
    return true;
}

/* The members of a plan as they stand in a result, limits left aside. */
static doc *members_of(arena *a, const measure_plan *p)
{
    measure_plan bare = *p;
    buf b = buf_open(a, RESULT_MAX);
    jw w = jw_open(&b);
    doc *d;
    err e = ERR_IN(a);
    bare.n_limits = 0;
    measure_plan_json(&bare, &w);
    return !b.full && doc_parse(a, buf_str(&b), RESULT_MAX, &d, &e) ? d : NULL;
}

static bool has_same(arena *a, const doc *d, str key, const doc *want)
{
    const doc *have = doc_find(d, key);
    return have && str_eq(doc_canonical(a, have), doc_canonical(a, want));
}

static bool holds_all(arena *a, const doc *x, const doc *y, const char **ret_what)
{
    for (size_t i = 0; i < x->n; i++)
        if (!has_same(a, y, x->keys[i], &x->at[i])) {
            *ret_what = x->keys[i].p;
            return false;
        }
    return true;
}

bool result_same_parameters(arena *a, const measure_plan *run, const measure_plan *plan,
                            const char **ret_what)
{
    const doc *x = members_of(a, run), *y = members_of(a, plan);
    *ret_what = "parameters";
    return x && y && holds_all(a, x, y, ret_what) && holds_all(a, y, x, ret_what);
}
