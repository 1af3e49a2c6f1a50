/* test_bag.c - a bag is written reproducibly, other programs read it, wrong input is refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "bag_fixture.h"

/* Unpacks into a new folder; gives the folder that holds bag-1. */
static str unpack_with_tar(struct bag_fixture *f, str targz)
{
    str dir = bag_fixture_folder(f->a), file = str_fmt(f->a, "%s/bag.tar.gz", dir.p);
    must(f, file_create(file.p, targz, 0600, &f->e));
    assert_int_equal(
        bag_fixture_run(dir.p, (const char *const[]){"tar", "-xzf", "bag.tar.gz", NULL}), 0);
    return dir;
}

static void remove_folder(str dir)
{
    assert_int_equal(bag_fixture_run(NULL, (const char *const[]){"rm", "-rf", dir.p, NULL}), 0);
}

static void test_good(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str one = bag_fixture_write(f);
    bag_result r = bag_fixture_verify(f, f->a, one, f->old_note);
    if (r.n_findings) fail_msg("%s: %s", r.findings[0].path.p, r.findings[0].text.p);
    assert_int_equal(r.files, 2);
    assert_int_equal(r.leaves, 3);
    assert_int_equal(r.proofs, 3);
    assert_int_equal(r.log_size, LOG_SIZE);
    assert_string_equal(r.origin.p, ORIGIN);
    assert_true(digest_eq(r.archive_sha256, hash_bytes(one.p, one.n)));
    assert_true(str_eq(one, bag_fixture_write(f))); /* the same bytes again */
    bag_fixture_end(f);
}

/* Blanks the device numbers of every header, and the checksums: of plain files GNU tar 1.34 writes
 * zeros there as we do, 1.35 nothing; POSIX leaves it open. */
static str without_devices(arena *a, str tar)
{
    enum { BLOCK = 512, SIZE = 124, CHECKSUM = 148, DEVICES = 329 };
    char *p = arena_new(a, char, tar.n);
    memcpy(p, tar.p, tar.n);
    for (size_t at = 0; at + BLOCK <= tar.n;) {
        size_t size = strtoull(p + at + SIZE, NULL, 8);
        memset(p + at + CHECKSUM, 0, 8);
        memset(p + at + DEVICES, 0, 16);
        at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
    return (str){p, tar.n};
}

/* GNU tar packs the unpacked bag into the very same bytes; gzip reads it. */
static void test_gnu_tar(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str targz = bag_fixture_write(f), dir = unpack_with_tar(f, targz), theirs;
    assert_int_equal(
        bag_fixture_run(dir.p, (const char *const[]){"gzip", "-t", "bag.tar.gz", NULL}), 0);
    assert_int_equal(
        bag_fixture_run(dir.p,
                        (const char *const[]){"tar", "--sort=name", "--mtime=@0", "--owner=0",
                                              "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX",
                                              "--format=ustar", "-cf", "again.tar", "bag-1", NULL}),
        0);
    must(f, file_read(f->a, str_fmt(f->a, "%s/again.tar", dir.p).p, 64 << 20, &theirs, &f->e));
    str ours = bag_fixture_unpack(f->a, targz);
    assert_true(str_eq(without_devices(f->a, theirs), without_devices(f->a, ours)));
    remove_folder(dir);
    bag_fixture_end(f);
}

static void test_sha256sum_and_script(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str dir = unpack_with_tar(f, bag_fixture_write(f)), in = str_fmt(f->a, "%s/bag-1", dir.p);
    must(f, file_create(str_fmt(f->a, "%s/old", dir.p).p, f->old_note, 0600, &f->e));
    str policy = str_fmt(f->a, "log %s\nwitness w %s\nquorum w\n", f->vkey.p, f->witness_vkey.p);
    must(f, file_create(str_fmt(f->a, "%s/policy", dir.p).p, policy, 0600, &f->e));
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"sha256sum", "--strict", "-c",
                                                                 "tagmanifest-sha256.txt",
                                                                 "manifest-sha256.txt", NULL}),
                     0);
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"sh", "verify.sh", "--old",
                                                                 "../old", "../policy", NULL}),
                     0);
    assert_int_equal(
        bag_fixture_run(in.p, (const char *const[]){"bash", "verify.sh", f->vkey.p, NULL}), 0);
    /* another key of the same name, and no key at all */
    sign_key k = sign_key_new();
    note_signer other;
    must(f, note_signer_make(f->a, S(ORIGIN), NOTE_ED25519, &k, &other, &f->e));
    str vkey = note_key_text(f->a, &other.key);
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"sh", "verify.sh", vkey.p, NULL}),
                     1);
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"sh", "verify.sh", NULL}), 2);
    /* a rewritten log: the kept checkpoint is of other leaves */
    f->leaves[3] = S("{\"act\":\"rewritten\"}");
    str fork = bag_fixture_note(f, OLD_SIZE, &f->log);
    must(f, file_create(str_fmt(f->a, "%s/fork", dir.p).p, fork, 0600, &f->e));
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"sh", "verify.sh", "--old",
                                                                 "../fork", f->vkey.p, NULL}),
                     1);
    remove_folder(dir);
    bag_fixture_end(f);
}

