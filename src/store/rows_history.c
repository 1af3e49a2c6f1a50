/* rows_history.c - earlier versions, the register as it stood, and forgetting personal data. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows_impl.h"

/* ---- Earlier versions ---------------------------------------------------------------------------
 */

bool row_history(struct tx *t, arena *a, const record *r, int64_t id, row_version **ret,
                 size_t *ret_n, err *e)
{
    rows found;
    value v[] = {V_TEXT(str_of(r->name)), V_INT(id)};
    if (!tx_query(t, a, store_queries[Q_HISTORY].sql, v, COUNT(v), &found, e)) return false;
    row_version *all = arena_new(a, row_version, found.n);
    for (size_t i = 0; i < found.n; i++) {
        const value *c = &found.at[i * found.cols];
        all[i] = (row_version){.version = c[0].i, .at = c[1].i, .actor = c[2].i, .body = c[3].s};
    }
    *ret = all;
    *ret_n = found.n;
    return true;
}

static bool restore(arena *a, const record *r, str body, void *row, err *e)
{
    doc *d = NULL;
    if (doc_parse(a, body, BODY_MAX, &d, e)) return record_restore(r, d, row, a, e);
    return err_set(e, ERR_DAMAGED, S("history"), S("restore the last backup"),
                   "a stored version of a %s is not readable", r->noun);
}

bool row_get_as_of(struct tx *t, arena *a, const record *r, int64_t id, int64_t at, void *row,
                   err *e)
{
    rows found;
    value v[] = {V_TEXT(str_of(r->name)), V_INT(id), V_INT(at)};
    if (!tx_query(t, a, store_queries[Q_AS_OF_ONE].sql, v, COUNT(v), &found, e)) return false;
    if (found.n) return restore(a, r, found.at[0].s, row, e);
    return err_set(e, ERR_NOT_FOUND, S("id"), S("ask for a later time"),
                   "there was no %s %lld at %s", r->noun, (long long)id, clock_text(e->a, at).p);
}

/* Keeps what was not retired then; *below moves down to the last id looked at. */
static bool keep_live(arena *a, const record *r, const rows *found, const page *p, int64_t *below,
                      void *all, size_t *n, err *e)
{
    for (size_t i = 0; i < found->n && *n < (size_t)p->limit; i++) {
        row_head *h = row_at(r, all, *n);
        memset(h, 0, r->size);
        if (!restore(a, r, found->at[i * found->cols + 1].s, h, e)) return false;
        *below = found->at[i * found->cols].i;
        *n += !h->retired_at.has || p->with_retired;
    }
    return true;
}

bool row_list_as_of(struct tx *t, arena *a, const record *r, int64_t at, const page *p,
                    void **ret_rows, size_t *ret_n, err *e)
{
    if (!page_check(p, e)) return false;
    int64_t below = p->below > 0 ? p->below : INT64_MAX;
    void *all = arena_array(a, (size_t)p->limit, r->size, _Alignof(max_align_t));
    size_t n = 0;
    rows found = {.n = (size_t)p->limit};
    while (n < (size_t)p->limit && found.n == (size_t)p->limit) {
        value v[] = {V_TEXT(str_of(r->name)), V_INT(below), V_INT(at), V_INT(p->limit)};
        if (!tx_query(t, a, store_queries[Q_AS_OF].sql, v, COUNT(v), &found, e)) return false;
        if (!keep_live(a, r, &found, p, &below, all, &n, e)) return false;
    }
    *ret_rows = all;
    *ret_n = n;
    return true;
}

/* ---- Personal data
 * -------------------------------------------------------------------------------- */

static bool has_personal(const record *r)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].flags & PERSONAL) return true;
    return false;
}

