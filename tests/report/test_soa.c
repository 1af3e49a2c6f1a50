/* test_soa.c - the statement of applicability in its three forms. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/soa.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const soa_trail trail[] = {
    {.plan = {"Loan fairness", 13},
     .measurement = {"m-7", 3},
     .kind = {"bias_fairness_test", 18},
     .dataset_sha256 = {"d0d0d0d0d0d0d0d0", 16},
     .model_sha256 = {"e1e1e1e1e1e1e1e1", 16},
     .leaf = 17,
     .verdict = {"fail", 4},
     .observed_at = INT64_C(1763750460123),
     .fresh_until = INT64_C(1771526460123)},
    {.kind = {"policy_document", 15},                    .leaf = 0,    .observed_at = SOA_NONE, .fresh_until = SOA_NONE     },
};

static soa sample(void)
{
    static soa_row rows[3];
    rows[0] = (soa_row){S("A.5.4"),
                        S("Effects on \"people\""),
                        true,
                        S("we lend, they pay"),
                        S("implemented"),
                        S("Ann"),
                        S("failing"),
                        trail,
                        2};
    rows[1] = (soa_row){S("A.8.3"),
                        S("Reporting\nby others"),
                        false,
                        S("=HYPERLINK(\"x\")"),
                        S(""),
                        (str){0},
                        S("excluded"),
                        NULL,
                        0};
    rows[2] = (soa_row){S("A.10.4"),
                        S("Customers, \xc3\xa4lter ones too"),
                        true,
                        S("-1"),
                        S("@x"),
                        S("+49"),
                        S("failing"),
                        NULL,
                        0};
    return (soa){S("Small Lender"), INT64_C(1763750460123), rows, 3};
}

static void test_json(void **state)
{
    (void)state;
    arena *a = arena_open();
    soa s = sample();
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    soa_json(&s, &w);
    assert_string_equal(
        buf_str(&b).p,
        "{\"controls\":[{\"control\":\"A.5.4\",\"applicable\":true,\"status\":\"failing\","
        "\"reason\":\"we lend, they pay\",\"trail\":[{\"plan\":\"Loan fairness\","
        "\"measurement\":\"m-7\",\"kind\":\"bias_fairness_test\","
        "\"dataset_sha256\":\"d0d0d0d0d0d0d0d0\",\"model_sha256\":\"e1e1e1e1e1e1e1e1\","
        "\"leaf\":17,\"verdict\":\"fail\",\"observed_at\":\"2025-11-21T18:41:00.123Z\","
        "\"fresh_until\":\"2026-02-19T18:41:00.123Z\"},{\"plan\":null,\"measurement\":null,"
        "\"kind\":\"policy_document\",\"dataset_sha256\":null,\"model_sha256\":null,\"leaf\":0,"
        "\"verdict\":null,\"observed_at\":null,\"fresh_until\":null}]},"
        "{\"control\":\"A.8.3\",\"applicable\":false,\"status\":\"excluded\","
        "\"reason\":\"=HYPERLINK(\\\"x\\\")\",\"trail\":[]},"
        "{\"control\":\"A.10.4\",\"applicable\":true,\"status\":\"failing\",\"reason\":\"-1\","
        "\"trail\":[]}]}");
    arena_close(a);
}

static void test_csv(void **state)
{
    (void)state;
    arena *a = arena_open();
    soa s = sample();
    buf b = buf_open(a, 1 << 16);
    soa_csv(&s, &b);
    str all = buf_str(&b);
    size_t lines = 0;
    for (size_t i = 0; i + 1 < all.n; i++)
        lines += all.p[i] == '\r' && all.p[i + 1] == '\n';
    assert_int_equal(lines, 1 + 2 + 1 + 1);
    assert_non_null(strstr(all.p, "\"Effects on \"\"people\"\"\""));
    assert_non_null(strstr(all.p, ",\"'=HYPERLINK(\"\"x\"\")\","));
    assert_non_null(strstr(all.p, ",\"'-1\",\"'@x\",\"'+49\","));
    assert_non_null(strstr(all.p, ",\"17\"\r\n"));
    arena_close(a);
}

static void test_text(void **state)
{
    (void)state;
    arena *a = arena_open();
    soa s = sample();
    buf b = buf_open(a, 1 << 16);
    soa_text(&s, 60, &b);
    assert_string_equal(buf_str(&b).p,
                        "Statement of applicability of Small Lender\n"
                        "as of 2025-11-21T18:41:00.123Z\n"
                        "\n"
                        "CONTROL    STATUS     OWNER                TITLE\n"
                        "A.5.4      failing    Ann                  Effects on \"peop~\n"
                        "            we lend, they pay\n"
                        "            Loan fairness, bias_fairness_test, fail, observ~\n"
                        "            leaf 17, model e1e1e1e1e1e1, data d0d0d0d0d0d0,~\n"
                        "            policy_document\n"
                        "            leaf 0\n"
                        "A.8.3      excluded                        Reporting?by oth~\n"
                        "            =HYPERLINK(\"x\")\n"
                        "A.10.4     failing    +49                  Customers, \xc3\xa4lter~\n"
                        "            -1\n"
                        "\n3 rows: 2 failing, 1 excluded\n");
    arena_close(a);
}

static void test_broken_text(void **state)
{
    (void)state;
    arena *a = arena_open();
    soa_row row = {
        S("\xff\xfe\x1b[31m"), S("\xc3"), true, S("\x7f"), S(""), S(""), S("x"), NULL, 0};
    soa s = {(str){0}, 0, &row, 1};
    buf b = buf_open(a, 1 << 16);
    soa_text(&s, 0, &b);
    assert_true(str_utf8(buf_str(&b)));
    assert_false(str_has_control(buf_str(&b)));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_broken_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