static void test_folder(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str dir = unpack_with_tar(f, bag_fixture_write(f)), in = str_fmt(f->a, "%s/bag-1", dir.p);
    bag_trust t = {.policy = f->b.policy, .old = &f->old_note, .n_old = 1};
    bag_result r;
    must(f, bag_verify(f->a, in.p, &t, &r, &f->e));
    assert_int_equal(r.n_findings, 0);
    assert_false(r.archive);
    must(f, file_create(str_fmt(f->a, "%s/data/files/.hidden", in.p).p, S("x"), 0600, &f->e));
    assert_int_equal(
        bag_fixture_run(in.p, (const char *const[]){"ln", "-s", "/etc/passwd", "link", NULL}), 0);
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"mkfifo", "pipe", NULL}), 0);
    assert_int_equal(bag_fixture_run(in.p, (const char *const[]){"rm", "bagit.txt", NULL}), 0);
    must(f, bag_verify(f->a, in.p, &t, &r, &f->e));
    assert_true(bag_fixture_found(&r, BAG_EXTRA, "data/files/.hidden"));
    assert_true(bag_fixture_found(&r, BAG_UNPROVEN, "data/files/.hidden"));
    assert_true(bag_fixture_found(&r, BAG_KIND, "link"));
    assert_true(bag_fixture_found(&r, BAG_KIND, "pipe"));
    assert_true(bag_fixture_found(&r, BAG_MISSING, "bagit.txt"));
    assert_int_equal(
        bag_fixture_run(in.p, (const char *const[]){"sh", "verify.sh", f->vkey.p, NULL}), 1);
    assert_false(bag_verify(f->a, "/nowhere/bag.tar.gz", &t, &r, &f->e));
    assert_int_equal(f->e.code, ERR_NOT_FOUND);
    remove_folder(dir);
    bag_fixture_end(f);
}

static void test_save(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str dir = bag_fixture_folder(f->a), path = str_fmt(f->a, "%s/b.tar.gz", dir.p), bytes;
    digest d;
    uint64_t size;
    must(f, bag_save(&f->b, path.p, &d, &size, &f->e));
    must(f, file_read(f->a, path.p, 64 << 20, &bytes, &f->e));
    assert_int_equal(size, bytes.n);
    assert_true(digest_eq(d, hash_bytes(bytes.p, bytes.n)));
    assert_true(str_eq(bytes, bag_fixture_write(f)));
    bag_trust t = {.vkeys = &f->vkey, .n_vkeys = 1};
    bag_result r;
    must(f, bag_verify(f->a, path.p, &t, &r, &f->e));
    assert_int_equal(r.n_findings, 0);
    assert_false(bag_save(&f->b, path.p, &d, &size, &f->e));
    assert_int_equal(f->e.code, ERR_CONFLICT);
    assert_false(file_exists(str_fmt(f->a, "%s.part", path.p).p));
    remove_folder(dir);
    bag_fixture_end(f);
}

