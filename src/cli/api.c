/* api.c - requests to the API: through the door in this process, or over the network. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "http/local.h"
#include "net/net.h"
#include "work/accounts.h"
#include "work/files.h"
#include "work/prove.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct api {
    struct work *work; /* local */
    bool writes;
    actor who;
    struct net *net; /* remote */
};

str api_escape(arena *a, str s)
{
    static const char digits[] = "0123456789ABCDEF";
    buf b = buf_open(a, 3 * s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~", c));
        if (plain) {
            buf_putc(&b, (char)c);
        } else {
            buf_putc(&b, '%');
            buf_putc(&b, digits[c >> 4]);
            buf_putc(&b, digits[c & 15]);
        }
    }
    return buf_str(&b);
}

static bool need_data(const struct call *c, err *e)
{
    if (c->data) return true;
    return err_set(e, ERR_USAGE, S("data"),
                   S("add --data DIR or set AIMS_DATA; or name a server with --url"),
                   "no data directory is named");
}

static bool open_work(struct call *c, bool write, err *e)
{
    work_options o = {.dir = c->data, .read_only = !write};
    if (c->api && c->api->work && (!write || c->api->writes)) return true;
    if (!c->api) c->api = arena_new(c->a, struct api, 1);
    if (!need_data(c, e) || !work_open(c->a, &o, &c->api->work, e)) return false;
    c->api->writes = write;
    c->api->who = actor_machine("cli");
    return !c->as || account_actor(c->api->work, str_of(c->as), "cli", c->a, &c->api->who, e);
}

bool api_work(struct call *c, bool write, struct work **ret, actor *ret_who, err *e)
{
    if (!open_work(c, write, e)) return false;
    *ret = c->api->work;
    *ret_who = c->api->who;
    return true;
}

/* A problem document back into the error it was made from. */
static bool problem(int status, str body, err *e)
{
    doc *d = NULL;
    err ignore = ERR_IN(e->a);
    err_code code = ERR_INTERNAL;
    if (!doc_parse(e->a, body, 1 << 20, &d, &ignore) || !err_by_name(doc_str(d, "code"), &code))
        return err_set(e, ERR_UNAVAILABLE, S("url"), S("is that the address of aims?"),
                       "the server answered with status %d", status);
    str detail = doc_str(d, "detail"), title = doc_str(d, "title");
    str path = doc_str(d, "path"), hint = doc_str(d, "hint");
    return err_set(e, code, path.p ? path : S(""), hint.p ? hint : S(""), "%.*s",
                   STR_ARG(detail.p ? detail : title));
}

static bool finish(struct call *c, api_reply *r, err *e)
{
    if (r->status >= 400) return problem(r->status, r->body, e);
    if (r->body.n && str_starts(r->type, S("application/json")))
        return doc_parse(c->a, r->body, SIZE_MAX / 4, &r->json, e);
    return true;
}

static str version_tag(arena *a, int64_t v)
{
    return v ? str_fmt(a, "\"%lld\"", (long long)v) : (str){0};
}

static bool read_fd(arena *a, int fd, str *ret, err *e)
{
    char chunk[65536];
    buf b = buf_open(a, SIZE_MAX / 4);
    for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) != 0;) {
        if (n < 0) return err_errno(e, errno, S(""), "cannot read the reply");
        buf_bytes(&b, chunk, (size_t)n);
    }
    *ret = buf_str(&b);
    return true;
}

static bool send_local(struct call *c, const local_ask *ask, int fd, api_reply *ret,
                       local_reply *raw, err *e)
{
    bool write = strcmp(ask->method, "GET") != 0;
    if (!open_work(c, write, e)) return false;
    http_local(c->api->work, &c->api->who, ask, fd, c->a, raw);
    *ret = (api_reply){.status = raw->status,
                       .type = raw->type.p ? raw->type : S(""),
                       .body = raw->body,
                       .etag = raw->etag};
    if (raw->fd >= 0 && !read_fd(c->a, raw->fd, &ret->body, e)) return false;
    /* Acts made by the command line are published at once: nobody else will do it. */
    if (write && !work_publish(c->api->work, e)) return false;
    return finish(c, ret, e);
}

static bool open_net(struct call *c, err *e)
{
    if (!c->api) c->api = arena_new(c->a, struct api, 1);
    if (c->api->net) return true;
    if (!c->token)
        return err_set(e, ERR_UNAUTHENTICATED, S("token"), S("add --token, or set AIMS_TOKEN"),
                       "no token for '%s'", c->url);
    net_options o = {.seconds = 600};
    return net_open(c->a, &o, &c->api->net, e);
}

static bool send_remote(struct call *c, const local_ask *ask, size_t max, api_reply *ret, err *e)
{
    if (!open_net(c, e)) return false;
    str base = str_of(c->url);
    if (str_ends(base, S("/"))) base.n--;
    net_header match = {S("If-Match"), ask->if_match};
    net_request q = {.method = ask->method,
                     .url = str_fmt(c->a, "%.*s%.*s", STR_ARG(base), STR_ARG(ask->target)),
                     .headers = &match,
                     .n_headers = ask->if_match.p != NULL,
                     .body = ask->body,
                     .body_type = ask->body_type,
                     .bearer = str_of(c->token),
                     .max = max};
    net_reply r;
    if (!net_send(c->api->net, c->a, &q, &r, e)) return false;
    *ret = (api_reply){.status = r.status,
                       .body = r.body,
                       .type = net_header_of(&r, "content-type"),
                       .etag = net_header_of(&r, "etag")};
    if (!ret->type.p) ret->type = S("");
    return finish(c, ret, e);
}

