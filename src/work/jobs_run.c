/* jobs_run.c - takes a job with a lease, has it computed, makes its result an act. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/accounts.h"
#include "work/jobs_impl.h"
#include <unistd.h>

enum { LEASE_MS = 60000, LISTEN_MS = 100, RETRY_MS = 30000 };
#define RENEW_S 2.0

typedef enum fate { FATE_OPEN, FATE_CANCELLED, FATE_STOPPED, FATE_LOST } fate;

/* One attempt at one job. */
struct run {
    struct work *w;
    const atomic_bool *stop;
    arena *a;
    str owner; /* of the lease: host, process, attempt */
    job j;
    actor who;
    double renewed; /* clock_mono */
    double progress;
    fate fate;
};

/* ---- the lease ---- */

static str new_owner(arena *a)
{
    char host[65] = "";
    uint8_t random[8];
    (void)gethostname(host, sizeof host - 1);
    crypto_random(random, sizeof random);
    return str_fmt(a, "%s:%ld:%s", host, (long)getpid(), hex_encode(a, random, sizeof random).p);
}

static bool next_tx(struct tx *t, void *ctx, err *e)
{
    const value args[] = {V_INT(clock_now())};
    return tx_int(t, SQL(Q_JOB_NEXT), args, 1, 0, ctx, e);
}

/* The conditions stand in the UPDATE itself: whoever comes second changes nothing. */
static bool take_tx(struct tx *t, void *ctx, err *e)
{
    struct run *r = ctx;
    int64_t now = clock_now(), changed = 0;
    const value args[] = {V_INT(r->j.id), V_TEXT(r->owner), V_INT(now + LEASE_MS), V_INT(now)};
    if (!tx_exec(t, SQL(Q_JOB_TAKE), args, COUNT(args), &changed, e)) return false;
    r->fate = changed == 1 ? FATE_OPEN : FATE_LOST;
    return changed != 1 || job_read(t, r->a, r->j.id, &r->j, e);
}

static bool renew_tx(struct tx *t, void *ctx, err *e)
{
    struct run *r = ctx;
    const value args[] = {V_INT(r->j.id), V_TEXT(r->owner), V_INT(clock_now() + LEASE_MS),
                          V_REAL(r->progress)};
    rows found;
    if (!tx_query(t, e->a, SQL(Q_JOB_RENEW), args, COUNT(args), &found, e)) return false;
    if (found.n != 1)
        r->fate = FATE_LOST;
    else if (found.at[0].i)
        r->fate = FATE_CANCELLED;
    return true;
}

/* False also when the job is to go no further: then fate says why. */
static bool hold(struct run *r, err *e)
{
    if (*r->stop) r->fate = FATE_STOPPED;
    if (r->fate != FATE_OPEN) return false;
    r->renewed = clock_mono();
    return work_write(r->w, renew_tx, r, e) && r->fate == FATE_OPEN;
}

/* ---- computing ---- */

static bool name_tx(struct tx *t, void *ctx, err *e)
{
    struct run *r = ctx;
    const value args[] = {V_INT(r->j.created_by)};
    rows found;
    if (!tx_query(t, r->a, SQL(Q_ACCOUNT_BY_ID), args, 1, &found, e)) return false;
    if (!found.n)
        return err_set(e, ERR_DENIED, S("created_by"), S("queue it anew"),
                       "the account that queued the job is gone");
    r->who.name = found.at[1].s;
    return true;
}

/* A job acts for who has queued it, with the rights which that account has now. */
static bool find_actor(struct run *r, const job_kind *kind, err *e)
{
    r->who = (actor){.name = S("program"), .via = "job", .caps = 1u << CAP_READ | 1u << kind->cap};
    if (!r->j.created_by) return true;
    return store_read(r->w->store, name_tx, r, e) &&
           account_actor(r->w, r->who.name, "job", r->a, &r->who, e);
}

static bool limits_tx(struct tx *t, void *ctx, err *e)
{
    sandbox_limits *l = ctx;
    int64_t mib, hours;
    if (!setting_get(t, SETTING_JOB_MEMORY, &mib, e) ||
        !setting_get(t, SETTING_JOB_HOURS, &hours, e))
        return false;
    if (!l->memory) l->memory = (uint64_t)mib << 20;
    if (!l->cpu_seconds) l->cpu_seconds = (uint64_t)hours * 3600;
    return true;
}

