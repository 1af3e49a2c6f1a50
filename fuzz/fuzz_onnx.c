/* fuzz_onnx.c - any bytes as an ONNX file: what loads as trees must answer for any row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "model/onnx.h"
#include "model/trees.h"
#include <math.h>

enum { ROWS = 3, FEATURES_MOST = 64, OUTPUTS_MOST = 64 };

static void ask(const struct model *m, arena *a)
{
    static const float values[] = {0, NAN, -1e30f, 7, INFINITY, 0.5f, -0.0f};
    const model_info *i = model_describe(m);
    float x[ROWS * FEATURES_MOST], margin[ROWS * OUTPUTS_MOST];
    double out[ROWS * OUTPUTS_MOST];
    if (i->n_features > FEATURES_MOST || i->n_outputs > OUTPUTS_MOST) return;
    for (size_t k = 0; k < ROWS * i->n_features; k++)
        x[k] = values[k % COUNT(values)];
    err e = ERR_IN(a);
    if (model_forest(m).n) model_margin(m, x, ROWS, margin);
    if (!model_predict(m, x, ROWS, out, &e) && model_forest(m).n) abort(); /* trees always answer */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    setenv("AIMS_ONNXRUNTIME", "", 1); /* the runtime is not ours to fuzz */
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model m = {0}, *whole;
    str bytes = {(const char *)data, n};
    /* Also what the sniffing would turn away. */
    if (!onnx_load(a, a, bytes, &m, &e) && (!e.msg.n || e.code == ERR_OK)) abort();
    if (onnx_sniff(bytes) && model_load_bytes(a, bytes, &whole, &e)) ask(whole, a);
    arena_close(a);
    return 0;
}
