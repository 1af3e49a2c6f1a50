/* shap_walk.c - Shapley values of deep trees: one walk for all quadrature points, or for a row
 * and a background row together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap_impl.h"

enum { LANES = TREE_BLOCK }; /* rows that walk together */

/* ---- the path game ---- */

/*
 * With each feature known by chance t, a leaf is worth v * product over its features j of
 * (t met_j + (1-t) share_j); its slope in feature i is that product without i, times
 * (met_i - share_i). `product` holds the first, per point and row, from the root to here.
 */
struct level {
    double *product;   /* n x LANES */
    double *below;     /* sum over the leaves below of v * weight * product */
    double met[LANES]; /* is the feature of the edge to here met by all its splits: 0, 1 */
    double share;      /* of the cover, over all splits of that feature */
    uint32_t feature;
};

struct walk {
    struct level *at; /* SHAP_DEPTH + 1 */
    const tree *t;
    const quadrature *q;
    const float *x; /* of these rows: x[feature * SHAP_BLOCK] */
    double *phi;
};

struct walk *walk_open(const struct shap *s, arena *a)
{
    size_t points = 0, depth = 0;
    for (size_t i = 0; i < s->n_plants; i++) {
        const plant *p = &s->plants[i];
        if (p->cells || s->n_background) continue;
        points = p->q->n > points ? p->q->n : points;
        depth = p->t->depth > depth ? p->t->depth : depth;
    }
    if (!points) return NULL;
    struct walk *w = arena_new(a, struct walk, 1);
    w->at = arena_new(a, struct level, depth + 1);
    for (size_t i = 0; i <= depth; i++) {
        w->at[i].product = arena_new(a, double, points *LANES);
        w->at[i].below = arena_new(a, double, points *LANES);
    }
    w->at[0].share = 1;
    for (size_t r = 0; r < LANES; r++)
        w->at[0].met[r] = 1;
    return w;
}

/* What a step changes, at one point, for rows by what they have met of its feature so far and
 * with this step: factor of the product, and gain of (met - share) / (t met + (1-t) share). */
struct change {
    double yes, lost, no;       /* factors: met, met until now, not met before */
    double yes_gain, lost_gain; /* the gain of those who had not met it is 0 */
};

static struct change change_at(double t, double before, double ratio)
{
    double after = before * ratio, rest = 1 - t, was = t + rest * before, is = t + rest * after;
    double old = (1 - before) / was;
    return (struct change){.yes = is / was,
                           .lost = rest * after / was,
                           .no = ratio,
                           .yes_gain = (1 - after) / is - old,
                           .lost_gain = -1 / rest - old};
}

static void step_down(const struct change *c, const double *restrict before,
                      const double *restrict met, const double *restrict from, double *restrict to)
{
    for (size_t r = 0; r < LANES; r++)
        to[r] =
            from[r] * (met[r] * c->yes + (before[r] - met[r]) * c->lost + (1 - before[r]) * c->no);
}

static void step_up(const struct change *c, const double *restrict before,
                    const double *restrict met, const double *restrict below,
                    double *restrict above, double *restrict phi)
{
    for (size_t r = 0; r < LANES; r++) {
        above[r] += below[r];
        phi[r] += below[r] * (met[r] * c->yes_gain + (before[r] - met[r]) * c->lost_gain);
    }
}

/* Down to a leaf and up again at once; the factors hold its value and the point's weight. */
static void touch(const struct change *c, const double *restrict before, const double *restrict met,
                  const double *restrict from, double *restrict above, double *restrict phi)
{
    for (size_t r = 0; r < LANES; r++) {
        double lost = before[r] - met[r];
        double leaf = from[r] * (met[r] * c->yes + lost * c->lost + (1 - before[r]) * c->no);
        above[r] += leaf;
        phi[r] += leaf * (met[r] * c->yes_gain + lost * c->lost_gain);
    }
}

/* The last level above that asked for this feature; none: the root, where all is met. */
static const struct level *asked_before(const struct walk *w, size_t depth, uint32_t feature)
{
    while (depth > 0 && w->at[depth].feature != feature)
        depth--;
    return &w->at[depth];
}

static void walk_node(struct walk *w, uint32_t node, size_t depth);

/* From the level above down to `l`, to the leaf or subtree `child`, and back. */
static void walk_edge(struct walk *w, uint32_t child, size_t depth, const struct level *prior,
                      double ratio)
{
    const tree_node *n = &w->t->nodes[child];
    const struct level *l = &w->at[depth], *up = &w->at[depth - 1];
    double *phi = w->phi + l->feature * (size_t)SHAP_BLOCK;
    bool inner = n->flags & NODE_INNER;
    for (size_t k = 0; k < w->q->n; k++) {
        struct change c = change_at(w->q->t[k], prior->share, ratio);
        double *from = up->product + k * LANES, leaf = tree_leaf(w->t, child) * w->q->w[k];
        if (inner) {
            step_down(&c, prior->met, l->met, from, l->product + k * LANES);
            continue;
        }
        c.yes *= leaf;
        c.lost *= leaf;
        c.no *= leaf;
        touch(&c, prior->met, l->met, from, up->below + k * LANES, phi);
    }
    if (!inner) return;
    walk_node(w, child, depth);
    for (size_t k = 0; k < w->q->n; k++) {
        struct change c = change_at(w->q->t[k], prior->share, ratio);
        step_up(&c, prior->met, l->met, l->below + k * LANES, up->below + k * LANES, phi);
    }
}

