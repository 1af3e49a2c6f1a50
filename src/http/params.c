/* params.c - strict reading of what a URL and a few headers carry. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool percent_decode(arena *a, str s, bool plus, str *ret)
{
    char *out = arena_new(a, char, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int hi = i + 1 < s.n ? hex_digit(s.p[i + 1]) : -1;
            int lo = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
            if (hi < 0 || lo < 0) return false;
            c = (char)(hi * 16 + lo);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0') return false;
        out[n++] = c;
    }
    *ret = (str){out, n};
    return str_utf8(*ret);
}

static bool read_pair(request *q, str text, err *e)
{
    pair *p = &q->query[q->n_query];
    str right, key = str_cut(text, '=', &right);
    if (!right.p) right = S("");
    if (!percent_decode(q->a, key, true, &p->key) || !percent_decode(q->a, right, true, &p->value))
        return err_set(e, ERR_INVALID, S("query"), S("percent-encode it as UTF-8"),
                       "a query parameter is badly encoded");
    for (size_t i = 0; i < q->n_query; i++)
        if (str_eq(q->query[i].key, p->key))
            return err_set(e, ERR_INVALID, p->key, S("give it once"), "'%.*s' is given twice",
                           STR_ARG(p->key));
    q->n_query++;
    return true;
}

bool request_target(request *q, str target, err *e)
{
    str rest;
    q->target = target;
    q->path = str_cut(target, '?', &rest);
    if (!q->path.n || q->path.p[0] != '/')
        return err_set(e, ERR_USAGE, S(""), S("send a path that starts with /"),
                       "the request target is no path");
    while (rest.n) {
        str one = str_cut(rest, '&', &rest);
        if (!one.n) continue;
        if (q->n_query == QUERY_MAX)
            return err_set(e, ERR_INVALID, S("query"), S("ask for less at once"),
                           "more than %d query parameters", QUERY_MAX);
        if (!read_pair(q, one, e)) return false;
    }
    return true;
}

str query_get(const request *q, const char *key)
{
    for (size_t i = 0; i < q->n_query; i++)
        if (str_eqz(q->query[i].key, key)) return q->query[i].value;
    return (str){0};
}

bool query_flag(const request *q, const char *key, bool *ret, err *e)
{
    str s = query_get(q, key);
    *ret = str_eqz(s, "true");
    if (!s.p || *ret || str_eqz(s, "false")) return true;
    return err_set(e, ERR_INVALID, str_of(key), S("say true or false"), "'%.*s' is no truth value",
                   STR_ARG(s));
}

bool query_int(const request *q, const char *key, int64_t lo, int64_t hi, int64_t dflt,
               int64_t *ret, err *e)
{
    str s = query_get(q, key);
    *ret = dflt;
    if (!s.p || (str_int(s, ret) && *ret >= lo && *ret <= hi)) return true;
    return err_set(
        e, ERR_INVALID, str_of(key),
        str_fmt(e->a, "give a whole number from %lld to %lld", (long long)lo, (long long)hi),
        "'%.*s' is out of range", STR_ARG(s));
}

bool query_time(const request *q, const char *key, int64_t *ret, err *e)
{
    str s = query_get(q, key);
    *ret = 0;
    if (!s.p || clock_parse(s, ret)) return true;
    if (clock_parse_date(s, ret)) {
        *ret += CLOCK_DAY_MS - 1;
        return true;
    }
    return err_set(e, ERR_INVALID, str_of(key), S("2026-06-30 or 2026-06-30T12:00:00Z"),
                   "'%.*s' is neither a date nor a time", STR_ARG(s));
}

bool arg_int(const request *q, size_t at, int64_t *ret, err *e)
{
    if (str_int(q->args[at], ret) && *ret >= 0) return true;
    return err_set(e, ERR_NOT_FOUND, S(""), S("ids are whole numbers"), "there is no '%.*s'",
                   STR_ARG(q->args[at]));
}

bool arg_digest(const request *q, size_t at, digest *ret, err *e)
{
    if (digest_parse(q->args[at], ret)) return true;
    return err_set(e, ERR_NOT_FOUND, S(""), S("files are named by 64 lower-case hex digits"),
                   "'%.*s' is no SHA-256", STR_ARG(q->args[at]));
}

bool query_only(const request *q, const char *const *known, err *e)
{
    for (size_t i = 0; i < q->n_query; i++) {
        size_t k = 0;
        while (known[k] && !str_eqz(q->query[i].key, known[k]))
            k++;
        if (known[k]) continue;
        str hint = str_of(known[0] ? "it takes:" : "it takes no parameters");
        for (k = 0; known[k]; k++)
            hint = str_fmt(e->a, "%.*s %s", STR_ARG(hint), known[k]);
        return err_set(e, ERR_INVALID, q->query[i].key, hint, "unknown query parameter '%.*s'",
                       STR_ARG(q->query[i].key));
    }
    return true;
}

str cursor_text(arena *a, int64_t below)
{
    str s = str_fmt(a, "1:%lld", (long long)below);
    return base64url_encode(a, s.p, s.n);
}

static bool cursor_parse(arena *a, str s, int64_t *ret)
{
    str plain;
    return s.n < 64 && base64url_decode(a, s, &plain) && str_starts(plain, S("1:")) &&
           str_int(str_sub(plain, 2, plain.n), ret) && *ret > 0;
}

bool query_page(const request *q, int64_t *ret_limit, int64_t *ret_below, err *e)
{
    str cursor = query_get(q, "cursor");
    *ret_below = 0;
    if (!query_int(q, "limit", 1, LIST_MAX, LIST_DEFAULT, ret_limit, e)) return false;
    if (!cursor.p || cursor_parse(q->a, cursor, ret_below)) return true;
    return err_set(e, ERR_INVALID, S("cursor"), S("use `next` of the page before, unchanged"),
                   "the cursor is not one of this server");
}

bool if_match(const request *q, int64_t *ret, err *e)
{
    str s = q->header(q, "If-Match");
    if (!s.p)
        return err_set(e, ERR_NO_VERSION, S("If-Match"),
                       S("read the record and send its ETag in If-Match"),
                       "a change must name the version it is based on");
    if (s.n >= 3 && s.p[0] == '"' && s.p[s.n - 1] == '"' && str_int(str_sub(s, 1, s.n - 2), ret) &&
        *ret > 0)
        return true;
    return err_set(e, ERR_INVALID, S("If-Match"), S("send exactly the ETag of the record: \"3\""),
                   "If-Match is not one version");
}

bool wants(const request *q, const char *type, const char *format)
{
    str f = query_get(q, "format");
    if (f.p) return str_eqz(f, format);
    str rest = q->header(q, "Accept");
    while (rest.p) {
        str one = str_cut(rest, ',', &rest), params;
        if (str_eqz(str_trim(str_cut(one, ';', &params)), type)) return true;
    }
    return false;
}

bool header_names(str list, str token)
{
    while (list.p) {
        str weight, one = str_cut(str_trim(str_cut(list, ',', &list)), ';', &weight);
        weight = str_trim(weight);
        if (str_eq(str_trim(one), token) || str_eqz(str_trim(one), "*"))
            return !str_eqz(weight, "q=0") && !str_eqz(weight, "q=0.0");
    }
    return false;
}
