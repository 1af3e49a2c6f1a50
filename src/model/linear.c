/* linear.c - evaluates linear models in double, and goes back from outputs to margins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/linear.h"
#include "model/model_impl.h"
#include <math.h>

const linear_model *model_linear(const struct model *m)
{
    return m->linear;
}

void linear_margin(const linear_model *l, const float *x, size_t rows, double *ret)
{
    size_t n = l->n_features;
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < l->n_outputs; k++) {
            double sum = l->bias[k];
            for (size_t i = 0; i < n; i++)
                sum += l->weight[k * n + i] * (double)x[r * n + i];
            ret[r * l->n_outputs + k] = sum;
        }
}

/* ---- links ---- */

static double logistic(double v)
{
    double p = exp(-fabs(v));
    return (v < 0 ? p : 1) / (1 + p);
}

static void softmax(double *v, size_t n)
{
    double max = v[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        max = fmax(max, v[i]);
    for (size_t i = 0; i < n; i++)
        sum += v[i] = exp(v[i] - max);
    for (size_t i = 0; i < n; i++)
        v[i] /= sum;
}

static void shares(double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] = logistic(v[i]);
    for (size_t i = 0; i < n && sum > 0; i++)
        v[i] /= sum;
}

static void transform(linear_link how, double *v, size_t n)
{
    if (how == LINEAR_SOFTMAX) softmax(v, n);
    if (how == LINEAR_SHARES) shares(v, n);
    for (size_t i = 0; how == LINEAR_LOGISTIC && i < n; i++)
        v[i] = logistic(v[i]);
}

bool linear_predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    const linear_model *l = m->linear;
    size_t k = l->n_outputs;
    linear_margin(l, x, rows, ret);
    for (size_t i = 0; i < rows * k; i++)
        if (isnan(ret[i]))
            return err_set(e, ERR_INVALID, S("model"),
                           S("fill missing values before: a linear model has no answer to them"),
                           "a row has a missing or infinite value");
    for (size_t r = 0; r < rows; r++)
        transform(l->link, ret + r * k, k);
    return true;
}

/* ---- from outputs back to margins ---- */

static double unlink_of(const linear_model *l, double out)
{
    if (l->link == LINEAR_IDENTITY) return out;
    return out <= 0 ? -INFINITY : out >= 1 ? INFINITY : log(out / (1 - out));
}

/* A link is right to a few units in the last place: 2^-46 is 64 of them. */
void linear_margin_of(const linear_model *l, double out, double *ret_lo, double *ret_hi)
{
    double off = l->link == LINEAR_IDENTITY ? 0 : fabs(out) * 0x1p-46;
    *ret_lo = unlink_of(l, out - off);
    *ret_hi = unlink_of(l, out + off);
}

/* Outputs of the logistic function are right to 2^-50, a margin up to 12 then to e^12 of that.
 */
double linear_margin_apart(const linear_model *l, double *ret_lo, double *ret_hi)
{
    bool flat = l->link == LINEAR_LOGISTIC || l->link == LINEAR_SHARES;
    *ret_lo = flat ? -700 : -INFINITY;
    *ret_hi = flat ? 11.9 : INFINITY;
    return flat ? 0x1p-31 : l->link == LINEAR_SOFTMAX ? 0x1p-40 : 0;
}

double linear_rounding(const linear_model *l, size_t output, const double *size)
{
    const double *w = l->weight + output * l->n_features;
    double sum = fabs(l->bias[output]);
    for (size_t i = 0; i < l->n_features; i++)
        sum += fabs(w[i]) * size[i];
    return ((double)l->n_features + 4) * sum * 0x1p-52;
}
