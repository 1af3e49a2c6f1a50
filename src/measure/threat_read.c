/* threat_read.c - a threat model from the plan's option, checked against the data it is about. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/threat.h"
#include <math.h>

struct reading {
    arena *a;
    const threat_data *data;
    str path;
    threat *t;
    const doc **own; /* per feature: its member of "features", or NULL */
    bool by_range;
    err *e;
};

static str under(const struct reading *r, const char *member, str name)
{
    str short_name = str_sub(name, 0, 100);
    return str_fmt(r->e->a, "%.*s.%s%s%.*s", STR_ARG(r->path), member, name.p ? "." : "",
                   STR_ARG(short_name));
}

static bool refuse(const struct reading *r, str path, str hint, const char *what)
{
    return err_set(r->e, ERR_INVALID, path, hint, "%s", what);
}

static bool find(const struct reading *r, const doc *d, str path, size_t *ret)
{
    str name = d->kind == DOC_STR ? d->s : S("");
    for (*ret = 0; *ret < r->data->n; (*ret)++)
        if (str_eq(r->data->names[*ret], name)) return true;
    return err_set(r->e, ERR_INVALID, path, S("name features as the model sees them"),
                   "'%.*s' is no feature", STR_ARG(str_sub(name, 0, 100)));
}

static bool known(const struct reading *r, const doc *d, str path, const char *const *names,
                  size_t n)
{
    str valid = S("members:");
    for (size_t k = 0; k < n; k++)
        valid = str_fmt(r->e->a, "%s%s %s", valid.p, k ? "," : "", names[k]);
    if (d->kind != DOC_OBJ) return refuse(r, path, valid, "this must be an object");
    for (size_t i = 0; i < d->n; i++) {
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found |= str_eqz(d->keys[i], names[k]);
        str key = str_sub(d->keys[i], 0, 100);
        if (!found)
            return err_set(r->e, ERR_INVALID,
                           str_fmt(r->e->a, "%.*s.%.*s", STR_ARG(path), STR_ARG(key)), valid,
                           "'%.*s' is no member of a threat model", STR_ARG(key));
    }
    return true;
}

/* The one of `words` that a text member is; unchanged when it is absent. */
static bool word(const struct reading *r, const doc *d, const char *key, str path,
                 const char *const *words, size_t n, size_t *ret)
{
    const doc *m = doc_get(d, key);
    str valid = S("one of:");
    if (!m) return true;
    for (size_t k = 0; k < n; k++) {
        valid = str_fmt(r->e->a, "%s%s %s", valid.p, k ? "," : "", words[k]);
        if (m->kind != DOC_STR || !str_eqz(m->s, words[k])) continue;
        *ret = k;
        return true;
    }
    return refuse(r, str_fmt(r->e->a, "%.*s.%s", STR_ARG(path), key), valid, "no such word");
}

static bool flag(const struct reading *r, const doc *d, const char *key, str path, bool *ret)
{
    const doc *m = doc_get(d, key);
    if (m && m->kind != DOC_BOOL)
        return refuse(r, str_fmt(r->e->a, "%.*s.%s", STR_ARG(path), key), S("true or false"),
                      "this must be true or false");
    if (m) *ret = m->b;
    return true;
}

/* ---- what the data say ---- */

static int by_value(const void *p, const void *q)
{
    float a = *(const float *)p, b = *(const float *)q;
    return a < b ? -1 : a > b;
}

static void range_of(const struct reading *r, size_t i)
{
    threat_feature *f = &r->t->at[i];
    const threat_data *d = r->data;
    f->min = INFINITY;
    f->max = -INFINITY;
    for (size_t k = 0; k < d->rows; k++) {
        float v = d->x[k * d->n + i];
        if (!isfinite(v)) continue;
        f->min = fminf(f->min, v);
        f->max = fmaxf(f->max, v);
    }
    if (f->min <= f->max) return;
    f->min = f->max = 0; /* never seen with a value: there is none it could take */
    f->immutable = true;
}

static bool codes_of(const struct reading *r, size_t i)
{
    const threat_data *d = r->data;
    arena *scratch = arena_open();
    float *v = arena_new(scratch, float, d->rows);
    size_t n = 0, distinct = 0;
    for (size_t k = 0; k < d->rows; k++)
        if (isfinite(d->x[k * d->n + i])) v[n++] = d->x[k * d->n + i];
    if (n) qsort(v, n, sizeof *v, by_value);
    for (size_t k = 0; k < n; k++)
        if (k == 0 || v[k] != v[k - 1]) v[distinct++] = v[k];
    bool ok = distinct <= THREAT_CODES;
    if (ok) {
        float *codes = arena_new(r->a, float, distinct + 1);
        if (distinct) memcpy(codes, v, distinct * sizeof *v);
        r->t->at[i].codes = codes;
        r->t->at[i].n_codes = distinct;
    }
    arena_close(scratch);
    return ok || err_set(r->e, ERR_TOO_LARGE, under(r, "features", r->data->names[i]),
                         S("make it a number: \"categorical\": false"),
                         "a category with over %d codes", THREAT_CODES);
}

