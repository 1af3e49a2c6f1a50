/* core.h - the few macros every room uses: attributes, counting, and the ban list. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_CORE_H
#define AIMS_BASE_CORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD    __attribute__((warn_unused_result))
#define PRINTF(a, b) __attribute__((format(printf, a, b)))
#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))

#endif
