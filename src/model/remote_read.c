/* remote_read.c - what servers and programs answer: hostile bytes into rows of finite numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/remote.h"
#include <math.h>

static const char hint_shape[] = "is the address that of a model that takes numbers?";
static const char hint_names[] =
    "are these names of classes? Have it answer with probabilities, or "
    "name that output with the setting 'output'";

static bool bad(err *e, const char *path, const char *what, size_t got, size_t want)
{
    return err_set(e, ERR_INVALID, str_of(path), str_of(hint_shape), "the answer %s: %zu, not %zu",
                   what, got, want);
}

static bool odd(err *e, const char *path, const char *what)
{
    return err_set(e, ERR_INVALID, str_of(path), str_of(hint_shape), "the answer %s", what);
}

/* Sent or copied from a server: one line of printable text. Servers put the cause last. */
static str printable(arena *a, str s)
{
    enum { HEAD = 120, TAIL = 240 };
    size_t from = s.n > HEAD + TAIL ? s.n - TAIL : 0;
    while (from && from < s.n && ((uint8_t)s.p[from] & 0xC0) == 0x80) /* a whole character */
        from++;
    str t = from ? str_fmt(a, "%.*s ... %.*s", STR_ARG(str_clip(s, HEAD)),
                           STR_ARG(str_sub(s, from, s.n)))
                 : str_dup(a, s);
    char *p = (char *)(uintptr_t)t.p;
    for (size_t i = 0; i < t.n; i++)
        if ((uint8_t)p[i] < ' ' || p[i] == 0x7F) p[i] = ' ';
    if (!str_utf8(t))
        for (size_t i = 0; i < t.n; i++)
            if ((uint8_t)p[i] > '~') p[i] = '?';
    return str_trim(t);
}

/* What FastAPI says of a request that it does not take: [{"loc":["body","id"],"msg":"..."}]. */
static str first_detail(arena *a, const doc *list)
{
    const doc *first = list->n ? &list->at[0] : NULL, *where = doc_get(first, "loc");
    str says = doc_str(first, "msg");
    buf b = buf_open(a, 4096);
    for (size_t i = 0; where && where->kind == DOC_ARR && i < where->n; i++)
        if (where->at[i].kind == DOC_STR)
            buf_fmt(&b, "%s%.*s", b.n ? "." : "", STR_ARG(where->at[i].s));
    buf_fmt(&b, "%s%.*s", b.n ? ": " : "", STR_ARG(says));
    return buf_str(&b);
}

/* MLflow tells the error of the model itself in its stack trace only: as the last line that follows
 * the indented ones of the calls. */
static str with_cause(arena *a, str says, str trace)
{
    str cause = {0}, line;
    bool call = false;
    for (str rest = trace; rest.p;) {
        line = str_cut(rest, '\n', &rest);
        if (call && line.n && line.p[0] != ' ') cause = line;
        call = line.n && line.p[0] == ' ';
    }
    return cause.n ? str_fmt(a, "%.*s %.*s", STR_ARG(says), STR_ARG(cause)) : says;
}

/* Of a page, as proxies give it, the title says it all. */
static str page_title(str body)
{
    const char *open = memmem(body.p, body.n, "<title>", 7);
    if (!open) return body;
    str rest = str_sub(body, (size_t)(open - body.p) + 7, body.n);
    const char *end = memmem(rest.p, rest.n, "</title>", 8);
    return end ? str_sub(rest, 0, (size_t)(end - rest.p)) : body;
}

str answer_error(arena *a, str body)
{
    static const char *const members[] = {"error", "message", "detail", "error_message"};
    doc *d;
    err ignore = ERR_IN(a);
    if (!body.n || !doc_parse(a, body, 1 << 20, &d, &ignore)) return printable(a, page_title(body));
    for (size_t i = 0; i < COUNT(members); i++) {
        const doc *m = doc_get(d, members[i]);
        if (m && m->kind == DOC_OBJ) m = doc_get(m, "message");
        if (m && m->kind == DOC_ARR && m->n) return printable(a, first_detail(a, m));
        if (m && m->kind == DOC_STR)
            return printable(a, with_cause(a, m->s, doc_str(d, "stack_trace")));
    }
    return printable(a, body);
}

