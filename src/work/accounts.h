/* accounts.h - accounts, one-time links, sessions and tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_ACCOUNTS_H
#define AIMS_WORK_ACCOUNTS_H
#include "work/work.h"

/* Secrets handed out (tokens, session ids, one-time codes) are 32 random bytes in base64url, shown
 * once; the store keeps their SHA-256. Passwords are argon2id. All changes and all refusals
 * are on the log. After 5 wrong passwords in a row an account waits a minute, doubling to an hour.
 */

typedef struct account_info {
    int64_t id;
    str name;
    str role;
    int64_t person;      /* 0: none */
    int64_t valid_until; /* 0: no end */
    int64_t created_at;
    bool disabled, has_password;
} account_info;

/* Adds an account without password and gives the one-time code that sets it (valid 24 hours).
 * name: 1 to 60 of [a-z0-9._-]. valid_until is required for the role "auditor". */
bool account_add(struct work *w, const actor *who, str name, str role_name, int64_t valid_until,
                 arena *a, account_info *ret, str *ret_code, err *e) NODISCARD;
/* A new one-time code (forgotten password); ends the account's sessions. */
bool account_reset(struct work *w, const actor *who, str name, arena *a, str *ret_code,
                   err *e) NODISCARD;
/* role_name/valid_until absent (p == NULL / -1): unchanged. */
bool account_change(struct work *w, const actor *who, str name, str role_name, int64_t valid_until,
                    bool disable, err *e) NODISCARD;
/* Says which person of the register the account is of: needed to approve (0: nobody). */
bool account_bind(struct work *w, const actor *who, str name, int64_t person, err *e) NODISCARD;
bool account_list(struct work *w, const actor *who, arena *a, account_info **ret, size_t *ret_n,
                  err *e) NODISCARD;
/* True when no account exists yet: `serve` then makes "admin" and prints its link. */
bool account_none(struct work *w, bool *ret, err *e) NODISCARD;

/* The actor that an account is, for the machine's operator acting in its name (aims --as NAME). */
bool account_actor(struct work *w, str name, const char *via, arena *a, actor *ret,
                   err *e) NODISCARD;

/* Uses up a one-time code: sets the password (at least 10 characters) of its account. */
bool account_redeem(struct work *w, str code, str password, arena *a, account_info *ret,
                    err *e) NODISCARD;

/* The own account; NOT_FOUND for the machine, which has none. */
bool account_get(struct work *w, const actor *who, arena *a, account_info *ret, err *e) NODISCARD;
/* A new password in place of the old one; ends all sessions but the one of this cookie. */
bool account_password(struct work *w, const actor *who, str cookie, str old, str password,
                      err *e) NODISCARD;

/* Sessions, for people in a browser: cookie value and CSRF token; 12 hours. */
typedef struct session {
    str id, csrf;
    int64_t expires_at; /* at the latest */
} session;
/* LIMITED while the account waits; UNAUTHENTICATED for anything wrong, always the same words.
 * code: of the second factor, absent when not given: SECOND_FACTOR says that it is needed. */
bool session_open(struct work *w, str name, str password, str code, arena *a, session *ret,
                  actor *ret_actor, err *e) NODISCARD;
bool session_check(struct work *w, str id, arena *a, str *ret_csrf, actor *ret, err *e) NODISCARD;
bool session_close(struct work *w, str id, err *e) NODISCARD;

/* A running session as its owner sees it. Neither address nor browser is kept. */
typedef struct session_info {
    str id; /* SHA-256 of the cookie in hex: names the session, opens nothing */
    int64_t created_at, seen_at /* to ten minutes */, expires_at;
    str means; /* "password", "code", "recovery", "passkey"; absent: not known */
    bool current;
} session_info;
/* Of the own account (name absent), or with CAP_ADMIN of any; cookie: the asker's, or absent. */
bool session_list(struct work *w, const actor *who, str name, str cookie, arena *a,
                  session_info **ret, size_t *ret_n, err *e) NODISCARD;
/* Ends one of the own sessions, or with CAP_ADMIN anybody's. NOT_FOUND for all others. */
bool session_revoke(struct work *w, const actor *who, str id, err *e) NODISCARD;

/* Tokens, for machines: "aims_" + secret; at most the maker's own capabilities. */
typedef struct token_info {
    int64_t id, account;
    str name;
    cap_set caps;
    int64_t expires_at, created_at, last_used_at; /* 0: never used */
    bool revoked;
} token_info;
bool token_add(struct work *w, const actor *who, str name, cap_set caps, int64_t expires_at,
               arena *a, token_info *ret, str *ret_secret, err *e) NODISCARD;
bool token_check(struct work *w, str secret, arena *a, actor *ret, err *e) NODISCARD;
bool token_revoke(struct work *w, const actor *who, int64_t id, err *e) NODISCARD;
bool token_list(struct work *w, const actor *who, arena *a, token_info **ret, size_t *ret_n,
                err *e) NODISCARD;

/* A refusal at the door (no valid credentials): counted and logged at most once a minute. */
void work_refused(struct work *w, const char *what);

#endif
