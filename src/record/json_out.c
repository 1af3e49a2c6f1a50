/* json_out.c - a row as JSON: served, canonical for the ledger, and as a difference. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

typedef void write_fn(const field *f, const void *row, jw *w);

static void write_text(const field *f, const void *row, jw *w)
{
    jw_str(w, cell_str(f, row));
}

static void write_int(const field *f, const void *row, jw *w)
{
    jw_int(w, cell_int(f, row));
}

static void write_real(const field *f, const void *row, jw *w)
{
    jw_real(w, cell_real(f, row));
}

static void write_bool(const field *f, const void *row, jw *w)
{
    jw_bool(w, cell_int(f, row) != 0);
}

static void write_enum(const field *f, const void *row, jw *w)
{
    jw_strz(w, cell_name(f, row));
}

static void write_time(const field *f, const void *row, jw *w)
{
    jw_str(w, clock_text(w->b->a, cell_int(f, row)));
}

static void write_date(const field *f, const void *row, jw *w)
{
    jw_str(w, clock_date_text(w->b->a, cell_int(f, row)));
}

static void write_list(const field *f, const void *row, jw *w)
{
    str_list l = cell_list(f, row);
    jw_arr(w);
    for (size_t i = 0; i < l.n; i++)
        jw_str(w, l.at[i]);
    jw_arr_end(w);
}

static void write_links(const field *f, const void *row, jw *w)
{
    id_list l = cell_links(f, row);
    jw_arr(w);
    for (size_t i = 0; i < l.n; i++)
        jw_int(w, l.at[i]);
    jw_arr_end(w);
}

static void write_json(const field *f, const void *row, jw *w)
{
    jw_raw(w, cell_str(f, row));
}

static write_fn *const writers[FIELD_TYPES] = {
    [FT_TEXT] = write_text, [FT_LONG] = write_text, [FT_INT] = write_int,
    [FT_REAL] = write_real, [FT_BOOL] = write_bool, [FT_ENUM] = write_enum,
    [FT_TIME] = write_time, [FT_DATE] = write_date, [FT_MONEY] = write_int,
    [FT_REF] = write_int,   [FT_LIST] = write_list, [FT_LINKS] = write_links,
    [FT_JSON] = write_json,
};

void output_value(const field *f, const void *row, jw *w)
{
    writers[f->type](f, row, w);
}

static bool is_shown(const field *f, const void *row)
{
    return !(f->flags & SECRET) && record_has(f, row);
}

static void write_members(const record *r, const void *row, bool brief, jw *w)
{
    const field *f;
    jw_obj(w);
    for (size_t i = 0; (f = record_member(r, i)); i++) {
        if (!is_shown(f, row) || (brief && f->type == FT_JSON)) continue;
        jw_key(w, f->name);
        output_value(f, row, w);
    }
    jw_obj_end(w);
}

void record_json(const record *r, const void *row, jw *w)
{
    write_members(r, row, false, w);
}

void record_json_brief(const record *r, const void *row, jw *w)
{
    write_members(r, row, true, w);
}

static void write_digest(const field *f, const void *row, str salt, jw *w)
{
    if (!salt.p) {
        fprintf(stderr, "aims: '%s' is personal data and needs a salt\n", f->name);
        abort();
    }
    buf b = buf_open(w->b->a, SIZE_MAX / 4);
    buf_bytes(&b, f->name, strlen(f->name) + 1);
    jw inner = jw_open(&b);
    output_value(f, row, &inner);
    jw_obj(w);
    jw_m_str(w, "hmac_sha256", digest_hex(w->b->a, hash_hmac(salt, buf_str(&b))));
    jw_obj_end(w);
}

/* The shown members in bytewise order of their names; at most 64 + 5 of them. */
static size_t sort_members(const record *r, const void *row, const field **ret)
{
    const field *f;
    size_t n = 0;
    for (size_t i = 0; (f = record_member(r, i)); i++) {
        if (!is_shown(f, row)) continue;
        size_t k = n++;
        for (; k && strcmp(ret[k - 1]->name, f->name) > 0; k--)
            ret[k] = ret[k - 1];
        ret[k] = f;
    }
    return n;
}

str record_canonical(const record *r, const void *row, str salt, arena *a)
{
    const field **sorted = arena_new(a, const field *, RECORD_HEAD + r->n_fields);
    size_t n = sort_members(r, row, sorted);
    buf b = buf_open(a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    jw_obj(&w);
    for (size_t i = 0; i < n; i++) {
        jw_key(&w, sorted[i]->name);
        if (sorted[i]->flags & PERSONAL)
            write_digest(sorted[i], row, salt, &w);
        else
            output_value(sorted[i], row, &w);
    }
    jw_obj_end(&w);
    return buf_str(&b);
}

static bool same(const doc *a, const doc *b, arena *scratch)
{
    if (!a || !b) return a == b;
    return str_eq(doc_canonical(scratch, a), doc_canonical(scratch, b));
}

static void write_side(jw *w, const char *key, const doc *v)
{
    jw_key(w, key);
    if (v)
        doc_write(v, w);
    else
        jw_null(w);
}

static void diff_member(const field *f, const doc *from, const doc *to, jw *w)
{
    const doc *old = doc_get(from, f->name), *new = doc_get(to, f->name);
    if (same(old, new, w->b->a)) return;
    jw_obj(w);
    jw_m_strz(w, "field", f->name);
    write_side(w, "from", old);
    write_side(w, "to", new);
    jw_obj_end(w);
}

void record_diff(const record *r, const doc *from, const doc *to, jw *w)
{
    jw_arr(w);
    diff_member(&record_head[RECORD_HEAD - 1], from, to, w);
    for (size_t i = 0; i < r->n_fields; i++)
        if (!(r->fields[i].flags & SECRET)) diff_member(&r->fields[i], from, to, w);
    jw_arr_end(w);
}
