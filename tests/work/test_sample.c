/* test_sample.c - the planted bias and drift are there, and the sample's controls show them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/measure.h"
#include "register/measurement.h"
#include "register/plan.h"
#include "work/records.h"
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

/* PSI of two normals of one width is the squared shift in widths: both integrals are in closed form
 * (Kullback-Leibler there and back). Incomes are log-normal with 0.4 about the median. */
static void test_income_moves_as_documented(void **state)
{
    (void)state;
    arena *a = arena_open();
    const loan *test = sample_loans(a, N, LOANS_TEST, 12),
               *late = sample_loans(a, N, LOANS_LATE, 13);
    double sum[2] = {0}, square = 0;
    for (size_t i = 0; i < N; i++) {
        double x = log((double)test[i].x[1]), y = log((double)late[i].x[1]);
        sum[0] += x / N;
        sum[1] += y / N;
        square += x * x / N;
    }
    double width = sqrt(square - sum[0] * sum[0]), shift = (sum[1] - sum[0]) / width;
    double planted = log(SAMPLE_INFLATION) / 0.4;
    assert_true(fabs(shift * shift - planted * planted) < 0.02);
    assert_true(planted * planted > 0.3 && planted * planted < 0.32);
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

static const measurement *newest(world *x, const char *plan_name)
{
    void *row, *all;
    size_t n;
    filter f;
    MUST(work_find(x->w, &x->machine, &plan_record, str_of(plan_name), x->a, &row, &x->e));
    str id = str_fmt(x->a, "%lld", (long long)((row_head *)row)->id);
    MUST(record_filter(&measurement_record, S("plan"), id, &f, x->a, &x->e));
    page p = {.filters = &f, .n_filters = 1, .limit = 1};
    MUST(work_list(x->w, &x->machine, &measurement_record, &p, 0, x->a, &all, &n, &x->e));
    assert_int_equal(n, 1);
    return all;
}

static const doc *figure(world *x, const char *plan_name, const char *id, const char *of)
{
    doc *d;
    MUST(doc_parse(x->a, newest(x, plan_name)->metrics, 1 << 20, &d, &x->e));
    for (size_t i = 0; i < d->n; i++) {
        str slice = doc_str(doc_get(&d->at[i], "slice"), "column");
        if (str_eqz(doc_str(&d->at[i], "id"), id) && (of ? str_eqz(slice, of) : !slice.p))
            return &d->at[i];
    }
    fail_msg("%s: no %s", plan_name, id);
    return NULL;
}

static void expect_holds(world *x, const char *plan_name, const char *id, const char *of,
                         double truth)
{
    const doc *interval = doc_get(figure(x, plan_name, id, of), "interval");
    if (!(interval->at[0].d <= truth && truth <= interval->at[1].d))
        fail_msg("%s: %g to %g does not hold %g", plan_name, interval->at[0].d, interval->at[1].d,
                 truth);
}

static bool carries_out(world *x, const char *kind)
{
    void *all;
    size_t n;
    filter f;
    MUST(record_filter(&measurement_record, S("kind"), str_of(kind), &f, x->a, &x->e));
    page p = {.filters = &f, .n_filters = 1, .limit = 1};
    MUST(work_list(x->w, &x->machine, &measurement_record, &p, 0, x->a, &all, &n, &x->e));
    return n > 0;
}

static void each_kind_is_used(world *x)
{
    for (size_t i = 0; i < measure_n_kinds; i++)
        if (!carries_out(x, measure_kinds[i].id)) fail_msg("no plan for %s", measure_kinds[i].id);
}

/* What was planted is inside the intervals that were measured. */
static void figures_show_it(world *x)
{
    double income = log(SAMPLE_INFLATION) / 0.4;
    expect_holds(x, "Loan drift, last quarter", "population_stability_index", "income",
                 income * income);
    expect_holds(x, "Loan drift, last quarter", "population_stability_index", "age", 0);
    expect_holds(x, "Arrears scores, drift", "population_stability_index", "score", 0);
    const doc *women = figure(x, "Loan calibration, women", "expected_calibration_error", NULL);
    /* A quarter of those who paid back was recorded otherwise: of about 0.8 that is 0.2. */
    double gap = doc_real(women, "value", 0);
    if (!(gap > 0.13 && gap < 0.24)) fail_msg("women: calibration error %g", gap);
    assert_true(doc_real(figure(x, "Loan performance, repeated", "reproduced", NULL), "value", 0) ==
                1);
    assert_true(newest(x, "Loan performance, repeated")->repeats == 1);
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
        {"A.9.4",   "proven"  },
        {"A.4.4",   "proven"  },
        {"A.6.2.3", "proven"  },
        {"A.7.6",   "proven"  },
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
    each_kind_is_used(x);
    figures_show_it(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bias_is_planted),
        cmocka_unit_test(test_drift_is_planted),
        cmocka_unit_test(test_income_moves_as_documented),
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test_setup_teardown(test_controls_show_it, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