/* Trust: no key, another key, a witness that did not sign, one that did. */
static void test_trust(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str targz = bag_fixture_write(f);
    bag_result r;
    bag_trust t = {0};
    assert_false(bag_verify_bytes(f->a, targz, &t, &r, &f->e));
    assert_int_equal(f->e.code, ERR_INVALID);
    sign_key k = sign_key_new();
    note_signer other;
    must(f, note_signer_make(f->a, S(ORIGIN), NOTE_ED25519, &k, &other, &f->e));
    str vkey = note_key_text(f->a, &other.key);
    t = (bag_trust){.vkeys = &vkey, .n_vkeys = 1};
    must(f, bag_verify_bytes(f->a, targz, &t, &r, &f->e));
    assert_true(bag_fixture_found(&r, BAG_SIGNATURE, "data/log/checkpoint"));
    assert_int_equal(r.log_size, -1);
    static const char *const quorums[] = {"w", "none", "both"};
    for (size_t i = 0; i < COUNT(quorums); i++) {
        note_signer absent;
        must(f, note_signer_make(f->a, S("absent.example"), NOTE_COSIGN, &k, &absent, &f->e));
        t = (bag_trust){
            .policy = str_fmt(
                f->a, "log %s\nwitness w %s\nwitness a %s\ngroup both all w a\nquorum %s\n",
                f->vkey.p, f->witness_vkey.p, note_key_text(f->a, &absent.key).p, quorums[i])};
        must(f, bag_verify_bytes(f->a, targz, &t, &r, &f->e));
        assert_int_equal(r.n_findings, i == 2 ? 1 : 0);
    }
    bag_fixture_end(f);
}

/* Kept checkpoints: a fork, a log that shrank, one that cannot be linked. */
static void test_old(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str targz = bag_fixture_write(f);
    bag_result r = bag_fixture_verify(f, f->a, targz, bag_fixture_note(f, 6, &f->log));
    assert_true(bag_fixture_found(&r, BAG_UNLINKED, "old checkpoint 1"));
    r = bag_fixture_verify(f, f->a, targz, f->b.checkpoint);
    assert_int_equal(r.n_findings, 0);
    r = bag_fixture_verify(f, f->a, targz, S("nonsense"));
    assert_true(bag_fixture_found(&r, BAG_SIGNATURE, "old checkpoint 1"));
    f->leaves[3] = S("{\"act\":\"rewritten\"}");
    r = bag_fixture_verify(f, f->a, targz, bag_fixture_note(f, OLD_SIZE, &f->log));
    assert_true(bag_fixture_found(&r, BAG_FORK, "old checkpoint 1"));
    r = bag_fixture_verify(f, f->a, targz, bag_fixture_note(f, LOG_SIZE, &f->log));
    assert_true(bag_fixture_found(&r, BAG_FORK, "old checkpoint 1"));
    bag_fixture_end(f);
}

static bool to_nowhere(void *ctx, const void *p, size_t n, err *e)
{
    (void)p;
    (void)e;
    *(uint64_t *)ctx += n;
    return true;
}

static void refuse(struct bag_fixture *f, err_code code, const char *path)
{
    uint64_t n = 0;
    assert_false(bag_write(&f->b, to_nowhere, &n, &f->e));
    assert_int_equal(f->e.code, code);
    assert_string_equal(f->e.path.p, path);
    bag_fixture_end(f);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const names[] = {"",    "/etc/passwd", "../x", "a/../b",   "a//b", "a b",
                                        "-rf", ".",           "a/",   "\xc3\xa4", "x\ny", "a\\b"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct bag_fixture *f = bag_fixture_new();
        f->files[0].name = str_of(names[i]);
        refuse(f, ERR_INVALID, "files.0.name");
    }
    struct bag_fixture *f = bag_fixture_new();
    f->files[1].name = f->files[0].name;
    refuse(f, ERR_CONFLICT, "data/files/loans.csv");
    f = bag_fixture_new();
    f->files[1].name = S("loans.csv/below");
    refuse(f, ERR_CONFLICT, "data/files/loans.csv/below");
    f = bag_fixture_new();
    f->files[0].sha256.b[0] ^= 1;
    refuse(f, ERR_INVALID, "files.0.sha256");
    f = bag_fixture_new();
    f->bagged[1].proof = f->bagged[0].proof;
    refuse(f, ERR_INVALID, "leaves.1");
    f = bag_fixture_new();
    f->bagged[1].bytes = S("{}");
    refuse(f, ERR_INVALID, "leaves.1");
    f = bag_fixture_new();
    f->old[0].size = 6;
    refuse(f, ERR_INVALID, "old.0.request");
    f = bag_fixture_new();
    f->b.log_size = 10;
    refuse(f, ERR_INVALID, "checkpoint");
    f = bag_fixture_new();
    f->b.note = S("two\nlines");
    refuse(f, ERR_INVALID, "note");
    f = bag_fixture_new();
    f->b.name = S("../up");
    refuse(f, ERR_INVALID, "name");
    f = bag_fixture_new();
    f->content[0] = S("group,selected\na,17\nb,99\n"); /* the vault gives other bytes */
    refuse(f, ERR_DAMAGED, "data/files/loans.csv");
    f = bag_fixture_new();
    f->content[0] = S("group,selected\n");
    refuse(f, ERR_DAMAGED, "data/files/loans.csv");
}

