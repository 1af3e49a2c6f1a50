/* engine.c - the parent's side of the sandboxed process: starts it, listens, says how it ended. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/jobs_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what it says ---- */

engine_words engine_words_open(arena *a)
{
    return (engine_words){.line = buf_open(a, JOB_RESULT_MAX + 16)};
}

static void hear_values(engine_words *w, str json)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    doc *d;
    bool ok = w->values && doc_parse(a, json, JOB_RESULT_MAX, &d, &e) && d->kind == DOC_STR;
    if (ok) buf_put(w->values, d->s);
    w->broken |= !ok || w->values->full;
    arena_close(a);
}

static void hear_line(engine_words *w, str line)
{
    str rest = str_sub(line, 2, line.n);
    double done;
    bool known = line.n > 2 && line.p[1] == ' ' && !w->result.p && !w->error.p;
    char what = known ? line.p[0] : 0;
    if (what == 'p' && str_real(rest, &done) && done >= 0 && done <= 1)
        w->progress = done;
    else if (what == 'v')
        hear_values(w, rest);
    else if (what == 'r')
        w->result = str_dup(w->line.a, rest);
    else if (what == 'e')
        w->error = str_dup(w->line.a, rest);
    else
        w->broken = true;
}

void engine_hear(engine_words *w, str bytes)
{
    while (bytes.n && !w->broken) {
        str rest = {0}, piece = str_cut(bytes, '\n', &rest);
        buf_put(&w->line, piece);
        w->broken |= w->line.full;
        if (!rest.p || w->broken) return;
        hear_line(w, buf_str(&w->line));
        w->line.n = 0;
        bytes = rest;
    }
}

bool engine_listen(struct engine *g, int ms)
{
    char chunk[65536];
    struct pollfd p = {.fd = g->out, .events = POLLIN};
    int ready = poll(&p, 1, ms);
    if (ready < 0) return errno == EINTR;
    if (ready == 0) return true;
    ssize_t n = read(g->out, chunk, sizeof chunk);
    if (n < 0) return errno == EINTR;
    engine_hear(&g->words, (str){chunk, (size_t)n});
    return n > 0 && !g->words.broken;
}

/* ---- starting ---- */

static void close_fd(void *p)
{
    close((int)(intptr_t)p);
}

static void reap(void *p)
{
    struct engine *g = p;
    if (g->pid <= 0) return;
    kill(g->pid, SIGKILL);
    while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    g->pid = 0;
}

/* Above the numbers that dup2 will fill. */
static bool keep_high(arena *a, int fd, int *ret, err *e)
{
    *ret = fcntl(fd, F_DUPFD_CLOEXEC, 64);
    if (*ret < 0) return err_errno(e, errno, S(""), "cannot keep a descriptor for the engine");
    arena_defer(a, close_fd, (void *)(intptr_t)*ret);
    return true;
}

static bool memory_file(arena *a, const char *name, str bytes, int *ret, err *e)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) return err_errno(e, errno, S(""), "cannot make a file in memory");
    bool ok = keep_high(a, fd, ret, e);
    close(fd);
    for (; ok && bytes.n;) {
        ssize_t n = write(*ret, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR) return err_errno(e, errno, S(""), "cannot write the request");
        if (n > 0) bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
    return ok;
}

static bool make_pipe(arena *a, int ret[2], err *e)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0) return err_errno(e, errno, S(""), "cannot make a pipe");
    bool ok = keep_high(a, fd[0], &ret[0], e);
    if (ok) {
        ret[1] = fcntl(fd[1], F_DUPFD_CLOEXEC, 64);
        ok = ret[1] >= 0 || err_errno(e, errno, S(""), "cannot make a pipe");
    }
    close(fd[0]);
    close(fd[1]);
    return ok;
}

struct plumbing {
    int request, out, last_words, file[JOB_FILES];
    size_t n_files;
};

