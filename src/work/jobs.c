/* jobs.c - the queue: adding, looking, cancelling, and the plans that are due. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/jobs_impl.h"

static const job_kind *const kinds[] = {&job_assess, &job_backup};

static size_t kind_at(str name)
{
    size_t i = 0;
    while (i < COUNT(kinds) && !str_eqz(name, kinds[i]->name))
        i++;
    return i;
}

const job_kind *job_kind_find(str name)
{
    size_t i = kind_at(name);
    return i < COUNT(kinds) ? kinds[i] : NULL;
}

static bool no_kind(str name, err *e)
{
    str valid = S("kinds:");
    for (size_t i = 0; i < COUNT(kinds); i++)
        valid = str_fmt(e->a, "%.*s %s", STR_ARG(valid), kinds[i]->name);
    return err_set(e, ERR_INVALID, S("kind"), valid, "'%.*s' is no kind of job",
                   STR_ARG(str_sub(name, 0, 100)));
}

/* ---- rows ---- */

static str text_of(arena *a, const value *v)
{
    return v->kind == VALUE_TEXT ? str_dup(a, v->s) : (str){0};
}

static job of_row(const value *v, arena *a)
{
    return (job){.id = v[0].i,
                 .kind = text_of(a, &v[1]),
                 .state = text_of(a, &v[2]),
                 .payload = text_of(a, &v[3]),
                 .result = text_of(a, &v[4]),
                 .error = text_of(a, &v[5]),
                 .progress = v[6].d,
                 .attempts = v[7].i,
                 .created_by = v[8].i,
                 .created_at = v[9].i,
                 .started_at = v[10].i,
                 .finished_at = v[11].i,
                 .run_after = v[12].i,
                 .cancel_requested = v[13].i != 0};
}

bool job_read(struct tx *t, arena *a, int64_t id, job *ret, err *e)
{
    const value args[] = {V_INT(id)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_JOB_GET), args, 1, &r, e)) return false;
    if (!r.n)
        return err_set(e, ERR_NOT_FOUND, S("id"), S("see: aims job list"), "no job %lld",
                       (long long)id);
    *ret = of_row(r.at, a);
    return true;
}

bool job_log(struct tx *t, const actor *who, const char *verb, const job *j, const char *member,
             str json, int64_t now, err *e)
{
    buf b = buf_open(e->a, 1 << 16);
    jw w = jw_open(&b);
    jw_obj(&w);
    jw_m_str(&w, "kind", j->kind);
    if (member) {
        jw_key(&w, member);
        jw_raw(&w, json);
    }
    jw_obj_end(&w);
    act x = {.name = verb, .id = j->id, .detail = buf_str(&b)};
    return act_log(t, who, &x, now, NULL, e);
}

/* ---- verbs ---- */

struct queue {
    const actor *who;
    const job_kind *kind;
    str payload;
    int64_t id, below, limit;
    arena *a;
    job *list;
    size_t n;
};

static bool add_job(struct tx *t, struct queue *q, int64_t now, err *e)
{
    const value args[] = {V_TEXT(str_of(q->kind->name)), V_TEXT(q->payload), V_INT(now),
                          V_INT(q->who->account), V_INT(now)};
    job *j = q->list = arena_new(q->a, job, 1);
    return tx_int(t, SQL(Q_JOB_ADD), args, COUNT(args), 0, &q->id, e) &&
           job_read(t, q->a, q->id, j, e) &&
           job_log(t, q->who, "job.add", j, "payload", j->payload, now, e);
}

static bool add_tx(struct tx *t, void *ctx, err *e)
{
    return add_job(t, ctx, clock_now(), e);
}

bool job_add(struct work *w, const actor *who, str kind, const doc *payload, arena *a, job *ret,
             err *e)
{
    size_t i = kind_at(kind);
    if (i == COUNT(kinds)) return no_kind(kind, e);
    struct queue q = {.kind = kinds[i], .who = who, .a = a};
    if (!work_may(w, who, q.kind->cap, "queueing a job", e) ||
        !q.kind->check(w, who, payload, a, &q.payload, e) || !work_write(w, add_tx, &q, e))
        return false;
    *ret = *q.list;
    return true;
}

static bool get_tx(struct tx *t, void *ctx, err *e)
{
    struct queue *q = ctx;
    return job_read(t, q->a, q->id, q->list, e);
}

bool job_get(struct work *w, const actor *who, int64_t id, arena *a, job *ret, err *e)
{
    struct queue q = {.id = id, .a = a, .list = ret};
    return work_may(w, who, CAP_READ, "reading a job", e) && store_read(w->store, get_tx, &q, e);
}