static void walk_side(struct walk *w, uint32_t node, size_t depth, const uint8_t *decision,
                      uint32_t right)
{
    const tree *t = w->t;
    uint32_t child = t->nodes[node].left + right, feature = t->nodes[node].feature;
    const struct level *prior = asked_before(w, depth, feature);
    double ratio = (double)t->cover[child] / (double)t->cover[node];
    struct level *l = &w->at[depth + 1];
    l->feature = feature;
    l->share = prior->share * ratio;
    for (size_t r = 0; r < LANES; r++)
        l->met[r] = prior->met[r] * (double)(1 - (decision[r] ^ right));
    walk_edge(w, child, depth + 1, prior, ratio);
}

/* A tree of one leaf always has a table, so the root is a split. */
static void walk_node(struct walk *w, uint32_t node, size_t depth)
{
    uint32_t feature = w->t->nodes[node].feature;
    uint8_t decision[LANES];
    memset(w->at[depth].below, 0, w->q->n * LANES * sizeof(double));
    tree_decide(w->t, node, w->x + feature * (size_t)SHAP_BLOCK, decision);
    walk_side(w, node, depth, decision, 0);
    walk_side(w, node, depth, decision, 1);
}

void walk_add(struct walk *w, const plant *p, const float *x, double *phi)
{
    w->t = p->t;
    w->q = p->q;
    for (size_t r = 0; r < SHAP_BLOCK; r += LANES) {
        for (size_t k = 0; k < p->q->n * LANES; k++)
            w->at[0].product[k] = 1;
        w->x = x + r;
        w->phi = phi + r;
        walk_node(w, 0, 0);
    }
}

/* ---- the interventional game ---- */

enum { SHARED, OURS, THEIRS }; /* whose value of a feature leads here */

struct pair {
    const struct shap *s;
    const tree *t;
    const float *x, *z; /* x: SHAP_BLOCK apart; z: side by side */
    double *phi;
    uint32_t feature[SHAP_DEPTH]; /* those on which the two part, from the root on */
    uint8_t whose[SHAP_DEPTH];
    int ours, theirs;
};

/* What a feature of ours gains, and one of theirs loses, by the leaves below. */
struct gain {
    double ours, theirs;
};

static struct gain pair_node(struct pair *p, uint32_t node);

static struct gain pair_side(struct pair *p, uint32_t child, uint32_t feature, uint8_t whose)
{
    int n = p->ours + p->theirs;
    p->feature[n] = feature;
    p->whose[n] = whose;
    *(whose == OURS ? &p->ours : &p->theirs) += 1;
    struct gain g = pair_node(p, child);
    *(whose == OURS ? &p->ours : &p->theirs) -= 1;
    return g;
}

static uint8_t whose_is(const struct pair *p, uint32_t feature)
{
    for (int i = p->ours + p->theirs; i-- > 0;)
        if (p->feature[i] == feature) return p->whose[i];
    return SHARED;
}

static struct gain pair_node(struct pair *p, uint32_t node)
{
    const tree_node *n = &p->t->nodes[node];
    double v = tree_leaf(p->t, node);
    if (!(n->flags & NODE_INNER))
        return (struct gain){p->ours ? v * shap_part(p->ours, p->theirs) : 0,
                             p->theirs ? v * shap_part(p->theirs, p->ours) : 0};
    bool ours = tree_right(p->t, node, p->x[n->feature * (size_t)SHAP_BLOCK]);
    bool theirs = tree_right(p->t, node, p->z[n->feature]);
    uint8_t whose = whose_is(p, n->feature);
    if (ours == theirs || whose == OURS) return pair_node(p, n->left + ours);
    if (whose == THEIRS) return pair_node(p, n->left + theirs);
    struct gain a = pair_side(p, n->left + ours, n->feature, OURS);
    struct gain b = pair_side(p, n->left + theirs, n->feature, THEIRS);
    p->phi[n->feature * (size_t)SHAP_BLOCK] += (a.ours - b.theirs) / (double)p->s->n_background;
    return (struct gain){a.ours + b.ours, a.theirs + b.theirs};
}

void pairs_add(const struct shap *s, const plant *p, const float *x, size_t rows, double *phi)
{
    struct pair q = {.s = s, .t = p->t};
    for (size_t r = 0; r < rows; r++)
        for (size_t z = 0; z < s->n_background; z++) {
            q.x = x + r;
            q.z = s->background + z * s->info->n_features;
            q.phi = phi + r;
            (void)pair_node(&q, 0);
        }
}
