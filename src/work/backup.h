/* backup.h - a copy of a data directory, and a new data directory from a copy. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_BACKUP_H
#define AIMS_WORK_BACKUP_H
#include "base/base.h"

/*
 * Copies a data directory into a new one, beside a running server: first the log, then the
 * database (one snapshot, younger than the copied log, never older), then files, keys and the
 * rest. The copy holds the keys: keep it as safe as the original. UNAVAILABLE when the store is
 * not the embedded one: pg_dump copies that. What was written when it fails stays, for the caller
 * to look at; CONFLICT when `to` exists.
 */
bool work_backup(const char *dir, const char *to, err *e) NODISCARD;

/* Copies a copy into a new directory, publishes what its log lacks and checks everything (doctor,
 * every leaf and file). When it is not good the error says so and the directory stays, not to be
 * used. *ret_size: leaves of its log. Whoever holds a later checkpoint of the same log will see a
 * fork as soon as the restored directory has written: say so. */
bool work_restore(const char *from, const char *dir, uint64_t *ret_size, err *e) NODISCARD;

#endif
