/* settings.h - every setting of the program in one table: what it is, where it stands, its value.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_SETTINGS_H
#define AIMS_WORK_SETTINGS_H
#include "work/work.h"

/*
 * The help of `aims serve`, its man page, the API and the page all print these rows. No setting is
 * a secret, and what may hold one (the address of PostgreSQL, tokens in endpoints.txt) is not
 * shown. X(id, name, environment, argument or NULL for a switch, may be repeated, least, most (0,
 * 0: no number), default, what it is).
 */

/* Given at start: --NAME of `aims serve`, else the environment. */
#define SETTING_START_MAP(X)                                                                       \
    X(LISTEN, "listen", "AIMS_LISTEN", "ADDRESS", false, 0, 0, "127.0.0.1:8042",                   \
      "Where the server listens; port 0 takes a free one")                                         \
    X(HOST, "host", "AIMS_HOST", "NAME", true, 0, 0, "none",                                       \
      "Name under which the server is reached")                                                    \
    X(BEHIND_TLS, "behind-tls", "AIMS_BEHIND_TLS", NULL, false, 0, 0, "no",                        \
      "A TLS proxy is in front: secure cookies")                                                   \
    X(BACKUPS, "backups", "AIMS_BACKUPS", "DIR", false, 0, 0, "backups in the data directory",     \
      "Folder for backups made by the server; best on another disk")                               \
    X(CONNECTIONS, "connections", "AIMS_CONNECTIONS", "N", false, 16, 100000, "1000",              \
      "Connections at once, at most")                                                              \
    X(PER_ADDRESS, "per-address", "AIMS_PER_ADDRESS", "N", false, 0, 100000, "0",                  \
      "Connections of one client address, at most; 0 for no limit but the one above")              \
    X(TIMEOUT, "timeout", "AIMS_TIMEOUT", "SECONDS", false, 1, 3600, "30",                         \
      "Seconds without progress until a connection is closed")

/* By the environment alone. */
#define SETTING_ENVIRONMENT_MAP(X)                                                                 \
    X(ONNXRUNTIME, "onnxruntime", "AIMS_ONNXRUNTIME", "FILE", false, 0, 0, "libonnxruntime.so.1",  \
      "Library that answers for ONNX models that are no tree ensembles")

/* A file of the data directory, read whenever it is needed; its value is its number of lines. */
#define SETTING_FILE_MAP(X)                                                                        \
    X(ENDPOINTS, "endpoints.txt", NULL, "FILE", false, 0, 0, "0",                                  \
      "Addresses of models that this server may ask, one per line")                                \
    X(POLICY, "policy.txt", NULL, "FILE", false, 0, 0, "0",                                        \
      "Witnesses that cosign the log, and how many of them it takes")

/* In the store, changed while the program runs, each change on the log. Whole numbers. */
#define SETTING_LIVE_MAP(X)                                                                        \
    X(SESSION_HOURS, "session-hours", NULL, "HOURS", false, 1, 720, "12",                          \
      "Hours after which a session ends however much it is used")                                  \
    X(SESSION_IDLE, "session-idle", NULL, "MINUTES", false, 20, 1440, "60",                        \
      "Minutes without use after which a session ends")                                            \
    X(JOB_MEMORY, "job-memory", NULL, "MIB", false, 256, 4194304, "16384",                         \
      "Memory that the process of one measurement may use, in MiB")                                \
    X(JOB_HOURS, "job-hours", NULL, "HOURS", false, 1, 720, "24",                                  \
      "Processor time that one measurement may use, in hours")

typedef enum setting_id {
#define X(id, ...) SETTING_##id,
    SETTING_START_MAP(X) SETTING_ENVIRONMENT_MAP(X) SETTING_FILE_MAP(X) SETTING_LIVE_MAP(X)
#undef X
        SETTINGS
} setting_id;

typedef enum setting_kind { AT_START, BY_ENVIRONMENT, BY_FILE, LIVE } setting_kind;

typedef struct setting {
    const char *name, *environment, *arg;
    bool many;
    int64_t low, high;
    const char *dflt, *doc;
    setting_kind kind;
} setting;
extern const setting work_setting_table[SETTINGS];

/* What the program was started with: value absent where nothing was given. */
typedef struct setting_given {
    str value;
    const char *source; /* "flag" or "environment" */
} setting_given;

typedef struct setting_state {
    const setting *s;
    str value;
    const char *source; /* "default", "flag", "environment", "file" or "store" */
} setting_state;

/* All of them in the order of the table, those of the start only where there is a server. Needs
 * CAP_ADMIN. */
bool work_settings(struct work *w, const actor *who, arena *a, setting_state **ret, size_t *ret_n,
                   err *e) NODISCARD;
/* Changes a live setting, with a leaf "setting.set". Needs CAP_ADMIN. CONFLICT for the others,
 * whose hint says where they stand; INVALID out of range. */
bool work_setting_set(struct work *w, const actor *who, str name, str text, arena *a,
                      setting_state *ret, err *e) NODISCARD;
/* The text of a value as a number of its range. */
bool setting_number(const setting *s, str text, int64_t *ret, err *e) NODISCARD;

#endif
