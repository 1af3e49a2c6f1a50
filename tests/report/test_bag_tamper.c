/* test_bag_tamper.c - every altered, missing, extra, moved or foreign byte of a bag is found. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "bag_fixture.h"
#include "report/tar.h"

static char *copy_of(arena *a, str s)
{
    char *p = arena_new(a, char, s.n + 1);
    memcpy(p, s.p, s.n);
    return p;
}

/* ---- Every byte ---- */

/* A flip in the compressed bytes may leave the archive's content as it was (deflate can say the
 * same in two ways); then it is no alteration, and the archive's own digest differs. */
static void test_every_byte_of_gzip(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str targz = bag_fixture_write(f), tar = bag_fixture_unpack(f->a, targz);
    size_t same = 0;
    for (size_t i = 0; i < targz.n; i++) {
        arena *a = arena_open();
        char *p = copy_of(a, targz);
        p[i] = (char)(p[i] ^ (1 << i % 8));
        bag_result r = bag_fixture_verify(f, a, (str){p, targz.n}, f->old_note);
        if (!r.n_findings) {
            assert_true(str_eq(bag_fixture_unpack(a, (str){p, targz.n}), tar));
            assert_false(digest_eq(r.archive_sha256, hash_bytes(targz.p, targz.n)));
            same++;
        }
        arena_close(a);
    }
    print_message("%zu flips in %zu bytes, %zu of them without any effect on the content\n",
                  targz.n, targz.n, same);
    assert_true(same < targz.n / 200);
    bag_fixture_end(f);
}

static void test_every_byte_of_tar(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str tar = bag_fixture_unpack(f->a, bag_fixture_write(f));
    for (size_t i = 0; i < tar.n; i++) {
        arena *a = arena_open();
        char *p = copy_of(a, tar);
        p[i] = (char)(p[i] ^ (1 << i % 8));
        str packed = bag_fixture_pack(a, (str){p, tar.n}, 0);
        bag_result r = bag_fixture_verify(f, a, packed, f->old_note);
        if (!r.n_findings) fail_msg("byte %zu of %zu", i, tar.n);
        arena_close(a);
    }
    bag_fixture_end(f);
}

static void test_every_length(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str targz = bag_fixture_write(f);
    for (size_t n = 0; n < targz.n; n += 7) {
        arena *a = arena_open();
        bag_result r = bag_fixture_verify(f, a, str_sub(targz, 0, n), f->old_note);
        assert_true(r.n_findings > 0);
        arena_close(a);
    }
    bag_fixture_end(f);
}

/* ---- Members ---- */

typedef struct piece {
    str name, bytes; /* bytes: header, content and filling */
} piece;

/* The members of a tar; the end of the archive is not among them. */
static size_t split(arena *a, str tar, piece *ret, size_t max)
{
    size_t n = 0;
    for (size_t at = 0; at + TAR_BLOCK <= tar.n && n < max; n++) {
        tar_entry x;
        if (!tar_parse(a, (const uint8_t *)tar.p + at, &x)) break;
        size_t len = TAR_BLOCK + (size_t)(x.size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
        ret[n] = (piece){x.name, str_sub(tar, at, len)};
        at += len;
    }
    return n;
}

static str join(arena *a, const piece *p, size_t n)
{
    static const char zeros[TAR_RECORD];
    buf b = buf_open(a, 8 << 20);
    for (size_t i = 0; i < n; i++)
        buf_put(&b, p[i].bytes);
    buf_bytes(&b, zeros, 2 * TAR_BLOCK);
    buf_bytes(&b, zeros, (TAR_RECORD - b.n % TAR_RECORD) % TAR_RECORD);
    return bag_fixture_pack(a, buf_str(&b), 6);
}

static piece made(arena *a, const char *name, const char *content, char type)
{
    uint8_t head[TAR_BLOCK];
    str text = str_of(content);
    buf b = buf_open(a, 1 << 16);
    assert_true(tar_header(head, str_of(name), text.n, type));
    buf_bytes(&b, head, sizeof head);
    buf_put(&b, text);
    while (b.n % TAR_BLOCK)
        buf_putc(&b, 0);
    return (piece){str_of(name), buf_str(&b)};
}

#define PIECES 64
typedef struct pieces {
    struct bag_fixture *f;
    piece at[PIECES];
    size_t n;
} pieces;

static pieces take_apart(void)
{
    pieces p = {.f = bag_fixture_new()};
    str tar = bag_fixture_unpack(p.f->a, bag_fixture_write(p.f));
    p.n = split(p.f->a, tar, p.at, PIECES - 1);
    assert_true(p.n > 20 && p.n < PIECES - 1);
    return p;
}

static bag_result judge(pieces *p)
{
    return bag_fixture_verify(p->f, p->f->a, join(p->f->a, p->at, p->n), p->f->old_note);
}

static void insert(pieces *p, size_t at, piece x)
{
    memmove(p->at + at + 1, p->at + at, (p->n - at) * sizeof x);
    p->at[at] = x;
    p->n++;
}

static size_t place(const pieces *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eqz(p->at[i].name, name)) return i;
    fail_msg("no %s", name);
    return 0;
}

