/* test_merkle.c - the hash tree against its definition: roots, ranges, and every small proof. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merkle.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 130 };
static digest leaves[MOST];

/* MTH of RFC 6962 section 2.1, word for word. */
static digest mth(size_t lo, size_t hi)
{
    if (hi == lo) return merkle_empty();
    if (hi - lo == 1) return leaves[lo];
    size_t k = 1;
    while (k * 2 < hi - lo)
        k *= 2;
    return merkle_node(mth(lo, lo + k), mth(lo + k, hi));
}

static bool source(void *ctx, unsigned level, uint64_t index, digest *ret, err *e)
{
    (void)e;
    size_t lo = (size_t)index << level, hi = lo + ((size_t)1 << level);
    assert_true(hi <= *(size_t *)ctx);
    *ret = mth(lo, hi);
    return true;
}

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < MOST; i++)
        leaves[i] = merkle_leaf((str){(const char *)&i, sizeof i});
    return 0;
}

/* The eight leaves and roots of transparency-dev/merkle testonly/constants.go. */
static void known_roots(void **state)
{
    (void)state;
    arena *a = arena_open();
    static const char *const hex[] = {"",
                                      "00",
                                      "10",
                                      "2021",
                                      "3031",
                                      "40414243",
                                      "5051525354555657",
                                      "606162636465666768696a6b6c6d6e6f"};
    static const struct {
        size_t n;
        const char *root;
    } want[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    for (size_t w = 0; w < COUNT(want); w++) {
        merkle_range r = {0};
        for (size_t i = 0; i < want[w].n; i++) {
            str leaf;
            assert_true(hex_decode(a, str_of(hex[i]), &leaf));
            merkle_add(&r, merkle_leaf(leaf));
        }
        assert_string_equal(digest_hex(a, merkle_root(&r)).p, want[w].root);
    }
    arena_close(a);
}

static void ranges_are_the_definition(void **state)
{
    (void)state;
    err e = {0};
    merkle_range r = {0}, read;
    for (size_t n = 0; n < MOST; n++) {
        assert_true(digest_eq(merkle_root(&r), mth(0, n)));
        assert_true(merkle_range_read(source, &n, n, &read, &e));
        assert_int_equal(read.n, r.n);
        assert_int_equal(read.size, n);
        assert_memory_equal(read.at, r.at, r.n * sizeof r.at[0]);
        merkle_add(&r, leaves[n]);
    }
}

static void every_inclusion_proof(void **state)
{
    (void)state;
    err e = {0};
    for (size_t n = 1; n < MOST; n++)
        for (size_t i = 0; i < n; i++) {
            merkle_proof p;
            digest root = mth(0, n);
            assert_true(merkle_prove_inclusion(source, &n, i, n, &p, &e));
            assert_true(merkle_check_inclusion(i, n, leaves[i], &p, root));
            assert_false(merkle_check_inclusion(i + 1, n, leaves[i], &p, root));
            assert_false(merkle_check_inclusion(i, n, leaves[(i + 1) % MOST], &p, root));
            p.n++;
            assert_false(merkle_check_inclusion(i, n, leaves[i], &p, root));
            if (n == 1) continue;
            p.n -= 2;
            assert_false(merkle_check_inclusion(i, n, leaves[i], &p, root));
        }
}

static void every_consistency_proof(void **state)
{
    (void)state;
    err e = {0};
    for (size_t n = 1; n < MOST; n++)
        for (size_t m = 1; m <= n; m++) {
            merkle_proof p;
            digest old = mth(0, m), now = mth(0, n);
            assert_true(merkle_prove_consistency(source, &n, m, n, &p, &e));
            assert_true(merkle_check_consistency(m, n, old, now, &p));
            if (m < n) assert_false(merkle_check_consistency(m, n, now, old, &p));
            p.at[p.n++] = old;
            assert_false(merkle_check_consistency(m, n, old, now, &p));
            for (size_t k = 0; k + 1 < p.n; k++) {
                merkle_proof bad = p;
                bad.n--;
                bad.at[k].b[k % 32] ^= 1;
                assert_false(merkle_check_consistency(m, n, old, now, &bad));
            }
        }
}

static void edges_are_refused(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    size_t n = 5;
    merkle_proof p = {0};
    assert_false(merkle_prove_inclusion(source, &n, 5, 5, &p, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_false(merkle_prove_consistency(source, &n, 6, 5, &p, &e));
    assert_true(merkle_prove_consistency(source, &n, 0, 5, &p, &e));
    assert_int_equal(p.n, 0);
    assert_false(merkle_check_consistency(0, 5, merkle_empty(), mth(0, 5), &p));
    assert_false(merkle_check_inclusion(0, 0, leaves[0], &p, leaves[0]));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_roots),           cmocka_unit_test(ranges_are_the_definition),
        cmocka_unit_test(every_inclusion_proof), cmocka_unit_test(every_consistency_proof),
        cmocka_unit_test(edges_are_refused),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
