/* dataset.h - a data set and its versions, bound to files by SHA-256 (A.4.3, A.7). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_DATASET_H
#define AIMS_REGISTER_DATASET_H
#include "record/record.h"

enum { PERSONAL_NONE = 1, PERSONAL_PSEUDONYMISED, PERSONAL_DATA, PERSONAL_SPECIAL };

typedef struct dataset {
    row_head head;
    str name, purpose, provenance, licence, legal_basis, preparation, quality_requirements;
    int64_t owner, supplier; /* person, supplier */
    int personal_data;
    str_list protected_attributes;
} dataset;

typedef struct dataset_version {
    row_head head;
    str name, edition, file_sha256, schema, notes;
    int64_t dataset;
    opt_int n_rows, file_size, collected_from, collected_to;
} dataset_version;

extern const record dataset_record, dataset_version_record;

#endif
