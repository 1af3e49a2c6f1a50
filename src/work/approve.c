/* approve.c - approving a document, and erasing personal data: acts that are more than a change. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/document.h"
#include "register/evidence.h"
#include "work/files.h"
#include "work/impl.h"
#include "work/records.h"

enum { FRESH_DAYS = 365 }; /* of an approval without a review date */

struct approval {
    const actor *who;
    int64_t id, version, person;
    document *d;
};

static str content_digest(arena *a, const document *d)
{
    if (d->file_sha256.p) return d->file_sha256;
    return digest_hex(a, hash_bytes(d->body.p, d->body.n));
}

bool evidence_end(struct tx *t, const actor *who, const char *sql, int64_t id, err *e)
{
    rows found;
    int64_t now = clock_now();
    if (!tx_query(t, e->a, sql, (value[]){V_INT(id)}, 1, &found, e)) return false;
    for (size_t i = 0; i < found.n; i++) {
        evidence v;
        if (!row_get(t, e->a, &evidence_record, found.at[i].i, &v, e)) return false;
        v.head.retired_at = (opt_int){.v = now, .has = true};
        if (!record_set(t, who, &evidence_record, &v, "retire", now, NULL, e)) return false;
    }
    return true;
}

/* The approval as evidence: recorded, because the program saw it happen. */
static bool add_evidence(struct tx *t, const struct approval *p, int64_t now, err *e)
{
    const document *d = p->d;
    if (!d->controls.n) return true;
    evidence v = {
        .name = str_fmt(e->a, "'%.*s' %.*s approved", STR_ARG(str_clip(d->name, 120)),
                        STR_ARG(d->edition)),
        .kind = d->kind,
        .method = METHOD_RECORDED,
        .controls = d->controls,
        .document = d->head.id,
        .supplied_by = d->approved_by,
        .file_sha256 = content_digest(e->a, d),
        .observed_at = now,
        .fresh_until = d->review_on.has ? d->review_on.v : now + FRESH_DAYS * CLOCK_DAY_MS,
    };
    return record_put(t, p->who, &evidence_record, &v, now, NULL, e);
}

static bool approve_tx(struct tx *t, void *ctx, err *e)
{
    struct approval *p = ctx;
    document *d = p->d;
    int64_t now = clock_now();
    if (!row_get(t, e->a, &document_record, p->id, d, e)) return false;
    if (d->head.version != p->version)
        return err_set(e, ERR_STALE, S("version"), S("read it again, then approve"),
                       "the document is at version %lld", (long long)d->head.version);
    if (d->review_on.has && d->review_on.v <= now)
        return err_set(e, ERR_INVALID, S("review_on"), S("set the next review date first"),
                       "the review date has passed");
    if (d->head.retired_at.has)
        return err_set(e, ERR_CONFLICT, S(""), S("add a new one"), "the document is retired");
    d->status = DOCUMENT_APPROVED;
    d->approved_by = p->person;
    d->approved_at = (opt_int){.v = now, .has = true};
    return record_set(t, p->who, &document_record, d, "approve", now, NULL, e) &&
           evidence_end(t, p->who, SQL(Q_APPROVALS_OF), d->head.id, e) &&
           add_evidence(t, p, now, e);
}

/* A text written here becomes a file of the vault, so that the evidence can be handed out. */
static bool keep_text(struct work *w, const struct approval *p, err *e)
{
    void *row;
    file_info f;
    if (!work_get(w, p->who, &document_record, p->id, 0, e->a, &row, e)) return false;
    const document *d = row;
    if (d->file_sha256.p || !d->body.p) return true;
    str name = str_fmt(e->a, "%.*s.md", STR_ARG(str_clip(d->name, 100)));
    return work_put_bytes(w, p->who, d->body, name, e->a, &f, e);
}

static bool person_tx(struct tx *t, void *ctx, err *e)
{
    struct approval *p = ctx;
    const value args[] = {V_INT(p->who->account)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_ACCOUNT_BY_ID), args, 1, &r, e)) return false;
    p->person = r.n ? r.at[2].i : 0;
    return true;
}

bool work_approve(struct work *w, const actor *who, int64_t id, int64_t version, int64_t person,
                  arena *a, void **ret_row, err *e)
{
    struct approval p = {
        .who = who, .id = id, .version = version, .person = person, .d = arena_new(a, document, 1)};
    if (!work_may(w, who, CAP_APPROVE, "approving a document", e)) return false;
    if (who->account && person)
        return err_set(e, ERR_DENIED, S("person"),
                       S("leave it out: an account approves in its own name"),
                       "only the machine's operator may name another approver");
    if (who->account && !store_read(w->store, person_tx, &p, e)) return false;
    if (!p.person)
        return err_set(e, ERR_INVALID, S("person"),
                       who->account
                           ? S("have an administrator say whose account it is: aims user set NAME "
                               "--person PERSON")
                           : S("name the approver with --by PERSON"),
                       "an approval is a person's: nobody is known to approve");
    if (!keep_text(w, &p, e) || !work_write(w, approve_tx, &p, e)) return false;
    *ret_row = p.d;
    return true;
}

struct erasure {
    const actor *who;
    const record *r;
    int64_t id;
    jw *out;
};

static bool erase_tx(struct tx *t, void *ctx, err *e)
{
    struct erasure *x = ctx;
    int64_t now = clock_now();
    void *row = arena_alloc(e->a, x->r->size, 16);
    if (!row_erase_personal(t, x->r, x->id, x->who->account, now, e)) return false;
    /* Replies kept for repeated requests may hold the members; their keys begin anew. */
    if (!tx_exec(t, SQL(Q_REPLIES_FORGET), NULL, 0, NULL, e)) return false;
    if (!row_get(t, e->a, x->r, x->id, row, e)) return false;
    act a = {.name = str_fmt(e->a, "%s.erase", x->r->name).p, .r = x->r, .row = row};
    return act_log(t, x->who, &a, now, NULL, e);
}

static void tell_remains(const struct erasure *x, jw *out)
{
    jw_obj(out);
    jw_key(out, "erased");
    jw_arr(out);
    for (size_t i = 0; i < x->r->n_fields; i++)
        if (x->r->fields[i].flags & PERSONAL) jw_strz(out, x->r->fields[i].name);
    jw_arr_end(out);
    jw_key(out, "remains");
    jw_arr(out);
    jw_strz(out,
            "the record's number, its members that are no personal data, and who refers to it");
    jw_strz(out,
            "leaves of the log with digests of the erased members, whose salt no longer exists");
    jw_strz(out,
            "free text of other records and files that may name the person: search and mend them");
    jw_strz(out, "the name of an account, when the person has one");
    jw_strz(out, "copies outside: backups, evidence bags and exports made before");
    jw_arr_end(out);
    jw_obj_end(out);
}

bool work_erase(struct work *w, const actor *who, const record *r, int64_t id, jw *out, err *e)
{
    struct erasure x = {who, r, id, out};
    if (!work_may(w, who, CAP_ADMIN, "erasing personal data", e)) return false;
    bool any = false;
    for (size_t i = 0; i < r->n_fields; i++)
        any |= (r->fields[i].flags & PERSONAL) != 0;
    if (!any)
        return err_set(e, ERR_INVALID, S(""), S("retire it instead"),
                       "a %s has no personal members", r->title);
    if (!work_write(w, erase_tx, &x, e)) return false;
    tell_remains(&x, out);
    return true;
}
