/* test_store.c - opening, statements, values, errors and transactions, the same on both stores. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char make_t[] = "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY,"
                             " name TEXT NOT NULL UNIQUE, x DOUBLE PRECISION CHECK (x < 10),"
                             " raw BYTEA, up BIGINT REFERENCES t (id))";

struct put {
    value v[5];
    int64_t changed;
};

static bool put(struct tx *t, void *ctx, err *e)
{
    struct put *p = ctx;
    return tx_exec(t, "INSERT INTO t (id, name, x, raw, up) VALUES ($1, $2, $3, $4, $5)", p->v, 5,
                   &p->changed, e);
}

static struct put row(int64_t id, const char *name)
{
    return (struct put){
        .v = {V_INT(id), V_TEXT(str_of(name)), V_NULL, V_NULL, V_NULL}
    };
}

/* ---- Values --------------------------------------------------------------------------------- */

static bool same(const value *x, const value *y)
{
    return x->kind == y->kind && x->i == y->i && memcmp(&x->d, &y->d, sizeof x->d) == 0 &&
           str_eq(x->s, y->s);
}

struct round_trip {
    struct put p;
    rows got;
};

static bool round_trip(struct tx *t, void *ctx, err *e)
{
    struct round_trip *r = ctx;
    value id = r->p.v[0];
    return put(t, &r->p, e) && tx_query(t, e->a, "SELECT id, name, x, raw, up FROM t WHERE id = $1",
                                        &id, 1, &r->got, e);
}

static void test_values(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s, make_t, &e), e);
    const value cases[][4] = {
        {V_INT(INT64_MAX), V_TEXT(S("")),                        V_REAL(0.1),        V_BLOB(S("\0\xff\\x41'"))},
        {V_INT(INT64_MIN), V_TEXT(S("z\xc3\xa9 '\"$1 \\ %s\n")), V_REAL(-0x1p-1074), V_BLOB(S(""))            },
        {V_INT(0),         V_TEXT(S("12")),                      V_NULL,             V_NULL                   },
        {V_INT(-1),        V_TEXT(S("x")),                       V_REAL(-1e308),     V_BLOB(S("\\x00"))       },
        {V_INT(7),         V_TEXT(S("y")),                       V_REAL(3),          V_BLOB(S("7"))           },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct round_trip r = {.p = row(0, "")};
        memcpy(r.p.v, cases[i], sizeof cases[i]);
        MUST(store_write(s, round_trip, &r, &e), e);
        assert_int_equal(r.p.changed, 1);
        assert_true(r.got.n == 1 && r.got.cols == 5);
        for (size_t k = 0; k < 5; k++)
            if (!same(&r.p.v[k], &r.got.at[k])) fail_msg("case %zu column %zu differs", i, k);
    }
    arena_close(a);
}

static bool run_text(struct tx *t, void *ctx, err *e)
{
    value v[] = {V_TEXT(*(str *)ctx)};
    return tx_exec(t, "UPDATE t SET name = $1", v, 1, NULL, e);
}

static bool run_real(struct tx *t, void *ctx, err *e)
{
    value v[] = {V_REAL(*(double *)ctx)};
    return tx_exec(t, "UPDATE t SET x = $1", v, 1, NULL, e);
}

static void test_values_refused(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s, make_t, &e), e);
    str nul = {"a\0b", 3}, broken = S("\xff"), absent = {0};
    str *texts[] = {&nul, &broken, &absent};
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_false(store_write(s, run_text, texts[i], &e));
        assert_int_equal(e.code, ERR_INVALID);
    }
    double reals[] = {1e308 * 10, -1e308 * 10, 0};
    reals[2] = reals[0] + reals[1];
    for (size_t i = 0; i < COUNT(reals); i++) {
        assert_false(store_write(s, run_real, &reals[i], &e));
        assert_int_equal(e.code, ERR_INVALID);
    }
    arena_close(a);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static void expect(struct store *s, struct put p, err_code code, const char *path)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    assert_false(store_write(s, put, &p, &e));
    if (e.code != code) fail_msg("%s, not %s: %s", err_name(e.code), err_name(code), e.msg.p);
    assert_string_equal(e.path.p, path);
    assert_true(e.hint.n > 0 && e.msg.n > 0);
    arena_close(a);
}

