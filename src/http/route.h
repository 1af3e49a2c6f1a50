/* route.h - one row of the API: how it is called, who may, what goes in and out, who answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_ROUTE_H
#define AIMS_HTTP_ROUTE_H
#include "http/request.h"

enum {
    PUBLIC = 1 << 0,    /* no credentials needed */
    ANYONE = 1 << 1,    /* any valid credentials, whatever they may do */
    SLOW = 1 << 2,      /* answered by a worker; unsafe methods always are */
    UPLOAD = 1 << 3,    /* any bytes, streamed into the vault */
    BIG = 1 << 4,       /* a JSON body of up to RESULT_MAX bytes */
    NO_REPLAY = 1 << 5, /* the reply is a secret or a file: never kept for an Idempotency-Key */
    MATCH = 1 << 6,     /* needs If-Match */
    PAGED = 1 << 7,     /* takes limit and cursor */
    FILTERED = 1 << 8,  /* takes the filters of its record */
    WRITES = 1 << 9,    /* resource rows: not for RECORD_SYSTEM types */
    ERASES = 1 << 10,   /* resource rows: only for types with PERSONAL members */
    ANY_QUERY = 1 << 11 /* the query is the page's own business */
};

typedef bool handler(request *q, err *e);

/*
 * in:  NULL: no body. "*new", "*patch": the record of the row, as the verb of work reads it.
 *      Else a record of inputs.c (parsed and validated by the door) or a shape of shapes.json
 *      (the handler gets the parsed JSON).
 * out: "*one": the record. "*page": {"items", "next"} of it. A shape of shapes.json. Or a media
 *      type, when a slash is in it. NULL: nothing (204).
 */
typedef struct route {
    http_method method;
    const char *path; /* "/api/v1/jobs/{id}"; {rest*} takes all that follows */
    cap cap;
    unsigned flags;
    const char *in, *out;
    handler *run;
    const char *doc;   /* one line without a full stop */
    const char *query; /* plain parameters it takes, space separated; NULL: none */
    int status;        /* of success; 0 = 200, or 204 without `out` */
} route;

/* The whole API on one page: routes.c. Rows whose path has {plural} stand for one row per type
 * of the register. */
extern const route route_table[];
extern const size_t route_n_table;

/* One served route: a row, and its record when the row is a resource row. */
typedef struct served {
    const route *route;
    const record *r;
    const record *in; /* the record of inputs.c named by route->in */
    str path;         /* pattern with the plural filled in */
    size_t literal;   /* bytes of it before the first {part} */
} served;
/* All of them, in the order of the table; made at first use and kept for the process. */
const served *route_all(size_t *ret_n);

/* Finds the row for a method and a path; fills at, route, r and args. NOT_FOUND, or METHOD with
 * q->allow set. */
bool route_find(request *q, str method, err *e) NODISCARD;
size_t route_body_max(const request *q);
bool route_is_unsafe(const route *r);
int route_status(const route *r);
/* Unique and speaking: "list_systems", "get_jobs_id". */
str route_name(arena *a, const served *s);

#endif
