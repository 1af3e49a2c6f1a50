/* log_explore.c - handlers of the log's growth, of the search over it, of its checkpoints. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/handlers.h"
#include "work/explore.h"

bool do_log_growth(request *q, err *e)
{
    log_growth g;
    if (!work_log_growth(q->w, &q->who, q->a, &g, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    log_growth_json(&g, &w);
    reply_json(q, 200, &b);
    return true;
}

/* Where the next page begins: null after the last one. */
static void put_next(jw *w, bool full, int64_t next)
{
    jw_key(w, "next_before");
    if (full)
        jw_int(w, next);
    else
        jw_null(w);
}

static bool page_of(request *q, int64_t *ret_before, int64_t *ret_limit, err *e)
{
    return query_int(q, "before", 0, INT64_MAX, INT64_MAX, ret_before, e) &&
           query_int(q, "limit", 1, LIST_MAX, LIST_DEFAULT, ret_limit, e);
}

static void put_act(jw *w, const void *item)
{
    event_json(item, w);
}

bool do_log_acts(request *q, err *e)
{
    act_search s = {.act = query_get(q, "act"), .type = query_get(q, "type")};
    event *at;
    size_t n;
    if (!page_of(q, &s.before, &s.limit, e)) return false;
    if (!query_int(q, "id", 0, INT64_MAX, 0, &s.id, e)) return false;
    if (!work_acts(q->w, &q->who, &s, q->a, &at, &n, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_items(&w, at, n, sizeof *at, put_act);
    put_next(&w, (int64_t)n == s.limit, n ? at[n - 1].seq : 0);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

static void put_mark(jw *w, const void *item)
{
    const ledger_mark *m = item;
    jw_obj(w);
    jw_m_int(w, "size", (int64_t)m->size);
    jw_m_time(w, "at", m->at);
    jw_m_str(w, "checkpoint", m->note);
    jw_obj_end(w);
}

bool do_log_checkpoints(request *q, err *e)
{
    ledger_mark *at;
    size_t n;
    int64_t before, limit;
    if (!page_of(q, &before, &limit, e)) return false;
    if (!work_checkpoints(q->w, &q->who, before, limit, q->a, &at, &n, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_items(&w, at, n, sizeof *at, put_mark);
    put_next(&w, (int64_t)n == limit, n ? (int64_t)at[n - 1].size : 0);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}
