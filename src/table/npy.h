/* npy.h - NumPy arrays as columns: the header of .npy, the members of .npz, and their values. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_NPY_H
#define AIMS_TABLE_NPY_H
#include "table/table.h"

/*
 * Formats: numpy/lib/format.py (versions 1.0, 2.0, 3.0); .npz is a zip archive of .npy members
 * (zip.h). Taken: bool, i1..i8, u1..u8, f2, f4, f8, S and U in either byte order; one or two
 * dimensions, C or Fortran order; structured arrays of one dimension, whose fields are such
 * values. Python objects (pickles), complex numbers, dates and everything else are refused.
 */
typedef enum npy_kind { NPY_BOOL, NPY_INT, NPY_UINT, NPY_FLOAT, NPY_BYTES, NPY_UNICODE } npy_kind;

typedef struct npy_type {
    npy_kind kind;
    bool big;    /* most significant byte first */
    size_t size; /* bytes, never 0 */
} npy_type;

/* One column: the value of row r stands at first + r * stride. */
typedef struct npy_strip {
    str name;
    npy_type type;
    const char *first;
    size_t stride;
} npy_strip;

typedef struct npy_field {
    str name;
    npy_type type;
    size_t offset;
} npy_field;

/* A checked header: rows * columns * item is exactly the number of bytes in `data`. */
typedef struct npy_array {
    const npy_field *fields; /* a plain array has one, without name */
    size_t n_fields, item;   /* bytes of one element */
    bool structured, fortran;
    size_t dims, rows, columns; /* one dimension: columns is 1 */
    str data;
} npy_array;

/* `name` stands in messages, which have it as their path. */
bool npy_open(arena *a, str bytes, str name, npy_array *ret, err *e) NODISCARD;
/* n_fields or columns strips: fields by their names; a plain array `prefix`, or prefix_0,
 * prefix_1, ... when it has two dimensions. */
void npy_strips(arena *a, const npy_array *x, str prefix, npy_strip *ret);
/* Text of a cell in UTF-8, without the zeros that fill it up; false when it is no text: broken
 * UTF-8, no code point, NUL. `out` has room for type.size bytes. Only BYTES and UNICODE. */
bool npy_text(const npy_type *t, const char *cell, char *out, str *ret) NODISCARD;
double npy_number(const npy_type *t, const char *cell); /* the other kinds */

/* The table of all strips, which have `rows` values each. */
bool npy_table(arena *a, const npy_strip *s, size_t n, size_t rows, const char *name,
               const table_options *o, table *ret, err *e) NODISCARD;

/* Whole files, found by their first bytes. */
bool npy_read(arena *a, str bytes, const char *name, const table_options *o, table *ret,
              err *e) NODISCARD;
bool npz_read(arena *a, str bytes, const char *name, const table_options *o, table *ret,
              err *e) NODISCARD;

#endif
