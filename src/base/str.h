/* str.h - borrowed strings with a length, and the buffer that builds them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_STR_H
#define AIMS_BASE_STR_H
#include "base/arena.h"
#include <stdarg.h>

/*
 * A borrowed run of bytes: never owns. Every str made by this room (S, str_dup, str_fmt,
 * buf_str, ...) has a NUL after its last byte, so `.p` may be handed to libc; a slice made
 * by str_cut or str_sub has not. An absent string has p == NULL; an empty one p != NULL, n == 0.
 */
typedef struct str {
    const char *p;
    size_t n;
} str;

#define S(lit)     ((str){"" lit, sizeof(lit) - 1})
#define STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

str str_of(const char *z); /* borrow a C string; NULL gives the absent str */
str str_dup(arena *a, str s);
str str_dupn(arena *a, const void *p, size_t n);
str str_fmt(arena *a, const char *fmt, ...) PRINTF(2, 3);
str str_vfmt(arena *a, const char *fmt, va_list ap) PRINTF(2, 0);
bool str_eq(str a, str b);
bool str_eqz(str a, const char *z);
int str_cmp(str a, str b); /* bytewise, as memcmp, shorter first */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
str str_sub(str s, size_t from, size_t n); /* clipped to s */
str str_clip(str s, size_t n);             /* at most n bytes, whole UTF-8 characters only */
str str_trim(str s);                       /* without ASCII white space at both ends */
/* Cuts s at the first `sep`: the part before it is returned, *rest is what follows; without
 * a separator the whole s is returned and *rest is absent. */
str str_cut(str s, char sep, str *rest);
/* Whole string as a number: false when anything else is in it or it does not fit. */
bool str_int(str s, int64_t *ret) NODISCARD;
bool str_real(str s, double *ret) NODISCARD; /* finite decimal only, locale-free */
/* Well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms). */
bool str_utf8(str s);
/* True when s holds a control character other than \n and \t. */
bool str_has_control(str s);
size_t str_utf8_chars(str s); /* code points; s must be well-formed */

/* Text that grows in an arena; its ceiling is named where it is opened. When a put would
 * pass the ceiling nothing is written and `full` stays set: check it once, at the end. */
typedef struct buf {
    arena *a;
    char *p;
    size_t n, cap, max;
    bool full;
} buf;

buf buf_open(arena *a, size_t max);
void buf_put(buf *b, str s);
/* As it is; or, where one of `special` (or a NUL) is in it, in double quotes, which are doubled. */
void buf_quoted(buf *b, str s, const char *special);
void buf_putc(buf *b, char c);
void buf_putz(buf *b, const char *z);
void buf_bytes(buf *b, const void *p, size_t n);
void buf_fmt(buf *b, const char *fmt, ...) PRINTF(2, 3);
str buf_str(buf *b); /* the bytes so far, NUL after them; valid until the next put */

/* Encodings (RFC 4648). Decoders are strict: canonical padding and zero pad bits only. */
str hex_encode(arena *a, const void *p, size_t n); /* lower case */
bool hex_decode(arena *a, str s, str *ret) NODISCARD;
str base64_encode(arena *a, const void *p, size_t n);
bool base64_decode(arena *a, str s, str *ret) NODISCARD;
str base64url_encode(arena *a, const void *p, size_t n); /* no padding */
bool base64url_decode(arena *a, str s, str *ret) NODISCARD;

str base32_encode(arena *a, const void *p, size_t n); /* upper case, no padding */

#endif
