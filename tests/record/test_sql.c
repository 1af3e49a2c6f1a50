/* test_sql.c - DDL and statements as text, and run on SQLite: rows, damage, filters, pages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"
#include <sqlite3.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { COLUMNS_MAX = 40 };

static arena *a;
static err e;
static sqlite3 *db;
static const char *golden = "sample.sql"; /* the first argument */

static void run(str sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql.p, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s\n%s", why, sql.p);
}

static int open_store(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) return -1;
    run(S("PRAGMA foreign_keys = ON"));
    run(record_ddl(&place_record, a));
    run(record_ddl(&entry_record, a));
    run(record_ddl(&sample_record, a));
    run(S("INSERT INTO place (id, version, created_at, updated_at, name) VALUES (1,1,0,0,'Rome'),"
          "(7,1,0,0,'Oslo')"));
    run(S("INSERT INTO entry (id, version, created_at, updated_at) VALUES (9,1,0,0)"));
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    sqlite3_close(db);
    arena_close(a);
    return 0;
}

static sqlite3_stmt *prepare(str sql, const value *args, size_t n)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql.p, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s\n%s", sqlite3_errmsg(db), sql.p);
    assert_int_equal(sqlite3_bind_parameter_count(q), n);
    for (size_t i = 0; i < n; i++) {
        int at = sqlite3_bind_parameter_index(q, str_fmt(a, "$%zu", i + 1).p);
        assert_true(at > 0);
        if (args[i].kind == VALUE_INT) sqlite3_bind_int64(q, at, args[i].i);
        if (args[i].kind == VALUE_REAL) sqlite3_bind_double(q, at, args[i].d);
        if (args[i].kind == VALUE_TEXT)
            sqlite3_bind_text(q, at, args[i].s.p, (int)args[i].s.n, SQLITE_STATIC);
    }
    return q;
}

static value column(sqlite3_stmt *q, int i)
{
    int type = sqlite3_column_type(q, i);
    if (type == SQLITE_NULL) return V_NULL;
    if (type == SQLITE_INTEGER) return V_INT(sqlite3_column_int64(q, i));
    if (type == SQLITE_FLOAT) return V_REAL(sqlite3_column_double(q, i));
    return V_TEXT(str_dupn(a, sqlite3_column_text(q, i), (size_t)sqlite3_column_bytes(q, i)));
}

static int change(str sql, const value *args, size_t n)
{
    sqlite3_stmt *q = prepare(sql, args, n);
    int rc = sqlite3_step(q);
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? sqlite3_changes(db) : -1;
}

static sample parsed(const char *json)
{
    sample s;
    doc *d = NULL;
    label_refs l;
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, &e));
    if (!record_parse(&sample_record, d, &s, &l, a, &e)) fail_msg("%s", e.msg.p);
    return s;
}

static int insert(const sample *s)
{
    value v[COLUMNS_MAX];
    size_t n = record_n_columns(&sample_record);
    record_bind(&sample_record, s, v, a);
    return change(record_sql_insert(&sample_record, a), v, n);
}

static bool get(str sql, value key, sample *ret)
{
    sqlite3_stmt *q = prepare(sql, &key, 1);
    bool found = sqlite3_step(q) == SQLITE_ROW;
    value v[COLUMNS_MAX];
    for (int i = 0; found && i < sqlite3_column_count(q); i++)
        v[i] = column(q, i);
    sqlite3_finalize(q);
    if (found && !record_read(&sample_record, v, ret, a, &e)) fail_msg("%s", e.msg.p);
    return found;
}

static str canonical(const sample *s)
{
    return record_canonical(&sample_record, s, S("salt"), a);
}

