/* json_read.c - JSON into an arena tree; the only file of this room that includes jansson. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include <jansson.h>

enum { DEPTH_MAX = 64 };

static bool convert(arena *a, json_t *j, doc *d, int depth, err *e);

static bool convert_array(arena *a, json_t *j, doc *d, int depth, err *e)
{
    d->kind = DOC_ARR;
    d->n = json_array_size(j);
    d->at = arena_new(a, doc, d->n);
    for (size_t i = 0; i < d->n; i++)
        if (!convert(a, json_array_get(j, i), &d->at[i], depth, e)) return false;
    return true;
}

static bool convert_object(arena *a, json_t *j, doc *d, int depth, err *e)
{
    d->kind = DOC_OBJ;
    size_t n = json_object_size(j), i = 0;
    d->n = n;
    d->keys = arena_new(a, str, n);
    d->at = arena_new(a, doc, n);
    const char *key;
    json_t *v;
    json_object_foreach(j, key, v)
    {
        d->keys[i] = str_dup(a, str_of(key));
        if (!convert(a, v, &d->at[i++], depth, e)) return false;
    }
    return true;
}

static bool convert(arena *a, json_t *j, doc *d, int depth, err *e)
{
    if (depth > DEPTH_MAX)
        return err_set(e, ERR_INVALID, S(""), S("flatten the document"),
                       "JSON is nested deeper than %d levels", DEPTH_MAX);
    if (json_is_array(j)) return convert_array(a, j, d, depth + 1, e);
    if (json_is_object(j)) return convert_object(a, j, d, depth + 1, e);
    if (json_is_string(j)) {
        d->kind = DOC_STR;
        d->s = str_dupn(a, json_string_value(j), json_string_length(j));
    } else if (json_is_integer(j)) {
        d->kind = DOC_INT;
        d->i = json_integer_value(j);
        d->d = (double)d->i;
    } else if (json_is_real(j)) {
        d->kind = DOC_REAL;
        d->d = json_real_value(j);
    } else if (json_is_boolean(j)) {
        d->kind = DOC_BOOL;
        d->b = json_is_true(j);
    }
    return true;
}

bool doc_parse(arena *a, str json, size_t max, doc **ret, err *e)
{
    if (json.n > max)
        return err_set(e, ERR_TOO_LARGE, S(""), S("send less at once"),
                       "JSON of %zu bytes is over the limit of %zu", json.n, max);
    /* jansson 2.14 reads over a NUL behind a number. */
    if (json.n && memchr(json.p, 0, json.n))
        return err_set(e, ERR_INVALID, S(""), S("send one well-formed UTF-8 JSON document"),
                       "malformed JSON: a NUL byte");
    json_error_t je;
    json_t *j =
        json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
    if (!j)
        return err_set(e, ERR_INVALID, S(""), S("send one well-formed UTF-8 JSON document"),
                       "malformed JSON at line %d, column %d: %s", je.line, je.column, je.text);
    doc *d = arena_new(a, doc, 1);
    bool ok = convert(a, j, d, 0, e);
    json_decref(j);
    if (ok) *ret = d;
    return ok;
}

const doc *doc_find(const doc *obj, str key)
{
    if (!obj || obj->kind != DOC_OBJ) return NULL;
    for (size_t i = 0; i < obj->n; i++)
        if (str_eq(obj->keys[i], key)) return &obj->at[i];
    return NULL;
}

const doc *doc_get(const doc *obj, const char *key)
{
    return doc_find(obj, str_of(key));
}
bool doc_is_num(const doc *d)
{
    return d && (d->kind == DOC_INT || d->kind == DOC_REAL);
}

str doc_str(const doc *obj, const char *key)
{
    const doc *d = doc_get(obj, key);
    return d && d->kind == DOC_STR ? d->s : (str){0};
}

int64_t doc_int(const doc *obj, const char *key, int64_t dflt)
{
    const doc *d = doc_get(obj, key);
    return d && d->kind == DOC_INT ? d->i : dflt;
}

double doc_real(const doc *obj, const char *key, double dflt)
{
    const doc *d = doc_get(obj, key);
    return doc_is_num(d) ? d->d : dflt;
}

bool doc_bool(const doc *obj, const char *key, bool dflt)
{
    const doc *d = doc_get(obj, key);
    return d && d->kind == DOC_BOOL ? d->b : dflt;
}

const char *doc_kind_name(doc_kind k)
{
    static const char *const names[] = {
        [DOC_NULL] = "null",     [DOC_BOOL] = "true or false", [DOC_INT] = "a whole number",
        [DOC_REAL] = "a number", [DOC_STR] = "a string",       [DOC_ARR] = "a list",
        [DOC_OBJ] = "an object",
    };
    return names[k];
}

static void write_object(const doc *d, const size_t *order, jw *w, bool canonical);

static void write_any(const doc *d, jw *w, bool canonical)
{
    switch (d->kind) {
    case DOC_NULL:
        jw_null(w);
        break;
    case DOC_BOOL:
        jw_bool(w, d->b);
        break;
    case DOC_INT:
        jw_int(w, d->i);
        break;
    case DOC_REAL:
        jw_real(w, d->d);
        break;
    case DOC_STR:
        jw_str(w, d->s);
        break;
    case DOC_ARR:
        jw_arr(w);
        for (size_t i = 0; i < d->n; i++)
            write_any(&d->at[i], w, canonical);
        jw_arr_end(w);
        break;
    case DOC_OBJ:
        write_object(d, NULL, w, canonical);
        break;
    }
}

/* Positions of an object's members in bytewise order of their keys (insertion sort: objects
 * of outside origin are capped in bytes, and ours are small). */
static size_t *sorted(arena *a, const doc *d)
{
    size_t *order = arena_new(a, size_t, d->n);
    for (size_t i = 0; i < d->n; i++) {
        size_t k = i;
        for (; k && str_cmp(d->keys[order[k - 1]], d->keys[i]) > 0; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    return order;
}

static void write_object(const doc *d, const size_t *order, jw *w, bool canonical)
{
    if (canonical) order = sorted(w->b->a, d);
    jw_obj(w);
    for (size_t i = 0; i < d->n; i++) {
        size_t k = order ? order[i] : i;
        jw_key_str(w, d->keys[k]);
        write_any(&d->at[k], w, canonical);
    }
    jw_obj_end(w);
}

void doc_write(const doc *d, jw *w)
{
    write_any(d, w, false);
}

str doc_canonical(arena *a, const doc *d)
{
    buf b = buf_open(a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    write_any(d, &w, true);
    return buf_str(&b);
}
