/* kept.c - makes a kept reference of tables, adds and merges; its JSON is in kept_json.c. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kept.h"
#include <math.h>

static str quoted(const err *e, const char *what, str name)
{
    return str_fmt(e->a, "%s '%.*s'", what, STR_ARG(str_clip(name, 100)));
}

static bool too_many(err *e, const char *what, size_t n, size_t most)
{
    return err_set(e, ERR_TOO_LARGE, S("reference"), S("name the columns to keep (--column)"),
                   "%s: %zu, more than %zu", what, n, most);
}

/* ---- sources ---- */

static bool add_source(kept_reference *k, const kept_source *from, arena *a, err *e)
{
    if (k->n_sources == KEPT_SOURCES)
        return err_set(e, ERR_TOO_LARGE, S("sources"), S("merge the data files first"),
                       "a kept reference is made from at most %d files", KEPT_SOURCES);
    for (size_t i = 0; i < k->n_sources; i++)
        if (digest_eq(k->sources[i].sha256, from->sha256))
            return err_set(e, ERR_CONFLICT, S("data"), S("give each file once"),
                           "the rows of '%.*s' are counted already",
                           STR_ARG(str_clip(from->name, 100)));
    kept_source *all = arena_new(a, kept_source, k->n_sources + 1);
    if (k->n_sources) memcpy(all, k->sources, k->n_sources * sizeof *all);
    all[k->n_sources] = *from;
    k->sources = all;
    k->n_sources++;
    return true;
}

/* ---- columns ---- */

static void widen(double *range, double lo, double hi)
{
    range[0] = fmin(range[0], lo); /* fmin of NaN and a number is the number */
    range[1] = fmax(range[1], hi);
}

static void see_range(kept_reference *k, size_t i, const column *c, size_t rows)
{
    double lo, hi;
    if (column_range(c, rows, &lo, &hi)) widen(&k->range[2 * i], lo, hi);
}

static void settle(kept_reference *k)
{
    for (size_t i = 0; i < k->table.n_columns; i++) {
        k->table.columns[i].missing = (size_t)k->sketch[i].missing;
        k->table.rows = (size_t)k->sketch[i].rows;
    }
}

/* Squares beyond the largest double can neither be kept nor tell anything. */
static bool sums_fit(const kept_reference *k, err *e)
{
    for (size_t i = 0; i < k->table.n_columns; i++) {
        const sketch *s = &k->sketch[i];
        for (size_t c = 0; s->cell && c < sketch_cells(s->shape); c++)
            if (!isfinite(s->cell[c].sum) || !isfinite(s->cell[c].sq))
                return err_set(e, ERR_INVALID, S("data"), S("keep other columns (--column)"),
                               "%s holds numbers too large for their squares to be kept",
                               quoted(e, "column", k->table.columns[i].name).p);
    }
    return true;
}

static bool room_for(kept_reference *k, size_t n, arena *a, err *e)
{
    if (n > KEPT_COLUMNS) return too_many(e, "columns", n, KEPT_COLUMNS);
    if (n == 0)
        return err_set(e, ERR_INVALID, S("data"), S("give a table with columns"),
                       "there is no column to keep");
    k->table.n_columns = n;
    k->table.columns = arena_new(a, column, n);
    k->sketch = arena_new(a, sketch, n);
    k->range = arena_new(a, double, 2 * n);
    for (size_t i = 0; i < 2 * n; i++)
        k->range[i] = NAN;
    return true;
}

static column without_values(const column *c)
{
    return (column){.name = c->name, .type = c->type, .levels = c->levels, .n_levels = c->n_levels};
}

static bool keep_column(kept_reference *k, size_t i, const column *c, size_t rows, uint64_t seed,
                        arena *a, err *e)
{
    if (c->n_levels > KEPT_LEVELS)
        return too_many(e, quoted(e, "different values of column", c->name).p, c->n_levels,
                        KEPT_LEVELS);
    k->table.columns[i] = without_values(c);
    k->sketch[i] = sketch_reference(c, rows, seed, a);
    see_range(k, i, c, rows);
    return true;
}

