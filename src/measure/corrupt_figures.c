/* corrupt_figures.c - the figures of a corruption test, their intervals, and its tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/corrupt.h"
#include "measure/result_table.h"
#include <math.h>

#define TABLES_MAX (32u << 20)

enum { PICTURE = 20 }; /* fields in a picture */

/* ---- intervals ---- */

enum { FEW = 30 };

/* A mean of rows that lie within 0..1 and move together over severities: Wilson with the number
 * of rows of a simple sample that would be as sure (Korn & Graubard, Survey Methodology 24, 1998).
 * Few rows that happen to be alike are no sign that all are.
 */
static recipe recipe_share(moments m)
{
    double var = moments_se(m) * moments_se(m), p = m.mean;
    double n = var > 0 && p > 0 && p < 1 ? p * (1 - p) / var : m.n;
    if (m.n < FEW) n = fmin(n, m.n);
    recipe r = recipe_wilson(p * n, n);
    r.method = "wilson-effective-rows";
    return r;
}

/* Of paired differences within -1..1: two more rows, +1 and -1 (Bonett & Price, J. Educ. Behav.
 * Stat. 37, 2012, whose method this is when each row is -1, 0 or 1). `by` scales the two. */
static recipe recipe_paired(moments m, double by)
{
    moments_add(&m, by);
    moments_add(&m, -by);
    recipe r = recipe_normal(sqrt(m.m2) / m.n, -INFINITY, INFINITY);
    r.method = "bonett-price";
    return r;
}

static recipe recipe_growth(const corrupt *c, const corrupt_cell *x)
{
    double se = x->growth_se, least = c->s.task == TASK_BINARY ? 0 : (double)NAN;
    for (size_t r = 0; r < c->rows && c->s.task == TASK_BINARY; r++)
        least += c->s.truth[r] != 0;
    if (c->s.task == TASK_BINARY) least = fmin(least, (double)c->rows - least);
    if (c->rows < 2) return (recipe){0};
    recipe r = recipe_normal(se, -INFINITY, INFINITY);
    r.method = c->s.task == TASK_BINARY ? "delong-paired" : "delta";
    if (se > 0 || !(least > 0)) return r;
    /* No row changed its place: how much one not seen could. */
    r.se = stat_wilson(0, least, 0.95).hi / stat_normal_quantile(0.975);
    r.method = "wilson-smaller-class";
    return r;
}

/* ---- figures ---- */

static str slice(corrupt *c, size_t target, size_t kind, size_t severity)
{
    buf b = buf_open(c->a, 1 << 16);
    jw w = jw_open(&b);
    if (!target && kind == CORRUPTIONS) return (str){0};
    jw_obj(&w);
    if (kind < CORRUPTIONS) jw_m_strz(&w, "corruption", corrupt_names[kind]);
    if (severity < SEVERITIES) jw_m_str(&w, "severity", str_fmt(c->a, "%zu", severity + 1));
    if (target) jw_m_str(&w, "feature", c->fields[target - 1].name);
    jw_obj_end(&w);
    return buf_str(&b);
}

static void add_cell(corrupt *c, size_t target, size_t kind, size_t severity)
{
    const corrupt_cell *x = corrupt_at(c, target, kind, severity);
    str s = slice(c, target, kind, severity);
    int64_t n = (int64_t)c->rows;
    figures *f = &c->f;
    if (!x->passes) return;
    if (c->s.task != TASK_REGRESSION) {
        recipe flips = x->passes == 1 ? recipe_wilson(rint(x->flip.mean * x->flip.n), x->flip.n)
                                      : recipe_share(x->flip);
        figures_add(f, "flip_rate", x->flip.mean, n, s, flips);
        figures_add(f, "accuracy_drop", x->drop.mean, n, s, recipe_paired(x->drop, 1));
    }
    figures_add(f, "mean_shift", x->shift.mean, n, s, recipe_mean(x->shift, 0, INFINITY));
    if (c->s.task == TASK_BINARY) figures_add(f, "auc_drop", x->growth, n, s, recipe_growth(c, x));
    if (c->s.task == TASK_REGRESSION)
        figures_add(f, "rmse_growth", x->growth, n, s, recipe_growth(c, x));
    if (c->s.task == TASK_REGRESSION || target || severity < SEVERITIES) return;
    recipe ratio = recipe_paired(x->ratio, 1 / x->right.mean);
    ratio.method = "delta";
    figures_add(f, "corruption_error", x->error.mean, n, s, recipe_share(x->error));
    figures_add(f, "relative_performance", 1 - x->drop.mean / x->right.mean, n, s, ratio);
}

void corrupt_figures(corrupt *c)
{
    for (size_t target = 0; target <= c->n_fields; target++)
        for (size_t kind = 0; kind <= CORRUPTIONS; kind++) {
            add_cell(c, target, kind, SEVERITIES);
            for (size_t s = 0; s < SEVERITIES && !target && kind < CORRUPTIONS; s++)
                add_cell(c, target, kind, s);
        }
}

/* ---- tables ---- */

/* How bad a cell is: flips where there are classes, else what the error grew by. */
static double badness(const corrupt *c, const corrupt_cell *x)
{
    if (!x->passes) return -INFINITY;
    return c->s.task == TASK_REGRESSION ? x->growth : x->flip.mean;
}

