/* test_ledger.c - append, publish, prove, export; what heals and what is refused, and why. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "ledger/tiles.h"
#include <unistd.h>

static void empty_log_is_signed(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    checkpoint c;
    str whole;
    must(f, fixture_reopen(f, true));
    must(f, fixture_publish(f, &c));
    assert_int_equal(c.size, 0);
    assert_true(digest_eq(c.root, merkle_empty()));
    must(f, ledger_head(f->l, f->a, &whole, &c, &f->e));
    assert_true(str_starts(whole, S(ORIGIN "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")));
    assert_int_equal(fixture_verify(f, NULL, 0).total, 0);
    fixture_end(f);
}

/* Sizes around every edge of a tile, each published, proven, checked and reopened. */
static void sizes_around_the_edges(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, 700};
    struct fixture *f = fixture_new();
    str old[COUNT(sizes)];
    int size = 0;
    must(f, fixture_reopen(f, false));
    for (size_t i = 0; i < COUNT(sizes); i++) {
        checkpoint c;
        must(f, fixture_append(f, sizes[i] - size));
        size = sizes[i];
        must(f, fixture_publish(f, &c));
        assert_int_equal(c.size, size);
        must(f, ledger_head(f->l, f->a, &old[i], NULL, &f->e));
        verify_report r = fixture_verify(f, old, i + 1);
        if (r.total) fail_msg("%s: %s", r.findings[0].file.p, r.findings[0].what.p);
        assert_int_equal(r.old, i + 1);
        assert_int_equal(r.size, size);
        must(f, fixture_reopen(f, true));
    }
    assert_true(file_exists(str_fmt(f->a, "%s/tile/entries/002.p/188", f->log.p).p));
    assert_true(file_exists(str_fmt(f->a, "%s/tile/1/000.p/2", f->log.p).p));
    assert_false(file_exists(str_fmt(f->a, "%s/tile/0/000.p", f->log.p).p));
    fixture_end(f);
}

static void every_leaf_is_proven(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    struct policy *pol = policy_of_key(f->a, &f->signer.key);
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, NULL));
    for (uint64_t i = 0; i < 300; i++) {
        proof p;
        str text;
        must(f, ledger_prove(f->l, f->a, i, &text, &f->e));
        must(f, proof_parse(f->a, text, &p, &f->e));
        assert_true(str_eq(proof_text(f->a, &p), text));
        must(f, proof_check(f->a, &p, fixture_leaf(f->a, i), pol, NULL, &f->e));
        assert_false(proof_check(f->a, &p, fixture_leaf(f->a, i + 1), pol, NULL, &f->e));
    }
    str text;
    must_fail(f, ledger_prove(f->l, f->a, 300, &text, &f->e), ERR_NOT_FOUND, "300");
    fixture_end(f);
}

static void growth_is_proven(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    checkpoint old, now;
    merkle_proof p;
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 100));
    must(f, fixture_publish(f, &old));
    must(f, fixture_append(f, 477));
    must(f, fixture_publish(f, &now));
    must(f, ledger_prove_growth(f->l, f->a, 100, &p, &f->e));
    assert_true(merkle_check_consistency(100, 577, old.root, now.root, &p));
    must_fail(f, ledger_prove_growth(f->l, f->a, 578, &p, &f->e), ERR_INVALID, "578");
    fixture_end(f);
}

static bool append_and_fail(struct tx *t, void *ctx, err *e)
{
    int64_t seq;
    return ledger_append(t, *(str *)ctx, 1, &seq, e) &&
           err_set(e, ERR_DENIED, S(""), S(""), "the act failed");
}

static void failed_acts_leave_no_leaf(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    checkpoint c;
    str leaf = S("x");
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 2));
    must_fail(f, store_write(f->store, append_and_fail, &leaf, &f->e), ERR_DENIED, "the act");
    must(f, fixture_append(f, 1));
    must(f, fixture_publish(f, &c));
    assert_int_equal(c.size, 3);
    leaf = S("");
    must_fail(f, store_write(f->store, append_and_fail, &leaf, &f->e), ERR_TOO_LARGE, "0");
    leaf = (str){arena_new(f->a, char, 65536), 65536};
    must_fail(f, store_write(f->store, append_and_fail, &leaf, &f->e), ERR_TOO_LARGE, "65536");
    fixture_end(f);
}

