/* sqlite.c - the SQLite driver: WAL, synchronous FULL, errors with the column at fault. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/driver.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

enum { BUSY_MS = 10000, WAL_PAUSE_MS = 5 };

struct lite {
    struct tx tx;
    const char *path;
    bool read_only, create;
    sqlite3 *db;
    struct cache *cache;
};

static struct lite *lite_of(struct tx *t)
{
    return (struct lite *)(void *)t;
}

/* ---- Errors -------------------------------------------------------------------------------- */

static const struct {
    int rc; /* extended codes come before their primary code */
    err_code code;
    const char *hint;
} codes[] = {
    {SQLITE_CONSTRAINT_UNIQUE,     ERR_CONFLICT,    "choose a value that is not taken"               },
    {SQLITE_CONSTRAINT_PRIMARYKEY, ERR_CONFLICT,    "choose a value that is not taken"               },
    {SQLITE_CONSTRAINT_ROWID,      ERR_CONFLICT,    "choose a value that is not taken"               },
    {SQLITE_CONSTRAINT_FOREIGNKEY, ERR_CONFLICT,    "what is pointed at must exist and stay"         },
    {SQLITE_CONSTRAINT,            ERR_INVALID,     "give a value that the column allows"            },
    {SQLITE_MISMATCH,              ERR_INVALID,     "give a value of the column's type"              },
    {SQLITE_TOOBIG,                ERR_TOO_LARGE,   "store less in one value"                        },
    {SQLITE_FULL,                  ERR_UNAVAILABLE, "free space on the disk, then try again"         },
    {SQLITE_IOERR_CORRUPTFS,       ERR_DAMAGED,     "restore the last backup"                        },
    {SQLITE_IOERR,                 ERR_UNAVAILABLE, "check the disk and its free space"              },
    {SQLITE_BUSY,                  ERR_UNAVAILABLE, "another process holds the database; try again"  },
    {SQLITE_LOCKED,                ERR_UNAVAILABLE, "another process holds the database; try again"  },
    {SQLITE_NOMEM,                 ERR_UNAVAILABLE, "free memory, then try again"                    },
    {SQLITE_CANTOPEN,              ERR_UNAVAILABLE, "check the directory, its owner and its mode"    },
    {SQLITE_PERM,                  ERR_DENIED,      "check owner and mode of the database"           },
    {SQLITE_READONLY,              ERR_DENIED,      "a read transaction or file cannot be written to"},
    {SQLITE_CORRUPT,               ERR_DAMAGED,     "run 'aims doctor' and restore the last backup"  },
    {SQLITE_NOTADB,                ERR_DAMAGED,     "this is no SQLite database; check the path"     },
};

/* "UNIQUE constraint failed: t.name, t.x" -> "name"; a CHECK names no column. */
static str column_at_fault(const char *msg)
{
    const char *colon = strstr(msg, "failed: ");
    const char *dot = colon ? strchr(colon, '.') : NULL;
    if (!dot) return S("");
    return (str){dot + 1, strcspn(dot + 1, ", ")};
}

static bool fail(struct lite *l, int rc, err *e)
{
    const char *msg = l->db ? sqlite3_errmsg(l->db) : sqlite3_errstr(rc);
    str path = (rc & 0xff) == SQLITE_CONSTRAINT ? column_at_fault(msg) : S("");
    for (size_t i = 0; i < COUNT(codes); i++)
        if (codes[i].rc == rc || codes[i].rc == (rc & 0xff)) {
            bool taken = codes[i].code == ERR_CONFLICT && path.n;
            if (taken)
                return err_set(e, ERR_CONFLICT, path, str_of(codes[i].hint),
                               "another row already has this '%.*s'", STR_ARG(path));
            return err_set(e, codes[i].code, path, str_of(codes[i].hint), "%s", msg);
        }
    return err_set(e, ERR_STORAGE, S(""), S("this is a defect of the program; report it"), "%s",
                   msg);
}

/* ---- Connection ----------------------------------------------------------------------------- */

static void disconnect(struct lite *l)
{
    cache_clear(l->cache);
    sqlite3_close(l->db);
    l->db = NULL;
}

static void close_at_end(void *p)
{
    disconnect(p);
}

static struct tx *make(arena *a, const store_options *o, bool writer)
{
    struct lite *l = arena_new(a, struct lite, 1);
    *l = (struct lite){
        .tx = {.d = &store_sqlite, .writer = writer},
        .path = str_dup(a, str_of(o->url + strlen("sqlite:"))).p,
        .read_only = o->read_only,
        .create = o->create && writer,
        .cache = cache_new(a)
    };
    arena_defer(a, close_at_end, l);
    return &l->tx;
}

