/* records.c - add, change, retire, read, list: the same path for every record type. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/records.h"
#include "work/impl.h"

static void *row_new(const record *r, arena *a)
{
    return arena_alloc(a, r->size, 16);
}

static row_head *head_of(void *row)
{
    return row;
}

static const char *attempt(const record *r, const char *verb, err *e)
{
    return str_fmt(e->a, "%s %s", r->name, verb).p;
}

static bool log_record(struct tx *t, const actor *who, const record *r, const void *row,
                       const char *verb, int64_t now, int64_t *ret_seq, err *e)
{
    act a = {.name = str_fmt(e->a, "%s.%s", r->name, verb).p, .r = r, .row = row};
    return act_log(t, who, &a, now, ret_seq, e);
}

bool record_put(struct tx *t, const actor *who, const record *r, void *row, int64_t now,
                int64_t *ret_seq, err *e)
{
    if (r->derive) r->derive(row);
    if (r->check && !r->check(row, e)) return false;
    return row_check_refs(t, r, row, e) && row_insert(t, r, row, who->account, now, e) &&
           log_record(t, who, r, row, "add", now, ret_seq, e);
}

bool record_set(struct tx *t, const actor *who, const record *r, void *row, const char *verb,
                int64_t now, int64_t *ret_seq, err *e)
{
    if (r->derive) r->derive(row);
    if (r->check && !r->check(row, e)) return false;
    return row_check_refs(t, r, row, e) && row_update(t, r, row, who->account, now, e) &&
           log_record(t, who, r, row, verb, now, ret_seq, e);
}

/* What the functions of this file carry into their transaction. */
struct change {
    struct work *w;
    const actor *who;
    const record *r;
    const doc *in;
    const char *denied; /* what a rule refused for want of CAP_APPROVE */
    int64_t id, version;
    bool retire;
    arena *a;
    void *row;
    label_refs labels;
};

static bool add_tx(struct tx *t, void *ctx, err *e)
{
    struct change *c = ctx;
    return row_resolve(t, c->r, c->labels, c->row, e) &&
           work_rules(t, c->who, c->r, NULL, c->row, c->a, &c->denied, e) &&
           record_put(t, c->who, c->r, c->row, clock_now(), NULL, e);
}

/* The transaction; a denial in it is logged after it, for nothing of it remains. */
static bool commit(struct change *c, store_fn *fn, err *e)
{
    if (work_write(c->w, fn, c, e)) return true;
    return c->denied && work_may(c->w, c->who, CAP_APPROVE, c->denied, e);
}

static bool may_edit(struct work *w, const actor *who, const record *r, const char *verb, err *e)
{
    if (!work_may(w, who, CAP_EDIT, attempt(r, verb, e), e)) return false;
    if (!(r->flags & RECORD_SYSTEM)) return true;
    return err_set(e, ERR_DENIED, S(""), S("run the measurement instead: aims assess"),
                   "a %s is written by the program only", r->title);
}

bool work_add(struct work *w, const actor *who, const record *r, const doc *in, arena *a,
              void **ret_row, err *e)
{
    struct change c = {.w = w, .who = who, .r = r, .in = in, .a = a, .row = row_new(r, a)};
    if (!may_edit(w, who, r, "add", e)) return false;
    if (!record_parse(r, in, c.row, &c.labels, a, e)) return false;
    if (!commit(&c, add_tx, e)) return false;
    *ret_row = c.row;
    return true;
}

static bool same_version(const struct change *c, err *e)
{
    int64_t stored = head_of(c->row)->version;
    if (c->version == stored) return true;
    return err_set(e, ERR_STALE, S("version"), S("read it again, then repeat the change"),
                   "%s %lld is at version %lld, the change is based on %lld", c->r->title,
                   (long long)c->id, (long long)stored, (long long)c->version);
}

static bool change_tx(struct tx *t, void *ctx, err *e)
{
    struct change *c = ctx;
    int64_t now = clock_now();
    if (!row_get(t, c->a, c->r, c->id, c->row, e) || !same_version(c, e)) return false;
    if (head_of(c->row)->retired_at.has)
        return err_set(e, ERR_CONFLICT, S(""), S("add a new one"), "%s %lld is retired",
                       c->r->title, (long long)c->id);
    void *old = row_new(c->r, c->a);
    memcpy(old, c->row, c->r->size);
    if (c->retire) {
        head_of(c->row)->retired_at = (opt_int){.v = now, .has = true};
        return work_retire_rules(t, c->who, c->r, c->row, e) &&
               record_set(t, c->who, c->r, c->row, "retire", now, NULL, e);
    }
    return record_patch(c->r, c->in, c->row, &c->labels, c->a, e) &&
           row_resolve(t, c->r, c->labels, c->row, e) &&
           work_rules(t, c->who, c->r, old, c->row, c->a, &c->denied, e) &&
           record_set(t, c->who, c->r, c->row, "change", now, NULL, e);
}

