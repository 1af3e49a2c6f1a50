/* print_tables.c - the tables of a result, for people. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

enum { ROWS_SHOWN = 10, TABLE_COLUMNS = 16 };

str print_slice(arena *a, const doc *slice)
{
    buf b = buf_open(a, 1 << 16);
    for (size_t i = 0; slice && i < slice->n; i++)
        buf_fmt(&b, "%s%.*s=%.*s", i ? ", " : "", STR_ARG(slice->keys[i]), STR_ARG(slice->at[i].s));
    return buf_str(&b);
}

static void write_cell(jw *w, const char *name, const doc *v)
{
    jw_key(w, name);
    if (v->kind == DOC_REAL)
        jw_str(w, str_fmt(w->b->a, "%.4g", v->d));
    else if (v->kind == DOC_OBJ) /* a slice */
        jw_str(w, print_slice(w->b->a, v));
    else
        doc_write(v, w);
}

static void write_row(jw *w, const char *const *columns, const doc *row)
{
    jw_obj(w);
    for (size_t k = 0; columns[k] && k < row->n; k++)
        write_cell(w, columns[k], &row->at[k]);
    jw_obj_end(w);
}

static bool print_one(const struct call *c, const doc *table, bool all, err *e)
{
    const char *columns[TABLE_COLUMNS + 1] = {NULL};
    const doc *names = doc_get(table, "columns"), *rows = doc_get(table, "rows");
    size_t shown = !rows ? 0 : all || rows->n < ROWS_SHOWN ? rows->n : ROWS_SHOWN;
    buf b = buf_open(c->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    doc *list;
    for (size_t k = 0; names && k < names->n && k < TABLE_COLUMNS; k++)
        columns[k] = str_dup(c->a, names->at[k].s).p;
    jw_arr(&w);
    for (size_t r = 0; r < shown; r++)
        write_row(&w, columns, &rows->at[r]);
    jw_arr_end(&w);
    if (!doc_parse(c->a, buf_str(&b), SIZE_MAX / 4, &list, e)) return false;
    putchar('\n');
    print_line(c, "%.*s:", STR_ARG(doc_str(table, "title")));
    print_table(c, list, columns);
    if (rows && rows->n > shown) printf("(%zu more rows: --all or --json)\n", rows->n - shown);
    return true;
}

bool print_tables(const struct call *c, const doc *tables, bool all, err *e)
{
    for (size_t i = 0; tables && i < tables->n; i++)
        if (!print_one(c, &tables->at[i], all, e)) return false;
    if (tables && tables->n) putchar('\n');
    return true;
}
