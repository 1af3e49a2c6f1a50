/* number.c - decimal text to double: exact short cuts in front of strtod. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/number.h"
#include <float.h>

enum { DIGITS_MAX = 19, EXACT_EXP = 22, LONG_EXP = 27 };

/* value = mantissa * 10^exp, negative or not; `more` = digits beyond the mantissa's room. */
struct decimal {
    uint64_t mantissa;
    int digits, exp;
    bool negative, more;
};

static const double power[EXACT_EXP + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Adds the digits at p to d; returns the first byte that is none. */
static const char *take_digits(const char *p, const char *end, struct decimal *d)
{
    for (; p < end; p++) {
        unsigned c = (unsigned char)*p - '0';
        if (c > 9) break;
        d->mantissa = d->mantissa * 10 + c;
        d->digits += d->digits > 0 || c > 0;
    }
    return p;
}

/* The exponent behind 'e': false when there are no digits or more than anyone needs. */
static bool take_exponent(const char *p, const char *end, struct decimal *d)
{
    bool minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    const char *from = p;
    int v = 0;
    for (; p < end; p++) {
        unsigned c = (unsigned char)*p - '0';
        if (c > 9) return false;
        if (v < 100000) v = v * 10 + (int)c;
    }
    d->exp += minus ? -v : v;
    return p > from;
}

static bool take_decimal(str s, struct decimal *d)
{
    const char *p = s.p, *end = s.p + s.n;
    if (p < end && (*p == '-' || *p == '+')) d->negative = *p++ == '-';
    const char *from = p;
    p = take_digits(p, end, d);
    ptrdiff_t n = p - from;
    if (p < end && *p == '.') {
        from = ++p;
        p = take_digits(p, end, d);
        n += p - from;
        d->exp = (int)(from - p);
    }
    d->more = d->digits > DIGITS_MAX;
    if (n == 0 || s.n > INT16_MAX) return false;
    return p == end || ((*p == 'e' || *p == 'E') && take_exponent(p + 1, end, d));
}

/*
 * Up to 19 digits fit the 64-bit mantissa of the x87 format, and 10^27 too, so one operation
 * gives the value rounded once to 64 bits. Rounding it again to 53 bits is right unless the
 * bits cut off are exactly one half, where the first rounding may have hidden the direction.
 */
#if LDBL_MANT_DIG == 64
static bool long_double(const struct decimal *d, double *ret)
{
    if (d->exp < -LONG_EXP || d->exp > LONG_EXP) return false;
    int n = d->exp < 0 ? -d->exp : d->exp;
    long double p = n <= EXACT_EXP ? (long double)power[n]
                                   : (long double)power[EXACT_EXP] * power[n - EXACT_EXP];
    long double m = (long double)d->mantissa, v = d->exp < 0 ? m / p : m * p;
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    *ret = (double)v;
    return (bits & 0x7ff) != 0x400;
}
#else
static bool long_double(const struct decimal *d, double *ret)
{
    (void)d;
    (void)ret;
    return false;
}
#endif

/* Clinger's fast path: both numbers are exact doubles, so the one operation rounds correctly
 * (W. D. Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990). */
static bool plain_double(const struct decimal *d, double *ret)
{
    if (d->mantissa > UINT64_C(1) << 53 || d->exp < -EXACT_EXP || d->exp > EXACT_EXP) return false;
    double m = (double)d->mantissa;
    *ret = d->exp < 0 ? m / power[-d->exp] : m * power[d->exp];
    return true;
}

bool number_parse(str s, double *ret)
{
    struct decimal d = {0};
    if (!take_decimal(s, &d)) return false;
    double v = 0;
    if (d.more || (d.mantissa && !plain_double(&d, &v) && !long_double(&d, &v)))
        return str_real(s, ret);
    *ret = d.negative ? -v : v;
    return true;
}
