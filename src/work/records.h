/* records.h - the verbs of every record type: add, change, retire, read, list, history. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_RECORDS_H
#define AIMS_WORK_RECORDS_H
#include "store/rows.h"
#include "work/work.h"

/* All resolve references given as labels, check that referenced records, controls, kinds and
 * sources exist, run the type's own rules, and write one leaf "<type>.add" / ".change" /
 * ".retire". *ret_row has r->size bytes and lives in `a`. Types with RECORD_SYSTEM are refused. */
bool work_add(struct work *w, const actor *who, const record *r, const doc *in, arena *a,
              void **ret_row, err *e) NODISCARD;
/* version: what the caller saw (If-Match); 0 is NO_VERSION, another one than stored is STALE. */
bool work_change(struct work *w, const actor *who, const record *r, int64_t id, int64_t version,
                 const doc *patch, arena *a, void **ret_row, err *e) NODISCARD;
bool work_retire(struct work *w, const actor *who, const record *r, int64_t id, int64_t version,
                 arena *a, void **ret_row, err *e) NODISCARD;

/* as_of: 0 = now, else the state at that time (ms). */
bool work_get(struct work *w, const actor *who, const record *r, int64_t id, int64_t as_of,
              arena *a, void **ret_row, err *e) NODISCARD;
/* Those of the ids (1 to ROWS_SOME) that exist, newest first. */
bool work_get_some(struct work *w, const actor *who, const record *r, const int64_t *ids, size_t n,
                   arena *a, void **ret_rows, size_t *ret_n, err *e) NODISCARD;
/* By id ("12") or label ("loan scoring"). */
bool work_find(struct work *w, const actor *who, const record *r, str name, arena *a,
               void **ret_row, err *e) NODISCARD;
/* *ret_rows: *ret_n structs of r->size bytes, newest id first. */
bool work_list(struct work *w, const actor *who, const record *r, const page *p, int64_t as_of,
               arena *a, void **ret_rows, size_t *ret_n, err *e) NODISCARD;
bool work_count(struct work *w, const actor *who, const record *r, const page *p, int64_t *ret,
                err *e) NODISCARD;
/* [{"version","at","actor","leaf","changes":[{"field","from","to"}]}], newest first */
bool work_history(struct work *w, const actor *who, const record *r, int64_t id, jw *out,
                  err *e) NODISCARD;
/* [{"type","id","field"}]: records that point at this one */
bool work_uses(struct work *w, const actor *who, const record *r, int64_t id, jw *out,
               err *e) NODISCARD;

/* Approves the present edition of a document (CAP_APPROVE): status, approver and time are set and
 * a piece of recorded evidence is added, fresh until the document's review date (or a year). The
 * approver is the account's person; only the machine's operator may name one (`person`, else 0). */
bool work_approve(struct work *w, const actor *who, int64_t document, int64_t version,
                  int64_t person, arena *a, void **ret_row, err *e) NODISCARD;
/* Blanks the personal members of a record everywhere and drops its salt, so that the digests in
 * the log say nothing any more. Writes what remains: {"erased":[fields],"remains":[sentences]}. */
bool work_erase(struct work *w, const actor *who, const record *r, int64_t id, jw *out,
                err *e) NODISCARD;

#endif
