/* print.c - output for people: tables, objects, marks, errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"
#include <sys/ioctl.h>
#include <unistd.h>

enum { CELL_MAX = 60, VALUE_MAX = 4000, COLUMNS_MAX = 16 };

/* Cells of a table, the first row its names. */
struct grid {
    arena *a;
    size_t n, rows;
    str *cells;
    size_t width[COLUMNS_MAX];
};

size_t print_width(void)
{
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40 ? w.ws_col : 100;
}

void print_text(str s)
{
    fwrite(s.p, 1, s.n, stdout);
    if (!s.n || s.p[s.n - 1] != '\n') putchar('\n');
}

void print_json(const doc *d)
{
    arena *a = arena_open();
    buf b = buf_open(a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    doc_write(d, &w);
    print_text(buf_str(&b));
    arena_close(a);
}

void print_pairs(const struct call *c, const pair *pairs, size_t n)
{
    buf b = buf_open(c->a, SIZE_MAX / 4);
    jw w = jw_open(&b);
    jw_obj(&w);
    for (size_t i = 0; i < n; i++)
        jw_m_str(&w, pairs[i].name, pairs[i].value);
    jw_obj_end(&w);
    print_text(buf_str(&b));
}

static const struct {
    const char *word, *colour;
} marks[] = {
    {"pass",         "32"},
    {"proven",       "32"},
    {"fail",         "31"},
    {"failing",      "31"},
    {"done",         "32"},
    {"stale",        "33"},
    {"inconclusive", "33"},
    {"failed",       "31"},
    {"declared",     "36"},
    {"running",      "36"},
    {"excluded",     "90"},
    {"planned",      "90"},
};

str print_mark(const struct call *c, str word)
{
    for (size_t i = 0; c->colour && i < COUNT(marks); i++)
        if (str_eqz(word, marks[i].word))
            return str_fmt(c->a, "\033[%sm%.*s\033[0m", marks[i].colour, STR_ARG(word));
    return word;
}

/* C1 controls, and the marks that turn the direction of writing. */
static bool drives(const unsigned char *p)
{
    bool c1 = p[0] == 0xc2 && p[1] < 0xa0;
    bool turns = p[0] == 0xe2 && p[1] == 0x80 &&
                 (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xaa && p[2] <= 0xae));
    bool isolates = p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9;
    return c1 || turns || isolates;
}

static size_t char_bytes(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

str print_tame(arena *a, str s, size_t max)
{
    buf b = buf_open(a, s.n + 8);
    bool good = str_utf8(s);
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0, n, chars = 0; i < s.n; i += n, chars++) {
        n = good ? char_bytes(p[i]) : 1;
        if (chars == max) {
            buf_putz(&b, "\xe2\x80\xa6");
            break;
        }
        if (p[i] < 0x20 || p[i] == 0x7f || (good && n > 1 && drives(p + i)))
            buf_putc(&b, ' ');
        else if (!good && p[i] > 0x7f)
            buf_putc(&b, '?');
        else
            buf_bytes(&b, p + i, n);
    }
    return buf_str(&b);
}

void print_line(const struct call *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    str s = print_tame(c->a, str_vfmt(c->a, fmt, ap), SIZE_MAX);
    va_end(ap);
    printf("%.*s\n", STR_ARG(s));
}

/* A value in one line. */
static str cell(arena *a, const doc *v)
{
    if (!v || v->kind == DOC_NULL) return S("");
    if (v->kind == DOC_STR) return v->s;
    buf b = buf_open(a, SIZE_MAX / 4);
    for (size_t i = 0; v->kind == DOC_ARR && i < v->n; i++) {
        str one = cell(a, &v->at[i]);
        buf_fmt(&b, "%s%.*s", i ? ", " : "", STR_ARG(one));
    }
    if (v->kind == DOC_ARR) return buf_str(&b);
    jw w = jw_open(&b);
    doc_write(v, &w);
    return buf_str(&b);
}

static void pad(str s, str shown, size_t width)
{
    printf("%.*s", STR_ARG(shown));
    for (size_t n = str_utf8_chars(s); n < width; n++)
        putchar(' ');
}

static bool is_empty(const doc *v)
{
    if (!v || v->kind == DOC_NULL) return true;
    if (v->kind == DOC_STR) return v->s.n == 0;
    return (v->kind == DOC_ARR || v->kind == DOC_OBJ) && v->n == 0;
}

/* What is left for the last column; a pipe takes it whole. */
static size_t last_room(size_t used)
{
    size_t width = print_width();
    if (!isatty(STDOUT_FILENO)) return SIZE_MAX;
    return width > used + 20 ? width - used : 20;
}

static void fit(struct grid *g, size_t k, size_t max)
{
    for (size_t r = 0; r < g->rows; r++) {
        str *s = &g->cells[r * g->n + k];
        *s = print_tame(g->a, *s, max);
        size_t n = str_utf8_chars(*s);
        if (n > g->width[k]) g->width[k] = n;
    }
}

static void print_grid(const struct call *c, struct grid *g, int indent)
{
    size_t used = (size_t)indent;
    for (size_t k = 0; k < g->n; k++) {
        fit(g, k, k + 1 < g->n ? CELL_MAX : last_room(used));
        used += g->width[k] + 2;
    }
    for (size_t r = 0; r < g->rows; r++) {
        printf("%*s", indent, "");
        for (size_t k = 0; k < g->n; k++) {
            str s = g->cells[r * g->n + k];
            pad(s, r ? print_mark(c, s) : s, k + 1 == g->n ? 0 : g->width[k] + 2);
        }
        putchar('\n');
    }
}