static void test_golden(void **state)
{
    (void)state;
    str want;
    if (!file_read(a, golden, 1 << 20, &want, &e)) fail_msg("%s", e.msg.p);
    for (int i = 0; i < 2; i++)
        (void)str_cut(want, '\n', &want); /* what every file begins with */
    assert_string_equal(record_ddl(&sample_record, a).p, want.p);
    assert_string_equal(record_sql_insert(&entry_record, a).p,
                        "INSERT INTO entry (id, version, created_at, updated_at, retired_at, n) "
                        "VALUES ($1, $2, $3, $4, $5, $6)");
    assert_string_equal(record_sql_update(&entry_record, a).p,
                        "UPDATE entry SET version = $2, created_at = $3, updated_at = $4, "
                        "retired_at = $5, n = $6 WHERE id = $1 AND version = $7");
    assert_string_equal(record_sql_get(&entry_record, a).p,
                        "SELECT id, version, created_at, updated_at, retired_at, n FROM entry "
                        "WHERE id = $1");
    assert_string_equal(record_sql_some(&entry_record, 2, a).p,
                        "SELECT id, version, created_at, updated_at, retired_at, n FROM entry "
                        "WHERE id IN ($1, $2) ORDER BY id DESC");
    assert_string_equal(record_sql_by(&place_record, &place_record.fields[0], a).p,
                        "SELECT id, version, created_at, updated_at, retired_at, name FROM place "
                        "WHERE name = $1");
    assert_int_equal(record_n_columns(&sample_record), 5 + sample_record.n_fields - 2);
}

static void test_rows(void **state)
{
    (void)state;
    static const char *const docs[] = {sample_full, sample_least};
    for (size_t i = 0; i < COUNT(docs); i++) {
        sample s = parsed(docs[i]), t;
        s.head = (row_head){
            (int64_t)i + 1, 1, 1000, 2000, {0, false}
        };
        assert_int_equal(insert(&s), 1);
        assert_true(get(record_sql_get(&sample_record, a), V_INT(s.head.id), &t));
        assert_true(str_eq(s.token, t.token));
        t.places = s.places; /* links are no columns */
        t.sources = s.sources;
        assert_string_equal(canonical(&s).p, canonical(&t).p);
    }
    sample s;
    assert_true(get(record_sql_by(&sample_record, record_field(&sample_record, S("name")), a),
                    V_TEXT(S("x")), &s));
    assert_int_equal(s.head.id, 2);
    assert_false(get(record_sql_get(&sample_record, a), V_INT(3), &s));
}

static int update(const sample *s, int64_t version)
{
    value v[COLUMNS_MAX];
    size_t n = record_n_columns(&sample_record);
    record_bind(&sample_record, s, v, a);
    v[n] = V_INT(version);
    return change(record_sql_update(&sample_record, a), v, n + 1);
}

static void test_update(void **state)
{
    (void)state;
    sample s = parsed(sample_least), t;
    s.head = (row_head){
        1, 1, 0, 0, {0, false}
    };
    assert_int_equal(insert(&s), 1);
    s.head.version = 2;
    s.count = 9;
    assert_int_equal(update(&s, 1), 1);
    assert_int_equal(update(&s, 1), 0); /* stale */
    assert_true(get(record_sql_get(&sample_record, a), V_INT(1), &t));
    assert_true(t.count == 9 && t.head.version == 2);
}

/* What the store itself refuses. */
static void test_constraints(void **state)
{
    (void)state;
    sample s = parsed(sample_least);
    s.head.id = 1;
    assert_int_equal(insert(&s), 1);
    assert_int_equal(insert(&s), -1); /* id */
    s.head.id = 2;
    assert_int_equal(insert(&s), -1); /* name */
    s.name = S("y");
    s.colour = 17;
    assert_int_equal(insert(&s), -1);
    s.colour = RED;
    s.home = 55;
    assert_int_equal(insert(&s), -1);
    s.home = 0;
    assert_int_equal(insert(&s), -1);
    s.home = 7;
    assert_int_equal(insert(&s), 1);
    assert_int_equal(change(S("UPDATE sample SET live = 2"), NULL, 0), -1);
    assert_int_equal(change(S("UPDATE sample SET checked = NULL"), NULL, 0), 2);
}

