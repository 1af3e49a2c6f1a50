/* print.c - output for people: tables, objects, marks, errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"
#include <sys/ioctl.h>
#include <unistd.h>

enum { CELL_MAX = 60 };

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

/* Outside text must not drive the terminal; long text is cut at a character. */
static str tame(arena *a, str s, size_t max)
{
    buf b = buf_open(a, s.n + 8);
    size_t chars = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        bool first = (ch & 0xc0) != 0x80;
        if (first && ++chars > max) {
            buf_putz(&b, "\xe2\x80\xa6");
            break;
        }
        buf_putc(&b, ch < 0x20 || ch == 0x7f ? ' ' : (char)ch);
    }
    return buf_str(&b);
}

static str cell(arena *a, const doc *v, size_t max)
{
    if (!v || v->kind == DOC_NULL) return S("");
    if (v->kind == DOC_STR) return tame(a, v->s, max);
    buf b = buf_open(a, SIZE_MAX / 4);
    if (v->kind == DOC_ARR) {
        for (size_t i = 0; i < v->n; i++) {
            str one = cell(a, &v->at[i], max);
            buf_fmt(&b, "%s%.*s", i ? ", " : "", STR_ARG(one));
        }
        return tame(a, buf_str(&b), max);
    }
    jw w = jw_open(&b);
    doc_write(v, &w);
    return tame(a, buf_str(&b), max);
}

static void pad(str s, str shown, size_t width)
{
    printf("%.*s", STR_ARG(shown));
    for (size_t n = str_utf8_chars(s); n < width; n++)
        putchar(' ');
}

void print_table(const struct call *c, const doc *items, const char *const *columns)
{
    size_t n_columns = 0, width[16] = {0};
    while (columns[n_columns] && n_columns < COUNT(width))
        n_columns++;
    str *cells = arena_new(c->a, str, (items->n + 1) * n_columns);
    for (size_t r = 0; r <= items->n; r++)
        for (size_t k = 0; k < n_columns; k++) {
            str *s = &cells[r * n_columns + k];
            *s = r ? cell(c->a, doc_get(&items->at[r - 1], columns[k]), CELL_MAX)
                   : str_of(columns[k]);
            size_t n = str_utf8_chars(*s);
            if (n > width[k]) width[k] = n;
        }
    for (size_t r = 0; r <= items->n; r++) {
        for (size_t k = 0; k < n_columns; k++) {
            str s = cells[r * n_columns + k];
            bool last = k + 1 == n_columns;
            pad(s, r ? print_mark(c, s) : s, last ? 0 : width[k] + 2);
        }
        putchar('\n');
    }
}

static bool is_flat(const doc *v)
{
    if (v->kind == DOC_OBJ) return v->n == 0;
    if (v->kind != DOC_ARR) return true;
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i].kind == DOC_OBJ || v->at[i].kind == DOC_ARR) return false;
    return true;
}

static void print_members(const struct call *c, const doc *o, int indent)
{
    size_t width = 0;
    for (size_t i = 0; i < o->n; i++)
        if (o->keys[i].n > width) width = o->keys[i].n;
    for (size_t i = 0; i < o->n; i++) {
        const doc *v = &o->at[i];
        printf("%*s%-*.*s  ", indent, "", (int)width, STR_ARG(o->keys[i]));
        if (is_flat(v)) {
            str s = cell(c->a, v, 4000);
            printf("%.*s\n", STR_ARG(print_mark(c, s)));
            continue;
        }
        putchar('\n');
        if (v->kind == DOC_OBJ) print_members(c, v, indent + 2);
        for (size_t k = 0; v->kind == DOC_ARR && k < v->n; k++)
            if (v->at[k].kind == DOC_OBJ) {
                printf("%*s-\n", indent + 2, "");
                print_members(c, &v->at[k], indent + 4);
            }
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
    str msg = tame(c->a, e->msg, 4000), hint = tame(c->a, e->hint, 4000),
        path = tame(c->a, e->path, 400);
    fprintf(stderr, "aims: %.*s [%s%s%.*s]\n", STR_ARG(msg), err_name(e->code), path.n ? ": " : "",
            STR_ARG(path));
    if (hint.n) fprintf(stderr, "hint: %.*s\n", STR_ARG(hint));
}