bool row_salt(struct tx *t, arena *a, const record *r, int64_t id, str *ret_salt, err *e)
{
    rows found;
    uint8_t fresh[32];
    value v[] = {V_TEXT(str_of(r->name)), V_INT(id), V_NULL};
    *ret_salt = (str){0};
    if (!has_personal(r)) return true;
    if (!tx_query(t, a, store_queries[Q_SALT].sql, v, 2, &found, e)) return false;
    if (found.n) {
        *ret_salt = found.at[0].s;
        return true;
    }
    crypto_random(fresh, sizeof fresh);
    *ret_salt = str_dupn(a, fresh, sizeof fresh);
    v[2] = V_BLOB(*ret_salt);
    return tx_exec(t, store_queries[Q_SALT_ADD].sql, v, COUNT(v), NULL, e);
}

/* Required texts cannot be absent, and unique ones must differ: they tell what happened. */
static bool blank(const record *r, const field *f, void *row, arena *a, err *e)
{
    void *m = member_of(f, row);
    bool text = f->type == FT_TEXT || f->type == FT_LONG;
    bool needed = (f->flags & REQ) != 0;
    if (needed && text)
        *(str *)m = str_fmt(a, "[erased %lld]", (long long)((row_head *)row)->id);
    else if (needed && (f->type == FT_ENUM || f->type == FT_REF || f->type == FT_JSON))
        return err_set(e, ERR_INTERNAL, str_of(f->name), S("make the member optional"),
                       "'%s' of a %s is personal and cannot be blank", f->name, r->noun);
    else if (text || f->type == FT_JSON)
        *(str *)m = (str){0};
    else if (f->type == FT_LIST)
        *(str_list *)m = (str_list){0};
    else if (f->type == FT_LINKS)
        *(id_list *)m = (id_list){0};
    else if (f->type == FT_ENUM)
        *(int *)m = 0;
    else if (f->type == FT_BOOL && f->opt)
        *(opt_bool *)m = (opt_bool){0};
    else if (f->type == FT_BOOL)
        *(bool *)m = false;
    else if (f->type == FT_REAL)
        f->opt ? (void)(*(opt_real *)m = (opt_real){0}) : (void)(*(double *)m = 0);
    else
        f->opt ? (void)(*(opt_int *)m = (opt_int){0}) : (void)(*(int64_t *)m = 0);
    return true;
}

static bool blank_all(const record *r, void *row, arena *a, err *e)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].flags & PERSONAL && !blank(r, &r->fields[i], row, a, e)) return false;
    return true;
}

static bool blank_version(struct tx *t, arena *a, const record *r, int64_t id, row_version *old,
                          void *scratch, err *e)
{
    memset(scratch, 0, r->size);
    if (!restore(a, r, old->body, scratch, e) || !blank_all(r, scratch, a, e)) return false;
    buf b = buf_open(a, BODY_MAX);
    jw w = jw_open(&b);
    record_json(r, scratch, &w);
    value v[] = {V_TEXT(str_of(r->name)), V_INT(id), V_INT(old->version), V_TEXT(buf_str(&b))};
    return tx_exec(t, store_queries[Q_HISTORY_SET].sql, v, COUNT(v), NULL, e);
}

static bool erase(struct tx *t, arena *a, const record *r, int64_t id, int64_t actor, int64_t now,
                  err *e)
{
    void *row = arena_array(a, 1, r->size, _Alignof(max_align_t));
    void *scratch = arena_array(a, 1, r->size, _Alignof(max_align_t));
    row_version *old = NULL;
    size_t n = 0;
    if (!row_get(t, a, r, id, row, e) || !row_history(t, a, r, id, &old, &n, e) ||
        !blank_all(r, row, a, e) || !row_update(t, r, row, actor, now, e))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!blank_version(t, a, r, id, &old[i], scratch, e)) return false;
    value v[] = {V_TEXT(str_of(r->name)), V_INT(id)};
    return tx_exec(t, store_queries[Q_SALT_CLEAR].sql, v, COUNT(v), NULL, e);
}

bool row_erase_personal(struct tx *t, const record *r, int64_t id, int64_t actor, int64_t now,
                        err *e)
{
    arena *a = arena_open();
    bool ok = erase(t, a, r, id, actor, now, e);
    arena_close(a);
    return ok;
}
