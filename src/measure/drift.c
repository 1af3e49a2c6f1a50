/* drift.c - kind drift_monitor: how far the data lie from the reference, column by column. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/drift.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/result_table.h"
#include <math.h>

enum { STREAM_COLUMNS = 1000, CELLS_SHOWN = 40 };

const char *const drift_metrics[] = {"population_stability_index",
                                     "jensen_shannon_distance",
                                     "cramers_v",
                                     "kolmogorov_smirnov",
                                     "wasserstein_distance",
                                     "share_of_drifted_columns",
                                     "maximum_mean_discrepancy",
                                     "estimated_accuracy",
                                     "estimated_macro_precision",
                                     "estimated_macro_recall",
                                     "estimated_macro_f1",
                                     "accuracy",
                                     NULL};

const measure_option drift_options[] = {
    {"columns",     DOC_ARR,  0, 10000,  0,    "columns to compare; all that both tables have"    },
    {"drift_limit", DOC_REAL, 0, 100,    0.2,  "a column has drifted when its PSI lies above this"},
    {"mmd_rows",    DOC_INT,  0, 100000, 4000, "rows of each table in the joint test; 0 = no test"},
    {NULL,          DOC_NULL, 0, 0,      0,    NULL                                               },
};

/* ---- columns ---- */

static bool wanted(const doc *names, str name)
{
    for (size_t i = 0; names && i < names->n; i++)
        if (str_eq(names->at[i].s, name)) return true;
    return !names;
}

static bool named_exist(const doc *names, const measure_input *in, err *e)
{
    const column *c;
    for (size_t i = 0; names && i < names->n; i++) {
        str path = str_fmt(e->a, "options.columns.%zu", i);
        if (!table_need(in->data, names->at[i].s, path, &c, e) ||
            !table_need(in->reference, names->at[i].s, path, &c, e))
            return false;
    }
    return true;
}

static void note_alone(figures *f, const table *t, const table *other, const char *where)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (!table_column(other, t->columns[i].name))
            figures_note(f, "column '%.*s' is only in the %s: not compared",
                         STR_ARG(t->columns[i].name), where);
}

static bool ask_model(const measure_plan *p, const measure_input *in, const table *t, column *ret,
                      const double **ret_chance, arena *a, err *e)
{
    measure_input other = *in;
    const model_info *info = model_describe(in->model);
    other.data = t;
    *ret = (column){.name = S("(prediction)"), .type = COLUMN_NUMBER};
    if (!sample_ask(p, &other, &ret->num, a, e)) return false;
    if (info->task != MODEL_MULTICLASS) return true;
    size_t n = info->n_outputs;
    const double *chance = *ret_chance = ret->num;
    ret->type = COLUMN_CATEGORY;
    ret->num = NULL;
    ret->code = arena_new(a, int32_t, t->rows);
    ret->levels = arena_new(a, str, n);
    ret->n_levels = n;
    for (size_t k = 0; k < n; k++)
        ret->levels[k] = str_fmt(a, "%06zu", k);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t k = 1; k < n; k++)
            if (chance[r * n + k] > chance[r * n + (size_t)ret->code[r]]) ret->code[r] = (int32_t)k;
    return true;
}

static bool pair_make(const measure_plan *p, const measure_input *in, drift_pair *ret, arena *a,
                      err *e)
{
    const doc *names = plan_value(p, "columns");
    const table *x = in->reference, *y = in->data;
    size_t n = 0;
    *ret = (drift_pair){.ref = *x, .cur = *y};
    ret->ref.columns = arena_new(a, column, x->n_columns + 1);
    ret->cur.columns = arena_new(a, column, x->n_columns + 1);
    if (in->kept) ret->kept = arena_new(a, const sketch *, x->n_columns);
    if (!named_exist(names, in, e)) return false;
    for (size_t i = 0; i < x->n_columns; i++) {
        const column *c = table_column(y, x->columns[i].name);
        if (!c || !wanted(names, c->name)) continue;
        ret->ref.columns[n] = x->columns[i];
        if (ret->kept) ret->kept[n] = &in->kept->sketch[i];
        ret->cur.columns[n++] = *c;
    }
    if (in->model && !in->kept) {
        if (!ask_model(p, in, x, &ret->ref.columns[n], &ret->chance[0], a, e) ||
            !ask_model(p, in, y, &ret->cur.columns[n], &ret->chance[1], a, e))
            return false;
        ret->classes = ret->chance[0] ? model_describe(in->model)->n_outputs : 0;
        n++;
    }
    ret->ref.n_columns = ret->cur.n_columns = n;
    if (n > 0 && x->rows > 0) return true;
    return err_set(e, ERR_INVALID, S("reference"), S("give a table with columns of the same names"),
                   n ? "the reference has no rows" : "the two tables have no column in common");
}

