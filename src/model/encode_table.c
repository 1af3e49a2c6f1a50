/* encode_table.c - applies encoders to a table: the columns that a model sees. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encode.h"
#include "table/dict.h"
#include <math.h>

/* What a row holds, when it is no level. */
enum { UNKNOWN = -1, MISSING = -2 };

struct job {
    arena *a;
    const encoder *x;
    const column *c;
    size_t rows;
    table *ret;
    err *e;
};

static str path_of(const struct job *j)
{
    return str_fmt(j->e->a, "encode.%.*s", STR_ARG(str_clip(j->x->column, 100)));
}

/* ---- levels ---- */

struct number {
    double value;
    int32_t level;
};

static int by_value(const void *p, const void *q)
{
    const struct number *x = p, *y = q;
    if (x->value != y->value) return x->value > y->value ? 1 : -1;
    return x->level - y->level;
}

/* Levels that read as numbers in numeric order; of equal ones the first told comes first. */
static size_t number_levels(const struct job *j, struct number *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < j->x->n_levels; i++)
        if (!isnan(j->x->levels[i].value))
            ret[n++] = (struct number){j->x->levels[i].value, (int32_t)i};
    if (n) qsort(ret, n, sizeof *ret, by_value);
    return n;
}

static int32_t find_number(const struct number *sorted, size_t n, double v)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (sorted[mid].value < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && sorted[lo].value == v ? sorted[lo].level : UNKNOWN;
}

static int32_t null_level(const encoder *x)
{
    for (size_t i = 0; i < x->n_levels; i++)
        if (!x->levels[i].text.p) return (int32_t)i;
    return MISSING;
}

static void levels_of_numbers(const struct job *j, int32_t *ret)
{
    struct number *sorted = arena_new(j->a, struct number, j->x->n_levels);
    size_t n = number_levels(j, sorted);
    int32_t gap = null_level(j->x);
    double fill;
    if (j->x->impute.p)
        gap = str_real(j->x->impute, &fill) ? find_number(sorted, n, fill) : UNKNOWN;
    for (size_t r = 0; r < j->rows; r++) {
        double v = j->c->num[r];
        ret[r] = isnan(v) ? gap : find_number(sorted, n, v);
    }
}

static int32_t find_text(const dict *d, const int32_t *level, str text)
{
    uint32_t at = dict_find(d, text);
    return at == DICT_NONE ? UNKNOWN : level[at];
}

static void levels_of_texts(const struct job *j, int32_t *ret)
{
    const encoder *x = j->x;
    dict d = dict_open(j->a);
    int32_t *level = arena_new(j->a, int32_t, x->n_levels),
            *map = arena_new(j->a, int32_t, j->c->n_levels);
    for (size_t i = 0; i < x->n_levels; i++)
        if (x->levels[i].text.p) level[dict_intern(&d, x->levels[i].text)] = (int32_t)i;
    for (size_t k = 0; k < j->c->n_levels; k++)
        map[k] = find_text(&d, level, j->c->levels[k]);
    int32_t gap = x->impute.p ? find_text(&d, level, x->impute) : null_level(x);
    for (size_t r = 0; r < j->rows; r++)
        ret[r] = j->c->code[r] < 0 ? gap : map[j->c->code[r]];
}

static str list_levels(const struct job *j)
{
    buf b = buf_open(j->e->a, 2000);
    buf_putz(&b, "its levels are");
    for (size_t i = 0; i < j->x->n_levels && b.n < 1500; i++) {
        str s = j->x->levels[i].text;
        buf_fmt(&b, "%s '%.*s'", i ? "," : "", STR_ARG(str_clip(s.p ? s : S("(missing)"), 60)));
    }
    return buf_str(&b);
}

static bool refuse_value(const struct job *j, size_t row, bool missing)
{
    if (missing)
        return err_set(j->e, ERR_INVALID, path_of(j),
                       S("say what becomes of it: \"missing\", \"impute\", or null as a level"),
                       "column '%.*s' has no value in row %zu, and its encoder takes none",
                       STR_ARG(j->c->name), row + 1);
    str text = str_clip(column_text(j->e->a, j->c, row), 100);
    return err_set(j->e, ERR_INVALID, path_of(j),
                   str_fmt(j->e->a, "%.*s; add it, or say what becomes of such: \"unknown\"",
                           STR_ARG(list_levels(j))),
                   "column '%.*s' holds '%.*s' in row %zu, which is no level of its encoder",
                   STR_ARG(j->c->name), STR_ARG(text.p ? text : j->x->impute), row + 1);
}

/* Per row the number of its level; NULL when a value is refused. */
static int32_t *levels_of(const struct job *j)
{
    int32_t *level = arena_new(j->a, int32_t, j->rows);
    bool ok = true;
    j->c->type == COLUMN_NUMBER ? levels_of_numbers(j, level) : levels_of_texts(j, level);
    for (size_t r = 0; ok && r < j->rows; r++) {
        bool missing = level[r] == MISSING;
        encode_policy policy = missing ? j->x->missing : j->x->unknown;
        ok = level[r] >= 0 || policy != POLICY_ERROR || refuse_value(j, r, missing);
    }
    return ok ? level : NULL;
}

/* ---- methods ---- */

static double *add_feature(const struct job *j, size_t k)
{
    double *num = arena_new(j->a, double, j->rows);
    j->ret->columns[j->ret->n_columns++] =
        (column){.name = j->x->features[k], .type = COLUMN_NUMBER, .num = num};
    return num;
}

