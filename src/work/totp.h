/* totp.h - one-time codes of an app (RFC 6238 over RFC 4226): SHA-1, 6 digits, 30 seconds. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_TOTP_H
#define AIMS_WORK_TOTP_H
#include "base/base.h"

#define TOTP_SECRET 20u /* bytes; RFC 4226, 4, R6 recommends 160 bits */
enum { TOTP_STEP_MS = 30000, TOTP_DIGITS = 6 };

/* RFC 4226, 5.3: the code of a counter, 6 to 8 digits. */
uint32_t hotp_code(str secret, uint64_t counter, int digits);
/* The time step whose code this is: the present one, the one before or the one after, and newer
 * than `last`, so that no code is taken twice. -1: none. Compares in constant time. */
int64_t totp_step(str secret, str code, int64_t now, int64_t last);
/* What an app reads: otpauth://totp/aims:NAME?secret=BASE32&issuer=aims&... */
str totp_uri(arena *a, str secret, str account);

#endif
