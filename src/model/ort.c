/* ort.c - a graph of ONNX answered by ONNX Runtime, rows in batches. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ort.h"
#include <math.h>

enum { BATCH = 1024, CELLS = 1 << 22 };

/* One input of the graph, and the columns of a row that go there. */
struct input {
    const char *name;
    onnx_type type;
    int rank;
    size_t columns;
};

struct runner {
    struct ort_session *session;
    struct input *in;
    size_t n_in, width; /* width: numbers the output gives per row */
    size_t batch;       /* rows at a time */
    bool fixed;         /* always just so many */
    bool second;        /* of two classes, the second one's probability */
    const char *output;
};

/* ---- rows into tensors ---- */

static bool refuse_value(float v, const struct input *in, err *e)
{
    return err_set(e, ERR_INVALID, S("model"),
                   S("fill missing values before, or export the model with float inputs"),
                   "the model's input '%s' takes whole numbers, not %g", in->name, (double)v);
}

static bool convert(const struct input *in, float v, size_t i, void *data, err *e)
{
    bool whole = v == truncf(v) && fabsf(v) < 9e18f;
    switch (in->type) {
    case ONNX_FLOAT:
        ((float *)data)[i] = v;
        return true;
    case ONNX_DOUBLE:
        ((double *)data)[i] = (double)v;
        return true;
    case ONNX_INT64:
        ((int64_t *)data)[i] = whole ? (int64_t)v : 0;
        return whole || refuse_value(v, in, e);
    case ONNX_INT32:
        whole = whole && fabsf(v) < 2147483648.0f;
        ((int32_t *)data)[i] = whole ? (int32_t)v : 0;
        return whole || refuse_value(v, in, e);
    case ONNX_BOOL:
        whole = v == 0 || v == 1;
        ((uint8_t *)data)[i] = v == 1;
        return whole || refuse_value(v, in, e);
    case ONNX_UINT8:
    case ONNX_STRING:
        break;
    }
    return refuse_value(v, in, e);
}

/* A batch of fixed size that rows do not fill is filled with the last one. */
static bool fill(const struct input *in, const float *x, size_t features, size_t from, size_t n,
                 size_t batch, arena *a, ort_tensor *ret, err *e)
{
    *ret = (ort_tensor){in->name, in->type, in->rank, (int64_t)batch, (int64_t)in->columns, NULL};
    ret->data = arena_array(a, batch * in->columns, 8, 8);
    for (size_t r = 0; r < batch; r++) {
        const float *row = x + (r < n ? r : n - 1) * features + from;
        for (size_t c = 0; c < in->columns; c++)
            if (!convert(in, row[c], r * in->columns + c, ret->data, e)) return false;
    }
    return true;
}

static bool run(const struct runner *k, size_t features, const float *x, size_t n, arena *a,
                double **ret, size_t *ret_n, err *e)
{
    ort_tensor *in = arena_new(a, ort_tensor, k->n_in);
    size_t from = 0;
    for (size_t i = 0; i < k->n_in; i++) {
        if (!fill(&k->in[i], x, features, from, n, k->fixed ? k->batch : n, a, &in[i], e))
            return false;
        from += k->in[i].columns;
    }
    return ort_run(k->session, in, k->n_in, k->output, a, ret, ret_n, e);
}

static bool answer(const struct model *m, const float *x, size_t n, double *ret, err *e)
{
    const struct runner *k = m->self;
    double *got;
    size_t n_got, rows = k->fixed ? k->batch : n;
    if (!run(k, m->info.n_features, x, n, e->a, &got, &n_got, e)) return false;
    if (n_got != rows * k->width)
        return err_set(e, ERR_INVALID, S("model"), S("export a model that answers row by row"),
                       "the model gives %zu numbers for %zu rows, not %zu for each", n_got, rows,
                       k->width);
    for (size_t i = 0; i < n * k->width; i++)
        if (isnan(got[i]))
            return err_set(e, ERR_INVALID, S("model"),
                           S("fill missing values before, or export a model that takes them"),
                           "the model's answer to a row is not a number");
    if (k->second)
        for (size_t r = 0; r < n; r++)
            ret[r] = got[2 * r + 1];
    else
        memcpy(ret, got, n * k->width * sizeof *ret);
    return true;
}

static bool predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    const struct runner *k = m->self;
    bool ok = true;
    for (size_t from = 0; ok && from < rows; from += k->batch) {
        arena *a = arena_open();
        err inner = ERR_IN(a);
        size_t n = rows - from < k->batch ? rows - from : k->batch;
        ok = answer(m, x + from * m->info.n_features, n, ret + from * m->info.n_outputs, &inner);
        if (!ok) err_copy(e, &inner);
        arena_close(a);
    }
    return ok;
}

