/* framework.h - a framework that was imported beside those compiled in (OSCAL catalogs). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_FRAMEWORK_H
#define AIMS_REGISTER_FRAMEWORK_H
#include "record/record.h"

typedef struct framework {
    row_head head;
    str name, title, edition, source_sha256, content_sha256;
    int64_t n_controls;
} framework;

extern const record framework_record;

#endif
