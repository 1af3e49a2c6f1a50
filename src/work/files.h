/* files.h - evidence, model and data files in the vault, each arrival on the log. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_FILES_H
#define AIMS_WORK_FILES_H
#include "work/work.h"

#define FILE_MAX (UINT64_C(4) << 30) /* bytes of one file */

typedef struct file_info {
    digest sha256;
    uint64_t size;
    str name; /* as first given, cleaned */
    int64_t created_at;
    int64_t leaf; /* number of the leaf that tells of its arrival */
} file_info;

/* Streaming in; may be called from one thread at a time for each upload. Over FILE_MAX is TOO_LARGE
 * and nothing is kept. A file that is already there is not stored twice and gets no second leaf. */
struct upload;
bool upload_begin(struct work *w, const actor *who, arena *a, struct upload **ret,
                  err *e) NODISCARD;
bool upload_add(struct upload *u, const void *p, size_t n, err *e) NODISCARD;
bool upload_end(struct upload *u, str name, arena *a, file_info *ret, err *e) NODISCARD;
bool work_put_file(struct work *w, const actor *who, const char *path, arena *a, file_info *ret,
                   err *e) NODISCARD;
bool work_put_bytes(struct work *w, const actor *who, str bytes, str name, arena *a, file_info *ret,
                    err *e) NODISCARD;

bool work_file(struct work *w, const actor *who, digest d, arena *a, file_info *ret,
               err *e) NODISCARD;
/* Streaming out, constant memory; the digest is checked before the last byte. */
struct download;
bool download_begin(struct work *w, const actor *who, digest d, arena *a, struct download **ret,
                    err *e) NODISCARD;
bool download_next(struct download *d, const void **ret_p, size_t *ret_n, err *e) NODISCARD;
/* Plain copy into an unlinked temporary file, rewound: for engines that map their input. */
bool work_file_fd(struct work *w, const actor *who, digest d, arena *a, int *ret_fd,
                  err *e) NODISCARD;

#endif
