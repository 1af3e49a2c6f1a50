/* test_drift_classes.c - figures to expect of three classes, against NannyML and simulated truth.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"
#include "model/model_impl.h"

enum { ROWS = 6000, CLASSES = 3 };

static void softmax(const double *x, double factor, double *ret)
{
    double sum = 0;
    for (size_t k = 0; k < CLASSES; k++)
        sum += ret[k] = exp(factor * x[k]);
    for (size_t k = 0; k < CLASSES; k++)
        ret[k] /= sum;
}

/* Says softmax(1.5 x): surer than it should be. */
static bool boast(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)e;
    for (size_t r = 0; r < rows; r++) {
        double v[CLASSES] = {(double)x[3 * r], (double)x[3 * r + 1], (double)x[3 * r + 2]};
        softmax(v, 1.5, ret + CLASSES * r);
    }
    return true;
}

static double draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8);
}

/* As in script/reference/classes.py: the truth is softmax(x). */
static table world(arena *a, uint32_t seed, double shift, size_t rows, double *ret_expected)
{
    static const char *const names[] = {"a", "b", "c", "y"};
    column *c = arena_new(a, column, 4);
    double right = 0;
    for (size_t k = 0; k < 4; k++)
        c[k] = (column){.name = str_of(names[k]), .num = arena_new(a, double, rows)};
    for (size_t r = 0; r < rows; r++) {
        double x[CLASSES], p[CLASSES];
        for (size_t k = 0; k < CLASSES; k++)
            c[k].num[r] = x[k] = fmod(draw(&seed), 256) / 64 - (k == 0 ? shift : 0);
        double coin = draw(&seed) / 16777216;
        softmax(x, 1, p);
        c[3].num[r] = (coin > p[0]) + (coin > p[0] + p[1]);
        right += fmax(p[0], fmax(p[1], p[2]));
    }
    *ret_expected = right / (double)rows;
    return (table){.rows = rows, .n_columns = 4, .columns = c};
}

static struct model teller(void)
{
    static const str features[] = {
        {"a", 1},
        {"b", 1},
        {"c", 1}
    };
    static const bool category[3] = {false};
    return (struct model){
        .info = {.format = "test",
                 .task = MODEL_MULTICLASS,
                 .n_features = 3,
                 .n_outputs = CLASSES,
                 .features = features,
                 .categorical = category},
        .predict = boast
    };
}

static void run(const measure_input *in, const char *label, uint64_t seed, measure_result *r,
                arena *a)
{
    err e = ERR_IN(a);
    measure_plan p = measure_plan_default();
    doc *d;
    if (!doc_parse(a, S("{\"mmd_rows\": 0}"), 100, &d, &e)) fail_msg("%s", e.msg.p);
    p.kind = S("drift_monitor");
    p.label = str_of(label);
    p.options = d;
    p.confidence = 0.9;
    p.resamples = 200;
    p.seed = seed;
    if (!measure_run(&p, in, r, a, &e)) fail_msg("%.*s: %.*s", STR_ARG(e.path), STR_ARG(e.msg));
}

/* script/reference/classes.py: NannyML 4c86ee3 (0.13.1) on the same rows; its calibration differs
 * (isotonic, one class at a time), so the two agree to a part of what either can know. */
static void expects_what_nannyml_expects(void **state)
{
    static const struct {
        const char *id;
        double theirs, realised;
    } want[] = {
        {"estimated_accuracy",        0.675388, 0.680000},
        {"estimated_macro_precision", 0.632745, 0.639915},
        {"estimated_macro_recall",    0.594496, 0.599134},
        {"estimated_macro_f1",        0.605524, 0.610272},
    };
    arena *a = arena_open();
    measure_result r;
    double expected;
    struct model m = teller();
    table ref = world(a, 21, 0, ROWS, &expected), data = world(a, 22, 1.5, ROWS, &expected);
    run(&(measure_input){.data = &data, .reference = &ref, .model = &m}, "y", 1, &r, a);
    near(find(&r, "accuracy", NULL)->value, want[0].realised, 1e-12);
    for (size_t i = 0; i < COUNT(want); i++) {
        const metric *x = find(&r, want[i].id, NULL);
        printf("  %-26s %.4f in %.4f..%.4f; NannyML %.4f, realised %.4f\n", want[i].id, x->value,
               x->lo, x->hi, want[i].theirs, want[i].realised);
        near(x->value, want[i].theirs, 0.015);
        near(x->value, want[i].realised, 0.02);
    }
    near(find(&r, "estimated_accuracy", NULL)->value, expected, 0.015);
    arena_close(a);
    (void)state;
}

/* The chance of being right that the world gave the data lies in the interval as often as said. */
static void intervals_hold_the_truth(void **state)
{
    enum { RUNS = 200, FEW = 1500 };
    int hits = 0;
    struct model m = teller();
    for (uint32_t i = 0; i < RUNS; i++) {
        arena *a = arena_open();
        measure_result r;
        double expected, unused;
        table ref = world(a, 2 * i + 1000, 0, FEW, &unused);
        table data = world(a, 2 * i + 1001, 1, FEW, &expected);
        data.n_columns = 3;
        run(&(measure_input){.data = &data, .reference = &ref, .model = &m, .threads = 1}, "y",
            i + 1, &r, a);
        const metric *x = find(&r, "estimated_accuracy", NULL);
        hits += x->lo <= expected && expected <= x->hi;
        arena_close(a);
    }
    printf("  estimated_accuracy holds its truth in %.3f of runs\n", hits / (double)RUNS);
    assert_true(hits >= 0.85 * RUNS && hits <= 0.97 * RUNS);
    (void)state;
}

static void without_labels_chances_are_believed(void **state)
{
    arena *a = arena_open();
    measure_result r;
    double unused, sum = 0, p[CLASSES];
    struct model m = teller();
    table ref = world(a, 21, 0, ROWS, &unused), data = world(a, 22, 1.5, ROWS, &unused);
    ref.n_columns = data.n_columns = 3;
    run(&(measure_input){.data = &data, .reference = &ref, .model = &m}, NULL, 1, &r, a);
    for (size_t i = 0; i < ROWS; i++) {
        double x[CLASSES] = {data.columns[0].num[i], data.columns[1].num[i],
                             data.columns[2].num[i]};
        softmax(x, 1.5, p);
        sum += fmax(p[0], fmax(p[1], p[2])) / ROWS;
    }
    near(find(&r, "estimated_accuracy", NULL)->value, sum, 1e-9);
    arena_close(a);
    (void)state;
}

/* The reference never predicted the third class: there the model is believed. */
static void unseen_classes(void **state)
{
    arena *a = arena_open();
    measure_result r;
    double unused;
    struct model m = teller();
    table ref = world(a, 5, 0, 500, &unused), data = world(a, 6, 0, 500, &unused);
    for (size_t i = 0; i < 500; i++) {
        ref.columns[2].num[i] = -9;
        ref.columns[3].num[i] = (double)(i % 2);
    }
    run(&(measure_input){.data = &data, .reference = &ref, .model = &m}, "y", 1, &r, a);
    const metric *x = find(&r, "estimated_accuracy", NULL);
    assert_true(x->value > 0.4 && x->value < 0.8 && x->lo < x->value && x->value < x->hi);
    assert_true(isfinite(find(&r, "estimated_macro_f1", NULL)->value));
    arena_close(a);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expects_what_nannyml_expects),
        cmocka_unit_test(intervals_hold_the_truth),
        cmocka_unit_test(without_labels_chances_are_believed),
        cmocka_unit_test(unseen_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
