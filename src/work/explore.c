/* explore.c - the log's growth, the search over its acts, and the history of its checkpoints. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/explore.h"
#include "work/impl.h"

enum { MOST = 500 };

static int64_t within(int64_t limit)
{
    return limit < 1 ? 1 : limit > MOST ? MOST : limit;
}

/* ---- growth ---- */

static int64_t step_for(int64_t span_ms)
{
    enum { HOUR = 3600, DAY = 24 * HOUR };
    static const int64_t seconds[] = {1, 10, 60, 600, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY};
    for (size_t i = 0; i < COUNT(seconds); i++)
        if (span_ms / (seconds[i] * 1000) < GROWTH_STEPS) return seconds[i] * 1000;
    return 365 * CLOCK_DAY_MS;
}

struct growing {
    arena *a;
    log_growth *ret;
};

static bool read_steps(struct tx *t, struct growing *g, err *e)
{
    rows r;
    if (!tx_query(t, g->a, SQL(Q_ACTS_SPAN), NULL, 0, &r, e)) return false;
    int64_t step = step_for(r.n ? r.at[1].i - r.at[0].i : 0);
    if (!tx_query(t, g->a, SQL(Q_ACTS_GROWTH), &V_INT(step), 1, &r, e)) return false;
    g->ret->step_ms = step;
    g->ret->n_steps = r.n;
    g->ret->steps = arena_new(g->a, growth_step, r.n);
    for (size_t i = 0; i < r.n; i++)
        g->ret->steps[i] = (growth_step){r.at[i * r.cols].i * step, r.at[i * r.cols + 1].i};
    return true;
}

static bool growth_tx(struct tx *t, void *ctx, err *e)
{
    struct growing *g = ctx;
    rows r;
    if (!read_steps(t, g, e)) return false;
    if (!tx_query(t, g->a, SQL(Q_ACTS_SORTS), NULL, 0, &r, e)) return false;
    g->ret->n_acts = r.n;
    g->ret->acts = arena_new(g->a, act_count, r.n);
    for (size_t i = 0; i < r.n; i++)
        g->ret->acts[i] = (act_count){r.at[i * r.cols].s, r.at[i * r.cols + 1].i};
    return true;
}

bool work_log_growth(struct work *w, const actor *who, arena *a, log_growth *ret, err *e)
{
    struct growing g = {.a = a, .ret = ret};
    return work_may(w, who, CAP_AUDIT, "the growth of the log", e) &&
           store_read(w->store, growth_tx, &g, e);
}

void log_growth_json(const log_growth *g, jw *out)
{
    jw_obj(out);
    jw_m_int(out, "step_seconds", g->step_ms / 1000);
    jw_key(out, "steps");
    jw_arr(out);
    for (size_t i = 0; i < g->n_steps; i++) {
        jw_obj(out);
        jw_m_time(out, "at", g->steps[i].at);
        jw_m_int(out, "leaves", g->steps[i].leaves);
        jw_obj_end(out);
    }
    jw_arr_end(out);
    jw_key(out, "acts");
    jw_arr(out);
    for (size_t i = 0; i < g->n_acts; i++) {
        jw_obj(out);
        jw_m_str(out, "act", g->acts[i].act);
        jw_m_int(out, "leaves", g->acts[i].leaves);
        jw_obj_end(out);
    }
    jw_arr_end(out);
    jw_obj_end(out);
}

/* ---- search ---- */

struct searching {
    const act_search *q;
    arena *a;
    event *at;
    size_t n;
};

static bool acts_tx(struct tx *t, void *ctx, err *e)
{
    struct searching *s = ctx;
    const act_search *q = s->q;
    const value args[] = {V_INT(q->before), V_TEXT(q->act.p ? q->act : S("")),
                          V_TEXT(q->type.p ? q->type : S("")), V_INT(q->id),
                          V_INT(within(q->limit))};
    rows r;
    if (!tx_query(t, s->a, SQL(Q_ACTS_BEFORE), args, COUNT(args), &r, e)) return false;
    s->n = r.n;
    s->at = arena_new(s->a, event, r.n);
    for (size_t i = 0; i < r.n; i++) {
        const value *v = &r.at[i * r.cols];
        s->at[i] = (event){v[0].i, v[1].i, v[2].s, v[3].s, v[4].i, v[5].i};
    }
    return true;
}

bool work_acts(struct work *w, const actor *who, const act_search *q, arena *a, event **ret,
               size_t *ret_n, err *e)
{
    struct searching s = {.q = q, .a = a};
    if (!work_may(w, who, CAP_AUDIT, "the log", e) || !store_read(w->store, acts_tx, &s, e))
        return false;
    *ret = s.at;
    *ret_n = s.n;
    return true;
}

/* ---- checkpoints ---- */

bool work_checkpoints(struct work *w, const actor *who, int64_t before, int64_t limit, arena *a,
                      ledger_mark **ret, size_t *ret_n, err *e)
{
    if (!work_may(w, who, CAP_AUDIT, "the checkpoints", e) || !work_publish(w, e)) return false;
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = ledger_marks_before(w->ledger, a, before, within(limit), ret, ret_n, e);
    pthread_mutex_unlock(&w->ledger_lock);
    return ok;
}
