/* ledger.c - opening a log with its checks, its checkpoints, cosignatures and proofs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_impl.h"

/* What a start always checks: both memories agree, the tiles give the signed root, and the last
 * leaves are the published ones. */
static bool check_start(struct ledger *l, arena *a, err *e)
{
    ledger_state s;
    merkle_range r;
    if (!ledger_state_read(l, a, &s, e)) return false;
    if (!s.file.present) return true;
    if (!ledger_frontier(l, s.file.c.size, &r, e)) return false;
    if (!digest_eq(merkle_root(&r), s.file.c.root))
        return err_set(e, ERR_DAMAGED, S("tile"), S("restore the log directory from a backup"),
                       "the tiles of the log directory do not give the signed root");
    return ledger_check_tail(l, s.file.c.size, e);
}

bool ledger_open(arena *a, const ledger_options *o, struct ledger **ret, err *e)
{
    struct ledger *l = arena_new(a, struct ledger, 1);
    l->store = o->store;
    l->signer = o->signer;
    l->key = o->signer ? o->signer->key : *o->key;
    if (!tiles_open(a, o->dir, o->signer != NULL, &l->tiles, e)) return false;
    arena *scratch = arena_open();
    bool ok = check_start(l, scratch, e);
    arena_close(scratch);
    if (!ok || (o->complete && !ledger_compare(l, e))) return false;
    *ret = l;
    return true;
}

bool ledger_head(struct ledger *l, arena *a, str *ret_note, checkpoint *ret, err *e)
{
    str s;
    note n;
    checkpoint c;
    if (!tiles_get(l->tiles, a, LEDGER_CHECKPOINT, NOTE_MAX, &s, e)) return false;
    if (!checkpoint_open(a, s, &l->key, 1, &n, &c, e)) return false;
    if (ret_note) *ret_note = n.whole;
    if (ret) *ret = c;
    return true;
}

struct marks_job {
    arena *a;
    ledger_mark *at;
    size_t n, cap;
};

static void keep(struct marks_job *j, const value *row)
{
    if (j->n == j->cap) {
        size_t cap = j->cap ? j->cap * 2 : 64;
        ledger_mark *more = arena_new(j->a, ledger_mark, cap);
        if (j->n) memcpy(more, j->at, j->n * sizeof *more);
        j->at = more;
        j->cap = cap;
    }
    j->at[j->n++] = (ledger_mark){(uint64_t)row[0].i, row[1].i, row[3].s};
}

static bool read_marks(struct tx *t, void *ctx, err *e)
{
    struct marks_job *j = ctx;
    rows r;
    int64_t after = -1;
    do {
        if (!tx_query(t, j->a, SQL(Q_MARKS), &V_INT(after), 1, &r, e)) return false;
        for (size_t i = 0; i < r.n; i++)
            keep(j, &r.at[i * r.cols]);
        if (r.n) after = (int64_t)j->at[j->n - 1].size;
    } while (r.n);
    return true;
}

bool ledger_marks(struct ledger *l, arena *a, ledger_mark **ret, size_t *ret_n, err *e)
{
    struct marks_job j = {.a = a};
    if (!store_read(l->store, read_marks, &j, e)) return false;
    *ret = j.at;
    *ret_n = j.n;
    return true;
}

struct marks_page {
    struct marks_job job;
    int64_t before, limit;
};

static bool read_marks_before(struct tx *t, void *ctx, err *e)
{
    struct marks_page *p = ctx;
    const value v[] = {V_INT(p->before), V_INT(p->limit)};
    rows r;
    if (!tx_query(t, p->job.a, SQL(Q_MARKS_BEFORE), v, COUNT(v), &r, e)) return false;
    for (size_t i = 0; i < r.n; i++)
        keep(&p->job, &r.at[i * r.cols]);
    return true;
}

bool ledger_marks_before(struct ledger *l, arena *a, int64_t before, int64_t limit,
                         ledger_mark **ret, size_t *ret_n, err *e)
{
    struct marks_page p = {.job = {.a = a}, .before = before, .limit = limit};
    if (!store_read(l->store, read_marks_before, &p, e)) return false;
    *ret = p.job.at;
    *ret_n = p.job.n;
    return true;
}

struct cosign_job {
    arena *a;
    uint64_t size;
    str lines, note;
    const struct policy *p;
};

static bool cosign_row(struct tx *t, void *ctx, err *e)
{
    struct cosign_job *j = ctx;
    rows r;
    note n, merged;
    checkpoint c;
    if (!tx_query(t, j->a, SQL(Q_MARK_AT), &V_INT((int64_t)j->size), 1, &r, e)) return false;
    if (r.n == 0)
        return err_set(e, ERR_NOT_FOUND, S("size"), S("only signed checkpoints can be cosigned"),
                       "no checkpoint of %llu leaves was signed", (unsigned long long)j->size);
    if (!note_parse(j->a, r.at[1].s, &n, e)) return false;
    if (!note_merge(j->a, &n, j->lines, &j->note, e)) return false;
    if (!policy_open(j->a, j->p, j->note, &merged, &c, e)) return false;
    const value v[] = {V_INT((int64_t)j->size), V_TEXT(j->note)};
    return tx_exec(t, SQL(Q_COSIGN), v, COUNT(v), NULL, e);
}

bool ledger_cosign(struct ledger *l, uint64_t size, str lines, const struct policy *p, err *e)
{
    checkpoint now;
    arena *a = arena_open();
    struct cosign_job j = {.a = a, .size = size, .lines = lines, .p = p};
    bool ok = store_write(l->store, cosign_row, &j, e) && ledger_head(l, a, NULL, &now, e);
    if (ok && l->signer && now.size == size) ok = ledger_put_file(l, j.note, e);
    arena_close(a);
    return ok;
}

static bool not_published(err *e, uint64_t n)
{
    return err_set(e, ERR_NOT_FOUND, S("index"),
                   S("leaves are published within a second of the act"),
                   "leaf %llu is not published", (unsigned long long)n);
}

bool ledger_prove(struct ledger *l, arena *a, uint64_t seq, str *ret, err *e)
{
    proof p = {.index = seq};
    checkpoint c;
    if (!ledger_head(l, a, &p.note, &c, e)) return false;
    if (seq >= c.size) return not_published(e, seq);
    struct tile_source *src = tile_source_open(a, l->tiles, c.size);
    if (!merkle_prove_inclusion(tile_source_node, src, seq, c.size, &p.path, e)) return false;
    *ret = proof_text(a, &p);
    return true;
}

bool ledger_prove_growth(struct ledger *l, arena *a, uint64_t from, merkle_proof *ret, err *e)
{
    checkpoint c;
    if (!ledger_head(l, a, NULL, &c, e)) return false;
    struct tile_source *src = tile_source_open(a, l->tiles, c.size);
    return merkle_prove_consistency(tile_source_node, src, from, c.size, ret, e);
}
