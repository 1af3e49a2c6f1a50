/* coverage.h - the rule by which simulations judge intervals: 95 % means 94 to 96 %. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_COVERAGE_H
#define AIMS_TESTS_COVERAGE_H
#include "base/base.h"
#include <math.h>

/*
 * An interval of 95 % is right when it holds the truth in 94 to 96 % of all worlds. A simulation of
 * n worlds knows the share only to sqrt(share (1 - share) / n), so it passes within 3 of those
 * around the band: 92.9..96.9 % at 4,000 worlds (AIMS_LONG=1), 90.4..98.9 % at the 400 of an
 * ordinary run. CAUTIOUS intervals are meant to hold more often, and their figures say why.
 */
#define CONFIDENCE 0.95
#define FAIR       0.94, 0.96
#define CAUTIOUS   0.94, 1

static inline bool coverage_long(void)
{
    const char *v = getenv("AIMS_LONG");
    return v && strcmp(v, "1") == 0;
}

static inline uint64_t coverage_worlds(void)
{
    return coverage_long() ? 4000 : 400;
}

/* Prints a line; false when `hits` of `worlds` are not a share between least and most. */
static inline bool coverage_judge(const char *what, const char *slice, int hits, double least,
                                  double most)
{
    double n = (double)coverage_worlds(), share = hits / n;
    double lo = least - 3 * sqrt(least * (1 - least) / n);
    double hi = most + 3 * sqrt(most * (1 - most) / n);
    bool ok = share >= lo && share <= hi;
    printf("  %-32s %-16s holds its truth in %.4f of worlds (%.3f..%.3f)%s\n", what,
           slice ? slice : "", share, lo, hi, ok ? "" : "  WRONG");
    return ok;
}

#endif
