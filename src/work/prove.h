/* prove.h - the log's verbs: head, leaves, proofs, verification, export, witnesses, bags. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_PROVE_H
#define AIMS_WORK_PROVE_H
#include "ledger/verify.h"
#include "ledger/witness.h"
#include "report/bag.h"
#include "work/work.h"

/* Publishes what is acknowledged (tiles, signed checkpoint); `serve` calls it every half second,
 * the command line after each act. Thread-safe. */
bool work_publish(struct work *w, err *e) NODISCARD;
/* Newest checkpoint; publishes first when this process may. */
typedef struct log_head {
    str origin, vkey, note;
    uint64_t size;
    digest root;
} log_head;
bool work_log_head(struct work *w, const actor *who, arena *a, log_head *ret, err *e) NODISCARD;
void log_head_json(const log_head *h, jw *out); /* {"origin","size","root","vkey","checkpoint"} */

typedef struct log_leaf {
    int64_t seq, at;
    str body;
} log_leaf;
/* Leaves from `from` on, oldest first, at most `limit` (1 to 1000). Needs CAP_AUDIT. */
bool work_log_list(struct work *w, const actor *who, int64_t from, int64_t limit, arena *a,
                   log_leaf **ret, size_t *ret_n, err *e) NODISCARD;
bool work_log_proof(struct work *w, const actor *who, int64_t seq, arena *a, str *ret,
                    err *e) NODISCARD;
/* Own log: directory against key, old checkpoints and store. */
bool work_log_verify(struct work *w, const actor *who, arena *a, verify_report *ret,
                     err *e) NODISCARD;
bool work_log_export(struct work *w, const actor *who, const char *dir, err *e) NODISCARD;
bool work_witness(struct work *w, const actor *who, arena *a, witness_result **ret, size_t *ret_n,
                  bool *ret_quorum, err *e) NODISCARD;
/* RFC 3161 token over the newest checkpoint, kept in DIR/timestamps/<size>.{tsq,tsr}. */
bool work_timestamp(struct work *w, const actor *who, str url, const char *ca_file, arena *a,
                    int64_t *ret_at, err *e) NODISCARD;

/* What happened since leaf `after`, for event streams: {"seq","at","act","type","id","version"}
 * per leaf, no contents. Waits up to wait_ms for the first. Any reader may ask. */
typedef struct event {
    int64_t seq, at;
    str act, type;
    int64_t id, version;
} event;
bool work_events(struct work *w, int64_t after, int wait_ms, arena *a, event **ret, size_t *ret_n,
                 err *e) NODISCARD;
void event_json(const event *ev, jw *out);

/* The evidence bag: leaves, proofs and files behind the given controls (none: all), since a
 * time (0: from the start). Logs the bag's own digest afterwards. */
typedef struct bag_request {
    const str *controls;
    size_t n_controls;
    int64_t since;
    const char *old; /* a checkpoint file kept from an earlier bag: its consistency is included */
} bag_request;
bool work_bag(struct work *w, const actor *who, const bag_request *q, const char *path, arena *a,
              digest *ret_sha256, uint64_t *ret_size, err *e) NODISCARD;

#endif
