/* measuring.h - what the commands that measure files have in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_MEASURING_H
#define AIMS_CLI_MEASURING_H
#include "cli/command.h"
#include "work/assess.h"

/* Model and data come from outside: they are read by a process without rights, unless --trusted.
 * Takes --memory and --cpu-hours; draws a bar on a terminal and ends at a signal. */
bool measuring_run(struct call *c, assess_run *run, assessment *ret, err *e) NODISCARD;
/* A result that took hours must have a place to go, and never takes that of a device. Absent path:
 * none is wanted. */
bool measuring_can_write(str path, const char *which, err *e) NODISCARD;

#endif
