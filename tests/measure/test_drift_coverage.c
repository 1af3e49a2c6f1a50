/* test_drift_coverage.c - do the intervals of drift_monitor hold what they promise? Simulation. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/measure.h"
#include "measure/rng.h"
#include <math.h>

/*
 * As in test_coverage.c: the share of 90 % intervals that hold the truth is binomial; FAIR is 4
 * standard errors around it. Distances are never below 0, so chance pushes them up and their
 * intervals are cautious: they may hold it more often, and at no drift nearly always.
 */
enum { RUNS = 400, REFERENCE = 900, ROWS = 700, COLUMNS = 4 };
#define FAIR     0.84, 0.96
#define CAUTIOUS 0.86, 1

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

static const metric *find(const measure_result *r, const world *w)
{
    for (size_t i = 0; i < r->n_metrics; i++) {
        const metric *m = &r->metrics[i];
        if (str_eqz(m->id, w->id) && (w->slice ? str_eqz(m->slice, w->slice) : !m->slice.p))
            return m;
    }
    return NULL;
}

static void one(const measure_plan *p, uint64_t number, double shift, const world *w, size_t n,
                int *hits)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    rng g = rng_open(2026, 88, number);
    table ref = draw(a, &g, REFERENCE, 0), data = draw(a, &g, ROWS, shift);
    measure_result r;
    measure_input in = {.data = &data, .reference = &ref, .threads = 1};
    if (!measure_run(p, &in, &r, a, &e)) {
        fprintf(stderr, "%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
        exit(1);
    }
    for (size_t k = 0; k < n; k++) {
        const metric *m = find(&r, &w[k]);
        hits[k] += m && m->lo <= w[k].truth && w[k].truth <= m->hi;
    }
    arena_close(a);
}

static int check(double shift, const world *w, size_t n)
{
    measure_plan p = measure_plan_default();
    int hits[32] = {0}, wrong = 0;
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *options;
    if (!doc_parse(a, S("{\"mmd_rows\":0}"), 100, &options, &e)) return 1;
    p.kind = S("drift_monitor");
    p.label = S("y");
    p.score = S("s");
    p.confidence = 0.9;
    p.resamples = 300;
    p.options = options;
    for (uint64_t i = 0; i < RUNS; i++)
        one(&p, i, shift, w, n, hits);
    for (size_t k = 0; k < n; k++) {
        double share = hits[k] / (double)RUNS;
        bool ok = share >= w[k].least && share <= w[k].most;
        wrong += !ok;
        printf("shift %.1f %-28s %-14s holds its truth in %.4f of runs (%.2f..%.2f)%s\n", shift,
               w[k].id, w[k].slice ? w[k].slice : "", share, w[k].least, w[k].most,
               ok ? "" : "  WRONG");
    }
    arena_close(a);
    return wrong;
}

#define X "{\"column\":\"x\"}"
#define C "{\"column\":\"c\"}"

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
        {"estimated_accuracy",         NULL, 0.6875,              FAIR    },
        {"accuracy",                   NULL, 0.6875,              FAIR    },
    };
    static const world none[] = {
        {"population_stability_index", X,    0,    CAUTIOUS},
        {"jensen_shannon_distance",    X,    0,    CAUTIOUS},
        {"kolmogorov_smirnov",         X,    0,    CAUTIOUS},
        {"wasserstein_distance",       X,    0,    CAUTIOUS},
        {"cramers_v",                  C,    0,    CAUTIOUS},
        {"estimated_accuracy",         NULL, 0.75, FAIR    },
    };
    return check(0.5, drift, COUNT(drift)) + check(0, none, COUNT(none)) > 0;
}
