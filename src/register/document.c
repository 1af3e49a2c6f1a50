/* document.c - table and rules of the controlled document record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/document.h"
#include "register/person.h"
#include "register/rules.h"

static const char *const statuses[] = {
    "",
    [DOCUMENT_DRAFT] = "draft",
    [DOCUMENT_APPROVED] = "approved",
    [DOCUMENT_WITHDRAWN] = "withdrawn",
    NULL,
};

static const field fields[] = {
    F_TEXT(document, name, REQ | UNIQ, 1, 200, "Title"),
    F_TEXT(document, kind, REQ | INDEX, 1, 60,
           "Kind of evidence of the catalog, such as policy_document or procedure"),
    F_TEXT(document, edition, REQ, 1, 40, "Edition, for example 1.2"),
    F_LONG(document, body, 0, 400000, "Text, when it is written here"),
    F_TEXT(document, file_sha256, 0, 64, 64, "SHA-256 of its file, when it is a file"),
    F_TEXT(document, file_name, PERSONAL, 1, 200, "Name of its file"),
    F_REF(document, owner, REQ, person, "Person who keeps it up to date"),
    F_LIST(document, controls, 0, NULL, 50, "Clauses and controls it serves"),
    F_LIST(document, audience, 0, NULL, 50, "Who must know it"),
    F_DUE(document, review_on, "withdrawn", "When it must be reviewed"),
    F_ENUM(document, status, READONLY, statuses, "Draft until approved"),
    F_REF(document, approved_by, READONLY, person, "Who approved this edition"),
    F_TIME(document, approved_at, READONLY, "When this edition was approved"),
};

static void derive(void *row)
{
    document *d = row;
    if (!d->status) d->status = DOCUMENT_DRAFT;
}

static bool check(const void *row, err *e)
{
    const document *d = row;
    if (d->status == DOCUMENT_APPROVED && !d->body.p && !d->file_sha256.p)
        return err_set(e, ERR_INVALID, S("body"), S("write the text, or attach a file"),
                       "an empty document cannot be approved");
    return rule_sha256(d->file_sha256, "file_sha256", e) &&
           rule_control_ids(d->controls, "controls", e);
}

const record document_record = {
    .name = "document",
    .noun = "document",
    .plural = "documents",
    .title = "Document",
    .tags = "7.5.1 7.5.2 7.5.3",
    .evidence_kind = "procedure",
    .doc = "A policy, procedure or other controlled document",
    .size = sizeof(document),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .check = check,
    .derive = derive,
};
