/* plan.c - a plan from and to JSON, and the check that it can be run at all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"
#include "measure/bins.h"
#include "measure/groups.h"
#include "measure/options.h"
#include "measure/sample.h"
#include "measure/schema.h"
#include <math.h>

#define PLAN_LIMITS    1000
#define PLAN_FEATURES  10000
#define PLAN_RESAMPLES 100000
#define PLAN_GROUP_MAX INT64_C(1000000000)

measure_plan measure_plan_default(void)
{
    return (measure_plan){
        .threshold = 0.5, .confidence = 0.95, .resamples = 1000, .seed = 1, .min_group = 30};
}

/* ---- reading ---- */

typedef bool read_fn(arena *a, const doc *d, measure_plan *p, str path, err *e);

static bool wrong(err *e, const doc *d, str path, const char *want)
{
    return err_set(e, ERR_INVALID, path, str_fmt(e->a, "give %s", want), "'%.*s' is %s, not %s",
                   STR_ARG(path), doc_kind_name(d->kind), want);
}

static bool read_text(const doc *d, str *ret, str path, err *e)
{
    if (d->kind == DOC_NULL) return true;
    if (d->kind != DOC_STR || d->s.n == 0)
        return wrong(e, d, path, "a text with at least one character");
    *ret = d->s;
    return true;
}

static bool read_texts(arena *a, const doc *d, size_t most, const str **ret, size_t *ret_n,
                       str path, err *e)
{
    if (d->kind == DOC_NULL) return true;
    if (d->kind != DOC_ARR || d->n > most)
        return wrong(e, d, path, str_fmt(e->a, "a list of at most %zu texts", most).p);
    str *s = arena_new(a, str, d->n + 1);
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].kind != DOC_STR || d->at[i].s.n == 0)
            return wrong(e, &d->at[i], str_fmt(e->a, "%.*s.%zu", STR_ARG(path), i), "a text");
        else
            s[i] = d->at[i].s;
    *ret = s;
    *ret_n = d->n;
    return true;
}

static bool read_number(const doc *d, double *ret, str path, err *e)
{
    if (!doc_is_num(d)) return wrong(e, d, path, "a number");
    *ret = d->d;
    return true;
}

static bool read_whole(const doc *d, int64_t *ret, str path, err *e)
{
    if (d->kind != DOC_INT) return wrong(e, d, path, "a whole number");
    *ret = d->i;
    return true;
}

#define TEXT_MEMBER(name)                                                                          \
    static bool read_##name(arena *a, const doc *d, measure_plan *p, str path, err *e)             \
    {                                                                                              \
        (void)a;                                                                                   \
        return read_text(d, &p->name, path, e);                                                    \
    }
TEXT_MEMBER(kind)
TEXT_MEMBER(task)
TEXT_MEMBER(label)
TEXT_MEMBER(prediction)
TEXT_MEMBER(score)
TEXT_MEMBER(where)

/* People write 1 as often as "1". */
static bool read_positive(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    if (!doc_is_num(d)) return read_text(d, &p->positive, path, e);
    buf b = buf_open(a, 64);
    jw w = jw_open(&b);
    jw_real(&w, d->d);
    p->positive = buf_str(&b);
    return true;
}

static bool read_threshold(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a;
    p->has_threshold = d->kind != DOC_NULL;
    return d->kind == DOC_NULL || read_number(d, &p->threshold, path, e);
}

static bool read_groups(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    return read_texts(a, d, GROUPS_ATTRIBUTES, &p->groups, &p->n_groups, path, e);
}

static bool read_bins(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a, (void)path, (void)e;
    p->bins = d->kind == DOC_NULL ? NULL : d;
    return true;
}

static bool read_features(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    return read_texts(a, d, PLAN_FEATURES, &p->features, &p->n_features, path, e);
}

static bool read_limits(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    const str *texts = NULL;
    size_t n = 0;
    if (!read_texts(a, d, PLAN_LIMITS, &texts, &n, path, e)) return false;
    limit *l = arena_new(a, limit, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!limit_parse(a, texts[i], &l[i], e)) {
            e->path = str_fmt(e->a, "limits.%zu", i);
            return false;
        }
    p->limits = l;
    p->n_limits = n;
    return true;
}

static bool read_confidence(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a;
    return read_number(d, &p->confidence, path, e);
}

static bool read_resamples(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a;
    return read_whole(d, &p->resamples, path, e);
}

