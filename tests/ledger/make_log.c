/* make_log.c - writes a log, proofs, a policy and old checkpoints for checkers that are not ours.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

/* usage: make_log DIR SIZE; DIR is empty. Leaves DIR/{log,policy,vkey,old.*,INDEX.{leaf,proof}}. */

static struct fixture *f;
/* From the command line. */
static int size;
static const char *dir;

static void save(const char *name, str s)
{
    must(f, file_create(str_fmt(f->a, "%s/%s", f->dir.p, name).p, s, 0644, &f->e));
}

static void publish(int n, int *old)
{
    str whole;
    must(f, fixture_append(f, n));
    must(f, fixture_publish(f, NULL));
    must(f, ledger_head(f->l, f->a, &whole, NULL, &f->e));
    save(str_fmt(f->a, "old.%d", ++*old).p, whole);
}

static void cosign(const struct policy *p, const note_signer *w)
{
    str whole;
    note n;
    checkpoint c;
    must(f, ledger_head(f->l, f->a, &whole, &c, &f->e));
    must(f, note_parse(f->a, whole, &n, &f->e));
    str lines = note_sign(f->a, n.text, w, 1700000000);
    must(f, ledger_cosign(f->l, c.size, lines, p, &f->e));
}

static void prove(void)
{
    str text;
    for (int i = 0; i < size; i += size / 7 + 1) {
        must(f, ledger_prove(f->l, f->a, (uint64_t)i, &text, &f->e));
        save(str_fmt(f->a, "%d.proof", i).p, text);
        save(str_fmt(f->a, "%d.leaf", i).p, fixture_leaf(f->a, (uint64_t)i));
    }
}

static void make(void **state)
{
    (void)state;
    note_signer w;
    struct policy *p;
    int old = 0;
    f = fixture_new();
    f->log = str_fmt(f->a, "%s/log", dir);
    must(f, fixture_reopen(f, false));
    str db = f->dir;
    f->dir = str_of(dir);
    publish(size / 3, &old);
    publish(size / 2, &old);
    publish(size - size / 3 - size / 2, &old);
    sign_key k = sign_key_new();
    must(f, note_signer_make(f->a, S("witness.example"), NOTE_COSIGN, &k, &w, &f->e));
    str vkey = note_key_text(f->a, &f->signer.key);
    str policy = str_fmt(f->a, "# auditor\nlog %s\nwitness w %s\ngroup g any w\nquorum g\n", vkey.p,
                         note_key_text(f->a, &w.key).p);
    must(f, policy_parse(f->a, policy, &p, &f->e));
    save("vkey", vkey);
    save("policy", policy);
    save("policy.none", str_fmt(f->a, "log %s\nquorum none\n", vkey.p));
    str bare;
    must(f, ledger_prove(f->l, f->a, 0, &bare, &f->e));
    save("uncosigned", bare);
    cosign(p, &w);
    prove();
    f->dir = db;
    fixture_end(f);
}

int main(int argc, char **argv)
{
    int64_t n;
    const struct CMUnitTest tests[] = {cmocka_unit_test(make)};
    if (argc != 3 || !str_int(str_of(argv[2]), &n) || n < 3) return 2;
    dir = argv[1];
    size = (int)n;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
