/* npy_header.c - the header of a .npy file: a Python literal, parsed strictly and never run. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/npy.h"
#include "table/read.h"

enum { HEADER_MAX = 4 << 20, TYPE_MAX = 20, ITEM_MAX = 1 << 30 };

struct literal {
    arena *a;
    str text;
    size_t at;
    str name; /* of the file or member */
    err *e;
};

static bool refuse(const struct literal *l, str hint, const char *fmt, ...) PRINTF(3, 4);
static bool refuse(const struct literal *l, str hint, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    str why = str_vfmt(l->e->a, fmt, ap);
    va_end(ap);
    return err_set(l->e, ERR_INVALID, l->name, hint, "%.*s: %.*s", STR_ARG(l->name), STR_ARG(why));
}

static bool broken(const struct literal *l)
{
    return refuse(l, S("write the file with numpy.save or numpy.savez"),
                  "the header of the array is broken at its byte %zu", l->at);
}

/* ---- tokens ---- */

static char peek(struct literal *l)
{
    while (l->at < l->text.n && strchr(" \n", l->text.p[l->at]) && l->text.p[l->at])
        l->at++;
    return l->at < l->text.n ? l->text.p[l->at] : 0;
}

static bool take(struct literal *l, char c)
{
    if (peek(l) != c) return false;
    l->at++;
    return true;
}

static bool take_word(struct literal *l, str word)
{
    peek(l);
    if (!str_starts(str_sub(l->text, l->at, l->text.n), word)) return false;
    l->at += word.n;
    return true;
}

/* Hexadecimal digits of \xhh, \uhhhh, \Uhhhhhhhh. */
static bool take_hex(struct literal *l, size_t n, uint32_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < n; i++, l->at++) {
        char c = l->at < l->text.n ? l->text.p[l->at] : 0;
        const char *at = c ? strchr("0123456789abcdef", c) : NULL;
        if (!at) return false;
        *ret = *ret << 4 | (uint32_t)(at - "0123456789abcdef");
    }
    return true;
}

