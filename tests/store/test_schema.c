/* test_schema.c - sql/ is what the field tables say; every statement compiles on both stores. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "all_queries.h"
#include "help.h"
#include "register/register.h"
#include "shape.h"

/* ---- Drift ------------------------------------------------------------------------------------
 */

struct look {
    const char *table;
    arena *a;
    str shape;
};

static bool look(struct tx *t, void *ctx, err *e)
{
    struct look *x = ctx;
    return table_shape(t, x->a, x->table, &x->shape, e);
}

static str shape_of(struct store *s, arena *a, const char *table)
{
    err e = ERR_IN(a);
    struct look x = {.table = table, .a = a};
    MUST(store_read(s, look, &x, &e), e);
    return x.shape;
}

/* A store with nothing but what the field tables print. */
static struct store *from_tables(arena *a)
{
    err e = ERR_IN(a);
    struct store *s = NULL;
    buf ddl = buf_open(a, 8 << 20);
    for (size_t i = 0; i < register_n_records; i++)
        buf_put(&ddl, record_ddl(register_records[i], a));
    migration all[] = {
        {1, "all", buf_str(&ddl)}
    };
    str url = fresh_url(a);
    MUST(store_open_with(a, &(store_options){.url = url.p, .create = true}, all, 1, &s, &e), e);
    return s;
}

static void test_no_drift(void **state)
{
    (void)state;
    arena *a = arena_open();
    struct store *want = from_tables(a), *have = fresh_store(a);
    for (size_t i = 0; i < register_n_records; i++) {
        const char *table = register_records[i]->name;
        str w = shape_of(want, a, table), h = shape_of(have, a, table);
        assert_true(w.n > 0);
        if (!str_eq(w, h))
            fail_msg("sql/ has drifted from the field table of '%s'; migrations give\n%sthe field"
                     " table says\n%s",
                     table, h.p, w.p);
    }
    arena_close(a);
}

/* The comparison must see every kind of difference. */
static void test_drift_is_seen(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s, "CREATE TABLE up (id BIGINT NOT NULL PRIMARY KEY)", &e), e);
    const char *const columns[] = {
        "a BIGINT NOT NULL CHECK (a IN (0, 1))",
        "b BIGINT NOT NULL CHECK (b IN (0, 1))",
        "a TEXT NOT NULL CHECK (a IN (0, 1))",
        "a BIGINT CHECK (a IN (0, 1))",
        "a BIGINT NOT NULL CHECK (a IN (0, 2))",
        "a BIGINT NOT NULL UNIQUE CHECK (a IN (0, 1))",
        "a BIGINT NOT NULL REFERENCES up (id) CHECK (a IN (0, 1))",
    };
    str shapes[COUNT(columns)];
    size_t n = 0;
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (i == 2 && on_postgres()) continue; /* compares text and number: refused there */
        MUST(do_sql(s, str_fmt(a, "CREATE TABLE x (%s)", columns[i]).p, &e), e);
        shapes[n] = shape_of(s, a, "x");
        for (size_t k = 0; k < n; k++)
            if (str_eq(shapes[k], shapes[n])) fail_msg("looks the same: %s", columns[i]);
        n++;
        MUST(do_sql(s, "DROP TABLE x", &e), e);
    }
    MUST(do_sql(s, str_fmt(a, "CREATE TABLE x (%s)", columns[0]).p, &e), e);
    assert_true(str_eq(shape_of(s, a, "x"), shapes[0]));
    MUST(do_sql(s, "CREATE INDEX x_a ON x (a)", &e), e);
    assert_false(str_eq(shape_of(s, a, "x"), shapes[0]));
    arena_close(a);
}

/* ---- Statements --------------------------------------------------------------------------------
 */

/* Each in a transaction of its own, so that one failure does not hide the next. */
static bool prepare(struct tx *t, void *ctx, err *e)
{
    return tx_prepare(t, ctx, e);
}

static size_t prepare_one(struct store *s, const char *what, const char *sql)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    bool ok = sql && store_read(s, prepare, (void *)(intptr_t)sql, &e);
    if (!ok) print_error("%s: %s\n", what, sql ? e.msg.p : "no text");
    arena_close(a);
    return !ok;
}

