/* rows.c - records in the store: insert, change with version check, get, list, count. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows_impl.h"

/* ---- Writing --------------------------------------------------------------------------------- */

static bool add_history(struct tx *t, arena *a, const record *r, const void *row, int64_t actor,
                        err *e)
{
    const row_head *h = row;
    buf b = buf_open(a, BODY_MAX);
    jw w = jw_open(&b);
    record_json(r, row, &w);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, S(""), S("store large contents as files"),
                       "the %s is larger than %d bytes", r->noun, BODY_MAX);
    value v[] = {V_TEXT(str_of(r->name)), V_INT(h->id), V_INT(h->version),
                 V_INT(h->updated_at),    V_INT(actor), V_TEXT(buf_str(&b))};
    return tx_exec(t, store_queries[Q_HISTORY_ADD].sql, v, COUNT(v), NULL, e);
}

static bool next_id(struct tx *t, arena *a, const record *r, int64_t *ret, err *e)
{
    str sql = str_fmt(a, "SELECT max(id) FROM %s", r->name);
    if (!tx_int(t, sql.p, NULL, 0, 0, ret, e)) return false;
    ++*ret;
    return true;
}

static bool insert(struct tx *t, arena *a, const record *r, void *row, int64_t actor, int64_t now,
                   err *e)
{
    row_head *h = row;
    size_t n = record_n_columns(r);
    value *v = arena_new(a, value, n);
    int64_t id = 0;
    if (!next_id(t, a, r, &id, e)) return false;
    *h = (row_head){.id = id, .version = 1, .created_at = now, .updated_at = now};
    if (r->derive) r->derive(row);
    record_bind(r, row, v, a);
    return tx_exec(t, record_sql_insert(r, a).p, v, n, NULL, e) && links_write(t, r, row, e) &&
           add_history(t, a, r, row, actor, e);
}

bool row_insert(struct tx *t, const record *r, void *row, int64_t actor, int64_t now, err *e)
{
    arena *a = arena_open();
    bool ok = insert(t, a, r, row, actor, now, e);
    arena_close(a);
    return ok;
}

static bool not_found(const record *r, int64_t id, err *e)
{
    return err_set(e, ERR_NOT_FOUND, S("id"),
                   str_fmt(e->a, "list the %s to see their ids", r->plural), "there is no %s %lld",
                   r->noun, (long long)id);
}

/* Nothing was changed: is the record missing, or was it changed by somebody else? */
static bool explain_stale(struct tx *t, arena *a, const record *r, const row_head *h, err *e)
{
    int64_t stored = 0;
    value id[] = {V_INT(h->id)};
    str sql = str_fmt(a, "SELECT version FROM %s WHERE id = $1", r->name);
    if (!tx_int(t, sql.p, id, 1, 0, &stored, e)) return false;
    if (!stored) return not_found(r, h->id, e);
    return err_set(e, ERR_STALE, S("version"), S("read it again, then repeat the change"),
                   "the %s %lld has version %lld, the change is based on %lld", r->noun,
                   (long long)h->id, (long long)stored, (long long)h->version);
}

static bool update(struct tx *t, arena *a, const record *r, void *row, const row_head *before,
                   int64_t actor, err *e)
{
    size_t n = record_n_columns(r);
    value *v = arena_new(a, value, n + 1);
    int64_t changed = 0;
    if (r->derive) r->derive(row);
    record_bind(r, row, v, a);
    v[n] = V_INT(before->version);
    if (!tx_exec(t, record_sql_update(r, a).p, v, n + 1, &changed, e)) return false;
    if (changed == 0) return explain_stale(t, a, r, before, e);
    return links_write(t, r, row, e) && add_history(t, a, r, row, actor, e);
}

bool row_update(struct tx *t, const record *r, void *row, int64_t actor, int64_t now, err *e)
{
    arena *a = arena_open();
    row_head *h = row, before = *h;
    h->version++;
    h->updated_at = now;
    bool ok = update(t, a, r, row, &before, actor, e);
    if (!ok) *h = before;
    arena_close(a);
    return ok;
}

/* ---- Reading --------------------------------------------------------------------------------- */

bool rows_read(struct tx *t, arena *a, const record *r, const rows *lines, void **ret_rows, err *e)
{
    void *all = arena_array(a, lines->n, r->size, _Alignof(max_align_t));
    for (size_t i = 0; i < lines->n; i++)
        if (!record_read(r, &lines->at[i * lines->cols], row_at(r, all, i), a, e)) return false;
    *ret_rows = all;
    return links_read(t, a, r, all, lines->n, e);
}

