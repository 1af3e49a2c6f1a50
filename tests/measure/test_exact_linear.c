/* test_exact_linear.c - distances of linear models against closed forms and every combination. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/attack.h"
#include "measure/exact.h"
#include "model/linear.h"
#include "model/model_impl.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Features: two numbers, two whole numbers, three that are one-hot, a category. */
enum { FEATURES = 8, ROWS = 12, WHOLE = 5, CODES = 4 };
#define STEPS UINT64_C(100000000)

static const char *const names[FEATURES] = {"n", "m", "i", "j", "a", "b", "c", "kind"};

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static double draw_real(uint32_t *state)
{
    return (double)(draw(state) % 20001) / 10000 - 1;
}

static struct model *make_model(arena *a, size_t outputs, linear_link how, uint32_t *seed)
{
    struct model *m = arena_new(a, struct model, 1);
    linear_model *l = arena_new(a, linear_model, 1);
    double *w = arena_new(a, double, FEATURES *outputs), *b = arena_new(a, double, outputs);
    for (size_t i = 0; i < FEATURES * outputs; i++)
        w[i] = draw_real(seed);
    for (size_t k = 0; k < outputs; k++)
        b[k] = draw_real(seed);
    *l = (linear_model){FEATURES, outputs, w, b, how};
    m->linear = l;
    m->predict = linear_predict;
    m->info = (model_info){.format = "onnx-linear", .n_features = FEATURES, .n_outputs = outputs};
    return m;
}

static void make_row(float *x, uint32_t *seed)
{
    uint32_t one = draw(seed) % 3;
    x[0] = (float)(draw(seed) % 100) / 100;
    x[1] = (float)(draw(seed) % 100) / 50 - 1;
    x[2] = (float)(draw(seed) % WHOLE);
    x[3] = (float)(draw(seed) % WHOLE);
    for (uint32_t k = 0; k < 3; k++)
        x[4 + k] = k == one;
    x[7] = (float)(draw(seed) % CODES);
}

static threat make_threat(arena *a, const char *json, const float *x)
{
    static const bool categorical[FEATURES] = {[7] = true};
    str n[FEATURES];
    doc *d;
    err e = ERR_IN(a);
    threat ret = {0};
    for (size_t i = 0; i < FEATURES; i++)
        n[i] = str_of(names[i]);
    threat_data data = {n, FEATURES, categorical, x, ROWS, NULL};
    if (!doc_parse(a, str_of(json), 10000, &d, &e) ||
        !threat_make(a, d, &data, S("threat"), &ret, &e))
        fail_msg("%s: %s", e.path.p, e.msg.p);
    return ret;
}

static exact_answer ask(arena *a, const target *t, const threat *th, const float *x0, double own,
                        float *point)
{
    struct exact *x;
    exact_answer ret = {0};
    err e = ERR_IN(a);
    memcpy(point, x0, t->features * sizeof *point);
    if (!exact_open(a, t, th, &x, &e) ||
        !exact_distance(x, x0, own, INFINITY, point, STEPS, &ret, a, &e))
        fail_msg("%s", e.msg.p);
    return ret;
}

static double answer_of(const target *t, const float *x)
{
    double out[4];
    err e = ERR_IN(NULL);
    assert_true(model_predict(t->model, x, 1, out, &e));
    return target_answer(t, out);
}

/* ---- every combination of what jumps, and the numbers by a fine grid ---- */

struct brute {
    const target *t;
    const threat *th;
    const float *x0;
    double own, best;
    float x[FEATURES];
};

static void try_row(struct brute *b)
{
    double out[4];
    err e = ERR_IN(NULL);
    assert_true(model_predict(b->t->model, b->x, 1, out, &e));
    if (!target_flips(b->t, b->own, out)) return;
    assert_true(threat_allowed(b->th, b->x0, b->x));
    b->best = fmin(b->best, threat_distance(b->th, b->x0, b->x));
}

static void try_numbers(struct brute *b, size_t i, int grid)
{
    if (i == 2) {
        try_row(b);
        return;
    }
    b->x[i] = b->x0[i];
    try_numbers(b, i + 1, grid);
    for (int k = 0; k <= grid && grid; k++) {
        const threat_feature *f = &b->th->at[i];
        b->x[i] = f->min + (f->max - f->min) * (float)k / (float)grid;
        float lo, hi;
        if (!threat_span(b->th, i, b->x0[i], &lo, &hi) || b->x[i] < lo || b->x[i] > hi) continue;
        try_numbers(b, i + 1, grid);
    }
}

