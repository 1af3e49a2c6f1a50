/* evidence.c - table and rules of the evidence record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/evidence.h"
#include "register/ai_system.h"
#include "register/document.h"
#include "register/measurement.h"
#include "register/person.h"
#include "register/rules.h"

static const char *const methods[] = {
    "",
    [METHOD_MEASURED] = "measured",
    [METHOD_RECORDED] = "recorded",
    [METHOD_ATTESTED] = "attested",
    NULL,
};

static const field fields[] = {
    F_TEXT(evidence, name, REQ, 1, 200, "What it shows, in a few words"),
    F_TEXT(evidence, kind, REQ | INDEX, 1, 60,
           "Kind of evidence of the catalog, for example test_report"),
    F_ENUM(evidence, method, READONLY, methods, "How it came about"),
    F_LIST(evidence, controls, REQ, NULL, 50, "Clauses and controls it speaks for"),
    F_REF(evidence, system, 0, ai_system, "AI system it is about"),
    F_REF(evidence, measurement, READONLY, measurement, "Measurement it comes from"),
    F_REF(evidence, document, READONLY, document, "Document it comes from"),
    F_ENUM(evidence, verdict, READONLY, verdict_names, "Verdict of that measurement"),
    F_TIME(evidence, observed_at, REQ, "When it was observed"),
    F_TIME(evidence, fresh_until, REQ | INDEX, "Until when it counts"),
    F_TEXT(evidence, file_sha256, INDEX, 64, 64, "SHA-256 of its file"),
    F_TEXT(evidence, file_name, PERSONAL, 1, 200, "Name of its file"),
    F_INT(evidence, file_size, 0, 0, 9e15, "Bytes of its file"),
    F_REF(evidence, supplied_by, 0, person, "Who supplied it"),
    F_LONG(evidence, note, 0, 8000, "What an auditor should know"),
};

static bool check(const void *row, err *e)
{
    const evidence *v = row;
    if (v->fresh_until <= v->observed_at)
        return err_set(e, ERR_INVALID, S("fresh_until"), S("give a later time"),
                       "the evidence is stale before it is observed");
    return rule_sha256(v->file_sha256, "file_sha256", e) &&
           rule_control_ids(v->controls, "controls", e);
}

const record evidence_record = {
    .name = "evidence",
    .noun = "evidence",
    .plural = "evidence",
    .title = "Evidence",
    .tags = "7.5.3",
    .doc = "Something observed that speaks for or against controls",
    .size = sizeof(evidence),
    .fields = fields,
    .n_fields = COUNT(fields),
    .check = check,
};
