/* onnx_writer.c - protobuf by hand, for the tests of its reader. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx_writer.h"

enum { SIZE_MAX_BYTES = 1 << 24 };

void put_varint(buf *b, uint64_t v)
{
    for (; v > 127; v >>= 7)
        buf_putc(b, (char)((v & 127) | 128));
    buf_putc(b, (char)v);
}

void put_number(buf *b, uint32_t field, uint64_t v)
{
    put_varint(b, field << 3 | WIRE_VARINT);
    put_varint(b, v);
}

void put_text(buf *b, uint32_t field, str s)
{
    put_varint(b, field << 3 | WIRE_BYTES);
    put_varint(b, s.n);
    buf_put(b, s);
}

static buf open_attribute(writer *w, const char *name, uint64_t type)
{
    buf b = buf_open(w->a, SIZE_MAX_BYTES);
    put_text(&b, 1, str_of(name));
    put_number(&b, 20, type);
    return b;
}

static void close_attribute(writer *w, buf *b)
{
    put_text(&w->node, 5, buf_str(b));
}

writer writer_open(arena *a, const char *op)
{
    writer w = {.a = a, .node = buf_open(a, SIZE_MAX_BYTES)};
    put_text(&w.node, 1, S("X"));
    put_text(&w.node, 4, str_of(op));
    if (strncmp(op, "Tree", 4) == 0 || strncmp(op, "Linear", 6) == 0)
        put_text(&w.node, 7, S("ai.onnx.ml"));
    return w;
}

void write_ints(writer *w, const char *name, const int64_t *v, size_t n)
{
    buf b = open_attribute(w, name, 7);
    for (size_t i = 0; i < n; i++)
        put_number(&b, 8, (uint64_t)v[i]);
    close_attribute(w, &b);
}

void write_reals(writer *w, const char *name, const float *v, size_t n)
{
    buf b = open_attribute(w, name, 6);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        put_varint(&b, 7 << 3 | WIRE_32);
        for (int k = 0; k < 4; k++)
            buf_putc(&b, (char)(bits >> (8 * k)));
    }
    close_attribute(w, &b);
}

void write_texts(writer *w, const char *name, const char *const *v, size_t n)
{
    buf b = open_attribute(w, name, 8);
    for (size_t i = 0; i < n; i++)
        put_text(&b, 9, str_of(v[i]));
    close_attribute(w, &b);
}

void write_text(writer *w, const char *name, const char *v)
{
    buf b = open_attribute(w, name, 3);
    put_text(&b, 4, str_of(v));
    close_attribute(w, &b);
}

void write_int(writer *w, const char *name, int64_t v)
{
    buf b = open_attribute(w, name, 2);
    put_number(&b, 3, (uint64_t)v);
    close_attribute(w, &b);
}

static str wrapped(arena *a, uint32_t field, str inner)
{
    buf b = buf_open(a, SIZE_MAX_BYTES);
    put_text(&b, field, inner);
    return buf_str(&b);
}

str written_value(arena *a, const char *name, onnx_type t, int64_t columns)
{
    buf shape = buf_open(a, 256), tensor = buf_open(a, 256), value = buf_open(a, 4096),
        dim = buf_open(a, 64);
    if (columns >= 0) put_number(&dim, 1, (uint64_t)columns);
    put_text(&shape, 1, wrapped(a, 2, S("N")));
    put_text(&shape, 1, columns >= 0 ? buf_str(&dim) : wrapped(a, 2, S("M")));
    put_number(&tensor, 1, (uint64_t)t);
    put_text(&tensor, 2, buf_str(&shape));
    put_text(&value, 1, str_of(name));
    put_text(&value, 2, wrapped(a, 1, buf_str(&tensor)));
    return buf_str(&value);
}

str written_file(arena *a, str graph)
{
    buf all = buf_open(a, SIZE_MAX_BYTES), main = buf_open(a, 64), ml = buf_open(a, 64);
    put_text(&main, 1, S(""));
    put_number(&main, 2, 15);
    put_text(&ml, 1, S("ai.onnx.ml"));
    put_number(&ml, 2, 3);
    put_number(&all, 1, 8);
    put_text(&all, 2, S("test"));
    put_text(&all, 7, graph);
    put_text(&all, 8, buf_str(&main));
    put_text(&all, 8, buf_str(&ml));
    return buf_str(&all);
}

str written(writer *w, int64_t columns, const char *const *outputs, size_t n)
{
    buf graph = buf_open(w->a, SIZE_MAX_BYTES);
    for (size_t i = 0; i < n; i++)
        put_text(&w->node, 2, str_of(outputs[i]));
    put_text(&graph, 1, buf_str(&w->node));
    put_text(&graph, 2, S("g"));
    put_text(&graph, 11, written_value(w->a, "X", ONNX_FLOAT, columns));
    for (size_t i = 0; i < n; i++)
        put_text(&graph, 12,
                 written_value(w->a, outputs[i],
                               strcmp(outputs[i], "label") == 0 ? ONNX_INT64 : ONNX_FLOAT, -1));
    return written_file(w->a, buf_str(&graph));
}
