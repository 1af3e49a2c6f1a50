/* onnx_read.c - an ONNX model's messages into structs, checked before anything looks at them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"

enum {
    THINGS_MAX = 1 << 22, /* nodes, names, attributes and values of one file */
    GRAPHS_DEEP = 8,
    NAME_MAX_BYTES = 4096,
    IR_MAX = 1000
};

/* Where in the file we are, for messages. */
struct place {
    const struct place *up;
    const char *what;
    size_t i; /* SIZE_MAX: no list */
};

struct reading {
    arena *a;
    size_t things, deep;
    err *e;
};

static const char again[] = "the file is damaged; export the model again";

static str path_of(arena *a, const struct place *at)
{
    if (!at) return S("model");
    str up = path_of(a, at->up);
    return at->i == SIZE_MAX ? str_fmt(a, "%.*s.%s", STR_ARG(up), at->what)
                             : str_fmt(a, "%.*s.%s.%zu", STR_ARG(up), at->what, at->i);
}

static bool refuse(struct reading *r, const struct place *at, const char *hint, const char *why)
{
    return err_set(r->e, ERR_INVALID, path_of(r->e->a, at), str_of(hint), "%s", why);
}

static bool whole(struct reading *r, const struct place *at, str message)
{
    return wire_whole(message) || refuse(r, at, again, "the bytes are no protobuf message");
}

static bool text(struct reading *r, const struct place *at, const wire_field *f, str *ret)
{
    *ret = f->s;
    if (f->type != WIRE_BYTES || f->s.n > NAME_MAX_BYTES)
        return refuse(r, at, again, "a name is no text, or a very long one");
    return (str_utf8(f->s) && !memchr(f->s.p, 0, f->s.n)) ||
           refuse(r, at, again, "a name is not well-formed UTF-8");
}

/* How often a field stands in the message; counted against the file's limit. */
static bool count(struct reading *r, const struct place *at, str message, uint32_t number,
                  size_t *ret)
{
    wire_field f;
    *ret = 0;
    while (wire_next(&message, &f))
        *ret += f.number == number;
    if (*ret > r->things)
        return refuse(r, at, "export a smaller model", "the model has too many parts");
    r->things -= *ret;
    return whole(r, at, message);
}

static bool message_of(struct reading *r, const struct place *at, const wire_field *f)
{
    return f->type == WIRE_BYTES || refuse(r, at, again, "a number stands where a message is due");
}

/* ---- tensors ---- */

static bool dimensions(struct reading *r, const struct place *at, wire_field f, uint64_t *elements,
                       onnx_tensor *ret)
{
    uint64_t d;
    bool packed = f.type == WIRE_BYTES;
    while (packed ? f.s.n > 0 : f.type == WIRE_VARINT) {
        d = f.i;
        if (packed && !wire_varint(&f.s, &d)) break;
        if (d > INT32_MAX || (*elements *= d) > INT32_MAX)
            return refuse(r, at, again, "a tensor of impossible size");
        if (ret->rank < COUNT(ret->dim)) ret->dim[ret->rank] = (int64_t)d;
        ret->rank++;
        if (!packed) return true;
    }
    return (packed && !f.s.n) || refuse(r, at, again, "a dimension is no number");
}

static bool tensor(struct reading *r, const struct place *up, str message, onnx_tensor *ret)
{
    struct place at = {up, "tensor", SIZE_MAX};
    wire_field f;
    uint64_t elements = 1;
    *ret = (onnx_tensor){
        .name = S(""), .numbers = {.name = S(""), .s = message, .body = S("")}
    };
    while (wire_next(&message, &f)) {
        if (f.number == 1 && !dimensions(r, &at, f, &elements, ret)) return false;
        if (f.number == 8 && !text(r, &at, &f, &ret->name)) return false;
        if (f.number == 13 || (f.number == 14 && f.i != 0))
            return refuse(r, &at, "save the model as one file (save_as_external_data=False)",
                          "the numbers of the model are in another file, which is not read");
    }
    return whole(r, &at, message);
}

/* ---- nodes ---- */

static bool graph(struct reading *r, const struct place *up, str message, onnx_graph *ret);

/* Everything in an attribute that could hide a tensor or a graph. */
static bool inner_parts(struct reading *r, const struct place *at, const wire_field *f)
{
    onnx_graph inner;
    onnx_tensor held;
    switch (f->number) {
    case 5:
    case 10:
        return message_of(r, at, f) && tensor(r, at, f->s, &held);
    case 6:
    case 11:
        return message_of(r, at, f) && graph(r, at, f->s, &inner);
    case 21:
    case 22:
    case 23:
        return refuse(r, at, "export with dense tensors and without functions",
                      "sparse tensors and references to functions are not read");
    default:
        return true;
    }
}

