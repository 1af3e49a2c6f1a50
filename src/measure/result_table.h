/* result_table.h - a table of a result, as every kind writes it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_RESULT_TABLE_H
#define AIMS_MEASURE_RESULT_TABLE_H
#include "base/base.h"

#define RESULT_TABLES_MAX (16u << 20) /* bytes of all tables of one result */

/* {"id","title","columns":[...],"rows":[ - the rows follow, one array each, then the close. */
void result_open_table(jw *w, const char *id, const char *title, const char *const *columns,
                       size_t n);
void result_close_table(jw *w);

#endif
