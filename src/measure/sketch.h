/* sketch.h - a column as counts of fixed size that can be merged: what a reference is kept as. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SKETCH_H
#define AIMS_MEASURE_SKETCH_H
#include "measure/stat.h"
#include "table/table.h"

#define SKETCH_EDGES  8192  /* edges taken from a sample of the reference */
#define SKETCH_GRID   30    /* exact reference quantiles k/30 are edges, too */
#define SKETCH_SAMPLE 32768 /* values the edges are chosen from */
#define SKETCH_SLOTS  32768 /* equal steps that lead to an edge quickly */
#define SKETCH_LEVELS 1000  /* categories with a count of their own; the rarer are "(other)" */

/* Moments of a cell about its anchor: the edge below an interval, for cell 0 the one above; a point
 * itself. */
typedef struct sketch_cell {
    int64_t n;
    double sum, sq;
} sketch_cell;

/*
 * The shape comes from the reference and is shared by every sketch held against it.
 * Numbers: ascending edges cut the line into open intervals and points, cell 2i lies below
 * edge[i], cell 2i+1 is edge[i] itself, cell 2*n_edges lies above all. Whatever depends on
 * cells alone (quantiles k/SKETCH_GRID, counts up to an edge) is exact, and what happens inside
 * an interval is bounded by its counts.
 * Categories: levels in bytewise order, then OTHER (levels the reference had, beyond the cap)
 * and UNSEEN (levels it never had).
 * At most 8,221 edges (16,443 cells, half a megabyte) or 1,002 counts, whatever the number of
 * rows. Fewer edges leave more to sort: 2,048 take half as long again.
 */
typedef struct sketch_shape {
    column_type type;
    double *edge, origin, scale; /* edges, then infinity as far as a search may look */
    size_t n_edges;
    unsigned steps;  /* halvings that settle the fullest slot */
    uint16_t *first; /* slot -> first edge that may not lie below a value of it */
    str *level;      /* all levels of the reference, for OTHER to be told from UNSEEN */
    uint32_t *cell;  /* level -> count it goes to */
    size_t n_levels, n_counts;
} sketch_shape;

typedef struct sketch {
    const sketch_shape *shape;
    int64_t rows, missing;
    sketch_cell *cell; /* numbers: 2 * n_edges + 1 */
    int64_t *count;    /* categories: n_counts, the last two OTHER and UNSEEN */
} sketch;

/* Shape and counts of a reference column. `seed` only chooses the sample behind the edges. */
sketch sketch_reference(const column *c, size_t rows, uint64_t seed, arena *a);
sketch sketch_empty(const sketch_shape *shape, arena *a);
/* The shape again from what was kept of one: at most SKETCH_EDGES_MAX ascending finite edges, or
 * levels in strictly bytewise order of which `whole` have a count of their own: all, or
 * SKETCH_LEVELS when there are more. Both are copied but for the texts. */
#define SKETCH_EDGES_MAX (SKETCH_EDGES + SKETCH_GRID - 1)
const sketch_shape *sketch_shape_numbers(const double *edge, size_t n, arena *a);
const sketch_shape *sketch_shape_categories(const str *level, const bool *whole, size_t n,
                                            arena *a);
/* Whether sketches over both can be merged. */
bool sketch_shape_same(const sketch_shape *x, const sketch_shape *y);
/* Adds rows from <= r < to; the column has the shape's type. `scratch` for a map of its levels. */
void sketch_add(sketch *s, const column *c, size_t from, size_t to, arena *scratch);
/* Counts are those of all rows together; sums up to rounding. Both have the same shape. */
void sketch_merge(sketch *into, const sketch *other);

size_t sketch_cells(const sketch_shape *s);
/* Cells of n <= SKETCH_BLOCK values side by side, without a branch that depends on them; that of a
 * missing value means nothing. */
#define SKETCH_BLOCK 64
void sketch_locate(const sketch_shape *s, const double *x, size_t n, uint32_t *ret);
double sketch_anchor(const sketch_shape *s, size_t cell);
/* Edge that is the quantile k/of (Hyndman & Fan type 1) of the reference `s` was made from;
 * exact where SKETCH_GRID * k is a multiple of `of`. There are edges. */
size_t sketch_quantile(const sketch *s, size_t k, size_t of);
/* Count, mean and squared deviations of cells from <= c < to. */
moments sketch_moments(const sketch *s, size_t from, size_t to);
/* Shell's sort with Ciura's gaps (FCT 2001): in place, and no order of values makes it quadratic
 * in practice. */
void sketch_sort(double *v, size_t n);

#endif
