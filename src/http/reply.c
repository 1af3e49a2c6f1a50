/* reply.c - filling the reply: JSON, text, tags, and problems as RFC 9457 wants them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"
#include <assert.h>

buf reply_buf(request *q)
{
    return buf_open(q->a, REPLY_MAX);
}

void reply_header(request *q, const char *name, str text)
{
    assert(q->reply.n_headers < REPLY_HEADERS);
    q->reply.headers[q->reply.n_headers++] = (pair){str_of(name), str_dup(q->a, text)};
}

void reply_etag(request *q, int64_t version)
{
    reply_header(q, "ETag", str_fmt(q->a, "\"%lld\"", (long long)version));
}

void reply_json(request *q, int status, buf *b)
{
    q->reply.status = status;
    q->reply.type = "application/json";
    q->reply.body = buf_str(b);
}

void reply_text(request *q, const char *type, str body)
{
    q->reply.status = 200;
    q->reply.type = type;
    q->reply.body = body;
}

void put_items(jw *w, const void *items, size_t n, size_t size, put_fn *put)
{
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        put(w, (const char *)items + i * size);
    jw_arr_end(w);
}

void reply_items(request *q, const void *items, size_t n, size_t size, put_fn *put)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_items(&w, items, n, size, put);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
}

void reply_nothing(request *q)
{
    q->reply.status = 204;
    q->reply.type = NULL;
    q->reply.body = S("");
}

void reply_problem(request *q, const err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    const char *name = err_name(e->code);
    jw_obj(&w);
    jw_m_str(&w, "type", str_fmt(q->a, "urn:aims:error:%s", name));
    jw_m_strz(&w, "title", err_doc(e->code));
    jw_m_int(&w, "status", err_http(e->code));
    jw_m_str(&w, "detail", e->msg.p ? e->msg : str_of(err_doc(e->code)));
    jw_m_str(&w, "instance", q->path.p ? q->path : S("/"));
    jw_m_strz(&w, "code", name);
    jw_m_str(&w, "path", e->path.p ? e->path : S(""));
    jw_m_str(&w, "hint", e->hint.p ? e->hint : S(""));
    jw_obj_end(&w);
    reply_json(q, err_http(e->code), &b);
    q->reply.type = "application/problem+json";
    q->reply.cacheable = false;
    q->reply.n_headers = 0;
    if (q->allow.p) reply_header(q, "Allow", q->allow);
    if (err_http(e->code) == 401) reply_header(q, "WWW-Authenticate", S("Bearer"));
    if (e->code == ERR_LIMITED) reply_header(q, "Retry-After", S("60"));
}