static bool parse(arena *a, str body, doc **ret, err *e)
{
    if (!doc_parse(a, body, ANSWER_MAX, ret, e)) {
        e->path = S("answer");
        e->hint = S("a missing or infinite prediction has no JSON; is this the model's address?");
        return err_prefix(e, "the answer is no JSON");
    }
    if ((*ret)->kind == DOC_OBJ) return true;
    return err_set(e, ERR_INVALID, S("answer"), str_of(hint_shape), "the answer is %s",
                   doc_kind_name((*ret)->kind));
}

static bool check_width(size_t width, const char *path, err *e)
{
    if (width >= 1 && width <= OUTPUTS_MAX) return true;
    return err_set(e, ERR_INVALID, str_of(path), str_of(hint_shape),
                   "the answer has %zu values per row", width);
}

/* ---- tensors ---- */

/* How many rows and values per row a shape has: [rows], [rows, width] or with more ones. */
static bool read_shape(const doc *t, size_t rows, size_t *ret_width, err *e)
{
    const doc *shape = doc_get(t, "shape");
    size_t width = 1;
    if (!shape || shape->kind != DOC_ARR || !shape->n || shape->n > 8)
        return odd(e, "outputs.shape", "has no shape");
    for (size_t i = 0; i < shape->n; i++) {
        if (shape->at[i].kind != DOC_INT || shape->at[i].i < 0 || shape->at[i].i > ANSWER_MAX)
            return odd(e, "outputs.shape", "has a shape that is no list of sizes");
        size_t size = (size_t)shape->at[i].i;
        if (i == 0 && size != rows) return bad(e, "outputs.shape", "has other rows", size, rows);
        if (i > 0 && width > 1 && size > 1)
            return odd(e, "outputs.shape", "has more than two dimensions");
        if (i > 0) width *= size;
    }
    *ret_width = width;
    return check_width(width, "outputs.shape", e);
}

/* Flat or nested lists alike: the order is that of rows. */
static bool take_numbers(const doc *d, answer *r, size_t *n, err *e)
{
    if (d->kind == DOC_ARR) {
        for (size_t i = 0; i < d->n; i++)
            if (!take_numbers(&d->at[i], r, n, e)) return false;
        return true;
    }
    if (!doc_is_num(d) && d->kind != DOC_BOOL)
        return err_set(e, ERR_INVALID, S("answer"),
                       str_of(d->kind == DOC_STR ? hint_names : hint_shape),
                       "the answer has %s where a number should be", doc_kind_name(d->kind));
    if (*n == r->rows * r->width) return odd(e, "answer", "has more numbers than its shape");
    r->at[(*n)++] = d->kind == DOC_BOOL ? (double)d->b : d->d;
    return true;
}

static const struct {
    const char *name;
    size_t bytes;
    bool is_signed, real;
} types[] = {
    {"FP32",   4, true,  true },
    {"FP64",   8, true,  true },
    {"FP16",   2, true,  true },
    {"INT8",   1, true,  false},
    {"INT16",  2, true,  false},
    {"INT32",  4, true,  false},
    {"INT64",  8, true,  false},
    {"UINT8",  1, false, false},
    {"UINT16", 2, false, false},
    {"UINT32", 4, false, false},
    {"UINT64", 8, false, false},
    {"BOOL",   1, false, false},
};

/* IEEE 754 binary16. */
static double half(uint64_t u)
{
    int exponent = (int)(u >> 10 & 31);
    double fraction = (double)(u & 1023), v;
    if (exponent == 31)
        v = fraction != 0 ? NAN : INFINITY;
    else
        v = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return u >> 15 & 1 ? -v : v;
}

