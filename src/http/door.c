/* door.c - host, credentials, capability, body: all that is the same for every route. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/door.h"
#include "http/replay.h"
#include "http/who.h"

str host_name(str host)
{
    if (host.n && host.p[0] == '[') return str_sub(host, 0, str_cut(host, ']', &(str){0}).n + 1);
    return str_cut(host, ':', &(str){0});
}

static bool is_loopback(str host)
{
    return str_starts(host, S("127.")) || str_eqz(host, "localhost") || str_eqz(host, "[::1]");
}

bool host_allowed(const http_options *o, str host)
{
    str name = host_name(host), own = str_of(o->listen ? o->listen : HTTP_LISTEN);
    for (size_t i = 0; i < o->n_hosts; i++)
        if (str_eq(o->hosts[i], name) || str_eq(o->hosts[i], host)) return true;
    if (is_loopback(name)) return true;
    return o->n_hosts == 0 && !is_loopback(host_name(own));
}

static bool check_host(request *q, err *e)
{
    if (q->local) return true;
    str host = q->header(q, "Host");
    if (host_allowed(q->options, host.p ? host : S(""))) return true;
    return err_set(e, ERR_DENIED, S("Host"), S("use the server's own name; see `serve --host`"),
                   "the Host header names another site");
}

static bool check_credentials(request *q, err *e)
{
    const route *r = q->route;
    if (r->flags & PUBLIC) return true;
    if (!q->local && !who_asks(q, e)) return false;
    if (!q->local && route_is_unsafe(r) && !who_meant_it(q, e)) return false;
    if (r->flags & ANYONE || q->who.caps & 1u << r->cap) return true;
    q->denied = true;
    return err_set(e, ERR_DENIED, S(""), S(""), "denied");
}

static bool is_json_type(str type)
{
    str one = str_trim(str_cut(type, ';', &(str){0}));
    return str_eqz(one, "application/json") || str_eqz(one, "application/merge-patch+json");
}

static bool check_body(request *q, int64_t length, err *e)
{
    const route *r = q->route;
    size_t max = route_body_max(q);
    if (!r->in && !(r->flags & UPLOAD)) {
        if (length == 0) return true;
        return err_set(e, ERR_USAGE, S(""), S("send no body"), "this route takes no body");
    }
    if (r->in && !is_json_type(q->header(q, "Content-Type")))
        return err_set(e, ERR_MEDIA_TYPE, S("Content-Type"), S("send application/json"),
                       "the body must be JSON");
    if (length > 0 && (uint64_t)length > max)
        return err_set(e, ERR_TOO_LARGE, S(""), str_fmt(e->a, "at most %zu bytes", max),
                       "a body of %lld bytes is too large", (long long)length);
    q->body = buf_open(q->a, r->flags & UPLOAD ? 0 : max);
    return true;
}

static bool check_match(request *q, err *e)
{
    int64_t version;
    return !(q->route->flags & MATCH) || if_match(q, &version, e);
}

static bool check_query(request *q, err *e)
{
    const char *known[QUERY_MAX] = {0};
    size_t n = 0;
    /* Filters are the record's to know, and how a view is set is the page's. */
    if (q->route->flags & (FILTERED | ANY_QUERY)) return true;
    if (q->route->flags & PAGED) {
        known[n++] = "limit";
        known[n++] = "cursor";
    }
    str rest = str_of(q->route->query);
    while (rest.n)
        known[n++] = str_dup(q->a, str_cut(rest, ' ', &rest)).p;
    return query_only(q, known, e);
}

static bool begin_upload(request *q, err *e)
{
    if (!(q->route->flags & UPLOAD)) return true;
    if (q->header(q, "Repr-Digest").p) q->upload_hash = hash_begin(q->a);
    return upload_begin(q->w, &q->who, q->a, &q->upload, e);
}

void door_open(request *q, str method, str target, int64_t length)
{
    err *e = &q->fail;
    *e = ERR_IN(q->a);
    q->reply.fd = -1;
    q->path = S("/");
    q->failed = !request_target(q, target, e) || !check_host(q, e) || !route_find(q, method, e) ||
                !check_credentials(q, e) || !check_body(q, length, e) || !check_query(q, e) ||
                !check_match(q, e) || !begin_upload(q, e);
}