static void test_constraints(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s, make_t, &e), e);
    struct put first = row(1, "one");
    MUST(store_write(s, put, &first, &e), e);
    expect(s, row(2, "one"), ERR_CONFLICT, "name");
    expect(s, row(1, "two"), ERR_CONFLICT, "id");
    struct put p = row(2, "two");
    p.v[1] = V_NULL;
    expect(s, p, ERR_INVALID, "name");
    p = row(2, "two");
    p.v[2] = V_REAL(10);
    expect(s, p, ERR_INVALID, "");
    p = row(2, "two");
    p.v[4] = V_INT(99);
    expect(s, p, ERR_CONFLICT, "");
    assert_int_equal(get_int(s, "SELECT count(*) FROM t"), 1);
    arena_close(a);
}

/* ---- Transactions ------------------------------------------------------------------------------
 */

static bool fail_after_write(struct tx *t, void *ctx, err *e)
{
    return put(t, ctx, e) && err_set(e, ERR_CHECK, S("p"), S("h"), "no");
}

static bool go_on_after_error(struct tx *t, void *ctx, err *e)
{
    struct put *p = ctx;
    bool first = put(t, p, e), second = put(t, p, e);
    assert_true(first && !second);
    p->v[0] = V_INT(1000);
    p->v[1] = V_TEXT(S("thousand"));
    assert_false(put(t, p, e)); /* as PostgreSQL would refuse it */
    return true;
}

static bool write_in_read(struct tx *t, void *ctx, err *e)
{
    return put(t, ctx, e);
}

