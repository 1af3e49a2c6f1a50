/* encode.c - reads the encoders of a plan from JSON, and tells which feature comes from where. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encode.h"
#include "table/dict.h"
#include <math.h>

enum { COLUMNS = 10000, LEVELS = 10000, FEATURES = 100000, NAME_BYTES = 1024 };

struct reading {
    arena *a;
    encoder *x;
    str path; /* "encode.COLUMN" */
    const doc *spec;
    dict *features; /* of all encoders so far */
    err *e;
};

static bool refuse(struct reading *r, str member, str hint, const char *why)
{
    str path =
        member.n ? str_fmt(r->e->a, "%.*s.%.*s", STR_ARG(r->path), STR_ARG(member)) : r->path;
    return err_set(r->e, ERR_INVALID, path, hint, "the encoder of column '%.*s' %s",
                   STR_ARG(str_clip(r->x->column, 100)), why);
}

static bool read_number(struct reading *r, const doc *d, const char *member, double *ret)
{
    if (!doc_is_num(d)) return refuse(r, str_of(member), S("give a number"), "needs a number here");
    *ret = d->d;
    return true;
}

/* ---- levels ---- */

static str number_text(arena *a, double v)
{
    buf b = buf_open(a, 64);
    jw w = jw_open(&b);
    jw_real(&w, v);
    return buf_str(&b);
}

static bool read_level(struct reading *r, const doc *d, str member, encode_level *ret)
{
    *ret = (encode_level){.value = NAN};
    if (d->kind == DOC_NULL) return true;
    if (doc_is_num(d)) {
        *ret = (encode_level){.text = number_text(r->a, d->d), .value = d->d};
        return true;
    }
    if (d->kind != DOC_STR || !d->s.n)
        return refuse(r, member, S("a level is a text, a number, or null for missing values"),
                      "has a level that is none");
    ret->text = d->s;
    if (!str_real(d->s, &ret->value)) ret->value = NAN;
    return true;
}

/* The empty text is no level, so that it may stand for null. */
static bool read_levels(struct reading *r, const doc *d, str member)
{
    dict seen = dict_open(r->a);
    encode_level *l = arena_new(r->a, encode_level, d->n + 1);
    if (d->n == 0 || d->n > LEVELS)
        return refuse(r, member, S("list the levels, at most 10000"), "has no levels, or too many");
    for (size_t i = 0; i < d->n; i++) {
        str at = str_fmt(r->a, "%.*s.%zu", STR_ARG(member), i);
        doc key = {.kind = DOC_STR, .s = d->kind == DOC_OBJ ? d->keys[i] : S("")};
        if (!read_level(r, d->kind == DOC_OBJ ? &key : &d->at[i], at, &l[i])) return false;
        if (dict_intern(&seen, l[i].text.p ? l[i].text : S("")) != i)
            return refuse(r, at, S("name each level once"), "has a level twice");
        l[i].code = (double)i;
        if (d->kind == DOC_OBJ && !read_number(r, &d->at[i], at.p, &l[i].code)) return false;
    }
    r->x->levels = l;
    r->x->n_levels = d->n;
    return true;
}

/* ---- methods ---- */

static bool read_one_hot(struct reading *r, const doc *d)
{
    if (d->kind != DOC_ARR)
        return refuse(r, S("one_hot"), S("list the levels in the order of their features"),
                      "needs a list of levels");
    return read_levels(r, d, S("one_hot"));
}

static bool read_ordinal(struct reading *r, const doc *d)
{
    if (d->kind != DOC_ARR && d->kind != DOC_OBJ)
        return refuse(r, S("ordinal"),
                      S("list the levels (they become 0, 1, 2, ...), or give {\"level\": number}"),
                      "needs levels");
    return read_levels(r, d, S("ordinal"));
}

static bool members_known(struct reading *r, const doc *d, const char *method,
                          const char *const *names)
{
    if (d->kind != DOC_OBJ)
        return refuse(r, str_of(method), str_fmt(r->a, "give {\"%s\": ..., ...}", names[0]),
                      "needs an object here");
    for (size_t i = 0; i < d->n; i++) {
        size_t k = 0;
        while (names[k] && !str_eqz(d->keys[i], names[k]))
            k++;
        if (!names[k])
            return refuse(r, str_fmt(r->a, "%s.%.*s", method, STR_ARG(str_clip(d->keys[i], 100))),
                          S("look into docs/encoders.md"), "has a member that is not known");
    }
    return true;
}

