/* clock.c - time of day and RFC 3339 text, by the proleptic Gregorian calendar. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

/* Days since 1970-01-01 of a civil date; H. Hinnant, "chrono-compatible low-level date
 * algorithms" (days_from_civil). */
static int64_t days_of(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_of(int64_t z, int64_t *y, int *m, int *d)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

int64_t clock_now(void)
{
    const char *fixed = getenv("AIMS_CLOCK");
    int64_t ms = 0;
    if (fixed) {
        if (clock_parse(str_of(fixed), &ms)) return ms;
        fputs("aims: AIMS_CLOCK is not an RFC 3339 time\n", stderr);
        abort();
    }
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double clock_mono(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Writes v in n digits; lists of records are full of times, and printf is slow. */
static void put_digits(char *p, int64_t v, size_t n)
{
    for (size_t i = n; i-- > 0; v /= 10)
        p[i] = (char)('0' + v % 10);
}

str clock_text(arena *a, int64_t ms)
{
    int64_t day = ms / CLOCK_DAY_MS - (ms % CLOCK_DAY_MS < 0), y;
    int64_t in = ms - day * CLOCK_DAY_MS;
    int m, d;
    civil_of(day, &y, &m, &d);
    char z[] = "0000-00-00T00:00:00.000Z";
    if (y < 0 || y > 9999) return str_fmt(a, "%lld-%02d-%02d", (long long)y, m, d);
    put_digits(z, y, 4);
    put_digits(z + 5, m, 2);
    put_digits(z + 8, d, 2);
    put_digits(z + 11, in / 3600000, 2);
    put_digits(z + 14, in / 60000 % 60, 2);
    put_digits(z + 17, in / 1000 % 60, 2);
    put_digits(z + 20, in % 1000, 3);
    return str_dupn(a, z, sizeof z - 1);
}

str clock_date_text(arena *a, int64_t ms)
{
    return str_sub(clock_text(a, ms), 0, 10);
}

/* Reads exactly n digits at s.p[at]. */
static bool digits(str s, size_t at, size_t n, int *ret)
{
    int v = 0;
    if (at + n > s.n) return false;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *ret = v;
    return true;
}

static bool parse_date(str s, int64_t *ret_days)
{
    static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, m, d;
    if (!digits(s, 0, 4, &y) || !digits(s, 5, 2, &m) || !digits(s, 8, 2, &d)) return false;
    if (s.p[4] != '-' || s.p[7] != '-' || y < 1 || m < 1 || m > 12) return false;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d < 1 || d > len[m - 1] + (leap && m == 2)) return false;
    *ret_days = days_of(y, m, d);
    return true;
}

bool clock_parse_date(str s, int64_t *ret_ms)
{
    int64_t days;
    if (s.n != 10 || !parse_date(s, &days)) return false;
    *ret_ms = days * CLOCK_DAY_MS;
    return true;
}

/* "Z", "+hh:mm" or "-hh:mm" at s.p[at], to the end of s. */
static bool parse_offset(str s, size_t at, int *ret_minutes)
{
    *ret_minutes = 0;
    if (at + 1 == s.n && (s.p[at] == 'Z' || s.p[at] == 'z')) return true;
    int h, m;
    if (at + 6 != s.n || (s.p[at] != '+' && s.p[at] != '-') || s.p[at + 3] != ':') return false;
    if (!digits(s, at + 1, 2, &h) || !digits(s, at + 4, 2, &m) || h > 23 || m > 59) return false;
    *ret_minutes = (s.p[at] == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

bool clock_parse(str s, int64_t *ret_ms)
{
    int64_t days;
    int h, m, sec, offset, frac = 0, scale = 100;
    if (s.n < 20 || !parse_date(s, &days) || (s.p[10] != 'T' && s.p[10] != 't')) return false;
    if (!digits(s, 11, 2, &h) || !digits(s, 14, 2, &m) || !digits(s, 17, 2, &sec)) return false;
    if (s.p[13] != ':' || s.p[16] != ':' || h > 23 || m > 59 || sec > 59) return false;
    size_t at = 19;
    if (s.p[at] == '.') {
        size_t from = ++at;
        for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, scale /= 10)
            frac += (s.p[at] - '0') * scale;
        if (at == from) return false;
    }
    if (!parse_offset(s, at, &offset)) return false;
    *ret_ms = days * CLOCK_DAY_MS + ((h * 60 + m - offset) * INT64_C(60) + sec) * 1000 + frac;
    return true;
}
