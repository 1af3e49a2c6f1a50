/* help.c - a fresh, empty store for each test: SQLite, or PostgreSQL when AIMS_TEST_PG is set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include <ftw.h>
#include <unistd.h>

bool on_postgres(void)
{
    return getenv("AIMS_TEST_PG") != NULL;
}

void must(bool ok, const err *e)
{
    if (!ok) fail_msg("%s: %s (%s; %s)", err_name(e->code), e->msg.p, e->path.p, e->hint.p);
}

static int unlink_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void remove_tree(void *p)
{
    nftw(p, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

str temp_dir(arena *a)
{
    const char *base = getenv("TMPDIR");
    char *path = arena_new(a, char, 256);
    snprintf(path, 256, "%s/aims-store.XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    arena_defer(a, remove_tree, path);
    return str_of(path);
}

str fresh_url(arena *a)
{
    static int n;
    if (!on_postgres()) return str_fmt(a, "sqlite:%s/aims.db", temp_dir(a).p);
    str url = str_of(getenv("AIMS_TEST_PG"));
    const char *at = strstr(url.p, "/test?");
    assert_non_null(at);
    return str_fmt(a, "%.*s/t%ld_%d%s", (int)(at - url.p), url.p, (long)getpid(), n++, at + 5);
}

struct store *open_store(arena *a, str url)
{
    err e = ERR_IN(a);
    struct store *s = NULL;
    MUST(store_open(a, &(store_options){.url = url.p, .create = true}, &s, &e), e);
    return s;
}

struct store *fresh_store(arena *a)
{
    return open_store(a, fresh_url(a));
}

static bool run_sql(struct tx *t, void *ctx, err *e)
{
    return tx_exec(t, ctx, NULL, 0, NULL, e);
}

bool do_sql(struct store *s, const char *sql, err *e)
{
    str text = str_dup(e->a, str_of(sql));
    return store_write(s, run_sql, (void *)(intptr_t)text.p, e);
}

struct int_query {
    const char *sql;
    int64_t v;
};

static bool run_int(struct tx *t, void *ctx, err *e)
{
    struct int_query *q = ctx;
    return tx_int(t, q->sql, NULL, 0, INT64_MIN, &q->v, e);
}

int64_t get_int(struct store *s, const char *sql)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct int_query q = {.sql = sql};
    MUST(store_read(s, run_int, &q, &e), e);
    arena_close(a);
    return q.v;
}
