/* onnx_native.c - recognises a graph that is a tree ensemble with its usual companions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"

enum { STEPS_MAX = 32, NODES_FEW = 256 };

struct native {
    arena *a, *scratch;
    const onnx_graph *g;
    const onnx_node *op;
    onnx_ensemble *s;
    bool normalise;
    const char *strange;
};

static bool strange(struct native *t, const char *why)
{
    if (!t->strange) t->strange = why;
    return false;
}

const onnx_node *onnx_maker(const onnx_graph *g, str value)
{
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_out; k++)
            if (str_eq(g->nodes[i].out[k], value)) return &g->nodes[i];
    return NULL;
}

bool onnx_passes(const onnx_node *n)
{
    if (onnx_is(n, "", "Identity")) return true;
    const onnx_attribute *to = onnx_find(n, "to");
    return onnx_is(n, "", "Cast") && to && (to->i == ONNX_FLOAT || to->i == ONNX_DOUBLE);
}

/* ---- from the operator up to the inputs ---- */

static const onnx_value *input_of(const onnx_graph *g, str value)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        const onnx_node *n = onnx_maker(g, value);
        if (!n) break;
        if (!onnx_passes(n) || n->n_in != 1) return NULL;
        value = n->in[0];
    }
    for (size_t i = 0; i < g->n_in; i++)
        if (str_eq(g->in[i].name, value)) return &g->in[i];
    return NULL;
}

/* The type in which the value comes: of the nearest Cast, else of the input it began as. */
static int64_t type_of(const onnx_graph *g, str value)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        const onnx_node *n = onnx_maker(g, value);
        if (!n || !n->n_in) break;
        if (onnx_is(n, "", "Cast")) return onnx_find(n, "to") ? onnx_find(n, "to")->i : 0;
        value = n->in[0];
    }
    for (size_t i = 0; i < g->n_in; i++)
        if (str_eq(g->in[i].name, value)) return g->in[i].type;
    return 0;
}

bool onnx_inputs(arena *a, const onnx_graph *g, const str *value, const onnx_value ***ret,
                 size_t *ret_n, const char **ret_strange)
{
    const onnx_node *maker = onnx_maker(g, *value);
    *ret_n = 1;
    for (int i = 0; maker && onnx_passes(maker) && maker->n_in == 1 && i < STEPS_MAX; i++) {
        value = &maker->in[0];
        maker = onnx_maker(g, *value);
    }
    if (maker && onnx_is(maker, "", "Concat")) {
        const onnx_attribute *axis = onnx_find(maker, "axis");
        *ret_strange = "inputs meet in an odd way";
        if (!axis || (axis->i != 1 && axis->i != -1)) return false;
        value = maker->in;
        *ret_n = maker->n_in;
    }
    *ret = arena_new(a, const onnx_value *, *ret_n);
    *ret_strange = "the inputs are changed before they reach the model";
    for (size_t i = 0; i < *ret_n; i++)
        if (!((*ret)[i] = input_of(g, value[i]))) return false;
    *ret_strange = NULL;
    return true;
}

static bool find_inputs(struct native *t, const onnx_value ***ret, size_t *ret_n)
{
    const char *why;
    return onnx_inputs(t->scratch, t->g, &t->op->in[0], ret, ret_n, &why) || strange(t, why);
}

/* ---- from the outputs up to the operator ---- */

static bool leads_to(struct native *t, str value, str goal)
{
    bool normalise = false;
    for (int i = 0; i < STEPS_MAX && !str_eq(value, goal); i++) {
        const onnx_node *n = onnx_maker(t->g, value);
        if (!n || n->n_in != 1) return false;
        const onnx_attribute *norm = onnx_find(n, "norm");
        if (onnx_is(n, "ai.onnx.ml", "Normalizer") && norm && str_eqz(norm->s, "L1"))
            normalise = true;
        else if (!onnx_passes(n) && !onnx_is(n, "ai.onnx.ml", "ZipMap"))
            return false;
        value = n->in[0];
    }
    t->normalise = normalise;
    return str_eq(value, goal);
}

static bool find_output(struct native *t)
{
    size_t wanted = t->s->classifier ? 1 : 0; /* a classifier's first output is the label */
    for (size_t i = 0; t->op->n_out > wanted && i < t->g->n_out; i++)
        if (leads_to(t, t->g->out[i].name, t->op->out[wanted])) return true;
    return strange(t, "what the trees say is changed before it leaves the graph");
}

static bool find_operator(struct native *t)
{
    if (t->g->n_nodes > NODES_FEW) return strange(t, "it has many operators");
    for (size_t i = 0; i < t->g->n_nodes; i++) {
        const onnx_node *n = &t->g->nodes[i];
        if (!onnx_is(n, "ai.onnx.ml", "TreeEnsembleRegressor") &&
            !onnx_is(n, "ai.onnx.ml", "TreeEnsembleClassifier"))
            continue;
        if (t->op) return strange(t, "it has several tree ensembles");
        t->op = n;
    }
    if (t->op && t->op->n_in == 1) return true;
    return strange(t, "it is no tree ensemble");
}

