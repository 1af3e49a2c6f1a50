/* test_reference.c - figures against Fairlearn, AIF360, scikit-learn, SciPy and statsmodels, to
 * 1e-9.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "metric.h"
#include <math.h>

#define TOLERANCE 1e-9

/* Written by script/reference/fairness.py and drift.py, which name tool, version and command. */
static const char *const cases[] = {
    "compas_race",           "compas_sex",           "compas_race_sex",
    "compas_aif360",         "adult_race_sex",       "adult_aif360",
    "hmda_afam_single",      "hmda_aif360",          "hmda_multiclass",
    "hmda_multiclass_bias",  "hmda_probability",     "compas_performance",
    "hmda_regression",       "hmda_regression_bias", "compas_propublica",
    "adult_drift",           "adult_drift_old",      "adult_drift_hours",
    "compas_drift",          "compas_classes",       "hmda_calibration",
    "hmda_calibration_loan",
};

static void fail(const char *what, const err *e)
{
    fprintf(stderr, "%s: %s %.*s: %.*s\n", what, err_name(e->code), STR_ARG(e->path),
            STR_ARG(e->msg));
    exit(1);
}

static str shared_data(arena *a)
{
    const char *set = getenv("AIMS_SHARED");
    return str_fmt(a, "%s/data", set ? set : AIMS_SOURCE "/../shared");
}

static str slurp(arena *a, const char *name, const char *suffix, err *e)
{
    str path = str_fmt(a, "%s/tests/measure/reference/%s%s", AIMS_SOURCE, name, suffix), text;
    if (!file_read(a, path.p, 1 << 20, &text, e)) fail(name, e);
    return text;
}

static void run(arena *a, const char *name, measure_result *ret, err *e)
{
    doc *d;
    measure_plan p;
    table t;
    str *only = NULL;
    size_t n = 0;
    if (!doc_parse(a, slurp(a, name, ".json", e), 1 << 20, &d, e) ||
        !measure_plan_parse(a, doc_get(d, "plan"), &p, e) ||
        !measure_columns(&p, NULL, a, &only, &n, e))
        fail(name, e);
    p.resamples = 100; /* values do not depend on it */
    table_options o = {.only = only, .n_only = n};
    str data = doc_str(d, "data"), path = str_fmt(a, "%s/%.*s", shared_data(a).p, STR_ARG(data));
    str reference = doc_str(d, "reference");
    table known;
    measure_input in = {.data = &t, .reference = reference.p ? &known : NULL};
    if (reference.p) {
        str at = str_fmt(a, "%s/%.*s", shared_data(a).p, STR_ARG(reference));
        if (!table_read(a, at.p, &o, &known, e)) fail(name, e);
    }
    if (!table_read(a, path.p, &o, &t, e) || !measure_run(&p, &in, ret, a, e)) fail(name, e);
}

/* The comment lines on top are no CSV. */
static str without_head(str s)
{
    while (str_starts(s, S("#")))
        (void)str_cut(s, '\n', &s);
    return s;
}

static const doc *member_with(const doc *list, const char *key, str value)
{
    for (size_t i = 0; list && i < list->n; i++)
        if (str_eq(doc_str(&list->at[i], key), value)) return &list->at[i];
    return NULL;
}

static size_t place(const doc *names, str name)
{
    for (size_t i = 0; names && i < names->n; i++)
        if (str_eq(names->at[i].s, name)) return i;
    return SIZE_MAX;
}

/* Of "TABLE.COLUMN", in the row whose first cell is the slice's only value. */
static double cell(const doc *tables, str id, str slice, arena *a, err *e)
{
    str name, id_of_table = str_cut(id, '.', &name);
    doc *at;
    const doc *t = member_with(tables, "id", id_of_table), *rows = t ? doc_get(t, "rows") : NULL;
    size_t k = t ? place(doc_get(t, "columns"), name) : SIZE_MAX;
    if (!doc_parse(a, slice, 1 << 10, &at, e)) fail("slice", e);
    for (size_t i = 0; rows && i < rows->n; i++) {
        const doc *row = &rows->at[i];
        if (!str_eq(row->at[0].s, at->at[0].s) || k >= row->n) continue;
        return row->at[k].d;
    }
    return NAN;
}

/* To the relative tolerance: p-values are small. Below 1e-300 doubles thin out. */
static bool cell_agrees(const doc *tables, str id, str slice, double value, arena *a, err *e)
{
    double have = cell(tables, id, slice, a, e);
    if (fabs(have - value) <= TOLERANCE * fabs(value) + 1e-300) return true;
    fprintf(stderr, "  %.*s %.*s: want %.17g, have %.17g\n", STR_ARG(id), STR_ARG(slice), value,
            have);
    return false;
}

static bool agrees(arena *a, const measure_result *r, const doc *tables, const table *want,
                   size_t row, err *e)
{
    str id = column_text(a, table_column(want, S("metric")), row);
    str slice = column_text(a, table_column(want, S("slice")), row);
    double value = table_column(want, S("value"))->num[row];
    if (memchr(id.p, '.', id.n)) return cell_agrees(tables, id, slice, value, a, e);
    const metric *m = metric_of(r, id, slice);
    if (m && fabs(m->value - value) < TOLERANCE && m->lo <= m->value && m->value <= m->hi)
        return true;
    fprintf(stderr, "  %.*s %.*s: want %.17g, have %.17g in %.17g..%.17g\n", STR_ARG(id),
            STR_ARG(slice), value, m ? m->value : NAN, m ? m->lo : NAN, m ? m->hi : NAN);
    return false;
}

static size_t check(const char *name)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    measure_result r;
    table want;
    run(a, name, &r, &e);
    if (!table_read_bytes(a, without_head(slurp(a, name, ".csv", &e)), name,
                          &(table_options){.format = TABLE_CSV}, &want, &e))
        fail(name, &e);
    doc *tables = NULL;
    size_t wrong = 0;
    if (r.tables.n && !doc_parse(a, r.tables, 16 << 20, &tables, &e)) fail(name, &e);
    for (size_t i = 0; i < want.rows; i++)
        wrong += !agrees(a, &r, tables, &want, i, &e);
    printf("%s: %zu values, %zu differ\n", name, want.rows, wrong);
    if (want.rows == 0) wrong = 1;
    arena_close(a);
    return wrong;
}

int main(void)
{
    arena *a = arena_open();
    str probe = str_fmt(a, "%s/compas_two_years.csv", shared_data(a).p);
    if (!file_exists(probe.p)) {
        printf("skipped: no %s (set AIMS_SHARED)\n", probe.p);
        return 77;
    }
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(cases); i++)
        wrong += check(cases[i]);
    arena_close(a);
    return wrong ? 1 : 0;
}
