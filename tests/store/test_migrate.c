/* test_migrate.c - schema changes: applied once, in order, whole or not at all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include <pthread.h>

#define ONE                                                                                        \
    {                                                                                              \
        1, "one",                                                                                  \
        {                                                                                          \
            "CREATE TABLE one (a BIGINT);", 28                                                     \
        }                                                                                          \
    }
#define TWO                                                                                        \
    {                                                                                              \
        2, "two",                                                                                  \
        {                                                                                          \
            "CREATE TABLE two (a BIGINT); INSERT INTO two VALUES (2);", 56                         \
        }                                                                                          \
    }
#define THREE                                                                                      \
    {                                                                                              \
        3, "three",                                                                                \
        {                                                                                          \
            "CREATE TABLE three (a BIGINT);", 30                                                   \
        }                                                                                          \
    }

static bool open_with(arena *a, str url, const migration *list, size_t n, struct store **ret,
                      err *e)
{
    return store_open_with(a, &(store_options){.url = url.p, .create = true}, list, n, ret, e);
}

static bool open_read_only(arena *a, str url, const migration *list, size_t n, struct store **ret,
                           err *e)
{
    return store_open_with(a, &(store_options){.url = url.p, .read_only = true}, list, n, ret, e);
}

static const migration three[] = {ONE, TWO, THREE};

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(three); i++)
        assert_int_equal(three[i].sql.n, strlen(three[i].sql.p));
    for (size_t i = 0; i < store_n_migrations; i++) {
        assert_int_equal(store_migrations[i].version, i + 1);
        assert_int_equal(store_migrations[i].sql.n, strlen(store_migrations[i].sql.p));
    }
}

static void test_stepwise(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    for (size_t n = 1; n <= 3; n++) {
        MUST(open_with(a, url, three, n, &s, &e), e);
        assert_int_equal(store_schema_version(s, &e), (int)n);
        MUST(open_with(a, url, three, n, &s, &e), e); /* nothing to do */
    }
    assert_int_equal(get_int(s, "SELECT count(*) FROM two"), 1);
    assert_int_equal(get_int(s, "SELECT count(*) FROM schema_migration"), 3);
    arena_close(a);
}

static void test_newer(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    MUST(open_with(a, url, three, 3, &s, &e), e);
    assert_false(open_with(a, url, three, 2, &s, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_string_equal(e.hint.p, "upgrade the program");
    assert_string_equal(e.msg.p, "the database has schema version 3, newer than the program's 2");
    assert_false(open_read_only(a, url, three, 2, &s, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    arena_close(a);
}

static void test_older_read_only(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    MUST(open_with(a, url, three, 2, &s, &e), e);
    assert_false(open_read_only(a, url, three, 3, &s, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_int_equal(store_schema_version(s, &e), 2);
    arena_close(a);
}

static void test_altered(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    MUST(open_with(a, url, three, 2, &s, &e), e);
    migration other[] = {ONE, TWO, THREE};
    other[1].sql = S("CREATE TABLE two (a BIGINT); INSERT INTO two VALUES (3);");
    assert_false(open_with(a, url, other, 3, &s, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    assert_int_equal(store_schema_version(s, &e), 2);
    arena_close(a);
}

static void test_failed(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    migration bad[] = {ONE, TWO, THREE};
    bad[1].sql = S("INSERT INTO one VALUES (1); ALTER TABLE one ADD COLUMN b BIGINT;"
                   " CREATE TABLE two (a BIGINT); INSERT INTO nowhere VALUES (1);");
    MUST(open_with(a, url, three, 1, &s, &e), e);
    struct store *none = NULL;
    assert_false(open_with(a, url, bad, 3, &none, &e));
    assert_null(none);
    assert_non_null(strstr(e.msg.p, "migration 2 'two'"));
    assert_int_equal(store_schema_version(s, &e), 1);
    assert_int_equal(get_int(s, "SELECT count(*) FROM one"), 0);
    /* neither column nor table stayed behind: the right migration applies */
    MUST(open_with(a, url, three, 3, &s, &e), e);
    MUST(do_sql(s, "ALTER TABLE one ADD COLUMN b BIGINT", &e), e);
    arena_close(a);
}

static void test_commit_inside(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    migration bad[] = {ONE};
    bad[0].sql = S("CREATE TABLE one (a BIGINT); COMMIT");
    assert_false(open_with(a, fresh_url(a), bad, 1, &s, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    arena_close(a);
}

static void test_foreign(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    str url = fresh_url(a);
    MUST(open_with(a, url, three, 1, &s, &e), e);
    MUST(do_sql(s, "DROP TABLE schema_migration", &e), e); /* what is left looks like another's */
    assert_false(open_with(a, url, three, 3, &s, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(e.msg.p, "the database belongs to another program");
    arena_close(a);
}

/* Two nodes start at once on a new database. */
struct opener {
    str url;
    bool ok;
    char msg[256];
};

static void *open_one(void *p)
{
    struct opener *o = p;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct store *s = NULL;
    o->ok = open_with(a, o->url, three, 3, &s, &e);
    if (!o->ok) snprintf(o->msg, sizeof o->msg, "%s", e.msg.p);
    arena_close(a);
    return NULL;
}

static void test_at_once(void **state)
{
    (void)state;
    arena *a = arena_open();
    struct opener o[8];
    pthread_t threads[8];
    str url = fresh_url(a);
    for (size_t i = 0; i < COUNT(o); i++)
        o[i] = (struct opener){.url = url};
    for (size_t i = 0; i < COUNT(o); i++)
        pthread_create(&threads[i], NULL, open_one, &o[i]);
    for (size_t i = 0; i < COUNT(o); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < COUNT(o); i++)
        if (!o[i].ok) fail_msg("opener %zu: %s", i, o[i].msg);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),       cmocka_unit_test(test_stepwise),
        cmocka_unit_test(test_newer),         cmocka_unit_test(test_older_read_only),
        cmocka_unit_test(test_altered),       cmocka_unit_test(test_failed),
        cmocka_unit_test(test_commit_inside), cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
