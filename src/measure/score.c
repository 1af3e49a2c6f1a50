/* score.c - AUC with DeLong's interval, and the losses of probabilities. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/score.h"
#include <float.h>
#include <math.h>

typedef struct keyed {
    uint64_t key;
    size_t row;
} keyed;

/* Unsigned order of the key = numeric order of the double; both zeros are one. */
static uint64_t sort_key(double x)
{
    uint64_t u;
    x += 0.0;
    memcpy(&u, &x, sizeof u);
    return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

/* One pass of a stable radix sort by 16 bits. */
static void radix_pass(const keyed *from, keyed *to, size_t n, int shift, size_t *at)
{
    memset(at, 0, 65537 * sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[(from[i].key >> shift & 0xffff) + 1]++;
    for (size_t k = 0; k < 65536; k++)
        at[k + 1] += at[k];
    for (size_t i = 0; i < n; i++)
        to[at[from[i].key >> shift & 0xffff]++] = from[i];
}

size_t *score_order(const double *score, size_t n, arena *a)
{
    keyed *p = arena_new(a, keyed, n), *q = arena_new(a, keyed, n);
    size_t *at = arena_new(a, size_t, 65537), *ret = arena_new(a, size_t, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (keyed){sort_key(score[i]), i};
    for (int shift = 0; shift < 64; shift += 32) {
        radix_pass(p, q, n, shift, at);
        radix_pass(q, p, n, shift + 16, at);
    }
    for (size_t i = 0; i < n; i++)
        ret[i] = p[i].row;
    return ret;
}

/* Per group, while rows come in ascending order of score. */
typedef struct ranking {
    int64_t all[2], seen[2], tied[2]; /* negatives, positives; seen = with a lower score */
    double score;                     /* of the tied ones */
    uint64_t wins;                    /* twice the number of pairs won, ties counting one */
    double sq[2];                     /* sums of squared placement values */
} ranking;

/* Ends a run of equal scores: the place of each of them is now known. */
static void ranking_flush(ranking *r)
{
    uint64_t below = 2 * (uint64_t)r->seen[0] + (uint64_t)r->tied[0];
    int64_t above = 2 * (r->all[1] - r->seen[1]) - r->tied[1];
    double place1 = (double)below / (2 * (double)r->all[0]);
    double place0 = (double)above / (2 * (double)r->all[1]);
    r->wins += below * (uint64_t)r->tied[1];
    r->sq[1] += (double)r->tied[1] * place1 * place1;
    r->sq[0] += (double)r->tied[0] * place0 * place0;
    for (int c = 0; c < 2; c++) {
        r->seen[c] += r->tied[c];
        r->tied[c] = 0;
    }
}

static void ranking_add(ranking *r, double score, int32_t truth)
{
    if (score != r->score && r->tied[0] + r->tied[1] > 0) ranking_flush(r);
    r->score = score;
    r->tied[truth]++;
}

static double ranking_auc(const ranking *r)
{
    return (double)r->wins / (2 * (double)r->all[0] * (double)r->all[1]);
}

static recipe auc_recipe(const ranking *r, double auc)
{
    double n0 = (double)r->all[0], n1 = (double)r->all[1], least = fmin(n0, n1);
    double v1 = (r->sq[1] - n1 * auc * auc) / (n1 - 1) / n1;
    double v0 = (r->sq[0] - n0 * auc * auc) / (n0 - 1) / n0;
    if (least < 2 || auc <= 0 || auc >= 1) {
        recipe w = recipe_wilson(auc * least, least);
        w.method = "wilson-smaller-class";
        return w;
    }
    return (recipe){.kind = RECIPE_LOGIT, .method = "delong-logit", .se = sqrt(fmax(0, v1 + v0))};
}

static size_t group_of(const groups *g, const view *v, size_t row)
{
    return g->joint ? (size_t)v->group_of[g->joint[row]] : 0;
}

static void auc_view(figures *f, const groups *g, const ranked *s, const view *v,
                     const size_t *order)
{
    ranking *r = arena_new(f->a, ranking, v->n_groups);
    for (size_t i = 0; i < s->rows; i++)
        r[group_of(g, v, i)].all[s->truth[i]]++;
    for (size_t i = 0; i < s->rows; i++) {
        size_t row = order[i];
        ranking_add(&r[group_of(g, v, row)], s->score[row], s->truth[row]);
    }
    for (size_t k = 0; k < v->n_groups; k++) {
        bool defined = r[k].all[0] && r[k].all[1];
        if (defined) ranking_flush(&r[k]);
        double auc = defined ? ranking_auc(&r[k]) : NAN;
        str slice = groups_slice(g, v, k, s->key, s->value, f->a);
        figure *x = figures_add(f, s->id, auc, v->rows[k], slice,
                                defined ? auc_recipe(&r[k], auc) : (recipe){0});
        x->small = figures_small(f, v, k);
    }
}

void score_auc_of(figures *f, const groups *g, const ranked *r)
{
    const size_t *order = score_order(r->score, r->rows, f->a);
    for (size_t i = 0; i < g->n_views; i++)
        auc_view(f, g, r, &g->views[i], order);
}

void score_auc(figures *f, const sample *s)
{
    score_auc_of(f, &s->g, &(ranked){"auc", {0}, {0}, s->rows, s->score, s->truth});
}

static double cut(double p)
{
    return fmin(fmax(p, DBL_EPSILON), 1 - DBL_EPSILON);
}

static void row_loss(const sample *s, size_t r, double *log_loss, double *brier)
{
    if (s->score) {
        double p = s->score[r], miss = p - s->truth[r];
        *log_loss = -log(s->truth[r] ? cut(p) : 1 - cut(p));
        *brier = miss * miss;
        return;
    }
    const double *c = s->chance + r * s->n_classes;
    *log_loss = -log(cut(c[s->truth[r]]));
    *brier = 0;
    for (size_t k = 0; k < s->n_classes; k++) {
        double miss = c[k] - ((size_t)s->truth[r] == k);
        *brier += miss * miss;
    }
}

static void add_loss(figures *f, const sample *s, const view *v, const char *id,
                     const moments *joint, double ceil)
{
    moments *m = arena_new(f->a, moments, v->n_groups);
    for (size_t j = 0; j < s->g.n_joint; j++)
        moments_merge(&m[v->group_of[j]], joint[j]);
    for (size_t k = 0; k < v->n_groups; k++) {
        str slice = groups_slice(&s->g, v, k, (str){0}, (str){0}, f->a);
        figure *x = figures_add(f, id, m[k].mean, v->rows[k], slice, recipe_mean(m[k], 0, ceil));
        x->small = figures_small(f, v, k);
    }
}

void score_loss(figures *f, const sample *s)
{
    moments *log_loss = arena_new(f->a, moments, s->g.n_joint);
    moments *brier = arena_new(f->a, moments, s->g.n_joint);
    for (size_t r = 0; r < s->rows; r++) {
        double l, b;
        size_t j = s->g.joint ? (size_t)s->g.joint[r] : 0;
        row_loss(s, r, &l, &b);
        moments_add(&log_loss[j], l);
        moments_add(&brier[j], b);
    }
    for (size_t i = 0; i < s->g.n_views; i++) {
        add_loss(f, s, &s->g.views[i], "log_loss", log_loss, INFINITY);
        add_loss(f, s, &s->g.views[i], "brier_score", brier, s->score ? 1 : 2);
    }
}