/* Each column in turn holding something of a wrong kind or broken text. */
static void test_damage(void **state)
{
    (void)state;
    sample s = parsed(sample_full), t;
    value v[COLUMNS_MAX];
    const field *f;
    record_bind(&sample_record, &s, v, a);
    for (size_t i = 0, at = 0; (f = record_member(&sample_record, i)); i++) {
        if (f->type == FT_LINKS) continue;
        value kept = v[at];
        v[at] = V_BLOB(S("x"));
        assert_false(record_read(&sample_record, v, &t, a, &e));
        assert_int_equal(e.code, ERR_DAMAGED);
        assert_string_equal(e.path.p, f->name);
        v[at] = V_NULL;
        bool plain = !f->opt && (f->type == FT_INT || f->type == FT_REAL || f->type == FT_BOOL ||
                                 f->type == FT_TIME || f->type == FT_DATE || f->type == FT_MONEY);
        assert_int_equal(record_read(&sample_record, v, &t, a, &e), !plain);
        v[at] = V_TEXT(S("[3"));
        bool text = f->type == FT_TEXT || f->type == FT_LONG;
        assert_int_equal(record_read(&sample_record, v, &t, a, &e), text);
        v[at++] = kept;
    }
    assert_true(record_read(&sample_record, v, &t, a, &e));
}

static void test_read_edges(void **state)
{
    (void)state;
    sample s = parsed(sample_full), t;
    value v[COLUMNS_MAX];
    record_bind(&sample_record, &s, v, a);
    v[5] = V_TEXT(((str){NULL, 0})); /* an erased name */
    v[11] = V_INT(1);                /* a driver may give a whole real as an integer */
    assert_true(record_read(&sample_record, v, &t, a, &e));
    assert_true(t.name.p && t.name.n == 0 && t.ratio == 1.0);
}

static filter filter_of(const char *key, const char *text)
{
    filter f;
    if (!record_filter(&sample_record, str_of(key), str_of(text), &f, a, &e))
        fail_msg("%s=%s: %s", key, text, e.msg.p);
    return f;
}

/* "3 1": the ids that the list gives. */
static str ids(const filter *fs, size_t n, bool retired, int64_t below, int64_t limit)
{
    value v[8];
    for (size_t i = 0; i < n; i++)
        v[i] = fs[i].v;
    v[n] = V_INT(below);
    v[n + 1] = V_INT(limit);
    sqlite3_stmt *q = prepare(record_sql_list(&sample_record, fs, n, retired, a), v, n + 2);
    buf b = buf_open(a, 1000);
    int64_t count = 0;
    for (; sqlite3_step(q) == SQLITE_ROW; count++)
        buf_fmt(&b, "%s%lld", b.n ? " " : "", (long long)sqlite3_column_int64(q, 0));
    sqlite3_finalize(q);
    if (below != INT64_MAX || limit < 9) return buf_str(&b);
    q = prepare(record_sql_count(&sample_record, fs, n, retired, a), v, n);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int64(q, 0), count);
    sqlite3_finalize(q);
    return buf_str(&b);
}

static void add(int64_t id, const char *name, const char *patch)
{
    sample s = parsed(sample_least);
    doc *d = NULL;
    label_refs l;
    assert_true(doc_parse(a, str_of(patch), 1 << 20, &d, &e));
    if (!record_patch(&sample_record, d, &s, &l, a, &e)) fail_msg("%s", e.msg.p);
    s.name = str_of(name);
    s.head = (row_head){
        id, 1, 1000 * id, 1000 * id, {0, false}
    };
    s.head.retired_at = (opt_int){1, strcmp(name, "gone") == 0};
    assert_int_equal(insert(&s), 1);
}

