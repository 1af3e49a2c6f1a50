/* test_onnx_linear.c - linear models in ONNX against ONNX Runtime, and what is not taken for one.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/linear.h"
#include "onnx_writer.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FEATURES = 6, PROBES = 200, CLASSES_MOST = 4 };

static arena *a;
static err e;

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static float draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1;
}

static struct model *load(str bytes)
{
    struct model *m;
    if (!model_load_bytes(a, bytes, &m, &e)) fail_msg("%s", e.msg.p);
    return m;
}

/* Sums in double against the runtime's in float: a part in 10^6 of what is added up. */
static void same_as_the_runtime(const char *what, str bytes)
{
    float x[PROBES * FEATURES];
    double ours[PROBES * CLASSES_MOST], theirs[PROBES * CLASSES_MOST];
    uint32_t seed = 3;
    onnx_file f;
    struct model *m = load(bytes), *r = arena_new(a, struct model, 1);
    if (!model_linear(m)) fail_msg("%s is not taken for a linear model", what);
    if (!ort_find()) return;
    if (!onnx_read(a, bytes, &f, &e) || !ort_load(a, &f, bytes, r, &e))
        fail_msg("%s: %s", what, e.msg.p);
    assert_int_equal(m->info.n_outputs, r->info.n_outputs);
    assert_int_equal(m->info.task, r->info.task);
    for (size_t i = 0; i < COUNT(x); i++)
        x[i] = 4 * draw(&seed);
    if (!model_predict(m, x, PROBES, ours, &e) || !model_predict(r, x, PROBES, theirs, &e))
        fail_msg("%s: %s", what, e.msg.p);
    for (size_t i = 0; i < PROBES * m->info.n_outputs; i++)
        if (!(fabs(ours[i] - theirs[i]) <= 4e-6 * fmax(1, fabs(theirs[i]))))
            fail_msg("%s: output %zu is %.9g, ONNX Runtime says %.9g", what, i, ours[i], theirs[i]);
}

/* ---- the operators of ai.onnx.ml ---- */

static str classifier(size_t rows, size_t labels, const char *post, bool mirrored, uint32_t seed)
{
    static const int64_t names[] = {0, 1, 2, 3};
    static const char *const outputs[] = {"label", "y"};
    float w[CLASSES_MOST * FEATURES], b[CLASSES_MOST];
    writer f = writer_open(a, "LinearClassifier");
    for (size_t i = 0; i < rows * FEATURES; i++)
        w[i] = mirrored && i >= FEATURES ? -w[i - FEATURES] : draw(&seed);
    for (size_t k = 0; k < rows; k++)
        b[k] = mirrored && k ? -b[0] : draw(&seed);
    write_reals(&f, "coefficients", w, rows * FEATURES);
    write_reals(&f, "intercepts", b, rows);
    write_ints(&f, "classlabels_ints", names, labels);
    write_text(&f, "post_transform", post);
    return written(&f, FEATURES, outputs, 2);
}

static void classifiers(void **state)
{
    static const char *const posts[] = {"NONE", "LOGISTIC", "SOFTMAX"};
    (void)state;
    for (size_t p = 0; p < COUNT(posts); p++)
        for (size_t rows = 1; rows <= CLASSES_MOST; rows++)
            for (uint32_t seed = 1; seed < 4; seed++)
                same_as_the_runtime(
                    str_fmt(a, "%zu rows, %s", rows, posts[p]).p,
                    classifier(rows, rows == 1 ? 2 : rows, posts[p], rows == 2 && seed > 1, seed));
}

static void regressors(void **state)
{
    static const char *const outputs[] = {"y"};
    float w[3 * FEATURES], b[3];
    uint32_t seed = 8;
    (void)state;
    for (size_t targets = 1; targets <= 3; targets += 2) {
        writer f = writer_open(a, "LinearRegressor");
        for (size_t i = 0; i < COUNT(w); i++)
            w[i] = draw(&seed);
        for (size_t i = 0; i < COUNT(b); i++)
            b[i] = draw(&seed);
        write_reals(&f, "coefficients", w, targets * FEATURES);
        if (targets > 1) write_reals(&f, "intercepts", b, targets);
        write_int(&f, "targets", (int64_t)targets);
        same_as_the_runtime("regressor", written(&f, FEATURES, outputs, 1));
    }
}

static void weights_are_those_of_the_file(void **state)
{
    uint32_t seed = 5;
    (void)state;
    const linear_model *l = model_linear(load(classifier(2, 2, "LOGISTIC", true, 5)));
    assert_int_equal(l->n_features, FEATURES);
    assert_int_equal(l->n_outputs, 1);
    assert_int_equal(l->link, LINEAR_LOGISTIC);
    for (size_t i = 0; i < FEATURES; i++)
        assert_true(l->weight[i] == -(double)draw(&seed));
    assert_true(l->bias[0] == -(double)draw(&seed));
    l = model_linear(load(classifier(4, 4, "SOFTMAX", false, 5)));
    assert_int_equal(l->n_outputs, 4);
    assert_int_equal(l->link, LINEAR_SOFTMAX);
}

/* ---- graphs of plain operators ---- */

struct graph {
    buf b;
    uint32_t seed;
};

