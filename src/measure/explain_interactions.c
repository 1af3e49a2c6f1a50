/* explain_interactions.c - which pairs of features act together most, in trees. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

enum { MOST_ROWS = 1000, BLOCK = 128 };

struct pairing {
    const explain *x;
    size_t rows, n; /* rows looked at, pairs */
    moments *size;  /* block x pairs: of |interaction|, summed over the classes */
    moments *lean;  /* block x pairs: of the interaction, of one output */
};

/* Row number i of those looked at: explained ones at even distances. */
static size_t row_of(const struct pairing *p, size_t i)
{
    return i * p->x->rows / p->rows;
}

static bool look(void *ctx, size_t job, arena *a, err *e)
{
    const struct pairing *p = ctx;
    const explain *x = p->x;
    size_t f = x->features, from = job * BLOCK, n = p->rows - from < BLOCK ? p->rows - from : BLOCK;
    float *rows = arena_new(a, float, n *f);
    double *both = arena_new(a, double, n *f *f * x->outputs);
    (void)e;
    for (size_t i = 0; i < n; i++)
        memcpy(rows + i * f, x->x + row_of(p, from + i) * f, f * sizeof *rows);
    shap_interactions(x->shap, rows, n, both);
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0, k = 0; i < f; i++)
            for (size_t j = 0; j < i; j++, k++) {
                double size = 0, v = 0;
                for (size_t o = 0; o < x->outputs; o++) {
                    v = 2 * both[((r * x->outputs + o) * f + i) * f + j];
                    size += fabs(v);
                }
                moments_add(&p->size[job * p->n + k], size);
                moments_add(&p->lean[job * p->n + k], v);
            }
    return true;
}

static void pair_of(size_t k, size_t *ret_first, size_t *ret_second)
{
    size_t i = 1;
    while (k >= i)
        k -= i++;
    *ret_first = k;
    *ret_second = i;
}

static str slice_of(const explain *x, size_t k)
{
    buf b = buf_open(x->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    size_t i, j;
    pair_of(k, &i, &j);
    jw_obj(&w);
    jw_m_str(&w, "feature", str_fmt(x->a, "%.*s:%.*s", STR_ARG(x->names[i]), STR_ARG(x->names[j])));
    jw_obj_end(&w);
    return buf_str(&b);
}

/* A pair that a limit names has a figure however weak it is. */
static bool has_limit(const explain *x, str slice)
{
    for (size_t i = 0; i < x->plan->n_limits; i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        str named;
        bool same = str_eqz(x->plan->limits[i].metric, "mean_absolute_interaction") &&
                    plan_limit_slice(x->plan, i, &named, a, &e) && str_eq(named, slice);
        arena_close(a);
        if (same) return true;
    }
    return false;
}

static void write_pair(const struct pairing *p, size_t k, const moments *size, const moments *lean,
                       jw *w)
{
    const explain *x = p->x;
    double half = stat_normal_quantile((1 + x->plan->confidence) / 2) * moments_se(*size);
    size_t i, j;
    pair_of(k, &i, &j);
    jw_arr(w);
    jw_str(w, x->names[i]);
    jw_str(w, x->names[j]);
    jw_real(w, size->mean);
    jw_real(w, p->rows > 1 ? fmax(0, size->mean - half) : NAN);
    jw_real(w, p->rows > 1 ? size->mean + half : NAN);
    jw_real(w, x->outputs == 1 ? lean->mean : NAN);
    jw_arr_end(w);
}

static void give_pairs(explain *x, const struct pairing *p, size_t wanted, jw *w)
{
    static const char *const columns[] = {"feature", "with", "mean_absolute_interaction",
                                          "low",     "high", "mean_interaction"};
    moments *size = arena_new(x->a, moments, p->n), *lean = arena_new(x->a, moments, p->n);
    double *mean = arena_new(x->a, double, p->n);
    uint32_t *order = arena_new(x->a, uint32_t, p->n);
    for (size_t k = 0; k < p->n; k++) {
        for (size_t b = 0; b * BLOCK < p->rows; b++) {
            moments_merge(&size[k], p->size[b * p->n + k]);
            moments_merge(&lean[k], p->lean[b * p->n + k]);
        }
        mean[k] = size[k].mean;
    }
    explain_order(mean, p->n, order);
    result_open_table(w, "interactions", "Features that act together", columns, COUNT(columns));
    for (size_t k = 0; k < p->n; k++) {
        str slice = slice_of(x, order[k]);
        const moments *m = &size[order[k]];
        if (k >= wanted && !has_limit(x, slice)) continue;
        write_pair(p, order[k], m, &lean[order[k]], w);
        figures_add(&x->f, "mean_absolute_interaction", m->mean, (int64_t)p->rows, slice,
                    recipe_mean(*m, 0, INFINITY));
    }
    result_close_table(w);
}

bool explain_interactions(explain *x, double from, double to, jw *w, err *e)
{
    size_t wanted = (size_t)plan_number(x->plan, "interactions");
    struct pairing p = {.x = x,
                        .rows = x->rows < MOST_ROWS ? x->rows : MOST_ROWS,
                        .n = x->features * (x->features - 1) / 2};
    if (!x->shap || wanted == 0 || p.n == 0) return true;
    if (!shap_interactions_fit(x->shap)) {
        figures_note(&x->f, "interactions are left out: the model has too many features");
        return true;
    }
    size_t blocks = (p.rows + BLOCK - 1) / BLOCK;
    p.size = arena_new(x->a, moments, blocks * p.n);
    p.lean = arena_new(x->a, moments, blocks * p.n);
    if (!share_jobs(x->in, blocks, look, &p, from, to, e)) return false;
    give_pairs(x, &p, wanted, w);
    return true;
}
