/* shap.c - prepares a tree ensemble for its Shapley values, and takes rows through it in blocks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/shap_impl.h"

/* ---- preparing ---- */

static bool shape_fits(const model_info *m, forest f, err *e)
{
    if (m->n_outputs * (m->n_features + 1) > SHAP_WIDTH)
        return err_set(e, ERR_TOO_LARGE, S("model"), S("explain a model with fewer features"),
                       "%zu features and %zu outputs are too many to explain", m->n_features,
                       m->n_outputs);
    for (size_t i = 0; i < f.n; i++)
        if (f.at[i].depth > SHAP_DEPTH)
            return err_set(e, ERR_TOO_LARGE, S("model"), S("train it with a largest depth"),
                           "tree %zu has %u levels, over %d", i, f.at[i].depth, SHAP_DEPTH);
    return true;
}

static bool has_covers(forest f, err *e)
{
    for (size_t i = 0; i < f.n; i++)
        if (!f.at[i].cover)
            return err_set(e, ERR_INVALID, S("model"),
                           S("use the method tree_interventional, or save the model with its "
                             "statistics"),
                           "tree %zu does not say how many training rows went where", i);
    return true;
}

/* Most features that are asked on one way down, below `node`; `asked` counts per feature. */
static size_t most_features(const tree *t, uint32_t node, uint32_t *asked, size_t n)
{
    const tree_node *k = &t->nodes[node];
    if (!(k->flags & NODE_INNER)) return n;
    n += asked[k->feature]++ == 0;
    size_t left = most_features(t, k->left, asked, n);
    size_t right = most_features(t, k->left + 1, asked, n);
    asked[k->feature]--;
    return left > right ? left : right;
}

/* Mean of the leaves: by cover, children before parents as they stand behind them. */
static double tree_mean(const tree *t, arena *scratch)
{
    double *mean = arena_new(scratch, double, t->n_nodes);
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const tree_node *k = &t->nodes[i];
        if (k->flags & NODE_INNER)
            mean[i] = (mean[k->left] * (double)t->cover[k->left] +
                       mean[k->left + 1] * (double)t->cover[k->left + 1]) /
                      (double)t->cover[i];
        else
            mean[i] = tree_leaf(t, i);
    }
    return mean[0];
}

static double tree_value(const tree *t, const float *x)
{
    uint32_t i = 0;
    while (t->nodes[i].flags & NODE_INNER)
        i = t->nodes[i].left + tree_right(t, i, x[t->nodes[i].feature]);
    return tree_leaf(t, i);
}

static double background_mean(const struct shap *s, const tree *t)
{
    double sum = 0;
    for (size_t z = 0; z < s->n_background; z++)
        sum += tree_value(t, s->background + z * s->info->n_features);
    return sum / (double)s->n_background;
}

/* Points by number of features, each made once. */
struct makings {
    struct shap *s;
    quadrature *made[SHAP_POINTS + 1];
    uint32_t *asked; /* per feature */
};

static const quadrature *points_for(struct makings *k, const tree *t)
{
    size_t n = (most_features(t, 0, k->asked, 0) + 1) / 2;
    if (!k->made[n]) {
        k->made[n] = arena_new(k->s->a, quadrature, 1);
        quadrature_make(n, k->made[n]);
    }
    return k->made[n];
}

static void make_plant(struct makings *k, const tree *t, plant *p)
{
    struct shap *s = k->s;
    arena *scratch = arena_open();
    *p = (plant){.t = t};
    s->bias[t->output] += s->n_background ? background_mean(s, t) : tree_mean(t, scratch);
    arena_close(scratch);
    if (!s->n_background) p->q = points_for(k, t);
    (void)cells_make(s, p);
}

