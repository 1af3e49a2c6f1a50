/* backup.h - a copy of a data directory, and a new data directory from a copy. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_BACKUP_H
#define AIMS_WORK_BACKUP_H
#include "work/jobs.h"

#define BACKUP_SUMS "SHA256SUMS" /* in the copy; `sha256sum -c SHA256SUMS` reads it too */

/*
 * Copies a data directory into a new one, beside a running server: first the log, then the
 * database (one snapshot, younger than the copied log, never older), then files, keys and the
 * rest; last the SHA-256 of every file of the copy, read back from the disk. The copy holds the
 * keys: keep it as safe as the original. UNAVAILABLE when the store is not the embedded one:
 * pg_dump copies that. What was written when it fails stays, for the caller to look at; CONFLICT
 * when `to` exists, INVALID when it lies in the data directory (but for its `backups`).
 * watch: hears how far it is and may stop it; NULL: nobody.
 */
bool work_backup(const char *dir, const char *to, struct job_watch *watch, err *e) NODISCARD;

/* Checks a copy against its sums, copies it into a new directory, publishes what its log lacks and
 * checks everything (doctor, every leaf and file). When it is not good the error says so and the
 * directory stays, not to be used. *ret_size: leaves of its log. Whoever holds a later checkpoint
 * of the same log will see a fork as soon as the restored directory has written: say so. */
bool work_restore(const char *from, const char *dir, uint64_t *ret_size, err *e) NODISCARD;

/*
 * A backup as a job: kind "backup", payload {}, needs CAP_ADMIN; CONFLICT with PostgreSQL. It makes
 * FOLDER/NAME, NAME from the time, and keeps {"name","sha256","files","bytes","leaves"} as result,
 * on the log too; sha256 is that of the sums, and so of all. No API hands the copy out, for it
 * holds the keys.
 */
typedef struct backup_info {
    str name;
    digest sha256;
    int64_t files, bytes, leaves;
    int64_t made_at;
} backup_info;
/* What lies in the folder, newest first; needs CAP_ADMIN. */
bool work_backups(struct work *w, const actor *who, arena *a, backup_info **ret, size_t *ret_n,
                  err *e) NODISCARD;
/* As `aims serve --backups` says, else the data directory's `backups`. */
const char *work_backup_folder(const struct work *w);

#endif
