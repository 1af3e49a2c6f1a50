/* onnx_linear.c - recognises a graph that is a linear model, whatever steps it is written in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include <assert.h>
#include <math.h>

enum { STEPS_MAX = 64, NODES_FEW = 256, WEIGHTS_MAX = 1 << 24 };
#define WORK_MAX (UINT64_C(1) << 31)

/* From the output up to the inputs: what counts is weight x value + bias, and each operator on the
 * way is moved out of the value and into these. */
struct pull {
    arena *a;
    const onnx_graph *g;
    const str *value;
    double *weight; /* k x n; NULL: the identity, n == k */
    double *bias;   /* k */
    size_t k, n;    /* n == 0: not known yet */
    linear_link link;
    double shift; /* of every output, until their number is known */
    bool linked, normalise, moved, one_row, classifier;
    const char *op; /* that made it linear, for the description */
    const char *strange;
};

static bool strange(struct pull *p, const char *why)
{
    if (!p->strange) p->strange = why;
    return false;
}

/* ---- moving an operator out of the value ---- */

static bool has_width(struct pull *p, size_t n)
{
    if (!p->n) {
        if (!n || n > OUTPUTS_MAX) return strange(p, "it has too many outputs");
        p->n = p->k = n;
        p->bias = arena_new(p->a, double, n);
        for (size_t k = 0; k < n; k++)
            p->bias[k] = p->shift;
    }
    return p->n == n || strange(p, "widths do not fit");
}

/* The value is another one plus c, which has one number or one per column. */
static bool move_sum(struct pull *p, const double *c, size_t n, double sign)
{
    assert(c); /* list_of lets nothing else through */
    p->moved = true;
    if (n == 1 && !p->n) p->shift += sign * c[0];
    if (n > 1 && !has_width(p, n)) return false;
    for (size_t k = 0; k < p->k; k++)
        for (size_t i = 0; i < p->n; i++) {
            double w = p->weight ? p->weight[k * p->n + i] : i == k;
            p->bias[k] += w * sign * c[n == 1 ? 0 : i];
        }
    return true;
}

static bool spell_out(struct pull *p)
{
    if (p->weight) return true;
    if (p->n * p->n > WEIGHTS_MAX) return strange(p, "it has too many weights");
    p->weight = arena_new(p->a, double, p->n * p->n);
    for (size_t i = 0; i < p->n; i++)
        p->weight[i * p->n + i] = 1;
    return true;
}

static bool move_scale(struct pull *p, const double *c, size_t n, bool divide)
{
    assert(c);
    p->moved = true;
    if ((!(n == 1 && p->n) && !has_width(p, n)) || !spell_out(p)) return false;
    for (size_t k = 0; k < p->k; k++)
        for (size_t i = 0; i < p->n; i++) {
            double by = c[n == 1 ? 0 : i];
            p->weight[k * p->n + i] *= divide ? 1 / by : by;
        }
    return true;
}

/* The value is another one of width n times a matrix, by_outputs: m[output][input]. */
static bool move_matrix(struct pull *p, const double *m, size_t n, size_t width, bool by_outputs,
                        double scale)
{
    p->moved = true;
    if (!has_width(p, width)) return false;
    if (n > WEIGHTS_MAX / p->k || (uint64_t)n * p->k * width > WORK_MAX)
        return strange(p, "it has too many weights");
    double *w = arena_new(p->a, double, p->k *n);
    for (size_t k = 0; k < p->k; k++)
        for (size_t j = 0; j < width; j++) {
            double by = scale * (p->weight ? p->weight[k * width + j] : j == k);
            for (size_t i = 0; i < n && by != 0; i++)
                w[k * n + i] += by * (by_outputs ? m[j * n + i] : m[i * width + j]);
        }
    p->weight = w;
    p->n = n;
    return true;
}

/* ---- numbers of the file ---- */

static bool list_of(struct pull *p, const onnx_attribute *from, double **ret, size_t *ret_n)
{
    return (onnx_reals(p->a, from, ret, ret_n) && *ret_n && *ret) ||
           strange(p, "its numbers are of another kind");
}

/* An initialiser that is one number, or one per column. */
static bool row_of(struct pull *p, str name, double **ret, size_t *ret_n)
{
    const onnx_tensor *t = onnx_filled(p->g, name);
    if (!t || t->rank > 2 || (t->rank == 2 && t->dim[0] != 1))
        return strange(p, "an operator does not work with a row of numbers of the file");
    return list_of(p, &t->numbers, ret, ret_n) &&
           (*ret_n == (t->rank ? (size_t)t->dim[t->rank - 1] : 1) ||
            strange(p, "its numbers do not fit its shapes"));
}

