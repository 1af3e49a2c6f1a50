/* rows.h - records in the store: insert, change with version check, lists, history, as-of. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_STORE_ROWS_H
#define AIMS_STORE_ROWS_H
#include "store/store.h"

/*
 * All functions work on any record type through its table. A change writes the full JSON of
 * the new version to the table "history" (type, id, version, at, actor, body), from which
 * field-by-field history and as-of reads come.
 */
/* Assigns the whole head: id (max + 1 of the type), version 1, times; asks r->derive; writes
 * links and history. `check` and row_check_refs are the caller's to ask before. */
bool row_insert(struct tx *t, const record *r, void *row, int64_t actor, int64_t now,
                err *e) NODISCARD;
/* row->head.version must be the stored version, else STALE; it is advanced by one (and stays when
 * the call fails). Setting head.retired_at retires. */
bool row_update(struct tx *t, const record *r, void *row, int64_t actor, int64_t now,
                err *e) NODISCARD;
bool row_get(struct tx *t, arena *a, const record *r, int64_t id, void *row, err *e) NODISCARD;
/* Those of 1 to ROWS_SOME ids that exist, retired ones too, newest id first. */
enum { ROWS_SOME = 256 };
bool row_some(struct tx *t, arena *a, const record *r, const int64_t *ids, size_t n,
              void **ret_rows, size_t *ret_n, err *e) NODISCARD;
/* By the value of a UNIQ text field; NOT_FOUND names the nearest existing labels in its hint. */
bool row_by_label(struct tx *t, arena *a, const record *r, str label, void *row, err *e) NODISCARD;
/* Puts the ids of live records in the place of their labels; an unknown label is INVALID with the
 * member as path ("authors.1") and the nearest labels as hint. */
bool row_resolve(struct tx *t, const record *r, label_refs refs, void *row, err *e) NODISCARD;
/* Every REF and LINKS id must exist (retired ones too), each link once; INVALID otherwise. */
bool row_check_refs(struct tx *t, const record *r, const void *row, err *e) NODISCARD;

typedef struct page {
    const filter *filters;
    size_t n_filters;
    bool with_retired;
    int64_t below; /* ids below this; 0 = from the newest */
    int64_t limit; /* 1 to 1000 */
} page;
/* *ret_rows is an array of *ret_n structs of r->size bytes. A filter on a reference may hold the
 * label of what is pointed at. */
bool row_list(struct tx *t, arena *a, const record *r, const page *p, void **ret_rows,
              size_t *ret_n, err *e) NODISCARD;
bool row_count(struct tx *t, const record *r, const page *p, int64_t *ret, err *e) NODISCARD;
/* The records as they stood at time `at`, newest id first, same paging; filters do not apply. */
bool row_list_as_of(struct tx *t, arena *a, const record *r, int64_t at, const page *p,
                    void **ret_rows, size_t *ret_n, err *e) NODISCARD;
bool row_get_as_of(struct tx *t, arena *a, const record *r, int64_t id, int64_t at, void *row,
                   err *e) NODISCARD;

typedef struct row_version {
    int64_t version, at, actor;
    str body; /* JSON of that version */
} row_version;
bool row_history(struct tx *t, arena *a, const record *r, int64_t id, row_version **ret,
                 size_t *ret_n, err *e) NODISCARD;
/* Live records of any type that point at (target, id): for "where is it used". */
typedef struct back_ref {
    str type, field;
    int64_t id;
} back_ref;
bool row_back_refs(struct tx *t, arena *a, const record *const *types, size_t n_types,
                   const record *target, int64_t id, back_ref **ret, size_t *ret_n,
                   err *e) NODISCARD;

/* One random salt per record with PERSONAL members, made at first use (in a write transaction);
 * absent for types without such members. Erasing makes one more version with blank PERSONAL
 * members (a required text becomes "[erased ID]"), blanks them in every older version and
 * removes the salt. SQLite overwrites the freed bytes (secure_delete), the write-ahead log and
 * backups keep them until they are overwritten; PostgreSQL until VACUUM. */
bool row_salt(struct tx *t, arena *a, const record *r, int64_t id, str *ret_salt, err *e) NODISCARD;
bool row_erase_personal(struct tx *t, const record *r, int64_t id, int64_t actor, int64_t now,
                        err *e) NODISCARD;

#endif
