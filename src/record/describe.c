/* describe.c - a table as the rows a form, a list and a filter bar are made of. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

static const char *const type_names[FIELD_TYPES] = {
    [FT_TEXT] = "text",   [FT_LONG] = "long", [FT_INT] = "int",   [FT_REAL] = "real",
    [FT_BOOL] = "bool",   [FT_ENUM] = "enum", [FT_TIME] = "time", [FT_DATE] = "date",
    [FT_MONEY] = "money", [FT_REF] = "ref",   [FT_LIST] = "list", [FT_LINKS] = "links",
    [FT_JSON] = "json",
};

static void put_names(const field *f, jw *w)
{
    jw_key(w, "names");
    jw_arr(w);
    for (size_t k = 1; f->names[k]; k++)
        jw_strz(w, f->names[k]);
    jw_arr_end(w);
}

static bool is_numeric(const field *f)
{
    return f->type == FT_INT || f->type == FT_REAL || f->type == FT_MONEY;
}

static void put_field(const field *f, jw *w)
{
    jw_obj(w);
    jw_m_strz(w, "name", f->name);
    jw_m_strz(w, "type", type_names[f->type]);
    jw_m_strz(w, "doc", f->doc);
    jw_m_bool(w, "required", f->flags & REQ);
    jw_m_bool(w, "unique", f->flags & UNIQ);
    jw_m_bool(w, "read_only", f->flags & READONLY);
    jw_m_bool(w, "personal", f->flags & PERSONAL);
    jw_m_bool(w, "filter", field_is_filterable(f));
    if (is_numeric(f)) jw_m_real(w, "min", f->min);
    if (is_numeric(f) || f->max > 0) jw_m_real(w, "max", f->max);
    if (f->names) put_names(f, w);
    if (f->target) jw_m_strz(w, "ref", f->target->plural);
    jw_obj_end(w);
}

void record_describe(const record *r, jw *w)
{
    jw_obj(w);
    jw_m_strz(w, "name", r->name);
    jw_m_strz(w, "noun", r->noun);
    jw_m_strz(w, "plural", r->plural);
    jw_m_strz(w, "title", r->title);
    jw_m_strz(w, "doc", r->doc);
    jw_m_strz(w, "tags", r->tags);
    if (r->label) jw_m_strz(w, "label", r->label);
    jw_m_bool(w, "read_only", r->flags & RECORD_SYSTEM);
    jw_key(w, "fields");
    jw_arr(w);
    for (size_t i = 0; i < r->n_fields; i++)
        if (!(r->fields[i].flags & SECRET)) put_field(&r->fields[i], w);
    jw_arr_end(w);
    jw_obj_end(w);
}