/* The bytes of a model with one more output. Protobuf joins two messages by writing one behind the
 * other; so a second graph with nothing but the output is added to the first. */
static void put_message(buf *b, uint8_t tag, str inner)
{
    buf_putc(b, (char)tag);
    for (size_t n = inner.n; true; n >>= 7) {
        buf_putc(b, (char)(n > 127 ? (n & 127) | 128 : n));
        if (n <= 127) break;
    }
    buf_put(b, inner);
}

static str with_output(arena *a, str bytes, str name)
{
    buf value = buf_open(a, 8192), out = buf_open(a, 8192), all = buf_open(a, bytes.n + 8192);
    put_message(&value, 0x0a, name);                  /* ValueInfoProto.name */
    put_message(&value, 0x12, S("\x0a\x02\x08\x01")); /* .type.tensor_type.elem_type = FLOAT */
    put_message(&out, 0x62, buf_str(&value));         /* GraphProto.output */
    buf_put(&all, bytes);
    put_message(&all, 0x3a, buf_str(&out)); /* ModelProto.graph */
    return buf_str(&all);
}

/* ---- loading ---- */

static bool describe_inputs(arena *a, const onnx_graph *g, struct model *m, struct runner *k,
                            err *e)
{
    const onnx_value **in = arena_new(a, const onnx_value *, g->n_in);
    for (size_t i = 0; i < g->n_in; i++)
        in[i] = &g->in[i];
    if (!onnx_features(a, in, g->n_in, m, e)) return false;
    k->n_in = g->n_in;
    k->in = arena_new(a, struct input, k->n_in);
    k->batch = m->info.n_features < CELLS / BATCH ? BATCH : CELLS / m->info.n_features;
    for (size_t i = 0; i < g->n_in; i++) {
        const onnx_value *v = in[i];
        k->in[i] = (struct input){str_dup(a, v->name).p, (onnx_type)v->type, v->rank, 1};
        if (v->rank == 2) k->in[i].columns = (size_t)v->dim[1];
        if (v->dim[0] < 1) continue;
        if ((k->fixed && k->batch != (size_t)v->dim[0]) ||
            (size_t)v->dim[0] > CELLS / m->info.n_features + 1)
            return err_set(e, ERR_INVALID, S("model"), S("export it with an open number of rows"),
                           "the model's inputs take different or very large numbers of rows");
        k->fixed = true;
        k->batch = (size_t)v->dim[0];
    }
    return true;
}

/* What the output looks like is asked of a row of zeros: files tell it rarely, or wrongly. A graph
 * that does not take zeros has to tell. */
static bool probe(const struct model *m, struct runner *k, size_t told, err *e)
{
    float *zeros = arena_new(e->a, float, m->info.n_features);
    double *got;
    size_t n, rows = k->fixed ? k->batch : 1;
    k->width = told;
    if (!run(k, m->info.n_features, zeros, 1, e->a, &got, &n, e)) {
        if (e->code == ERR_UNAVAILABLE && told) return true;
        e->code = ERR_INVALID;
        return false;
    }
    k->width = n / rows;
    return (n && n % rows == 0) ||
           err_set(e, ERR_INVALID, S("model"), S("export a model that answers row by row"),
                   "the model gives %zu numbers for %zu rows", n, rows);
}

static bool describe_outputs(struct model *m, struct runner *k, bool classifier, err *e)
{
    if (k->width > OUTPUTS_MAX)
        return err_set(e, ERR_INVALID, S("model"), S("export a model with fewer outputs"),
                       "the model gives %zu numbers per row", k->width);
    k->second = classifier && k->width == 2;
    m->info.n_outputs = k->second ? 1 : k->width;
    m->info.task = !classifier ? MODEL_REGRESSION : k->width <= 2 ? MODEL_BINARY : MODEL_MULTICLASS;
    return true;
}

bool ort_load(arena *a, const onnx_file *f, str bytes, struct model *m, err *e)
{
    struct runner *k = arena_new(a, struct runner, 1);
    onnx_choice c;
    if (!describe_inputs(a, &f->graph, m, k, e) || !onnx_choose(&f->graph, &c, e)) return false;
    k->output = str_dup(a, c.name).p;
    if (!ort_open(a, c.hidden ? with_output(e->a, bytes, c.name) : bytes, &k->session, e) ||
        !probe(m, k, c.width, e) || !describe_outputs(m, k, c.classifier, e))
        return false;
    m->info.format = "onnx";
    m->info.objective = S("graph");
    m->predict = predict;
    m->self = k;
    return true;
}