static bool member_number(struct reading *r, const doc *d, const char *method, const char *name,
                          bool required, double *ret)
{
    const doc *v = doc_get(d, name);
    str path = str_fmt(r->a, "%s.%s", method, name);
    if (v) return read_number(r, v, path.p, ret);
    return !required || refuse(r, path, S("give a number"), "lacks a number");
}

static bool read_linear(struct reading *r, const doc *d, const char *method,
                        const char *const names[3], bool required)
{
    encoder *x = r->x;
    x->divide = 1;
    if (!members_known(r, d, method, names) ||
        !member_number(r, d, method, names[0], required, &x->subtract) ||
        !member_number(r, d, method, names[1], required, &x->divide))
        return false;
    if (x->divide != 0) return true;
    return refuse(r, str_of(method), S("scikit-learn divides by 1 where the deviation is 0"),
                  "divides by 0");
}

static bool read_scale(struct reading *r, const doc *d)
{
    static const char *const names[] = {"subtract", "divide", NULL};
    return read_linear(r, d, "scale", names, false);
}

static bool read_standard(struct reading *r, const doc *d)
{
    static const char *const names[] = {"mean", "sd", NULL};
    return read_linear(r, d, "standard", names, true);
}

static bool read_to(struct reading *r, const doc *to)
{
    r->x->hi = 1;
    if (!to) return true;
    if (to->kind != DOC_ARR || to->n != 2 || !doc_is_num(&to->at[0]) || !doc_is_num(&to->at[1]) ||
        to->at[0].d >= to->at[1].d)
        return refuse(r, S("min_max.to"), S("give [low, high], usually [0, 1]"),
                      "needs two numbers, low first");
    r->x->lo = to->at[0].d;
    r->x->hi = to->at[1].d;
    return true;
}

static bool read_min_max(struct reading *r, const doc *d)
{
    static const char *const names[] = {"min", "max", "to", "clip", NULL};
    encoder *x = r->x;
    if (!members_known(r, d, "min_max", names) ||
        !member_number(r, d, "min_max", "min", true, &x->min) ||
        !member_number(r, d, "min_max", "max", true, &x->max) || !read_to(r, doc_get(d, "to")))
        return false;
    x->clip = doc_bool(d, "clip", false);
    double range = x->max > x->min ? x->max - x->min : 1;
    x->factor = (x->hi - x->lo) / range;
    x->shift = x->lo - x->min * x->factor;
    if (x->max >= x->min && isfinite(x->factor) && isfinite(x->shift)) return true;
    return refuse(r, S("min_max.max"), S("give what the scaler found in its training data"),
                  "has a maximum below its minimum");
}

static const struct {
    const char *name;
    encode_method method;
    bool (*read)(struct reading *r, const doc *d);
} methods[] = {
    {"one_hot",  ENCODE_ONE_HOT, read_one_hot },
    {"ordinal",  ENCODE_ORDINAL, read_ordinal },
    {"scale",    ENCODE_SCALE,   read_scale   },
    {"standard", ENCODE_SCALE,   read_standard},
    {"min_max",  ENCODE_MIN_MAX, read_min_max },
};

static bool read_method(struct reading *r)
{
    const char *found = NULL;
    for (size_t i = 0; i < COUNT(methods); i++) {
        const doc *d = doc_get(r->spec, methods[i].name);
        if (!d) continue;
        if (found)
            return refuse(r, str_of(methods[i].name), S("leave one of them out"),
                          "names two methods");
        found = methods[i].name;
        r->x->method = methods[i].method;
        if (!methods[i].read(r, d)) return false;
    }
    return true;
}

/* ---- what goes beside a method ---- */

static bool by_levels(const encoder *x)
{
    return x->method == ENCODE_ONE_HOT || x->method == ENCODE_ORDINAL;
}

static bool read_policy(struct reading *r, const char *member, encode_policy *ret, double *ret_code)
{
    const doc *d = doc_get(r->spec, member);
    bool one_hot = r->x->method == ENCODE_ONE_HOT;
    *ret = by_levels(r->x) ? POLICY_ERROR : POLICY_NAN;
    if (!d) return true;
    if (!by_levels(r->x))
        return refuse(r, str_of(member), S("leave it out; impute fills missing numbers"),
                      "passes numbers on: this belongs to one_hot and ordinal");
    if (doc_is_num(d) && !one_hot) {
        *ret = POLICY_NUMBER;
        *ret_code = d->d;
        return true;
    }
    str s = d->kind == DOC_STR ? d->s : S("");
    *ret = str_eqz(s, "nan") ? POLICY_NAN : str_eqz(s, "zeros") ? POLICY_ZEROS : POLICY_ERROR;
    if ((*ret != POLICY_ERROR || str_eqz(s, "error")) && (*ret != POLICY_ZEROS || one_hot))
        return true;
    return refuse(r, str_of(member),
                  one_hot ? S("\"error\", \"zeros\" or \"nan\"")
                          : S("\"error\", \"nan\" or a number"),
                  "does not know this policy");
}

