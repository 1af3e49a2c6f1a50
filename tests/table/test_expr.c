/* test_expr.c - row filters: what they mean, and what is refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/table.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static err e;
static table t;

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return !table_read_bytes(a,
                             S("n,m,s,c d,missing,flag\n"
                               "1,1,x,5,,true\n"
                               "2,1,y,,q,false\n"
                               ",3,,7,r,true\n"
                               "-4.5,-5,x y,8,x,\n"),
                             "t", NULL, &t, &e);
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

/* Rows as a text of 0 and 1, or the message of the refusal. */
static const char *rows(const char *text)
{
    struct expr *x;
    uint8_t *keep;
    if (!expr_parse(a, str_of(text), &x, &e) || !expr_rows(x, &t, a, &keep, &e)) {
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.path.p, "where");
        return e.msg.p;
    }
    return str_fmt(a, "%d%d%d%d", keep[0], keep[1], keep[2], keep[3]).p;
}

static void comparisons(void **state)
{
    (void)state;
    assert_string_equal(rows("n == 1"), "1000");
    assert_string_equal(rows("n != 1"), "0101"); /* a missing value satisfies nothing */
    assert_string_equal(rows("!(n == 1)"), "0111");
    assert_string_equal(rows("n<=1"), "1001");
    assert_string_equal(rows("n < -4"), "0001");
    assert_string_equal(rows("2 <= n"), "0100");
    assert_string_equal(rows("n > m"), "0101");
    assert_string_equal(rows("n >= m"), "1101");
    assert_string_equal(rows("s == \"x\""), "1000");
    assert_string_equal(rows("'x' != s"), "0101");
    assert_string_equal(rows("s > 'x'"), "0101");
    assert_string_equal(rows("'x' < s"), "0101");
    assert_string_equal(rows("s == missing"), "0000");
    assert_string_equal(rows("s != missing"), "0101");
    assert_string_equal(rows("`c d` >= 7"), "0011");
    assert_string_equal(rows("flag == true"), "1010");
    assert_string_equal(rows("n > -4.5e0"), "1100");
    assert_string_equal(rows("1 < 2"), "1111");
    assert_string_equal(rows("'a' == 'b'"), "0000");
}

static void connectives(void **state)
{
    (void)state;
    assert_string_equal(rows("n == 1 || n == 2 && s == 'x'"), "1000");
    assert_string_equal(rows("(n == 1 || n == 2) && s != 'x'"), "0100");
    assert_string_equal(rows("missing(n) || missing(missing)"), "1010");
    assert_string_equal(rows("missing == 'q'"), "0100");
    assert_string_equal(rows("!missing(s) && !(n < 0)"), "1100");
    assert_string_equal(rows("!!true"), "1111");
    assert_string_equal(rows("false || n == 2"), "0100");
    assert_string_equal(rows(" \t( ( true ) ) \n"), "1111");
}

static void refusals(void **state)
{
    (void)state;
    assert_string_equal(rows("n = 1"), "column 3 of the expression: equality is written ==");
    assert_non_null(strstr(rows("n == 'x'"), "one is text, the other a number"));
    assert_non_null(strstr(rows("s == 1"), "column 's' cannot be compared with the number 1"));
    assert_non_null(strstr(rows("s < n"), "one is text"));
    assert_string_equal(rows("z == 1"), "there is no column 'z'");
    assert_non_null(strstr(rows("missing(z)"), "no column 'z'"));
    assert_non_null(strstr(rows("n"), "expected =="));
    assert_non_null(strstr(rows("'x'"), "expected =="));
    assert_non_null(strstr(rows("(n == 1"), "expected )"));
    assert_non_null(strstr(rows("n == 1)"), "expected && or ||"));
    assert_non_null(strstr(rows("n == 1 n == 2"), "expected && or ||"));
    assert_non_null(strstr(rows("n == 'x"), "not closed"));
    assert_non_null(strstr(rows("n == 1e999"), "not a finite"));
    assert_non_null(strstr(rows("n == 1.2.3"), "not a finite"));
    assert_non_null(strstr(rows(""), "expected a column"));
    assert_non_null(strstr(rows("n == \xff"), "UTF-8"));
}

static str repeat(const char *what, int n, const char *end)
{
    buf b = buf_open(a, 1 << 20);
    for (int i = 0; i < n; i++)
        buf_putz(&b, what);
    buf_putz(&b, end);
    return buf_str(&b);
}

static void depth_and_size_are_capped(void **state)
{
    (void)state;
    assert_string_equal(rows(repeat("!", 200, "n == 1").p), "1000");
    assert_non_null(strstr(rows(repeat("!", 60000, "n == 1").p), "too deeply"));
    assert_non_null(strstr(rows(repeat("(", 60000, "n == 1").p), "too deeply"));
    assert_non_null(strstr(rows(repeat("n == 1 || ", 4000, "n == 1").p), "too deeply"));
    assert_string_equal(rows(repeat("n == 1 || ", 200, "n == 2").p), "1100");
    struct expr *x;
    assert_false(expr_parse(a, repeat(" ", 70000, "true"), &x, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void names_are_listed_once(void **state)
{
    (void)state;
    struct expr *x;
    str *names;
    size_t n;
    assert_true(expr_parse(a, S("a == 1 && (`c d` < a || !missing(b)) && true"), &x, &e));
    expr_columns(x, a, &names, &n);
    assert_int_equal(n, 3);
    assert_string_equal(names[0].p, "a");
    assert_string_equal(names[1].p, "c d");
    assert_string_equal(names[2].p, "b");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(comparisons),           T(connectives), T(refusals), T(depth_and_size_are_capped),
        T(names_are_listed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
