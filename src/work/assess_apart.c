/* assess_apart.c - one measurement in the engine process, which has no rights but to compute. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/relay.h"
#include "work/assess.h"
#include "work/jobs_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTEN_MS = 100, HASH_STEP = 8 << 20 };

/* A file that the engine gets; its digest is taken here, too, for the engine may be lied to. */
struct given {
    const char *path, *member; /* member of the subject */
    int fd;
    str bytes;
    size_t hashed;
    struct hash *hash;
};

struct apart {
    const assess_run *run;
    arena *a;
    job_feed feed;
    struct given given[JOB_FILES];
    struct model *asked; /* by this process; NULL: the engine reads it */
    int channel;         /* the engine's way to ask it */
    size_t hashing;      /* number of the file whose digest is being taken */
};

/* ---- files ---- */

static void close_fd(void *p)
{
    close((int)(intptr_t)p);
}

struct view {
    void *p;
    size_t n;
};

static void unmap(void *p)
{
    const struct view *v = p;
    munmap(v->p, v->n);
}

static bool fail(err *e, const struct given *g, const char *what)
{
    int errnum = errno;
    return err_errno(e, errnum, str_of(g->path), str_fmt(e->a, "%s '%s'", what, g->path).p);
}

static bool new_copy(const struct given *g, arena *a, int *ret, err *e)
{
    *ret = memfd_create("input", MFD_CLOEXEC);
    if (*ret < 0) return fail(e, g, "cannot copy");
    arena_defer(a, close_fd, (void *)(intptr_t)*ret);
    return true;
}

static bool write_all(const struct given *g, int fd, str bytes, err *e)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR) return fail(e, g, "cannot copy");
        if (n > 0) bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
    return true;
}

static bool from_memory(struct given *g, str bytes, arena *a, err *e)
{
    g->bytes = bytes;
    return new_copy(g, a, &g->fd, e) && write_all(g, g->fd, bytes, e);
}

static bool go_on(const assess_run *r, double done, err *e)
{
    return !r->progress || r->progress(r->progress_ctx, done) ||
           err_set(e, ERR_UNAVAILABLE, S(""), S("start it again"), "the run was cancelled");
}

/* What cannot be mapped, such as a pipe, is read into a file in memory; it may be endless, or never
 * say anything. */
static bool spool(struct apart *x, struct given *g, err *e)
{
    char chunk[65536];
    int copy;
    uint64_t room = x->feed.limits.memory ? x->feed.limits.memory : ENGINE_MEMORY;
    if (!new_copy(g, x->a, &copy, e)) return false;
    while (go_on(x->run, 0, e)) {
        struct pollfd p = {.fd = g->fd, .events = POLLIN};
        int ready = poll(&p, 1, LISTEN_MS);
        ssize_t n = ready > 0 ? read(g->fd, chunk, sizeof chunk) : ready;
        if (ready == 0 || (n < 0 && errno == EINTR)) continue;
        if (n < 0) return fail(e, g, "cannot read");
        if ((uint64_t)n > room)
            return err_set(e, ERR_TOO_LARGE, str_of(g->path),
                           S("give a file, or allow more (aims assess --memory)"),
                           "what comes out of '%s' is larger than the memory allowed", g->path);
        room -= (uint64_t)n;
        if (!write_all(g, copy, (str){chunk, (size_t)n}, e)) return false;
        if (n == 0) {
            g->fd = copy;
            return true;
        }
    }
    return false;
}

static bool map(struct given *g, arena *a, err *e)
{
    struct stat st;
    struct view *v = arena_new(a, struct view, 1);
    if (fstat(g->fd, &st) != 0) return fail(e, g, "cannot look at");
    if (st.st_size == 0) return true;
    v->n = (size_t)st.st_size;
    v->p = mmap(NULL, v->n, PROT_READ, MAP_PRIVATE, g->fd, 0);
    if (v->p == MAP_FAILED) return fail(e, g, "cannot map");
    arena_defer(a, unmap, v);
    g->bytes = (str){v->p, v->n};
    return true;
}

static bool open_given(struct apart *x, struct given *g, str bytes, err *e)
{
    arena *a = x->a;
    struct stat st;
    bool input = strcmp(g->path, "-") == 0;
    g->hash = hash_begin(a);
    if (bytes.p) return from_memory(g, bytes, a, e);
    g->fd = input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(g->path, O_RDONLY | O_CLOEXEC);
    if (g->fd < 0) return fail(e, g, "cannot open");
    arena_defer(a, close_fd, (void *)(intptr_t)g->fd);
    if (fstat(g->fd, &st) != 0 || (S_ISDIR(st.st_mode) && (errno = EISDIR)))
        return fail(e, g, "cannot read");
    return (S_ISREG(st.st_mode) || spool(x, g, e)) && map(g, a, e);
}

