/* about.c - handlers about the server itself: description, health, metrics, events, pages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "http/handlers.h"
#include "http/metrics.h"
#include "http/pages.h"
#include "work/accounts.h"
#include "work/prove.h"

static void put_roles(jw *w)
{
    jw_key(w, "roles");
    jw_arr(w);
    for (size_t i = 0; i < work_n_roles; i++) {
        jw_obj(w);
        jw_m_strz(w, "name", work_roles[i].name);
        jw_m_strz(w, "doc", work_roles[i].doc);
        jw_key(w, "capabilities");
        jw_arr(w);
        for (int c = 0; c < CAPS; c++)
            if (work_roles[i].caps & 1u << c) jw_strz(w, cap_name((cap)c));
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void put_capabilities(jw *w)
{
    jw_key(w, "capabilities");
    jw_arr(w);
    for (int c = 0; c < CAPS; c++) {
        jw_obj(w);
        jw_m_strz(w, "name", cap_name((cap)c));
        jw_m_strz(w, "doc", cap_doc((cap)c));
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

bool do_about(request *q, err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    (void)e;
    jw_obj(&w);
    jw_m_strz(&w, "name", "aims");
    jw_m_strz(&w, "version", AIMS_VERSION);
    jw_m_str(&w, "origin", work_origin(q->w));
    jw_m_str(&w, "vkey", work_vkey(q->w));
    put_roles(&w);
    put_capabilities(&w);
    jw_key(&w, "attributions");
    catalog_write_attributions(&w);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_openapi(request *q, err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    (void)e;
    http_openapi(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_health(request *q, err *e)
{
    (void)e;
    reply_text(q, "text/plain; charset=utf-8", S("ok\n"));
    return true;
}

bool do_ready(request *q, err *e)
{
    bool none;
    if (!account_none(q->w, &none, e)) return false;
    reply_text(q, "text/plain; charset=utf-8", S("ready\n"));
    return true;
}

/* Without a server there is nothing to count, and nothing to listen to. */
static bool needs_server(const request *q, err *e)
{
    return q->metrics || err_set(e, ERR_UNAVAILABLE, S(""), S("ask a running server with --url"),
                                 "only a server has this");
}

bool do_metrics(request *q, err *e)
{
    buf b = reply_buf(q);
    if (!needs_server(q, e)) return false;
    metrics_text(q->metrics, &b);
    reply_text(q, "text/plain; version=0.0.4; charset=utf-8", buf_str(&b));
    return true;
}

/* Last-Event-ID of a browser that comes back wins over ?after=; neither: from now on. */
static bool read_after(request *q, int64_t newest, int64_t *ret, err *e)
{
    str last = q->header(q, "Last-Event-ID");
    if (!query_int(q, "after", -1, INT64_MAX, newest, ret, e)) return false;
    if (last.n && (!str_int(last, ret) || *ret < -1))
        return err_set(e, ERR_INVALID, S("Last-Event-ID"), S("send the id of the last event"),
                       "'%.*s' is no leaf number", STR_ARG(str_sub(last, 0, 40)));
    if (*ret > newest) *ret = newest;
    return true;
}

bool do_events(request *q, err *e)
{
    log_head h;
    if (!needs_server(q, e)) return false;
    if (!work_log_head(q->w, &q->who, q->a, &h, e)) return false;
    if (!read_after(q, (int64_t)h.size - 1, &q->reply.after, e)) return false;
    q->reply.status = 200;
    q->reply.type = "text/event-stream";
    q->reply.events = true;
    return true;
}

static const http_page *page_at(str path)
{
    for (size_t i = 0; i < http_n_pages; i++)
        if (str_eqz(path, http_pages[i].path)) return &http_pages[i];
    return NULL;
}

static str encoded(request *q, const http_page *p)
{
    str accept = q->header(q, "Accept-Encoding");
    bool br = header_names(accept, S("br")), gz = header_names(accept, S("gzip"));
    reply_header(q, "Vary", S("Accept-Encoding"));
    if (br || gz) reply_header(q, "Content-Encoding", br ? S("br") : S("gzip"));
    return br ? p->br : gz ? p->gz : p->raw;
}

static bool send_page(request *q, const http_page *p)
{
    q->reply.cacheable = true;
    reply_header(q, "ETag", str_of(p->etag));
    reply_header(q, "Cache-Control",
                 p->immutable ? S("public, max-age=31536000, immutable") : S("no-cache"));
    if (header_names(q->header(q, "If-None-Match"), str_of(p->etag))) {
        reply_text(q, p->type,
                   S("")); /* with the headers of the page: they replace the kept ones */
        q->reply.status = 304;
        return true;
    }
    reply_text(q, p->type, encoded(q, p));
    return true;
}

bool do_asset(request *q, err *e)
{
    const http_page *p = page_at(q->path);
    if (p) return send_page(q, p);
    return err_set(e, ERR_NOT_FOUND, S(""), S("reload the page"), "there is no '%.*s'",
                   STR_ARG(str_sub(q->path, 0, 200)));
}

/* The page finds its way by the path itself: every view is the same shell. */
bool do_page(request *q, err *e)
{
    (void)e;
    return send_page(q, page_at(S("/")));
}
