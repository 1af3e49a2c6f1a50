/* bins.c - sorts the numbers of a column into the ranges of a plan. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/bins.h"
#include <math.h>

static str path_of(const err *e, str name)
{
    return str_fmt(e->a, "bins.%.*s", STR_ARG(str_clip(name, 100)));
}

static bool is_group(const measure_plan *p, str name)
{
    for (size_t i = 0; i < p->n_groups; i++)
        if (str_eq(p->groups[i], name)) return true;
    return false;
}

static bool ascending(const doc *edges)
{
    if (edges->kind != DOC_ARR || edges->n < 1 || edges->n > BINS_EDGES) return false;
    for (size_t i = 0; i < edges->n; i++)
        if (!doc_is_num(&edges->at[i]) || (i && !(edges->at[i - 1].d < edges->at[i].d)))
            return false;
    return true;
}

bool bins_check(const measure_plan *p, err *e)
{
    const doc *d = p->bins;
    if (!d) return true;
    if (d->kind != DOC_OBJ)
        return err_set(e, ERR_INVALID, S("bins"), S("give {\"age\": [25, 40, 65]}"),
                       "'bins' is %s, not an object", doc_kind_name(d->kind));
    for (size_t i = 0; i < d->n; i++) {
        str name = d->keys[i];
        if (!is_group(p, name))
            return err_set(e, ERR_INVALID, path_of(e, name), S("name the column in groups, too"),
                           "'%.*s' has bins and is no group", STR_ARG(str_clip(name, 100)));
        if (!ascending(&d->at[i]))
            return err_set(e, ERR_INVALID, path_of(e, name),
                           S("give the numbers at which a new range begins, such as [25, 40, 65]"),
                           "bins are 1 to %d ascending numbers", BINS_EDGES);
    }
    return true;
}

static str text_of(double x, arena *a)
{
    buf b = buf_open(a, 64);
    jw w = jw_open(&b);
    jw_real(&w, x);
    return buf_str(&b);
}

static str *level_names(const doc *edges, arena *a)
{
    size_t n = edges->n;
    str *ret = arena_new(a, str, n + 1), *at = arena_new(a, str, n);
    for (size_t i = 0; i < n; i++)
        at[i] = text_of(edges->at[i].d, a);
    ret[0] = str_fmt(a, "under %.*s", STR_ARG(at[0]));
    for (size_t i = 1; i < n; i++)
        ret[i] = str_fmt(a, "%.*s to under %.*s", STR_ARG(at[i - 1]), STR_ARG(at[i]));
    ret[n] = str_fmt(a, "%.*s or more", STR_ARG(at[n - 1]));
    return ret;
}

bool bins_codes(const doc *edges, const column *c, size_t rows, int32_t *ret, str **ret_levels,
                size_t *ret_n, arena *a, err *e)
{
    if (c->type != COLUMN_NUMBER)
        return err_set(e, ERR_INVALID, path_of(e, c->name), S("leave its bins out"),
                       "column '%.*s' holds texts, which have no ranges",
                       STR_ARG(str_clip(c->name, 100)));
    for (size_t r = 0; r < rows; r++) {
        int32_t k = 0;
        for (size_t i = 0; i < edges->n; i++)
            k += c->num[r] >= edges->at[i].d;
        ret[r] = isnan(c->num[r]) ? -1 : k;
    }
    *ret_levels = level_names(edges, a);
    *ret_n = edges->n + 1;
    return true;
}
