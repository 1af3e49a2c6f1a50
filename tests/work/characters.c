/* characters.c - the engine process as it should be, and as hostile input might make it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "characters.h"
#include "work/jobs_impl.h"
#include "work/sandbox.h"
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:handle_segv=0";
}

static void say(const char *line)
{
    if (write(ENGINE_OUT, line, strlen(line)) < 0) _exit(90);
}

static void shut_in(uint64_t memory, uint64_t seconds)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (!sandbox_enter(&(sandbox_limits){memory, seconds}, &e)) _exit(91);
}

static void be_segv(void)
{
    raise(SIGSEGV);
}
static void be_socket(void)
{
    shut_in(1 << 30, 60);
    _exit(socket(AF_INET, SOCK_STREAM, 0) < 0);
}
static void be_greedy(void)
{
    shut_in(1 << 20, 60);
    _exit(*(char *)arena_alloc(arena_open(), 1 << 30, 64));
}
static void be_busy(void)
{
    shut_in(1 << 30, 1);
    for (volatile unsigned i = 1; i; i = i | 1) {
    }
}
static void be_silent(void)
{
    _exit(0);
}
static void be_killed(void)
{
    raise(SIGKILL);
}
static void be_babbling(void)
{
    say("p 0.5\nhello\n");
    pause();
}
static void be_boasting(void)
{
    say("p 1.5\n");
    pause();
}
static void be_twice(void)
{
    say("r {}\nr {}\n");
    pause();
}
static void be_empty(void)
{
    say("r {}\n");
    _exit(0);
}
static void be_endless(void)
{
    static char much[1 << 20];
    memset(much, 'r', sizeof much);
    much[1] = ' ';
    for (;;)
        if (write(ENGINE_OUT, much, sizeof much) < 0) _exit(90);
}
static void be_refusing(void)
{
    say("e {\"code\":\"invalid\",\"message\":\"no such "
        "column\",\"path\":\"label\",\"hint\":\"h\"}\n");
    _exit(0);
}
static void be_mumbling(void)
{
    say("e nothing\n");
    _exit(0);
}
static void be_deaf(void)
{
    close(ENGINE_OUT);
    pause();
}
static void be_waiting(void)
{
    say("p 0.25\n");
    pause();
}

/* Hands in what the file behind the colon holds. */
static void be_lying(const char *path)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str text;
    if (!file_read(a, path, 1 << 20, &text, &e)) _exit(92);
    say(str_fmt(a, "r %.*s\n", STR_ARG(text)).p);
    _exit(0);
}

static const struct {
    const char *name;
    void (*be)(void);
} characters[] = {
    {"segv",     be_segv    },
    {"socket",   be_socket  },
    {"greedy",   be_greedy  },
    {"busy",     be_busy    },
    {"silent",   be_silent  },
    {"killed",   be_killed  },
    {"babbling", be_babbling},
    {"boasting", be_boasting},
    {"twice",    be_twice   },
    {"empty",    be_empty   },
    {"endless",  be_endless },
    {"refusing", be_refusing},
    {"mumbling", be_mumbling},
    {"deaf",     be_deaf    },
    {"waiting",  be_waiting },
};

int engine_main(void)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    char text[65536];
    doc *d;
    ssize_t n = pread(ENGINE_REQUEST, text, sizeof text, 0);
    if (n <= 0 || !doc_parse(a, (str){text, (size_t)n}, sizeof text, &d, &e)) return 93;
    str name = doc_str(doc_get(d, "request"), "dataset");
    for (size_t i = 0; i < COUNT(characters); i++)
        if (str_eqz(name, characters[i].name)) characters[i].be();
    if (str_starts(name, S("lie:"))) be_lying(str_dup(a, str_sub(name, 4, name.n)).p);
    return job_child_main();
}