static double value_of(const char *p, size_t type)
{
    size_t n = types[type].bytes;
    uint64_t u = 0;
    double d;
    for (size_t i = 0; i < n; i++)
        u |= (uint64_t)(uint8_t)p[i] << (8 * i);
    if (types[type].real && n == 2) return half(u);
    if (types[type].real && n == 4) {
        uint32_t low = (uint32_t)u;
        float f;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    if (types[type].real) {
        memcpy(&d, &u, sizeof d);
        return d;
    }
    if (!types[type].is_signed) return (double)u;
    return n == 1   ? (double)(int8_t)u
           : n == 2 ? (double)(int16_t)u
           : n == 4 ? (double)(int32_t)u
                    : (double)(int64_t)u;
}

static bool find_type(const doc *t, size_t *ret, err *e)
{
    str name = doc_str(t, "datatype");
    for (*ret = 0; *ret < COUNT(types); (*ret)++)
        if (str_eqz(name, types[*ret].name)) return true;
    return err_set(e, ERR_INVALID, S("outputs.datatype"), str_of(hint_names),
                   "the answer is of type '%.*s', not of numbers", STR_ARG(printable(e->a, name)));
}

static bool finite_all(const answer *r, err *e)
{
    for (size_t i = 0; i < r->rows * r->width; i++)
        if (!isfinite(r->at[i]))
            return err_set(e, ERR_INVALID, S("answer"), S("find out why the model gives none"),
                           "the model's answer for row %zu of a call is not finite", i / r->width);
    return true;
}

/* A tensor's bytes behind the JSON; those of the tensors before it come first. */
static bool take_tail(str tail, size_t type, answer *r, err *e)
{
    size_t n = r->rows * r->width;
    if (tail.n != n * types[type].bytes)
        return bad(e, "outputs.binary_data_size", "has other bytes than its shape", tail.n,
                   n * types[type].bytes);
    for (size_t i = 0; i < n; i++)
        r->at[i] = value_of(tail.p + i * types[type].bytes, type);
    return true;
}

static bool take_data(const doc *t, answer *r, err *e)
{
    size_t n = 0;
    const doc *data = doc_get(t, "data");
    if (!data || data->kind != DOC_ARR) return odd(e, "outputs.data", "has no data");
    if (!take_numbers(data, r, &n, e)) return false;
    return n == r->rows * r->width ||
           bad(e, "outputs.data", "has fewer numbers than its shape", n, r->rows * r->width);
}

/* Where the bytes of each output lie; together they must be all there are. */
static bool find_tails(const doc *outputs, str tail, const doc *wanted, str *ret, bool *ret_binary,
                       err *e)
{
    size_t at = 0;
    *ret_binary = false;
    for (size_t i = 0; i < outputs->n; i++) {
        const doc *size = doc_get(doc_get(&outputs->at[i], "parameters"), "binary_data_size");
        if (!size) continue;
        if (size->kind != DOC_INT || size->i < 0 || (uint64_t)size->i > tail.n - at)
            return odd(e, "outputs.binary_data_size", "has fewer bytes than it says");
        if (&outputs->at[i] == wanted) {
            *ret = str_sub(tail, at, (size_t)size->i);
            *ret_binary = true;
        }
        at += (size_t)size->i;
    }
    return at == tail.n || bad(e, "outputs", "has other bytes behind its JSON", tail.n, at);
}

static str name_list(arena *a, const doc *list, const char *setting)
{
    buf b = buf_open(a, 4096);
    buf_fmt(&b, "set '%s' to one of:", setting);
    for (size_t i = 0; i < list->n && i < 20; i++)
        buf_fmt(&b, "%s %.*s", i ? "," : "", STR_ARG(printable(a, doc_str(&list->at[i], "name"))));
    return buf_str(&b);
}

static bool find_output(const doc *outputs, str name, const doc **ret, err *e)
{
    *ret = NULL;
    for (size_t i = 0; i < outputs->n; i++)
        if (!name.p || str_eq(doc_str(&outputs->at[i], "name"), name)) {
            if (*ret)
                return err_set(e, ERR_INVALID, S("model-option.output"),
                               name_list(e->a, outputs, "output"), "the model has %zu outputs",
                               outputs->n);
            *ret = &outputs->at[i];
        }
    if (*ret) return true;
    return err_set(e, ERR_INVALID, S("model-option.output"), name_list(e->a, outputs, "output"),
                   "the answer has no output '%.*s'", STR_ARG(name));
}

static bool same_id(const doc *d, int64_t id, err *e)
{
    const doc *x = doc_get(d, "id");
    char want[32];
    snprintf(want, sizeof want, "%lld", (long long)id);
    if (!x || x->kind == DOC_NULL || (x->kind == DOC_STR && (!x->s.n || str_eqz(x->s, want))) ||
        (x->kind == DOC_INT && x->i == id))
        return true;
    return odd(e, "id", "is to another call");
}

static str version_of(const doc *d)
{
    str v = doc_str(d, "model_version");
    return v.n && v.n <= 200 && !str_has_control(v) ? v : (str){0};
}

bool answer_tensors(arena *a, str body, size_t json, size_t rows, int64_t id, str output,
                    answer *ret, err *e)
{
    doc *d;
    const doc *t;
    str tail = S(""), mine = {0};
    size_t type;
    bool binary;
    *ret = (answer){.rows = rows};
    if (json != SIZE_MAX && json > body.n) return odd(e, "", "is shorter than its header says");
    if (json != SIZE_MAX) tail = str_sub(body, json, body.n);
    if (!parse(a, str_sub(body, 0, json), &d, e) || !same_id(d, id, e)) return false;
    const doc *outputs = doc_get(d, "outputs");
    if (!outputs || outputs->kind != DOC_ARR || !outputs->n)
        return odd(e, "outputs", "has no outputs");
    if (!find_output(outputs, output, &t, e) || !read_shape(t, rows, &ret->width, e) ||
        !find_tails(outputs, tail, t, &mine, &binary, e) || !find_type(t, &type, e))
        return false;
    ret->version = version_of(d);
    ret->whole = !types[type].real;
    ret->at = arena_new(a, double, rows * ret->width);
    return (binary ? take_tail(mine, type, ret, e) : take_data(t, ret, e)) && finite_all(ret, e);
}

/* ---- predictions ---- */

static str member_list(arena *a, const doc *obj)
{
    buf b = buf_open(a, 4096);
    for (size_t i = 0; i < obj->n && i < 20; i++)
        buf_fmt(&b, "%s%.*s",
                i ? ", " : "set 'output' to one of: ", STR_ARG(printable(a, obj->keys[i])));
    return buf_str(&b);
}

/* One row's prediction: a number, a list of numbers, or an object with one of them. */
static bool row_of(const doc *row, str output, const doc **ret, size_t *ret_width, err *e)
{
    if (row->kind == DOC_OBJ) {
        const doc *m = output.p ? doc_find(row, output) : row->n == 1 ? &row->at[0] : NULL;
        if (!m)
            return err_set(e, ERR_INVALID, S("model-option.output"), member_list(e->a, row),
                           "a prediction has %zu members", row->n);
        row = m;
    }
    *ret = row;
    *ret_width = row->kind == DOC_ARR ? row->n : 1;
    for (size_t i = 0; row->kind == DOC_ARR && i < row->n; i++)
        if (row->at[i].kind == DOC_ARR)
            return odd(e, "predictions", "has lists in the list of a row");
    return check_width(*ret_width, "predictions", e);
}

static bool read_predictions(arena *a, const doc *d, str output, answer *r, err *e)
{
    const doc *list = doc_get(d, "predictions"), *row;
    size_t n = 0, width;
    if (!list || list->kind != DOC_ARR) return odd(e, "predictions", "has no predictions");
    if (list->n != r->rows) return bad(e, "predictions", "has other rows", list->n, r->rows);
    for (size_t i = 0; i < list->n; i++) {
        if (!row_of(&list->at[i], output, &row, &width, e)) return false;
        if (i == 0) {
            r->width = width;
            r->at = arena_new(a, double, r->rows *width);
        }
        if (width != r->width)
            return bad(e, "predictions", "has rows of another length", width, r->width);
        if (!take_numbers(row, r, &n, e)) return false;
    }
    return finite_all(r, e);
}

bool answer_predictions(arena *a, str body, size_t rows, str output, answer *ret, err *e)
{
    doc *d;
    *ret = (answer){.rows = rows};
    if (!parse(a, body, &d, e)) return false;
    ret->version = version_of(d);
    return read_predictions(a, d, output, ret, e);
}

bool answer_line(arena *a, str line, size_t rows, int64_t id, answer *ret, err *e)
{
    doc *d;
    *ret = (answer){.rows = rows};
    if (!parse(a, line, &d, e)) return false;
    if (doc_get(d, "error"))
        return err_set(e, ERR_INVALID, S("model"), S("ask who wrote the program"),
                       "the program says: %.*s", STR_ARG(answer_error(a, line)));
    const doc *x = doc_get(d, "id");
    if (!x || x->kind != DOC_INT || x->i != id) return odd(e, "id", "is to another request");
    ret->version = version_of(d);
    return read_predictions(a, d, (str){0}, ret, e);
}

/* ---- metadata ---- */

static bool read_tensor(arena *a, const doc *in, tensor *ret, err *e)
{
    static const char *const names[] = {"FP32", "FP64", "INT32", "INT64"};
    str type = doc_str(in, "datatype");
    ret->name = str_dup(a, doc_str(in, "name"));
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eqz(type, names[i])) ret->type = (datatype)(TYPE_FP32 + (int)i);
    if (ret->name.n && ret->type) return true;
    return err_set(e, ERR_INVALID, S("model"), S("name another input with the setting 'input'"),
                   "the model's input '%.*s' is of type '%.*s', which holds no numbers to ask with",
                   STR_ARG(printable(e->a, ret->name)), STR_ARG(printable(e->a, type)));
}

