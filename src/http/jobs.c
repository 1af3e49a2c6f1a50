/* jobs.c - handlers of the job queue. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/jobs.h"
#include "http/handlers.h"
#include "http/inputs.h"

static bool put_job(request *q, const job *j)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    job_json(j, &w);
    reply_json(q, route_status(q->route), &b);
    return true;
}

static void put_job_of(jw *w, const void *item)
{
    job_json(item, w);
}

bool do_jobs(request *q, err *e)
{
    job *at;
    size_t n;
    int64_t limit, below;
    if (!query_page(q, &limit, &below, e)) return false;
    if (!job_list(q->w, &q->who, below ? below : INT64_MAX, limit + 1, q->a, &at, &n, e))
        return false;
    bool more = (int64_t)n > limit;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    if (more) n--;
    jw_obj(&w);
    put_items(&w, at, n, sizeof *at, put_job_of);
    jw_key(&w, "next");
    if (more)
        jw_str(&w, cursor_text(q->a, at[n - 1].id));
    else
        jw_null(&w);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_job_add(request *q, err *e)
{
    const job_request *in = q->in;
    job j;
    if (!job_add(q->w, &q->who, in->kind, doc_get(q->json, "payload"), q->a, &j, e)) return false;
    reply_header(q, "Location", str_fmt(q->a, "/api/v1/jobs/%lld", (long long)j.id));
    return put_job(q, &j);
}

bool do_job(request *q, err *e)
{
    job j;
    int64_t id;
    return arg_int(q, 0, &id, e) && job_get(q->w, &q->who, id, q->a, &j, e) && put_job(q, &j);
}

bool do_job_cancel(request *q, err *e)
{
    job j;
    int64_t id;
    return arg_int(q, 0, &id, e) && job_cancel(q->w, &q->who, id, q->a, &j, e) && put_job(q, &j);
}
