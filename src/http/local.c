/* local.c - one request without a network: the door, the handler, the reply. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/local.h"
#include "http/door.h"
#include <unistd.h>

static str header(const request *q, const char *name)
{
    const local_ask *ask = q->wire;
    if (strcasecmp(name, "Content-Type") == 0) return ask->body_type;
    if (strcasecmp(name, "If-Match") == 0) return ask->if_match;
    return (str){0};
}

static void feed_file(request *q, int fd)
{
    char chunk[65536];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        if (!door_data(q, chunk, (size_t)n)) return;
}

static void close_fd(void *p)
{
    close((int)(intptr_t)p);
}

void http_local(struct work *w, const actor *who, const local_ask *ask, int upload_fd, arena *a,
                local_reply *ret)
{
    static const http_options none;
    request *q = arena_new(a, request, 1);
    local_ask *kept = arena_new(a, local_ask, 1);
    *kept = *ask;
    *q = (request){.w = w,
                   .a = a,
                   .options = &none,
                   .local = true,
                   .who = *who,
                   .header = header,
                   .wire = kept};
    door_open(q, str_of(ask->method), ask->target, upload_fd >= 0 ? -1 : (int64_t)ask->body.n);
    if (upload_fd >= 0)
        feed_file(q, upload_fd);
    else if (ask->body.n && !door_data(q, ask->body.p, ask->body.n))
        q->failed = true;
    door_run(q);
    if (q->reply.fd >= 0) arena_defer(a, close_fd, (void *)(intptr_t)q->reply.fd);
    *ret = (local_reply){.status = q->reply.status,
                         .type = str_of(q->reply.type),
                         .body = q->reply.body,
                         .fd = q->reply.fd,
                         .stream = q->reply.stream};
    for (size_t i = 0; i < q->reply.n_headers; i++)
        if (str_eqz(q->reply.headers[i].key, "ETag")) ret->etag = q->reply.headers[i].value;
}
