/* test_uncertainty.c - calibration, prediction sets and abstention against closed forms. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"
#include "expect.h"
#include "measure/rng.h"
#include "measure/stat.h"

enum { RUNS = 400, ROWS = 800 };

static table three(arena *a, size_t rows)
{
    static const char *const names[] = {"y", "s", "g"};
    column *c = arena_new(a, column, 3);
    for (size_t k = 0; k < 3; k++)
        c[k] = (column){.name = str_of(names[k]), .num = arena_new(a, double, rows)};
    return (table){.rows = rows, .n_columns = 3, .columns = c};
}

/* Chance of a positive is s itself (bend 1) or s^2 (bend 2), s uniform. */
static table scores(arena *a, size_t rows, uint64_t number, double bend)
{
    table t = three(a, rows);
    rng r = rng_open(2026, 91, number);
    for (size_t i = 0; i < rows; i++) {
        double s = rng_uniform(&r);
        t.columns[1].num[i] = s;
        t.columns[0].num[i] = rng_uniform(&r) < pow(s, bend);
        t.columns[2].num[i] = (double)(i % 2);
    }
    return t;
}

/* y normal, predicted as 0. */
static table residuals(arena *a, size_t rows, uint64_t number)
{
    table t = three(a, rows);
    rng r = rng_open(2026, 92, number);
    for (size_t i = 0; i < rows; i++)
        t.columns[0].num[i] = rng_normal(&r);
    return t;
}

static measure_plan plan_of(bool score, uint64_t seed)
{
    measure_plan p = measure_plan_default();
    p.kind = S("calibration_uncertainty");
    p.label = S("y");
    *(score ? &p.score : &p.prediction) = S("s");
    p.task = score ? S("binary") : S("regression");
    p.confidence = 0.9;
    p.resamples = 200;
    p.seed = seed;
    return p;
}

static void run(const measure_plan *p, const table *t, measure_result *r, arena *a)
{
    err e = ERR_IN(a);
    if (!measure_run(p, &(measure_input){.data = t, .threads = 1}, r, a, &e))
        fail_msg("%.*s: %.*s", STR_ARG(e.path), STR_ARG(e.msg));
}

/* ---- coverage of the intervals ---- */

struct world {
    const char *id;
    double truth, least, most;
};

static void covers(double bend, const struct world *w, size_t n)
{
    int hits[16] = {0};
    for (uint64_t i = 0; i < coverage_worlds(); i++) {
        arena *a = arena_open();
        measure_result r;
        measure_plan p = plan_of(true, i + 1);
        p.confidence = CONFIDENCE;
        p.resamples = coverage_long() ? 1000 : 300;
        table t = scores(a, ROWS, i, bend);
        run(&p, &t, &r, a);
        for (size_t k = 0; k < n; k++) {
            const metric *m = find(&r, w[k].id, NULL);
            hits[k] += m->lo <= w[k].truth && w[k].truth <= m->hi;
        }
        arena_close(a);
    }
    bool ok = true;
    for (size_t k = 0; k < n; k++)
        ok &= coverage_judge(w[k].id, NULL, hits[k], w[k].least, w[k].most);
    assert_true(ok);
}

/* Sums of squares lean upwards, and so do their draws: intervals that reach down to the truth hold
 * it in 98 % of worlds. Bin k of width 0.1: mean s is k/10 + 0.05, mean s^2 is (3k^2 + 3k + 1) /
 * 300. */
