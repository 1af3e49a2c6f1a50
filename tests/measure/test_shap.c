/* test_shap.c - Shapley values of trees against enumeration of all coalitions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap.h"
#include "model/trees.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { FEATURES_MOST = 14, ROWS = 70, OTHERS = 9, GROWN = 4000 };

/* Seeded and the same everywhere (Numerical Recipes' linear congruential generator). */
static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static float draw_value(uint32_t *seed)
{
    uint32_t k = draw(seed) % 20;
    return k == 19 ? NAN : (float)k;
}

/* ---- a random model, in XGBoost's own form ---- */

struct recipe {
    const char *name;
    size_t features, trees, outputs;
    int depth, certain; /* a node is split for certain above this level, then by chance */
    bool covers;
    bool chain;  /* only right children are split */
    double lost; /* part of each right child's cover that is not there */
};

struct grown {
    int left[GROWN], right[GROWN], feature[GROWN], category[GROWN];
    double at[GROWN], cover[GROWN];
    int n;
};

/* A chain is split on the right all the way down; other trees by chance below `certain`. */
static bool is_split(const struct grown *g, const struct recipe *r, int level, bool right,
                     uint32_t *seed)
{
    if (level >= r->depth || g->n > GROWN / 2) return false;
    if (r->chain) return right;
    return level < r->certain || draw(seed) % 3 != 0;
}

static int grow(struct grown *g, const struct recipe *r, int level, double cover, bool right,
                uint32_t *seed)
{
    int me = g->n++;
    g->cover[me] = cover;
    g->left[me] = g->right[me] = -1;
    g->at[me] = (double)(draw(seed) % 2000) / 1000 - 1;
    g->category[me] = 0;
    if (!is_split(g, r, level, right, seed)) return me;
    double share = r->chain ? 0.999 : (double)(draw(seed) % 1000) / 1024;
    if (draw(seed) % 50 == 0 && level + 1 == r->depth)
        share = 0; /* a leaf that no training row reached */
    else
        share = fmax(share, 0.01);
    g->feature[me] = (int)(draw(seed) % r->features);
    g->category[me] = g->feature[me] == 1;
    g->at[me] = (double)(draw(seed) % 19) + 0.5;
    g->left[me] = grow(g, r, level + 1, cover * (1 - share), false, seed);
    g->right[me] = grow(g, r, level + 1, cover * share * (1 - r->lost), true, seed);
    return me;
}

static void write_whole(buf *b, const char *name, const int *v, int n, bool skip_leaves,
                        const int *left)
{
    buf_fmt(b, "\"%s\":[", name);
    for (int i = 0; i < n; i++)
        buf_fmt(b, "%s%d", i ? "," : "", skip_leaves && left[i] < 0 ? 0 : v[i]);
    buf_putz(b, "],");
}

static void write_real(buf *b, const char *name, const double *v, int n)
{
    buf_fmt(b, "\"%s\":[", name);
    for (int i = 0; i < n; i++)
        buf_fmt(b, "%s%.9g", i ? "," : "", v[i]);
    buf_putz(b, "],");
}

/* The categories of a split are those whole numbers that its threshold divides, by threes. */
static void write_categories(buf *b, const struct grown *g)
{
    buf nodes = buf_open(b->a, 1 << 20), from = nodes, size = nodes;
    int at = 0;
    buf_putz(b, "\"categories\":[");
    for (int i = 0; i < g->n; i++) {
        if (!g->category[i]) continue;
        buf_fmt(&nodes, "%s%d", at ? "," : "", i);
        buf_fmt(&from, "%s%d", at ? "," : "", at);
        buf_fmt(&size, "%s3", at ? "," : "");
        for (int k = 0; k < 3; k++, at++)
            buf_fmt(b, "%s%d", at ? "," : "", (int)g->at[i] + 2 * k);
    }
    buf_fmt(b,
            "],\"categories_nodes\":[%s],\"categories_segments\":[%s],\"categories_sizes\":[%s],",
            buf_str(&nodes).p, buf_str(&from).p, buf_str(&size).p);
}

