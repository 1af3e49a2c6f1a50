/* sandbox.h - gives up, for good, every right that computing on given bytes does not need. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_SANDBOX_H
#define AIMS_WORK_SANDBOX_H
#include "base/base.h"

typedef struct sandbox_limits {
    uint64_t memory;      /* bytes of address space beyond what is in use when entering */
    uint64_t cpu_seconds; /* of all threads together */
} sandbox_limits;

/*
 * Call it with one thread, with everything open and mapped that will be needed. Afterwards the
 * process may compute, start threads, allocate memory, and read, write and close the descriptors
 * that it holds. It cannot open, create or look at any file (opening for reading fails with
 * EACCES, because libc tries that by itself), nor make sockets, processes or executable memory,
 * nor signal others: any such call ends it with SIGSYS. No core is written; CPU time over the limit
 * is SIGXCPU, memory over it fails. Landlock doubles the filter where the kernel has it; a kernel
 * without seccomp is UNAVAILABLE, and then nothing may be run.
 * seccomp_rule_add(3), landlock(7), setrlimit(2).
 */
bool sandbox_enter(const sandbox_limits *l, err *e) NODISCARD;
/* Version of the kernel's Landlock; 0: none. */
int sandbox_landlock(void);
/* The part of sandbox_enter that Landlock does, after no_new_privs: no path can be opened any more.
 * Does nothing where the kernel has none. */
bool sandbox_forbid_files(err *e) NODISCARD;

#endif
