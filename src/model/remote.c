/* remote.c - a model that answers elsewhere: batches, lanes, budget, and what answers mean. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/remote.h"
#include "model/relay.h"
#include "table/pool.h"
#include <math.h>

static const char *const task_words[] = {"auto", "binary", "multiclass", "regression"};
enum { TOLD_BINARY = 1, TOLD_MULTICLASS, TOLD_REGRESSION };

/* ---- budget ---- */

static bool over(const char *what, int64_t most, err *e)
{
    return err_set(e, ERR_TOO_LARGE, str_fmt(e->a, "model-option.%s", what),
                   S("raise the setting, or measure fewer rows or resamples"),
                   "the budget of %lld %s is used up", (long long)most, what);
}

bool remote_charge(struct remote *r, size_t rows, bool again, err *e)
{
    if (r->stopped)
        return err_set(e, ERR_UNAVAILABLE, S("model"), S("start it again"),
                       "the run was cancelled");
    pthread_mutex_lock(&r->lock);
    bool calls = r->used.calls < (uint64_t)r->s.calls;
    bool room = again || r->used.rows + rows <= (uint64_t)r->s.rows;
    if (calls && room) {
        r->used.calls++;
        r->used.retries += again;
        if (!again) r->used.rows += rows;
    }
    pthread_mutex_unlock(&r->lock);
    return (calls || over("calls", r->s.calls, e)) && (room || over("rows", r->s.rows, e));
}

void remote_waited(struct remote *r, double seconds)
{
    pthread_mutex_lock(&r->lock);
    r->used.seconds += seconds;
    pthread_mutex_unlock(&r->lock);
}

/* ---- lanes ---- */

static struct lane *take_lane(struct remote *r, int64_t *ret_id)
{
    pthread_mutex_lock(&r->lock);
    while (!r->free)
        pthread_cond_wait(&r->freed, &r->lock);
    struct lane *l = r->free;
    r->free = l->next_free;
    *ret_id = r->next_id++;
    pthread_mutex_unlock(&r->lock);
    return l;
}

static void give_lane(struct remote *r, struct lane *l)
{
    pthread_mutex_lock(&r->lock);
    l->next_free = r->free;
    r->free = l;
    pthread_cond_signal(&r->freed);
    pthread_mutex_unlock(&r->lock);
}

static void close_lane(void *p)
{
    arena_close(((struct lane *)p)->a);
}

static bool open_child(const struct remote *r, struct lane *l, err *e)
{
    const remote_settings *s = &r->s;
    const child_options o = {.command = r->address,
                             .environment = s->environment,
                             .timeout = s->timeout,
                             .cpu = s->cpu,
                             .memory = s->memory,
                             .network = s->network,
                             .stop = &r->stopped,
                             .unconfined = s->unconfined};
    return child_open(l->a, &o, &l->child, e);
}

/* A lane has an arena of its own, for lanes are used by several threads. */
static bool open_lanes(arena *a, struct remote *r, err *e)
{
    int64_t n = r->s.concurrency;
    bool program = r->words.protocol == PROTOCOL_LINES;
    if (!n) n = r->s.concurrency = program ? 1 : 4;
    for (int64_t i = 0; i < n; i++) {
        struct lane *l = arena_new(a, struct lane, 1);
        l->a = arena_open();
        arena_defer(a, close_lane, l);
        if (!(program ? open_child(r, l, e) : http_lane(r, l, e))) return false;
        l->next_free = r->free;
        r->free = l;
    }
    return true;
}

/* ---- one call ---- */

static bool ask_program(struct remote *r, struct lane *l, arena *a, const float *x, size_t rows,
                        int64_t id, answer *ret, err *e)
{
    str line, said;
    size_t tail;
    size_t most = (1u << 20) + rows * ((r->width ? r->width : 1) * 64 + 1024);
    if (!request_write(a, &r->words, x, rows, id, &line, &tail, e) ||
        !remote_charge(r, rows, false, e))
        return false;
    double began = clock_mono();
    bool ok = child_ask(l->child, a, line, most < ANSWER_MAX ? most : ANSWER_MAX, &said, e);
    remote_waited(r, clock_mono() - began);
    return ok && answer_line(a, said, rows, id, ret, e);
}

