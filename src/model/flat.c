/* flat.c - small trees answered without a walk: each split asked once for a whole block of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/flat.h"
#ifndef __clang__ /* which vectorises at -O2 */
#pragma GCC optimize("O3")
#endif
#include <math.h>

/* A split of two leaves, or a lone leaf (both picks are the same). */
typedef struct twig {
    float at;
    uint32_t column, yes, no; /* pick `yes` when column >= at */
} twig;

/* A split above: where column >= at, the answer of slot `from` replaces that of slot `to`. */
typedef struct fork {
    float at;
    uint32_t column, to, from;
} fork;

/* Twig i answers in slot i; forks stand behind what they choose from. */
typedef struct flat_tree {
    const twig *twigs;
    const fork *forks;
    uint32_t n_twigs, n_forks, root; /* no twigs: to be walked */
} flat_tree;

typedef void pick_fn(const flat_tree *t, const float *columns, uint32_t (*slot)[FLAT_ROWS]);

struct flat {
    flat_tree *trees;
    uint32_t *columns; /* feature * 2, + 1: negated */
    size_t n_columns;
    pick_fn *pick;
};

/* ---- the work ---- */

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint32_t mask(float x, float at)
{
    return 0 - (uint32_t)(x >= at);
}

ALWAYS_INLINE void ask_twig(const twig *w, const float *restrict x, uint32_t *restrict ret)
{
    for (size_t r = 0; r < FLAT_ROWS; r++)
        ret[r] = w->no ^ (mask(x[r], w->at) & (w->yes ^ w->no));
}

ALWAYS_INLINE void ask_fork(float at, const float *restrict x, const uint32_t *restrict from,
                            uint32_t *restrict to)
{
    for (size_t r = 0; r < FLAT_ROWS; r++)
        to[r] ^= mask(x[r], at) & (to[r] ^ from[r]);
}

ALWAYS_INLINE void pick(const flat_tree *t, const float *columns, uint32_t (*slot)[FLAT_ROWS])
{
    for (size_t i = 0; i < t->n_twigs; i++)
        ask_twig(&t->twigs[i], columns + t->twigs[i].column * FLAT_ROWS, slot[i]);
    for (size_t i = 0; i < t->n_forks; i++) {
        const fork *k = &t->forks[i];
        ask_fork(k->at, columns + k->column * FLAT_ROWS, slot[k->from], slot[k->to]);
    }
}

#define PICK(name, attributes)                                                                     \
    attributes static void name(const flat_tree *t, const float *columns,                          \
                                uint32_t(*slot)[FLAT_ROWS])                                        \
    {                                                                                              \
        pick(t, columns, slot);                                                                    \
    }