static bool attribute(struct reading *r, const struct place *at, str message, onnx_attribute *ret)
{
    wire_field f;
    *ret = (onnx_attribute){.name = S(""), .s = S(""), .body = message};
    while (wire_next(&message, &f)) {
        if (f.number == 1 && !text(r, at, &f, &ret->name)) return false;
        if (f.number == 3 && f.type == WIRE_VARINT) ret->i = (int64_t)f.i;
        if ((f.number == 4 || f.number == 5) && f.type == WIRE_BYTES) ret->s = f.s;
        if (!inner_parts(r, at, &f)) return false;
    }
    return whole(r, at, message);
}

static bool check_domain(struct reading *r, const struct place *at, const onnx_node *n)
{
    if (!n->domain.n || str_eqz(n->domain, "ai.onnx") || str_eqz(n->domain, "ai.onnx.ml"))
        return true;
    return err_set(r->e, ERR_INVALID, path_of(r->e->a, at),
                   S("export the model with the operators of ai.onnx and ai.onnx.ml only"),
                   "the operator '%.*s' is of '%.*s', not of ONNX itself", STR_ARG(n->op),
                   STR_ARG(n->domain));
}

static bool open_node(struct reading *r, const struct place *at, str message, onnx_node *ret)
{
    *ret = (onnx_node){.op = S(""), .domain = S("")};
    if (!count(r, at, message, 1, &ret->n_in) || !count(r, at, message, 2, &ret->n_out) ||
        !count(r, at, message, 5, &ret->n_attributes))
        return false;
    ret->in = arena_new(r->a, str, ret->n_in);
    ret->out = arena_new(r->a, str, ret->n_out);
    ret->attributes = arena_new(r->a, onnx_attribute, ret->n_attributes);
    return true;
}

static bool node(struct reading *r, const struct place *at, str message, onnx_node *ret)
{
    wire_field f;
    size_t in = 0, out = 0, k = 0;
    if (!open_node(r, at, message, ret)) return false;
    while (wire_next(&message, &f)) {
        struct place inner = {at, "attribute", k};
        bool ok = true;
        switch (f.number) {
        case 1:
            ok = text(r, at, &f, &ret->in[in++]);
            break;
        case 2:
            ok = text(r, at, &f, &ret->out[out++]);
            break;
        case 4:
            ok = text(r, at, &f, &ret->op);
            break;
        case 5:
            ok = message_of(r, &inner, &f) && attribute(r, &inner, f.s, &ret->attributes[k++]);
            break;
        case 7:
            ok = text(r, at, &f, &ret->domain);
            break;
        default:
            break;
        }
        if (!ok) return false;
    }
    if (!ret->op.n) return refuse(r, at, again, "a node without an operator");
    return check_domain(r, at, ret);
}

/* ---- values ---- */

static bool dimension(struct reading *r, const struct place *at, str message, int64_t *ret)
{
    wire_field f;
    *ret = -1;
    while (wire_next(&message, &f)) {
        if (f.number != 1) continue;
        if (f.type != WIRE_VARINT || f.i > INT32_MAX)
            return refuse(r, at, again, "a dimension is no possible number");
        *ret = (int64_t)f.i;
    }
    return whole(r, at, message);
}

static bool shape(struct reading *r, const struct place *at, str message, onnx_value *ret)
{
    wire_field f;
    ret->rank = 0;
    while (wire_next(&message, &f)) {
        if (f.number != 1) continue;
        if (ret->rank == ONNX_RANK_MAX)
            return refuse(r, at, "export a model of tables", "a tensor of too many dimensions");
        if (!message_of(r, at, &f) || !dimension(r, at, f.s, &ret->dim[ret->rank++])) return false;
    }
    return whole(r, at, message);
}

static bool tensor_type(struct reading *r, const struct place *at, str message, onnx_value *ret)
{
    wire_field f;
    ret->is_tensor = true;
    while (wire_next(&message, &f)) {
        if (f.number == 1 && f.type == WIRE_VARINT && f.i < 64) ret->type = (int32_t)f.i;
        if (f.number == 2 && (!message_of(r, at, &f) || !shape(r, at, f.s, ret))) return false;
    }
    return whole(r, at, message);
}

static bool value(struct reading *r, const struct place *at, str message, onnx_value *ret)
{
    wire_field f, g;
    *ret = (onnx_value){.name = S(""), .rank = -1};
    while (wire_next(&message, &f)) {
        if (f.number == 1 && !text(r, at, &f, &ret->name)) return false;
        if (f.number != 2) continue;
        if (!message_of(r, at, &f)) return false;
        while (wire_next(&f.s, &g))
            if (g.number == 1 && (!message_of(r, at, &g) || !tensor_type(r, at, g.s, ret)))
                return false;
        if (!whole(r, at, f.s)) return false;
    }
    return whole(r, at, message);
}

/* ---- graphs ---- */

