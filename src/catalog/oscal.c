/* oscal.c - flattens an OSCAL catalog into controls with text, refusing what is not one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/oscal.h"

#define ID_MAX     200u
#define TITLE_MAX  1000u
#define NEST_MAX   2 /* a parameter's choices may name other parameters, not endlessly */
#define HINT_MODEL "the file must follow the OSCAL catalog model, version 1.1 or 1.2"

typedef struct param {
    str id;
    const doc *at;
} param;

typedef struct reader {
    arena *a;
    param *params; /* sorted by id */
    size_t n_params, cap_params;
    oscal_control *controls;
    size_t n, cap;
    err *e;
} reader;

static str step(reader *r, str path, const char *member, size_t i)
{
    return str_fmt(r->a, "%.*s.%s.%zu", STR_ARG(path), member, i);
}

static str member(reader *r, str path, const char *name)
{
    return str_fmt(r->a, "%.*s.%s", STR_ARG(path), name);
}

/* The children of obj[name]: none when absent, a refusal when it is no array of objects. */
static bool children(reader *r, const doc *obj, str path, const char *name, const doc **ret)
{
    static const doc none = {.kind = DOC_ARR};
    const doc *d = doc_get(obj, name);
    *ret = d ? d : &none;
    if (!d) return true;
    if (d->kind != DOC_ARR)
        return err_set(r->e, ERR_INVALID, member(r, path, name), S(HINT_MODEL),
                       "'%s' must be an array, not %s", name, doc_kind_name(d->kind));
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].kind != DOC_OBJ)
            return err_set(r->e, ERR_INVALID, step(r, path, name, i), S(HINT_MODEL),
                           "every item of '%s' must be an object", name);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_token(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_space(s.p[i])) return false;
    return s.n && s.n <= ID_MAX && !str_has_control(s);
}

/* obj[name] as text of 1 to max bytes without line breaks. */
static bool line(reader *r, const doc *obj, str path, const char *name, size_t max, str *ret)
{
    const doc *d = doc_get(obj, name);
    if (!d)
        return err_set(r->e, ERR_INVALID, member(r, path, name), S(HINT_MODEL), "'%s' is missing",
                       name);
    if (d->kind != DOC_STR || !d->s.n || d->s.n > max || str_has_control(d->s) ||
        memchr(d->s.p, '\n', d->s.n))
        return err_set(r->e, ERR_INVALID, member(r, path, name), S(HINT_MODEL),
                       "'%s' must be one line of 1 to %zu bytes", name, max);
    *ret = d->s;
    return true;
}

/* ---- Parameters ---- */

static int param_order(const void *p, const void *q)
{
    return str_cmp(((const param *)p)->id, ((const param *)q)->id);
}

static const doc *param_find(const reader *r, str id)
{
    param key = {.id = id};
    const param *p =
        r->n_params ? bsearch(&key, r->params, r->n_params, sizeof *p, param_order) : NULL;
    return p ? p->at : NULL;
}

static void param_add(reader *r, const doc *at)
{
    if (r->n_params == r->cap_params) {
        size_t cap = r->cap_params ? r->cap_params * 2 : 64;
        param *grown = arena_new(r->a, param, cap);
        if (r->n_params) memcpy(grown, r->params, r->n_params * sizeof *grown);
        r->params = grown;
        r->cap_params = cap;
    }
    r->params[r->n_params++] = (param){doc_str(at, "id"), at};
}

/* Walks groups and controls before any text is made: a parameter may be used before its place. */
static bool collect_params(reader *r, const doc *obj, str path)
{
    const doc *list;
    if (!children(r, obj, path, "params", &list)) return false;
    for (size_t i = 0; i < list->n; i++)
        if (doc_str(&list->at[i], "id").p) param_add(r, &list->at[i]);
    static const char *const below[] = {"groups", "controls"};
    for (size_t k = 0; k < COUNT(below); k++) {
        if (!children(r, obj, path, below[k], &list)) return false;
        for (size_t i = 0; i < list->n; i++)
            if (!collect_params(r, &list->at[i], step(r, path, below[k], i))) return false;
    }
    return true;
}

static void put_prose(const reader *r, str prose, int depth, buf *b);

static void put_param(const reader *r, str id, int depth, buf *b)
{
    const doc *p = param_find(r, id);
    const doc *choices = doc_get(doc_get(p, "select"), "choice");
    str label = doc_str(p, "label");
    buf_putc(b, '[');
    if (label.p)
        buf_put(b, label);
    else if (choices && choices->kind == DOC_ARR && choices->n && depth < NEST_MAX)
        for (size_t i = 0; i < choices->n && !b->full; i++) {
            buf_putz(b, i ? "; or " : "");
            put_prose(r, choices->at[i].kind == DOC_STR ? choices->at[i].s : S("?"), depth + 1, b);
        }
    else
        buf_put(b, id);
    buf_putc(b, ']');
}

