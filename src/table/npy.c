/* npy.c - the values of NumPy arrays become the columns of a table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/npy.h"
#include "table/number.h"
#include "table/pool.h"
#include "table/read.h"
#include <math.h>

enum { BLOCK = 4096 };

/* ---- one cell ---- */

static uint64_t load(const npy_type *t, const char *cell)
{
    uint64_t v = 0;
    for (size_t i = 0; i < t->size; i++)
        v = v << 8 | (uint8_t)cell[t->big ? i : t->size - 1 - i];
    return v;
}

/* IEEE 754 binary16. */
static double half(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023);
    double v = exponent == 31  ? (fraction > 0 ? (double)NAN : (double)INFINITY)
               : exponent == 0 ? ldexp(fraction, -24)
                               : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -v : v;
}

static double real(uint64_t bits, size_t size)
{
    double d;
    float f;
    uint32_t low = (uint32_t)bits;
    if (size == 2) return half(bits);
    memcpy(&d, &bits, sizeof d);
    memcpy(&f, &low, sizeof f);
    return size == 4 ? (double)f : d;
}

double npy_number(const npy_type *t, const char *cell)
{
    uint64_t v = load(t, cell);
    unsigned unused = (unsigned)(64 - 8 * t->size) & 63;
    if (t->kind == NPY_FLOAT) return real(v, t->size);
    if (t->kind == NPY_INT) return (double)((int64_t)(v << unused) >> unused);
    return t->kind == NPY_BOOL ? v != 0 : (double)v;
}

