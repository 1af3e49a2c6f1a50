/* work.h - the running system and who acts in it: opening a data directory, actors, capabilities.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_WORK_H
#define AIMS_WORK_WORK_H
#include "register/register.h"

#define AIMS_VERSION "0.1.0"

/*
 * struct work = one data directory: store, vault, log, keys. Its verbs are thread-safe unless
 * said otherwise. Every verb that changes something runs in one transaction that writes the
 * record's new version and the ledger leaf; it returns after the commit is durable.
 */
struct work;

typedef struct work_options {
    const char *dir; /* the data directory */
    const char
        *store; /* "postgresql://..."; NULL: what the directory's `store` file says, else SQLite */
    bool read_only;                    /* takes no lock; every change is refused */
    bool check_log;                    /* check the whole log while opening, not only its end */
    const char *backups;               /* folder for backups; NULL: DIR/backups */
    const struct setting_given *start; /* SETTINGS of them, as long as the work; NULL: no server */
} work_options;

/* Opens an existing directory (NOT_FOUND otherwise, hint: aims init). A writer holds the
 * directory's lock until the arena closes; a second one is CONFLICT naming the first. */
bool work_open(arena *a, const work_options *o, struct work **ret, err *e) NODISCARD;

typedef struct init_options {
    const char *dir;
    const char *store;  /* as above; remembered in the directory */
    const char *origin; /* name of the log, a schema-less URL; NULL: "aims.invalid/" + 8 random hex
                           digits */
} init_options;
/* Makes a new data directory: keys, store, log with its first checkpoint, the 38 SoA rows
 * undecided. CONFLICT when the directory holds anything already. */
bool work_init(const init_options *o, err *e) NODISCARD;

/* ---- Who acts ------------------------------------------------------------------------- */

/* X(id, name, what it allows) */
#define CAP_MAP(X)                                                                                 \
    X(READ, "read", "See records, measurements and status")                                        \
    X(EDIT, "edit", "Add, change and retire records")                                              \
    X(APPROVE, "approve", "Approve documents, accept risks, decide applicability")                 \
    X(MEASURE, "measure", "Run measurements and hand in their results")                            \
    X(AUDIT, "audit", "Read the log, make proofs and evidence bags")                               \
    X(ADMIN, "admin", "Manage accounts, tokens and keys; erase personal data")

typedef enum cap {
#define X(id, name, doc) CAP_##id,
    CAP_MAP(X)
#undef X
        CAPS
} cap;
typedef unsigned cap_set; /* bit 1u << cap */
#define CAP_ALL ((1u << CAPS) - 1)
const char *cap_name(cap c);
const char *cap_doc(cap c);
bool cap_by_name(str name, cap *ret) NODISCARD;

/* Roles are fixed sets of capabilities; an auditor's account must have an end date. */
typedef struct role {
    const char *name;
    cap_set caps;
    const char *doc;
} role;
extern const role work_roles[];
extern const size_t work_n_roles;
const role *role_find(str name);

typedef struct actor {
    int64_t account; /* 0: the operator of the machine, through the command line, or a job */
    str name;        /* account name; never enters the log */
    const char *via; /* "http", "cli", "job" */
    cap_set caps;
    int64_t token; /* 0: a session or the machine */
} actor;
/* The one who may open the data directory on this machine may do everything. */
actor actor_machine(const char *via);
/* DENIED, and a leaf about it, when the actor lacks the capability; `what` names the attempt. */
bool work_may(struct work *w, const actor *who, cap c, const char *what, err *e) NODISCARD;

const char *work_dir(const struct work *w);
str work_vkey(const struct work *w);
str work_origin(const struct work *w);

#endif
