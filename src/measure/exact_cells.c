/* exact_cells.c - features cut into cells, groups into choices, and trees as functions of these. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/exact_impl.h"
#include <math.h>

#define WORDS_MAX (UINT64_C(1) << 24) /* for the sets of one row's leaves: 128 MiB */

/* ---- where trees cut ---- */

static int by_value(const void *p, const void *q)
{
    float a = *(const float *)p, b = *(const float *)q;
    return a < b ? -1 : a > b;
}

static bool in_set(const category_set *s, uint32_t c)
{
    return c / 32 < s->n_words && (s->words[c / 32] >> (c % 32) & 1);
}

/* Where a set of categories begins or ends; a cast may also make -0.5 a 0. */
static size_t cuts_of_set(const category_set *s, float *ret)
{
    size_t n = 2;
    if (ret) ret[0] = nextafterf(-1, INFINITY);
    if (ret) ret[1] = 0;
    for (uint32_t c = 1; c <= 32 * s->n_words; c++) {
        if (in_set(s, c) == in_set(s, c - 1)) continue;
        if (ret) ret[n] = (float)c;
        n++;
    }
    return n;
}

static size_t cuts_of(const tree *t, uint32_t node, float *ret)
{
    const tree_node *k = &t->nodes[node];
    size_t n = 0;
    if (k->flags & NODE_ZERO_MISSING) {
        if (ret) ret[0] = -TREE_ZERO;
        if (ret) ret[1] = nextafterf(TREE_ZERO, INFINITY);
        n = 2;
    }
    if (k->flags & NODE_CATEGORY) return n + cuts_of_set(&t->sets[node], ret ? ret + n : NULL);
    if (ret) ret[n] = k->value;
    return n + 1;
}

static void sort_cuts(struct exact *x, size_t i)
{
    size_t n = 0;
    if (x->n_at[i]) qsort(x->at[i], x->n_at[i], sizeof(float), by_value);
    for (size_t k = 0; k < x->n_at[i]; k++)
        if (k == 0 || x->at[i][k] != x->at[i][k - 1]) x->at[i][n++] = x->at[i][k];
    x->n_at[i] = n;
}

/* Counts the cuts of each feature, or gathers them where there is room. */
static void gather_cuts(struct exact *x)
{
    memset(x->n_at, 0, x->t->features * sizeof *x->n_at);
    for (size_t k = 0; k < x->f.n; k++)
        for (uint32_t i = 0; i < x->f.at[k].n_nodes; i++) {
            const tree_node *node = &x->f.at[k].nodes[i];
            uint32_t j = node->feature;
            if (!(node->flags & NODE_INNER)) continue;
            x->used[j] = true;
            x->n_at[j] += cuts_of(&x->f.at[k], i, x->at[j] ? x->at[j] + x->n_at[j] : NULL);
        }
}

bool exact_open(arena *a, const target *t, const threat *th, struct exact **ret, err *e)
{
    condition *unused;
    size_t n;
    if (!target_conditions(t, 0, &unused, &n, e->a))
        return err_set(
            e, ERR_INVALID, S("options.exact"), S("set it to 0: attacks only"),
            "exact distances need a tree ensemble whose margins decide, or a linear model");
    struct exact *x = arena_new(a, struct exact, 1);
    *x = (struct exact){.t = t, .th = th, .f = model_forest(t->model)};
    x->at = arena_new(a, float *, t->features);
    x->n_at = arena_new(a, size_t, t->features);
    x->used = arena_new(a, bool, t->features);
    gather_cuts(x);
    for (size_t i = 0; i < t->features; i++)
        x->at[i] = arena_new(a, float, x->n_at[i] + 1);
    gather_cuts(x);
    for (size_t i = 0; i < t->features; i++)
        sort_cuts(x, i);
    *ret = x;
    return true;
}

/* ---- cells of a row ---- */

struct cell {
    double cost;
    float value;
    size_t member;
};