static void bent_scores(void **state)
{
    double ece = 0, mce = 0, rel = 0, res = 0, base = 1 / 3.0;
    for (int k = 0; k < 10; k++) {
        double share = (3 * k * k + 3 * k + 1) / 300.0, gap = k / 10.0 + 0.05 - share;
        ece += gap / 10;
        mce = fmax(mce, gap);
        rel += gap * gap / 10;
        res += (share - base) * (share - base) / 10;
    }
    const struct world w[] = {
        {"expected_calibration_error",   ece,               CAUTIOUS},
        {"maximum_calibration_error",    mce,               CAUTIOUS},
        {"calibration_error_equal_mass", ece,               CAUTIOUS},
        {"calibration_error_debiased",   sqrt(rel),         CAUTIOUS},
        {"brier_score",                  1 / 6.0,           FAIR    },
        {"brier_reliability",            rel,               CAUTIOUS},
        {"brier_resolution",             res,               FAIR    },
        {"brier_uncertainty",            base * (1 - base), FAIR    },
    };
    covers(2, w, COUNT(w));
    (void)state;
}

static void calibrated_scores(void **state)
{
    static const struct world w[] = {
        {"expected_calibration_error",   0,       CAUTIOUS},
        {"calibration_error_equal_mass", 0,       CAUTIOUS},
        {"maximum_calibration_error",    0,       CAUTIOUS},
        {"calibration_error_debiased",   0,       CAUTIOUS},
        {"brier_score",                  1 / 6.0, FAIR    },
        {"abstention_accuracy",          0.8,     FAIR    },
    };
    covers(1, w, COUNT(w));
    (void)state;
}

/* ---- prediction sets ---- */

/* Lei et al., theorem 2.2: 0.9 <= mean coverage <= 0.9 + 1 / (n + 1). */
static void sets_cover_what_they_promise(void **state)
{
    moments covered = {0}, covered_numbers = {0}, width = {0};
    for (uint64_t i = 0; i < RUNS; i++) {
        arena *a = arena_open();
        measure_result r;
        measure_plan p = plan_of(true, i), q = plan_of(false, i);
        table t = scores(a, 200, i, 2), u = residuals(a, 200, i);
        run(&p, &t, &r, a);
        moments_add(&covered, find(&r, "prediction_set_coverage", NULL)->value);
        run(&q, &u, &r, a);
        moments_add(&covered_numbers, find(&r, "prediction_set_coverage", NULL)->value);
        moments_add(&width, find(&r, "prediction_interval_width", NULL)->value);
        arena_close(a);
    }
    near(covered.mean, 0.9 + 0.5 / 101, 0.5 / 101 + 4 * moments_se(covered));
    near(covered_numbers.mean, 0.9 + 0.5 / 101, 0.5 / 101 + 4 * moments_se(covered_numbers));
    near(width.mean, 2 * stat_normal_quantile(0.95), 0.1);
    (void)state;
}

static void groups_have_their_own_coverage(void **state)
{
    arena *a = arena_open();
    measure_result r;
    measure_plan p = plan_of(true, 1);
    str group = S("g");
    table t = scores(a, 4000, 1, 1);
    p.groups = &group;
    p.n_groups = 1;
    run(&p, &t, &r, a);
    const metric *all = find(&r, "prediction_set_coverage", NULL);
    const metric *one = find(&r, "prediction_set_coverage", "{\"g\":\"1\"}");
    const metric *other = find(&r, "prediction_set_coverage", "{\"g\":\"0\"}");
    assert_int_equal(all->n, 2000);
    assert_int_equal(one->n + other->n, 2000);
    near(one->value * (double)one->n + other->value * (double)other->n, all->value * (double)all->n,
         1e-6);
    /* Sets of calibrated scores hold both classes where neither reaches 0.9 alone. */
    double size = find(&r, "prediction_set_size", NULL)->value;
    assert_true(size > 1.1 && size < 2);
    arena_close(a);
    (void)state;
}

static void width_interval_covers(void **state)
{
    int hits = 0;
    for (uint64_t i = 0; i < coverage_worlds(); i++) {
        arena *a = arena_open();
        measure_result r;
        measure_plan p = plan_of(false, i);
        p.confidence = CONFIDENCE;
        table t = residuals(a, ROWS, i);
        run(&p, &t, &r, a);
        const metric *m = find(&r, "prediction_interval_width", NULL);
        double truth = 2 * stat_normal_quantile(0.95); /* nine tenths are to lie inside */
        hits += m->lo <= truth && truth <= m->hi;
        arena_close(a);
    }
    assert_true(coverage_judge("prediction_interval_width", NULL, hits, FAIR));
    (void)state;
}

