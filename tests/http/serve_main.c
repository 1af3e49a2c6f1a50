/* serve_main.c - serves a data directory for the tests: makes it, adds accounts, prints secrets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http.h"
#include "work/accounts.h"
#include "work/prove.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* usage: serve_main DIR [STORE] [key=value...]: prints one JSON line {"url", "link", ...}. */

static atomic_bool stop;

static void on_signal(int n)
{
    (void)n;
    stop = true;
}

static void *publish(void *ctx)
{
    while (!stop) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        if (!work_publish(ctx, &e)) log_err(LOG_ERROR, "publishing", &e);
        arena_close(a);
        usleep(200000);
    }
    return NULL;
}

static void announce(void *ctx, const char *url)
{
    str *code = ctx;
    printf("{\"url\":\"%s\",\"code\":\"%.*s\"}\n", url, STR_ARG(*code));
    fflush(stdout);
}

static bool first_account(struct work *w, arena *a, str *ret_code, err *e)
{
    bool none;
    actor machine = actor_machine("cli");
    account_info x;
    if (!account_none(w, &none, e)) return false;
    return !none || account_add(w, &machine, S("admin"), S("administrator"), 0, a, &x, ret_code, e);
}

static void set_option(http_options *o, str text)
{
    str right, key = str_cut(text, '=', &right);
    int64_t n = 0;
    if (!str_int(right, &n)) abort();
    if (str_eqz(key, "timeout")) o->timeout = (unsigned)n;
    if (str_eqz(key, "connections")) o->connections = (unsigned)n;
    if (str_eqz(key, "per_address")) o->per_address = (unsigned)n;
    if (str_eqz(key, "workers")) o->workers = (int)n;
    if (str_eqz(key, "threads")) o->threads = (int)n;
}

static bool serve(int argc, char **argv, arena *a, err *e)
{
    const char *dir = argv[1], *url = argc > 2 && *argv[2] ? argv[2] : NULL;
    str code = S("");
    struct work *w;
    pthread_t publisher;
    http_options o = {.listen = "127.0.0.1:0", .ready = announce, .ctx = &code};
    work_options open = {.dir = dir};
    for (int i = 3; i < argc; i++)
        set_option(&o, str_of(argv[i]));
    if (!file_exists(str_fmt(a, "%s/log.vkey", dir).p) &&
        !work_init(&(init_options){.dir = dir, .store = url, .origin = "test.invalid/log"}, e))
        return false;
    if (!work_open(a, &open, &w, e) || !first_account(w, a, &code, e)) return false;
    if (pthread_create(&publisher, NULL, publish, w) != 0) return false;
    bool ok = http_serve(w, &o, &stop, e);
    stop = true;
    pthread_join(publisher, NULL);
    return ok && work_publish(w, e);
}

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    struct sigaction on = {.sa_handler = on_signal};
    sigaction(SIGTERM, &on, NULL);
    sigaction(SIGINT, &on, NULL);
    arena *a = arena_open();
    err e = ERR_IN(a);
    bool ok = serve(argc, argv, a, &e);
    if (!ok) log_err(LOG_ERROR, "serve", &e);
    int code = ok ? 0 : err_exit(e.code);
    arena_close(a);
    return code;
}
