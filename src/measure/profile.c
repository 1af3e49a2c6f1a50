/* profile.c - counts of one column in two tables, its drift figures and their bootstrap. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/profile.h"
#include <math.h>

void profile_bins(const profile *p, const int64_t *cells, int64_t *ret)
{
    memset(ret, 0, p->n_bins * sizeof *ret);
    for (size_t c = 0; c < p->k; c++)
        ret[p->bin_of ? p->bin_of[c] : c] += cells[c];
}

/* ---- numbers ---- */

/* Cells of the sketch at which each grid cell ends, distinct; returns how many grid cells. */
static size_t grid_ends(const sketch *s, size_t of, size_t *ret)
{
    size_t n = 0;
    for (size_t k = 1; k < of && s->shape->n_edges; k++) {
        size_t end = 2 * sketch_quantile(s, k, of) + 2;
        if (n == 0 || ret[n - 1] < end) ret[n++] = end;
    }
    ret[n++] = sketch_cells(s->shape);
    return n;
}

static void fold(const sketch *s, const size_t *end, size_t n, int64_t *count, moments *mean)
{
    for (size_t c = 0, from = 0; c < n; from = end[c++]) {
        mean[c] = sketch_moments(s, from, end[c]);
        for (size_t i = from; i < end[c]; i++)
            count[c] += s->cell[i].n;
    }
    count[n] = s->missing;
}

static void name_bins(profile *p, const sketch *s, const size_t *end, arena *a)
{
    str below = {0};
    for (size_t b = 0; b + 1 < p->n_bins; b++) {
        bool last = b + 2 == p->n_bins;
        str above = last ? (str){0} : str_fmt(a, "%.6g", s->shape->edge[end[b] / 2 - 1]);
        p->label[b] = !above.p && !below.p ? S("all")
                      : !above.p           ? str_fmt(a, "> %s", below.p)
                      : !below.p           ? str_fmt(a, "<= %s", above.p)
                                           : str_fmt(a, "%s .. %s", below.p, above.p);
        below = above;
    }
}

static void set_grid(profile *p, const sketch *ref, const sketch *cur, arena *a)
{
    size_t end[SKETCH_GRID], bin_end[PROFILE_BINS];
    size_t n = grid_ends(ref, SKETCH_GRID, end), bins = grid_ends(ref, PROFILE_BINS, bin_end);
    p->k = n + 1;
    p->n_bins = bins + 1;
    p->ref = arena_new(a, int64_t, p->k);
    p->cur = arena_new(a, int64_t, p->k);
    p->mean_ref = arena_new(a, moments, p->k);
    p->mean_cur = arena_new(a, moments, p->k);
    p->bin_of = arena_new(a, uint8_t, p->k);
    p->label = arena_new(a, str, p->n_bins);
    fold(ref, end, n, p->ref, p->mean_ref);
    fold(cur, end, n, p->cur, p->mean_cur);
    for (size_t c = 0, b = 0; c < n; c++) {
        p->bin_of[c] = (uint8_t)b;
        b += end[c] == bin_end[b];
    }
    p->bin_of[n] = (uint8_t)bins;
    name_bins(p, ref, bin_end, a);
}

static double normalised(double distance, double sd)
{
    return sd > 0 ? distance / sd : distance > 0 ? NAN : distance;
}

static sketch sketch_of(const profile *p, const column *ref, uint64_t seed, arena *scratch)
{
    return p->kept ? *p->kept : sketch_reference(ref, (size_t)p->rows_ref, seed, scratch);
}