static int set_actions(posix_spawn_file_actions_t *x, const struct plumbing *p)
{
    int bad = posix_spawn_file_actions_addopen(x, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    bad |= posix_spawn_file_actions_addopen(x, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    bad |= posix_spawn_file_actions_adddup2(x, p->last_words, STDERR_FILENO);
    bad |= posix_spawn_file_actions_adddup2(x, p->request, ENGINE_REQUEST);
    for (size_t i = 0; i < JOB_FILES; i++)
        bad |= i < p->n_files
                   ? posix_spawn_file_actions_adddup2(x, p->file[i], ENGINE_FILE + (int)i)
                   : posix_spawn_file_actions_addclose(x, ENGINE_FILE + (int)i);
    bad |= posix_spawn_file_actions_adddup2(x, p->out, ENGINE_OUT);
    bad |= posix_spawn_file_actions_addclosefrom_np(x, ENGINE_OUT + 1);
    bad |= posix_spawn_file_actions_addchdir_np(x, "/");
    return bad;
}

/* A process group of its own: a ^C in the terminal is the parent's to handle. */
static int set_attributes(posix_spawnattr_t *x)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int bad = posix_spawnattr_setsigmask(x, &none);
    bad |= posix_spawnattr_setsigdefault(x, &all);
    bad |= posix_spawnattr_setpgroup(x, 0);
    bad |= posix_spawnattr_setflags(x, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETPGROUP);
    return bad;
}

static char *handed_down(struct engine *g, const char *name)
{
    const char *v = getenv(name);
    return (char *)(uintptr_t)(v ? str_fmt(g->a, "%s=%s", name, v).p : NULL);
}

/* Memory and CPU time that it may use, the moment at which a test stands, and the one library that
 * has a path of its own. */
static void set_environment(struct engine *g, const sandbox_limits *l, char *ret[4])
{
    size_t n = 0;
    str limits =
        str_fmt(g->a, ENGINE_LIMITS "=%llu %llu",
                (unsigned long long)(l->memory ? l->memory : ENGINE_MEMORY),
                (unsigned long long)(l->cpu_seconds ? l->cpu_seconds : ENGINE_CPU_SECONDS));
    ret[n++] = (char *)(uintptr_t)limits.p;
    if ((ret[n] = handed_down(g, "AIMS_CLOCK"))) n++;
    if ((ret[n] = handed_down(g, "AIMS_ONNXRUNTIME"))) n++;
    ret[n] = NULL;
}

static bool spawn(struct engine *g, const job_feed *f, const struct plumbing *p, err *e)
{
    char name[] = "aims", verb[] = "job-child";
    char *argv[] = {name, verb, NULL}, *env[4];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    set_environment(g, &f->limits, env);
    int bad = set_actions(&actions, p) | set_attributes(&attributes);
    if (!bad) bad = posix_spawn(&g->pid, "/proc/self/exe", &actions, &attributes, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (bad) g->pid = 0;
    return bad == 0 || err_errno(e, bad, S(""), "cannot start the engine process");
}

bool engine_start(arena *a, const job_feed *f, struct engine **ret, err *e)
{
    struct engine *g = arena_new(a, struct engine, 1);
    struct plumbing p = {.n_files = f->n_files};
    int out[2] = {-1, -1};
    *g = (struct engine){.a = a, .words = engine_words_open(a)};
    if (f->values) {
        g->values = buf_open(a, JOB_RESULT_MAX);
        g->words.values = &g->values;
    }
    if (!memory_file(a, "request", f->request, &p.request, e) ||
        !memory_file(a, "last-words", S(""), &p.last_words, e))
        return false;
    for (size_t i = 0; i < f->n_files; i++)
        if (!keep_high(a, f->fd[i], &p.file[i], e)) return false;
    if (!make_pipe(a, out, e)) return false;
    g->out = out[0];
    g->last_words = p.last_words;
    p.out = out[1];
    arena_defer(a, reap, g);
    bool ok = spawn(g, f, &p, e);
    close(out[1]);
    *ret = g;
    return ok;
}

/* ---- ending ---- */

static str last_words(const struct engine *g)
{
    char text[400];
    ssize_t n = pread(g->last_words, text, sizeof text, 0);
    for (ssize_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~') text[i] = ' ';
    return n > 0 ? str_dup(g->a, str_trim(str_dupn(g->a, text, (size_t)n))) : S("");
}

static const struct {
    int signal;
    err_code code;
    const char *msg, *hint;
} deaths[] = {
    {SIGSYS,  ERR_DENIED,      "it made a system call that its sandbox forbids (seccomp)",
     "look whether model and data are what they should be"                            },
    {SIGXCPU, ERR_TOO_LARGE,   "it used up its CPU time (rlimit)",
     "measure fewer rows, or fewer resamples, or allow more (aims assess --cpu-hours)"},
    {SIGKILL, ERR_UNAVAILABLE, "it was killed, most likely because the machine's memory ran out",
     "give the machine more memory, or measure fewer rows"                            },
    {SIGXFSZ, ERR_INTERNAL,    "it wrote more to stderr than it may",
     "this is a defect of the program; report it"                                     },
};

static bool killed(int number, str words, err *e)
{
    if (number == SIGABRT && memmem(words.p, words.n, "out of memory", 13))
        return err_set(e, ERR_TOO_LARGE, S("engine"),
                       S("measure fewer rows, or allow more (aims assess --memory)"),
                       "the engine process needs more memory than it may have (rlimit)");
    for (size_t i = 0; i < COUNT(deaths); i++)
        if (deaths[i].signal == number)
            return err_set(e, deaths[i].code, S("engine"), str_of(deaths[i].hint),
                           "the engine process ended: %s", deaths[i].msg);
    const char *name = sigabbrev_np(number);
    return err_set(e, ERR_INTERNAL, S("engine"), S("this is a defect of the program; report it"),
                   "the engine process crashed with signal %d (SIG%s)%s%.*s", number,
                   name ? name : "?", words.n ? "; it said: " : "", STR_ARG(words));
}

/* Texts of the engine are as foreign as what it has read. */
bool engine_refusal(const engine_words *w, err *e)
{
    doc *d;
    err_code code;
    err inner = ERR_IN(e->a);
    if (!doc_parse(e->a, w->error, 1 << 16, &d, &inner) || !doc_str(d, "message").n ||
        !err_by_name(doc_str(d, "code"), &code) || code == ERR_OK)
        return err_set(e, ERR_INTERNAL, S("engine"), S("this is a defect of the program"),
                       "the engine process failed without saying why");
    str path = doc_str(d, "path"), hint = doc_str(d, "hint");
    return err_set(e, code, str_sub(path.p ? path : S(""), 0, 500),
                   str_sub(hint.p ? hint : S(""), 0, 2000), "%.*s",
                   STR_ARG(str_sub(doc_str(d, "message"), 0, 2000)));
}

/* At the end of its output it has exited, or has closed the pipe to live on: then it is killed. The
 * status of one that has exited stays as it was. */
bool engine_end(struct engine *g, str *ret_result, err *e)
{
    int status = 0;
    pid_t got;
    bool broken = g->words.broken;
    kill(g->pid, SIGKILL);
    while ((got = waitpid(g->pid, &status, 0)) < 0 && errno == EINTR) {
    }
    g->pid = 0;
    if (got < 0) return err_errno(e, errno, S("engine"), "cannot wait for the engine process");
    if (broken)
        return err_set(e, ERR_DENIED, S("engine"), S("look whether model and data are sound"),
                       "the engine process said something it must not, or too much");
    if (WIFSIGNALED(status)) return killed(WTERMSIG(status), last_words(g), e);
    if (g->words.error.p) return engine_refusal(&g->words, e);
    str words = last_words(g);
    if (WEXITSTATUS(status) != 0 || !g->words.result.p)
        return err_set(e, ERR_INTERNAL, S("engine"), S("this is a defect of the program"),
                       "the engine process ended with code %d and without a result%s%.*s",
                       WEXITSTATUS(status), words.n ? "; it said: " : "", STR_ARG(words));
    *ret_result = g->words.result;
    return true;
}
