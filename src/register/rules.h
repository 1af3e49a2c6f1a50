/* rules.h - small checks that several record types share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_RULES_H
#define AIMS_REGISTER_RULES_H
#include "record/record.h"

/* Each accepts an absent value and otherwise refuses with INVALID at `path`. */
bool rule_sha256(str s, const char *path, err *e) NODISCARD; /* 64 lower-case hex digits */
bool rule_url(str s, const char *path, err *e) NODISCARD;    /* http:// or https:// */
/* Every entry has the form of a clause or control id: "6.1.2", "A.6.2.4", or an own "X.name". */
bool rule_control_ids(str_list ids, const char *path, err *e) NODISCARD;
bool rule_control_id(str id);

#endif
