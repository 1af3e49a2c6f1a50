/* test_endpoints.c - which addresses a server may ask: the operator's list, and no others. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/endpoints.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char list[] = "# addresses\n"
                           "\n"
                           "https://models.example/v2/models  token_file=/etc/t\ttimeout=20\r\n"
                           "  http://10.0.0.7:8080/  # all of it\n"
                           "https://one.example/v1/models/loans\n"
                           "http://\n"
                           "https:\n"
                           "models\n"
                           "exec:/bin/sh\n";

static void only_what_is_listed(void **state)
{
    static const struct {
        const char *address;
        bool may;
    } cases[] = {
        {"https://models.example/v2/models/loans",  true },
        {"https://models.example/v2/models",        true },
        {"https://models.example/v2/modelsX/loans", false},
        {"https://models.example.org/v2/models/m",  false},
        {"http://models.example/v2/models/loans",   false},
        {"https://models.example/v1/models/loans",  false},
        {"http://10.0.0.7:8080/v2/models/m",        true },
        {"http://10.0.0.7:80801/v2/models/m",       false},
        {"http://10.0.0.7/v2/models/m",             false},
        {"https://one.example/v1/models/loans",     true },
        {"https://one.example/v1/models/loans/a",   true },
        {"https://one.example/v1/models/loans2",    false},
        {"http://169.254.169.254/v2/models/m",      false},
        {"exec:/bin/sh",                            false},
        {"models",                                  false},
        {"",                                        false},
    };
    (void)state;
    arena *a = arena_open();
    for (size_t i = 0; i < COUNT(cases); i++) {
        str *settings;
        size_t n;
        bool may = endpoint_match(str_of(list), str_of(cases[i].address), a, &settings, &n);
        if (may != cases[i].may) fail_msg("%s: %d", cases[i].address, may);
        assert_false(endpoint_match(S(""), str_of(cases[i].address), a, &settings, &n));
    }
    arena_close(a);
}

static void settings_follow_the_address(void **state)
{
    (void)state;
    arena *a = arena_open();
    str *s;
    size_t n;
    assert_true(endpoint_match(str_of(list), S("https://models.example/v2/models/m"), a, &s, &n));
    assert_int_equal(n, 4); /* behind two defaults, so that they win */
    assert_string_equal(s[2].p, "token_file=/etc/t");
    assert_string_equal(s[3].p, "timeout=20");
    assert_true(endpoint_match(str_of(list), S("http://10.0.0.7:8080/v2/models/m"), a, &s, &n));
    assert_int_equal(n, 2);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_listed),
        cmocka_unit_test(settings_follow_the_address),
    };
    return cmocka_run_group_tests_name("work/endpoints", tests, NULL, NULL);
}
