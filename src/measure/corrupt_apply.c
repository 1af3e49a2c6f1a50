/* corrupt_apply.c - the corruptions: what each makes of a field, and how the model then sees it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/corrupt.h"
#include <math.h>

enum { STREAM_CORRUPT = 300, STREAM_SWAP = 301 };

/* A field being corrupted: `to` are copies of its columns. */
struct desk {
    const corrupt *c;
    const corrupt_field *f;
    const corrupt_field *other; /* swapped: whose values it gets */
    column *to;
    size_t rows;
    double magnitude;
    rng r;
    arena *a;
};

static bool hit(struct desk *d)
{
    return rng_uniform(&d->r) < d->magnitude;
}

/* ---- numbers ---- */

static void noise(struct desk *d)
{
    for (size_t r = 0; r < d->rows; r++)
        d->to->num[r] += d->magnitude * d->f->sd * rng_normal(&d->r);
}

static void unit_up(struct desk *d)
{
    for (size_t r = 0; r < d->rows; r++)
        d->to->num[r] *= d->magnitude;
}

static void unit_down(struct desk *d)
{
    for (size_t r = 0; r < d->rows; r++)
        d->to->num[r] /= d->magnitude;
}

static void out_of_range(struct desk *d)
{
    double far = d->magnitude * (d->f->max - d->f->min);
    for (size_t r = 0; r < d->rows; r++) {
        bool above = rng_uniform(&d->r) < 0.5;
        if (!isnan(d->to->num[r])) d->to->num[r] = above ? d->f->max + far : d->f->min - far;
    }
}

static void rounded(struct desk *d)
{
    double step = d->magnitude * d->f->sd;
    for (size_t r = 0; step > 0 && r < d->rows; r++)
        d->to->num[r] = rint(d->to->num[r] / step) * step;
}

static void sign_flip(struct desk *d)
{
    for (size_t r = 0; r < d->rows; r++)
        if (hit(d)) d->to->num[r] = -d->to->num[r];
}

static void swapped(struct desk *d)
{
    const double *theirs = d->c->in->data->columns[d->other->columns[0]].num;
    d->r = rng_open(d->c->plan->seed, STREAM_SWAP, (uint64_t)(1000 * d->magnitude));
    for (size_t r = 0; r < d->rows; r++)
        if (hit(d)) d->to->num[r] = theirs[r];
}

/* ---- any field ---- */

static void missing(struct desk *d)
{
    for (size_t r = 0; r < d->rows; r++) {
        bool gone = hit(d);
        for (size_t k = 0; gone && k < d->f->n_columns; k++)
            if (d->to[k].type == COLUMN_NUMBER)
                d->to[k].num[r] = NAN;
            else
                d->to[k].code[r] = -1;
    }
}

/* The value that another row has in the file. */
static void take(struct desk *d, size_t row, size_t from)
{
    for (size_t k = 0; k < d->f->n_columns; k++) {
        const column *was = &d->c->in->data->columns[d->f->columns[k]];
        if (was->type == COLUMN_NUMBER)
            d->to[k].num[row] = was->num[from];
        else
            d->to[k].code[row] = was->code[from];
    }
}

static void stale(struct desk *d)
{
    for (size_t r = 1; r < d->rows; r++) {
        double which = rng_uniform(&d->r);
        if (hit(d)) take(d, r, (size_t)(which * (double)r));
    }
}

/* A random cycle through all categories (Sattolo, Inf. Process. Lett. 22, 1986). */
static void shuffled(struct desk *d)
{
    size_t n = d->f->n_ids;
    size_t *cycle = arena_new(d->a, size_t, n);
    for (size_t i = 0; i < n; i++)
        cycle[i] = i;
    for (size_t i = n; i-- > 1;) {
        size_t j = (size_t)(rng_uniform(&d->r) * (double)i), kept = cycle[i];
        cycle[i] = cycle[j];
        cycle[j] = kept;
    }
    for (size_t r = 0; r < d->rows; r++)
        if (hit(d) && d->f->id[r] >= 0) take(d, r, d->f->rep[cycle[d->f->id[r]]]);
}

/* ---- the table of corruptions ---- */

#define SHARES                                                                                     \
    {                                                                                              \
        0.05, 0.1, 0.25, 0.5, 1                                                                    \
    }