static void export_is_complete(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    str to = str_fmt(f->a, "%s/copy", f->dir.p);
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, NULL));
    must(f, ledger_export(f->log.p, to.p, &f->signer.key, &f->e));
    f->log = to;
    assert_int_equal(fixture_verify(f, NULL, 0).total, 0);
    must_fail(f, ledger_export(f->log.p, to.p, &f->signer.key, &f->e), ERR_CONFLICT, "not empty");
    fixture_end(f);
}

/* ---- Crash states that heal -------------------------------------------------------------- */

static void row_newer_than_file_heals(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    checkpoint c;
    str kept = str_fmt(f->a, "%s/kept", f->dir.p);
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, NULL));
    fixture_copy(f->log.p, kept.p);
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, NULL));
    f->log = kept; /* the directory as it was before the second publication */
    must(f, fixture_reopen(f, true));
    must(f, fixture_publish(f, &c));
    assert_int_equal(c.size, 600);
    assert_int_equal(fixture_verify(f, NULL, 0).total, 0);
    fixture_end(f);
}

static void lost_directory_is_rebuilt(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    checkpoint c, again;
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, &c));
    f->log = str_fmt(f->a, "%s/other", f->dir.p);
    must(f, fixture_reopen(f, false));
    must(f, fixture_publish(f, &again));
    assert_true(digest_eq(c.root, again.root));
    assert_int_equal(fixture_verify(f, NULL, 0).total, 0);
    fixture_end(f);
}

/* ---- What is refused --------------------------------------------------------------------- */

static void older_store_is_refused(void **state)
{
    (void)state;
    if (fixture_on_postgres()) skip(); /* the store is put back as a file here */
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 10));
    must(f, fixture_publish(f, NULL));
    fixture_close(f);
    str backup = str_fmt(f->a, "%s/backup.db", f->dir.p);
    fixture_copy(f->db.p, backup.p);
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 10));
    must(f, fixture_publish(f, NULL));
    fixture_close(f);
    f->db = backup;
    must_fail(f, fixture_reopen(f, false), ERR_DAMAGED, "rolled back");
    fixture_end(f);
}

static void lost_leaves_are_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 10));
    must(f, fixture_publish(f, NULL));
    must(f, fixture_sql(f, "DELETE FROM leaf WHERE seq = 9"));
    must_fail(f, fixture_reopen(f, false), ERR_DAMAGED, "leaf 9");
    fixture_close(f);
    f->l = NULL;
    fixture_end(f);
}

static void rolled_back_size_is_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 10));
    must(f, fixture_publish(f, NULL));
    must(f, fixture_sql(f, "UPDATE log_head SET size = 9"));
    must_fail(f, fixture_publish(f, NULL), ERR_DAMAGED, "9 leaves but 10 were signed");
    must_fail(f, fixture_reopen(f, false), ERR_DAMAGED, "9 leaves but 10 were signed");
    fixture_end(f);
}

static void altered_leaf_is_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, NULL));
    must(f, fixture_sql(f, "UPDATE leaf SET body = 'x' WHERE seq = 299"));
    must_fail(f, fixture_reopen(f, false), ERR_DAMAGED, "leaf 299");
    must(f, fixture_sql(f, "UPDATE leaf SET body = (SELECT body FROM leaf WHERE seq = 5) "
                           "WHERE seq = 299"));
    must(f, fixture_append(f, 1));
    must_fail(f, fixture_reopen(f, false), ERR_DAMAGED, "leaf 299");
    fixture_end(f);
}

static void altered_old_leaf_is_found_by_the_complete_check(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 300));
    must(f, fixture_publish(f, NULL));
    must(f, fixture_sql(f, "UPDATE leaf SET body = 'x' WHERE seq = 7"));
    must(f, fixture_reopen(f, false));
    must_fail(f, fixture_reopen(f, true), ERR_DAMAGED, "leaf 7");
    fixture_end(f);
}

