/* openapi.c - the table of routes printed as OpenAPI 3.1 and as text, and checked at start. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/inputs.h"
#include "http/pages.h"
#include "http/route.h"

#define REF "#/components/schemas/"

static str ref_name(arena *a, const served *s, const char *form)
{
    return str_fmt(a, REF "%s_%s", s->r->name, form);
}

static void put_ref(jw *w, str name)
{
    jw_obj(w);
    jw_m_str(w, "$ref", name);
    jw_obj_end(w);
}

static void put_shape(jw *w, const served *s, const char *shape)
{
    static const struct {
        const char *sign, *form;
    } signs[] = {
        {"*new",   "new"  },
        {"*patch", "patch"},
        {"*one",   "out"  },
        {"*page",  "page" }
    };
    arena *a = w->b->a;
    for (size_t i = 0; i < COUNT(signs); i++)
        if (s->r && strcmp(shape, signs[i].sign) == 0) {
            put_ref(w, ref_name(a, s, signs[i].form));
            return;
        }
    put_ref(w, str_fmt(a, REF "%s", shape));
}

/* ---- parameters ---- */

static void put_parameter(jw *w, const char *in, str name, bool required, const char *type,
                          const char *about)
{
    jw_obj(w);
    jw_m_str(w, "name", name);
    jw_m_strz(w, "in", in);
    if (required) jw_m_bool(w, "required", true);
    if (about) jw_m_strz(w, "description", about);
    jw_key(w, "schema");
    jw_obj(w);
    jw_m_strz(w, "type", type);
    jw_obj_end(w);
    jw_obj_end(w);
}

static void put_path_parameters(jw *w, str path)
{
    while (path.p) {
        str part = str_cut(path, '/', &path);
        if (part.n < 3 || part.p[0] != '{') continue;
        str name = str_sub(part, 1, part.n - 2);
        if (str_ends(name, S("*"))) name.n--;
        put_parameter(w, "path", name, true, "string", NULL);
    }
}

static void put_filters(jw *w, const record *r)
{
    for (size_t i = 0; i < RECORD_HEAD; i++)
        put_parameter(w, "query", str_of(record_head[i].name), false, "string",
                      "Filter; also with _ne, _lt, _le, _gt, _ge");
    for (size_t i = 0; i < r->n_fields; i++)
        if (field_is_filterable(&r->fields[i]))
            put_parameter(w, "query", str_of(r->fields[i].name), false, "string",
                          "Filter; also with _ne, _lt, _le, _gt, _ge, _like");
    put_parameter(w, "query", S("q"), false, "string", "Filter: a part of any text");
    put_parameter(w, "query", S("newest_by"), false, "string",
                  "Filter: only the newest of those that agree in these members, as in plan,kind");
}

static void put_parameters(jw *w, const served *s)
{
    const route *r = s->route;
    str rest = str_of(r->query);
    jw_key(w, "parameters");
    jw_arr(w);
    put_path_parameters(w, s->path);
    if (r->flags & PAGED) {
        put_parameter(w, "query", S("limit"), false, "integer", "Items of a page, 1 to 500");
        put_parameter(w, "query", S("cursor"), false, "string", "`next` of the page before");
    }
    while (rest.n)
        put_parameter(w, "query", str_cut(rest, ' ', &rest), false, "string", NULL);
    if (r->flags & FILTERED && s->r) put_filters(w, s->r);
    if (r->flags & MATCH)
        put_parameter(w, "header", S("If-Match"), true, "string", "ETag of the version seen");
    if (r->method == HTTP_POST && !(r->flags & (NO_REPLAY | PUBLIC | UPLOAD)))
        put_parameter(w, "header", S("Idempotency-Key"), false, "string",
                      "The same request sent again gets the first reply");
    jw_arr_end(w);
}

/* ---- bodies ---- */

