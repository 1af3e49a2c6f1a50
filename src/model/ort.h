/* ort.h - what ort.c asks of a session of ONNX Runtime; the library's header stays in
 * ort_session.c. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_ORT_H
#define AIMS_MODEL_ORT_H
#include "model/onnx.h"

struct ort_session;

/* A tensor that goes in: rows x columns elements of `type`, row by row. */
typedef struct ort_tensor {
    const char *name;
    onnx_type type;
    int rank; /* 1: a list of rows; 2 */
    int64_t rows, columns;
    void *data;
} ort_tensor;

/* UNAVAILABLE: no library, or one that is too old. INVALID: it does not take the model. Closed with
 * the arena; `bytes` may go before it. */
bool ort_open(arena *a, str bytes, struct ort_session **ret, err *e) NODISCARD;
/* Asks for one output, a tensor of floats or doubles; *ret has as many as it gave, in `a`. May be
 * called by many threads. */
bool ort_run(const struct ort_session *s, const ort_tensor *in, size_t n, const char *output,
             arena *a, double **ret, size_t *ret_n, err *e) NODISCARD;

#endif
