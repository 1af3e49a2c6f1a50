/* http.h - serving one data directory over HTTP: options, the server itself, its description. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_HTTP_H
#define AIMS_HTTP_HTTP_H
#include "work/work.h"
#include <stdatomic.h>

#define HTTP_LISTEN "127.0.0.1:8042"

/* Everything zero is a sensible server on HTTP_LISTEN. */
typedef struct http_options {
    const char *listen;   /* "127.0.0.1:8042", "[::1]:0", "*:80"; port 0: any free one */
    const str *hosts;     /* names the Host header may carry; none: loopback addresses take only */
    size_t n_hosts;       /* loopback names (against DNS rebinding), others take any name */
    bool secure;          /* a TLS proxy is in front: cookies get Secure, replies HSTS */
    int threads;          /* that read requests and answer quick ones; 0 = processors, at least 2 */
    int workers;          /* that wait for commits; 0 = 32. Four more do long reads */
    unsigned connections; /* at most; 0 = 1000 */
    unsigned per_address; /* connections of one client address; 0 = no limit but the above */
    unsigned timeout;     /* seconds without progress until a connection is closed; 0 = 30 */
    size_t body_max;      /* bytes of a JSON body; 0 = 1 MiB. Files: work/files.h FILE_MAX */
    unsigned grace;       /* seconds that requests in flight get when stopping; 0 = 10 */
    /* Called once, when the socket accepts connections. May be NULL. */
    void (*ready)(void *ctx, const char *url);
    void *ctx;
} http_options;

/*
 * Serves until *stop is true (looked at 20 times a second), then stops accepting, finishes what
 * is in flight and returns true. False when it cannot start: INVALID for the address, CONFLICT
 * when it is taken. Publishing the log and running jobs are the caller's threads; both may go on
 * beside it. The work must outlive the call.
 */
bool http_serve(struct work *w, const http_options *o, const atomic_bool *stop, err *e) NODISCARD;

/* The API described by itself, from the table of routes: OpenAPI 3.1. */
void http_openapi(jw *w);
/* One line per route for people: method, path, capability, what it does. */
void http_routes_text(buf *b);
/* Aborts when the table of routes names a shape that does not exist; called at start. */
void http_validate(void);

#endif
