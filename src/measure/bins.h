/* bins.h - a column of numbers as an attribute: ranges that the plan fixes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_BINS_H
#define AIMS_MEASURE_BINS_H
#include "measure/measure.h"

#define BINS_EDGES 50

/* The plan's member bins: {"age": [25, 40, 65]}, of columns that `groups` names, 1 to BINS_EDGES
 * ascending numbers each. Paths are bins.COLUMN. */
bool bins_check(const measure_plan *p, err *e) NODISCARD;
/*
 * Codes 0..n of the n edges' ranges, closed below: "under 25", "25 to under 40", "40 to under 65",
 * "65 or more"; -1 where the value is missing. A column of texts is INVALID. `ret` has a code per
 * row; names belong to the arena.
 */
bool bins_codes(const doc *edges, const column *c, size_t rows, int32_t *ret, str **ret_levels,
                size_t *ret_n, arena *a, err *e) NODISCARD;

#endif
