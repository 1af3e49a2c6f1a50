/* document.h - a policy, procedure or other controlled document with its approval (5.2, 7.5). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_DOCUMENT_H
#define AIMS_REGISTER_DOCUMENT_H
#include "record/record.h"

enum document_status { DOCUMENT_DRAFT = 1, DOCUMENT_APPROVED, DOCUMENT_WITHDRAWN };

typedef struct document {
    row_head head;
    str name, kind, edition, body, file_sha256, file_name;
    int status; /* enum document_status; changed by the verb `approve` only */
    int64_t owner, approved_by;
    opt_int approved_at, review_on;
    str_list controls, audience;
} document;

extern const record document_record;

#endif
