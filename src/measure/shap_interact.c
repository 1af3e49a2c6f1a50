/* shap_interact.c - Shapley interaction values of trees: what two features do together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap_impl.h"

enum { LANES = TREE_BLOCK }; /* rows that walk together */

/* ---- the path game ---- */

/*
 * As in shap_walk.c a leaf is worth, with each feature known by chance t, the product over the
 * features of its path of (t met + (1-t) share); the interaction index of two of them is the
 * integral of its slope in both (Owen 1972; Grabisch & Roubens 1999): the product times the gains
 * (met - share) / (t met + (1-t) share) of the two. A gain is a sum over the edges of its feature,
 * so the index is a sum over pairs of edges, the lower of which is looked at after all leaves
 * below it are known.
 */
struct rung {
    double *product; /* points x LANES: from the root to here */
    double *below;   /* the same over the leaves below, times their values and weights */
    double *gain;    /* what this edge adds to the gain of its feature */
    double met[LANES], share;
    uint32_t feature;
};

struct ladder {
    struct rung at[SHAP_DEPTH + 1];
    const tree *t;
    const quadrature *q;
    const float *x;
    double *pairs; /* feature x feature x SHAP_BLOCK, of the tree's output */
    size_t features;
};

static const struct rung *asked_before(const struct ladder *w, size_t depth, uint32_t feature)
{
    while (depth > 0 && w->at[depth].feature != feature)
        depth--;
    return &w->at[depth];
}

/* Factor and gain of the edge to `r` at point t, for rows by what they have met. */
static void step(struct rung *r, const struct rung *up, const struct rung *prior, double t,
                 size_t k)
{
    double rest = 1 - t, before = prior->share, after = r->share;
    double was = t + rest * before, is = t + rest * after, old = (1 - before) / was;
    double yes = is / was, lost = rest * after / was, no = before > 0 ? after / before : 0;
    double yes_gain = (1 - after) / is - old, lost_gain = -1 / rest - old;
    for (size_t i = 0; i < LANES; i++) {
        double here = r->met[i], gone = prior->met[i] - here, not_yet = 1 - prior->met[i];
        r->product[k * LANES + i] =
            up->product[k * LANES + i] * (here * yes + gone * lost + not_yet * no);
        r->gain[k * LANES + i] = here * yes_gain + gone * lost_gain;
    }
}

static void multiply(const double *restrict a, const double *restrict b, const double *restrict c,
                     double *restrict to)
{
    for (size_t i = 0; i < LANES; i++)
        to[i] += a[i] * b[i] * c[i];
}

/* The leaves below edge number `depth` with each edge of another feature above it. */
static void pair_up(struct ladder *w, size_t depth)
{
    const struct rung *low = &w->at[depth];
    for (size_t d = 1; d < depth; d++) {
        const struct rung *high = &w->at[d];
        if (high->feature == low->feature) continue;
        double *to = w->pairs + (low->feature * w->features + high->feature) * SHAP_BLOCK;
        for (size_t k = 0; k < w->q->n; k++)
            multiply(low->below + k * LANES, low->gain + k * LANES, high->gain + k * LANES, to);
    }
}

static void climb(struct ladder *w, uint32_t node, size_t depth);

static void climb_side(struct ladder *w, uint32_t node, size_t depth, const uint8_t *decision,
                       uint32_t right)
{
    const tree *t = w->t;
    uint32_t child = t->nodes[node].left + right, feature = t->nodes[node].feature;
    const struct rung *prior = asked_before(w, depth, feature);
    struct rung *up = &w->at[depth], *r = &w->at[depth + 1];
    size_t n = w->q->n * LANES;
    r->feature = feature;
    r->share = prior->share * ((double)t->cover[child] / (double)t->cover[node]);
    for (size_t i = 0; i < LANES; i++)
        r->met[i] = prior->met[i] * (double)(1 - (decision[i] ^ right));
    for (size_t k = 0; k < w->q->n; k++)
        step(r, up, prior, w->q->t[k], k);
    if (t->nodes[child].flags & NODE_INNER)
        climb(w, child, depth + 1);
    else
        for (size_t k = 0; k < n; k++)
            r->below[k] = r->product[k] * tree_leaf(t, child) * w->q->w[k / LANES];
    pair_up(w, depth + 1);
    for (size_t k = 0; k < n; k++)
        up->below[k] += r->below[k];
}

