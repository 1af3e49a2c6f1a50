/* bias.c - CPU time of the bias test's resampling: 5 metrics x 18 groups, 1,000 resamples. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/bias.h"

/* The five rates the peers compute too, for every group, and their largest gap. */
enum { METRICS = 5, REPLICATES = 1000 };
static const rate chosen[METRICS] = {RATE_SELECTION, RATE_ACCURACY, RATE_TPR, RATE_FPR, RATE_PPV};

struct cells {
    const int64_t *count;
    size_t groups;
};

static double cpu_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct cells *c = ctx;
    span s[METRICS];
    (void)scratch;
    for (size_t m = 0; m < METRICS; m++)
        span_open(&s[m]);
    for (size_t g = 0; g < c->groups; g++) {
        tally t;
        rng_multinomial(r, c->count + 4 * g, 4, t.c);
        for (size_t m = 0; m < METRICS; m++) {
            *ret = fraction_value(rate_of(chosen[m], t));
            span_add(&s[m], *ret++);
        }
    }
    for (size_t m = 0; m < METRICS; m++)
        *ret++ = span_gap(s[m]);
}

static void quit(const err *e)
{
    fprintf(stderr, "%s: %.*s\n", err_name(e->code), STR_ARG(e->msg));
    exit(1);
}

/* Resampling alone, counts given: draws, rates, gaps and 2.5 % / 97.5 % quantiles. */
static void resampling(const sample *s, const int64_t *count, int threads, arena *a, err *e)
{
    struct cells c = {count, s->g.n_joint};
    boot b = {.replicates = REPLICATES,
              .n_stats = METRICS * (c.groups + 1),
              .seed = 42,
              .replicate = replicate,
              .ctx = &c};
    double *draws, sum = 0, began = cpu_ms(), wall = clock_mono();
    if (!boot_run(&b, &(measure_input){.threads = threads}, &draws, a, e)) quit(e);
    double drawn = cpu_ms();
    for (size_t i = 0; i < b.n_stats; i++) {
        recipe r = recipe_draws(draws + i * REPLICATES, REPLICATES, 1, 0, 0, 1);
        sum += recipe_interval(&r, draws[i * REPLICATES], 0.95).lo;
    }
    printf("aims  resampling, %d thread%s: %.1f ms CPU (draws %.1f, quantiles %.1f), %.1f ms wall; "
           "check %.6f\n",
           threads, threads > 1 ? "s" : "", cpu_ms() - began, drawn - began, cpu_ms() - drawn,
           (clock_mono() - wall) * 1000, sum);
}

static void whole(const measure_plan *p, const table *t, arena *a, err *e)
{
    measure_result r;
    double began = cpu_ms();
    if (!measure_run(p, &(measure_input){.data = t, .threads = 1}, &r, a, e)) quit(e);
    printf("aims  measure_run, all %zu figures with intervals, table in memory: %.1f ms CPU\n",
           r.n_metrics, cpu_ms() - began);
}

int main(int argc, char **argv)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    table t;
    sample s;
    measure_plan p = measure_plan_default();
    p.kind = S("bias_fairness_test");
    p.label = S("label");
    p.prediction = S("prediction");
    p.groups = &(str){"group", 5};
    p.n_groups = 1;
    if (argc != 2) return 2;
    double began = cpu_ms(), wall = clock_mono();
    if (!table_read(a, argv[1], &(table_options){.threads = 1}, &t, &e)) quit(&e);
    printf("aims  reading %.1f MB of CSV, one thread: %.1f ms CPU, %.0f MB/s wall\n",
           (double)t.bytes / 1e6, cpu_ms() - began, (double)t.bytes / 1e6 / (clock_mono() - wall));
    began = cpu_ms();
    if (!sample_make(&p, &(measure_input){.data = &t}, &s, a, &e)) quit(&e);
    const int64_t *count = sample_cells(&s, a);
    printf("aims  counting %zu rows into %zu groups: %.1f ms CPU\n", s.rows, s.g.n_joint,
           cpu_ms() - began);
    resampling(&s, count, 1, a, &e);
    resampling(&s, count, 2, a, &e);
    whole(&p, &t, a, &e);
    arena_close(a);
    return 0;
}
