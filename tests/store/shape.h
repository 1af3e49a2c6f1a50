/* shape.h - a table as the database describes it, in a form that can be compared. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_STORE_SHAPE_H
#define AIMS_TESTS_STORE_SHAPE_H
#include "store/store.h"

/* Columns (name, type, not null, key), unique and other indexes, references and checks, sorted, one
 * per line; empty when there is no such table. */
bool table_shape(struct tx *t, arena *a, const char *table, str *ret, err *e) NODISCARD;

#endif