/* The version that answers is the subject of the measurement: another one is another model. */
static bool same_version(struct remote *r, str version, err *e)
{
    pthread_mutex_lock(&r->lock);
    bool same = !version.p || !r->version.p || str_eq(version, r->version);
    pthread_mutex_unlock(&r->lock);
    return same || err_set(e, ERR_CONFLICT, S("model"), S("name the version in the address"),
                           "the model changed from version '%.*s' to '%.*s' during the run",
                           STR_ARG(r->version), STR_ARG(version));
}

static bool ask(struct remote *r, arena *a, const float *x, size_t rows, answer *ret, err *e)
{
    int64_t id;
    struct lane *l = take_lane(r, &id);
    bool ok = r->words.protocol == PROTOCOL_LINES ? ask_program(r, l, a, x, rows, id, ret, e)
                                                  : http_ask(r, l, a, x, rows, id, ret, e);
    give_lane(r, l);
    if (!ok) return false;
    if (r->width && ret->width != r->width)
        return err_set(e, ERR_INVALID, S("model"), S("is it one model that answers?"),
                       "the model gives %zu values per row, and gave %zu before", ret->width,
                       r->width);
    return same_version(r, ret->version, e);
}

/* ---- what answers mean ---- */

static bool no_chance(const char *what, double v, err *e)
{
    return err_set(e, ERR_INVALID, S("model"),
                   S("have it answer with probabilities, or name that output with 'output'"),
                   "the model's answer %.6g is no %s", v, what);
}

/* A row of probabilities, or one number that is a class. */
static bool chances(const double *v, size_t width, size_t n, double *ret, err *e)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        ret[k] = 0;
    if (width == 1) {
        if (v[0] != floor(v[0]) || v[0] < 0 || v[0] >= (double)n)
            return no_chance("number of a class", v[0], e);
        ret[(size_t)v[0]] = 1;
        return true;
    }
    for (size_t k = 0; k < n; k++) {
        ret[k] = model_chance(v[k]);
        if (!(ret[k] >= 0 && ret[k] <= 1)) return no_chance("probability", v[k], e);
        sum += ret[k];
    }
    return fabs(sum - 1) <= 1e-3 || no_chance("sum of probabilities", sum, e);
}

static bool give_row(const struct remote *r, const double *v, size_t outputs, double *ret, err *e)
{
    double pair[2];
    if (r->task == MODEL_MULTICLASS) return chances(v, r->width, outputs, ret, e);
    if (r->task == MODEL_REGRESSION) {
        memcpy(ret, v, outputs * sizeof *v);
        return true;
    }
    if (r->width == 2) {
        ret[0] = v[1]; /* of the classes 0 and 1 */
        return chances(v, 2, 2, pair, e);
    }
    ret[0] = model_chance(v[0]);
    if (r->s.classes && ret[0] != 0 && ret[0] != 1) return no_chance("class 0 or 1", v[0], e);
    return (ret[0] >= 0 && ret[0] <= 1) || no_chance("probability", v[0], e);
}

/* ---- predicting ---- */

struct question {
    const struct model *m;
    const float *x;
    double *ret;
    size_t rows, batches;
    pthread_mutex_t lock;
    size_t failed; /* the lowest batch that failed; batches: none */
    err *e;
};

/* Answers of 0 and 1 alone may be classes where probabilities are meant; JSON does not tell. */
static void count_graded(struct remote *r, const double *v, size_t rows, size_t outputs)
{
    uint64_t graded = 0;
    for (size_t i = 0; i < rows; i++) {
        bool plain = r->task != MODEL_REGRESSION && !r->s.classes;
        for (size_t k = 0; plain && k < outputs; k++)
            plain = v[i * outputs + k] == 0 || v[i * outputs + k] == 1;
        graded += !plain;
    }
    pthread_mutex_lock(&r->lock);
    r->used.graded += graded;
    pthread_mutex_unlock(&r->lock);
}

