/* events.h - server-sent events: streams that sleep until the log grows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_EVENTS_H
#define AIMS_HTTP_EVENTS_H
#include "work/work.h"
#include <sys/types.h>

/*
 * One thread watches the log while anybody listens. A stream is read by the thread of its
 * connection; when it has nothing to say it is put to sleep under the hub's lock, so that no
 * wake-up is lost. Format: HTML Standard, "Server-sent events"; the id is the leaf number.
 */
struct events;
struct stream;

struct events *events_start(arena *a, struct work *w);
/* sleep and wake hold the connection and let it go on; both run under the hub's lock. */
typedef struct sleeper {
    void (*sleep)(void *ctx);
    void (*wake)(void *ctx);
    void *ctx;
} sleeper;
struct stream *stream_open(struct events *v, arena *a, int64_t after, sleeper with);
/* Bytes for the client: > 0; 0: put to sleep; -1: the end. */
ssize_t stream_read(struct stream *s, char *p, size_t max);
void stream_close(struct stream *s);
/* Ends every stream, also those opened later. */
void events_stop(struct events *v);

#endif
