/* test_tails.c - tails of the classical tests against SciPy, and small cases counted by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/stat.h"
#include "table/table.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Relative; what SciPy rounds to nothing may be anything as small. */
static void near(double have, double want, const char *what)
{
    if (!(fabs(have - want) <= 1e-9 * want + 1e-290))
        fail_msg("%s: have %.17g, want %.17g", what, have, want);
}

static double tail_of(str function, double x, double n, double m)
{
    if (str_eqz(function, "chi_square")) return stat_chi_square_tail(x, n);
    if (str_eqz(function, "kolmogorov")) return stat_kolmogorov_tail(x);
    assert_true(str_eqz(function, "smirnov"));
    return stat_smirnov_tail(x, (size_t)n, (size_t)m);
}

/* Written by script/reference/drift.py, which names tool and version. */
static void equal_scipy(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str text;
    table t;
    (void)state;
    if (!file_read(a, AIMS_SOURCE "/tests/measure/reference/tails.csv", 1 << 20, &text, &e))
        fail_msg("%.*s", STR_ARG(e.msg));
    (void)str_cut(text, '\n', &text); /* a comment */
    assert_true(table_read_bytes(a, text, "tails.csv", &(table_options){0}, &t, &e));
    assert_true(t.rows > 150);
    for (size_t r = 0; r < t.rows; r++) {
        str function = column_text(a, table_column(&t, S("function")), r);
        double x = table_column(&t, S("x"))->num[r], n = table_column(&t, S("n"))->num[r];
        double m = table_column(&t, S("m"))->num[r];
        near(tail_of(function, x, n, m), table_column(&t, S("value"))->num[r],
             str_fmt(a, "%.*s(%.17g, %g, %g)", STR_ARG(function), x, n, m).p);
    }
    arena_close(a);
}

static void edges(void **state)
{
    (void)state;
    near(stat_chi_square_tail(0, 5), 1, "nothing moved");
    near(stat_chi_square_tail(0, 0), 1, "one cell");
    near(stat_chi_square_tail(1e6, 11), 0, "all moved, half a million rows");
    near(stat_chi_square_tail(1e-9, 1002), 1, "many cells, none moved");
    near(stat_kolmogorov_tail(0), 1, "no gap");
    near(stat_kolmogorov_tail(700), 0, "all moved, a million rows");
    near(stat_smirnov_tail(0, 3, 4), 1, "no gap");
    /* Of the C(7, 3) = 35 orders two have all of one sample first. */
    near(stat_smirnov_tail(1, 3, 4), 2 / 35.0, "one way and the other");
    /* A gap as written by k/n - j/m must count as that gap. */
    near(stat_smirnov_tail(1.0 - 1 / 3.0, 3, 3), stat_smirnov_tail(2 / 3.0, 3, 3), "rounded gap");
}

static void holm(void **state)
{
    arena *a = arena_open();
    /* Holm's own steps: 4 x 0.01, then 3 x 0.02, which 2 x 0.025 may not undercut, then 0.9. */
    double p[] = {0.025, NAN, 0.01, 0.9, 0.02}, alone[] = {0.7};
    (void)state;
    stat_holm(p, COUNT(p), a);
    near(p[0], 0.06, "third");
    assert_true(isnan(p[1]));
    near(p[2], 0.04, "first");
    near(p[3], 0.9, "last");
    near(p[4], 0.06, "second");
    stat_holm(alone, 1, a);
    near(alone[0], 0.7, "alone");
    stat_holm(p, 0, a);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_scipy),
        cmocka_unit_test(edges),
        cmocka_unit_test(holm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
