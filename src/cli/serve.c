/* serve.c - starts and stops the three threads of a server and prints where it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/serve.h"
#include "cli/start.h"
#include "http/http.h"
#include "work/accounts.h"
#include "work/jobs.h"
#include "work/prove.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { PUBLISH_MS = 500, IDLE_MS = 500, SCHEDULE_S = 60 };

static atomic_bool stop;

static void on_signal(int number)
{
    (void)number;
    stop = true;
}

static void pause_ms(int ms)
{
    for (; ms > 0 && !stop; ms -= 50) {
        struct timespec t = {.tv_nsec = 50 * 1000000L};
        nanosleep(&t, NULL);
    }
}

/* Acts become public within a second at ordinary rates; at tens of thousands a second a
 * publication itself takes longer (bench/README.md). When the log cannot be
 * published it is not signed either, and the server goes on saying why. */
static void *publisher(void *p)
{
    while (!stop) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        if (!work_publish(p, &e)) log_err(LOG_ERROR, "the log is not published", &e);
        arena_close(a);
        pause_ms(PUBLISH_MS);
    }
    return NULL;
}

static void *runner(void *p)
{
    double scheduled = -SCHEDULE_S;
    while (!stop) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        bool ran = false;
        if (clock_mono() - scheduled >= SCHEDULE_S) {
            if (!job_schedule(p, &e)) log_err(LOG_ERROR, "plans are not scheduled", &e);
            scheduled = clock_mono();
        }
        if (!job_run_one(p, &stop, &ran, &e)) log_err(LOG_ERROR, "a job cannot be run", &e);
        arena_close(a);
        if (!ran) pause_ms(IDLE_MS);
    }
    return NULL;
}

struct first_start {
    arena *a;
    str code; /* of the administrator's link; absent: accounts exist */
    bool json;
};

static void ready_json(const struct first_start *f, const char *url, str link)
{
    buf b = buf_open(f->a, 4096);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_strz(&w, "url", url);
    if (f->code.p) {
        jw_m_str(&w, "code", f->code);
        jw_m_str(&w, "link", link);
    }
    jw_obj_end(&w);
    printf("%s\n", buf_str(&b).p);
}

static void ready(void *ctx, const char *url)
{
    const struct first_start *f = ctx;
    bool slash = url[strlen(url) - 1] == '/';
    str link = str_fmt(f->a, "%s%ssetup?code=%.*s", url, slash ? "" : "/", STR_ARG(f->code));
    if (f->json)
        ready_json(f, url, link);
    else
        printf("aims serves %s\n", url);
    if (f->code.p && !f->json)
        printf("first start: set the administrator's password within 24 hours at\n  %s\n", link.p);
    fflush(stdout);
}

static bool first_account(struct work *w, arena *a, struct first_start *f, err *e)
{
    actor machine = actor_machine("cli");
    account_info info;
    bool none;
    if (!account_none(w, &none, e)) return false;
    return !none ||
           account_add(w, &machine, S("admin"), S("administrator"), 0, a, &info, &f->code, e);
}

static void handle_signals(void)
{
    struct sigaction s = {.sa_handler = on_signal};
    sigaction(SIGTERM, &s, NULL);
    sigaction(SIGINT, &s, NULL);
}

static bool run_threads(struct work *w, const http_options *h, err *e)
{
    pthread_t publish, run;
    if (pthread_create(&publish, NULL, publisher, w) != 0)
        return err_set(e, ERR_UNAVAILABLE, S(""), S("raise the limit of processes"),
                       "no thread to publish");
    if (pthread_create(&run, NULL, runner, w) != 0) {
        stop = true;
        pthread_join(publish, NULL);
        return err_set(e, ERR_UNAVAILABLE, S(""), S("raise the limit of processes"),
                       "no thread for jobs");
    }
    bool ok = http_serve(w, h, &stop, e);
    stop = true;
    pthread_join(run, NULL);
    pthread_join(publish, NULL);
    return ok;
}

bool serve(const serve_options *o, err *e)
{
    arena *a = arena_open();
    struct work *w;
    struct first_start f = {.a = a, .json = o->json};
    work_options open = {
        .dir = o->dir, .start = o->start, .backups = o->start[SETTING_BACKUPS].value.p};
    http_options h = {.ready = ready, .ctx = &f};
    start_http(o->start, a, &h);
    handle_signals();
    bool ok = work_open(a, &open, &w, e) && first_account(w, a, &f, e) && run_threads(w, &h, e);
    if (ok) ok = work_publish(w, e); /* the last acts before the stop */
    arena_close(a);
    return ok;
}