/* clang-format off */
static const struct {
    const char *key, *text, *ids;
} lists[] = {
    {"name", "Loan", "1"},                {"name", "loan", ""},
    {"name_ne", "Loan", "4 3 2"},         {"name_like", "OAN", "2 1"},
    {"name_like", "%", "3"},              {"name_like", "_", "4"},
    {"name_like", "\\", ""},              {"q", "OAN", "3 2 1"},
    {"q", "secret", ""},                  {"colour", "red", "2 1"},
    {"colour_ne", "red", "4 3"},          {"mood", "", "4 2 1"},
    {"mood_ne", "", "3"},                 {"mood_ne", "red", "4 3 2 1"},
    {"mood", "blue", "3"},                {"count_gt", "2", "4 3"},
    {"count_ge", "2", "4 3 2"},           {"count_lt", "2", "1"},
    {"count_le", "2", "2 1"},             {"count", "2", "2"},
    {"id", "3", "3"},                     {"id_le", "2", "2 1"},
    {"created_at_ge", "1970-01-01T00:00:03Z", "4 3"},
    {"created_at_ge", "1970-01-02", ""},  {"version", "1", "4 3 2 1"},
    {"home", "7", "2"},                   {"home_ne", "7", "4 3 1"},
    {"groups", "staff", "4 1"},           {"groups", "a,b", "2"},
    {"groups", "b", ""},                  {"groups", "sta", ""},
    {"groups", "x\"y", "3"},              {"groups", "y", ""},
    {"groups_ne", "staff", "3 2"},        {"groups", "", ""},
    {"groups_ne", "", "4 3 2 1"},         {"hues", "red", "1"},
    {"hues", "", "4 3 2"},                {"checked", "true", "4"},
    {"checked", "false", "3"},            {"checked", "", "2 1"},
    {"starts_on", "2026-01-01", "4 3 2 1"}, {"score_ge", "0.5", "4"},
    {"code", "%_%_", "1"},
    {"newest_by", "checked", "4 3 2"},    {"newest_by", "version", "4"},
    {"newest_by", "colour,checked", "4 3 2"}, {"newest_by", "id", "4 3 2 1"},
};
/* clang-format on */

static void test_lists(void **state)
{
    (void)state;
    add(1, "Loan", "{\"count\":1,\"groups\":[\"staff\"],\"hues\":[\"red\"],\"code\":\"%_%_\"}");
    add(2, "loaner", "{\"count\":2,\"home\":7,\"groups\":[\"a,b\"],\"score\":-1}");
    add(3, "5%",
        "{\"count\":3,\"colour\":\"blue\",\"mood\":\"blue\",\"body\":\"a loan\","
        "\"checked\":false,\"groups\":[\"x\\\"y\"]}");
    add(4, "a_b",
        "{\"count\":4,\"colour\":\"green\",\"checked\":true,\"token\":\"secret\","
        "\"groups\":[\"guests\",\"staff\"],\"score\":0.5}");
    add(5, "gone", "{\"count\":5}");
    for (size_t i = 0; i < COUNT(lists); i++) {
        filter f = filter_of(lists[i].key, lists[i].text);
        str got = ids(&f, 1, false, INT64_MAX, 9);
        if (!str_eqz(got, lists[i].ids))
            fail_msg("%s=%s gives %s, not %s", lists[i].key, lists[i].text, got.p, lists[i].ids);
    }
    assert_string_equal(ids(NULL, 0, true, INT64_MAX, 9).p, "5 4 3 2 1");
    assert_string_equal(ids(NULL, 0, false, INT64_MAX, 2).p, "4 3");
    assert_string_equal(ids(NULL, 0, false, 3, 2).p, "2 1");
    filter two[] = {filter_of("count_ge", "2"), filter_of("colour_ne", "blue")};
    assert_string_equal(ids(two, 2, true, INT64_MAX, 9).p, "5 4 2");
    filter f = filter_of("retired_at_ne", "");
    assert_string_equal(ids(&f, 1, true, INT64_MAX, 9).p, "5");
}

int main(int argc, char **argv)
{
    if (argc > 1) golden = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_golden, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_rows, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_update, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_constraints, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_damage, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_read_edges, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_lists, open_store, close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