static void try_others(struct brute *b, size_t at, int grid)
{
    float v;
    if (at == 4) {
        try_numbers(b, 0, grid);
        return;
    }
    if (at < 2) {
        for (int k = 0; k < WHOLE; k++)
            if (threat_nearest(b->th, 2 + at, b->x0[2 + at], (float)k, (float)k, &v)) {
                b->x[2 + at] = v;
                try_others(b, at + 1, grid);
            }
    } else if (at == 2) {
        for (size_t k = 0; k < 3; k++)
            if (threat_may_switch(b->th, 0, b->x0, k)) {
                threat_set_group(b->th, 0, k, b->x);
                try_others(b, at + 1, grid);
            }
    } else
        for (int k = 0; k < CODES; k++)
            if (threat_nearest(b->th, 7, b->x0[7], (float)k, (float)k, &v)) {
                b->x[7] = v;
                try_others(b, at + 1, grid);
            }
}

static double by_force(const target *t, const threat *th, const float *x0, double own, int grid)
{
    struct brute b = {.t = t, .th = th, .x0 = x0, .own = own, .best = INFINITY};
    memcpy(b.x, x0, sizeof b.x);
    try_others(&b, 0, grid);
    return b.best;
}

#define GROUP "\"one_hot\":[[\"a\",\"b\",\"c\"]],\"integer\":[\"i\",\"j\"]"
static const char *const plain[] = {
    "{\"norm\":\"l2\"," GROUP ",\"immutable\":[\"n\",\"m\"]}",
    "{\"norm\":\"l1\"," GROUP ",\"immutable\":[\"n\",\"m\"]}",
    "{\"norm\":\"linf\"," GROUP ",\"immutable\":[\"n\",\"m\"]}",
    "{\"norm\":\"l0\"," GROUP ",\"immutable\":[\"n\",\"m\"]}",
    "{\"norm\":\"l2\"," GROUP ",\"immutable\":[\"n\",\"m\"],"
    "\"features\":{\"i\":{\"direction\":\"up\",\"cost\":0.7},\"kind\":{\"cost\":0.3}}}",
};
static const char *const mixed[] = {
    "{\"norm\":\"l2\"," GROUP "}",
    "{\"norm\":\"l1\"," GROUP "}",
    "{\"norm\":\"linf\"," GROUP "}",
    "{\"norm\":\"l0\"," GROUP "}",
    "{\"norm\":\"l1\"," GROUP ",\"features\":{\"n\":{\"min\":0.4,\"max\":0.6},"
    "\"m\":{\"direction\":\"down\"}}}",
    "{\"norm\":\"l2\"," GROUP ",\"features\":{\"n\":{\"min\":0.4,\"max\":0.6,\"cost\":2}}}",
};

static const struct {
    sample_task task;
    size_t outputs;
    linear_link link;
    double threshold, tolerance;
} tasks[] = {
    {TASK_BINARY,     1, LINEAR_LOGISTIC, 0.5, 0  },
    {TASK_BINARY,     1, LINEAR_LOGISTIC, 0.8, 0  },
    {TASK_REGRESSION, 1, LINEAR_IDENTITY, 0,   0.4},
    {TASK_MULTICLASS, 4, LINEAR_SOFTMAX,  0,   0  },
    {TASK_MULTICLASS, 3, LINEAR_SHARES,   0,   0  },
};

/* Without numbers the combinations are all there is. With them, the exact one is never farther than
 * the best of a grid, nor nearer than the grid's spacing allows. */
