/* cmd_measure.c - assess and what it knows: measuring, the kinds, options of models elsewhere. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/measuring.h"
#include "cli/print.h"
#include "work/assess.h"
#include "work/kinds.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUES_MAX = 1 << 30, RESULT_MAX = 64 << 20, BAR = 30 };

/* ---- assess: the plan from options ---- */

/* Up to the next comma; between double quotes commas belong to the name, and a quote is doubled. */
static str cut_name(arena *a, str *rest)
{
    str s = str_trim(*rest);
    if (!str_starts(s, S("\""))) return str_trim(str_cut(*rest, ',', rest));
    buf b = buf_open(a, s.n);
    size_t i = 1;
    for (; i < s.n && (s.p[i] != '"' || (i + 1 < s.n && s.p[i + 1] == '"')); i++) {
        buf_putc(&b, s.p[i]);
        i += s.p[i] == '"';
    }
    str_cut(str_sub(s, i, s.n), ',', rest);
    return buf_str(&b);
}

static str *split_commas(struct call *c, const char *name, size_t *ret_n)
{
    size_t n, most = 1;
    str *texts = call_options(c, name, &n);
    for (size_t i = 0; i < n; i++)
        most += texts[i].n + 1;
    str *all = arena_new(c->a, str, most);
    *ret_n = 0;
    for (size_t i = 0; i < n; i++)
        for (str rest = texts[i]; rest.p;) {
            str one = cut_name(c->a, &rest);
            if (one.n) all[(*ret_n)++] = one;
        }
    return all;
}

static bool read_limits(struct call *c, measure_plan *p, err *e)
{
    size_t n;
    const str *texts = call_options(c, "limit", &n);
    limit *limits = arena_new(c->a, limit, n);
    for (size_t i = 0; i < n; i++)
        if (!limit_parse(c->a, texts[i], &limits[i], e)) return false;
    p->limits = limits;
    p->n_limits = n;
    return true;
}

/* A value of the command line: JSON as it is, anything else as a text. What begins as a list or an
 * object was meant as one. */
static bool write_spec(struct call *c, jw *w, const char *member, str name, str text, err *e)
{
    doc *d;
    err why = ERR_IN(c->a);
    jw_key_str(w, name);
    if (doc_parse(c->a, text, 1 << 20, &d, &why)) {
        doc_write(d, w);
        return true;
    }
    if (str_starts(text, S("{")) || str_starts(text, S("[")))
        return err_set(e, ERR_USAGE, str_fmt(e->a, "%s.%.*s", member, STR_ARG(name)),
                       S("write JSON, with names and texts in double quotes, all in single quotes"),
                       "what '%.*s' is given: %.*s", STR_ARG(name), STR_ARG(why.msg));
    jw_str(w, text);
    return true;
}

/* --option name=value: numbers, true, false and JSON as they are, anything else as a text. */
static bool read_options(struct call *c, measure_plan *p, err *e)
{
    size_t n;
    const str *texts = call_options(c, "option", &n);
    buf b = buf_open(c->a, 1 << 20);
    jw w = jw_open(&b);
    doc *d;
    if (!n) return true;
    jw_obj(&w);
    for (size_t i = 0; i < n; i++) {
        str text, other, name = str_cut(texts[i], '=', &text);
        if (!name.n || !text.p)
            return err_set(e, ERR_USAGE, S("option"), S("write it as --option name=value"),
                           "'%.*s' is no option", STR_ARG(texts[i]));
        for (size_t k = 0; k < i; k++)
            if (str_eq(str_cut(texts[k], '=', &other), name))
                return err_set(e, ERR_USAGE, S("option"), S("give each option once"),
                               "--option %.*s is given twice", STR_ARG(name));
        if (!write_spec(c, &w, "options", name, text, e)) return false;
    }
    jw_obj_end(&w);
    if (!doc_parse(c->a, buf_str(&b), 1 << 20, &d, e)) return false;
    p->options = d;
    return true;
}