/* ---- what the operator means in ONNX Runtime (tree_ensemble_aggregator.h) ---- */

/* Every leaf the walk can end at adds to `target`; if exactly once, to it alone. */
static bool all_leaves_have(const onnx_ensemble *s, uint32_t target)
{
    for (size_t i = 0; i < s->n_nodes; i++) {
        if (s->nodes[i].mode != MODE_LEAF) continue;
        bool has = false;
        for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++)
            has |= s->weights[k].target == target;
        if (!has) return false;
    }
    return true;
}

/* Two classes become one output: the weights of `target` stay, as those of output 0. */
static void keep_one(onnx_ensemble *s, uint32_t target)
{
    for (size_t i = 0; i < s->n_weights; i++) {
        s->weights[i].value = s->weights[i].target == target ? s->weights[i].value : 0;
        s->weights[i].target = 0;
    }
    s->n_targets = 1;
}

/* One column of weights for two classes: scores if any is negative, else probabilities as they are.
 */
static bool one_column(struct native *t)
{
    onnx_ensemble *s = t->s;
    bool negative = false;
    for (size_t i = 0; i < s->n_weights; i++)
        negative |= s->weights[i].value < 0;
    if (s->n_base > 1 || s->post == POST_PROBIT || (negative && s->post != POST_LOGISTIC))
        return strange(t, "its one column of scores is no probability");
    if (!negative) s->post = POST_NONE;
    keep_one(s, 0);
    return true;
}

static bool two_classes(struct native *t)
{
    onnx_ensemble *s = t->s;
    bool has_zero = false, has_one = false;
    for (size_t i = 0; i < s->n_weights; i++) {
        has_zero |= s->weights[i].target == 0;
        has_one |= s->weights[i].target == 1;
    }
    if (t->normalise) return strange(t, "its two classes are normalised");
    if (has_zero && !has_one) return one_column(t);
    if (s->n_base || (s->post != POST_NONE && s->post != POST_LOGISTIC) || !all_leaves_have(s, 1))
        return strange(t, "its two classes have base values or share a transform");
    keep_one(s, 1);
    return true;
}

static bool interpret(struct native *t)
{
    onnx_ensemble *s = t->s;
    if (s->strange) return strange(t, s->strange);
    s->precise |= type_of(t->g, t->op->in[0]) == ONNX_DOUBLE;
    if (s->classifier && s->n_targets == 2) return two_classes(t);
    if (s->classifier && s->n_targets < 2) return strange(t, "it has one class");
    if (s->n_base && s->n_base != s->n_targets) return strange(t, "base values for other outputs");
    if (s->n_targets > 1) return true;
    if (s->post != POST_PROBIT) s->post = POST_NONE; /* it transforms single targets by no other */
    return all_leaves_have(s, 0) || strange(t, "some leaves have no weight");
}

/* ---- the model ---- */

static const char *const posts[] = {
    [POST_NONE] = "",
    [POST_LOGISTIC] = " logistic",
    [POST_SOFTMAX] = " softmax",
    [POST_SOFTMAX_ZERO] = " softmax of what is not zero",
    [POST_PROBIT] = " probit",
};

static void describe(struct native *t, size_t classes, struct model *m)
{
    m->info.format = "onnx-trees";
    m->info.n_outputs = t->s->n_targets;
    m->info.task = !t->s->classifier ? MODEL_REGRESSION
                   : classes == 2    ? MODEL_BINARY
                                     : MODEL_MULTICLASS;
    m->info.objective = str_fmt(t->a, "%.*s%s", STR_ARG(t->op->op), posts[t->s->post]);
    m->link = t->s->post == POST_LOGISTIC  ? LINK_LOGISTIC
              : t->s->post == POST_SOFTMAX ? LINK_SOFTMAX
                                           : LINK_IDENTITY;
}

static void attach(struct native *t, struct model *m)
{
    onnx_trees *self = arena_new(t->a, onnx_trees, 1);
    self->post = t->s->post;
    self->normalise = t->normalise;
    self->sums = *m;
    self->sums.base = arena_new(t->a, float, m->info.n_outputs);
    self->sums.flat = m->flat = flat_build(t->a, m, flat_best());
    m->predict = onnx_trees_predict;
    m->self = self;
}

bool onnx_native(arena *a, arena *scratch, const onnx_file *f, struct model *m,
                 const char **ret_strange, err *e)
{
    onnx_ensemble s;
    struct native t = {.a = a, .scratch = scratch, .g = &f->graph, .s = &s};
    const onnx_value **in;
    size_t n;
    bool found = find_operator(&t);
    *ret_strange = t.strange;
    if (!found) return true;
    if (!onnx_ensemble_read(scratch, t.op, &s, e)) return false;
    size_t classes = s.n_targets;
    bool ours = find_inputs(&t, &in, &n) && find_output(&t) && interpret(&t);
    *ret_strange = t.strange;
    if (!ours) return true;
    if (!onnx_features(a, in, n, m, e)) return false;
    describe(&t, classes, m);
    if (!onnx_forest(a, scratch, &s, m->info.n_features, m, ret_strange, e)) return false;
    if (!*ret_strange) attach(&t, m);
    return true;
}
