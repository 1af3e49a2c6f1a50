/* rows_link.c - many-to-many members, references by label, and what points at a record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows_impl.h"

/* ---- Links ------------------------------------------------------------------------------------
 */

static id_list collect(const rows *found, size_t from, size_t n, arena *a)
{
    id_list l = {.at = arena_new(a, int64_t, n), .n = n};
    for (size_t i = 0; i < n; i++)
        l.at[i] = found->at[(from + i) * 2 + 1].i;
    return n ? l : (id_list){0};
}

static bool read_one(struct tx *t, arena *a, const record *r, const field *f, int64_t id,
                     id_list *ret, err *e)
{
    rows found;
    value v[] = {V_TEXT(str_of(r->name)), V_TEXT(str_of(f->name)), V_INT(id)};
    if (!tx_query(t, a, store_queries[Q_LINKS].sql, v, COUNT(v), &found, e)) return false;
    *ret = collect(&found, 0, found.n, a);
    return true;
}

/* Rows come by falling id, links by rising id: both are walked once, from opposite ends. */
static void hand_out(const record *r, const field *f, void *all, size_t n, const rows *found,
                     arena *a)
{
    size_t from = 0;
    while (n--) {
        void *row = row_at(r, all, n);
        int64_t id = ((row_head *)row)->id;
        while (from < found->n && found->at[from * 2].i < id)
            from++;
        size_t end = from;
        while (end < found->n && found->at[end * 2].i == id)
            end++;
        *(id_list *)member_of(f, row) = collect(found, from, end - from, a);
        from = end;
    }
}

static bool read_field(struct tx *t, arena *a, const record *r, const field *f, void *all, size_t n,
                       err *e)
{
    int64_t high = ((row_head *)all)->id, low = ((row_head *)row_at(r, all, n - 1))->id;
    /* One query for a page without large gaps, one per record for a thin selection. */
    if (high - low < (int64_t)n * 4) {
        rows found;
        value v[] = {V_TEXT(str_of(r->name)), V_TEXT(str_of(f->name)), V_INT(low), V_INT(high)};
        if (!tx_query(t, a, store_queries[Q_LINKS_BETWEEN].sql, v, COUNT(v), &found, e))
            return false;
        hand_out(r, f, all, n, &found, a);
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        void *row = row_at(r, all, i);
        if (!read_one(t, a, r, f, ((row_head *)row)->id, member_of(f, row), e)) return false;
    }
    return true;
}

bool links_read(struct tx *t, arena *a, const record *r, void *all, size_t n, err *e)
{
    for (size_t i = 0; n && i < r->n_fields; i++)
        if (r->fields[i].type == FT_LINKS && !read_field(t, a, r, &r->fields[i], all, n, e))
            return false;
    return true;
}

static bool write_field(struct tx *t, arena *a, const record *r, const field *f, const void *row,
                        err *e)
{
    const id_list *want = const_member_of(f, row);
    id_list stored;
    value v[] = {V_TEXT(str_of(r->name)), V_TEXT(str_of(f->name)),
                 V_INT(((const row_head *)row)->id), V_INT(0), V_INT(0)};
    if (!read_one(t, a, r, f, v[2].i, &stored, e)) return false;
    if (stored.n == want->n && (!want->n || memcmp(stored.at, want->at, want->n * 8) == 0))
        return true;
    if (!tx_exec(t, store_queries[Q_LINKS_CLEAR].sql, v, 3, NULL, e)) return false;
    for (size_t i = 0; i < want->n; i++) {
        v[3] = V_INT((int64_t)i);
        v[4] = V_INT(want->at[i]);
        if (!tx_exec(t, store_queries[Q_LINK_ADD].sql, v, COUNT(v), NULL, e)) return false;
    }
    return true;
}

bool links_write(struct tx *t, const record *r, const void *row, err *e)
{
    arena *a = arena_open();
    bool ok = true;
    for (size_t i = 0; ok && i < r->n_fields; i++)
        if (r->fields[i].type == FT_LINKS) ok = write_field(t, a, r, &r->fields[i], row, e);
    arena_close(a);
    return ok;
}

/* ---- Labels ------------------------------------------------------------------------------------
 */

bool label_find(struct tx *t, const record *r, str label, int64_t *ret_id, err *e)
{
    if (!r->label)
        return err_set(e, ERR_INVALID, S(""), S("use its number"), "a %s has no name", r->noun);
    str sql =
        str_fmt(e->a, "SELECT id FROM %s WHERE %s = $1 AND retired_at IS NULL", r->name, r->label);
    value v[] = {V_TEXT(label)};
    return tx_int(t, sql.p, v, 1, 0, ret_id, e);
}

