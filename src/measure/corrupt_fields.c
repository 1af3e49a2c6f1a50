/* corrupt_fields.c - the raw columns behind a model's features, and what they hold. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/corrupt.h"
#include "measure/plan.h"
#include "table/dict.h"
#include <math.h>

enum { LEVELS = 100000 };

struct finding {
    corrupt *c;
    const table *t;
    encode_origin *origin; /* of each feature */
    dict columns;          /* names of raw columns that belong to a field */
    size_t *field_of;      /* of each of them */
    err *e;
};

/* ---- which columns make a field ---- */

static bool add_group(struct finding *g, str name, const doc *d)
{
    corrupt_field *f = &g->c->fields[g->c->n_fields];
    str path = str_fmt(g->e->a, "options.one_hot.%.*s", STR_ARG(str_clip(name, 100)));
    if (d->kind != DOC_ARR || d->n < 2)
        return err_set(g->e, ERR_INVALID, path, S("give a list of at least two columns"),
                       "'%.*s' is no list of columns", STR_ARG(path));
    size_t *columns = arena_new(g->c->a, size_t, d->n);
    *f = (corrupt_field){.name = name, .columns = columns, .n_columns = d->n};
    for (size_t i = 0; i < d->n; i++) {
        const column *col;
        size_t before = g->columns.n;
        if (!table_need(g->t, d->at[i].kind == DOC_STR ? d->at[i].s : S(""), path, &col, g->e))
            return false;
        if (col->type != COLUMN_NUMBER || encode_find(g->c->plan->encode, col->name) ||
            dict_intern(&g->columns, col->name) != before)
            return err_set(g->e, ERR_INVALID, path, S("name columns of 0 and 1, each once"),
                           "column '%.*s' is no part of a one-hot group", STR_ARG(col->name));
        columns[i] = (size_t)(col - g->t->columns);
        g->field_of[before] = g->c->n_fields;
    }
    g->c->n_fields++;
    return true;
}

static bool add_groups(struct finding *g)
{
    const doc *d = plan_value(g->c->plan, "one_hot");
    for (size_t i = 0; d && i < d->n; i++)
        if (!add_group(g, d->keys[i], &d->at[i])) return false;
    return true;
}

/* One field per raw column that is not part of a group. */
static bool add_columns(struct finding *g)
{
    corrupt *c = g->c;
    for (size_t i = 0; i < c->model->n_features; i++) {
        const column *col;
        str name = g->origin[i].column;
        if (dict_find(&g->columns, name) != DICT_NONE) continue;
        if (!table_need(g->t, name, S("model"), &col, g->e)) return false;
        size_t *columns = arena_new(c->a, size_t, 1);
        columns[0] = (size_t)(col - g->t->columns);
        g->field_of[dict_intern(&g->columns, name)] = c->n_fields;
        c->fields[c->n_fields++] = (corrupt_field){
            .name = name, .columns = columns, .n_columns = 1, .by = g->origin[i].by};
    }
    return true;
}

static void link_features(struct finding *g)
{
    corrupt *c = g->c;
    for (size_t i = 0; i < c->n_fields; i++) {
        corrupt_field *f = &c->fields[i];
        f->n_features = f->by ? f->by->n_features : f->n_columns;
        f->features = arena_new(c->a, size_t, f->n_features);
        for (size_t k = 0; k < f->n_features; k++)
            f->features[k] = SIZE_MAX;
    }
    for (size_t i = 0; i < c->model->n_features; i++) {
        uint32_t at = dict_find(&g->columns, g->origin[i].column);
        const corrupt_field *f = &c->fields[g->field_of[at]];
        size_t k = g->origin[i].feature;
        for (size_t j = 0; !f->by && j < f->n_columns; j++)
            if (str_eq(g->t->columns[f->columns[j]].name, g->origin[i].column)) k = j;
        f->features[k] = i;
    }
}

/* ---- what a field holds ---- */

static bool takes_missing(const encoder *by)
{
    if (!by || by->impute.p || by->missing != POLICY_ERROR) return true;
    for (size_t i = 0; i < by->n_levels; i++)
        if (!by->levels[i].text.p) return true;
    return false;
}

static bool is_category(const struct finding *g, const corrupt_field *f)
{
    bool coded = f->by && (f->by->method == ENCODE_ONE_HOT || f->by->method == ENCODE_ORDINAL);
    for (size_t k = 0; k < f->n_features; k++)
        coded |= f->features[k] != SIZE_MAX && g->c->model->categorical &&
                 g->c->model->categorical[f->features[k]];
    return coded || f->n_columns > 1 || g->t->columns[f->columns[0]].type == COLUMN_CATEGORY;
}