static void other_key_and_origin_are_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_publish(f, NULL));
    note_signer mine = f->signer;
    sign_key k = sign_key_new();
    must(f, note_signer_make(f->a, S(ORIGIN), NOTE_ED25519, &k, &f->signer, &f->e));
    must_fail(f, fixture_reopen(f, false), ERR_CONFLICT, "another key");
    must(f, note_signer_make(f->a, S("example.com/else"), NOTE_ED25519, &mine.sign, &f->signer,
                             &f->e));
    must_fail(f, fixture_reopen(f, false), ERR_CONFLICT, "belongs to log");
    f->signer = mine;
    must(f, fixture_reopen(f, false));
    fixture_end(f);
}

static void directory_of_another_history_is_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(), *g = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 10));
    must(f, fixture_publish(f, NULL));
    must(g, fixture_reopen(g, false));
    must(g, fixture_append(g, 11));
    must(g, fixture_publish(g, NULL));
    fixture_close(f);
    fixture_close(g);
    str mine = g->log;
    g->log = f->log;
    must_fail(g, fixture_reopen(g, false), ERR_DAMAGED, "never signed");
    g->log = mine;
    fixture_end(f);
    fixture_end(g);
}

static void readers_sign_nothing(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, fixture_append(f, 3));
    must(f, fixture_publish(f, NULL));
    const ledger_options o = {.store = f->store, .dir = f->log.p, .key = &f->signer.key};
    struct ledger *r;
    must(f, ledger_open(f->a, &o, &r, &f->e));
    must_fail(f, ledger_publish(r, f->a, NULL, &f->e), ERR_DENIED, "reading only");
    must(f, ledger_compare(r, &f->e));
    fixture_end(f);
}

static void two_nodes_follow_each_other(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    struct ledger *other;
    checkpoint x, y;
    must(f, fixture_reopen(f, false));
    str dir = str_fmt(f->a, "%s/node2", f->dir.p);
    const ledger_options o = {.store = f->store, .dir = dir.p, .signer = &f->signer};
    must(f, ledger_open(f->a, &o, &other, &f->e));
    for (int i = 0; i < 6; i++) {
        must(f, fixture_append(f, 100));
        must(f, ledger_publish(i % 2 ? f->l : other, f->a, &x, &f->e));
        must(f, ledger_publish(i % 2 ? other : f->l, f->a, &y, &f->e));
        assert_true(x.size == y.size && digest_eq(x.root, y.root));
        assert_int_equal(fixture_verify(f, NULL, 0).total, 0);
    }
    str mine = f->log;
    f->log = dir;
    assert_int_equal(fixture_verify(f, NULL, 0).total, 0);
    f->log = mine;
    fixture_end(f);
}

static bool prepare_all(struct tx *t, void *ctx, err *e)
{
    (void)ctx;
    for (size_t i = 0; i < ledger_n_queries; i++)
        if (!tx_prepare(t, ledger_queries[i].sql, e)) return false;
    return true;
}

static void statements_are_understood(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    must(f, fixture_reopen(f, false));
    must(f, store_write(f->store, prepare_all, NULL, &f->e));
    fixture_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_log_is_signed),
        cmocka_unit_test(sizes_around_the_edges),
        cmocka_unit_test(every_leaf_is_proven),
        cmocka_unit_test(growth_is_proven),
        cmocka_unit_test(failed_acts_leave_no_leaf),
        cmocka_unit_test(export_is_complete),
        cmocka_unit_test(row_newer_than_file_heals),
        cmocka_unit_test(lost_directory_is_rebuilt),
        cmocka_unit_test(older_store_is_refused),
        cmocka_unit_test(lost_leaves_are_refused),
        cmocka_unit_test(rolled_back_size_is_refused),
        cmocka_unit_test(altered_leaf_is_refused),
        cmocka_unit_test(altered_old_leaf_is_found_by_the_complete_check),
        cmocka_unit_test(other_key_and_origin_are_refused),
        cmocka_unit_test(directory_of_another_history_is_refused),
        cmocka_unit_test(readers_sign_nothing),
        cmocka_unit_test(two_nodes_follow_each_other),
        cmocka_unit_test(statements_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
