/* kernel_impl.h - what the ways to a black box's Shapley values share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_KERNEL_IMPL_H
#define AIMS_MEASURE_KERNEL_IMPL_H
#include "measure/kernel.h"
#include "measure/rng.h"
#include "measure/stat.h"

enum {
    STREAM_COALITIONS = 44,
    STREAM_ORDERS = 45,
    KERNEL_ASK = 8192,       /* rows per question to the model */
    KERNEL_FLOATS = 1 << 22, /* and numbers */
    KERNEL_PAIRS = 1 << 19   /* coalitions with their complements held at once, for exact */
};

struct kernel {
    const struct model *m;
    const model_info *info;
    const float *z; /* background */
    size_t rows, features, outputs, words;
    double *fz; /* rows x outputs: answers to the background */
    double *bias;
    kernel_options o;
    kernel_cost opened;
};

/* A row of the background against the row that is explained. */
typedef struct rival {
    uint32_t n_players, *player; /* features that differ */
    double *gap;                 /* per output: f(x) - f(z) */
    /* Per output and player: mean of what the player adds first and last; the first less the last.
     * NULL when there are fewer than 4 players: then sizes 1 and m-1 are all. */
    double *lone, *skew;
    size_t pairs; /* coalitions with complements of other sizes, to be drawn */
} rival;

/* Coalitions of one size against one rival, each standing for its complement, too. */
typedef struct layer {
    uint32_t rival, size;
    size_t first, n; /* those drawn */
    double weight;   /* of the mean over all coalitions of this size, and of each drawn one */
    double each;
    double open; /* part of all that was left to chance; 0: all are drawn */
} layer;

typedef struct draws {
    layer *layers;
    size_t n_layers, n;
    uint64_t *sets; /* n x words: features in the coalition */
    double *half;   /* n x outputs: half of v(S) - v(complement) */
} draws;

typedef struct bout {
    const struct kernel *k;
    const float *x;
    const double *fx;
    rival *rivals;
    double *phi, *var; /* outputs x (features + 1), sums over rivals */
    kernel_cost *cost;
    rng r;
    arena *a;
} bout;

/* Collects hybrids and asks about them in questions of fair size. */
typedef struct asker {
    const bout *b;
    float *x;
    double *out; /* answers in the order of the hybrids */
    size_t n, done;
} asker;
asker asker_open(const bout *b, size_t hybrids, arena *a);
/* A hybrid is the row where `set` has a bit, else the rival; the other way round when swapped. */
bool asker_add(asker *q, uint32_t rival, const uint64_t *set, bool swapped, err *e) NODISCARD;
bool asker_end(asker *q, err *e) NODISCARD;

/* Pairs of coalitions of the sizes 2..m-2 and their complements; at most 1e18. */
double draws_count(uint32_t m);
/* Shares `budget` pairs out, none of the rivals getting more than it has. */
void draws_share(rival *r, size_t n, double budget);
/* Draws the coalitions of the rivals from..to and asks about them. */
bool draws_make(bout *b, size_t from, size_t to, draws *ret, arena *a, err *e) NODISCARD;
/* Adds what the coalitions say to phi and var. */
void draws_add(bout *b, const draws *d, arena *a);

bool orders_add(bout *b, err *e) NODISCARD;

#endif