static bool has_null(const encoder *x)
{
    for (size_t i = 0; i < x->n_levels; i++)
        if (!x->levels[i].text.p) return true;
    return false;
}

static bool read_missing(struct reading *r)
{
    encoder *x = r->x;
    const doc *impute = doc_get(r->spec, "impute");
    if (!read_policy(r, "unknown", &x->unknown, &x->unknown_code) ||
        !read_policy(r, "missing", &x->missing, &x->missing_code))
        return false;
    if (impute && doc_is_num(impute))
        x->impute = number_text(r->a, impute->d);
    else if (impute && impute->kind == DOC_STR && impute->s.n && by_levels(x))
        x->impute = impute->s;
    else if (impute)
        return refuse(r, S("impute"), S("give a number, or for one_hot and ordinal a level"),
                      "cannot use this for missing values");
    if (doc_get(r->spec, "missing") && (impute || has_null(x)))
        return refuse(r, S("missing"), S("leave out all but one"),
                      "says twice what becomes of missing values");
    return true;
}

/* ---- names ---- */

static str fill_in(arena *a, str pattern, str raw, str level)
{
    buf b = buf_open(a, NAME_BYTES);
    for (size_t i = 0; i < pattern.n;) {
        str rest = str_sub(pattern, i, pattern.n);
        bool is_column = str_starts(rest, S("{column}")), is_level = str_starts(rest, S("{level}"));
        if (is_column || is_level)
            buf_put(&b, is_column ? raw : level);
        else
            buf_putc(&b, rest.p[0]);
        i += is_column ? 8 : is_level ? 7 : 1;
    }
    return b.full ? (str){0} : buf_str(&b);
}

static bool take_name(struct reading *r, str *names, str name)
{
    encoder *x = r->x;
    if (!name.n)
        return refuse(r, S(""), S("give shorter names with 'names'"),
                      "makes a feature without a name, or with one over 1024 bytes");
    size_t before = r->features->n;
    if (before == FEATURES || dict_intern(r->features, name) != before)
        return refuse(r, S(""), S("tell them apart with 'name' or 'names'"),
                      str_fmt(r->a, "makes a feature '%.*s' that another one makes, or too many",
                              STR_ARG(str_clip(name, 100)))
                          .p);
    names[x->n_features++] = name;
    return true;
}

/* Number of the level without a feature; n_levels: none. */
static bool read_drop(struct reading *r, size_t *ret)
{
    const doc *d = doc_get(r->spec, "drop");
    encode_level want;
    *ret = r->x->n_levels;
    if (!d) return true;
    if (r->x->method != ENCODE_ONE_HOT)
        return refuse(r, S("drop"), S("leave it out"), "drops no level: this belongs to one_hot");
    if (!read_level(r, d, S("drop"), &want)) return false;
    for (size_t i = 0; i < r->x->n_levels; i++)
        if (!want.text.p == !r->x->levels[i].text.p && str_eq(want.text, r->x->levels[i].text))
            *ret = i;
    r->x->dropped = *ret < r->x->n_levels;
    return r->x->dropped || refuse(r, S("drop"), S("name one of the levels"), "drops no level");
}

static bool name_levels(struct reading *r, str pattern, const doc *names, size_t drop)
{
    encoder *x = r->x;
    encode_level *l = arena_new(r->a, encode_level, x->n_levels);
    str *made = arena_new(r->a, str, x->n_levels);
    memcpy(l, x->levels, x->n_levels * sizeof *l);
    size_t n = x->n_levels - x->dropped;
    if (names && (names->kind != DOC_ARR || names->n != n))
        return refuse(r, S("names"), str_fmt(r->a, "give a list of %zu names", n),
                      "has other names than features");
    for (size_t i = 0; i < x->n_levels; i++) {
        l[i].feature = n;
        if (i == drop) continue;
        l[i].feature = x->n_features;
        str name = names ? names->at[x->n_features].s
                         : fill_in(r->a, pattern, x->column, l[i].text.p ? l[i].text : S("nan"));
        if (!take_name(r, made, name)) return false;
    }
    x->levels = l;
    x->features = made;
    return true;
}