static void climb(struct ladder *w, uint32_t node, size_t depth)
{
    uint8_t decision[LANES];
    memset(w->at[depth].below, 0, w->q->n * LANES * sizeof(double));
    tree_decide(w->t, node, w->x + w->t->nodes[node].feature * (size_t)SHAP_BLOCK, decision);
    climb_side(w, node, depth, decision, 0);
    climb_side(w, node, depth, decision, 1);
}

static struct ladder *ladder_open(const struct shap *s, arena *a)
{
    struct ladder *w = arena_new(a, struct ladder, 1);
    size_t points = 1, depth = 0;
    for (size_t i = 0; i < s->n_plants; i++) {
        points = s->plants[i].q->n > points ? s->plants[i].q->n : points;
        depth = s->plants[i].t->depth > depth ? s->plants[i].t->depth : depth;
    }
    for (size_t i = 0; i <= depth; i++) {
        w->at[i].product = arena_new(a, double, points *LANES);
        w->at[i].below = arena_new(a, double, points *LANES);
        w->at[i].gain = arena_new(a, double, points *LANES);
    }
    w->features = s->info->n_features;
    w->at[0].share = 1;
    for (size_t i = 0; i < LANES; i++)
        w->at[0].met[i] = 1;
    return w;
}

static void path_pairs(struct ladder *w, const plant *p, const float *x, double *pairs)
{
    if (!(p->t->nodes[0].flags & NODE_INNER)) return;
    w->t = p->t;
    w->q = p->q;
    for (size_t r = 0; r < SHAP_BLOCK; r += LANES) {
        for (size_t k = 0; k < p->q->n * LANES; k++)
            w->at[0].product[k] = 1;
        w->x = x + r;
        w->pairs = pairs + r;
        climb(w, 0, 0);
    }
}

/* ---- the interventional game ---- */

/* A row and a background row in one tree: a leaf is reached when the `ours` features are known and
 * the `theirs` are not. */
struct meeting {
    const struct shap *s;
    const tree *t;
    const float *x, *z; /* x: SHAP_BLOCK apart */
    double *pairs;
    uint32_t feature[SHAP_DEPTH];
    bool whose[SHAP_DEPTH]; /* known */
    int n, ours;
};

/* The integral of t^a (1-t)^b: a! b! / (a + b + 1)!. */
static double beta(int a, int b)
{
    return shap_part(a + 1, b);
}

static void leaf_pairs(struct meeting *m, double value)
{
    int a = m->ours, b = m->n - m->ours;
    double both = a > 1 ? beta(a - 2, b) : 0, none = b > 1 ? beta(a, b - 2) : 0;
    double one = a > 0 && b > 0 ? -beta(a - 1, b - 1) : 0;
    value /= (double)m->s->n_background;
    for (int i = 0; i < m->n; i++)
        for (int k = 0; k < i; k++) {
            double part = m->whose[i] != m->whose[k] ? one : m->whose[i] ? both : none;
            m->pairs[(m->feature[i] * m->s->info->n_features + m->feature[k]) * SHAP_BLOCK] +=
                value * part;
        }
}

