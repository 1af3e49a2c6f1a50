/* options.h - checking the options of a plan against the table of its kind. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_OPTIONS_H
#define AIMS_MEASURE_OPTIONS_H
#include "measure/measure.h"

/* Every member of p->options is known to the kind, of its type and in its range. Paths are
 * "options.NAME"; the hint lists what the kind knows. */
bool options_check(const measure_kind *k, const doc *options, err *e) NODISCARD;

#endif
