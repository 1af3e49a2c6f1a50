/* driver.h - what a database driver gives to the store; private to this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_STORE_DRIVER_H
#define AIMS_STORE_DRIVER_H
#include "store/store.h"

/*
 * A transaction is always the one running transaction of its connection, so `struct tx` is the
 * head of a driver's connection. One thread at a time uses it. connect is called by begin, so a
 * lost connection comes back with the next transaction.
 */
struct tx {
    const struct driver *d;
    bool writer;
    bool failed; /* a statement of the running fn failed: nothing more may run in it */
};

typedef struct driver {
    /* Makes an unconnected connection that is disconnected with the arena. */
    struct tx *(*make)(arena *a, const store_options *o, bool writer);
    /* Writers lock out other writers, of other processes too. */
    bool (*begin)(struct tx *t, err *e);
    /* On failure nothing was stored, unless the message says that this is unknown. */
    bool (*commit)(struct tx *t, err *e);
    void (*rollback)(struct tx *t);
    /* Several statements without parameters or results. */
    bool (*script)(struct tx *t, const char *sql, err *e);
    /* One statement; rows go to `a` unless ret_rows is NULL. */
    bool (*run)(struct tx *t, arena *a, const char *sql, const value *args, size_t n,
                rows *ret_rows, int64_t *ret_changed, err *e);
    bool (*prepare)(struct tx *t, const char *sql, err *e);
    bool (*in_transaction)(struct tx *t);
    /* 1 when a table of this name exists ($1), and the number of all tables. */
    const char *has_table, *count_tables;
    const char *about; /* version and bytes */
} driver;

extern const driver store_sqlite, store_pg;

/* begin, fn, commit; rolled back when any of them fails. */
bool tx_run(struct tx *t, store_fn *fn, void *ctx, err *e) NODISCARD;
/* fn alone: false also when a statement failed although fn said true. */
bool tx_call(struct tx *t, store_fn *fn, void *ctx, err *e) NODISCARD;

/* ---- Statements by text (cache.c) -------------------------------------------------------- */
struct cache;
struct cache *cache_new(arena *a);
void *cache_get(struct cache *c, str sql);
/* Takes over `own`: whatever gives the statement back is deferred there. May drop another. */
void cache_put(struct cache *c, str sql, arena *own, void *statement);
void cache_clear(struct cache *c);

/* `$1` outside quotes and comments becomes `?1`. */
str sql_for_sqlite(arena *a, const char *sql);

/* Rows that grow one at a time. */
typedef struct row_sink {
    arena *a;
    rows *ret;
    size_t cap;
} row_sink;
value *row_sink_next(row_sink *s, size_t cols);

/* ---- The writer thread (writer.c) --------------------------------------------------------- */
struct writer;
struct writer *writer_start(arena *a, struct tx *t); /* stopped with the arena */
bool writer_run(struct writer *w, store_fn *fn, void *ctx, err *e) NODISCARD;

/* ---- Migrations (migrate.c) ---------------------------------------------------------------- */
typedef struct migration {
    int version; /* 1, 2, 3, ... without gaps */
    const char *name;
    str sql;
} migration;
extern const migration store_migrations[]; /* generated from sql/ */
extern const size_t store_n_migrations;
/* Brings the database to the last version of the list, or (read_only) refuses an older one. */
bool migrate(struct tx *t, const migration *list, size_t n, bool read_only, err *e) NODISCARD;
/* store_open with another list; for tests. */
bool store_open_with(arena *a, const store_options *o, const migration *list, size_t n,
                     struct store **ret, err *e) NODISCARD;

#endif
