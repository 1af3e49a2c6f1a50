/* history.c - field-by-field history of a record, and where it is used. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/impl.h"
#include "work/records.h"

struct past {
    const record *r;
    int64_t id;
    row_version *versions;
    size_t n;
    rows acts;
    back_ref *refs;
    size_t n_refs;
};

static bool history_tx(struct tx *t, void *ctx, err *e)
{
    struct past *p = ctx;
    const value args[] = {V_TEXT(str_of(p->r->name)), V_INT(p->id)};
    return row_history(t, e->a, p->r, p->id, &p->versions, &p->n, e) &&
           tx_query(t, e->a, SQL(Q_ACT_OF_RECORD), args, COUNT(args), &p->acts, e);
}

static void write_leaf_of(const struct past *p, int64_t version, jw *out)
{
    for (size_t i = 0; i < p->acts.n; i++)
        if (p->acts.at[i * p->acts.cols + 1].i == version) {
            jw_m_int(out, "leaf", p->acts.at[i * p->acts.cols].i);
            return;
        }
}

static bool write_version(const struct past *p, const row_version *v, const row_version *before,
                          jw *out, err *e)
{
    doc *now = NULL, *then = NULL;
    str none = S("{}");
    if (!doc_parse(e->a, v->body, SIZE_MAX, &now, e)) return false;
    if (!doc_parse(e->a, before ? before->body : none, SIZE_MAX, &then, e)) return false;
    jw_obj(out);
    jw_m_int(out, "version", v->version);
    jw_m_time(out, "at", v->at);
    jw_m_int(out, "actor", v->actor);
    write_leaf_of(p, v->version, out);
    jw_key(out, "changes");
    record_diff(p->r, then, now, out);
    jw_obj_end(out);
    return true;
}

bool work_history(struct work *w, const actor *who, const record *r, int64_t id, jw *out, err *e)
{
    struct past p = {.r = r, .id = id};
    if (!work_may(w, who, CAP_READ, "a history", e)) return false;
    if (!store_read(w->store, history_tx, &p, e)) return false;
    jw_arr(out);
    for (size_t i = p.n; i-- > 0;)
        if (!write_version(&p, &p.versions[i], i ? &p.versions[i - 1] : NULL, out, e)) return false;
    jw_arr_end(out);
    return true;
}

static bool uses_tx(struct tx *t, void *ctx, err *e)
{
    struct past *p = ctx;
    void *row = arena_alloc(e->a, p->r->size, 16);
    return row_get(t, e->a, p->r, p->id, row, e) &&
           row_back_refs(t, e->a, register_records, register_n_records, p->r, p->id, &p->refs,
                         &p->n_refs, e);
}

bool work_uses(struct work *w, const actor *who, const record *r, int64_t id, jw *out, err *e)
{
    struct past p = {.r = r, .id = id};
    if (!work_may(w, who, CAP_READ, "the uses of a record", e)) return false;
    if (!store_read(w->store, uses_tx, &p, e)) return false;
    jw_arr(out);
    for (size_t i = 0; i < p.n_refs; i++) {
        jw_obj(out);
        jw_m_str(out, "type", p.refs[i].type);
        jw_m_int(out, "id", p.refs[i].id);
        jw_m_str(out, "field", p.refs[i].field);
        jw_obj_end(out);
    }
    jw_arr_end(out);
    return true;
}