static void make_numbers(profile *p, const column *ref, const column *cur, uint64_t seed, arena *a)
{
    arena *scratch = arena_open();
    sketch x = sketch_of(p, ref, seed, scratch);
    sketch y = sketch_empty(x.shape, scratch);
    sketch_add(&y, cur, 0, (size_t)p->rows_cur, scratch);
    set_grid(p, &x, &y, a);
    moments m = sketch_moments(&x, 0, sketch_cells(x.shape));
    p->mean = m.mean;
    p->sd = m.n > 0 ? sqrt(m.m2 / m.n) : NAN;
    distances off = {0, 0}, d = p->kept ? distance_bounds(&x, &y, cur->num, &off, scratch)
                                        : distance_exact(&x, ref->num, &y, cur->num, scratch);
    p->value[DRIFT_KS] = d.ks;
    p->value[DRIFT_W1] = normalised(d.wasserstein, p->sd);
    p->off[DRIFT_KS] = off.ks;
    p->off[DRIFT_W1] = normalised(off.wasserstein, p->sd);
    arena_close(scratch);
}

/* ---- categories ---- */

static void name_counts(profile *p, const sketch_shape *s, arena *a)
{
    p->label = arena_new(a, str, p->k);
    for (size_t i = 0; i < s->n_levels; i++)
        if (s->cell[i] < s->n_counts - 2) p->label[s->cell[i]] = s->level[i];
    p->label[p->k - 3] = S("(other)");
    p->label[p->k - 2] = S("(unseen)");
}

static void make_categories(profile *p, const column *ref, const column *cur, uint64_t seed,
                            arena *a)
{
    arena *scratch = arena_open();
    sketch x = sketch_of(p, ref, seed, scratch);
    sketch y = sketch_empty(x.shape, scratch);
    sketch_add(&y, cur, 0, (size_t)p->rows_cur, scratch);
    p->k = p->n_bins = sketch_cells(x.shape) + 1;
    p->ref = arena_new(a, int64_t, p->k);
    p->cur = arena_new(a, int64_t, p->k);
    memcpy(p->ref, x.count, (p->k - 1) * sizeof *p->ref);
    memcpy(p->cur, y.count, (p->k - 1) * sizeof *p->cur);
    p->ref[p->k - 1] = x.missing;
    p->cur[p->k - 1] = y.missing;
    name_counts(p, x.shape, a);
    arena_close(scratch);
}

/* A column without any value reads as numbers, and so is of either type. */
static void make_mixed(profile *p, const column *ref, const column *cur, arena *a)
{
    p->k = p->n_bins = 3;
    p->ref = arena_new(a, int64_t, 3);
    p->cur = arena_new(a, int64_t, 3);
    p->label = arena_new(a, str, 3);
    p->ref[ref->type == COLUMN_NUMBER ? 0 : 1] = p->in_ref;
    p->cur[cur->type == COLUMN_NUMBER ? 0 : 1] = p->in_cur;
    p->ref[2] = p->rows_ref - p->in_ref;
    p->cur[2] = p->rows_cur - p->in_cur;
    p->label[0] = S("(number)");
    p->label[1] = S("(text)");
}

profile profile_make(str name, const column *ref, const sketch *kept, size_t rows_ref,
                     const column *cur, size_t rows_cur, uint64_t seed, arena *a)
{
    profile p = {.name = name,
                 .kept = kept,
                 .form = ref->type != cur->type       ? PROFILE_MIXED
                         : ref->type == COLUMN_NUMBER ? PROFILE_NUMBER
                                                      : PROFILE_CATEGORY,
                 .rows_ref = (int64_t)rows_ref,
                 .rows_cur = (int64_t)rows_cur,
                 .in_ref = (int64_t)(rows_ref - ref->missing),
                 .in_cur = (int64_t)(rows_cur - cur->missing)};
    for (size_t i = 0; i < DRIFT_FIGURES; i++)
        p.value[i] = NAN;
    if (p.form == PROFILE_NUMBER)
        make_numbers(&p, ref, cur, seed, a);
    else if (p.form == PROFILE_CATEGORY)
        make_categories(&p, ref, cur, seed, a);
    else
        make_mixed(&p, ref, cur, a);
    p.label[p.n_bins - 1] = S("(missing)");
    int64_t *x = arena_new(a, int64_t, p.n_bins), *y = arena_new(a, int64_t, p.n_bins);
    profile_bins(&p, p.ref, x);
    profile_bins(&p, p.cur, y);
    p.value[DRIFT_PSI] = distance_psi(x, y, p.n_bins);
    p.value[DRIFT_JS] = distance_js(x, y, p.n_bins);
    if (p.form != PROFILE_NUMBER) p.value[DRIFT_V] = distance_cramers_v(x, y, p.n_bins);
    return p;
}

