/* kinds.h - the kinds of measurement as data: what forms, help and other programs build on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_KINDS_H
#define AIMS_WORK_KINDS_H
#include "base/base.h"

/*
 * Writes a list with one object per kind: {"id", "title", "description", "controls": [ids],
 * "needs": [members or inputs], "metrics": [ids], "slice": name or null, "values": bool, "options":
 * [{"name", "type", "minimum", "maximum", "default", "description"}]}. Types are those of JSON
 * Schema; of a text minimum and maximum count characters, of a list entries.
 */
void work_kinds(jw *w);

#endif
