/* migrate.c - forward-only schema changes, each in one transaction, recorded with its digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/driver.h"
#include "store/queries.h"

static const char make_table[] =
    "CREATE TABLE schema_migration ("
    " version BIGINT PRIMARY KEY," /* number in the file's name */
    " name TEXT NOT NULL,"         /* rest of the file's name */
    " applied_at BIGINT NOT NULL," /* ms since 1970 */
    " sha256 TEXT NOT NULL)";      /* of the text that ran, so that a changed one is noticed */
struct run {
    const migration *list;
    size_t n;
    bool read_only, more;
};

static bool check_one(const migration *m, const value *row, arena *a, err *e)
{
    str now = digest_hex(a, hash_bytes(m->sql.p, m->sql.n));
    if (row[0].i == m->version && str_eq(row[2].s, now)) return true;
    return err_set(e, ERR_DAMAGED, S("schema_migration"),
                   S("use the program that made this database"),
                   "migration %lld '%.*s' in the database is not the program's %d '%s'",
                   (long long)row[0].i, STR_ARG(row[1].s), m->version, m->name);
}

/* What is applied must be the beginning of what the program knows. */
static bool check_applied(const struct run *r, const rows *applied, arena *a, err *e)
{
    if (applied->n > r->n)
        return err_set(e, ERR_UNAVAILABLE, S("schema_migration"), S("upgrade the program"),
                       "the database has schema version %lld, newer than the program's %zu",
                       (long long)applied->at[(applied->n - 1) * applied->cols].i, r->n);
    for (size_t i = 0; i < applied->n; i++)
        if (!check_one(&r->list[i], &applied->at[i * applied->cols], a, e)) return false;
    return true;
}

static bool apply(struct tx *t, const migration *m, arena *a, err *e)
{
    if (!t->d->script(t, m->sql.p, e))
        return err_prefix(e, "migration %d '%s'", m->version, m->name);
    if (!t->d->in_transaction(t))
        return err_set(e, ERR_INTERNAL, S("schema_migration"), S("take COMMIT out of the file"),
                       "migration %d '%s' ends its transaction", m->version, m->name);
    value args[] = {V_INT(m->version), V_TEXT(str_of(m->name)), V_INT(clock_now()),
                    V_TEXT(digest_hex(a, hash_bytes(m->sql.p, m->sql.n)))};
    return tx_exec(t, store_queries[Q_MIGRATION_ADD].sql, args, COUNT(args), NULL, e);
}

/* Somebody else's database would be spoilt by our tables, and ours by theirs. */
static bool start(struct tx *t, const struct run *r, err *e)
{
    int64_t ours = 0, all = 0;
    value name[] = {V_TEXT(S("schema_migration"))};
    if (!tx_int(t, t->d->has_table, name, 1, 0, &ours, e)) return false;
    if (ours) return true;
    if (!tx_int(t, t->d->count_tables, NULL, 0, 0, &all, e)) return false;
    if (all)
        return err_set(e, ERR_INVALID, S("store"), S("give aims a database of its own"),
                       "the database belongs to another program");
    if (r->read_only)
        return err_set(e, ERR_NOT_FOUND, S("store"), S("run 'aims init' first"),
                       "the database is empty");
    return tx_exec(t, make_table, NULL, 0, NULL, e);
}

/* One step is one transaction: what is applied is read anew, as another process may be at it. */
static bool step_in(struct tx *t, struct run *r, arena *a, err *e)
{
    rows applied;
    if (!start(t, r, e) || !tx_query(t, a, store_queries[Q_MIGRATIONS].sql, NULL, 0, &applied, e) ||
        !check_applied(r, &applied, a, e))
        return false;
    r->more = applied.n + 1 < r->n;
    if (applied.n == r->n) return true;
    if (r->read_only)
        return err_set(e, ERR_UNAVAILABLE, S("schema_migration"),
                       S("start the server, or any command that writes, once"),
                       "the database has schema version %zu, the program wants %zu", applied.n,
                       r->n);
    return apply(t, &r->list[applied.n], a, e);
}

static bool step(struct tx *t, void *ctx, err *e)
{
    arena *a = arena_open();
    bool ok = step_in(t, ctx, a, e);
    arena_close(a);
    return ok;
}

bool migrate(struct tx *t, const migration *list, size_t n, bool read_only, err *e)
{
    struct run r = {.list = list, .n = n, .read_only = read_only, .more = true};
    while (r.more)
        if (!tx_run(t, step, &r, e)) return false;
    return true;
}

static bool read_version(struct tx *t, void *ctx, err *e)
{
    return tx_int(t, store_queries[Q_VERSION].sql, NULL, 0, 0, ctx, e);
}

int store_schema_version(struct store *s, err *e)
{
    int64_t v = 0;
    return store_read(s, read_version, &v, e) ? (int)v : -1;
}

int store_schema_known(void)
{
    return (int)store_n_migrations;
}
