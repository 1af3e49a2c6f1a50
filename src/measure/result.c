/* result.c - a result as the one JSON shape that CLI, API and ledger share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/measure.h"
#include <math.h>

static void write_limit(const metric *m, jw *w)
{
    static const char *const ops[] = {
        [LIMIT_LE] = "<=", [LIMIT_LT] = "<", [LIMIT_GE] = ">=", [LIMIT_GT] = ">"};
    jw_key(w, "limit");
    jw_obj(w);
    jw_m_strz(w, "op", ops[m->limit.op]);
    jw_m_real(w, "value", m->limit.value);
    jw_obj_end(w);
    jw_m_strz(w, "verdict", verdict_name(m->verdict));
    if (m->n_needed) jw_m_int(w, "n_needed", m->n_needed);
}

static void write_interval(const metric *m, jw *w)
{
    jw_key(w, "interval");
    if (isnan(m->lo) || isnan(m->hi)) {
        jw_null(w);
        return;
    }
    jw_arr(w);
    jw_real(w, m->lo);
    jw_real(w, m->hi);
    jw_arr_end(w);
}

static void write_metric(const metric *m, jw *w)
{
    jw_obj(w);
    jw_m_str(w, "id", m->id);
    jw_m_real(w, "value", m->value);
    write_interval(m, w);
    jw_m_real(w, "confidence", m->confidence);
    jw_m_str(w, "interval_method", m->method);
    jw_m_int(w, "n", m->n);
    if (m->slice.p) {
        jw_key(w, "slice");
        jw_raw(w, m->slice);
    }
    if (m->attribute.p) jw_m_str(w, "attribute", m->attribute);
    if (m->has_limit) write_limit(m, w);
    jw_obj_end(w);
}

static void write_method(const measure_plan *p, const measure_result *r, jw *w)
{
    jw_key(w, "method");
    jw_obj(w);
    jw_m_str(w, "name", r->method);
    jw_key(w, "parameters");
    measure_plan_json(p, w);
    jw_m_int(w, "seed", (int64_t)p->seed);
    jw_key(w, "references");
    jw_arr(w);
    for (size_t i = 0; r->references && r->references[i]; i++)
        jw_strz(w, r->references[i]);
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_tool(const measure_context *c, jw *w)
{
    jw_key(w, "tool");
    jw_obj(w);
    jw_m_strz(w, "name", "aims");
    jw_m_str(w, "version", c->tool_version);
    jw_obj_end(w);
    jw_m_time(w, "started", c->started_ms);
    jw_m_real(w, "seconds", c->seconds);
}

static void write_notes(const measure_result *r, jw *w)
{
    jw_key(w, "notes");
    jw_arr(w);
    for (size_t i = 0; i < r->n_notes; i++)
        jw_str(w, r->notes[i]);
    jw_arr_end(w);
}

void measure_result_json(const measure_plan *p, const measure_result *r, const measure_context *c,
                         jw *w)
{
    jw_obj(w);
    jw_m_str(w, "kind", r->kind);
    jw_key(w, "subject");
    jw_raw(w, c->subject);
    write_method(p, r, w);
    write_tool(c, w);
    jw_key(w, "metrics");
    jw_arr(w);
    for (size_t i = 0; i < r->n_metrics; i++)
        write_metric(&r->metrics[i], w);
    jw_arr_end(w);
    jw_m_strz(w, "verdict", verdict_name(r->verdict));
    jw_key(w, "tables");
    jw_raw(w, r->tables);
    jw_key(w, "figures");
    jw_raw(w, r->figures);
    write_notes(r, w);
    jw_obj_end(w);
}
