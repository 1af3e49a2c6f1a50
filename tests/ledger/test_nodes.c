/* test_nodes.c - several nodes append to one store and publish it at once, each into its own tree.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include <pthread.h>

enum { NODES = 3, ROUNDS = 15, EACH = 20 };

struct node {
    struct fixture *f;
    int number;
    str dir;
    bool ok;
    err e;
    arena *a;
    checkpoint last;
};

static bool append_here(struct tx *t, void *ctx, err *e)
{
    int64_t seq;
    struct node *n = ctx;
    return ledger_append(t, str_fmt(n->a, "node %d", n->number), 1, &seq, e);
}

static bool work(struct node *n)
{
    struct store *s;
    struct ledger *l;
    if (!fixture_store(n->f, n->a, &s, &n->e)) return false;
    const ledger_options o = {.store = s, .dir = n->dir.p, .signer = &n->f->signer};
    if (!ledger_open(n->a, &o, &l, &n->e)) return false;
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < EACH; i++)
            if (!store_write(s, append_here, n, &n->e)) return false;
        if (!ledger_publish(l, n->a, &n->last, &n->e)) return false;
    }
    return true;
}

static void *run(void *p)
{
    struct node *n = p;
    n->ok = work(n);
    return NULL;
}

static void all_nodes_publish_one_history(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    struct node n[NODES];
    pthread_t t[NODES];
    ledger_mark *marks;
    size_t n_marks;
    must(f, fixture_reopen(f, false));
    for (int i = 0; i < NODES; i++) {
        n[i] = (struct node){.f = f, .number = i, .a = arena_open()};
        n[i].e = ERR_IN(n[i].a);
        n[i].dir = str_fmt(f->a, "%s/node%d", f->dir.p, i);
        assert_int_equal(pthread_create(&t[i], NULL, run, &n[i]), 0);
    }
    for (int i = 0; i < NODES; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < NODES; i++)
        if (!n[i].ok) fail_msg("node %d: %s", i, n[i].e.msg.p);
    checkpoint c;
    must(f, fixture_publish(f, &c));
    assert_int_equal(c.size, NODES * ROUNDS * EACH);
    must(f, ledger_marks(f->l, f->a, &marks, &n_marks, &f->e));
    str *old = arena_new(f->a, str, n_marks);
    for (size_t i = 0; i < n_marks; i++)
        old[i] = marks[i].note;
    verify_report r = fixture_verify(f, old, n_marks);
    assert_int_equal(r.total, 0);
    assert_int_equal(r.old, n_marks);
    printf("%d checkpoints by %d nodes\n", (int)n_marks, NODES);
    for (int i = 0; i < NODES; i++) {
        f->log = n[i].dir;
        r = fixture_verify(f, NULL, 0);
        assert_int_equal(r.total, 0);
        assert_int_equal(r.size, n[i].last.size);
        arena_close(n[i].a);
    }
    fixture_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_nodes_publish_one_history)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
