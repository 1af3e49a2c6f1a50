/* ai_system.h - the inventory's record: one AI system under management (4.3, A.4.2, A.6.2). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_AI_SYSTEM_H
#define AIMS_REGISTER_AI_SYSTEM_H
#include "record/record.h"

enum autonomy { AUTONOMY_ADVISORY = 1, AUTONOMY_IN_LOOP, AUTONOMY_ON_LOOP, AUTONOMY_FULL };
enum life_stage {
    STAGE_INCEPTION = 1,
    STAGE_DESIGN,
    STAGE_VERIFICATION,
    STAGE_DEPLOYMENT,
    STAGE_OPERATION,
    STAGE_RE_EVALUATION,
    STAGE_RETIREMENT
};
enum risk_class { RISK_MINIMAL = 1, RISK_LIMITED, RISK_HIGH, RISK_GPAI, RISK_PROHIBITED };

typedef struct ai_system {
    row_head head;
    str name, purpose, oversight, risk_class_reason, scope_reason;
    int64_t owner; /* person */
    str_list intended_users, affected_groups, roles;
    int autonomy, stage, risk_class; /* enums above */
    bool in_scope;
    id_list suppliers, models, datasets;
    opt_int deployed_on, review_on;
} ai_system;

extern const record ai_system_record;

#endif
