/* model.h - a model and its versions, bound to artefacts by SHA-256 (A.4.4, A.6.2). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_MODEL_H
#define AIMS_REGISTER_MODEL_H
#include "record/record.h"

typedef struct model {
    row_head head;
    str name, purpose;
    int64_t owner, supplier; /* person, supplier */
    int task;
} model;

enum model_status { MODEL_CANDIDATE = 1, MODEL_APPROVED, MODEL_DEPLOYED, MODEL_WITHDRAWN };

typedef struct model_version {
    row_head head;
    str name, edition, artefact_sha256, format, endpoint, limitations;
    int64_t model, trained_on; /* model, dataset_version */
    opt_int artefact_size;
    int status; /* enum model_status */
} model_version;

extern const record model_record, model_version_record;

#endif
