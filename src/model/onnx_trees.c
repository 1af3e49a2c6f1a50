/* onnx_trees.c - from sums of leaves to what ONNX Runtime's tree operators answer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx.h"
#include <math.h>

enum { BLOCK = 64 };

/* The formulas and their float steps are those of ml_common.h in microsoft/onnxruntime. */
static float logistic(float v)
{
    float p = 1 / (1 + expf(-fabsf(v)));
    return v < 0 ? 1 - p : p;
}

static float inverse_erf(float x)
{
    float sign = x < 0 ? -1.0f : 1.0f;
    float log = logf((1 - x) * (1 + x));
    float v = 2 / (3.14159f * 0.147f) + 0.5f * log;
    return sign * sqrtf(-v + sqrtf(v * v - 1 / 0.147f * log));
}

static float probit(float v)
{
    return 1.41421356f * inverse_erf(2 * v - 1);
}

static void softmax(float *v, size_t n, bool skip_zero)
{
    float max = v[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        max = fmaxf(v[i], max);
    for (size_t i = 0; i < n; i++) {
        bool zero = skip_zero && fabsf(v[i]) <= 1e-7f;
        v[i] = zero ? v[i] * expf(-max) : expf(v[i] - max);
        if (!zero) sum += v[i];
    }
    for (size_t i = 0; i < n; i++)
        v[i] /= sum;
}

static void normalise(float *v, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabsf(v[i]);
    for (size_t i = 0; i < n && sum > 0; i++)
        v[i] /= sum;
}

static void transform(const onnx_trees *t, float *v, size_t n)
{
    if (t->post == POST_SOFTMAX || t->post == POST_SOFTMAX_ZERO)
        softmax(v, n, t->post == POST_SOFTMAX_ZERO);
    for (size_t i = 0; i < n; i++)
        v[i] = t->post == POST_LOGISTIC ? logistic(v[i])
               : t->post == POST_PROBIT ? probit(v[i])
                                        : v[i];
    if (t->normalise) normalise(v, n);
}

bool onnx_trees_predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    const onnx_trees *t = m->self;
    float sum[OUTPUTS_MAX];
    size_t k = m->info.n_outputs, block = OUTPUTS_MAX / k < BLOCK ? OUTPUTS_MAX / k : BLOCK;
    (void)e;
    for (size_t from = 0; from < rows; from += block) {
        size_t n = rows - from < block ? rows - from : block;
        model_margin(&t->sums, x + from * m->info.n_features, n, sum);
        for (size_t i = 0; i < n * k; i++)
            sum[i] += m->base[i % k];
        for (size_t r = 0; r < n; r++)
            transform(t, sum + r * k, k);
        for (size_t i = 0; i < n * k; i++)
            ret[from * k + i] = (double)sum[i];
    }
    return true;
}