static bool change(struct change *c, const char *verb, void **ret_row, err *e)
{
    if (!may_edit(c->w, c->who, c->r, verb, e)) return false;
    if (c->version == 0)
        return err_set(e, ERR_NO_VERSION, S("version"), S("send If-Match with the version you saw"),
                       "a change must name the version it is based on");
    c->row = row_new(c->r, c->a);
    if (!commit(c, change_tx, e)) return false;
    *ret_row = c->row;
    return true;
}

bool work_change(struct work *w, const actor *who, const record *r, int64_t id, int64_t version,
                 const doc *patch, arena *a, void **ret_row, err *e)
{
    struct change c = {
        .w = w, .who = who, .r = r, .in = patch, .id = id, .version = version, .a = a};
    return change(&c, "change", ret_row, e);
}

bool work_retire(struct work *w, const actor *who, const record *r, int64_t id, int64_t version,
                 arena *a, void **ret_row, err *e)
{
    struct change c = {
        .w = w, .who = who, .r = r, .id = id, .version = version, .retire = true, .a = a};
    return change(&c, "retire", ret_row, e);
}

struct look {
    const record *r;
    int64_t id, as_of;
    str name;
    const page *p;
    arena *a;
    void *rows;
    size_t n;
    int64_t count;
    const int64_t *ids;
    size_t n_ids;
};

static bool get_tx(struct tx *t, void *ctx, err *e)
{
    struct look *l = ctx;
    return l->as_of ? row_get_as_of(t, l->a, l->r, l->id, l->as_of, l->rows, e)
                    : row_get(t, l->a, l->r, l->id, l->rows, e);
}

bool work_get(struct work *w, const actor *who, const record *r, int64_t id, int64_t as_of,
              arena *a, void **ret_row, err *e)
{
    struct look l = {.r = r, .id = id, .as_of = as_of, .a = a, .rows = row_new(r, a)};
    if (!work_may(w, who, CAP_READ, attempt(r, "read", e), e)) return false;
    if (!store_read(w->store, get_tx, &l, e)) return false;
    *ret_row = l.rows;
    return true;
}

static bool get_some_tx(struct tx *t, void *ctx, err *e)
{
    struct look *l = ctx;
    return row_some(t, l->a, l->r, l->ids, l->n_ids, &l->rows, &l->n, e);
}

bool work_get_some(struct work *w, const actor *who, const record *r, const int64_t *ids, size_t n,
                   arena *a, void **ret_rows, size_t *ret_n, err *e)
{
    struct look l = {.r = r, .ids = ids, .n_ids = n, .a = a};
    if (!work_may(w, who, CAP_READ, attempt(r, "read", e), e)) return false;
    if (!store_read(w->store, get_some_tx, &l, e)) return false;
    *ret_rows = l.rows;
    *ret_n = l.n;
    return true;
}

static bool find_tx(struct tx *t, void *ctx, err *e)
{
    struct look *l = ctx;
    if (str_int(l->name, &l->id)) return row_get(t, l->a, l->r, l->id, l->rows, e);
    return row_by_label(t, l->a, l->r, l->name, l->rows, e);
}

bool work_find(struct work *w, const actor *who, const record *r, str name, arena *a,
               void **ret_row, err *e)
{
    struct look l = {.r = r, .name = name, .a = a, .rows = row_new(r, a)};
    if (!work_may(w, who, CAP_READ, attempt(r, "read", e), e)) return false;
    if (!store_read(w->store, find_tx, &l, e)) return false;
    *ret_row = l.rows;
    return true;
}

static bool list_tx(struct tx *t, void *ctx, err *e)
{
    struct look *l = ctx;
    return l->as_of ? row_list_as_of(t, l->a, l->r, l->as_of, l->p, &l->rows, &l->n, e)
                    : row_list(t, l->a, l->r, l->p, &l->rows, &l->n, e);
}

bool work_list(struct work *w, const actor *who, const record *r, const page *p, int64_t as_of,
               arena *a, void **ret_rows, size_t *ret_n, err *e)
{
    struct look l = {.r = r, .p = p, .as_of = as_of, .a = a};
    if (!work_may(w, who, CAP_READ, attempt(r, "list", e), e)) return false;
    if (!store_read(w->store, list_tx, &l, e)) return false;
    *ret_rows = l.rows;
    *ret_n = l.n;
    return true;
}

static bool count_tx(struct tx *t, void *ctx, err *e)
{
    struct look *l = ctx;
    return row_count(t, l->r, l->p, &l->count, e);
}

bool work_count(struct work *w, const actor *who, const record *r, const page *p, int64_t *ret,
                err *e)
{
    struct look l = {.r = r, .p = p};
    if (!work_may(w, who, CAP_READ, attempt(r, "list", e), e)) return false;
    if (!store_read(w->store, count_tx, &l, e)) return false;
    *ret = l.count;
    return true;
}