static bool resolve_one(struct tx *t, const label_ref *l, void *row, err *e)
{
    str path = str_of(l->f->name), hint;
    int64_t id = 0;
    if (l->f->type == FT_LINKS) path = str_fmt(e->a, "%s.%zu", l->f->name, l->at);
    if (!label_find(t, l->f->target, l->label, &id, e)) return err_under(e, path);
    if (id) {
        record_set_ref(l, row, id);
        return true;
    }
    return label_hint(t, l->f->target, l->label, &hint, e) &&
           err_set(e, ERR_INVALID, path, hint, "there is no %s '%.*s'", l->f->target->noun,
                   STR_ARG(l->label));
}

bool row_resolve(struct tx *t, const record *r, label_refs refs, void *row, err *e)
{
    (void)r;
    for (size_t i = 0; i < refs.n; i++)
        if (!resolve_one(t, &refs.at[i], row, e)) return false;
    return true;
}

/* ---- References
 * ----------------------------------------------------------------------------------- */

static bool check_exists(struct tx *t, const record *target, int64_t id, str path, err *e)
{
    int64_t found = 0;
    value v[] = {V_INT(id)};
    str sql = str_fmt(e->a, "SELECT id FROM %s WHERE id = $1", target->name);
    if (!tx_int(t, sql.p, v, 1, 0, &found, e)) return false;
    return found || err_set(e, ERR_INVALID, path,
                            str_fmt(e->a, "list the %s to see their ids", target->plural),
                            "there is no %s %lld", target->noun, (long long)id);
}

static bool check_links(struct tx *t, const field *f, const id_list *l, err *e)
{
    for (size_t i = 0; i < l->n; i++) {
        str path = str_fmt(e->a, "%s.%zu", f->name, i);
        for (size_t k = 0; k < i; k++)
            if (l->at[k] == l->at[i])
                return err_set(e, ERR_INVALID, path, S("name each one once"),
                               "%s %lld is named twice", f->target->noun, (long long)l->at[i]);
        if (!check_exists(t, f->target, l->at[i], path, e)) return false;
    }
    return true;
}

bool row_check_refs(struct tx *t, const record *r, const void *row, err *e)
{
    for (size_t i = 0; i < r->n_fields; i++) {
        const field *f = &r->fields[i];
        const void *m = const_member_of(f, row);
        if (f->type == FT_LINKS && !check_links(t, f, m, e)) return false;
        if (f->type == FT_REF && record_has(f, row) &&
            !check_exists(t, f->target, *(const int64_t *)m, str_of(f->name), e))
            return false;
    }
    return true;
}

/* ---- Where is it used
 * ------------------------------------------------------------------------------ */

typedef struct ref_sink {
    arena *a;
    back_ref *at;
    size_t n, cap;
} ref_sink;

static void add_refs(ref_sink *s, const record *r, const field *f, const rows *found)
{
    if (s->n + found->n > s->cap) {
        s->cap = (s->n + found->n) * 2;
        back_ref *grown = arena_new(s->a, back_ref, s->cap);
        if (s->n) memcpy(grown, s->at, s->n * sizeof *grown);
        s->at = grown;
    }
    for (size_t i = 0; i < found->n; i++)
        s->at[s->n++] = (back_ref){str_of(r->name), str_of(f->name), found->at[i].i};
}

static bool refs_of_field(struct tx *t, const record *r, const field *f, int64_t id, ref_sink *s,
                          err *e)
{
    rows found;
    value v[] = {V_INT(id), V_TEXT(str_of(r->name)), V_TEXT(str_of(f->name))};
    bool linked = f->type == FT_LINKS;
    str sql =
        linked ? str_fmt(s->a,
                         "SELECT r.id FROM link l JOIN %s r ON r.id = l.from_id WHERE l.to_id = $1"
                         " AND l.type = $2 AND l.field = $3 AND r.retired_at IS NULL"
                         " ORDER BY r.id",
                         r->name)
               : str_fmt(s->a, "SELECT id FROM %s WHERE %s = $1 AND retired_at IS NULL ORDER BY id",
                         r->name, f->name);
    if (!tx_query(t, s->a, sql.p, v, linked ? 3 : 1, &found, e)) return false;
    add_refs(s, r, f, &found);
    return true;
}

bool row_back_refs(struct tx *t, arena *a, const record *const *types, size_t n_types,
                   const record *target, int64_t id, back_ref **ret, size_t *ret_n, err *e)
{
    ref_sink s = {.a = a};
    for (size_t i = 0; i < n_types; i++)
        for (size_t k = 0; k < types[i]->n_fields; k++) {
            const field *f = &types[i]->fields[k];
            bool points = (f->type == FT_REF || f->type == FT_LINKS) && f->target == target;
            if (points && !refs_of_field(t, types[i], f, id, &s, e)) return false;
        }
    *ret = s.at;
    *ret_n = s.n;
    return true;
}
