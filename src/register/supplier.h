/* supplier.h - somebody outside who supplies AI systems, models, data or services (A.10). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_SUPPLIER_H
#define AIMS_REGISTER_SUPPLIER_H
#include "record/record.h"

typedef struct supplier {
    row_head head;
    str name, service, country, contact, contract, responsibilities, assessment;
    int criticality;
    int64_t owner; /* person */
    opt_int assessed_on, next_assessment_on, yearly_cost;
} supplier;

extern const record supplier_record;

#endif
