/* bag_fixture.c - makes a log, its proofs and a bag without any store. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "bag_fixture.h"
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

extern char **environ;

static bool node_of(void *ctx, unsigned level, uint64_t index, digest *ret, err *e)
{
    struct bag_fixture *f = ctx;
    digest l, r;
    if (!level) {
        *ret = merkle_leaf(f->leaves[index]);
        return true;
    }
    if (!node_of(ctx, level - 1, 2 * index, &l, e) ||
        !node_of(ctx, level - 1, 2 * index + 1, &r, e))
        return false;
    *ret = merkle_node(l, r);
    return true;
}

str bag_fixture_note(struct bag_fixture *f, uint64_t n, const note_signer *by)
{
    merkle_range r = {0};
    for (uint64_t i = 0; i < n; i++)
        merkle_add(&r, merkle_leaf(f->leaves[i]));
    checkpoint c = {.origin = S(ORIGIN), .size = n, .root = merkle_root(&r)};
    str text = checkpoint_text(f->a, &c);
    str lines = str_fmt(f->a, "%s%s", note_sign(f->a, text, by, 0).p,
                        note_sign(f->a, text, &f->witness, 1767139200).p);
    return note_join(f->a, text, lines);
}

static str leaf_proof(struct bag_fixture *f, uint64_t index, str signed_note)
{
    proof p = {.index = index, .note = signed_note};
    must(f, merkle_prove_inclusion(node_of, f, index, LOG_SIZE, &p.path, &f->e));
    return proof_text(f->a, &p);
}

static str growth_request(struct bag_fixture *f, uint64_t from, str signed_note)
{
    merkle_proof p;
    buf b = buf_open(f->a, 1 << 16);
    must(f, merkle_prove_consistency(node_of, f, from, LOG_SIZE, &p, &f->e));
    buf_fmt(&b, "old %llu\n", (unsigned long long)from);
    for (size_t i = 0; i < p.n; i++)
        buf_fmt(&b, "%s\n", base64_encode(f->a, p.at[i].b, 32).p);
    buf_putc(&b, '\n');
    buf_put(&b, signed_note);
    return buf_str(&b);
}

static void make_leaves(struct bag_fixture *f)
{
    f->content[0] = S("group,selected\na,17\nb,12\n");
    f->content[1] = S("");
    for (int i = 0; i < LOG_SIZE; i++)
        f->leaves[i] = str_fmt(f->a, "{\"act\":\"test\",\"seq\":%d}", i);
    for (size_t i = 0; i < 2; i++) {
        digest d = hash_bytes(f->content[i].p, f->content[i].n);
        f->files[i] = (bag_file){i ? S("run-1/empty.log") : S("loans.csv"), f->content[i].n, d};
        f->leaves[i ? 7 : 2] =
            i ? str_fmt(f->a, "{\"evidence\":{\"files\":[{\"sha256\":\"sha256:%s\"}]}}",
                        digest_hex(f->a, d).p)
              : str_fmt(f->a, "{\"evidence\":{\"sha256\":\"%s\"}}", digest_hex(f->a, d).p);
    }
}

static bool open_content(void *ctx, arena *a, const bag_file *file, void **ret, err *e)
{
    (void)e;
    struct bag_fixture *f = ctx;
    str *left = arena_new(a, str, 1);
    *left = f->content[file - f->b.files];
    *ret = left;
    return true;
}

/* Seven bytes at a time, so that the writer sees many chunks. */
static bool next_content(void *stream, const void **ret_p, size_t *ret_n, err *e)
{
    (void)e;
    str *left = stream;
    *ret_p = left->p;
    *ret_n = left->n < 7 ? left->n : 7;
    *left = str_sub(*left, *ret_n, left->n);
    return true;
}