static void table(const struct call *c, const doc *items, const str *columns, size_t n, int indent)
{
    struct grid g = {.a = c->a, .n = n, .rows = items->n + 1};
    g.cells = arena_new(c->a, str, g.rows * n);
    for (size_t k = 0; k < n; k++) {
        g.cells[k] = columns[k];
        for (size_t r = 1; r < g.rows; r++)
            g.cells[r * n + k] = cell(c->a, doc_find(&items->at[r - 1], columns[k]));
    }
    print_grid(c, &g, indent);
}

static bool has_value(const doc *items, const char *column)
{
    for (size_t i = 0; i < items->n; i++)
        if (!is_empty(doc_get(&items->at[i], column))) return true;
    return false;
}

void print_table(const struct call *c, const doc *items, const char *const *columns)
{
    str names[COLUMNS_MAX];
    size_t n = 0;
    for (size_t k = 0; columns[k] && n < COLUMNS_MAX; k++)
        if (has_value(items, columns[k])) names[n++] = str_of(columns[k]);
    if (items->n)
        table(c, items, names, n, 0);
    else
        printf("none\n");
}

/* A list of objects that fits a table: no lists of objects within. */
static bool is_tabular(const doc *v)
{
    if (v->kind != DOC_ARR || !v->n) return false;
    for (size_t i = 0; i < v->n; i++) {
        const doc *o = &v->at[i];
        if (o->kind != DOC_OBJ) return false;
        for (size_t k = 0; k < o->n; k++)
            if (o->at[k].kind == DOC_ARR && o->at[k].n && o->at[k].at[0].kind == DOC_OBJ)
                return false;
    }
    return true;
}

static bool has(const str *names, size_t n, str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name)) return true;
    return false;
}

/* Its columns are the members that any of the objects has a value for. */
static void print_nested(const struct call *c, const doc *items, int indent)
{
    str names[COLUMNS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < items->n; i++)
        for (size_t k = 0; k < items->at[i].n && n < COLUMNS_MAX; k++)
            if (!is_empty(&items->at[i].at[k]) && !has(names, n, items->at[i].keys[k]))
                names[n++] = items->at[i].keys[k];
    table(c, items, names, n, indent);
}

static bool is_flat(const doc *v)
{
    if (v->kind == DOC_OBJ) return false;
    if (v->kind != DOC_ARR) return true;
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i].kind == DOC_OBJ || v->at[i].kind == DOC_ARR) return false;
    return true;
}

static void print_members(const struct call *c, const doc *o, int indent);

static void print_long(const struct call *c, str text, int indent)
{
    putchar('\n');
    for (str rest = text; rest.p;)
        printf("%*s%s\n", indent, "", print_tame(c->a, str_cut(rest, '\n', &rest), SIZE_MAX).p);
}

static void print_value(const struct call *c, const doc *v, int indent)
{
    if (v->kind == DOC_STR && memchr(v->s.p, '\n', v->s.n)) {
        print_long(c, v->s, indent + 2);
    } else if (is_flat(v)) {
        printf("%s\n", print_mark(c, print_tame(c->a, cell(c->a, v), VALUE_MAX)).p);
    } else if (is_tabular(v)) {
        putchar('\n');
        print_nested(c, v, indent + 2);
    } else {
        putchar('\n');
        if (v->kind == DOC_OBJ) print_members(c, v, indent + 2);
        for (size_t k = 0; v->kind == DOC_ARR && k < v->n; k++)
            if (v->at[k].kind == DOC_OBJ) {
                printf("%*s-\n", indent + 2, "");
                print_members(c, &v->at[k], indent + 4);
            }
    }
}

static void print_members(const struct call *c, const doc *o, int indent)
{
    str *names = arena_new(c->a, str, o->n);
    size_t width = 0;
    for (size_t i = 0; i < o->n; i++) {
        names[i] = print_tame(c->a, o->keys[i], CELL_MAX);
        size_t n = is_empty(&o->at[i]) ? 0 : str_utf8_chars(names[i]);
        if (n > width) width = n;
    }
    for (size_t i = 0; i < o->n; i++) {
        if (is_empty(&o->at[i])) continue;
        printf("%*s", indent, "");
        pad(names[i], names[i], width + 2);
        print_value(c, &o->at[i], indent);
    }
}

void print_object(const struct call *c, const doc *object)
{
    print_members(c, object, 0);
}

void print_error(const struct call *c, const err *e)
{
    if (c->json) {
        buf b = buf_open(c->a, 1 << 20);
        jw w = jw_open(&b);
        jw_obj(&w);
        jw_m_strz(&w, "code", err_name(e->code));
        jw_m_str(&w, "message", e->msg);
        if (e->path.n) jw_m_str(&w, "path", e->path);
        if (e->hint.n) jw_m_str(&w, "hint", e->hint);
        jw_obj_end(&w);
        fprintf(stderr, "%s\n", buf_str(&b).p);
        return;
    }
    str msg = print_tame(c->a, e->msg, 4000), hint = print_tame(c->a, e->hint, 4000),
        path = print_tame(c->a, e->path, 400);
    fprintf(stderr, "aims: %.*s [%s%s%.*s]\n", STR_ARG(msg), err_name(e->code), path.n ? ": " : "",
            STR_ARG(path));
    if (hint.n) fprintf(stderr, "hint: %.*s\n", STR_ARG(hint));
}