/* classes.json gives every row the chances exp(0.1), exp(0.2), exp(0.3) over their sum. */
static void likeliest_class_is_the_claim(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = plan_of(true, 1);
    table t = three(a, 400);
    struct model *m;
    str path = str_fmt(a, "%s/fuzz/corpus/model/classes.json", AIMS_SOURCE);
    str features[] = {S("s"), S("g")};
    for (size_t i = 0; i < 400; i++)
        t.columns[0].num[i] = i % 2 ? 2 : (double)(i / 2 % 2);
    p.task = S("multiclass");
    p.score = (str){0};
    p.features = features;
    p.n_features = 2;
    assert_true(model_load(a, path.p, &m, &e));
    if (!measure_run(&p, &(measure_input){.data = &t, .model = m}, &r, a, &e))
        fail_msg("%.*s", STR_ARG(e.msg));
    double chance = exp(0.3) / (exp(0.1) + exp(0.2) + exp(0.3));
    near(find(&r, "expected_calibration_error", NULL)->value, 0.5 - chance, 1e-6);
    near(find(&r, "maximum_calibration_error", NULL)->value, 0.5 - chance, 1e-6);
    near(find(&r, "brier_score", NULL)->value,
         0.5 * (1 - chance) * (1 - chance) + 0.5 * chance * chance, 1e-6);
    near(find(&r, "abstention_accuracy", NULL)->value, 0.5, 1e-12);
    /* A quarter of the rows is of the rarest class: nine tenths need all three. */
    near(find(&r, "prediction_set_coverage", NULL)->value, 1, 0);
    near(find(&r, "prediction_set_size", NULL)->value, 3, 0);
    arena_close(a);
    (void)state;
}

static void tables_and_figures_are_json(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    doc *d;
    measure_plan p = plan_of(true, 1);
    table t = scores(a, 2000, 3, 1);
    run(&p, &t, &r, a);
    assert_true(doc_parse(a, r.tables, 1 << 20, &d, &e));
    assert_int_equal(d->n, 2);
    const doc *rows = doc_get(&d->at[0], "rows");
    assert_int_equal(rows->n, 10);
    int64_t sum = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const doc *x = rows->at[i].at;
        assert_true(x[2].d <= x[1].d && x[1].d <= x[3].d);
        sum += x[4].i;
    }
    assert_int_equal(sum, 2000);
    assert_true(doc_parse(a, r.figures, 1 << 20, &d, &e));
    assert_int_equal(doc_get(doc_get(&d->at[1], "series")->at, "points")->n, 20);
    arena_close(a);
    (void)state;
}

static void refuses(void **state)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    measure_plan p = plan_of(true, 1);
    table t = scores(a, 10, 1, 1);
    measure_input in = {.data = &t};
    assert_false(measure_run(&p, &in, &r, a, &e));
    assert_true(str_eqz(e.path, "data"));
    t = scores(a, 100, 1, 1);
    p.prediction = p.score;
    p.score = (str){0};
    p.prediction = S("y");
    assert_false(measure_run(&p, &in, &r, a, &e));
    assert_true(str_eqz(e.path, "score"));
    arena_close(a);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bent_scores),
        cmocka_unit_test(calibrated_scores),
        cmocka_unit_test(sets_cover_what_they_promise),
        cmocka_unit_test(groups_have_their_own_coverage),
        cmocka_unit_test(width_interval_covers),
        cmocka_unit_test(likeliest_class_is_the_claim),
        cmocka_unit_test(tables_and_figures_are_json),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
