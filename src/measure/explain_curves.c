/* explain_curves.c - how the answer goes with one feature: partial dependence, ICE, ALE. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/explain.h"
#include "measure/plan.h"
#include <math.h>

enum { STREAM_CURVES = 47, CURVE_ROWS = 500, GRID = 21 };

struct curve {
    size_t feature, output, n, missing;
    float at[GRID];
    double mean[GRID], se[GRID], low_ice[GRID], high_ice[GRID]; /* partial dependence */
    double effect[GRID], effect_se[GRID];                       /* accumulated; numbers only */
    bool accumulated;
};

struct drawing {
    const explain *x;
    const float *rows; /* n x features */
    size_t n;
    struct curve *curves;
};

static int by_value(const void *p, const void *q)
{
    float a = *(const float *)p, b = *(const float *)q;
    return (a > b) - (a < b);
}

/* All values when they are few, else those at 0, 5, ... 100 % of the rows; each once. */
static void lay_grid(const struct drawing *d, struct curve *c, arena *a)
{
    float *v = arena_new(a, float, d->n);
    size_t n = 0, distinct = 0;
    for (size_t r = 0; r < d->n; r++) {
        float x = d->rows[r * d->x->features + c->feature];
        if (!isnan(x)) v[n++] = x;
    }
    c->missing = d->n - n;
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || v[i] > v[i - 1];
    size_t steps = distinct <= GRID ? n : GRID;
    for (size_t i = 0; i < steps; i++) {
        float x = v[steps > 1 ? i * (n - 1) / (steps - 1) : 0];
        if (c->n == 0 || x > c->at[c->n - 1]) c->at[c->n++] = x;
    }
}

/* Answers to the rows when the feature has `value`, or per row one of `values`. */
static bool ask_with(const struct drawing *d, const struct curve *c, float value,
                     const float *values, float *x, double *all, double *ret, err *e)
{
    size_t f = d->x->features;
    memcpy(x, d->rows, d->n * f * sizeof *x);
    for (size_t r = 0; r < d->n; r++)
        x[r * f + c->feature] = values ? values[r] : value;
    if (!explain_ask(d->x, x, d->n, all, e)) return false;
    for (size_t r = 0; r < d->n; r++)
        ret[r] = all[r * d->x->outputs + c->output];
    return true;
}

/* Friedman 2001; single rows' curves from a common start (c-ICE, Goldstein et al. 2015). */
static bool partial_dependence(const struct drawing *d, struct curve *c, float *x, double *all,
                               arena *a, err *e)
{
    double *first = arena_new(a, double, d->n), *now = arena_new(a, double, d->n);
    for (size_t g = 0; g < c->n; g++) {
        moments m = {0};
        if (!ask_with(d, c, c->at[g], NULL, x, all, now, e)) return false;
        if (g == 0) memcpy(first, now, d->n * sizeof *now);
        for (size_t r = 0; r < d->n; r++) {
            moments_add(&m, now[r]);
            now[r] -= first[r];
        }
        c->mean[g] = m.mean;
        c->se[g] = moments_se(m);
        c->low_ice[g] = c->mean[0] + stat_quantile(now, d->n, 0.1);
        c->high_ice[g] = c->mean[0] + stat_quantile(now, d->n, 0.9);
    }
    return true;
}

/* The mean change across each interval of the grid, of the rows that lie in it. */
static bool local_changes(const struct drawing *d, const struct curve *c, moments *bins, float *x,
                          double *all, arena *a, err *e)
{
    double *low = arena_new(a, double, d->n), *high = arena_new(a, double, d->n);
    float *from = arena_new(a, float, d->n), *to = arena_new(a, float, d->n);
    size_t *bin = arena_new(a, size_t, d->n);
    for (size_t r = 0; r < d->n; r++) {
        float v = d->rows[r * d->x->features + c->feature];
        while (bin[r] + 2 < c->n && v > c->at[bin[r] + 1])
            bin[r]++;
        from[r] = isnan(v) ? v : c->at[bin[r]];
        to[r] = isnan(v) ? v : c->at[bin[r] + 1];
    }
    if (!ask_with(d, c, 0, from, x, all, low, e) || !ask_with(d, c, 0, to, x, all, high, e))
        return false;
    for (size_t r = 0; r < d->n; r++)
        if (!isnan(from[r])) moments_add(&bins[bin[r]], high[r] - low[r]);
    return true;
}

/* Apley & Zhu (2020): summed up, and centred on the rows. The intervals are independent of each
 * other, and the centre is a weighted sum of their means, so the errors add up exactly. */
