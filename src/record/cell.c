/* cell.c - reads and writes the one member of a row that a field describes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

static const void *at(const field *f, const void *row)
{
    return (const char *)row + f->off;
}

static void *mut(const field *f, void *row)
{
    return (char *)row + f->off;
}

int64_t cell_int(const field *f, const void *row)
{
    if (f->type == FT_ENUM) return *(const int *)at(f, row);
    if (f->type == FT_BOOL) return *(const bool *)at(f, row);
    return *(const int64_t *)at(f, row);
}

double cell_real(const field *f, const void *row)
{
    return *(const double *)at(f, row);
}

str cell_str(const field *f, const void *row)
{
    return *(const str *)at(f, row);
}

str_list cell_list(const field *f, const void *row)
{
    return *(const str_list *)at(f, row);
}

id_list cell_links(const field *f, const void *row)
{
    return *(const id_list *)at(f, row);
}

const char *cell_name(const field *f, const void *row)
{
    int64_t want = cell_int(f, row);
    for (int64_t k = 0; f->names[k]; k++)
        if (k == want) return f->names[k];
    return "?";
}

static void set_opt_int(const field *f, void *row, int64_t v)
{
    if (f->type == FT_BOOL)
        *(opt_bool *)mut(f, row) = (opt_bool){v != 0, true};
    else
        *(opt_int *)mut(f, row) = (opt_int){v, true};
}

void cell_set_int(const field *f, void *row, int64_t v)
{
    if (f->opt)
        set_opt_int(f, row, v);
    else if (f->type == FT_ENUM)
        *(int *)mut(f, row) = (int)v;
    else if (f->type == FT_BOOL)
        *(bool *)mut(f, row) = v != 0;
    else
        *(int64_t *)mut(f, row) = v;
}

void cell_set_real(const field *f, void *row, double v)
{
    if (f->opt)
        *(opt_real *)mut(f, row) = (opt_real){v, true};
    else
        *(double *)mut(f, row) = v;
}

void cell_set_str(const field *f, void *row, str s)
{
    *(str *)mut(f, row) = s;
}

void cell_set_list(const field *f, void *row, str_list l)
{
    *(str_list *)mut(f, row) = l;
}

void cell_set_links(const field *f, void *row, id_list l)
{
    *(id_list *)mut(f, row) = l;
}

/* Bytes that a cell takes, by type and by whether it is an opt_ type. */
static const size_t sizes[FIELD_TYPES][2] = {
    [FT_TEXT] = {sizeof(str)      },
    [FT_LONG] = {sizeof(str)      },
    [FT_INT] = {sizeof(int64_t),   sizeof(opt_int)},
    [FT_REAL] = {sizeof(double),                 sizeof(opt_real)},
    [FT_BOOL] = {sizeof(bool),sizeof(opt_bool)},
    [FT_ENUM] = {sizeof(int)     },
    [FT_TIME] = {sizeof(int64_t),                 sizeof(opt_int)},
    [FT_DATE] = {sizeof(int64_t),            sizeof(opt_int)},
    [FT_MONEY] = {sizeof(int64_t),sizeof(opt_int)},
    [FT_REF] = {sizeof(int64_t)  },
    [FT_LIST] = {sizeof(str_list)                },
    [FT_LINKS] = {sizeof(id_list)                },
    [FT_JSON] = {sizeof(str)  },
};

size_t field_size(const field *f)
{
    return sizes[f->type][f->opt];
}

void cell_clear(const field *f, void *row)
{
    memset(mut(f, row), 0, field_size(f));
}

static bool has_opt(const field *f, const void *row)
{
    if (f->type == FT_REAL) return ((const opt_real *)at(f, row))->has;
    if (f->type == FT_BOOL) return ((const opt_bool *)at(f, row))->has;
    return ((const opt_int *)at(f, row))->has;
}

bool record_has(const field *f, const void *row)
{
    if (f->opt) return has_opt(f, row);
    if (field_is_plain(f)) return true;
    if (f->type == FT_ENUM || f->type == FT_REF) return cell_int(f, row) != 0;
    if (f->type == FT_LIST) return cell_list(f, row).n != 0;
    if (f->type == FT_LINKS) return cell_links(f, row).n != 0;
    return cell_str(f, row).p != NULL;
}

bool field_is_plain(const field *f)
{
    return !f->opt && sizes[f->type][true];
}

bool field_is_column(const field *f)
{
    return f->type != FT_LINKS;
}

bool time_is_writable(int64_t ms)
{
    return ms >= INT64_C(-62135596800000) && ms <= INT64_C(253402300799999);
}

int field_name_at(const field *f, str name)
{
    for (int k = 1; f->names[k]; k++)
        if (str_eqz(name, f->names[k])) return k;
    return 0;
}

str field_names(const field *f, arena *a)
{
    buf b = buf_open(a, 1 << 12);
    for (size_t k = 1; f->names[k]; k++)
        buf_fmt(&b, "%s%s", k > 1 ? ", " : "", f->names[k]);
    return buf_str(&b);
}