/* The width of [rows, width]; 0 when it is not told. */
static size_t told_width(const doc *in)
{
    const doc *shape = doc_get(in, "shape");
    if (!shape || shape->kind != DOC_ARR || shape->n != 2 || shape->at[1].kind != DOC_INT) return 0;
    int64_t w = shape->at[1].i;
    return w >= 1 && w <= FEATURES_MAX ? (size_t)w : 0;
}

static str only_version(arena *a, const doc *d)
{
    const doc *v = doc_get(d, "versions");
    bool one = v && v->kind == DOC_ARR && v->n == 1 && v->at[0].kind == DOC_STR && v->at[0].s.n &&
               v->at[0].s.n <= 200 && !str_has_control(v->at[0].s);
    return one ? str_dup(a, v->at[0].s) : (str){0};
}

bool metadata_read(arena *a, str body, str input, metadata *ret, err *e)
{
    doc *d;
    *ret = (metadata){0};
    if (!parse(a, body, &d, e)) return false;
    ret->version = only_version(a, d);
    const doc *inputs = doc_get(d, "inputs"), *one = NULL;
    if (!inputs || inputs->kind != DOC_ARR || !inputs->n || inputs->n > FEATURES_MAX) return true;
    tensor *t = arena_new(a, tensor, inputs->n);
    for (size_t i = 0; i < inputs->n; i++) {
        if (input.p && !str_eq(doc_str(&inputs->at[i], "name"), input)) continue;
        if (!read_tensor(a, &inputs->at[i], &t[ret->n_tensors++], e)) return false;
        one = &inputs->at[i];
    }
    if (!one)
        return err_set(e, ERR_INVALID, S("model-option.input"), name_list(e->a, inputs, "input"),
                       "the model has no input '%.*s'", STR_ARG(input));
    ret->tensors = t;
    ret->columns = ret->n_tensors > 1;
    ret->n_features = ret->columns ? ret->n_tensors : told_width(one);
    return true;
}