bool kept_make(const table *t, const kept_source *from, const doc *columns, uint64_t seed, arena *a,
               kept_reference *ret, err *e)
{
    *ret = (kept_reference){0};
    size_t n = columns ? columns->n : t->n_columns;
    if (!room_for(ret, n, a, e)) return false;
    for (size_t i = 0; i < n; i++) {
        const column *c = &t->columns[i];
        str path = str_fmt(e->a, "columns.%zu", i);
        for (size_t k = 0; columns && k < i; k++)
            if (str_eq(columns->at[k].s, columns->at[i].s))
                return err_set(e, ERR_INVALID, path, S("name each column once"),
                               "%s is named twice", quoted(e, "column", columns->at[i].s).p);
        if (columns && !table_need(t, columns->at[i].s, path, &c, e)) return false;
        if (!keep_column(ret, i, c, t->rows, seed, a, e)) return false;
    }
    settle(ret);
    return add_source(ret, from, a, e) && sums_fit(ret, e);
}

kept_reference kept_shape(const kept_reference *k, arena *a)
{
    kept_reference s = {.name = k->name, .table = k->table};
    size_t n = k->table.n_columns;
    s.table.sha256 = (digest){0};
    s.table.columns = arena_new(a, column, n);
    s.sketch = arena_new(a, sketch, n);
    s.range = arena_new(a, double, 2 * n);
    for (size_t i = 0; i < n; i++) {
        s.table.columns[i] = k->table.columns[i];
        s.sketch[i] = sketch_empty(k->sketch[i].shape, a);
        s.range[2 * i] = s.range[2 * i + 1] = NAN;
    }
    settle(&s);
    return s;
}

static bool add_rows(kept_reference *k, size_t i, const column *c, size_t rows, err *e)
{
    sketch *s = &k->sketch[i];
    if (c->type != k->table.columns[i].type) { /* without any value a column reads as numbers */
        s->rows += (int64_t)rows;
        s->missing += (int64_t)rows;
        return c->missing == rows ||
               err_set(e, ERR_INVALID, S("data"), S("begin with data in which it is as always"),
                       "%s holds %s, what was kept of it holds %s", quoted(e, "column", c->name).p,
                       c->type == COLUMN_NUMBER ? "numbers" : "texts",
                       c->type == COLUMN_NUMBER ? "texts" : "numbers");
    }
    arena *scratch = arena_open();
    sketch_add(s, c, 0, rows, scratch);
    see_range(k, i, c, rows);
    arena_close(scratch);
    return true;
}

bool kept_add(kept_reference *k, const table *t, const kept_source *from, arena *a, err *e)
{
    for (size_t i = 0; i < k->table.n_columns; i++) {
        const column *c;
        if (!table_need(t, k->table.columns[i].name, S("data"), &c, e) ||
            !add_rows(k, i, c, t->rows, e))
            return false;
    }
    settle(k);
    return add_source(k, from, a, e) && sums_fit(k, e);
}

bool kept_merge(kept_reference *k, const kept_reference *other, arena *a, err *e)
{
    const table *t = &other->table;
    bool same = k->table.n_columns == t->n_columns;
    for (size_t i = 0; same && i < t->n_columns; i++)
        same = str_eq(k->table.columns[i].name, t->columns[i].name) &&
               sketch_shape_same(k->sketch[i].shape, other->sketch[i].shape);
    if (!same)
        return err_set(e, ERR_INVALID, S("data"),
                       S("keep both with --like and the same reference, or give the data again"),
                       "the kept references have different columns or intervals");
    for (size_t i = 0; i < t->n_columns; i++) {
        sketch_merge(&k->sketch[i], &other->sketch[i]);
        widen(&k->range[2 * i], other->range[2 * i], other->range[2 * i + 1]);
    }
    settle(k);
    for (size_t i = 0; i < other->n_sources; i++)
        if (!add_source(k, &other->sources[i], a, e)) return false;
    return sums_fit(k, e);
}
