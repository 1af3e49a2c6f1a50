/* organisation.h - the organisation and the scope of its AI management system (4.1, 4.3). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_ORGANISATION_H
#define AIMS_REGISTER_ORGANISATION_H
#include "record/record.h"

typedef struct organisation {
    row_head head;
    str name, activity, context, scope, exclusions, climate_reason, currency;
    str_list ai_roles, sites;
    opt_bool climate_relevant;
    int64_t scope_approved_by; /* person */
    opt_int scope_approved_on, review_on;
} organisation;

extern const record organisation_record;
extern const char *const ai_role_names[]; /* shared with ai_system */

#endif