static size_t find(str s, size_t from, str what)
{
    for (size_t i = from; i + what.n <= s.n; i++)
        if (!memcmp(s.p + i, what.p, what.n)) return i;
    return SIZE_MAX;
}

/* The id in " insert: param, ID "; absent when the braces hold something else. */
static str inserted(str inside)
{
    str rest, head = str_cut(str_trim(inside), ',', &rest);
    bool insert = str_starts(head, S("insert:")) && str_ends(head, S("param"));
    return insert && rest.p ? str_trim(rest) : (str){0};
}

/* Replaces every {{ insert: param, ID }} by "[label]". */
static void put_prose(const reader *r, str prose, int depth, buf *b)
{
    size_t at = 0;
    while (at < prose.n && !b->full) {
        size_t open = find(prose, at, S("{{"));
        size_t shut = open == SIZE_MAX ? SIZE_MAX : find(prose, open, S("}}"));
        if (shut == SIZE_MAX) {
            buf_put(b, str_sub(prose, at, prose.n - at));
            return;
        }
        str id = inserted(str_sub(prose, open + 2, shut - open - 2));
        buf_put(b, str_sub(prose, at, open - at));
        if (id.p)
            put_param(r, id, depth, b);
        else
            buf_put(b, str_sub(prose, open, shut + 2 - open));
        at = shut + 2;
    }
}

/* ---- Controls ---- */

/* The value of the first property of that name. */
static str prop(const doc *obj, const char *name)
{
    const doc *props = doc_get(obj, "props");
    for (size_t i = 0; props && props->kind == DOC_ARR && i < props->n; i++)
        if (str_eqz(doc_str(&props->at[i], "name"), name)) return doc_str(&props->at[i], "value");
    return (str){0};
}

/* Parts that tell an assessor how to look, not what the control asks. */
static bool is_assessment(str name)
{
    return str_starts(name, S("assessment-")) || str_eq(name, S("objective")) ||
           str_eq(name, S("objects"));
}

static bool put_parts(reader *r, const doc *obj, str path, buf *b)
{
    const doc *parts;
    if (!children(r, obj, path, "parts", &parts)) return false;
    for (size_t i = 0; i < parts->n; i++) {
        const doc *p = &parts->at[i];
        str here = step(r, path, "parts", i), prose = doc_str(p, "prose"), label = prop(p, "label");
        if (is_assessment(doc_str(p, "name"))) continue;
        if (str_has_control(prose) || str_has_control(label))
            return err_set(r->e, ERR_INVALID, member(r, here, "prose"),
                           S("remove the control characters"), "the text has control characters");
        if (prose.n) {
            buf_put(b, b->n ? S("\n") : S(""));
            buf_put(b, label);
            buf_put(b, label.n ? S(" ") : S(""));
            put_prose(r, prose, 0, b);
        }
        if (!put_parts(r, p, here, b)) return false;
    }
    return true;
}

static bool add(reader *r, const oscal_control *c, str path)
{
    if (r->n == OSCAL_MAX_CONTROLS)
        return err_set(r->e, ERR_TOO_LARGE, path, S("split the catalog"),
                       "more than %u groups and controls", OSCAL_MAX_CONTROLS);
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 128;
        oscal_control *grown = arena_new(r->a, oscal_control, cap);
        if (r->n) memcpy(grown, r->controls, r->n * sizeof *grown);
        r->controls = grown;
        r->cap = cap;
    }
    r->controls[r->n++] = *c;
    return true;
}

static bool identify(reader *r, const doc *obj, str path, oscal_control *c)
{
    if (c->group && !doc_get(obj, "id")) /* the model lets a group go without one */
        c->id = str_fmt(r->a, "group-%zu", r->n + 1);
    else if (!line(r, obj, path, "id", ID_MAX, &c->id))
        return false;
    if (!is_token(c->id))
        return err_set(r->e, ERR_INVALID, member(r, path, "id"), S(HINT_MODEL),
                       "an id must not hold white space");
    return line(r, obj, path, "title", TITLE_MAX, &c->title);
}

static bool read_below(reader *r, const doc *obj, str path, str parent);

static bool read_one(reader *r, const doc *obj, str path, str parent, bool group)
{
    oscal_control c = {.parent = parent, .group = group, .label = prop(obj, "label")};
    if (!identify(r, obj, path, &c)) return false;
    if (c.label.n > ID_MAX || str_has_control(c.label))
        return err_set(r->e, ERR_INVALID, member(r, path, "props"), S(HINT_MODEL),
                       "the label must be one line of at most %u bytes", ID_MAX);
    c.withdrawn = str_eqz(prop(obj, "status"), "withdrawn");
    buf b = buf_open(r->a, OSCAL_MAX_TEXT);
    if (!put_parts(r, obj, path, &b)) return false;
    if (b.full)
        return err_set(r->e, ERR_TOO_LARGE, member(r, path, "parts"), S("shorten the text"),
                       "the text of '%.*s' is over %u bytes", STR_ARG(c.id), OSCAL_MAX_TEXT);
    c.text = b.n ? buf_str(&b) : S("");
    return add(r, &c, path) && read_below(r, obj, path, c.id);
}

