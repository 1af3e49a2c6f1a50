/* publish.c - signing: follow what was signed, grow, sign by compare-and-swap, show the file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_impl.h"

/* Leaves per checkpoint: bounds the time until the first of a long backlog is visible. */
#define BATCH UINT64_C(65536)

bool ledger_put_file(struct ledger *l, str bytes, err *e)
{
    return tiles_put(l->tiles, LEDGER_CHECKPOINT, bytes, e) && tiles_sync(l->tiles, e);
}

/* Partial tiles whose full tile is signed by now are of no use; only the edge had any. */
static bool drop_partials(struct ledger *l, uint64_t from, uint64_t to, err *e)
{
    for (int i = TILES_ENTRIES; i < (int)TILES_LEVELS; i++) {
        uint64_t edge = tile_full(from, i);
        if (edge < tile_full(to, i) &&
            !tiles_drop_partials(l->tiles, (tile_name){i, edge, TILES_WIDTH}, e))
            return false;
    }
    return true;
}

/* Brings the directory to the checkpoint that the store remembers as the newest. */
static bool follow(struct ledger *l, const ledger_state *s, err *e)
{
    checkpoint from = s->file.present ? s->file.c : (checkpoint){.root = merkle_empty()};
    digest root;
    if (s->file.present && s->file.c.size == s->row.c.size) {
        /* The row gains cosignatures after it was signed; the file follows it. */
        if (digest_eq(s->file.c.root, s->row.c.root))
            return str_eq(s->file.note, s->row.note) || ledger_put_file(l, s->row.note, e);
        return err_set(e, ERR_DAMAGED, S("checkpoint"), S("restore the log directory"),
                       "store and log directory show different roots for the same size");
    }
    if (!ledger_extend(l, &from, s->row.c.size, &root, e)) return false;
    if (!digest_eq(root, s->row.c.root))
        return err_set(e, ERR_DAMAGED, S("leaf"),
                       S("leaves of the store were altered: restore it from a backup"),
                       "the leaves of the store do not give the root that was signed for them");
    return ledger_put_file(l, s->row.note, e) && drop_partials(l, from.size, s->row.c.size, e);
}

struct sign_job {
    arena *a;
    const signed_head *before;
    checkpoint now;
    str note;
    bool overtaken; /* another node signed meanwhile */
};

/* Nobody may have signed since `before`, and what is signed must still be there. */
static bool sign_row(struct tx *t, void *ctx, err *e)
{
    struct sign_job *j = ctx;
    int64_t size;
    rows r;
    if (!tx_int(t, SQL(Q_LOCK), NULL, 0, -1, &size, e)) return false;
    if (!tx_query(t, j->a, SQL(Q_NEWEST), NULL, 0, &r, e)) return false;
    bool same = r.n == 1 && j->before->present && r.at[0].i == (int64_t)j->before->c.size &&
                r.at[1].s.n == 32 && memcmp(r.at[1].s.p, j->before->c.root.b, 32) == 0;
    j->overtaken = !same && (r.n == 1 || j->before->present);
    if (j->overtaken) return true;
    if (size < (int64_t)j->now.size)
        return err_set(e, ERR_DAMAGED, S("log_head"), S("was an older store put back?"),
                       "the store lost leaves while they were being signed");
    const value v[] = {V_INT((int64_t)j->now.size), V_INT(clock_now()),
                       V_BLOB(((str){(const char *)j->now.root.b, 32})), V_TEXT(j->note)};
    return tx_exec(t, SQL(Q_SIGN), v, COUNT(v), NULL, e);
}

/* Grows the directory to `to` leaves and signs; nothing is signed when another node was first. */
static bool sign(struct ledger *l, arena *a, const signed_head *before, uint64_t to, err *e)
{
    checkpoint from = before->present ? before->c : (checkpoint){.root = merkle_empty()};
    struct sign_job j = {.a = a, .before = before};
    j.now = (checkpoint){.origin = l->key.name, .size = to};
    if (!ledger_extend(l, &from, to, &j.now.root, e)) return false;
    str text = checkpoint_text(a, &j.now);
    j.note = note_join(a, text, note_sign(a, text, l->signer, 0));
    if (!store_write(l->store, sign_row, &j, e)) return false;
    if (j.overtaken) return true;
    return ledger_put_file(l, j.note, e) && drop_partials(l, from.size, to, e);
}

/* One checkpoint further; *ret_goal stays what it was when the call came. */
static bool step(struct ledger *l, arena *a, uint64_t *goal, bool *ret_done, checkpoint *ret,
                 err *e)
{
    ledger_state s;
    if (!ledger_state_read(l, a, &s, e)) return false;
    if (s.row.present && !follow(l, &s, e)) return false;
    if (*goal == UINT64_MAX) *goal = s.size;
    *ret_done = s.row.present && s.row.c.size >= *goal;
    if (*ret_done) {
        *ret = s.row.c;
        return true;
    }
    uint64_t from = s.row.present ? s.row.c.size : 0;
    uint64_t to = s.size - from > BATCH ? from + BATCH : s.size;
    return sign(l, a, &s.row, to, e);
}

bool ledger_publish(struct ledger *l, arena *a, checkpoint *ret, err *e)
{
    uint64_t goal = UINT64_MAX;
    checkpoint c;
    if (!l->signer)
        return err_set(e, ERR_DENIED, S("key"), S("open the log with its signing key"),
                       "this log was opened for reading only");
    for (bool done = false; !done;) {
        arena *one = arena_open();
        bool ok = step(l, one, &goal, &done, &c, e);
        if (ok && done && ret) {
            *ret = c;
            ret->origin = str_dup(a, c.origin);
            ret->extra = S("");
        }
        arena_close(one);
        if (!ok) return false;
    }
    return true;
}