static void test_fixed(void **state)
{
    (void)state;
    arena *a = arena_open();
    struct store *s = fresh_store(a);
    size_t bad = 0, n = 0;
    for (size_t i = 0; i < n_all_queries; i++)
        for (size_t k = 0; k < *all_queries[i].n; k++, n++)
            bad += prepare_one(s, all_queries[i].room, all_queries[i].at[k].sql);
    assert_true(n >= store_n_queries);
    assert_int_equal(bad, 0);
    arena_close(a);
}

static const char *sample(const field *f)
{
    switch (f->type) {
    case FT_TIME:
        return "2026-01-01T00:00:00Z";
    case FT_DATE:
        return "2026-01-01";
    case FT_BOOL:
        return "true";
    case FT_ENUM:
        return f->names[1];
    case FT_LIST:
        return f->names ? f->names[1] : "x";
    case FT_TEXT:
    case FT_LONG:
    case FT_JSON:
        return "x";
    case FT_INT:
    case FT_REAL:
    case FT_MONEY:
    case FT_REF:
    case FT_LINKS:
        break;
    }
    return "1";
}

static const char *const suffixes[] = {"", "_ne", "_lt", "_le", "_gt", "_ge", "_like"};

/* Every filter that the type takes, with a value and with absence. Returns how many are bad. */
static size_t prepare_filters(struct store *s, arena *a, const record *r, const field *f, size_t *n)
{
    size_t bad = 0;
    for (size_t i = 0; i < 2 * COUNT(suffixes); i++) {
        err e = ERR_IN(a);
        filter x;
        str key = str_fmt(a, "%s%s", f->name, suffixes[i / 2]);
        str text = i % 2 ? S("") : str_of(sample(f));
        if (!record_filter(r, key, text, &x, a, &e)) continue;
        bad += prepare_one(s, r->name, record_sql_list(r, &x, 1, i % 3 == 0, a).p);
        bad += prepare_one(s, r->name, record_sql_count(r, &x, 1, i % 3 != 0, a).p);
        ++*n;
    }
    return bad;
}

static size_t prepare_record(struct store *s, arena *a, const record *r, size_t *n)
{
    size_t bad = 0;
    const field *f;
    err e = ERR_IN(a);
    filter q;
    bad += prepare_one(s, r->name, record_sql_insert(r, a).p);
    bad += prepare_one(s, r->name, record_sql_update(r, a).p);
    bad += prepare_one(s, r->name, record_sql_get(r, a).p);
    bad += prepare_one(s, r->name, record_sql_some(r, 4, a).p);
    bad += prepare_one(s, r->name, record_sql_list(r, NULL, 0, false, a).p);
    bad += prepare_one(s, r->name, record_sql_count(r, NULL, 0, true, a).p);
    MUST(record_filter(r, S("q"), S("x"), &q, a, &e), e);
    bad += prepare_one(s, r->name, record_sql_list(r, &q, 1, false, a).p);
    MUST(record_filter(r, S("newest_by"), S("version,created_at"), &q, a, &e), e);
    bad += prepare_one(s, r->name, record_sql_list(r, &q, 1, false, a).p);
    for (size_t i = 0; (f = record_member(r, i)); i++) {
        if (f->done) bad += prepare_one(s, r->name, record_sql_due(r, f, a).p);
        if (f->flags & UNIQ) bad += prepare_one(s, r->name, record_sql_by(r, f, a).p);
        bad += prepare_filters(s, a, r, f, n);
    }
    return bad;
}

static void test_records(void **state)
{
    (void)state;
    arena *a = arena_open();
    struct store *s = fresh_store(a);
    size_t bad = 0, filters = 0;
    for (size_t i = 0; i < register_n_records; i++)
        bad += prepare_record(s, a, register_records[i], &filters);
    assert_true(filters >= register_n_records * 10);
    assert_int_equal(bad, 0);
    arena_close(a);
}

/* What only one of the stores takes, or both differently, must not pass. */
static void test_bad_statements(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    const char *const bad[] = {"SELEKT 1", "SELECT nothing FROM nowhere",
                               "SELECT \"no such column\" FROM log_head"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(store_read(s, prepare, (void *)(intptr_t)bad[i], &e));
    const char *sum = "SELECT sum(size) FROM log_head"; /* NUMERIC in PostgreSQL */
    assert_int_equal(store_read(s, prepare, (void *)(intptr_t)sum, &e), !on_postgres());
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_drift),       cmocka_unit_test(test_drift_is_seen),
        cmocka_unit_test(test_fixed),          cmocka_unit_test(test_records),
        cmocka_unit_test(test_bad_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