static void test_names(void **state)
{
    (void)state;
    arena *a = arena_open();
    assert_string_equal(bag_name(a, S("Kredite \xc3\xa4.csv")).p, "Kredite___.csv");
    assert_string_equal(bag_name(a, S("../../x")).p, "_._.._x");
    assert_string_equal(bag_name(a, S("")).p, "_");
    assert_string_equal(bag_name(a, S("-rf")).p, "_rf");
    arena_close(a);
}

/* A time-stamp authority made with openssl for the occasion. */
static const char authority[] =
    "set -e; umask 077\n"
    "cat >x.cnf <<'X'\n"
    "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:true\n"
    "[stamper]\nbasicConstraints=CA:false\nextendedKeyUsage=critical,timeStamping\n"
    "[tsa]\ndefault_tsa=c\n[c]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\n"
    "digests=sha256\ness_cert_id_alg=sha256\n"
    "X\n"
    "echo 01 >serial\n"
    "for k in ca tsa; do openssl ecparam -name prime256v1 -genkey -noout -out $k.key; done\n"
    "openssl req -x509 -new -config x.cnf -extensions ca -key ca.key -subj /CN=ca -days 99 "
    "-out ca.pem\n"
    "openssl req -new -config x.cnf -key tsa.key -subj /CN=tsa -out tsa.csr\n"
    "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile x.cnf "
    "-extensions stamper -days 99 -out tsa.pem\n"
    "openssl ts -query -data checkpoint -sha256 -cert -out q\n"
    "openssl ts -reply -config x.cnf -queryfile q -signer tsa.pem -inkey tsa.key -out r\n";

static void read_from(struct bag_fixture *f, str dir, const char *name, str *ret)
{
    must(f, file_read(f->a, str_fmt(f->a, "%s/%s", dir.p, name).p, 1 << 20, ret, &f->e));
}

static void test_timestamp(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    str dir = bag_fixture_folder(f->a), ca;
    must(f, file_create(str_fmt(f->a, "%s/checkpoint", dir.p).p, f->b.checkpoint, 0600, &f->e));
    assert_int_equal(bag_fixture_run(dir.p, (const char *const[]){"bash", "-c", authority, NULL}),
                     0);
    read_from(f, dir, "ca.pem", &ca);
    bag_trust t = {.vkeys = &f->vkey, .n_vkeys = 1, .tsa_ca = ca};
    bag_result r;
    must(f, bag_verify_bytes(f->a, bag_fixture_write(f), &t, &r, &f->e));
    assert_true(bag_fixture_found(&r, BAG_STAMP, "data/log/checkpoint.tsr"));
    assert_int_equal(r.stamped_at, -1);
    read_from(f, dir, "q", &f->b.tsq);
    read_from(f, dir, "r", &f->b.tsr);
    must(f, bag_verify_bytes(f->a, bag_fixture_write(f), &t, &r, &f->e));
    if (r.n_findings) fail_msg("%s: %s", r.findings[0].path.p, r.findings[0].text.p);
    assert_true(r.stamped_at > INT64_C(1763750460123));
    f->b.tsr = str_fmt(f->a, "%.*s", 20, f->b.tsr.p); /* a broken token */
    must(f, bag_verify_bytes(f->a, bag_fixture_write(f), &t, &r, &f->e));
    assert_true(bag_fixture_found(&r, BAG_STAMP, "data/log/checkpoint.tsr"));
    remove_folder(dir);
    bag_fixture_end(f);
}

static void test_result_json(void **state)
{
    (void)state;
    struct bag_fixture *f = bag_fixture_new();
    bag_result r = bag_fixture_verify(f, f->a, S("no archive"), (str){0});
    buf b = buf_open(f->a, 1 << 20);
    jw w = jw_open(&b);
    bag_result_write(&w, &r);
    doc *d;
    must(f, doc_parse(f->a, buf_str(&b), 1 << 20, &d, &f->e));
    assert_false(doc_bool(d, "ok", true));
    assert_int_equal(doc_get(d, "findings")->n, r.n_findings);
    assert_string_equal(doc_str(&doc_get(d, "findings")->at[0], "problem").p, "bad_format");
    bag_fixture_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_gnu_tar),
        cmocka_unit_test(test_sha256sum_and_script),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_save),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_old),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_result_json),
        cmocka_unit_test(test_timestamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
