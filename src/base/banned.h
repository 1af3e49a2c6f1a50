/* banned.h - turns unsafe or non-reentrant libc calls into compile errors; forced into every file.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_BANNED_H
#define AIMS_BASE_BANNED_H
/* The system headers come first, so that the macros below meet only our own calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* clang's fortified stdio.h makes macros of these two. */
#undef sprintf
#undef vsprintf

#define AIMS_BANNED(f, instead) AIMS_banned_##f##_use_##instead
#define strcpy(d, s)            AIMS_BANNED(strcpy, str_dup)
#define strcat(d, s)            AIMS_BANNED(strcat, buf_put)
#define strncpy(d, s, n)        AIMS_BANNED(strncpy, str_dupn)
#define strncat(d, s, n)        AIMS_BANNED(strncat, buf_put)
#define sprintf(...)            AIMS_BANNED(sprintf, str_fmt)
#define vsprintf(...)           AIMS_BANNED(vsprintf, str_vfmt)
#define strtok(s, d)            AIMS_BANNED(strtok, str_cut)
#define gmtime(t)               AIMS_BANNED(gmtime, clock_text)
#define localtime(t)            AIMS_BANNED(localtime, clock_text)
#define ctime(t)                AIMS_BANNED(ctime, clock_text)
#define asctime(t)              AIMS_BANNED(asctime, clock_text)
#define mktemp(t)               AIMS_BANNED(mktemp, file_create)
#define tmpnam(t)               AIMS_BANNED(tmpnam, file_create)
#define rand()                  AIMS_BANNED(rand, crypto_random)
#define atoi(s)                 AIMS_BANNED(atoi, str_int)
#define atol(s)                 AIMS_BANNED(atol, str_int)
#define atof(s)                 AIMS_BANNED(atof, str_real)
#define system(s)               AIMS_BANNED(system, posix_spawn)

/* Only base owns raw memory; a room that must hand memory to a C library says why beside
 * its `c_args: may_malloc` in meson.build. */
#ifndef AIMS_MAY_MALLOC
#define malloc(n)     AIMS_BANNED(malloc, arena_new)
#define calloc(n, m)  AIMS_BANNED(calloc, arena_new)
#define realloc(p, n) AIMS_BANNED(realloc, buf_put)
#define strdup(s)     AIMS_BANNED(strdup, str_dup)
#endif

#endif
