/* relay.c - the thread that answers a sandboxed process for a model. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/relay.h"
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- whole messages ---- */

bool relay_give(int fd, const void *p, size_t n)
{
    for (const char *at = p; n;) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno != EINTR) return false;
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        }
    }
    return true;
}

bool relay_take(int fd, void *p, size_t n)
{
    for (char *at = p; n;) {
        ssize_t got = read(fd, at, n);
        if (got == 0 || (got < 0 && errno != EINTR)) return false;
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
    return true;
}

/* ---- answering ---- */

struct relay {
    const struct model *m;
    int fd;
    pthread_t thread;
};

static str error_json(arena *a, const err *e)
{
    buf b = buf_open(a, RELAY_ERROR_MAX);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "code", err_name(e->code));
    jw_m_str(&w, "message", str_clip(e->msg, 4000));
    jw_m_str(&w, "path", str_clip(e->path.p ? e->path : S(""), 1000));
    jw_m_str(&w, "hint", str_clip(e->hint.p ? e->hint : S(""), 4000));
    jw_obj_end(&w);
    return buf_str(&b);
}

/* Whoever asks may be killed at any moment: that must not end this process by SIGPIPE. (The asker
 * has write() alone, and dies with this process anyway.) */
static bool send_all(int fd, const void *p, size_t n)
{
    for (const char *at = p; n;) {
        ssize_t put = send(fd, at, n, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) return false;
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        }
    }
    return true;
}

static bool answer(struct relay *r, uint32_t rows, arena *a)
{
    const model_info *i = model_describe(r->m);
    err e = ERR_IN(a);
    float *x = arena_array(a, rows, i->n_features * sizeof *x, _Alignof(float));
    double *y = arena_array(a, rows, i->n_outputs * sizeof *y, _Alignof(double));
    if (!relay_take(r->fd, x, rows * i->n_features * sizeof *x)) return false;
    if (model_predict(r->m, x, rows, y, &e)) {
        relay_head h = {1, 0};
        return send_all(r->fd, &h, sizeof h) && send_all(r->fd, y, rows * i->n_outputs * sizeof *y);
    }
    str json = error_json(a, &e);
    relay_head h = {0, (uint32_t)json.n};
    return send_all(r->fd, &h, sizeof h) && send_all(r->fd, json.p, json.n);
}

static bool tell_usage(struct relay *r)
{
    model_usage u;
    relay_head h = {1, sizeof u};
    (void)model_used(r->m, &u);
    return send_all(r->fd, &h, sizeof h) && send_all(r->fd, &u, sizeof u);
}

/* A number of rows that nobody asks for ends the conversation. */
static void *serve(void *p)
{
    struct relay *r = p;
    size_t width = model_describe(r->m)->n_features + model_describe(r->m)->n_outputs;
    for (bool ok = true; ok;) {
        uint32_t rows;
        arena *a = arena_open();
        ok = relay_take(r->fd, &rows, sizeof rows) && rows <= RELAY_ROWS_MAX &&
             rows * width <= RELAY_CELLS_MAX && (rows ? answer(r, rows, a) : tell_usage(r));
        arena_close(a);
    }
    shutdown(r->fd, SHUT_RDWR);
    return NULL;
}

static void stop(void *p)
{
    struct relay *r = p;
    model_stop(r->m);
    shutdown(r->fd, SHUT_RDWR);
    pthread_join(r->thread, NULL);
    close(r->fd);
}

static void close_fd(void *p)
{
    close((int)(intptr_t)p);
}

bool relay_start(arena *a, const struct model *m, int *ret_fd, err *e)
{
    int fd[2];
    struct relay *r = arena_new(a, struct relay, 1);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
        return err_errno(e, errno, S("model"), "cannot make a socket");
    *r = (struct relay){.m = m, .fd = fd[0]};
    arena_defer(a, close_fd, (void *)(intptr_t)fd[1]);
    int bad = pthread_create(&r->thread, NULL, serve, r);
    if (bad) {
        close(fd[0]);
        return err_errno(e, bad, S("model"), "cannot start a thread");
    }
    arena_defer(a, stop, r);
    *ret_fd = fd[1];
    return true;
}

str relay_describe(arena *a, const struct model *m)
{
    const model_info *i = model_describe(m);
    buf b = buf_open(a, 1 << 24);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "format", i->format);
    jw_m_str(&w, "endpoint", i->endpoint);
    jw_m_str(&w, "version", i->version);
    jw_key(&w, "settings");
    jw_raw(&w, i->settings.p ? i->settings : S("{}"));
    jw_m_int(&w, "task", i->task);
    jw_m_int(&w, "n_features", (int64_t)i->n_features);
    jw_m_int(&w, "n_outputs", (int64_t)i->n_outputs);
    jw_key(&w, "features");
    jw_arr(&w);
    for (size_t k = 0; i->features && k < i->n_features; k++)
        jw_str(&w, i->features[k]);
    jw_arr_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}
