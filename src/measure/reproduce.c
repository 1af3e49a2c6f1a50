/* reproduce.c - the kind reproducible_run: repeats a recorded result and says what came out
 * otherwise. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/reproduce.h"
#include "measure/kinds.h"
#include "measure/plan.h"
#include "measure/result_table.h"
#include <math.h>

enum { ROWS_SHOWN = 1000, RESULT_MAX = 64 << 20 };

const char *const reproduce_metrics[] = {"reproduced", "identical_figures",
                                         "largest_relative_difference", NULL};

const measure_option reproduce_options[] = {
    {"plan", DOC_STR,  0, 160, 0,
     "Stored plan whose latest result is repeated; none: any recorded result of the system"},
    {NULL,   DOC_NULL, 0, 0,   0, NULL                                                     },
};

static const char *const references[] = {
    "ACM, Artifact Review and Badging 1.1 (2020): repeatability, same team and same set-up",
    "RFC 8785: JSON canonicalization",
    NULL,
};

struct repeat {
    const measure_input *in;
    const doc *was, *is; /* whole results */
    measure_plan plan;   /* the recorded one */
    const measure_kind *kind;
    arena *a;
};

/* ---- what is repeated ---- */

/* What decides the figures stands in the recorded result, and nowhere else. */
static bool takes_nothing(const measure_plan *p, err *e)
{
    const measure_plan untold = measure_plan_default();
    const struct {
        const char *name;
        bool given;
    } members[] = {
        {"task",       p->task.p != NULL               },
        {"label",      p->label.p != NULL              },
        {"positive",   p->positive.p != NULL           },
        {"prediction", p->prediction.p != NULL         },
        {"score",      p->score.p != NULL              },
        {"threshold",  p->has_threshold                },
        {"groups",     p->n_groups > 0                 },
        {"bins",       p->bins != NULL                 },
        {"where",      p->where.p != NULL              },
        {"features",   p->n_features > 0               },
        {"encode",     p->encode != NULL               },
        {"schema",     p->schema != NULL               },
        {"seed",       p->seed != untold.seed          },
        {"resamples",  p->resamples != untold.resamples},
        {"min_group",  p->min_group != untold.min_group},
    };
    for (size_t i = 0; i < COUNT(members); i++)
        if (members[i].given)
            return err_set(e, ERR_INVALID, str_of(members[i].name), S("leave it out"),
                           "a repetition takes '%s' from the recorded result", members[i].name);
    return true;
}

static bool bad(err *e, const char *path, const char *why)
{
    return err_set(e, ERR_INVALID, str_of(path), S("name a result that aims assess has written"),
                   "%s", why);
}

static bool read_recorded(struct repeat *r, err *e)
{
    const doc *parameters = doc_get(doc_get(r->was, "method"), "parameters");
    r->kind = measure_find(doc_str(r->was, "kind"));
    if (!r->kind) return bad(e, "recorded.kind", "it is no result of a kind that this version has");
    if (r->kind->needs_recorded)
        return err_set(e, ERR_INVALID, S("recorded.kind"), S("repeat the first run itself"),
                       "a repetition is not repeated");
    if (!parameters) return bad(e, "recorded.method.parameters", "it does not say how it was made");
    if (!measure_plan_parse(r->a, parameters, &r->plan, e))
        return err_under(e, S("recorded.method.parameters"));
    r->plan.kind = str_of(r->kind->id);
    return true;
}

/* ---- on what ---- */

/* NULL `given`: there is none. */
static bool same_input(const struct repeat *r, const char *name, const digest *given, err *e)
{
    const doc *was = doc_get(doc_get(r->was, "subject"), name);
    str path = str_eqz(str_of(name), "dataset") ? S("data") : str_of(name);
    if (doc_get(was, "endpoint"))
        return err_set(e, ERR_INVALID, path, S("repeat a run on the artefact itself"),
                       "the recorded model answered elsewhere: nothing proves that it is the same");
    str sha = doc_str(was, "sha256"), is = given ? digest_hex(e->a, *given) : S("none");
    if (!was && !given) return true;
    if (was && given && str_eq(sha, is)) return true;
    return err_set(e, ERR_INVALID, path, S("give exactly what was measured then"),
                   "the recorded result has the %s %.*s, this is %.*s", name,
                   STR_ARG(was ? str_sub(sha, 0, 64) : S("none")), STR_ARG(is));
}

