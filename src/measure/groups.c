/* groups.c - joins attribute columns into intersections and builds the views upon them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/groups.h"
#include "measure/bins.h"

static str attribute_path(size_t i, arena *a)
{
    return str_fmt(a, "groups.%zu", i);
}

/* A column's own values, or the ranges that the plan has for it; -1: missing. */
static bool values_of(const table *t, const groups *g, size_t i, const doc *bins,
                      const int32_t **ret_code, const str **ret_levels, size_t *ret_n, arena *a,
                      err *e)
{
    const column *c;
    str path = attribute_path(i, a);
    if (!table_need(t, g->names[i], path, &c, e)) return false;
    const doc *edges = doc_find(bins, g->names[i]);
    if (!edges)
        return column_levels(a, c, t->rows, GROUPS_LEVELS, path, ret_code, ret_levels, ret_n, e);
    int32_t *code = arena_new(a, int32_t, t->rows);
    str *levels;
    bool ok = bins_codes(edges, c, t->rows, code, &levels, ret_n, a, e);
    *ret_code = code;
    *ret_levels = levels;
    return ok;
}

/* Codes 0..n-1 of one attribute; missing values become a level of their own, the last one. */
static bool attribute_codes(const table *t, groups *g, size_t i, const doc *bins, int32_t *ret,
                            size_t *ret_n, arena *a, err *e)
{
    const int32_t *code;
    const str *levels;
    size_t n;
    if (!values_of(t, g, i, bins, &code, &levels, &n, a, e)) return false;
    size_t own = n;
    for (size_t k = 0; k < n; k++)
        if (str_eqz(levels[k], GROUPS_MISSING)) own = k;
    g->levels[i] = arena_new(a, str, n + 1);
    for (size_t k = 0; k < n; k++)
        g->levels[i][k] = levels[k];
    g->levels[i][n] = own < n ? (str){0} : S(GROUPS_MISSING);
    for (size_t r = 0; r < t->rows; r++)
        ret[r] = code[r] < 0 ? (int32_t)own : code[r];
    *ret_n = n + 1;
    return true;
}

/* Splits the groups so far by one more attribute; new groups stand in the order of the values. */
static bool split(groups *g, size_t i, int32_t *joint, const int32_t *code, size_t n_levels,
                  size_t rows, arena *a, err *e)
{
    size_t before = g->n_joint, n = 0, width = g->n_attributes;
    int32_t *fresh = arena_new(a, int32_t, before * n_levels);
    for (size_t r = 0; r < rows; r++)
        fresh[(size_t)joint[r] * n_levels + (size_t)code[r]] = 1;
    for (size_t k = 0; k < before * n_levels; k++)
        fresh[k] = fresh[k] ? (int32_t)n++ : -1;
    if (n > GROUPS_JOINT)
        return err_set(e, ERR_TOO_LARGE, S("groups"),
                       S("name fewer attributes, or bring their values into coarser classes"),
                       "the attributes make %zu groups, more than %d", n, GROUPS_JOINT);
    int32_t *table_ = arena_new(a, int32_t, n * width);
    for (size_t k = 0; k < before * n_levels; k++)
        if (fresh[k] >= 0) {
            int32_t *row = table_ + (size_t)fresh[k] * width;
            memcpy(row, g->code + k / n_levels * width, i * sizeof *row);
            row[i] = (int32_t)(k % n_levels);
        }
    for (size_t r = 0; r < rows; r++)
        joint[r] = fresh[(size_t)joint[r] * n_levels + (size_t)code[r]];
    g->code = table_;
    g->n_joint = n;
    return true;
}

static bool same_group(const groups *g, const view *v, size_t p, size_t q)
{
    for (size_t k = 0; k < v->n_attributes; k++)
        if (g->code[p * g->n_attributes + v->attribute[k]] !=
            g->code[q * g->n_attributes + v->attribute[k]])
            return false;
    return true;
}

static void view_make(const groups *g, unsigned mask, const int64_t *joint_rows, view *v, arena *a)
{
    for (size_t i = 0; i < g->n_attributes; i++)
        if (mask >> i & 1) v->attribute[v->n_attributes++] = i;
    v->group_of = arena_new(a, int32_t, g->n_joint);
    v->rows = arena_new(a, int64_t, g->n_joint);
    v->sample = arena_new(a, size_t, g->n_joint);
    for (size_t j = 0; j < g->n_joint; j++) {
        size_t k = 0;
        while (k < v->n_groups && !same_group(g, v, v->sample[k], j))
            k++;
        if (k == v->n_groups) v->sample[v->n_groups++] = j;
        v->group_of[j] = (int32_t)k;
        v->rows[k] += joint_rows[j];
    }
}

