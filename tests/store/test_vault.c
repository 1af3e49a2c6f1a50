/* test_vault.c - sealed files: every damage is found, a full disk leaves nothing behind. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "store/vault.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct place {
    arena *a;
    struct vault *v;
    str dir;
    err e;
} place;

static const uint8_t key[32] = {1, 2, 3};

static place open_place(void)
{
    place p = {.a = arena_open()};
    p.e = ERR_IN(p.a);
    p.dir = str_fmt(p.a, "%s/files", temp_dir(p.a).p);
    MUST(vault_open(p.a, p.dir.p, key, &p.v, &p.e), p.e);
    return p;
}

static str sample(arena *a, size_t n)
{
    char *s = arena_new(a, char, n + 1);
    for (size_t i = 0; i < n; i++)
        s[i] = (char)(i * 7 + i / 251);
    return (str){s, n};
}

static digest put(place *p, str bytes)
{
    struct vault_in *in = NULL;
    digest d;
    uint64_t size = 0;
    MUST(vault_begin(p->v, p->a, &in, &p->e), p->e);
    for (size_t at = 0, step = 1; at < bytes.n; at += step, step = step * 3 + 1) {
        str part = str_sub(bytes, at, step);
        MUST(vault_add(in, part.p, part.n, &p->e), p->e);
    }
    MUST(vault_end(in, &d, &size, &p->e), p->e);
    assert_int_equal(size, bytes.n);
    return d;
}

/* Reads all; *ret_n is what was handed out, also when it failed. */
static bool take(place *p, digest d, str *ret)
{
    struct vault_out *out = NULL;
    buf b = buf_open(p->a, 64 << 20);
    *ret = S("");
    if (!vault_read(p->v, p->a, d, &out, &p->e)) return false;
    for (;;) {
        const void *q = NULL;
        size_t n = 0;
        bool ok = vault_next(out, &q, &n, &p->e);
        if (ok && n) buf_bytes(&b, q, n);
        *ret = buf_str(&b);
        if (!ok || n == 0) return ok;
    }
}

static str path_of(place *p, digest d)
{
    str hex = digest_hex(p->a, d);
    return str_fmt(p->a, "%s/%.2s/%s", p->dir.p, hex.p, hex.p + 2);
}

static size_t count_files(const char *dir)
{
    size_t n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *x; d && (x = readdir(d));)
        n += x->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

static void expect_clean_tmp(place *p)
{
    assert_int_equal(count_files(str_fmt(p->a, "%s/tmp", p->dir.p).p), 0);
}

static const size_t sizes[] = {0,      1,      65535,  65536,    65537,
                               131072, 131073, 200000, 3u << 20, (3u << 20) + 1};

static void test_round_trip(void **state)
{
    (void)state;
    place p = open_place();
    for (size_t i = 0; i < COUNT(sizes); i++) {
        str s = sample(p.a, sizes[i]), got;
        digest d = put(&p, s);
        assert_true(digest_eq(d, hash_bytes(s.p, s.n)) && vault_has(p.v, d));
        MUST(take(&p, d, &got), p.e);
        assert_true(str_eq(s, got));
        str raw;
        MUST(file_read(p.a, path_of(&p, d).p, 64 << 20, &raw, &p.e), p.e);
        size_t chunks = s.n ? (s.n + SEAL_CHUNK - 1) / SEAL_CHUNK : 1;
        assert_int_equal(raw.n, SEAL_HEADER + s.n + chunks * SEAL_OVERHEAD);
        if (s.n > 64) assert_null(memmem(raw.p, raw.n, s.p, 64));
    }
    expect_clean_tmp(&p);
    arena_close(p.a);
}

static void test_put_fd(void **state)
{
    (void)state;
    place p = open_place();
    str s = sample(p.a, 300000), path = str_fmt(p.a, "%s.in", p.dir.p), back;
    MUST(file_create(path.p, s, 0600, &p.e), p.e);
    int in = open(path.p, O_RDONLY);
    digest d;
    uint64_t size = 0;
    assert_false(vault_put_fd(p.v, in, 299999, &d, &size, &p.e));
    assert_int_equal(p.e.code, ERR_TOO_LARGE);
    expect_clean_tmp(&p);
    lseek(in, 0, SEEK_SET);
    MUST(vault_put_fd(p.v, in, 300000, &d, &size, &p.e), p.e);
    close(in);
    int out = open(str_fmt(p.a, "%s.out", p.dir.p).p, O_RDWR | O_CREAT, 0600);
    MUST(vault_copy(p.v, d, out, &p.e), p.e);
    close(out);
    MUST(file_read(p.a, str_fmt(p.a, "%s.out", p.dir.p).p, 1 << 20, &back, &p.e), p.e);
    assert_true(size == s.n && str_eq(back, s));
    MUST(vault_remove(p.v, d, &p.e), p.e);
    assert_false(vault_has(p.v, d));
    assert_false(vault_remove(p.v, d, &p.e));
    assert_int_equal(p.e.code, ERR_NOT_FOUND);
    assert_false(take(&p, d, &back));
    assert_int_equal(p.e.code, ERR_NOT_FOUND);
    arena_close(p.a);
}