static void test_missing(void **state)
{
    (void)state;
    pieces all = take_apart();
    assert_int_equal(judge(&all).n_findings, 0); /* the parts put together again are good */
    for (size_t i = 0; i < all.n; i++) {
        pieces p = all;
        memmove(p.at + i, p.at + i + 1, (p.n - i - 1) * sizeof *p.at);
        p.n--;
        bag_result r = judge(&p);
        assert_true(r.n_findings > 0);
        if (!str_ends(all.at[i].name, S("/")) && i)
            assert_true(bag_fixture_found(&r, BAG_MISSING, all.at[i].name.p + 6));
    }
    bag_fixture_end(all.f);
}

static void test_moved(void **state)
{
    (void)state;
    pieces all = take_apart();
    for (size_t i = 1; i < all.n; i++) {
        pieces p = all;
        piece x = p.at[i - 1];
        p.at[i - 1] = p.at[i];
        p.at[i] = x;
        assert_true(judge(&p).n_findings > 0);
    }
    bag_fixture_end(all.f);
}

static void test_twice(void **state)
{
    (void)state;
    pieces all = take_apart();
    for (size_t i = 1; i < all.n; i++) {
        pieces p = all;
        insert(&p, i, p.at[i]);
        bag_result r = judge(&p);
        assert_true(bag_fixture_found(&r, BAG_DUPLICATE, NULL));
    }
    bag_fixture_end(all.f);
}

static void test_foreign_members(void **state)
{
    (void)state;
    static const struct {
        const char *name, *content, *before;
        char type;
        bag_problem want;
    } bad[] = {
        {"bag-1/data/files/extra.csv",       "x",                     "bag-1/data/files/loans.csv",      '0', BAG_EXTRA    },
        {"bag-1/data/files/extra.csv",       "x",                     "bag-1/data/files/loans.csv",      '0', BAG_UNPROVEN },
        {"bag-1/fetch.txt",                  "https://x 1 data/y\n",  "bag-1/manifest-sha256.txt",       '0', BAG_EXTRA    },
        {"bag-1/data/files/emptydir/",       "",                      "bag-1/data/files/loans.csv",      '5', BAG_EXTRA    },
        {"bag-1/data/files/a b",             "x",                     "bag-1/data/files/loans.csv",      '0', BAG_NAME     },
        {"bag-1/data/files/../../x",         "x",                     "bag-1/data/files/loans.csv",      '0', BAG_NAME     },
        {"bag-1/data/files/link",            "",                      "bag-1/data/files/loans.csv",      '2', BAG_KIND     },
        {"bag-1/data/files/hard",            "",                      "bag-1/data/files/loans.csv",      '1', BAG_KIND     },
        {"bag-1/data/files/dev",             "",                      "bag-1/data/files/loans.csv",      '3', BAG_KIND     },
        {"bag-1/data/files/fifo",            "",                      "bag-1/data/files/loans.csv",      '6', BAG_KIND     },
        {"bag-1/data/files/pax",             "19 path=/etc/passwd\n", "bag-1/data/files/loans.csv",      'x',
         BAG_KIND                                                                                                          },
        {"bag-1/data/files/long",            "/etc/passwd",           "bag-1/data/files/loans.csv",      'L', BAG_KIND     },
        {"/etc/passwd",                      "x",                     "bag-1/README-VERIFY.txt",         '0', BAG_NAME     },
        {"bag-2/x",                          "x",                     NULL,                              '0', BAG_NAME     },
        {"../x",                             "x",                     "bag-1/README-VERIFY.txt",         '0', BAG_NAME     },
        {"bag-1/data/files/loans.csv/below", "x",                     "bag-1/data/files/run-1/",         '0', BAG_DUPLICATE},
        {"bag-1/data/leaves/007.leaf",       "x",                     "bag-1/data/leaves/10.leaf",       '0', BAG_FORMAT   },
        {"bag-1/data/leaves/1.leaf",         "{}",                    "bag-1/data/leaves/10.leaf",       '0', BAG_UNPROVEN },
        {"bag-1/data/proofs/1.tlog-proof",   "x",                     "bag-1/data/proofs/10.tlog-proof", '0', BAG_PROOF    },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        pieces p = take_apart();
        piece x = made(p.f->a, bad[i].name, bad[i].content, bad[i].type);
        insert(&p, bad[i].before ? place(&p, bad[i].before) : p.n, x);
        bag_result r = judge(&p);
        if (!bag_fixture_found(&r, bad[i].want, NULL))
            fail_msg("case %zu: %s, %zu findings, first: %s", i, bad[i].name, r.n_findings,
                     r.n_findings ? r.findings[0].text.p : "-");
        bag_fixture_end(p.f);
    }
}

