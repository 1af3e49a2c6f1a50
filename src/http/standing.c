/* standing.c - handlers for status, the statement of applicability, measurements and bags. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/standing.h"
#include "http/handlers.h"
#include "http/inputs.h"
#include "work/assess.h"
#include "work/consistency.h"
#include "work/due.h"
#include "work/prove.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOA_MAX = 16 << 20, SOA_WIDTH = 100 };

bool do_status(request *q, err *e)
{
    standing s;
    int64_t at;
    if (!query_time(q, "at", &at, e) || !work_standing(q->w, &q->who, at, q->a, &s, e))
        return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    standing_json(&s, &w);
    reply_json(q, 200, &b);
    return true;
}

bool do_consistency(request *q, err *e)
{
    inconsistency *all;
    size_t n;
    if (!work_consistency(q->w, &q->who, q->a, &all, &n, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    consistency_json(all, n, &w);
    reply_json(q, 200, &b);
    return true;
}

static void put_due(jw *w, const void *item)
{
    const due *d = item;
    jw_obj(w);
    jw_m_strz(w, "type", d->r->name);
    jw_m_int(w, "id", d->id);
    jw_key(w, "name");
    d->name.p ? jw_str(w, d->name) : jw_null(w);
    jw_m_strz(w, "member", d->f->name);
    jw_m_str(w, "on", clock_date_text(w->b->a, d->on));
    jw_obj_end(w);
}

bool do_due(request *q, err *e)
{
    due *all;
    size_t n;
    bool more;
    int64_t until;
    if (!query_time(q, "until", &until, e)) return false;
    if (!until) until = clock_now() + 30 * CLOCK_DAY_MS;
    if (!work_due(q->w, &q->who, until, q->a, &all, &n, &more, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    put_items(&w, all, n, sizeof *all, put_due);
    jw_m_bool(&w, "more", more);
    jw_obj_end(&w);
    reply_json(q, 200, &b);
    return true;
}

static bool check_format(request *q, err *e)
{
    str f = query_get(q, "format");
    if (!f.p || str_eqz(f, "json") || str_eqz(f, "csv") || str_eqz(f, "text")) return true;
    return err_set(e, ERR_INVALID, S("format"), S("json, csv or text"), "no format '%.*s'",
                   STR_ARG(f));
}

bool do_soa(request *q, err *e)
{
    soa s;
    int64_t at;
    if (!check_format(q, e) || !query_time(q, "at", &at, e)) return false;
    if (!work_soa(q->w, &q->who, at, q->a, &s, e)) return false;
    buf b = buf_open(q->a, SOA_MAX);
    if (wants(q, "text/csv", "csv")) {
        soa_csv(&s, &b);
        reply_text(q, "text/csv; charset=utf-8", buf_str(&b));
    } else if (wants(q, "text/plain", "text")) {
        soa_text(&s, SOA_WIDTH, &b);
        reply_text(q, "text/plain; charset=utf-8", buf_str(&b));
    } else {
        jw w = jw_open(&b);
        soa_json(&s, &w);
        reply_json(q, 200, &b);
    }
    return true;
}

bool do_hand_in(request *q, err *e)
{
    handed_in h;
    str plan = query_get(q, "plan"), system = query_get(q, "system");
    if (!work_hand_in(q->w, &q->who, buf_str(&q->body), plan, system, q->a, &h, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    handed_in_json(&h, &w);
    reply_json(q, route_status(q->route), &b);
    reply_header(q, "Location",
                 str_fmt(q->a, "/api/v1/measurements/%lld", (long long)h.measurement));
    return true;
}

static void remove_folder(void *p)
{
    const char *folder = p;
    (void)rmdir(folder);
}

/* A folder of its own, so that the archive cannot meet a file of somebody else. */
static bool scratch_folder(request *q, const char **ret, err *e)
{
    str name = str_fmt(q->a, "%s/bag.XXXXXX", work_dir(q->w));
    char *folder = arena_new(q->a, char, name.n + 1);
    memcpy(folder, name.p, name.n);
    if (!mkdtemp(folder)) return err_errno(e, errno, S(""), "cannot make a folder for the bag");
    arena_defer(q->a, remove_folder, folder);
    *ret = folder;
    return true;
}

bool do_bag(request *q, err *e)
{
    const bag_body *in = q->in;
    const char *folder = NULL;
    digest d;
    uint64_t size;
    bag_request want = {.controls = in->controls.at,
                        .n_controls = in->controls.n,
                        .since = in->since.has ? in->since.v : 0};
    if (!scratch_folder(q, &folder, e)) return false;
    const char *path = str_fmt(q->a, "%s/evidence.tar.gz", folder).p;
    bool made = work_bag(q->w, &q->who, &want, path, q->a, &d, &size, e);
    int fd = made ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (made && fd < 0) made = err_errno(e, errno, S(""), "cannot read the bag");
    (void)unlink(path);
    if (!made) return false;
    q->reply.status = 200;
    q->reply.type = "application/gzip";
    q->reply.fd = fd;
    q->reply.fd_size = size;
    reply_header(q, "Content-Disposition", S("attachment; filename=\"evidence.tar.gz\""));
    reply_header(q, "Repr-Digest",
                 str_fmt(q->a, "sha-256=:%s:", base64_encode(q->a, d.b, sizeof d.b).p));
    return true;
}
