/* test_status.c - every line of status.h's table, with ties, the future and what was overtaken. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/status.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NOW = 1000, FAR = 2000, PAST = 900 };

#define MEASURED(plan, p, f, at, until)                                                            \
    {                                                                                              \
        .measured = true, .passes = p, .fails = f, .source = plan, .observed_at = at,              \
        .fresh_until = until                                                                       \
    }
#define PASS(plan, at, until) MEASURED(plan, true, false, at, until)
#define FAIL(plan, at, until) MEASURED(plan, false, true, at, until)
#define OPEN(plan, at, until) MEASURED(plan, false, false, at, until)
#define RECORDED(at, until)                                                                        \
    {                                                                                              \
        .observed_at = at, .fresh_until = until                                                    \
    }
#define ATTESTED(at, until)                                                                        \
    {                                                                                              \
        .attested = true, .observed_at = at, .fresh_until = until                                  \
    }

static const struct {
    const char *what;
    bool declared;
    size_t findings, n;
    status_evidence e[3];
    control_status want;
} cases[] = {
    {"nothing",                        false, 0, 0, {{0}},                                    STATUS_PLANNED },
    {"said",                           true,  0, 0, {{0}},                                    STATUS_DECLARED},
    {"attested",                       false, 0, 1, {ATTESTED(1, FAR)},                       STATUS_DECLARED},
    {"recorded",                       false, 0, 1, {RECORDED(1, FAR)},                       STATUS_PROVEN  },
    {"recorded long ago",              false, 0, 1, {RECORDED(1, PAST)},                      STATUS_STALE   },
    {"fresh to the moment",            false, 0, 1, {RECORDED(1, NOW)},                       STATUS_STALE   },
    {"passed",                         false, 0, 1, {PASS(1, 1, FAR)},                        STATUS_PROVEN  },
    {"open finding beats a pass",      false, 1, 1, {PASS(1, 1, FAR)},                        STATUS_FAILING },
    {"failed",                         true,  0, 1, {FAIL(1, 1, FAR)},                        STATUS_FAILING },
    {"failed long ago",                true,  0, 1, {FAIL(1, 1, PAST)},                       STATUS_STALE   },
    {"undecided",                      false, 0, 1, {OPEN(1, 1, FAR)},                        STATUS_DECLARED},
    {"passed after failing",           false, 0, 2, {FAIL(1, 1, FAR), PASS(1, 2, FAR)},       STATUS_PROVEN  },
    {"failed after passing",           false, 0, 2, {PASS(1, 1, FAR), FAIL(1, 2, FAR)},       STATUS_FAILING },
    {"order of the list",              false, 0, 2, {FAIL(1, 2, FAR), PASS(1, 1, FAR)},       STATUS_FAILING },
    {"a tie: the later one",           false, 0, 2, {FAIL(1, 1, FAR), PASS(1, 1, FAR)},       STATUS_PROVEN  },
    {"another plan",                   false, 0, 2, {FAIL(1, 1, FAR), PASS(2, 2, FAR)},       STATUS_FAILING },
    {"without a plan",                 false, 0, 2, {FAIL(0, 1, FAR), PASS(0, 2, FAR)},       STATUS_FAILING },
    {"the future",                     true,  0, 1, {PASS(1, NOW + 1, FAR)},                  STATUS_DECLARED},
    {"the future hides nothing",
     false,                                   0,
     2,                                             {FAIL(1, 1, FAR), PASS(1, NOW + 1, FAR)},
     STATUS_FAILING                                                                                          },
    {"an expired pass is no way back",
     false,                                   0,
     2,                                             {PASS(1, 1, FAR), FAIL(1, 2, PAST)},
     STATUS_STALE                                                                                            },
    {"one plan stale, one proven",     false, 0, 2, {PASS(1, 1, PAST), PASS(2, 1, FAR)},      STATUS_PROVEN  },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        status_input in = {.applicable = true,
                           .declared = cases[i].declared,
                           .evidence = cases[i].e,
                           .n_evidence = cases[i].n,
                           .open_nonconformities = cases[i].findings,
                           .now = NOW};
        control_status got = status_of(&in);
        if (got != cases[i].want)
            fail_msg("%s: %s instead of %s", cases[i].what, status_name(got),
                     status_name(cases[i].want));
        in.applicable = false;
        assert_int_equal(status_of(&in), STATUS_EXCLUDED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
