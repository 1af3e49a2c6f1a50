/* clock.h - wall clock in milliseconds and its text forms (RFC 3339, UTC only). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_CLOCK_H
#define AIMS_BASE_CLOCK_H
#include "base/str.h"

#define CLOCK_DAY_MS INT64_C(86400000)

/* Milliseconds since 1970-01-01T00:00:00Z. Obeys $AIMS_CLOCK (an RFC 3339 time) so that tests
 * and demonstrations can stand at a chosen moment; a malformed value aborts at first use. */
int64_t clock_now(void);
/* Monotonic seconds, for durations only. */
double clock_mono(void);
/* "2026-11-21T17:41:00.123Z"; milliseconds always printed. */
str clock_text(arena *a, int64_t ms);
/* "2026-11-21" */
str clock_date_text(arena *a, int64_t ms);
/* Accepts RFC 3339 with Z or an offset, years 0001 to 9999, fraction cut to milliseconds. */
bool clock_parse(str s, int64_t *ret_ms) NODISCARD;
/* Accepts exactly YYYY-MM-DD; gives its midnight UTC. */
bool clock_parse_date(str s, int64_t *ret_ms) NODISCARD;

#endif
