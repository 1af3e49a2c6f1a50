/* sql.c - a table as SQL: the DDL and the statements that both stores understand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

enum { SQL_MAX = 1 << 20 };

static const char *const sql_types[FIELD_TYPES] = {
    [FT_TEXT] = "TEXT",    [FT_LONG] = "TEXT",
    [FT_INT] = "BIGINT",   [FT_REAL] = "DOUBLE PRECISION",
    [FT_BOOL] = "BIGINT",  [FT_ENUM] = "TEXT",
    [FT_TIME] = "BIGINT",  [FT_DATE] = "BIGINT",
    [FT_MONEY] = "BIGINT", [FT_REF] = "BIGINT",
    [FT_LIST] = "TEXT",    [FT_LINKS] = "",
    [FT_JSON] = "TEXT",
};

static void put_check(const field *f, buf *b)
{
    if (f->type == FT_BOOL) buf_fmt(b, " CHECK (%s IN (0, 1))", f->name);
    if (f->type != FT_ENUM) return;
    buf_fmt(b, " CHECK (%s IN (", f->name);
    for (size_t k = 1; f->names[k]; k++)
        buf_fmt(b, "%s'%s'", k > 1 ? ", " : "", f->names[k]);
    buf_putz(b, "))");
}

static void put_column(const field *f, bool last, buf *b)
{
    bool key = f == &record_head[0];
    bool needed = f->flags & REQ || field_is_plain(f);
    buf_fmt(b, "  %s %s%s%s%s", f->name, sql_types[f->type], needed ? " NOT NULL" : "",
            key ? " PRIMARY KEY" : "", f->flags & UNIQ ? " UNIQUE" : "");
    put_check(f, b);
    if (f->type == FT_REF) buf_fmt(b, " REFERENCES %s(id)", f->target->name);
    buf_fmt(b, "%s -- %s\n", last ? "" : ",", f->doc);
}

static bool is_indexed(const field *f)
{
    bool always = f->type == FT_REF || f->type == FT_ENUM;
    return (always || f->flags & INDEX) && !(f->flags & UNIQ);
}

size_t record_n_columns(const record *r)
{
    size_t n = 0;
    const field *f;
    for (size_t i = 0; (f = record_member(r, i)); i++)
        n += field_is_column(f);
    return n;
}

/* With id behind the member a filtered page needs no sort, and with retired_at a count needs no
 * table: milliseconds instead of a third of a second at 100,000 records. */
str record_ddl(const record *r, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    const field *f;
    size_t left = record_n_columns(r);
    buf_fmt(&b, "-- %s\nCREATE TABLE %s (\n", r->doc, r->name);
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (field_is_column(f)) put_column(f, --left == 0, &b);
    buf_putz(&b, ");\n");
    for (size_t i = 0; i < r->n_fields; i++)
        if (is_indexed(&r->fields[i]))
            buf_fmt(&b, "CREATE INDEX %s_%s_ix ON %s (%s, id, retired_at);\n", r->name,
                    r->fields[i].name, r->name, r->fields[i].name);
    if (r->newest)
        buf_fmt(&b, "CREATE INDEX %s_newest_ix ON %s (%s, id, retired_at);\n", r->name, r->name,
                r->newest);
    return buf_str(&b);
}

/* "id, version, ...": the columns in their one order. */
static void put_columns(const record *r, buf *b)
{
    const field *f;
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (field_is_column(f)) buf_fmt(b, "%s%s", i ? ", " : "", f->name);
}

static void put_select(const record *r, buf *b)
{
    buf_putz(b, "SELECT ");
    put_columns(r, b);
    buf_fmt(b, " FROM %s", r->name);
}

str record_sql_insert(const record *r, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    buf_fmt(&b, "INSERT INTO %s (", r->name);
    put_columns(r, &b);
    buf_putz(&b, ") VALUES (");
    for (size_t i = 1; i <= record_n_columns(r); i++)
        buf_fmt(&b, "%s$%zu", i > 1 ? ", " : "", i);
    buf_putz(&b, ")");
    return buf_str(&b);
}

str record_sql_update(const record *r, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    const field *f;
    size_t n = 1;
    buf_fmt(&b, "UPDATE %s SET ", r->name);
    for (size_t i = 1; (f = record_member(r, i)); i++)
        if (field_is_column(f)) {
            buf_fmt(&b, "%s%s = $%zu", n > 1 ? ", " : "", f->name, n + 1);
            n++;
        }
    buf_fmt(&b, " WHERE id = $1 AND version = $%zu", n + 1);
    return buf_str(&b);
}

str record_sql_get(const record *r, arena *a)
{
    return record_sql_by(r, &record_head[0], a);
}

str record_sql_by(const record *r, const field *f, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    put_select(r, &b);
    buf_fmt(&b, " WHERE %s = $1", f->name);
    return buf_str(&b);
}

str record_sql_some(const record *r, size_t n, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    put_select(r, &b);
    buf_putz(&b, " WHERE id IN (");
    for (size_t i = 1; i <= n; i++)
        buf_fmt(&b, "%s$%zu", i > 1 ? ", " : "", i);
    buf_putz(&b, ") ORDER BY id DESC");
    return buf_str(&b);
}

