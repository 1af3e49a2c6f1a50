/* plan.h - what the engines ask of a plan beyond its public face. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_PLAN_H
#define AIMS_MEASURE_PLAN_H
#include "measure/measure.h"

/* The kind is known, numbers are in range, limits name figures of the kind, needed members are
 * there. Paths are members of the plan. */
bool plan_check(const measure_plan *p, const measure_kind **ret_kind, err *e) NODISCARD;
/* The slice of limit number i of a plan, "a=b,c=d", as the JSON object that figures carry. Members
 * stand in the order of the plan's groups, its label, and what its kind cuts by; another name, or
 * one twice, is INVALID with path limits.N. Absent for a limit on the whole or on every slice. */
bool plan_limit_slice(const measure_plan *p, size_t i, str *ret, arena *a, err *e) NODISCARD;

/* Value of an option of the plan's kind, or its default. The name must stand in the kind's table:
 * another one is a programming error and aborts. Texts, lists and objects: NULL when absent. */
double plan_number(const measure_plan *p, const char *name);
const doc *plan_value(const measure_plan *p, const char *name);

#endif
