/* kept.h - a reference kept as sketches: what drift is measured against when its rows are gone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_KEPT_H
#define AIMS_MEASURE_KEPT_H
#include "measure/sketch.h"

#define KEPT_BYTES   (48u << 20) /* of the document */
#define KEPT_COLUMNS 1000
#define KEPT_SOURCES 1000
#define KEPT_LEVELS  65536 /* of a category; those without a count of their own by name only */
#define KEPT_ROWS    INT64_C(9000000000000000)

/* Data whose rows were counted. */
typedef struct kept_source {
    str name;
    digest sha256;
    int64_t rows;
} kept_source;

/*
 * The table has names, types, levels and numbers of missing values, but no value: `num` and `code`
 * are NULL. Its digest is that of the document, zero until it was read from one. Everything belongs
 * to the arena.
 */
typedef struct kept_reference {
    str name;
    table table;
    sketch *sketch; /* one per column */
    double *range;  /* two per column: least and largest value; NaN: none */
    kept_source *sources;
    size_t n_sources;
} kept_reference;

/* From the columns named (n == 0: all). The data decide the shape; `seed` only chooses the sample
 * behind the edges. */
bool kept_make(const table *t, const kept_source *from, const doc *columns, uint64_t seed, arena *a,
               kept_reference *ret, err *e) NODISCARD;
/* The shape of `k` without its counts and sources: what others can be merged with. */
kept_reference kept_shape(const kept_reference *k, arena *a);
/* Adds rows, or what was kept of others over the same shape. Every column of `k` must be in the
 * table and of its type, or without any value; columns that `k` has not are not looked at. */
bool kept_add(kept_reference *k, const table *t, const kept_source *from, arena *a,
              err *e) NODISCARD;
bool kept_merge(kept_reference *k, const kept_reference *other, arena *a, err *e) NODISCARD;

/*
 * The document: {"format": "aims-reference", "version": 1, "name", "rows", "sources": [{"name",
 * "sha256", "rows"}], "columns": [...]}. A column of numbers has "edges", ascending; "points", rows
 * on each edge; and "counts", "sums", "squares" of the intervals below, between and above them, one
 * more than edges: sums are of the distances from the edge below, for the first interval from the
 * one above (sketch_cell). A category has "levels" in bytewise order, their "counts" (null: not
 * among the SKETCH_LEVELS most frequent), "other" and "unseen" (values that the first data had
 * not). Counts and missing values of a column add up to the rows. The same calls give the same
 * bytes.
 *
 * Reading refuses with its path whatever no data could have given. It takes what the first bytes
 * call a kept reference (kept_is), whatever white space is between them.
 */
bool kept_write(const kept_reference *k, jw *w, err *e) NODISCARD;
bool kept_is(str bytes);
bool kept_read(arena *a, str json, kept_reference *ret, err *e) NODISCARD;
/* What table_schema tells of a table. */
void kept_schema(const kept_reference *k, jw *w);
void kept_write_sources(const kept_reference *k, jw *w); /* the value of "sources" */

#endif
