/* sample.h - the sample organisation: a small lender, really trained, really measured. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_SAMPLE_H
#define AIMS_WORK_SAMPLE_H
#include "base/base.h"

/* Fills a fresh data directory through the verbs of this room, so that every record is an act on
 * the log. The loan model is trained here with libxgboost on synthetic data whose bias and drift
 * are planted and documented in docs/sample.md; what the controls show follows from measuring it.
 * UNAVAILABLE, with the package to install as hint, when libxgboost cannot be loaded. */
bool work_sample(const char *dir, err *e) NODISCARD;

#endif
