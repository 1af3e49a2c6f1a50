/* test_curves.c - ROC and precision-recall of a result: known points, and the band of the whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"
#include "measure/measure.h"
#include "measure/performance_curves.h"
#include "measure/rng.h"

static const doc *part(arena *a, str json, const char *id)
{
    doc *d;
    err e = ERR_IN(a);
    if (!doc_parse(a, json, 16 << 20, &d, &e)) exit(1);
    for (size_t i = 0; i < d->n; i++)
        if (str_eqz(doc_str(&d->at[i], "id"), id)) return &d->at[i];
    return NULL;
}

static const doc *series(const doc *picture, const char *name)
{
    const doc *all = doc_get(picture, "series");
    for (size_t i = 0; all && i < all->n; i++)
        if (str_eqz(doc_str(&all->at[i], "name"), name)) return doc_get(&all->at[i], "points");
    return NULL;
}

static measure_result measure(arena *a, double *y, double *s, size_t rows)
{
    column *k = arena_new(a, column, 2);
    k[0] = (column){.name = S("y"), .type = COLUMN_NUMBER, .num = y};
    k[1] = (column){.name = S("s"), .type = COLUMN_NUMBER, .num = s};
    table t = {.rows = rows, .n_columns = 2, .columns = k};
    measure_plan p = measure_plan_default();
    measure_result r;
    err e = ERR_IN(a);
    p.kind = S("performance_eval");
    p.label = S("y");
    p.score = S("s");
    p.resamples = 100;
    p.confidence = CONFIDENCE;
    if (measure_run(&p, &(measure_input){.data = &t, .threads = 1}, &r, a, &e)) return r;
    fprintf(stderr, "%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
    exit(1);
}

typedef struct want {
    double threshold, x, y;
} want;

static int compare(const doc *table_, const want *w, size_t n)
{
    const doc *rows = doc_get(table_, "rows");
    if (!rows || rows->n != n) return printf("  %zu rows, not %zu  WRONG\n", rows ? rows->n : 0, n);
    for (size_t i = 0; i < n; i++) {
        const doc *r = rows->at[i].at;
        bool same = isnan(w[i].threshold) ? r[0].kind == DOC_NULL : r[0].d == w[i].threshold;
        if (!same || fabs(r[1].d - w[i].x) > 1e-12 || fabs(r[4].d - w[i].y) > 1e-12)
            return printf("  point %zu: %g, %g  WRONG\n", i, r[1].d, r[4].d);
    }
    return 0;
}

/* Values of scikit-learn 1.2.1 for y = 1 1 0 1 0 0 1 0, s = .9 .8 .8 .7 .6 .6 .6 .1:
 * roc_curve(y, s, drop_intermediate=False), precision_recall_curve(y, s) at the thresholds where
 * recall grows and the lowest, without its last point, which is a convention;
 * average_precision_score 0.7470238095238095, roc_auc_score 0.78125. */
static int known(arena *a)
{
    double y[] = {1, 1, 0, 1, 0, 0, 1, 0}, s[] = {0.9, 0.8, 0.8, 0.7, 0.6, 0.6, 0.6, 0.1};
    static const want roc[] = {
        {NAN, 0,    0   },
        {0.9, 0,    0.25},
        {0.8, 0.25, 0.5 },
        {0.7, 0.25, 0.75},
        {0.6, 0.75, 1   },
        {0.1, 1,    1   },
    };
    static const want recall[] = {
        {0.9, 0.25, 1                 },
        {0.8, 0.5,  2.0 / 3           },
        {0.7, 0.75, 0.75              },
        {0.6, 1,    0.5714285714285714},
        {0.1, 1,    0.5               },
    };
    measure_result r = measure(a, y, s, COUNT(y));
    int wrong = compare(part(a, r.tables, "roc"), roc, COUNT(roc)) +
                compare(part(a, r.tables, "precision_recall"), recall, COUNT(recall));
    for (size_t i = 0; i < r.n_metrics; i++) {
        const metric *m = &r.metrics[i];
        if (str_eqz(m->id, "average_precision") && fabs(m->value - 0.7470238095238095) > 1e-12)
            wrong += printf("  average_precision %.17g  WRONG\n", m->value);
        if (str_eqz(m->id, "auc") && fabs(m->value - 0.78125) > 1e-12)
            wrong += printf("  auc %.17g  WRONG\n", m->value);
    }
    return wrong;
}

/* One class: no curve, no area, but a result. Perfect scores: Wilson's interval. */
static int edges(arena *a)
{
    double ones[] = {1, 1, 1}, mixed[] = {0, 1, 1}, s[] = {0.1, 0.6, 0.7};
    measure_result one = measure(a, ones, s, 3), perfect = measure(a, mixed, s, 3);
    int wrong = 0;
    if (part(a, one.tables, "roc") || part(a, one.figures, "roc"))
        wrong += printf("  a curve of one class  WRONG\n");
    for (size_t i = 0; i < perfect.n_metrics; i++) {
        const metric *m = &perfect.metrics[i];
        if (str_eqz(m->id, "average_precision") &&
            !(m->value == 1 && m->hi == 1 && m->lo < 0.5 && str_eqz(m->method, "wilson-positives")))
            wrong += printf("  a perfect score: %g from %g  WRONG\n", m->value, m->lo);
    }
    return wrong;
}

static double line_at(const doc *points, double x)
{
    size_t i = (size_t)fmin(floor(x * (double)(points->n - 1)), (double)points->n - 2);
    const doc *p = points->at[i].at, *q = points->at[i + 1].at;
    return p[1].d + (q[1].d - p[1].d) * (x - p[0].d) / (q[0].d - p[0].d);
}

/* Score uniform, chance of a positive its square: TPR = 1 - t^3, FPR = 1 - 3/2 (t - t^3 / 3). */
static bool band_holds(uint64_t world, size_t rows, double digits)
{
    arena *a = arena_open();
    double *y = arena_new(a, double, rows), *s = arena_new(a, double, rows);
    rng g = rng_open(2026, 78, world);
    for (size_t i = 0; i < rows; i++) {
        s[i] = rng_uniform(&g);
        y[i] = rng_uniform(&g) < s[i] * s[i];
        s[i] = floor(s[i] * digits) / digits;
    }
    measure_result r = measure(a, y, s, rows);
    const doc *picture = part(a, r.figures, "roc");
    const doc *low = series(picture, "low"), *high = series(picture, "high");
    bool holds = low && high && series(picture, "curve")->n <= CURVE_POINTS;
    for (int k = 0; holds && k <= digits && k <= 1000; k++) {
        double t = k / fmin(digits, 1000), x = fmax(0, 1 - 1.5 * (t - t * t * t / 3));
        holds =
            line_at(low, x) <= 1 - t * t * t + 1e-12 && line_at(high, x) >= 1 - t * t * t - 1e-12;
    }
    arena_close(a);
    return holds;
}

int main(void)
{
    arena *a = arena_open();
    int wrong = known(a) + edges(a), hits = 0, coarse = 0;
    for (uint64_t i = 0; i < coverage_worlds(); i++) {
        hits += band_holds(i, 300, 1e15);
        coarse += band_holds(i, 300, 8);
    }
    wrong += !coverage_judge("ROC band", NULL, hits, CAUTIOUS);
    wrong += !coverage_judge("ROC band", "8 scores", coarse, CAUTIOUS);
    arena_close(a);
    return wrong ? 1 : 0;
}
