/* result.c - reading a handed-in result and judging it again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/result.h"
#include <math.h>

enum { RESULT_MAX = 16 << 20, METRICS_INLINE = 40000 };

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
    if (!r->tool_version.p || r->tool_version.n > 60)
        return bad(e, "tool.version", "no tool version");
    if (!(r->seconds >= 0 && r->seconds < 1e9)) return bad(e, "seconds", "no duration");
    if (r->rows < 0) return bad(e, "subject.dataset.rows", "no number of rows");
    if (!started.p || !clock_parse(started, &r->started_at)) return bad(e, "started", "no time");
    return read_digest(subject, "dataset", true, &r->dataset_sha256, e) &&
           read_digest(subject, "model", false, &r->model_sha256, e);
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

/* The verdict of one metric, derived again; counts which limits of the plan met a figure. */
static bool judge_metric(const doc *m, str path, handed_result *r, bool *met, err *e)
{
    double lo, hi;
    limit l = {.metric = doc_str(m, "id")};
    const doc *given = doc_get(m, "limit");
    str said = doc_str(m, "verdict");
    if (!l.metric.p) return bad(e, path.p, "a metric without id");
    if (!read_interval(m, &lo, &hi)) return bad(e, path.p, "an interval is two numbers, low first");
    if (!given || given->kind == DOC_NULL) return true;
    l.value = doc_real(given, "value", NAN);
    if (!op_parse(doc_str(given, "op"), &l.op) || isnan(l.value))
        return bad(e, path.p, "a limit is op and value");
    for (size_t i = 0; i < r->plan.n_limits; i++) {
        const limit *p = &r->plan.limits[i];
        met[i] |= str_eq(p->metric, l.metric) && p->op == l.op && p->value == l.value;
    }
    /* Groups below the minimum are shown, not judged. */
    if (!said.p || str_eqz(said, "none")) return true;
    verdict v = limit_verdict(&l, lo, hi);
    if (!str_eqz(said, verdict_name(v)))
        return bad(e, path.p, "the verdict does not follow from interval and limit");
    r->verdict = worse(r->verdict, v);
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
    bool *met = arena_new(a, bool, ret->plan.n_limits);
    for (size_t i = 0; i < metrics->n; i++)
        if (!judge_metric(&metrics->at[i], str_fmt(a, "metrics.%zu", i), ret, met, e)) return false;
    for (size_t i = 0; i < ret->plan.n_limits; i++)
        if (!met[i])
            return err_set(e, ERR_INVALID, S("metrics"),
                           S("hand in what aims assess --json printed"),
                           "no metric carries the limit '%.*s'",
                           STR_ARG(limit_text(e->a, &ret->plan.limits[i])));
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

static bool same_groups(const measure_plan *x, const measure_plan *y)
{
    if (x->n_groups != y->n_groups) return false;
    for (size_t i = 0; i < x->n_groups; i++)
        if (!str_eq(x->groups[i], y->groups[i])) return false;
    return true;
}

static bool same_options(const measure_plan *x, const measure_plan *y)
{
    if (!x->options || !y->options) return !x->options == !y->options;
    arena *a = arena_open();
    bool same = str_eq(doc_canonical(a, x->options), doc_canonical(a, y->options));
    arena_close(a);
    return same;
}

bool result_same_parameters(const measure_plan *run, const measure_plan *plan,
                            const char **ret_what)
{
    const struct {
        const char *name;
        bool same;
    } parts[] = {
        {"label",                 str_eq(run->label,                         plan->label)},
        {"positive",                       str_eq(run->positive,                                                       plan->positive)},
        {"prediction",        str_eq(run->prediction,plan->prediction)},
        {"score",str_eq(run->score,                        plan->score)},
        {"threshold",                 run->has_threshold == plan->has_threshold &&
                          (!run->has_threshold || run->threshold == plan->threshold)                                               },
        {"groups",                       same_groups(run,                                                      plan)},
        {"where",                       str_eq(run->where,          plan->where)},
        {"confidence",                  run->confidence == plan->confidence     },
        {"options",same_options(run,    plan)},
        {"min_group",            run->min_group == plan->min_group},
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!parts[i].same) {
            *ret_what = parts[i].name;
            return false;
        }
    return true;
}