static void refuse(request *q)
{
    q->failed = true;
    if (q->fail.code == ERR_OK)
        err_set(&q->fail, ERR_INTERNAL, S(""), S("report this"), "a refusal without a reason");
}

bool door_data(request *q, const void *p, size_t n)
{
    q->got += n;
    if (q->failed) return q->got <= DOOR_DRAIN;
    if (q->upload) {
        if (q->upload_hash) hash_add(q->upload_hash, p, n);
        if (!upload_add(q->upload, p, n, &q->fail)) refuse(q);
        return true;
    }
    buf_bytes(&q->body, p, n);
    if (q->body.full) {
        q->got = 0;
        refuse(q);
        err_set(&q->fail, ERR_TOO_LARGE, S(""),
                str_fmt(q->a, "at most %zu bytes", route_body_max(q)), "the body is too large");
    }
    return true;
}

/* Searches, exports, counts and looks into the past may read a whole table; so may two conditions,
 * when the index of one is of no help to the other. */
static bool reads_much(const request *q)
{
    size_t conditions = 0;
    if (!(q->route->flags & FILTERED)) return false;
    if (wants(q, "text/csv", "csv")) return true;
    for (size_t i = 0; i < q->n_query; i++) {
        str key = q->query[i].key;
        if (str_eqz(key, "q") || str_eqz(key, "as_of") || str_eqz(key, "count") ||
            str_eqz(key, "newest_by") || str_ends(key, S("_like")))
            return true;
        conditions += !str_eqz(key, "limit") && !str_eqz(key, "cursor");
    }
    return conditions > 1;
}

door_lane door_lane_of(const request *q)
{
    if (q->failed) return q->denied ? LANE_WRITE : LANE_NETWORK;
    if (route_is_unsafe(q->route)) return LANE_WRITE;
    return q->route->flags & SLOW || reads_much(q) ? LANE_READ : LANE_NETWORK;
}

static bool read_input(request *q, err *e)
{
    const record *in = q->at->in;
    label_refs labels;
    if (!q->route->in) return true;
    if (!doc_parse(q->a, buf_str(&q->body), route_body_max(q), &q->json, e)) return false;
    if (q->json->kind != DOC_OBJ)
        return err_set(e, ERR_INVALID, S(""), S("send a JSON object"), "the body is %s",
                       doc_kind_name(q->json->kind));
    if (!in) return true;
    q->in = arena_alloc(q->a, in->size, 16);
    return record_parse(in, q->json, q->in, &labels, q->a, e);
}

static bool not_modified(request *q)
{
    str known = q->header(q, "If-None-Match");
    for (size_t i = 0; known.p && i < q->reply.n_headers; i++)
        if (str_eqz(q->reply.headers[i].key, "ETag") && str_eq(q->reply.headers[i].value, known))
            return q->reply.status == 200 && !route_is_unsafe(q->route);
    return false;
}

static bool answer(request *q, err *e)
{
    if (q->denied) {
        const char *what = route_name(q->a, q->at).p;
        /* Logs the denial; the capability is missing, so it cannot succeed. */
        return work_may(q->w, &q->who, q->route->cap, what, e) &&
               err_set(e, ERR_DENIED, S(""), S(""), "denied");
    }
    if (q->failed || !read_input(q, e)) return false;
    bool replayed = false;
    if (!replay_begin(q, &replayed, e) || replayed) return replayed;
    if (!q->route->run(q, e)) return replay_forget(q), false;
    return replay_keep(q, e);
}

static void log_defect(const request *q)
{
    if (err_http(q->fail.code) < 500) return;
    log_line(LOG_ERROR, "%s %.*s: %s: %.*s", http_method_name(q->method), STR_ARG(q->path),
             err_name(q->fail.code), STR_ARG(q->fail.msg));
}

void door_run(request *q)
{
    if (answer(q, &q->fail)) {
        if (not_modified(q)) {
            q->reply.status = 304;
            q->reply.body = S("");
            q->reply.type = NULL;
        }
        reply_pack(q);
        return;
    }
    refuse(q);
    log_defect(q);
    reply_problem(q, &q->fail);
}

void door_refuse(request *q, err_code code, str hint, const char *why)
{
    q->failed = true;
    q->fail.a = q->a;
    err_set(&q->fail, code, S(""), hint, "%s", why);
    reply_problem(q, &q->fail);
}
