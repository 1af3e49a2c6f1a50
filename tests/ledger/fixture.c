/* fixture.c - a log in a temporary directory, for the tests of this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void fixture_run(const char *const *argv)
{
    pid_t pid;
    int status = -1;
    char *args[16] = {0};
    arena *a = arena_open();
    for (size_t i = 0; argv[i] && i < COUNT(args) - 1; i++) {
        str s = str_of(argv[i]);
        args[i] = arena_new(a, char, s.n + 1);
        memcpy(args[i], s.p, s.n);
    }
    if (!args[0]) abort();
    assert_int_equal(posix_spawnp(&pid, args[0], NULL, NULL, args, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    arena_close(a);
}

void fixture_copy(const char *from, const char *to)
{
    fixture_run((const char *const[]){"cp", "-a", from, to, NULL});
}

struct fixture *fixture_new(void)
{
    arena *a = arena_open();
    struct fixture *f = arena_new(a, struct fixture, 1);
    char dir[] = "/tmp/aims-ledger-XXXXXX";
    static int number;
    f->a = a;
    f->e = ERR_IN(a);
    f->number = number++;
    assert_non_null(mkdtemp(dir));
    f->dir = str_dup(a, str_of(dir));
    f->db = str_fmt(a, "%s/aims.db", dir);
    f->log = str_fmt(a, "%s/log", dir);
    sign_key k = sign_key_from_seed((const uint8_t *)"the seed of the tests, 32 bytes.");
    must(f, note_signer_make(a, S(ORIGIN), NOTE_ED25519, &k, &f->signer, &f->e));
    return f;
}

void fixture_close(struct fixture *f)
{
    arena_close(f->open);
    f->open = NULL;
    f->store = NULL;
    f->l = NULL;
}

void fixture_end(struct fixture *f)
{
    fixture_close(f);
    fixture_run((const char *const[]){"rm", "-rf", f->dir.p, NULL});
    arena_close(f->a);
}

bool fixture_on_postgres(void)
{
    return getenv("AIMS_TEST_PG") != NULL;
}

/* script/with-postgres names a database /test that is not there; each log takes another name. */
static str url_of(const struct fixture *f, arena *a)
{
    if (!fixture_on_postgres()) return str_fmt(a, "sqlite:%s", f->db.p);
    str url = str_of(getenv("AIMS_TEST_PG"));
    const char *at = strstr(url.p, "/test?");
    assert_non_null(at);
    return str_fmt(a, "%.*s/l%ld_%d%s", (int)(at - url.p), url.p, (long)getpid(), f->number,
                   at + 5);
}

bool fixture_store(const struct fixture *f, arena *a, struct store **ret, err *e)
{
    const store_options o = {.url = url_of(f, a).p, .create = true, .readers = 1};
    return store_open(a, &o, ret, e);
}

bool fixture_reopen(struct fixture *f, bool complete)
{
    fixture_close(f);
    f->open = arena_open();
    if (!fixture_store(f, f->open, &f->store, &f->e)) return false;
    const ledger_options lo = {
        .store = f->store, .dir = f->log.p, .signer = &f->signer, .complete = complete};
    return ledger_open(f->open, &lo, &f->l, &f->e);
}

str fixture_leaf(arena *a, uint64_t seq)
{
    return str_fmt(a, "{\"act\":\"test\",\"seq\":%llu,\"pad\":\"%.*s\"}", (unsigned long long)seq,
                   (int)(seq * 7 % 50), "..................................................");
}

static bool append_one(struct tx *t, void *ctx, err *e)
{
    int64_t size, seq;
    arena *a = ctx;
    if (!ledger_size(t, &size, e)) return false;
    if (!ledger_append(t, fixture_leaf(a, (uint64_t)size), 1000 + size, &seq, e)) return false;
    return seq == size || err_set(e, ERR_INTERNAL, S(""), S(""), "wrong number");
}

bool fixture_append(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++)
        if (!store_write(f->store, append_one, f->a, &f->e)) return false;
    return true;
}

bool fixture_publish(struct fixture *f, checkpoint *ret)
{
    return ledger_publish(f->l, f->a, ret, &f->e);
}

static bool run_sql(struct tx *t, void *ctx, err *e)
{
    return tx_exec(t, ctx, NULL, 0, NULL, e);
}

bool fixture_sql(struct fixture *f, const char *sql)
{
    return store_write(f->store, run_sql, (void *)(uintptr_t)sql, &f->e);
}

verify_report fixture_verify(struct fixture *f, const str *old, size_t n_old)
{
    verify_report r;
    verify_options o = {.policy = policy_of_key(f->a, &f->signer.key), .old = old, .n_old = n_old};
    must(f, verify_directory(f->a, f->log.p, &o, &r, &f->e));
    return r;
}