static bool ask_batch(const struct question *q, size_t batch, arena *a, err *e)
{
    const model_info *i = &q->m->info;
    struct remote *r = q->m->self;
    answer y;
    size_t size = (size_t)r->s.batch, from = batch * size;
    size_t n = q->rows - from < size ? q->rows - from : size;
    if (!ask(r, a, q->x + from * i->n_features, n, &y, e)) return false;
    for (size_t k = 0; k < n; k++)
        if (!give_row(r, y.at + k * y.width, i->n_outputs, q->ret + (from + k) * i->n_outputs, e))
            return false;
    count_graded(r, q->ret + from * i->n_outputs, n, i->n_outputs);
    return true;
}

static bool run_batch(void *ctx, size_t batch, arena *unused)
{
    struct question *q = ctx;
    arena *a = arena_open();
    err e = ERR_IN(a);
    (void)unused;
    bool ok = ask_batch(q, batch, a, &e);
    if (!ok) {
        pthread_mutex_lock(&q->lock);
        if (batch < q->failed) {
            q->failed = batch;
            err_copy(q->e, &e);
        }
        pthread_mutex_unlock(&q->lock);
    }
    arena_close(a);
    return ok;
}

static bool predict(const struct model *m, const float *x, size_t rows, double *ret, err *e)
{
    const struct remote *r = m->self;
    size_t n = (rows + (size_t)r->s.batch - 1) / (size_t)r->s.batch;
    arena *none[64] = {NULL};
    struct question q = {m, x, ret, rows, n, PTHREAD_MUTEX_INITIALIZER, n, e};
    pool_run((int)r->s.concurrency, none, n, run_batch, &q);
    pthread_mutex_destroy(&q.lock);
    return q.failed == n;
}

/* ---- opening ---- */

static bool split_names(arena *a, str text, str **ret, size_t *ret_n, err *e)
{
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ',';
    *ret = arena_new(a, str, most);
    for (str rest = text; rest.p;) {
        str name = str_trim(str_cut(rest, ',', &rest));
        for (size_t i = 0; i < *ret_n; i++)
            if (str_eq((*ret)[i], name)) name.n = 0;
        if (!name.n)
            return err_set(e, ERR_INVALID, S("model-option.features"), S("write a,b,c"),
                           "a feature has no name, or one name stands there twice");
        (*ret)[(*ret_n)++] = str_dup(a, name);
    }
    return true;
}

/* The names: as set, as the server tells, as the plan says. Their number: likewise. */
static bool find_features(arena *a, const model_source *s, const metadata *d, struct remote *r,
                          err *e)
{
    wording *w = &r->words;
    str *names = NULL;
    size_t n = 0;
    if (r->s.features.p) {
        if (!split_names(a, r->s.features, &names, &n, e)) return false;
    } else if (d->columns) {
        n = d->n_tensors;
        names = arena_new(a, str, n);
        for (size_t i = 0; i < n; i++)
            names[i] = d->tensors[i].name;
    } else if (s->n_features) {
        n = s->n_features;
        names = arena_new(a, str, n);
        for (size_t i = 0; i < n; i++)
            names[i] = str_dup(a, s->features[i]);
    }
    if (!n) n = d->n_features;
    if (!n || n > FEATURES_MAX)
        return err_set(e, ERR_INVALID, S("model-option.features"),
                       S("name them, in the order it takes them: --model-option features=a,b,c"),
                       "the model does not tell its features");
    if (d->n_features && d->n_features != n)
        return err_set(e, ERR_INVALID, S("model-option.features"), S("name those it takes"),
                       "the model takes %zu features, not %zu", d->n_features, n);
    w->features = names;
    w->n_features = n;
    return true;
}

