/* jobs_impl.h - kinds of jobs, and the engine process that computes them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_JOBS_IMPL_H
#define AIMS_WORK_JOBS_IMPL_H
#include "work/impl.h"
#include "work/jobs.h"
#include "work/sandbox.h"
#include <sys/types.h>

enum {
    JOB_FILES = 4,
    JOB_ATTEMPTS = 3,
    JOB_RESULT_MAX = 64 << 20,
    JOB_REQUEST_MAX = 1 << 20,
    JOB_LIST_MAX = 1001
};

/* What the engine process gets: a JSON request and the bytes of some files. */
typedef struct job_feed {
    str request;
    int fd[JOB_FILES]; /* close with the arena */
    size_t n_files;
    sandbox_limits limits; /* 0: ENGINE_MEMORY, ENGINE_CPU_SECONDS */
    bool values;           /* it may say values */
} job_feed;

/* The same on the other side. */
typedef struct job_task {
    const doc *request;
    str files[JOB_FILES];
    size_t n_files;
    int channel; /* what came in the place of a file to ask a model through, whose bytes are empty;
                    -1: none did */
    int threads;
    bool (*progress)(void *ctx, double done);   /* false: stop */
    bool (*values)(void *ctx, str csv, err *e); /* measure_input.values */
    void *ctx;                                  /* of both */
} job_task;

/* One row per kind of job. All but `run` are called in the program, `run` in the sandbox. */
typedef struct job_kind {
    const char *name;
    cap cap; /* to queue and to cancel it */
    /* Refuses what cannot be run; *ret is the payload in one fixed spelling. */
    bool (*check)(struct work *w, const actor *who, const doc *payload, arena *a, str *ret, err *e);
    bool (*feed)(struct work *w, const actor *who, const doc *payload, arena *a, job_feed *ret,
                 err *e);
    bool (*run)(const job_task *t, arena *a, str *ret, err *e);
    /* Turns the result, which may be a lie, into an act; *ret is JSON that the job keeps. */
    bool (*accept)(struct work *w, const actor *who, const doc *payload, str result, arena *a,
                   str *ret, err *e);
    /* In place of feed, run and accept: in this process, on a thread of its own. */
    bool (*here)(struct work *w, const doc *payload, job_watch *watch, arena *a, str *ret, err *e);
} job_kind;

extern const job_kind job_assess, job_backup;

/* What the engine is asked for a run, whose paths are but names then; the files go beside it in
 * the order data, model, reference, recorded. Absent: over JOB_REQUEST_MAX. */
struct assess_run;
str assess_request(arena *a, const struct assess_run *run);
/* job_kind.run of "assess". */
bool assess_task(const job_task *t, arena *a, str *ret, err *e);

const job_kind *job_kind_find(str name); /* NULL when there is none */

/* ---- rows of the queue ---- */

bool job_read(struct tx *t, arena *a, int64_t id, job *ret, err *e) NODISCARD;
/* The leaf of a verb; `member` (NULL: none) with `json` tells more. */
bool job_log(struct tx *t, const actor *who, const char *verb, const job *j, const char *member,
             str json, int64_t now, err *e) NODISCARD;

/* ---- the engine process ---- */

#define ENGINE_MEMORY (UINT64_C(16) << 30)
enum { ENGINE_CPU_SECONDS = 24 * 3600 };
#define ENGINE_LIMITS "AIMS_ENGINE_LIMITS" /* in its environment: "BYTES SECONDS" */

/* Its descriptors; 0 and 1 are /dev/null, 2 keeps its last words. */
enum { ENGINE_REQUEST = 3, ENGINE_FILE = 4, ENGINE_OUT = ENGINE_FILE + JOB_FILES };

/*
 * It speaks in lines: "p 0.25" tells how far it is, "v TEXT" (a JSON text) is a piece of the values
 * if they are wanted, then one of "r RESULT" and "e ERROR" (both JSON) is the last. Whatever else
 * it says makes it broken.
 */
typedef struct engine_words {
    buf line;
    double progress;
    buf *values;       /* takes the pieces; whoever listens empties it. NULL: none are wanted */
    str result, error; /* absent until said */
    bool broken;
} engine_words;
engine_words engine_words_open(arena *a);
void engine_hear(engine_words *w, str bytes);
/* Its "e" line as an error. Returns false. */
bool engine_refusal(const engine_words *w, err *e);

struct engine {
    arena *a;
    pid_t pid;
    int out, last_words;
    engine_words words;
    buf values; /* job_feed.values */
};
/* Starts `/proc/self/exe job-child`, which is killed when the arena closes at the latest. */
bool engine_start(arena *a, const job_feed *f, struct engine **ret, err *e) NODISCARD;
/* Listens for at most `ms`; false when there is nothing more to hear. */
bool engine_listen(struct engine *g, int ms);
/* Waits for its end; the error says how it died or what it refused. */
bool engine_end(struct engine *g, str *ret_result, err *e) NODISCARD;

/* {"code","message","path","hint"} */
str job_error_json(arena *a, const err *failure);

#endif