/* --encode FILE.json, or --encode COLUMN=SPEC; a column may be told once. */
static bool read_encode_file(struct call *c, str path, doc **ret, err *e)
{
    str text;
    if (!file_read(c->a, str_dup(c->a, path).p, 1 << 20, &text, e))
        return err_prefix(e, "--encode %.*s", STR_ARG(path));
    if (!doc_parse(c->a, text, 1 << 20, ret, e)) {
        e->path = S("encode");
        return err_prefix(e, "--encode %.*s", STR_ARG(path));
    }
    return (*ret)->kind == DOC_OBJ ||
           err_set(e, ERR_INVALID, S("encode"), S("give {\"COLUMN\": {...}, ...}"),
                   "'%.*s' holds no JSON object", STR_ARG(path));
}

static bool write_encoders(struct call *c, str text, jw *w, err *e)
{
    doc *d;
    str spec, name = str_cut(text, '=', &spec);
    if (spec.p) return write_spec(c, w, "encode", name, spec, e);
    if (!read_encode_file(c, text, &d, e)) return false;
    for (size_t i = 0; i < d->n; i++) {
        jw_key_str(w, d->keys[i]);
        doc_write(&d->at[i], w);
    }
    return true;
}

static bool read_encode(struct call *c, measure_plan *p, err *e)
{
    size_t n;
    const str *texts = call_options(c, "encode", &n);
    buf b = buf_open(c->a, 16 << 20);
    jw w = jw_open(&b);
    encoding *x;
    doc *d;
    if (!n) return true;
    jw_obj(&w);
    for (size_t i = 0; i < n; i++)
        if (!write_encoders(c, texts[i], &w, e)) return false;
    jw_obj_end(&w);
    if (!doc_parse(c->a, buf_str(&b), 16 << 20, &d, e))
        return err_set(e, ERR_USAGE, S("encode"), S("tell each column once, in a file or alone"),
                       "--encode tells a column twice (%s)", e->msg.p);
    if (!encode_parse(c->a, d, &x, e)) return false;
    p->encode = x;
    return true;
}

/* --bins COLUMN=A,B,C, once for each column. */
static bool read_bins(struct call *c, measure_plan *p, err *e)
{
    size_t n;
    const str *texts = call_options(c, "bins", &n);
    buf b = buf_open(c->a, 1 << 20);
    jw w = jw_open(&b);
    doc *d;
    if (!n) return true;
    jw_obj(&w);
    for (size_t i = 0; i < n; i++) {
        str edges, name = str_cut(texts[i], '=', &edges);
        edges = str_fmt(c->a, "[%.*s]", STR_ARG(edges));
        if (!write_spec(c, &w, "bins", name, edges, e)) return false;
    }
    jw_obj_end(&w);
    if (!doc_parse(c->a, buf_str(&b), 1 << 20, &d, e))
        return err_set(e, ERR_USAGE, S("bins"), S("give --bins age=25,40,65 once for a column"),
                       "--bins tells a column twice (%s)", e->msg.p);
    p->bins = d;
    return true;
}

/* --schema FILE: a schema, or an earlier result, whose data's schema it is. */
static bool read_schema(struct call *c, measure_plan *p, err *e)
{
    str path = call_option(c, "schema"), text;
    doc *d;
    if (!path.p) return true;
    if (!file_read(c->a, str_dup(c->a, path).p, 64 << 20, &text, e) ||
        !doc_parse(c->a, text, 64 << 20, &d, e))
        return err_prefix(e, "--schema %.*s", STR_ARG(path));
    const doc *of_result = doc_get(doc_get(doc_get(d, "subject"), "dataset"), "schema");
    p->schema = of_result ? of_result : d;
    return true;
}

