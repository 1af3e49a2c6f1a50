/* frameworks.h - importing a framework from an OSCAL catalog, and reading it back. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_FRAMEWORKS_H
#define AIMS_WORK_FRAMEWORKS_H
#include "register/framework.h"
#include "work/work.h"

/* Parses a file of the vault (at most 48 MiB) as an OSCAL catalog and keeps its controls under a
 * name (CAP_EDIT). INVALID with the JSON path when it is none; CONFLICT when the name is taken. */
bool work_import_framework(struct work *w, const actor *who, str name, digest file, arena *a,
                           framework *ret, err *e) NODISCARD;
/* {"id","title","version","controls":[...]}; NOT_FOUND. */
bool work_framework(struct work *w, const actor *who, str name, arena *a, str *ret_json,
                    err *e) NODISCARD;

#endif