static void check_row(arena *a, const target *t, const threat *th, const float *x0, int grid)
{
    float point[FEATURES];
    double own = answer_of(t, x0), want = by_force(t, th, x0, own, grid);
    exact_answer got = ask(a, t, th, x0, own, point);
    assert_true(got.lower <= got.upper);
    if (!got.closed) fail_msg("open: %.17g to %.17g, %zu boxes", got.lower, got.upper, got.boxes);
    if (got.upper < INFINITY) {
        assert_true(threat_allowed(th, x0, point));
        assert_true(threat_distance(th, x0, point) == got.upper);
        double now = answer_of(t, point);
        assert_true(t->task == TASK_REGRESSION ? fabs(now - own) > t->tolerance : now != own);
    }
    if (!grid && !(want == got.upper || fabs(want - got.upper) < 1e-9))
        fail_msg("%.17g, by force %.17g", got.upper, want);
    if (grid && (got.lower > want * (1 + 1e-9) || (want < INFINITY && got.upper > want + 1e-6)))
        fail_msg("%.17g to %.17g, but by force %.17g", got.lower, got.upper, want);
    if (grid && want < INFINITY && got.upper < want - 2.5 / grid)
        fail_msg("%.17g is far below %.17g", got.upper, want);
}

static void check_all(const char *const *threats, size_t n, int grid, size_t rows)
{
    uint32_t seed = 5;
    for (size_t k = 0; k < COUNT(tasks); k++)
        for (size_t j = 0; j < n; j++) {
            arena *a = arena_open();
            float x[ROWS * FEATURES];
            struct model *m = make_model(a, tasks[k].outputs, tasks[k].link, &seed);
            target t = {m,
                        tasks[k].task,
                        FEATURES,
                        tasks[k].outputs,
                        tasks[k].threshold,
                        tasks[k].tolerance};
            for (size_t r = 0; r < ROWS; r++)
                make_row(x + r * FEATURES, &seed);
            threat th = make_threat(a, threats[j], x);
            for (size_t r = 0; r < rows; r++)
                check_row(a, &t, &th, x + r * FEATURES, grid);
            arena_close(a);
        }
}

static void combinations_of_what_jumps(void **unused)
{
    (void)unused;
    check_all(plain, COUNT(plain), 0, ROWS);
}

static void with_numbers_against_a_grid(void **unused)
{
    (void)unused;
    check_all(mixed, COUNT(mixed), 24, 4);
}

/* ---- closed forms ---- */

/* |w x + b - at| over the dual norm; numbers only, bounds far away. */
static void distances_to_a_plane(void **unused)
{
    static const char *const norms[] = {"l2", "linf", "l1"};
    uint32_t seed = 9;
    (void)unused;
    for (size_t j = 0; j < 60; j++) {
        arena *a = arena_open();
        float x[FEATURES], point[FEATURES];
        struct model *m = make_model(a, 1, LINEAR_LOGISTIC, &seed);
        const linear_model *l = model_linear(m);
        double threshold = 0.3, margin, dual = 0;
        threat_feature f[FEATURES];
        threat th = {(threat_norm)(j % 3), FEATURES, 0, f, NULL};
        target t = {m, TASK_BINARY, FEATURES, 1, threshold, 0};
        for (size_t i = 0; i < FEATURES; i++) {
            x[i] = (float)draw_real(&seed);
            f[i] = (threat_feature){.min = -30, .max = 30, .cost = 0.5 + 0.25 * (double)(i % 3)};
            double by = fabs(l->weight[i]) / f[i].cost;
            dual = j % 3 == 0 ? dual + by * by : j % 3 == 1 ? dual + by : fmax(dual, by);
        }
        linear_margin(l, x, 1, &margin);
        double want =
            fabs(margin - log(threshold / (1 - threshold))) / (j % 3 == 0 ? sqrt(dual) : dual);
        exact_answer got = ask(a, &t, &th, x, answer_of(&t, x), point);
        if (!(fabs(got.lower - want) <= 1e-9 * want) || !got.closed ||
            !(got.upper <= want * (1 + 1e-5)))
            fail_msg("%s: %.17g to %.17g, not %.17g", norms[j % 3], got.lower, got.upper, want);
        arena_close(a);
    }
}

/* By hand: 3x + 4y - 2.5 at (0, 0), x at most 0.5 and y at most 0.3. With l2 y stops at 0.3, so x
 * has to make 1.3 / 3; with l1 y first (it gains 4), then x; both come to 0.3 and 0.43333. */
