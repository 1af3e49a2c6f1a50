/* control.h - one row of the Statement of Applicability: what was decided about a control (6.1.3).
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_CONTROL_H
#define AIMS_REGISTER_CONTROL_H
#include "record/record.h"

enum implementation { IMPL_NONE = 1, IMPL_PLANNED, IMPL_PARTIAL, IMPL_DONE };

typedef struct control {
    row_head head;
    str control, title, reason, how; /* control: "A.6.2.4", or an own "X.name" */
    bool applicable;
    int implementation; /* declared by a person: the status is computed, see status.h */
    str_list sources;
    int64_t owner; /* person */
    opt_int review_on;
} control;

extern const record control_record;
extern const char *const control_implementations[]; /* wire names by enum implementation */

#endif
