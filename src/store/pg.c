/* pg.c - the PostgreSQL driver: prepared statements, binary results, reconnecting, clear errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/driver.h"
#include <libpq-fe.h>

struct pg {
    struct tx tx;
    const char *url;
    bool create;
    PGconn *conn; /* NULL: not connected */
    bool closing; /* the server forgets our statements by itself */
    struct cache *cache;
    uint64_t serial;
};

typedef struct statement {
    struct pg *pg;
    char name[24];
} statement;

static struct pg *pg_of(struct tx *t)
{
    return (struct pg *)(void *)t;
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static const struct {
    const char *state; /* SQLSTATE, or its class; the first that fits counts */
    err_code code;
    const char *hint;
} states[] = {
    {"23505", ERR_CONFLICT,    "choose a value that is not taken"                         },
    {"23503", ERR_CONFLICT,    "what is pointed at must exist and stay"                   },
    {"23",    ERR_INVALID,     "give a value that the column allows"                      },
    {"22",    ERR_INVALID,     "give a value of the column's type"                        },
    {"25006", ERR_DENIED,      "a read transaction cannot be written to"                  },
    {"42501", ERR_DENIED,      "let the database's owner grant the right"                 },
    {"53100", ERR_UNAVAILABLE, "free space on the server's disk, then try again"          },
    {"53300", ERR_UNAVAILABLE, "raise max_connections on the server, or use fewer readers"},
    {"53",    ERR_UNAVAILABLE, "the server is short of something; try again later"        },
    {"54",    ERR_TOO_LARGE,   "store less in one value"                                  },
    {"55P03", ERR_UNAVAILABLE, "another process holds the database; try again"            },
    {"57",    ERR_UNAVAILABLE, "the server stopped or cancelled it; try again"            },
    {"58",    ERR_UNAVAILABLE, "check the server's disk"                                  },
    {"40",    ERR_UNAVAILABLE, "try again"                                                },
    {"08P01", ERR_INTERNAL,    "this is a defect of the program; report it"               },
    {"08",    ERR_UNAVAILABLE, "is the server running and the address right?"             },
    {"XX001", ERR_DAMAGED,     "restore the last backup"                                  },
    {"XX002", ERR_DAMAGED,     "let the database's owner run REINDEX"                     },
};

/* Whatever the server's language, the detail of a UNIQUE violation starts "... (name, x)=(". */
static str column_at_fault(const PGresult *r)
{
    const char *column = PQresultErrorField(r, PG_DIAG_COLUMN_NAME);
    if (column) return str_of(column);
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
    const char *open = detail ? strchr(detail, '(') : NULL;
    if (!open || !strstr(open, ")=(") || !state || strcmp(state, "23505") != 0) return S("");
    return (str){open + 1, strcspn(open + 1, ",)")};
}

static bool fail_lost(const struct pg *pg, err *e)
{
    str why = str_trim(str_of(pg->conn ? PQerrorMessage(pg->conn) : "not connected"));
    return err_set(e, ERR_UNAVAILABLE, S("store"), S("is the server running? try again"),
                   "the connection to PostgreSQL is lost: %.*s", STR_ARG(why));
}

static bool fail(const struct pg *pg, const PGresult *r, err *e)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (!state || PQstatus(pg->conn) != CONNECTION_OK) return fail_lost(pg, e);
    const char *msg = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    str path = column_at_fault(r);
    for (size_t i = 0; i < COUNT(states); i++)
        if (str_starts(str_of(state), str_of(states[i].state))) {
            if (states[i].code == ERR_CONFLICT && path.n)
                return err_set(e, ERR_CONFLICT, path, str_of(states[i].hint),
                               "another row already has this '%.*s'", STR_ARG(path));
            return err_set(e, states[i].code, path, str_of(states[i].hint), "%s", msg ? msg : "?");
        }
    return err_set(e, ERR_STORAGE, path, S("this is a defect of the program; report it"), "%s (%s)",
                   msg ? msg : "?", state);
}

/* Takes the result over. */
static bool done(const struct pg *pg, PGresult *r, err *e)
{
    ExecStatusType s = PQresultStatus(r);
    bool ok = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK || s == PGRES_EMPTY_QUERY;
    if (!ok) fail(pg, r, e);
    PQclear(r);
    return ok;
}

/* ---- Connection -------------------------------------------------------------------------------
 */

static void disconnect(struct pg *pg)
{
    pg->closing = true;
    cache_clear(pg->cache);
    pg->closing = false;
    PQfinish(pg->conn);
    pg->conn = NULL;
}

static void close_at_end(void *p)
{
    disconnect(p);
}

