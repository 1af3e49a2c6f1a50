/* rows_impl.h - what the row files share: links, one result line as a record, JSON as a record. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_STORE_ROWS_IMPL_H
#define AIMS_STORE_ROWS_IMPL_H
#include "store/queries.h"
#include "store/rows.h"

enum { PAGE_MAX = 1000, BODY_MAX = 64 << 20 };

/* Row i of a dense array of r->size bytes each. */
static inline void *row_at(const record *r, void *all, size_t i)
{
    return (char *)all + i * r->size;
}

static inline void *member_of(const field *f, void *row)
{
    return (char *)row + f->off;
}

static inline const void *const_member_of(const field *f, const void *row)
{
    return (const char *)row + f->off;
}

/* Reads the FT_LINKS members of n rows, which are ordered by falling id. */
bool links_read(struct tx *t, arena *a, const record *r, void *rows, size_t n, err *e) NODISCARD;
/* Writes the FT_LINKS members that differ from what is stored. */
bool links_write(struct tx *t, const record *r, const void *row, err *e) NODISCARD;
/* All lines of a result as records with their links. */
bool rows_read(struct tx *t, arena *a, const record *r, const rows *lines, void **ret_rows,
               err *e) NODISCARD;
bool page_check(const page *p, err *e) NODISCARD;
/* "did you mean 'x', 'y'?" for a label that was not found. */
bool label_hint(struct tx *t, const record *r, str label, str *ret_hint, err *e) NODISCARD;
/* id of a live record by its label; 0 when there is none. */
bool label_find(struct tx *t, const record *r, str label, int64_t *ret_id, err *e) NODISCARD;

#endif
