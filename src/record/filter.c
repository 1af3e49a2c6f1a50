/* filter.c - one "key=text" of a list request into a filter: member, operator, bound value. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"

enum { TEXT_MAX = 1000 }; /* bytes of a filter's text */

static const struct {
    str suffix;
    filter_op op;
} suffixes[] = {
    {{"_ne", 3},   FILTER_NE  },
    {{"_lt", 3},   FILTER_LT  },
    {{"_le", 3},   FILTER_LE  },
    {{"_gt", 3},   FILTER_GT  },
    {{"_ge", 3},   FILTER_GE  },
    {{"_like", 5}, FILTER_LIKE},
};

bool field_is_filterable(const field *f)
{
    if (f->flags & SECRET) return false;
    return f->flags & (INDEX | UNIQ) || f->type == FT_REF || f->type == FT_ENUM ||
           f->type == FT_LIST;
}

/* The member of this name, when it may be filtered. */
static const field *filterable(const record *r, str name)
{
    for (size_t i = 0; i < RECORD_HEAD; i++)
        if (str_eqz(name, record_head[i].name)) return &record_head[i];
    const field *f = record_field(r, name);
    return f && field_is_filterable(f) ? f : NULL;
}

static bool has_search(const record *r)
{
    for (size_t i = 0; i < r->n_fields; i++) {
        const field *f = &r->fields[i];
        if ((f->type == FT_TEXT || f->type == FT_LONG) && !(f->flags & SECRET)) return true;
    }
    return false;
}

static bool unknown_key(const record *r, str key, err *e)
{
    const field *f;
    buf b = buf_open(e->a, 1 << 13);
    buf_putz(&b, has_search(r) ? "filters: q" : "filters:");
    for (size_t i = 0; (f = record_member(r, i)); i++)
        if (i < RECORD_HEAD || field_is_filterable(f))
            buf_fmt(&b, "%s%s", b.n > 8 ? ", " : " ", f->name);
    str path = str_dup(e->a, str_sub(key, 0, 200));
    return err_set(e, ERR_INVALID, path, buf_str(&b), "a list of %s has no filter '%.*s'",
                   r->plural, STR_ARG(path));
}

/* The whole key first: a member may itself end in _ge. */
static const field *split_key(const record *r, str key, filter_op *ret_op)
{
    const field *f = filterable(r, key);
    *ret_op = FILTER_EQ;
    for (size_t i = 0; !f && i < COUNT(suffixes); i++) {
        if (!str_ends(key, suffixes[i].suffix)) continue;
        f = filterable(r, str_sub(key, 0, key.n - suffixes[i].suffix.n));
        *ret_op = suffixes[i].op;
    }
    return f;
}

static bool is_ordered(const field *f)
{
    return f->type == FT_INT || f->type == FT_REAL || f->type == FT_MONEY || f->type == FT_TIME ||
           f->type == FT_DATE;
}

static bool check_op(const field *f, filter_op op, str key, str text, err *e)
{
    if (op == FILTER_LIKE && f->type != FT_TEXT)
        return err_set(e, ERR_INVALID, key, S("_like needs a text member"),
                       "'%s' cannot be searched for a part", f->name);
    bool ordered = op >= FILTER_LT && op <= FILTER_GE;
    if (ordered && !is_ordered(f))
        return err_set(e, ERR_INVALID, key, S("_lt, _le, _gt and _ge need a number or a time"),
                       "'%s' has no order", f->name);
    if ((ordered || op == FILTER_LIKE) && !text.n)
        return err_set(e, ERR_INVALID, key, S("give the value to compare with"),
                       "the filter '%.*s' is empty", STR_ARG(key));
    return true;
}

/* %part%, with the wildcards of the part made plain. */
static str like_pattern(str before, str part, arena *a)
{
    buf b = buf_open(a, 2 * (part.n + before.n) + 3);
    buf_putc(&b, '%');
    buf_put(&b, before);
    for (size_t i = 0; i < part.n; i++) {
        if (strchr("%_\\", part.p[i])) buf_putc(&b, '\\');
        buf_putc(&b, part.p[i]);
    }
    buf_putc(&b, '%');
    return buf_str(&b);
}

static str entry_pattern(str entry, arena *a)
{
    buf b = buf_open(a, 8 * TEXT_MAX);
    jw w = jw_open(&b);
    jw_str(&w, entry);
    return like_pattern(S(","), buf_str(&b), a);
}

static bool int_value(str text, value *ret)
{
    int64_t i = 0;
    bool ok = str_int(text, &i);
    *ret = V_INT(i);
    return ok;
}

static bool real_value(str text, value *ret)
{
    double d = 0;
    bool ok = str_real(text, &d);
    *ret = V_REAL(d);
    return ok;
}

