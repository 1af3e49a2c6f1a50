/* test_explain_reference.c - explanations against SHAP's KernelExplainer and scikit-learn. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/kernel.h"
#include "measure/measure.h"
#include "model/model_impl.h"
#include <math.h>

/* The model, its data and the values are those of script/reference/explain.py. */
enum { FEATURES = 7, ROWS = 120, BACKGROUND = 20 };
#define TOLERANCE 1e-7 /* rows are floats here, and KernelExplainer solves a regression */

static double datum(size_t r, size_t k)
{
    return (double)((r * 37 + k * 11 + r * r * (k + 3)) % (9 + k)) / 4;
}

static bool predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    (void)m, (void)e;
    for (size_t r = 0; r < rows; r++, x += FEATURES) {
        double s = (double)x[0] - (double)x[1] + (double)x[2] * (double)x[3] / 2 -
                   (double)x[4] * (double)x[5] * (double)x[6] / 8;
        ret[r] = 1 / (1 + exp(-s / 2));
    }
    return true;
}

struct bench {
    arena *a;
    struct model m;
    table t;
    float *x;
    struct kernel *k;
    doc *figures;
};

static void must(bool ok, const char *what, const err *e)
{
    if (ok) return;
    fprintf(stderr, "%s: %.*s %.*s\n", what, STR_ARG(e->path), STR_ARG(e->msg));
    exit(1);
}

static void run_report(struct bench *b, err *e)
{
    static const char json[] = "{\"kind\":\"explanation_report\",\"options\":{\"curves\":7,"
                               "\"rows\":20,\"fidelity\":0,\"pairs\":0}}";
    doc *d;
    measure_plan p;
    measure_result r;
    measure_input in = {.data = &b->t, .model = &b->m, .threads = 1};
    must(doc_parse(b->a, str_of(json), 1 << 16, &d, e), "plan", e);
    must(measure_plan_parse(b->a, d, &p, e) && measure_run(&p, &in, &r, b->a, e), "run", e);
    must(doc_parse(b->a, r.figures, 1 << 20, &b->figures, e), "figures", e);
}

static void set_up(struct bench *b, arena *a)
{
    err e = ERR_IN(a);
    *b = (struct bench){
        .a = a,
        .m = {.info = {.n_features = FEATURES,
                       .n_outputs = 1,
                       .task = MODEL_BINARY,
                       .categorical = arena_new(a, bool, FEATURES)},
              .predict = predict},
        .t = { .rows = ROWS, .n_columns = FEATURES, .columns = arena_new(a, column, FEATURES)},
        .x = arena_new(a, float, ROWS *FEATURES)
    };
    for (size_t k = 0; k < FEATURES; k++) {
        double *v = arena_new(a, double, ROWS);
        for (size_t r = 0; r < ROWS; r++)
            b->x[r * FEATURES + k] = (float)(v[r] = datum(r, k));
        b->t.columns[k] = (column){.name = str_fmt(a, "f%zu", k), .num = v};
    }
    must(kernel_open(a, &(measure_input){.model = &b->m}, b->x, BACKGROUND,
                     &(kernel_options){.method = KERNEL_EXACT}, &b->k, &e),
         "kernel", &e);
    run_report(b, &e);
}

static double shap_of(const struct bench *b, size_t row, size_t feature)
{
    double phi[FEATURES + 1], error[FEATURES + 1], answer;
    kernel_cost cost;
    err e = ERR_IN(b->a);
    must(kernel_values(b->k, b->x + row * FEATURES, 0, phi, error, &answer, &cost, &e), "values",
         &e);
    return phi[feature];
}

static double curve_at(const struct bench *b, size_t feature, double at)
{
    str id = str_fmt(b->a, "partial_dependence:f%zu", feature);
    for (size_t i = 0; i < b->figures->n; i++) {
        if (!str_eq(doc_str(&b->figures->at[i], "id"), id)) continue;
        const doc *points = doc_get(&doc_get(&b->figures->at[i], "series")->at[0], "points");
        for (size_t k = 0; k < points->n; k++)
            if (fabs(points->at[k].at[0].d - at) < 1e-9) return points->at[k].at[1].d;
    }
    return NAN;
}

/* what,of,at,value,tool */
static bool same(const struct bench *b, str line, size_t *checked)
{
    str rest = line, what = str_cut(rest, ',', &rest), of = str_cut(rest, ',', &rest),
        at = str_cut(rest, ',', &rest), value = str_cut(rest, ',', &rest);
    int64_t row;
    double want, where, have;
    if (!str_int(of, &row) || !str_real(at, &where) || !str_real(value, &want)) return true;
    have = str_eqz(what, "shap") ? shap_of(b, (size_t)row, (size_t)where)
                                 : curve_at(b, (size_t)row, where);
    ++*checked;
    if (fabs(have - want) < TOLERANCE) return true;
    fprintf(stderr, "%.*s: %.12g, not %.12g\n", STR_ARG(line), have, want);
    return false;
}

int main(void)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct bench b;
    str text;
    size_t checked = 0;
    bool ok = true;
    set_up(&b, a);
    must(file_read(a, AIMS_SOURCE "/tests/measure/reference/explain.csv", 1 << 20, &text, &e),
         "reference", &e);
    while (text.p)
        ok &= same(&b, str_cut(text, '\n', &text), &checked);
    printf("%zu values compared\n", checked);
    arena_close(a);
    return ok && checked == 85 ? 0 : 1;
}
