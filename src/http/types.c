/* types.c - the record types as the page needs them: one row per member, nothing left to guess. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/handlers.h"

bool do_types(request *q, err *e)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    (void)e;
    jw_arr(&w);
    for (size_t i = 0; i < register_n_records; i++)
        record_describe(register_records[i], &w);
    jw_arr_end(&w);
    reply_json(q, 200, &b);
    return true;
}
