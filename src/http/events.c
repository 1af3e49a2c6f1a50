/* events.c - the hub of event streams. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/events.h"
#include "work/prove.h"
#include <pthread.h>

enum { WAIT_MS = 1000, BEAT_SECONDS = 15, CHUNK = 1 << 20 };

struct events {
    struct work *w;
    pthread_mutex_t lock;
    pthread_cond_t more; /* streams came, or the end */
    pthread_t thread;
    struct stream *streams;
    int64_t newest; /* no leaf above it was seen */
    bool stop, running;
};

struct stream {
    struct events *v;
    struct stream *next, **at;
    sleeper s;
    bool asleep, beat;
    int64_t after;
    arena *a; /* of `pending` */
    str pending;
};

static void wake_all(struct events *v, bool beat)
{
    for (struct stream *s = v->streams; s; s = s->next) {
        s->beat = s->beat || beat;
        if (!s->asleep) continue;
        s->asleep = false;
        s->s.wake(s->s.ctx);
    }
}

/* Waits for leaves after `newest`; false when there were none. */
static bool watch(struct events *v, int64_t *newest)
{
    event *at;
    size_t n = 0;
    arena *a = arena_open();
    err e = ERR_IN(a);
    bool ok = work_events(v->w, *newest, WAIT_MS, a, &at, &n, &e);
    if (!ok) log_err(LOG_WARNING, "watching the log", &e);
    if (ok && n) *newest = at[n - 1].seq;
    arena_close(a);
    return ok && n;
}

static int64_t highest(const struct events *v)
{
    int64_t high = v->newest;
    for (const struct stream *s = v->streams; s; s = s->next)
        if (s->after > high) high = s->after;
    return high;
}

static void *run(void *ctx)
{
    struct events *v = ctx;
    double beat = clock_mono();
    pthread_mutex_lock(&v->lock);
    while (!v->stop) {
        if (!v->streams) {
            pthread_cond_wait(&v->more, &v->lock);
            continue;
        }
        int64_t newest = highest(v);
        pthread_mutex_unlock(&v->lock);
        bool grew = watch(v, &newest);
        bool due = clock_mono() - beat >= BEAT_SECONDS;
        pthread_mutex_lock(&v->lock);
        v->newest = newest;
        if (due) beat = clock_mono();
        if (grew || due) wake_all(v, due);
    }
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

static void end_hub(void *ctx)
{
    struct events *v = ctx;
    events_stop(v);
    if (v->running) pthread_join(v->thread, NULL);
    pthread_cond_destroy(&v->more);
    pthread_mutex_destroy(&v->lock);
}

struct events *events_start(arena *a, struct work *w)
{
    struct events *v = arena_new(a, struct events, 1);
    v->w = w;
    v->newest = -1;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->more, NULL);
    v->running = pthread_create(&v->thread, NULL, run, v) == 0;
    arena_defer(a, end_hub, v);
    return v;
}

void events_stop(struct events *v)
{
    pthread_mutex_lock(&v->lock);
    v->stop = true;
    wake_all(v, false);
    pthread_cond_broadcast(&v->more);
    pthread_mutex_unlock(&v->lock);
}

static void hold(struct stream *s, arena *a, str text)
{
    if (s->a) arena_close(s->a);
    s->a = a;
    s->pending = text;
}

struct stream *stream_open(struct events *v, arena *a, int64_t after, sleeper with)
{
    struct stream *s = arena_new(a, struct stream, 1);
    *s = (struct stream){.v = v, .s = with, .after = after};
    s->pending = S(": aims\nretry: 3000\n\n");
    pthread_mutex_lock(&v->lock);
    s->next = v->streams;
    s->at = &v->streams;
    if (s->next) s->next->at = &s->next;
    v->streams = s;
    pthread_cond_broadcast(&v->more);
    pthread_mutex_unlock(&v->lock);
    return s;
}

/* Without a name of its own: whoever listens hears every act, and the data say which. */
static void put_event(buf *b, const event *ev)
{
    buf_fmt(b, "id: %lld\ndata: ", (long long)ev->seq);
    jw w = jw_open(b);
    event_json(ev, &w);
    buf_putz(b, "\n\n");
}

/* Takes what the log has for this stream; false when the store failed. */
static bool fill(struct stream *s)
{
    event *at;
    size_t n;
    arena *a = arena_open();
    err e = ERR_IN(a);
    buf b = buf_open(a, CHUNK);
    if (!work_events(s->v->w, s->after, 0, a, &at, &n, &e)) {
        log_err(LOG_WARNING, "reading events", &e);
        arena_close(a);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        put_event(&b, &at[i]);
    if (n) s->after = at[n - 1].seq;
    hold(s, a, buf_str(&b));
    return true;
}

static ssize_t give(struct stream *s, char *p, size_t max)
{
    size_t n = s->pending.n < max ? s->pending.n : max;
    memcpy(p, s->pending.p, n);
    s->pending = str_sub(s->pending, n, s->pending.n);
    return (ssize_t)n;
}

ssize_t stream_read(struct stream *s, char *p, size_t max)
{
    struct events *v = s->v;
    if (s->pending.n) return give(s, p, max);
    pthread_mutex_lock(&v->lock);
    bool stop = v->stop, beat = s->beat;
    s->beat = false;
    pthread_mutex_unlock(&v->lock);
    if (stop || !fill(s)) return -1;
    if (s->pending.n) return give(s, p, max);
    if (beat) {
        s->pending = S(": beat\n\n");
        return give(s, p, max);
    }
    pthread_mutex_lock(&v->lock);
    bool quiet = v->newest <= s->after && !v->stop;
    if (quiet) {
        s->asleep = true;
        s->s.sleep(s->s.ctx);
    }
    pthread_mutex_unlock(&v->lock);
    return quiet ? 0 : stream_read(s, p, max);
}

void stream_close(struct stream *s)
{
    pthread_mutex_lock(&s->v->lock);
    *s->at = s->next;
    if (s->next) s->next->at = s->at;
    pthread_mutex_unlock(&s->v->lock);
    if (s->a) arena_close(s->a);
}