/* ---- Damage ---------------------------------------------------------------------------------- */

static void overwrite(place *p, digest d, str raw)
{
    MUST(file_replace(path_of(p, d).p, raw, 0600, &p->e), p->e);
}

static void expect_damaged(place *p, digest d, str whole)
{
    str got;
    p->e.code = ERR_OK;
    assert_false(take(p, d, &got));
    assert_int_equal(p->e.code, ERR_DAMAGED);
    assert_true(got.n < whole.n || whole.n == 0);
    assert_memory_equal(got.p, whole.p, got.n);
}

static void test_flipped(void **state)
{
    (void)state;
    place p = open_place();
    str s = sample(p.a, 150000), raw;
    digest d = put(&p, s);
    MUST(file_read(p.a, path_of(&p, d).p, 1 << 20, &raw, &p.e), p.e);
    const size_t at[] = {0, 23, 24, 25, 65576, 65577, 65600, raw.n - 18, raw.n - 1};
    for (size_t i = 0; i < COUNT(at); i++) {
        char *bad = arena_new(p.a, char, raw.n);
        memcpy(bad, raw.p, raw.n);
        bad[at[i]] ^= 1;
        overwrite(&p, d, (str){bad, raw.n});
        expect_damaged(&p, d, s);
    }
    put(&p, s); /* once more: heals */
    MUST(take(&p, d, &raw), p.e);
    assert_true(str_eq(raw, s));
    arena_close(p.a);
}

static void test_truncated(void **state)
{
    (void)state;
    place p = open_place();
    str s = sample(p.a, 131072), raw;
    digest d = put(&p, s), nothing = put(&p, S(""));
    MUST(file_read(p.a, path_of(&p, d).p, 1 << 20, &raw, &p.e), p.e);
    const size_t keep[] = {0, 23, 24, 40, 24 + 65553, 24 + 65553 + 1, raw.n - 1};
    for (size_t i = 0; i < COUNT(keep); i++) {
        overwrite(&p, d, str_sub(raw, 0, keep[i]));
        expect_damaged(&p, d, s);
    }
    overwrite(&p, d, str_fmt(p.a, "%s", "short"));
    expect_damaged(&p, d, s);
    buf longer = buf_open(p.a, 1 << 20);
    buf_put(&longer, raw);
    buf_putc(&longer, 'x');
    overwrite(&p, d, buf_str(&longer));
    expect_damaged(&p, d, s);
    overwrite(&p, nothing, str_sub(raw, 0, 24));
    expect_damaged(&p, nothing, S(""));
    arena_close(p.a);
}

static void test_swapped(void **state)
{
    (void)state;
    place p = open_place();
    str s[2] = {sample(p.a, 70000), sample(p.a, 70001)}, raw[2];
    digest d[2];
    for (size_t i = 0; i < 2; i++) {
        d[i] = put(&p, s[i]);
        MUST(file_read(p.a, path_of(&p, d[i]).p, 1 << 20, &raw[i], &p.e), p.e);
    }
    for (size_t i = 0; i < 2; i++) {
        overwrite(&p, d[i], raw[1 - i]);
        expect_damaged(&p, d[i], s[i]);
    }
    /* a header of one file before the chunks of the other */
    char *mixed = arena_new(p.a, char, raw[0].n);
    memcpy(mixed, raw[0].p, raw[0].n);
    memcpy(mixed, raw[1].p, SEAL_HEADER);
    overwrite(&p, d[0], (str){mixed, raw[0].n});
    expect_damaged(&p, d[0], s[0]);
    arena_close(p.a);
}

static void test_other_key(void **state)
{
    (void)state;
    place p = open_place();
    str s = sample(p.a, 1000);
    digest d = put(&p, s);
    uint8_t other[32] = {9};
    MUST(vault_open(p.a, p.dir.p, other, &p.v, &p.e), p.e);
    expect_damaged(&p, d, s);
    arena_close(p.a);
}

/* ---- A full disk --------------------------------------------------------------------------------
 */

