/* request.h - one request as handlers see it, free of the HTTP library, and the reply they fill. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_REQUEST_H
#define AIMS_HTTP_REQUEST_H
#include "http/http.h"
#include "work/files.h"

enum {
    ARGS_MAX = 4,           /* {parts} of a path */
    QUERY_MAX = 32,         /* parameters of a query */
    LIST_DEFAULT = 25,      /* items of a page */
    LIST_MAX = 500,         /* at most */
    BODY_DEFAULT = 1 << 20, /* bytes of a JSON body */
    RESULT_MAX = 8 << 20,   /* bytes of a measurement result */
    REPLY_MAX = 256 << 20,  /* bytes of a JSON reply: a guard, pages are small */
    REPLY_HEADERS = 8       /* that a handler may set */
};

typedef enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE, HTTP_METHODS } http_method;
const char *http_method_name(http_method m);

typedef struct pair {
    str key, value;
} pair;

/* What leaves: bytes in the request's arena, or a file, or a stream; exactly one. */
typedef struct reply {
    int status;
    const char *type; /* media type; NULL with an empty body */
    str body;
    int fd; /* -1: none; owned by the reply */
    uint64_t fd_size;
    struct download *stream; /* of stream_size bytes */
    uint64_t stream_size;
    bool events; /* an endless stream of events from `after` on */
    int64_t after;
    bool cacheable; /* without it: no-store */
    pair headers[REPLY_HEADERS];
    size_t n_headers;
} reply;

struct route;
struct served;
struct metrics;

typedef struct request {
    struct metrics *metrics;
    struct work *w;
    arena *a;
    const http_options *options;
    const struct served *at; /* what is asked; NULL while unknown */
    const struct route *route;
    const record *r; /* of a resource route */
    str allow;       /* methods that the path takes, when the one sent is not among them */
    http_method method;
    str target;         /* as received: path and query */
    str path;           /* as received, without the query */
    str args[ARGS_MAX]; /* decoded {parts}, in the order of the pattern */
    pair query[QUERY_MAX];
    size_t n_query;
    bool local; /* called in this process (http/local.h): `who` is set, no host, no credentials */
    actor who;  /* caps == 0 and account == 0: nobody */
    str session, csrf; /* of a cookie session; absent with a token */
    bool failed;       /* refused: `fail` says why, the body is only drained */
    bool denied;       /* refused for want of a capability: goes on the log */
    err fail;
    buf body;     /* what has arrived, unless it goes into the upload */
    uint64_t got; /* bytes of it */
    struct upload *upload;
    struct hash *upload_hash; /* when the sender announced a digest */
    doc *json;                /* the parsed body, or NULL */
    void *in;                 /* the parsed body as a struct of http/inputs.h, or NULL */
    str (*header)(const struct request *q, const char *name); /* absent str when not sent */
    void *wire; /* of whoever reads from the network */
    reply reply;
} request;

/* ---- Reading (params.c) ---- */

/* Splits the target: strict percent-decoding, UTF-8, no NUL. INVALID names the parameter. */
bool request_target(request *q, str target, err *e) NODISCARD;
/* One decoded path segment, or INVALID. */
bool percent_decode(arena *a, str s, bool plus, str *ret) NODISCARD;
str query_get(const request *q, const char *key); /* absent when not given */
bool query_flag(const request *q, const char *key, bool *ret, err *e) NODISCARD;
/* Within [lo, hi], `dflt` when not given. */
bool query_int(const request *q, const char *key, int64_t lo, int64_t hi, int64_t dflt,
               int64_t *ret, err *e) NODISCARD;
/* as_of and the like: an RFC 3339 time or a date (its last millisecond); 0 when not given. */
bool query_time(const request *q, const char *key, int64_t *ret, err *e) NODISCARD;
bool arg_int(const request *q, size_t at, int64_t *ret, err *e) NODISCARD;
bool arg_digest(const request *q, size_t at, digest *ret, err *e) NODISCARD;
/* Refuses a query parameter that is not in the NULL-ended list. */
bool query_only(const request *q, const char *const *known, err *e) NODISCARD;
/* limit and cursor of a list; *ret_below 0: from the newest. */
bool query_page(const request *q, int64_t *ret_limit, int64_t *ret_below, err *e) NODISCARD;
str cursor_text(arena *a, int64_t below);
/* The version in If-Match: NO_VERSION without it, INVALID for anything but one strong tag. */
bool if_match(const request *q, int64_t *ret, err *e) NODISCARD;
/* True when Accept names `type`, or ?format= is `format`. */
bool wants(const request *q, const char *type, const char *format);

/* Whether a comma-separated header names `token`; weights are ignored, but "q=0" means no. */
bool header_names(str list, str token);

/* ---- Answering (reply.c, pack.c) ---- */

void reply_header(request *q, const char *name, str text);
/* Last of all: packs a text with gzip when it is worth it and the client takes it. */
void reply_pack(request *q);
void reply_etag(request *q, int64_t version);
void reply_json(request *q, int status, buf *b);
void reply_text(request *q, const char *type, str body);
void reply_nothing(request *q);
/* application/problem+json (RFC 9457) with code, path and hint. */
void reply_problem(request *q, const err *e);
buf reply_buf(request *q);
/* {"items": [...]}: `put` writes each of n items that lie `size` bytes apart. Alone the whole
 * reply; put_items is the member, for objects that have more. */
typedef void put_fn(jw *w, const void *item);
void put_items(jw *w, const void *items, size_t n, size_t size, put_fn *put);
void reply_items(request *q, const void *items, size_t n, size_t size, put_fn *put);

#endif
