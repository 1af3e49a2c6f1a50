/* predict.c - rows through trees, a block of rows per tree so that both stay in the cache. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include <math.h>

/* A whole block is asked at once for what walking FEW rows takes (bench/predict.sh). */
enum { BLOCK = FLAT_ROWS, FEW = 20 };

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

/* The pick of each row, see flat_leaf. */
static void walk(const tree *t, const float *x, size_t n_features, size_t n, uint32_t ret[BLOCK])
{
    uint32_t at[BLOCK] = {0};
    bool moving = true;
    for (uint32_t d = 0; moving && d < t->depth; d++)
        moving =
            t->simple ? step_numbers(t, x, n_features, n, at) : step_mixed(t, x, n_features, n, at);
    for (size_t r = 0; r < n; r++)
        ret[r] = flat_leaf(t, at[r]);
}

/* ---- the ensemble ---- */

/* A block of rows, and the margins that grow: floats, or doubles of a wide model. */
struct block {
    const struct model *m;
    const float *x;
    size_t n;
    float *narrow;
    double *wide;
};

/* picks: see flat_leaf. */
static void add_picks(const struct block *b, const tree *t, const uint32_t *picks)
{
    size_t k = b->m->info.n_outputs;
    float value[BLOCK];
    if (b->wide) {
        for (size_t r = 0; r < b->n; r++)
            b->wide[r * k + t->output] += t->leaf[picks[r]];
        return;
    }
    memcpy(value, picks, sizeof value);
    for (size_t r = 0; r < b->n && k > 1; r++)
        b->narrow[r * k + t->output] += value[r];
    for (size_t r = 0; r < b->n && k == 1; r++)
        b->narrow[r] += value[r];
}

/* Sums are made in the order of the trees and in the original's precision: they are its bits. */
static void add_trees(const struct block *b)
{
    __attribute__((uninitialized)) flat_scratch s;
    const struct model *m = b->m;
    const struct flat *flat = b->n > FEW ? m->flat : NULL;
    if (flat) flat_columns(flat, b->x, m->info.n_features, b->n, &s);
    for (size_t i = 0; i < m->info.n_trees; i++) {
        uint32_t walked[BLOCK];
        const uint32_t *picks = flat ? flat_pick(flat, i, &s) : NULL;
        if (!picks) {
            walk(&m->trees[i], b->x, m->info.n_features, b->n, walked);
            picks = walked;
        }
        add_picks(b, &m->trees[i], picks);
    }
}

static void margin_narrow(const struct model *m, const float *x, size_t n, float *ret)
{
    struct block b = {.m = m, .x = x, .n = n, .narrow = ret};
    for (size_t i = 0; i < n * m->info.n_outputs; i++)
        ret[i] = m->base[i % m->info.n_outputs];
    add_trees(&b);
}

static void margin_wide(const struct model *m, const float *x, size_t n, double *ret)
{
    struct block b = {.m = m, .x = x, .n = n, .wide = ret};
    for (size_t i = 0; i < n * m->info.n_outputs; i++)
        ret[i] = (double)m->base[i % m->info.n_outputs];
    add_trees(&b);
}

/* Rows whose margins fit in a block's buffer. */
static size_t block_rows(const struct model *m)
{
    size_t fit = OUTPUTS_MAX / m->info.n_outputs;
    return fit < BLOCK ? fit : BLOCK;
}

void model_margin(const struct model *m, const float *x, size_t rows, float *ret_out)
{
    double wide[OUTPUTS_MAX];
    size_t f = m->info.n_features, k = m->info.n_outputs, block = m->wide ? block_rows(m) : BLOCK;
    for (size_t from = 0; from < rows; from += block) {
        size_t n = rows - from < block ? rows - from : block;
        float *out = ret_out + from * k;
        if (!m->wide) {
            margin_narrow(m, x + from * f, n, out);
            continue;
        }
        margin_wide(m, x + from * f, n, wide);
        for (size_t i = 0; i < n * k; i++)
            out[i] = (float)wide[i];
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

static void link_narrow(const struct model *m, const float *v, double *ret)
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

/* As ConvertOutput of LightGBM's objectives. */
static double link_one(const struct model *m, double v)
{
    switch (m->link) {
    case LINK_LOGISTIC:
        return 1 / (1 + exp(-m->slope * v));
    case LINK_EXP:
        return exp(v);
    case LINK_LOG1P_EXP:
        return log1p(exp(v));
    case LINK_SIGNED_SQUARE:
        return v * fabs(v);
    case LINK_IDENTITY:
    case LINK_SOFTMAX:
        break;
    }
    return v;
}

static void link_wide(const struct model *m, double *v)
{
    size_t n = m->info.n_outputs;
    double max = v[0], sum = 0;
    for (size_t i = 0; i < n; i++)
        max = fmax(v[i], max);
    for (size_t i = 0; i < n; i++) {
        v[i] = m->link == LINK_SOFTMAX ? exp(v[i] - max) : link_one(m, v[i]);
        sum += v[i];
    }
    for (size_t i = 0; i < n && m->link == LINK_SOFTMAX; i++)
        v[i] /= sum;
}

static void predict_block(const struct model *m, const float *x, size_t n, double *ret)
{
    float margin[OUTPUTS_MAX] = {0};
    size_t k = m->info.n_outputs;
    if (m->wide)
        margin_wide(m, x, n, ret);
    else
        margin_narrow(m, x, n, margin);
    for (size_t r = 0; r < n; r++)
        if (m->wide)
            link_wide(m, ret + r * k);
        else
            link_narrow(m, margin + r * k, ret + r * k);
}

static void undo_slips(const struct model *m, size_t rows, double *ret)
{
    if (m->info.task == MODEL_REGRESSION) return;
    for (size_t i = 0; i < rows * m->info.n_outputs; i++)
        ret[i] = model_chance(ret[i]);
}

static void predict_trees(const struct model *m, const float *x, size_t rows, double *ret)
{
    size_t block = block_rows(m);
    for (size_t from = 0; from < rows; from += block) {
        size_t n = rows - from < block ? rows - from : block;
        predict_block(m, x + from * m->info.n_features, n, ret + from * m->info.n_outputs);
    }
}

bool model_predict(const struct model *m, const float *x, size_t rows, double *ret_out, err *e)
{
    if (!m->predict) predict_trees(m, x, rows, ret_out);
    if (m->predict && !m->predict(m, x, rows, ret_out, e)) return false;
    if (m->predict || m->link == LINK_IDENTITY) undo_slips(m, rows, ret_out);
    return true;
}