static bool read_below(reader *r, const doc *obj, str path, str parent)
{
    const doc *groups, *controls;
    if (!children(r, obj, path, "groups", &groups) ||
        !children(r, obj, path, "controls", &controls))
        return false;
    for (size_t i = 0; i < groups->n; i++)
        if (!read_one(r, &groups->at[i], step(r, path, "groups", i), parent, true)) return false;
    for (size_t i = 0; i < controls->n; i++)
        if (!read_one(r, &controls->at[i], step(r, path, "controls", i), parent, false))
            return false;
    return true;
}

static int id_order(const void *p, const void *q)
{
    return str_cmp(*(const str *)p, *(const str *)q);
}

static bool refuse_twins(reader *r)
{
    str *ids = arena_new(r->a, str, r->n);
    for (size_t i = 0; i < r->n; i++)
        ids[i] = r->controls[i].id;
    qsort(ids, r->n, sizeof *ids, id_order);
    for (size_t i = 1; i < r->n; i++)
        if (str_eq(ids[i - 1], ids[i]))
            return err_set(r->e, ERR_INVALID, S("catalog"),
                           S("give every group and control its own id"),
                           "the id '%.*s' is used twice", STR_ARG(ids[i]));
    return true;
}

static bool read_head(reader *r, const doc *root, const doc **ret_catalog, oscal_catalog *ret)
{
    const doc *cat = doc_get(root, "catalog"), *meta = doc_get(cat, "metadata");
    if (!cat || cat->kind != DOC_OBJ)
        return err_set(r->e, ERR_INVALID, S("catalog"), S(HINT_MODEL),
                       "the document has no object 'catalog'");
    if (!meta || meta->kind != DOC_OBJ)
        return err_set(r->e, ERR_INVALID, S("catalog.metadata"), S(HINT_MODEL),
                       "'metadata' is missing");
    str path = S("catalog.metadata");
    if (!line(r, cat, S("catalog"), "uuid", 64, &ret->id) ||
        !line(r, meta, path, "title", TITLE_MAX, &ret->title) ||
        !line(r, meta, path, "version", ID_MAX, &ret->version) ||
        !line(r, meta, path, "oscal-version", 32, &ret->oscal_version))
        return false;
    if (!str_starts(ret->oscal_version, S("1.")))
        return err_set(r->e, ERR_INVALID, S("catalog.metadata.oscal-version"), S(HINT_MODEL),
                       "OSCAL version '%.*s' is not known", STR_ARG(ret->oscal_version));
    *ret_catalog = cat;
    return true;
}

bool oscal_parse(arena *a, str json, oscal_catalog *ret, err *e)
{
    doc *root;
    const doc *cat = NULL;
    reader r = {.a = a, .e = e};
    *ret = (oscal_catalog){0};
    if (!doc_parse(a, json, OSCAL_MAX_BYTES, &root, e) || !read_head(&r, root, &cat, ret) ||
        !collect_params(&r, cat, S("catalog")))
        return false;
    if (r.n_params) qsort(r.params, r.n_params, sizeof *r.params, param_order);
    if (!read_below(&r, cat, S("catalog"), (str){0})) return false;
    if (!r.n)
        return err_set(e, ERR_INVALID, S("catalog"), S(HINT_MODEL),
                       "the catalog has neither groups nor controls");
    ret->controls = r.controls;
    ret->n = r.n;
    return refuse_twins(&r);
}

void oscal_write(jw *w, const oscal_catalog *c)
{
    jw_obj(w);
    jw_m_str(w, "id", c->id);
    jw_m_str(w, "title", c->title);
    jw_m_str(w, "version", c->version);
    jw_m_str(w, "oscal_version", c->oscal_version);
    jw_key(w, "controls");
    jw_arr(w);
    for (size_t i = 0; i < c->n; i++) {
        jw_obj(w);
        jw_m_str(w, "id", c->controls[i].id);
        jw_m_str(w, "label", c->controls[i].label);
        jw_m_str(w, "title", c->controls[i].title);
        jw_m_str(w, "parent", c->controls[i].parent);
        jw_m_bool(w, "group", c->controls[i].group);
        jw_m_bool(w, "withdrawn", c->controls[i].withdrawn);
        jw_m_str(w, "text", c->controls[i].text);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}