static void put_tensor(struct graph *g, const char *name, const int64_t *dim, size_t rank)
{
    buf t = buf_open(a, 1 << 16), raw = buf_open(a, 1 << 16);
    size_t n = 1;
    for (size_t i = 0; i < rank; i++) {
        put_number(&t, 1, (uint64_t)dim[i]);
        n *= (size_t)dim[i];
    }
    for (size_t i = 0; i < n; i++) {
        float v = draw(&g->seed);
        buf_put(&raw, (str){(const char *)&v, sizeof v});
    }
    put_number(&t, 2, ONNX_FLOAT);
    put_text(&t, 8, str_of(name));
    put_text(&t, 9, buf_str(&raw));
    put_text(&g->b, 5, buf_str(&t));
}

/* "Op in,in out" */
static void put_node(struct graph *g, const char *op, const char *in, const char *other,
                     const char *out, const char *flag)
{
    buf n = buf_open(a, 4096), at = buf_open(a, 256);
    put_text(&n, 1, str_of(in));
    if (other) put_text(&n, 1, str_of(other));
    put_text(&n, 2, str_of(out));
    put_text(&n, 4, str_of(op));
    if (flag) {
        put_text(&at, 1, str_of(flag));
        put_number(&at, 3, 1);
        put_number(&at, 20, 2);
        put_text(&n, 5, buf_str(&at));
    }
    put_text(&g->b, 1, buf_str(&n));
}

static str close_graph(struct graph *g, int64_t columns)
{
    put_text(&g->b, 2, S("g"));
    put_text(&g->b, 11, written_value(a, "X", ONNX_FLOAT, FEATURES));
    put_text(&g->b, 12, written_value(a, "y", ONNX_FLOAT, columns));
    return written_file(a, buf_str(&g->b));
}

static struct graph open_graph(int64_t out)
{
    struct graph g = {buf_open(a, 1 << 20), 4};
    put_tensor(&g, "row", (const int64_t[]){FEATURES}, 1);
    put_tensor(&g, "flat", (const int64_t[]){1, FEATURES}, 2);
    put_tensor(&g, "one", (const int64_t[]){1}, 1);
    put_tensor(&g, "w", (const int64_t[]){FEATURES, out}, 2);
    put_tensor(&g, "turned", (const int64_t[]){out, FEATURES}, 2);
    put_tensor(&g, "square", (const int64_t[]){FEATURES, FEATURES}, 2);
    put_tensor(&g, "b", (const int64_t[]){out}, 1);
    return g;
}

static void plain_operators(void **state)
{
    (void)state;
    for (int64_t out = 1; out <= 3; out++) {
        struct graph g = open_graph(out);
        put_node(&g, "Sub", "X", "row", "p", NULL);
        put_node(&g, "Div", "p", "flat", "q", NULL);
        put_node(&g, "Mul", "one", "q", "r", NULL);
        put_node(&g, "MatMul", "r", "square", "s", NULL);
        put_node(&g, "MatMul", "s", "w", "t", NULL);
        put_node(&g, "Add", "b", "t", "y", NULL);
        same_as_the_runtime("steps", close_graph(&g, out));
        g = open_graph(out);
        put_node(&g, "Gemm", "X", "turned", "t", "transB");
        put_node(&g, "Add", "t", "one", "u", NULL);
        put_node(&g, out > 1 ? "Softmax" : "Sigmoid", "u", NULL, "y", out > 1 ? "axis" : NULL);
        same_as_the_runtime("shares", close_graph(&g, out));
    }
}

static void not_linear(const char *what, struct graph *g, int64_t columns)
{
    struct model *m;
    str bytes = close_graph(g, columns);
    if (!model_load_bytes(a, bytes, &m, &e)) {
        assert_false(ort_find() && e.code == ERR_UNAVAILABLE);
        return;
    }
    if (model_linear(m)) fail_msg("%s is taken for a linear model", what);
}

static void others_are_left_alone(void **state)
{
    (void)state;
    struct graph g = open_graph(2);
    put_node(&g, "MatMul", "X", "w", "t", NULL);
    put_node(&g, "Relu", "t", NULL, "y", NULL);
    not_linear("a network", &g, 2);
    g = open_graph(2);
    put_node(&g, "MatMul", "X", "square", "t", NULL);
    put_node(&g, "Sigmoid", "t", NULL, "u", NULL);
    put_node(&g, "MatMul", "u", "w", "y", NULL);
    not_linear("a hidden layer", &g, 2);
    g = open_graph(2);
    put_node(&g, "Mul", "X", "X", "t", NULL);
    put_node(&g, "MatMul", "t", "w", "y", NULL);
    not_linear("a square", &g, 2);
    g = open_graph(2);
    put_node(&g, "Div", "row", "X", "t", NULL);
    put_node(&g, "MatMul", "t", "w", "y", NULL);
    not_linear("an inverse", &g, 2);
    g = open_graph(2);
    put_node(&g, "Sub", "row", "X", "t", NULL);
    put_node(&g, "MatMul", "t", "w", "y", NULL);
    not_linear("a difference the other way round", &g, 2);
    g = open_graph(2);
    put_node(&g, "Add", "X", "row", "y", NULL);
    not_linear("a sum without weights", &g, FEATURES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(classifiers, setup, teardown),
        cmocka_unit_test_setup_teardown(regressors, setup, teardown),
        cmocka_unit_test_setup_teardown(weights_are_those_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(plain_operators, setup, teardown),
        cmocka_unit_test_setup_teardown(others_are_left_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
