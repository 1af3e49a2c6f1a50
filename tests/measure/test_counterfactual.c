/* test_counterfactual.c - counterfactuals of models whose nearest ones are known by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/counterfactual.h"
#include "model/model_impl.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { FEATURES = 6, ROWS = 200 };

/* 0: income in thousands, 1: debt, 2: age; 3, 4, 5: a one-hot group. Approved from 0.5 on. */
static bool lender(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)e;
    for (size_t r = 0; r < rows; r++, x += FEATURES)
        ret[r] = (double)x[0] / 100 - (double)x[1] / 100 + (x[4] > 0 ? 0.3 : 0);
    return true;
}

/* Approved where both income and debt are right: one change is never enough from the corner. */
static bool corner(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)e;
    for (size_t r = 0; r < rows; r++, x += FEATURES)
        ret[r] = ((x[0] >= 70) + (x[1] <= 20) + (x[2] >= 50)) / 3.0 - 0.2;
    return true;
}

static bool never(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)x, (void)e;
    memset(ret, 0, rows * sizeof *ret);
    return true;
}

struct setting {
    struct model m;
    target t;
    threat th;
    float *data;
    counterfactual_search s;
};

static struct setting *setting_of(arena *a, model_predict_fn *fn, const char *json)
{
    static const str names[FEATURES] = {
        {"income",     6 },
        {"debt",       4 },
        {"age",        3 },
        {"home_own",   8 },
        {"home_rent",  9 },
        {"home_other", 10}
    };
    struct setting *s = arena_new(a, struct setting, 1);
    err e = ERR_IN(a);
    doc *d;
    s->m = (struct model){
        .info = {.n_features = FEATURES, .n_outputs = 1, .task = MODEL_BINARY},
          .predict = fn
    };
    s->data = arena_new(a, float, ROWS *FEATURES);
    for (size_t r = 0; r < ROWS; r++) {
        float *x = s->data + r * FEATURES;
        x[0] = (float)(r % 101);
        x[1] = (float)(r * 7 % 101);
        x[2] = (float)(18 + r * 3 % 60);
        x[3 + r % 3] = 1;
    }
    s->t = (target){&s->m, TASK_BINARY, FEATURES, 1, 0.5, 0};
    threat_data data = {names, FEATURES, NULL, s->data, ROWS, NULL};
    if (!doc_parse(a, str_of(json), 1 << 16, &d, &e) ||
        !threat_make(a, d, &data, S("threat"), &s->th, &e))
        fail_msg("%s (%s)", e.msg.p, e.path.p);
    s->s = (counterfactual_search){
        .t = &s->t, .th = &s->th, .data = s->data, .rows = ROWS, .wanted = 4, .most_changes = 3};
    return s;
}

static counterfactuals find(arena *a, const struct setting *s, const float *x0)
{
    counterfactuals c;
    err e = ERR_IN(a);
    double out;
    assert_true(s->m.predict(&s->m, x0, 1, &out, &e));
    if (!counterfactual_find(&s->s, x0, target_answer(&s->t, &out), &c, a, &e))
        fail_msg("%s", e.msg.p);
    for (size_t i = 0; i < c.n; i++) { /* whatever else: allowed, and flipped when asked */
        assert_true(s->m.predict(&s->m, c.at[i].x, 1, &out, &e));
        assert_true(threat_allowed(&s->th, x0, c.at[i].x) && out >= 0.5);
        assert_true(fabs(threat_distance(&s->th, x0, c.at[i].x) - c.at[i].distance) < 1e-12);
        assert_true(i == 0 || c.at[i].changes >= c.at[i - 1].changes);
    }
    return c;
}

#define GROUP "\"one_hot\":[[\"home_own\",\"home_rent\",\"home_other\"]]"

/* 0.4 - 0.2 + 0: income must reach 70, or renting and one small step; age never helps. */
static void sparse_and_diverse(void **state)
{
    arena *a = arena_open();
    const float x0[FEATURES] = {40, 20, 30, 1, 0, 0};
    (void)state;
    counterfactuals c = find(a, setting_of(a, lender, "{" GROUP "}"), x0);
    assert_true(c.n >= 2 && c.at[0].changes == 1);
    /* switching to rent gives exactly 0.5; income alone must be 70, or what rounding of doubles
     * asks */
    bool rent = false, income = false;
    for (size_t i = 0; i < c.n; i++) {
        const float *x = c.at[i].x;
        rent |= c.at[i].changes == 1 && x[4] > 0 && x[3] < 1;
        income |= c.at[i].changes == 1 && x[0] >= 70 && x[0] <= 71;
        assert_true(x[2] == 30); /* put back, for it did nothing */
    }
    assert_true(rent && income);
    c = find(a,
             setting_of(a, lender,
                        "{" GROUP ",\"immutable\":[\"income\",\"home_own\","
                        "\"home_rent\",\"home_other\"]}"),
             x0);
    assert_int_equal(c.n, 0); /* no debt at all gives 0.4 */
    arena_close(a);
}

static void two_changes_when_one_is_not_enough(void **state)
{
    arena *a = arena_open();
    const float x0[FEATURES] = {30, 60, 30, 1, 0, 0};
    (void)state;
    counterfactuals c = find(a,
                             setting_of(a, corner,
                                        "{" GROUP ",\"integer\":[\"income\","
                                        "\"debt\",\"age\"]}"),
                             x0);
    assert_true(c.n == 1 && c.at[0].changes == 3); /* 3/3 - 0.2; two of three are 0.467 */
    assert_true(c.at[0].x[0] == 70 && c.at[0].x[1] == 20 && c.at[0].x[2] == 50);
    /* age only falls here, so nothing is enough */
    c = find(a, setting_of(a, corner, "{\"features\":{\"age\":{\"direction\":\"down\"}}}"), x0);
    assert_int_equal(c.n, 0);
    arena_close(a);
}

static void round_as_people_wrote_it(void **state)
{
    arena *a = arena_open();
    const float x0[FEATURES] = {40, 23, 30, 0, 0, 1};
    double factor[FEATURES] = {1000, 1, 1, 1, 1, 1}, shift[FEATURES] = {500};
    (void)state;
    struct setting *s = setting_of(a, lender,
                                   "{" GROUP ",\"immutable\":[\"debt\",\"home_own\","
                                   "\"home_rent\",\"home_other\"]}");
    s->s.factor = factor;
    s->s.shift = shift;
    counterfactuals c = find(a, s, x0); /* income 73: raw 73,500; 74,000 is near enough */
    assert_true(c.n == 1 && c.at[0].changes == 1);
    assert_true(fabs((double)c.at[0].x[0] * 1000 + 500 - 74000) < 0.01);
    arena_close(a);
}

static void nothing_to_find(void **state)
{
    arena *a = arena_open();
    const float x0[FEATURES] = {40, NAN, 30, 0, 1, 0};
    (void)state;
    counterfactuals c = find(a, setting_of(a, never, "{" GROUP "}"), x0);
    assert_true(c.n == 0 && c.queries > 30);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_and_diverse),
        cmocka_unit_test(two_changes_when_one_is_not_enough),
        cmocka_unit_test(round_as_people_wrote_it),
        cmocka_unit_test(nothing_to_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