/* ---- bootstrap ---- */

/* Shares of the rows that are not missing: the reference's, less the data's. */
struct shares {
    double ref[SKETCH_GRID], cur[SKETCH_GRID];
};

static struct shares shares_of(const profile *p, const int64_t *x, const int64_t *y)
{
    struct shares s = {0};
    double n = (double)(p->rows_ref - x[p->k - 1]), m = (double)(p->rows_cur - y[p->k - 1]);
    for (size_t c = 0; c + 1 < p->k; c++) {
        s.ref[c] = (double)x[c] / n;
        s.cur[c] = (double)y[c] / m;
    }
    return s;
}

static double grid_ks(const profile *p, const struct shares *s)
{
    double gap = 0, most = 0;
    for (size_t c = 0; c + 1 < p->k; c++) {
        gap += s->ref[c] - s->cur[c];
        most = isnan(gap) ? NAN : fmax(most, fabs(gap));
    }
    return most;
}

struct walk {
    double at, gap, sum;
};

static void step(struct walk *w, double at, double mass)
{
    if (w->at < at) w->sum += fabs(w->gap) * (at - w->at);
    w->at = fmax(w->at, at);
    w->gap += mass;
}

/* Wasserstein distance when each cell's values stand at their mean. */
static double grid_w1(const profile *p, const struct shares *s, const double *at)
{
    struct walk w = {.at = INFINITY};
    for (size_t c = 0; c + 1 < p->k; c++) {
        double f = s->ref[c], g = -s->cur[c], u = at[2 * c], v = at[2 * c + 1];
        if (f == 0 && g == 0) continue;
        u = f != 0 ? u : v;
        v = g != 0 ? v : u;
        if (isinf(w.at)) w.at = fmin(u, v);
        step(&w, fmin(u, v), u <= v ? f : g);
        step(&w, fmax(u, v), u <= v ? g : f);
    }
    return normalised(w.sum, p->sd);
}

static double drawn_mean(moments m, int64_t n, rng *r)
{
    if (m.n < 2 || n == 0) return m.mean;
    return m.mean + sqrt(m.m2 / m.n / (double)n) * (r ? rng_normal(r) : 0);
}

static void means_at(const profile *p, const int64_t *x, const int64_t *y, rng *r, double *ret)
{
    for (size_t c = 0; c + 1 < p->k; c++) {
        ret[2 * c] = drawn_mean(p->mean_ref[c], x[c], r);
        ret[2 * c + 1] = drawn_mean(p->mean_cur[c], y[c], r);
    }
}

struct drawing {
    const profile *p;
    struct shares shares; /* of the counts as they are, and what the grid makes of them */
    double at[2 * SKETCH_GRID], ks, w1;
};

/* How far the means moved, weighed by the rows that moved with them. */
static double moved(const struct drawing *d, const struct shares *s, const double *at)
{
    double sum = 0;
    for (size_t c = 0; c + 1 < d->p->k; c++)
        sum += s->ref[c] * fabs(at[2 * c] - d->at[2 * c]) +
               s->cur[c] * fabs(at[2 * c + 1] - d->at[2 * c + 1]);
    return normalised(sum, d->p->sd);
}

