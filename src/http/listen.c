/* listen.c - binding the listening socket, and cutting off connections that drip. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listen.h"
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* "[::1]:80" -> "::1" and "80"; "*" stands for every address. */
static bool split(arena *a, str address, const char **ret_host, const char **ret_port)
{
    size_t at = address.n;
    while (at && address.p[at - 1] != ':')
        at--;
    if (at < 2) return false;
    str host = str_sub(address, 0, at - 1);
    int64_t port;
    if (!str_int(str_sub(address, at, address.n), &port) || port < 0 || port > 65535) return false;
    if (host.p[0] == '[' && str_ends(host, S("]"))) host = str_sub(host, 1, host.n - 2);
    *ret_host = str_eqz(host, "*") ? NULL : str_dup(a, host).p;
    *ret_port = str_fmt(a, "%lld", (long long)port).p;
    return true;
}

static int open_one(const struct addrinfo *i)
{
    int on = 1, off = 0;
    int fd = socket(i->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (i->ai_family == AF_INET6) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, i->ai_addr, i->ai_addrlen) == 0 && listen(fd, 512) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_storage any = {0};
    socklen_t n = sizeof any;
    char port[8] = "0";
    int64_t v = 0;
    if (getsockname(fd, (struct sockaddr *)&any, &n) != 0) return 0;
    if (getnameinfo((struct sockaddr *)&any, n, NULL, 0, port, sizeof port, NI_NUMERICSERV) != 0)
        return 0;
    return str_int(str_of(port), &v) ? (int)v : 0;
}

/* "*" prefers an IPv6 socket, which takes IPv4 as well. */
static int open_any(const struct addrinfo *all)
{
    int fd = -1;
    for (const struct addrinfo *i = all; i && fd < 0; i = i->ai_next)
        if (i->ai_family == AF_INET6) fd = open_one(i);
    for (const struct addrinfo *i = all; i && fd < 0; i = i->ai_next)
        if (i->ai_family != AF_INET6) fd = open_one(i);
    return fd;
}

bool listen_open(str address, int *ret_fd, int *ret_port, err *e)
{
    const char *host, *port;
    struct addrinfo want = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *all;
    if (!split(e->a, address, &host, &port))
        return err_set(e, ERR_INVALID, S("listen"), S("write ADDRESS:PORT, as in 127.0.0.1:8042"),
                       "'%.*s' is no address to listen on", STR_ARG(address));
    int failed = getaddrinfo(host, port, &want, &all);
    if (failed)
        return err_set(e, ERR_INVALID, S("listen"), S("use an address of this machine"),
                       "'%.*s': %s", STR_ARG(address), gai_strerror(failed));
    *ret_fd = host ? -1 : open_any(all);
    for (const struct addrinfo *i = all; i && *ret_fd < 0; i = i->ai_next)
        *ret_fd = open_one(i);
    int why = errno;
    freeaddrinfo(all);
    if (*ret_fd >= 0) {
        *ret_port = port_of(*ret_fd);
        return true;
    }
    return err_set(e, why == EADDRINUSE ? ERR_CONFLICT : ERR_INVALID, S("listen"),
                   S("choose another address or port"), "cannot listen on '%.*s': %s",
                   STR_ARG(address), strerror(why));
}

/* ---- deadlines ---- */

struct deadline {
    struct deadline *next, **at;
    int fd;
    double due; /* 0: none */
};

struct deadlines {
    pthread_mutex_t lock;
    struct deadline *first, *free;
    double seconds;
    arena *own; /* threads of connections use it; entries are reused, so that it stays small */
};

static void close_arena(void *a)
{
    arena_close(a);
}

struct deadlines *deadlines_open(arena *a, double seconds)
{
    struct deadlines *d = arena_new(a, struct deadlines, 1);
    *d = (struct deadlines){.seconds = seconds, .own = arena_open()};
    arena_defer(a, close_arena, d->own);
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

struct deadline *deadline_add(struct deadlines *d, int fd)
{
    pthread_mutex_lock(&d->lock);
    struct deadline *x = d->free;
    if (x)
        d->free = x->next;
    else
        x = arena_new(d->own, struct deadline, 1);
    *x = (struct deadline){
        .next = d->first, .at = &d->first, .fd = fd, .due = clock_mono() + d->seconds};
    if (x->next) x->next->at = &x->next;
    d->first = x;
    pthread_mutex_unlock(&d->lock);
    return x;
}

void deadline_drop(struct deadlines *d, struct deadline *x)
{
    pthread_mutex_lock(&d->lock);
    *x->at = x->next;
    if (x->next) x->next->at = x->at;
    x->next = d->free;
    d->free = x;
    pthread_mutex_unlock(&d->lock);
}

static void put_due(struct deadlines *d, struct deadline *x, double due)
{
    pthread_mutex_lock(&d->lock);
    x->due = due;
    pthread_mutex_unlock(&d->lock);
}

void deadline_lift(struct deadlines *d, struct deadline *x)
{
    put_due(d, x, 0);
}

void deadline_set(struct deadlines *d, struct deadline *x)
{
    put_due(d, x, clock_mono() + d->seconds);
}

void deadlines_enforce(struct deadlines *d)
{
    double now = clock_mono();
    pthread_mutex_lock(&d->lock);
    for (struct deadline *x = d->first; x; x = x->next)
        if (x->due > 0 && x->due < now) {
            (void)shutdown(x->fd, SHUT_RDWR);
            x->due = 0;
        }
    pthread_mutex_unlock(&d->lock);
}
