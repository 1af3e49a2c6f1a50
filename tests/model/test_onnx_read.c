/* test_onnx_read.c - what of an ONNX file is refused, and where; no byte may make it crash. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_writer.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static err e;

static int setup(void **state)
{
    (void)state;
    setenv("AIMS_ONNXRUNTIME", "", 1); /* what is refused here must not reach it */
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

/* One split and two leaves; a test bends one list. */
struct small {
    int64_t in[3], node[3], feature[3], yes[3], no[3], weight_node[2], weight_id[2];
    float value[3], weight[2];
    const char *mode[3], *post, *aggregate;
    size_t n_values;
    int64_t targets, columns;
    float hits[3];
};

static const struct small good = {
    .node = {0,       1, 2},
    .feature = {1,       0, 0},
    .yes = {1,       0, 0},
    .no = {2,       0, 0},
    .weight_node = {1,       2},
    .value = {0.5f,      0, 0 },
    .weight = {10,     20 },
    .mode = {"BRANCH_LEQ", "LEAF",  "LEAF"},
    .post = "NONE",
    .aggregate = "SUM",
    .n_values = 3,
    .targets = 1,
    .columns = 2,
};

static str make(const struct small *s)
{
    static const int64_t zeros[2] = {0};
    static const char *const outputs[] = {"y"};
    writer w = writer_open(a, "TreeEnsembleRegressor");
    write_ints(&w, "nodes_treeids", s->in, 3);
    write_ints(&w, "nodes_nodeids", s->node, 3);
    write_ints(&w, "nodes_featureids", s->feature, 3);
    write_ints(&w, "nodes_truenodeids", s->yes, 3);
    write_ints(&w, "nodes_falsenodeids", s->no, 3);
    write_reals(&w, "nodes_values", s->value, s->n_values);
    write_texts(&w, "nodes_modes", s->mode, 3);
    write_ints(&w, "target_treeids", zeros, 2);
    write_ints(&w, "target_nodeids", s->weight_node, 2);
    write_ints(&w, "target_ids", s->weight_id, 2);
    write_reals(&w, "target_weights", s->weight, 2);
    if (s->hits[0] > 0) write_reals(&w, "nodes_hitrates", s->hits, 3);
    write_text(&w, "post_transform", s->post);
    write_text(&w, "aggregate_function", s->aggregate);
    write_int(&w, "n_targets", s->targets);
    return written(&w, s->columns, outputs, 1);
}

static void refused(str bytes, err_code code, const char *path)
{
    struct model *m;
    e = ERR_IN(a);
    assert_false(model_load_bytes(a, bytes, &m, &e));
    if (e.code != code || !str_eqz(e.path, path))
        fail_msg("%s at %s, not at %s: %s", err_name(e.code), e.path.p, path, e.msg.p);
    assert_true(e.hint.n > 0);
}

static void bent(struct small s, const char *member)
{
    refused(make(&s), ERR_INVALID,
            str_fmt(a, "model.%s%s", *member == '.' ? "" : "TreeEnsembleRegressor.",
                    *member == '.' ? member + 1 : member)
                .p);
}

static void good_one_answers(void **state)
{
    (void)state;
    struct model *m;
    const float x[] = {0, 0.5f, 9, 0.75f};
    double y[2];
    assert_true(model_load_bytes(a, make(&good), &m, &e));
    assert_true(model_predict(m, x, 2, y, &e));
    assert_true(y[0] == 10 && y[1] == 20);
    assert_null(model_forest(m).at[0].cover); /* so paths cannot be weighed, and that is refused */
    assert_string_equal(model_describe(m)->version.p, "test");
}

/* Popularity that adds up is how many training rows passed; skl2onnx writes 1 everywhere. */
static void popularity_may_be_cover(void **state)
{
    (void)state;
    struct model *m;
    struct small s = good;
    s.hits[0] = 30, s.hits[1] = 10, s.hits[2] = 20;
    assert_true(model_load_bytes(a, make(&s), &m, &e));
    const tree *t = model_forest(m).at;
    assert_non_null(t->cover);
    assert_true(t->cover[1] == 10 && t->cover[2] == 20);
    s.hits[0] = s.hits[1] = s.hits[2] = 1;
    assert_true(model_load_bytes(a, make(&s), &m, &e));
    assert_null(model_forest(m).at[0].cover);
}