static void write_tree(buf *b, const struct recipe *r, uint32_t *seed)
{
    static struct grown g;
    g.n = 0;
    grow(&g, r, 0, 1000, true, seed);
    buf_putz(b, "{");
    write_whole(b, "left_children", g.left, g.n, false, g.left);
    write_whole(b, "right_children", g.right, g.n, false, g.left);
    write_whole(b, "split_indices", g.feature, g.n, true, g.left);
    write_whole(b, "split_type", g.category, g.n, false, g.left);
    write_real(b, "split_conditions", g.at, g.n);
    if (r->covers) write_real(b, "sum_hessian", g.cover, g.n);
    write_categories(b, &g);
    buf_putz(b, "\"default_left\":[");
    for (int i = 0; i < g.n; i++)
        buf_fmt(b, "%s%d", i ? "," : "", (int)(draw(seed) % 2));
    buf_putz(b, "]}");
}

static struct model *make_model(arena *a, const struct recipe *r, uint32_t seed)
{
    buf b = buf_open(a, 1 << 26);
    err e = ERR_IN(a);
    struct model *m;
    buf_fmt(&b,
            "{\"version\":[2,0,0],\"learner\":{\"learner_model_param\":{\"base_score\":\"0.25\","
            "\"num_class\":\"%zu\",\"num_feature\":\"%zu\",\"num_target\":\"1\"},"
            "\"objective\":{\"name\":\"%s\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{"
            "\"gbtree_model_param\":{\"num_trees\":\"%zu\"},\"tree_info\":[",
            r->outputs > 1 ? r->outputs : 0, r->features,
            r->outputs > 1 ? "multi:softprob" : "reg:squarederror", r->trees);
    for (size_t i = 0; i < r->trees; i++)
        buf_fmt(&b, "%s%zu", i ? "," : "", i % r->outputs);
    buf_putz(&b, "],\"trees\":[");
    for (size_t i = 0; i < r->trees; i++) {
        buf_putz(&b, i ? "," : "");
        write_tree(&b, r, &seed);
    }
    buf_putz(&b, "]}}}}");
    if (!model_load_bytes(a, buf_str(&b), &m, &e))
        fail_msg("%s: %s (%s)", r->name, e.msg.p, e.path.p);
    return m;
}

/* ---- the values by definition ---- */

/* TreeSHAP's expectation given the features in `known` (Algorithm 1 of arXiv:1802.03888). */
static double expected(const tree *t, uint32_t node, const float *x, unsigned known)
{
    const tree_node *k = &t->nodes[node];
    if (!(k->flags & NODE_INNER)) return (double)k->value;
    if (known >> k->feature & 1)
        return expected(t, k->left + tree_right(t, node, x[k->feature]), x, known);
    return (expected(t, k->left, x, known) * (double)t->cover[k->left] +
            expected(t, k->left + 1, x, known) * (double)t->cover[k->left + 1]) /
           (double)t->cover[node];
}

struct game {
    const struct model *m;
    const float *x, *others; /* others NULL: the path game */
    size_t features;
};

static double worth(const struct game *g, size_t output, unsigned known)
{
    forest f = model_forest(g->m);
    double sum = 0;
    float mixed[FEATURES_MOST];
    for (size_t i = 0; i < f.n; i++) {
        if (f.at[i].output != output) continue;
        if (!g->others) sum += expected(&f.at[i], 0, g->x, known);
        for (size_t z = 0; z < OTHERS && g->others; z++) {
            for (size_t k = 0; k < g->features; k++)
                mixed[k] = known >> k & 1 ? g->x[k] : g->others[z * g->features + k];
            sum += expected(&f.at[i], 0, mixed, ~0u) / OTHERS;
        }
    }
    return sum + (double)f.base[output];
}

