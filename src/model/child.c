/* child.c - starts a program of the user, and exchanges lines with it without ever waiting for
 * good. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/child.h"
#include "model/source.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 1000, LAST_WORDS = 2000, ENVIRONMENT_MAX = 200 };

struct child {
    arena *a;
    pid_t pid;
    int in, out, complaints; /* its stdin, stdout and stderr; -1: closed */
    double timeout;
    const atomic_bool *stop;
    char last[LAST_WORDS]; /* the end of what it wrote to stderr */
    size_t n_last;
    buf ahead; /* bytes behind the last line it said */
    str scratch, name;
};

/* ---- the command ---- */

static bool special(char quote, char c)
{
    return quote ? c == quote || (quote == '"' && c == '\\')
                 : c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '\\';
}

/* One word from *at on; *ret absent at the end. */
static bool next_word(arena *a, str s, size_t *at, str *ret)
{
    buf b = buf_open(a, s.n + 1);
    char quote = 0;
    bool any = false;
    while (*at < s.n && (s.p[*at] == ' ' || s.p[*at] == '\t'))
        ++*at;
    for (; *at < s.n; ++*at) {
        char c = s.p[*at];
        any = true;
        if (!special(quote, c))
            buf_putc(&b, c);
        else if (c == '\\' && *at + 1 < s.n)
            buf_putc(&b, s.p[++*at]);
        else if (c == '\'' || c == '"')
            quote = quote ? 0 : c;
        else
            break;
    }
    *ret = any ? buf_str(&b) : (str){0};
    return !quote && (*at == s.n || s.p[*at] != '\\');
}

bool child_words(arena *a, str command, char ***ret, size_t *ret_n, err *e)
{
    char **words = arena_new(a, char *, WORDS_MAX + 1);
    str word = {0};
    bool fine = !memchr(command.p, 0, command.n);
    *ret_n = 0;
    for (size_t at = 0; fine && *ret_n < WORDS_MAX; words[(*ret_n)++] = (char *)(uintptr_t)word.p) {
        fine = next_word(a, command, &at, &word);
        if (!word.p) break;
    }
    *ret = words;
    if (fine && *ret_n && words[0][0]) return true;
    return err_set(e, ERR_INVALID, S("model"),
                   S("write it as exec:PROGRAM ARGUMENT..., with '...' around blanks"),
                   "the command names no program, or a quote or backslash is left open");
}

/* ---- a place to write ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)at;
    (void)(kind == FTW_DP ? rmdir(path) : unlink(path));
    return 0;
}

static bool make_scratch(struct child *c, err *e)
{
    const char *dir = getenv("TMPDIR");
    c->scratch = str_fmt(c->a, "%s/aims-model-XXXXXX", dir && *dir == '/' ? dir : "/tmp");
    char *path = (char *)(uintptr_t)c->scratch.p;
    if (path && mkdtemp(path)) return true;
    return err_errno(e, errno, c->scratch, "cannot make a temporary directory");
}

/* ---- ending ---- */

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void hear(struct child *c)
{
    char bytes[4096];
    ssize_t n = 1;
    while (c->complaints >= 0 && (n = read(c->complaints, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (c->n_last == LAST_WORDS) memmove(c->last, c->last + 1, --c->n_last);
            c->last[c->n_last++] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : ' ';
        }
    if (c->complaints >= 0 && n == 0) shut(&c->complaints);
}

/* Its whole group, which none of its processes can leave. The status of one that has ended stays.
 */
static int kill_all(struct child *c)
{
    int status = 0;
    shut(&c->in);
    shut(&c->out);
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
        }
        c->pid = 0;
    }
    hear(c);
    shut(&c->complaints);
    return status;
}