static void broken_trees_are_refused(void **state)
{
    (void)state;
#define BENT(change, member)                                                                       \
    do {                                                                                           \
        struct small s = good;                                                                     \
        change;                                                                                    \
        bent(s, member);                                                                           \
    } while (0)
    BENT(s.node[2] = 1, "nodes_nodeids");
    BENT(s.node[2] = -1, "nodes_nodeids");
    BENT(s.yes[0] = 3, "nodes_truenodeids");
    BENT(s.yes[0] = 0, "nodes_truenodeids"); /* a circle */
    BENT(s.no[0] = 0, "nodes_truenodeids");
    BENT(s.no[0] = -7, "nodes_falsenodeids");
    BENT(s.no[0] = INT64_MAX, "nodes_falsenodeids");
    BENT(s.feature[0] = -1, "nodes_featureids");
    BENT(s.feature[0] = 1 << 30, "nodes_featureids");
    BENT(s.feature[0] = 2, ".nodes_featureids"); /* the input has two columns */
    BENT(s.mode[1] = "BRANCH_MEMBER", "nodes_modes");
    BENT(s.n_values = 2, "nodes_values");
    BENT(s.value[0] = (float)NAN, "nodes_values");
    BENT(s.weight_node[0] = 9, "target_nodeids");
    BENT(s.weight_id[1] = 1, "target_ids");
    BENT(s.weight_id[1] = -1, "target_ids");
    BENT(s.post = "TANH", "post_transform");
    BENT(s.aggregate = "MODE", "aggregate_function");
    BENT(s.targets = 0, "n_targets");
    BENT(s.targets = 1 << 20, "n_targets");
    BENT(s.in[1] = 1, "nodes_truenodeids"); /* tree 0 in two parts: its links lead nowhere */
}

/* onnxmltools lets branches meet again where a set of categories becomes a chain of questions. */
static void shared_nodes_are_copied(void **state)
{
    (void)state;
    struct model *m;
    const float x[] = {0, 0.25f};
    double y;
    struct small s = good;
    s.no[0] = 1;
    assert_true(model_load_bytes(a, make(&s), &m, &e));
    assert_true(model_predict(m, x, 1, &y, &e) && y == 10);
    assert_int_equal(model_forest(m).at[0].n_nodes, 3);
}

/* Each question leads to the next one either way: 2^60 paths. */
static void copies_have_a_limit(void **state)
{
    (void)state;
    enum { N = 61 };
    static const char *const outputs[] = {"y"};
    int64_t zeros[N] = {0}, node[N], next[N], leaf = N - 1;
    const char *mode[N];
    float value[N] = {0}, one = 1;
    for (int64_t i = 0; i < N; i++) {
        node[i] = i;
        next[i] = i + 1 < N ? i + 1 : 0;
        mode[i] = i + 1 < N ? "BRANCH_LT" : "LEAF";
    }
    writer w = writer_open(a, "TreeEnsembleRegressor");
    write_ints(&w, "nodes_treeids", zeros, N);
    write_ints(&w, "nodes_nodeids", node, N);
    write_ints(&w, "nodes_featureids", zeros, N);
    write_ints(&w, "nodes_truenodeids", next, N);
    write_ints(&w, "nodes_falsenodeids", next, N);
    write_reals(&w, "nodes_values", value, N);
    write_texts(&w, "nodes_modes", mode, N);
    write_ints(&w, "target_treeids", zeros, 1);
    write_ints(&w, "target_nodeids", &leaf, 1);
    write_ints(&w, "target_ids", zeros, 1);
    write_reals(&w, "target_weights", &one, 1);
    write_int(&w, "n_targets", 1);
    refused(written(&w, 1, outputs, 1), ERR_UNAVAILABLE, "model");
    assert_non_null(strstr(e.msg.p, "too large"));
}

/* What another runtime could do, but not our trees: refused only for want of the runtime. */
static void strange_trees_need_the_runtime(void **state)
{
    (void)state;
    struct small s = good;
    s.aggregate = "MIN";
    refused(make(&s), ERR_UNAVAILABLE, "model");
    s = good;
    s.value[0] = (float)INFINITY;
    refused(make(&s), ERR_UNAVAILABLE, "model");
}

/* ---- graphs ---- */

static str with(uint32_t field, str message)
{
    buf b = buf_open(a, 4096);
    put_text(&b, 11, written_value(a, "X", ONNX_FLOAT, 2));
    put_text(&b, 12, written_value(a, "y", ONNX_FLOAT, 1));
    put_text(&b, field, message);
    return written_file(a, buf_str(&b));
}

static str message(uint32_t field, str inner)
{
    buf b = buf_open(a, 1 << 20);
    put_text(&b, field, inner);
    return buf_str(&b);
}

static str joined(str x, str y)
{
    buf b = buf_open(a, 1 << 20);
    buf_put(&b, x);
    buf_put(&b, y);
    return buf_str(&b);
}