/* ---- figures ---- */

static str slice_of(str name, arena *a)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "column", name);
    jw_obj_end(&w);
    return buf_str(&b);
}

static recipe recipe_of(const figures *f, const profile *p, size_t i)
{
    double least = (double)(p->rows_ref < p->rows_cur ? p->rows_ref : p->rows_cur);
    bool open = i == DRIFT_PSI || i == DRIFT_W1;
    if (isnan(p->value[i])) return (recipe){0};
    recipe r =
        recipe_draws(p->draws[i], (size_t)f->plan->resamples, least, 1, 0, open ? INFINITY : 1);
    r.slack = p->draws[DRIFT_SLACK + i];
    if (i != DRIFT_KS && i != DRIFT_W1) return r;
    r.off = p->off[i];
    r.method = r.off > 0 ? "bootstrap-grid-bounded" : "bootstrap-grid";
    return r;
}

static void add_column(figures *f, const profile *p)
{
    str slice = slice_of(p->name, f->a);
    for (size_t i = 0; i < DRIFT_FIGURES; i++) {
        bool number = p->form == PROFILE_NUMBER;
        if (number ? i == DRIFT_V : i == DRIFT_KS || i == DRIFT_W1) continue;
        bool whole = i == DRIFT_PSI || i == DRIFT_JS || i == DRIFT_V;
        int64_t n = whole ? p->rows_cur : p->in_cur;
        figure *x = figures_add(f, drift_metrics[i], p->value[i], n, slice, recipe_of(f, p, i));
        x->small = n < f->plan->min_group || p->rows_ref < f->plan->min_group;
    }
    if (p->form == PROFILE_MIXED && p->in_ref && p->in_cur)
        figures_note(f, "column '%.*s' holds only numbers in one table and text in the other",
                     STR_ARG(p->name));
    if (p->form == PROFILE_NUMBER && isnan(p->value[DRIFT_W1]) && p->in_ref && p->in_cur)
        figures_note(f, "column '%.*s' is constant in the reference: no scale to measure by",
                     STR_ARG(p->name));
}

/* A column has drifted for certain when its whole interval, at a confidence that holds for all
 * columns together, lies above the limit. */
static void add_share(figures *f, const profile *p, size_t n)
{
    double bound = plan_number(f->plan, "drift_limit"), at = 0, least = 0, most = 0;
    double confidence = 1 - (1 - f->plan->confidence) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double v = p[i].value[DRIFT_PSI];
        recipe r = recipe_of(f, &p[i], DRIFT_PSI);
        interval x = recipe_interval(&r, v, confidence);
        at += v > bound;
        least += x.lo > bound;
        most += !(x.hi <= bound);
    }
    double all = (double)n;
    figures_add(f, "share_of_drifted_columns", at / all, (int64_t)n, (str){0},
                recipe_fixed(least / all, most / all, "columns-by-interval"));
    figures_note(f,
                 "share_of_drifted_columns: columns whose population stability index lies above "
                 "%g; from those certainly above to those possibly, each interval at confidence "
                 "%.10g (Bonferroni over %zu columns)",
                 bound, confidence, n);
}

/* ---- tables ---- */

static void cell_row(jw *w, str name, str label, int64_t x, int64_t y)
{
    jw_arr(w);
    jw_str(w, name);
    jw_str(w, label);
    jw_int(w, x);
    jw_int(w, y);
    jw_arr_end(w);
}

/* All bins of numbers; of categories those whose share moved most would need a sort: the first
 * ones and the pooled ones at the end are enough to look at. What lies between is one row, so that
 * the rows of a column add up to all. */
