/* test_tamper.c - one flipped bit, a missing, extra or swapped file of a log: all are found. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "ledger/tiles.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A log of 700 leaves with an old checkpoint at 257 and the partial tiles of both. */
static struct fixture *f;
static str old;

static bool small_leaf(struct tx *t, void *ctx, err *e)
{
    int64_t *i = ctx, seq;
    char z[32];
    snprintf(z, sizeof z, "leaf %d", (int)++*i);
    return ledger_append(t, str_of(z), 1000, &seq, e);
}

static int setup(void **state)
{
    (void)state;
    int64_t i = 0;
    f = fixture_new();
    must(f, fixture_reopen(f, false));
    while (i < 300)
        must(f, store_write(f->store, small_leaf, &i, &f->e));
    must(f, fixture_publish(f, NULL));
    must(f, ledger_head(f->l, f->a, &old, NULL, &f->e));
    while (i < 690)
        must(f, store_write(f->store, small_leaf, &i, &f->e));
    must(f, fixture_publish(f, NULL));
    while (i < 700)
        must(f, store_write(f->store, small_leaf, &i, &f->e));
    must(f, fixture_publish(f, NULL));
    fixture_close(f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_end(f);
    return 0;
}

static uint64_t findings(void)
{
    arena *a = arena_open();
    struct fixture g = *f;
    g.a = a;
    g.e = ERR_IN(a);
    verify_report r = fixture_verify(&g, &old, 1);
    arena_close(a);
    return r.total;
}

struct flips {
    uint64_t files, flips, missed;
};

static void flip(int fd, str path, off_t at, int bit, struct flips *n)
{
    uint8_t b, c;
    assert_int_equal(pread(fd, &b, 1, at), 1);
    c = (uint8_t)(b ^ (1 << bit));
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    n->flips++;
    if (findings() == 0) {
        printf("missed: bit %d of byte %ld of %.*s\n", bit, (long)at, STR_ARG(path));
        n->missed++;
    }
    assert_int_equal(pwrite(fd, &b, 1, at), 1);
}

/* Every bit of every byte takes minutes: that is done when AIMS_LONG is set. Else every bit of
 * the checkpoint and of every 13th byte, and none of the files is left out. */
static bool flip_file(void *ctx, str path, bool regular, err *e)
{
    struct stat st;
    (void)e;
    assert_true(regular);
    bool all = getenv("AIMS_LONG") || str_eqz(path, "checkpoint");
    int fd = open(str_fmt(f->a, "%s/%.*s", f->log.p, STR_ARG(path)).p, O_RDWR);
    assert_int_equal(fstat(fd, &st), 0);
    ((struct flips *)ctx)->files++;
    for (off_t at = 0; at < st.st_size; at += all ? 1 : 13)
        for (int bit = all ? 0 : (int)(at % 8); bit < (all ? 8 : (int)(at % 8) + 1); bit++)
            flip(fd, path, at, bit, ctx);
    close(fd);
    return true;
}

static void flipped_bits_are_found(void **state)
{
    (void)state;
    struct flips n = {0};
    struct tiles *t;
    assert_int_equal(findings(), 0);
    must(f, tiles_open(f->a, f->log.p, false, &t, &f->e));
    must(f, tiles_walk(t, flip_file, &n, &f->e));
    printf("%d flips in %d files, %d missed\n", (int)n.flips, (int)n.files, (int)n.missed);
    assert_true(n.files >= 10 && n.flips > 2000);
    assert_int_equal(n.missed, 0);
    assert_int_equal(findings(), 0);
}

static void missing_files_are_found(void **state)
{
    (void)state;
    static const char *const needed[] = {
        "checkpoint",     "tile/0/000",       "tile/0/001",       "tile/0/002.p/188",
        "tile/1/000.p/2", "tile/entries/000", "tile/entries/001", "tile/entries/002.p/188"};
    for (size_t i = 0; i < COUNT(needed); i++) {
        str path = str_fmt(f->a, "%s/%s", f->log.p, needed[i]);
        str away = str_fmt(f->a, "%s/away", f->dir.p);
        assert_int_equal(rename(path.p, away.p), 0);
        if (findings() == 0) fail_msg("%s is not missed", needed[i]);
        assert_int_equal(rename(away.p, path.p), 0);
    }
    assert_int_equal(findings(), 0);
}

static void foreign_files_are_found(void **state)
{
    (void)state;
    static const char *const extra[] = {"x", "tile/0/0", "tile/entries/000.bak", "tile/8/000",
                                        "tile/0/000.p/256"};
    for (size_t i = 0; i < COUNT(extra); i++) {
        str path = str_fmt(f->a, "%s/%s", f->log.p, extra[i]);
        const char *slash = strrchr(path.p, '/');
        str dir = str_dupn(f->a, path.p, (size_t)(slash - path.p));
        must(f, file_mkdirs(dir.p, 0755, &f->e));
        must(f, file_create(path.p, S("x"), 0644, &f->e));
        if (findings() == 0) fail_msg("%s is accepted", extra[i]);
        assert_int_equal(unlink(path.p), 0);
    }
    str link = str_fmt(f->a, "%s/link", f->log.p);
    assert_int_equal(symlink("checkpoint", link.p), 0);
    assert_true(findings() > 0);
    assert_int_equal(unlink(link.p), 0);
}

static void rewritten_history_is_found_by_an_old_checkpoint(void **state)
{
    (void)state;
    struct fixture *g = fixture_new();
    must(g, fixture_reopen(g, false));
    must(g, fixture_append(g, 700));
    must(g, fixture_publish(g, NULL));
    assert_int_equal(fixture_verify(g, NULL, 0).total, 0);
    verify_report r = fixture_verify(g, &old, 1);
    assert_int_equal(r.total, 1);
    assert_non_null(strstr(r.findings[0].what.p, "history was rewritten"));
    fixture_end(g);
    g = fixture_new();
    must(g, fixture_reopen(g, false));
    must(g, fixture_publish(g, NULL));
    r = fixture_verify(g, &old, 1);
    assert_int_equal(r.total, 1);
    assert_non_null(strstr(r.findings[0].what.p, "rolled back"));
    fixture_end(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flipped_bits_are_found),
        cmocka_unit_test(missing_files_are_found),
        cmocka_unit_test(foreign_files_are_found),
        cmocka_unit_test(rewritten_history_is_found_by_an_old_checkpoint),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
