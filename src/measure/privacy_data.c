/* privacy_data.c - members and others drawn, put one behind the other, and made into a sample. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/privacy.h"
#include "measure/rng.h"
#include <math.h>

/* Knuth, TAOCP 2, 3.4.2, algorithm S. */
uint8_t *privacy_draw(size_t rows, size_t want, uint64_t seed, uint32_t stream, arena *a)
{
    uint8_t *ret = arena_new(a, uint8_t, rows + 1);
    rng g = rng_open(seed, stream, 0);
    for (size_t r = 0; r < rows; r++) {
        ret[r] = rng_uniform(&g) * (double)(rows - r) < (double)want;
        want -= ret[r];
    }
    return ret;
}

static void *joined(arena *a, const void *p, size_t n, const void *q, size_t m, size_t size)
{
    char *ret = arena_array(a, n + m, size, 16);
    if (n) memcpy(ret, p, n * size);
    if (m) memcpy(ret + n * size, q, m * size);
    return ret;
}

/* Levels of both in bytewise order, and where each of theirs went. */
static void merge_levels(const column *x, const column *y, column *ret, int32_t *of_x,
                         int32_t *of_y)
{
    size_t i = 0, k = 0;
    while (i < x->n_levels || k < y->n_levels) {
        int c = i == x->n_levels ? 1 : k == y->n_levels ? -1 : str_cmp(x->levels[i], y->levels[k]);
        ret->levels[ret->n_levels] = c <= 0 ? x->levels[i] : y->levels[k];
        if (c <= 0) of_x[i++] = (int32_t)ret->n_levels;
        if (c >= 0) of_y[k++] = (int32_t)ret->n_levels;
        ret->n_levels++;
    }
}

/* A column without any value is of no type: it takes the other one's. */
static column typed(column x, size_t rows, column_type type, arena *a)
{
    if (x.type == type || x.missing < rows) return x;
    x.type = type;
    x.num = arena_new(a, double, rows);
    x.code = arena_new(a, int32_t, rows);
    for (size_t r = 0; r < rows; r++) {
        x.num[r] = NAN;
        x.code[r] = -1;
    }
    x.n_levels = 0;
    return x;
}

static void stack_codes(const column *x, size_t n, const column *y, size_t m, column *ret, arena *a)
{
    int32_t *of_x = arena_new(a, int32_t, x->n_levels + 1);
    int32_t *of_y = arena_new(a, int32_t, y->n_levels + 1);
    ret->levels = arena_new(a, str, x->n_levels + y->n_levels + 1);
    merge_levels(x, y, ret, of_x, of_y);
    ret->code = arena_new(a, int32_t, n + m);
    for (size_t r = 0; r < n; r++)
        ret->code[r] = x->code[r] < 0 ? -1 : of_x[x->code[r]];
    for (size_t r = 0; r < m; r++)
        ret->code[n + r] = y->code[r] < 0 ? -1 : of_y[y->code[r]];
}

bool privacy_stack(const table *first, const table *second, table *ret, arena *a, err *e)
{
    *ret = (table){.rows = first->rows + second->rows,
                   .columns = arena_new(a, column, first->n_columns)};
    for (size_t i = 0; i < first->n_columns; i++) {
        const column *x = &first->columns[i], *y = table_column(second, x->name);
        if (!y) continue;
        column one = typed(*x, first->rows, y->type, a);
        column two = typed(*y, second->rows, one.type, a);
        x = &one;
        y = &two;
        if (x->type != y->type)
            return err_set(e, ERR_INVALID, S("reference"), S("bring both files into one form"),
                           "column '%.*s' holds numbers in one table and texts in the other",
                           STR_ARG(x->name));
        column *to = &ret->columns[ret->n_columns++];
        *to = (column){.name = x->name, .type = x->type, .missing = x->missing + y->missing};
        if (x->type == COLUMN_NUMBER)
            to->num = joined(a, x->num, first->rows, y->num, second->rows, sizeof *x->num);
        else
            stack_codes(x, first->rows, y, second->rows, to, a);
    }
    return true;
}

/* ---- rows on both sides ---- */

static int order_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(digest));
}

static digest row_key(const privacy *p, size_t row)
{
    return hash_two(p->x + row * p->features, p->features * sizeof *p->x, &p->s.truth[row],
                    sizeof p->s.truth[row]);
}

size_t privacy_twice(const privacy *p)
{
    size_t n = 0;
    digest *key = arena_new(p->a, digest, p->members);
    for (size_t r = 0; r < p->members; r++)
        key[r] = row_key(p, r);
    qsort(key, p->members, sizeof *key, order_keys);
    for (size_t r = p->members; r < p->rows; r++) {
        digest k = row_key(p, r);
        n += bsearch(&k, key, p->members, sizeof k, order_keys) != NULL;
    }
    return n;
}

/* ---- chances ---- */

double privacy_chance(const sample *s, size_t row, size_t cls)
{
    if (s->chance) return s->chance[row * s->n_classes + cls];
    return cls == 1 ? s->score[row] : 1 - s->score[row];
}

double privacy_logit(double p)
{
    double c = fmin(fmax(p, PRIVACY_CUT), 1 - PRIVACY_CUT);
    return log(c) - log1p(-c);
}