static void cell_rows(jw *w, const profile *p, arena *a)
{
    int64_t *x = arena_new(a, int64_t, p->n_bins), *y = arena_new(a, int64_t, p->n_bins);
    int64_t more_x = 0, more_y = 0;
    size_t more = 0;
    profile_bins(p, p->ref, x);
    profile_bins(p, p->cur, y);
    for (size_t c = 0; c < p->n_bins; c++) {
        if (x[c] + y[c] == 0) continue;
        if (c < CELLS_SHOWN || c + 3 >= p->n_bins) {
            cell_row(w, p->name, p->label[c], x[c], y[c]);
            continue;
        }
        more_x += x[c];
        more_y += y[c];
        more++;
    }
    if (more) cell_row(w, p->name, str_fmt(a, "(%zu more values)", more), more_x, more_y);
}

static void column_row(jw *w, const profile *p, const drift_test *t)
{
    static const char *const forms[] = {"number", "category", "mixed"};
    jw_arr(w);
    jw_str(w, p->name);
    jw_strz(w, forms[p->form]);
    jw_int(w, p->rows_ref - p->in_ref);
    jw_int(w, p->rows_cur - p->in_cur);
    if (t->name)
        jw_strz(w, t->name);
    else
        jw_null(w);
    jw_real(w, t->statistic);
    jw_real(w, t->freedom);
    jw_real(w, t->p);
    jw_real(w, t->corrected);
    jw_arr_end(w);
}

static str tables_of(const profile *p, const drift_test *tests, size_t n, arena *a)
{
    static const char *const names[] = {"column", "cell", "reference", "data"};
    static const char *const kinds[] = {
        "column",      "type",      "reference_missing",  "data_missing",
        "test",        "statistic", "degrees_of_freedom", "p_value",
        "p_value_holm"};
    buf b = buf_open(a, 16u << 20);
    jw w = jw_open(&b);
    jw_arr(&w);
    result_open_table(&w, "columns", "Columns compared", kinds, COUNT(kinds));
    for (size_t i = 0; i < n; i++)
        column_row(&w, &p[i], &tests[i]);
    result_close_table(&w);
    result_open_table(&w, "cells", "Rows in each cell, reference and data", names, COUNT(names));
    for (size_t i = 0; i < n; i++)
        cell_rows(&w, &p[i], a);
    result_close_table(&w);
    jw_arr_end(&w);
    return b.full ? S("[]") : buf_str(&b);
}

/* ---- the run ---- */

/* All draws are kept until the limits are met. */
static bool draws_fit(const measure_plan *p, size_t columns, err *e)
{
    if ((uint64_t)p->resamples <= BOOT_MAX / DRIFT_DRAWS / columns) return true;
    return err_set(e, ERR_TOO_LARGE, S("resamples"),
                   S("ask for fewer resamples, or name fewer columns in options.columns"),
                   "%lld resamples of %zu columns are more than this program holds at once",
                   (long long)p->resamples, columns);
}

static bool columns_run(figures *f, drift_pair *t, const measure_input *in, str *ret_tables, err *e)
{
    size_t n = t->ref.n_columns;
    drift_test *tests;
    if (!draws_fit(f->plan, n, e)) return false;
    profile *p = t->profiles = arena_new(f->a, profile, n);
    for (size_t i = 0; i < n; i++) {
        double from = 0.75 * (double)i / (double)n, to = 0.75 * (double)(i + 1) / (double)n;
        p[i] = profile_make(t->ref.columns[i].name, &t->ref.columns[i], t->kept ? t->kept[i] : NULL,
                            t->ref.rows, &t->cur.columns[i], t->cur.rows, f->plan->seed, f->a);
        if (!profile_draw(&p[i], f->plan, in, STREAM_COLUMNS + (uint32_t)i, from, to, f->a, e))
            return false;
        add_column(f, &p[i]);
    }
    add_share(f, p, n);
    if (!drift_tests(f, t, in, 0.75, 0.8, &tests, e)) return false;
    *ret_tables = tables_of(p, tests, n, f->a);
    return true;
}

/* ---- a kept reference ---- */