/* SQLite would make the file readable for everybody; -wal and -shm take its mode over. */
static bool make_file(struct lite *l, err *e)
{
    int fd = open(l->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST || err_errno(e, errno, str_of(l->path), "cannot make the database");
    close(fd);
    return true;
}

static int want_wal(void *p, int n, char **columns, char **names)
{
    (void)names;
    *(bool *)p = n == 1 && columns[0] && strcmp(columns[0], "wal") == 0;
    return 0;
}

static const char settings[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA journal_size_limit = 67108864;" /* after a long reader */
                               "PRAGMA secure_delete = ON;" /* what is erased is overwritten */
                               "PRAGMA case_sensitive_like = ON;"; /* as in PostgreSQL */

/* Two who switch a new database at once would wait for each other, so SQLite tells one of them at
 * once that it is busy, whatever its timeout: whoever was second finds it switched. */
static int switch_to_wal(struct lite *l, bool *ret_wal)
{
    int rc;
    for (int waited = 0;; waited += WAL_PAUSE_MS) {
        rc = sqlite3_exec(l->db, "PRAGMA journal_mode = WAL", want_wal, ret_wal, NULL);
        if ((rc & 0xff) != SQLITE_BUSY || waited >= BUSY_MS) return rc;
        sqlite3_sleep(WAL_PAUSE_MS);
    }
}

static bool configure(struct lite *l, err *e)
{
    bool wal = false;
    sqlite3_extended_result_codes(l->db, 1);
    sqlite3_busy_timeout(l->db, BUSY_MS);
    sqlite3_limit(l->db, SQLITE_LIMIT_ATTACHED, 0);
    /* "x" must never quietly become the text 'x'. */
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    int rc = switch_to_wal(l, &wal);
    if (rc == SQLITE_OK && !wal && !l->read_only)
        return err_set(e, ERR_UNAVAILABLE, str_of(l->path), S("put the data on a local disk"),
                       "'%s' cannot be kept in WAL mode", l->path);
    if (rc == SQLITE_OK) rc = sqlite3_exec(l->db, settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK && !l->tx.writer)
        rc = sqlite3_exec(l->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
    return rc == SQLITE_OK || fail(l, sqlite3_extended_errcode(l->db), e);
}

/* Counting every byte that SQLite allocates takes a lock each time; nobody reads the counts. */
static pthread_once_t counting = PTHREAD_ONCE_INIT;
static void stop_counting(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool connect_file(struct lite *l, err *e)
{
    if (l->create && !make_file(l, e)) return false;
    if (!file_exists(l->path))
        return err_set(e, ERR_NOT_FOUND, str_of(l->path), S("check the path, or run 'aims init'"),
                       "there is no database '%s'", l->path);
    pthread_once(&counting, stop_counting);
    int flags = l->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc = sqlite3_open_v2(l->path, &l->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = rc == SQLITE_OK ? configure(l, e) : fail(l, rc, e);
    if (ok) return true;
    disconnect(l);
    return err_prefix(e, "database '%s'", l->path);
}

/* ---- Statements ------------------------------------------------------------------------------ */

static void finalize(void *p)
{
    sqlite3_finalize(p);
}

static bool find(struct lite *l, const char *sql, sqlite3_stmt **ret, err *e)
{
    *ret = cache_get(l->cache, str_of(sql));
    if (*ret) return true;
    arena *own = arena_open();
    str text = sql_for_sqlite(own, sql);
    int rc =
        sqlite3_prepare_v3(l->db, text.p, (int)text.n + 1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
    if (rc != SQLITE_OK || !*ret) {
        fail(l, rc, e);
        arena_close(own);
        return err_prefix(e, "preparing \"%.200s\"", sql);
    }
    arena_defer(own, finalize, *ret);
    cache_put(l->cache, str_of(sql), own, *ret);
    return true;
}

static int bind(sqlite3_stmt *s, int at, const value *v)
{
    switch (v->kind) {
    case VALUE_INT:
        return sqlite3_bind_int64(s, at, v->i);
    case VALUE_REAL:
        return sqlite3_bind_double(s, at, v->d);
    case VALUE_TEXT:
        return sqlite3_bind_text64(s, at, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB:
        return v->s.n ? sqlite3_bind_blob64(s, at, v->s.p, v->s.n, SQLITE_STATIC)
                      : sqlite3_bind_zeroblob(s, at, 0);
    case VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(s, at);
}

static value cell(sqlite3_stmt *s, int col, arena *a)
{
    switch (sqlite3_column_type(s, col)) {
    case SQLITE_INTEGER:
        return V_INT(sqlite3_column_int64(s, col));
    case SQLITE_FLOAT:
        return V_REAL(sqlite3_column_double(s, col));
    case SQLITE_NULL:
        return V_NULL;
    case SQLITE_TEXT: {
        const void *p = sqlite3_column_text(s, col);
        return V_TEXT(str_dupn(a, p, (size_t)sqlite3_column_bytes(s, col)));
    }
    default:
        break;
    }
    const void *p = sqlite3_column_blob(s, col);
    return V_BLOB(str_dupn(a, p ? p : "", (size_t)sqlite3_column_bytes(s, col)));
}

static int step_all(sqlite3_stmt *s, arena *a, rows *ret)
{
    row_sink sink = {.a = a, .ret = ret};
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!ret) continue;
        int cols = sqlite3_column_count(s);
        value *at = row_sink_next(&sink, (size_t)cols);
        for (int i = 0; i < cols; i++)
            at[i] = cell(s, i, a);
    }
    return rc;
}

static bool run(struct tx *t, arena *a, const char *sql, const value *args, size_t n,
                rows *ret_rows, int64_t *ret_changed, err *e)
{
    struct lite *l = lite_of(t);
    sqlite3_stmt *s = NULL;
    if (!find(l, sql, &s, e)) return false;
    if ((size_t)sqlite3_bind_parameter_count(s) != n)
        return err_set(e, ERR_INTERNAL, S(""), S(""), "%d parameters wanted, %zu given: \"%.200s\"",
                       sqlite3_bind_parameter_count(s), n, sql);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
        rc = bind(s, (int)i + 1, &args[i]);
    if (ret_rows) *ret_rows = (rows){.cols = (size_t)sqlite3_column_count(s)};
    if (rc == SQLITE_OK) rc = step_all(s, a, ret_rows);
    bool ok = rc == SQLITE_DONE || fail(l, rc, e);
    if (ok && ret_changed) *ret_changed = sqlite3_stmt_readonly(s) ? 0 : sqlite3_changes64(l->db);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return ok;
}

static bool prepare(struct tx *t, const char *sql, err *e)
{
    sqlite3_stmt *s = NULL;
    return find(lite_of(t), sql, &s, e);
}

/* ---- Transactions -----------------------------------------------------------------------------
 */

static bool begin(struct tx *t, err *e)
{
    struct lite *l = lite_of(t);
    if (!l->db && !connect_file(l, e)) return false;
    return run(t, NULL, t->writer && !l->read_only ? "BEGIN IMMEDIATE" : "BEGIN", NULL, 0, NULL,
               NULL, e);
}

static bool commit(struct tx *t, err *e)
{
    return run(t, NULL, "COMMIT", NULL, 0, NULL, NULL, e);
}

static bool in_transaction(struct tx *t)
{
    struct lite *l = lite_of(t);
    return l->db && !sqlite3_get_autocommit(l->db);
}

/* A file that failed or is damaged is opened anew next time: its caches may be wrong. */
static void rollback(struct tx *t)
{
    struct lite *l = lite_of(t);
    if (!in_transaction(t)) return;
    if (sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) disconnect(l);
}

/* A number as primary key is the row's own number only if its type reads INTEGER
 * (sqlite.org/lang_createtable.html#rowid); else SQLite keeps a second tree beside the table. */
static str with_rowids(arena *a, str sql)
{
    static const char from[] = "BIGINT",
                      keys[][32] = {"BIGINT PRIMARY KEY", "BIGINT NOT NULL PRIMARY KEY"};
    buf b = buf_open(a, 2 * sql.n + 1);
    for (size_t i = 0; i < sql.n; i++) {
        str rest = str_sub(sql, i, sql.n);
        bool key = false;
        for (size_t k = 0; k < COUNT(keys); k++)
            key |= str_starts(rest, str_of(keys[k]));
        if (key) {
            buf_putz(&b, "INTEGER");
            i += sizeof from - 2;
        } else {
            buf_putc(&b, sql.p[i]);
        }
    }
    return buf_str(&b);
}

static bool script(struct tx *t, const char *sql, err *e)
{
    struct lite *l = lite_of(t);
    const char *text = strstr(sql, "BIGINT") ? with_rowids(e->a, str_of(sql)).p : sql;
    int rc = sqlite3_exec(l->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK || fail(l, rc, e);
}

const driver store_sqlite = {
    .make = make,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .script = script,
    .run = run,
    .prepare = prepare,
    .in_transaction = in_transaction,
    .has_table = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
    .count_tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    .about = "SELECT sqlite_version(), page_count * page_size"
             " FROM pragma_page_count(), pragma_page_size()",
};

/* ---- Copies ------------------------------------------------------------------------------- */

/* VACUUM INTO reads one snapshot, the write-ahead log included (sqlite.org/lang_vacuum.html). */
static bool vacuum_into(sqlite3 *db, const char *to)
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &s, NULL) == SQLITE_OK &&
              sqlite3_bind_text(s, 1, to, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    return ok;
}

/* The copy must open like any other of our databases, for reading too. */
static bool into_wal(const char *path)
{
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return ok;
}

bool store_backup(const char *from, const char *to, err *e)
{
    sqlite3 *db = NULL;
    /* Made here because of its mode; SQLite takes an empty file. */
    int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return err_errno(e, errno, str_of(to), "cannot make the copy");
    int rc = sqlite3_open_v2(from, &db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK) sqlite3_busy_timeout(db, 10000);
    bool ok = rc == SQLITE_OK && vacuum_into(db, to) && into_wal(to) && fsync(fd) == 0;
    if (!ok)
        err_set(e, ERR_UNAVAILABLE, str_of(from), S("check the disk and its free space"),
                "the database cannot be copied: %s", sqlite3_errmsg(db));
    sqlite3_close(db);
    close(fd);
    return ok;
}
