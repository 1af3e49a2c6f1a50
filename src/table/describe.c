/* describe.c - what was found in a table: the type, gaps and range of every column, as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/table.h"
#include <math.h>

bool column_range(const column *c, size_t rows, double *ret_min, double *ret_max)
{
    *ret_min = INFINITY;
    *ret_max = -INFINITY;
    for (size_t r = 0; c->type == COLUMN_NUMBER && r < rows; r++) {
        if (c->num[r] < *ret_min) *ret_min = c->num[r];
        if (c->num[r] > *ret_max) *ret_max = c->num[r];
    }
    return *ret_min <= *ret_max;
}

void table_schema(const table *t, jw *w)
{
    jw_obj(w);
    for (size_t i = 0; i < t->n_columns; i++) {
        const column *c = &t->columns[i];
        double min, max;
        jw_key_str(w, c->name);
        jw_obj(w);
        jw_m_strz(w, "type", c->type == COLUMN_NUMBER ? "number" : "category");
        if (c->type == COLUMN_CATEGORY) jw_m_int(w, "levels", (int64_t)c->n_levels);
        if (column_range(c, t->rows, &min, &max)) {
            jw_m_real(w, "min", min);
            jw_m_real(w, "max", max);
        }
        jw_m_int(w, "missing", (int64_t)c->missing);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}