static bool compute(struct run *r, job_feed *f, str *ret, err *e)
{
    struct engine *g;
    if (!store_read(r->w->store, limits_tx, &f->limits, e)) return false;
    if (!engine_start(r->a, f, &g, e)) return false;
    while (engine_listen(g, LISTEN_MS)) {
        r->progress = g->words.progress;
        if ((*r->stop || clock_mono() - r->renewed >= RENEW_S) && !hold(r, e)) return false;
    }
    return engine_end(g, ret, e);
}

/* A job of this process itself: its thread works in memory of its own. */
struct here {
    struct work *w;
    const job_kind *kind;
    str payload, result;
    arena *a;
    job_watch watch;
    err e;
    bool ok;
    atomic_bool ended;
};

static void *do_here(void *p)
{
    struct here *h = p;
    doc *payload;
    h->ok = doc_parse(h->a, h->payload, JOB_REQUEST_MAX, &payload, &h->e) &&
            h->kind->here(h->w, payload, &h->watch, h->a, &h->result, &h->e);
    h->ended = true;
    return NULL;
}

/* Keeps the lease until the thread has ended; one that is to stop is waited for, too. */
static bool watch_over(struct run *r, struct here *h, err *e)
{
    bool held = true;
    while (!h->ended) {
        usleep(LISTEN_MS * 1000);
        r->progress = h->watch.permille / 1000.0;
        if (held && (*r->stop || clock_mono() - r->renewed >= RENEW_S)) held = hold(r, e);
        if (!held) h->watch.stop = true;
    }
    return held;
}

static bool compute_here(struct run *r, const job_kind *kind, str *ret, err *e)
{
    pthread_t thread;
    arena *a = arena_open();
    struct here h = {.w = r->w, .kind = kind, .payload = r->j.payload, .a = a, .e = ERR_IN(a)};
    int bad = pthread_create(&thread, NULL, do_here, &h);
    bool held = !bad && watch_over(r, &h, e);
    if (!bad) pthread_join(thread, NULL);
    bool ok = held && h.ok;
    if (ok) *ret = str_dup(r->a, h.result);
    if (bad) (void)!err_errno(e, bad, S(""), "cannot start a thread");
    if (held && !h.ok) err_copy(e, &h.e);
    arena_close(a);
    return ok && hold(r, e);
}

static bool attempt(struct run *r, str *ret, err *e)
{
    doc *payload;
    job_feed f;
    str result;
    const job_kind *kind = job_kind_find(r->j.kind);
    if (!kind)
        return err_set(e, ERR_INVALID, S("kind"), S("run it with the version that queued it"),
                       "this version has no jobs '%.*s'", STR_ARG(r->j.kind));
    if (r->j.attempts > JOB_ATTEMPTS)
        return err_set(e, ERR_INVALID, S(""),
                       S("look into the log of the server, then queue it anew"),
                       "the server ended %d times while it ran the job", JOB_ATTEMPTS);
    if (!doc_parse(r->a, r->j.payload, JOB_REQUEST_MAX, &payload, e) || !find_actor(r, kind, e) ||
        !work_may(r->w, &r->who, kind->cap, "running a job", e))
        return false;
    if (kind->here) return hold(r, e) && compute_here(r, kind, ret, e);
    return kind->feed(r->w, &r->who, payload, r->a, &f, e) && hold(r, e) &&
           compute(r, &f, &result, e) && hold(r, e) &&
           kind->accept(r->w, &r->who, payload, result, r->a, ret, e);
}

/* ---- the end ---- */

struct ending {
    struct run *r;
    const char *state, *leaf; /* leaf NULL: none */
    str result, error;
};

static bool end_tx(struct tx *t, void *ctx, err *e)
{
    struct ending *x = ctx;
    struct run *r = x->r;
    int64_t now = clock_now(), changed = 0;
    const value args[] = {V_INT(r->j.id),
                          V_TEXT(r->owner),
                          V_TEXT(str_of(x->state)),
                          x->result.p ? V_TEXT(x->result) : V_NULL,
                          x->error.p ? V_TEXT(x->error) : V_NULL,
                          V_REAL(r->progress),
                          V_INT(now)};
    if (!tx_exec(t, SQL(Q_JOB_END), args, COUNT(args), &changed, e)) return false;
    if (!changed || !x->leaf) return true;
    const char *member = x->result.p ? "result" : "error";
    return job_log(t, &r->who, x->leaf, &r->j, member, x->result.p ? x->result : x->error, now, e);
}