static void measure_number(const struct finding *g, corrupt_field *f)
{
    const double *v = g->t->columns[f->columns[0]].num;
    moments m = {0};
    f->min = INFINITY;
    f->max = -INFINITY;
    for (size_t r = 0; r < g->t->rows; r++) {
        if (isnan(v[r])) continue;
        moments_add(&m, v[r]);
        f->min = fmin(f->min, v[r]);
        f->max = fmax(f->max, v[r]);
    }
    f->sd = m.n > 1 ? sqrt(m.m2 / (m.n - 1)) : 0;
}

/* Which member of a one-hot group is set; -1 when it is not one of them alone. */
static int32_t member_of(const struct finding *g, const corrupt_field *f, size_t row)
{
    int32_t found = -1;
    for (size_t k = 0; k < f->n_columns; k++) {
        double v = g->t->columns[f->columns[k]].num[row];
        if (v == 0) continue;
        if (v != 1 || found >= 0) return -1;
        found = (int32_t)k;
    }
    return found;
}

/* Categories that occur, in the order of their levels, and a row of each. */
static bool find_categories(const struct finding *g, corrupt_field *f)
{
    size_t n = f->n_columns, rows = g->t->rows;
    const str *levels;
    const int32_t *code = NULL;
    const column *col = &g->t->columns[f->columns[0]];
    if (f->n_columns == 1 &&
        !column_levels(g->c->a, col, rows, LEVELS, str_fmt(g->e->a, "%.*s", STR_ARG(f->name)),
                       &code, &levels, &n, g->e))
        return false;
    int32_t *number = arena_new(g->c->a, int32_t, n);
    f->id = arena_new(g->c->a, int32_t, rows);
    f->rep = arena_new(g->c->a, size_t, n);
    for (size_t r = 0; r < rows; r++) {
        int32_t k = code ? code[r] : member_of(g, f, r);
        f->id[r] = -1;
        if (k < 0) continue;
        if (!number[k]) {
            f->rep[f->n_ids++] = r;
            number[k] = (int32_t)f->n_ids;
        }
        f->id[r] = number[k] - 1;
    }
    return true;
}

static bool two_values(const struct finding *g, const corrupt_field *f)
{
    const double *v = g->t->columns[f->columns[0]].num;
    double first = NAN, second = NAN;
    for (size_t r = 0; r < g->t->rows; r++) {
        if (isnan(v[r]) || v[r] == first || v[r] == second) continue;
        if (isnan(first))
            first = v[r];
        else if (isnan(second))
            second = v[r];
        else
            return false;
    }
    return true;
}

static bool describe(struct finding *g, corrupt_field *f)
{
    f->may_miss = takes_missing(f->by);
    f->number = !is_category(g, f) && !two_values(g, f);
    if (!f->number) return find_categories(g, f);
    measure_number(g, f);
    return true;
}

/* ---- all of them ---- */

static bool keep_named(struct finding *g)
{
    corrupt *c = g->c;
    const doc *d = plan_value(c->plan, "features");
    if (!d) return true;
    corrupt_field *kept = arena_new(c->a, corrupt_field, d->n);
    for (size_t i = 0; i < d->n; i++) {
        size_t k = 0;
        while (k < c->n_fields && !str_eq(c->fields[k].name, d->at[i].s))
            k++;
        if (k == c->n_fields)
            return err_set(g->e, ERR_INVALID, str_fmt(g->e->a, "options.features.%zu", i),
                           S("name raw columns that the model's features come from"),
                           "the model does not see '%.*s'", STR_ARG(d->at[i].s));
        kept[i] = c->fields[k];
    }
    c->fields = kept;
    c->n_fields = d->n;
    return true;
}

static void find_neighbours(corrupt *c)
{
    for (size_t i = 0; i < c->n_fields; i++) {
        size_t k = (i + 1) % c->n_fields;
        while (k != i && !c->fields[k].number)
            k = (k + 1) % c->n_fields;
        c->fields[i].next = k;
    }
}

bool corrupt_fields(corrupt *c, err *e)
{
    const doc *one_hot = plan_value(c->plan, "one_hot");
    size_t f = c->model->n_features, most = f + (one_hot ? one_hot->n : 0);
    struct finding g = {.c = c, .t = c->in->data, .columns = dict_open(c->a), .e = e};
    g.origin = arena_new(c->a, encode_origin, f);
    g.field_of = arena_new(c->a, size_t, f + g.t->n_columns);
    c->fields = arena_new(c->a, corrupt_field, most);
    encode_origins(c->a, c->plan->encode, c->names, f, g.origin);
    if (!add_groups(&g) || !add_columns(&g)) return false;
    link_features(&g);
    if (!keep_named(&g)) return false;
    if (c->n_fields > FIELDS_MAX)
        return err_set(e, ERR_TOO_LARGE, S("options.features"), S("name the features to corrupt"),
                       "the model sees %zu raw columns, more than %d", c->n_fields, FIELDS_MAX);
    for (size_t i = 0; i < c->n_fields; i++)
        if (!describe(&g, &c->fields[i])) return false;
    find_neighbours(c);
    return true;
}