/* Shapley (1953): ret[features] is the worth of knowing nothing. */
static void enumerate(const struct game *g, size_t output, double *ret)
{
    static double all[1 << FEATURES_MOST];
    double weight[FEATURES_MOST];
    size_t n = g->features;
    for (unsigned s = 0; s < 1u << n; s++)
        all[s] = worth(g, output, s);
    for (size_t k = 0; k < n; k++)
        weight[k] = exp(lgamma((double)k + 1) + lgamma((double)(n - k)) - lgamma((double)n + 1));
    for (size_t i = 0; i < n; i++) {
        ret[i] = 0;
        for (unsigned s = 0; s < 1u << n; s++)
            if (!(s >> i & 1))
                ret[i] += weight[__builtin_popcount(s)] * (all[s | 1u << i] - all[s]);
    }
    ret[n] = all[0];
}

static void compare(const struct recipe *r, const struct shap *s, struct game g, const float *x,
                    size_t rows, size_t checked)
{
    static double have[ROWS * 3 * (FEATURES_MOST + 1)];
    double want[FEATURES_MOST + 1];
    size_t width = r->outputs * (r->features + 1);
    assert_int_equal(shap_width(s), width);
    shap_values(s, x, rows, have);
    for (size_t row = 0; row < rows; row += row < checked ? 1 : rows / 5)
        for (size_t o = 0; o < r->outputs; o++) {
            g.x = x + row * r->features;
            enumerate(&g, o, want);
            for (size_t i = 0; i <= r->features; i++) {
                double v = have[row * width + o * (r->features + 1) + i];
                if (!(fabs(v - want[i]) < 1e-10))
                    fail_msg("%s, %s: row %zu output %zu value %zu is %.17g, by enumeration %.17g",
                             r->name, g.others ? "interventional" : "path", row, o, i, v, want[i]);
            }
        }
}

/* The interaction index by definition; on the diagonal what the Shapley value has beyond it. */
static void enumerate_pairs(const struct game *g, size_t output, double *ret)
{
    static double all[1 << FEATURES_MOST];
    double phi[FEATURES_MOST + 1];
    size_t n = g->features;
    for (unsigned s = 0; s < 1u << n; s++)
        all[s] = worth(g, output, s);
    enumerate(g, output, phi);
    for (size_t i = 0; i < n; i++) {
        ret[i * n + i] = phi[i];
        for (size_t k = 0; k < n; k++) {
            if (k == i) continue;
            double sum = 0;
            unsigned a = 1u << i, b = 1u << k;
            for (unsigned s = 0; s < 1u << n; s++) {
                double size = __builtin_popcount(s), m = (double)n;
                if (!(s & (a | b)))
                    sum += exp(lgamma(size + 1) + lgamma(m - size - 1) - lgamma(m)) *
                           (all[s | a | b] - all[s | a] - all[s | b] + all[s]);
            }
            ret[i * n + k] = sum / 2;
            ret[i * n + i] -= sum / 2;
        }
    }
}

static void compare_pairs(const struct recipe *r, const struct shap *s, struct game g,
                          const float *x, size_t checked)
{
    static double have[ROWS * 3 * FEATURES_MOST * FEATURES_MOST];
    double want[FEATURES_MOST * FEATURES_MOST];
    size_t n = r->features * r->features;
    shap_interactions(s, x, ROWS, have);
    for (size_t row = 0; row < checked; row++)
        for (size_t o = 0; o < r->outputs; o++) {
            size_t at = row * (ROWS - 1) / checked;
            g.x = x + at * r->features;
            enumerate_pairs(&g, o, want);
            for (size_t i = 0; i < n; i++) {
                double v = have[(at * r->outputs + o) * n + i];
                if (!(fabs(v - want[i]) < 1e-10))
                    fail_msg("%s, %s: row %zu output %zu pair %zu, %zu is %.17g, not %.17g",
                             r->name, g.others ? "interventional" : "path", at, o, i / r->features,
                             i % r->features, v, want[i]);
            }
        }
}