static void test_behind_the_end(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str targz = bag_fixture_write(f), tar = bag_fixture_unpack(f->a, targz);
    str twice = str_fmt(f->a, "x"),
        zeros = str_dup(f->a, (str){arena_new(f->a, char, 10240), 10240});
    buf b = buf_open(f->a, 8 << 20);
    buf_put(&b, targz);
    buf_put(&b, targz); /* a second gzip member: gzip -d would append it */
    twice = buf_str(&b);
    bag_result r = bag_fixture_verify(f, f->a, twice, f->old_note);
    assert_true(bag_fixture_found(&r, BAG_FORMAT, ""));
    b = buf_open(f->a, 8 << 20);
    buf_put(&b, tar);
    buf_put(&b, zeros);
    r = bag_fixture_verify(f, f->a, bag_fixture_pack(f->a, buf_str(&b), 6), f->old_note);
    assert_true(bag_fixture_found(&r, BAG_FORMAT, ""));
    bag_fixture_end(f);
}

/* 256 MB of zeros in 256 kB are stopped at the limit, before they are read. */
static void test_bomb(void **state)
{
    (void)state;
    pieces p = take_apart();
    uint8_t head[TAR_BLOCK];
    assert_true(tar_header(head, S("bag-1/data/files/bomb"), 256 << 20, TAR_FILE));
    size_t n = sizeof head + (256 << 20);
    char *big = calloc(1, n);
    memcpy(big, head, sizeof head);
    insert(&p, place(&p, "bag-1/data/files/loans.csv"),
           (piece){
               S(""), (str){big, n}
    });
    buf b = buf_open(p.f->a, 300 << 20);
    for (size_t i = 0; i < p.n; i++)
        buf_put(&b, p.at[i].bytes);
    str packed = bag_fixture_pack(p.f->a, buf_str(&b), 6);
    assert_true(packed.n < 1 << 20);
    bag_trust t = {.vkeys = &p.f->vkey, .n_vkeys = 1, .max_unpacked = 1 << 20};
    bag_result r;
    arena *a = arena_open();
    must(p.f, bag_verify_bytes(a, packed, &t, &r, &p.f->e));
    assert_true(bag_fixture_found(&r, BAG_TOO_LARGE, "data/files/bomb"));
    t.max_unpacked = 0; /* and when it may be read, it is not kept */
    size_t before = arena_used(a);
    must(p.f, bag_verify_bytes(a, packed, &t, &r, &p.f->e));
    assert_true(arena_used(a) - before < 2 << 20);
    arena_close(a);
    free(big);
    bag_fixture_end(p.f);
}

/* ---- Forgers, and the shell script ---- */

static int sh(str dir, const char *script)
{
    return bag_fixture_run(dir.p, (const char *const[]){"sh", "-c", script, NULL});
}

static str unpacked(struct bag_fixture *f)
{
    str dir = bag_fixture_folder(f->a);
    must(f, file_create(str_fmt(f->a, "%s/b.tar.gz", dir.p).p, bag_fixture_write(f), 0600, &f->e));
    assert_int_equal(sh(dir, "tar -xzf b.tar.gz && cp -a bag-1 good"), 0);
    return dir;
}

#define REPAIR                                                                                     \
    "; cut -c 67- manifest-sha256.txt >l; xargs sha256sum <l >m; mv m manifest-sha256.txt; "       \
    "cut -c 67- tagmanifest-sha256.txt >l; xargs sha256sum <l >m; mv m tagmanifest-sha256.txt; "   \
    "rm l"

