/* jobs_child.c - main() of the engine process: takes its input, drops its rights, computes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"
#include "work/jobs_impl.h"
#include "work/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

struct input {
    str request, files[JOB_FILES];
    size_t n_files;
    int channel; /* job_task.channel */
};

static bool is_socket(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Never unmapped: the bytes are needed to the end, and the end of the process is near. */
static bool map(int fd, str *ret, err *e)
{
    struct stat st;
    *ret = S("");
    if (fstat(fd, &st) != 0) return err_errno(e, errno, S(""), "cannot look at the input");
    if (st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) return err_errno(e, errno, S(""), "cannot map the input");
        *ret = (str){p, (size_t)st.st_size};
    }
    close(fd);
    return true;
}

static bool take_input(struct input *in, err *e)
{
    if (!map(ENGINE_REQUEST, &in->request, e)) return false;
    for (int fd = ENGINE_FILE; fd < ENGINE_FILE + JOB_FILES; fd++) {
        if (fcntl(fd, F_GETFD) < 0) continue;
        str *bytes = &in->files[in->n_files++];
        *bytes = S("");
        if (is_socket(fd))
            in->channel = fd;
        else if (!map(fd, bytes, e))
            return false;
    }
    return true;
}

/* What a library reads from files when first used, it reads now. Gives the processors. */
static int warm_up(const struct input *in)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    (void)hash_bytes("", 0);
    (void)clock_now();
    for (size_t i = 0; i < in->n_files; i++)
        model_warm_up(in->files[i]);
    return n < 1 ? 1 : n > 64 ? 64 : (int)n;
}

/* ---- speaking ---- */

static bool say(char what, str text)
{
    arena *a = arena_open();
    str line = str_fmt(a, "%c %.*s\n", what, STR_ARG(text));
    while (line.n) {
        ssize_t n = write(ENGINE_OUT, line.p, line.n);
        if (n < 0 && errno != EINTR) break;
        if (n > 0) line = str_sub(line, (size_t)n, line.n);
    }
    arena_close(a);
    return line.n == 0;
}

/* A piece at a time, so that a line stays short. */
static bool say_values(void *ctx, str csv, err *e)
{
    (void)ctx;
    while (csv.n) {
        str piece = str_clip(csv, PIECE);
        if (!piece.n) piece = str_sub(csv, 0, 1); /* no UTF-8 */
        buf b = buf_open(e->a, 8 * PIECE);
        jw w = jw_open(&b);
        jw_str(&w, piece);
        if (!say('v', buf_str(&b)))
            return err_set(e, ERR_UNAVAILABLE, S("values"), S(""), "nobody listens any more");
        csv = str_sub(csv, piece.n, csv.n);
    }
    return true;
}

static bool say_progress(void *ctx, double done)
{
    double *said = ctx;
    char text[32];
    if (!(done >= *said + 0.01 && done <= 1)) return true;
    *said = done;
    snprintf(text, sizeof text, "%.4f", done);
    return say('p', str_of(text));
}

/* ---- computing ---- */

static bool compute(const struct input *in, int threads, arena *a, str *ret, err *e)
{
    doc *d;
    double said = 0;
    if (!doc_parse(a, in->request, JOB_REQUEST_MAX, &d, e)) return err_prefix(e, "request");
    const job_kind *kind = job_kind_find(doc_str(d, "kind"));
    if (!kind || !kind->run)
        return err_set(e, ERR_INTERNAL, S("kind"), S(""), "an unknown kind of job");
    job_task t = {.request = doc_get(d, "request"),
                  .n_files = in->n_files,
                  .channel = in->channel,
                  .threads = threads,
                  .progress = say_progress,
                  .values = say_values,
                  .ctx = &said};
    memcpy(t.files, in->files, sizeof t.files);
    return kind->run(&t, a, ret, e);
}

static sandbox_limits limits(void)
{
    const char *set = getenv(ENGINE_LIMITS);
    int64_t memory = 0, seconds = 0;
    str rest = {0}, first = str_cut(str_of(set), ' ', &rest);
    bool ok = str_int(first, &memory) && str_int(rest, &seconds) && memory > 0 && seconds > 0;
    return ok ? (sandbox_limits){(uint64_t)memory, (uint64_t)seconds}
              : (sandbox_limits){ENGINE_MEMORY, ENGINE_CPU_SECONDS};
}

static bool work(arena *a, str *ret, err *e)
{
    struct input in = {.channel = -1};
    sandbox_limits most = limits();
    if (!take_input(&in, e)) return false;
    int threads = warm_up(&in);
    return sandbox_enter(&most, e) && compute(&in, threads, a, ret, e);
}

/* Ends here: exit handlers have nothing to do, and some could not. */
int job_child_main(void)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str result;
    if (fcntl(ENGINE_OUT, F_GETFD) < 0) {
        fputs("aims: job-child is for aims itself; queue a job with: aims job add\n", stderr);
        return err_exit(ERR_USAGE);
    }
    prctl(PR_SET_NAME, "aims-engine");
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would listen any more */
    bool ok = work(a, &result, &e);
    bool said = ok ? say('r', result) : say('e', job_error_json(a, &e));
    _exit(said ? 0 : err_exit(ERR_UNAVAILABLE));
}