static void put_utf8(buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(b, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    buf_putc(b, (char)(lead[more] | c >> (6 * more)));
    while (more--)
        buf_putc(b, (char)(0x80 | (c >> (6 * more) & 0x3f)));
}

static bool take_escape(struct literal *l, buf *b)
{
    static const char plain[] = "\\'\"nrt", meant[] = "\\'\"\n\r\t";
    char c = l->at < l->text.n ? l->text.p[l->at++] : 0;
    const char *at = c ? strchr(plain, c) : NULL;
    uint32_t code = 0;
    if (at)
        buf_putc(b, meant[at - plain]);
    else if ((c == 'x' && take_hex(l, 2, &code)) || (c == 'u' && take_hex(l, 4, &code)) ||
             (c == 'U' && take_hex(l, 8, &code)))
        put_utf8(b, code < 0x110000 ? code : 0xd800); /* a surrogate: refused with the name */
    else
        return false;
    return true;
}

static bool take_string(struct literal *l, str *ret)
{
    char quote = peek(l);
    buf b = buf_open(l->a, HEADER_MAX);
    if (quote != '\'' && quote != '"') return broken(l);
    for (l->at++; l->at < l->text.n && l->text.p[l->at] != quote;) {
        char c = l->text.p[l->at++];
        if (c == '\n' || (c == '\\' && !take_escape(l, &b))) return broken(l);
        if (c != '\\') buf_putc(&b, c);
    }
    *ret = buf_str(&b);
    return take(l, quote) || broken(l);
}

/* Python 2 wrote 3L. */
static bool take_size(struct literal *l, size_t *ret)
{
    uint64_t v = 0;
    size_t from = (peek(l), l->at);
    for (; l->at < l->text.n && l->text.p[l->at] >= '0' && l->text.p[l->at] <= '9'; l->at++)
        if (v > INT64_MAX / 10 - 1)
            return broken(l);
        else
            v = v * 10 + (uint64_t)(l->text.p[l->at] - '0');
    if (l->at == from) return broken(l);
    if (l->at < l->text.n && l->text.p[l->at] == 'L') l->at++;
    *ret = v;
    return true;
}

/* ---- types ---- */

static const char *stranger(char kind)
{
    switch (kind) {
    case 'O':
        return "Python objects, which could run any code when unpickled";
    case 'c':
        return "complex numbers";
    case 'M':
        return "dates";
    case 'm':
        return "time spans";
    case 'V':
        return "raw bytes without a type";
    default:
        return "values of an unknown type";
    }
}

static bool size_known(char kind, size_t n)
{
    switch (kind) {
    case 'b':
        return n == 1;
    case 'f':
        return n == 2 || n == 4 || n == 8;
    case 'i':
    case 'u':
        return n == 1 || n == 2 || n == 4 || n == 8;
    case 'S':
    case 'U':
        return n > 0 && n <= 1 << 24;
    default:
        return false;
    }
}

static npy_kind kind_of(char c)
{
    return c == 'b'   ? NPY_BOOL
           : c == 'i' ? NPY_INT
           : c == 'u' ? NPY_UINT
           : c == 'f' ? NPY_FLOAT
           : c == 'S' ? NPY_BYTES
                      : NPY_UNICODE;
}

/* '<f8', '|S12', '>U3'. Padding of aligned structures is '|V4' without a name: *ret_pad. */
static bool read_type(const struct literal *l, str s, bool may_pad, npy_type *ret, bool *ret_pad)
{
    int64_t n = 0;
    bool order = s.n && strchr("<>|", s.p[0]) && s.p[0];
    char kind = s.n > 1 ? s.p[1] : 0;
    *ret_pad = may_pad && kind == 'V';
    bool sized = s.n <= TYPE_MAX && str_int(str_sub(s, 2, s.n), &n) && n >= 0 && n <= 1 << 24;
    if (*ret_pad && order && sized) {
        *ret = (npy_type){NPY_BYTES, false, (size_t)n};
        return true;
    }
    if (!order || !sized || !size_known(kind, (size_t)n))
        return refuse(l, S("save numbers, truth values, or texts of type S or U; no object arrays"),
                      "an array of type '%.*s' holds %s", STR_ARG(str_clip(s, 40)),
                      size_known(kind, (size_t)n) || (kind && strchr("fiuSU", kind))
                          ? "values of a width or byte order that is not read"
                          : stranger(kind));
    *ret = (npy_type){kind_of(kind), s.p[0] == '>', kind == 'U' ? 4 * (size_t)n : (size_t)n};
    return true;
}

/* ('name', '<f8'): a tuple with a shape or a type of its own inside is refused. */
static bool read_field(struct literal *l, npy_field *f, bool *ret_pad)
{
    str type = {0};
    *f = (npy_field){0};
    if (!take(l, '(')) return broken(l);
    if (peek(l) == '(') return refuse(l, S("give the field a plain name"), "a field has a title");
    if (!take_string(l, &f->name)) return false;
    if (!take(l, ',')) return broken(l);
    if (peek(l) == '[')
        return refuse(l, S("flatten the structure"), "field '%.*s' is a structure itself",
                      STR_ARG(str_clip(f->name, 100)));
    if (!take_string(l, &type) || !read_type(l, type, !f->name.n, &f->type, ret_pad)) return false;
    if (take(l, ')')) return true;
    if (take(l, ',') && peek(l) == '(')
        return refuse(l, S("give every field one value"), "field '%.*s' is an array itself",
                      STR_ARG(str_clip(f->name, 100)));
    return broken(l);
}

static npy_field *add_field(struct literal *l, npy_field *all, size_t n)
{
    if (n & (n - 1) || n == 1) return all; /* room doubles at 0, 2, 4, 8, ... */
    npy_field *more = arena_new(l->a, npy_field, n ? 2 * n : 2);
    if (all) memcpy(more, all, n * sizeof *more);
    return more;
}

static bool read_fields(struct literal *l, npy_array *x)
{
    npy_field *all = NULL;
    x->structured = true;
    for (l->at++; peek(l) != ']';) {
        bool pad = false;
        npy_field f;
        if (!read_field(l, &f, &pad)) return false;
        f.offset = x->item;
        x->item += f.type.size;
        if (x->n_fields == COLUMNS_MAX || x->item > ITEM_MAX)
            return refuse(l, S("split the array"), "a row has more than %d fields, or %d bytes",
                          COLUMNS_MAX, ITEM_MAX);
        if (!pad) {
            all = add_field(l, all, x->n_fields);
            all[x->n_fields++] = f;
        }
        if (!take(l, ',') && peek(l) != ']') return broken(l);
    }
    x->fields = all;
    return take(l, ']');
}

static bool read_descr(struct literal *l, npy_array *x)
{
    str type = {0};
    bool pad = false;
    if (peek(l) == '[') return read_fields(l, x);
    if (peek(l) == '(')
        return refuse(l, S("save arrays of plain values"), "each value is an array itself");
    npy_field *one = arena_new(l->a, npy_field, 1);
    if (!take_string(l, &type) || !read_type(l, type, false, &one->type, &pad)) return false;
    x->fields = one;
    x->n_fields = 1;
    x->item = one->type.size;
    return true;
}

/* ---- the dictionary ---- */

static bool read_shape(struct literal *l, npy_array *x)
{
    size_t size[2] = {1, 1};
    if (!take(l, '(')) return broken(l);
    while (peek(l) != ')') {
        if (x->dims == 2)
            return refuse(l, S("save one value per row, or a matrix"),
                          "the array has more than two dimensions");
        if (!take_size(l, &size[x->dims++])) return false;
        if (!take(l, ',') && (peek(l) != ')' || x->dims == 1)) return broken(l);
    }
    x->rows = size[0];
    x->columns = size[1];
    return take(l, ')');
}

static bool read_order(struct literal *l, npy_array *x)
{
    x->fortran = take_word(l, S("True"));
    return x->fortran || take_word(l, S("False")) || broken(l);
}

static bool read_header(struct literal *l, npy_array *x)
{
    static const struct {
        str name;
        bool (*read)(struct literal *l, npy_array *x);
    } keys[] = {
        {{"descr", 5},          read_descr},
        {{"fortran_order", 13}, read_order},
        {{"shape", 5},          read_shape}
    };
    unsigned seen = 0;
    if (!take(l, '{')) return broken(l);
    while (peek(l) != '}') {
        str key = {0};
        size_t k = 0;
        if (!take_string(l, &key)) return false;
        while (k < COUNT(keys) && !str_eq(keys[k].name, key))
            k++;
        if (k == COUNT(keys) || (seen & 1u << k) || !take(l, ':')) return broken(l);
        if (!keys[k].read(l, x)) return false;
        seen |= 1u << k;
        if (!take(l, ',') && peek(l) != '}') return broken(l);
    }
    l->at++;
    return (seen == 7 && !peek(l) && l->at == l->text.n) || broken(l);
}

/* ---- the whole ---- */

/* Headers of versions 1 and 2 are Latin-1, of version 3 UTF-8. */
static bool as_utf8(struct literal *l, unsigned version)
{
    if (version >= 3) return str_utf8(l->text) || broken(l);
    buf b = buf_open(l->a, 2 * HEADER_MAX);
    for (size_t i = 0; i < l->text.n; i++)
        put_utf8(&b, (uint8_t)l->text.p[i]);
    l->text = buf_str(&b);
    return true;
}

static bool cut_header(struct literal *l, str bytes, str *ret_rest)
{
    const uint8_t *p = (const uint8_t *)bytes.p;
    unsigned version = bytes.n > 8 && str_starts(bytes, S("\x93NUMPY")) ? p[6] : 0;
    if (version < 1 || version > 3 || p[7] != 0 || bytes.n < 12)
        return refuse(l, S("write the file with numpy.save or numpy.savez"),
                      "this is no .npy array of version 1.0 to 3.0");
    size_t head = version == 1 ? 10 : 12, n = (size_t)p[8] | (size_t)p[9] << 8;
    if (version > 1) n |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (n > HEADER_MAX || n > bytes.n - head)
        return refuse(l, S("copy the file again"), "the file ends within its header");
    l->text = str_sub(bytes, head, n);
    *ret_rest = str_sub(bytes, head + n, bytes.n);
    return as_utf8(l, version);
}

static bool check_shape(const struct literal *l, const npy_array *x)
{
    size_t cells, need;
    if (x->dims == 0 || (x->structured && x->dims != 1))
        return refuse(l, S("save one value per row, or a matrix"),
                      x->dims == 0 ? "a single value is no column"
                                   : "a structured array needs one dimension");
    if (x->columns == 0 || x->n_fields == 0 || x->columns > COLUMNS_MAX)
        return refuse(l, S("save at least one column, and not too many"),
                      "the array has %zu columns", x->structured ? x->n_fields : x->columns);
    if (__builtin_mul_overflow(x->rows, x->columns, &cells) ||
        __builtin_mul_overflow(cells, x->item, &need) || need != x->data.n)
        return refuse(
            l, S("copy the file again"),
            "%zu rows of %zu values of %zu bytes do not make up the %zu bytes that follow", x->rows,
            x->columns, x->item, x->data.n);
    return true;
}

bool npy_open(arena *a, str bytes, str name, npy_array *ret, err *e)
{
    struct literal l = {.a = a, .name = name, .e = e};
    *ret = (npy_array){0};
    return cut_header(&l, bytes, &ret->data) && read_header(&l, ret) && check_shape(&l, ret);
}
