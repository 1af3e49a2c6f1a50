/* signin.h - what the files about signing in share: starting sessions, proving who asks. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_SIGNIN_H
#define AIMS_WORK_SIGNIN_H
#include "work/accounts.h"
#include "work/impl.h"

/* Only a person in a session may touch how an account signs in: DENIED for tokens and machine. */
bool signin_in_person(const actor *who, err *e) NODISCARD;
/* That, and knows the password: DENIED at `password` otherwise, counted as a failed login is. */
bool signin_prove(struct work *w, const actor *who, str password, err *e) NODISCARD;
/* Counts one failure of an account in a transaction of its own. */
bool signin_failed(struct work *w, int64_t account, str name, err *e) NODISCARD;

/* A new session in the transaction of the login; *ret is only good once that is committed. */
bool signin_begin(struct tx *t, int64_t account, str name, const char *means, arena *a,
                  session *ret, err *e) NODISCARD;
/* Not shut off, not ended: UNAUTHENTICATED otherwise, in the words of a wrong password. `v` is a
 * row of Q_ACCOUNT_BY_ID. */
bool signin_allowed(const value *v, int64_t now, err *e) NODISCARD;

/* The second factor of an account (factors.c), inside the transaction that uses it up. Says by
 * what means: "password" when none is asked, "code", "recovery". SECOND_FACTOR when one is asked
 * and `code` is absent, UNAUTHENTICATED at `code` when it is wrong. */
bool factor_check(struct tx *t, const struct work *w, int64_t account, str code, int64_t now,
                  const char **ret_means, err *e) NODISCARD;

#endif
