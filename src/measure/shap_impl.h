/* shap_impl.h - what the ways to a tree's Shapley values share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SHAP_IMPL_H
#define AIMS_MEASURE_SHAP_IMPL_H
#include "measure/shap.h"
#include "model/trees.h"

enum {
    SHAP_BITS = 8,        /* of a cell: its table has at most 2^8 rows */
    SHAP_DEPTH = 256,     /* levels of a tree */
    SHAP_EDGES = 32,      /* levels of a tree with tables */
    SHAP_BLOCK = 256,     /* rows looked at together, a multiple of TREE_BLOCK */
    SHAP_POINTS = 128,    /* of quadrature: SHAP_DEPTH features on a path */
    SHAP_NODES = 4096,    /* of a tree with tables */
    SHAP_CELLS = 8 << 20, /* numbers in all tables */
    SHAP_WIDTH = 16384,   /* values per row */
    SHAP_PAIRS = 1 << 16  /* interaction values per row */
};

/* One step down a tree, and what is known of the features on the way. */
typedef struct edge {
    uint32_t node;   /* the split */
    uint8_t right;   /* the side taken */
    uint8_t feature; /* place in path.feature */
} edge;

/* From the root to a node. */
typedef struct path {
    uint32_t n_edges, n_features;
    edge edges[SHAP_EDGES];
    uint32_t feature[SHAP_BITS];
    double share[SHAP_BITS]; /* of the cover that goes this way at the feature's splits */
} path;

/*
 * Some leaves together: a bit per feature of the path to their common ancestor (met or not),
 * then a bit per split below it (right or left). values[f << n_bits | bits] is what they give
 * to feature[f].
 */
typedef struct cell {
    const edge *edges; /* of the path */
    const uint32_t *splits, *feature;
    const double *values;
    uint32_t n_edges, n_path, n_bits, n_features;
} cell;

/* Gauss-Legendre points and weights on 0..1. */
typedef struct quadrature {
    size_t n;
    double t[SHAP_POINTS], w[SHAP_POINTS];
} quadrature;
/* Exact for polynomials of degree < 2n (Abramowitz & Stegun 25.4.30); 0 < n <= SHAP_POINTS. */
void quadrature_make(size_t n, quadrature *ret);

typedef struct plant {
    const tree *t;
    const cell *cells; /* NULL: walked */
    size_t n_cells;
    const quadrature *q; /* path game */
} plant;

struct shap {
    arena *a;
    const model_info *info;
    plant *plants;
    size_t n_plants, room; /* numbers that tables may still take */
    double *bias;          /* per output */
    const float *background;
    size_t n_background; /* 0: the path game */
    uint8_t *theirs;     /* decisions of the background in one tree: node x row */
};

/* Shapley values of a leaf of value v for each set of met features (bit i: feature i of the
 * path): ret[i << n | met]. `seen` counts the background rows by the features they meet. */
void leaf_path(double v, const double *share, size_t n, double *ret);
void leaf_interventional(double v, const uint32_t *seen, size_t n, double *ret);

/* (a-1)! b! / (a+b)!: what each of the a > 0 features that only the row meets gets of a leaf, when
 * the b that only the background row meets must stay unknown. */
double shap_part(int a, int b);

/* Tables for a tree. False when its paths or the tables are too large. */
bool cells_make(struct shap *s, plant *p);

/* Rows of a block: x[feature * SHAP_BLOCK + row]; values: phi[value * SHAP_BLOCK + row], those
 * of the tree's output. Rows beyond the last are zero. */
void cells_add(const plant *p, const float *x, uint8_t *decisions, double *phi);
struct walk;
struct walk *walk_open(const struct shap *s, arena *a);
void walk_add(struct walk *w, const plant *p, const float *x, double *phi);
void pairs_add(const struct shap *s, const plant *p, const float *x, size_t rows, double *phi);

#endif
