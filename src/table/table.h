/* table.h - a data set in memory: typed columns read from files, and row filters. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_TABLE_H
#define AIMS_TABLE_TABLE_H
#include "base/base.h"

/*
 * A column is numeric when every value that is not missing reads as a finite decimal number,
 * else categorical. Missing: an empty cell, JSON null, an absent JSON member, or one of the
 * texts in table_options.missing; in NumPy files also NaN. Numeric missing is NaN, categorical
 * missing is code -1.
 * Levels of a categorical column stand in bytewise order, so codes do not depend on row order.
 */
typedef enum column_type { COLUMN_NUMBER, COLUMN_CATEGORY } column_type;

typedef struct column {
    str name;
    column_type type;
    double *num;   /* COLUMN_NUMBER: rows values */
    int32_t *code; /* COLUMN_CATEGORY: rows codes */
    str *levels;
    size_t n_levels;
    size_t missing; /* number of missing values */
} column;

typedef struct table {
    size_t rows, n_columns;
    column *columns;
    digest sha256; /* of the file's bytes; zero when the table did not come from one file */
    uint64_t bytes;
} table;

/*
 * NumPy: a plain array is the column "x", a matrix x_0, x_1, ...; in a .npz archive arrays have
 * their names instead of x, and the texts "X_columns" or "columns" name the columns of a matrix X;
 * a structured array has a column per field. Infinite numbers are refused, Python objects as well.
 */
typedef enum table_format { TABLE_AUTO, TABLE_CSV, TABLE_JSONL } table_format;

typedef struct table_options {
    table_format format; /* TABLE_AUTO: NumPy files by their first bytes; of texts, '{' as the
                            first non-blank byte means JSON lines */
    char separator;      /* CSV; 0 = comma */
    const str *only;     /* columns to load; NULL: all. An unknown name is NOT_FOUND. */
    size_t n_only;
    const str *categorical; /* columns to read as categories although they look numeric */
    size_t n_categorical;
    const str *missing; /* NULL: "", "NA", "NaN", "nan", "null", "?" */
    size_t n_missing;
    uint64_t max_bytes; /* 0 = 16 GiB */
    int threads;        /* 0 = one per processor; the table does not depend on it */
    bool no_digest;     /* leave sha256 zero (reading for speed only) */
} table_options;

/* Whole file (memory-mapped; "-" reads standard input). Errors name file, line and column: ragged
 * rows, unclosed quotes, broken UTF-8, duplicate or empty header names, nested JSON. The file is
 * hashed in the same run. Columns stand in the file's order (JSON lines: of first appearance),
 * whatever `only` says. */
bool table_read(arena *a, const char *path, const table_options *o, table *ret, err *e) NODISCARD;
/* The same from memory; `name` is used in messages. */
bool table_read_bytes(arena *a, str bytes, const char *name, const table_options *o, table *ret,
                      err *e) NODISCARD;

const column *table_column(const table *t, str name); /* NULL when absent */
/* As above, but fails with NOT_FOUND, path = `path`, and the existing names in the hint. */
bool table_need(const table *t, str name, str path, const column **ret, err *e) NODISCARD;
/* Text of one cell: the level, or the shortest decimal of the number; absent str when missing. */
str column_text(arena *a, const column *c, size_t row);
/* Any column as codes over its distinct values: numeric values become levels in numeric order
 * written as shortest decimals. More than `max_levels` distinct values is INVALID. */
bool column_levels(arena *a, const column *c, size_t rows, size_t max_levels, str path,
                   const int32_t **ret_code, const str **ret_levels, size_t *ret_n,
                   err *e) NODISCARD;

/* Smallest and largest value of a numeric column; false when there is none. */
bool column_range(const column *c, size_t rows, double *ret_min, double *ret_max);
/* What reading found: {"age": {"type": "number", "min": 17, "max": 90, "missing": 0},
 * "sex": {"type": "category", "levels": 2, "missing": 0}}, in the table's order. */
void table_schema(const table *t, jw *w);

/*
 * Row filter: comparison (== != < <= > >=), && || !, parentheses, numbers, "strings" or
 * 'strings', true, false, missing(column). Names are columns; `name with spaces` in backquotes.
 * A comparison with a missing value is false. Documented in docs/expressions.md.
 */
struct expr;
bool expr_parse(arena *a, str text, struct expr **ret, err *e) NODISCARD;
/* Names used by the expression, to be added to table_options.only. */
void expr_columns(const struct expr *x, arena *a, str **ret, size_t *ret_n);
/* Rows for which it holds: *ret_keep has table.rows bytes of 0 or 1. Comparing a text column
 * with a number, or naming an unknown column, is INVALID with path "where". */
bool expr_rows(const struct expr *x, const table *t, arena *a, uint8_t **ret_keep,
               err *e) NODISCARD;
/* A new table of the kept rows, as if the others had never been there (levels that no longer
 * occur are gone), but with the types, digest and bytes of `t`. */
table table_keep(arena *a, const table *t, const uint8_t *keep);

#endif
