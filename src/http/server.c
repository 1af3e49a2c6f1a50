/* server.c - libmicrohttpd: carries requests to the door and replies back; nothing else knows it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/door.h"
#include "http/events.h"
#include "http/listen.h"
#include "http/metrics.h"
#include "http/pool.h"
#include "work/files.h"
#include <microhttpd.h>
#include <netinet/in.h>
#include <unistd.h>

enum {
    CONNECTION_MEMORY = 32768, /* heads over this are 431, targets 414 */
    CONNECTIONS = 1000,
    TIMEOUT = 30,
    GRACE = 10,
    WORKERS = 32,
    SLOW_READERS = 4,
    STREAM_CHUNK = 65536,
    TICK_US = 50000
};

struct server {
    struct work *w;
    const http_options *o;
    struct MHD_Daemon *daemon;
    struct pool *lanes[LANE_WRITE + 1]; /* none for LANE_NETWORK */
    struct events *events;
    struct metrics *metrics;
    struct deadlines *deadlines;
    atomic_bool stopping;
};

typedef enum stage { FRESH, READING, RUNNING, ANSWERED } stage;

/* One request on its way; lives in its own arena from the first line to the last byte. */
struct exchange {
    struct server *s;
    struct MHD_Connection *c;
    stage stage;
    request q;
    str target;
    pool_task task;
    double began;
    struct stream *stream;
    str chunk; /* of a download */
};

static void *on_target(void *ctx, const char *target, struct MHD_Connection *c)
{
    arena *a = arena_open();
    struct exchange *x = arena_new(a, struct exchange, 1);
    *x = (struct exchange){.s = ctx, .c = c, .target = str_dup(a, str_of(target))};
    x->q.a = a;
    x->q.reply.fd = -1;
    x->began = clock_mono();
    metrics_began(x->s->metrics);
    return x;
}

static struct deadline *deadline_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return i ? i->socket_context : NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *s = ctx;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*socket_context) deadline_drop(s->deadlines, *socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (i) *socket_context = deadline_add(s->deadlines, i->connect_fd);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **request_context,
                         enum MHD_RequestTerminationCode why)
{
    struct server *s = ctx;
    struct exchange *x = *request_context;
    (void)why;
    if (!x) return;
    *request_context = NULL;
    if (x->stream) {
        stream_close(x->stream);
        metrics_streams(s->metrics, -1);
    }
    if (x->q.reply.fd >= 0) close(x->q.reply.fd);
    if (deadline_of(c)) deadline_set(s->deadlines, deadline_of(c));
    metrics_ended(s->metrics, x->q.at, x->q.reply.status, clock_mono() - x->began);
    arena_close(x->q.a);
}

/* ---- replies ---- */