static struct tx *make(arena *a, const store_options *o, bool writer)
{
    struct pg *pg = arena_new(a, struct pg, 1);
    *pg = (struct pg){
        .tx = {.d = &store_pg, .writer = writer},
        .url = str_dup(a, str_of(o->url)).p,
        .create = o->create && writer,
        .cache = cache_new(a)
    };
    arena_defer(a, close_at_end, pg);
    return &pg->tx;
}

static void no_notice(void *p, const char *msg)
{
    (void)p, (void)msg; /* rooms below work do not log */
}

/* `other` replaces the database that the address names. */
static PGconn *dial(const char *url, const char *other)
{
    const char *const keys[] = {"connect_timeout", "fallback_application_name", "dbname",
                                "client_encoding", other ? "dbname" : NULL,     NULL};
    const char *const values[] = {"10", "aims", url, "UTF8", other, NULL};
    PGconn *c = PQconnectdbParams(keys, values, 1);
    if (c) PQsetNoticeProcessor(c, no_notice, NULL);
    return c;
}

/* lock_timeout: as SQLite's busy_timeout. Whoever made "off" the default meant no evidence. */
static const char settings[] = "SET lock_timeout = '10s'; SET standard_conforming_strings = on;"
                               "SELECT set_config('synchronous_commit', 'on', false)"
                               " WHERE current_setting('synchronous_commit') = 'off'";

static bool configure(struct pg *pg, err *e)
{
    const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return err_set(e, ERR_INVALID, S("store"), S("make the database with ENCODING 'UTF8'"),
                       "the database's encoding is %s", encoding ? encoding : "unknown");
    if (PQserverVersion(pg->conn) < 120000)
        return err_set(e, ERR_UNAVAILABLE, S("store"), S("upgrade PostgreSQL to 12 or newer"),
                       "the server is PostgreSQL %d", PQserverVersion(pg->conn) / 10000);
    return done(pg, PQexec(pg->conn, settings), e);
}

/* Byte order and ASCII lower(): text compares as it does in SQLite. */
static bool create_database(PGconn *c, const char *name, err *e)
{
    char *quoted = PQescapeIdentifier(c, name, strlen(name));
    str sql = str_fmt(e->a,
                      "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'"
                      " LC_COLLATE 'C' LC_CTYPE 'C'",
                      quoted ? quoted : "\"\"");
    PQfreemem(quoted);
    PGresult *r = PQexec(c, sql.p);
    str state = str_of(PQresultErrorField(r, PG_DIAG_SQLSTATE));
    /* Somebody else was faster: before we began (duplicate_database), or meanwhile. */
    bool there = str_eqz(state, "42P04") || str_eqz(state, "23505");
    bool ok = there || PQresultStatus(r) == PGRES_COMMAND_OK;
    if (!ok)
        err_set(e, ERR_DENIED, S("store"), S("let the server's administrator make it"),
                "the database '%s' cannot be made: %s", name, PQerrorMessage(c));
    PQclear(r);
    return ok;
}

/* Why could we not connect: the libraries' message is for people, so we ask the server. */
static bool is_missing(PGconn *admin, const char *name)
{
    PGresult *r = PQexecParams(admin, "SELECT 1 FROM pg_database WHERE datname = $1", 1, NULL,
                               (const char *const[]){name}, NULL, NULL, 0);
    bool missing = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 0;
    PQclear(r);
    return missing;
}

static bool explain(struct pg *pg, bool *ret_created, err *e)
{
    str name = str_dup(e->a, str_of(PQdb(pg->conn) ? PQdb(pg->conn) : ""));
    str why = str_trim(str_dup(e->a, str_of(PQerrorMessage(pg->conn))));
    PGconn *admin = dial(pg->url, "postgres");
    bool missing = PQstatus(admin) == CONNECTION_OK && is_missing(admin, name.p);
    if (missing && pg->create)
        *ret_created = create_database(admin, name.p, e);
    else if (missing)
        err_set(e, ERR_NOT_FOUND, S("store"), S("run 'aims init', or createdb"),
                "there is no database '%s'", name.p);
    else
        err_set(e, ERR_UNAVAILABLE, S("store"), S("is the server running and the address right?"),
                "cannot connect to PostgreSQL: %.*s", STR_ARG(why));
    PQfinish(admin);
    return *ret_created;
}

static bool connect_server(struct pg *pg, err *e)
{
    bool created = false;
    pg->conn = dial(pg->url, NULL);
    if (PQstatus(pg->conn) != CONNECTION_OK && explain(pg, &created, e)) {
        PQfinish(pg->conn);
        pg->conn = dial(pg->url, NULL);
    }
    bool up = PQstatus(pg->conn) == CONNECTION_OK;
    if (created && !up) fail_lost(pg, e);
    if (up && configure(pg, e)) return true;
    disconnect(pg);
    return false;
}

