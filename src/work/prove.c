/* prove.c - the log's verbs: publishing, leaves, proofs, verification, export, witnesses. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/prove.h"
#include "ledger/timestamp.h"
#include "net/net.h"
#include "work/impl.h"
#include <time.h>

static const char *log_dir(const struct work *w, arena *a)
{
    return str_fmt(a, "%s/log", w->dir).p;
}

bool work_publish(struct work *w, err *e)
{
    if (w->read_only) return true;
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = ledger_publish(w->ledger, e->a, NULL, e);
    pthread_mutex_unlock(&w->ledger_lock);
    return ok;
}

bool work_log_head(struct work *w, const actor *who, arena *a, log_head *ret, err *e)
{
    checkpoint c;
    if (!work_may(w, who, CAP_READ, "the checkpoint", e) || !work_publish(w, e)) return false;
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = ledger_head(w->ledger, a, &ret->note, &c, e);
    pthread_mutex_unlock(&w->ledger_lock);
    if (!ok) return false;
    ret->origin = str_dup(a, c.origin);
    ret->size = c.size;
    ret->root = c.root;
    ret->vkey = w->vkey;
    return true;
}

void log_head_json(const log_head *h, jw *out)
{
    jw_obj(out);
    jw_m_str(out, "origin", h->origin);
    jw_m_int(out, "size", (int64_t)h->size);
    jw_m_str(out, "root", base64_encode(out->b->a, h->root.b, sizeof h->root.b));
    jw_m_str(out, "vkey", h->vkey);
    jw_m_str(out, "checkpoint", h->note);
    jw_obj_end(out);
}

struct leaves {
    int64_t from, limit;
    arena *a;
    log_leaf *at;
    size_t n;
};

static bool leaves_tx(struct tx *t, void *ctx, err *e)
{
    struct leaves *l = ctx;
    int64_t size = 0;
    if (!ledger_size(t, &size, e)) return false;
    l->at = arena_new(l->a, log_leaf, l->limit);
    for (int64_t seq = l->from; seq < size && (int64_t)l->n < l->limit; seq++) {
        log_leaf *x = &l->at[l->n++];
        x->seq = seq;
        if (!ledger_leaf(t, l->a, seq, &x->body, &x->at, e)) return false;
    }
    return true;
}

bool work_log_list(struct work *w, const actor *who, int64_t from, int64_t limit, arena *a,
                   log_leaf **ret, size_t *ret_n, err *e)
{
    struct leaves l = {.from = from < 0 ? 0 : from,
                       .limit = limit < 1      ? 1
                                : limit > 1000 ? 1000
                                               : limit,
                       .a = a};
    if (!work_may(w, who, CAP_AUDIT, "the log", e)) return false;
    if (!store_read(w->store, leaves_tx, &l, e)) return false;
    *ret = l.at;
    *ret_n = l.n;
    return true;
}

bool work_log_proof(struct work *w, const actor *who, int64_t seq, arena *a, str *ret, err *e)
{
    if (!work_may(w, who, CAP_AUDIT, "a proof", e)) return false;
    if (seq < 0)
        return err_set(e, ERR_INVALID, S("seq"), S("leaves count from 0"), "no leaf %lld",
                       (long long)seq);
    if (!work_publish(w, e)) return false;
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = ledger_prove(w->ledger, a, (uint64_t)seq, ret, e);
    pthread_mutex_unlock(&w->ledger_lock);
    return ok;
}

bool log_policy(struct work *w, arena *a, struct policy **ret, err *e)
{
    const char *path = str_fmt(a, "%s/policy.txt", w->dir).p;
    str text;
    if (!file_exists(path)) {
        *ret = policy_of_key(a, &w->key);
        return true;
    }
    return file_read(a, path, POLICY_MAX, &text, e) && policy_parse(a, text, ret, e);
}

bool work_log_verify(struct work *w, const actor *who, arena *a, verify_report *ret, err *e)
{
    struct policy *p = policy_of_key(a, &w->key);
    ledger_mark *marks;
    size_t n;
    if (!work_may(w, who, CAP_AUDIT, "verifying the log", e) || !work_publish(w, e)) return false;
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = ledger_compare(w->ledger, e) && ledger_marks(w->ledger, a, &marks, &n, e);
    if (ok) {
        verify_options o = {
            .policy = p, .old = arena_new(a, str, n), .old_names = arena_new(a, str, n)};
        for (o.n_old = 0; o.n_old < n; o.n_old++) {
            ((str *)(uintptr_t)o.old)[o.n_old] = marks[o.n_old].note;
            ((str *)(uintptr_t)o.old_names)[o.n_old] =
                str_fmt(a, "checkpoint %llu", (unsigned long long)marks[o.n_old].size);
        }
        ok = verify_directory(a, log_dir(w, a), &o, ret, e);
    }
    pthread_mutex_unlock(&w->ledger_lock);
    return ok;
}

bool work_log_export(struct work *w, const actor *who, const char *dir, err *e)
{
    if (!work_may(w, who, CAP_AUDIT, "exporting the log", e) || !work_publish(w, e)) return false;
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = ledger_export(log_dir(w, e->a), dir, &w->key, e);
    pthread_mutex_unlock(&w->ledger_lock);
    return ok;
}

bool work_witness(struct work *w, const actor *who, arena *a, witness_result **ret, size_t *ret_n,
                  bool *ret_quorum, err *e)
{
    struct policy *p;
    struct net *net;
    if (!work_may(w, who, CAP_AUDIT, "asking witnesses", e) || !work_writable(w, e)) return false;
    if (!log_policy(w, a, &p, e) || !net_open(a, NULL, &net, e) || !work_publish(w, e))
        return false;
    if (p->n_nodes == 0)
        return err_set(e, ERR_NOT_FOUND, S("policy.txt"),
                       S("write witnesses into policy.txt of the data directory"),
                       "no witness is named");
    pthread_mutex_lock(&w->ledger_lock);
    bool ok = witness_collect(w->ledger, a, p, net_post, net, ret, ret_n, ret_quorum, e);
    pthread_mutex_unlock(&w->ledger_lock);
    return ok;
}

bool work_timestamp(struct work *w, const actor *who, str url, const char *ca_file, arena *a,
                    int64_t *ret_at, err *e)
{
    log_head h;
    struct net *net;
    timestamp_trust trust = {0};
    timestamp stamp;
    str request, reply;
    if (!work_may(w, who, CAP_AUDIT, "asking for a time-stamp", e) || !work_writable(w, e))
        return false;
    if (!file_read(a, ca_file, 1 << 20, &trust.ca_pem, e) || !net_open(a, NULL, &net, e))
        return false;
    if (!work_log_head(w, who, a, &h, e)) return false;
    if (!timestamp_fetch(a, h.note, url, &trust, net_post, net, &request, &reply, &stamp, e))
        return false;
    const char *base = str_fmt(a, "%s/timestamps/%llu", w->dir, (unsigned long long)h.size).p;
    if (!file_mkdirs(str_fmt(a, "%s/timestamps", w->dir).p, 0755, e)) return false;
    *ret_at = stamp.at;
    return file_replace(str_fmt(a, "%s.checkpoint", base).p, h.note, 0644, e) &&
           file_replace(str_fmt(a, "%s.tsq", base).p, request, 0644, e) &&
           file_replace(str_fmt(a, "%s.tsr", base).p, reply, 0644, e);
}

struct events {
    int64_t after;
    arena *a;
    event *at;
    size_t n;
};

static bool events_tx(struct tx *t, void *ctx, err *e)
{
    struct events *x = ctx;
    const value args[] = {V_INT(x->after), V_INT(500)};
    rows r;
    if (!tx_query(t, x->a, SQL(Q_ACTS_AFTER), args, COUNT(args), &r, e)) return false;
    x->n = r.n;
    x->at = arena_new(x->a, event, r.n);
    for (size_t i = 0; i < r.n; i++) {
        const value *v = &r.at[i * r.cols];
        x->at[i] = (event){v[0].i, v[1].i, v[2].s, v[3].s, v[4].i, v[5].i};
    }
    return true;
}

bool work_events(struct work *w, int64_t after, int wait_ms, arena *a, event **ret, size_t *ret_n,
                 err *e)
{
    enum { STEP_MS = 200 };
    struct events x = {.after = after, .a = a};
    for (;;) {
        if (!store_read(w->store, events_tx, &x, e)) return false;
        if (x.n || wait_ms <= 0) break;
        struct timespec pause = {.tv_nsec = STEP_MS * 1000000L};
        nanosleep(&pause, NULL);
        wait_ms -= STEP_MS;
    }
    *ret = x.at;
    *ret_n = x.n;
    return true;
}

void event_json(const event *ev, jw *out)
{
    jw_obj(out);
    jw_m_int(out, "seq", ev->seq);
    jw_m_time(out, "at", ev->at);
    jw_m_str(out, "act", ev->act);
    jw_m_str(out, "type", ev->type);
    jw_m_int(out, "id", ev->id);
    jw_m_int(out, "version", ev->version);
    jw_obj_end(out);
}