/* What only rows can tell, and so no limit can be set on. */
static const char *const of_rows[] = {"maximum_mean_discrepancy",  "estimated_accuracy",
                                      "estimated_macro_precision", "estimated_macro_recall",
                                      "estimated_macro_f1",        "accuracy"};

static bool kept_judges(const measure_plan *p, err *e)
{
    for (size_t i = 0; i < p->n_limits; i++)
        for (size_t k = 0; k < COUNT(of_rows); k++)
            if (str_eqz(p->limits[i].metric, of_rows[k]))
                return err_set(e, ERR_INVALID, str_fmt(e->a, "limits.%zu", i),
                               S("give the reference data themselves, or leave the limit out"),
                               "%s needs the rows of the reference, this one was kept as counts",
                               of_rows[k]);
    return true;
}

static void note_kept(figures *f, const drift_pair *t, const measure_input *in)
{
    const kept_reference *k = in->kept;
    size_t open = 0, untested = 0;
    for (size_t i = 0; i < t->ref.n_columns; i++) {
        const profile *p = &t->profiles[i];
        open += p->off[DRIFT_KS] > 0 || p->off[DRIFT_W1] > 0;
        untested += p->off[DRIFT_KS] > 0;
    }
    figures_note(f,
                 "the reference is kept as counts of %zu rows (%zu files): figures made of counts "
                 "are those of its rows",
                 k->table.rows, k->n_sources);
    if (open)
        figures_note(f,
                     "kolmogorov_smirnov and wasserstein_distance of %zu columns: the middle of "
                     "what the kept counts allow, their intervals widened by half its width "
                     "(bootstrap-grid-bounded)",
                     open);
    if (untested)
        figures_note(f,
                     "no Smirnov test of %zu columns: its p-value needs the exact statistic; give "
                     "the reference data themselves",
                     untested);
    figures_note(f,
                 "no maximum mean discrepancy, no drift of a model's predictions and no estimate "
                 "of accuracy: they need the rows of the reference; give the data themselves, "
                 "or keep the prediction as a column");
}

static bool rows_run(figures *f, drift_pair *t, const measure_input *in, err *e)
{
    if (in->kept) {
        note_kept(f, t, in);
        return true;
    }
    return drift_together(f, t, in, 0.8, 0.9, e) &&
           (t->classes ? drift_classes : drift_estimate)(f, t, in, 0.9, 1, e);
}

static const char *const references[] = {
    "Siddiqi, Credit Risk Scorecards (2006): population stability index",
    "Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37 (1991)",
    "Hodges, The significance probability of the Smirnov two-sample test, Ark. Mat. 3 (1958)",
    "Holm, A simple sequentially rejective multiple test procedure, Scand. J. Stat. 6 (1979)",
    "Ramdas, Garcia Trillos & Cuturi, On Wasserstein two-sample testing, Entropy 19 (2017)",
    "Gretton et al., A kernel two-sample test, JMLR 13 (2012)",
    "Rahimi & Recht, Random features for large-scale kernel machines, NIPS (2007)",
    "Efron & Tibshirani, An Introduction to the Bootstrap (1993)",
    NULL};

bool drift_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
               err *e)
{
    drift_pair t;
    groups none = {0};
    if ((in->kept && !kept_judges(p, e)) || !pair_make(p, in, &t, a, e)) return false;
    figures f = figures_open(p, &none, a);
    ret->method = S("distance of each column from the reference, and of all columns jointly");
    ret->references = references;
    if (!plan_value(p, "columns")) {
        note_alone(&f, in->reference, in->data, "reference");
        note_alone(&f, in->data, in->reference, "data");
    }
    figures_note(&f,
                 "numbers: PSI and Jensen-Shannon over at most %d quantile bins of the "
                 "reference, closed above; missing values and categories the reference never "
                 "had are cells of their own; in PSI an empty cell counts as half a row; "
                 "Wasserstein in standard deviations of the reference",
                 PROFILE_BINS);
    figures_note(&f, "an interval decides, not a p-value: with many rows every difference is "
                     "significant, however small; p-values stand in the table of columns, beside "
                     "those corrected for the number of columns (Holm)");
    return columns_run(&f, &t, in, &ret->tables, e) && rows_run(&f, &t, in, e) &&
           figures_judge(&f, ret, e);
}
