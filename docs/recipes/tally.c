/* tally.c - a template of a verb: how many live records there are of each type. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/tally.h"
#include "work/records.h"

bool work_tally(struct work *w, const actor *who, jw *out, err *e)
{
    page live = {.limit = 1};
    jw_obj(out);
    for (size_t i = 0; i < register_n_records; i++) {
        int64_t n;
        if (!work_count(w, who, register_records[i], &live, &n, e)) return false;
        jw_m_int(out, register_records[i]->plural, n);
    }
    jw_obj_end(out);
    return true;
}
