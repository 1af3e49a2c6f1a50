/* writer.c - the one writer thread: all waiting changes in one transaction, one commit. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/driver.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

/* A commit waits for the disk. While it does, callers queue up; the next transaction takes them
 * all, so one fsync serves everybody who waits. The cap bounds how long the first one waits. */
enum { GROUP_MAX = 1024 };

typedef struct job {
    store_fn *fn;
    void *ctx;
    err *e;
    bool ok;
    sem_t finished;       /* not a condition: a hundred woken callers would fight for its lock */
    struct job *wakes[2]; /* others of the group, woken by this one's caller */
    struct job *next;
} job;

struct writer {
    struct tx *t;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    job *first, **last; /* waiting */
    bool stop;
    job *taken; /* off the queue, not run yet; the writer thread's own, as all below */
    /* Of the running transaction. */
    job *group, **group_end;
    size_t n;
    job *all[GROUP_MAX];
};

/* The whole queue at once, so that callers and writer meet at the lock once per group. */
static void take_all(struct writer *w, bool wait)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && wait && !w->stop)
        pthread_cond_wait(&w->arrived, &w->lock);
    w->taken = w->first;
    w->first = NULL;
    w->last = &w->first;
    pthread_mutex_unlock(&w->lock);
}

static job *take(struct writer *w, bool wait)
{
    if (!w->taken) take_all(w, wait);
    job *j = w->taken;
    if (!j) return NULL;
    w->taken = j->next;
    j->next = NULL;
    return j;
}

/* *j ends as soon as its caller is woken. */
static void finish(job *j, bool ok)
{
    j->ok = ok;
    sem_post(&j->finished);
}

/* A wake-up costs as much as a small statement, so the writer makes only one: each caller wakes
 * two more, and the next transaction begins meanwhile. */
static void finish_group(struct writer *w, const err *failure)
{
    size_t n = 0;
    for (job *j = w->group; j; j = j->next) {
        if (failure) err_copy(j->e, failure);
        j->ok = !failure;
        w->all[n++] = j;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 2; k++)
            w->all[i]->wakes[k] = 2 * i + 1 + k < n ? w->all[2 * i + 1 + k] : NULL;
    w->group = NULL;
    w->group_end = &w->group;
    w->n = 0;
    if (n) sem_post(&w->all[0]->finished);
}

/* The whole transaction is lost: so is everybody in it. */
static void abandon(struct writer *w, const err *failure)
{
    w->t->d->rollback(w->t);
    finish_group(w, failure);
}

static bool simple(struct writer *w, const char *sql, err *e)
{
    return w->t->d->run(w->t, NULL, sql, NULL, 0, NULL, NULL, e);
}

/* The first fn of a transaction needs no savepoint: undoing it undoes all there is. */
static bool open_scope(struct writer *w, err *e)
{
    return w->n ? simple(w, "SAVEPOINT one_fn", e) : w->t->d->begin(w->t, e);
}

/* `cause` is why fn failed: a full disk, say, ends the transaction of all on the spot. */
static bool undo_scope(struct writer *w, const err *cause, err *e)
{
    if (w->n && !w->t->d->in_transaction(w->t))
        return err_set(e, ERR_UNAVAILABLE, S(""), cause->hint,
                       "the store ended the transaction: %.*s", STR_ARG(cause->msg));
    if (w->n)
        return w->t->d->script(w->t, "ROLLBACK TO SAVEPOINT one_fn; RELEASE SAVEPOINT one_fn", e);
    w->t->d->rollback(w->t);
    return true;
}

static void join_group(struct writer *w, job *j)
{
    *w->group_end = j;
    w->group_end = &j->next;
    w->n++;
}

/* False: the transaction is lost, *broken says why. */
static bool run_one(struct writer *w, job *j, err *broken)
{
    if (!open_scope(w, broken)) {
        join_group(w, j);
        return false;
    }
    if (!tx_call(w->t, j->fn, j->ctx, j->e)) {
        bool undone = undo_scope(w, j->e, broken);
        finish(j, false);
        return undone;
    }
    bool nested = w->n > 0;
    join_group(w, j);
    return !nested || simple(w, "RELEASE SAVEPOINT one_fn", broken);
}

static void commit_group(struct writer *w, arena *a)
{
    err failure = ERR_IN(a);
    if (w->n == 0) return;
    if (w->t->d->commit(w->t, &failure))
        finish_group(w, NULL);
    else
        abandon(w, &failure);
}

static void *work(void *p)
{
    struct writer *w = p;
    for (job *j; (j = take(w, true));) {
        arena *a = arena_open();
        err broken = ERR_IN(a);
        for (size_t i = 0; j; j = ++i < GROUP_MAX ? take(w, false) : NULL)
            if (!run_one(w, j, &broken)) abandon(w, &broken);
        commit_group(w, a);
        arena_close(a);
    }
    return NULL;
}

static void stop(void *p)
{
    struct writer *w = p;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->arrived);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->arrived);
    pthread_mutex_destroy(&w->lock);
}

struct writer *writer_start(arena *a, struct tx *t)
{
    struct writer *w = arena_new(a, struct writer, 1);
    w->t = t;
    w->last = &w->first;
    w->group_end = &w->group;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->arrived, NULL);
    if (pthread_create(&w->thread, NULL, work, w) != 0) abort();
    arena_defer(a, stop, w);
    return w;
}

bool writer_run(struct writer *w, store_fn *fn, void *ctx, err *e)
{
    /* Waiting for oneself would last for ever. */
    assert(!pthread_equal(pthread_self(), w->thread));
    job j = {.fn = fn, .ctx = ctx, .e = e};
    sem_init(&j.finished, 0, 0);
    pthread_mutex_lock(&w->lock);
    *w->last = &j;
    w->last = &j.next;
    pthread_cond_signal(&w->arrived);
    pthread_mutex_unlock(&w->lock);
    while (sem_wait(&j.finished) != 0 && errno == EINTR)
        ;
    for (size_t k = 0; k < 2; k++)
        if (j.wakes[k]) sem_post(&j.wakes[k]->finished);
    sem_destroy(&j.finished);
    return j.ok;
}