static bool open_all(struct apart *x, err *e)
{
    const assess_run *r = x->run;
    const struct given all[JOB_FILES] = {
        {.path = r->data,      .member = "dataset"  },
        {.path = r->model,     .member = "model"    },
        {.path = r->reference, .member = "reference"},
        {.path = r->recorded,  .member = "recorded" },
    };
    const str bytes[JOB_FILES] = {r->data_bytes, r->model_bytes, r->reference_bytes,
                                  r->recorded_bytes};
    for (size_t i = 0; i < JOB_FILES; i++) {
        if (!all[i].path) continue;
        if (i == 1 && x->asked) { /* the model */
            x->feed.fd[x->feed.n_files++] = x->channel;
            continue;
        }
        struct given *g = &x->given[x->feed.n_files];
        *g = all[i];
        if (!open_given(x, g, bytes[i], e)) return false;
        x->feed.fd[x->feed.n_files++] = g->fd;
    }
    return true;
}

/* ---- listening ---- */

/* Goes on with the digests while the engine computes; false when all are taken. */
static bool hash_some(struct apart *x)
{
    if (x->hashing == x->feed.n_files) return false;
    struct given *g = &x->given[x->hashing];
    if (!g->hash) {
        x->hashing++;
        return true;
    }
    str piece = str_sub(g->bytes, g->hashed, HASH_STEP);
    hash_add(g->hash, piece.p, piece.n);
    g->hashed += piece.n;
    if (g->hashed == g->bytes.n) x->hashing++;
    return true;
}

static bool hand_values(const assess_run *r, struct engine *g, err *e)
{
    if (!r->values || !g->values.n) return true;
    bool ok = r->values(r->values_ctx, buf_str(&g->values), e);
    g->values.n = 0;
    return ok;
}

static bool listen_to(struct apart *x, struct engine *g, err *e)
{
    const assess_run *r = x->run;
    while (engine_listen(g, hash_some(x) ? 0 : LISTEN_MS)) {
        if (!hand_values(r, g, e)) return false;
        if (!go_on(r, g->words.progress, e)) return false;
    }
    while (hash_some(x)) {
    }
    return hand_values(r, g, e);
}

/* Nobody wants to know how it ended. */
static void stop(struct engine *g)
{
    err ignore = ERR_IN(g->a);
    str result;
    bool said = engine_end(g, &result, &ignore);
    (void)said;
}

/* ---- what it said ---- */

static bool about(struct apart *x, const doc *result, err *e)
{
    bool same = true;
    for (size_t i = 0; i < x->feed.n_files; i++) {
        if (!x->given[i].hash) continue;
        const doc *said = doc_get(doc_get(result, "subject"), x->given[i].member);
        same =
            same && str_eq(doc_str(said, "sha256"), digest_hex(x->a, hash_end(x->given[i].hash)));
    }
    if (x->asked)
        same = same && str_eq(doc_str(doc_get(doc_get(result, "subject"), "model"), "endpoint"),
                              model_describe(x->asked)->endpoint);
    return same || err_set(e, ERR_DENIED, S("subject"), S("look whether model and data are sound"),
                           "the result is about other files than the engine was given");
}

static bool read_result(struct apart *x, str json, assessment *ret, err *e)
{
    doc *d;
    if (!doc_parse(x->a, json, JOB_RESULT_MAX, &d, e)) return err_prefix(e, "the engine's result");
    if (!about(x, d, e)) return false;
    *ret = (assessment){.json = json, .seconds = doc_real(d, "seconds", 0)};
    ret->rows = doc_int(doc_get(doc_get(d, "subject"), "dataset"), "rows", 0);
    for (verdict v = VERDICT_NONE; v <= VERDICT_INCONCLUSIVE; v++)
        if (str_eqz(doc_str(d, "verdict"), verdict_name(v))) ret->verdict = v;
    return true;
}

/* A model that answers elsewhere needs rights: this process has them. Settings are for such models
 * only: opening another one refuses them unread. */
static bool ask_here(struct apart *x, assess_run *r, err *e)
{
    if (!r->model || r->model_bytes.p || !(model_is_elsewhere(r->model) || r->n_model_settings))
        return true;
    if (!assess_model(r, true, x->a, &x->asked, e) || !relay_start(x->a, x->asked, &x->channel, e))
        return false;
    r->model_described = relay_describe(x->a, x->asked);
    return true;
}

bool assess_apart(const assess_run *run, const assess_limits *l, arena *a, assessment *ret, err *e)
{
    assess_run r = *run;
    struct apart x = {.run = &r, .a = a};
    struct engine *g;
    if (!ask_here(&x, &r, e)) return false;
    str json;
    x.feed = (job_feed){
        .request = assess_request(a, &r),
        .limits = {l->memory, l->cpu_seconds},
        .values = run->values != NULL
    };
    if (!x.feed.request.p)
        return err_set(e, ERR_TOO_LARGE, S("plan"), S("shorten the plan"),
                       "the request is over %d bytes", JOB_REQUEST_MAX);
    if (!open_all(&x, e) || !engine_start(a, &x.feed, &g, e)) return false;
    if (!listen_to(&x, g, e)) {
        stop(g);
        return false;
    }
    return engine_end(g, &json, e) && read_result(&x, json, ret, e);
}
