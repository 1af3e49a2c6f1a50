/* files.c - handlers that take files in and give them out, streaming both ways. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/files.h"
#include "http/handlers.h"

static void put_info(request *q, const file_info *f)
{
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "sha256", digest_hex(q->a, f->sha256));
    jw_m_int(&w, "size", (int64_t)f->size);
    jw_m_str(&w, "name", f->name);
    jw_m_time(&w, "created_at", f->created_at);
    jw_m_int(&w, "leaf", f->leaf);
    jw_obj_end(&w);
    reply_json(q, route_status(q->route), &b);
}

static str digest_field(request *q, digest d)
{
    return str_fmt(q->a, "sha-256=:%s:", base64_encode(q->a, d.b, sizeof d.b).p);
}

/* Repr-Digest of RFC 9530, one member: what the sender says it sends. */
static bool check_announced(request *q, err *e)
{
    if (!q->upload_hash) return true;
    str announced = str_trim(q->header(q, "Repr-Digest"));
    if (str_eq(announced, digest_field(q, hash_end(q->upload_hash)))) return true;
    return err_set(e, ERR_CHECK, S("Repr-Digest"), S("send the file again"),
                   "the bytes that arrived are not the ones announced");
}

bool do_upload(request *q, err *e)
{
    file_info f;
    str name = query_get(q, "name");
    if (!check_announced(q, e)) return false;
    if (!upload_end(q->upload, name.n ? name : S("file"), q->a, &f, e)) return false;
    put_info(q, &f);
    reply_header(q, "Location", str_fmt(q->a, "/api/v1/files/%s", digest_hex(q->a, f.sha256).p));
    return true;
}

bool do_file_info(request *q, err *e)
{
    digest d;
    file_info f;
    if (!arg_digest(q, 0, &d, e) || !work_file(q->w, &q->who, d, q->a, &f, e)) return false;
    put_info(q, &f);
    return true;
}

/* File names are cleaned when stored; what a quoted-string cannot hold is replaced again here. */
static str disposition(request *q, str name)
{
    buf b = buf_open(q->a, 400);
    buf_putz(&b, "attachment; filename=\"");
    for (size_t i = 0; i < name.n && i < 200; i++) {
        char c = name.p[i];
        buf_putc(&b, c < ' ' || c > '~' || c == '"' || c == '\\' ? '_' : c);
    }
    buf_putc(&b, '"');
    return buf_str(&b);
}

bool do_download(request *q, err *e)
{
    digest d;
    file_info f;
    if (!arg_digest(q, 0, &d, e) || !work_file(q->w, &q->who, d, q->a, &f, e)) return false;
    if (!download_begin(q->w, &q->who, d, q->a, &q->reply.stream, e)) return false;
    q->reply.status = 200;
    q->reply.type = "application/octet-stream";
    q->reply.stream_size = f.size;
    reply_header(q, "Content-Disposition", disposition(q, f.name));
    reply_header(q, "Repr-Digest", digest_field(q, d));
    return true;
}
