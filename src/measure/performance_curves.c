/* performance_curves.c - thresholds of a score from the highest: average precision and curves. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/performance_curves.h"
#include "measure/result_table.h"
#include "measure/score.h"
#include <math.h>

enum { BAND_STEPS = 100, CURVE_COLUMNS = 7 };

/* Positive and negative rows at or above a threshold, which is a score that occurs. */
typedef struct step {
    double threshold;
    int64_t positive, negative;
} step;

/* Rows in falling order of score -> one step per different score. */
static step *steps_of(const sample *s, const size_t *row, size_t n, arena *a, size_t *ret_n)
{
    step *ret = arena_new(a, step, n), at = {0};
    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        at.positive += s->truth[row[i]];
        at.negative += !s->truth[row[i]];
        at.threshold = s->score[row[i]];
        if (i + 1 == n || s->score[row[i + 1]] != at.threshold) ret[(*ret_n)++] = at;
    }
    return ret;
}

/* ---- average precision ---- */

static double precision_at(step t)
{
    return (double)t.positive / (double)(t.positive + t.negative);
}

static double average_precision(const step *t, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += (double)(t[k].positive - (k ? t[k - 1].positive : 0)) * precision_at(t[k]);
    return sum / (double)t[n - 1].positive;
}

/* A row counts in its own step's precision and in all lower ones: by `gain` when it is positive, by
 * -`cost` when it is not. */
static double average_precision_se(const step *t, size_t n, double ap)
{
    double all = (double)t[n - 1].positive, gain = 0, cost = 0, sum = 0;
    for (size_t k = n; k-- > 0;) {
        step before = k ? t[k - 1] : (step){0};
        double p = (double)t[k].positive, q = (double)t[k].negative, square = (p + q) * (p + q);
        double more = p - (double)before.positive, less = q - (double)before.negative;
        gain += more * q / square;
        cost += more * p / square;
        double up = (precision_at(t[k]) - ap + gain) / all, down = cost / all;
        sum += more * up * up + less * down * down;
    }
    double rows = all + (double)t[n - 1].negative;
    return sqrt(sum * rows / (rows - 1));
}

static recipe precision_recipe(const step *t, size_t n, double ap)
{
    double positive = (double)t[n - 1].positive;
    double se = positive > 1 && ap < 1 ? average_precision_se(t, n, ap) : 0;
    if (se > 0) return (recipe){.kind = RECIPE_LOGIT, .method = "influence-logit", .se = se};
    recipe r = recipe_wilson(ap * positive, positive);
    r.method = "wilson-positives";
    return r;
}

static size_t group_of(const groups *g, const view *v, size_t row)
{
    return g->joint ? (size_t)v->group_of[g->joint[row]] : 0;
}

/* Rows group by group, each in falling order of score; ret_from has n_groups + 1 entries. */
static size_t *rows_by_group(const sample *s, const view *v, const size_t *order, arena *a,
                             size_t **ret_from)
{
    size_t *ret = arena_new(a, size_t, s->rows), *from = arena_new(a, size_t, v->n_groups + 1),
           *at = arena_new(a, size_t, v->n_groups);
    for (size_t k = 0; k < v->n_groups; k++)
        at[k] = from[k], from[k + 1] = from[k] + (size_t)v->rows[k];
    for (size_t i = s->rows; i-- > 0;)
        ret[at[group_of(&s->g, v, order[i])]++] = order[i];
    *ret_from = from;
    return ret;
}

static void precision_view(figures *f, const sample *s, const view *v, const size_t *order)
{
    arena *scratch = arena_open();
    size_t *from, *row = rows_by_group(s, v, order, scratch, &from);
    for (size_t k = 0; k < v->n_groups; k++) {
        size_t n;
        step *t = steps_of(s, row + from[k], from[k + 1] - from[k], scratch, &n);
        bool defined = n && t[n - 1].positive;
        double ap = defined ? average_precision(t, n) : NAN;
        figures_add(f, "average_precision", ap, v->rows[k],
                    groups_slice(&s->g, v, k, (str){0}, (str){0}, f->a),
                    defined ? precision_recipe(t, n, ap) : (recipe){0})
            ->small = figures_small(f, v, k);
    }
    arena_close(scratch);
}

void curves_average_precision(figures *f, const sample *s)
{
    const size_t *order = score_order(s->score, s->rows, f->a);
    for (size_t i = 0; i < s->g.n_views; i++)
        precision_view(f, s, &s->g.views[i], order);
}

