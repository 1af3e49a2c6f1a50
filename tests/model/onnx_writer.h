/* onnx_writer.h - writes ONNX files for the tests of the reader. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_MODEL_ONNX_WRITER_H
#define AIMS_TESTS_MODEL_ONNX_WRITER_H
#include "model/onnx.h"

void put_varint(buf *b, uint64_t v);
void put_number(buf *b, uint32_t field, uint64_t v);
void put_text(buf *b, uint32_t field, str s); /* texts, bytes and messages */

/* One node of a graph, attribute by attribute; then a graph of it alone. */
typedef struct writer {
    arena *a;
    buf node;
} writer;
writer writer_open(arena *a, const char *op);
void write_ints(writer *w, const char *name, const int64_t *v, size_t n);
void write_reals(writer *w, const char *name, const float *v, size_t n);
void write_texts(writer *w, const char *name, const char *const *v, size_t n);
void write_text(writer *w, const char *name, const char *v);
void write_int(writer *w, const char *name, int64_t v);
/* An input or output; columns < 0: open. */
str written_value(arena *a, const char *name, onnx_type t, int64_t columns);
/* A file with the node: input X of floats, and its outputs. */
str written(writer *w, int64_t columns, const char *const *outputs, size_t n);
/* The file around a graph. */
str written_file(arena *a, str graph);

#endif