/* Whoever changes a file can repair the manifests, but not the leaf, nor the path above it. */
static void test_forger(void **state)
{
    (void)state;
    static const struct {
        const char *script, *path;
        bag_problem want;
    } tries[] = {
        {"sed -i s/17/71/ data/files/loans.csv" REPAIR,                  "data/files/loans.csv",      BAG_UNPROVEN },
        {"sed -i s/seq/qes/ data/leaves/10.leaf" REPAIR,                 "data/proofs/10.tlog-proof", BAG_PROOF    },
        {"cp data/proofs/7.tlog-proof data/proofs/10.tlog-proof" REPAIR,
         "data/proofs/10.tlog-proof",                                                                 BAG_PROOF    },
        {"sed -i s/^11$/12/ data/log/checkpoint" REPAIR,                 "data/log/checkpoint",       BAG_SIGNATURE},
    };
    struct bag_fixture *f = bag_fixture_new();
    str dir = unpacked(f), in = str_fmt(f->a, "%s/bag-1", dir.p);
    bag_trust t = {.vkeys = &f->vkey, .n_vkeys = 1};
    for (size_t i = 0; i < COUNT(tries); i++) {
        bag_result r;
        assert_int_equal(sh(dir, "rm -rf bag-1 && cp -a good bag-1"), 0);
        assert_int_equal(sh(in, tries[i].script), 0);
        assert_int_equal(sh(in, "sha256sum --strict -c tagmanifest-sha256.txt manifest-sha256.txt"),
                         0);
        must(f, bag_verify(f->a, in.p, &t, &r, &f->e));
        assert_true(bag_fixture_found(&r, tries[i].want, tries[i].path));
        assert_int_equal(sh(in, str_fmt(f->a, "sh verify.sh '%s'", f->vkey.p).p), 1);
    }
    assert_int_equal(sh(dir, "rm -rf bag-1 && cp -a good bag-1"), 0);
    assert_int_equal(sh(in, str_fmt(f->a, "sh verify.sh '%s'", f->vkey.p).p), 0);
    bag_fixture_run(NULL, (const char *const[]){"rm", "-rf", dir.p, NULL});
    bag_fixture_end(f);
}

/* One byte of every file, at a place that differs from file to file. */
static void test_script_on_every_file(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    pieces p = take_apart();
    str dir = unpacked(f), in = str_fmt(f->a, "%s/bag-1", dir.p);
    bag_trust t = {.vkeys = &f->vkey, .n_vkeys = 1};
    for (size_t i = 0; i < p.n; i++) {
        str name = p.at[i].name, bytes, path = str_fmt(f->a, "%s/%s", dir.p, name.p);
        if (str_ends(name, S("/"))) continue;
        must(f, file_read(f->a, path.p, 1 << 20, &bytes, &f->e));
        if (!bytes.n) continue;
        char *changed = copy_of(f->a, bytes);
        size_t at = i * 7919 % bytes.n;
        changed[at] = (char)(changed[at] ^ 1);
        must(f, file_replace(path.p, (str){changed, bytes.n}, 0644, &f->e));
        bag_result r;
        must(f, bag_verify(f->a, in.p, &t, &r, &f->e));
        assert_true(r.n_findings > 0);
        /* the auditor's own copy of the scripts */
        if (sh(dir, str_fmt(f->a, "AIMS_BAG=bag-1 sh good/verify.sh '%s'", f->vkey.p).p) != 1)
            fail_msg("verify.sh: byte %zu of %s", at, name.p);
        must(f, file_replace(path.p, bytes, 0644, &f->e));
    }
    assert_int_equal(sh(dir, "echo x >bag-1/data/files/extra"), 0);
    assert_int_equal(sh(in, str_fmt(f->a, "sh verify.sh '%s'", f->vkey.p).p), 1);
    assert_int_equal(sh(dir, "rm bag-1/data/files/extra bag-1/data/files/loans.csv"), 0);
    assert_int_equal(sh(in, str_fmt(f->a, "sh verify.sh '%s'", f->vkey.p).p), 1);
    bag_fixture_run(NULL, (const char *const[]){"rm", "-rf", dir.p, NULL});
    bag_fixture_end(p.f);
    bag_fixture_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_of_gzip),
        cmocka_unit_test(test_every_byte_of_tar),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_foreign_members),
        cmocka_unit_test(test_behind_the_end),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_forger),
        cmocka_unit_test(test_script_on_every_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