static bool plan_of_options(struct call *c, measure_plan *p, err *e)
{
    int64_t seed;
    *p = measure_plan_default();
    p->kind = c->args[0];
    p->task = call_option(c, "task");
    p->label = call_option(c, "label");
    p->positive = call_option(c, "positive");
    p->prediction = call_option(c, "prediction");
    p->score = call_option(c, "score");
    p->where = call_option(c, "where");
    p->has_threshold = call_option(c, "threshold").p != NULL;
    p->groups = split_commas(c, "group", &p->n_groups);
    if (call_option(c, "feature").p) p->features = split_commas(c, "feature", &p->n_features);
    if (!call_real(c, "threshold", p->threshold, &p->threshold, e) ||
        !call_real(c, "confidence", p->confidence, &p->confidence, e) ||
        !call_int(c, "resamples", p->resamples, &p->resamples, e) ||
        !call_int(c, "min-group", p->min_group, &p->min_group, e) ||
        !call_int(c, "seed", (int64_t)p->seed, &seed, e))
        return false;
    p->seed = (uint64_t)seed;
    return read_limits(c, p, e) && read_options(c, p, e) && read_encode(c, p, e) &&
           read_bins(c, p, e) && read_schema(c, p, e);
}

/* ---- assess: the plan from the register ---- */

