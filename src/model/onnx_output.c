/* onnx_output.c - which output of an ONNX graph counts, and what its numbers are. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"

enum { STEPS_MAX = 32 };

static bool is_any(const onnx_node *n, const char *const *ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (onnx_is(n, "", ops[i])) return true;
    return false;
}

/* Whether numbers come straight out of a function that makes probabilities. */
static bool makes_probabilities(const onnx_graph *g, str value)
{
    static const char *const shapes[] = {"Identity", "Cast",      "Reshape",
                                         "Squeeze",  "Unsqueeze", "Flatten"};
    static const char *const makers[] = {"Softmax", "Sigmoid"};
    const onnx_node *n = onnx_maker(g, value);
    for (int i = 0; n && n->n_in && i < STEPS_MAX && is_any(n, shapes, COUNT(shapes)); i++)
        n = onnx_maker(g, n->in[0]);
    return n && is_any(n, makers, COUNT(makers));
}

/* Maps of a ZipMap are slow to read, and what it makes them of is the matrix wanted here. */
static bool choose_map(const onnx_graph *g, onnx_choice *ret)
{
    for (size_t i = 0; i < g->n_out; i++) {
        const onnx_node *n = onnx_maker(g, g->out[i].name);
        if (!n || !onnx_is(n, "ai.onnx.ml", "ZipMap") || n->n_in != 1) continue;
        *ret = (onnx_choice){.name = n->in[0], .hidden = true, .classifier = true};
        for (size_t k = 0; k < g->n_out; k++)
            if (str_eq(g->out[k].name, n->in[0])) ret->hidden = false;
        return true;
    }
    return false;
}

static size_t width_of(const onnx_value *v)
{
    return v->rank == 1 ? 1 : v->rank == 2 && v->dim[1] > 0 ? (size_t)v->dim[1] : 0;
}

bool onnx_choose(const onnx_graph *g, onnx_choice *ret, err *e)
{
    bool found = false, label = false;
    *ret = (onnx_choice){.name = S("")};
    if (choose_map(g, ret)) return true;
    for (size_t i = 0; i < g->n_out; i++) {
        const onnx_value *v = &g->out[i];
        bool real = v->is_tensor && (v->type == ONNX_FLOAT || v->type == ONNX_DOUBLE);
        label |= v->is_tensor && (v->type == ONNX_INT64 || v->type == ONNX_STRING);
        if (real && !found) *ret = (onnx_choice){.name = v->name, .width = width_of(v)};
        found |= real;
    }
    if (!found)
        return err_set(e, ERR_INVALID, S("model"), S("export it with its probabilities or values"),
                       "the model has no output of real numbers");
    ret->classifier = label || makes_probabilities(g, ret->name);
    return true;
}