static bool accumulated_effects(const struct drawing *d, struct curve *c, float *x, double *all,
                                arena *a, err *e)
{
    moments bins[GRID] = {{0}}, pooled = {0};
    double weight[GRID] = {0}, centre = 0, rows = (double)(d->n - c->missing), after = 0;
    if (!local_changes(d, c, bins, x, all, a, e)) return false;
    for (size_t k = c->n - 1; k-- > 0;) {
        weight[k] = (after + bins[k].n / 2) / rows;
        after += bins[k].n;
        centre += weight[k] * bins[k].mean;
        pooled.m2 += bins[k].m2;
        pooled.n += fmax(bins[k].n - 1, 0);
    }
    double sum = -centre;
    for (size_t g = 0; g < c->n; g++) {
        double var = 0;
        for (size_t k = 0; k + 1 < c->n; k++) {
            double part = (k < g) - weight[k];
            double spread =
                bins[k].n > 1 ? bins[k].m2 / (bins[k].n - 1) : pooled.m2 / fmax(pooled.n, 1);
            if (bins[k].n > 0) var += part * part * spread / bins[k].n;
        }
        c->effect[g] = sum;
        c->effect_se[g] = sqrt(var);
        if (g + 1 < c->n) sum += bins[g].mean;
    }
    c->accumulated = true;
    return true;
}

static bool draw_curve(void *ctx, size_t job, arena *a, err *e)
{
    const struct drawing *d = ctx;
    struct curve *c = &d->curves[job];
    float *x = arena_new(a, float, d->n * d->x->features);
    double *all = arena_new(a, double, d->n * d->x->outputs);
    lay_grid(d, c, a);
    if (!partial_dependence(d, c, x, all, a, e)) return false;
    if (c->n < 3 || d->x->model->categorical[c->feature]) return true;
    return accumulated_effects(d, c, x, all, a, e);
}

/* ---- for the page ---- */

static void write_series(jw *w, const char *name, const struct curve *c, const double *y,
                         const double *se, double times)
{
    jw_obj(w);
    jw_m_strz(w, "name", name);
    jw_key(w, "points");
    jw_arr(w);
    for (size_t g = 0; g < c->n; g++) {
        jw_arr(w);
        jw_real(w, (double)c->at[g]);
        jw_real(w, y[g] + (se ? times * se[g] : 0));
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static void open_figure(const explain *x, const struct curve *c, const char *id, const char *title,
                        jw *w)
{
    jw_obj(w);
    jw_m_str(w, "id", str_fmt(x->a, "%s:%.*s", id, STR_ARG(x->names[c->feature])));
    jw_m_strz(w, "type", "line");
    jw_m_str(w, "title", str_fmt(x->a, "%s of %.*s", title, STR_ARG(x->names[c->feature])));
    jw_m_str(w, "x", x->names[c->feature]);
    jw_m_strz(w, "y", x->kernel ? "output" : "margin");
    if (x->outputs > 1) jw_m_int(w, "class", (int64_t)c->output);
    jw_key(w, "series");
    jw_arr(w);
}

static void close_figure(jw *w)
{
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_curve(const explain *x, const struct curve *c, jw *w)
{
    double z = stat_normal_quantile((1 + x->plan->confidence) / 2);
    open_figure(x, c, "partial_dependence", "Partial dependence", w);
    write_series(w, "mean", c, c->mean, NULL, 0);
    write_series(w, "low", c, c->mean, c->se, -z);
    write_series(w, "high", c, c->mean, c->se, z);
    write_series(w, "ice_10", c, c->low_ice, NULL, 0);
    write_series(w, "ice_90", c, c->high_ice, NULL, 0);
    close_figure(w);
    if (!c->accumulated) return;
    open_figure(x, c, "accumulated_local_effects", "Accumulated local effects", w);
    write_series(w, "effect", c, c->effect, NULL, 0);
    write_series(w, "low", c, c->effect, c->effect_se, -z);
    write_series(w, "high", c, c->effect, c->effect_se, z);
    close_figure(w);
}

/* Of several classes the one that the feature moves most. */
static size_t output_of(const explain *x, size_t feature)
{
    size_t best = 0;
    double most = -1;
    for (size_t o = 0; o < x->outputs; o++) {
        double sum = 0;
        for (size_t r = 0; r < x->rows; r++)
            sum += fabs(x->phi[r * x->width + o * (x->features + 1) + feature]);
        if (sum > most) best = o;
        most = fmax(most, sum);
    }
    return best;
}

bool explain_curves(explain *x, double from, double to, jw *w, err *e)
{
    size_t n = (size_t)plan_number(x->plan, "curves");
    struct drawing d = {.x = x};
    if (n > x->features) n = x->features;
    if (!x->phi || n == 0) return true;
    uint32_t *order = arena_new(x->a, uint32_t, x->features);
    uint32_t *row = explain_draw(x, x->in->data->rows, CURVE_ROWS, STREAM_CURVES, &d.n);
    d.rows = explain_gather(x, x->all, row, d.n);
    d.curves = arena_new(x->a, struct curve, n);
    explain_order(x->importance, x->features, order);
    for (size_t i = 0; i < n; i++)
        d.curves[i] = (struct curve){.feature = order[i], .output = output_of(x, order[i])};
    if (!share_jobs(x->in, n, draw_curve, &d, from, to, e)) return false;
    for (size_t i = 0; i < n; i++)
        write_curve(x, &d.curves[i], w);
    figures_note(&x->f, "curves are over %zu rows; their intervals hold point by point", d.n);
    return true;
}