static bool parameters_given(const struct call *c)
{
    static const char *const names[] = {
        "label", "positive",  "prediction", "score",     "threshold", "group",
        "where", "limit",     "confidence", "min-group", "task",      "feature",
        "seed",  "resamples", "option",     "encode",    "schema",    "bins"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (call_option(c, names[i]).p) return true;
    return false;
}

static bool plan_of_record(struct call *c, const doc *stored, measure_plan *p, err *e)
{
    const doc *limits = doc_get(stored, "limits");
    size_t n = limits ? limits->n : 0;
    str *texts = arena_new(c->a, str, n);
    for (size_t i = 0; i < n; i++)
        texts[i] = limits->at[i].s;
    return plan_parse(c->a, doc_str(stored, "kind"), doc_get(stored, "parameters"), texts, n, p, e);
}

/* The active plans of the system for this kind; *ret NULL when there is none. */
static bool find_plan(struct call *c, str system, const doc **ret, err *e)
{
    api_reply s, r;
    *ret = NULL;
    str name = api_escape(c->a, system);
    if (!api_send(c, "GET", str_fmt(c->a, "/api/v1/systems/%.*s", STR_ARG(name)), (str){0}, 0, &s,
                  e))
        return false;
    str target =
        str_fmt(c->a, "/api/v1/plans?system=%lld&kind=%.*s&active=true&limit=2",
                (long long)doc_int(s.json, "id", 0), STR_ARG(api_escape(c->a, c->args[0])));
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    const doc *items = doc_get(r.json, "items");
    if (items && items->n > 1)
        return err_set(e, ERR_CONFLICT, S("plan"), S("name one with --plan"),
                       "'%.*s' has several active plans of this kind", STR_ARG(system));
    if (items && items->n == 1) *ret = &items->at[0];
    return true;
}

static bool get_plan(struct call *c, str name, const doc **ret, err *e)
{
    api_reply r;
    str target = str_fmt(c->a, "/api/v1/plans/%.*s", STR_ARG(api_escape(c->a, name)));
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    *ret = r.json;
    return true;
}

struct binding {
    const doc *plan; /* NULL: none */
    str plan_name, system;
};

static bool bind(struct call *c, struct binding *b, measure_plan *p, err *e)
{
    str name = call_option(c, "plan");
    b->system = call_option(c, "system");
    if (name.p ? !get_plan(c, name, &b->plan, e)
               : b->system.p && !find_plan(c, b->system, &b->plan, e))
        return false;
    if (!b->plan) return plan_of_options(c, p, e);
    b->plan_name = doc_str(b->plan, "name");
    if (parameters_given(c))
        return err_set(e, ERR_USAGE, S("plan"), S("leave them out, or change the plan first"),
                       "columns, groups and limits are fixed by plan '%.*s'",
                       STR_ARG(b->plan_name));
    if (!str_eq(doc_str(b->plan, "kind"), c->args[0]))
        return err_set(e, ERR_USAGE, S("plan"), S("name the plan's kind"),
                       "plan '%.*s' is for '%.*s'", STR_ARG(b->plan_name),
                       STR_ARG(doc_str(b->plan, "kind")));
    return plan_of_record(c, b->plan, p, e);
}

/* ---- assess: showing ---- */

static str number(arena *a, double v)
{
    return isnan(v) ? S("-") : str_fmt(a, "%.4g", v);
}

static double end_of(const doc *m, size_t i)
{
    const doc *v = doc_get(m, "interval");
    return v && v->kind == DOC_ARR && v->n == 2 && doc_is_num(&v->at[i]) ? v->at[i].d : NAN;
}

static void write_verdict(jw *w, const doc *m, const doc *bound)
{
    arena *a = w->b->a;
    str op = doc_str(bound, "op"), said = doc_str(m, "verdict");
    int64_t needed = doc_int(m, "n_needed", 0);
    jw_m_str(
        w, "limit",
        str_fmt(a, "%.*s%.*s", STR_ARG(op), STR_ARG(number(a, doc_real(bound, "value", NAN)))));
    jw_m_str(w, "verdict", said);
    if (needed) jw_m_str(w, "note", str_fmt(a, "%lld rows would decide", (long long)needed));
}

static void write_shown(jw *w, const doc *m)
{
    arena *a = w->b->a;
    double lo = end_of(m, 0), hi = end_of(m, 1);
    const doc *bound = doc_get(m, "limit");
    jw_obj(w);
    jw_m_str(w, "metric", doc_str(m, "id"));
    jw_m_str(w, "slice", print_slice(a, doc_get(m, "slice")));
    jw_m_str(w, "value", number(a, doc_real(m, "value", NAN)));
    jw_m_str(w, "interval", isnan(lo) ? S("") : str_fmt(a, "%.4g to %.4g", lo, hi));
    jw_m_int(w, "n", doc_int(m, "n", 0));
    if (bound && bound->kind == DOC_OBJ) write_verdict(w, m, bound);
    jw_obj_end(w);
}

/* What was judged comes first. Gives the number of figures left out. */
static size_t write_all_shown(jw *w, const doc *metrics, bool all)
{
    size_t hidden = 0;
    jw_arr(w);
    for (int limited = 1; limited >= 0; limited--)
        for (size_t i = 0; metrics && i < metrics->n; i++) {
            const doc *m = &metrics->at[i];
            if ((doc_get(m, "limit") != NULL) != limited) continue;
            if (all || !doc_get(m, "slice") || limited)
                write_shown(w, m);
            else
                hidden++;
        }
    jw_arr_end(w);
    return hidden;
}

static bool show_result(struct call *c, const assessment *x, err *e)
{
    static const char *const columns[] = {"metric", "slice",   "value", "interval", "n",
                                          "limit",  "verdict", "note",  NULL};
    buf b = buf_open(c->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    doc *result, *shown;
    if (!doc_parse(c->a, x->json, SIZE_MAX / 4, &result, e)) return false;
    size_t hidden = write_all_shown(&w, doc_get(result, "metrics"), call_flag(c, "all"));
    if (!doc_parse(c->a, buf_str(&b), SIZE_MAX / 4, &shown, e)) return false;
    print_table(c, shown, columns);
    if (hidden) printf("(%zu figures of slices without limits: --all or --json)\n", hidden);
    if (!print_tables(c, doc_get(result, "tables"), call_flag(c, "all"), e)) return false;
    const doc *notes = doc_get(result, "notes");
    for (size_t i = 0; notes && i < notes->n; i++)
        print_line(c, "note: %.*s", STR_ARG(notes->at[i].s));
    printf("verdict: %.*s (%lld rows, %.2f s)\n",
           STR_ARG(print_mark(c, str_of(verdict_name(x->verdict)))), (long long)x->rows,
           x->seconds);
    return true;
}

/* ---- assess: while it runs ---- */

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    interrupted = number;
}

static void catch_signals(void (*handler)(int))
{
    /* The second one ends the program, whatever it is waiting for. */
    struct sigaction s = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &s, NULL);
    sigaction(SIGTERM, &s, NULL);
}

/* Only for runs that take their time: a short one needs no bar. */
#define BAR_AFTER 0.5

