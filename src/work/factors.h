/* factors.h - second factors: one-time codes of an app (RFC 6238) and recovery codes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_FACTORS_H
#define AIMS_WORK_FACTORS_H
#include "work/work.h"

/*
 * All verbs act on the asker's own account, in a session only, but for factors_forget. The app's
 * secret is sealed under a key that comes from keys/files.key and the account; recovery codes are
 * 80 random bits, kept as HMAC, each good once. A wrong code counts as a wrong password does.
 */
enum { RECOVERY_CODES = 10 };

typedef struct factors {
    bool totp;
    int64_t totp_since; /* 0: not on */
    int64_t recovery_left;
} factors;
bool factors_get(struct work *w, const actor *who, factors *ret, err *e) NODISCARD;

/* A new secret, shown once: base32 and otpauth:// address. Login asks only after totp_confirm.
 * CONFLICT when the account has one already. */
bool totp_enrol(struct work *w, const actor *who, str password, arena *a, str *ret_base32,
                str *ret_uri, err *e) NODISCARD;
/* The first code of the app turns it on; gives the recovery codes. DENIED at `code`. */
bool totp_confirm(struct work *w, const actor *who, str code, arena *a, str ret[RECOVERY_CODES],
                  err *e) NODISCARD;
/* Off again, recovery codes included. code: of the app, or a recovery code. */
bool totp_off(struct work *w, const actor *who, str password, str code, err *e) NODISCARD;
/* New recovery codes in place of all old ones. */
bool recovery_renew(struct work *w, const actor *who, str password, str code, arena *a,
                    str ret[RECOVERY_CODES], err *e) NODISCARD;
/* An administrator takes second factor and passkeys off an account (lost phone) and ends its
 * sessions. */
bool factors_forget(struct work *w, const actor *who, str name, err *e) NODISCARD;

#endif
