/* listen.h - the listening socket, and the deadlines of connections. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_LISTEN_H
#define AIMS_HTTP_LISTEN_H
#include "base/base.h"

/* "127.0.0.1:8042", "[::1]:0", "localhost:80", "*:80". *ret_port is the one really bound. */
bool listen_open(str address, int *ret_fd, int *ret_port, err *e) NODISCARD;

/*
 * A connection must bring a whole request within its deadline after it was opened or after its
 * last reply; one that drips bytes is cut off. Uploads only have the timeout without progress.
 */
struct deadlines;
struct deadline;
struct deadlines *deadlines_open(arena *a, double seconds);
struct deadline *deadline_add(struct deadlines *d, int fd);  /* a connection was opened */
void deadline_drop(struct deadlines *d, struct deadline *x); /* before its fd is closed */
void deadline_lift(struct deadlines *d, struct deadline *x); /* the request is here */
void deadline_set(struct deadlines *d, struct deadline *x);  /* the next one may come */
/* Shuts down the sockets of all that are late; called every now and then. */
void deadlines_enforce(struct deadlines *d);

#endif