struct bar {
    bool drawn; /* on a terminal, for people */
    int percent;
    double began;
};

/* From 0 to 1; below 0 takes the bar away. */
static void draw(struct bar *b, double done)
{
    char full[BAR + 1] = {0};
    int percent = (int)(100 * done);
    if (!b->drawn || percent == b->percent || clock_mono() - b->began < BAR_AFTER) return;
    b->percent = percent;
    if (percent < 0) {
        fprintf(stderr, "\r%*s\r", BAR + 10, "");
        return;
    }
    memset(full, '#', (size_t)(done * BAR));
    fprintf(stderr, "\r[%-*s] %3d %%", BAR, full, percent);
}

static bool progress(void *ctx, double done)
{
    draw(ctx, done < 0 ? 0 : done > 1 ? 1 : done);
    return !interrupted;
}

static bool hand_in(struct call *c, const struct binding *b, const assessment *x, err *e)
{
    api_reply r;
    str target = b->plan ? str_fmt(c->a, "/api/v1/measurements?plan=%lld",
                                   (long long)doc_int(b->plan, "id", 0))
                         : str_fmt(c->a, "/api/v1/measurements?system=%.*s",
                                   STR_ARG(api_escape(c->a, b->system)));
    if (!api_send(c, "POST", target, x->json, 0, &r, e)) return false;
    if (c->json) return true;
    printf("handed in as measurement %lld, leaf %lld", (long long)doc_int(r.json, "measurement", 0),
           (long long)doc_int(r.json, "leaf", 0));
    const doc *controls = doc_get(r.json, "controls");
    printf("%s", controls && controls->n ? ", evidence for" : "");
    for (size_t i = 0; controls && i < controls->n; i++)
        printf(" %.*s", STR_ARG(controls->at[i].s));
    if (doc_int(r.json, "finding", 0))
        printf(", finding %lld", (long long)doc_int(r.json, "finding", 0));
    putchar('\n');
    return true;
}

/* Kept until the run has ended well, so that no half of a file is ever written. */
static bool keep_values(void *ctx, str csv, err *e)
{
    buf *b = ctx;
    buf_put(b, csv);
    if (!b->full) return true;
    return err_set(e, ERR_TOO_LARGE, S("values"), S("explain fewer rows"),
                   "the values are over %d bytes", VALUES_MAX);
}

/* The newest result of the plan that a repetition's plan names; 0: it names none. */
static bool newest_of(struct call *c, const measure_plan *p, int64_t *ret, err *e)
{
    api_reply r;
    const doc *other;
    str name = doc_str(p->options, "plan");
    *ret = 0;
    if (!name.p) return true;
    if (!get_plan(c, name, &other, e)) return false;
    str target =
        str_fmt(c->a, "/api/v1/measurements?plan=%lld&limit=1", (long long)doc_int(other, "id", 0));
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    const doc *items = doc_get(r.json, "items");
    if (items && items->n) *ret = doc_int(&items->at[0], "id", 0);
    return *ret || err_set(e, ERR_CONFLICT, S("plan"), S("carry that plan out first"),
                           "plan '%.*s' has no result to repeat", STR_ARG(name));
}

/* The result to be repeated: a file, a measurement of the register, or the newest of a plan. */
static bool find_recorded(struct call *c, const struct binding *b, assess_run *run, err *e)
{
    api_reply r;
    int64_t id;
    str file = call_option(c, "recorded");
    if (file.p) {
        run->recorded = str_dup(c->a, file).p;
        return true;
    }
    if (!call_int(c, "measurement", 0, &id, e) ||
        (!id && b->plan && !newest_of(c, &run->plan, &id, e)))
        return false;
    if (!id) return true;
    str target = str_fmt(c->a, "/api/v1/measurements/%lld", (long long)id);
    if (!api_send(c, "GET", target, (str){0}, 0, &r, e)) return false;
    run->recorded = str_fmt(c->a, "measurement %lld", (long long)id).p;
    return api_file(c, doc_str(r.json, "result_sha256"), RESULT_MAX, &run->recorded_bytes, e);
}

