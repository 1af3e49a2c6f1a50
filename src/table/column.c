/* column.c - finding columns, their values as text and as codes, and keeping some rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/dict.h"
#include "table/read.h"
#include "table/table.h"
#include <math.h>

enum { HINT_NAMES = 40 };

const column *table_column(const table *t, str name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (str_eq(t->columns[i].name, name)) return &t->columns[i];
    return NULL;
}

bool table_no_column(const str *names, size_t n, str name, str path, err *e)
{
    buf b = buf_open(e->a, 4096);
    buf_putz(&b, n ? "the columns are " : "there are no columns");
    for (size_t i = 0; i < n && i < HINT_NAMES; i++)
        buf_fmt(&b, "%s%.*s", i ? ", " : "", STR_ARG(names[i]));
    if (n > HINT_NAMES) buf_fmt(&b, " and %zu more", n - HINT_NAMES);
    return err_set(e, ERR_NOT_FOUND, path, buf_str(&b), "there is no column '%.*s'", STR_ARG(name));
}

bool table_need(const table *t, str name, str path, const column **ret, err *e)
{
    *ret = table_column(t, name);
    if (*ret) return true;
    str *names = arena_new(e->a, str, t->n_columns);
    for (size_t i = 0; i < t->n_columns; i++)
        names[i] = t->columns[i].name;
    return table_no_column(names, t->n_columns, name, path, e);
}

static str number_text(arena *a, double v)
{
    buf b = buf_open(a, 64);
    jw w = jw_open(&b);
    jw_real(&w, v);
    return buf_str(&b);
}

str column_text(arena *a, const column *c, size_t row)
{
    if (c->type == COLUMN_CATEGORY) return c->code[row] < 0 ? (str){0} : c->levels[c->code[row]];
    return isnan(c->num[row]) ? (str){0} : number_text(a, c->num[row]);
}

/* ---- numbers as levels ---- */

struct value {
    double v;
    uint32_t number;
};

static int by_value(const void *x, const void *y)
{
    const struct value *p = x, *q = y;
    return (p->v > q->v) - (p->v < q->v);
}

/* Codes in order of first appearance; false when there are more than `max` values. The bytes
 * of a double are its key, so that -0 is made +0 before. */
static bool number_values(const column *c, size_t rows, size_t max, dict *d, int32_t *ret_code)
{
    for (size_t i = 0; i < rows; i++) {
        double v = c->num[i] + 0.0;
        ret_code[i] = -1;
        if (isnan(v)) continue;
        ret_code[i] = (int32_t)dict_intern(d, (str){(const char *)&v, sizeof v});
        if (d->n > max) return false;
    }
    return true;
}

static str *order_values(arena *a, const dict *d, int32_t *code, size_t rows)
{
    struct value *all = arena_new(a, struct value, d->n);
    int32_t *rank = arena_new(a, int32_t, d->n);
    str *levels = arena_new(a, str, d->n);
    for (uint32_t i = 0; i < d->n; i++) {
        all[i].number = i;
        memcpy(&all[i].v, d->keys[i].p, sizeof all[i].v);
    }
    if (d->n) qsort(all, d->n, sizeof *all, by_value);
    for (size_t i = 0; i < d->n; i++) {
        rank[all[i].number] = (int32_t)i;
        levels[i] = number_text(a, all[i].v);
    }
    for (size_t i = 0; i < rows; i++)
        if (code[i] >= 0) code[i] = rank[code[i]];
    return levels;
}

bool column_levels(arena *a, const column *c, size_t rows, size_t max_levels, str path,
                   const int32_t **ret_code, const str **ret_levels, size_t *ret_n, err *e)
{
    size_t n = c->n_levels;
    *ret_code = c->code;
    *ret_levels = c->levels;
    if (c->type == COLUMN_NUMBER) {
        dict d = dict_open(a);
        int32_t *code = arena_new(a, int32_t, rows);
        if (number_values(c, rows, max_levels, &d, code))
            *ret_levels = order_values(a, &d, code, rows);
        *ret_code = code;
        n = d.n;
    }
    *ret_n = n;
    if (n <= max_levels) return true;
    return err_set(e, ERR_INVALID, path, S("choose a column with fewer values, or bin it first"),
                   "column '%.*s' has more than %zu distinct values", STR_ARG(c->name), max_levels);
}

/* ---- keeping rows ---- */

static double *keep_numbers(arena *a, const column *c, const uint8_t *keep, const table *t,
                            size_t rows, size_t *ret_missing)
{
    double *to = arena_new(a, double, rows);
    for (size_t i = 0, n = 0; i < t->rows; i++) {
        if (!keep[i]) continue;
        *ret_missing += isnan(c->num[i]) != 0;
        to[n++] = c->num[i];
    }
    return to;
}

/* Levels that no longer occur are dropped, as if the other rows had never been there. */
static void keep_codes(arena *a, const column *c, const uint8_t *keep, const table *t, size_t rows,
                       column *ret)
{
    int32_t *map = arena_new(a, int32_t, c->n_levels);
    ret->code = arena_new(a, int32_t, rows);
    ret->levels = arena_new(a, str, c->n_levels);
    for (size_t i = 0; i < t->rows; i++)
        if (keep[i] && c->code[i] >= 0) map[c->code[i]] = 1;
    for (size_t i = 0; i < c->n_levels; i++) {
        if (map[i]) ret->levels[ret->n_levels] = c->levels[i];
        map[i] = map[i] ? (int32_t)ret->n_levels++ : -1;
    }
    for (size_t i = 0, n = 0; i < t->rows; i++) {
        if (!keep[i]) continue;
        ret->missing += c->code[i] < 0;
        ret->code[n++] = c->code[i] < 0 ? -1 : map[c->code[i]];
    }
}

table table_keep(arena *a, const table *t, const uint8_t *keep)
{
    table k = {.n_columns = t->n_columns, .sha256 = t->sha256, .bytes = t->bytes};
    for (size_t i = 0; i < t->rows; i++)
        k.rows += keep[i] != 0;
    k.columns = arena_new(a, column, t->n_columns);
    for (size_t i = 0; i < t->n_columns; i++) {
        const column *c = &t->columns[i];
        column *to = &k.columns[i];
        *to = (column){.name = c->name, .type = c->type};
        if (c->type == COLUMN_NUMBER)
            to->num = keep_numbers(a, c, keep, t, k.rows, &to->missing);
        else
            keep_codes(a, c, keep, t, k.rows, to);
    }
    return k;
}
