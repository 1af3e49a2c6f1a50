/* exact_impl.h - a row's variables, the trees as functions of them, and bounds of boxes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_EXACT_IMPL_H
#define AIMS_MEASURE_EXACT_IMPL_H
#include "measure/exact.h"
#include "model/trees.h"

struct exact {
    const target *t;
    const threat *th;
    forest f;
    float **at;   /* per feature: where trees cut it, ascending */
    size_t *n_at; /* per feature */
    bool *used;   /* per feature */
};

/* ---- variables (exact_cells.c) ---- */

/* A feature, or a one-hot group. Cells ascend by cost; cell 0 is the row's own and costs 0. */
typedef struct variable {
    bool grouped;
    size_t id, n;   /* feature or group; cells */
    double *cost;   /* of threat_sum: step^2 with l2 */
    float *value;   /* feature: the cheapest value of the cell */
    size_t *member; /* group: the feature that is 1; OWN_PATTERN; or the number of features */
    size_t first;   /* its cells stand from here in arrays over all cells */
    size_t word, n_words;
} variable;
#define OWN_PATTERN SIZE_MAX

/* A tree's side of a variable: cells that no split of this tree tells apart form a class. */
typedef struct side {
    uint32_t variable, n;
    uint32_t *class_of; /* per cell */
    size_t first;       /* its classes stand from here in arrays over all messages */
    size_t at;          /* and from here in the tree's own arrays */
} side;
/* The classes of a side that lead to a leaf. */
typedef struct entry {
    uint32_t side, n;
    uint32_t *classes;
    uint64_t *cells; /* the same as bits over cells */
} entry;
typedef struct leaf {
    double gain; /* what it adds to the condition's left side */
    entry *entries;
    size_t n;
} leaf;
typedef struct part { /* a tree */
    side *sides;
    leaf *leaves;
    size_t n_sides, n_leaves, classes;
} part;

/* One row and one condition: flipped rows have base + gains <= 0. */
typedef struct world {
    const struct exact *x;
    const float *x0;
    double own, base;
    variable *v;
    part *parts;
    size_t n_v, cells, words, n_parts, messages;
    size_t widest_classes, widest_sides; /* of any tree */
    uint64_t steps;                      /* of one sweep */
} world;

/* Cells that cost less than `below`. */
void exact_cells(world *w, double below, arena *a);
/* False when the trees are too large to be laid out. Takes its steps off *budget. */
bool exact_parts(world *w, const condition *c, uint64_t *budget, arena *a);
/* The row of one cell per variable. */
void exact_row(const world *w, const uint32_t *pick, float *ret);

/* ---- bounds (exact_bound.c) ---- */

/* Where the copies stand: unary costs per cell, what trees hold of them per class. */
typedef struct state {
    double *unary, *message, lambda;
} state;
/* Room for the calculation; lists of a box's cells. */
typedef struct bounding {
    const world *w;
    state s;
    uint32_t **cells, *n_cells; /* per variable: those in the box, by cost */
    double *low, *psi, *best, *inner, *outer, *least;
    uint32_t *seen, stamp;
    const leaf **pick;  /* per tree: its cheapest leaf */
    double *spread;     /* per tree: between its reachable leaves */
    uint32_t *cheapest; /* per variable: the cell with the least unary cost */
} bounding;

bounding bounding_open(const world *w, arena *a);
void bounding_copy(const world *w, const state *from, state *to);
/* Start anew: `costs` false leaves only the margin to look at, with multiplier 1. */
void bounding_reset(bounding *b, bool costs, double lambda);
void bounding_box(bounding *b, const uint64_t *box);
/* One round over all trees; returns the lower bound, and what the picked leaves' gains make. */
double bounding_sweep(bounding *b, double *ret_margin);

#endif