/* ---- one feature ---- */

static bool number(const struct reading *r, const doc *d, const char *key, str path, double *ret)
{
    const doc *m = doc_get(d, key);
    if (m && !(doc_is_num(m) && fabs(m->d) < 1e30))
        return refuse(r, str_fmt(r->e->a, "%.*s.%s", STR_ARG(path), key), S("give a number"),
                      "this must be a number");
    if (m) *ret = m->d;
    return true;
}

static bool bounds(const struct reading *r, size_t i, const doc *d, str path)
{
    threat_feature *f = &r->t->at[i];
    double min = (double)f->min, max = (double)f->max;
    if (!number(r, d, "min", path, &min) || !number(r, d, "max", path, &max)) return false;
    if ((f->codes || f->group) && (doc_get(d, "min") || doc_get(d, "max")))
        return refuse(r, path, S("leave min and max out"), "categories have no bounds");
    if (min > max)
        return refuse(r, path, S("let min be at most max"), "no value lies within the bounds");
    f->min = (float)min;
    f->max = (float)max;
    return true;
}

static bool costs(const struct reading *r, size_t i, const doc *d, str path)
{
    threat_feature *f = &r->t->at[i];
    double range = (double)f->max - (double)f->min;
    bool flat = f->codes || f->group || r->t->norm == THREAT_L0;
    f->cost = flat || !r->by_range || !(range > 0) ? 1 : 1 / range;
    if (!number(r, d, "cost", path, &f->cost)) return false;
    if (!(f->cost > 0))
        return refuse(r, str_fmt(r->e->a, "%.*s.cost", STR_ARG(path)),
                      S("use \"immutable\" for what may not change"), "a cost must be above 0");
    f->gap = flat || !(range > 0) ? f->cost : f->cost * range;
    return true;
}

static bool directed(const struct reading *r, size_t i, const doc *d, str path)
{
    static const char *const words[] = {"both", "up", "down"};
    threat_feature *f = &r->t->at[i];
    size_t k = 0;
    if (!word(r, d, "direction", path, words, COUNT(words), &k)) return false;
    f->direction = k == 1 ? 1 : k == 2 ? -1 : 0;
    if (k && (f->codes || f->group))
        return refuse(r, path, S("leave direction out, or set \"categorical\": false"),
                      "categories have no direction");
    return true;
}

static bool read_feature(const struct reading *r, size_t i)
{
    static const char *const members[] = {"min",     "max",       "cost",    "direction",
                                          "integer", "immutable", "missing", "categorical"};
    const doc *d = r->own[i];
    threat_feature *f = &r->t->at[i];
    str path = under(r, "features", r->data->names[i]);
    const encode_origin *from = r->data->origins ? &r->data->origins[i] : NULL;
    bool category = (r->data->categorical && r->data->categorical[i]) ||
                    (from && from->by && from->by->method == ENCODE_ORDINAL);
    if (d && !known(r, d, path, members, COUNT(members))) return false;
    range_of(r, i);
    if (!flag(r, d, "categorical", path, &category) || !flag(r, d, "integer", path, &f->integer) ||
        !flag(r, d, "immutable", path, &f->immutable) || !flag(r, d, "missing", path, &f->missing))
        return false;
    if (f->group && (f->missing || f->integer))
        return refuse(r, path, S("leave integer and missing out"), "it is one of a one-hot group");
    if (category && !f->group && !codes_of(r, i)) return false;
    return bounds(r, i, d, path) && directed(r, i, d, path) && costs(r, i, d, path);
}

/* ---- lists ---- */

static bool each_named(const struct reading *r, const doc *d, const char *key, size_t member)
{
    const doc *list = doc_get(d, key);
    str path = under(r, key, (str){0});
    if (list && list->kind != DOC_ARR)
        return refuse(r, path, S("[\"age\", ...]"), "this must be a list of features");
    for (size_t k = 0; list && k < list->n; k++) {
        size_t i;
        if (!find(r, &list->at[k], str_fmt(r->e->a, "%.*s.%zu", STR_ARG(path), k), &i))
            return false;
        *(bool *)((char *)&r->t->at[i] + member) = true;
    }
    return true;
}

