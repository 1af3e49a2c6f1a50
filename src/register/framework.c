/* framework.c - table of the imported framework record; its controls are a file of the vault. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/framework.h"

static const field fields[] = {
    F_TEXT(framework, name, REQ | UNIQ, 1, 60, "Short name people use, for example nist-800-53"),
    F_TEXT(framework, title, REQ, 1, 300, "Title of the catalog"),
    F_TEXT(framework, edition, 0, 1, 60, "Version of the catalog"),
    F_INT(framework, n_controls, READONLY, 0, 1e6, "Number of controls and groups"),
    F_TEXT(framework, source_sha256, REQ, 64, 64, "SHA-256 of the OSCAL file"),
    F_TEXT(framework, content_sha256, REQ, 64, 64, "SHA-256 of its controls, kept as a file"),
};

const record framework_record = {
    .name = "framework",
    .noun = "framework",
    .plural = "frameworks",
    .title = "Framework",
    .tags = "4.2",
    .doc = "A framework imported from an OSCAL catalog",
    .size = sizeof(framework),
    .fields = fields,
    .n_fields = COUNT(fields),
    .label = "name",
    .flags = RECORD_SYSTEM,
};
