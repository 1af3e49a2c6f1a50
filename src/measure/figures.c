/* figures.c - the list of figures of a run, their notes, and how an interval is made. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/figures.h"
#include <math.h>

#define NOTES_MAX 200

recipe recipe_wilson(double k, double n)
{
    return (recipe){
        .kind = n > 0 ? RECIPE_WILSON : RECIPE_NONE, .method = "wilson", .k = k, .n = n};
}

recipe recipe_normal(double se, double floor, double ceil)
{
    return (recipe){
        .kind = RECIPE_NORMAL, .method = "normal", .se = se, .floor = floor, .ceil = ceil};
}

recipe recipe_mean(moments m, double floor, double ceil)
{
    return (recipe){.kind = m.n > 1 ? RECIPE_MEAN : RECIPE_NONE,
                    .method = "student-hall",
                    .n = m.n,
                    .se = moments_se(m),
                    .skew = moments_skew(m),
                    .floor = floor,
                    .ceil = ceil};
}

recipe recipe_root(moments m)
{
    recipe r = recipe_mean(m, 0, INFINITY);
    if (r.kind == RECIPE_MEAN) r.kind = RECIPE_ROOT;
    r.method = "student-hall-of-square";
    return r;
}

recipe recipe_fixed(double lo, double hi, const char *method)
{
    return (recipe){.kind = RECIPE_FIXED, .method = method, .floor = lo, .ceil = hi};
}

recipe recipe_draws(double *draws, size_t n, double least, int lean, double floor, double ceil)
{
    return (recipe){.kind = RECIPE_DRAWS,
                    .method = "bootstrap-multinomial",
                    .draws = draws,
                    .n_draws = n,
                    .n = least,
                    .lean = lean,
                    .floor = floor,
                    .ceil = ceil};
}

/* ---- the difference of two figures ---- */

struct contrast {
    double value[2], rho;
    recipe r[2];
};

static interval of_contrast(const void *ctx, double confidence)
{
    const struct contrast *c = ctx;
    recipe ra = c->r[0], rb = c->r[1];
    interval a = recipe_interval(&ra, c->value[0], confidence);
    interval b = recipe_interval(&rb, c->value[1], confidence);
    double d = c->value[0] - c->value[1];
    double al = c->value[0] - a.lo, ah = a.hi - c->value[0];
    double bl = c->value[1] - b.lo, bh = b.hi - c->value[1];
    return (interval){d - sqrt(al * al + bh * bh - 2 * c->rho * al * bh),
                      d + sqrt(ah * ah + bl * bl - 2 * c->rho * ah * bl)};
}

recipe recipe_contrast(double a, recipe ra, double b, recipe rb, double rho, const char *method,
                       arena *arena_)
{
    struct contrast *c = arena_new(arena_, struct contrast, 1);
    *c = (struct contrast){
        {a,  b },
        rho, {ra, rb}
    };
    bool known = ra.kind != RECIPE_NONE && rb.kind != RECIPE_NONE;
    return (recipe){
        .kind = known ? RECIPE_OWN : RECIPE_NONE, .method = method, .make = of_contrast, .ctx = c};
}

static interval around(double at, double half, double floor, double ceil)
{
    return (interval){fmax(at - half, floor), fmin(at + half, ceil)};
}

/* The quantile of a skewed mean that Hall's transformation x + a x^2 + a^2 x^3 / 3 + b takes to t.
 */
static double unskewed(double t, double skew, double n)
{
    double a = skew / 3 / sqrt(n), b = skew / 6 / sqrt(n);
    return fabs(a) < 1e-9 ? t : (cbrt(1 + 3 * a * (t - b)) - 1) / a;
}

static interval of_mean(const recipe *r, double value, double confidence)
{
    double t = stat_student_quantile((1 + confidence) / 2, r->n - 1);
    return (interval){fmax(r->floor, value - r->se * unskewed(t, r->skew, r->n)),
                      fmin(r->ceil, value - r->se * unskewed(-t, r->skew, r->n))};
}

static interval of_root(const recipe *r, double value, double confidence)
{
    interval square = of_mean(r, value * value, confidence);
    return (interval){sqrt(square.lo), sqrt(square.hi)};
}

static interval of_logit(double p, double half)
{
    double at = log(p / (1 - p)), h = half / (p * (1 - p));
    return (interval){1 / (1 + exp(h - at)), 1 / (1 + exp(-h - at))};
}

static bool all_equal(const double *v, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (fabs(v[i] - v[0]) > 1e-12) return false;
    return true;
}

static interval of_still_draws(recipe *r, double value, double confidence)
{
    if (!(r->n > 0)) return (interval){NAN, NAN};
    r->method = "wilson-smallest-denominator";
    return around(value, 2 * stat_wilson(0, r->n, confidence).hi + r->off, r->floor, r->ceil);
}

/* Where chance may have pushed a leaning figure from; `far` is the percentile on its other side. */
static double pulled(const recipe *r, double value, double far, double p)
{
    size_t n = r->slack ? stat_finite(r->slack, r->n_draws) : 0;
    if (n == 0 && r->lean_of_square) return sqrt(fmax(0, 2 * value * value - far * far));
    if (n == 0) return 2 * value - far;
    double slack = stat_quantile(r->slack, n, p);
    return r->slack_is_factor ? value * exp(slack) : value - r->lean * slack;
}

