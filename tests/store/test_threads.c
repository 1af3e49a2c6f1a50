/* test_threads.c - many writers and readers at once; commits that fail; connections that die. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { WRITERS = 50, READERS = 8, EACH = 40 };

struct shared {
    struct store *s;
    atomic_int stored, refused, looked, wrong;
    atomic_bool stop;
};

/* Both columns grow together, or not at all; every fifth act changes its mind half-way. */
static bool grow(struct tx *t, void *ctx, err *e)
{
    return tx_exec(t, "UPDATE pair SET a = a + 1", NULL, 0, NULL, e) &&
           (!*(bool *)ctx || err_set(e, ERR_CHECK, S("p"), S("h"), "changed its mind")) &&
           tx_exec(t, "UPDATE pair SET b = b + 1", NULL, 0, NULL, e);
}

static void *write_many(void *p)
{
    struct shared *x = p;
    for (int i = 0; i < EACH; i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        bool fail = i % 5 == 4, ok = store_write(x->s, grow, &fail, &e);
        if (ok == fail || (!ok && e.code != ERR_CHECK)) x->wrong++;
        ok ? x->stored++ : x->refused++;
        arena_close(a);
    }
    return NULL;
}

static bool compare(struct tx *t, void *ctx, err *e)
{
    int64_t a = 0, b = 0;
    bool ok = tx_int(t, "SELECT a FROM pair", NULL, 0, 0, &a, e) &&
              tx_int(t, "SELECT b FROM pair", NULL, 0, 0, &b, e);
    *(bool *)ctx = a == b;
    return ok;
}

static void *read_many(void *p)
{
    struct shared *x = p;
    do {
        arena *a = arena_open();
        err e = ERR_IN(a);
        bool same = false;
        if (!store_read(x->s, compare, &same, &e) || !same) x->wrong++;
        x->looked++;
        arena_close(a);
    } while (!x->stop);
    return NULL;
}

static void test_many(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct shared x = {.s = fresh_store(a)};
    pthread_t w[WRITERS], r[READERS];
    MUST(do_sql(x.s, "CREATE TABLE pair (a BIGINT NOT NULL, b BIGINT NOT NULL)", &e), e);
    MUST(do_sql(x.s, "INSERT INTO pair VALUES (0, 0)", &e), e);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&r[i], NULL, read_many, &x), 0);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&w[i], NULL, write_many, &x), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(w[i], NULL);
    x.stop = true;
    for (size_t i = 0; i < READERS; i++)
        pthread_join(r[i], NULL);
    assert_int_equal(x.wrong, 0);
    assert_int_equal(x.stored, WRITERS * EACH / 5 * 4);
    assert_int_equal(x.refused, WRITERS * EACH / 5);
    assert_true(x.looked >= READERS);
    assert_int_equal(get_int(x.s, "SELECT a FROM pair"), x.stored);
    arena_close(a);
}

/* ---- A commit that fails ------------------------------------------------------------------------
 */

struct member {
    struct store *s;
    int64_t id, up; /* up: a reference that is only checked at commit */
    bool slow, ok;
    err_code code;
};

static bool add(struct tx *t, void *ctx, err *e)
{
    struct member *m = ctx;
    value v[] = {V_INT(m->id), m->up ? V_INT(m->up) : V_NULL};
    if (m->slow) usleep(20000); /* the others queue up behind this one */
    return tx_exec(t, "INSERT INTO late (id, up) VALUES ($1, $2)", v, 2, NULL, e);
}

static void *run_member(void *p)
{
    struct member *m = p;
    arena *a = arena_open();
    err e = ERR_IN(a);
    m->ok = store_write(m->s, add, m, &e);
    m->code = e.code;
    arena_close(a);
    return NULL;
}

/* Returns how many innocents failed with the guilty one. */
static int one_round(struct store *s, int64_t first)
{
    struct member m[6];
    pthread_t threads[COUNT(m)];
    int failed = 0;
    for (size_t i = 0; i < COUNT(m); i++) {
        m[i] = (struct member){
            .s = s, .id = first + (int64_t)i, .up = i == 3 ? -1 : 0, .slow = i == 0};
        pthread_create(&threads[i], NULL, run_member, &m[i]);
        if (i == 0) usleep(5000);
    }
    for (size_t i = 0; i < COUNT(m); i++) {
        pthread_join(threads[i], NULL);
        arena *a = arena_open();
        str sql = str_fmt(a, "SELECT count(*) FROM late WHERE id = %lld", (long long)m[i].id);
        assert_int_equal(get_int(s, sql.p), m[i].ok);
        arena_close(a);
        assert_true(m[i].ok || m[i].code == ERR_CONFLICT);
        failed += !m[i].ok && i != 3;
    }
    assert_false(m[3].ok);
    return failed;
}

static void test_failed_commit(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = fresh_store(a);
    MUST(do_sql(s,
                "CREATE TABLE late (id BIGINT PRIMARY KEY, up BIGINT REFERENCES late (id)"
                " DEFERRABLE INITIALLY DEFERRED)",
                &e),
         e);
    int together = 0;
    for (int64_t i = 0; i < 100 && !together; i++)
        together = one_round(s, 1 + i * 10);
    assert_true(together > 0);
    struct member after = {.s = s, .id = 100000};
    run_member(&after);
    assert_true(after.ok);
    arena_close(a);
}

/* ---- A connection that dies
 * ------------------------------------------------------------------------ */

static bool die(struct tx *t, void *ctx, err *e)
{
    rows r;
    return tx_exec(t, "UPDATE log_head SET size = 7", NULL, 0, NULL, e) &&
           tx_query(t, e->a, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, 0,
                    ctx ? ctx : &r, e);
}

static const char kill_others[] = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                  " WHERE pid <> pg_backend_pid() AND datname = current_database()";

/* Everything is written, then the connection is cut by somebody else, then comes COMMIT. */
static bool cut_before_commit(struct tx *t, void *ctx, err *e)
{
    struct store *other = ctx;
    bool ok = tx_exec(t, "UPDATE log_head SET size = 8", NULL, 0, NULL, e);
    assert_true(get_int(other, kill_others) >= 1);
    usleep(100000);
    return ok;
}

static void test_lost_connection(void **state)
{
    (void)state;
    if (!on_postgres()) skip();
    arena *a = arena_open();
    err e = ERR_IN(a);
    str url = fresh_url(a);
    struct store *s = open_store(a, url), *other = open_store(a, url);
    assert_false(store_write(s, die, NULL, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_int_equal(get_int(s, "SELECT size FROM log_head"), 0);
    MUST(do_sql(s, "UPDATE log_head SET size = 3", &e), e);
    /* killed while idle: nobody notices */
    assert_true(get_int(other, kill_others) >= 1);
    MUST(do_sql(s, "UPDATE log_head SET size = size + 1", &e), e);
    assert_int_equal(get_int(s, "SELECT size FROM log_head"), 4);
    assert_false(store_write(s, cut_before_commit, other, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.msg.p, "unknown"));
    assert_int_equal(get_int(s, "SELECT size FROM log_head"), 4);
    arena_close(a);
}

static void test_no_server(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    store_options o = {.url = "postgresql://u:hidden@/x?host=/nowhere/at/all", .create = true};
    assert_false(store_open(a, &o, &s, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_null(strstr(e.msg.p, "hidden"));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_failed_commit),
        cmocka_unit_test(test_lost_connection),
        cmocka_unit_test(test_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
