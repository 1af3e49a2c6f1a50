/* tally.h - a template of a verb: how many live records there are of each type. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_TALLY_H
#define AIMS_WORK_TALLY_H
#include "work/work.h"

/* Writes {"suppliers": 3, "systems": 1, ...}; needs CAP_READ. */
bool work_tally(struct work *w, const actor *who, jw *out, err *e) NODISCARD;

#endif
