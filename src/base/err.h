/* err.h - the one error type, and the one list of codes with wire name, HTTP status and exit code.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_ERR_H
#define AIMS_BASE_ERR_H
#include "base/str.h"

/* X(id, wire name, HTTP status, exit code, what it means) */
#define ERR_MAP(X)                                                                                 \
    X(OK, "ok", 200, 0, "No error")                                                                \
    X(CHECK, "check_failed", 422, 1, "A limit failed or a check found something")                  \
    X(USAGE, "usage", 400, 2, "The command or request is malformed")                               \
    X(INVALID, "invalid", 400, 3, "Input that breaks a rule; path names the member")               \
    X(TOO_LARGE, "too_large", 413, 3, "Input over a limit")                                        \
    X(MEDIA_TYPE, "media_type", 415, 3, "A body of a type that is not accepted")                   \
    X(NOT_FOUND, "not_found", 404, 4, "No such record, file or route")                             \
    X(METHOD, "method", 405, 2, "The route does not take this method")                             \
    X(CONFLICT, "conflict", 409, 5, "Clashes with what is stored")                                 \
    X(STALE, "stale", 412, 5, "The record was changed by someone else meanwhile")                  \
    X(NO_VERSION, "no_version", 428, 5, "A change must name the version it is based on")           \
    X(UNAUTHENTICATED, "unauthenticated", 401, 6, "No valid session or token")                     \
    X(SECOND_FACTOR, "second_factor", 401, 6, "The password is right; a code is needed too")       \
    X(DENIED, "denied", 403, 6, "The account may not do this")                                     \
    X(LIMITED, "limited", 429, 7, "Too many requests; try again later")                            \
    X(UNAVAILABLE, "unavailable", 503, 7, "A store, service or file cannot be reached now")        \
    X(DAMAGED, "damaged", 500, 1, "Stored bytes do not match their digest or signature")           \
    X(STORAGE, "storage", 500, 70, "The store refused an operation")                               \
    X(INTERNAL, "internal", 500, 70, "A defect of the program")

typedef enum err_code {
#define X(id, name, http, exit_code, doc) ERR_##id,
    ERR_MAP(X)
#undef X
        ERR_CODES
} err_code;

/*
 * Filled by whoever fails: code, the member or option at fault (path, may be empty), one
 * sentence without a full stop that says what is wrong, and one that says what to do (hint).
 * `a` is set by the caller before use: ERR_IN(arena). Strings live in that arena.
 */
typedef struct err {
    err_code code;
    str path, msg, hint;
    arena *a;
} err;

#define ERR_IN(arena_) ((err){.a = (arena_)})

/* Fills *e and returns false, so that a failing verb reads `return err_set(e, ...)`. */
bool err_set(err *e, err_code c, str path, str hint, const char *fmt, ...) PRINTF(5, 6);
/* Adds context in front of the message: "reading 'x.csv': <msg>". Returns false. */
bool err_prefix(err *e, const char *fmt, ...) PRINTF(2, 3);
/* Puts `prefix` in front of the path ("items" + "0.name" = "items.0.name"). Returns false. */
bool err_under(err *e, str prefix);
/* From errno: picks NOT_FOUND, DENIED, UNAVAILABLE (disk full) or INTERNAL. Returns false. */
bool err_errno(err *e, int errnum, str path, const char *what);
/* Copies an error into another arena: needed when an arena ends before its error. */
bool err_copy(err *to, const err *from);

/* All five return false. The macros say so to a compiler or analyzer that looks at one file. */
static inline bool err_false(bool filled)
{
    return filled && false;
}
#define err_set(...)         err_false(err_set(__VA_ARGS__))
#define err_prefix(...)      err_false(err_prefix(__VA_ARGS__))
#define err_under(e, prefix) err_false(err_under(e, prefix))
#define err_errno(...)       err_false(err_errno(__VA_ARGS__))
#define err_copy(to, from)   err_false(err_copy(to, from))

const char *err_name(err_code c);
int err_http(err_code c);
int err_exit(err_code c);
const char *err_doc(err_code c);
/* False when no code has this wire name. */
bool err_by_name(str name, err_code *ret) NODISCARD;

#endif