static bool read_min_group(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a;
    return read_whole(d, &p->min_group, path, e);
}

static bool read_seed(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    int64_t n = 0;
    (void)a;
    if (!read_whole(d, &n, path, e)) return false;
    if (n < 0)
        return err_set(e, ERR_INVALID, path, S("give a whole number from 0 on"),
                       "the seed is negative");
    p->seed = (uint64_t)n;
    return true;
}

static bool read_encode(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    encoding *x = NULL;
    (void)path;
    if (d->kind != DOC_NULL && !encode_parse(a, d, &x, e)) return false;
    p->encode = x;
    return true;
}

static bool read_schema(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a, (void)path, (void)e;
    p->schema = d->kind == DOC_NULL ? NULL : d;
    return true;
}

/* Checked once the kind is known, by plan_check. */
static bool read_options(arena *a, const doc *d, measure_plan *p, str path, err *e)
{
    (void)a, (void)path, (void)e;
    p->options = d->kind == DOC_NULL ? NULL : d;
    return true;
}

static const struct member {
    const char *name;
    read_fn *read;
} members[] = {
    {"kind",       read_kind      },
    {"task",       read_task      },
    {"label",      read_label     },
    {"positive",   read_positive  },
    {"prediction", read_prediction},
    {"score",      read_score     },
    {"threshold",  read_threshold },
    {"groups",     read_groups    },
    {"bins",       read_bins      },
    {"where",      read_where     },
    {"limits",     read_limits    },
    {"confidence", read_confidence},
    {"resamples",  read_resamples },
    {"seed",       read_seed      },
    {"min_group",  read_min_group },
    {"features",   read_features  },
    {"encode",     read_encode    },
    {"options",    read_options   },
    {"schema",     read_schema    },
};

static bool read_member(arena *a, str key, const doc *d, measure_plan *p, err *e)
{
    str valid = S("a plan has");
    for (size_t i = 0; i < COUNT(members); i++) {
        if (str_eqz(key, members[i].name)) return members[i].read(a, d, p, key, e);
        valid = str_fmt(e->a, "%.*s%s %s", STR_ARG(valid), i ? "," : "", members[i].name);
    }
    return err_set(e, ERR_INVALID, key, valid, "'%.*s' is no member of a plan",
                   STR_ARG(str_sub(key, 0, 100)));
}

bool measure_plan_parse(arena *a, const doc *d, measure_plan *ret, err *e)
{
    *ret = measure_plan_default();
    if (d->kind != DOC_OBJ)
        return err_set(e, ERR_INVALID, S(""), S("give an object with at least kind and label"),
                       "the plan is %s, not an object", doc_kind_name(d->kind));
    for (size_t i = 0; i < d->n; i++)
        if (!read_member(a, d->keys[i], &d->at[i], ret, e)) return false;
    const measure_kind *kind;
    return plan_check(ret, &kind, e);
}

/* ---- checking ---- */

static bool known_kind(const measure_plan *p, const measure_kind **ret, err *e)
{
    *ret = measure_find(p->kind);
    if (*ret) return true;
    str valid = S("kinds:");
    for (size_t i = 0; i < measure_n_kinds; i++)
        valid = str_fmt(e->a, "%.*s%s %s", STR_ARG(valid), i ? "," : "", measure_kinds[i].id);
    return err_set(e, ERR_INVALID, S("kind"), valid, "'%.*s' is no kind of measurement",
                   STR_ARG(str_sub(p->kind, 0, 100)));
}

static bool known_task(const measure_plan *p, err *e)
{
    bool ok = !p->task.p;
    for (size_t i = 0; i < COUNT(sample_task_names); i++)
        ok |= str_eqz(p->task, sample_task_names[i]);
    return ok || err_set(e, ERR_INVALID, S("task"), S("tasks: binary, multiclass, regression"),
                         "'%.*s' is no task", STR_ARG(str_sub(p->task, 0, 100)));
}

static bool known_metric(const measure_kind *k, const limit *l, size_t at, err *e)
{
    str valid = str_fmt(e->a, "metrics of %s:", k->id);
    for (size_t i = 0; k->metrics[i]; i++) {
        if (str_eqz(l->metric, k->metrics[i])) return true;
        valid = str_fmt(e->a, "%.*s%s %s", STR_ARG(valid), i ? "," : "", k->metrics[i]);
    }
    return err_set(e, ERR_INVALID, str_fmt(e->a, "limits.%zu", at), valid,
                   "'%.*s' is no metric of %s", STR_ARG(str_sub(l->metric, 0, 100)), k->id);
}