static void bounds_by_hand(void **unused)
{
    static const double w[2] = {3, 4}, b = -2.5;
    float x[2] = {0, 0}, point[2];
    linear_model l = {2, 1, w, &b, LINEAR_LOGISTIC};
    struct model m = {.linear = &l, .predict = linear_predict};
    threat_feature f[2] = {
        {.min = 0, .max = 0.5f, .cost = 1},
        {.min = 0, .max = 0.3f, .cost = 1}
    };
    (void)unused;
    arena *a = arena_open();
    target t = {&m, TASK_BINARY, 2, 1, 0.5, 0};
    double rest = (2.5 - 4 * (double)0.3f) / 3, top = (double)0.3f;
    double want[3] = {sqrt(rest * rest + top * top), rest, rest + top};
    for (int k = 0; k < 3; k++) {
        threat th = {(threat_norm)k, 2, 0, f, NULL};
        exact_answer got = ask(a, &t, &th, x, 0, point);
        assert_true(got.closed);
        assert_true(fabs(got.lower - want[k]) < 1e-9 && fabs(got.upper - want[k]) < 1e-6);
    }
    f[0].immutable = true; /* 4 x 0.3 is not enough: nothing flips it */
    threat th = {THREAT_L2, 2, 0, f, NULL};
    exact_answer got = ask(a, &t, &th, x, 0, point);
    assert_true(got.closed && got.lower == INFINITY && got.upper == INFINITY);
    arena_close(a);
}

/* Whole weights meet the border exactly: 2i + 3j >= 7 flips at 7 itself, from class 1 only below.
 */
static void ties_are_decided_by_the_model(void **unused)
{
    static const double w[2] = {2, 3}, b = -7;
    linear_model l = {2, 1, w, &b, LINEAR_LOGISTIC};
    struct model m = {.linear = &l, .predict = linear_predict};
    threat_feature f[2] = {
        {.min = 0, .max = 9, .cost = 1, .integer = true},
        {.min = 0, .max = 9, .cost = 1, .integer = true}
    };
    (void)unused;
    arena *a = arena_open();
    target t = {&m, TASK_BINARY, 2, 1, 0.5, 0};
    threat th = {THREAT_L1, 2, 0, f, NULL};
    float up[2] = {1, 0}, down[2] = {2, 1}, point[2];
    exact_answer got = ask(a, &t, &th, up, 0, point); /* 2 + 3j + 2i >= 7: (2, 1) is 7 */
    assert_true(got.closed && got.upper == 2);
    got = ask(a, &t, &th, down, 1, point); /* 7 is class 1; one less of either is class 0 */
    assert_true(got.closed && got.upper == 1);
    arena_close(a);
}

/* No attack gets below it. */
static void attacks_are_never_nearer(void **unused)
{
    uint32_t seed = 77;
    size_t hits = 0;
    (void)unused;
    for (size_t k = 0; k < COUNT(tasks); k++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        float x[ROWS * FEATURES], found[ROWS * FEATURES], point[FEATURES];
        double own[ROWS];
        uint64_t number[ROWS];
        attack_answer got[ROWS];
        struct model *m = make_model(a, tasks[k].outputs, tasks[k].link, &seed);
        target t = {
            m, tasks[k].task, FEATURES, tasks[k].outputs, tasks[k].threshold, tasks[k].tolerance};
        for (size_t r = 0; r < ROWS; r++) {
            make_row(x + r * FEATURES, &seed);
            own[r] = answer_of(&t, x + r * FEATURES);
            number[r] = r;
        }
        threat th = make_threat(a, mixed[k], x);
        attack plan = {&t, &th, ATTACK_HOPSKIP, 300, 1, x, own, ROWS};
        assert_true(attack_rows(&plan, x, own, number, ROWS, found, got, a, &e));
        for (size_t r = 0; r < ROWS; r++) {
            exact_answer best = ask(a, &t, &th, x + r * FEATURES, own[r], point);
            assert_true(best.lower <= got[r].distance);
            hits += got[r].distance < INFINITY;
        }
        arena_close(a);
    }
    assert_true(hits > ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combinations_of_what_jumps),
        cmocka_unit_test(with_numbers_against_a_grid),
        cmocka_unit_test(distances_to_a_plane),
        cmocka_unit_test(bounds_by_hand),
        cmocka_unit_test(ties_are_decided_by_the_model),
        cmocka_unit_test(attacks_are_never_nearer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