static void reap(void *p)
{
    struct child *c = p;
    kill_all(c);
    nftw(c->scratch.p, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static str last_words(const struct child *c, arena *a)
{
    str s = str_trim((str){c->last, c->n_last});
    return str_dup(a, s.n > 400 ? str_sub(s, s.n - 400, 400) : s);
}

/* How it went is looked at first: killing it would hide why it ended. */
static const char *how_it_ended(struct child *c, arena *a)
{
    int status = 0;
    double until = clock_mono() + 0.5; /* its output has ended; its end is near */
    pid_t got = 0;
    while (c->pid > 0 && (got = waitpid(c->pid, &status, WNOHANG)) == 0 && clock_mono() < until)
        poll(NULL, 0, 2);
    if (got > 0) {
        kill(-c->pid, SIGKILL); /* what it has left behind */
        c->pid = 0;
    }
    kill_all(c);
    if (got <= 0) return "closed its output";
    if (!WIFSIGNALED(status)) return str_fmt(a, "ended with code %d", WEXITSTATUS(status)).p;
    return WTERMSIG(status) == SIGXCPU   ? "used up its CPU time (setting 'cpu')"
           : WTERMSIG(status) == SIGKILL ? "was killed"
           : WTERMSIG(status) == SIGSYS  ? "made a system call that it must not make"
                                         : str_fmt(a, "died of signal %d", WTERMSIG(status)).p;
}

static bool gone(struct child *c, const char *what, err *e)
{
    if (!what) what = how_it_ended(c, e->a);
    kill_all(c);
    str words = last_words(c, e->a);
    return err_set(e, ERR_UNAVAILABLE, S("model"),
                   S("run the program by hand and give it a line; see docs/models.md"),
                   "the program '%s' %s%s%.*s", c->name.p, what, words.n ? "; it said: " : "",
                   STR_ARG(words));
}

/* ---- starting ---- */

static const char *const passed_on[] = {
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "R_HOME",
    "R_LIBS",
    "R_LIBS_USER",
    "JAVA_HOME",
    "CLASSPATH",
    "NODE_PATH",
    "JULIA_DEPOT_PATH",
    "OMP_NUM_THREADS",
    "PYENV_VERSION",
};

static void add_variable(struct child *c, char **env, size_t *n, const char *name)
{
    const char *v = getenv(name);
    if (v && *n < ENVIRONMENT_MAX)
        env[(*n)++] = (char *)(uintptr_t)str_fmt(c->a, "%s=%s", name, v).p;
}

static char **environment(struct child *c, str further)
{
    char **env = arena_new(c->a, char *, ENVIRONMENT_MAX + 3);
    size_t n = 0;
    for (size_t i = 0; i < COUNT(passed_on); i++)
        add_variable(c, env, &n, passed_on[i]);
    for (str rest = further; rest.p;)
        add_variable(c, env, &n, str_dup(c->a, str_trim(str_cut(rest, ',', &rest))).p);
    env[n++] = (char *)(uintptr_t)str_fmt(c->a, "TMPDIR=%s", c->scratch.p).p;
    env[n] = (char *)(uintptr_t) "PYTHONDONTWRITEBYTECODE=1";
    return env;
}

/* model-child CPU MEMORY NETWORK UNCONFINED SCRATCH PROGRAM ARGUMENT... */
static bool command_line(struct child *c, const child_options *o, char ***ret, err *e)
{
    char **words, **all;
    size_t n;
    if (!child_words(c->a, o->command, &words, &n, e)) return false;
    c->name = str_clip(str_of(words[0]), 100);
    c->name = str_dup(c->a, c->name);
    all = arena_new(c->a, char *, n + 8);
    const str own[] = {S("aims"),
                       S(MODEL_CHILD),
                       str_fmt(c->a, "%lld", (long long)o->cpu),
                       str_fmt(c->a, "%lld", (long long)o->memory),
                       o->network ? S("1") : S("0"),
                       o->unconfined ? S("1") : S("0"),
                       c->scratch};
    for (size_t i = 0; i < COUNT(own); i++)
        all[i] = (char *)(uintptr_t)own[i].p;
    memcpy(all + COUNT(own), words, n * sizeof *words);
    *ret = all;
    return true;
}

static int set_actions(posix_spawn_file_actions_t *x, const int theirs[3])
{
    int bad = 0;
    for (int i = 0; i < 3; i++)
        bad |= posix_spawn_file_actions_adddup2(x, theirs[i], i);
    return bad | posix_spawn_file_actions_addclosefrom_np(x, 3);
}

static int set_attributes(posix_spawnattr_t *x)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawnattr_setsigmask(x, &none) | posix_spawnattr_setsigdefault(x, &all) |
           posix_spawnattr_setpgroup(x, 0) |
           posix_spawnattr_setflags(x, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                           POSIX_SPAWN_SETPGROUP);
}

static bool spawn(struct child *c, const child_options *o, const int theirs[3], err *e)
{
    char **argv;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (!command_line(c, o, &argv, e)) return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int bad = set_actions(&actions, theirs) | set_attributes(&attributes);
    if (!bad)
        bad = posix_spawn(&c->pid, "/proc/self/exe", &actions, &attributes, argv,
                          environment(c, o->environment));
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (bad) c->pid = 0;
    return bad == 0 || err_errno(e, bad, S("model"), "cannot start the program");
}

/* Above the numbers that dup2 will fill. */
static bool high_pipe(int ret[2])
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0) return false;
    for (int i = 0; i < 2; i++) {
        ret[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 10);
        close(fd[i]);
    }
    return ret[0] >= 0 && ret[1] >= 0;
}

static bool start(struct child *c, const child_options *o, err *e)
{
    int p[3][2] = {
        {-1, -1},
        {-1, -1},
        {-1, -1}
    };
    bool ok = high_pipe(p[0]) && high_pipe(p[1]) && high_pipe(p[2]);
    if (!ok) err_errno(e, errno, S("model"), "cannot make a pipe");
    c->in = p[0][1];
    c->out = p[1][0];
    c->complaints = p[2][0];
    const int theirs[3] = {p[0][0], p[1][1], p[2][1]};
    ok = ok && fcntl(c->in, F_SETFL, O_NONBLOCK) == 0 && fcntl(c->out, F_SETFL, O_NONBLOCK) == 0 &&
         fcntl(c->complaints, F_SETFL, O_NONBLOCK) == 0 && spawn(c, o, theirs, e);
    for (int i = 0; i < 3; i++)
        if (theirs[i] >= 0) close(theirs[i]);
    return ok;
}

