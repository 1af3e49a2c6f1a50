/* fuzz_target.c - any bytes as a request target and headers: found, decoded or refused, never lost.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "http/door.h"
#include "http/who.h"

static str no_header(const request *q, const char *name)
{
    (void)q, (void)name;
    return (str){0};
}

static void must_explain(bool ok, const err *e)
{
    if (!ok && (e->code == ERR_OK || !e->msg.n)) abort();
}

static void read_query(request *q, arena *a)
{
    err e = ERR_IN(a);
    int64_t n, below, at;
    bool flag;
    must_explain(query_page(q, &n, &below, &e), &e);
    must_explain(query_time(q, "as_of", &at, &e), &e);
    must_explain(query_flag(q, "retired", &flag, &e), &e);
    for (size_t i = 0; i < q->n_query; i++)
        if (!str_utf8(q->query[i].key) || !str_utf8(q->query[i].value)) abort();
}

/* Whatever is decoded is UTF-8 without NUL, and a cursor reads back as what it was made of. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    http_options options = {0};
    str line, head, bytes = str_dupn(a, data, n);
    request q = {.a = a, .options = &options, .header = no_header};
    line = str_cut(bytes, '\n', &head);
    bool ok = request_target(&q, line, &e);
    must_explain(ok, &e);
    if (ok) read_query(&q, a);
    if (ok && route_find(&q, S("GET"), &e))
        for (size_t i = 0; i < ARGS_MAX && q.args[i].p; i++)
            if (!str_utf8(q.args[i]) || memchr(q.args[i].p, 0, q.args[i].n)) abort();
    str cookie = cookie_value(head, SESSION_COOKIE);
    if (cookie.n > head.n) abort();
    (void)host_allowed(&options, head);
    arena_close(a);
    return 0;
}