static bool ranges_ok(const measure_plan *p, err *e)
{
    if (!(p->confidence > 0.5 && p->confidence < 1))
        return err_set(e, ERR_INVALID, S("confidence"), S("0.95 is usual"),
                       "confidence must lie between 0.5 and 1");
    if (p->resamples < 0 || (p->resamples > 0 && p->resamples < 100) ||
        p->resamples > PLAN_RESAMPLES)
        return err_set(e, ERR_INVALID, S("resamples"), S("1000 is usual, 0 takes it"),
                       "resamples must lie between 100 and %d", PLAN_RESAMPLES);
    if (p->min_group < 1 || p->min_group > PLAN_GROUP_MAX)
        return err_set(e, ERR_INVALID, S("min_group"), S("30 is usual, 1 judges every group"),
                       "min_group must be at least 1");
    if (p->seed > INT64_MAX)
        return err_set(e, ERR_INVALID, S("seed"), S("any whole number up to 2^63-1 will do"),
                       "the seed is too large");
    if (p->has_threshold && !isfinite(p->threshold))
        return err_set(e, ERR_INVALID, S("threshold"), S("give a number"),
                       "the threshold is no number");
    return true;
}

bool plan_check(const measure_plan *p, const measure_kind **ret_kind, err *e)
{
    if (!known_kind(p, ret_kind, e) || !known_task(p, e) || !ranges_ok(p, e)) return false;
    const measure_kind *k = *ret_kind;
    if (k->needs_label && !p->label.p)
        return err_set(e, ERR_INVALID, S("label"), S("name the column that holds the truth"),
                       "%s needs a label column", k->id);
    if (p->n_groups && !k->needs_groups && !k->groups)
        return err_set(e, ERR_INVALID, S("groups"), S("use `where` for one group at a time"),
                       "%s has no groups", k->id);
    if (k->needs_groups && p->n_groups == 0)
        return err_set(e, ERR_INVALID, S("groups"), S("name one or more protected attributes"),
                       "%s needs at least one group column", k->id);
    for (size_t i = 0; i < p->n_limits; i++)
        if (!known_metric(k, &p->limits[i], i, e)) return false;
    return bins_check(p, e) && options_check(k, p->options, e) &&
           (!p->schema || schema_parse(p->schema, e));
}

/* ---- writing ---- */

static void write_text(jw *w, const char *key, str s)
{
    if (s.p) jw_m_str(w, key, s);
}

static void write_texts(jw *w, const char *key, const str *s, size_t n)
{
    if (n == 0) return;
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, s[i]);
    jw_arr_end(w);
}

static void write_limits(jw *w, const measure_plan *p)
{
    jw_key(w, "limits");
    jw_arr(w);
    for (size_t i = 0; i < p->n_limits; i++)
        jw_str(w, limit_text(w->b->a, &p->limits[i]));
    jw_arr_end(w);
}

static void write_doc(jw *w, const char *key, const doc *d)
{
    if (!d) return;
    jw_key(w, key);
    jw_raw(w, doc_canonical(w->b->a, d));
}

void measure_plan_json(const measure_plan *p, jw *w)
{
    jw_obj(w);
    write_text(w, "kind", p->kind);
    write_text(w, "task", p->task);
    write_text(w, "label", p->label);
    write_text(w, "positive", p->positive);
    write_text(w, "prediction", p->prediction);
    write_text(w, "score", p->score);
    if (p->has_threshold) jw_m_real(w, "threshold", p->threshold);
    write_texts(w, "groups", p->groups, p->n_groups);
    write_doc(w, "bins", p->bins);
    write_text(w, "where", p->where);
    if (p->n_limits) write_limits(w, p);
    jw_m_real(w, "confidence", p->confidence);
    jw_m_int(w, "resamples", p->resamples);
    jw_m_int(w, "seed", (int64_t)p->seed);
    jw_m_int(w, "min_group", p->min_group);
    write_texts(w, "features", p->features, p->n_features);
    write_doc(w, "encode", p->encode ? p->encode->doc : NULL);
    write_doc(w, "options", p->options);
    write_doc(w, "schema", p->schema);
    jw_obj_end(w);
}
