/* test_model.c - loading models: what is refused and where; matrices from tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

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

/* The smallest model with everything in it: x0 < 0.5, then x1 in {1, 33}; base score 0.5. */
static const char whole[] =
    "{\"version\":[1,7,4],\"learner\":{\"attributes\":{},\"feature_names\":[\"a\",\"b\"],"
    "\"feature_types\":[\"float\",\"c\"],\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{"
    "\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":\"1\"},\"tree_info\":[0],"
    "\"trees\":[{\"left_children\":[1,3,-1,-1,-1],\"right_children\":[2,4,-1,-1,-1],"
    "\"split_indices\":[0,1,0,0,0],\"split_conditions\":[5E-1,NaN,1E0,2E0,4E0],"
    "\"default_left\":[1,0,0,0,0],\"split_type\":[0,1,0,0,0],\"categories\":[1,33],"
    "\"categories_nodes\":[1],\"categories_segments\":[0],\"categories_sizes\":[2],\"id\":0,"
    "\"tree_param\":{\"size_leaf_vector\":\"0\"}}]}},\"learner_model_param\":{"
    "\"base_score\":\"5E-1\",\"num_class\":\"0\",\"num_feature\":\"2\",\"num_target\":\"1\"},"
    "\"objective\":{\"name\":\"binary:logistic\"}}}";

