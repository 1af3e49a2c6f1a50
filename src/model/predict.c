/* predict.c - rows through trees, a block of rows per tree so that both stay in the cache. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include <math.h>

enum { BLOCK = 64 };

/* ---- one tree ---- */

/* One level down for each row; false when all have arrived at leaves. No branches: the rows
 * go different ways, and a wrongly predicted branch costs more than all of this. */
static bool step_numbers(const tree *t, const float *x, size_t n_features, size_t n, uint32_t *at)
{
    uint32_t moving = 0;
    for (size_t r = 0; r < n; r++, x += n_features) {
        const tree_node *k = &t->nodes[at[r]];
        float v = x[k->feature];
        uint32_t right =
            (uint32_t)(v >= k->value) | ((uint32_t)(v != v) & (k->flags / NODE_MISSING_RIGHT));
        uint32_t inner = k->flags & NODE_INNER;
        at[r] = k->left + (right & inner);
        moving |= inner;
    }
    return moving;
}

/* What is out of range is in no set, as in common::Decision of XGBoost. */
static bool is_member(const category_set *s, float v)
{
    if (v < 0 || v >= CATEGORY_MAX) return false;
    uint32_t c = (uint32_t)v;
    return c / 32 < s->n_words && (s->words[c / 32] >> (c % 32) & 1);
}

bool tree_right(const tree *t, uint32_t node, float x)
{
    const tree_node *k = &t->nodes[node];
    if (isnan(x) || ((k->flags & NODE_ZERO_MISSING) && fabsf(x) <= TREE_ZERO))
        return (k->flags & NODE_MISSING_RIGHT) != 0;
    if (!(k->flags & NODE_CATEGORY)) return x >= k->value;
    if (!(k->flags & NODE_MEMBER_LEFT)) return is_member(&t->sets[node], x);
    return !is_member(&t->sets[node], truncf(x)); /* LightGBM's cast makes -0.5 a 0 */
}

void tree_decide(const tree *t, uint32_t node, const float x[TREE_BLOCK], uint8_t ret[TREE_BLOCK])
{
    const tree_node *k = &t->nodes[node];
    uint8_t missing = (k->flags & NODE_MISSING_RIGHT) != 0;
    float at = k->value;
    if (k->flags & (NODE_CATEGORY | NODE_ZERO_MISSING))
        for (size_t r = 0; r < TREE_BLOCK; r++)
            ret[r] = tree_right(t, node, x[r]);
    else
        for (size_t r = 0; r < TREE_BLOCK; r++)
            ret[r] = (uint8_t)((x[r] >= at) | ((x[r] != x[r]) & missing));
}

static bool step_mixed(const tree *t, const float *x, size_t n_features, size_t n, uint32_t *at)
{
    bool moving = false;
    for (size_t r = 0; r < n; r++, x += n_features) {
        const tree_node *k = &t->nodes[at[r]];
        if (!(k->flags & NODE_INNER)) continue;
        at[r] = k->left + tree_right(t, at[r], x[k->feature]);
        moving = true;
    }
    return moving;
}

void tree_add(const tree *t, const float *x, size_t n_features, size_t n, float *out,
              size_t n_outputs)
{
    uint32_t at[BLOCK] = {0};
    bool moving = true;
    for (uint32_t d = 0; moving && d < t->depth; d++)
        moving =
            t->simple ? step_numbers(t, x, n_features, n, at) : step_mixed(t, x, n_features, n, at);
    for (size_t r = 0; r < n; r++)
        out[r * n_outputs + t->output] += t->nodes[at[r]].value;
}

/* ---- the ensemble ---- */

/* Leaves are added in float and in tree order, as the original does: the sums are the same bits. */
void model_margin(const struct model *m, const float *x, size_t rows, float *ret_out)
{
    size_t f = m->info.n_features, k = m->info.n_outputs;
    for (size_t from = 0; from < rows; from += BLOCK) {
        size_t n = rows - from < BLOCK ? rows - from : BLOCK;
        float *out = ret_out + from * k;
        for (size_t i = 0; i < n * k; i++)
            out[i] = m->base[i % k];
        for (size_t t = 0; t < m->info.n_trees; t++)
            tree_add(&m->trees[t], x + from * f, f, n, out, k);
    }
}

/* ---- links ---- */

/* In float and with the same guards as XGBoost (src/common/math.h), to give its very values. */
static float logistic(float v)
{
    float x = -v < 88.7f ? -v : 88.7f;
    return 1.0f / (expf(x) + 1.0f + 1e-16f);
}

static void softmax(const float *v, size_t n, double *ret)
{
    float max = v[0];
    double sum = 0;
    for (size_t i = 1; i < n; i++)
        max = fmaxf(v[i], max);
    for (size_t i = 0; i < n; i++) {
        ret[i] = (double)expf(v[i] - max);
        sum += ret[i];
    }
    for (size_t i = 0; i < n; i++)
        ret[i] = (double)((float)ret[i] / (float)sum);
}

static void transform(const struct model *m, const float *v, double *ret)
{
    size_t n = m->info.n_outputs;
    if (m->link == LINK_SOFTMAX) {
        softmax(v, n, ret);
        return;
    }
    for (size_t i = 0; i < n; i++)
        ret[i] = (double)(m->link == LINK_LOGISTIC ? logistic(v[i])
                          : m->link == LINK_EXP    ? expf(v[i])
                                                   : v[i]);
}

static void predict_trees(const struct model *m, const float *x, size_t rows, double *ret_out)
{
    float margin[OUTPUTS_MAX] = {0};
    size_t f = m->info.n_features, k = m->info.n_outputs;
    size_t block = OUTPUTS_MAX / k < BLOCK ? OUTPUTS_MAX / k : BLOCK;
    for (size_t from = 0; from < rows; from += block) {
        size_t n = rows - from < block ? rows - from : block;
        model_margin(m, x + from * f, n, margin);
        for (size_t r = 0; r < n; r++)
            transform(m, margin + r * k, ret_out + (from + r) * k);
    }
}

bool model_predict(const struct model *m, const float *x, size_t rows, double *ret_out, err *e)
{
    if (m->predict) return m->predict(m, x, rows, ret_out, e);
    predict_trees(m, x, rows, ret_out);
    return true;
}
