/* impl.h - what the files of this room share: struct work, the leaf writer, the statements. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_IMPL_H
#define AIMS_WORK_IMPL_H
#include "ledger/ledger.h"
#include "store/rows.h"
#include "store/vault.h"
#include "work/settings.h"
#include <pthread.h>
#include <stdatomic.h>

struct work {
    const char *dir;
    const char *backups;        /* folder for them */
    const setting_given *start; /* what the server was started with; NULL: there is none */
    bool read_only;
    struct store *store;
    struct vault *vault;
    struct ledger *ledger;
    pthread_mutex_t ledger_lock; /* struct ledger belongs to one thread at a time */
    note_key key;
    str vkey;
    uint8_t factor_key[32];  /* from the key of the files: seals second factors, signs challenges */
    _Atomic int64_t refused; /* refusals at the door not yet on the log */
    _Atomic int64_t refused_at; /* when the last of them was logged */
};

/* Statements of this room: work_queries[Q_...].sql; a test prepares each on both stores. */
enum work_query {
    Q_ACT_ADD,
    Q_ACT_OF_RECORD,
    Q_ACT_OF_VERSION,
    Q_ACTS_AFTER,
    Q_ACTS_BEFORE,
    Q_ACTS_SPAN,
    Q_ACTS_GROWTH,
    Q_ACTS_SORTS,
    Q_ACCOUNT_COUNT,
    Q_ACCOUNT_ADD,
    Q_ACCOUNT_BY_NAME,
    Q_ACCOUNT_BY_ID,
    Q_ACCOUNT_LIST,
    Q_ACCOUNT_CHANGE,
    Q_ACCOUNT_PERSON,
    Q_ACCOUNT_PASSWORD,
    Q_ACCOUNT_FAILED,
    Q_LINK_ADD,
    Q_LINK_GET,
    Q_LINK_USE,
    Q_LINK_DROP,
    Q_SESSION_ADD,
    Q_SESSION_GET,
    Q_SESSION_RENEW,
    Q_SESSION_DROP,
    Q_SESSION_DROP_ALL,
    Q_SESSION_DROP_OTHERS,
    Q_SESSION_EXPIRE,
    Q_SESSION_LIST,
    Q_TOTP_GET,
    Q_TOTP_ADD,
    Q_TOTP_CONFIRM,
    Q_TOTP_STEP,
    Q_TOTP_DROP,
    Q_RECOVERY_ADD,
    Q_RECOVERY_USE,
    Q_RECOVERY_LEFT,
    Q_RECOVERY_DROP,
    Q_PASSKEY_ADD,
    Q_PASSKEY_LIST,
    Q_PASSKEY_GET,
    Q_PASSKEY_NAME,
    Q_PASSKEY_USED,
    Q_PASSKEY_DROP,
    Q_PASSKEY_DROP_ALL,
    Q_CHALLENGE_USED,
    Q_CHALLENGE_USE,
    Q_CHALLENGE_EXPIRE,
    Q_TOKEN_ADD,
    Q_TOKEN_GET,
    Q_TOKEN_LIST,
    Q_TOKEN_REVOKE,
    Q_TOKEN_USED,
    Q_FILE_ADD,
    Q_FILE_GET,
    Q_FILE_LIST,
    Q_FILE_TOTAL,
    Q_FILE_LEAF,
    Q_FINDING_OF_PLAN,
    Q_APPROVALS_OF,
    Q_PASSES_OF,
    Q_MEASUREMENT_OF_RESULT,
    Q_NEWEST_OF_PLAN,
    Q_NEWEST_FAILURE,
    Q_TRAILS,
    Q_RISKS_TREATED,
    Q_MEASUREMENT_FILE,
    Q_REPLIES_FORGET,
    Q_NEWEST_ACT,
    Q_JOB_ADD,
    Q_JOB_GET,
    Q_JOB_LIST,
    Q_JOB_NEXT,
    Q_JOB_TAKE,
    Q_JOB_RENEW,
    Q_JOB_END,
    Q_JOB_RETRY,
    Q_JOB_RELEASE,
    Q_JOB_CANCEL,
    Q_JOB_DUE,
    Q_JOB_COUNT,
    Q_SETTING_GET,
    Q_SETTING_LIST,
    Q_SETTING_PUT,
    WORK_QUERIES
};
extern const query work_queries[];
extern const size_t work_n_queries;
#define SQL(q) (work_queries[q].sql)

/*
 * One act = one leaf. `name` is "<type>.<verb>"; a record gives type, id, version, tags and the
 * canonical bytes of the record (personal members as salted digests); `detail` is a JSON object
 * of what else an auditor must know. Must run inside the transaction of the act.
 */
typedef struct act {
    const char *name;
    const record *r;
    const void *row;
    int64_t id; /* without a record: of the account, file, job, ... */
    str detail; /* JSON; absent when none */
} act;
bool act_log(struct tx *t, const actor *who, const act *x, int64_t now, int64_t *ret_seq,
             err *e) NODISCARD;

/* The operator's policy: DIR/policy.txt when there is one, else the log's own key alone. */
struct policy;
bool log_policy(struct work *w, arena *a, struct policy **ret, err *e) NODISCARD;

/* A live setting now; of its text as read in another statement (NULL or null: the default). */
bool setting_get(struct tx *t, setting_id id, int64_t *ret, err *e) NODISCARD;
int64_t setting_value(setting_id id, const value *v);

/* Refuses a change when the directory was opened for reading. */
bool work_writable(const struct work *w, err *e) NODISCARD;
bool work_write(struct work *w, store_fn *fn, void *ctx, err *e) NODISCARD;

/* Rules that need more than one record or the catalog (rules.c). old: NULL for a new record. Also
 * sets what the program decides, such as evidence.method. DENIED with *ret_denied set when `who`
 * may not approve: the caller asks work_may(CAP_APPROVE, *ret_denied) after the transaction,
 * which puts the denial on the log. */
bool work_rules(struct tx *t, const actor *who, const record *r, const void *old, void *row,
                arena *a, const char **ret_denied, err *e) NODISCARD;
/* Whether a person may retire the record; retires what cannot stand without it. */
bool work_retire_rules(struct tx *t, const actor *who, const record *r, void *row,
                       err *e) NODISCARD;
/* Retires the evidence that the statement finds for an id: Q_APPROVALS_OF a document that has
 * another text now, Q_PASSES_OF a plan that has other limits. */
bool evidence_end(struct tx *t, const actor *who, const char *sql, int64_t id, err *e) NODISCARD;

/* What a measurement found a data set version to be (learn.c): columns that its schema lacks, the
 * number of rows where none is given; nothing that stands there is changed. Of personal data no
 * smallest and largest values. version 0 or schema NULL: nothing. */
bool learn_data(struct tx *t, const actor *who, int64_t version, const doc *schema, int64_t n_rows,
                int64_t now, arena *a, err *e) NODISCARD;

/* The insert and update paths inside a transaction, used by every verb that writes records. */
bool record_put(struct tx *t, const actor *who, const record *r, void *row, int64_t now,
                int64_t *ret_seq, err *e) NODISCARD;
bool record_set(struct tx *t, const actor *who, const record *r, void *row, const char *verb,
                int64_t now, int64_t *ret_seq, err *e) NODISCARD;

#endif
