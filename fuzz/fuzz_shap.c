/* fuzz_shap.c - any bytes as a model: what loads and can be explained must add up for any row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "measure/shap.h"
#include "model/trees.h"
#include <math.h>

enum { ROWS = 3, FEATURES_MAX = 64, OUTPUTS_MAX = 64 };

/* The margin in doubles, which the values must add up to. */
static double margin_of(const struct model *m, const float *x, size_t output)
{
    forest f = model_forest(m);
    double sum = (double)f.base[output];
    for (size_t i = 0; i < f.n; i++) {
        const tree *t = &f.at[i];
        uint32_t at = 0;
        while (t->nodes[at].flags & NODE_INNER)
            at = t->nodes[at].left + tree_right(t, at, x[t->nodes[at].feature]);
        if (t->output == output) sum += (double)t->nodes[at].value;
    }
    return sum;
}

static void check(const struct shap *s, const struct model *m, const float *x)
{
    static double phi[ROWS * OUTPUTS_MAX * (FEATURES_MAX + 1)];
    const model_info *i = model_describe(m);
    size_t per = i->n_features + 1;
    shap_values(s, x, ROWS, phi);
    for (size_t k = 0; k < ROWS * i->n_outputs; k++) {
        double sum = 0, size = 1;
        for (size_t f = 0; f < per; f++) {
            sum += phi[k * per + f];
            size += fabs(phi[k * per + f]);
        }
        double want = margin_of(m, x + k / i->n_outputs * i->n_features, k % i->n_outputs);
        if (!(fabs(sum - want) <= 1e-8 * (size + fabs(want)))) abort();
    }
}

static void explain(arena *a, const struct model *m)
{
    static const float values[] = {0, NAN, -1e30f, 7, 16777216, 0.5f, 31};
    const model_info *i = model_describe(m);
    float x[ROWS * FEATURES_MAX];
    struct shap *s;
    err e = ERR_IN(a);
    if (i->n_features > FEATURES_MAX || i->n_outputs > OUTPUTS_MAX) return;
    for (size_t k = 0; k < ROWS * i->n_features; k++)
        x[k] = values[k * k % COUNT(values)];
    if (shap_path(a, m, &s, &e)) check(s, m, x);
    if (shap_interventional(a, m, x, 2, &s, &e)) check(s, m, x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model *m;
    if (model_load_bytes(a, (str){(const char *)data, n}, &m, &e)) explain(a, m);
    arena_close(a);
    return 0;
}
