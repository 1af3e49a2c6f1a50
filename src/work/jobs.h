/* jobs.h - work that takes longer than a request: queued in the store, run in a sandboxed child. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_WORK_JOBS_H
#define AIMS_WORK_JOBS_H
#include "work/work.h"
#include <stdatomic.h>

/*
 * A job survives restarts. A runner takes it with a lease that it renews; a lease that ran out
 * makes the job free again (at most 3 attempts). The engine runs in a child process (the program
 * itself, `aims job-child`), which gets its input through file descriptors, drops every right it
 * does not need (seccomp, rlimits, no network, no new files) and writes progress and its result
 * to a pipe. The result becomes an act through the verb of its kind.
 */
typedef struct job {
    int64_t id;
    str kind, state;            /* queued, running, done, failed, cancelled */
    str payload, result, error; /* JSON; absent when none */
    double progress;
    int64_t attempts, created_by, created_at, started_at, finished_at, run_after;
    bool cancel_requested; /* while it still runs */
} job;

/* Between a job that this process does itself and the runner that keeps its lease. */
typedef struct job_watch {
    atomic_int permille; /* done */
    atomic_bool stop;    /* to end soon, undone */
} job_watch;

/*
 * kind "assess": payload {"plan": name or id}; the plan must be in use and complete
 * (work_plan_complete), and its data, reference and model artefact in the vault. A repetition takes
 * the newest result of the plan it names, with what that was measured on. Needs CAP_MEASURE. The
 * result is handed in for the account that queued the job, with the rights it has when the job
 * runs. Leaves: job.add, job.cancel, job.done and job.fail: a measurement that was begun cannot
 * disappear.
 * kind "backup": payload {}, needs CAP_ADMIN; see work/backup.h.
 */
bool job_add(struct work *w, const actor *who, str kind, const doc *payload, arena *a, job *ret,
             err *e) NODISCARD;
bool job_get(struct work *w, const actor *who, int64_t id, arena *a, job *ret, err *e) NODISCARD;
/* Newest first, ids below `below`; limit: 1 to 1001. */
bool job_list(struct work *w, const actor *who, int64_t below, int64_t limit, arena *a, job **ret,
              size_t *ret_n, err *e) NODISCARD;
/* A queued job is cancelled at once, a running one within seconds; CONFLICT when it has ended or
 * is being cancelled already. Needs the capability of its kind. */
bool job_cancel(struct work *w, const actor *who, int64_t id, arena *a, job *ret, err *e) NODISCARD;
void job_json(const job *j, jw *out);

/* Queues a job for every active plan whose `every_days` have passed since its last measurement,
 * unless one waits or runs, or was queued within a day (and failed); called by the runner. */
bool job_schedule(struct work *w, err *e) NODISCARD;
/*
 * Takes and runs one job to its end; *ret_ran false when there was none. A failure of the job is
 * kept in it; false is for the store's. What may pass (codes of HTTP 5xx) is tried three times, a
 * refusal once. stop: looked at often; the job goes back into the queue, the attempt uncounted.
 * A job runs at least once: when the machine dies between the act and the job's end, the next
 * runner repeats it, and the log shows both.
 */
bool job_run_one(struct work *w, const atomic_bool *stop, bool *ret_ran, err *e) NODISCARD;
/* main() of the child: `aims job-child`; returns the exit code. */
int job_child_main(void);

#endif
