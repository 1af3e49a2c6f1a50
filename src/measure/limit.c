/* limit.c - limits as text: "metric[slice] op number", both ways. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/plan.h"

#define LIMIT_TEXT_MAX 4096

enum { KIND_SLICES = 4 }; /* members that one kind may cut by */

static const char *const op_names[] = {
    [LIMIT_LE] = "<=", [LIMIT_LT] = "<", [LIMIT_GE] = ">=", [LIMIT_GT] = ">"};

static bool bad(err *e, str text, const char *what)
{
    return err_set(e, ERR_INVALID, S("limit"),
                   S("write it like accuracy>=0.8, false_positive_rate[sex=Female]<=0.1 or "
                     "selection_rate[*]>=0.2"),
                   "the limit '%.*s' %s", STR_ARG(str_sub(text, 0, 200)), what);
}

static bool is_id(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '_')
            return false;
    return s.n > 0 && s.n <= 64;
}

/* Index of the first of `stop` outside double quotes, or s.n. */
static size_t find_outside(str s, size_t from, const char *stop)
{
    bool quoted = false;
    size_t i = from;
    for (; i < s.n; i++) {
        if (s.p[i] == '"')
            quoted = !quoted;
        else if (!quoted && s.p[i] && strchr(stop, s.p[i]))
            break;
    }
    return i;
}

static bool read_op(str *rest, limit_op *ret)
{
    static const limit_op longest_first[] = {LIMIT_LE, LIMIT_GE, LIMIT_LT, LIMIT_GT};
    for (size_t i = 0; i < COUNT(longest_first); i++) {
        str op = str_of(op_names[longest_first[i]]);
        if (str_starts(*rest, op)) {
            *rest = str_sub(*rest, op.n, rest->n);
            *ret = longest_first[i];
            return true;
        }
    }
    return false;
}

bool limit_parse(arena *a, str text, limit *ret, err *e)
{
    str s = str_trim(text);
    *ret = (limit){0};
    if (s.n > LIMIT_TEXT_MAX || !str_utf8(s) || str_has_control(s))
        return bad(e, S("..."), "is too long or no plain text");
    size_t end = find_outside(s, 0, "[<>=");
    str id = str_trim(str_sub(s, 0, end));
    if (!is_id(id)) return bad(e, text, "does not begin with the name of a metric");
    ret->metric = str_dup(a, id);
    if (end < s.n && s.p[end] == '[') {
        size_t close = find_outside(s, end, "]");
        if (close == s.n) return bad(e, text, "has no closing bracket");
        ret->slice = str_dup(a, str_trim(str_sub(s, end + 1, close - end - 1)));
        if (ret->slice.n == 0) return bad(e, text, "has empty brackets");
        end = close + 1;
    }
    str rest = str_trim(str_sub(s, end, s.n));
    if (!read_op(&rest, &ret->op)) return bad(e, text, "has none of <= < >= > after the metric");
    if (!str_real(str_trim(rest), &ret->value)) return bad(e, text, "does not end in a number");
    return true;
}

str limit_text(arena *a, const limit *l)
{
    buf b = buf_open(a, LIMIT_TEXT_MAX * 2);
    buf_put(&b, l->metric);
    if (l->slice.p) buf_fmt(&b, "[%.*s]", STR_ARG(l->slice));
    buf_putz(&b, op_names[l->op]);
    jw w = jw_open(&b);
    jw_real(&w, l->value);
    return buf_str(&b);
}

/* Takes the quotes off one key or value. */
static str unquoted(str s, arena *a)
{
    s = str_trim(s);
    if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"') return s;
    buf b = buf_open(a, s.n);
    for (size_t i = 1; i + 1 < s.n; i++) {
        buf_putc(&b, s.p[i]);
        i += s.p[i] == '"' && s.p[i + 1] == '"';
    }
    return buf_str(&b);
}

static bool read_pair(str pair, const str *keys, size_t n, str *values, str path, arena *a, err *e)
{
    size_t eq = find_outside(pair, 0, "="), k = 0;
    str key = unquoted(str_sub(pair, 0, eq), a);
    while (k < n && !str_eq(keys[k], key))
        k++;
    if (eq == pair.n || k == n)
        return err_set(e, ERR_INVALID, path, S("a slice is [group=value] or [a=b,c=d]"),
                       "'%.*s' does not name one of the plan's groups", STR_ARG(pair));
    if (values[k].p)
        return err_set(e, ERR_INVALID, path, S("name it once"), "'%.*s' is named twice",
                       STR_ARG(key));
    values[k] = unquoted(str_sub(pair, eq + 1, pair.n), a);
    return true;
}

static bool slice_json(str text, const str *keys, size_t n, str path, str *ret, arena *a, err *e)
{
    str *values = arena_new(a, str, n);
    for (size_t at = 0; at <= text.n;) {
        size_t end = find_outside(text, at, ",");
        if (!read_pair(str_sub(text, at, end - at), keys, n, values, path, a, e)) return false;
        at = end + 1;
    }
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    jw_obj(&w);
    for (size_t k = 0; k < n; k++)
        if (values[k].p) {
            jw_key_str(&w, keys[k]);
            jw_str(&w, values[k]);
        }
    jw_obj_end(&w);
    *ret = buf_str(&b);
    return true;
}

bool plan_limit_slice(const measure_plan *p, size_t i, str *ret, arena *a, err *e)
{
    const limit *l = &p->limits[i];
    const measure_kind *kind = measure_find(p->kind);
    str *keys = arena_new(a, str, p->n_groups + 1 + KIND_SLICES), rest = {0};
    size_t n = 0;
    *ret = (str){0};
    if (!l->slice.p || str_eqz(l->slice, "*")) return true;
    for (; n < p->n_groups; n++)
        keys[n] = p->groups[n];
    if (p->label.p) keys[n++] = p->label;
    if (kind) rest = str_of(kind->slice);
    for (int k = 0; rest.p && k < KIND_SLICES; k++)
        keys[n++] = str_cut(rest, ',', &rest);
    return slice_json(l->slice, keys, n, str_fmt(e->a, "limits.%zu", i), ret, a, e);
}