static size_t utf8_bytes(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* A code point takes 4 bytes in the array and at most as many in UTF-8. */
static bool unicode_text(const npy_type *t, const char *cell, char *out, str *ret)
{
    npy_type unit = {NPY_UINT, t->big, 4};
    size_t n = 0, units = t->size / 4;
    while (units && load(&unit, cell + 4 * (units - 1)) == 0)
        units--;
    for (size_t i = 0; i < units; i++) {
        uint64_t c = load(&unit, cell + 4 * i);
        if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
        n += utf8_bytes((uint32_t)c, out + n);
    }
    *ret = (str){out, n};
    return true;
}

bool npy_text(const npy_type *t, const char *cell, char *out, str *ret)
{
    if (t->kind == NPY_UNICODE) return unicode_text(t, cell, out, ret);
    size_t n = t->size;
    while (n && cell[n - 1] == 0)
        n--;
    *ret = (str){cell, n};
    return !memchr(cell, 0, n) && str_utf8(*ret);
}

/* ---- strips of an array ---- */

void npy_strips(arena *a, const npy_array *x, str prefix, npy_strip *ret)
{
    if (x->structured || x->dims == 1) {
        for (size_t i = 0; i < x->n_fields; i++)
            ret[i] = (npy_strip){x->structured ? x->fields[i].name : prefix, x->fields[i].type,
                                 x->data.p + x->fields[i].offset, x->item};
        return;
    }
    size_t down = x->fortran ? 1 : x->columns, right = x->fortran ? x->rows : 1;
    for (size_t i = 0; i < x->columns; i++)
        ret[i] = (npy_strip){str_fmt(a, "%.*s_%zu", STR_ARG(prefix), i), x->fields[0].type,
                             x->data.p + i * right * x->item, down * x->item};
}

/* ---- a table of strips ---- */

struct filling {
    const npy_strip *s; /* the wanted ones, as many as the table has columns */
    const char *name;
    const str *missing;
    size_t n_missing, n_texts;
    const bool *as_text;
    const size_t *text; /* numbers of the columns that are read as text */
    double **value;     /* per column: what its texts read as, if all are numbers */
    table *t;
    err *errors; /* per job; unset: OK */
};

static bool refuse_cell(struct filling *f, size_t job, size_t k, size_t row, arena *a,
                        const char *what, str hint)
{
    f->errors[job] = ERR_IN(a);
    return err_set(&f->errors[job], ERR_INVALID, str_of(f->name), hint,
                   "%s: column '%.*s' holds %s in row %zu", f->name, STR_ARG(f->s[k].name), what,
                   row + 1);
}

static bool is_missing(const struct filling *f, str s)
{
    for (size_t i = 0; i < f->n_missing; i++)
        if (str_eq(f->missing[i], s)) return true;
    return false;
}

static bool is_text(const npy_type *t)
{
    return t->kind == NPY_BYTES || t->kind == NPY_UNICODE;
}

/* A number that is wanted as a category becomes the text it would have in a file of text. */
static bool cell_text(const npy_strip *s, const char *cell, char *out, buf *b, str *ret)
{
    if (is_text(&s->type)) return npy_text(&s->type, cell, out, ret);
    double v = npy_number(&s->type, cell);
    jw w = jw_open(b);
    b->n = 0;
    jw_real(&w, v);
    *ret = isnan(v) ? S("") : buf_str(b);
    return true;
}

/* Texts that all read as numbers are numbers, as in every other format. */
static double *all_numbers(const dict *d, arena *scratch)
{
    double *value = arena_new(scratch, double, d->n);
    for (size_t i = 0; i < d->n; i++)
        if (!number_parse(d->keys[i], &value[i])) return NULL;
    return value;
}

static void settle_texts(struct filling *f, size_t k, const dict *d, arena *scratch)
{
    column *c = &f->t->columns[k];
    if (!f->as_text[k]) f->value[k] = all_numbers(d, scratch);
    if (f->value[k]) return;
    int32_t *rank = arena_new(scratch, int32_t, d->n);
    levels_sort(d, scratch, c, rank);
    for (size_t r = 0; r < f->t->rows; r++)
        if (c->code[r] >= 0) c->code[r] = rank[c->code[r]];
}

static bool fill_texts(struct filling *f, size_t job, arena *scratch)
{
    size_t k = f->text[job];
    const npy_strip *s = &f->s[k];
    column *c = &f->t->columns[k];
    dict d = dict_open(scratch);
    char *out = arena_new(scratch, char, s->type.size);
    buf b = buf_open(scratch, 64);
    for (size_t r = 0; r < f->t->rows; r++) {
        str text;
        if (!cell_text(s, s->first + r * s->stride, out, &b, &text))
            return refuse_cell(f, job, k, r, scratch, "no text",
                               S("save texts as U, or as S in UTF-8, without NUL"));
        bool gap = is_missing(f, text);
        c->code[r] = gap ? -1 : (int32_t)dict_intern(&d, text);
        c->missing += gap;
    }
    settle_texts(f, k, &d, scratch);
    return true;
}

static bool fill_numbers(struct filling *f, size_t job, size_t from, arena *scratch)
{
    size_t end = from + BLOCK < f->t->rows ? from + BLOCK : f->t->rows;
    for (size_t k = 0; k < f->t->n_columns; k++) {
        const npy_strip *s = &f->s[k];
        if (is_text(&s->type) || f->as_text[k]) continue;
        double *to = f->t->columns[k].num;
        for (size_t r = from; r < end; r++) {
            to[r] = npy_number(&s->type, s->first + r * s->stride);
            if (isinf(to[r]))
                return refuse_cell(f, job, k, r, scratch, "an infinite number",
                                   S("replace infinite values, or make them NaN: missing"));
        }
    }
    return true;
}

static bool fill_job(void *ctx, size_t job, arena *scratch)
{
    struct filling *f = ctx;
    return job < f->n_texts ? fill_texts(f, job, scratch)
                            : fill_numbers(f, job, (job - f->n_texts) * BLOCK, scratch);
}

/* What only one thread may do: memory of the table's own arena. */
static void finish_column(struct filling *f, size_t k, arena *a)
{
    column *c = &f->t->columns[k];
    size_t rows = f->t->rows;
    if (c->code && f->value[k]) {
        c->type = COLUMN_NUMBER;
        c->num = arena_new(a, double, rows);
        for (size_t r = 0; r < rows; r++)
            c->num[r] = c->code[r] < 0 ? (double)NAN : f->value[k][c->code[r]];
        c->code = NULL;
    } else if (c->code) {
        str *own = arena_new(a, str, c->n_levels);
        for (size_t i = 0; i < c->n_levels; i++)
            own[i] = str_dup(a, c->levels[i]);
        c->levels = own;
    } else {
        for (size_t r = 0; r < rows; r++)
            c->missing += isnan(c->num[r]) != 0;
    }
}

static bool fill(struct filling *f, arena *a, int threads, err *e)
{
    arena **scratch = arena_new(a, arena *, threads);
    size_t jobs = f->n_texts + (f->t->rows + BLOCK - 1) / BLOCK;
    f->errors = arena_new(a, err, jobs);
    for (int i = 0; i < threads; i++)
        scratch[i] = arena_open();
    pool_run(threads, scratch, jobs, fill_job, f);
    bool ok = true;
    for (size_t j = 0; ok && j < jobs; j++)
        if (f->errors[j].code != ERR_OK) ok = err_copy(e, &f->errors[j]);
    for (size_t k = 0; ok && k < f->t->n_columns; k++)
        finish_column(f, k, a);
    for (int i = 0; i < threads; i++)
        arena_close(scratch[i]);
    return ok;
}

/* ---- which columns ---- */

static bool names_fit(const npy_strip *s, size_t n, const char *name, dict *ret, err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (!s[i].name.n || s[i].name.n > NAME_MAX_BYTES || !str_utf8(s[i].name) ||
            memchr(s[i].name.p, 0, s[i].name.n) || str_has_control(s[i].name))
            return err_set(e, ERR_INVALID, str_of(name), S("give every column a short name"),
                           "%s: the name of column %zu is empty, too long or no text", name, i + 1);
        if (dict_intern(ret, s[i].name) != i)
            return err_set(e, ERR_INVALID, str_of(name), S("give every column its own name"),
                           "%s: two columns are named '%.*s'", name, STR_ARG(s[i].name));
    }
    return n <= COLUMNS_MAX || err_set(e, ERR_TOO_LARGE, str_of(name), S("split the file"),
                                       "%s: more than %d columns", name, COLUMNS_MAX);
}