/* ---- thinning ---- */

/* Two rates, each k of n: x as it is drawn, y above it. */
typedef struct point {
    double threshold;
    int64_t xk, xn, yk, yn;
} point;

typedef struct curve {
    const char *id, *title;
    const char *const *columns; /* of the table: x is the 2nd, y the 5th */
    const point *at;
    size_t n;
    bool stairs; /* between two points runs the height of the second, not a straight line */
} curve;

static double x_of(point p)
{
    return (double)p.xk / (double)p.xn;
}

static double y_of(point p)
{
    return (double)p.yk / (double)p.yn;
}

/* What leaving out a point costs: of stairs the area it would change, else how far it lies from the
 * straight line. */
static double cost_of(const curve *c, size_t from, size_t to, size_t at)
{
    double x = x_of(c->at[from]), y = y_of(c->at[from]), dx = x_of(c->at[to]) - x,
           dy = y_of(c->at[to]) - y, px = x_of(c->at[at]) - x, py = y_of(c->at[at]) - y;
    double square = dx * dx + dy * dy;
    if (c->stairs) return fabs(py - dy) * px;
    if (square <= 0) return hypot(px, py);
    double along = fmin(1, fmax(0, (px * dx + py * dy) / square));
    return hypot(px - along * dx, py - along * dy);
}

struct stretch {
    size_t from, to, farthest;
    double off;
};

static struct stretch span_of(const curve *c, size_t from, size_t to)
{
    struct stretch ret = {from, to, from, 0};
    for (size_t i = from + 1; i < to; i++) {
        double off = cost_of(c, from, to, i);
        if (off > ret.off) ret.off = off, ret.farthest = i;
    }
    return ret;
}

static size_t worst_of(const struct stretch *s, size_t n)
{
    size_t worst = 0;
    for (size_t i = 1; i < n; i++)
        if (s[i].off > s[worst].off) worst = i;
    return worst;
}

/* Splits the worst span at its farthest point as long as there are points to give (after Ramer
 * 1972, Douglas & Peucker 1973). ret has room for CURVE_POINTS; gives how many there are. */
static size_t thin(const curve *c, point *ret, double *ret_off)
{
    struct stretch s[CURVE_POINTS];
    size_t n = 1, kept = 0;
    bool left = true;
    s[0] = span_of(c, 0, c->n - 1);
    while (n + 1 < CURVE_POINTS && left) {
        size_t k = worst_of(s, n);
        left = s[k].off > 0;
        if (!left) break;
        memmove(s + k + 1, s + k, (n - k) * sizeof *s);
        s[k] = span_of(c, s[k + 1].from, s[k + 1].farthest);
        s[k + 1] = span_of(c, s[k + 1].farthest, s[k + 1].to);
        n++;
    }
    ret[kept++] = c->at[0];
    for (size_t k = 0; k < n && c->n > 1; k++)
        ret[kept++] = c->at[s[k].to];
    *ret_off = s[worst_of(s, n)].off;
    return kept;
}

/* ---- writing ---- */

static const char *const roc_columns[CURVE_COLUMNS] = {"threshold",
                                                       "false_positive_rate",
                                                       "false_positive_rate_low",
                                                       "false_positive_rate_high",
                                                       "true_positive_rate",
                                                       "true_positive_rate_low",
                                                       "true_positive_rate_high"};
static const char *const recall_columns[CURVE_COLUMNS] = {
    "threshold", "recall",        "recall_low",    "recall_high",
    "precision", "precision_low", "precision_high"};

static void write_rate(jw *w, double k, double n, double confidence)
{
    interval i = stat_wilson(k, n, confidence);
    jw_real(w, k / n);
    jw_real(w, i.lo);
    jw_real(w, i.hi);
}

static void write_table(const curve *c, const point *p, size_t n, double confidence, jw *w)
{
    result_open_table(w, c->id, c->title, c->columns, CURVE_COLUMNS);
    for (size_t i = 0; i < n; i++) {
        jw_arr(w);
        jw_real(w, p[i].threshold);
        write_rate(w, (double)p[i].xk, (double)p[i].xn, confidence);
        write_rate(w, (double)p[i].yk, (double)p[i].yn, confidence);
        jw_arr_end(w);
    }
    result_close_table(w);
}

static void open_series(jw *w, const char *name)
{
    jw_obj(w);
    jw_m_strz(w, "name", name);
    jw_key(w, "points");
    jw_arr(w);
}