/* ---- Statements --------------------------------------------------------------------------------
 */

enum { /* pg_type.oid */
       OID_BOOL = 16,
       OID_BYTEA = 17,
       OID_NAME = 19,
       OID_INT8 = 20,
       OID_INT2 = 21,
       OID_INT4 = 23,
       OID_TEXT = 25,
       OID_FLOAT8 = 701,
       OID_VARCHAR = 1043
};

/* Result types whose binary form we read; sum(BIGINT), for one, must be cast to BIGINT. */
static bool is_known(Oid type)
{
    static const Oid known[] = {OID_BOOL, OID_BYTEA, OID_NAME,   OID_INT8,   OID_INT2,
                                OID_INT4, OID_TEXT,  OID_FLOAT8, OID_VARCHAR};
    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i] == type) return true;
    return false;
}

static bool check_types(const struct pg *pg, PGresult *r, err *e)
{
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || fail(pg, r, e);
    for (int i = 0; ok && i < PQnfields(r); i++)
        if (!is_known(PQftype(r, i)))
            ok = err_set(e, ERR_INTERNAL, S(""),
                         S("CAST the column to a type that both stores have"),
                         "column %d has the type with oid %u", i + 1, PQftype(r, i));
    PQclear(r);
    return ok;
}

static void deallocate(void *p)
{
    statement *s = p;
    if (s->pg->closing) return;
    char sql[48];
    snprintf(sql, sizeof sql, "DEALLOCATE %s", s->name);
    PQclear(PQexec(s->pg->conn, sql));
}

/* Types of parameters come from the text alone, so that one text is one plan whatever is bound. */
static bool find(struct pg *pg, const char *sql, statement **ret, err *e)
{
    *ret = cache_get(pg->cache, str_of(sql));
    if (*ret) return true;
    arena *own = arena_open();
    statement *s = arena_new(own, statement, 1);
    s->pg = pg;
    snprintf(s->name, sizeof s->name, "s%llu", (unsigned long long)++pg->serial);
    bool ok = done(pg, PQprepare(pg->conn, s->name, sql, 0, NULL), e);
    if (ok) arena_defer(own, deallocate, s);
    ok = ok && check_types(pg, PQdescribePrepared(pg->conn, s->name), e);
    if (!ok) {
        arena_close(own);
        return err_prefix(e, "preparing \"%.200s\"", sql);
    }
    cache_put(pg->cache, str_of(sql), own, s);
    *ret = s;
    return true;
}

/* Blobs travel as bytes, the rest as text, which the server reads as whatever type it inferred. */
typedef struct bound {
    const char **at;
    int *lengths, *formats;
} bound;

static bound bind(arena *a, const value *args, size_t n)
{
    bound b = {arena_new(a, const char *, n + 1), arena_new(a, int, n + 1),
               arena_new(a, int, n + 1)};
    for (size_t i = 0; i < n; i++) {
        const value *v = &args[i];
        if (v->kind == VALUE_INT) b.at[i] = str_fmt(a, "%lld", (long long)v->i).p;
        if (v->kind == VALUE_REAL) b.at[i] = str_fmt(a, "%.17g", v->d).p;
        if (v->kind == VALUE_TEXT) b.at[i] = str_dup(a, v->s).p;
        if (v->kind == VALUE_BLOB) {
            b.at[i] = v->s.p ? v->s.p : "";
            b.lengths[i] = (int)v->s.n;
            b.formats[i] = 1;
        }
    }
    return b;
}