static int by_cost(const void *p, const void *q)
{
    const struct cell *a = p, *b = q;
    if (a->cost != b->cost) return a->cost < b->cost ? -1 : 1;
    if (a->member != b->member) return a->member < b->member ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

struct list {
    struct cell *at;
    size_t n;
    double below;
};

static void put(struct list *l, double cost, float value, size_t member)
{
    if (cost < l->below || cost == 0) l->at[l->n++] = (struct cell){cost, value, member};
}

static void list_feature(const world *w, size_t i, struct list *l)
{
    const struct exact *x = w->x;
    const threat *t = x->th;
    float x0 = w->x0[i], value, lo = -INFINITY;
    if (isnan(x0)) put(l, 0, x0, 0);
    if (!isnan(x0) && threat_may_miss(t, i))
        put(l, threat_sum(t, 0, threat_step(t, i, x0, NAN)), NAN, 0);
    for (size_t k = 0; k <= x->n_at[i]; k++) {
        float next = k < x->n_at[i] ? x->at[i][k] : INFINITY;
        float hi = k < x->n_at[i] ? nextafterf(next, -INFINITY) : INFINITY;
        if (lo <= hi && threat_nearest(t, i, x0, lo, hi, &value))
            put(l, threat_sum(t, 0, threat_step(t, i, x0, value)), value, 0);
        lo = next;
    }
}

static void list_group(const world *w, size_t g, struct list *l)
{
    const threat *t = w->x->th;
    const threat_group *q = &t->groups[g];
    if (threat_active(t, g, w->x0) == SIZE_MAX) put(l, 0, 0, OWN_PATTERN);
    for (size_t k = 0; k <= q->n; k++)
        if (threat_may_switch(t, g, w->x0, k))
            put(l, threat_sum(t, 0, threat_switch(t, g, w->x0, k)), 0,
                k < q->n ? q->members[k] : t->n);
}

static void add_variable(world *w, variable *v, struct list *l, arena *a)
{
    qsort(l->at, l->n, sizeof *l->at, by_cost);
    v->n = l->n;
    v->cost = arena_new(a, double, l->n);
    v->value = arena_new(a, float, l->n);
    v->member = arena_new(a, size_t, l->n);
    for (size_t k = 0; k < l->n; k++) {
        v->cost[k] = l->at[k].cost;
        v->value[k] = l->at[k].value;
        v->member[k] = l->at[k].member;
    }
    v->first = w->cells;
    v->word = w->words;
    v->n_words = (v->n + 63) / 64;
    w->cells += v->n;
    w->words += v->n_words;
}

static bool group_used(const struct exact *x, size_t g)
{
    for (size_t k = 0; k < x->th->groups[g].n; k++)
        if (x->used[x->th->groups[g].members[k]]) return true;
    return false;
}

void exact_cells(world *w, double below, arena *a)
{
    const struct exact *x = w->x;
    size_t most = x->th->n + 2;
    w->v = arena_new(a, variable, x->th->n + x->th->n_groups);
    w->n_v = w->cells = w->words = 0;
    for (size_t i = 0; i < x->th->n; i++)
        if (x->n_at[i] + 3 > most) most = x->n_at[i] + 3;
    struct list l = {arena_new(a, struct cell, most), 0, below};
    for (size_t i = 0; i < x->th->n; i++) {
        if (!x->used[i] || x->th->at[i].group) continue;
        l.n = 0;
        list_feature(w, i, &l);
        w->v[w->n_v] = (variable){.id = i};
        add_variable(w, &w->v[w->n_v++], &l, a);
    }
    for (size_t g = 0; g < x->th->n_groups; g++) {
        if (!group_used(x, g)) continue;
        l.n = 0;
        list_group(w, g, &l);
        w->v[w->n_v] = (variable){.grouped = true, .id = g};
        add_variable(w, &w->v[w->n_v++], &l, a);
    }
}

static float value_in(const world *w, const variable *v, size_t cell, size_t feature)
{
    if (!v->grouped) return v->value[cell];
    if (v->member[cell] == OWN_PATTERN) return w->x0[feature];
    return v->member[cell] == feature;
}

void exact_row(const world *w, const uint32_t *pick, float *ret)
{
    memcpy(ret, w->x0, w->x->th->n * sizeof *ret);
    for (size_t i = 0; i < w->n_v; i++) {
        const variable *v = &w->v[i];
        if (!v->grouped) ret[v->id] = v->value[pick[i]];
        for (size_t k = 0; v->grouped && k < w->x->th->groups[v->id].n; k++) {
            size_t j = w->x->th->groups[v->id].members[k];
            ret[j] = value_in(w, v, pick[i], j);
        }
    }
}

/* ---- trees over cells ---- */

/* What a node's way from the root asks of a variable; newer links stand before older ones. */
struct ask {
    uint32_t variable;
    uint64_t *cells;
    const struct ask *next;
};

struct laying {
    world *w;
    const tree *t;
    const uint32_t *variable_of; /* feature -> variable */
    const struct ask **asked;    /* per node; `nowhere` when no cell leads there */
    uint32_t *side_of, *mark;    /* per variable, in this tree */
    arena *a;
    size_t *words;
};

static const struct ask nowhere;

static const uint64_t *asked_of(const struct ask *k, uint32_t v)
{
    while (k && k->variable != v)
        k = k->next;
    return k ? k->cells : NULL;
}

/* The child's cells; returns how many, of how many at the node. */
static size_t narrowed(const struct laying *l, uint32_t node, bool right, const uint64_t *from,
                       uint64_t *ret, size_t *ret_of)
{
    const tree_node *k = &l->t->nodes[node];
    const variable *v = &l->w->v[l->variable_of[k->feature]];
    size_t n = 0;
    *ret_of = 0;
    for (size_t c = 0; c < v->n; c++) {
        if (from && !(from[c / 64] >> (c % 64) & 1)) continue;
        ++*ret_of;
        if (tree_right(l->t, node, value_in(l->w, v, c, k->feature)) != right) continue;
        ret[c / 64] |= UINT64_C(1) << (c % 64);
        n++;
    }
    return n;
}

static bool ask_children(struct laying *l, uint32_t i)
{
    const tree_node *k = &l->t->nodes[i];
    uint32_t v = l->variable_of[k->feature];
    const uint64_t *from = asked_of(l->asked[i], v);
    for (uint32_t right = 0; right < 2; right++) {
        size_t n_words = l->w->v[v].n_words, of;
        if (*l->words < n_words + 4) return false;
        *l->words -= n_words + 4;
        uint64_t *cells = arena_new(l->a, uint64_t, n_words);
        size_t n = narrowed(l, i, right, from, cells, &of);
        struct ask *next = arena_new(l->a, struct ask, 1);
        *next = (struct ask){v, cells, l->asked[i]};
        l->asked[k->left + right] = n == 0 ? &nowhere : n == of ? l->asked[i] : next;
    }
    return true;
}

/* All that a leaf asks, the newest of each variable. */
static bool make_leaf(struct laying *l, part *p, leaf *ret, const struct ask *k)
{
    size_t n = 0;
    for (const struct ask *q = k; q; q = q->next)
        n++;
    if (*l->words < 4 * n) return false;
    *l->words -= 4 * n;
    ret->entries = arena_new(l->a, entry, n + 1);
    for (; k; k = k->next) {
        bool again = false;
        for (size_t j = 0; j < ret->n; j++)
            again |= p->sides[ret->entries[j].side].variable == k->variable;
        if (again) continue;
        if (!l->mark[k->variable]) {
            l->mark[k->variable] = 1;
            l->side_of[k->variable] = (uint32_t)p->n_sides;
            p->sides[p->n_sides++].variable = k->variable;
        }
        ret->entries[ret->n++] = (entry){.side = l->side_of[k->variable], .cells = k->cells};
    }
    return true;
}

static bool lay_leaves(struct laying *l, part *p, double sign)
{
    for (uint32_t i = 0; i < l->t->n_nodes; i++) {
        if (l->asked[i] == &nowhere) {
            uint32_t left = l->t->nodes[i].left;
            if (l->t->nodes[i].flags & NODE_INNER) l->asked[left] = l->asked[left + 1] = &nowhere;
        } else if (l->t->nodes[i].flags & NODE_INNER) {
            if (!ask_children(l, i)) return false;
        } else {
            leaf *f = &p->leaves[p->n_leaves++];
            f->gain = sign * tree_leaf(l->t, i);
            if (!make_leaf(l, p, f, l->asked[i])) return false;
        }
    }
    return true;
}

/* Classes split by each leaf's set, until no set cuts a class. */
static void split_classes(side *s, const variable *v, const uint64_t *cells, uint32_t *fresh)
{
    uint32_t n = s->n;
    memset(fresh, 0, 2 * (size_t)n * sizeof *fresh);
    s->n = 0;
    for (size_t c = 0; c < v->n; c++) {
        size_t k = 2 * s->class_of[c] + (cells[c / 64] >> (c % 64) & 1);
        if (!fresh[k]) fresh[k] = ++s->n;
        s->class_of[c] = fresh[k] - 1;
    }
}

static bool list_classes(struct laying *l, const side *s, const variable *v, entry *y,
                         uint32_t *mark)
{
    memset(mark, 0, s->n * sizeof *mark);
    if (*l->words < s->n) return false;
    *l->words -= s->n;
    y->classes = arena_new(l->a, uint32_t, s->n);
    for (size_t c = 0; c < v->n; c++)
        if ((y->cells[c / 64] >> (c % 64) & 1) && !mark[s->class_of[c]]++)
            y->classes[y->n++] = s->class_of[c];
    return true;
}

static bool make_classes(struct laying *l, part *p, uint32_t *scratch)
{
    for (size_t i = 0; i < p->n_sides; i++) {
        side *s = &p->sides[i];
        s->n = 1;
        s->class_of = arena_new(l->a, uint32_t, l->w->v[s->variable].n);
    }
    for (size_t i = 0; i < p->n_leaves; i++)
        for (size_t j = 0; j < p->leaves[i].n; j++) {
            side *s = &p->sides[p->leaves[i].entries[j].side];
            split_classes(s, &l->w->v[s->variable], p->leaves[i].entries[j].cells, scratch);
        }
    for (size_t i = 0; i < p->n_sides; i++) {
        p->sides[i].first = l->w->messages;
        p->sides[i].at = p->classes;
        p->classes += p->sides[i].n;
        l->w->messages += p->sides[i].n;
    }
    for (size_t i = 0; i < p->n_leaves; i++)
        for (size_t j = 0; j < p->leaves[i].n; j++) {
            entry *y = &p->leaves[i].entries[j];
            side *s = &p->sides[y->side];
            if (!list_classes(l, s, &l->w->v[s->variable], y, scratch)) return false;
        }
    return true;
}

static bool lay_tree(struct laying *l, double sign, uint32_t *scratch)
{
    world *w = l->w;
    part p = {.leaves = arena_new(l->a, leaf, (l->t->n_nodes + 1) / 2),
              .sides = arena_new(l->a, side, w->n_v)};
    l->asked = arena_new(l->a, const struct ask *, l->t->n_nodes);
    memset(l->mark, 0, w->n_v * sizeof *l->mark);
    if (!lay_leaves(l, &p, sign)) return false;
    if (p.n_leaves == 1) {
        w->base += p.leaves[0].gain;
        return true;
    }
    if (!make_classes(l, &p, scratch)) return false;
    if (p.classes > w->widest_classes) w->widest_classes = p.classes;
    if (p.n_sides > w->widest_sides) w->widest_sides = p.n_sides;
    w->parts[w->n_parts++] = p;
    return true;
}

static uint32_t *variables_of(const world *w, arena *a)
{
    uint32_t *ret = arena_new(a, uint32_t, w->x->th->n);
    for (uint32_t i = 0; i < w->n_v; i++) {
        const variable *v = &w->v[i];
        if (!v->grouped) ret[v->id] = i;
        for (size_t k = 0; v->grouped && k < w->x->th->groups[v->id].n; k++)
            ret[w->x->th->groups[v->id].members[k]] = i;
    }
    return ret;
}

static uint64_t steps_of(const world *w)
{
    uint64_t ret = w->cells;
    for (size_t t = 0; t < w->n_parts; t++) {
        const part *p = &w->parts[t];
        ret += p->classes * 3 + p->n_leaves * (1 + p->n_sides);
        for (size_t i = 0; i < p->n_sides; i++)
            ret += w->v[p->sides[i].variable].n;
        for (size_t k = 0; k < p->n_leaves; k++)
            for (size_t j = 0; j < p->leaves[k].n; j++)
                ret += 2 * p->leaves[k].entries[j].n;
    }
    return ret;
}

/* Words of memory are what laying out takes; a step is cheaper than one of them. */
bool exact_parts(world *w, const condition *c, uint64_t *budget, arena *a)
{
    size_t words = WORDS_MAX;
    const forest *f = &w->x->f;
    struct laying l = {.w = w, .a = a, .words = &words, .variable_of = variables_of(w, a)};
    uint32_t *scratch = arena_new(a, uint32_t, 2 * w->cells + 2);
    l.mark = arena_new(a, uint32_t, w->n_v);
    l.side_of = arena_new(a, uint32_t, w->n_v);
    w->parts = arena_new(a, part, f->n);
    w->n_parts = w->messages = w->widest_classes = w->widest_sides = 0;
    w->base = -c->at;
    if (c->plus != SIZE_MAX) w->base += (double)f->base[c->plus];
    if (c->minus != SIZE_MAX) w->base -= (double)f->base[c->minus];
    for (size_t k = 0; k < f->n; k++) {
        l.t = &f->at[k];
        if (l.t->output != c->plus && l.t->output != c->minus) continue;
        if (!lay_tree(&l, l.t->output == c->plus ? 1 : -1, scratch)) return false;
    }
    uint64_t spent = 8 * (WORDS_MAX - words);
    *budget -= spent < *budget ? spent : *budget;
    w->steps = steps_of(w);
    return true;
}
