/* reliability.c - chances against what came true: calibration errors and the parts of Brier's
 * score. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/result_table.h"
#include "measure/uncertainty.h"
#include <math.h>

enum {
    STREAM_WIDTH = 70,
    STREAM_MASS = 71,
    PARTS = 4, /* of a bin, which keep their own mean chance */
    CELLS = RELIABILITY_BINS * PARTS * 2
};

enum { ECE, MCE, RELIABILITY, RESOLUTION, UNCERTAINTY, WITHIN, BRIER, DEBIASED, STATS };
/* Beside the draws of those: mean and largest |drawn gap - gap|, which by the triangle inequality
 * bounds what chance added to the first two. */
enum { ECE_SLACK = STATS, MCE_SLACK, DRAWS };

/* Counts by bin, part of the bin and truth, with the mean chance and mean squared miss of each. */
struct bins {
    int64_t n[CELLS];
    double chance[CELLS], square[CELLS];
};

static void count(struct bins *b, const claims *c, size_t row, size_t bin, size_t part)
{
    size_t k = (bin * PARTS + part) * 2 + c->came_true[row];
    double miss = c->chance[row] - c->came_true[row];
    b->n[k]++;
    b->chance[k] += c->chance[row];
    b->square[k] += miss * miss;
}

static void average(struct bins *b)
{
    for (size_t k = 0; k < CELLS; k++)
        if (b->n[k]) {
            b->chance[k] /= (double)b->n[k];
            b->square[k] /= (double)b->n[k];
        }
}

/* The edges are numpy's linspace(0, 1, 11). */
static struct bins equal_width(const claims *c)
{
    struct bins b = {0};
    for (size_t r = 0; r < c->rows; r++) {
        double p = c->chance[r];
        size_t k = 0;
        while (k + 1 < RELIABILITY_BINS && p > (double)(k + 1) * 0.1)
            k++;
        double part = (p - (double)k * 0.1) * 10 * (double)PARTS;
        count(&b, c, r, k, part <= 0 ? 0 : part >= PARTS ? PARTS - 1 : (size_t)part);
    }
    average(&b);
    return b;
}

/* Rows in order of chance go to bin rank * 10 / rows; equal ones to that of the first of them. */
static struct bins equal_mass(const claims *c)
{
    struct bins b = {0};
    size_t fine = RELIABILITY_BINS * PARTS, at = 0;
    for (size_t i = 0; i < c->rows; i++) {
        size_t r = c->order[i];
        if (i == 0 || c->chance[r] > c->chance[c->order[i - 1]]) at = i * fine / c->rows;
        count(&b, c, r, at / PARTS, at % PARTS);
    }
    average(&b);
    return b;
}

typedef struct bin_sum {
    double n, chance, came_true;
} bin_sum;

static bin_sum bin_of(const struct bins *b, const int64_t *n, size_t bin)
{
    bin_sum s = {0};
    for (size_t k = bin * PARTS * 2; k < (bin + 1) * PARTS * 2; k++) {
        s.n += (double)n[k];
        s.chance += (double)n[k] * b->chance[k];
        s.came_true += k % 2 ? (double)n[k] : 0;
    }
    return s;
}

static void sums(const struct bins *b, const int64_t *n, double *ret_rows, double *ret_true,
                 double *ret_square)
{
    for (size_t k = 0; k < CELLS; k++) {
        *ret_rows += (double)n[k];
        *ret_true += k % 2 ? (double)n[k] : 0;
        *ret_square += (double)n[k] * b->square[k];
    }
}

static void stats_of(const struct bins *b, const int64_t *n, double ret[STATS])
{
    double rows = 0, came_true = 0, square = 0, debiased = 0;
    sums(b, n, &rows, &came_true, &square);
    double base = came_true / rows;
    memset(ret, 0, STATS * sizeof *ret);
    for (size_t i = 0; i < RELIABILITY_BINS; i++) {
        bin_sum s = bin_of(b, n, i);
        if (s.n == 0) continue;
        double share = s.came_true / s.n, gap = s.chance / s.n - share, weight = s.n / rows;
        ret[ECE] += weight * fabs(gap);
        ret[MCE] = fmax(ret[MCE], fabs(gap));
        ret[RELIABILITY] += weight * gap * gap;
        ret[RESOLUTION] += weight * (share - base) * (share - base);
        debiased += s.n > 1 ? weight * (gap * gap - share * (1 - share) / (s.n - 1)) : 0;
    }
    ret[UNCERTAINTY] = base * (1 - base);
    ret[BRIER] = square / rows;
    ret[WITHIN] = ret[BRIER] - ret[RELIABILITY] + ret[RESOLUTION] - ret[UNCERTAINTY];
    ret[DEBIASED] = sqrt(fmax(0, debiased));
}

static double gap_of(const struct bins *b, const int64_t *n, size_t bin)
{
    bin_sum s = bin_of(b, n, bin);
    return s.n > 0 ? (s.chance - s.came_true) / s.n : 0;
}

