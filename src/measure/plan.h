/* plan.h - what the engines ask of a plan beyond its public face. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_PLAN_H
#define AIMS_MEASURE_PLAN_H
#include "measure/measure.h"

/* The kind is known, numbers are in range, limits name figures of the kind, needed members are
 * there. Paths are members of the plan. */
bool plan_check(const measure_plan *p, const measure_kind **ret_kind, err *e) NODISCARD;
/* "a=b,c=d" as the JSON object of a slice, members in the order of `keys`. A name that is no
 * key, or stands twice, is INVALID. */
bool plan_slice_json(str text, const str *keys, size_t n, str path, str *ret, arena *a,
                     err *e) NODISCARD;

#endif