/* In the child: fills until it is refused. 0 = refused in the right way, nothing left behind. */
static int fill(place *p, size_t n)
{
    struct vault_in *in = NULL;
    str s = sample(p->a, 1 << 20);
    digest d;
    uint64_t size = 0;
    if (!vault_begin(p->v, p->a, &in, &p->e)) return 2;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = vault_add(in, s.p, s.n, &p->e);
    if (ok && vault_end(in, &d, &size, &p->e)) return 3;
    if (p->e.code != ERR_UNAVAILABLE || p->e.hint.n == 0) return 4;
    if (count_files(str_fmt(p->a, "%s/tmp", p->dir.p).p) != 0) return 5;
    if (count_files(p->dir.p) != 1) return 6; /* tmp alone */
    if (vault_add(in, "x", 1, &p->e) || vault_end(in, &d, &size, &p->e)) return 7;
    digest small = put(p, S("still fits"));
    return vault_has(p->v, small) ? 0 : 8;
}

static int in_child(int (*fn)(place *), place *p)
{
    pid_t pid = fork();
    if (pid == 0) _exit(fn(p));
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int file_limit(place *p)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20});
    return fill(p, 3);
}

static void test_file_limit(void **state)
{
    (void)state;
    place p = open_place();
    assert_int_equal(in_child(file_limit, &p), 0);
    arena_close(p.a);
}

/* A file system of 1 MiB of our own, where the kernel lets us have one. */
static int small_disk(place *p)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return 77;
    if (mount("none", p->dir.p, "tmpfs", 0, "size=1m") != 0) return 77;
    if (!vault_open(p->a, p->dir.p, key, &p->v, &p->e)) return 1;
    return fill(p, 3);
}

static void test_small_disk(void **state)
{
    (void)state;
    place p = open_place();
    int rc = in_child(small_disk, &p);
    arena_close(p.a);
    if (rc == 77) {
        print_message("SKIP: no right to mount a tmpfs here\n");
        skip();
    }
    assert_int_equal(rc, 0);
}

/* ---- Constant memory
 * ------------------------------------------------------------------------------ */

/* 64 MiB through the vault under a limit that 64 MiB would break: the peak stays below 16. */
static int measure(place *p)
{
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    arena *a = arena_open();
    struct vault_in *in = NULL;
    str s = sample(p->a, 1 << 20);
    digest d;
    uint64_t size = 0;
    bool ok = vault_begin(p->v, a, &in, &p->e);
    for (size_t i = 0; ok && i < 64; i++)
        ok = vault_add(in, s.p, s.n, &p->e);
    ok = ok && vault_end(in, &d, &size, &p->e);
    int null = open("/dev/null", O_WRONLY);
    ok = ok && vault_copy(p->v, d, null, &p->e);
    getrusage(RUSAGE_SELF, &after);
    if (!ok || size != 64u << 20) return 1;
    return after.ru_maxrss - before.ru_maxrss < 16 << 10 ? 0 : 2; /* KiB */
}

static void test_constant_memory(void **state)
{
    (void)state;
    place p = open_place();
    assert_int_equal(in_child(measure, &p), 0);
    arena_close(p.a);
}

/* ---- Leftovers ----------------------------------------------------------------------------------
 */

static void test_abandoned(void **state)
{
    (void)state;
    place p = open_place();
    arena *a = arena_open();
    struct vault_in *in = NULL;
    MUST(vault_begin(p.v, a, &in, &p.e), p.e);
    MUST(vault_add(in, "abc", 3, &p.e), p.e);
    assert_false(vault_has(p.v, hash_bytes("abc", 3)));
    arena_close(a); /* without end */
    expect_clean_tmp(&p);
    str old = str_fmt(p.a, "%s/tmp/old", p.dir.p), young = str_fmt(p.a, "%s/tmp/young", p.dir.p);
    MUST(file_create(old.p, S("x"), 0600, &p.e), p.e);
    MUST(file_create(young.p, S("x"), 0600, &p.e), p.e);
    const struct timespec times[2] = {
        {time(NULL) - 90000, 0},
        {time(NULL) - 90000, 0}
    };
    assert_int_equal(utimensat(AT_FDCWD, old.p, times, 0), 0);
    MUST(vault_open(p.a, p.dir.p, key, &p.v, &p.e), p.e);
    assert_true(!file_exists(old.p) && file_exists(young.p));
    arena_close(p.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_put_fd),
        cmocka_unit_test(test_flipped),    cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_swapped),    cmocka_unit_test(test_other_key),
        cmocka_unit_test(test_file_limit), cmocka_unit_test(test_small_disk),
        cmocka_unit_test(test_abandoned),  cmocka_unit_test(test_constant_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