bool child_open(arena *a, const child_options *o, struct child **ret, err *e)
{
    struct child *c = arena_new(a, struct child, 1);
    *c = (struct child){.a = a,
                        .in = -1,
                        .out = -1,
                        .complaints = -1,
                        .timeout = o->timeout,
                        .stop = o->stop,
                        .name = S("")};
    c->ahead = buf_open(a, SIZE_MAX / 4); /* never more than a line and a chunk */
    *ret = c;
    if (!make_scratch(c, e)) return false;
    arena_defer(a, reap, c);
    return start(c, o, e);
}

/* ---- exchanging lines ---- */

/* SIGPIPE is kept from this thread alone: what the process makes of it is for others to say. */
static ssize_t write_quietly(int fd, str s)
{
    sigset_t pipe_only, before, waiting;
    const struct timespec now = {0};
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&waiting);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t n = write(fd, s.p, s.n);
    int failure = errno;
    if (n < 0 && failure == EPIPE && !sigismember(&waiting, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
    return n;
}

struct exchange {
    struct child *c;
    str left; /* still to be sent */
    buf got;
    size_t max;
    double until;
};

/* Takes a whole line out of what has been read. */
static bool whole_line(struct exchange *x, size_t from, arena *a, str *ret)
{
    const char *end = memchr(x->got.p + from, '\n', x->got.n - from);
    if (!end) return false;
    size_t n = (size_t)(end - x->got.p);
    *ret = str_dupn(a, x->got.p, n);
    x->c->ahead.n = 0;
    buf_bytes(&x->c->ahead, end + 1, x->got.n - n - 1);
    return true;
}

typedef enum step { STEP_GO_ON, STEP_DONE, STEP_ENDED, STEP_TOO_LONG } step;

static step take(struct exchange *x, arena *a, str *ret)
{
    char bytes[65536];
    size_t from = x->got.n;
    ssize_t n = read(x->c->out, bytes, sizeof bytes);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? STEP_GO_ON : STEP_ENDED;
    if (n == 0) return STEP_ENDED;
    buf_bytes(&x->got, bytes, (size_t)n);
    if (whole_line(x, from, a, ret)) return STEP_DONE;
    return x->got.n > x->max ? STEP_TOO_LONG : STEP_GO_ON;
}

static step give(struct exchange *x)
{
    ssize_t n = write_quietly(x->c->in, x->left);
    if (n > 0) x->left = str_sub(x->left, (size_t)n, x->left.n);
    if (n < 0 && errno == EPIPE) return STEP_ENDED;
    return STEP_GO_ON;
}

/* Whatever is ready: all three pipes are looked at, so that neither side waits for the other. */
static step turn(struct exchange *x, arena *a, str *ret)
{
    struct child *c = x->c;
    struct pollfd p[3] = {
        {c->out,                 POLLIN,  0},
        {c->complaints,          POLLIN,  0},
        {x->left.n ? c->in : -1, POLLOUT, 0},
    };
    double left = x->until - clock_mono();
    if (left > 0.2) left = 0.2; /* `stop` is looked at */
    if (poll(p, 3, left > 0 ? (int)(1000 * left) + 1 : 0) < 0) return STEP_GO_ON;
    if (p[1].revents) hear(c);
    if (p[0].revents) return take(x, a, ret);
    return p[2].revents ? give(x) : STEP_GO_ON;
}

bool child_ask(struct child *c, arena *a, str line, size_t max, str *ret, err *e)
{
    struct exchange x = {.c = c, .max = max, .until = clock_mono() + c->timeout};
    step s = STEP_GO_ON;
    if (c->pid <= 0) return gone(c, "has ended before", e);
    x.left = str_fmt(a, "%.*s\n", STR_ARG(line));
    x.got = buf_open(a, SIZE_MAX / 4);
    if (c->ahead.n) return gone(c, "said something unasked", e);
    while (s == STEP_GO_ON && clock_mono() < x.until && !(c->stop && *c->stop))
        s = turn(&x, a, ret);
    if (s == STEP_GO_ON && c->stop && *c->stop) return gone(c, "was no longer waited for", e);
    if (s == STEP_DONE && x.left.n) return gone(c, "answered before it was asked", e);
    if (s == STEP_DONE) return true;
    if (s == STEP_ENDED) return gone(c, NULL, e);
    if (s == STEP_TOO_LONG) return gone(c, "answered with too long a line", e);
    return gone(c, str_fmt(e->a, "gave no answer within %g seconds", c->timeout).p, e);
}