struct bag_fixture *bag_fixture_new(void)
{
    arena *a = arena_open();
    struct bag_fixture *f = arena_new(a, struct bag_fixture, 1);
    f->a = a;
    f->e = ERR_IN(a);
    sign_key k = sign_key_from_seed((const uint8_t *)"the seed of the tests, 32 bytes.");
    sign_key w = sign_key_from_seed((const uint8_t *)"the witness of the tests, 32 b..");
    must(f, note_signer_make(a, S(ORIGIN), NOTE_ED25519, &k, &f->log, &f->e));
    must(f, note_signer_make(a, S("witness.example"), NOTE_COSIGN, &w, &f->witness, &f->e));
    f->vkey = note_key_text(a, &f->log.key);
    f->witness_vkey = note_key_text(a, &f->witness.key);
    make_leaves(f);
    f->old_note = bag_fixture_note(f, OLD_SIZE, &f->log);
    str now = bag_fixture_note(f, LOG_SIZE, &f->log);
    static const int bagged[] = {2, 7, 10};
    for (size_t i = 0; i < COUNT(bagged); i++)
        f->bagged[i] =
            (bag_leaf){bagged[i], f->leaves[bagged[i]], leaf_proof(f, (uint64_t)bagged[i], now)};
    f->old[0] = (bag_old){OLD_SIZE, growth_request(f, OLD_SIZE, now)};
    f->b = (bag){.name = S("bag-1"),
                 .organisation = S("Small Lender"),
                 .at = INT64_C(1763750460123),
                 .origin = S(ORIGIN),
                 .log_size = LOG_SIZE,
                 .files = f->files,
                 .n_files = 2,
                 .leaves = f->bagged,
                 .n_leaves = 3,
                 .old = f->old,
                 .n_old = 1,
                 .checkpoint = now,
                 .policy = str_fmt(a, "log %s\nquorum none\n", f->vkey.p),
                 .ctx = f,
                 .open = open_content,
                 .next = next_content};
    return f;
}

void bag_fixture_end(struct bag_fixture *f)
{
    arena_close(f->a);
}

static bool to_buf(void *ctx, const void *p, size_t n, err *e)
{
    (void)e;
    buf_bytes(ctx, p, n);
    return true;
}

str bag_fixture_write(struct bag_fixture *f)
{
    buf b = buf_open(f->a, 64 << 20);
    must(f, bag_write(&f->b, to_buf, &b, &f->e));
    assert_false(b.full);
    return buf_str(&b);
}

bag_result bag_fixture_verify(struct bag_fixture *f, arena *a, str targz, str old)
{
    bag_result r;
    bag_trust t = {.vkeys = &f->vkey, .n_vkeys = 1, .old = &old, .n_old = old.p ? 1 : 0};
    must(f, bag_verify_bytes(a, targz, &t, &r, &f->e));
    return r;
}

bool bag_fixture_found(const bag_result *r, bag_problem p, const char *path)
{
    for (size_t i = 0; i < r->n_findings; i++)
        if (r->findings[i].problem == p && (!path || str_eqz(r->findings[i].path, path)))
            return true;
    return false;
}

/* ---- gzip ---- */

str bag_fixture_unpack(arena *a, str targz)
{
    buf b = buf_open(a, 64 << 20);
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)targz.p, .avail_in = (uInt)targz.n};
    char out[65536];
    int r = inflateInit2(&z, 31);
    while (r == Z_OK) {
        z.next_out = (Bytef *)out;
        z.avail_out = sizeof out;
        r = inflate(&z, Z_NO_FLUSH);
        buf_bytes(&b, out, sizeof out - z.avail_out);
        if (r == Z_BUF_ERROR) break;
    }
    inflateEnd(&z);
    return r == Z_STREAM_END && b.n ? buf_str(&b) : (str){0};
}

str bag_fixture_pack(arena *a, str tar, int level)
{
    size_t room = tar.n + tar.n / 100 + 1024;
    char *out = arena_new(a, char, room);
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)tar.p, .avail_in = (uInt)tar.n};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    out[8] = 0; /* the level shows here */
    return (str){out, room - z.avail_out};
}

/* ---- Other programs ---- */

int bag_fixture_run(const char *folder, const char *const *argv)
{
    pid_t pid;
    int status = -1;
    char *args[24] = {0};
    arena *a = arena_open();
    for (size_t i = 0; argv[i] && i < COUNT(args) - 1; i++) {
        str s = str_of(argv[i]);
        args[i] = arena_new(a, char, s.n + 1);
        memcpy(args[i], s.p, s.n);
    }
    if (!args[0]) abort();
    posix_spawn_file_actions_t io;
    posix_spawn_file_actions_init(&io);
    if (folder) posix_spawn_file_actions_addchdir_np(&io, folder);
    if (!getenv("AIMS_TEST_LOUD")) {
        posix_spawn_file_actions_addopen(&io, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&io, 2, "/dev/null", O_WRONLY, 0);
    }
    assert_int_equal(posix_spawnp(&pid, args[0], &io, NULL, args, environ), 0);
    posix_spawn_file_actions_destroy(&io);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    arena_close(a);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

str bag_fixture_folder(arena *a)
{
    char dir[] = "/tmp/aims-bag-XXXXXX";
    assert_non_null(mkdtemp(dir));
    return str_dup(a, str_of(dir));
}