static bool find_layout(const metadata *d, struct remote *r, err *e)
{
    wording *w = &r->words;
    w->lists = r->s.layout == LAYOUT_LISTS;
    w->columns = r->s.layout == LAYOUT_COLUMNS || w->lists ||
                 (r->s.layout == LAYOUT_AUTO &&
                  (d->columns || (w->protocol == PROTOCOL_MLFLOW && w->features)));
    if (w->lists && w->protocol != PROTOCOL_V1)
        return err_set(e, ERR_INVALID, S("model-option.layout"), S("set it to columns"),
                       "only KServe v1 and TensorFlow Serving take values in lists");
    if (w->columns && !w->features)
        return err_set(e, ERR_INVALID, S("model-option.features"), S("set 'features'"),
                       "one tensor or member per feature needs their names");
    if (!w->columns || !d->columns || r->s.features.p == NULL) return true;
    for (size_t i = 0; i < w->n_features; i++)
        if (!str_eq(w->features[i], d->tensors[i].name))
            return err_set(e, ERR_INVALID, S("model-option.features"), S("leave it out"),
                           "the model's input %zu is '%.*s', not '%.*s'", i,
                           STR_ARG(d->tensors[i].name), STR_ARG(w->features[i]));
    return true;
}

static void find_tensors(arena *a, const metadata *d, struct remote *r)
{
    wording *w = &r->words;
    size_t n = w->columns ? w->n_features : 1;
    tensor *t = arena_new(a, tensor, n);
    bool told = d->tensors && d->columns == w->columns;
    for (size_t i = 0; i < n; i++) {
        t[i] = (tensor){w->columns ? w->features[i] : S("input-0"), TYPE_FP32};
        if (told) t[i] = d->tensors[i];
        if (!w->columns && r->s.input.p) t[i].name = r->s.input;
        if (r->s.datatype) t[i].type = (datatype)r->s.datatype;
    }
    w->tensors = t;
}

static bool find_missing(struct remote *r, err *e)
{
    wording *w = &r->words;
    str m = r->s.missing;
    if (str_eqz(m, "null") || str_eqz(m, "nan")) {
        w->missing = str_eqz(m, "nan") ? MISSING_NAN : MISSING_NULL;
        return true;
    }
    w->missing = MISSING_NUMBER;
    return str_real(m, &w->missing_number) ||
           err_set(e, ERR_INVALID, S("model-option.missing"), S("write null, nan or a number"),
                   "'missing' of a model cannot be '%.*s'", STR_ARG(m));
}

static bool find_task(const model_source *s, struct remote *r, err *e)
{
    static const model_task of[] = {[TOLD_BINARY] = MODEL_BINARY,
                                    [TOLD_MULTICLASS] = MODEL_MULTICLASS,
                                    [TOLD_REGRESSION] = MODEL_REGRESSION};
    int told = r->s.task;
    for (int i = TOLD_BINARY; !told && i <= TOLD_REGRESSION; i++)
        if (str_eqz(s->task, task_words[i])) told = i;
    if (!told)
        return err_set(e, ERR_INVALID, S("model-option.task"),
                       S("set it to binary, multiclass or regression"),
                       "numbers do not tell what a model does");
    r->task = of[told];
    return true;
}

static bool fits_task(const struct remote *r, size_t outputs, err *e)
{
    bool fits =
        r->task == MODEL_BINARY ? r->width <= 2 : r->task == MODEL_REGRESSION || outputs >= 2;
    return fits ||
           err_set(e, ERR_INVALID, S("model-option.task"),
                   S("is the task right, and the output? For numbers of classes set 'classes'"),
                   "a model of this task does not answer with %zu number(s) per row", r->width);
}

/* A tensor of whole numbers holds classes. As probabilities they would be 0 and 1, and each figure
 * made of them wrong without a sign of it. */
static bool fits_type(const struct remote *r, const answer *y, err *e)
{
    if (!y->whole || r->task == MODEL_REGRESSION || r->s.classes) return true;
    return err_set(
        e, ERR_INVALID, S("model-option.output"),
        S("name the output with probabilities (of MLServer: predict_proba); where classes "
          "are all it has, set 'classes' to their number"),
        "the model answers with whole numbers, which are classes and no probabilities");
}

/* Asks about one row of zeros: does it answer at all, and with how many numbers? */
static bool ask_zeros(arena *a, arena *scratch, struct remote *r, struct model *m, err *e)
{
    answer y;
    if (!ask(r, scratch, arena_new(scratch, float, r->words.n_features), 1, &y, e)) return false;
    r->width = y.width;
    if (y.version.p) r->version = str_dup(a, y.version);
    bool numbered = r->task == MODEL_MULTICLASS && r->width == 1;
    m->info.n_outputs = r->task == MODEL_BINARY ? 1 : numbered ? (size_t)r->s.classes : r->width;
    return fits_type(r, &y, e) && fits_task(r, m->info.n_outputs, e) &&
           give_row(r, y.at, m->info.n_outputs, arena_new(scratch, double, m->info.n_outputs), e);
}