static void write_figures(const corrupt *c, const corrupt_cell *x, jw *w)
{
    bool classes = c->s.task != TASK_REGRESSION;
    jw_real(w, classes ? x->flip.mean : (double)NAN);
    jw_real(w, classes ? x->drop.mean : (double)NAN);
    jw_real(w, c->s.task == TASK_BINARY ? x->growth : (double)NAN);
    jw_real(w, classes ? (double)NAN : x->growth);
    jw_real(w, x->shift.mean);
}

static void write_corruptions(const corrupt *c, jw *w)
{
    static const char *const columns[] = {"corruption", "severity",    "flip_rate", "accuracy_drop",
                                          "auc_drop",   "rmse_growth", "mean_shift"};
    result_open_table(w, "corruptions", "Corruptions of all features by severity", columns,
                      COUNT(columns));
    for (size_t kind = 0; kind < CORRUPTIONS; kind++)
        for (size_t s = 0; s < SEVERITIES; s++) {
            const corrupt_cell *x = corrupt_at(c, 0, kind, s);
            if (!x->passes) continue;
            jw_arr(w);
            jw_strz(w, corrupt_names[kind]);
            jw_int(w, (int64_t)s + 1);
            write_figures(c, x, w);
            jw_arr_end(w);
        }
    result_close_table(w);
}

static size_t worst_of(const corrupt *c, size_t target)
{
    size_t worst = CORRUPTIONS;
    for (size_t kind = 0; kind < CORRUPTIONS; kind++) {
        const corrupt_cell *x = corrupt_at(c, target, kind, SEVERITIES);
        if (x->passes && (worst == CORRUPTIONS ||
                          badness(c, x) > badness(c, corrupt_at(c, target, worst, SEVERITIES))))
            worst = kind;
    }
    return worst;
}

struct fragile {
    double badness;
    size_t target;
};

static int by_badness(const void *p, const void *q)
{
    const struct fragile *x = p, *y = q;
    if (x->badness != y->badness) return x->badness < y->badness ? 1 : -1;
    return x->target < y->target ? -1 : 1;
}

static struct fragile *order_fields(const corrupt *c)
{
    struct fragile *f = arena_new(c->a, struct fragile, c->n_fields);
    for (size_t i = 0; i < c->n_fields; i++) {
        double bad = badness(c, corrupt_at(c, i + 1, CORRUPTIONS, SEVERITIES));
        f[i] = (struct fragile){isnan(bad) ? (double)INFINITY : bad, i + 1};
    }
    if (c->n_fields) qsort(f, c->n_fields, sizeof *f, by_badness);
    return f;
}

static void write_fields(const corrupt *c, const struct fragile *order, jw *w)
{
    static const char *const columns[] = {"feature",  "holds",       "flip_rate",  "accuracy_drop",
                                          "auc_drop", "rmse_growth", "mean_shift", "worst"};
    result_open_table(w, "fragile_features", "Features by what corrupting each alone does", columns,
                      COUNT(columns));
    for (size_t i = 0; i < c->n_fields; i++) {
        size_t target = order[i].target, worst = worst_of(c, target);
        const corrupt_cell *x = corrupt_at(c, target, CORRUPTIONS, SEVERITIES);
        if (!x->passes) continue;
        jw_arr(w);
        jw_str(w, c->fields[target - 1].name);
        jw_strz(w, c->fields[target - 1].number ? "numbers" : "categories");
        write_figures(c, x, w);
        jw_strz(w, corrupt_names[worst]);
        jw_arr_end(w);
    }
    result_close_table(w);
}

static void write_picture(const corrupt *c, const struct fragile *order, jw *w)
{
    size_t n = c->n_fields < PICTURE ? c->n_fields : PICTURE;
    jw_arr(w);
    jw_obj(w);
    jw_m_strz(w, "id", "fragile_features");
    jw_m_strz(w, "type", "bars");
    jw_m_strz(w, "title", "Features by what corrupting each alone does");
    jw_m_strz(w, "value", c->s.task == TASK_REGRESSION ? "rmse_growth" : "flip_rate");
    jw_key(w, "labels");
    jw_arr(w);
    for (size_t k = 0; k < n; k++)
        jw_str(w, c->fields[order[k].target - 1].name);
    jw_arr_end(w);
    jw_key(w, "values");
    jw_arr(w);
    for (size_t k = 0; k < n; k++)
        jw_real(w, order[k].badness);
    jw_arr_end(w);
    jw_obj_end(w);
    jw_arr_end(w);
}

bool corrupt_tables(corrupt *c, str *ret_tables, str *ret_figures, err *e)
{
    buf t = buf_open(c->a, TABLES_MAX), p = buf_open(c->a, TABLES_MAX);
    jw w = jw_open(&t), picture = jw_open(&p);
    const struct fragile *order = order_fields(c);
    size_t worst = worst_of(c, 0);
    jw_arr(&w);
    write_corruptions(c, &w);
    write_fields(c, order, &w);
    jw_arr_end(&w);
    write_picture(c, order, &picture);
    if (worst < CORRUPTIONS)
        figures_note(&c->f, "the worst corruption is %s", corrupt_names[worst]);
    if (t.full || p.full)
        return err_set(e, ERR_TOO_LARGE, S("options.features"), S("name fewer features"),
                       "the tables are over %u bytes", TABLES_MAX);
    *ret_tables = buf_str(&t);
    *ret_figures = buf_str(&p);
    return true;
}