static bool one_hot(const struct job *j)
{
    const encoder *x = j->x;
    int32_t *level = levels_of(j);
    double **to = arena_new(j->a, double *, x->n_features);
    if (!level) return false;
    for (size_t k = 0; k < x->n_features; k++)
        to[k] = add_feature(j, k);
    for (size_t r = 0; r < j->rows; r++) {
        encode_policy policy = level[r] == MISSING ? x->missing : x->unknown;
        size_t k = level[r] < 0 ? x->n_features : x->levels[level[r]].feature;
        if (k < x->n_features) to[k][r] = 1;
        for (k = 0; level[r] < 0 && policy == POLICY_NAN && k < x->n_features; k++)
            to[k][r] = NAN;
    }
    return true;
}

static bool ordinal(const struct job *j)
{
    const encoder *x = j->x;
    int32_t *level = levels_of(j);
    if (!level) return false;
    double *to = add_feature(j, 0);
    double unknown = x->unknown == POLICY_NUMBER ? x->unknown_code : NAN;
    double missing = x->missing == POLICY_NUMBER ? x->missing_code : NAN;
    for (size_t r = 0; r < j->rows; r++)
        to[r] = level[r] == UNKNOWN   ? unknown
                : level[r] == MISSING ? missing
                                      : x->levels[level[r]].code;
    return true;
}

static double clipped(double v, double lo, double hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static bool number(const struct job *j)
{
    const encoder *x = j->x;
    double fill = NAN;
    if (j->c->type == COLUMN_CATEGORY)
        return err_set(
            j->e, ERR_INVALID, path_of(j), S("one_hot and ordinal make numbers of texts"),
            "column '%.*s' holds texts such as '%.*s', but its encoder takes numbers",
            STR_ARG(j->c->name), STR_ARG(str_clip(j->c->n_levels ? j->c->levels[0] : S(""), 60)));
    if (x->impute.p && !str_real(x->impute, &fill)) fill = NAN;
    double *to = add_feature(j, 0);
    for (size_t r = 0; r < j->rows; r++) {
        double v = isnan(j->c->num[r]) ? fill : j->c->num[r];
        if (x->method == ENCODE_SCALE) v = (v - x->subtract) / x->divide;
        if (x->method == ENCODE_MIN_MAX) v = v * x->factor + x->shift;
        to[r] = x->clip ? clipped(v, x->lo, x->hi) : v;
    }
    return true;
}

/* A text column that is only passed on is the model's to refuse. */
static bool pass(const struct job *j)
{
    if (j->x->impute.p) return number(j);
    column *to = &j->ret->columns[j->ret->n_columns++];
    *to = *j->c;
    to->name = j->x->features[0];
    return true;
}

static bool encode_column(const struct job *j)
{
    static bool (*const by_method[])(const struct job *) = {[ENCODE_PASS] = pass,
                                                            [ENCODE_ONE_HOT] = one_hot,
                                                            [ENCODE_ORDINAL] = ordinal,
                                                            [ENCODE_SCALE] = number,
                                                            [ENCODE_MIN_MAX] = number};
    if (!j->x) {
        j->ret->columns[j->ret->n_columns++] = *j->c;
        return true;
    }
    size_t from = j->ret->n_columns;
    if (!by_method[j->x->method](j)) return false;
    for (size_t i = from; i < j->ret->n_columns; i++) {
        column *c = &j->ret->columns[i];
        c->missing = 0;
        for (size_t r = 0; r < j->rows; r++)
            c->missing += c->type == COLUMN_NUMBER ? isnan(c->num[r]) != 0 : c->code[r] < 0;
    }
    return true;
}

/* ---- the table ---- */

static bool columns_there(const encoding *x, const table *t, err *e)
{
    const column *c;
    for (size_t i = 0; x && i < x->n; i++) {
        str path = str_fmt(e->a, "encode.%.*s", STR_ARG(str_clip(x->at[i].column, 100)));
        if (!table_need(t, x->at[i].column, path, &c, e)) {
            e->code = ERR_INVALID;
            return false;
        }
    }
    return true;
}

static bool names_unique(arena *a, const table *t, err *e)
{
    dict seen = dict_open(a);
    for (size_t i = 0; i < t->n_columns; i++)
        if (dict_intern(&seen, t->columns[i].name) != i)
            return err_set(e, ERR_INVALID, S("encode"),
                           S("tell them apart with 'name' or 'names' of the encoder"),
                           "the model would see two columns '%.*s'",
                           STR_ARG(str_clip(t->columns[i].name, 100)));
    return true;
}

bool encode_table(arena *a, const encoding *x, const table *t, const str *columns, size_t n,
                  table *ret, err *e)
{
    size_t shown = columns ? n : t->n_columns, made = shown;
    for (size_t i = 0; x && i < x->n; i++)
        made += x->at[i].n_features;
    *ret = (table){.rows = t->rows, .sha256 = t->sha256, .bytes = t->bytes};
    ret->columns = arena_new(a, column, made);
    if (!columns_there(x, t, e)) return false;
    dict seen = dict_open(a);
    for (size_t i = 0; i < shown; i++) {
        const column *c = columns ? NULL : &t->columns[i];
        if (columns && !table_need(t, columns[i], S("features"), &c, e)) return false;
        if (dict_intern(&seen, c->name) != i)
            return err_set(e, ERR_INVALID, S("features"), S("name each column once"),
                           "column '%.*s' is named twice", STR_ARG(c->name));
        struct job j = {a, encode_find(x, c->name), c, t->rows, ret, e};
        if (!encode_column(&j)) return false;
    }
    return names_unique(a, ret, e);
}
