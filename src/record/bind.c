/* bind.c - a row into SQL values, and a result line back into a row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

enum { CELL_MAX = 1 << 28 }; /* the store refuses far smaller ones */

static const value_kind kinds[FIELD_TYPES] = {
    [FT_TEXT] = VALUE_TEXT, [FT_LONG] = VALUE_TEXT, [FT_INT] = VALUE_INT,   [FT_REAL] = VALUE_REAL,
    [FT_BOOL] = VALUE_INT,  [FT_ENUM] = VALUE_TEXT, [FT_TIME] = VALUE_INT,  [FT_DATE] = VALUE_INT,
    [FT_MONEY] = VALUE_INT, [FT_REF] = VALUE_INT,   [FT_LIST] = VALUE_TEXT, [FT_LINKS] = VALUE_NULL,
    [FT_JSON] = VALUE_TEXT,
};

static value list_value(const field *f, const void *row, arena *a)
{
    buf b = buf_open(a, CELL_MAX);
    jw w = jw_open(&b);
    output_value(f, row, &w);
    return V_TEXT(buf_str(&b));
}

static value cell_value(const field *f, const void *row, arena *a)
{
    if (!record_has(f, row)) return V_NULL;
    if (f->type == FT_LIST) return list_value(f, row, a);
    if (f->type == FT_ENUM) return V_TEXT(str_of(cell_name(f, row)));
    if (kinds[f->type] == VALUE_INT) return V_INT(cell_int(f, row));
    if (kinds[f->type] == VALUE_REAL) return V_REAL(cell_real(f, row));
    return V_TEXT(cell_str(f, row));
}

void record_bind(const record *r, const void *row, value *ret_values, arena *a)
{
    const field *f;
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (field_is_column(f)) *ret_values++ = cell_value(f, row, a);
}

static bool damaged(const record *r, const field *f, err *e)
{
    return err_set(e, ERR_DAMAGED, str_of(f->name), S("run: aims doctor"),
                   "column '%s' of a stored %s is damaged", f->name, r->noun);
}

/* Lists and JSON go through the parser, so that broken text can never be served. */
static bool read_json(const record *r, const field *f, str s, void *row, arena *a, err *e)
{
    doc *d = NULL;
    input in = {.r = r, .row = row, .code = ERR_DAMAGED, .trusted = true, .a = a, .e = e};
    if (!doc_parse(a, s, CELL_MAX, &d, e)) return damaged(r, f, e);
    return input_value(&in, f, d) || damaged(r, f, e);
}

static bool read_text(const record *r, const field *f, str s, void *row, arena *a, err *e)
{
    if (f->type == FT_LIST || f->type == FT_JSON) return read_json(r, f, s, row, a, e);
    if (f->type == FT_ENUM) {
        int k = field_name_at(f, s);
        cell_set_int(f, row, k);
        return k || damaged(r, f, e);
    }
    cell_set_str(f, row, s.p ? str_dup(a, s) : S(""));
    return true;
}

static bool is_time(const field *f)
{
    return f->type == FT_TIME || f->type == FT_DATE;
}

static bool read_cell(const record *r, const field *f, const value *v, void *row, arena *a, err *e)
{
    if (v->kind == VALUE_NULL) return !field_is_plain(f) || damaged(r, f, e);
    if (kinds[f->type] == VALUE_REAL && v->kind == VALUE_INT)
        cell_set_real(f, row, (double)v->i);
    else if (kinds[f->type] != v->kind || (is_time(f) && !time_is_writable(v->i)))
        return damaged(r, f, e);
    else if (v->kind == VALUE_INT)
        cell_set_int(f, row, v->i);
    else if (v->kind == VALUE_REAL)
        cell_set_real(f, row, v->d);
    else
        return read_text(r, f, v->s, row, a, e);
    return true;
}

bool record_read(const record *r, const value *columns, void *row, arena *a, err *e)
{
    const field *f;
    memset(row, 0, r->size);
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (field_is_column(f) && !read_cell(r, f, columns++, row, a, e)) return false;
    return true;
}
