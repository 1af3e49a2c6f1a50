/* fuzz_threat.c - threat models from any JSON: refused, or projections and draws are allowed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/threat.h"
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FEATURES = 6, ROWS = 4 };

static void must(bool ok)
{
    if (!ok) abort();
}

static void try_rows(const threat *t, const float *rows, uint64_t seed)
{
    rng r = rng_open(seed, 1, 1);
    for (size_t k = 0; k < 2 * ROWS; k++) {
        const float *x0 = rows + k % ROWS * FEATURES;
        float x[FEATURES];
        threat_random(t, x0, &r, x);
        must(threat_allowed(t, x0, x));
        must(threat_distance(t, x0, x) >= 0);
        for (size_t i = 0; i < FEATURES; i++)
            x[i] = rng_uniform(&r) < 0.1 ? NAN : (float)(rng_uniform(&r) * 20 - 5);
        threat_project(t, x0, x);
        must(threat_allowed(t, x0, x));
        must(threat_distance(t, x0, x0) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const float rows[ROWS * FEATURES] = {1, 2,    3, 1, 0, 0, /* */
                                                4, NAN,  5, 0, 1, 0, /* */
                                                7, 8.5f, 3, 0, 0, 1, /* */
                                                2, -1,   4, 1, 0, 0};
    static const bool categorical[FEATURES] = {[2] = true};
    str names[FEATURES] = {S("a"), S("b"), S("c"), S("d"), S("e"), S("f")};
    threat_data about = {names, FEATURES, categorical, rows, ROWS, NULL};
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *d;
    threat t;
    if (doc_parse(a, (str){(const char *)data, size}, 1 << 16, &d, &e)) {
        if (threat_make(a, d, &about, S("threat"), &t, &e))
            try_rows(&t, rows, size);
        else
            must(e.code != ERR_OK && e.msg.n > 0 && str_starts(e.path, S("threat")));
    }
    arena_close(a);
    return 0;
}