static void slack_of(const struct bins *b, const int64_t *n, double *ret)
{
    double rows = 0;
    for (size_t k = 0; k < CELLS; k++)
        rows += (double)n[k];
    ret[ECE_SLACK] = ret[MCE_SLACK] = 0;
    for (size_t i = 0; i < RELIABILITY_BINS; i++) {
        double far = fabs(gap_of(b, n, i) - gap_of(b, b->n, i));
        ret[ECE_SLACK] += bin_of(b, n, i).n / rows * far;
        ret[MCE_SLACK] = fmax(ret[MCE_SLACK], far);
    }
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct bins *b = ctx;
    rng_multinomial(r, b->n, CELLS, scratch);
    stats_of(b, scratch, ret);
    slack_of(b, scratch, ret);
}

static bool draw(const figures *f, const struct bins *b, const measure_input *in, uint32_t stream,
                 double **ret, err *e)
{
    boot run = {.replicates = (size_t)f->plan->resamples,
                .n_stats = DRAWS,
                .scratch_bytes = CELLS * sizeof(int64_t),
                .seed = f->plan->seed,
                .stream = stream,
                .from = stream == STREAM_WIDTH ? 0 : 0.5,
                .to = stream == STREAM_WIDTH ? 0.5 : 1,
                .replicate = replicate,
                .ctx = b};
    return boot_run(&run, in, ret, f->a, e);
}

struct named_stat {
    const char *id;
    size_t stat;
    int lean;
    double floor, ceil;
};

static void add(figures *f, const claims *c, const struct bins *b, double *draws,
                const struct named_stat *which, size_t n)
{
    double value[STATS];
    size_t resamples = (size_t)f->plan->resamples;
    stats_of(b, b->n, value);
    for (size_t i = 0; i < n; i++) {
        const struct named_stat *x = &which[i];
        recipe r = recipe_draws(draws + x->stat * resamples, resamples, (double)c->rows, x->lean,
                                x->floor, x->ceil);
        r.lean_of_square = x->stat == DEBIASED;
        r.centred = x->stat == RESOLUTION;
        if (x->stat == ECE) r.slack = draws + ECE_SLACK * resamples;
        if (x->stat == MCE) r.slack = draws + MCE_SLACK * resamples;
        figures_add(f, x->id, value[x->stat], (int64_t)c->rows, (str){0}, r);
    }
}

static void bin_row(jw *w, bin_sum s)
{
    interval i = stat_wilson(s.came_true, s.n, 0.95);
    jw_arr(w);
    jw_real(w, s.chance / s.n);
    jw_real(w, s.came_true / s.n);
    jw_real(w, i.lo);
    jw_real(w, i.hi);
    jw_int(w, (int64_t)s.n);
    jw_arr_end(w);
}

static str bins_table(const struct bins *b, arena *a)
{
    static const char *const names[] = {"mean_chance", "share_true", "low", "high", "rows"};
    buf text = buf_open(a, 1 << 16);
    jw w = jw_open(&text);
    result_open_table(&w, "reliability",
                      "Chance against what came true, 10 bins of equal width, Wilson at 0.95",
                      names, COUNT(names));
    for (size_t i = 0; i < RELIABILITY_BINS; i++) {
        bin_sum s = bin_of(b, b->n, i);
        if (s.n > 0) bin_row(&w, s);
    }
    result_close_table(&w);
    return buf_str(&text);
}

static str diagram(const struct bins *b, arena *a)
{
    double x[RELIABILITY_BINS], y[RELIABILITY_BINS];
    size_t n = 0;
    for (size_t i = 0; i < RELIABILITY_BINS; i++) {
        bin_sum s = bin_of(b, b->n, i);
        if (s.n == 0) continue;
        x[n] = s.chance / s.n;
        y[n++] = s.came_true / s.n;
    }
    return figure_line("reliability", "Reliability diagram", "mean chance", "share that came true",
                       "model", x, y, n, a);
}

bool reliability_add(figures *f, const claims *c, const measure_input *in, str *ret_table,
                     str *ret_figure, err *e)
{
    static const struct named_stat width[] = {
        {"expected_calibration_error", ECE,         1, 0,  1   },
        {"maximum_calibration_error",  MCE,         1, 0,  1   },
        {"brier_score",                BRIER,       0, 0,  1   },
        {"brier_reliability",          RELIABILITY, 1, 0,  1   },
        {"brier_resolution",           RESOLUTION,  0, 0,  0.25},
        {"brier_uncertainty",          UNCERTAINTY, 0, 0,  0.25},
        {"brier_within_bins",          WITHIN,      0, -1, 1   },
    };
    static const struct named_stat mass[] = {
        {"calibration_error_equal_mass", ECE,      1, 0, 1},
        {"calibration_error_debiased",   DEBIASED, 1, 0, 1},
    };
    struct bins *wide = arena_new(f->a, struct bins, 2), *even = wide + 1;
    double *draws, *more;
    *wide = equal_width(c);
    *even = equal_mass(c);
    if (!draw(f, wide, in, STREAM_WIDTH, &draws, e) || !draw(f, even, in, STREAM_MASS, &more, e))
        return false;
    add(f, c, wide, draws, width, COUNT(width));
    add(f, c, even, more, mass, COUNT(mass));
    *ret_table = bins_table(wide, f->a);
    *ret_figure = diagram(wide, f->a);
    figures_note(f,
                 "calibration errors are never below 0, so chance alone makes them positive in "
                 "small samples; calibration_error_debiased takes off what chance adds on average");
    return true;
}