static bool matrix_of(struct pull *p, str name, double **ret, size_t dim[2])
{
    const onnx_tensor *t = onnx_filled(p->g, name);
    size_t n;
    if (!t || t->rank != 2 || t->dim[0] < 1 || t->dim[1] < 1)
        return strange(p, "an operator does not work with a matrix of the file");
    dim[0] = (size_t)t->dim[0];
    dim[1] = (size_t)t->dim[1];
    return list_of(p, &t->numbers, ret, &n) &&
           (n == dim[0] * dim[1] || strange(p, "its numbers do not fit its shapes"));
}

static double real_attribute(const onnx_node *node, const char *name, double otherwise)
{
    const onnx_attribute *t = onnx_find(node, name);
    str body = t ? t->body : S("");
    wire_field f;
    while (wire_next(&body, &f)) {
        uint32_t bits = (uint32_t)f.i;
        float v;
        memcpy(&v, &bits, sizeof v);
        if (f.number == 2 && f.type == WIRE_32) otherwise = (double)v;
    }
    return otherwise;
}

static int64_t whole_attribute(const onnx_node *node, const char *name, int64_t otherwise)
{
    const onnx_attribute *t = onnx_find(node, name);
    return t ? t->i : otherwise;
}

/* ---- operators ---- */

static bool gemm(struct pull *p, const onnx_node *n)
{
    double *c = NULL, *b = NULL;
    size_t n_c = 0, dim[2] = {0};
    bool turned = whole_attribute(n, "transB", 0) != 0;
    if (n->n_in < 2 || n->n_in > 3 || whole_attribute(n, "transA", 0))
        return strange(p, "its matrices are multiplied in an odd way");
    if (!matrix_of(p, n->in[1], &b, dim) || !has_width(p, dim[!turned])) return false;
    if (n->n_in == 3 && n->in[2].n &&
        !(row_of(p, n->in[2], &c, &n_c) && move_sum(p, c, n_c, real_attribute(n, "beta", 1))))
        return false;
    p->value = &n->in[0];
    return move_matrix(p, b, dim[turned], dim[!turned], turned, real_attribute(n, "alpha", 1));
}

static bool product(struct pull *p, const onnx_node *n)
{
    double *b = NULL;
    size_t dim[2] = {0};
    if (n->n_in != 2 || !matrix_of(p, n->in[1], &b, dim)) return false;
    p->value = &n->in[0];
    return move_matrix(p, b, dim[0], dim[1], false, 1);
}

/* Add, Sub, Mul, Div: one side is the file's. */
static bool arithmetic(struct pull *p, const onnx_node *n)
{
    double *c = NULL;
    size_t k = 0;
    bool add = onnx_is(n, "", "Add"), sub = onnx_is(n, "", "Sub"), mul = onnx_is(n, "", "Mul");
    if (n->n_in != 2) return strange(p, "an operator is damaged");
    size_t own = (add || mul) && onnx_filled(p->g, n->in[0]) ? 0 : 1;
    if (!row_of(p, n->in[own], &c, &k)) return false;
    p->value = &n->in[!own];
    if (add || sub) return move_sum(p, c, k, sub ? -1 : 1);
    return move_scale(p, c, k, !mul);
}

/* (x - offset) * scale */
static bool scaler(struct pull *p, const onnx_node *n)
{
    double *offset = NULL, *scale = NULL;
    size_t n_offset = 0, n_scale = 0;
    if (!list_of(p, onnx_find(n, "offset"), &offset, &n_offset) ||
        !list_of(p, onnx_find(n, "scale"), &scale, &n_scale))
        return false;
    p->value = &n->in[0];
    return move_scale(p, scale, n_scale, false) && move_sum(p, offset, n_offset, -1);
}

static bool coefficients(struct pull *p, const onnx_node *n, size_t rows)
{
    double *c = NULL, *b = NULL;
    size_t n_c = 0, n_b = 0;
    if (!list_of(p, onnx_find(n, "coefficients"), &c, &n_c)) return false;
    if (!rows || n_c % rows) return strange(p, "its coefficients are not one per column");
    const onnx_attribute *intercepts = onnx_find(n, "intercepts");
    if (intercepts && (!list_of(p, intercepts, &b, &n_b) || n_b != rows || !has_width(p, rows) ||
                       !move_sum(p, b, n_b, 1)))
        return strange(p, "its intercepts are not one per output");
    p->value = &n->in[0];
    return move_matrix(p, c, n_c / rows, rows, true, 1);
}