static const char *path_of(struct call *c, const char *name)
{
    str path = call_option(c, name);
    return path.p ? str_dup(c->a, path).p : NULL;
}

static bool read_run(struct call *c, struct binding *b, assess_run *run, err *e)
{
    int64_t threads;
    if (!bind(c, b, &run->plan, e) || !call_int(c, "threads", 0, &threads, e)) return false;
    if (threads < 0 || threads > 1024)
        return err_set(e, ERR_USAGE, S("threads"), S("0 takes one per processor"),
                       "the threads must lie between 0 and 1024");
    run->data = path_of(c, "data");
    run->model = path_of(c, "model");
    run->model_settings = call_options(c, "model-option", &run->n_model_settings);
    run->reference = path_of(c, "reference");
    if (run->n_model_settings && !run->model)
        return err_set(e, ERR_USAGE, S("model-option"), S("add --model URL or --model exec:..."),
                       "a model option without a model");
    run->system = b->system;
    run->threads = (int)threads;
    return find_recorded(c, b, run, e);
}

static bool read_bounds(struct call *c, assess_limits *ret, err *e)
{
    double gib, hours;
    if (!call_real(c, "memory", 16, &gib, e) || !call_real(c, "cpu-hours", 24, &hours, e))
        return false;
    if (!(gib >= 0.1 && gib <= 1e6))
        return err_set(e, ERR_USAGE, S("memory"), S("give GiB, for example 32"),
                       "the memory must lie between 0.1 and 1000000 GiB");
    if (!(hours >= 0.0001 && hours <= 1e5))
        return err_set(e, ERR_USAGE, S("cpu-hours"), S("give hours, for example 48"),
                       "the CPU time must lie between 0.0001 and 100000 hours");
    *ret = (assess_limits){(uint64_t)(gib * 0x1p30), (uint64_t)ceil(hours * 3600)};
    return true;
}

bool measuring_run(struct call *c, assess_run *run, assessment *ret, err *e)
{
    assess_limits bounds;
    struct bar bar = {
        .drawn = isatty(STDERR_FILENO) && !c->json, .percent = -1, .began = clock_mono()};
    bool here = call_flag(c, "trusted");
    if (!read_bounds(c, &bounds, e)) return false;
    run->progress = progress;
    run->progress_ctx = &bar;
    catch_signals(interrupt);
    bool ok = here ? assess(run, c->a, ret, e) : assess_apart(run, &bounds, c->a, ret, e);
    catch_signals(SIG_DFL);
    draw(&bar, -1);
    if (interrupted) raise(interrupted); /* whoever waits sees how it ended */
    return ok;
}

