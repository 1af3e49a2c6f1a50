/* file.h - whole small files, safe replacement, directories, locks. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_FILE_H
#define AIMS_BASE_FILE_H
#include "base/err.h"

/* Whole file into the arena; over `max` bytes is TOO_LARGE. "-" reads standard input. */
bool file_read(arena *a, const char *path, size_t max, str *ret, err *e) NODISCARD;
/* Writes tmp, fsync, rename over path, fsync of the directory: readers see old or new, whole. */
bool file_replace(const char *path, str bytes, unsigned mode, err *e) NODISCARD;
/* Creates a new file; CONFLICT when it exists. */
bool file_create(const char *path, str bytes, unsigned mode, err *e) NODISCARD;
bool file_exists(const char *path);
bool file_mkdirs(const char *path, unsigned mode, err *e) NODISCARD; /* like mkdir -p */
/* Exclusive advisory lock held until the arena closes; CONFLICT names the holder's pid. */
bool file_lock(arena *a, const char *path, err *e) NODISCARD;

/* A read-only view of a whole file (mmap); unmapped with the arena. Empty files give n == 0. */
bool file_map(arena *a, const char *path, str *ret, err *e) NODISCARD;

#endif
