/* npz.c - the arrays of a .npz archive become the columns of one table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/npy.h"
#include "table/read.h"
#include "table/zip.h"

struct member {
    str name, path; /* "X"; "file.npz: X" */
    npy_array x;
    const struct member *names; /* of its columns; NULL: numbers */
    bool is_names;              /* names the columns of another: no column itself */
};

struct npz {
    arena *a, *scratch;
    const char *name;
    struct member *at;
    size_t n;
    err *e;
};

static bool refuse(const struct npz *z, const struct member *m, const char *why, str hint)
{
    return err_set(z->e, ERR_INVALID, str_of(z->name), hint, "%.*s %s", STR_ARG(m->path), why);
}

static bool open_members(struct npz *z, str bytes, uint64_t max)
{
    zip_member *m;
    if (!zip_open(z->scratch, bytes, str_of(z->name), max, &m, &z->n, z->e)) return false;
    z->at = arena_new(z->scratch, struct member, z->n);
    for (size_t i = 0; i < z->n; i++) {
        struct member *x = &z->at[i];
        str raw;
        if (!str_ends(m[i].name, S(".npy")))
            return err_set(z->e, ERR_INVALID, str_of(z->name),
                           S("a .npz archive holds .npy arrays alone: write it with numpy.savez"),
                           "%s: its member '%.*s' is no array", z->name, STR_ARG(m[i].name));
        x->name = str_dup(z->a, str_sub(m[i].name, 0, m[i].name.n - 4));
        x->path = str_fmt(z->a, "%s: array '%.*s'", z->name, STR_ARG(x->name));
        if (!zip_unpack(z->scratch, &m[i], x->path, &raw, z->e) ||
            !npy_open(z->scratch, raw, x->path, &x->x, z->e))
            return false;
    }
    return z->n > 0 ||
           err_set(z->e, ERR_INVALID, str_of(z->name), S("write at least one array into it"),
                   "%s is an empty archive", z->name);
}

static struct member *find(const struct npz *z, str name)
{
    for (size_t i = 0; i < z->n; i++)
        if (str_eq(z->at[i].name, name)) return &z->at[i];
    return NULL;
}

static bool holds_names(const struct member *m, size_t n)
{
    npy_kind k = m->x.n_fields ? m->x.fields[0].type.kind : NPY_BOOL;
    return !m->x.structured && m->x.dims == 1 && m->x.rows == n &&
           (k == NPY_UNICODE || k == NPY_BYTES);
}

/* The columns of the matrix X are named by the texts in "X_columns" or "columns". */
static void find_names(struct npz *z)
{
    for (size_t i = 0; i < z->n; i++) {
        struct member *m = &z->at[i];
        if (m->x.structured || m->x.dims != 2) continue;
        struct member *own = find(z, str_fmt(z->scratch, "%.*s_columns", STR_ARG(m->name)));
        if (!own) own = find(z, S("columns"));
        if (!own || own == m || !holds_names(own, m->x.columns)) continue;
        own->is_names = true;
        m->names = own;
    }
}

static bool set_names(const struct npz *z, const struct member *m, npy_strip *s)
{
    const npy_type *t = &m->names->x.fields[0].type;
    for (size_t i = 0; i < m->x.columns; i++) {
        char *out = arena_new(z->a, char, t->size + 1);
        if (!npy_text(t, m->names->x.data.p + i * t->size, out, &s[i].name))
            return refuse(z, m->names, "holds a name that is no text", S("save it as U"));
    }
    return true;
}

static bool same_rows(const struct npz *z, size_t *ret)
{
    const struct member *first = NULL;
    for (size_t i = 0; i < z->n; i++) {
        const struct member *m = &z->at[i];
        if (m->is_names) continue;
        if (first && m->x.rows != first->x.rows)
            return refuse(z, m,
                          str_fmt(z->scratch, "has %zu rows, but array '%.*s' %zu", m->x.rows,
                                  STR_ARG(first->name), first->x.rows)
                              .p,
                          S("save arrays of as many rows; names of the columns of X as X_columns"));
        if (!first) first = m;
    }
    *ret = first ? first->x.rows : 0;
    return first || refuse(z, &z->at[0], "names columns that are not there", S("add the matrix"));
}

static size_t width(const npy_array *x)
{
    return x->structured ? x->n_fields : x->columns;
}

static bool collect(const struct npz *z, npy_strip **ret, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < z->n; i++)
        n += z->at[i].is_names ? 0 : width(&z->at[i].x);
    if (n > COLUMNS_MAX)
        return err_set(z->e, ERR_TOO_LARGE, str_of(z->name), S("split the file"),
                       "%s: more than %d columns", z->name, COLUMNS_MAX);
    npy_strip *s = arena_new(z->scratch, npy_strip, n);
    *ret = s;
    *ret_n = n;
    for (size_t i = 0; i < z->n; i++) {
        const struct member *m = &z->at[i];
        if (m->is_names) continue;
        npy_strips(z->scratch, &m->x, m->name, s);
        if (m->names && !set_names(z, m, s)) return false;
        s += width(&m->x);
    }
    return true;
}

bool npz_read(arena *a, str bytes, const char *name, const table_options *o, table *ret, err *e)
{
    arena *scratch = arena_open();
    struct npz z = {.a = a, .scratch = scratch, .name = name, .e = e};
    uint64_t max = o->max_bytes ? o->max_bytes : UINT64_C(16) << 30;
    npy_strip *s;
    size_t n, rows;
    bool ok = open_members(&z, bytes, max);
    if (ok) find_names(&z);
    ok = ok && same_rows(&z, &rows) && collect(&z, &s, &n) &&
         npy_table(a, s, n, rows, name, o, ret, e);
    arena_close(scratch);
    return ok;
}
