/* state.c - what store and directory say was signed last, and whether both can be true. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_impl.h"

#define ROLLED_BACK                                                                                \
    S("an older copy of the store or of the log directory was put back: restore both from the "    \
      "same moment, the newest there is")

/* Opens a signed checkpoint of this very log. */
static bool open_own(struct ledger *l, arena *a, str text, str where, signed_head *ret, err *e)
{
    note n;
    if (!note_parse(a, text, &n, e) || !checkpoint_parse(n.text, &ret->c, e)) {
        e->code = ERR_DAMAGED;
        return err_prefix(e, "the checkpoint in the %.*s", STR_ARG(where));
    }
    if (!str_eq(ret->c.origin, l->key.name))
        return err_set(e, ERR_CONFLICT, where, S("use the directory and key of one log"),
                       "the %.*s belongs to log '%.*s', not '%.*s'", STR_ARG(where),
                       STR_ARG(ret->c.origin), STR_ARG(l->key.name));
    note_verdict v = note_check(&n, &l->key, NULL);
    if (v == NOTE_ABSENT)
        return err_set(e, ERR_CONFLICT, where, S("use the key this log was begun with"),
                       "the checkpoint in the %.*s was signed with another key", STR_ARG(where));
    if (v == NOTE_BAD)
        return err_set(e, ERR_DAMAGED, where, S("restore it from a backup"),
                       "the signature of the checkpoint in the %.*s does not fit its text",
                       STR_ARG(where));
    ret->note = n.whole;
    ret->present = true;
    return true;
}

static bool read_file(struct ledger *l, arena *a, signed_head *ret, err *e)
{
    str s;
    if (tiles_get(l->tiles, a, LEDGER_CHECKPOINT, NOTE_MAX, &s, e))
        return open_own(l, a, s, S("log directory"), ret, e);
    if (e->code != ERR_NOT_FOUND) return false;
    *ret = (signed_head){0};
    return true;
}

struct state_job {
    struct ledger *l;
    arena *a;
    ledger_state *ret;
};

static bool same_root(const signed_head *h, str root)
{
    return root.n == sizeof h->c.root.b && memcmp(root.p, h->c.root.b, root.n) == 0;
}

static bool read_row(struct ledger *l, struct tx *t, arena *a, signed_head *ret, err *e)
{
    rows r;
    *ret = (signed_head){0};
    if (!tx_query(t, a, SQL(Q_NEWEST), NULL, 0, &r, e)) return false;
    if (r.n == 0) return true;
    if (!open_own(l, a, r.at[2].s, S("store"), ret, e)) return false;
    if (r.at[0].i == (int64_t)ret->c.size && same_root(ret, r.at[1].s)) return true;
    return err_set(e, ERR_DAMAGED, S("checkpoint"), S("restore the store from a backup"),
                   "the newest checkpoint row of the store differs from the note it holds");
}

/* The file may be older than the row, but it must be one that the store remembers. */
static bool remembered(struct tx *t, arena *a, const signed_head *file, err *e)
{
    rows r;
    if (!tx_query(t, a, SQL(Q_MARK_AT), &V_INT((int64_t)file->c.size), 1, &r, e)) return false;
    if (r.n == 1 && same_root(file, r.at[0].s)) return true;
    return err_set(e, ERR_DAMAGED, S("checkpoint"), ROLLED_BACK,
                   "the log directory has a checkpoint of %llu leaves that the store never signed",
                   (unsigned long long)file->c.size);
}

static bool agree(struct tx *t, arena *a, const ledger_state *s, err *e)
{
    const signed_head *row = &s->row, *file = &s->file;
    unsigned long long stored = s->size, signed_ = row->c.size, shown = file->c.size;
    if (row->present && s->size < row->c.size)
        return err_set(e, ERR_DAMAGED, S("log_head"), ROLLED_BACK,
                       "the store has %llu leaves but %llu were signed", stored, signed_);
    if (!file->present) return true;
    if (!row->present || row->c.size < file->c.size)
        return err_set(e, ERR_DAMAGED, S("checkpoint"), ROLLED_BACK,
                       "the log directory shows %llu signed leaves, the store remembers only %llu: "
                       "the store was rolled back",
                       shown, row->present ? signed_ : 0);
    return remembered(t, a, file, e);
}

static bool read_state(struct tx *t, void *ctx, err *e)
{
    const struct state_job *j = ctx;
    int64_t size;
    if (!ledger_size(t, &size, e) || !read_row(j->l, t, j->a, &j->ret->row, e)) return false;
    j->ret->size = (uint64_t)size;
    return agree(t, j->a, j->ret, e);
}

bool ledger_state_read(struct ledger *l, arena *a, ledger_state *ret, err *e)
{
    struct state_job j = {l, a, ret};
    *ret = (ledger_state){0};
    /* The file first: the row is always written before it, so it cannot be found behind. */
    return read_file(l, a, &ret->file, e) && store_read(l->store, read_state, &j, e);
}