static ssize_t read_download(void *ctx, uint64_t pos, char *p, size_t max)
{
    struct exchange *x = ctx;
    (void)pos;
    if (!x->chunk.n) {
        const void *from;
        err e = ERR_IN(x->q.a);
        if (!download_next(x->q.reply.stream, &from, &x->chunk.n, &e)) {
            log_err(LOG_ERROR, "sending a file", &e);
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        x->chunk.p = from;
        if (!x->chunk.n) return MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t n = x->chunk.n < max ? x->chunk.n : max;
    memcpy(p, x->chunk.p, n);
    x->chunk = str_sub(x->chunk, n, x->chunk.n);
    return (ssize_t)n;
}

static ssize_t read_events(void *ctx, uint64_t pos, char *p, size_t max)
{
    struct exchange *x = ctx;
    (void)pos;
    ssize_t n = stream_read(x->stream, p, max);
    return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void hold(void *ctx)
{
    MHD_suspend_connection(ctx);
}

static void let_go(void *ctx)
{
    MHD_resume_connection(ctx);
}

static struct MHD_Response *open_events(struct exchange *x)
{
    x->stream = stream_open(x->s->events, x->q.a, x->q.reply.after,
                            (sleeper){.sleep = hold, .wake = let_go, .ctx = x->c});
    metrics_streams(x->s->metrics, 1);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_events, x, NULL);
}

static struct MHD_Response *body_of(struct exchange *x)
{
    reply *r = &x->q.reply;
    if (r->events) return open_events(x);
    if (r->stream)
        return MHD_create_response_from_callback(r->stream_size, STREAM_CHUNK, read_download, x,
                                                 NULL);
    if (r->fd >= 0) {
        int fd = r->fd;
        r->fd = -1; /* the response closes it */
        return MHD_create_response_from_fd64(r->fd_size, fd);
    }
    /* The bytes live in the arena of the exchange, which outlives the response. */
    return MHD_create_response_from_buffer(r->body.n, (void *)(uintptr_t)r->body.p,
                                           MHD_RESPMEM_PERSISTENT);
}

#define CSP_API "default-src 'none'; frame-ancestors 'none'"
#define CSP_PAGE                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "        \
    "'self'; "                                                                                     \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

static void put_headers(struct MHD_Response *m, const struct exchange *x)
{
    const reply *r = &x->q.reply;
    bool page = r->type && strncmp(r->type, "text/html", 9) == 0;
    if (r->type) (void)MHD_add_response_header(m, "Content-Type", r->type);
    if (!r->cacheable) (void)MHD_add_response_header(m, "Cache-Control", "no-store");
    (void)MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(m, "Content-Security-Policy", page ? CSP_PAGE : CSP_API);
    (void)MHD_add_response_header(m, "Referrer-Policy", "no-referrer");
    (void)MHD_add_response_header(m, "Cross-Origin-Resource-Policy", "same-origin");
    if (x->s->o->secure)
        (void)MHD_add_response_header(m, "Strict-Transport-Security", "max-age=31536000");
    if (x->s->stopping) (void)MHD_add_response_header(m, "Connection", "close");
    for (size_t i = 0; i < r->n_headers; i++)
        (void)MHD_add_response_header(m, r->headers[i].key.p, r->headers[i].value.p);
}

static enum MHD_Result send_reply(struct exchange *x)
{
    x->stage = ANSWERED;
    struct MHD_Response *m = body_of(x);
    if (!m) return MHD_NO;
    put_headers(m, x);
    enum MHD_Result ok = MHD_queue_response(x->c, (unsigned)x->q.reply.status, m);
    MHD_destroy_response(m);
    return ok;
}

/* ---- requests ---- */

static str read_header(const request *q, const char *name)
{
    const struct exchange *x = q->wire;
    return str_of(MHD_lookup_connection_value(x->c, MHD_HEADER_KIND, name));
}

/* 0: no body; -1: chunked. libmicrohttpd has refused a malformed length already. */
static int64_t body_length(const request *q)
{
    int64_t n = 0;
    if (q->header(q, "Transfer-Encoding").p) return -1;
    return str_int(q->header(q, "Content-Length"), &n) && n > 0 ? n : 0;
}

static enum MHD_Result begin(struct exchange *x, const char *method)
{
    request *q = &x->q;
    q->w = x->s->w;
    q->options = x->s->o;
    q->metrics = x->s->metrics;
    q->header = read_header;
    q->wire = x;
    x->stage = READING;
    int64_t length = body_length(q);
    door_open(q, str_of(method), x->target, length);
    bool upload = q->route && q->route->flags & UPLOAD && !q->failed;
    if (upload && deadline_of(x->c)) deadline_lift(x->s->deadlines, deadline_of(x->c));
    if (!q->failed || length <= DOOR_DRAIN) return MHD_YES;
    door_run(q);
    return send_reply(x);
}

static void run_slow(void *ctx)
{
    struct exchange *x = ctx;
    door_run(&x->q);
    MHD_resume_connection(x->c);
}

static enum MHD_Result finish(struct exchange *x)
{
    if (deadline_of(x->c)) deadline_lift(x->s->deadlines, deadline_of(x->c));
    door_lane lane = door_lane_of(&x->q);
    if (lane == LANE_NETWORK) {
        door_run(&x->q);
        return send_reply(x);
    }
    x->stage = RUNNING;
    x->task = (pool_task){.fn = run_slow, .ctx = x};
    MHD_suspend_connection(x->c);
    if (pool_add(x->s->lanes[lane], &x->task)) return MHD_YES;
    door_refuse(&x->q, ERR_UNAVAILABLE, S("try again in a moment"), "the server is stopping");
    MHD_resume_connection(x->c);
    return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **request_context)
{
    struct exchange *x = *request_context;
    (void)ctx, (void)c, (void)url, (void)version;
    if (x->stage == FRESH) return begin(x, method);
    if (x->stage == RUNNING) return send_reply(x);
    if (x->stage == ANSWERED) return MHD_NO;
    if (!*size) return finish(x);
    bool go_on = door_data(&x->q, data, *size);
    *size = 0;
    return go_on ? MHD_YES : MHD_NO;
}

/* ---- the server ---- */

static size_t keep_target(void *ctx, struct MHD_Connection *c, char *s)
{
    (void)ctx, (void)c;
    return strlen(s); /* the door decodes, strictly */
}

PRINTF(2, 0)
static void log_library(void *ctx, const char *format, va_list ap)
{
    (void)ctx;
    arena *a = arena_open();
    log_line(LOG_DEBUG, "http: %s", str_trim(str_vfmt(a, format, ap)).p);
    arena_close(a);
}

static unsigned threads_of(const http_options *o)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    if (o->threads > 0) return (unsigned)o->threads;
    return n < 2 ? 2 : (unsigned)n;
}

/* New connections while stopping are closed at once. MHD_quiesce_daemon would refuse them earlier,
 * but aborts the process when a thread of the library takes the socket out of its set first. */
static enum MHD_Result admit(void *ctx, const struct sockaddr *address, socklen_t size)
{
    const struct server *s = ctx;
    (void)address;
    (void)size;
    return s->stopping ? MHD_NO : MHD_YES;
}

static bool start(struct server *s, int fd, err *e)
{
    const http_options *o = s->o;
    unsigned connections = o->connections ? o->connections : CONNECTIONS, n = threads_of(o);
    if (connections < n) connections = n;
    unsigned flags = (unsigned)MHD_USE_EPOLL_INTERNAL_THREAD | (unsigned)MHD_ALLOW_SUSPEND_RESUME |
                     (unsigned)MHD_USE_ERROR_LOG;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET,           fd,                                          NULL},
        {MHD_OPTION_THREAD_POOL_SIZE,        (intptr_t)n,                                 NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,                           NULL},
        {MHD_OPTION_CONNECTION_LIMIT,        (intptr_t)connections,                       NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)o->per_address,                    NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT,      o->timeout ? (intptr_t)o->timeout : TIMEOUT, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK,        (intptr_t)on_target,                         s   },
        {MHD_OPTION_NOTIFY_COMPLETED,        (intptr_t)on_completed,                      s   },
        {MHD_OPTION_NOTIFY_CONNECTION,       (intptr_t)on_connection,                     s   },
        {MHD_OPTION_UNESCAPE_CALLBACK,       (intptr_t)keep_target,                       NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT,       1,                                           NULL},
        {MHD_OPTION_END,                     0,                                           NULL}
    };
    s->daemon = MHD_start_daemon(flags, 0, admit, s, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
                                 log_library, NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (s->daemon) return true;
    close(fd);
    return err_set(e, ERR_UNAVAILABLE, S("listen"), S("raise the limits of files and threads"),
                   "the HTTP library could not start");
}