static bool retry_tx(struct tx *t, void *ctx, err *e)
{
    struct ending *x = ctx;
    const value args[] = {V_INT(x->r->j.id), V_TEXT(x->r->owner), V_TEXT(x->error),
                          V_INT(clock_now() + x->r->j.attempts * RETRY_MS)};
    return tx_exec(t, SQL(Q_JOB_RETRY), args, COUNT(args), NULL, e);
}

static bool release_tx(struct tx *t, void *ctx, err *e)
{
    struct ending *x = ctx;
    const value args[] = {V_INT(x->r->j.id), V_TEXT(x->r->owner)};
    return tx_exec(t, SQL(Q_JOB_RELEASE), args, COUNT(args), NULL, e);
}

str job_error_json(arena *a, const err *failure)
{
    buf b = buf_open(a, 1 << 16);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "code", err_name(failure->code));
    jw_m_str(&w, "message", str_sub(failure->msg, 0, 4000));
    jw_m_str(&w, "path", str_sub(failure->path.p ? failure->path : S(""), 0, 1000));
    jw_m_str(&w, "hint", str_sub(failure->hint.p ? failure->hint : S(""), 0, 4000));
    jw_obj_end(&w);
    return buf_str(&b);
}

/* Waiting does not help against what the request or its files are to blame for. */
static bool may_pass(const err *failure)
{
    return err_http(failure->code) >= 500;
}

static bool end_failed(struct run *r, const err *failure, err *e)
{
    struct ending x = {.r = r, .state = "failed", .leaf = "job.fail"};
    str what = str_fmt(r->a, "job %lld (%.*s)", (long long)r->j.id, STR_ARG(r->j.kind));
    x.error = job_error_json(r->a, failure);
    log_err(LOG_WARNING, what.p, failure);
    if (may_pass(failure) && r->j.attempts < JOB_ATTEMPTS) return work_write(r->w, retry_tx, &x, e);
    return work_write(r->w, end_tx, &x, e);
}

static bool end_done(struct run *r, str result, err *e)
{
    struct ending x = {.r = r, .state = "done", .leaf = "job.done", .result = result};
    r->progress = 1;
    return work_write(r->w, end_tx, &x, e);
}

static bool settle(struct run *r, bool ok, str result, const err *failure, err *e)
{
    struct ending x = {.r = r, .state = "cancelled"};
    if (ok) return end_done(r, result, e);
    switch (r->fate) {
    case FATE_CANCELLED: /* the wish is on the log already */
        return work_write(r->w, end_tx, &x, e);
    case FATE_STOPPED:
        return work_write(r->w, release_tx, &x, e);
    case FATE_LOST:
        log_line(LOG_WARNING, "job %lld: the lease was lost, another runner has it",
                 (long long)r->j.id);
        return true;
    case FATE_OPEN:
        break;
    }
    return end_failed(r, failure, e);
}

static bool run_taken(struct run *r, err *e)
{
    err failure = ERR_IN(r->a);
    str result = {0};
    if (r->j.cancel_requested) r->fate = FATE_CANCELLED;
    bool ok = r->fate == FATE_OPEN && attempt(r, &result, &failure);
    return settle(r, ok, result, &failure, e);
}

bool job_run_one(struct work *w, const atomic_bool *stop, bool *ret_ran, err *e)
{
    struct run r = {.w = w, .stop = stop};
    *ret_ran = false;
    if (!work_writable(w, e) || !store_read(w->store, next_tx, &r.j.id, e)) return false;
    if (!r.j.id) return true;
    r.a = arena_open();
    err inner = ERR_IN(r.a);
    r.owner = new_owner(r.a);
    bool ok = work_write(w, take_tx, &r, &inner);
    if (ok && r.fate == FATE_OPEN) {
        *ret_ran = true;
        ok = run_taken(&r, &inner);
    }
    if (!ok) err_copy(e, &inner);
    arena_close(r.a);
    return ok;
}
