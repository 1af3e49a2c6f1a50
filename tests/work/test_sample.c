/* test_sample.c - the planted bias and drift are there, and the sample's controls show them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/sample.h"
#include "work/sample_impl.h"
#include "work/standing.h"
#include "world.h"
#include <math.h>

enum { N = 40000 };

static double repaid_rate(const loan *l, bool woman)
{
    double n = 0, yes = 0;
    for (size_t i = 0; i < N; i++)
        if (l[i].woman == woman) {
            n++;
            yes += l[i].repaid;
        }
    return yes / n;
}

static double mean(const loan *l, int feature, bool woman)
{
    double n = 0, sum = 0;
    for (size_t i = 0; i < N; i++)
        if (l[i].woman == woman) {
            n++;
            sum += (double)l[i].x[feature];
        }
    return sum / n;
}

/* Standard errors here are below 0.004; the bounds are five of them. */
static void test_bias_is_planted(void **state)
{
    (void)state;
    arena *a = arena_open();
    const loan *training = sample_loans(a, N, LOANS_TRAINING, 11),
               *test = sample_loans(a, N, LOANS_TEST, 12);
    double men = repaid_rate(training, false), women = repaid_rate(training, true);
    assert_true(fabs(women - (1 - SAMPLE_BIAS) * men) < 0.02);
    assert_true(fabs(repaid_rate(test, true) - repaid_rate(test, false)) < 0.02);
    assert_true(fabs(mean(test, 6, true) - mean(test, 6, false) - 1.8) < 0.06); /* region */
    arena_close(a);
}

static void test_drift_is_planted(void **state)
{
    (void)state;
    arena *a = arena_open();
    const loan *test = sample_loans(a, N, LOANS_TEST, 12),
               *late = sample_loans(a, N, LOANS_LATE, 13);
    double ratio = mean(late, 1, false) / mean(test, 1, false); /* income */
    assert_true(fabs(ratio - SAMPLE_INFLATION) < 0.02);
    assert_true(repaid_rate(test, false) - repaid_rate(late, false) > 0.08);
    arena_close(a);
}

static void test_same_seed_same_bytes(void **state)
{
    (void)state;
    arena *a = arena_open();
    str x = sample_loans_csv(a, sample_loans(a, 100, LOANS_TEST, 5), 100);
    assert_true(str_eq(x, sample_loans_csv(a, sample_loans(a, 100, LOANS_TEST, 5), 100)));
    assert_false(str_eq(x, sample_loans_csv(a, sample_loans(a, 100, LOANS_TEST, 6), 100)));
    arena_close(a);
}

static const char *status(const standing *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eqz(s->rows[i].row.control, id)) return s->rows[i].row.status.p;
    return "missing";
}

static void test_controls_show_it(void **state)
{
    static const char *const expected[][2] = {
        {"A.6.2.4", "proven"  },
        {"A.5.4",   "failing" },
        {"A.9.3",   "failing" },
        {"A.6.2.6", "failing" },
        {"A.10.3",  "stale"   },
        {"A.7.4",   "declared"},
        {"A.4.5",   "planned" },
        {"A.5.5",   "excluded"},
        {"A.2.2",   "proven"  },
        {"A.5.2",   "declared"},
    };
    world *x = *state;
    standing s;
    arena_close(x->a); /* the sample opens the directory itself */
    x->a = arena_open();
    x->e = ERR_IN(x->a);
    bool ok = work_sample(x->dir.p, &x->e);
    if (!ok && x->e.code == ERR_UNAVAILABLE) {
        print_message("skipped: %s\n", x->e.msg.p);
        skip();
    }
    world_must(ok, x);
    world_again(x);
    MUST(work_standing(x->w, &x->machine, 0, x->a, &s, &x->e));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_string_equal(status(&s, expected[i][0]), expected[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bias_is_planted),
        cmocka_unit_test(test_drift_is_planted),
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test_setup_teardown(test_controls_show_it, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