static void close_series(jw *w)
{
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_xy(jw *w, double x, double y)
{
    jw_arr(w);
    jw_real(w, x);
    jw_real(w, y);
    jw_arr_end(w);
}

/* The band is made of steps that rise; each end is taken one step of the grid further out, so that
 * straight lines between its points stay outside of it. */
static void write_band(const curve *c, double confidence, jw *w)
{
    double negative = (double)c->at[0].xn, positive = (double)c->at[0].yn;
    double outside = log(2 / (1 - sqrt(confidence))) / 2;
    double dx = sqrt(outside / negative), dy = sqrt(outside / positive);
    open_series(w, "low");
    for (size_t i = 0, k = 0; i <= BAND_STEPS; i++) {
        double x = fmax(0, (double)i - 1) / BAND_STEPS;
        while (k + 1 < c->n && x_of(c->at[k]) < x - dx)
            k++;
        write_xy(w, (double)i / BAND_STEPS, fmax(0, y_of(c->at[k]) - dy));
    }
    close_series(w);
    open_series(w, "high");
    for (size_t i = 0, k = 0; i <= BAND_STEPS; i++) {
        double x = ((double)i + 1) / BAND_STEPS;
        while (k + 1 < c->n && x_of(c->at[k + 1]) <= x + dx)
            k++;
        write_xy(w, (double)i / BAND_STEPS, fmin(1, y_of(c->at[k]) + dy));
    }
    close_series(w);
}

static void write_curve(figures *f, const curve *c, jw *tables, jw *w)
{
    point kept[CURVE_POINTS];
    double off, confidence = f->plan->confidence;
    size_t n = thin(c, kept, &off);
    write_table(c, kept, n, confidence, tables);
    jw_obj(w);
    jw_m_strz(w, "id", c->id);
    jw_m_strz(w, "type", "line");
    jw_m_strz(w, "title", c->title);
    jw_m_strz(w, "x", c->columns[1]);
    jw_m_strz(w, "y", c->columns[4]);
    jw_key(w, "series");
    jw_arr(w);
    open_series(w, "curve");
    for (size_t i = 0; i < n; i++)
        write_xy(w, x_of(kept[i]), y_of(kept[i]));
    close_series(w);
    if (!c->stairs) write_band(c, confidence, w);
    jw_arr_end(w);
    jw_obj_end(w);
    if (off > 0)
        figures_note(
            f, "%s: %zu of %zu points are kept; none that is left out %s %.2g", c->id, n, c->n,
            c->stairs ? "would change the area by more than" : "lies further from the line than",
            off);
}

/* The ROC curve begins at 0, 0 where nothing is predicted positive; there precision has no
 * meaning, so the other curve begins with the first threshold. It has the thresholds at which
 * recall grows, which are those that average precision counts, and the lowest. */
static void points_of(const step *t, size_t n, point *roc, point *pr, size_t *ret_pr)
{
    int64_t positive = t[n - 1].positive, negative = t[n - 1].negative, before = 0;
    roc[0] = (point){NAN, 0, negative, 0, positive};
    *ret_pr = 0;
    for (size_t k = 0; k < n; k++) {
        int64_t p = t[k].positive, q = t[k].negative;
        roc[k + 1] = (point){t[k].threshold, q, negative, p, positive};
        if (p > before || k + 1 == n)
            pr[(*ret_pr)++] = (point){t[k].threshold, p, positive, p, p + q};
        before = p;
    }
}

void curves_write(figures *f, const sample *s, jw *tables, jw *figures_)
{
    arena *scratch = arena_open();
    curve r = {"roc", "ROC curve", roc_columns, NULL, 0, false};
    curve c = {"precision_recall", "Precision and recall", recall_columns, NULL, 0, true};
    size_t n, *from;
    const size_t *order = score_order(s->score, s->rows, scratch);
    const size_t *row = rows_by_group(s, &s->g.views[0], order, scratch, &from);
    const step *t = steps_of(s, row, s->rows, scratch, &n);
    if (n && t[n - 1].positive && t[n - 1].negative) {
        point *roc = arena_new(scratch, point, n + 1), *pr = arena_new(scratch, point, n);
        points_of(t, n, roc, pr, &c.n);
        r.at = roc, r.n = n + 1;
        c.at = pr;
        write_curve(f, &r, tables, figures_);
        write_curve(f, &c, tables, figures_);
    }
    arena_close(scratch);
}