static void foreign_parts_are_refused(void **state)
{
    (void)state;
    str node = joined(message(4, S("Gemm")), message(7, S("com.example")));
    refused(with(1, node), ERR_INVALID, "model.graph.node.0");
    assert_non_null(strstr(e.msg.p, "com.example"));
    refused(with(1, message(1, S("X"))), ERR_INVALID, "model.graph.node.0"); /* no operator */
    refused(with(1, message(4, S("\xff"))), ERR_INVALID, "model.graph.node.0");
    refused(with(5, message(13, S(""))), ERR_INVALID, "model.graph.initializer.0.tensor");
    assert_non_null(strstr(e.msg.p, "another file"));
    refused(with(5, S("\x70\x01")), ERR_INVALID, "model.graph.initializer.0.tensor");
    refused(with(5, S("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")), ERR_INVALID,
            "model.graph.initializer.0.tensor"); /* a dimension of -1 */
    refused(with(15, S("")), ERR_INVALID, "model.graph");
    str hidden = message(5, message(5, message(13, S("")))); /* in an attribute */
    refused(with(1, joined(message(4, S("Constant")), hidden)), ERR_INVALID,
            "model.graph.node.0.attribute.0.tensor");
    refused(joined(make(&good), message(25, S(""))), ERR_INVALID, "model");
    assert_non_null(strstr(e.msg.p, "functions"));
    refused(joined(make(&good), message(20, S(""))), ERR_INVALID, "model");
    refused(joined(make(&good), message(7, S(""))), ERR_INVALID, "model"); /* a second graph */
}

static void deep_graphs_are_refused(void **state)
{
    (void)state;
    str graph = S("");
    for (int i = 0; i < 40; i++) /* an If in an If in an If */
        graph = message(1, joined(message(4, S("If")), message(5, message(6, graph))));
    struct model *m;
    assert_false(model_load_bytes(a, written_file(a, graph), &m, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_non_null(strstr(e.msg.p, "deep"));
}

static void input(onnx_type type, int64_t columns, const char *says)
{
    struct model *m;
    buf b = buf_open(a, 4096);
    put_text(&b, 1, joined(joined(message(1, S("X")), message(2, S("y"))), message(4, S("Relu"))));
    put_text(&b, 11, written_value(a, "X", type, columns));
    put_text(&b, 12, written_value(a, "y", ONNX_FLOAT, 1));
    e = ERR_IN(a);
    assert_false(model_load_bytes(a, written_file(a, buf_str(&b)), &m, &e));
    if (!strstr(e.msg.p, says)) fail_msg("%s", e.msg.p);
}

static void inputs_are_tables_of_numbers(void **state)
{
    (void)state;
    input(ONNX_STRING, 1, "takes texts");
    input(ONNX_UINT8, 1, "no numbers");
    input(ONNX_FLOAT, -1, "how many columns");
    input(ONNX_FLOAT, 0, "how many columns");
    input(ONNX_FLOAT, 1 << 30, "how many columns");
    input(ONNX_FLOAT, 3, "ONNX Runtime");
    assert_int_equal(e.code, ERR_UNAVAILABLE);
}

/* ---- any bytes ---- */

static void attempt(str bytes)
{
    arena *inner = arena_open();
    err why = ERR_IN(inner);
    struct model *m;
    float x[64] = {0};
    double y[64];
    bool ok = model_load_bytes(inner, bytes, &m, &why);
    if (!ok) assert_true(why.msg.n > 0 && why.code != ERR_OK);
    if (ok && model_describe(m)->n_features <= 64 && model_describe(m)->n_outputs <= 64)
        assert_true(model_predict(m, x, 1, y, &why));
    arena_close(inner);
}

static void every_byte_may_be_wrong(void **state)
{
    (void)state;
    str real;
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    assert_true(
        file_read(a, AIMS_SOURCE "/tests/model/onnx/forest_plain.onnx", 1 << 20, &real, &e));
    for (size_t n = 0; n < real.n; n++)
        attempt(str_sub(real, 0, n));
    char *bytes = arena_new(a, char, real.n);
    memcpy(bytes, real.p, real.n);
    for (size_t i = 0; i < real.n; i++)
        for (size_t k = 0; k < COUNT(flips); k++) {
            bytes[i] ^= (char)flips[k];
            attempt((str){bytes, real.n});
            bytes[i] = real.p[i];
        }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(good_one_answers),          T(popularity_may_be_cover), T(broken_trees_are_refused),
        T(shared_nodes_are_copied),   T(copies_have_a_limit),     T(strange_trees_need_the_runtime),
        T(foreign_parts_are_refused), T(deep_graphs_are_refused), T(inputs_are_tables_of_numbers),
        T(every_byte_may_be_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
