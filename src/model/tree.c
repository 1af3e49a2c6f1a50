/* tree.c - one decision tree: checked while it is built, so that walking it needs no checks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include <math.h>

/* The tree being built: nodes in breadth-first order, and where each came from. */
struct layout {
    const tree_file *f;
    arena *a;
    tree *t;
    uint32_t *from, *level;
    bool *seen;
    bool covered; /* every node so far has a weight */
    err *e;
};

static bool place_child(struct layout *l, const char *member, size_t parent, int64_t child,
                        uint32_t level)
{
    const char *why = child < 1 || child >= (int64_t)l->f->n ? "a link out of the tree"
                      : l->seen[child] ? "two links lead to one node, so this is no tree"
                                       : NULL;
    if (why)
        return err_set(l->e, ERR_INVALID,
                       str_fmt(l->e->a, "%.*s.%s.%zu", STR_ARG(l->f->path), member, parent),
                       S("the file is damaged; save the model again"), "%s", why);
    l->seen[child] = true;
    l->from[l->t->n_nodes] = (uint32_t)child;
    l->level[l->t->n_nodes++] = level;
    if (level > l->t->depth) l->t->depth = level;
    return true;
}

static bool place_split(struct layout *l, uint32_t i, const file_node *n)
{
    tree *t = l->t;
    t->nodes[i] = (tree_node){n->value, t->n_nodes, n->feature, n->flags | NODE_INNER};
    if (n->flags & NODE_CATEGORY) {
        if (!t->sets) t->sets = arena_new(l->a, category_set, l->f->n);
        t->sets[i] = n->set;
    }
    if (n->flags & (NODE_CATEGORY | NODE_ZERO_MISSING)) t->simple = false;
    size_t from = l->from[i];
    uint32_t level = l->level[i] + 1;
    return place_child(l, l->f->left, from, n->left, level) &&
           place_child(l, l->f->right, from, n->right, level);
}

static void place_leaf(struct layout *l, uint32_t i, const file_node *n)
{
    l->t->nodes[i] = (tree_node){.value = l->f->wide ? (float)n->leaf_value : n->value, .left = i};
    if (l->f->wide) l->t->leaf[i] = n->leaf_value;
}

static void place_cover(struct layout *l, uint32_t i, double cover)
{
    float c = (float)cover;
    l->covered = l->covered && isfinite(c) && c >= 0;
    if (l->covered) l->t->cover[i] = c;
}

/* Reachable nodes only: a pruned tree may keep deleted nodes in its arrays. */
static bool lay_out(struct layout *l)
{
    l->seen[0] = true;
    l->t->n_nodes = 1;
    for (uint32_t i = 0; i < l->t->n_nodes; i++) {
        file_node n = {.cover = NAN};
        if (!l->f->node(l->f->self, l->from[i], &n, l->e)) return false;
        place_cover(l, i, n.cover);
        if (n.leaf)
            place_leaf(l, i, &n);
        else if (!place_split(l, i, &n))
            return false;
    }
    return true;
}

/* A file without sensible weights can still predict: then the tree has none, and whoever needs
 * them refuses it. XGBoost's sums are floats, so children need not weigh just what parents do. */
static bool covers_add_up(const tree *t)
{
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        uint32_t left = t->nodes[i].left;
        if (!(t->nodes[i].flags & NODE_INNER)) continue;
        float sum = t->cover[left] + t->cover[left + 1];
        if (!(t->cover[i] > 0) || fabsf(sum - t->cover[i]) > 0.01f * t->cover[i]) return false;
    }
    return true;
}

bool tree_build(arena *a, const tree_file *f, tree *ret, err *e)
{
    struct layout l = {.f = f, .a = a, .t = ret, .covered = true, .e = e};
    ret->simple = true;
    ret->nodes = arena_new(a, tree_node, f->n);
    ret->cover = arena_new(a, float, f->n);
    if (f->wide) ret->leaf = arena_new(a, double, f->n);
    l.from = arena_new(e->a, uint32_t, f->n);
    l.level = arena_new(e->a, uint32_t, f->n);
    l.seen = arena_new(e->a, bool, f->n);
    if (!lay_out(&l)) return false;
    if (!l.covered || !covers_add_up(ret)) ret->cover = NULL;
    return true;
}

float float_above(double t)
{
    float near = (float)t;
    return (double)near > t ? near : nextafterf(near, INFINITY);
}