static void draw_numbers(const struct drawing *d, const int64_t *x, const int64_t *y, rng *r,
                         double *ret)
{
    const profile *p = d->p;
    struct shares s = shares_of(p, x, y), error;
    double at[2 * SKETCH_GRID] = {0};
    means_at(p, x, y, r, at);
    for (size_t c = 0; c < SKETCH_GRID; c++) {
        error.ref[c] = s.ref[c] - d->shares.ref[c];
        error.cur[c] = s.cur[c] - d->shares.cur[c];
    }
    ret[DRIFT_KS] = p->value[DRIFT_KS] + grid_ks(p, &s) - d->ks;
    ret[DRIFT_W1] = p->value[DRIFT_W1] + grid_w1(p, &s, at) - d->w1;
    ret[DRIFT_SLACK + DRIFT_KS] = grid_ks(p, &error);
    ret[DRIFT_SLACK + DRIFT_W1] = grid_w1(p, &error, d->at) + moved(d, &s, at);
}

/* Figures of two rows of bins. */
static void of_bins(const profile *p, const int64_t *u, const int64_t *v, double *ret)
{
    ret[DRIFT_PSI] = distance_psi(u, v, p->n_bins);
    ret[DRIFT_JS] = distance_js(u, v, p->n_bins);
    ret[DRIFT_V] = p->form == PROFILE_NUMBER ? NAN : distance_cramers_v(u, v, p->n_bins);
}

/* `still`: the figures of a table in which nothing moved. */
static void set_slack(const profile *p, const double *still, double *ret)
{
    double psi = p->value[DRIFT_PSI];
    ret[DRIFT_SLACK + DRIFT_PSI] = fmax(still[DRIFT_PSI], ret[DRIFT_PSI] - psi);
    for (size_t i = DRIFT_JS; i <= DRIFT_V; i++) {
        double v = p->value[i], push = fmax(still[i] * still[i], ret[i] * ret[i] - v * v);
        ret[DRIFT_SLACK + i] = v - sqrt(fmax(0, v * v - push));
    }
}

static void replicate(const void *ctx, rng *r, void *scratch, double *ret)
{
    const struct drawing *d = ctx;
    const profile *p = d->p;
    int64_t *x = scratch, *y = x + p->k, *u = y + p->k, *v = u + p->n_bins;
    double still[DRIFT_FIGURES];
    for (size_t i = 0; i < DRIFT_DRAWS; i++)
        ret[i] = NAN;
    rng_multinomial(r, p->ref, p->k, x);
    rng_multinomial(r, p->cur, p->k, y);
    profile_bins(p, x, u);
    profile_bins(p, y, v);
    of_bins(p, u, v, ret);
    if (p->form == PROFILE_NUMBER) draw_numbers(d, x, y, r, ret);
    rng_multinomial_of(r, p->ref, p->k, p->rows_cur, y);
    profile_bins(p, y, v);
    of_bins(p, u, v, still);
    set_slack(p, still, ret);
}

bool profile_draw(profile *p, const measure_plan *plan, const measure_input *in, uint32_t stream,
                  double from, double to, arena *a, err *e)
{
    struct drawing d = {.p = p};
    double *draws;
    if (p->form == PROFILE_NUMBER) {
        d.shares = shares_of(p, p->ref, p->cur);
        means_at(p, p->ref, p->cur, NULL, d.at);
        d.ks = grid_ks(p, &d.shares);
        d.w1 = grid_w1(p, &d.shares, d.at);
    }
    boot b = {.replicates = (size_t)plan->resamples,
              .n_stats = DRIFT_DRAWS,
              .scratch_bytes = 2 * (p->k + p->n_bins) * sizeof(int64_t),
              .seed = plan->seed,
              .stream = stream,
              .from = from,
              .to = to,
              .replicate = replicate,
              .ctx = &d};
    if (!boot_run(&b, in, &draws, a, e)) return false;
    for (size_t i = 0; i < DRIFT_DRAWS; i++)
        p->draws[i] = draws + i * b.replicates;
    return true;
}
