/* bag_verify.c - verifies a bag from a file, a folder or memory, and writes what was found. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_check.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const problems[BAG_PROBLEMS] = {
#define X(id, name, doc) [BAG_##id] = name,
    BAG_FINDING_MAP(X)
#undef X
};

const char *bag_problem_name(bag_problem p)
{
    return problems[p];
}

typedef struct file_source {
    int fd;
    str path;
    uint8_t chunk[65536];
} file_source;

static bool next_of_file(void *ctx, const void **ret_p, size_t *ret_n, err *e)
{
    file_source *f = ctx;
    ssize_t n;
    do
        n = read(f->fd, f->chunk, sizeof f->chunk);
    while (n < 0 && errno == EINTR);
    if (n < 0) return err_errno(e, errno, f->path, "reading");
    *ret_p = f->chunk;
    *ret_n = (size_t)n;
    return true;
}

static bool read_file(arena *a, bag_check *c, const char *path, err *e)
{
    file_source *f = arena_new(a, file_source, 1);
    f->path = str_of(path);
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0) return err_errno(e, errno, f->path, "opening");
    bool ok = bag_read_archive(c, next_of_file, f, e);
    close(f->fd);
    return ok;
}

bool bag_verify(arena *a, const char *path, const bag_trust *t, bag_result *ret, err *e)
{
    bag_check c;
    struct stat st;
    if (!bag_check_open(a, t, ret, &c, e)) return false;
    if (stat(path, &st)) return err_errno(e, errno, str_of(path), "opening");
    if (!(S_ISDIR(st.st_mode) ? bag_read_folder(&c, path, e) : read_file(a, &c, path, e)))
        return false;
    bag_check_finish(&c);
    return true;
}

/* Fed in pieces, so that no length overflows zlib's counters. */
static bool next_of_memory(void *ctx, const void **ret_p, size_t *ret_n, err *e)
{
    (void)e;
    str *left = ctx;
    *ret_p = left->p ? left->p : "";
    *ret_n = left->n < 65536 ? left->n : 65536;
    *left = str_sub(*left, *ret_n, left->n);
    return true;
}

bool bag_verify_bytes(arena *a, str targz, const bag_trust *t, bag_result *ret, err *e)
{
    bag_check c;
    if (!bag_check_open(a, t, ret, &c, e) || !bag_read_archive(&c, next_of_memory, &targz, e))
        return false;
    bag_check_finish(&c);
    return true;
}

void bag_result_write(jw *w, const bag_result *r)
{
    arena *a = arena_open();
    jw_obj(w);
    jw_m_bool(w, "ok", !r->n_findings);
    jw_m_int(w, "files", (int64_t)r->files);
    jw_m_int(w, "leaves", (int64_t)r->leaves);
    jw_m_int(w, "proofs", (int64_t)r->proofs);
    jw_m_int(w, "bytes", (int64_t)r->bytes);
    jw_m_str(w, "origin", r->origin);
    jw_key(w, "log_size");
    if (r->log_size < 0)
        jw_null(w);
    else
        jw_int(w, r->log_size);
    jw_key(w, "stamped_at");
    if (r->stamped_at < 0)
        jw_null(w);
    else
        jw_str(w, clock_text(a, r->stamped_at));
    jw_m_str(w, "sha256", r->archive ? digest_hex(a, r->archive_sha256) : (str){0});
    jw_key(w, "findings");
    jw_arr(w);
    for (size_t i = 0; i < r->n_findings; i++) {
        jw_obj(w);
        jw_m_strz(w, "problem", bag_problem_name(r->findings[i].problem));
        jw_m_str(w, "path", r->findings[i].path);
        jw_m_str(w, "text", r->findings[i].text);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_m_bool(w, "more", r->more);
    jw_obj_end(w);
    arena_close(a);
}