static void put_body(jw *w, const served *s)
{
    const route *r = s->route;
    if (!r->in && !(r->flags & UPLOAD)) return;
    jw_key(w, "requestBody");
    jw_obj(w);
    jw_m_bool(w, "required", true);
    jw_key(w, "content");
    jw_obj(w);
    jw_key(w, r->in ? "application/json" : "application/octet-stream");
    jw_obj(w);
    if (r->in) {
        jw_key(w, "schema");
        put_shape(w, s, r->in);
    }
    jw_obj_end(w);
    jw_obj_end(w);
    jw_obj_end(w);
}

/* "text/plain; charset=utf-8" names its media type before the semicolon. */
static void put_content(jw *w, const served *s)
{
    const char *out = s->route->out;
    bool named = !strchr(out, '/');
    jw_key(w, "content");
    jw_obj(w);
    jw_key_str(w, named ? S("application/json") : str_cut(str_of(out), ';', &(str){0}));
    jw_obj(w);
    if (named) {
        jw_key(w, "schema");
        put_shape(w, s, out);
    }
    jw_obj_end(w);
    if (s->route->query && strstr(s->route->query, "format")) {
        jw_key(w, "text/csv");
        jw_obj(w);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

static void put_problem(jw *w)
{
    jw_key(w, "default");
    jw_obj(w);
    jw_m_strz(w, "description", "Refused: code, path and hint say why");
    jw_key(w, "content");
    jw_obj(w);
    jw_key(w, "application/problem+json");
    jw_obj(w);
    jw_key(w, "schema");
    put_ref(w, S(REF "Problem"));
    jw_obj_end(w);
    jw_obj_end(w);
    jw_obj_end(w);
}

static void put_responses(jw *w, const served *s)
{
    jw_key(w, "responses");
    jw_obj(w);
    jw_key_str(w, str_fmt(w->b->a, "%d", route_status(s->route)));
    jw_obj(w);
    jw_m_strz(w, "description", s->route->out ? "Done" : "Done; nothing to say");
    if (s->route->out) put_content(w, s);
    jw_obj_end(w);
    put_problem(w);
    jw_obj_end(w);
}

/* ---- operations ---- */

static void put_security(jw *w, const route *r)
{
    jw_key(w, "security");
    jw_arr(w);
    for (int i = 0; i < 2 && !(r->flags & PUBLIC); i++) {
        jw_obj(w);
        jw_key(w, i ? "session" : "token");
        jw_arr(w);
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    if (!(r->flags & (PUBLIC | ANYONE))) jw_m_strz(w, "x-aims-capability", cap_name(r->cap));
}

static const char *const method_keys[HTTP_METHODS] = {
    [HTTP_GET] = "get", [HTTP_POST] = "post", [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete"};

static void put_operation(jw *w, const served *s)
{
    const route *r = s->route;
    arena *a = w->b->a;
    jw_key(w, method_keys[r->method]);
    jw_obj(w);
    jw_m_str(w, "operationId", route_name(a, s));
    jw_m_str(w, "summary", s->r ? str_fmt(a, "%s: %s", s->r->title, r->doc) : str_of(r->doc));
    jw_key(w, "tags");
    jw_arr(w);
    jw_strz(w, s->r ? s->r->plural : str_starts(s->path, S("/api/")) ? "verbs" : "server");
    jw_arr_end(w);
    put_security(w, r);
    put_parameters(w, s);
    put_body(w, s);
    put_responses(w, s);
    jw_obj_end(w);
}

/* OpenAPI knows no {rest*}. */
static str path_key(arena *a, str path)
{
    buf b = buf_open(a, 512);
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] != '*') buf_putc(&b, path.p[i]);
    return buf_str(&b);
}

static bool is_first(const served *all, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(all[k].path, all[i].path)) return false;
    return true;
}

static void put_paths(jw *w)
{
    size_t n;
    const served *all = route_all(&n);
    jw_key(w, "paths");
    jw_obj(w);
    for (size_t i = 0; i < n; i++) {
        if (!is_first(all, i)) continue;
        jw_key_str(w, path_key(w->b->a, all[i].path));
        jw_obj(w);
        for (size_t k = i; k < n; k++)
            if (str_eq(all[k].path, all[i].path)) put_operation(w, &all[k]);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

/* ---- components ---- */

static void put_schema(jw *w, const record *r, const char *form, schema_shape shape)
{
    jw_key_str(w, str_fmt(w->b->a, "%s_%s", r->name, form));
    record_schema(r, shape, w);
}

static void put_page_schema(jw *w, const record *r)
{
    arena *a = w->b->a;
    str text = str_fmt(a,
                       "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                       "\"items\":{\"$ref\":\"" REF "%s_out\"}},"
                       "\"next\":{\"type\":[\"string\",\"null\"]},"
                       "\"total\":{\"type\":\"integer\"}},\"required\":[\"items\",\"next\"]}",
                       r->name);
    jw_key_str(w, str_fmt(a, "%s_page", r->name));
    jw_raw(w, text);
}

static void put_schemas(jw *w)
{
    jw_key(w, "schemas");
    jw_obj(w);
    for (size_t i = 0; i < http_n_shapes; i++) {
        jw_key(w, http_shapes[i].name);
        jw_raw(w, http_shapes[i].schema);
    }
    for (size_t i = 0; i < http_n_inputs; i++) {
        jw_key(w, http_inputs[i]->name);
        record_schema(http_inputs[i], SCHEMA_NEW, w);
    }
    for (size_t i = 0; i < register_n_records; i++) {
        put_schema(w, register_records[i], "out", SCHEMA_OUT);
        put_page_schema(w, register_records[i]);
        if (register_records[i]->flags & RECORD_SYSTEM) continue;
        put_schema(w, register_records[i], "new", SCHEMA_NEW);
        put_schema(w, register_records[i], "patch", SCHEMA_PATCH);
    }
    jw_obj_end(w);
}

#define SECURITY_SCHEMES                                                                           \
    "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},"                                        \
    "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"aims_session\","                \
    "\"description\":\"Changes must carry X-CSRF-Token, see /api/v1/sessions/me\"}}"

static void put_info(jw *w)
{
    jw_key(w, "info");
    jw_obj(w);
    jw_m_strz(w, "title", "aims");
    jw_m_strz(w, "version", AIMS_VERSION);
    jw_m_strz(w, "summary", "The AI management system that measures itself");
    jw_key(w, "license");
    jw_raw(w, S("{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}"));
    jw_obj_end(w);
    jw_key(w, "servers");
    jw_raw(w, S("[{\"url\":\"/\"}]"));
}

void http_openapi(jw *w)
{
    jw_obj(w);
    jw_m_strz(w, "openapi", "3.1.0");
    put_info(w);
    put_paths(w);
    jw_key(w, "components");
    jw_obj(w);
    put_schemas(w);
    jw_key(w, "securitySchemes");
    jw_raw(w, S(SECURITY_SCHEMES));
    jw_obj_end(w);
    jw_obj_end(w);
}

void http_routes_text(buf *b)
{
    size_t n;
    const served *all = route_all(&n);
    for (size_t i = 0; i < n; i++) {
        const route *r = all[i].route;
        const char *who = r->flags & PUBLIC ? "-" : r->flags & ANYONE ? "any" : cap_name(r->cap);
        buf_fmt(b, "%-7s%-52.*s %-9s%s\n", http_method_name(r->method), STR_ARG(all[i].path), who,
                r->doc);
    }
}

/* ---- the check at start ---- */

static bool is_known_shape(const char *name)
{
    if (!name || name[0] == '*' || strchr(name, '/')) return true;
    for (size_t i = 0; i < http_n_shapes; i++)
        if (strcmp(name, http_shapes[i].name) == 0) return true;
    for (size_t i = 0; i < http_n_inputs; i++)
        if (strcmp(name, http_inputs[i]->name) == 0) return true;
    return false;
}

void http_validate(void)
{
    for (size_t i = 0; i < http_n_inputs; i++)
        record_validate(http_inputs[i]);
    for (size_t i = 0; i < route_n_table; i++) {
        const route *r = &route_table[i];
        if (r->run && r->doc && is_known_shape(r->in) && is_known_shape(r->out)) continue;
        fprintf(stderr, "aims: the route '%s' names a shape that does not exist\n", r->path);
        abort();
    }
}
