/* replay.c - keeps and repeats replies for Idempotency-Key. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/replay.h"
#include "work/idempotency.h"

enum { KEY_MAX = 200 };

static str key_of(const request *q)
{
    if (q->method != HTTP_POST || q->route->flags & (PUBLIC | UPLOAD)) return (str){0};
    return q->header(q, "Idempotency-Key");
}

static bool check_key(const request *q, str key, err *e)
{
    if (q->route->flags & NO_REPLAY)
        return err_set(e, ERR_INVALID, S("Idempotency-Key"), S("send it without the header"),
                       "this reply is shown once and cannot be repeated");
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] < ' ' || key.p[i] > '~') key.n = 0;
    if (key.n >= 1 && key.n <= KEY_MAX) return true;
    return err_set(e, ERR_INVALID, S("Idempotency-Key"), S("send 1 to 200 printable characters"),
                   "the key is empty, too long or not printable");
}

static digest request_digest(request *q)
{
    struct hash *h = hash_begin(q->a);
    hash_add(h, "POST\n", 5);
    hash_add(h, q->target.p, q->target.n);
    hash_add(h, "\n", 1);
    hash_add(h, q->body.p ? q->body.p : "", q->body.n);
    return hash_end(h);
}

static void put_header(request *q, const doc *kept, const char *name)
{
    str text = doc_str(kept, name);
    if (text.p) reply_header(q, name, text);
}

static bool repeat(request *q, int64_t status, str kept, err *e)
{
    doc *d;
    if (!doc_parse(q->a, kept, REPLY_MAX, &d, e)) return false;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    const doc *body = doc_get(d, "body");
    if (body && body->kind != DOC_NULL) {
        doc_write(body, &w);
        reply_json(q, (int)status, &b);
    } else {
        reply_nothing(q);
    }
    put_header(q, d, "ETag");
    put_header(q, d, "Location");
    reply_header(q, "Idempotent-Replayed", S("true"));
    return true;
}

bool replay_begin(request *q, bool *ret_replayed, err *e)
{
    str key = key_of(q), kept = {0};
    int64_t status = 0;
    *ret_replayed = false;
    if (!key.p) return true;
    if (!check_key(q, key, e)) return false;
    if (!idempotency_begin(q->w, &q->who, key, request_digest(q), q->a, &status, &kept, e))
        return false;
    *ret_replayed = status != 0;
    return !*ret_replayed || repeat(q, status, kept, e);
}

static str header_set(const request *q, const char *name)
{
    for (size_t i = 0; i < q->reply.n_headers; i++)
        if (str_eqz(q->reply.headers[i].key, name)) return q->reply.headers[i].value;
    return (str){0};
}

bool replay_keep(request *q, err *e)
{
    str key = key_of(q);
    if (!key.p) return true;
    buf b = reply_buf(q);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_key(&w, "body");
    if (q->reply.body.n)
        jw_raw(&w, q->reply.body);
    else
        jw_null(&w);
    if (header_set(q, "ETag").p) jw_m_str(&w, "ETag", header_set(q, "ETag"));
    if (header_set(q, "Location").p) jw_m_str(&w, "Location", header_set(q, "Location"));
    jw_obj_end(&w);
    return idempotency_keep(q->w, &q->who, key, q->reply.status, buf_str(&b), e);
}

void replay_forget(request *q)
{
    err e = ERR_IN(q->a);
    /* A key that stays reserved costs its owner a new key, nothing else. */
    if (key_of(q).p && !idempotency_forget(q->w, &q->who, key_of(q), &e))
        log_err(LOG_WARNING, "freeing an Idempotency-Key", &e);
}
