/* schema.c - holds a table against the schema that a plan expects. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/schema.h"
#include <math.h>

enum { COLUMNS = 16384 };

static str path_of(const err *e, str name)
{
    return str_fmt(e->a, "schema.%.*s", STR_ARG(str_clip(name, 100)));
}

static str type_of(const doc *d)
{
    return d->kind == DOC_STR ? d->s : doc_str(d, "type");
}

static bool parse_column(str name, const doc *d, err *e)
{
    static const char *const numbers[] = {"min", "max", "missing", "levels"};
    str type = type_of(d);
    bool ok = str_eqz(type, "number") || str_eqz(type, "category");
    for (size_t i = 0; ok && d->kind == DOC_OBJ && i < d->n; i++) {
        bool known = str_eqz(d->keys[i], "type");
        for (size_t k = 0; k < COUNT(numbers); k++)
            known |= str_eqz(d->keys[i], numbers[k]) && doc_is_num(&d->at[i]);
        ok = known;
    }
    return ok || err_set(e, ERR_INVALID, path_of(e, name),
                         S("give {\"type\": \"number\" or \"category\"}, with min, max, levels and "
                           "missing as a result's subject.dataset.schema has them"),
                         "the schema of column '%.*s' is none", STR_ARG(str_clip(name, 100)));
}

bool schema_parse(const doc *d, err *e)
{
    if (d->kind != DOC_OBJ || d->n > COLUMNS)
        return err_set(e, ERR_INVALID, S("schema"), S("give an object with a member per column"),
                       "'schema' is %s, not an object of at most %d columns",
                       doc_kind_name(d->kind), COLUMNS);
    for (size_t i = 0; i < d->n; i++)
        if (!parse_column(d->keys[i], &d->at[i], e)) return false;
    return true;
}

/* What the column has beyond what was expected; absent: nothing. */
static str beyond(const doc *d, const column *c, size_t rows, arena *a)
{
    double min, max, lo = doc_real(d, "min", -INFINITY), hi = doc_real(d, "max", INFINITY);
    double levels = doc_real(d, "levels", INFINITY);
    if (column_range(c, rows, &min, &max) && (min < lo || max > hi))
        return str_fmt(a, "goes from %g to %g, beyond %g to %g", min, max, lo, hi);
    if ((double)c->n_levels > levels)
        return str_fmt(a, "has %zu levels, more than %g", c->n_levels, levels);
    if (c->missing && doc_real(d, "missing", 1) == 0)
        return str_fmt(a, "lacks a value in %zu rows, but in none", c->missing);
    return (str){0};
}

bool schema_check(const doc *schema, const table *t, arena *a, str **ret_notes, size_t *ret_n,
                  err *e)
{
    *ret_n = 0;
    *ret_notes = arena_new(a, str, schema ? schema->n : 0);
    for (size_t i = 0; schema && i < schema->n; i++) {
        const column *c;
        str name = schema->keys[i], want = type_of(&schema->at[i]);
        if (!table_need(t, name, path_of(e, name), &c, e)) {
            e->code = ERR_INVALID;
            return false;
        }
        bool number = c->type == COLUMN_NUMBER;
        if (number != str_eqz(want, "number") && c->missing < t->rows)
            return err_set(
                e, ERR_INVALID, path_of(e, name),
                S("give data of the schema that the plan was made for, or change the plan"),
                "column '%.*s' holds %s, but the plan's schema says %.*s", STR_ARG(name),
                number ? "numbers" : "texts", STR_ARG(want));
        str more = beyond(&schema->at[i], c, t->rows, a);
        if (more.p)
            (*ret_notes)[(*ret_n)++] =
                str_fmt(a, "column '%.*s' %.*s in the plan's schema", STR_ARG(name), STR_ARG(more));
    }
    return true;
}
