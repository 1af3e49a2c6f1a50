/* schema.h - whether data are what a plan expects: the columns, their types, and their range. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_SCHEMA_H
#define AIMS_MEASURE_SCHEMA_H
#include "measure/measure.h"

/* The plan's member schema has the form of table_schema: {"age": {"type": "number", "min": 17,
 * "max": 90, "missing": 0}, "sex": {"type": "category", "levels": 2}}; only `type` is required,
 * and "number" alone stands for {"type": "number"}. Paths are schema.COLUMN. */
bool schema_parse(const doc *d, err *e) NODISCARD;
/* A column that is not there or of another type is INVALID. *ret_notes: columns that go beyond the
 * range, have more levels, or gaps where there were none. */
bool schema_check(const doc *schema, const table *t, arena *a, str **ret_notes, size_t *ret_n,
                  err *e) NODISCARD;

#endif
