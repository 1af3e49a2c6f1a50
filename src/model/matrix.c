/* matrix.c - the columns of a table in the order a model expects them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"

/* Column of each feature, by name or by position. */
static bool by_name(const model_info *m, const table *t, const column **ret, err *e)
{
    for (size_t i = 0; i < m->n_features; i++)
        if (!table_need(t, m->features[i], S("model"), &ret[i], e)) {
            e->code = ERR_INVALID;
            e->hint = str_fmt(
                e->a, "features made by encoders need the plan's member encode; otherwise %.*s",
                STR_ARG(e->hint));
            return err_prefix(e, "the model needs %zu features", m->n_features);
        }
    return true;
}

static bool is_skipped(str name, const str *skip, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(skip[i], name)) return true;
    return false;
}

static bool by_position(const model_info *m, const table *t, const str *skip, size_t n_skip,
                        const column **ret, err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (is_skipped(t->columns[i].name, skip, n_skip)) continue;
        if (n < m->n_features) ret[n] = &t->columns[i];
        n++;
    }
    if (n == m->n_features) return true;
    return err_set(e, ERR_INVALID, S("model"),
                   S("the model names no features, so they are taken by position: give as many "
                     "feature columns as it has, or save it with feature names"),
                   "the model has %zu features, but the data have %zu columns for them",
                   m->n_features, n);
}

/* "'abc' in row 17": one slip among numbers makes a whole column texts. */
static str first_text(const column *c, size_t rows, arena *a)
{
    double v;
    for (size_t r = 0; r < rows; r++)
        if (c->code[r] >= 0 && !str_real(c->levels[c->code[r]], &v))
            return str_fmt(a, "'%.*s' in row %zu", STR_ARG(str_clip(c->levels[c->code[r]], 100)),
                           r + 1);
    return S("as JSON");
}

static bool check_types(const model_info *m, const column *const *c, size_t rows, err *e)
{
    for (size_t i = 0; i < m->n_features; i++)
        if (c[i]->type == COLUMN_CATEGORY)
            return err_set(
                e, ERR_INVALID, S("model"),
                m->categorical[i]
                    ? S("declare the codes the model was trained with: an ordinal encoder in the "
                        "plan's member encode")
                    : S("correct the cell, or declare how the column was encoded for training: the "
                        "plan's member encode"),
                "the model needs numbers, but column '%.*s' holds texts (%.*s)",
                STR_ARG(c[i]->name), STR_ARG(first_text(c[i], rows, e->a)));
    return true;
}

bool model_matrix(arena *a, const struct model *m, const table *t, const str *skip, size_t n_skip,
                  float **ret_x, err *e)
{
    const model_info *info = &m->info;
    size_t f = info->n_features;
    const column **c = arena_new(a, const column *, f);
    if (!(info->features ? by_name(info, t, c, e) : by_position(info, t, skip, n_skip, c, e)) ||
        !check_types(info, c, t->rows, e))
        return false;
    float *x = arena_array(a, t->rows, f * sizeof *x, _Alignof(float));
    for (size_t i = 0; i < f; i++)
        for (size_t r = 0; r < t->rows; r++)
            x[r * f + i] = (float)c[i]->num[r];
    *ret_x = x;
    return true;
}
