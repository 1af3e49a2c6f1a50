/* expect.h - what tests of kinds say again and again: this figure is there, that number is near. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_EXPECT_H
#define AIMS_TESTS_EXPECT_H
#include "metric.h"
#include <math.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static inline const metric *find(const measure_result *r, const char *id, const char *slice)
{
    const metric *m = metric_named(r, id, slice);
    if (m) return m;
    fail_msg("not once: %s of %s", id, slice ? slice : "the whole");
    abort(); /* not reached, which cmocka.h does not say */
}

static inline void near(double have, double want, double within)
{
    if (!(fabs(have - want) <= within)) fail_msg("have %.17g, want %.17g", have, want);
}

#endif
