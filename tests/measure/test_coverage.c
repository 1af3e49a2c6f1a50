/* test_coverage.c - do the intervals hold what they promise? Seeded simulation of every kind. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "coverage.h"
#include "measure/rng.h"
#include "metric.h"

/*
 * Each case draws samples from a world whose truth is known, measures them, and counts how often
 * the interval holds the truth; coverage.h says what is right. Gaps, ratios and worst groups may
 * hold it more often: their intervals are meant to be cautious.
 */
enum { ROWS = 600 };

typedef struct world {
    const char *id, *slice; /* the figure looked at */
    double truth;
    double least, most; /* share of intervals that may hold it */
} world;

typedef struct cells {
    double *y, *p, *s;
    int32_t *g;
} cells;

static const str levels[3] = {
    {"a", 1},
    {"b", 1},
    {"c", 1}
};

static table table_of(arena *a, const cells *c)
{
    column *k = arena_new(a, column, 4);
    k[0] = (column){.name = S("y"), .type = COLUMN_NUMBER, .num = c->y};
    k[1] = (column){.name = S("p"), .type = COLUMN_NUMBER, .num = c->p};
    k[2] = (column){.name = S("s"), .type = COLUMN_NUMBER, .num = c->s};
    k[3] = (column){
        .name = S("g"), .type = COLUMN_CATEGORY, .code = c->g, .levels = arena_new(a, str, 3)};
    memcpy(k[3].levels, levels, sizeof levels);
    k[3].n_levels = 3;
    return (table){.rows = ROWS, .n_columns = 4, .columns = k};
}

static cells cells_open(arena *a)
{
    return (cells){arena_new(a, double, ROWS), arena_new(a, double, ROWS),
                   arena_new(a, double, ROWS), arena_new(a, int32_t, ROWS)};
}

/* Three groups, as likely; y ~ Bernoulli(0.5); prediction right with a group's own chance. */
static void draw_binary(cells *c, rng *r)
{
    static const double right[3] = {0.9, 0.7, 0.5};
    for (int i = 0; i < ROWS; i++) {
        c->g[i] = (int32_t)(3 * rng_uniform(r));
        c->y[i] = rng_uniform(r) < 0.5;
        bool hit = rng_uniform(r) < right[c->g[i]];
        c->p[i] = hit ? c->y[i] : 1 - c->y[i];
    }
}

/* Three groups that are treated alike. */
static void draw_equal(cells *c, rng *r)
{
    for (int i = 0; i < ROWS; i++) {
        c->g[i] = (int32_t)(3 * rng_uniform(r));
        c->y[i] = rng_uniform(r) < 0.4;
        c->p[i] = rng_uniform(r) < 0.8 ? c->y[i] : 1 - c->y[i];
    }
}

/* Score uniform, chance of a positive = score^2: mis-calibrated by a known amount. */
static void draw_scores(cells *c, rng *r)
{
    for (int i = 0; i < ROWS; i++) {
        c->g[i] = (int32_t)(3 * rng_uniform(r));
        c->s[i] = rng_uniform(r);
        c->y[i] = rng_uniform(r) < c->s[i] * c->s[i];
    }
}

/* Scores that are the chances: the error's truth is 0, the edge of what it can be. */
static void draw_honest(cells *c, rng *r)
{
    for (int i = 0; i < ROWS; i++) {
        c->g[i] = (int32_t)(3 * rng_uniform(r));
        c->s[i] = rng_uniform(r);
        c->y[i] = rng_uniform(r) < c->s[i];
    }
}

/* y = x + noise, prediction x + shift of the group: sd of x 2, of the noise 1. */
static void draw_numbers(cells *c, rng *r)
{
    for (int i = 0; i < ROWS; i++) {
        double x = 2 * rng_normal(r);
        c->g[i] = (int32_t)(3 * rng_uniform(r));
        c->y[i] = x + rng_normal(r);
        c->p[i] = x + 0.5 * c->g[i];
    }
}

static void count_hits(const measure_plan *p, void (*draw)(cells *, rng *), const world *w,
                       size_t n, int *hits)
{
    for (uint64_t i = 0; i < coverage_worlds(); i++) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        cells c = cells_open(a);
        rng g = rng_open(2026, 77, i);
        measure_result r;
        draw(&c, &g);
        table t = table_of(a, &c);
        if (!measure_run(p, &(measure_input){.data = &t, .threads = 1}, &r, a, &e)) {
            fprintf(stderr, "%.*s: %.*s\n", STR_ARG(e.path), STR_ARG(e.msg));
            exit(1);
        }
        for (size_t k = 0; k < n; k++) {
            const metric *m = metric_named(&r, w[k].id, w[k].slice);
            hits[k] += m && m->lo <= w[k].truth && w[k].truth <= m->hi;
        }
        arena_close(a);
    }
}

