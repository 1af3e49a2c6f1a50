/* privacy_figures.c - how well an attack tells members from others, with intervals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"
#include "measure/privacy.h"
#include <math.h>

enum { STREAM_HALF_MEMBERS = 202, STREAM_HALF_OTHERS = 203 };

/* ---- advantage ---- */

/* Of the rows with half[r] == which, in descending order: the score from which on to say "member"
 * for the largest TPR - FPR there; infinite when saying it never is best. */
static double best_threshold(const double *score, const int32_t *member, const uint8_t *half,
                             uint8_t which, const size_t *order, size_t rows)
{
    double all[2] = {0}, seen[2] = {0}, best = 0, ret = INFINITY;
    for (size_t r = 0; r < rows; r++)
        all[member[r]] += half[r] == which;
    for (size_t i = rows; i-- > 0;) {
        size_t r = order[i];
        seen[member[r]] += half[r] == which;
        bool tied = i > 0 && score[order[i - 1]] >= score[r];
        double now = seen[1] / all[1] - seen[0] / all[0];
        if (tied || !(now > best)) continue;
        best = now;
        ret = score[r];
    }
    return ret;
}

/* Halves of the members and of the others. */
static uint8_t *halves(const int32_t *member, size_t rows, uint64_t seed, arena *a)
{
    size_t members = 0;
    for (size_t r = 0; r < rows; r++)
        members += member[r] == 1;
    size_t others = rows - members, i = 0, k = 0;
    const uint8_t *of_members = privacy_draw(members, members / 2, seed, STREAM_HALF_MEMBERS, a);
    const uint8_t *of_others = privacy_draw(others, others / 2, seed, STREAM_HALF_OTHERS, a);
    uint8_t *ret = arena_new(a, uint8_t, rows);
    for (size_t r = 0; r < rows; r++)
        ret[r] = member[r] ? of_members[i++] : of_others[k++];
    return ret;
}

counted privacy_advantage(const double *score, const int32_t *member, size_t rows, uint64_t seed,
                          uint8_t *ret_said, arena *a)
{
    counted c = {0};
    const uint8_t *half = halves(member, rows, seed, a);
    const size_t *order = score_order(score, rows, a);
    double from[2] = {best_threshold(score, member, half, 1, order, rows),
                      best_threshold(score, member, half, 0, order, rows)};
    for (size_t r = 0; r < rows; r++) {
        bool said = score[r] >= from[half[r]];
        ret_said[r] = said;
        c.members += member[r] == 1;
        c.others += member[r] == 0;
        c.hit += said && member[r];
        c.alarm += said && !member[r];
    }
    return c;
}

recipe privacy_rates(counted c, arena *a)
{
    return recipe_contrast(c.hit / c.members, recipe_wilson(c.hit, c.members), c.alarm / c.others,
                           recipe_wilson(c.alarm, c.others), 0, "newcombe", a);
}

static void add_advantage(const privacy *p, const privacy_attack *x, const uint8_t *said,
                          const view *v)
{
    counted *c = arena_new(p->a, counted, v->n_groups);
    for (size_t r = 0; r < p->rows; r++) {
        counted *g = &c[p->s.g.joint ? v->group_of[p->s.g.joint[r]] : 0];
        *(p->member[r] ? &g->members : &g->others) += 1;
        *(p->member[r] ? &g->hit : &g->alarm) += said[r];
    }
    for (size_t k = 0; k < v->n_groups; k++) {
        str slice = groups_slice(&p->s.g, v, k, S("attack"), str_of(x->name), p->a);
        figures_add(p->f, "membership_advantage",
                    c[k].hit / c[k].members - c[k].alarm / c[k].others, v->rows[k], slice,
                    privacy_rates(c[k], p->a))
            ->small = figures_small(p->f, v, k);
    }
}

/* ---- true positives at few false ones ---- */

/* Scores of members of a group, and of all others, both descending. */
struct tail {
    const double *member, *other;
    size_t members, others;
    double fpr;
};

/* Share of members above a score, or from it on. */
static double share_above(const struct tail *t, double score, bool also_equal)
{
    size_t lo = 0, hi = t->members;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        bool above = also_equal ? t->member[mid] >= score : t->member[mid] > score;
        lo = above ? mid + 1 : lo;
        hi = above ? hi : mid;
    }
    return (double)lo / (double)t->members;
}

static double tail_value(const struct tail *t)
{
    size_t k = (size_t)floor((double)t->others * t->fpr + 1e-9);
    if (k == 0 || t->members == 0) return NAN;
    return k < t->others ? share_above(t, t->other[k], false) : 1;
}

/* Smallest k with P(X <= k) >= p, X binomial: the quantile of how many others pass the true
 * threshold. */
static size_t binomial_quantile(size_t n, double chance, double p)
{
    double term = (double)n * log1p(-chance), odds = log(chance) - log1p(-chance), sum = 0;
    for (size_t k = 0; k < n; k++) {
        sum += exp(term);
        if (sum >= p) return k;
        term += log((double)(n - k)) - log((double)(k + 1)) + odds;
    }
    return n;
}

