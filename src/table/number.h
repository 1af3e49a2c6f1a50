/* number.h - decimal text to double, fast where that is exact. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_NUMBER_H
#define AIMS_TABLE_NUMBER_H
#include "base/base.h"

/*
 * [+-] digits [. digits] [e [+-] digits], at least one digit before the e; nothing else.
 * The value is exactly strtod's (nearest double, ties to even). False for anything else and
 * for values that are not finite.
 */
bool number_parse(str s, double *ret) NODISCARD;

#endif