/* Groups of a view in the order of its own attributes' values, not of first appearance. */
static void view_order(const groups *g, view *v, arena *a)
{
    size_t *rank = arena_new(a, size_t, v->n_groups), *sample = arena_new(a, size_t, v->n_groups);
    int64_t *rows = arena_new(a, int64_t, v->n_groups);
    for (size_t p = 0; p < v->n_groups; p++)
        for (size_t q = 0; q < v->n_groups; q++) {
            int less = 0;
            for (size_t k = 0; k < v->n_attributes && !less; k++)
                less = g->code[v->sample[q] * g->n_attributes + v->attribute[k]] -
                       g->code[v->sample[p] * g->n_attributes + v->attribute[k]];
            rank[p] += less < 0;
        }
    for (size_t p = 0; p < v->n_groups; p++) {
        sample[rank[p]] = v->sample[p];
        rows[rank[p]] = v->rows[p];
    }
    for (size_t j = 0; j < g->n_joint; j++)
        v->group_of[j] = (int32_t)rank[v->group_of[j]];
    v->sample = sample;
    v->rows = rows;
}

static int bits(unsigned mask)
{
    return __builtin_popcount(mask);
}

static bool has_view(unsigned mask, unsigned all, size_t n)
{
    return mask == all || bits(mask) <= 1 || n <= 4;
}

/* The whole first, then single attributes, pairs, ... and the full intersection last. */
static void views_make(groups *g, size_t rows, arena *a)
{
    unsigned all = (1u << g->n_attributes) - 1;
    int64_t *joint_rows = arena_new(a, int64_t, g->n_joint);
    for (size_t r = 0; g->joint && r < rows; r++)
        joint_rows[g->joint[r]]++;
    if (!g->joint) joint_rows[0] = (int64_t)rows;
    g->views = arena_new(a, view, all + 1);
    for (int size = 0; size <= (int)g->n_attributes; size++)
        for (unsigned mask = 0; mask <= all; mask++)
            if (bits(mask) == size && has_view(mask, all, g->n_attributes)) {
                view *v = &g->views[g->n_views++];
                view_make(g, mask, joint_rows, v, a);
                view_order(g, v, a);
            }
}

static bool names_ok(const str *names, size_t n, err *e)
{
    if (n > GROUPS_ATTRIBUTES)
        return err_set(e, ERR_INVALID, S("groups"), S("name fewer columns"),
                       "%zu attributes are more than %d", n, GROUPS_ATTRIBUTES);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(names[i], names[k]))
                return err_set(e, ERR_INVALID, attribute_path(i, e->a), S("name it once"),
                               "attribute '%.*s' is named twice", STR_ARG(names[i]));
    return true;
}

bool groups_make(const table *t, const str *names, size_t n, const doc *bins, groups *ret, arena *a,
                 err *e)
{
    *ret = (groups){.n_attributes = n, .names = names, .n_joint = 1};
    if (!names_ok(names, n, e)) return false;
    int32_t *joint = n ? arena_new(a, int32_t, t->rows) : NULL;
    int32_t *code = n ? arena_new(a, int32_t, t->rows) : NULL;
    ret->code = arena_new(a, int32_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t levels;
        if (!attribute_codes(t, ret, i, bins, code, &levels, a, e) ||
            !split(ret, i, joint, code, levels, t->rows, a, e))
            return false;
    }
    ret->joint = joint;
    views_make(ret, t->rows, a);
    return true;
}

static str slice_text(const groups *g, const view *v, const int32_t *code, str label, str value,
                      arena *a)
{
    if (!v->n_attributes && !label.p) return (str){0};
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    for (size_t k = 0; k < v->n_attributes; k++) {
        size_t i = v->attribute[k];
        jw_key_str(&w, g->names[i]);
        jw_str(&w, code ? g->levels[i][code[i]] : S("*"));
    }
    if (label.p) {
        jw_key_str(&w, label);
        jw_str(&w, value);
    }
    jw_obj_end(&w);
    return buf_str(&b);
}

str groups_slice(const groups *g, const view *v, size_t group, str label, str value, arena *a)
{
    return slice_text(g, v, g->code + v->sample[group] * g->n_attributes, label, value, a);
}

str groups_star(const groups *g, const view *v, str label, str value, arena *a)
{
    return slice_text(g, v, NULL, label, value, a);
}

str groups_attributes(const groups *g, const view *v, arena *a)
{
    str s = S("");
    for (size_t k = 0; k < v->n_attributes; k++)
        s = str_fmt(a, "%.*s%s%.*s", STR_ARG(s), k ? "," : "", STR_ARG(g->names[v->attribute[k]]));
    return s;
}
