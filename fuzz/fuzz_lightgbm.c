/* fuzz_lightgbm.c - any text as a LightGBM model: what loads gives the same answers both ways. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "model/model_impl.h"
#include <math.h>

enum { ROWS = 5, FEATURES = 64, OUTPUTS = 64 };

static uint32_t bits(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static void ask(struct model *m)
{
    static const float values[] = {0, NAN, -1e30f, 7, -0.5f, 1e-36f, 31, INFINITY};
    float x[ROWS * FEATURES], walked[ROWS * OUTPUTS], flat[ROWS * OUTPUTS];
    if (m->info.n_features > FEATURES || m->info.n_outputs > OUTPUTS) return;
    for (size_t k = 0; k < ROWS * m->info.n_features; k++)
        x[k] = values[(k * 5 + k / 7) % COUNT(values)];
    model_margin(m, x, ROWS, flat);
    m->flat = NULL;
    model_margin(m, x, ROWS, walked);
    for (size_t i = 0; i < ROWS * m->info.n_outputs; i++)
        if (bits(flat[i]) != bits(walked[i]) && !(isnan(flat[i]) && isnan(walked[i]))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model m = {0};
    if (lightgbm_load(a, a, (str){(const char *)data, n}, &m, &e)) {
        m.flat = flat_build(a, &m, flat_best());
        ask(&m);
    } else if (!e.msg.n || e.code == ERR_OK) {
        abort();
    }
    arena_close(a);
    return 0;
}