static bool read_own(struct reading *r, const doc *d)
{
    const doc *list = doc_get(d, "features");
    if (list && list->kind != DOC_OBJ)
        return refuse(r, under(r, "features", (str){0}), S("{\"age\": {\"min\": 0}}"),
                      "this must be an object");
    for (size_t k = 0; list && k < list->n; k++) {
        doc name = {.kind = DOC_STR, .s = list->keys[k]};
        size_t i;
        if (!find(r, &name, under(r, "features", list->keys[k]), &i)) return false;
        r->own[i] = &list->at[k];
    }
    return true;
}

static bool add_group(const struct reading *r, const uint32_t *members, size_t n, bool none,
                      str path)
{
    if (n < 2 && !(n == 1 && none))
        return refuse(r, path, S("name at least two features"), "too few features for a group");
    r->t->groups[r->t->n_groups++] = (threat_group){members, n, none};
    for (size_t k = 0; k < n; k++) {
        if (r->t->at[members[k]].group)
            return refuse(r, path, S("name a feature in one group only"),
                          "a feature is twice in one-hot groups");
        r->t->at[members[k]].group = r->t->n_groups;
    }
    return true;
}

static bool read_group(const struct reading *r, const doc *d, str path)
{
    static const char *const members[] = {"features", "none"};
    const doc *list = d;
    bool none = false;
    if (d->kind == DOC_OBJ) {
        if (!known(r, d, path, members, COUNT(members)) || !flag(r, d, "none", path, &none))
            return false;
        list = doc_get(d, "features");
    }
    if (!list || list->kind != DOC_ARR)
        return refuse(r, path, S("[\"job_a\", \"job_b\"]"), "this must be a list of features");
    uint32_t *at = arena_new(r->a, uint32_t, list->n + 1);
    for (size_t k = 0; k < list->n; k++) {
        size_t i;
        if (!find(r, &list->at[k], str_fmt(r->e->a, "%.*s.%zu", STR_ARG(path), k), &i))
            return false;
        at[k] = (uint32_t)i;
    }
    return add_group(r, at, list->n, none, path);
}

/* Features of one one-hot encoder. Values that no level knows become zeros, or the run ends. */
static bool encoded_groups(const struct reading *r)
{
    const encode_origin *o = r->data->origins;
    for (size_t i = 0; o && i < r->data->n; i++) {
        if (!o[i].by || o[i].by->method != ENCODE_ONE_HOT || r->t->at[i].group) continue;
        uint32_t *at = arena_new(r->a, uint32_t, r->data->n - i);
        size_t n = 0;
        for (size_t k = i; k < r->data->n; k++)
            if (o[k].by == o[i].by) at[n++] = (uint32_t)k;
        if (n == 1 && !o[i].by->dropped) continue;
        if (!add_group(r, at, n, o[i].by->dropped, under(r, "one_hot", o[i].column))) return false;
    }
    return true;
}

static bool read_groups(const struct reading *r, const doc *d)
{
    const doc *list = doc_get(d, "one_hot");
    str path = under(r, "one_hot", (str){0});
    if (list && (list->kind != DOC_ARR || list->n > r->data->n))
        return refuse(r, path, S("[[\"job_a\", \"job_b\"]]"), "this must be a list of lists");
    r->t->groups = arena_new(r->a, threat_group, r->data->n + (list ? list->n : 0) + 1);
    for (size_t k = 0; list && k < list->n; k++)
        if (!read_group(r, &list->at[k], str_fmt(r->e->a, "%.*s.%zu", STR_ARG(path), k)))
            return false;
    return encoded_groups(r);
}

bool threat_make(arena *a, const doc *d, const threat_data *data, str path, threat *ret, err *e)
{
    static const char *const members[] = {"norm",    "scale",    "immutable",
                                          "integer", "features", "one_hot"};
    static const char *const scales[] = {"range", "unit"};
    size_t norm = 0, scale = 0;
    struct reading r = {.a = a, .data = data, .path = path, .t = ret, .e = e};
    if (d && !known(&r, d, path, members, COUNT(members))) return false;
    if (!word(&r, d, "norm", path, threat_norms, COUNT(threat_norms), &norm) ||
        !word(&r, d, "scale", path, scales, COUNT(scales), &scale))
        return false;
    *ret = (threat){.norm = (threat_norm)norm, .n = data->n};
    ret->at = arena_new(a, threat_feature, data->n);
    r.own = arena_new(e->a, const doc *, data->n);
    r.by_range = scale == 0;
    if (!read_own(&r, d) || !each_named(&r, d, "immutable", offsetof(threat_feature, immutable)) ||
        !each_named(&r, d, "integer", offsetof(threat_feature, integer)) || !read_groups(&r, d))
        return false;
    for (size_t i = 0; i < data->n; i++)
        if (!read_feature(&r, i)) return false;
    return true;
}