static const struct recipe recipes[] = {
    {"stumps",             4,  5,             1,         1,   1, .covers = true},
    {"small",              6,  4,             1,         4,   2, .covers = true},
    {"classes",            5,  6,             3,         5,   3, .covers = true},
    {"repeated features",  3,  4,             1,         8,   5, .covers = true},
    {"tables of 8",        12, 2,             1,         8,   8, .covers = true},
    {"one leaf",           3,  3,             1,         0,   0, .covers = true},
    {"deep",               11, 2,             1,         10,  8, .covers = true},
    {"deep, two features", 2,  2,             1,         40,  3, .covers = true},
    {"chain",              9,  1,             1,         200, 0, .covers = true, .chain = true},
    {"deep classes",                    10,         3, 3, 10,   9,  .covers = true            },
};

static void same_as_enumeration(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(recipes); i++) {
        const struct recipe *r = &recipes[i];
        arena *a = arena_open();
        err e = ERR_IN(a);
        struct shap *path, *other;
        uint32_t seed = 7 + (uint32_t)i;
        static float x[ROWS * FEATURES_MOST], others[OTHERS * FEATURES_MOST];
        for (size_t k = 0; k < ROWS * r->features; k++)
            x[k] = draw_value(&seed);
        for (size_t k = 0; k < OTHERS * r->features; k++)
            others[k] = draw_value(&seed);
        memcpy(others, x, r->features * sizeof *x); /* a row that is its own background */
        struct model *m = make_model(a, r, seed);
        size_t checked = r->features > 8 ? 3 : 12;
        assert_true(shap_path(a, m, &path, &e));
        compare(r, path, (struct game){.m = m, .features = r->features}, x, ROWS, checked);
        compare_pairs(r, path, (struct game){.m = m, .features = r->features}, x, checked);
        assert_true(shap_interventional(a, m, others, OTHERS, &other, &e));
        struct game against = {.m = m, .others = others, .features = r->features};
        compare(r, other, against, x, ROWS, checked);
        compare_pairs(r, other, against, x, checked);
        arena_close(a);
    }
}

/* Bias and values make up the margin, which the evaluator sums in floats; over several blocks. */
static void values_add_up(void **state)
{
    (void)state;
    enum { MANY = 600 };
    static const struct recipe r = {"many", 13, 40, 1, 11, 6, .covers = true};
    static float x[MANY * 13], margin[MANY];
    static double phi[MANY * 14];
    uint32_t seed = 3;
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct shap *s[2];
    struct model *m = make_model(a, &r, 5);
    for (size_t k = 0; k < COUNT(x); k++)
        x[k] = draw_value(&seed);
    assert_true(shap_path(a, m, &s[0], &e));
    assert_true(shap_interventional(a, m, x, 20, &s[1], &e));
    model_margin(m, x, MANY, margin);
    for (size_t k = 0; k < 2; k++) {
        shap_values(s[k], x, MANY, phi);
        for (size_t i = 0; i < MANY; i++) {
            double sum = 0;
            for (size_t f = 0; f < 14; f++)
                sum += phi[i * 14 + f];
            if (!(fabs(sum - (double)margin[i]) < 1e-5))
                fail_msg("row %zu: %.9g, margin %.9g", i, sum, (double)margin[i]);
        }
    }
    arena_close(a);
}

static void expect_refusal(const struct recipe *r, err_code code, const char *says)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct shap *s;
    assert_false(shap_path(a, make_model(a, r, 1), &s, &e));
    assert_int_equal(e.code, code);
    assert_non_null(strstr(e.msg.p, says));
    assert_true(e.hint.n > 0);
    arena_close(a);
}

static void refusals(void **state)
{
    (void)state;
    expect_refusal(&(struct recipe){"no covers", 3, 2, 1, 2, 2, .covers = false}, ERR_INVALID,
                   "how many training rows");
    expect_refusal(&(struct recipe){"lost rows", 3, 20, 1, 2, 2, .covers = true, .lost = 0.5},
                   ERR_INVALID, "how many training rows");
    expect_refusal(&(struct recipe){"wide", 70000, 1, 1, 1, 1, .covers = true}, ERR_TOO_LARGE,
                   "too many to explain");
    expect_refusal(&(struct recipe){"deepest", 3, 1, 1, 400, 0, .covers = true, .chain = true},
                   ERR_TOO_LARGE, "levels, over 256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_enumeration),
        cmocka_unit_test(values_add_up),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
