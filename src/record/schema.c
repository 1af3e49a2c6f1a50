/* schema.c - a table as JSON Schema 2020-12, which is what OpenAPI 3.1 components hold. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"
#include <math.h>

static const char *const json_types[FIELD_TYPES] = {
    [FT_TEXT] = "string",   [FT_LONG] = "string", [FT_INT] = "integer", [FT_REAL] = "number",
    [FT_BOOL] = "boolean",  [FT_ENUM] = "string", [FT_TIME] = "string", [FT_DATE] = "string",
    [FT_MONEY] = "integer", [FT_REF] = "integer", [FT_LIST] = "array",  [FT_LINKS] = "array",
    [FT_JSON] = "object",
};

static void put_types(const char *first, const char *second, bool nullable, jw *w)
{
    jw_key(w, "type");
    if (!second && !nullable) {
        jw_strz(w, first);
        return;
    }
    jw_arr(w);
    jw_strz(w, first);
    if (second) jw_strz(w, second);
    if (nullable) jw_strz(w, "null");
    jw_arr_end(w);
}

static void put_enum(const field *f, bool nullable, jw *w)
{
    jw_key(w, "enum");
    jw_arr(w);
    for (size_t k = 1; f->names[k]; k++)
        jw_strz(w, f->names[k]);
    if (nullable) jw_null(w);
    jw_arr_end(w);
}

static void put_bound(const field *f, const char *key, double v, jw *w)
{
    jw_key(w, key);
    if (f->type == FT_REAL || fabs(v) > 9.2e18)
        jw_real(w, v);
    else
        jw_int(w, (int64_t)v);
}

static const char *second_type(const field *f, schema_shape s)
{
    if (f->type == FT_JSON) return "array";
    bool label = (f->type == FT_REF || f->type == FT_LINKS) && f->target->label;
    return label && s != SCHEMA_OUT ? "string" : NULL;
}

static void put_list_items(const field *f, jw *w)
{
    jw_key(w, "items");
    jw_obj(w);
    jw_m_strz(w, "type", "string");
    if (f->names) {
        put_enum(f, false, w);
    } else {
        jw_m_int(w, "minLength", 1);
        jw_m_int(w, "maxLength", RECORD_ENTRY_MAX);
    }
    jw_obj_end(w);
}

static void put_link_items(const field *f, schema_shape s, jw *w)
{
    const char *second = second_type(f, s);
    jw_key(w, "items");
    jw_obj(w);
    put_types("integer", second, false, w);
    jw_m_int(w, "minimum", 1);
    if (second) jw_m_int(w, "minLength", 1);
    jw_obj_end(w);
}

static void put_array(const field *f, schema_shape s, jw *w)
{
    double least = f->min;
    if (f->flags & REQ && least < 1) least = 1;
    if (f->type == FT_LIST)
        put_list_items(f, w);
    else
        put_link_items(f, s, w);
    jw_m_bool(w, "uniqueItems", true);
    if (least > 0) put_bound(f, "minItems", least, w);
    put_bound(f, "maxItems", f->max, w);
}

/* What the type demands beyond "type". */
static void put_rules(const field *f, schema_shape s, bool nullable, jw *w)
{
    if (f->type == FT_TEXT || f->type == FT_LONG) {
        put_bound(f, "minLength", f->min < 1 ? 1 : f->min, w);
        put_bound(f, "maxLength", f->max, w);
    } else if (f->type == FT_INT || f->type == FT_REAL || f->type == FT_MONEY) {
        put_bound(f, "minimum", f->min, w);
        put_bound(f, "maximum", f->max, w);
    } else if (f->type == FT_ENUM) {
        put_enum(f, nullable, w);
    } else if (f->type == FT_TIME || f->type == FT_DATE) {
        jw_m_strz(w, "format", f->type == FT_DATE ? "date" : "date-time");
    } else if (f->type == FT_REF) {
        jw_m_int(w, "minimum", 1);
        if (second_type(f, s)) jw_m_int(w, "minLength", 1);
    } else if (f->type == FT_LIST || f->type == FT_LINKS) {
        put_array(f, s, w);
    }
}

static void put_property(const field *f, schema_shape s, jw *w)
{
    bool nullable = s != SCHEMA_OUT && !(f->flags & REQ);
    bool array = f->type == FT_LINKS;
    jw_key(w, f->name);
    jw_obj(w);
    put_types(json_types[f->type], array ? NULL : second_type(f, s), nullable, w);
    put_rules(f, s, nullable, w);
    jw_m_strz(w, "description", f->doc);
    if (f->flags & READONLY) jw_m_bool(w, "readOnly", true);
    if (f->flags & SECRET) jw_m_bool(w, "writeOnly", true);
    if (f->target) jw_m_strz(w, "x-aims-ref", f->target->plural);
    jw_obj_end(w);
}

static bool is_in(const field *f, schema_shape s)
{
    return !(f->flags & (s == SCHEMA_OUT ? SECRET : READONLY));
}

static bool is_required(const field *f, schema_shape s)
{
    if (s == SCHEMA_PATCH) return false;
    return f->flags & REQ || (s == SCHEMA_OUT && field_is_plain(f));
}

static void put_required(const record *r, schema_shape s, jw *w)
{
    const field *f;
    jw_key(w, "required");
    jw_arr(w);
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (is_in(f, s) && is_required(f, s)) jw_strz(w, f->name);
    jw_arr_end(w);
}

void record_schema(const record *r, schema_shape s, jw *w)
{
    const field *f;
    jw_obj(w);
    jw_m_strz(w, "title", r->title);
    jw_m_strz(w, "description", r->doc);
    jw_m_strz(w, "type", "object");
    jw_key(w, "properties");
    jw_obj(w);
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (is_in(f, s)) put_property(f, s, w);
    jw_obj_end(w);
    put_required(r, s, w);
    jw_m_bool(w, "additionalProperties", false);
    jw_m_strz(w, "x-aims-tags", r->tags);
    jw_obj_end(w);
}
