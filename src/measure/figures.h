/* figures.h - collecting figures, giving each its interval, and judging them by the limits. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_FIGURES_H
#define AIMS_MEASURE_FIGURES_H
#include "measure/sample.h"
#include "measure/stat.h"

/*
 * How to make an interval at any confidence, for that is known only when the limits are met:
 *   WILSON  k of n
 *   NORMAL  value +- z * se, cut to floor..ceil
 *   MEAN    of n values with standard error se and skewness skew: Student's quantiles, moved by
 *           the inverse of Hall's cubic transformation (J. R. Statist. Soc. B 54, 1992), so that
 *           the long tail of a loss gets its longer side; cut to floor..ceil
 *   ROOT    the same for the square, of which the figure is the root
 *   LOG     value * exp(+- z * se / value), of a figure above 0
 *   LOGIT   on the log-odds scale (se is that of the figure itself)
 *   DRAWS   type-7 percentiles of bootstrap draws, widened to hold the figure itself. A figure
 *           that leans (a gap is never below 0, so chance pushes it and its draws up) has the end
 *           towards its truth moved out: by the upper percentile of the slack draws, the range of
 *           the errors of all groups that may be an end, which bounds the push; without slack to
 *           the basic bootstrap's end, 2 * value - other percentile.
 *           Draws without any variation (every rate 0 or 1) prove nothing by themselves: then
 *           value +- twice Wilson's bound for 0 of n, the smallest denominator
 *   FIXED   floor..ceil, made for the plan's confidence: only for figures without slices
 *   OWN     what make(ctx, confidence) gives
 */
typedef enum recipe_kind {
    RECIPE_NONE,
    RECIPE_WILSON,
    RECIPE_NORMAL,
    RECIPE_MEAN,
    RECIPE_ROOT,
    RECIPE_LOG,
    RECIPE_LOGIT,
    RECIPE_DRAWS,
    RECIPE_FIXED,
    RECIPE_OWN
} recipe_kind;

typedef struct recipe {
    recipe_kind kind;
    const char *method;
    double k, n, se, skew, floor, ceil;
    double *slack;        /* DRAWS: as many draws, or NULL */
    bool slack_is_factor; /* value * exp(slack) instead of value + slack */
    int lean;             /* DRAWS: 1 upwards, -1 downwards, 0 not */
    bool lean_of_square;  /* its square leans by chance, as of a root of a sum of squares: the basic
                             bootstrap's end is taken there */
    bool centred;  /* DRAWS: percentiles less twice what draws exceed the figure by, on average:
                      a sum of squares leans by as much, and its draws once more */
    double *draws; /* any order, NaN allowed; reordered on use */
    size_t n_draws;
    double off; /* DRAWS: how far the figure itself may lie from its value: widens both ends */
    interval (*make)(const void *ctx, double confidence); /* OWN */
    const void *ctx;
} recipe;

recipe recipe_wilson(double k, double n);
recipe recipe_normal(double se, double floor, double ceil);
recipe recipe_mean(moments m, double floor, double ceil); /* NONE of fewer than two values */
recipe recipe_root(moments m);                            /* of the mean's root, as RMSE is */
recipe recipe_fixed(double lo, double hi, const char *method);
/* Of a multinomial bootstrap; `least` is the smallest denominator behind the figure. */
recipe recipe_draws(double *draws, size_t n, double least, int lean, double floor, double ceil);
/*
 * For a - b from the intervals of both, by the squares of their distances (MOVER: Zou & Donner,
 * Statist. Med. 27, 2008; of two Wilson intervals it is Newcombe's method 10, ibid. 17, 1998).
 * `rho` is the correlation of the two, 0 when they rest on different rows.
 */
recipe recipe_contrast(double a, recipe ra, double b, recipe rb, double rho, const char *method,
                       arena *arena_);
/* NaN bounds when none can be given: no draws, or half of them undefined. */
interval recipe_interval(recipe *r, double value, double confidence);

typedef struct figure {
    metric m;
    recipe r;
    bool small; /* of a group under min_group: reported, not judged */
} figure;

/* Grows in its arena. */
typedef struct figures {
    arena *a;
    const measure_plan *plan;
    const groups *g;
    figure *at;
    size_t n, cap;
    str *notes;
    size_t n_notes, cap_notes;
} figures;

figures figures_open(const measure_plan *p, const groups *g, arena *a);
/* The returned pointer is good until the next add. */
figure *figures_add(figures *f, const char *id, double value, int64_t n, str slice, recipe r);
/* A disparity between the judged groups of a view: without slice for the joint view, else with a
 * "*" slice and `attribute`. `label`, `cls`: the class it is about, or absent. */
figure *figures_add_between(figures *f, const char *id, double value, const view *v, str label,
                            str cls, recipe r);
void figures_note(figures *f, const char *fmt, ...) PRINTF(2, 3);
/* One note per group of any view that is smaller than the plan's minimum. */
void figures_note_small(figures *f);
bool figures_small(const figures *f, const view *v, size_t group);
size_t figures_judged(const figures *f, const view *v); /* number of groups not small */
/*
 * Sets intervals, limits and verdicts, and moves all into the result. A limit that meets no
 * figure, or a figure that has one already, is INVALID with path limits.N. For "[*]" over k
 * judged slices every interval is taken at confidence 1-(1-c)/k (Bonferroni), and a note says so.
 */
bool figures_judge(figures *f, measure_result *ret, err *e) NODISCARD;

#endif
