/* options.c - what a kind can be told beyond the common members: checked by its table, read by
 * name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/options.h"
#include "measure/plan.h"

static const measure_option *option_named(const measure_kind *k, str name)
{
    for (const measure_option *o = k->options; o && o->name; o++)
        if (str_eqz(name, o->name)) return o;
    return NULL;
}

static bool unknown(const measure_kind *k, str name, err *e)
{
    str valid = k->options ? str_fmt(e->a, "options of %s:", k->id)
                           : str_fmt(e->a, "%s has no options", k->id);
    for (const measure_option *o = k->options; o && o->name; o++)
        valid = str_fmt(e->a, "%s%s %s", valid.p, o == k->options ? "" : ",", o->name);
    return err_set(e, ERR_INVALID, str_fmt(e->a, "options.%.*s", STR_ARG(str_sub(name, 0, 100))),
                   valid, "'%.*s' is no option of %s", STR_ARG(str_sub(name, 0, 100)), k->id);
}

static bool all_texts(const doc *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].kind != DOC_STR || d->at[i].s.n == 0) return false;
    return true;
}

/* A whole number is a number, too. */
static bool right_type(const measure_option *o, const doc *d)
{
    if (o->type == DOC_REAL) return doc_is_num(d);
    return d->kind == o->type && (o->type != DOC_ARR || all_texts(d));
}

static bool in_range(const measure_option *o, const doc *d)
{
    if (doc_is_num(d)) return d->d >= o->lo && d->d <= o->hi;
    if (d->kind == DOC_STR) return (double)str_utf8_chars(d->s) <= o->hi;
    return d->kind == DOC_BOOL || (double)d->n <= o->hi;
}

static bool check_one(const measure_kind *k, str name, const doc *d, err *e)
{
    const measure_option *o = option_named(k, name);
    if (!o) return unknown(k, name, e);
    str path = str_fmt(e->a, "options.%s", o->name);
    if (!right_type(o, d) && o->type == DOC_ARR)
        return err_set(e, ERR_INVALID, path,
                       str_fmt(e->a, "write it as [\"...\", \"...\"]: %s", o->doc),
                       "'%s' is %s, not a list of texts", path.p,
                       d->kind == DOC_ARR ? "a list of other things" : doc_kind_name(d->kind));
    if (!right_type(o, d))
        return err_set(e, ERR_INVALID, path, str_of(o->doc), "'%s' is %s, not %s", path.p,
                       doc_kind_name(d->kind), doc_kind_name(o->type));
    if (in_range(o, d)) return true;
    return err_set(e, ERR_INVALID, path, str_of(o->doc),
                   doc_is_num(d) ? "'%s' must lie between %g and %g" : "'%s' is too long", path.p,
                   o->lo, o->hi);
}

bool options_check(const measure_kind *k, const doc *options, err *e)
{
    if (!options) return true;
    if (options->kind != DOC_OBJ)
        return err_set(e, ERR_INVALID, S("options"), S("give an object"),
                       "'options' is %s, not an object", doc_kind_name(options->kind));
    for (size_t i = 0; i < options->n; i++)
        if (!check_one(k, options->keys[i], &options->at[i], e)) return false;
    return true;
}

static const measure_option *must_have(const measure_plan *p, const char *name)
{
    const measure_kind *k = measure_find(p->kind);
    const measure_option *o = k ? option_named(k, str_of(name)) : NULL;
    if (o) return o;
    fprintf(stderr, "aims: no kind of measurement has the option '%s'\n", name);
    abort();
}

double plan_number(const measure_plan *p, const char *name)
{
    return doc_real(p->options, name, must_have(p, name)->dflt);
}

const doc *plan_value(const measure_plan *p, const char *name)
{
    must_have(p, name);
    return doc_get(p->options, name);
}
