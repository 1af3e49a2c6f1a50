/* route.c - expands the table over the record types, and finds the row of a request. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"
#include "http/inputs.h"
#include <pthread.h>

static const char *const methods[HTTP_METHODS] = {
    [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE"};

const char *http_method_name(http_method m)
{
    return methods[m];
}

static struct {
    arena *a; /* lives as long as the process */
    served *at;
    size_t n;
} all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool has_personal(const record *r)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].flags & PERSONAL) return true;
    return false;
}

static bool row_is_for(const route *row, const record *r)
{
    if (row->flags & WRITES && r->flags & RECORD_SYSTEM) return false;
    return !(row->flags & ERASES) || has_personal(r);
}

static const record *input_of(const route *row)
{
    for (size_t i = 0; row->in && i < http_n_inputs; i++)
        if (strcmp(row->in, http_inputs[i]->name) == 0) return http_inputs[i];
    return NULL;
}

/* "/api/v1/documents/{id}/approve" is about documents; NULL when about no type. */
static const record *type_of(const char *path)
{
    str rest = str_of(path);
    if (!str_starts(rest, S("/api/v1/"))) return NULL;
    rest = str_sub(rest, strlen("/api/v1/"), rest.n);
    return register_by_plural(str_cut(rest, '/', &rest));
}

static void serve_row(const route *row, const record *r)
{
    str path = str_of(row->path);
    const char *at = r ? strstr(row->path, "{plural}") : NULL;
    if (at) {
        path = str_fmt(all.a, "%.*s%s%s", (int)(at - row->path), row->path, r->plural,
                       at + strlen("{plural}"));
    }
    size_t literal = str_cut(path, '{', &(str){0}).n;
    all.at[all.n++] = (served){row, r, input_of(row), path, literal};
}

static void expand(void)
{
    all.a = arena_open();
    all.at = arena_new(all.a, served, route_n_table * register_n_records);
    /* Fixed paths first: "/measurements" of a verb wins over nothing, "/sessions/me" over {id}. */
    for (size_t i = 0; i < route_n_table; i++)
        if (!strstr(route_table[i].path, "{plural}"))
            serve_row(&route_table[i], type_of(route_table[i].path));
    for (size_t k = 0; k < register_n_records; k++)
        for (size_t i = 0; i < route_n_table; i++)
            if (strstr(route_table[i].path, "{plural}") &&
                row_is_for(&route_table[i], register_records[k]))
                serve_row(&route_table[i], register_records[k]);
}

const served *route_all(size_t *ret_n)
{
    pthread_once(&once, expand);
    *ret_n = all.n;
    return all.at;
}

/* Matches still encoded segments; captures are decoded, so that %2F is no separator. */
static bool path_matches(request *q, str pattern)
{
    str path = q->path;
    size_t n = 0;
    while (pattern.p && path.p) {
        str want = str_cut(pattern, '/', &pattern);
        if (want.n > 2 && want.p[0] == '{') {
            bool rest = want.p[want.n - 2] == '*';
            str have = path;
            if (rest)
                path = (str){0};
            else
                have = str_cut(path, '/', &path);
            if (!have.n || n == ARGS_MAX) return false;
            q->args[n++] = have;
        } else if (!str_eq(want, str_cut(path, '/', &path))) {
            return false;
        }
    }
    return !pattern.p && !path.p;
}

static bool decode_args(request *q, err *e)
{
    for (size_t i = 0; i < ARGS_MAX && q->args[i].p; i++)
        if (!percent_decode(q->a, q->args[i], false, &q->args[i]))
            return err_set(e, ERR_INVALID, S("path"), S("percent-encode it as UTF-8"),
                           "a part of the path is badly encoded");
    return true;
}

static bool take(request *q, const served *s, err *e)
{
    q->at = s;
    q->route = s->route;
    q->r = s->r;
    q->method = s->route->method;
    return decode_args(q, e);
}

static bool none_fits(const request *q, str method, err *e)
{
    if (q->allow.p)
        return err_set(e, ERR_METHOD, S(""), str_fmt(e->a, "it takes %.*s", STR_ARG(q->allow)),
                       "'%.*s' does not take %.*s", STR_ARG(str_sub(q->path, 0, 200)),
                       STR_ARG(str_sub(method, 0, 20)));
    return err_set(e, ERR_NOT_FOUND, S(""), S("see /api/v1/openapi.json"), "there is no '%.*s'",
                   STR_ARG(str_sub(q->path, 0, 200)));
}

bool route_find(request *q, str method, err *e)
{
    size_t n;
    const served *at = route_all(&n);
    bool fixed = false; /* "/sessions/redeem" is no {id}, whatever the method */
    if (str_eqz(method, "HEAD")) method = S("GET");
    for (size_t i = 0; i < n; i++) {
        memset(q->args, 0, sizeof q->args);
        if (!str_starts(q->path, str_sub(at[i].path, 0, at[i].literal))) continue;
        if (fixed && at[i].literal < at[i].path.n) continue;
        if (!path_matches(q, at[i].path)) continue;
        fixed = fixed || at[i].literal == at[i].path.n;
        const char *name = methods[at[i].route->method];
        if (str_eqz(method, name)) return take(q, &at[i], e);
        q->allow = q->allow.p ? str_fmt(q->a, "%.*s, %s", STR_ARG(q->allow), name) : str_of(name);
        if (at[i].route->method == HTTP_GET)
            q->allow = str_fmt(q->a, "%.*s, HEAD", STR_ARG(q->allow));
    }
    return none_fits(q, method, e);
}

size_t route_body_max(const request *q)
{
    if (q->route->flags & UPLOAD) return FILE_MAX;
    if (q->route->flags & BIG) return RESULT_MAX;
    return q->options->body_max ? q->options->body_max : BODY_DEFAULT;
}

bool route_is_unsafe(const route *r)
{
    return r->method != HTTP_GET;
}

int route_status(const route *r)
{
    return r->status ? r->status : r->out ? 200 : 204;
}

static const char *verb_of(const route *r)
{
    static const char *const verbs[HTTP_METHODS] = {[HTTP_GET] = "get",
                                                    [HTTP_POST] = "post",
                                                    [HTTP_PATCH] = "change",
                                                    [HTTP_DELETE] = "remove"};
    return r->flags & FILTERED ? "list" : verbs[r->method];
}

str route_name(arena *a, const served *s)
{
    str rest = s->path;
    if (str_starts(rest, S("/api/v1"))) rest = str_sub(rest, strlen("/api/v1"), rest.n);
    buf b = buf_open(a, 512);
    buf_putz(&b, verb_of(s->route));
    for (size_t i = 0; i < rest.n; i++) {
        char c = rest.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (word)
            buf_putc(&b, c);
        else if (i + 1 < rest.n && c != '}' && c != '{' && c != '*')
            buf_putc(&b, '_');
    }
    return buf_str(&b);
}
