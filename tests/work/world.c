/* world.c - a fresh data directory for each test, on SQLite or on AIMS_TEST_PG's server. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"
#include "work/prove.h"
#include <ftw.h>
#include <unistd.h>

static int unlink_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void remove_tree(void *p)
{
    nftw(p, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

str world_temp(arena *a)
{
    const char *base = getenv("TMPDIR");
    char *path = arena_new(a, char, 256);
    snprintf(path, 256, "%s/aims-work.XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    arena_defer(a, remove_tree, path);
    return str_of(path);
}

static const char *fresh_store(arena *a)
{
    static int n;
    const char *url = getenv("AIMS_TEST_PG");
    if (!url) return NULL;
    const char *at = strstr(url, "/test?");
    assert_non_null(at);
    return str_fmt(a, "%.*s/w%ld_%d%s", (int)(at - url), url, (long)getpid(), n++, at + 5).p;
}

void world_must(bool ok, const world *x)
{
    const err *e = &x->e;
    if (!ok)
        fail_msg("%s: %.*s (%.*s; %.*s)", err_name(e->code), STR_ARG(e->msg), STR_ARG(e->path),
                 STR_ARG(e->hint));
}

void world_refused(bool ok, world *x, err_code code, const char *path)
{
    assert_false(ok);
    if (x->e.code != code || !str_eqz(x->e.path, path))
        fail_msg("expected %s at '%s', got %s at '%.*s': %.*s", err_name(code), path,
                 err_name(x->e.code), STR_ARG(x->e.path), STR_ARG(x->e.msg));
    x->e = ERR_IN(x->a);
}

static void open_again(world *x)
{
    work_options o = {.dir = x->dir.p};
    x->a = arena_open();
    x->e = ERR_IN(x->a);
    MUST(work_open(x->a, &o, &x->w, &x->e));
}

int world_open(void **state)
{
    world *x = calloc(1, sizeof *x);
    if (!x) return -1;
    arena *keep = arena_open();
    x->a = x->keep = keep;
    x->e = ERR_IN(keep);
    x->dir = str_fmt(keep, "%s/data", world_temp(keep).p);
    x->machine = actor_machine("cli");
    init_options o = {.dir = x->dir.p, .store = fresh_store(keep)};
    MUST(work_init(&o, &x->e));
    open_again(x);
    *state = x;
    return 0;
}

int world_close(void **state)
{
    world *x = *state;
    arena_close(x->a);
    arena_close(x->keep);
    free(x);
    world_clock(NULL);
    return 0;
}

void world_again(world *x)
{
    arena_close(x->a);
    open_again(x);
}

doc *world_json(world *x, const char *json)
{
    str s = str_dup(x->a, str_of(json));
    doc *d = NULL;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\'') ((char *)(uintptr_t)s.p)[i] = '"';
    MUST(doc_parse(x->a, s, 1 << 20, &d, &x->e));
    return d;
}

void *world_add(world *x, const char *noun, const char *json)
{
    void *row = NULL;
    MUST(work_add(x->w, &x->machine, register_by_noun(str_of(noun)), world_json(x, json), x->a,
                  &row, &x->e));
    return row;
}

size_t world_acts(world *x, const char *act, str *ret_last)
{
    size_t n = 0, got;
    log_leaf *leaves;
    int64_t from = 0;
    do {
        MUST(work_log_list(x->w, &x->machine, from, 1000, x->a, &leaves, &got, &x->e));
        for (size_t i = 0; i < got; i++) {
            doc *d;
            MUST(doc_parse(x->a, leaves[i].body, 1 << 20, &d, &x->e));
            if (!str_eqz(doc_str(d, "act"), act)) continue;
            n++;
            if (ret_last) *ret_last = leaves[i].body;
        }
        from += (int64_t)got;
    } while (got);
    return n;
}

void world_clock(const char *time)
{
    if (time)
        setenv("AIMS_CLOCK", time, 1);
    else
        unsetenv("AIMS_CLOCK");
}