static bool same_inputs(const struct repeat *r, err *e)
{
    const struct model *m = r->in->model;
    const table *ref = r->in->reference;
    return same_input(r, "dataset", &r->in->data->sha256, e) &&
           same_input(r, "model", m ? &model_describe(m)->sha256 : NULL, e) &&
           same_input(r, "reference", ref ? &ref->sha256 : NULL, e);
}

/* ---- the repetition ---- */

static bool as_document(struct repeat *r, const measure_result *got, err *e)
{
    doc *d;
    buf b = buf_open(r->a, RESULT_MAX);
    jw w = jw_open(&b);
    measure_context c = {.subject = S("{}"), .tool_version = S("")};
    measure_result_json(&r->plan, got, &c, &w);
    if (b.full) return bad(e, "recorded", "the result is too large to be compared");
    if (!doc_parse(r->a, buf_str(&b), RESULT_MAX, &d, e)) return false;
    r->is = d;
    return true;
}

static bool run_again(struct repeat *r, err *e)
{
    measure_result got;
    measure_input in = *r->in;
    in.recorded = NULL;
    in.values = NULL;
    return (measure_run(&r->plan, &in, &got, r->a, e) || err_prefix(e, "repeating")) &&
           as_document(r, &got, e);
}

/* ---- telling ---- */

static void write_parts(const comparison *c, jw *w)
{
    static const char *const columns[] = {"part", "identical"};
    result_open_table(w, "parts", "Parts of the result", columns, COUNT(columns));
    for (size_t i = 0; i < REPRODUCE_PARTS; i++) {
        jw_arr(w);
        jw_strz(w, reproduce_parts[i]);
        jw_bool(w, c->same[i]);
        jw_arr_end(w);
    }
    result_close_table(w);
}

static void write_differences(const comparison *c, jw *w)
{
    static const char *const columns[] = {"metric",   "slice",    "members",
                                          "recorded", "repeated", "relative_difference"};
    result_open_table(w, "differences", "Figures that differ", columns, COUNT(columns));
    for (size_t i = 0; i < c->n_differences && i < ROWS_SHOWN; i++) {
        const difference *d = &c->differences[i];
        jw_arr(w);
        jw_str(w, str_clip(d->metric, 200));
        jw_str(w, str_clip(d->slice, 1000));
        jw_str(w, d->members);
        jw_real(w, d->recorded);
        jw_real(w, d->repeated);
        jw_real(w, d->relative);
        jw_arr_end(w);
    }
    result_close_table(w);
}

static str tables(const comparison *c, arena *a)
{
    buf b = buf_open(a, RESULT_MAX);
    jw w = jw_open(&b);
    jw_arr(&w);
    write_parts(c, &w);
    write_differences(c, &w);
    jw_arr_end(&w);
    return buf_str(&b);
}

static bool all_same(const comparison *c)
{
    bool same = true;
    for (size_t i = 0; i < REPRODUCE_PARTS; i++)
        same = same && c->same[i];
    return same;
}

static void add(figures *f, const char *id, double v, size_t n)
{
    figures_add(f, id, v, (int64_t)n, (str){0}, recipe_fixed(v, v, "exact"));
}

static void note(figures *f, const struct repeat *r, const comparison *c)
{
    str by = doc_str(doc_get(r->was, "tool"), "version"), when = doc_str(r->was, "started");
    figures_note(f, "repeated: the %s of %.*s, made with version %.*s of the tool", r->kind->id,
                 STR_ARG(when.p ? str_clip(when, 40) : S("an unknown time")),
                 STR_ARG(by.p ? str_clip(by, 60) : S("?")));
    if (c->n_differences > ROWS_SHOWN)
        figures_note(f, "the first %d of %zu differing figures are listed", (int)ROWS_SHOWN,
                     c->n_differences);
}

bool reproduce_run(const measure_plan *p, const measure_input *in, measure_result *ret, arena *a,
                   err *e)
{
    struct repeat r = {.in = in, .was = in->recorded, .a = a};
    if (!takes_nothing(p, e) || !read_recorded(&r, e) || !same_inputs(&r, e) || !run_again(&r, e))
        return false;
    comparison c = reproduce_compare(r.was, r.is, a);
    figures f = figures_open(p, NULL, a);
    add(&f, "reproduced", all_same(&c), c.figures);
    add(&f, "identical_figures", c.figures ? (double)c.identical / (double)c.figures : NAN,
        c.figures);
    add(&f, "largest_relative_difference", c.largest, c.figures);
    note(&f, &r, &c);
    ret->method = S("repetition from the recorded parameters and seed, compared byte by byte");
    ret->references = references;
    ret->tables = tables(&c, a);
    return figures_judge(&f, ret, e);
}
