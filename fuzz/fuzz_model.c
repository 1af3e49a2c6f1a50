/* fuzz_model.c - any bytes as a model: what loads must answer for any row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "model/model.h"
#include <math.h>

enum { ROWS = 3, FEATURES_MAX = 64, OUTPUTS_MAX = 64 };

static void ask(const struct model *m)
{
    static const float values[] = {0, NAN, -1e30f, 7, 16777216, 0.5f, 31};
    const model_info *i = model_describe(m);
    float x[ROWS * FEATURES_MAX], margin[ROWS * OUTPUTS_MAX];
    double out[ROWS * OUTPUTS_MAX];
    if (i->n_features > FEATURES_MAX || i->n_outputs > OUTPUTS_MAX) return;
    for (size_t k = 0; k < ROWS * i->n_features; k++)
        x[k] = values[k % COUNT(values)];
    err e = ERR_IN(NULL);
    model_margin(m, x, ROWS, margin);
    if (!model_predict(m, x, ROWS, out, &e)) abort(); /* trees always answer */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model *m;
    if (model_load_bytes(a, (str){(const char *)data, n}, &m, &e))
        ask(m);
    else if (!e.msg.n || e.code == ERR_OK)
        abort();
    arena_close(a);
    return 0;
}