static void announce(const http_options *o, str address, int port, arena *a)
{
    size_t at = address.n;
    while (at && address.p[at - 1] != ':')
        at--;
    str host = str_sub(address, 0, at ? at - 1 : 0);
    if (str_eqz(host, "*") || str_eqz(host, "0.0.0.0") || str_eqz(host, "[::]"))
        host = S("localhost");
    if (o->ready) o->ready(o->ctx, str_fmt(a, "http://%.*s:%d", STR_ARG(host), port).p);
}

static void wait_for(const atomic_bool *stop, struct deadlines *d)
{
    for (int tick = 0; !*stop; tick++) {
        usleep(TICK_US);
        if (tick % 20 == 0) deadlines_enforce(d);
    }
}

/* Stops accepting, ends the event streams, lets what is in flight finish, then closes. */
static void wind_down(struct server *s)
{
    unsigned grace = s->o->grace ? s->o->grace : GRACE;
    s->stopping = true;
    events_stop(s->events);
    double end = clock_mono() + grace;
    while (metrics_in_flight(s->metrics) > 0 && clock_mono() < end)
        usleep(2000);
    pool_stop(s->lanes[LANE_READ]);
    pool_stop(s->lanes[LANE_WRITE]);
    MHD_stop_daemon(s->daemon); /* closes the socket, too */
}

bool http_serve(struct work *w, const http_options *o, const atomic_bool *stop, err *e)
{
    int fd, port;
    str address = str_of(o->listen ? o->listen : HTTP_LISTEN);
    http_validate();
    if (!listen_open(address, &fd, &port, e)) return false;
    arena *a = arena_open();
    struct server s = {.w = w, .o = o};
    s.metrics = metrics_open(a);
    s.deadlines = deadlines_open(a, 2.0 * (o->timeout ? o->timeout : TIMEOUT));
    s.lanes[LANE_READ] = pool_start(a, SLOW_READERS);
    s.lanes[LANE_WRITE] = pool_start(a, o->workers > 0 ? o->workers : WORKERS);
    s.events = events_start(a, w);
    bool ok = start(&s, fd, e);
    if (ok) {
        announce(o, address, port, a);
        wait_for(stop, s.deadlines);
        wind_down(&s);
    }
    arena_close(a);
    return ok;
}
