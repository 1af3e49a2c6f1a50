/* bag.c - gathers leaves, proofs and files behind controls and has the report room bag them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "register/control.h"
#include "register/document.h"
#include "register/evidence.h"
#include "register/measurement.h"
#include "register/organisation.h"
#include "register/plan.h"
#include "work/impl.h"
#include "work/prove.h"

enum { PAGE = 1000, LEAVES_MAX = 100000 };

struct gather {
    struct work *w;
    const bag_request *q;
    arena *a;
    int64_t *seqs;
    size_t n_seqs;
    bag_file *files;
    size_t n_files;
    str organisation;
};

static int by_number(const void *p, const void *q)
{
    int64_t a = *(const int64_t *)p, b = *(const int64_t *)q;
    return (a > b) - (a < b);
}

static void sort_unique(struct gather *g)
{
    size_t k = 0;
    qsort(g->seqs, g->n_seqs, sizeof *g->seqs, by_number);
    for (size_t i = 0; i < g->n_seqs; i++)
        if (i == 0 || g->seqs[i] != g->seqs[k - 1]) g->seqs[k++] = g->seqs[i];
    g->n_seqs = k;
}

static bool add_seq(struct gather *g, int64_t seq, err *e)
{
    if (g->n_seqs == LEAVES_MAX) sort_unique(g); /* a plan comes with each of its measurements */
    if (g->n_seqs == LEAVES_MAX)
        return err_set(e, ERR_TOO_LARGE, S("controls"),
                       S("name fewer controls, or a later --since"),
                       "the bag would have more than %d leaves", LEAVES_MAX);
    g->seqs[g->n_seqs++] = seq;
    return true;
}

/* Every act on one record. */
static bool add_acts(struct tx *t, struct gather *g, const record *r, int64_t id, err *e)
{
    const value args[] = {V_TEXT(str_of(r->name)), V_INT(id)};
    rows acts;
    if (!id) return true;
    if (!tx_query(t, g->a, SQL(Q_ACT_OF_RECORD), args, COUNT(args), &acts, e)) return false;
    for (size_t i = 0; i < acts.n; i++)
        if (!add_seq(g, acts.at[i * acts.cols].i, e)) return false;
    return true;
}

static bool has_file(const struct gather *g, digest d)
{
    for (size_t i = 0; i < g->n_files; i++)
        if (digest_eq(g->files[i].sha256, d)) return true;
    return false;
}

/* A file by its digest, when the vault has it; evidence may name files kept elsewhere. */
static bool add_file(struct tx *t, struct gather *g, str sha, err *e)
{
    digest d;
    rows r;
    if (!sha.p || !digest_parse(sha, &d) || has_file(g, d)) return true;
    if (!vault_has(g->w->vault, d) || g->n_files == LEAVES_MAX) return true;
    if (!tx_query(t, g->a, SQL(Q_FILE_GET), (value[]){V_TEXT(sha)}, 1, &r, e)) return false;
    if (!r.n) return true;
    str name = str_fmt(g->a, "%.12s-%.*s", sha.p, STR_ARG(bag_name(g->a, r.at[1].s)));
    g->files[g->n_files++] = (bag_file){.name = name, .size = (uint64_t)r.at[0].i, .sha256 = d};
    return r.at[3].kind == VALUE_NULL || add_seq(g, r.at[3].i, e);
}

static bool wanted(const struct gather *g, str_list controls)
{
    if (!g->q->n_controls) return true;
    for (size_t i = 0; i < controls.n; i++)
        for (size_t k = 0; k < g->q->n_controls; k++)
            if (str_eq(controls.at[i], g->q->controls[k])) return true;
    return false;
}

static bool add_evidence(struct tx *t, struct gather *g, const evidence *v, err *e)
{
    if (!wanted(g, v->controls) || v->observed_at < g->q->since) return true;
    if (!add_acts(t, g, &evidence_record, v->head.id, e) || !add_file(t, g, v->file_sha256, e) ||
        !add_acts(t, g, &document_record, v->document, e))
        return false;
    if (!v->measurement) return true;
    rows m;
    const value args[] = {V_INT(v->measurement)};
    return tx_query(t, g->a, SQL(Q_MEASUREMENT_FILE), args, 1, &m, e) && m.n &&
           add_acts(t, g, &measurement_record, v->measurement, e) &&
           add_acts(t, g, &plan_record, m.at[0].i, e) && add_file(t, g, m.at[1].s, e);
}

