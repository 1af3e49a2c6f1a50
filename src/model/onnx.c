/* onnx.c - an ONNX model: trees and linear models to our own evaluators, the rest to ONNX Runtime.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"

static bool refuse(err *e, const onnx_value *v, const char *hint, const char *why)
{
    return err_set(e, ERR_INVALID, S("model"), str_of(hint), "the model's input '%.*s' %s",
                   STR_ARG(v->name), why);
}

static bool check_type(const onnx_value *v, err *e)
{
    switch (v->is_tensor ? v->type : 0) {
    case ONNX_FLOAT:
    case ONNX_DOUBLE:
    case ONNX_INT32:
    case ONNX_INT64:
    case ONNX_BOOL:
        return true;
    case ONNX_STRING:
        return refuse(e, v,
                      "export the part behind the encoders, and let the plan encode the column "
                      "(member encode)",
                      "takes texts");
    default:
        return refuse(e, v, "export it with float inputs", "takes no numbers that are known here");
    }
}

static bool one_matrix(arena *a, const onnx_value *v, struct model *m, err *e)
{
    (void)a;
    if (v->dim[1] < 1 || v->dim[1] > FEATURES_MAX)
        return refuse(e, v, "export it with a fixed number of columns: [None, 20]",
                      "does not say how many columns it has");
    m->info.n_features = (size_t)v->dim[1];
    return true;
}

static bool by_columns(arena *a, const onnx_value *const *in, size_t n, struct model *m, err *e)
{
    str *names = arena_new(a, str, n);
    for (size_t i = 0; i < n; i++) {
        const onnx_value *v = in[i];
        if (!(v->rank == 1 || (v->rank == 2 && v->dim[1] == 1)))
            return refuse(e, v, "export a model of one table: one matrix, or one input per column",
                          "is neither a table nor a column");
        names[i] = str_dup(a, v->name);
    }
    m->info.n_features = n;
    m->info.features = names;
    return true;
}

bool onnx_features(arena *a, const onnx_value *const *in, size_t n, struct model *m, err *e)
{
    if (!n || n > FEATURES_MAX)
        return err_set(e, ERR_INVALID, S("model"), S("export the model again"),
                       "the model has no inputs, or too many");
    for (size_t i = 0; i < n; i++)
        if (!check_type(in[i], e)) return false;
    bool ok = n == 1 && in[0]->rank == 2 ? one_matrix(a, in[0], m, e) : by_columns(a, in, n, m, e);
    m->info.categorical = arena_new(a, bool, ok ? m->info.n_features : 1);
    return ok;
}

static str version_of(arena *a, const onnx_file *f)
{
    return str_fmt(a, "%.*s%s%.*s", STR_ARG(f->producer),
                   f->producer.n && f->producer_version.n ? " " : "", STR_ARG(f->producer_version));
}

/* A runtime follows the links of trees as they are. */
static bool check_trees(arena *scratch, const onnx_graph *g, err *e)
{
    onnx_ensemble s;
    for (size_t i = 0; i < g->n_nodes; i++)
        if ((onnx_is(&g->nodes[i], "ai.onnx.ml", "TreeEnsembleRegressor") ||
             onnx_is(&g->nodes[i], "ai.onnx.ml", "TreeEnsembleClassifier")) &&
            !onnx_ensemble_read(scratch, &g->nodes[i], &s, e))
            return false;
    return true;
}

static void start_again(struct model *m)
{
    struct model fresh = {.info.version = m->info.version};
    *m = fresh;
}

bool onnx_load(arena *a, arena *scratch, str bytes, struct model *m, err *e)
{
    onnx_file f;
    const char *strange = NULL, *also = NULL;
    if (!onnx_read(scratch, bytes, &f, e)) return false;
    m->info.version = version_of(a, &f);
    if (!onnx_native(a, scratch, &f, m, &strange, e)) return false;
    if (!strange) return true;
    start_again(m);
    if (!onnx_linear(a, scratch, &f, m, &also, e)) return false;
    if (!also) return true;
    start_again(m);
    return (check_trees(scratch, &f.graph, e) && ort_load(a, &f, bytes, m, e)) ||
           err_prefix(e, "an ONNX model for ONNX Runtime, as %s, and no linear model (%s)", strange,
                      also);
}

/* The first byte is the tag of ir_version: nothing is read before the sandbox is closed. */
void model_warm_up(str bytes)
{
    if (bytes.n && bytes.p[0] == 8) (void)ort_find();
}