static str text_attribute(const onnx_node *n, const char *name)
{
    const onnx_attribute *t = onnx_find(n, name);
    return t && t->s.n ? t->s : S("NONE");
}

static bool regressor(struct pull *p, const onnx_node *n)
{
    int64_t targets = whole_attribute(n, "targets", 1);
    if (!str_eqz(text_attribute(n, "post_transform"), "NONE"))
        return strange(p, "its values are transformed");
    p->op = "LinearRegressor";
    return coefficients(p, n, targets > 0 && targets <= OUTPUTS_MAX ? (size_t)targets : 0);
}

static size_t labels_of(struct pull *p, const onnx_node *n)
{
    int64_t *whole;
    str *text;
    size_t n_whole, n_text;
    if (!onnx_ints(p->a, onnx_find(n, "classlabels_ints"), &whole, &n_whole) ||
        !onnx_texts(p->a, onnx_find(n, "classlabels_strings"), &text, &n_text))
        return 0;
    return n_whole > n_text ? n_whole : n_text;
}

static bool classifier(struct pull *p, const onnx_node *n)
{
    str post = text_attribute(n, "post_transform");
    size_t labels = labels_of(p, n), n_b;
    double *b;
    if (p->linked || p->moved || n->n_out != 2 || !str_eq(*p->value, n->out[1]))
        return strange(p, "its scores are changed before they leave the graph");
    if (!list_of(p, onnx_find(n, "intercepts"), &b, &n_b)) return false;
    if (labels < 2 || (n_b != labels && (n_b != 1 || labels != 2)))
        return strange(p, "its classes and coefficients do not fit");
    p->one_row = n_b == 1;
    p->link = str_eqz(post, "LOGISTIC")  ? LINEAR_LOGISTIC
              : str_eqz(post, "SOFTMAX") ? LINEAR_SOFTMAX
                                         : LINEAR_IDENTITY;
    if (p->link == LINEAR_IDENTITY && !str_eqz(post, "NONE"))
        return strange(p, "its scores have a transform that is not evaluated here");
    p->op = "LinearClassifier";
    return coefficients(p, n, n_b);
}

/* ---- what comes last ---- */

static bool end_step(struct pull *p, const onnx_node *n, bool *ret)
{
    bool open = !p->moved && !p->linked;
    const onnx_attribute *norm = onnx_find(n, "norm");
    int64_t axis = whole_attribute(n, "axis", 1);
    *ret = true;
    if (open && onnx_is(n, "ai.onnx.ml", "Normalizer") && norm && str_eqz(norm->s, "L1"))
        return p->normalise = true;
    if (open && onnx_is(n, "", "Sigmoid")) {
        p->link = LINEAR_LOGISTIC;
        return p->linked = true;
    }
    if (open && onnx_is(n, "", "Softmax") && (axis == 1 || axis == -1)) {
        p->link = LINEAR_SOFTMAX;
        return p->linked = true;
    }
    if (onnx_passes(n) || (onnx_is(n, "", "Flatten") && axis == 1)) return true;
    *ret = false;
    return true;
}

static bool step(struct pull *p, const onnx_node *n)
{
    static const struct {
        const char *domain, *op;
        bool (*move)(struct pull *p, const onnx_node *n);
    } moves[] = {
        {"",           "Gemm",             gemm      },
        {"",           "MatMul",           product   },
        {"",           "Add",              arithmetic},
        {"",           "Sub",              arithmetic},
        {"",           "Mul",              arithmetic},
        {"",           "Div",              arithmetic},
        {"ai.onnx.ml", "Scaler",           scaler    },
        {"ai.onnx.ml", "LinearRegressor",  regressor },
        {"ai.onnx.ml", "LinearClassifier", classifier},
    };
    bool passed;
    if (!n->n_in) return strange(p, "an operator is damaged");
    if (end_step(p, n, &passed) && passed) {
        p->value = &n->in[0];
        return true;
    }
    for (size_t i = 0; i < COUNT(moves); i++)
        if (onnx_is(n, moves[i].domain, moves[i].op)) return moves[i].move(p, n);
    return strange(p, "an operator is not linear");
}

static bool pull_up(struct pull *p)
{
    if (p->g->n_nodes > NODES_FEW) return strange(p, "it has many operators");
    for (int i = 0; i < STEPS_MAX; i++) {
        const onnx_node *n = onnx_maker(p->g, *p->value);
        if (!n || onnx_is(n, "", "Concat")) break;
        if (!step(p, n)) return strange(p, "an operator is not linear");
    }
    return p->weight || strange(p, "it has no weights");
}

