/* shape.c - a table as the database describes it, in a form that can be compared. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "shape.h"
#include "store/driver.h"

static const char *const of_sqlite[] = {
    "SELECT name || ' ' || type || ' notnull=' || \"notnull\" || ' key=' || pk"
    " FROM pragma_table_info($1) ORDER BY name",
    "SELECT 'index unique=' || l.\"unique\" || ' ' ||"
    " (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i)"
    " FROM pragma_index_list($1) l ORDER BY 1",
    "SELECT 'reference ' || \"from\" || ' -> ' || \"table\" || '.' || \"to\""
    " FROM pragma_foreign_key_list($1) ORDER BY 1",
};

static const char *const of_postgres[] = {
    "SELECT column_name || ' ' || data_type || ' null=' || is_nullable"
    " FROM information_schema.columns WHERE table_name = $1 ORDER BY 1",
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = to_regclass($1) ORDER BY 1",
    "SELECT substr(indexdef, strpos(indexdef, ' ON ')) FROM pg_indexes WHERE tablename = $1"
    " ORDER BY 1",
};

static bool put(struct tx *t, const char *sql, const char *table, buf *b, err *e)
{
    rows r;
    value v[] = {V_TEXT(str_of(table))};
    if (!tx_query(t, b->a, sql, v, 1, &r, e)) return false;
    for (size_t i = 0; i < r.n; i++)
        buf_fmt(b, "%.*s\n", STR_ARG(r.at[i].s));
    return true;
}

/* From an opening bracket to the one that closes it; texts in quotes hold none. */
static size_t bracket(const char *p)
{
    size_t n = 0;
    for (int depth = 0; p[n];) {
        depth += p[n] == '(' ? 1 : p[n] == ')' ? -1 : 0;
        n++;
        if (depth == 0) break;
    }
    return n;
}

/* SQLite tells of its checks only in the text of the table. */
static bool put_checks(struct tx *t, const char *table, buf *b, err *e)
{
    rows r;
    value v[] = {V_TEXT(str_of(table))};
    const char *sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = $1";
    if (!tx_query(t, b->a, sql, v, 1, &r, e)) return false;
    for (const char *p = r.n ? strstr(r.at[0].s.p, "CHECK (") : NULL; p; p = strstr(p, "CHECK (")) {
        p += strlen("CHECK ");
        buf_fmt(b, "check %.*s\n", (int)bracket(p), p);
    }
    return true;
}

bool table_shape(struct tx *t, arena *a, const char *table, str *ret, err *e)
{
    bool sqlite = t->d == &store_sqlite;
    const char *const *list = sqlite ? of_sqlite : of_postgres;
    buf b = buf_open(a, 1 << 20);
    for (size_t i = 0; i < COUNT(of_sqlite); i++)
        if (!put(t, list[i], table, &b, e)) return false;
    *ret = buf_str(&b);
    if (!ret->n || !sqlite) return true;
    if (!put_checks(t, table, &b, e)) return false;
    *ret = buf_str(&b);
    return true;
}