/* Binary integers are big-endian. */
static uint64_t big_endian(const char *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

static value cell(const PGresult *r, int row, int col, arena *a)
{
    if (PQgetisnull(r, row, col)) return V_NULL;
    const char *p = PQgetvalue(r, row, col);
    int n = PQgetlength(r, row, col);
    switch (PQftype(r, col)) {
    case OID_BOOL:
        return V_INT(p[0] != 0);
    case OID_INT2:
        return V_INT((int16_t)big_endian(p, 2));
    case OID_INT4:
        return V_INT((int32_t)big_endian(p, 4));
    case OID_INT8:
        return V_INT((int64_t)big_endian(p, 8));
    case OID_BYTEA:
        return V_BLOB(str_dupn(a, p, (size_t)n));
    case OID_FLOAT8: {
        uint64_t bits = big_endian(p, 8);
        value v = V_REAL(0);
        memcpy(&v.d, &bits, sizeof bits);
        return v;
    }
    default:
        return V_TEXT(str_dupn(a, p, (size_t)n));
    }
}

static void read_rows(const PGresult *r, arena *a, rows *ret)
{
    int cols = PQnfields(r);
    row_sink sink = {.a = a, .ret = ret};
    *ret = (rows){.cols = (size_t)cols};
    for (int row = 0; row < PQntuples(r); row++) {
        value *at = row_sink_next(&sink, (size_t)cols);
        for (int i = 0; i < cols; i++)
            at[i] = cell(r, row, i, a);
    }
}

/* "INSERT 0 3" -> 3; a SELECT changes nothing. */
static int64_t changed(PGresult *r)
{
    int64_t n = 0;
    bool counts = PQresultStatus(r) == PGRES_COMMAND_OK || PQnfields(r) > 0;
    if (!counts || str_starts(str_of(PQcmdStatus(r)), S("SELECT"))) return 0;
    return str_int(str_of(PQcmdTuples(r)), &n) ? n : 0;
}

static bool run(struct tx *t, arena *a, const char *sql, const value *args, size_t n,
                rows *ret_rows, int64_t *ret_changed, err *e)
{
    struct pg *pg = pg_of(t);
    statement *s = NULL;
    if (!pg->conn) return fail_lost(pg, e);
    if (!find(pg, sql, &s, e)) return false;
    arena *scratch = arena_open();
    bound b = bind(scratch, args, n);
    PGresult *r = PQexecPrepared(pg->conn, s->name, (int)n, b.at, b.lengths, b.formats, 1);
    arena_close(scratch);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
    if (!ok) fail(pg, r, e);
    if (ok && ret_rows) read_rows(r, a, ret_rows);
    if (ok && ret_changed) *ret_changed = changed(r);
    PQclear(r);
    return ok;
}

static bool prepare(struct tx *t, const char *sql, err *e)
{
    statement *s = NULL;
    return find(pg_of(t), sql, &s, e);
}

/* ---- Transactions
 * -------------------------------------------------------------------------------- */

/* One writer at a time in the whole database, as in SQLite: reading before writing is then safe
 * at READ COMMITTED, and the ledger's order is the order of commits. The key is "aims". */
static const char begin_write[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
                                  "SELECT pg_advisory_xact_lock(1634299251)";
static const char begin_read[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

static void rollback(struct tx *t)
{
    struct pg *pg = pg_of(t);
    if (!pg->conn) return;
    if (PQstatus(pg->conn) == CONNECTION_OK && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        PQclear(PQexec(pg->conn, "ROLLBACK"));
    if (PQstatus(pg->conn) != CONNECTION_OK || PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        disconnect(pg);
}

/* An idle connection may have died long ago; nothing is lost by a second try. */
static bool begin(struct tx *t, err *e)
{
    struct pg *pg = pg_of(t);
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!pg->conn && !connect_server(pg, e)) return false;
        if (done(pg, PQexec(pg->conn, t->writer ? begin_write : begin_read), e)) return true;
        rollback(t);
        if (pg->conn) return false; /* alive: the server has refused */
    }
    return false;
}

static bool commit(struct tx *t, err *e)
{
    struct pg *pg = pg_of(t);
    if (!pg->conn) return fail_lost(pg, e);
    PGresult *r = PQexec(pg->conn, "COMMIT");
    /* A failed transaction "commits" with the tag ROLLBACK and no error. */
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK && str_eqz(str_of(PQcmdStatus(r)), "COMMIT");
    if (!ok && PQstatus(pg->conn) != CONNECTION_OK)
        err_set(e, ERR_UNAVAILABLE, S("store"), S("look whether it was stored before trying again"),
                "the connection was lost during the commit: whether it was stored is unknown");
    else if (!ok && PQresultStatus(r) == PGRES_COMMAND_OK)
        err_set(e, ERR_STORAGE, S("store"), S("try again"), "the transaction was rolled back");
    else if (!ok)
        fail(pg, r, e);
    PQclear(r);
    return ok;
}

static bool in_transaction(struct tx *t)
{
    struct pg *pg = pg_of(t);
    PGTransactionStatusType s = pg->conn ? PQtransactionStatus(pg->conn) : PQTRANS_UNKNOWN;
    return s == PQTRANS_INTRANS || s == PQTRANS_INERROR;
}

static bool script(struct tx *t, const char *sql, err *e)
{
    struct pg *pg = pg_of(t);
    return pg->conn ? done(pg, PQexec(pg->conn, sql), e) : fail_lost(pg, e);
}

const driver store_pg = {
    .make = make,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .script = script,
    .run = run,
    .prepare = prepare,
    .in_transaction = in_transaction,
    .has_table = "SELECT count(*) FROM pg_tables"
                 " WHERE schemaname = current_schema() AND tablename = $1",
    .count_tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()",
    .about = "SELECT current_setting('server_version'), pg_database_size(current_database())",
};