static bool make(arena *a, const struct model *m, const float *background, size_t rows,
                 struct shap **ret, err *e)
{
    forest f = model_forest(m);
    const model_info *info = model_describe(m);
    if (!shape_fits(info, f, e) || (!rows && !has_covers(f, e))) return false;
    struct shap *s = arena_new(a, struct shap, 1);
    *s = (struct shap){.a = a,
                       .info = info,
                       .n_plants = f.n,
                       .room = SHAP_CELLS,
                       .background = background,
                       .n_background = rows};
    s->plants = arena_new(a, plant, f.n);
    s->theirs = arena_new(a, uint8_t, rows * SHAP_NODES);
    s->bias = arena_new(a, double, info->n_outputs);
    for (size_t i = 0; i < info->n_outputs; i++)
        s->bias[i] = (double)f.base[i];
    struct makings *k = arena_new(a, struct makings, 1);
    k->s = s;
    k->asked = arena_new(a, uint32_t, info->n_features);
    for (size_t i = 0; i < f.n; i++)
        make_plant(k, &f.at[i], &s->plants[i]);
    *ret = s;
    return true;
}

bool shap_path(arena *a, const struct model *m, struct shap **ret, err *e)
{
    return make(a, m, NULL, 0, ret, e);
}

bool shap_interventional(arena *a, const struct model *m, const float *background, size_t rows,
                         struct shap **ret, err *e)
{
    return make(a, m, background, rows, ret, e);
}

size_t shap_width(const struct shap *s)
{
    return s->info->n_outputs * (s->info->n_features + 1);
}

/* ---- rows ---- */

struct block {
    float *x;           /* feature x SHAP_BLOCK */
    double *phi;        /* value x SHAP_BLOCK */
    uint8_t *decisions; /* node x SHAP_BLOCK, of a tree with tables */
    struct walk *walk;
    size_t rows;
};

static void add_plant(const struct shap *s, const plant *p, const struct block *b)
{
    double *phi = b->phi + p->t->output * (s->info->n_features + 1) * SHAP_BLOCK;
    if (p->cells)
        cells_add(p, b->x, b->decisions, phi);
    else if (s->n_background)
        pairs_add(s, p, b->x, b->rows, phi);
    else
        walk_add(b->walk, p, b->x, phi);
}

static void take_rows(const struct shap *s, const float *x, struct block *b)
{
    size_t f = s->info->n_features;
    for (size_t i = 0; i < f; i++)
        for (size_t r = 0; r < b->rows; r++)
            b->x[i * SHAP_BLOCK + r] = x[r * f + i];
    memset(b->phi, 0, shap_width(s) * SHAP_BLOCK * sizeof *b->phi);
}

static void give_values(const struct shap *s, const struct block *b, double *ret)
{
    size_t width = shap_width(s), per = s->info->n_features + 1;
    for (size_t r = 0; r < b->rows; r++)
        for (size_t i = 0; i < width; i++)
            ret[r * width + i] = i % per == per - 1 ? s->bias[i / per] : b->phi[i * SHAP_BLOCK + r];
}

void shap_values(const struct shap *s, const float *x, size_t rows, double *ret)
{
    arena *a = arena_open();
    uint32_t nodes = 1;
    for (size_t i = 0; i < s->n_plants; i++)
        if (s->plants[i].cells && s->plants[i].t->n_nodes > nodes) nodes = s->plants[i].t->n_nodes;
    struct block b = {.x = arena_new(a, float, s->info->n_features *SHAP_BLOCK),
                      .phi = arena_new(a, double, shap_width(s) * SHAP_BLOCK),
                      .decisions = arena_new(a, uint8_t, nodes * SHAP_BLOCK),
                      .walk = walk_open(s, a)};
    for (size_t from = 0; from < rows; from += SHAP_BLOCK) {
        b.rows = rows - from < SHAP_BLOCK ? rows - from : SHAP_BLOCK;
        take_rows(s, x + from * s->info->n_features, &b);
        for (size_t i = 0; i < s->n_plants; i++)
            add_plant(s, &s->plants[i], &b);
        give_values(s, &b, ret + from * shap_width(s));
    }
    arena_close(a);
}