static bool probe(arena *a, struct remote *r, struct model *m, err *e)
{
    arena *scratch = arena_open();
    err inner = ERR_IN(scratch);
    bool ok = ask_zeros(a, scratch, r, m, &inner);
    if (!ok) err_copy(e, &inner);
    arena_close(scratch);
    return ok;
}

static void describe(arena *a, const model_source *s, struct remote *r, struct model *m)
{
    static const char *const formats[] = {[PROTOCOL_OIP] = "open-inference-protocol",
                                          [PROTOCOL_V1] = "kserve-v1",
                                          [PROTOCOL_MLFLOW] = "mlflow",
                                          [PROTOCOL_LINES] = "json-lines"};
    m->info.format = formats[r->words.protocol];
    m->info.endpoint = r->shown;
    m->info.settings = settings_told(a, s->settings, s->n_settings);
    m->info.version = r->version;
    m->info.task = r->task;
    m->info.n_features = r->words.n_features;
    m->info.features = r->words.features;
    m->info.categorical = arena_new(a, bool, r->words.n_features);
    m->info.objective = S("");
}

/* Whatever is not told by the settings is asked. */
static bool learn(arena *a, const model_source *s, struct remote *r, struct model *m, err *e)
{
    metadata d = {0};
    if (r->words.protocol != PROTOCOL_LINES && !http_metadata(r, r->free, a, &d, e)) return false;
    r->version = d.version;
    if (!find_features(a, s, &d, r, e) || !find_layout(&d, r, e)) return false;
    if (r->words.protocol == PROTOCOL_OIP) find_tensors(a, &d, r);
    if (!probe(a, r, m, e)) return false;
    describe(a, s, r, m);
    return true;
}

static bool find_place(arena *a, const model_source *s, struct remote *r, err *e)
{
    str at = str_of(s->at);
    if (!str_starts(at, S("exec:"))) return http_place(a, at, r, e) && http_token(a, r, e);
    if (s->no_programs)
        return err_set(e, ERR_DENIED, S("model"), S("run it with: aims assess --model exec:..."),
                       "only the command line starts programs");
    r->words.protocol = PROTOCOL_LINES;
    r->shown = str_dup(a, at);
    r->address = str_dup(a, str_sub(at, 5, at.n));
    return true;
}

static void destroy(void *p)
{
    struct remote *r = p;
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->freed);
}

bool remote_open(arena *a, const model_source *s, struct model **ret, err *e)
{
    struct remote *r = arena_new(a, struct remote, 1);
    struct model *m = arena_new(a, struct model, 1);
    m->self = r;
    m->predict = predict;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->freed, NULL);
    r->next_id = 1;
    arena_defer(a, destroy, r);
    if (!settings_read(a, s->settings, s->n_settings, &r->s, e) || !find_place(a, s, r, e) ||
        !find_missing(r, e) || !find_task(s, r, e))
        return false;
    r->words.output = r->s.output;
    r->words.content_type = r->s.content_type;
    r->words.binary = r->s.binary && r->words.protocol == PROTOCOL_OIP;
    if (r->s.binary && !r->words.binary)
        return err_set(e, ERR_INVALID, S("model-option.binary"), S("leave it out"),
                       "only the Open Inference Protocol has binary tensors");
    if (!open_lanes(a, r, e) || !learn(a, s, r, m, e)) return false;
    *ret = m;
    return true;
}

bool model_used(const struct model *m, model_usage *ret)
{
    *ret = (model_usage){0};
    if (m->predict != predict) return relay_used(m, ret);
    struct remote *r = m->self;
    pthread_mutex_lock(&r->lock);
    *ret = r->used;
    pthread_mutex_unlock(&r->lock);
    return true;
}

void model_stop(const struct model *m)
{
    if (m->predict == predict) ((struct remote *)m->self)->stopped = true;
}