static bool open_graph(struct reading *r, const struct place *at, str message, onnx_graph *ret)
{
    size_t sparse;
    *ret = (onnx_graph){0};
    if (!count(r, at, message, 1, &ret->n_nodes) || !count(r, at, message, 5, &ret->n_filled) ||
        !count(r, at, message, 11, &ret->n_in) || !count(r, at, message, 12, &ret->n_out) ||
        !count(r, at, message, 15, &sparse))
        return false;
    if (sparse) return refuse(r, at, "export dense tensors", "sparse tensors are not read");
    ret->nodes = arena_new(r->a, onnx_node, ret->n_nodes);
    ret->filled = arena_new(r->a, onnx_tensor, ret->n_filled);
    ret->in = arena_new(r->a, onnx_value, ret->n_in);
    ret->out = arena_new(r->a, onnx_value, ret->n_out);
    return true;
}

static bool graph_field(struct reading *r, const struct place *at, const wire_field *f,
                        onnx_graph *ret)
{
    struct place inner = {at, "", 0};
    if (f->number != 1 && f->number != 5 && f->number != 11 && f->number != 12) return true;
    if (!message_of(r, at, f)) return false;
    switch (f->number) {
    case 1:
        inner = (struct place){at, "node", ret->n_nodes};
        return node(r, &inner, f->s, &ret->nodes[ret->n_nodes++]);
    case 5:
        inner = (struct place){at, "initializer", ret->n_filled};
        return tensor(r, &inner, f->s, &ret->filled[ret->n_filled++]);
    case 11:
        inner = (struct place){at, "input", ret->n_in};
        return value(r, &inner, f->s, &ret->in[ret->n_in++]);
    default:
        inner = (struct place){at, "output", ret->n_out};
        return value(r, &inner, f->s, &ret->out[ret->n_out++]);
    }
}

static bool graph(struct reading *r, const struct place *up, str message, onnx_graph *ret)
{
    struct place at = {up, "graph", SIZE_MAX};
    wire_field f;
    if (r->deep == GRAPHS_DEEP)
        return refuse(r, &at, "export a simpler model", "graphs inside graphs, too many deep");
    if (!open_graph(r, &at, message, ret)) return false;
    ret->n_nodes = ret->n_filled = ret->n_in = ret->n_out = 0;
    r->deep++;
    while (wire_next(&message, &f))
        if (!graph_field(r, &at, &f, ret)) return false;
    r->deep--;
    return true;
}

/* Old files list their own constants among the inputs. Sorted names keep this quick. */
static int compare_tensors(const void *x, const void *y)
{
    return str_cmp(((const onnx_tensor *)x)->name, ((const onnx_tensor *)y)->name);
}

static int compare_to_tensor(const void *name, const void *x)
{
    return str_cmp(*(const str *)name, ((const onnx_tensor *)x)->name);
}

const onnx_tensor *onnx_filled(const onnx_graph *g, str name)
{
    if (!g->n_filled) return NULL;
    return bsearch(&name, g->filled, g->n_filled, sizeof *g->filled, compare_to_tensor);
}

static void drop_filled_inputs(onnx_graph *g)
{
    size_t n = 0;
    qsort(g->filled, g->n_filled, sizeof *g->filled, compare_tensors);
    for (size_t i = 0; i < g->n_in; i++)
        if (!onnx_filled(g, g->in[i].name)) g->in[n++] = g->in[i];
    g->n_in = n;
}

/* ---- the file ---- */

bool onnx_sniff(str bytes)
{
    wire_field f;
    bool version = false, has_graph = false;
    for (size_t n = 0; n < THINGS_MAX && wire_next(&bytes, &f); n++) {
        version |= f.number == 1 && f.type == WIRE_VARINT && f.i > 0 && f.i < IR_MAX;
        has_graph |= f.number == 7 && f.type == WIRE_BYTES;
        if (f.number > 64) return false;
    }
    return !bytes.n && wire_whole(bytes) && version && has_graph;
}

static bool model_field(struct reading *r, const wire_field *f, onnx_file *ret)
{
    struct place at = {NULL, "producer_name", SIZE_MAX};
    switch (f->number) {
    case 1:
        ret->ir = (int64_t)f->i;
        return true;
    case 2:
        return text(r, &at, f, &ret->producer);
    case 3:
        return text(r, &at, f, &ret->producer_version);
    case 7:
        return message_of(r, NULL, f) && graph(r, NULL, f->s, &ret->graph);
    case 20:
        return refuse(r, NULL, "export the model for inference",
                      "a graph for training is not read");
    case 25:
        return refuse(r, NULL, "inline the functions before saving (onnx.inliner)",
                      "functions of the file's own are not read");
    default:
        return true;
    }
}

bool onnx_read(arena *a, str bytes, onnx_file *ret, err *e)
{
    struct reading r = {.a = a, .things = THINGS_MAX, .e = e};
    wire_field f;
    size_t graphs = 0;
    *ret = (onnx_file){.producer = S(""), .producer_version = S("")};
    while (wire_next(&bytes, &f)) {
        if (f.number == 7 && graphs++) return refuse(&r, NULL, again, "a file with two graphs");
        if (!model_field(&r, &f, ret)) return false;
    }
    if (!whole(&r, NULL, bytes)) return false;
    if (!graphs) return refuse(&r, NULL, again, "a file without a graph");
    drop_filled_inputs(&ret->graph);
    return true;
}
