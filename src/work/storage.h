/* storage.h - what a data directory takes up, and how much room is left. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_STORAGE_H
#define AIMS_WORK_STORAGE_H
#include "work/work.h"

typedef struct storage {
    const char *kind; /* "sqlite" or "postgresql" */
    str version;      /* of it */
    int schema;       /* highest migration */
    str path;         /* of the SQLite database; absent for PostgreSQL, whose address is secret */
    int64_t bytes, wal_bytes; /* of the database, and of SQLite's write-ahead log */
    str directory, backups;
    int64_t *records; /* live ones of each type, in the order of register_records */
    int64_t jobs, accounts;
    int64_t leaves, log_bytes, log_files;
    int64_t files, file_bytes; /* stored files, as they came in */
    int64_t disk_free, disk_size;
} storage;

/* Needs CAP_ADMIN. Counts files: not for every second. */
bool work_storage(struct work *w, const actor *who, arena *a, storage *ret, err *e) NODISCARD;

#endif