#define DEVIATIONS                                                                                 \
    {                                                                                              \
        0.1, 0.25, 0.5, 1, 2                                                                       \
    }
#define FACTORS                                                                                    \
    {                                                                                              \
        2.54, 10, 12, 100, 1000                                                                    \
    }

static const struct {
    void (*apply)(struct desk *d);
    bool numbers, categories; /* fields it concerns */
    double magnitude[SEVERITIES];
} corruptions[CORRUPTIONS] = {
    {noise,        true,  false, DEVIATIONS          },
    {missing,      true,  true,  SHARES              },
    {unit_up,      true,  false, FACTORS             },
    {unit_down,    true,  false, FACTORS             },
    {out_of_range, true,  false, {0.1, 0.5, 1, 3, 10}},
    {rounded,      true,  false, DEVIATIONS          },
    {sign_flip,    true,  false, SHARES              },
    {shuffled,     false, true,  SHARES              },
    {stale,        true,  true,  SHARES              },
    {swapped,      true,  false, SHARES              },
};

const char *const corrupt_names[CORRUPTIONS] = {"noise",        "missing", "unit_up",   "unit_down",
                                                "out_of_range", "rounded", "sign_flip", "shuffled",
                                                "stale",        "swapped"};

bool corrupt_concerns(const corrupt *c, size_t kind, const corrupt_field *f)
{
    if (!c->wanted[kind]) return false;
    if (corruptions[kind].apply == missing && !f->may_miss) return false;
    if (corruptions[kind].apply == swapped && &c->fields[f->next] == f) return false;
    return f->number ? corruptions[kind].numbers : corruptions[kind].categories;
}

/* ---- one field, as the model sees it ---- */

static column copy_column(const column *from, size_t rows, arena *a)
{
    column to = *from;
    if (from->type == COLUMN_NUMBER) {
        to.num = arena_new(a, double, rows);
        memcpy(to.num, from->num, rows * sizeof *to.num);
    } else {
        to.code = arena_new(a, int32_t, rows);
        memcpy(to.code, from->code, rows * sizeof *to.code);
    }
    return to;
}

static bool see(const struct desk *d, float *x, err *e)
{
    table seen, mini = {.rows = d->rows, .n_columns = d->f->n_columns, .columns = d->to};
    const encoding one = {.at = d->f->by, .n = 1};
    size_t width = d->c->model->n_features;
    if (!encode_table(d->a, d->f->by ? &one : NULL, &mini, NULL, 0, &seen, e)) return false;
    for (size_t k = 0; k < d->f->n_features; k++) {
        size_t at = d->f->features[k];
        for (size_t r = 0; at != SIZE_MAX && r < d->rows; r++)
            x[r * width + at] = (float)seen.columns[k].num[r];
    }
    return true;
}

static bool corrupt_one(const corrupt *c, size_t kind, size_t severity, size_t field, size_t other,
                        float *x, arena *a, err *e)
{
    uint64_t number = (uint64_t)(kind * SEVERITIES + severity) * FIELDS_MAX + field;
    struct desk d = {.c = c,
                     .f = &c->fields[field],
                     .other = &c->fields[other],
                     .rows = c->rows,
                     .magnitude = corruptions[kind].magnitude[severity],
                     .r = rng_open(c->plan->seed, STREAM_CORRUPT, number),
                     .a = a};
    d.to = arena_new(a, column, d.f->n_columns);
    for (size_t k = 0; k < d.f->n_columns; k++)
        d.to[k] = copy_column(&c->in->data->columns[d.f->columns[k]], c->rows, a);
    corruptions[kind].apply(&d);
    return see(&d, x, e) ||
           err_prefix(e, "corruption %s of '%.*s'", corrupt_names[kind], STR_ARG(d.f->name));
}

bool corrupt_apply(const corrupt *c, size_t kind, size_t severity, size_t target, float *x,
                   arena *scratch, err *e)
{
    for (size_t i = 0; i < c->n_fields; i++) {
        const corrupt_field *f = &c->fields[i];
        if ((target && target != i + 1) || !corrupt_concerns(c, kind, f)) continue;
        if (!corrupt_one(c, kind, severity, i, f->next, x, scratch, e)) return false;
        if (target && corruptions[kind].apply == swapped &&
            !corrupt_one(c, kind, severity, f->next, i, x, scratch, e))
            return false;
    }
    return true;
}
