/* relay_ask.c - a model whose answers come through a socket from another process. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_impl.h"
#include "model/relay.h"
#include <pthread.h>

struct asker {
    int fd;
    bool broken;
    pthread_mutex_t lock; /* one conversation at a time */
};

static bool hung_up(struct asker *k, err *e)
{
    k->broken = true;
    return err_set(e, ERR_UNAVAILABLE, S("model"), S("start it again"),
                   "the model can no longer be asked");
}

static bool take_error(struct asker *k, size_t n, err *e)
{
    doc *d;
    err inner = ERR_IN(e->a);
    err_code code;
    char *text = arena_new(e->a, char, n + 1);
    if (n > RELAY_ERROR_MAX || !relay_take(k->fd, text, n)) return hung_up(k, e);
    if (!doc_parse(e->a, (str){text, n}, RELAY_ERROR_MAX, &d, &inner) ||
        !err_by_name(doc_str(d, "code"), &code) || code == ERR_OK)
        return hung_up(k, e);
    return err_set(e, code, doc_str(d, "path"), doc_str(d, "hint"), "%.*s",
                   STR_ARG(doc_str(d, "message")));
}

static bool ask(struct asker *k, const model_info *i, const float *x, size_t rows, double *ret,
                err *e)
{
    uint32_t n = (uint32_t)rows;
    relay_head h;
    if (k->broken || !relay_give(k->fd, &n, sizeof n) ||
        !relay_give(k->fd, x, rows * i->n_features * sizeof *x) || !relay_take(k->fd, &h, sizeof h))
        return hung_up(k, e);
    if (!h.ok) return take_error(k, h.bytes, e);
    return relay_take(k->fd, ret, rows * i->n_outputs * sizeof *ret) || hung_up(k, e);
}

static bool predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    struct asker *k = m->self;
    const model_info *i = &m->info;
    size_t most = RELAY_CELLS_MAX / (i->n_features + i->n_outputs);
    if (most > RELAY_ROWS_MAX) most = RELAY_ROWS_MAX;
    bool ok = true;
    pthread_mutex_lock(&k->lock);
    for (size_t at = 0; ok && at < rows; at += most) {
        size_t n = rows - at < most ? rows - at : most;
        ok = ask(k, i, x + at * i->n_features, n, ret + at * i->n_outputs, e);
    }
    pthread_mutex_unlock(&k->lock);
    return ok;
}

bool relay_used(const struct model *m, model_usage *ret)
{
    uint32_t none = 0;
    relay_head h;
    if (m->predict != predict) return false;
    struct asker *k = m->self;
    pthread_mutex_lock(&k->lock);
    bool ok = !k->broken && relay_give(k->fd, &none, sizeof none) &&
              relay_take(k->fd, &h, sizeof h) && relay_take(k->fd, ret, sizeof *ret);
    pthread_mutex_unlock(&k->lock);
    return ok;
}

static void destroy(void *p)
{
    pthread_mutex_destroy(&((struct asker *)p)->lock);
}

static bool read_names(arena *a, const doc *d, model_info *i)
{
    const doc *names = doc_get(d, "features");
    if (!names || names->kind != DOC_ARR || (names->n && names->n != i->n_features)) return false;
    str *all = arena_new(a, str, names->n + 1);
    for (size_t k = 0; k < names->n; k++)
        all[k] = str_dup(a, names->at[k].s);
    i->features = names->n ? all : NULL;
    return true;
}

bool relay_open(arena *a, int fd, const doc *d, struct model **ret, err *e)
{
    struct model *m = arena_new(a, struct model, 1);
    struct asker *k = arena_new(a, struct asker, 1);
    int64_t task = doc_int(d, "task", -1), f = doc_int(d, "n_features", 0);
    int64_t n = doc_int(d, "n_outputs", 0);
    m->info = (model_info){.format = str_dup(a, doc_str(d, "format")).p,
                           .version = doc_str(d, "version"),
                           .endpoint = doc_str(d, "endpoint"),
                           .objective = S(""),
                           .task = (model_task)task,
                           .n_features = (size_t)f,
                           .n_outputs = (size_t)n};
    if (f < 1 || f > FEATURES_MAX || n < 1 || n > OUTPUTS_MAX || task < MODEL_REGRESSION ||
        task > MODEL_MULTICLASS || !m->info.endpoint.p || !read_names(a, d, &m->info))
        return err_set(e, ERR_INTERNAL, S("model"), S(""), "the model is not described");
    const doc *settings = doc_get(d, "settings");
    m->info.settings = settings ? doc_canonical(a, settings) : S("{}");
    m->info.categorical = arena_new(a, bool, m->info.n_features);
    k->fd = fd;
    pthread_mutex_init(&k->lock, NULL);
    arena_defer(a, destroy, k);
    m->predict = predict;
    m->self = k;
    *ret = m;
    return true;
}
