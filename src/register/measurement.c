/* measurement.c - table of the measurement record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/measurement.h"
#include "register/ai_system.h"
#include "register/dataset.h"
#include "register/model.h"
#include "register/plan.h"

const char *const verdict_names[] = {
    "",
    [RV_NONE] = "none",
    [RV_PASS] = "pass",
    [RV_FAIL] = "fail",
    [RV_INCONCLUSIVE] = "inconclusive",
    NULL,
};

static const field fields[] = {
    F_TEXT(measurement, kind, REQ | INDEX, 1, 60, "Kind of measurement"),
    F_REF(measurement, plan, 0, plan, "Plan it followed"),
    F_INT(measurement, plan_version, READONLY, 0, 9e15, "Version of the plan at the run; 0: none"),
    F_REF(measurement, system, 0, ai_system, "AI system that was measured"),
    F_REF(measurement, model_version, 0, model_version, "Model version that was asked"),
    F_REF(measurement, dataset_version, 0, dataset_version, "Data it was measured on"),
    F_REF(measurement, reference_version, 0, dataset_version, "Data it was held against"),
    F_REF(measurement, repeats, 0, measurement, "Measurement whose result it repeated"),
    F_ENUM(measurement, verdict, REQ, verdict_names, "Verdict against the limits"),
    F_TIME(measurement, started_at, READONLY, "When the run began"),
    F_REAL(measurement, seconds, READONLY, 0, 1e9, "How long it took"),
    F_INT(measurement, n_rows, READONLY, 0, 9e15, "Rows measured"),
    F_TEXT(measurement, dataset_sha256, INDEX, 64, 64, "SHA-256 of the data"),
    F_TEXT(measurement, model_sha256, INDEX, 64, 64, "SHA-256 of the model"),
    F_TEXT(measurement, reference_sha256, INDEX, 64, 64, "SHA-256 of the data it was held against"),
    F_TEXT(measurement, result_sha256, REQ, 64, 64, "SHA-256 of the whole result, kept as a file"),
    F_TEXT(measurement, tool_version, REQ, 1, 60, "Version of aims that measured"),
    F_JSON(measurement, metrics, 0, 4e6, "Metrics with intervals and verdicts"),
};

const record measurement_record = {
    .name = "measurement",
    .noun = "measurement",
    .plural = "measurements",
    .title = "Measurement",
    .tags = "9.1",
    .evidence_kind = "measurement_result",
    .doc = "One run of a measurement with its verdict",
    .size = sizeof(measurement),
    .fields = fields,
    .n_fields = COUNT(fields),
    .newest = "system, plan, kind",
    .flags = RECORD_SYSTEM,
};
