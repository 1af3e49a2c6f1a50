/* reproduce_compare.c - figure by figure, then part by part: what a repetition gave otherwise. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/reproduce.h"
#include <math.h>

const char *const reproduce_parts[REPRODUCE_PARTS] = {"method", "metrics", "verdict",
                                                      "tables", "figures", "notes"};

/* ---- numbers ---- */

static double relative(double x, double y)
{
    if (isnan(x) && isnan(y)) return 0;
    if (isnan(x) || isnan(y)) return REPRODUCE_MOST;
    return x == y ? 0 : fmin(fabs(x - y) / fmax(fabs(x), fabs(y)), REPRODUCE_MOST);
}

static double end_of(const doc *m, size_t i)
{
    const doc *v = doc_get(m, "interval");
    return v && v->kind == DOC_ARR && i < v->n && doc_is_num(&v->at[i]) ? v->at[i].d : NAN;
}

static double apart(const doc *x, const doc *y)
{
    double most = relative(doc_real(x, "value", NAN), doc_real(y, "value", NAN));
    for (size_t i = 0; i < 2; i++)
        most = fmax(most, relative(end_of(x, i), end_of(y, i)));
    most = fmax(most, relative(doc_real(x, "confidence", NAN), doc_real(y, "confidence", NAN)));
    return fmax(most, relative(doc_real(x, "n", NAN), doc_real(y, "n", NAN)));
}

/* ---- members ---- */

static str text_of(const doc *d, arena *a)
{
    return d ? doc_canonical(a, d) : (str){0};
}

static bool same_part(const doc *x, const doc *y, const char *key, arena *a)
{
    const doc *p = doc_get(x, key), *q = doc_get(y, key);
    return !p == !q && str_eq(text_of(p, a), text_of(q, a));
}

static void add_name(buf *b, str key)
{
    buf_fmt(b, "%s%.*s", b->n ? ", " : "", STR_ARG(key));
}

/* Names of the members that are not the same, those of x first. */
static str other_members(const doc *x, const doc *y, arena *a)
{
    buf b = buf_open(a, 4096);
    for (size_t i = 0; i < x->n; i++)
        if (!same_part(x, y, x->keys[i].p, a)) add_name(&b, x->keys[i]);
    for (size_t i = 0; i < y->n; i++)
        if (!doc_find(x, y->keys[i])) add_name(&b, y->keys[i]);
    return buf_str(&b);
}

/* ---- figures ---- */

struct entry {
    str key;
    const doc *m;
    size_t at;
};

static int by_key(const void *p, const void *q)
{
    const struct entry *x = p, *y = q;
    int c = str_cmp(x->key, y->key);
    return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

/* The figures of a result in the order of their names; what is no object is a figure of no name. */
static struct entry *entries(const doc *result, arena *a, size_t *ret_n)
{
    const doc *all = doc_get(result, "metrics");
    *ret_n = all && all->kind == DOC_ARR ? all->n : 0;
    struct entry *list = arena_new(a, struct entry, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++) {
        const doc *m = &all->at[i];
        str key =
            str_fmt(a, "%.*s\n%.*s\n%.*s", STR_ARG(doc_str(m, "id")),
                    STR_ARG(text_of(doc_get(m, "slice"), a)), STR_ARG(doc_str(m, "attribute")));
        list[i] = (struct entry){key, m, i};
    }
    qsort(list, *ret_n, sizeof *list, by_key);
    return list;
}

static void add_difference(comparison *c, const doc *x, const doc *y, arena *a)
{
    const doc *one = x ? x : y;
    difference d = {.metric = doc_str(one, "id"),
                    .slice = text_of(doc_get(one, "slice"), a),
                    .recorded = doc_real(x, "value", NAN),
                    .repeated = doc_real(y, "value", NAN),
                    .relative = x && y ? apart(x, y) : REPRODUCE_MOST};
    bool objects = x && y && x->kind == DOC_OBJ && y->kind == DOC_OBJ;
    d.members = objects ? other_members(x, y, a)
                : !y    ? S("only recorded")
                : !x    ? S("only repeated")
                        : S("all");
    c->largest = fmax(c->largest, d.relative);
    c->differences[c->n_differences++] = d;
}

static void compare_figures(comparison *c, const doc *recorded, const doc *repeated, arena *a)
{
    size_t n, m, i = 0, k = 0;
    const struct entry *x = entries(recorded, a, &n), *y = entries(repeated, a, &m);
    c->differences = arena_new(a, difference, n + m + 1);
    for (; i < n || k < m; c->figures++) {
        int side = i == n ? 1 : k == m ? -1 : str_cmp(x[i].key, y[k].key);
        const doc *was = side <= 0 ? x[i++].m : NULL, *is = side >= 0 ? y[k++].m : NULL;
        if (was && is && str_eq(doc_canonical(a, was), doc_canonical(a, is)))
            c->identical++;
        else
            add_difference(c, was, is, a);
    }
}

comparison reproduce_compare(const doc *recorded, const doc *repeated, arena *a)
{
    comparison c = {0};
    compare_figures(&c, recorded, repeated, a);
    for (size_t i = 0; i < REPRODUCE_PARTS; i++)
        c.same[i] = same_part(recorded, repeated, reproduce_parts[i], a);
    return c;
}