bool api_send(struct call *c, const char *method, str target, str json, int64_t if_match,
              api_reply *ret, err *e)
{
    local_ask ask = {.method = method,
                     .target = target,
                     .body = json,
                     .body_type = json.p ? S("application/json") : (str){0},
                     .if_match = version_tag(c->a, if_match)};
    local_reply raw;
    return c->url ? send_remote(c, &ask, 256u << 20, ret, e)
                  : send_local(c, &ask, -1, ret, &raw, e);
}

bool api_upload(struct call *c, const char *path, api_reply *ret, err *e)
{
    const char *slash = strrchr(path, '/');
    str name = api_escape(c->a, str_of(slash ? slash + 1 : path));
    local_ask ask = {.method = "POST",
                     .target = str_fmt(c->a, "/api/v1/files?name=%.*s", STR_ARG(name)),
                     .body_type = S("application/octet-stream")};
    local_reply raw;
    if (c->url) return file_map(c->a, path, &ask.body, e) && send_remote(c, &ask, 1 << 20, ret, e);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return err_errno(e, errno, str_of(path), "cannot open the file");
    bool ok = send_local(c, &ask, fd, ret, &raw, e);
    close(fd);
    return ok;
}

struct out {
    int fd;
    const char *path;
    buf problem;
};

static bool put(struct out *o, const void *p, size_t n, err *e)
{
    for (const char *at = p; n;) {
        ssize_t k = write(o->fd, at, n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return err_errno(e, errno, str_of(o->path), "cannot write the file");
        at += k;
        n -= (size_t)k;
    }
    return true;
}

static bool sink(void *ctx, int status, const void *p, size_t n, err *e)
{
    struct out *o = ctx;
    if (status < 300) return put(o, p, n, e);
    buf_bytes(&o->problem, p, n);
    return true;
}

static bool download_remote(struct call *c, const local_ask *ask, struct out *o, err *e)
{
    net_reply r;
    if (!open_net(c, e)) return false;
    net_request q = {.method = ask->method,
                     .url = str_fmt(c->a, "%s%.*s", c->url, STR_ARG(ask->target)),
                     .body = ask->body,
                     .body_type = ask->body_type,
                     .bearer = str_of(c->token),
                     .sink = sink,
                     .ctx = o};
    o->problem = buf_open(c->a, 1 << 20);
    if (!net_send(c->api->net, c->a, &q, &r, e)) return false;
    return r.status < 300 || problem(r.status, buf_str(&o->problem), e);
}

static bool download_local(struct call *c, const local_ask *ask, struct out *o, err *e)
{
    api_reply r;
    local_reply raw;
    const void *p;
    size_t n;
    if (!send_local(c, ask, -1, &r, &raw, e)) return false;
    if (!raw.stream) return put(o, r.body.p, r.body.n, e);
    for (;;) {
        if (!download_next(raw.stream, &p, &n, e)) return false;
        if (!n) return true;
        if (!put(o, p, n, e)) return false;
    }
}

bool api_download(struct call *c, const char *method, str target, str json, const char *path,
                  err *e)
{
    local_ask ask = {.method = method,
                     .target = target,
                     .body = json,
                     .body_type = json.p ? S("application/json") : (str){0}};
    struct out o = {.path = path};
    o.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (o.fd < 0) return err_errno(e, errno, str_of(path), "cannot create the file");
    bool ok = c->url ? download_remote(c, &ask, &o, e) : download_local(c, &ask, &o, e);
    if (ok && fsync(o.fd) != 0) ok = err_errno(e, errno, str_of(path), "cannot write the file");
    close(o.fd);
    if (!ok) unlink(path);
    return ok;
}

static bool read_stream(struct call *c, struct download *d, size_t max, str *ret, err *e)
{
    const void *p;
    size_t n = 0;
    buf b = buf_open(c->a, max);
    do {
        if (!download_next(d, &p, &n, e)) return false;
        buf_bytes(&b, p, n);
    } while (n && !b.full);
    *ret = buf_str(&b);
    return !b.full || err_set(e, ERR_TOO_LARGE, S("file"), S("download it with: aims file get"),
                              "the file is over %zu bytes", max);
}

bool api_file(struct call *c, str sha256, size_t max, str *ret, err *e)
{
    api_reply r;
    local_reply raw = {0};
    str target = str_fmt(c->a, "/api/v1/files/%.*s", STR_ARG(api_escape(c->a, sha256)));
    local_ask ask = {.method = "GET", .target = target};
    bool ok = c->url ? send_remote(c, &ask, max, &r, e) : send_local(c, &ask, -1, &r, &raw, e);
    if (!ok) return false;
    if (raw.stream) return read_stream(c, raw.stream, max, ret, e);
    *ret = r.body;
    return true;
}