static double mean_lean(const recipe *r, double value, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += r->draws[i] - value;
    return sum / (double)n;
}

static interval of_draws(recipe *r, double value, double confidence)
{
    size_t n = stat_finite(r->draws, r->n_draws);
    if (n < 2 || 2 * n < r->n_draws) return (interval){NAN, NAN};
    if (all_equal(r->draws, n)) return of_still_draws(r, value, confidence);
    double out = (1 - confidence) / 2;
    double off = r->centred ? 2 * mean_lean(r, value, n) : 0;
    interval i = {stat_quantile(r->draws, n, out) - off, stat_quantile(r->draws, n, 1 - out) - off};
    double low = r->lean > 0 ? fmin(i.lo, pulled(r, value, i.hi, 1 - out)) : i.lo;
    double high = r->lean < 0 ? fmax(i.hi, pulled(r, value, i.lo, 1 - out)) : i.hi;
    return (interval){fmax(r->floor, fmin(value, low) - r->off),
                      fmin(r->ceil, fmax(value, high) + r->off)};
}

interval recipe_interval(recipe *r, double value, double confidence)
{
    double half = stat_normal_quantile((1 + confidence) / 2) * r->se;
    if (isnan(value)) return (interval){NAN, NAN};
    switch (r->kind) {
    case RECIPE_NONE:
        break;
    case RECIPE_WILSON:
        return stat_wilson(r->k, r->n, confidence);
    case RECIPE_NORMAL:
        return around(value, half, r->floor, r->ceil);
    case RECIPE_MEAN:
        return of_mean(r, value, confidence);
    case RECIPE_ROOT:
        return of_root(r, value, confidence);
    case RECIPE_LOG:
        return (interval){value * exp(-half / value), value * exp(half / value)};
    case RECIPE_LOGIT:
        return of_logit(value, half);
    case RECIPE_DRAWS:
        return of_draws(r, value, confidence);
    case RECIPE_FIXED:
        return (interval){r->floor, r->ceil};
    case RECIPE_OWN:
        return r->make(r->ctx, confidence);
    }
    return (interval){NAN, NAN};
}

figures figures_open(const measure_plan *p, const groups *g, arena *a)
{
    return (figures){.a = a, .plan = p, .g = g};
}

static void *grown(arena *a, void *old, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return old;
    *cap = *cap ? 2 * *cap : 64;
    void *fresh = arena_array(a, *cap, size, 16);
    if (n) memcpy(fresh, old, n * size);
    return fresh;
}

figure *figures_add(figures *f, const char *id, double value, int64_t n, str slice, recipe r)
{
    f->at = grown(f->a, f->at, f->n, &f->cap, sizeof *f->at);
    figure *x = &f->at[f->n++];
    *x = (figure){
        .m = {.id = str_of(id), .value = value, .n = n, .slice = slice},
          .r = r
    };
    return x;
}

figure *figures_add_between(figures *f, const char *id, double value, const view *v, str label,
                            str cls, recipe r)
{
    static const view none = {0};
    bool joint = v->n_attributes == f->g->n_attributes;
    int64_t rows = 0;
    for (size_t k = 0; k < v->n_groups; k++)
        rows += figures_small(f, v, k) ? 0 : v->rows[k];
    figure *x =
        figures_add(f, id, value, rows, groups_star(f->g, joint ? &none : v, label, cls, f->a), r);
    if (!joint) x->m.attribute = groups_attributes(f->g, v, f->a);
    return x;
}

void figures_note(figures *f, const char *fmt, ...)
{
    if (f->n_notes >= NOTES_MAX) return;
    f->notes = grown(f->a, f->notes, f->n_notes, &f->cap_notes, sizeof *f->notes);
    va_list ap;
    va_start(ap, fmt);
    str text = str_vfmt(f->a, fmt, ap);
    va_end(ap);
    bool last = f->n_notes == NOTES_MAX - 1;
    f->notes[f->n_notes++] = last ? S("further notes are left out") : text;
}

bool figures_small(const figures *f, const view *v, size_t group)
{
    return v->n_attributes > 0 && v->rows[group] < f->plan->min_group;
}

size_t figures_judged(const figures *f, const view *v)
{
    size_t n = 0;
    for (size_t k = 0; k < v->n_groups; k++)
        n += !figures_small(f, v, k);
    return n;
}

void figures_note_small(figures *f)
{
    for (size_t i = 1; i < f->g->n_views; i++) {
        const view *v = &f->g->views[i];
        for (size_t k = 0; k < v->n_groups; k++)
            if (figures_small(f, v, k)) {
                str s = groups_slice(f->g, v, k, (str){0}, (str){0}, f->a);
                figures_note(f,
                             "group %.*s has %lld rows, under the minimum of %lld: reported, but "
                             "not judged and not part of any disparity",
                             STR_ARG(s), (long long)v->rows[k], (long long)f->plan->min_group);
            }
    }
}