static bool read_names(struct reading *r)
{
    size_t drop;
    bool one_hot = r->x->method == ENCODE_ONE_HOT;
    const doc *name = doc_get(r->spec, "name"), *names = doc_get(r->spec, "names");
    str pattern = name ? name->s : one_hot ? S("{column}_{level}") : S("{column}");
    if (name && (name->kind != DOC_STR || !name->s.n))
        return refuse(r, S("name"), S("give a text such as \"{column}_{level}\""), "has no name");
    if (names && (name || !one_hot))
        return refuse(r, S("names"), S("use 'name', or leave it out"),
                      "may list names only for one_hot, and only without 'name'");
    if (!read_drop(r, &drop)) return false;
    if (one_hot) return name_levels(r, pattern, names, drop);
    str *made = arena_new(r->a, str, 1);
    r->x->features = made;
    return take_name(r, made, fill_in(r->a, pattern, r->x->column, S("")));
}

/* ---- one encoder, all of them ---- */

static bool known_members(struct reading *r)
{
    static const char *const others[] = {"unknown", "missing", "impute", "name", "names", "drop"};
    for (size_t i = 0; i < r->spec->n; i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT(methods); k++)
            known |= str_eqz(r->spec->keys[i], methods[k].name);
        for (size_t k = 0; k < COUNT(others); k++)
            known |= str_eqz(r->spec->keys[i], others[k]);
        if (!known)
            return refuse(r, str_clip(r->spec->keys[i], 100),
                          S("an encoder has one of one_hot, ordinal, scale, standard, min_max; and "
                            "unknown, missing, impute, name, names, drop"),
                          "has a member that is not known");
    }
    return true;
}

static bool read_encoder(struct reading *r, const doc *d)
{
    static const doc nothing = {.kind = DOC_OBJ};
    bool pass = d->kind == DOC_STR && str_eqz(d->s, "pass");
    r->spec = pass ? &nothing : d;
    if (r->spec->kind != DOC_OBJ)
        return refuse(r, S(""),
                      S("give \"pass\", or an object such as {\"one_hot\": [\"a\", \"b\"]}"),
                      "is no object");
    return known_members(r) && read_method(r) && read_missing(r) && read_names(r);
}

bool encode_parse(arena *a, const doc *d, encoding **ret, err *e)
{
    if (d->kind != DOC_OBJ || d->n > COLUMNS)
        return err_set(
            e, ERR_INVALID, S("encode"), S("give an object with one member per raw column"),
            "'encode' is %s, not an object of at most %d columns", doc_kind_name(d->kind), COLUMNS);
    encoder *all = arena_new(a, encoder, d->n + 1);
    dict features = dict_open(a);
    for (size_t i = 0; i < d->n; i++) {
        all[i].column = d->keys[i];
        struct reading r = {.a = a, .x = &all[i], .features = &features, .e = e};
        r.path = str_fmt(a, "encode.%.*s", STR_ARG(str_clip(d->keys[i], 100)));
        if (!read_encoder(&r, &d->at[i])) return false;
    }
    *ret = arena_new(a, encoding, 1);
    **ret = (encoding){all, d->n, d};
    return true;
}

/* ---- questions ---- */

const encoder *encode_find(const encoding *x, str name)
{
    for (size_t i = 0; x && i < x->n; i++)
        if (str_eq(x->at[i].column, name)) return &x->at[i];
    return NULL;
}

static double slope(const encoder *x)
{
    switch (x->method) {
    case ENCODE_PASS:
        return 1;
    case ENCODE_SCALE:
        return 1 / x->divide;
    case ENCODE_MIN_MAX:
        return x->factor;
    case ENCODE_ONE_HOT:
    case ENCODE_ORDINAL:
        break;
    }
    return NAN;
}

void encode_origins(arena *a, const encoding *x, const str *features, size_t n, encode_origin *ret)
{
    dict made = dict_open(a);
    size_t all = 0;
    for (size_t i = 0; x && i < x->n; i++)
        all += x->at[i].n_features;
    encode_origin *from = arena_new(a, encode_origin, all);
    for (size_t i = 0; x && i < x->n; i++)
        for (size_t k = 0; k < x->at[i].n_features; k++)
            from[dict_intern(&made, x->at[i].features[k])] =
                (encode_origin){x->at[i].column, &x->at[i], k, slope(&x->at[i])};
    for (size_t i = 0; i < n; i++) {
        uint32_t at = dict_find(&made, features[i]);
        ret[i] = at == DICT_NONE ? (encode_origin){features[i], NULL, 0, 1} : from[at];
    }
}
