/* test_onnx.c - ONNX models against scikit-learn's answers and against ONNX Runtime, bit by bit. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include "onnx_writer.h"
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

/* ---- files of script/reference/onnx_models.py ---- */

static const struct {
    const char *name, *format;
    double tolerance; /* of scikit-learn's doubles and our floats */
} cases[] = {
    {"forest_binary",       "onnx-trees",  1e-6},
    {"forest_plain",        "onnx-trees",  1e-6},
    {"forest_classes",      "onnx-trees",  1e-6},
    {"one_tree",            "onnx-trees",  1e-6},
    {"forest_regression",   "onnx-trees",  1e-6},
    {"forest_targets",      "onnx-trees",  2e-6},
    {"boosted_binary",      "onnx-trees",  1e-6},
    {"boosted_classes",     "onnx-trees",  1e-6},
    {"boosted_regression",  "onnx-trees",  1e-6},
    {"missing_binary",      "onnx-trees",  1e-6},
    {"missing_regression",  "onnx-trees",  1e-6},
    {"forest_double",       "onnx-trees",  1e-6},
    {"modes",               "onnx-trees",  0   },
    {"average",             "onnx-trees",  1e-4},
    {"one_column",          "onnx-trees",  0   },
    {"one_column_logistic", "onnx-trees",  1e-6},
    {"softmax",             "onnx-trees",  1e-6},
    {"logistic",            "onnx-linear", 1e-6},
    {"logistic_classes",    "onnx-linear", 1e-6},
    {"linear",              "onnx-linear", 1e-5},
    {"fixed_rows",          "onnx-linear", 1e-5},
    {"sigmoid",             "onnx-linear", 1e-6},
    {"softmax_graph",       "onnx-linear", 1e-6},
    {"mlp",                 "onnx",        1e-6},
    {"mlp_regression",      "onnx",        1e-5},
    {"columns",             "onnx",        1e-6},
};

static const char *file(const char *name, const char *end)
{
    return str_fmt(a, "%s/tests/model/onnx/%s%s", AIMS_SOURCE, name, end).p;
}

struct known {
    struct model *m;
    str bytes;
    size_t rows, n_features, n_outputs;
    float *x;
    double *y;
};

/* False when only ONNX Runtime, which is not there, could answer. */
static bool load_case(const char *name, struct known *k)
{
    table t;
    if (!file_read(a, file(name, ".onnx"), 1 << 20, &k->bytes, &e)) fail_msg("%s", e.msg.p);
    if (!model_load_bytes(a, k->bytes, &k->m, &e)) {
        if (e.code != ERR_UNAVAILABLE || ort_find()) fail_msg("%s: %s", name, e.msg.p);
        return false;
    }
    if (!table_read(a, file(name, ".csv"), NULL, &t, &e)) fail_msg("%s", e.msg.p);
    k->n_features = model_describe(k->m)->n_features;
    k->n_outputs = model_describe(k->m)->n_outputs;
    k->rows = t.rows;
    assert_int_equal(t.n_columns, k->n_features + k->n_outputs);
    k->x = arena_new(a, float, t.rows * k->n_features);
    k->y = arena_new(a, double, t.rows * k->n_outputs);
    for (size_t r = 0; r < t.rows; r++) {
        for (size_t c = 0; c < k->n_features; c++)
            k->x[r * k->n_features + c] = (float)t.columns[c].num[r];
        for (size_t c = 0; c < k->n_outputs; c++)
            k->y[r * k->n_outputs + c] = t.columns[k->n_features + c].num[r];
    }
    return true;
}

static double *ask(const struct model *m, const float *x, size_t rows)
{
    double *out = arena_new(a, double, rows *model_describe(m)->n_outputs);
    if (!model_predict(m, x, rows, out, &e)) fail_msg("%s", e.msg.p);
    return out;
}

