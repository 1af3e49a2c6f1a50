/* json_in.c - a JSON document into a row: one parser per field type, exact refusals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "record/impl.h"
#include <math.h>

typedef bool parse_fn(input *in, const field *f, const doc *v);

/* "'x' must be <what>", with the field's own sentence as the hint. */
static bool must_be(input *in, const field *f, str what)
{
    return err_set(in->e, in->code, str_of(f->name), str_of(f->doc), "'%s' must be %.*s", f->name,
                   STR_ARG(what));
}

static bool out_of_range(input *in, const field *f, const char *unit)
{
    str what = f->min == f->max
                   ? str_fmt(in->e->a, "%.16g%s", f->max, unit)
                   : str_fmt(in->e->a, "between %.16g and %.16g%s", f->min, f->max, unit);
    return must_be(in, f, what);
}

/* The code point at s.p[*i], which is well-formed UTF-8; moves *i behind it. */
static unsigned next_char(str s, size_t *i)
{
    unsigned c = (unsigned char)s.p[(*i)++];
    if (c < 0x80) return c;
    c &= c >= 0xf0 ? 0x07 : c >= 0xe0 ? 0x0f : 0x1f;
    for (; *i < s.n && ((unsigned char)s.p[*i] & 0xc0) == 0x80; (*i)++)
        c = c << 6 | ((unsigned char)s.p[*i] & 0x3f);
    return c;
}

/* Controls, line separators and the marks that turn the direction of writing ("Trojan Source",
 * CVE-2021-42574): in a name they would let one text pass for another. */
