/* tree.h - walking a directory with all below it, in one order, while others write into it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_TREE_H
#define AIMS_WORK_TREE_H
#include "base/base.h"

typedef struct tree_entry {
    const char *path; /* to open it */
    const char *name; /* below the top: "log/tile/0/000" */
    bool directory;
    unsigned mode; /* permissions */
    uint64_t size;
} tree_entry;
typedef bool tree_fn(void *ctx, const tree_entry *x, err *e);

/*
 * Calls fn for every file and directory below `top`, names in the order of their bytes, a directory
 * before what is in it; stops when fn returns false. skip: NULL-ended names that are left out with
 * all below them. What vanishes meanwhile is passed over; a link, socket or device is INVALID.
 */
bool tree_walk(arena *a, const char *top, const char *const *skip, tree_fn *fn, void *ctx,
               err *e) NODISCARD;
/* Bytes and number of the files. */
bool tree_size(arena *a, const char *top, const char *const *skip, uint64_t *ret_bytes,
               uint64_t *ret_files, err *e) NODISCARD;
void tree_remove(const char *top);

#endif
