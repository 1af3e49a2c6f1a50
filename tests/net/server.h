/* server.h - a tiny HTTP server on a thread, one connection at a time, for tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_NET_SERVER_H
#define AIMS_TESTS_NET_SERVER_H
#include "base/base.h"

/* Answers one request (head and body as received) with the raw bytes of a response. */
typedef str server_answer(arena *a, str head, str body, void *ctx);

/* Listens on 127.0.0.1, any port; stops when the arena closes. */
void server_start(arena *a, server_answer *fn, void *ctx, int *ret_port);

#endif