typedef bool each_fn(struct tx *t, struct gather *g, const void *row, err *e);

static bool each(struct tx *t, struct gather *g, const record *r, each_fn *fn, err *e)
{
    page p = {.limit = PAGE};
    for (;;) {
        void *some;
        size_t n;
        if (!row_list(t, g->a, r, &p, &some, &n, e)) return false;
        for (size_t i = 0; i < n; i++) {
            const row_head *h = (const void *)((char *)some + i * r->size);
            p.below = h->id;
            if (!fn(t, g, h, e)) return false;
        }
        if (n < PAGE) return true;
    }
}

static bool each_evidence(struct tx *t, struct gather *g, const void *row, err *e)
{
    return add_evidence(t, g, row, e);
}

static bool each_control(struct tx *t, struct gather *g, const void *row, err *e)
{
    const control *c = row;
    str id = c->control;
    return !wanted(g, (str_list){&id, 1}) || add_acts(t, g, &control_record, c->head.id, e);
}

static bool each_organisation(struct tx *t, struct gather *g, const void *row, err *e)
{
    const organisation *o = row;
    g->organisation = o->name;
    return add_acts(t, g, &organisation_record, o->head.id, e);
}

static bool gather_tx(struct tx *t, void *ctx, err *e)
{
    struct gather *g = ctx;
    return each(t, g, &organisation_record, each_organisation, e) &&
           each(t, g, &control_record, each_control, e) &&
           each(t, g, &evidence_record, each_evidence, e);
}

static bool leaves_tx(struct tx *t, void *ctx, err *e)
{
    bag *b = ctx;
    for (size_t i = 0; i < b->n_leaves; i++) {
        bag_leaf *l = (bag_leaf *)(uintptr_t)&b->leaves[i];
        if (!ledger_leaf(t, e->a, l->seq, &l->bytes, NULL, e)) return false;
    }
    return true;
}

/* Consistency with a checkpoint that the auditor kept from before. */
static bool add_old(struct gather *g, bag *b, err *e)
{
    str bytes;
    note n;
    checkpoint c;
    merkle_proof growth;
    if (!g->q->old) return true;
    if (!file_read(g->a, g->q->old, NOTE_MAX, &bytes, e)) return false;
    if (!checkpoint_open(g->a, bytes, &g->w->key, 1, &n, &c, e)) return err_under(e, S("old"));
    if (!ledger_prove_growth(g->w->ledger, g->a, c.size, &growth, e)) return false;
    bag_old *old = arena_new(g->a, bag_old, 1);
    *old = (bag_old){.size = (int64_t)c.size,
                     .request = witness_request(g->a, c.size, &growth, b->checkpoint)};
    b->old = old;
    b->n_old = 1;
    return true;
}

/* With the log locked: the checkpoint, and every proof against it. */
static bool prove_all(struct gather *g, bag *b, err *e)
{
    checkpoint c;
    bag_leaf *leaves = arena_new(g->a, bag_leaf, g->n_seqs);
    if (!ledger_head(g->w->ledger, g->a, &b->checkpoint, &c, e)) return false;
    for (size_t i = 0; i < g->n_seqs; i++) {
        leaves[i].seq = g->seqs[i];
        if (!ledger_prove(g->w->ledger, g->a, (uint64_t)g->seqs[i], &leaves[i].proof, e))
            return false;
    }
    b->leaves = leaves;
    b->n_leaves = g->n_seqs;
    b->origin = str_dup(g->a, c.origin);
    b->log_size = (int64_t)c.size;
    return add_old(g, b, e);
}

/* The operator's policy when the checkpoint meets its quorum, else the log's key alone: a bag must
 * verify under the policy it carries. */
