/* store.c - opening a store, its pool of readers, and the statements of a transaction. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"
#include "store/driver.h"
#include <math.h>
#include <pthread.h>
#include <unistd.h>

struct store {
    const driver *d;
    struct writer *w; /* NULL: read only */
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct tx **idle; /* a stack, so that few readers stay warm */
    size_t n_idle;
};

/* ---- Transactions -------------------------------------------------------------------------- */

bool tx_call(struct tx *t, store_fn *fn, void *ctx, err *e)
{
    t->failed = false;
    bool ok = fn(t, ctx, e);
    if (ok && t->failed)
        return err_set(e, ERR_INTERNAL, S(""), S("this is a defect of the program; report it"),
                       "a statement failed and its transaction went on");
    return ok;
}

bool tx_run(struct tx *t, store_fn *fn, void *ctx, err *e)
{
    bool ok = t->d->begin(t, e) && tx_call(t, fn, ctx, e) && t->d->commit(t, e);
    if (!ok) t->d->rollback(t);
    return ok;
}

enum { VALUE_MAX = 256 << 20 };

/* What the two stores would take differently is refused on both. */
static bool check_args(const value *args, size_t n, err *e)
{
    for (size_t i = 0; i < n; i++) {
        const value *v = &args[i];
        bool bytes = v->kind == VALUE_TEXT || v->kind == VALUE_BLOB;
        if (bytes && v->s.n > VALUE_MAX)
            return err_set(e, ERR_TOO_LARGE, S(""), S("store large contents as files"),
                           "parameter $%zu is larger than %d bytes", i + 1, VALUE_MAX);
        if (v->kind == VALUE_REAL && !isfinite(v->d))
            return err_set(e, ERR_INVALID, S(""), S("give a finite number"),
                           "parameter $%zu is no finite number", i + 1);
        if (v->kind == VALUE_TEXT &&
            (!v->s.p || memchr(v->s.p, 0, v->s.n) != NULL || !str_utf8(v->s)))
            return err_set(e, ERR_INVALID, S(""), S("give UTF-8 text without NUL"),
                           "parameter $%zu is no text", i + 1);
    }
    return true;
}

static bool run(struct tx *t, arena *a, const char *sql, const value *args, size_t n,
                rows *ret_rows, int64_t *ret_changed, err *e)
{
    if (t->failed)
        return err_set(e, ERR_INTERNAL, S(""), S("this is a defect of the program; report it"),
                       "an earlier statement of this transaction failed");
    bool ok = check_args(args, n, e) && t->d->run(t, a, sql, args, n, ret_rows, ret_changed, e);
    t->failed = !ok;
    return ok;
}

bool tx_exec(struct tx *t, const char *sql, const value *args, size_t n, int64_t *ret_changed,
             err *e)
{
    return run(t, NULL, sql, args, n, NULL, ret_changed, e);
}

bool tx_query(struct tx *t, arena *a, const char *sql, const value *args, size_t n, rows *ret,
              err *e)
{
    return run(t, a, sql, args, n, ret, NULL, e);
}

bool tx_int(struct tx *t, const char *sql, const value *args, size_t n, int64_t dflt, int64_t *ret,
            err *e)
{
    arena *a = arena_open();
    rows r = {0};
    bool ok = run(t, a, sql, args, n, &r, NULL, e);
    value v = ok && r.n && r.cols ? r.at[0] : V_NULL;
    arena_close(a);
    if (!ok) return false;
    if (v.kind != VALUE_INT && v.kind != VALUE_NULL)
        return err_set(e, ERR_INTERNAL, S(""), S(""), "no integer comes from \"%.200s\"", sql);
    *ret = v.kind == VALUE_INT ? v.i : dflt;
    return true;
}

bool tx_prepare(struct tx *t, const char *sql, err *e)
{
    bool ok = t->d->prepare(t, sql, e);
    t->failed = t->failed || !ok;
    return ok;
}

/* ---- Store ----------------------------------------------------------------------------------- */

static const struct {
    const char *scheme;
    const driver *d;
} drivers[] = {
    {"sqlite:",       &store_sqlite},
    {"postgresql://", &store_pg    },
    {"postgres://",   &store_pg    }
};

/* The address may hold a password: it is never part of a message. */
static const driver *pick(const store_options *o, err *e)
{
    for (size_t i = 0; i < COUNT(drivers); i++)
        if (str_starts(str_of(o->url), str_of(drivers[i].scheme))) return drivers[i].d;
    err_set(e, ERR_USAGE, S("store"), S("use sqlite:PATH or postgresql://..."),
            "the store's address has no known form");
    return NULL;
}

static void end(void *p)
{
    struct store *s = p;
    pthread_cond_destroy(&s->given_back);
    pthread_mutex_destroy(&s->lock);
}

static struct store *make(arena *a, const store_options *o, const driver *d)
{
    struct store *s = arena_new(a, struct store, 1);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->d = d;
    /* More than processors: a few long searches must not keep short reads waiting. */
    s->n_idle = (size_t)(o->readers > 0 ? o->readers : (processors > 0 ? processors : 1) + 8);
    s->idle = arena_new(a, struct tx *, s->n_idle);
    for (size_t i = 0; i < s->n_idle; i++)
        s->idle[i] = d->make(a, o, false);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->given_back, NULL);
    arena_defer(a, end, s);
    return s;
}

bool store_open_with(arena *a, const store_options *o, const migration *list, size_t n,
                     struct store **ret, err *e)
{
    const driver *d = pick(o, e);
    if (!d) return false;
    struct tx *writer = d->make(a, o, !o->read_only);
    if (!migrate(writer, list, n, o->read_only, e)) return false;
    struct store *s = make(a, o, d);
    if (!o->read_only) s->w = writer_start(a, writer);
    *ret = s;
    return true;
}

bool store_open(arena *a, const store_options *o, struct store **ret, err *e)
{
    return store_open_with(a, o, store_migrations, store_n_migrations, ret, e);
}

static struct tx *borrow(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->n_idle == 0)
        pthread_cond_wait(&s->given_back, &s->lock);
    struct tx *t = s->idle[--s->n_idle];
    pthread_mutex_unlock(&s->lock);
    return t;
}

static void give_back(struct store *s, struct tx *t)
{
    pthread_mutex_lock(&s->lock);
    s->idle[s->n_idle++] = t;
    pthread_cond_signal(&s->given_back);
    pthread_mutex_unlock(&s->lock);
}

bool store_read(struct store *s, store_fn *fn, void *ctx, err *e)
{
    struct tx *t = borrow(s);
    bool ok = tx_run(t, fn, ctx, e);
    give_back(s, t);
    return ok;
}

bool store_write(struct store *s, store_fn *fn, void *ctx, err *e)
{
    if (!s->w)
        return err_set(e, ERR_DENIED, S("store"), S("open it for writing"),
                       "the store was opened read-only");
    return writer_run(s->w, fn, ctx, e);
}

bool store_is_postgres(const struct store *s)
{
    return s->d == &store_pg;
}

struct about {
    arena *a;
    rows r;
};

static bool about_tx(struct tx *t, void *ctx, err *e)
{
    struct about *x = ctx;
    return tx_query(t, x->a, t->d->about, NULL, 0, &x->r, e);
}

bool store_about(struct store *s, arena *a, str *ret_version, int64_t *ret_bytes, err *e)
{
    struct about x = {.a = a};
    if (!store_read(s, about_tx, &x, e)) return false;
    *ret_version = x.r.at[0].s;
    *ret_bytes = x.r.at[1].i;
    return true;
}