static bool list_tx(struct tx *t, void *ctx, err *e)
{
    struct queue *q = ctx;
    const value args[] = {V_INT(q->below), V_INT(q->limit)};
    rows r;
    if (!tx_query(t, e->a, SQL(Q_JOB_LIST), args, COUNT(args), &r, e)) return false;
    q->n = r.n;
    q->list = arena_new(q->a, job, r.n);
    for (size_t i = 0; i < r.n; i++)
        q->list[i] = of_row(&r.at[i * r.cols], q->a);
    return true;
}

bool job_list(struct work *w, const actor *who, int64_t below, int64_t limit, arena *a, job **ret,
              size_t *ret_n, err *e)
{
    struct queue q = {.below = below, .limit = limit, .a = a};
    if (!work_may(w, who, CAP_READ, "listing jobs", e)) return false;
    if (limit < 1 || limit > JOB_LIST_MAX)
        return err_set(e, ERR_INVALID, S("limit"), S("ask for fewer"),
                       "the limit is a number from 1 to %d", JOB_LIST_MAX);
    if (!store_read(w->store, list_tx, &q, e)) return false;
    *ret = q.list;
    *ret_n = q.n;
    return true;
}

static bool cancel_tx(struct tx *t, void *ctx, err *e)
{
    struct queue *q = ctx;
    int64_t now = clock_now(), changed = 0;
    const value args[] = {V_INT(q->id), V_INT(now)};
    if (!tx_exec(t, SQL(Q_JOB_CANCEL), args, COUNT(args), &changed, e) ||
        !job_read(t, q->a, q->id, q->list, e))
        return false;
    if (changed) return job_log(t, q->who, "job.cancel", q->list, NULL, S(""), now, e);
    return err_set(e, ERR_CONFLICT, S("state"), S("see: aims job show"),
                   "job %lld is %.*s%s already", (long long)q->id, STR_ARG(q->list->state),
                   q->list->cancel_requested ? ", and is to be cancelled," : "");
}

bool job_cancel(struct work *w, const actor *who, int64_t id, arena *a, job *ret, err *e)
{
    struct queue q = {.who = who, .id = id, .a = a, .list = ret};
    if (!work_may(w, who, CAP_READ, "reading a job", e) || !store_read(w->store, get_tx, &q, e))
        return false;
    const job_kind *kind = job_kind_find(ret->kind);
    return work_may(w, who, kind ? kind->cap : CAP_ADMIN, "cancelling a job", e) &&
           work_write(w, cancel_tx, &q, e);
}

static void write_time(jw *w, const char *key, int64_t ms)
{
    if (ms) jw_m_time(w, key, ms);
}

static void write_json(jw *w, const char *key, str json)
{
    if (!json.p) return;
    jw_key(w, key);
    jw_raw(w, json);
}

void job_json(const job *j, jw *out)
{
    jw_obj(out);
    jw_m_int(out, "id", j->id);
    jw_m_str(out, "kind", j->kind);
    jw_m_str(out, "state", j->state);
    write_json(out, "payload", j->payload);
    jw_m_real(out, "progress", j->progress);
    if (j->cancel_requested) jw_m_bool(out, "cancel_requested", true);
    write_json(out, "result", j->result);
    write_json(out, "error", j->error);
    jw_m_int(out, "attempts", j->attempts);
    jw_m_int(out, "created_by", j->created_by);
    write_time(out, "created_at", j->created_at);
    write_time(out, "started_at", j->started_at);
    write_time(out, "finished_at", j->finished_at);
    write_time(out, "run_after", j->run_after);
    jw_obj_end(out);
}

/* ---- plans that are due ---- */

static bool due(struct tx *t, int64_t now, rows *ret, err *e)
{
    const value args[] = {V_INT(now), V_INT(now - CLOCK_DAY_MS)};
    return tx_query(t, e->a, SQL(Q_JOB_DUE), args, COUNT(args), ret, e);
}

static bool count_due_tx(struct tx *t, void *ctx, err *e)
{
    return due(t, clock_now(), ctx, e);
}

static bool schedule_tx(struct tx *t, void *ctx, err *e)
{
    const actor program = {.name = S("program"), .via = "job"};
    int64_t now = clock_now();
    rows plans;
    (void)ctx;
    if (!due(t, now, &plans, e)) return false;
    for (size_t i = 0; i < plans.n; i++) {
        struct queue q = {.who = &program, .kind = &job_assess, .a = e->a};
        q.payload = str_fmt(e->a, "{\"plan\":%lld}", (long long)plans.at[i * plans.cols].i);
        if (!add_job(t, &q, now, e)) return false;
    }
    return true;
}

/* Looking costs no commit, and mostly nothing is due. What is due is looked up again by the writer,
 * of which there is one at a time: two nodes cannot queue the same run. */
bool job_schedule(struct work *w, err *e)
{
    rows plans;
    return store_read(w->store, count_due_tx, &plans, e) &&
           (plans.n == 0 || work_write(w, schedule_tx, NULL, e));
}