bool row_get(struct tx *t, arena *a, const record *r, int64_t id, void *row, err *e)
{
    rows found;
    void *all = NULL;
    value v[] = {V_INT(id)};
    if (!tx_query(t, a, record_sql_get(r, a).p, v, 1, &found, e)) return false;
    if (found.n == 0) return not_found(r, id, e);
    if (!rows_read(t, a, r, &found, &all, e)) return false;
    memcpy(row, all, r->size);
    return true;
}

/* The list of ids is filled up to a power of two with the first, for a text serves any list then
 * and stays in the cache. */
bool row_some(struct tx *t, arena *a, const record *r, const int64_t *ids, size_t n,
              void **ret_rows, size_t *ret_n, err *e)
{
    rows found;
    size_t room = 1;
    while (room < n)
        room *= 2;
    value *v = arena_new(a, value, room);
    for (size_t i = 0; i < room; i++)
        v[i] = V_INT(ids[i < n ? i : 0]);
    if (!tx_query(t, a, record_sql_some(r, room, a).p, v, room, &found, e)) return false;
    *ret_n = found.n;
    return rows_read(t, a, r, &found, ret_rows, e);
}

bool row_by_label(struct tx *t, arena *a, const record *r, str label, void *row, err *e)
{
    const field *f = r->label ? record_field(r, str_of(r->label)) : NULL;
    rows found;
    void *all = NULL;
    str hint;
    value v[] = {V_TEXT(label)};
    if (!f)
        return err_set(e, ERR_NOT_FOUND, S("id"), S("use its number"), "a %s has no name", r->noun);
    if (!tx_query(t, a, record_sql_by(r, f, a).p, v, 1, &found, e)) return false;
    if (found.n == 0)
        return label_hint(t, r, label, &hint, e) &&
               err_set(e, ERR_NOT_FOUND, str_of(f->name), hint, "there is no %s '%.*s'", r->noun,
                       STR_ARG(label));
    if (!rows_read(t, a, r, &found, &all, e)) return false;
    memcpy(row, all, r->size);
    return true;
}

bool page_check(const page *p, err *e)
{
    if (p->limit >= 1 && p->limit <= PAGE_MAX) return true;
    return err_set(e, ERR_INVALID, S("limit"), S("ask for 1 to 1000 records at a time"),
                   "the limit is %lld", (long long)p->limit);
}

/* A filter on a reference may come with the label of what is pointed at. */
static bool filter_label(struct tx *t, const filter *x, value *v, err *e)
{
    str hint;
    if (!x->f || x->f->type != FT_REF || x->v.kind != VALUE_TEXT) return true;
    *v = V_INT(0);
    if (!label_find(t, x->f->target, x->v.s, &v->i, e)) return false;
    return v->i || (label_hint(t, x->f->target, x->v.s, &hint, e) &&
                    err_set(e, ERR_INVALID, str_of(x->f->name), hint, "there is no %s '%.*s'",
                            x->f->target->noun, STR_ARG(x->v.s)));
}

/* The filters' values, with room for the two parameters of a page. */
static bool bind_filters(struct tx *t, arena *a, const page *p, value **ret, err *e)
{
    value *v = arena_new(a, value, p->n_filters + 2);
    for (size_t i = 0; i < p->n_filters; i++) {
        v[i] = p->filters[i].v;
        if (!filter_label(t, &p->filters[i], &v[i], e)) return false;
    }
    *ret = v;
    return true;
}

bool row_list(struct tx *t, arena *a, const record *r, const page *p, void **ret_rows,
              size_t *ret_n, err *e)
{
    rows found;
    value *v = NULL;
    size_t n = p->n_filters;
    if (!page_check(p, e) || !bind_filters(t, a, p, &v, e)) return false;
    v[n] = V_INT(p->below > 0 ? p->below : INT64_MAX);
    v[n + 1] = V_INT(p->limit);
    str sql = record_sql_list(r, p->filters, n, p->with_retired, a);
    if (!tx_query(t, a, sql.p, v, n + 2, &found, e)) return false;
    *ret_n = found.n;
    return rows_read(t, a, r, &found, ret_rows, e);
}

bool row_count(struct tx *t, const record *r, const page *p, int64_t *ret, err *e)
{
    arena *a = arena_open();
    value *v = NULL;
    bool ok = bind_filters(t, a, p, &v, e);
    if (ok) {
        str sql = record_sql_count(r, p->filters, p->n_filters, p->with_retired, a);
        ok = tx_int(t, sql.p, v, p->n_filters, 0, ret, e);
    }
    arena_close(a);
    return ok;
}
