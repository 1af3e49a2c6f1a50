/* fuzz_drift.c - any two columns of doubles: exact distances equal those of the sorted values. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/distance.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Finite numbers or missing, as a table gives them. */
static column column_of(const uint8_t *data, size_t n, arena *a)
{
    column c = {.type = COLUMN_NUMBER, .num = arena_new(a, double, n)};
    if (n) memcpy(c.num, data, n * sizeof *c.num);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(c.num[i])) c.num[i] = NAN;
        c.missing += isnan(c.num[i]) ? 1 : 0;
    }
    return c;
}

static double share_upto(const column *c, size_t n, double x)
{
    double k = 0;
    for (size_t i = 0; i < n; i++)
        k += c->num[i] <= x;
    return k / (double)(n - c->missing);
}

static double slow_ks(const column *x, size_t n, const column *y, size_t m)
{
    double most = 0;
    for (size_t i = 0; i < n + m; i++) {
        double t = i < n ? x->num[i] : y->num[i - n];
        if (!isnan(t)) most = fmax(most, fabs(share_upto(x, n, t) - share_upto(y, m, t)));
    }
    return most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t all = size / sizeof(double), n = size ? data[0] % (all + 1) : 0, m = all - n;
    if (all > 400) return 0;
    arena *a = arena_open();
    column x = column_of(data, n, a), y = column_of(data + n * sizeof(double), m, a);
    sketch s = sketch_reference(&x, n, 1, a), t = sketch_empty(s.shape, a);
    sketch_add(&t, &y, 0, m, a);
    distances d = distance_exact(&s, x.num, &t, y.num, a);
    bool empty = x.missing == n || y.missing == m;
    if (empty != isnan(d.ks) || (!empty && d.ks != slow_ks(&x, n, &y, m))) abort();
    arena_close(a);
    return 0;
}