static bool bool_value(str text, value *ret)
{
    bool yes = str_eq(text, S("true"));
    *ret = V_INT(yes);
    return yes || str_eq(text, S("false"));
}

/* A date alone means its midnight, also for times. */
static bool time_value(str text, value *ret)
{
    int64_t ms = 0;
    bool ok = clock_parse(text, &ms) || clock_parse_date(text, &ms);
    *ret = V_INT(ms);
    return ok;
}

static bool field_value(const field *f, str text, value *ret, arena *a)
{
    if (f->type == FT_INT || f->type == FT_MONEY) return int_value(text, ret);
    if (f->type == FT_REAL) return real_value(text, ret);
    if (f->type == FT_BOOL) return bool_value(text, ret);
    if (f->type == FT_TIME || f->type == FT_DATE) return time_value(text, ret);
    if (f->type == FT_REF && int_value(text, ret)) return true;
    if (f->type == FT_REF && !f->target->label) return false;
    *ret = V_TEXT(f->type == FT_LIST ? entry_pattern(text, a) : str_dup(a, text));
    return f->type != FT_ENUM || field_name_at(f, text);
}

static str value_hint(const field *f, arena *a)
{
    if (f->type == FT_ENUM) return str_fmt(a, "one of: %.*s", STR_ARG(field_names(f, a)));
    if (f->type == FT_BOOL) return S("true or false");
    if (f->type == FT_TIME || f->type == FT_DATE)
        return S("as in 2026-11-21T17:41:00Z or 2026-11-21");
    if (f->type == FT_REF) return str_fmt(a, "the id of %.*s", STR_ARG(record_one(f->target, a)));
    return f->type == FT_REAL ? S("a number") : S("a whole number");
}

static bool check_filter_text(str key, str text, err *e)
{
    if (text.n > TEXT_MAX)
        return err_set(e, ERR_INVALID, key, S("shorten it"), "a filter is longer than %d bytes",
                       TEXT_MAX);
    if (!str_utf8(text) || str_has_control(text))
        return err_set(e, ERR_INVALID, key, S("send well-formed UTF-8 without controls"),
                       "the filter '%.*s' is no text", STR_ARG(key));
    return true;
}

static bool search(const record *r, str text, filter *ret, arena *a, err *e)
{
    if (!has_search(r)) return unknown_key(r, S("q"), e);
    if (!text.n)
        return err_set(e, ERR_INVALID, S("q"), S("give the text to look for"), "'q' is empty");
    *ret = (filter){.head = "q", .op = FILTER_LIKE, .v = V_TEXT(like_pattern(S(""), text, a))};
    return true;
}

static bool newest(const record *r, str text, filter *ret, arena *a, err *e)
{
    buf b = buf_open(a, 8 * TEXT_MAX);
    str rest = text;
    while (rest.p) {
        str one = str_cut(rest, ',', &rest);
        const field *f = filterable(r, one);
        if (!f || f->type == FT_LINKS)
            return err_set(e, ERR_INVALID, S("newest_by"),
                           S("members that can be filtered, separated by commas"),
                           "'%.*s' is no such member of %s", STR_ARG(str_sub(one, 0, 100)),
                           r->plural);
        buf_fmt(&b, "%s%s", b.n ? ", " : "", f->name);
    }
    *ret = (filter){.head = "newest_by", .op = FILTER_NEWEST, .v = V_INT(0)};
    ret->by = buf_str(&b).p;
    return true;
}

bool record_filter(const record *r, str key, str text, filter *ret, arena *a, err *e)
{
    filter_op op;
    if (str_eq(key, S("q")))
        return check_filter_text(S("q"), text, e) && search(r, text, ret, a, e);
    if (str_eq(key, S("newest_by")))
        return check_filter_text(S("newest_by"), text, e) && newest(r, text, ret, a, e);
    const field *f = split_key(r, key, &op);
    if (!f) return unknown_key(r, key, e);
    str path = str_dup(e->a, key);
    if (!check_filter_text(path, text, e) || !check_op(f, op, path, text, e)) return false;
    bool head = f >= record_head && f < record_head + RECORD_HEAD;
    *ret = (filter){.f = head ? NULL : f, .head = head ? f->name : NULL, .op = op, .v = V_NULL};
    if (!text.n) return true;
    if (op == FILTER_LIKE) {
        ret->v = V_TEXT(like_pattern(S(""), text, a));
        return true;
    }
    return field_value(f, text, &ret->v, a) ||
           err_set(e, ERR_INVALID, path, value_hint(f, e->a), "'%.*s' is no value of '%s'",
                   STR_ARG(text), f->name);
}
