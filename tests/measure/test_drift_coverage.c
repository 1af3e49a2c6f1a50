/* test_drift_coverage.c - do the intervals of drift_monitor hold what they promise? Simulation. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"
#include "measure/rng.h"
#include "metric.h"
#include <math.h>

/*
 * As in test_coverage.c. Distances are never below 0, so chance pushes them up and their intervals
 * are cautious: they may hold the truth more often, and at no drift nearly always.
 */
enum { REFERENCE = 900, ROWS = 700, COLUMNS = 4 };

typedef struct world {
    const char *id, *slice;
    double truth, least, most;
} world;

static str names[3] = {
    {"a", 1},
    {"b", 1},
    {"c", 1}
};

/* x normal, c of three levels, s a score with a chance s^2 of a positive y. */
static table draw(arena *a, rng *r, size_t rows, double shift)
{
    column *c = arena_new(a, column, COLUMNS);
    const char *const id[COLUMNS] = {"x", "c", "s", "y"};
    for (size_t k = 0; k < COLUMNS; k++)
        c[k] = (column){.name = str_of(id[k]), .num = arena_new(a, double, rows)};
    c[1] = (column){.name = S("c"),
                    .type = COLUMN_CATEGORY,
                    .code = arena_new(a, int32_t, rows),
                    .levels = names,
                    .n_levels = 3};
    for (size_t i = 0; i < rows; i++) {
        double u = rng_uniform(r), s = rng_uniform(r);
        c[0].num[i] = rng_normal(r) + shift;
        c[1].code[i] = u < 0.5 - 0.4 * shift ? 0 : u < 0.8 ? 1 : 2;
        c[2].num[i] = shift > 0 ? sqrt(s) : s;
        c[3].num[i] = rng_uniform(r) < c[2].num[i] * c[2].num[i];
    }
    return (table){.rows = rows, .n_columns = COLUMNS, .columns = c};
}

