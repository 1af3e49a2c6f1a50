/* log.c - handlers of the log: head, leaves, proofs, verification, and its static files. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/handlers.h"
#include "work/prove.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool do_log_head(request *q, err *e)
{
    log_head h;
    if (!work_log_head(q->w, &q->who, q->a, &h, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    log_head_json(&h, &w);
    reply_json(q, 200, &b);
    return true;
}

static void put_leaf(const log_leaf *l, jw *w)
{
    jw_obj(w);
    jw_m_int(w, "seq", l->seq);
    jw_m_time(w, "at", l->at);
    jw_key(w, "leaf");
    jw_raw(w, l->body); /* written by this program, one JSON object per leaf */
    jw_obj_end(w);
}

bool do_log_leaves(request *q, err *e)
{
    log_leaf *at;
    size_t n;
    int64_t from, limit;
    if (!query_int(q, "from", 0, INT64_MAX - 1000, 0, &from, e)) return false;
    if (!query_int(q, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit, e)) return false;
    if (!work_log_list(q->w, &q->who, from, limit, q->a, &at, &n, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_key(&w, "items");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        put_leaf(&at[i], &w);
    jw_arr_end(&w);
    jw_key(&w, "next_from");
    if ((int64_t)n == limit)
        jw_int(&w, at[n - 1].seq + 1);
    else
        jw_null(&w);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

bool do_log_proof(request *q, err *e)
{
    int64_t seq;
    str text;
    if (!arg_int(q, 0, &seq, e) || !work_log_proof(q->w, &q->who, seq, q->a, &text, e))
        return false;
    reply_text(q, "text/plain; charset=utf-8", text);
    return true;
}

bool do_log_verify(request *q, err *e)
{
    verify_report report = {0};
    if (!work_log_verify(q->w, &q->who, q->a, &report, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    verify_write(&report, &w);
    reply_json(q, 200, &b);
    return true;
}

/* What may stand below log/: "tile/3/x001/067.p/8", "tile/entries/000". Nothing else is served,
 * so no name can leave the directory. */
static bool is_tile_name(str path)
{
    str rest = path;
    if (!str_eqz(str_cut(rest, '/', &rest), "tile") || !rest.n || path.n > 200) return false;
    if (str_starts(rest, S("entries/"))) rest = str_sub(rest, strlen("entries/"), rest.n);
    while (rest.p) {
        str part = str_cut(rest, '/', &rest);
        if (part.n && part.p[0] == 'x') part = str_sub(part, 1, part.n);
        if (str_ends(part, S(".p"))) part = str_sub(part, 0, part.n - 2);
        if (!part.n) return false;
        for (size_t i = 0; i < part.n; i++)
            if (part.p[i] < '0' || part.p[i] > '9') return false;
    }
    return true;
}

static bool send_file(request *q, const char *path, const char *type, err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        q->reply.status = 200;
        q->reply.type = type;
        q->reply.fd = fd;
        q->reply.fd_size = (uint64_t)st.st_size;
        return true;
    }
    int why = fd < 0 ? errno : ENOENT;
    if (fd >= 0) close(fd);
    if (why != ENOENT && why != ENOTDIR) return err_errno(e, why, q->path, "cannot read the log");
    return err_set(e, ERR_NOT_FOUND, S(""), S("see /log/checkpoint for the size of the log"),
                   "there is no '%.*s' in the log", STR_ARG(q->path));
}

bool do_log_file(request *q, err *e)
{
    if (!is_tile_name(q->args[0]))
        return err_set(e, ERR_NOT_FOUND, S(""), S("see c2sp.org/tlog-tiles for the names"),
                       "that is no name of a tile");
    /* Full tiles never change; a partial one may be removed when it is full. */
    q->reply.cacheable = true;
    reply_header(q, "Cache-Control", S("private, max-age=31536000, immutable"));
    return send_file(q, str_fmt(q->a, "%s/log/%s", work_dir(q->w), q->args[0].p).p,
                     "application/octet-stream", e);
}

bool do_checkpoint(request *q, err *e)
{
    return send_file(q, str_fmt(q->a, "%s/log/checkpoint", work_dir(q->w)).p,
                     "text/plain; charset=utf-8", e);
}