static interval tail_interval(const void *ctx, double confidence)
{
    const struct tail *t = ctx;
    double value = tail_value(t), out = (1 - confidence) / 2;
    size_t few = binomial_quantile(t->others, t->fpr, out);
    size_t many = binomial_quantile(t->others, t->fpr, 1 - out);
    double low = few > 0 ? share_above(t, t->other[few - 1], false) : 0;
    double high = many < t->others ? share_above(t, t->other[many], true) : 1;
    double n = (double)t->members;
    interval w = stat_wilson(value * n, n, confidence);
    double below = hypot(value - w.lo, value - fmin(low, value));
    double above = hypot(w.hi - value, fmax(high, value) - value);
    return (interval){fmax(0, value - below), fmin(1, value + above)};
}

static double *descending(const double *score, const size_t *order, size_t rows,
                          const int32_t *member, int32_t which, const int32_t *group, int32_t k,
                          size_t *ret_n, arena *a)
{
    size_t n = 0;
    for (size_t r = 0; r < rows; r++)
        n += member[r] == which && (!group || group[r] == k);
    double *ret = arena_new(a, double, n);
    *ret_n = 0;
    for (size_t i = rows; i-- > 0;) {
        size_t r = order[i];
        if (member[r] == which && (!group || group[r] == k)) ret[(*ret_n)++] = score[r];
    }
    return ret;
}

static const int32_t *group_of_rows(const privacy *p, const view *v)
{
    if (!p->s.g.joint) return NULL;
    int32_t *ret = arena_new(p->a, int32_t, p->rows);
    for (size_t r = 0; r < p->rows; r++)
        ret[r] = v->group_of[p->s.g.joint[r]];
    return ret;
}

static void add_tail(const privacy *p, const privacy_attack *x, const view *v, size_t k,
                     const struct tail *of)
{
    static const struct {
        const char *id;
        double fpr;
    } points[] = {
        {"tpr_at_fpr_0_01",  0.01 },
        {"tpr_at_fpr_0_001", 0.001},
    };
    str slice = groups_slice(&p->s.g, v, k, S("attack"), str_of(x->name), p->a);
    for (size_t i = 0; i < COUNT(points); i++) {
        struct tail *t = arena_new(p->a, struct tail, 1);
        *t = *of;
        t->fpr = points[i].fpr;
        recipe r = {.kind = RECIPE_OWN,
                    .method = "wilson-order-statistics",
                    .make = tail_interval,
                    .ctx = t};
        figures_add(p->f, points[i].id, tail_value(t), (int64_t)t->members, slice, r)->small =
            figures_small(p->f, v, k);
    }
}

/* Points at false positive rates that grow by a tenth of a decade. */
static void add_curve(const privacy *p, const privacy_attack *x, const struct tail *whole)
{
    jw *w = p->curves;
    jw_obj(w);
    jw_m_strz(w, "name", x->name);
    jw_key(w, "points");
    jw_arr(w);
    for (int i = -40; i <= 0; i++) {
        struct tail t = *whole;
        t.fpr = pow(10, i / 10.0);
        double tpr = tail_value(&t);
        if (isnan(tpr)) continue;
        jw_arr(w);
        jw_real(w, t.fpr);
        jw_real(w, tpr);
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

void privacy_open_curves(jw *w)
{
    jw_arr(w);
    jw_obj(w);
    jw_m_strz(w, "id", "membership_roc");
    jw_m_strz(w, "type", "line");
    jw_m_strz(w, "title", "Members found at a rate of false alarms");
    jw_m_strz(w, "x", "false positive rate");
    jw_m_strz(w, "y", "true positive rate");
    jw_key(w, "series");
    jw_arr(w);
}

void privacy_close_curves(jw *w)
{
    jw_arr_end(w);
    jw_obj_end(w);
    jw_arr_end(w);
}

static void add_tails(const privacy *p, const privacy_attack *x)
{
    struct tail t = {0};
    const size_t *order = score_order(x->score, p->rows, p->a);
    t.other = descending(x->score, order, p->rows, p->member, 0, NULL, 0, &t.others, p->a);
    for (size_t i = 0; i < p->s.g.n_views; i++) {
        const view *v = &p->s.g.views[i];
        const int32_t *group = group_of_rows(p, v);
        for (size_t k = 0; k < v->n_groups; k++) {
            t.member = descending(x->score, order, p->rows, p->member, 1, group, (int32_t)k,
                                  &t.members, p->a);
            add_tail(p, x, v, k, &t);
            if (i == 0) add_curve(p, x, &t);
        }
    }
}

void privacy_add_attack(const privacy *p, const privacy_attack *x)
{
    uint8_t *said = arena_new(p->a, uint8_t, p->rows);
    privacy_advantage(x->score, p->member, p->rows, p->plan->seed, said, p->a);
    score_auc_of(
        p->f, &p->s.g,
        &(ranked){"membership_auc", S("attack"), str_of(x->name), p->rows, x->score, p->member});
    for (size_t i = 0; i < p->s.g.n_views; i++)
        add_advantage(p, x, said, &p->s.g.views[i]);
    add_tails(p, x);
}
