/* result_table.c - the frame around the rows of a table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/result_table.h"

void result_open_table(jw *w, const char *id, const char *title, const char *const *columns,
                       size_t n)
{
    jw_obj(w);
    jw_m_strz(w, "id", id);
    jw_m_strz(w, "title", title);
    jw_key(w, "columns");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_strz(w, columns[i]);
    jw_arr_end(w);
    jw_key(w, "rows");
    jw_arr(w);
}

void result_close_table(jw *w)
{
    jw_arr_end(w);
    jw_obj_end(w);
}
