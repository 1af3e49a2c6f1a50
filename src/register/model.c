/* model.c - tables and rules of models and model versions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/model.h"
#include "register/dataset.h"
#include "register/person.h"
#include "register/rules.h"
#include "register/supplier.h"

static const char *const tasks[] = {"",           "classification", "regression", "ranking",
                                    "generation", "other",          NULL};

static const field model_fields[] = {
    F_TEXT(model, name, REQ | UNIQ, 1, 120, "Name of the model, without version"),
    F_LONG(model, purpose, 0, 8000, "What it predicts or produces"),
    F_ENUM(model, task, 0, tasks, "Kind of output"),
    F_REF(model, owner, 0, person, "Person answerable for it"),
    F_REF(model, supplier, 0, supplier, "Who supplies it, when bought"),
};

const record model_record = {
    .name = "model",
    .noun = "model",
    .plural = "models",
    .title = "Model",
    .tags = "A.4.2 A.4.4",
    .evidence_kind = "tool_inventory",
    .doc = "A model that AI systems use",
    .size = sizeof(model),
    .fields = model_fields,
    .n_fields = COUNT(model_fields),
    .label = "name",
};

static const char *const statuses[] = {
    "",
    [MODEL_CANDIDATE] = "candidate",
    [MODEL_APPROVED] = "approved",
    [MODEL_DEPLOYED] = "deployed",
    [MODEL_WITHDRAWN] = "withdrawn",
    NULL,
};

static const field version_fields[] = {
    F_TEXT(model_version, name, REQ | UNIQ, 1, 160, "Model and edition, for example 'loan 1.0'"),
    F_REF(model_version, model, REQ, model, "Model it is a version of"),
    F_TEXT(model_version, edition, REQ, 1, 60, "Version as its makers count it"),
    F_TEXT(model_version, artefact_sha256, INDEX, 64, 64,
           "SHA-256 of the artefact, lower-case hex"),
    F_INT(model_version, artefact_size, 0, 0, 9e15, "Bytes of the artefact"),
    F_TEXT(model_version, format, 0, 1, 60, "File format, for example xgboost-json"),
    F_REF(model_version, trained_on, 0, dataset_version, "Data set version it was trained on"),
    F_TEXT(model_version, endpoint, 0, 1, 500, "Address where it answers, when served"),
    F_LONG(model_version, limitations, 0, 8000, "Known limits and conditions of use"),
    F_ENUM(model_version, status, REQ, statuses, "Release state"),
};

static bool check_version(const void *row, err *e)
{
    const model_version *v = row;
    return rule_sha256(v->artefact_sha256, "artefact_sha256", e) &&
           rule_url(v->endpoint, "endpoint", e);
}

const record model_version_record = {
    .name = "model_version",
    .noun = "model-version",
    .plural = "model-versions",
    .title = "Model version",
    .tags = "A.4.4 A.6.2.3",
    .evidence_kind = "design_record",
    .doc = "One version of a model, bound to its artefact",
    .size = sizeof(model_version),
    .fields = version_fields,
    .n_fields = COUNT(version_fields),
    .label = "name",
    .check = check_version,
};