/* `whole` with the first `from` replaced by `to`. */
static str with(const char *from, const char *to)
{
    const char *at = strstr(whole, from);
    if (!at) fail_msg("the model has no %s", from);
    return str_fmt(a, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
}

static struct model *must_load(str json)
{
    struct model *m;
    if (!model_load_bytes(a, json, &m, &e)) fail_msg("%s: %s", e.path.p, e.msg.p);
    return m;
}

static void refused(const char *from, const char *to, const char *path)
{
    struct model *m;
    assert_false(model_load_bytes(a, with(from, to), &m, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_string_equal(e.path.p, path);
    assert_true(e.hint.n > 0);
}

static void margins(const struct model *m, const float *x, size_t rows, const float *want)
{
    float out[16];
    model_margin(m, x, rows, out);
    for (size_t i = 0; i < rows; i++)
        if (out[i] != want[i]) fail_msg("row %zu: %g, not %g", i, (double)out[i], (double)want[i]);
}

/* Worked out by hand from the rules in xgboost's predict_fn.h and categorical.h. */
static void rows_go_where_the_tree_says(void **state)
{
    (void)state;
    struct model *m = must_load(str_of(whole));
    const model_info *i = model_describe(m);
    assert_string_equal(i->format, "xgboost-json");
    assert_string_equal(i->version.p, "1.7.4");
    assert_int_equal(i->task, MODEL_BINARY);
    assert_int_equal(i->n_trees, 1);
    assert_false(i->categorical[0]);
    assert_true(i->categorical[1]);
    assert_true(digest_eq(i->sha256, hash_bytes(whole, sizeof whole - 1)));
    const float x[] = {0.5f, 0,  0.25f, 0,  0.25f, 1,    0.25f, 33,  NAN, 33.5f,
                       0,    65, 0,     -1, 0,     1e9f, 0,     NAN, NAN, NAN};
    const float want[] = {1, 2, 4, 4, 4, 2, 2, 2, 4, 4};
    margins(m, x, 10, want);
    double p[1];
    assert_true(model_predict(m, x, 1, p, &(err){0}));
    assert_true(fabs(p[0] - 1 / (1 + exp(-1))) < 1e-7);
}

static void base_score_in_all_spellings(void **state)
{
    (void)state;
    const float x[] = {1, 0};
    const float plain[] = {1 + -logf(1 / 0.25f - 1)};
    margins(must_load(with("\"5E-1\"", "\"2.5E-1\"")), x, 1, plain);
    margins(must_load(with("\"5E-1\"", "\"[2.5E-1]\"")), x, 1, plain);
    refused("\"5E-1\"", "\"[1E-1,2E-1]\"", "learner.learner_model_param.base_score");
    refused("\"5E-1\"", "\"\"", "learner.learner_model_param.base_score");
    refused("\"5E-1\"", "\"1E0\"", "learner.learner_model_param.base_score");
    refused("\"5E-1\"", "\"[]\"", "learner.learner_model_param.base_score");
}

static void broken_trees_are_refused(void **state)
{
    (void)state;
#define TREE "learner.gradient_booster.model.trees.0."
    refused("[1,3,-1,-1,-1]", "[1,0,-1,-1,-1]", TREE "left_children.1"); /* a cycle */
    refused("[1,3,-1,-1,-1]", "[1,2,-1,-1,-1]", TREE "left_children.1"); /* two parents */
    refused("[1,3,-1,-1,-1]", "[1,5,-1,-1,-1]", TREE "left_children.1"); /* out of range */
    refused("[1,3,-1,-1,-1]", "[1,-7,-1,-1,-1]", TREE "left_children.1");
    refused("[1,3,-1,-1,-1]", "[1,1.5,-1,-1,-1]", TREE "left_children.1");
    refused("[1,3,-1,-1,-1]", "[1,3,-1,-1]", TREE "right_children"); /* lengths */
    refused("[1,3,-1,-1,-1]", "[]", TREE "left_children.0");
    refused("[2,4,-1,-1,-1]", "[2,4,-1,3,-1]", TREE "right_children.3"); /* one child */
    refused("[0,1,0,0,0],\"split_cond", "[2,1,0,0,0],\"split_cond", TREE "split_indices.0");
    refused("[5E-1,NaN", "[NaN,NaN", TREE "split_conditions.0");
    refused("NaN,1E0", "NaN,NaN", TREE "split_conditions.2");
    refused("[1,0,0,0,0]", "[1,2,0,0,0]", TREE "default_left.1");
    refused("[0,1,0,0,0],\"categories\"", "[0,0,0,0,0],\"categories\"", TREE "split_type.1");
    refused("\"categories\":[1,33]", "\"categories\":[1,16777216]", TREE "categories.1");
    refused("\"categories\":[1,33]", "\"categories\":[1,-1]", TREE "categories.1");
    refused("\"categories_nodes\":[1]", "\"categories_nodes\":[5]", TREE "categories_nodes.0");
    refused("\"categories_segments\":[0]", "\"categories_segments\":[1]",
            TREE "categories_sizes.0");
    refused("\"categories_sizes\":[2]", "\"categories_sizes\":[0]", TREE "categories_sizes.0");
    refused("\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"2\"",
            "learner.gradient_booster.model.trees.0");
}

static void broken_learners_are_refused(void **state)
{
    (void)state;
    refused("\"num_trees\":\"1\"", "\"num_trees\":\"2\"", "learner.gradient_booster.model.trees");
    refused("\"tree_info\":[0]", "\"tree_info\":[1]", "learner.gradient_booster.model.tree_info");
    refused("[\"a\",\"b\"]", "[\"a\"]", "learner.feature_names");
    refused("\"num_feature\":\"2\"", "\"num_feature\":\"0\"",
            "learner.learner_model_param.num_feature");
    refused("\"num_class\":\"0\"", "\"num_class\":\"3\"", "learner.learner_model_param.num_class");
    refused("binary:logistic", "survival:cox", "learner.objective.name");
    refused("\"gbtree\",", "\"gblinear\",", "learner.gradient_booster.name");
    refused("[1,7,4]", "[1,6,2]", "version");
}

static void missing_parts_are_named(void **state)
{
    (void)state;
    refused("\"objective\":{", "\"objectives\":{", "learner.objective");
    refused("\"left_children\"", "\"left\"", TREE "left_children");
    refused("[\"a\",\"b\"]", "[\"a\",7]", "learner.feature_names");
    refused("[\"a\",\"b\"]", "[\"a\",\"\"]", "learner.feature_names");
    refused("[\"float\",\"c\"]", "[\"c\"]", "learner.feature_types");
    refused("\"name\":\"gbtree\",", "\"name\":\"gbtree\",\"weight_drop\":[1,1],",
            "learner.gradient_booster.weight_drop");
    refused("\"name\":\"gbtree\",", "\"name\":\"gbtree\",\"weight_drop\":[\"x\"],",
            "learner.gradient_booster.weight_drop");
    refused("[1,7,4]", "[1,7,-4]", "version");
    refused("\"num_target\":\"1\"", "\"num_target\":\"2\"",
            "learner.learner_model_param.num_target");
    refused("\"num_target\":\"1\"", "\"num_target\":\"0\"",
            "learner.learner_model_param.num_target");
}

/* From 3.4 on the weights of dropped trees stand among the trees (GBTreeModel::SaveModel). */
static void tree_weights_beside_or_among_the_trees(void **state)
{
    (void)state;
    const float x[] = {1, 0}, half[] = {0.5f};
    margins(must_load(with("\"tree_info\"", "\"weight_drop\":[5E-1],\"tree_info\"")), x, 1, half);
    margins(must_load(with("\"name\":\"gbtree\",", "\"name\":\"gbtree\",\"weight_drop\":[0.5],")),
            x, 1, half);
}

static void models_come_from_files(void **state)
{
    (void)state;
    struct model *m;
    char path[] = "/tmp/aims-test-model-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, whole, sizeof whole - 1), (ssize_t)sizeof whole - 1);
    assert_true(model_load(a, path, &m, &e));
    assert_int_equal(model_describe(m)->bytes, sizeof whole - 1);
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_false(model_load(a, path, &m, &e));
    assert_non_null(strstr(e.msg.p, path));
    close(fd);
    unlink(path);
    assert_false(model_load(a, path, &m, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void strangers_are_named(void **state)
{
    (void)state;
    struct model *m;
    const struct {
        str bytes;
        const char *says;
    } cases[] = {
        {S("{L\0\0\0\0\0\0\0\7learner"), "UBJSON"    },
        {S("{i\1aT}"),                   "no model"  },
        {S("\x80\x04\x95"),              "pickle"    },
        {S("binf\0\0"),                  "old binary"},
        {S("PK\x03\x04"),                "archive"   },
        {S("tree\nversion=v4"),          "LightGBM"  },
        {S(""),                          "no model"  },
        {S("{\"a\":1}"),                 "no model"  },
        {S("[1]"),                       "no model"  },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(model_load_bytes(a, cases[i].bytes, &m, &e));
        assert_int_equal(e.code, ERR_INVALID);
        assert_non_null(strstr(e.msg.p, cases[i].says));
    }
    for (size_t n = 0; n + 1 < sizeof whole; n++) /* truncated anywhere */
        assert_false(model_load_bytes(a, (str){whole, n}, &m, &e));
}

static void matrices_follow_names_or_positions(void **state)
{
    (void)state;
    table t;
    float *x;
    assert_true(table_read_bytes(a, S("y,b,a\n1,3,0.5\n0,,7\n"), "t", NULL, &t, &e));
    struct model *named = must_load(str_of(whole));
    assert_true(model_matrix(a, named, &t, NULL, 0, &x, &e));
    assert_true(x[0] == 0.5f && x[1] == 3 && x[2] == 7 && isnan(x[3]));

    struct model *nameless = must_load(with("[\"a\",\"b\"]", "[]"));
    assert_null(model_describe(nameless)->features);
    const str skip[] = {S("y")};
    assert_true(model_matrix(a, nameless, &t, skip, 1, &x, &e));
    assert_true(x[0] == 3 && x[1] == 0.5f);
    assert_false(model_matrix(a, nameless, &t, NULL, 0, &x, &e));
    assert_string_equal(e.path.p, "model");
    assert_non_null(strstr(e.msg.p, "2 features, but the data have 3"));

    assert_true(table_read_bytes(a, S("a,c\n1,2\n"), "t", NULL, &t, &e));
    assert_false(model_matrix(a, named, &t, NULL, 0, &x, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_non_null(strstr(e.msg.p, "'b'"));
    assert_true(table_read_bytes(a, S("a,b\nx,2\n"), "t", NULL, &t, &e));
    assert_false(model_matrix(a, named, &t, NULL, 0, &x, &e));
    assert_non_null(strstr(e.msg.p, "column 'a' holds texts ('x' in row 1)"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(rows_go_where_the_tree_says),
        T(base_score_in_all_spellings),
        T(broken_trees_are_refused),
        T(broken_learners_are_refused),
        T(strangers_are_named),
        T(missing_parts_are_named),
        T(tree_weights_beside_or_among_the_trees),
        T(models_come_from_files),
        T(matrices_follow_names_or_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