static void test_undo(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s, make_t, &e), e);
    struct put p = row(1, "one");
    assert_false(store_write(s, fail_after_write, &p, &e));
    assert_int_equal(e.code, ERR_CHECK);
    assert_int_equal(get_int(s, "SELECT count(*) FROM t"), 0);
    assert_false(store_write(s, go_on_after_error, &p, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    assert_int_equal(get_int(s, "SELECT count(*) FROM t"), 0);
    p = row(2, "two");
    assert_false(store_read(s, write_in_read, &p, &e));
    MUST(store_write(s, put, &p, &e), e);
    assert_int_equal(get_int(s, "SELECT count(*) FROM t"), 1);
    arena_close(a);
}

struct snapshot {
    struct store *s;
    int64_t before, after;
};

static bool look_twice(struct tx *t, void *ctx, err *e)
{
    struct snapshot *x = ctx;
    const char *count = "SELECT count(*) FROM t";
    struct put p = row(5, "five");
    return tx_int(t, count, NULL, 0, 0, &x->before, e) && store_write(x->s, put, &p, e) &&
           tx_int(t, count, NULL, 0, 0, &x->after, e);
}

static void test_snapshot(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct snapshot x = {.s = fresh_store(a)};
    MUST(do_sql(x.s, make_t, &e), e);
    MUST(store_read(x.s, look_twice, &x, &e), e);
    assert_true(x.before == 0 && x.after == 0);
    assert_int_equal(get_int(x.s, "SELECT count(*) FROM t"), 1);
    arena_close(a);
}

/* More texts than the cache holds; each must still answer for itself. */
static bool many_texts(struct tx *t, void *ctx, err *e)
{
    (void)ctx;
    for (int64_t i = 0; i < 3000; i++) {
        int64_t got = 0;
        value v[] = {V_INT(i)};
        str sql = str_fmt(e->a, "SELECT CAST($1 AS BIGINT) + %lld", (long long)(i % 1500));
        if (!tx_int(t, sql.p, v, 1, 0, &got, e)) return false;
        assert_int_equal(got, i + i % 1500);
    }
    return true;
}

static void test_cache(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(store_read(s, many_texts, NULL, &e), e);
    MUST(store_write(s, many_texts, NULL, &e), e);
    arena_close(a);
}

/* ---- What both must understand the same --------------------------------------------------------
 */

static void test_same_meaning(void **state)
{
    (void)state;
    arena *a = arena_open();
    struct store *s = fresh_store(a);
    assert_int_equal(get_int(s, "SELECT CASE WHEN 'A' LIKE 'a' THEN 1 ELSE 0 END"), 0);
    assert_int_equal(get_int(s, "SELECT '$1' = '$1'"), 1); /* truth values are integers */
    assert_int_equal(get_int(s, "SELECT 7 / 2 /* $1 ' */ -- $2 \"\n"), 3);
    assert_int_equal(get_int(s, "SELECT max(id) FROM account"), INT64_MIN);
    arena_close(a);
}

static bool swapped(struct tx *t, void *ctx, err *e)
{
    value v[] = {V_TEXT(S("one")), V_TEXT(S("two"))};
    return tx_query(t, e->a, "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)", v, 2, ctx, e);
}

static bool wrong_count(struct tx *t, void *ctx, err *e)
{
    value v[] = {V_INT(1), V_INT(2)};
    return tx_query(t, e->a, "SELECT CAST($1 AS BIGINT)", v, 2, ctx, e);
}

static void test_parameters(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    rows r;
    MUST(store_read(s, swapped, &r, &e), e);
    assert_true(str_eqz(r.at[0].s, "two") && str_eqz(r.at[1].s, "one"));
    assert_false(store_read(s, wrong_count, &r, &e));
    assert_string_equal(sql_for_sqlite(a, "$1 '$2' \"$3\" a$4 --$5\n/*$6*/$12 $0 $x $").p,
                        "?1 '$2' \"$3\" a$4 --$5\n/*$6*/?12 $0 $x $");
    assert_string_equal(sql_for_sqlite(a, "'it''s $1' $2 'open $3").p, "'it''s $1' ?2 'open $3");
    arena_close(a);
}

/* ---- Opening ------------------------------------------------------------------------------------
 */

static void test_open(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    assert_false(store_open(a, &(store_options){.url = url.p}, &s, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_false(store_open(a, &(store_options){.url = url.p, .read_only = true}, &s, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_false(store_open(a, &(store_options){.url = "mysql:x"}, &s, &e));
    assert_int_equal(e.code, ERR_USAGE);
    s = open_store(a, url);
    assert_int_equal(store_is_postgres(s), on_postgres());
    assert_int_equal(store_schema_version(s, &e), store_schema_known());
    struct store *reader = NULL;
    MUST(store_open(a, &(store_options){.url = url.p, .read_only = true}, &reader, &e), e);
    assert_int_equal(get_int(reader, "SELECT size FROM log_head"), 0);
    assert_false(do_sql(reader, "DELETE FROM log_head", &e));
    assert_int_equal(e.code, ERR_DENIED);
    arena_close(a);
}

static void test_damaged_file(void **state)
{
    (void)state;
    if (on_postgres()) skip();
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    MUST(file_create(url.p + 7, S("this was never a database, it is a text, see?"), 0600, &e), e);
    assert_false(store_open(a, &(store_options){.url = url.p}, &s, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    arena_close(a);
}

/* A disk with a little room: the change that does not fit is refused, the others stay. */
static void test_full(void **state)
{
    (void)state;
    if (on_postgres()) skip();
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s, make_t, &e), e);
    struct put p = row(1, "one");
    MUST(store_write(s, put, &p, &e), e);
    MUST(do_sql(s, "PRAGMA max_page_count = 100", &e), e);
    p = row(2, "two");
    char *big = arena_new(a, char, 1 << 20);
    p.v[3] = V_BLOB(((str){big, 1 << 20}));
    assert_false(store_write(s, put, &p, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    p = row(3, "three");
    MUST(store_write(s, put, &p, &e), e);
    assert_int_equal(get_int(s, "SELECT count(*) FROM t"), 2);
    arena_close(a);
}

/* In a child: a file system of 2 MiB of our own. 77 = the kernel does not let us. */
static int fill_disk(const char *dir)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return 77;
    if (mount("none", dir, "tmpfs", 0, "size=2m") != 0) return 77;
    str url = str_fmt(a, "sqlite:%s/aims.db", dir);
    struct store *s = open_store(a, url);
    MUST(do_sql(s, make_t, &e), e);
    int64_t stored = 0;
    char big[50000] = {0};
    for (bool ok = true; ok && stored < 1000; stored += ok) {
        struct put p = row(stored + 1, str_fmt(a, "row %lld", (long long)stored).p);
        p.v[3] = V_BLOB(((str){big, sizeof big}));
        ok = store_write(s, put, &p, &e);
    }
    if (stored < 5 || stored == 1000 || e.code != ERR_UNAVAILABLE) return 1;
    if (get_int(s, "SELECT count(*) FROM t") != stored) return 2;
    s = open_store(a, url); /* as after a restart */
    return get_int(s, "SELECT count(*) FROM t") == stored ? 0 : 3;
}

static void test_full_disk(void **state)
{
    (void)state;
    if (on_postgres()) skip();
    arena *a = arena_open();
    str dir = temp_dir(a);
    pid_t pid = fork();
    if (pid == 0) _exit(fill_disk(dir.p));
    int status = 0;
    waitpid(pid, &status, 0);
    arena_close(a);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIP: no right to mount a tmpfs here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Junk in the middle of the file: found when it is read, named as damage. */
static void test_damaged_page(void **state)
{
    (void)state;
    if (on_postgres()) skip();
    arena *a = arena_open();
    err e = ERR_IN(a);
    str url = fresh_url(a), bytes;
    arena *inner = arena_open();
    struct store *s = open_store(inner, url);
    MUST(do_sql(s, make_t, &e), e);
    for (int64_t i = 1; i <= 200; i++) {
        struct put p = row(i, str_fmt(a, "%0500lld", (long long)i).p);
        MUST(store_write(s, put, &p, &e), e);
    }
    arena_close(inner);
    const char *path = url.p + strlen("sqlite:");
    MUST(file_read(a, path, 64 << 20, &bytes, &e), e);
    char *junk = arena_new(a, char, bytes.n);
    memset(junk, 0xa5, bytes.n);
    memcpy(junk, bytes.p, bytes.n - 65536); /* schema and log stay readable */
    MUST(file_replace(path, (str){junk, bytes.n}, 0600, &e), e);
    s = open_store(a, url);
    assert_false(do_sql(s, "UPDATE t SET name = name || 'x'", &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    assert_true(e.hint.n > 0);
    arena_close(a);
}

/* ---- Durability
 * ----------------------------------------------------------------------------------- */

static bool read_text(struct tx *t, void *ctx, err *e)
{
    return tx_query(t, e->a, "PRAGMA synchronous", NULL, 0, ctx, e) && ((rows *)ctx)->n == 1;
}

static bool read_pg_text(struct tx *t, void *ctx, err *e)
{
    return tx_query(t, e->a, "SELECT current_setting('synchronous_commit')", NULL, 0, ctx, e);
}

static void test_settings(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    rows r;
    str url = fresh_url(a);
    struct store *s = open_store(a, url);
    MUST(store_write(s, on_postgres() ? read_pg_text : read_text, &r, &e), e);
    if (on_postgres()) {
        assert_string_equal(r.at[0].s.p, "on");
    } else {
        struct stat st;
        assert_int_equal(r.at[0].i, 2); /* FULL */
        assert_int_equal(stat(url.p + strlen("sqlite:"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    arena_close(a);
}

/* Writes until it is killed; tells each acknowledged row through the pipe. */
static void write_for_ever(const char *url, int pipe_fd)
{
    arena *a = arena_open();
    struct store *s = open_store(a, str_of(url));
    for (int64_t i = 1;; i++) {
        err e = ERR_IN(a);
        struct put p = row(i, str_fmt(a, "row %lld", (long long)i).p);
        if (!store_write(s, put, &p, &e)) _exit(3);
        if (write(pipe_fd, &i, sizeof i) != sizeof i) _exit(4);
    }
}

static void test_killed(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    str url = fresh_url(a);
    int ends[2];
    int64_t acknowledged = 0, i = 0;
    arena *inner = arena_open();
    MUST(do_sql(open_store(inner, url), make_t, &e), e);
    arena_close(inner); /* no connection may be shared with the child */
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) write_for_ever(url.p, ends[1]);
    close(ends[1]);
    while (acknowledged < 50 && read(ends[0], &i, sizeof i) == sizeof i)
        acknowledged = i;
    kill(pid, SIGKILL);
    while (read(ends[0], &i, sizeof i) == sizeof i)
        acknowledged = i;
    waitpid(pid, NULL, 0);
    close(ends[0]);
    assert_true(acknowledged >= 50);
    int64_t stored = get_int(open_store(a, url), "SELECT count(*) FROM t");
    assert_true(stored == acknowledged || stored == acknowledged + 1);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_values_refused),
        cmocka_unit_test(test_constraints),  cmocka_unit_test(test_undo),
        cmocka_unit_test(test_snapshot),     cmocka_unit_test(test_cache),
        cmocka_unit_test(test_same_meaning), cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_open),         cmocka_unit_test(test_damaged_file),
        cmocka_unit_test(test_full),         cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_damaged_page), cmocka_unit_test(test_settings),
        cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