static void meet(struct meeting *m, uint32_t node)
{
    const tree_node *k = &m->t->nodes[node];
    if (!(k->flags & NODE_INNER)) {
        leaf_pairs(m, tree_leaf(m->t, node));
        return;
    }
    bool ours = tree_right(m->t, node, m->x[k->feature * (size_t)SHAP_BLOCK]);
    bool theirs = tree_right(m->t, node, m->z[k->feature]);
    int i = 0;
    while (i < m->n && m->feature[i] != k->feature)
        i++;
    if (ours == theirs || i < m->n) {
        bool right = ours == theirs || m->whose[i] ? ours : theirs;
        meet(m, k->left + right);
        return;
    }
    for (int known = 0; known < 2; known++) {
        m->feature[m->n] = k->feature;
        m->whose[m->n++] = known;
        m->ours += known;
        meet(m, k->left + (known ? ours : theirs));
        m->ours -= known;
        m->n--;
    }
}

static void meet_all(const struct shap *s, const plant *p, const float *x, size_t rows,
                     double *pairs)
{
    struct meeting m = {.s = s, .t = p->t};
    for (size_t r = 0; r < rows; r++)
        for (size_t z = 0; z < s->n_background; z++) {
            m.x = x + r;
            m.z = s->background + z * s->info->n_features;
            m.pairs = pairs + r;
            meet(&m, 0);
        }
}

/* ---- rows ---- */

static void give(const struct shap *s, size_t rows, const double *pairs, double *ret)
{
    size_t f = s->info->n_features, outputs = s->info->n_outputs;
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < outputs; o++) {
            const double *from = pairs + o * f * f * SHAP_BLOCK + r;
            double *to = ret + (r * outputs + o) * f * f;
            for (size_t i = 0; i < f; i++)
                for (size_t k = 0; k < i; k++)
                    to[i * f + k] = to[k * f + i] =
                        (from[(i * f + k) * SHAP_BLOCK] + from[(k * f + i) * SHAP_BLOCK]) / 2;
        }
}

/* What a feature does alone is what the pairs leave of its Shapley value. */
static void give_alone(const struct shap *s, const float *x, size_t rows, double *ret, arena *a)
{
    size_t f = s->info->n_features, outputs = s->info->n_outputs;
    double *phi = arena_new(a, double, rows *shap_width(s));
    shap_values(s, x, rows, phi);
    for (size_t r = 0; r < rows * outputs; r++)
        for (size_t i = 0; i < f; i++) {
            double *to = ret + r * f * f + i * f, sum = phi[r * (f + 1) + i];
            for (size_t k = 0; k < f; k++)
                sum -= k == i ? 0 : to[k];
            to[i] = sum;
        }
}

bool shap_interactions_fit(const struct shap *s)
{
    return s->info->n_features * s->info->n_features * s->info->n_outputs <= SHAP_PAIRS;
}

void shap_interactions(const struct shap *s, const float *x, size_t rows, double *ret)
{
    arena *a = arena_open();
    size_t f = s->info->n_features, width = f * f * s->info->n_outputs;
    float *block = arena_new(a, float, f *SHAP_BLOCK);
    double *pairs = arena_new(a, double, width *SHAP_BLOCK);
    struct ladder *w = s->n_background ? NULL : ladder_open(s, a);
    for (size_t from = 0; from < rows; from += SHAP_BLOCK) {
        size_t n = rows - from < SHAP_BLOCK ? rows - from : SHAP_BLOCK;
        for (size_t i = 0; i < f; i++)
            for (size_t r = 0; r < n; r++)
                block[i * SHAP_BLOCK + r] = x[(from + r) * f + i];
        memset(pairs, 0, width * SHAP_BLOCK * sizeof *pairs);
        for (size_t i = 0; i < s->n_plants; i++) {
            double *to = pairs + s->plants[i].t->output * f * f * SHAP_BLOCK;
            if (w)
                path_pairs(w, &s->plants[i], block, to);
            else
                meet_all(s, &s->plants[i], block, n, to);
        }
        give(s, n, pairs, ret + from * width);
    }
    give_alone(s, x, rows, ret, a);
    arena_close(a);
}
