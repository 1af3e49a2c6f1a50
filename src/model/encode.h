/* encode.h - how raw columns become the numbers a model was trained on: declared, never guessed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_ENCODE_H
#define AIMS_MODEL_ENCODE_H
#include "table/table.h"

/*
 * The encoders of a plan, one per raw column (docs/encoders.md), from JSON:
 *
 *   {"sex":     {"one_hot": ["Female", "Male"], "unknown": "zeros"},
 *    "school":  {"ordinal": ["none", "primary", "secondary"], "missing": -1},
 *    "size":    {"ordinal": {"S": 1, "M": 2.5}, "unknown": "nan"},
 *    "age":     {"standard": {"mean": 38.6, "sd": 13.6}, "impute": 38},
 *    "income":  {"min_max": {"min": 0, "max": 99999}},
 *    "amount":  {"scale": {"subtract": 100, "divide": 10}},
 *    "tenure":  "pass"}
 *
 * One method or none (then the values are passed on), and
 *   unknown   one_hot, ordinal: what a value that is no level becomes
 *   missing   one_hot, ordinal: what a missing value becomes. Elsewhere it stays NaN
 *             both: "error" (the default), "nan" (missing for the model, too), "zeros" (one_hot),
 *             a number (ordinal)
 *   impute    takes the place of missing values before anything else
 *   name      one_hot: "{column}_{level}"; else: "{column}"; these are the defaults
 *   names     one_hot: the features' names, one by one
 *   drop      one_hot: a level that is known but has no feature
 * A level is a text, a number, or null: missing values, which then are a level like any other.
 *
 * Arithmetic is that of scikit-learn 1.2, in double precision: StandardScaler and scale (x -
 * subtract) / divide; MinMaxScaler x * k + (lo - min * k) with k = (hi - lo) / (max - min), and
 * with "clip" kept within lo..hi ("to": [lo, hi], default 0 and 1).
 */
typedef enum encode_method {
    ENCODE_PASS,
    ENCODE_ONE_HOT,
    ENCODE_ORDINAL,
    ENCODE_SCALE,
    ENCODE_MIN_MAX
} encode_method;

typedef enum encode_policy { POLICY_ERROR, POLICY_NAN, POLICY_ZEROS, POLICY_NUMBER } encode_policy;

typedef struct encode_level {
    str text;       /* absent: missing values */
    double value;   /* of a level that reads as a number, else NaN: how numeric columns meet it */
    double code;    /* ENCODE_ORDINAL */
    size_t feature; /* ENCODE_ONE_HOT: number within the encoder's features; == n: dropped */
} encode_level;

typedef struct encoder {
    str column;
    encode_method method;
    const encode_level *levels; /* ENCODE_ONE_HOT, ENCODE_ORDINAL; in the order told */
    size_t n_levels;
    const str *features; /* names of what it makes; all but ENCODE_ONE_HOT make one */
    size_t n_features;
    bool dropped; /* ENCODE_ONE_HOT: some level has no feature, so all may be 0 */
    encode_policy unknown, missing;
    double unknown_code, missing_code;      /* POLICY_NUMBER */
    double subtract, divide;                /* ENCODE_SCALE */
    double factor, shift, lo, hi, min, max; /* ENCODE_MIN_MAX: x * factor + shift, see `clip` */
    bool clip;
    str impute; /* absent: none; a text or the decimal of a number */
} encoder;

typedef struct encoding {
    const encoder *at; /* in the order of the JSON members */
    size_t n;
    const doc *doc; /* as it was read, to be printed again */
} encoding;

/* Names are unique over all encoders; levels within one. Paths are "encode.COLUMN.member". */
bool encode_parse(arena *a, const doc *d, encoding **ret, err *e) NODISCARD;
const encoder *encode_find(const encoding *x, str name); /* NULL: none; x may be NULL */

/*
 * The table a model sees: of each column of `t` that `columns` names, in that order (NULL: all in
 * the table's order), what its encoder makes of it, or the column itself when it has none; x may
 * be NULL. A column may appear once. Numbers that are not made anew are shared with `t`. An
 * encoder's column that is missing, a level that is not known, and two features of one name are
 * INVALID (path encode.COLUMN).
 */
bool encode_table(arena *a, const encoding *x, const table *t, const str *columns, size_t n,
                  table *ret, err *e) NODISCARD;

/* Where a feature comes from. */
typedef struct encode_origin {
    str column;        /* raw column; the feature's own name when no encoder makes it */
    const encoder *by; /* NULL: no encoder */
    size_t feature;    /* its number within the encoder's features: the members of a one-hot
                          group are those of the same `by` */
    double factor;     /* d feature / d raw value; 1 without encoder; NaN: one_hot, ordinal */
} encode_origin;
/* One per feature name, as sample_matrix gives them. */
void encode_origins(arena *a, const encoding *x, const str *features, size_t n, encode_origin *ret);

#endif