static bool all_there(const dict *names, const str *list, size_t n, const char *name, err *e)
{
    for (size_t i = 0; i < n; i++)
        if (dict_find(names, list[i]) == DICT_NONE)
            return table_no_column(names->keys, names->n, list[i], str_of(name), e);
    return true;
}

static bool in_list(const str *list, size_t n, str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], s)) return true;
    return false;
}

static void choose(struct filling *f, const npy_strip *s, size_t n, const table_options *o,
                   arena *a)
{
    npy_strip *wanted = arena_new(a, npy_strip, n);
    bool *as_text = arena_new(a, bool, n);
    size_t *text = arena_new(a, size_t, n);
    f->t->columns = arena_new(a, column, n);
    for (size_t i = 0; i < n; i++) {
        if (o->only && !in_list(o->only, o->n_only, s[i].name)) continue;
        size_t k = f->t->n_columns++;
        wanted[k] = s[i];
        as_text[k] = in_list(o->categorical, o->n_categorical, s[i].name);
        bool texts = as_text[k] || is_text(&s[i].type);
        column *c = &f->t->columns[k];
        *c = (column){.name = str_dup(a, s[i].name)};
        c->type = texts ? COLUMN_CATEGORY : COLUMN_NUMBER;
        if (texts) {
            c->code = arena_new(a, int32_t, f->t->rows);
            text[f->n_texts++] = k;
        } else {
            c->num = arena_new(a, double, f->t->rows);
        }
    }
    f->s = wanted;
    f->as_text = as_text;
    f->text = text;
    f->value = arena_new(a, double *, n);
}

bool npy_table(arena *a, const npy_strip *s, size_t n, size_t rows, const char *name,
               const table_options *o, table *ret, err *e)
{
    dict names = dict_open(a);
    struct filling f = {.name = name, .t = ret};
    *ret = (table){.rows = rows};
    f.missing = table_missing(o, &f.n_missing);
    if (!names_fit(s, n, name, &names, e) || !all_there(&names, o->only, o->n_only, name, e) ||
        !all_there(&names, o->categorical, o->n_categorical, name, e))
        return false;
    choose(&f, s, n, o, a);
    return fill(&f, a, pool_threads(o->threads), e);
}

bool npy_read(arena *a, str bytes, const char *name, const table_options *o, table *ret, err *e)
{
    npy_array x;
    if (!npy_open(a, bytes, str_of(name), &x, e)) return false;
    size_t n = x.structured ? x.n_fields : x.columns;
    npy_strip *s = arena_new(a, npy_strip, n);
    npy_strips(a, &x, S("x"), s);
    return npy_table(a, s, n, x.rows, name, o, ret, e);
}
