/* net.h - a small HTTP client over libcurl: one call per exchange, capped and timed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_NET_NET_H
#define AIMS_NET_NET_H
#include "base/base.h"
#include <stdatomic.h>

/*
 * Defaults are the safe ones: http and https only, certificates and host names verified, no
 * redirects, no proxies from the environment unless asked, replies over the cap are TOO_LARGE.
 * A reply of any status is a success of this room; unreachable, timed out, refused TLS is
 * UNAVAILABLE with the URL as path. One struct net belongs to one thread at a time; it keeps
 * connections alive between calls.
 */
typedef struct net_options {
    int connect_seconds;     /* 0 = 10 */
    int seconds;             /* whole exchange; 0 = 60 */
    int redirects;           /* followed at most; 0 = none; an https request never goes to http */
    const char *ca_file;     /* PEM bundle instead of the system's; NULL = system */
    bool proxy;              /* obey http_proxy and friends */
    const atomic_bool *stop; /* set to true by another thread: exchanges under way end within about
                                a second, UNAVAILABLE; NULL: never */
} net_options;

struct net;
/* o == NULL: all defaults. Closed with the arena. */
bool net_open(arena *a, const net_options *o, struct net **ret, err *e) NODISCARD;

typedef struct net_header {
    str name, value;
} net_header;

#define NET_BODY_MAX (16u << 20)

/* Gets the body piece by piece, after the status is known; false stops the exchange. */
typedef bool net_sink(void *ctx, int status, const void *p, size_t n, err *e);

typedef struct net_request {
    const char *method; /* GET, POST, PUT, PATCH, DELETE, HEAD; NULL = GET, or POST with a body */
    str url;            /* no user:password part */
    const net_header *headers;
    size_t n_headers;
    str body;       /* sent when p != NULL */
    str body_type;  /* Content-Type; absent = application/octet-stream */
    str bearer;     /* Authorization: Bearer ...; absent = none */
    size_t max;     /* cap of the reply body; 0 = NET_BODY_MAX; for sinks 0 = no cap */
    net_sink *sink; /* NULL: body is kept in the reply */
    void *ctx;
} net_request;

typedef struct net_reply {
    int status;
    net_header *headers; /* names in lower case, of the last response */
    size_t n_headers;
    str body; /* empty with a sink */
} net_reply;

/* The reply lives in the arena. */
bool net_send(struct net *n, arena *a, const net_request *q, net_reply *ret, err *e) NODISCARD;
str net_header_of(const net_reply *r, const char *lower_name); /* absent when missing */

/* POST of a body with a type, reply capped at 1 MiB; `net` is a struct net. Shape of
 * ledger_post in ledger/witness.h. */
bool net_post(void *net, arena *a, str url, str type, str body, int *ret_status, str *ret_reply,
              err *e) NODISCARD;

#endif
