/* idempotency.c - the table "idempotency": reserve a key, keep its reply, free it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/idempotency.h"
#include "work/impl.h"

enum { Q_DROP_OLD, Q_GET, Q_RESERVE, Q_KEEP, Q_FORGET };
/* clang-format off */
const query idempotency_queries[] = {
    [Q_DROP_OLD] = {"DELETE FROM idempotency WHERE at < $1"},
    [Q_GET] = {"SELECT request, status, body FROM idempotency WHERE account = $1 AND key = $2"},
    [Q_RESERVE] = {"INSERT INTO idempotency (account, key, request, status, body, at)"
                   " VALUES ($1, $2, $3, 0, '', $4)"},
    [Q_KEEP] = {"UPDATE idempotency SET status = $3, body = $4 WHERE account = $1 AND key = $2"},
    [Q_FORGET] = {"DELETE FROM idempotency WHERE account = $1 AND key = $2 AND status = 0"},
};
/* clang-format on */
const size_t idempotency_n_queries = COUNT(idempotency_queries);

struct entry {
    const actor *who;
    str key, body;
    digest request;
    arena *a;
    int64_t status;
};

static bool read_kept(struct entry *n, const rows *found, err *e)
{
    str request = found->at[0].s;
    n->status = found->at[1].i;
    n->body = found->at[2].s;
    if (request.n != sizeof n->request.b || memcmp(request.p, n->request.b, request.n) != 0)
        return err_set(e, ERR_CONFLICT, S("Idempotency-Key"), S("use a new key for a new request"),
                       "the key was used for another request");
    if (n->status != 0) return true;
    return err_set(
        e, ERR_CONFLICT, S("Idempotency-Key"),
        S("wait for the first; if it was cut off, look before repeating under a new key"),
        "a request with this key has begun and has not ended");
}

static bool begin_tx(struct tx *t, void *ctx, err *e)
{
    struct entry *n = ctx;
    int64_t now = clock_now();
    rows found;
    const value old[] = {V_INT(now - CLOCK_DAY_MS)};
    const value args[] = {V_INT(n->who->account), V_TEXT(n->key),
                          V_BLOB(((str){(const char *)n->request.b, sizeof n->request.b})),
                          V_INT(now)};
    if (!tx_exec(t, idempotency_queries[Q_DROP_OLD].sql, old, 1, NULL, e)) return false;
    if (!tx_query(t, n->a, idempotency_queries[Q_GET].sql, args, 2, &found, e)) return false;
    if (found.n) return read_kept(n, &found, e);
    return tx_exec(t, idempotency_queries[Q_RESERVE].sql, args, 4, NULL, e);
}

bool idempotency_begin(struct work *w, const actor *who, str key, digest request, arena *a,
                       int64_t *ret_status, str *ret_body, err *e)
{
    struct entry n = {.who = who, .key = key, .request = request, .a = a};
    if (!work_write(w, begin_tx, &n, e)) return false;
    *ret_status = n.status;
    *ret_body = n.body;
    return true;
}

static bool keep_tx(struct tx *t, void *ctx, err *e)
{
    struct entry *n = ctx;
    const value args[] = {V_INT(n->who->account), V_TEXT(n->key), V_INT(n->status),
                          V_TEXT(n->body)};
    return tx_exec(t, idempotency_queries[Q_KEEP].sql, args, COUNT(args), NULL, e);
}

bool idempotency_keep(struct work *w, const actor *who, str key, int64_t status, str body, err *e)
{
    struct entry n = {.who = who, .key = key, .body = body, .status = status};
    return work_write(w, keep_tx, &n, e);
}

static bool forget_tx(struct tx *t, void *ctx, err *e)
{
    struct entry *n = ctx;
    const value args[] = {V_INT(n->who->account), V_TEXT(n->key)};
    return tx_exec(t, idempotency_queries[Q_FORGET].sql, args, COUNT(args), NULL, e);
}

bool idempotency_forget(struct work *w, const actor *who, str key, err *e)
{
    struct entry n = {.who = who, .key = key};
    return work_write(w, forget_tx, &n, e);
}