bool measuring_can_write(str path, const char *which, err *e)
{
    struct stat st;
    if (!path.p) return true;
    size_t slash = path.n;
    while (slash && path.p[slash - 1] != '/')
        slash--;
    str folder = slash ? str_dup(e->a, str_sub(path, 0, slash)) : S(".");
    if (stat(str_dup(e->a, path).p, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(e, ERR_INVALID, str_of(which), S("name a file to be written"),
                       S_ISDIR(st.st_mode) ? "'%.*s' is a directory" : "'%.*s' is no plain file",
                       STR_ARG(path));
    if (access(folder.p, W_OK | X_OK) == 0) return true;
    return err_errno(e, errno, str_of(which), str_fmt(e->a, "cannot write into '%s'", folder.p).p);
}

static bool run_assess(struct call *c, err *e)
{
    struct binding b = {0};
    assess_run run = {0};
    assessment x;
    str output = call_option(c, "output"), values = call_option(c, "values");
    buf kept = buf_open(c->a, VALUES_MAX);
    if (!read_run(c, &b, &run, e) || !measuring_can_write(output, "output", e) ||
        !measuring_can_write(values, "values", e))
        return false;
    if (values.p) {
        run.values = keep_values;
        run.values_ctx = &kept;
    }
    if (!measuring_run(c, &run, &x, e)) return false;
    if (values.p && !file_replace(str_dup(c->a, values).p, buf_str(&kept), 0644, e)) return false;
    if (output.p && !file_replace(str_dup(c->a, output).p, x.json, 0644, e)) return false;
    if (c->json)
        print_text(x.json);
    else if (!show_result(c, &x, e))
        return false;
    if ((b.plan || b.system.p) && !hand_in(c, &b, &x, e)) return false;
    bool strict = call_flag(c, "strict") && x.verdict == VERDICT_INCONCLUSIVE;
    c->exit_code = x.verdict == VERDICT_FAIL || strict ? err_exit(ERR_CHECK) : 0;
    return true;
}

/* ---- kinds ---- */

static str joined(arena *a, const doc *list)
{
    buf b = buf_open(a, 1 << 16);
    for (size_t i = 0; list && i < list->n; i++)
        buf_fmt(&b, "%s%.*s", i ? " " : "", STR_ARG(list->at[i].s));
    return buf_str(&b);
}

static void print_kind(struct call *c, const doc *k)
{
    static const char *const columns[] = {"name",    "type",        "minimum", "maximum",
                                          "default", "description", NULL};
    const doc *options = doc_get(k, "options"), *metrics = doc_get(k, "metrics");
    printf("%.*s: %.*s\n", STR_ARG(doc_str(k, "id")), STR_ARG(doc_str(k, "description")));
    printf("needs:    %s\n", joined(c->a, doc_get(k, "needs")).p);
    str takes = joined(c->a, doc_get(k, "takes"));
    if (takes.n) printf("takes:    %s\n", takes.p);
    printf("controls: %s\n", joined(c->a, doc_get(k, "controls")).p);
    if (doc_str(k, "slice").p) printf("slices:   by %.*s\n", STR_ARG(doc_str(k, "slice")));
    printf("metrics:\n");
    for (size_t i = 0; i < metrics->n; i++)
        printf("  %.*s\n", STR_ARG(metrics->at[i].s));
    if (!options->n) return;
    printf("options (--option NAME=VALUE):\n");
    print_table(c, options, columns);
}

static bool run_kinds(struct call *c, err *e)
{
    buf b = buf_open(c->a, 4 << 20);
    jw w = jw_open(&b);
    doc *all, *kept = NULL;
    work_kinds(&w);
    if (!doc_parse(c->a, buf_str(&b), 4 << 20, &all, e)) return false;
    for (size_t i = 0; c->n_args && i < all->n; i++)
        if (str_eq(doc_str(&all->at[i], "id"), c->args[0])) kept = &all->at[i];
    if (c->n_args && !kept)
        return err_set(e, ERR_NOT_FOUND, S("kind"), S("see: aims kinds"), "there is no kind '%.*s'",
                       STR_ARG(c->args[0]));
    if (c->json) {
        buf out = buf_open(c->a, 4 << 20);
        jw one = jw_open(&out);
        doc_write(kept ? kept : all, &one);
        print_text(buf_str(&out));
    } else if (kept) {
        print_kind(c, kept);
    } else {
        static const char *const columns[] = {"id", "needs", "controls", "title", NULL};
        for (size_t i = 0; i < all->n; i++) /* lists as texts, for the columns */
            for (size_t m = 0; m < all->at[i].n; m++)
                if (all->at[i].at[m].kind == DOC_ARR)
                    all->at[i].at[m] = (doc){.kind = DOC_STR, .s = joined(c->a, &all->at[i].at[m])};
        print_table(c, all, columns);
    }
    return true;
}

static const option assess_options[] = {
    {"data",         "FILE",            OPTION_REQUIRED, "CSV, JSON-lines, .npy or .npz file to measure on"        },
    {"dir",          "DIR",             0,               "Data directory; else $AIMS_DATA"                         },
    {"reference",    "FILE",            0,               "Data to compare with, or what aims keep made of them"    },
    {"recorded",     "RESULT.json",     0,               "The result to repeat, for reproducible_run"              },
    {"measurement",  "ID",              0,               "The same, taken from the register"                       },
    {"option",       "NAME=VALUE",      OPTION_MANY,     "What this kind can be told beyond the rest"              },
    {"model",        "FILE or ADDRESS", 0,               "Model to ask, see docs/models.md; else columns predict"  },
    {"model-option", "NAME=VALUE",      OPTION_MANY,
     "About a model that answers elsewhere: aims model-options"                                                    },
    {"label",        "COLUMN",          0,               "Column with the truth"                                   },
    {"positive",     "VALUE",           0,               "Value of the label that counts as positive"              },
    {"prediction",   "COLUMN",          0,               "Column with the predicted label or value"                },
    {"score",        "COLUMN",          0,               "Column with the score of the positive class"             },
    {"threshold",    "T",               0,               "Positive where score >= T"                               },
    {"group",        "COLUMN[,COLUMN]", OPTION_MANY,     "Protected attributes or slices"                          },
    {"bins",         "COLUMN=A[,B]",    OPTION_MANY,     "Ranges of a --group of numbers: age=25,40,65"            },
    {"where",        "EXPR",            0,               "Only rows for which this holds; see docs/expressions.md" },
    {"limit",        "METRIC<=X",       OPTION_MANY,     "Limit; [a=b] or [*] behind the metric for slices"        },
    {"task",         "NAME",            0,               "binary, multiclass or regression, when it is not plain"  },
    {"feature",      "COLUMN[,COLUMN]", OPTION_MANY,     "Columns the model may see"                               },
    {"encode",       "FILE|NAME=SPEC",  OPTION_MANY,
     "How columns become the model's numbers: docs/encoders.md"                                                    },
    {"schema",       "FILE",            0,               "What the data must be like: a schema or a result"        },
    {"confidence",   "C",               0,               "Of the intervals; default 0.95"                          },
    {"resamples",    "N",               0,               "Of the bootstrap; default 1000"                          },
    {"seed",         "N",               0,               "Of the bootstrap; the same seed gives the same bytes"    },
    {"min-group",    "N",               0,               "Smaller groups are shown, not judged; default 30"        },
    {"system",       "NAME",            0,               "Hand the result in as evidence for this AI system"       },
    {"plan",         "NAME",            0,               "Follow this plan, and hand the result in"                },
    {"threads",      "N",               0,               "Threads to use; never changes a figure"                  },
    {"memory",       "GIB",             0,               "That reading and measuring may use; default 16"          },
    {"cpu-hours",    "HOURS",           0,               "Of all processors together; default 24"                  },
    {"trusted",      NULL,              0,               "Read model and data in this process, without its sandbox"},
    {"values",       "FILE",            0,               "Write the values of single rows as CSV"                  },
    {"output",       "FILE",            0,               "Write the result as JSON, too"                           },
    {"all",          NULL,              0,               "Show the figures of all slices and all rows of tables"   },
    {"strict",       NULL,              0,               "Exit with 1 when inconclusive, too"                      },
    {NULL,           NULL,              0,               NULL                                                      },
};
const command measure_commands[] = {
    {"assess",        "KIND",   1, 1, assess_options, NEEDS_API,     run_assess,
     "Measure a model or its predictions on real data",                                       "Stand-alone it needs nothing but files. With --system or --plan the result becomes evidence: "
     "an active plan of the system fixes columns and limits. KIND is one that 'aims kinds' lists. "
     "Model and data are read by a process without rights. With --model URL a server is asked "
     "(Open "
     "Inference Protocol, KServe v1, TensorFlow Serving or MLflow), with --model 'exec:PROGRAM "
     "...' "
     "a program that speaks JSON lines, confined. Exit code 1 when a limit fails."},
    {"kinds",         "[KIND]", 0, 1, NULL,           NEEDS_NOTHING, run_kinds,
     "List the kinds of measurement, or the metrics and options of one",                      NULL                                       },
    {"model-options", NULL,     0, 0, NULL,           NEEDS_NOTHING, run_model_options,
     "List what can be set about models that answer at a URL or are programs",                NULL                                       },
    {NULL,            NULL,     0, 0, NULL,           NEEDS_NOTHING, NULL,              NULL, NULL                                       },
};