static bool is_unsafe(unsigned c, bool lines)
{
    if (lines && (c == '\n' || c == '\t')) return false;
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (!lines && (c == 0x2028 || c == 0x2029)) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool has_unsafe(str s, bool lines)
{
    for (size_t i = 0; i < s.n;)
        if (is_unsafe(next_char(s, &i), lines)) return true;
    return false;
}

static bool check_text(input *in, const field *f, str s)
{
    bool lines = f->type == FT_LONG;
    if (in->trusted) return true;
    if (!s.n)
        return err_set(in->e, in->code, str_of(f->name),
                       f->flags & REQ ? str_of(f->doc) : S("leave it out, or send null"),
                       "'%s' must not be empty", f->name);
    size_t n = str_utf8_chars(s);
    if ((double)n < f->min || (double)n > f->max) return out_of_range(in, f, " characters long");
    if (has_unsafe(s, lines))
        return err_set(in->e, in->code, str_of(f->name),
                       lines ? S("only line feeds and tabs are allowed among them")
                             : S("send one line of printable text"),
                       "'%s' holds a control character", f->name);
    return true;
}

static bool parse_text(input *in, const field *f, const doc *v)
{
    if (v->kind != DOC_STR) return must_be(in, f, S("a string"));
    if (!check_text(in, f, v->s)) return false;
    cell_set_str(f, in->row, v->s);
    return true;
}

/* JSON Schema counts 3.0 among the integers; so do we, as far as doubles are exact. */
static bool whole(const doc *v, int64_t *ret)
{
    *ret = v->i;
    if (v->kind == DOC_INT) return true;
    if (v->kind != DOC_REAL || fabs(v->d) > 9007199254740992.0 || v->d != floor(v->d)) return false;
    *ret = (int64_t)v->d;
    return true;
}

static bool parse_int(input *in, const field *f, const doc *v)
{
    int64_t i;
    if (!whole(v, &i))
        return must_be(in, f,
                       f->type == FT_MONEY ? S("a whole number of minor units, for example cents")
                                           : S("a whole number"));
    if (!in->trusted && ((double)i < f->min || (double)i > f->max)) return out_of_range(in, f, "");
    cell_set_int(f, in->row, i);
    return true;
}

static bool parse_real(input *in, const field *f, const doc *v)
{
    if (!doc_is_num(v) || !isfinite(v->d)) return must_be(in, f, S("a number"));
    if (!in->trusted && (v->d < f->min || v->d > f->max)) return out_of_range(in, f, "");
    cell_set_real(f, in->row, v->d + 0.0); /* -0 becomes 0: one value, one text */
    return true;
}

static bool parse_bool(input *in, const field *f, const doc *v)
{
    if (v->kind != DOC_BOOL) return must_be(in, f, S("true or false"));
    cell_set_int(f, in->row, v->b);
    return true;
}

static bool unknown_name(input *in, const field *f, str path)
{
    return err_set(in->e, in->code, path,
                   str_fmt(in->e->a, "one of: %.*s", STR_ARG(field_names(f, in->e->a))),
                   "'%.*s' must be one of the listed names", STR_ARG(path));
}

static bool parse_enum(input *in, const field *f, const doc *v)
{
    int k = v->kind == DOC_STR ? field_name_at(f, v->s) : 0;
    if (!k) return unknown_name(in, f, str_of(f->name));
    cell_set_int(f, in->row, k);
    return true;
}

static bool parse_time(input *in, const field *f, const doc *v)
{
    int64_t ms;
    if (v->kind != DOC_STR || !clock_parse(v->s, &ms) || !time_is_writable(ms))
        return must_be(in, f, S("a time as in 2026-11-21T17:41:00Z"));
    cell_set_int(f, in->row, ms);
    return true;
}

static bool parse_date(input *in, const field *f, const doc *v)
{
    int64_t ms;
    if (v->kind != DOC_STR || !clock_parse_date(v->s, &ms))
        return must_be(in, f, S("a date as in 2026-11-21"));
    cell_set_int(f, in->row, ms);
    return true;
}

/* "a person's id or name", for messages. */
static str reference(input *in, const field *f, const char *before)
{
    const record *to = f->target;
    return str_fmt(in->e->a, "%s%.*s's id%s%s", before, STR_ARG(record_one(to, in->e->a)),
                   to->label ? " or " : "", to->label ? to->label : "");
}

static void put_label(input *in, label_ref l)
{
    if (in->labels.n == in->cap) {
        in->cap = in->cap ? 2 * in->cap : 4;
        label_ref *more = arena_new(in->a, label_ref, in->cap);
        if (in->labels.n) memcpy(more, in->labels.at, in->labels.n * sizeof *more);
        in->labels.at = more;
    }
    in->labels.at[in->labels.n++] = l;
}

/* An id, or 0 after noting the label. */
static bool pointer(input *in, const field *f, const doc *v, size_t at, int64_t *ret)
{
    *ret = 0;
    if (v->kind == DOC_STR && v->s.n && f->target->label && !in->trusted) {
        put_label(in, (label_ref){f, v->s, at});
        return true;
    }
    return whole(v, ret) && *ret >= 1;
}

static bool parse_ref(input *in, const field *f, const doc *v)
{
    int64_t id;
    if (!pointer(in, f, v, 0, &id)) return must_be(in, f, reference(in, f, "a reference: "));
    cell_set_int(f, in->row, id);
    return true;
}

static str entry_path(input *in, const field *f, size_t at)
{
    return str_fmt(in->e->a, "%s.%zu", f->name, at);
}

static bool is_list(input *in, const field *f, const doc *v)
{
    if (v->kind != DOC_ARR) return must_be(in, f, S("a list"));
    if (in->trusted) return true;
    if (!v->n && f->flags & REQ) return must_be(in, f, S("a list of at least one entry"));
    if ((double)v->n > f->max || (double)v->n < f->min) return out_of_range(in, f, " entries long");
    return true;
}

static bool check_entry(input *in, const field *f, str s, str path)
{
    if (f->names) return field_name_at(f, s) || unknown_name(in, f, path);
    size_t n = str_utf8_chars(s);
    if (n < 1 || n > RECORD_ENTRY_MAX)
        return err_set(in->e, in->code, path, str_of(f->doc),
                       "'%.*s' must be between 1 and %d characters long", STR_ARG(path),
                       RECORD_ENTRY_MAX);
    if (has_unsafe(s, false))
        return err_set(in->e, in->code, path, S("send one line of printable text"),
                       "'%.*s' holds a control character", STR_ARG(path));
    return true;
}

static bool double_entry(input *in, const field *f, size_t at)
{
    str path = entry_path(in, f, at);
    return err_set(in->e, in->code, path, S("name each entry once"),
                   "'%.*s' repeats an earlier entry", STR_ARG(path));
}

static bool parse_entry(input *in, const field *f, const doc *v, str_list l, size_t at)
{
    str path = entry_path(in, f, at);
    if (v->kind != DOC_STR)
        return err_set(in->e, in->code, path, str_of(f->doc), "'%.*s' must be a string",
                       STR_ARG(path));
    l.at[at] = v->s;
    if (in->trusted) return true;
    if (!check_entry(in, f, v->s, path)) return false;
    for (size_t k = 0; k < at; k++)
        if (str_eq(l.at[k], v->s)) return double_entry(in, f, at);
    return true;
}

static bool parse_list(input *in, const field *f, const doc *v)
{
    if (!is_list(in, f, v)) return false;
    str_list l = {arena_new(in->a, str, v->n), v->n};
    for (size_t i = 0; i < v->n; i++)
        if (!parse_entry(in, f, &v->at[i], l, i)) return false;
    cell_set_list(f, in->row, l);
    return true;
}

static bool parse_link(input *in, const field *f, const doc *v, id_list l, size_t at)
{
    str path = entry_path(in, f, at);
    if (!pointer(in, f, v, at, &l.at[at]))
        return err_set(in->e, in->code, path, str_of(f->doc), "'%.*s' must be %.*s", STR_ARG(path),
                       STR_ARG(reference(in, f, "")));
    for (size_t k = 0; k < at; k++)
        if (l.at[k] && l.at[k] == l.at[at]) return double_entry(in, f, at);
    for (size_t k = 0; !l.at[at] && k + 1 < in->labels.n; k++)
        if (in->labels.at[k].f == f && str_eq(in->labels.at[k].label, v->s))
            return double_entry(in, f, at);
    return true;
}

static bool parse_links(input *in, const field *f, const doc *v)
{
    if (!is_list(in, f, v)) return false;
    id_list l = {arena_new(in->a, int64_t, v->n), v->n};
    for (size_t i = 0; i < v->n; i++)
        if (!parse_link(in, f, &v->at[i], l, i)) return false;
    cell_set_links(f, in->row, l);
    return true;
}

static bool parse_json(input *in, const field *f, const doc *v)
{
    if (v->kind != DOC_OBJ && v->kind != DOC_ARR) return must_be(in, f, S("a JSON object or list"));
    str s = doc_canonical(in->a, v);
    if (!in->trusted && (double)s.n > f->max) return out_of_range(in, f, " bytes long");
    cell_set_str(f, in->row, s);
    return true;
}

static parse_fn *const parsers[FIELD_TYPES] = {
    [FT_TEXT] = parse_text, [FT_LONG] = parse_text, [FT_INT] = parse_int,
    [FT_REAL] = parse_real, [FT_BOOL] = parse_bool, [FT_ENUM] = parse_enum,
    [FT_TIME] = parse_time, [FT_DATE] = parse_date, [FT_MONEY] = parse_int,
    [FT_REF] = parse_ref,   [FT_LIST] = parse_list, [FT_LINKS] = parse_links,
    [FT_JSON] = parse_json,
};

bool input_value(input *in, const field *f, const doc *v)
{
    return parsers[f->type](in, f, v);
}
