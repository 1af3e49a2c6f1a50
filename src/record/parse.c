/* parse.c - whole documents into rows: new ones, merge patches, and our own text back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

/* Levenshtein distance, for hints; names over 63 bytes count as far away. */
static size_t distance(str a, str b)
{
    size_t row[64];
    if (a.n >= COUNT(row) || b.n >= COUNT(row)) return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.n];
}

static str all_members(const record *r, arena *a)
{
    buf b = buf_open(a, 1 << 12);
    for (size_t i = 0; i < r->n_fields; i++)
        if (!(r->fields[i].flags & READONLY))
            buf_fmt(&b, "%s%s", b.n ? ", " : "members: ", r->fields[i].name);
    return buf_str(&b);
}

/* The nearest settable member when it is near enough to be a slip of the pen. */
static str nearest_hint(const record *r, str name, arena *a)
{
    const field *best = NULL;
    size_t least = name.n / 3 + 2;
    for (size_t i = 0; i < r->n_fields; i++) {
        const field *f = &r->fields[i];
        size_t d = f->flags & READONLY ? SIZE_MAX : distance(name, str_of(f->name));
        if (d >= least) continue;
        least = d;
        best = f;
    }
    return best ? str_fmt(a, "did you mean '%s'?", best->name) : all_members(r, a);
}

static bool refuse_head(input *in, const field *f)
{
    bool version = strcmp(f->name, "version") == 0;
    bool retired = strcmp(f->name, "retired_at") == 0;
    return err_set(in->e, in->code, str_of(f->name),
                   version   ? S("send the version as If-Match")
                   : retired ? S("retire the record instead")
                             : S("leave it out; the program sets it"),
                   "'%s' cannot be set", f->name);
}

/* The settable field of this name, or NULL with the reason. */
static const field *settable(input *in, str name)
{
    const field *f = record_field(in->r, name);
    if (f && !(f->flags & READONLY)) return f;
    for (size_t i = 0; i < RECORD_HEAD; i++)
        if (!f && str_eqz(name, record_head[i].name)) {
            (void)refuse_head(in, &record_head[i]);
            return NULL;
        }
    str path = str_dup(in->e->a, str_sub(name, 0, 200));
    if (f)
        (void)err_set(in->e, in->code, path, S("leave it out; the program sets it"),
                      "'%s' cannot be set", f->name);
    else
        (void)err_set(in->e, in->code, path, nearest_hint(in->r, name, in->e->a),
                      "unknown member '%.*s'", STR_ARG(path));
    return NULL;
}

static bool missing(input *in, const field *f)
{
    return err_set(in->e, in->code, str_of(f->name), str_of(f->doc), "'%s' is required", f->name);
}

static bool take_member(input *in, str name, const doc *v)
{
    const field *f = settable(in, name);
    if (!f) return false;
    if (v->kind != DOC_NULL) return input_value(in, f, v);
    if (f->flags & REQ) return missing(in, f);
    cell_clear(f, in->row);
    return true;
}

static bool take_members(input *in, const doc *d)
{
    if (!d || d->kind != DOC_OBJ)
        return err_set(in->e, in->code, S(""), S("send one JSON object"),
                       "%.*s is a JSON object, not %s", STR_ARG(record_one(in->r, in->e->a)),
                       doc_kind_name(d ? d->kind : DOC_NULL));
    for (size_t i = 0; i < d->n; i++)
        if (!take_member(in, d->keys[i], &d->at[i])) return false;
    return true;
}

/* Presence cannot be asked of the row: plain members always hold a value. */
static bool has_required(input *in, const doc *d)
{
    for (size_t i = 0; i < in->r->n_fields; i++) {
        const field *f = &in->r->fields[i];
        if ((f->flags & (REQ | READONLY)) == REQ && !doc_get(d, f->name)) return missing(in, f);
    }
    return true;
}

bool record_parse(const record *r, const doc *d, void *row, label_refs *ret_labels, arena *a,
                  err *e)
{
    input in = {.r = r, .row = row, .code = ERR_INVALID, .a = a, .e = e};
    memset(row, 0, r->size);
    bool ok = take_members(&in, d) && has_required(&in, d);
    *ret_labels = in.labels;
    return ok;
}

bool record_patch(const record *r, const doc *d, void *row, label_refs *ret_labels, arena *a,
                  err *e)
{
    input in = {.r = r, .row = row, .code = ERR_INVALID, .a = a, .e = e};
    bool ok = take_members(&in, d);
    *ret_labels = in.labels;
    return ok;
}

void record_set_ref(const label_ref *l, void *row, int64_t id)
{
    if (l->f->type == FT_LINKS)
        cell_links(l->f, row).at[l->at] = id;
    else
        cell_set_int(l->f, row, id);
}

bool record_restore(const record *r, const doc *d, void *row, arena *a, err *e)
{
    input in = {.r = r, .row = row, .code = ERR_DAMAGED, .trusted = true, .a = a, .e = e};
    memset(row, 0, r->size);
    if (!d || d->kind != DOC_OBJ)
        return err_set(e, ERR_DAMAGED, S(""), S("run: aims doctor"),
                       "a stored %s is not a JSON object", r->noun);
    const field *f;
    for (size_t i = 0; (f = record_member(r, i)); i++) {
        const doc *v = doc_get(d, f->name);
        if (v && v->kind != DOC_NULL && !input_value(&in, f, v)) return false;
    }
    return true;
}