/* One world of so many rows, measured. */
static void measure(const measure_plan *p, uint64_t number, size_t rows[2], double shift,
                    measure_result *ret, arena *a)
{
    err e = ERR_IN(a);
    rng g = rng_open(2026, 88, number);
    table ref = draw(a, &g, rows[0], 0), data = draw(a, &g, rows[1], shift);
    measure_input in = {.data = &data, .reference = &ref, .threads = 1};
    if (measure_run(p, &in, ret, a, &e)) return;
    fprintf(stderr, "%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
    exit(1);
}

static measure_plan plan_of(arena *a, const char *options)
{
    measure_plan p = measure_plan_default();
    err e = ERR_IN(a);
    doc *d;
    if (!doc_parse(a, str_of(options), 100, &d, &e)) exit(1);
    p.kind = S("drift_monitor");
    p.label = S("y");
    p.score = S("s");
    p.confidence = CONFIDENCE;
    p.resamples = coverage_long() ? 1000 : 300;
    p.options = d;
    return p;
}

/* The joint distance has no closed form: its truth is that of many rows, to about 0.003. */
static double truth_of_many(double shift)
{
    arena *a = arena_open();
    measure_plan p = plan_of(a, "{\"mmd_rows\":100000}");
    measure_result r;
    p.resamples = 100;
    measure(&p, 1 << 20, (size_t[2]){100000, 100000}, shift, &r, a);
    const metric *joint = metric_named(&r, "maximum_mean_discrepancy", NULL);
    if (!joint) exit(1);
    double truth = shift > 0 ? joint->value : 0;
    arena_close(a);
    return truth;
}

/* Measuring all columns jointly takes as long as all the rest: only in long runs. */
static bool left_out(const world *w)
{
    return !coverage_long() && str_eqz(S("maximum_mean_discrepancy"), w->id);
}

static int check(double shift, const world *w, size_t n)
{
    int hits[32] = {0}, wrong = 0;
    double joint = coverage_long() ? truth_of_many(shift) : 0;
    for (uint64_t i = 0; i < coverage_worlds(); i++) {
        arena *a = arena_open();
        measure_plan p = plan_of(a, coverage_long() ? "{\"mmd_rows\":900}" : "{\"mmd_rows\":0}");
        measure_result r;
        measure(&p, i, (size_t[2]){REFERENCE, ROWS}, shift, &r, a);
        for (size_t k = 0; k < n; k++) {
            const metric *m = metric_named(&r, w[k].id, w[k].slice);
            double truth = isnan(w[k].truth) ? joint : w[k].truth;
            hits[k] += m && m->lo <= truth && truth <= m->hi;
        }
        arena_close(a);
    }
    printf("shift %.1f\n", shift);
    for (size_t k = 0; k < n; k++)
        if (left_out(&w[k]))
            printf("  %s: only with AIMS_LONG=1\n", w[k].id);
        else
            wrong += !coverage_judge(w[k].id, w[k].slice, hits[k], w[k].least, w[k].most);
    return wrong;
}

#define X "{\"column\":\"x\"}"
#define C "{\"column\":\"c\"}"

enum { LEVELS = 40 };

/* One column k of 40 levels, the i-th as likely as 1 / i. */
static table levels_of(arena *a, rng *r, size_t rows)
{
    column *c = arena_new(a, column, 1);
    *c = (column){.name = S("k"),
                  .type = COLUMN_CATEGORY,
                  .code = arena_new(a, int32_t, rows),
                  .levels = arena_new(a, str, LEVELS),
                  .n_levels = LEVELS};
    double all = 0;
    for (int i = 0; i < LEVELS; i++) {
        c->levels[i] = str_fmt(a, "%02d", i);
        all += 1.0 / (i + 1);
    }
    for (size_t i = 0; i < rows; i++) {
        double u = rng_uniform(r) * all;
        int32_t k = 0;
        while (k < LEVELS - 1 && (u -= 1.0 / (k + 1)) > 0)
            k++;
        c->code[i] = k;
    }
    return (table){.rows = rows, .n_columns = 1, .columns = c};
}

/* A few rows reach few of many levels. Nothing drifted all the same, and no interval may say so. */
static int check_few(size_t rows)
{
    static const char *const ids[] = {"population_stability_index", "jensen_shannon_distance",
                                      "cramers_v", "share_of_drifted_columns"};
    int hits[COUNT(ids)] = {0}, wrong = 0;
    for (uint64_t i = 0; i < coverage_worlds(); i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        rng g = rng_open(2026, 89, i);
        measure_plan p = plan_of(a, "{\"mmd_rows\":0}");
        measure_result r;
        table ref = levels_of(a, &g, REFERENCE), data = levels_of(a, &g, rows);
        p.label = p.score = (str){0};
        if (!measure_run(&p, &(measure_input){.data = &data, .reference = &ref, .threads = 1}, &r,
                         a, &e)) {
            fprintf(stderr, "%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
            exit(1);
        }
        for (size_t k = 0; k < COUNT(ids); k++) {
            const metric *m = metric_named(&r, ids[k], k < 3 ? "{\"column\":\"k\"}" : NULL);
            hits[k] += m && m->lo <= 0;
        }
        arena_close(a);
    }
    printf("%zu rows over %d levels\n", rows, LEVELS);
    for (size_t k = 0; k < COUNT(ids); k++)
        wrong += !coverage_judge(ids[k], NULL, hits[k], CAUTIOUS);
    return wrong;
}

int main(void)
{
    /* N(0,1) against N(0.5,1) on the tenths of the first, by SciPy's norm; the shares .5 .3
     * .2 against .3 .5 .2, V on 900 and 700 rows. */
    static const world drift[] = {
        {"population_stability_index", X,    0.2377492046862759,  CAUTIOUS},
        {"jensen_shannon_distance",    X,    0.20468350706759234, CAUTIOUS},
        {"kolmogorov_smirnov",         X,    0.19741265136584729, CAUTIOUS},
        {"wasserstein_distance",       X,    0.5,                 CAUTIOUS},
        {"population_stability_index", C,    0.20433024950639628, CAUTIOUS},
        {"jensen_shannon_distance",    C,    0.19092615761081033, CAUTIOUS},
        {"cramers_v",                  C,    0.22196139792785588, CAUTIOUS},
        {"share_of_drifted_columns",   NULL, 0.75,                CAUTIOUS}, /* PSI of y is 0.12 */
        {"maximum_mean_discrepancy",   NULL, NAN,                 CAUTIOUS},
        {"estimated_accuracy",         NULL, 0.6875,              FAIR    },
        {"accuracy",                   NULL, 0.6875,              FAIR    },
    };
    static const world none[] = {
        {"population_stability_index", X,    0,    CAUTIOUS},
        {"jensen_shannon_distance",    X,    0,    CAUTIOUS},
        {"kolmogorov_smirnov",         X,    0,    CAUTIOUS},
        {"wasserstein_distance",       X,    0,    CAUTIOUS},
        {"cramers_v",                  C,    0,    CAUTIOUS},
        {"share_of_drifted_columns",   NULL, 0,    CAUTIOUS},
        {"maximum_mean_discrepancy",   NULL, 0,    CAUTIOUS},
        {"estimated_accuracy",         NULL, 0.75, FAIR    },
    };
    return check(0.5, drift, COUNT(drift)) + check(0, none, COUNT(none)) + check_few(5) +
               check_few(20) + check_few(100) >
           0;
}