static bool add_policy(struct gather *g, bag *b, err *e)
{
    struct policy *p;
    note n;
    checkpoint c;
    if (!log_policy(g->w, g->a, &p, e) || !policy_open(g->a, p, b->checkpoint, &n, &c, e))
        return false;
    if (!policy_quorum(p, &n)) p = policy_of_key(g->a, &g->w->key);
    b->policy = policy_text(g->a, p);
    return true;
}

/* The time-stamp over this very checkpoint, when one was fetched (aims log timestamp). */
static bool add_stamp(struct gather *g, bag *b, err *e)
{
    str stamped;
    const char *base = str_fmt(g->a, "%s/timestamps/%lld", g->w->dir, (long long)b->log_size).p;
    const char *checkpoint_file = str_fmt(g->a, "%s.checkpoint", base).p;
    if (!file_exists(checkpoint_file)) return true;
    if (!file_read(g->a, checkpoint_file, NOTE_MAX, &stamped, e)) return false;
    if (!str_eq(stamped, b->checkpoint)) return true; /* cosigned since */
    return file_read(g->a, str_fmt(g->a, "%s.tsq", base).p, BAG_MAX_SMALL, &b->tsq, e) &&
           file_read(g->a, str_fmt(g->a, "%s.tsr", base).p, BAG_MAX_SMALL, &b->tsr, e);
}

static bool open_file(void *ctx, arena *a, const bag_file *f, void **ret_stream, err *e)
{
    struct vault_out *out;
    if (!vault_read(ctx, a, f->sha256, &out, e)) return false;
    *ret_stream = out;
    return true;
}

static bool next_bytes(void *stream, const void **ret_p, size_t *ret_n, err *e)
{
    return vault_next(stream, ret_p, ret_n, e);
}

struct made {
    const actor *who;
    digest sha256;
    uint64_t size;
};

static bool log_tx(struct tx *t, void *ctx, err *e)
{
    const struct made *m = ctx;
    buf b = buf_open(e->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "sha256", digest_hex(e->a, m->sha256));
    jw_m_int(&w, "size", (int64_t)m->size);
    jw_obj_end(&w);
    act x = {.name = "bag.create", .detail = buf_str(&b)};
    return act_log(t, m->who, &x, clock_now(), NULL, e);
}

/* A mistyped control would make a bag that proves nothing. */
static bool check_controls(const bag_request *q, err *e)
{
    for (size_t i = 0; i < q->n_controls; i++)
        if (!catalog_requirement_find(q->controls[i]))
            return err_set(e, ERR_INVALID, str_fmt(e->a, "controls.%zu", i),
                           S("write ids as 6.1.2 or A.6.2.4"),
                           "'%.*s' is no clause or control of ISO/IEC 42001",
                           STR_ARG(q->controls[i]));
    return true;
}

bool work_bag(struct work *w, const actor *who, const bag_request *q, const char *path, arena *a,
              digest *ret_sha256, uint64_t *ret_size, err *e)
{
    struct gather g = {.w = w,
                       .q = q,
                       .a = a,
                       .seqs = arena_new(a, int64_t, LEAVES_MAX),
                       .files = arena_new(a, bag_file, LEAVES_MAX)};
    int64_t now = clock_now();
    if (!work_may(w, who, CAP_AUDIT, "making an evidence bag", e)) return false;
    if (!check_controls(q, e)) return false;
    if (!work_publish(w, e) || !store_read(w->store, gather_tx, &g, e)) return false;
    sort_unique(&g);
    bag b = {.name = str_fmt(a, "aims-evidence-%.10s", clock_date_text(a, now).p),
             .organisation = g.organisation,
             .at = now,
             .files = g.files,
             .n_files = g.n_files,
             .ctx = w->vault,
             .open = open_file,
             .next = next_bytes};
    if (!work_publish(w, e)) return false; /* what was gathered is published, too */
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = prove_all(&g, &b, e);
    pthread_mutex_unlock(&w->ledger_lock);
    if (!ok || !add_policy(&g, &b, e) || !add_stamp(&g, &b, e)) return false;
    if (!store_read(w->store, leaves_tx, &b, e)) return false;
    if (!bag_save(&b, path, ret_sha256, ret_size, e)) return false;
    struct made m = {who, *ret_sha256, *ret_size};
    return w->read_only || work_write(w, log_tx, &m, e);
}
