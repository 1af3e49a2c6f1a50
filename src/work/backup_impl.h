/* backup_impl.h - what the files of a backup share: a copy under way, and its sums. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_BACKUP_IMPL_H
#define AIMS_WORK_BACKUP_IMPL_H
#include "work/backup.h"

#define BACKUP_FOLDER "backups" /* of a data directory, unless the operator names another */

struct copying {
    arena *a;
    const char *to;
    struct job_watch *watch;
    uint64_t done, total; /* bytes */
};
/* Counts what was done; false when it is to stop. */
bool copy_go_on(struct copying *c, uint64_t bytes, err *e) NODISCARD;

/* Writes the sums of all files of a copy, in the format of sha256sum(1). */
bool sums_write(struct copying *c, err *e) NODISCARD;
/* Reads every file that the sums name; DAMAGED with its name as path when it is another. A copy
 * without sums, of an older version, passes. */
bool sums_check(const char *dir, err *e) NODISCARD;
/* The text of the sums; absent when there are none. */
bool sums_read(arena *a, const char *dir, str *ret, err *e) NODISCARD;

#endif
