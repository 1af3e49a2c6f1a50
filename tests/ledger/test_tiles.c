/* test_tiles.c - tile names and arithmetic, and a directory that is written and read safely. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    tile_name t;
    const char *path;
} names[] = {
    {{0, 5, 256},                   "tile/0/005"                                },
    {{0, 1234067, 256},             "tile/0/x001/x234/067"                      },
    {{1, 0, 1},                     "tile/1/000.p/1"                            },
    {{TILES_ENTRIES, 2, 188},       "tile/entries/002.p/188"                    },
    {{TILES_ENTRIES, 1000, 256},    "tile/entries/x001/000"                     },
    {{63, 999999999999999999, 255}, "tile/63/x999/x999/x999/x999/x999/999.p/255"},
};

static void names_both_ways(void **state)
{
    (void)state;
    arena *a = arena_open();
    for (size_t i = 0; i < COUNT(names); i++) {
        tile_name t;
        assert_string_equal(tile_path(a, names[i].t).p, names[i].path);
        assert_true(tile_parse(str_of(names[i].path), &t));
        assert_int_equal(t.level, names[i].t.level);
        assert_true(t.index == names[i].t.index);
        assert_int_equal(t.width, names[i].t.width);
    }
    arena_close(a);
}

static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "tile",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/0/5",
                                      "tile/0/05",
                                      "tile/0/0005",
                                      "tile/00/005",
                                      "tile/64/005",
                                      "tile/-1/005",
                                      "tile/a/005",
                                      "tile/0/x000/005",
                                      "tile/0/x001",
                                      "tile/0/001/002",
                                      "tile/0/005.p",
                                      "tile/0/005.p/",
                                      "tile/0/005.p/0",
                                      "tile/0/005.p/256",
                                      "tile/0/005.p/01",
                                      "tile/0/005/",
                                      "/tile/0/005",
                                      "tile/0/005.p/1/2",
                                      "tile/entries/x1/000",
                                      "tile/0/../005",
                                      "tile/0/x018/x446/x744/x073/x709/x551/616",
                                      "checkpoint"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        tile_name t;
        if (tile_parse(str_of(bad[i]), &t)) fail_msg("accepted '%s'", bad[i]);
    }
}

/* The cases of c2sp.org/tlog-tiles: sizes 256 and 70000, and 700. */
static void arithmetic(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        int level;
        uint64_t full;
        unsigned partial;
    } c[] = {
        {256,               0,             1,   0  },
        {256,               1,             0,   1  },
        {70000,             0,             273, 112},
        {70000,             1,             1,   17 },
        {70000,             2,             0,   1  },
        {70000,             3,             0,   0  },
        {700,               0,             2,   188},
        {700,               1,             0,   2  },
        {700,               2,             0,   0  },
        {0,                 0,             0,   0  },
        {255,               0,             0,   255},
        {257,               0,             1,   1  },
        {700,               TILES_ENTRIES, 2,   188},
        {UINT64_C(1) << 62, 7,             0,   64 }
    };
    for (size_t i = 0; i < COUNT(c); i++) {
        assert_true(tile_full(c[i].size, c[i].level) == c[i].full);
        assert_int_equal(tile_partial(c[i].size, c[i].level), c[i].partial);
    }
}

static str temp_dir(arena *a)
{
    str s = str_fmt(a, "/tmp/aims-tiles-XXXXXX");
    char *z = arena_new(a, char, s.n + 1);
    memcpy(z, s.p, s.n);
    assert_non_null(mkdtemp(z));
    return str_of(z);
}

static void put_and_get(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct tiles *t;
    str dir = temp_dir(a), s;
    assert_true(tiles_open(a, dir.p, true, &t, &e));
    assert_true(tiles_put(t, S("tile/0/x001/000.p/2"), S("hello"), &e));
    assert_true(tiles_put(t, S("tile/0/x001/000.p/3"), S(""), &e));
    assert_true(tiles_sync(t, &e));
    assert_true(tiles_get(t, a, S("tile/0/x001/000.p/2"), 5, &s, &e));
    assert_true(str_eqz(s, "hello"));
    assert_false(tiles_get(t, a, S("tile/0/x001/000.p/2"), 4, &s, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    assert_false(tiles_get(t, a, S("tile/0/x001/001"), 4, &s, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(tiles_drop_partials(t, (tile_name){0, 1000, 256}, &e));
    assert_false(tiles_get(t, a, S("tile/0/x001/000.p/2"), 5, &s, &e));
    assert_false(file_exists(str_fmt(a, "%s/tile/0/x001/000.p", dir.p).p));
    assert_true(tiles_drop_partials(t, (tile_name){0, 1000, 256}, &e));
    arena_close(a);
}

static void links_and_specials_are_refused(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct tiles *t;
    str dir = temp_dir(a), s;
    assert_true(tiles_open(a, dir.p, true, &t, &e));
    assert_true(tiles_put(t, S("tile/0/000"), S("x"), &e));
    int fd = open(dir.p, O_RDONLY | O_DIRECTORY);
    assert_int_equal(symlinkat("tile/0/000", fd, "checkpoint"), 0);
    assert_int_equal(symlinkat("tile", fd, "other"), 0);
    assert_int_equal(mkfifoat(fd, "pipe", 0600), 0);
    close(fd);
    static const char *const bad[] = {"checkpoint", "other/0/000", "pipe", "tile"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(tiles_get(t, a, str_of(bad[i]), 100, &s, &e));
        assert_int_equal(e.code, ERR_DAMAGED);
    }
    static const char *const outside[] = {"../x", "tile/../../x", "/etc/passwd", "", "tile//0"};
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_false(tiles_get(t, a, str_of(outside[i]), 100, &s, &e));
    arena_close(a);
}

static void bundles(void **state)
{
    (void)state;
    arena *a = arena_open();
    str *x;
    assert_true(bundle_parse(a, S("\0\1a\0\0\0\2bc"), 3, &x));
    assert_true(str_eqz(x[0], "a") && x[1].n == 0 && str_eqz(x[2], "bc"));
    assert_false(bundle_parse(a, S("\0\1a\0\0\0\2bc"), 2, &x));
    assert_false(bundle_parse(a, S("\0\1a\0\0\0\2bc"), 4, &x));
    assert_false(bundle_parse(a, S("\0\1a\0\0\0\3bc"), 3, &x));
    assert_false(bundle_parse(a, S("\0"), 1, &x));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_both_ways), cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(arithmetic),      cmocka_unit_test(put_and_get),
        cmocka_unit_test(bundles),         cmocka_unit_test(links_and_specials_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
