/* server.c - a tiny HTTP server on a thread, one connection at a time, for tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
    int fd;
    pthread_t thread;
    server_answer *fn;
    void *ctx;
};

static size_t content_length(str head)
{
    const char *at = strcasestr(head.p, "\r\nContent-Length:");
    return at ? (size_t)strtoul(at + 17, NULL, 10) : 0;
}

static bool receive(int fd, buf *b, size_t *ret_head)
{
    char chunk[4096];
    for (;;) {
        const char *end = b->n ? strstr(buf_str(b).p, "\r\n\r\n") : NULL;
        *ret_head = end ? (size_t)(end - b->p) + 4 : 0;
        if (end && b->n >= *ret_head + content_length(buf_str(b))) return true;
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0) return false;
        buf_bytes(b, chunk, (size_t)n);
    }
}

static void serve(struct server *s, int fd)
{
    arena *a = arena_open();
    buf b = buf_open(a, 1 << 22);
    size_t head;
    if (receive(fd, &b, &head)) {
        str all = buf_str(&b);
        str r = s->fn(a, str_dup(a, str_sub(all, 0, head)), str_sub(all, head, all.n), s->ctx);
        while (r.n) {
            ssize_t n = send(fd, r.p, r.n, MSG_NOSIGNAL);
            if (n <= 0) break;
            r = str_sub(r, (size_t)n, r.n);
        }
    }
    close(fd);
    arena_close(a);
}

static void *loop(void *p)
{
    struct server *s = p;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0) return NULL;
        serve(s, fd);
    }
}

static void stop(void *p)
{
    struct server *s = p;
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

void server_start(arena *a, server_answer *fn, void *ctx, int *ret_port)
{
    struct server *s = arena_new(a, struct server, 1);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    *s = (struct server){.fn = fn, .ctx = ctx, .fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(s->fd, 16) != 0 || getsockname(s->fd, (struct sockaddr *)&at, &n) != 0 ||
        pthread_create(&s->thread, NULL, loop, s) != 0)
        abort();
    *ret_port = ntohs(at.sin_port);
    arena_defer(a, stop, s);
}
