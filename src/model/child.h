/* child.h - a program of the user, confined, that is sent lines and answers with lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MODEL_CHILD_H
#define AIMS_MODEL_CHILD_H
#include "base/base.h"
#include <stdatomic.h>

typedef struct child_options {
    str command;         /* split at blanks; '...' and "..." keep them, \ keeps the next character;
                            nothing else is special: there is no shell */
    str environment;     /* names of further variables it may see, with commas */
    double timeout;      /* seconds for one answer */
    int64_t cpu, memory; /* seconds; MiB */
    const atomic_bool *stop; /* true: give up waiting; NULL: never */
    bool network;            /* may use it */
    bool unconfined;         /* neither seccomp nor Landlock, limits only */
} child_options;

/*
 * Starts `/proc/self/exe model-child ...`, which confines itself and becomes the program: no new
 * privileges; files are read-only but for a temporary directory of its own ($TMPDIR, removed with
 * the arena); no sockets; no new sessions, so that its process group is all there is to kill; CPU
 * time, memory (RLIMIT_DATA) and file sizes limited; of the environment only what programs need to
 * start. It may read what the user may read. Killed with the arena, and when the calling thread
 * ends. A kernel without seccomp or Landlock is UNAVAILABLE unless `unconfined`.
 */
struct child;
bool child_open(arena *a, const child_options *o, struct child **ret, err *e) NODISCARD;
/* One line there (without its end), one back. After a failure the program is dead, and every later
 * call fails. The error quotes the end of what it wrote to stderr. */
bool child_ask(struct child *c, arena *a, str line, size_t max, str *ret, err *e) NODISCARD;

/* Words of a command; INVALID for an open quote or no words. NULL-ended. */
bool child_words(arena *a, str command, char ***ret, size_t *ret_n, err *e) NODISCARD;

/* ---- on the other side: jail.c ---- */

typedef struct jail {
    uint64_t cpu, memory; /* seconds, MiB */
    bool network, unconfined;
    const char *scratch; /* the one directory for writing */
} jail;
bool jail_enter(const jail *j, err *e) NODISCARD;

#endif
