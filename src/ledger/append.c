/* append.c - leaves in the store: numbered inside the act's transaction, and read back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger_impl.h"

const query ledger_queries[] = {
    [Q_NEXT] = {"UPDATE log_head SET size = size + 1 WHERE one = 1 RETURNING size"},
    [Q_ADD] = {"INSERT INTO leaf (seq, at, body) VALUES ($1, $2, $3)"},
    [Q_LEAF] = {"SELECT body, at FROM leaf WHERE seq = $1"},
    [Q_SIZE] = {"SELECT size FROM log_head WHERE one = 1"},
    [Q_LEAVES] = {"SELECT seq, body FROM leaf WHERE seq >= $1 AND seq < $2 ORDER BY seq"},
    [Q_NEWEST] = {"SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1"},
    [Q_MARK_AT] = {"SELECT root, note FROM checkpoint WHERE size = $1"},
    [Q_LOCK] = {"UPDATE log_head SET size = size WHERE one = 1 RETURNING size"},
    [Q_SIGN] = {"INSERT INTO checkpoint (size, at, root, note) VALUES ($1, $2, $3, $4)"},
    [Q_COSIGN] = {"UPDATE checkpoint SET note = $2 WHERE size = $1"},
    [Q_MARKS] = {"SELECT size, at, root, note FROM checkpoint WHERE size > $1 ORDER BY size "
                 "LIMIT 1000"},
    [Q_MARKS_BEFORE] = {"SELECT size, at, root, note FROM checkpoint WHERE size < $1 "
                        "ORDER BY size DESC LIMIT $2"},
};
const size_t ledger_n_queries = Q_COUNT;

bool ledger_append(struct tx *t, str leaf, int64_t now, int64_t *ret_seq, err *e)
{
    int64_t size;
    if (leaf.n == 0 || leaf.n > LEDGER_LEAF_MAX)
        return err_set(e, ERR_TOO_LARGE, S("leaf"), S("log the digest of large content instead"),
                       "a leaf has 1 to 65535 bytes, not %zu", leaf.n);
    if (!tx_int(t, SQL(Q_NEXT), NULL, 0, 0, &size, e)) return false;
    if (size <= 0)
        return err_set(e, ERR_DAMAGED, S("log_head"), S("restore the store from a backup"),
                       "the store has lost the size of its log");
    const value v[] = {V_INT(size - 1), V_INT(now), V_BLOB(leaf)};
    if (!tx_exec(t, SQL(Q_ADD), v, COUNT(v), NULL, e)) return false;
    *ret_seq = size - 1;
    return true;
}

bool ledger_leaf(struct tx *t, arena *a, int64_t seq, str *ret, int64_t *ret_at, err *e)
{
    rows r;
    if (!tx_query(t, a, SQL(Q_LEAF), &V_INT(seq), 1, &r, e)) return false;
    if (r.n == 0)
        return err_set(e, ERR_NOT_FOUND, S("leaf"), S("leaves are numbered from 0"),
                       "there is no leaf %lld", (long long)seq);
    *ret = r.at[0].s;
    if (ret_at) *ret_at = r.at[1].i;
    return true;
}

bool ledger_size(struct tx *t, int64_t *ret, err *e)
{
    return tx_int(t, SQL(Q_SIZE), NULL, 0, 0, ret, e);
}

struct span {
    arena *a;
    uint64_t from, to;
    str *at;
};

static bool read_span(struct tx *t, void *ctx, err *e)
{
    const struct span *s = ctx;
    const value v[] = {V_INT((int64_t)s->from), V_INT((int64_t)s->to)};
    rows r;
    if (!tx_query(t, s->a, SQL(Q_LEAVES), v, COUNT(v), &r, e)) return false;
    for (uint64_t i = s->from; i < s->to; i++) {
        size_t k = (size_t)(i - s->from);
        if (k >= r.n || r.at[2 * k].i != (int64_t)i)
            return err_set(e, ERR_DAMAGED, str_fmt(e->a, "leaf.%llu", (unsigned long long)i),
                           S("restore the store from a backup"),
                           "leaf %llu was acknowledged but is not in the store",
                           (unsigned long long)i);
        s->at[k] = r.at[2 * k + 1].s;
    }
    return true;
}

bool ledger_leaves(struct ledger *l, arena *a, uint64_t from, uint64_t to, str *ret, err *e)
{
    struct span s = {a, from, to, ret};
    return from >= to || store_read(l->store, read_span, &s, e);
}