static void same_as_the_trained_model(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known k;
        if (!load_case(cases[i].name, &k)) {
            print_message("%s: not checked, ONNX Runtime is not installed\n", cases[i].name);
            continue;
        }
        assert_string_equal(model_describe(k.m)->format, cases[i].format);
        const double *y = ask(k.m, k.x, k.rows);
        for (size_t j = 0; j < k.rows * k.n_outputs; j++)
            if (!(fabs(y[j] - k.y[j]) <= cases[i].tolerance))
                fail_msg("%s: output %zu is %.9g, not %.9g", cases[i].name, j, y[j], k.y[j]);
    }
}

static void tasks_follow_the_outputs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        model_task task;
    } want[] = {
        {"forest_binary",  MODEL_BINARY    },
        {"forest_classes", MODEL_MULTICLASS},
        {"forest_targets", MODEL_REGRESSION},
        {"columns",        MODEL_BINARY    },
        {"linear",         MODEL_REGRESSION},
        {"sigmoid",        MODEL_BINARY    },
        {"softmax_graph",  MODEL_MULTICLASS},
    };
    struct known k;
    for (size_t i = 0; i < COUNT(want); i++)
        if (load_case(want[i].name, &k)) assert_int_equal(model_describe(k.m)->task, want[i].task);
}

static bool runtime_missing(void)
{
    if (!ort_find()) print_message("skipped: ONNX Runtime is not installed (script/setup)\n");
    return !ort_find();
}