/* ---- what it means ---- */

static bool are_mirrored(const struct pull *p)
{
    bool ret = p->bias[0] == -p->bias[1];
    for (size_t i = 0; i < p->n && ret; i++)
        ret = p->weight[i] == -p->weight[p->n + i];
    return ret;
}

/* Of two classes the second one's probability is the answer. */
static bool two_classes(struct pull *p)
{
    bool shared = p->link == LINEAR_SOFTMAX;
    if (p->normalise && !shared && !(p->link == LINEAR_LOGISTIC && are_mirrored(p)))
        return strange(p, "its two classes are normalised");
    for (size_t i = 0; i < p->n; i++)
        p->weight[i] = p->weight[p->n + i] - (shared ? p->weight[i] : 0);
    p->bias[0] = p->bias[1] - (shared ? p->bias[0] : 0);
    p->k = 1;
    if (shared) p->link = LINEAR_LOGISTIC;
    return true;
}

/* ONNX Runtime gives the one row of coefficients no transform: 1 - s and s. */
static bool one_row(struct pull *p)
{
    if (p->normalise) return strange(p, "its one score is normalised");
    p->link = LINEAR_IDENTITY;
    return true;
}

static bool interpret(struct pull *p, model_task *ret)
{
    bool plain = p->link == LINEAR_IDENTITY;
    for (size_t i = 0; i < p->k * (p->n + 1); i++)
        if (!isfinite(i < p->k ? p->bias[i] : p->weight[i - p->k]))
            return strange(p, "a weight is not finite");
    *ret = !p->classifier ? MODEL_REGRESSION : p->k <= 2 ? MODEL_BINARY : MODEL_MULTICLASS;
    if (!p->classifier)
        return (plain && !p->normalise) || strange(p, "its probabilities come without classes");
    if (p->one_row) return one_row(p);
    if (p->k == 1) return (!p->normalise && p->link != LINEAR_SOFTMAX) || strange(p, "one class");
    if (p->k == 2) return two_classes(p);
    if (p->normalise && plain) return strange(p, "its scores are normalised");
    if (p->normalise && p->link == LINEAR_LOGISTIC) p->link = LINEAR_SHARES;
    return true;
}

/* ---- the model ---- */

static void attach(arena *a, const struct pull *p, model_task task, struct model *m)
{
    static const char *const links[] = {"", " logistic", " one against the rest", " softmax"};
    linear_model *l = arena_new(a, linear_model, 1);
    double *w = arena_new(a, double, p->k * p->n), *b = arena_new(a, double, p->k);
    memcpy(w, p->weight, p->k * p->n * sizeof *w);
    memcpy(b, p->bias, p->k * sizeof *b);
    *l = (linear_model){p->n, p->k, w, b, p->link};
    m->info.format = "onnx-linear";
    m->info.n_outputs = p->k;
    m->info.task = task;
    m->info.objective = str_fmt(a, "%s%s", p->op ? p->op : "linear", links[p->link]);
    m->linear = l;
    m->predict = linear_predict;
}

/* Whole numbers are left to the runtime, which refuses others. */
static bool are_real(struct pull *p, const onnx_value *const *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!in[i]->is_tensor || (in[i]->type != ONNX_FLOAT && in[i]->type != ONNX_DOUBLE))
            return strange(p, "its inputs are not all real numbers");
    return true;
}

bool onnx_linear(arena *a, arena *scratch, const onnx_file *f, struct model *m,
                 const char **ret_strange, err *e)
{
    struct pull p = {.a = scratch, .g = &f->graph};
    onnx_choice c;
    const onnx_value **in = NULL;
    size_t n = 0;
    model_task task;
    err quiet = ERR_IN(scratch);
    bool ours = onnx_choose(&f->graph, &c, &quiet) || strange(&p, "no output of real numbers");
    p.value = &c.name;
    p.classifier = c.classifier;
    ours =
        ours && pull_up(&p) &&
        (onnx_inputs(scratch, p.g, p.value, &in, &n, ret_strange) || strange(&p, *ret_strange)) &&
        are_real(&p, in, n) && interpret(&p, &task);
    *ret_strange = p.strange;
    if (!ours) return true;
    if (!onnx_features(a, in, n, m, e)) return false;
    if (m->info.n_features != p.n)
        *ret_strange = "widths do not fit";
    else
        attach(a, &p, task, m);
    return true;
}