PICK(pick_portable, )
#if defined(__x86_64__) && defined(__GNUC__)
PICK(pick_avx2, __attribute__((target("avx2"))))
PICK(pick_avx512, __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"))))
#else
#define pick_avx2   pick_portable
#define pick_avx512 pick_portable
#endif

/* Leaves up to which asking beats walking, measured with bench/predict.sh. */
static const struct {
    pick_fn *pick;
    uint32_t leaves;
} levels[FLAT_LEVELS] = {
    [FLAT_PORTABLE] = {pick_portable, 64 },
    [FLAT_AVX2] = {pick_avx2,     96 },
    [FLAT_AVX512] = {pick_avx512,   128},
};

flat_level flat_best(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq"))
        return FLAT_AVX512;
    if (__builtin_cpu_supports("avx2")) return FLAT_AVX2;
#endif
    return FLAT_PORTABLE;
}

const uint32_t *flat_pick(const struct flat *f, size_t i, flat_scratch *s)
{
    const flat_tree *t = &f->trees[i];
    if (!t->n_twigs) return NULL;
    f->pick(t, s->columns, s->slots);
    return s->slots[t->root];
}

/* ---- columns ---- */

void flat_columns(const struct flat *f, const float *x, size_t n_features, size_t n,
                  flat_scratch *s)
{
    float *ret = s->columns;
    for (size_t c = 0; c < f->n_columns; c++, ret += FLAT_ROWS) {
        const float *from = x + f->columns[c] / 2;
        float sign = f->columns[c] % 2 ? -1.0f : 1.0f;
        for (size_t r = 0; r < n; r++)
            ret[r] = sign * from[r * n_features];
        for (size_t r = n; r < FLAT_ROWS; r++)
            ret[r] = 0;
    }
}

/* ---- building ---- */

struct building {
    arena *a;
    struct flat *f;
    const tree *t;
    twig *twigs;
    fork *forks;
    uint32_t n_twigs, n_forks;
    uint32_t *slot; /* per column id: 1 + its place among the columns; 0: not used yet */
};

/* Missing is not a number and so never >= anything: it goes where `no` goes. A split that sends
 * it right is asked the other way round: x < t just when -x >= the float above -t. */
static uint32_t use_column(struct building *b, const tree_node *k, float *ret_at)
{
    bool negated = k->flags & NODE_MISSING_RIGHT;
    uint32_t id = k->feature * 2 + negated;
    *ret_at = negated ? nextafterf(-k->value, INFINITY) : k->value;
    if (!b->slot[id]) {
        b->f->columns[b->f->n_columns++] = id;
        b->slot[id] = (uint32_t)b->f->n_columns;
    }
    return b->slot[id] - 1;
}

static bool is_leaf(const tree *t, uint32_t node)
{
    return !(t->nodes[node].flags & NODE_INNER);
}

/* The slot that answers for a node. Depth is below FLAT_LEAVES, as each level has a leaf. */
static uint32_t place(struct building *b, uint32_t node)
{
    const tree *t = b->t;
    const tree_node *k = &t->nodes[node];
    uint32_t yes = k->left + 1, no = k->left;
    if (is_leaf(t, node)) {
        uint32_t bits = flat_leaf(t, node);
        b->twigs[b->n_twigs] = (twig){.yes = bits, .no = bits};
        return b->n_twigs++;
    }
    float at;
    uint32_t c = use_column(b, k, &at);
    if (k->flags & NODE_MISSING_RIGHT) yes = k->left, no = k->left + 1;
    if (is_leaf(t, yes) && is_leaf(t, no)) {
        b->twigs[b->n_twigs] = (twig){at, c, flat_leaf(t, yes), flat_leaf(t, no)};
        return b->n_twigs++;
    }
    uint32_t to = place(b, no), from = place(b, yes);
    b->forks[b->n_forks++] = (fork){at, c, to, from};
    return to;
}

static void build_tree(struct building *b, const tree *t, flat_tree *ret)
{
    uint32_t leaves = t->n_nodes / 2 + 1;
    b->t = t;
    b->n_twigs = b->n_forks = 0;
    b->twigs = arena_new(b->a, twig, leaves);
    b->forks = arena_new(b->a, fork, leaves);
    uint32_t root = place(b, 0);
    *ret = (flat_tree){b->twigs, b->forks, b->n_twigs, b->n_forks, root};
}

static bool gains(const struct flat *f, const tree *t, uint32_t leaves)
{
    return t->simple && t->n_nodes / 2 < leaves && f->n_columns + t->n_nodes / 2 <= FLAT_COLUMNS;
}

struct flat *flat_build(arena *a, const struct model *m, flat_level level)
{
    forest all = model_forest(m);
    size_t ids = model_describe(m)->n_features * 2;
    struct flat *f = arena_new(a, struct flat, 1);
    f->pick = levels[level].pick;
    f->trees = arena_new(a, flat_tree, all.n);
    f->columns = arena_new(a, uint32_t, FLAT_COLUMNS);
    arena *scratch = arena_open();
    struct building b = {.f = f, .a = a, .slot = arena_new(scratch, uint32_t, ids)};
    bool any = false;
    for (size_t i = 0; i < all.n; i++) {
        if (!gains(f, &all.at[i], levels[level].leaves)) continue;
        build_tree(&b, &all.at[i], &f->trees[i]);
        any = true;
    }
    arena_close(scratch);
    return any ? f : NULL;
}
