/* store.h - SQLite or PostgreSQL behind one face: transactions, statements, grouped commits. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_STORE_STORE_H
#define AIMS_STORE_STORE_H
#include "record/record.h"

/*
 * One SQL text serves both stores: parameters are $1, $2, ... (rewritten to ?1 for SQLite, where
 * $1 would be a name). Text never contains input: values are always bound. PostgreSQL infers a
 * parameter's type from the text alone: where nothing tells it, write CAST($1 AS BIGINT); results
 * are BIGINT, DOUBLE PRECISION, TEXT, BYTEA or truth values (read as 0 and 1), so sum(x) needs
 * CAST(sum(x) AS BIGINT): tx_prepare refuses others. LIKE minds case on both. Order texts in
 * the program where the order matters: a PostgreSQL made by others may collate by a language.
 *
 * Writers: store_write hands fn to the one writer thread, which runs all waiting fns in one
 * transaction, each in its savepoint, commits once (synchronous=FULL, or PostgreSQL's
 * synchronous_commit=on) and only then lets the callers go on. When fn returns false, its own
 * changes are undone and the others stay. fn runs on the writer thread while its caller waits,
 * so it may use the caller's arena and err. fn must not call store_read or store_write. When the
 * commit fails, everybody in it gets the error and nothing was stored; only when PostgreSQL's
 * connection is lost during COMMIT is the outcome unknown, and the message says so.
 * Only one transaction writes at a time, other processes included (SQLite's lock, an advisory
 * lock in PostgreSQL; UNAVAILABLE after 10 s), so fn may read first and then write.
 *
 * Readers: store_read runs fn in a read transaction (one snapshot, fixed by its first
 * statement) on a pooled connection, on the calling thread; it waits while all are taken, so fn
 * must not call store_read of the same store.
 */
struct store;
struct tx;
typedef bool store_fn(struct tx *tx, void *ctx, err *e);

typedef struct store_options {
    const char *url; /* "sqlite:PATH" or "postgresql://..." */
    bool read_only;  /* no writer; a missing database is NOT_FOUND */
    bool create;     /* make the database when it is missing */
    int readers;     /* at most, opened when needed; 0 = processors + 8 */
} store_options;

/* Opens, checks that the schema is not newer than the program, applies missing migrations
 * (unless read_only: then an older schema is refused too). Closed with the arena; nobody may be
 * inside it then. A missing database is NOT_FOUND without `create`; another program's database
 * is INVALID; migrations that were altered since are DAMAGED. No message holds the address. */
bool store_open(arena *a, const store_options *o, struct store **ret, err *e) NODISCARD;
bool store_read(struct store *s, store_fn *fn, void *ctx, err *e) NODISCARD;
bool store_write(struct store *s, store_fn *fn, void *ctx, err *e) NODISCARD;
/* Copies the SQLite database in the file `from` into a new file, as of one moment, beside whoever
 * uses it. Not for PostgreSQL, whose pg_dump does that. */
bool store_backup(const char *from, const char *to, err *e) NODISCARD;
bool store_is_postgres(const struct store *s);
/* Highest applied migration, -1 with *e when it cannot be read; what the program knows. */
int store_schema_version(struct store *s, err *e);
int store_schema_known(void);
/* Version of SQLite or of the PostgreSQL server, and bytes of the database without its
 * write-ahead log. */
bool store_about(struct store *s, arena *a, str *ret_version, int64_t *ret_bytes, err *e) NODISCARD;

/* Result rows in the arena: cell (row, col) is at[row * cols + col]. */
typedef struct rows {
    value *at;
    size_t n, cols;
} rows;

/* Statements are prepared once per connection and cached by text. Broken UNIQUE and REFERENCES
 * rules are CONFLICT, NOT NULL and CHECK are INVALID, with the column as path where the database
 * names it; a full disk, a busy database or a lost connection is UNAVAILABLE, a damaged file
 * DAMAGED. A value over 256 MiB is TOO_LARGE; text that is no UTF-8 or holds NUL, and a real
 * that is not finite, are INVALID. After a failed statement the running fn can only give up:
 * further statements are refused, as PostgreSQL would, and its changes are undone in any case. */
bool tx_exec(struct tx *t, const char *sql, const value *args, size_t n, int64_t *ret_changed,
             err *e) NODISCARD;
bool tx_query(struct tx *t, arena *a, const char *sql, const value *args, size_t n, rows *ret,
              err *e) NODISCARD;
/* First column of the first row as an integer; `dflt` when there is no row or it is null. */
bool tx_int(struct tx *t, const char *sql, const value *args, size_t n, int64_t dflt, int64_t *ret,
            err *e) NODISCARD;

/* A named statement: rooms keep theirs in one exported array, which a test prepares on both
 * stores: `const query ledger_queries[]`, used as ledger_queries[Q_HEAD].sql. */
typedef struct query {
    const char *sql;
} query;
extern const query store_queries[];
extern const size_t store_n_queries;
/* Compiles the statement without running it; for that test. */
bool tx_prepare(struct tx *t, const char *sql, err *e) NODISCARD;

#endif