/* Inputs that are columns have names, and one of whole numbers takes nothing else. */
static void columns_are_inputs(void **state)
{
    (void)state;
    struct known k;
    double y;
    if (runtime_missing()) skip();
    assert_true(load_case("columns", &k));
    assert_string_equal(model_describe(k.m)->features[4].p, "x4");
    k.x[4] = 0.5f;
    assert_false(model_predict(k.m, k.x, 1, &y, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_non_null(strstr(e.msg.p, "'x4' takes whole numbers"));
    k.x[4] = NAN;
    assert_false(model_predict(k.m, k.x, 1, &y, &e));
}

static void missing_values_are_told(void **state)
{
    (void)state;
    struct known k;
    double y;
    if (runtime_missing()) skip();
    assert_true(load_case("logistic", &k));
    k.x[1] = NAN;
    assert_false(model_predict(k.m, k.x, 1, &y, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_non_null(strstr(e.hint.p, "missing values"));
}

/* More rows than one call takes. */
static void many_rows_keep_their_order(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    struct known k;
    if (runtime_missing()) skip();
    assert_true(load_case("mlp", &k));
    float *x = arena_new(a, float, MANY *k.n_features);
    for (size_t r = 0; r < MANY; r++)
        memcpy(x + r * k.n_features, k.x + r % k.rows * k.n_features, k.n_features * sizeof *x);
    const double *y = ask(k.m, x, MANY);
    for (size_t r = 0; r < MANY; r++)
        assert_true(fabs(y[r] - k.y[r % k.rows]) <= 1e-6);
}

/* Many threads ask one model. */
struct asking {
    const struct known *k;
    bool same;
};

static void *ask_again(void *p)
{
    struct asking *t = p;
    arena *own = arena_open();
    err why = ERR_IN(own);
    double *y = arena_new(own, double, t->k->rows * t->k->n_outputs);
    for (int i = 0; i < 50 && t->same; i++) {
        t->same = model_predict(t->k->m, t->k->x, t->k->rows, y, &why);
        for (size_t j = 0; j < t->k->rows * t->k->n_outputs && t->same; j++)
            t->same = fabs(y[j] - t->k->y[j]) <= 1e-6;
    }
    arena_close(own);
    return NULL;
}

static void threads_share_a_model(void **state)
{
    (void)state;
    static const char *const names[] = {"forest_classes", "mlp"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct known k;
        pthread_t thread[4];
        struct asking task[4];
        if (!load_case(names[i], &k)) continue;
        for (size_t t = 0; t < COUNT(thread); t++) {
            task[t] = (struct asking){&k, true};
            assert_int_equal(pthread_create(&thread[t], NULL, ask_again, &task[t]), 0);
        }
        for (size_t t = 0; t < COUNT(thread); t++) {
            pthread_join(thread[t], NULL);
            assert_true(task[t].same);
        }
    }
}

/* The runtime's own answer to a model that we evaluate ourselves. */
static struct model *by_runtime(str bytes)
{
    onnx_file f;
    struct model *m = arena_new(a, struct model, 1);
    if (!onnx_read(a, bytes, &f, &e) || !ort_load(a, &f, bytes, m, &e)) fail_msg("%s", e.msg.p);
    return m;
}

/* Averages and sums in double precision may differ in the last bits of a float. */
static void compare(const char *name, const struct model *ours, const struct model *theirs,
                    const float *x, size_t rows, double relative)
{
    const double *y = ask(ours, x, rows), *want = ask(theirs, x, rows);
    assert_int_equal(model_describe(ours)->n_outputs, model_describe(theirs)->n_outputs);
    for (size_t j = 0; j < rows * model_describe(ours)->n_outputs; j++)
        if (!(fabs(y[j] - want[j]) <= relative * fmax(fabs(want[j]), 1)) &&
            !(isnan(y[j]) && isnan(want[j])))
            fail_msg("%s: output %zu is %.9g, ONNX Runtime says %.9g", name, j, y[j], want[j]);
}

static void same_as_the_runtime(void **state)
{
    (void)state;
    if (runtime_missing()) skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known k;
        assert_true(load_case(cases[i].name, &k));
        if (!model_forest(k.m).n) continue;
        compare(cases[i].name, k.m, by_runtime(k.bytes), k.x, k.rows, k.m->wide ? 1e-6 : 0);
    }
}

/* ---- random ensembles: every kind of question, values at the edges of float ---- */

enum { FEATURES = 3, NODES_MOST = 64, TREES = 5, LISTS = NODES_MOST * TREES, PROBES = 600 };

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static float edge(uint32_t *state)
{
    static const float values[] = {0,       -0.0f, 0.5f,   -1,      3.25f,       1e-45f,
                                   -1e-45f, 1e30f, -1e30f, FLT_MIN, 16777216.0f, -7.75f};
    float v = values[draw(state, COUNT(values))];
    uint32_t turn = draw(state, 6);
    return turn == 0 ? nextafterf(v, INFINITY) : turn == 1 ? nextafterf(v, -INFINITY) : v;
}

/* The lists of one operator while they grow. */
struct lists {
    size_t n, n_weights;
    int64_t in[LISTS], node[LISTS], feature[LISTS], yes[LISTS], no[LISTS], missing[LISTS];
    float value[LISTS];
    const char *mode[LISTS];
    int64_t weight_in[4 * LISTS], weight_node[4 * LISTS], weight_id[4 * LISTS];
    float weight[4 * LISTS];
};

struct recipe {
    const char *op, *post;
    size_t targets; /* columns of weights */
    size_t classes; /* 0: a regressor */
    size_t base;
    bool negative, average;
};

static void put_leaf(struct lists *l, const struct recipe *r, int64_t in, int64_t id,
                     uint32_t *seed)
{
    for (size_t t = 0; t < r->targets; t++) {
        float w = (float)draw(seed, 1000) / 999.0f - (r->negative ? 0.5f : 0);
        l->weight_in[l->n_weights] = in;
        l->weight_node[l->n_weights] = id;
        l->weight_id[l->n_weights] = (int64_t)t;
        bool probit = strcmp(r->post, "PROBIT") == 0; /* of sums between 0 and 1 */
        l->weight[l->n_weights++] = probit ? (w + 0.2f) / 8 : w / 3;
    }
}

/* Nodes are made in the order of their numbers; each split takes the next two as children. */
static void grow(struct lists *l, const struct recipe *r, int64_t in, uint32_t *seed)
{
    static const char *const modes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                        "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    int64_t next = 1;
    for (int64_t id = 0; id < next; id++) {
        size_t i = l->n++;
        bool leaf = next + 2 > NODES_MOST / 2 || (id > 2 && draw(seed, 4) == 0);
        bool turned = draw(seed, 2);
        l->in[i] = in;
        l->node[i] = id;
        l->mode[i] = leaf ? "LEAF" : modes[draw(seed, COUNT(modes))];
        l->feature[i] = leaf ? 0 : draw(seed, FEATURES);
        l->value[i] = leaf ? 0 : edge(seed);
        l->missing[i] = !leaf && draw(seed, 2);
        l->yes[i] = leaf ? 0 : next + turned;
        l->no[i] = leaf ? 0 : next + !turned;
        if (leaf)
            put_leaf(l, r, in, id, seed);
        else
            next += 2;
    }
}

static void write_nodes(writer *w, const struct lists *l)
{
    write_ints(w, "nodes_treeids", l->in, l->n);
    write_ints(w, "nodes_nodeids", l->node, l->n);
    write_ints(w, "nodes_featureids", l->feature, l->n);
    write_ints(w, "nodes_truenodeids", l->yes, l->n);
    write_ints(w, "nodes_falsenodeids", l->no, l->n);
    write_ints(w, "nodes_missing_value_tracks_true", l->missing, l->n);
    write_reals(w, "nodes_values", l->value, l->n);
    write_texts(w, "nodes_modes", l->mode, l->n);
}

static void write_weights(writer *w, const struct lists *l, const char *kind)
{
    write_ints(w, str_fmt(a, "%s_treeids", kind).p, l->weight_in, l->n_weights);
    write_ints(w, str_fmt(a, "%s_nodeids", kind).p, l->weight_node, l->n_weights);
    write_ints(w, str_fmt(a, "%s_ids", kind).p, l->weight_id, l->n_weights);
    write_reals(w, str_fmt(a, "%s_weights", kind).p, l->weight, l->n_weights);
}

static str make(const struct recipe *r, struct lists *l, uint32_t seed)
{
    static const float base[] = {0.25f, -0.5f, 1};
    static const int64_t labels[] = {0, 1, 2};
    static const char *const outputs[] = {"label", "y"};
    writer w = writer_open(a, r->op);
    *l = (struct lists){0};
    for (int64_t t = 0; t < TREES; t++)
        grow(l, r, t, &seed);
    write_nodes(&w, l);
    write_weights(&w, l, r->classes ? "class" : "target");
    write_text(&w, "post_transform", r->post);
    if (r->base) write_reals(&w, "base_values", base, r->base);
    if (r->average) write_text(&w, "aggregate_function", "AVERAGE");
    if (r->classes)
        write_ints(&w, "classlabels_int64s", labels, r->classes);
    else
        write_int(&w, "n_targets", (int64_t)r->targets);
    return written(&w, FEATURES, r->classes ? outputs : outputs + 1, r->classes ? 2 : 1);
}

static const struct recipe recipes[] = {
    {"TreeEnsembleRegressor",  "NONE",         1, 0, 0, true,  false},
    {"TreeEnsembleRegressor",  "NONE",         1, 0, 1, true,  false},
    {"TreeEnsembleRegressor",  "LOGISTIC",     1, 0, 0, true,  false},
    {"TreeEnsembleRegressor",  "PROBIT",       1, 0, 0, false, false},
    {"TreeEnsembleRegressor",  "NONE",         1, 0, 1, true,  true },
    {"TreeEnsembleRegressor",  "NONE",         2, 0, 2, true,  false},
    {"TreeEnsembleRegressor",  "SOFTMAX",      3, 0, 0, true,  false},
    {"TreeEnsembleRegressor",  "LOGISTIC",     2, 0, 0, true,  false},
    {"TreeEnsembleClassifier", "NONE",         2, 2, 0, false, false},
    {"TreeEnsembleClassifier", "LOGISTIC",     2, 2, 0, true,  false},
    {"TreeEnsembleClassifier", "NONE",         1, 2, 0, false, false},
    {"TreeEnsembleClassifier", "LOGISTIC",     1, 2, 0, false, false},
    {"TreeEnsembleClassifier", "LOGISTIC",     1, 2, 0, true,  false},
    {"TreeEnsembleClassifier", "LOGISTIC",     1, 2, 1, true,  false},
    {"TreeEnsembleClassifier", "NONE",         3, 3, 3, false, false},
    {"TreeEnsembleClassifier", "SOFTMAX",      3, 3, 3, true,  false},
    {"TreeEnsembleClassifier", "SOFTMAX_ZERO", 3, 3, 0, true,  false},
    {"TreeEnsembleClassifier", "LOGISTIC",     3, 3, 3, true,  false},
};

/* An average is rounded once here and after each step there; a probit near 0 is a difference of
 * two floats that are nearly the same. */
static double tolerance(const struct recipe *r)
{
    return strcmp(r->post, "PROBIT") == 0 ? 2e-3 : r->average ? 1e-6 : 0;
}

static void random_trees_as_the_runtime(void **state)
{
    (void)state;
    float x[PROBES * FEATURES];
    uint32_t seed = 5;
    static struct lists l;
    if (runtime_missing()) skip();
    for (size_t i = 0; i < PROBES * FEATURES; i++)
        x[i] = draw(&seed, 9) == 0 ? NAN : draw(&seed, 40) == 0 ? -INFINITY : edge(&seed);
    for (uint32_t i = 0; i < 6 * COUNT(recipes); i++) {
        const struct recipe *r = &recipes[i % COUNT(recipes)];
        struct model *m;
        str bytes = make(r, &l, 100 + i);
        if (!model_load_bytes(a, bytes, &m, &e)) fail_msg("%u: %s", i, e.msg.p);
        assert_true(model_forest(m).n > 0);
        compare(str_fmt(a, "%u: %s %s of %zu", i, r->op, r->post, r->targets).p, m,
                by_runtime(bytes), x, PROBES, tolerance(r));
    }
}

/* 30 trees of one leaf, as scikit-learn's forest of 30 sure trees: floats add up to over 1. */
static void a_sure_forest_answers_1(void **state)
{
    (void)state;
    static const int64_t labels[] = {0, 1};
    static const char *const outputs[] = {"label", "y"};
    static struct lists l;
    float sum = 0;
    l = (struct lists){.n = 30};
    for (int64_t i = 0; i < 30; i++) {
        l.in[i] = i;
        l.mode[i] = "LEAF";
        for (int64_t class = 0; class < 2; class ++) {
            l.weight_in[l.n_weights] = i;
            l.weight_id[l.n_weights] = class;
            l.weight[l.n_weights++] = class ? 1 / 30.0f : 0;
        }
        sum += 1 / 30.0f;
    }
    assert_true(sum > 1);
    writer w = writer_open(a, "TreeEnsembleClassifier");
    write_nodes(&w, &l);
    write_weights(&w, &l, "class");
    write_text(&w, "post_transform", "NONE");
    write_ints(&w, "classlabels_int64s", labels, 2);
    struct model *m;
    float x[FEATURES] = {0}, margin;
    if (!model_load_bytes(a, written(&w, FEATURES, outputs, 2), &m, &e)) fail_msg("%s", e.msg.p);
    assert_int_equal(model_describe(m)->task, MODEL_BINARY);
    model_margin(m, x, 1, &margin);
    assert_true(margin == sum);
    assert_true(*ask(m, x, 1) == 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(same_as_the_trained_model),  T(tasks_follow_the_outputs),    T(columns_are_inputs),
        T(many_rows_keep_their_order), T(threads_share_a_model),       T(missing_values_are_told),
        T(same_as_the_runtime),        T(random_trees_as_the_runtime), T(a_sure_forest_answers_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