static const char *const operators[] = {
    [FILTER_EQ] = "=", [FILTER_NE] = "IS DISTINCT FROM",
    [FILTER_LT] = "<", [FILTER_LE] = "<=",
    [FILTER_GT] = ">", [FILTER_GE] = ">=",
};

/* LIKE without case. lower() folds A-Z on both stores; other letters by the store's rules. */
static void put_like(const char *expr, size_t n, buf *b)
{
    buf_fmt(b, "lower(%s) LIKE lower($%zu) ESCAPE '\\'", expr, n);
}

static void put_search(const record *r, size_t n, buf *b)
{
    const char *before = "(";
    for (size_t i = 0; i < r->n_fields; i++) {
        const field *f = &r->fields[i];
        if ((f->type != FT_TEXT && f->type != FT_LONG) || f->flags & SECRET) continue;
        buf_putz(b, before);
        put_like(f->name, n, b);
        before = " OR ";
    }
    buf_putz(b, ")");
}

/* A stored list is ["a","b"]: an entry is found behind its comma, the first one's bracket
 * being read as a comma. */
static void put_member(const field *f, filter_op op, size_t n, buf *b)
{
    str list = str_fmt(b->a, "',' || substr(%s, 2)", f->name);
    if (op == FILTER_NE) buf_fmt(b, "(%s IS NULL OR NOT ", f->name);
    put_like(list.p, n, b);
    if (op == FILTER_NE) buf_putz(b, ")");
}

/* The parameter is there because every filter has one: an id to start above. */
static void put_newest(const record *r, const char *by, size_t n, buf *b)
{
    buf_fmt(b, "id IN (SELECT max(id) FROM %s WHERE retired_at IS NULL AND id > $%zu GROUP BY %s)",
            r->name, n, by);
}

static void put_condition(const record *r, const filter *x, size_t n, buf *b)
{
    const char *name = x->f ? x->f->name : x->head;
    if (!x->f && strcmp(name, "q") == 0)
        put_search(r, n, b);
    else if (x->op == FILTER_NEWEST)
        put_newest(r, x->by, n, b);
    else if (x->op == FILTER_LIKE)
        put_like(name, n, b);
    else if (x->v.kind == VALUE_NULL && x->op == FILTER_EQ)
        buf_fmt(b, "%s IS NOT DISTINCT FROM $%zu", name, n);
    else if (x->f && x->f->type == FT_LIST && x->v.kind != VALUE_NULL)
        put_member(x->f, x->op, n, b);
    else
        buf_fmt(b, "%s %s $%zu", name, operators[x->op], n);
}

/* " WHERE a = $1 AND b < $2 ..."; `below` adds the keyset's id as the next parameter. */
static void put_where(const record *r, const filter *fs, size_t n, bool with_retired, bool below,
                      buf *b)
{
    const char *before = " WHERE ";
    if (!with_retired) {
        buf_fmt(b, "%sretired_at IS NULL", before);
        before = " AND ";
    }
    for (size_t i = 0; i < n; i++, before = " AND ") {
        buf_putz(b, before);
        put_condition(r, &fs[i], i + 1, b);
    }
    if (below) buf_fmt(b, "%sid < $%zu", before, n + 1);
}

str record_sql_list(const record *r, const filter *fs, size_t n, bool with_retired, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    put_select(r, &b);
    put_where(r, fs, n, with_retired, true, &b);
    buf_fmt(&b, " ORDER BY id DESC LIMIT $%zu", n + 2);
    return buf_str(&b);
}

/* "AND status NOT IN ('closed', 'withdrawn')": names of a field table, never input. */
static void put_not_done(const field *state, str done, buf *b)
{
    if (!done.n) return;
    buf_fmt(b, " AND %s NOT IN (", state->name);
    for (const char *before = ""; done.n; before = ", ") {
        str one = str_cut(done, ' ', &done);
        buf_fmt(b, "%s'%.*s'", before, STR_ARG(one));
    }
    buf_putz(b, ")");
}

const field *record_state(const record *r)
{
    const field *f = record_field(r, S("status"));
    if (!f) f = record_field(r, S("stage"));
    return f && f->type == FT_ENUM ? f : NULL;
}

str record_sql_due(const record *r, const field *f, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    const char *name = r->label ? r->label : record_field(r, S("name")) ? "name" : "NULL";
    buf_fmt(&b, "SELECT id, %s, %s FROM %s WHERE retired_at IS NULL AND %s <= $1", name, f->name,
            r->name, f->name);
    put_not_done(record_state(r), str_of(f->done), &b);
    buf_fmt(&b, " ORDER BY %s, id LIMIT $2", f->name);
    return buf_str(&b);
}

str record_sql_count(const record *r, const filter *fs, size_t n, bool with_retired, arena *a)
{
    buf b = buf_open(a, SQL_MAX);
    buf_fmt(&b, "SELECT count(*) FROM %s", r->name);
    put_where(r, fs, n, with_retired, false, &b);
    return buf_str(&b);
}