static int check(const char *kind, const char *from, bool score, void (*draw)(cells *, rng *),
                 const world *w, size_t n)
{
    measure_plan p = measure_plan_default();
    int hits[32] = {0}, wrong = 0;
    str group = S("g");
    p.kind = str_of(kind);
    p.label = S("y");
    *(score ? &p.score : &p.prediction) = str_of(from);
    p.groups = &group;
    p.n_groups = 1;
    p.confidence = CONFIDENCE;
    p.resamples = coverage_long() ? 1000 : 400;
    count_hits(&p, draw, w, n, hits);
    printf("%s\n", kind);
    for (size_t k = 0; k < n; k++)
        wrong += !coverage_judge(w[k].id, w[k].slice, hits[k], w[k].least, w[k].most);
    return wrong;
}

int main(void)
{
    static const world bias[] = {
        {"accuracy",                     NULL,            0.7,       FAIR    },
        {"true_positive_rate",           "{\"g\":\"a\"}", 0.9,       FAIR    },
        {"selection_rate",               "{\"g\":\"c\"}", 0.5,       FAIR    },
        {"equal_opportunity_difference", NULL,            0.4,       FAIR    },
        {"accuracy_difference",          NULL,            0.4,       FAIR    },
        {"equalized_odds_difference",    NULL,            0.4,       CAUTIOUS}, /* the larger of two equal gaps */
        {"predictive_parity_ratio",      NULL,            0.5 / 0.9, FAIR    },
        {"generalized_entropy_index",    NULL,            0.15,      FAIR    }, /* var(b) / (2 mean^2) = 0.3 / 2 */
    };
    static const world equal[] = {
        {"demographic_parity_difference", NULL, 0,   CAUTIOUS}, /* at the edge of what it can be */
        {"demographic_parity_ratio",      NULL, 1,   CAUTIOUS},
        {"equalized_odds_difference",     NULL, 0,   CAUTIOUS},
        {"worst_group_accuracy",          NULL, 0.8, CAUTIOUS},
    };
    /* The interval of a calibration error reaches down on purpose. */
    static const world scores[] = {
        {"auc",               NULL,            0.875,     FAIR    },
        {"auc",               "{\"g\":\"b\"}", 0.875,     FAIR    },
        {"average_precision", NULL,            47.0 / 60, FAIR    }, /* 1/3 + 1/4 + 1/5 */
        {"average_precision", "{\"g\":\"b\"}", 47.0 / 60, FAIR    },
        {"brier_score",       NULL,            1.0 / 6,   FAIR    },
        {"log_loss",          NULL,            0.5,       FAIR    },
        {"calibration_error", NULL,            1.0 / 6,   CAUTIOUS},
    };
    static const world honest[] = {
        {"calibration_error", NULL,            0, CAUTIOUS},
        {"calibration_error", "{\"g\":\"b\"}", 0, CAUTIOUS},
    };
    static const world numbers[] = {
        {"rmse",       "{\"g\":\"a\"}", 1,                   FAIR},
        {"mae",        "{\"g\":\"a\"}", 0.79788456080286541, FAIR}, /* sqrt(2/pi) */
        {"mean_error", "{\"g\":\"c\"}", 1,                   FAIR},
        {"r2",         "{\"g\":\"a\"}", 0.8,                 FAIR},
        {"r2",         "{\"g\":\"c\"}", 0.6,                 FAIR},
    };
    static const world gaps[] = {
        {"mean_error_difference", NULL, 1,                   FAIR},
        {"rmse_difference",       NULL, 0.41421356237309515, FAIR}, /* sqrt(2) - 1 */
    };
    return check("bias_fairness_test", "p", false, draw_binary, bias, COUNT(bias)) +
               check("bias_fairness_test", "p", false, draw_equal, equal, COUNT(equal)) +
               check("performance_eval", "s", true, draw_scores, scores, COUNT(scores)) +
               check("performance_eval", "s", true, draw_honest, honest, COUNT(honest)) +
               check("performance_eval", "p", false, draw_numbers, numbers, COUNT(numbers)) +
               check("bias_fairness_test", "p", false, draw_numbers, gaps, COUNT(gaps)) >
           0;
}
