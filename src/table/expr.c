/* expr.c - the parser of row filters: recursive descent into a tree of capped depth. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/expr.h"
#include "table/dict.h"
#include "table/number.h"

/*
 * or      = and { "||" and }
 * and     = not { "&&" not }
 * not     = "!" not | "(" or ")" | "missing" "(" name ")" | compare
 * compare = operand [ op operand ]     alone only: true, false
 * operand = number | string | name | "true" | "false"
 * docs/expressions.md explains each with examples.
 */
struct parser {
    str text;
    size_t at;
    arena *a;
    err *e;
    int nodes, depth;
};

static bool fail(struct parser *p, const char *why)
{
    return err_set(p->e, ERR_INVALID, S("where"), S("see docs/expressions.md"),
                   "column %zu of the expression: %s", p->at + 1, why);
}

static char peek(const struct parser *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : 0;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.n && strchr(" \t\r\n", p->text.p[p->at]) && p->text.p[p->at])
        p->at++;
}

/* Takes `token` when it stands here. */
static bool accept(struct parser *p, str token)
{
    skip_blanks(p);
    if (!str_starts(str_sub(p->text, p->at, token.n), token)) return false;
    p->at += token.n;
    return true;
}

static bool is_name_char(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
    return letter || (!first && ((c >= '0' && c <= '9') || c == '.'));
}

static struct expr *node(struct parser *p, expr_kind kind, struct expr *left, struct expr *right)
{
    if (++p->nodes > EXPR_NODES_MAX) {
        fail(p, "the expression is too large");
        return NULL;
    }
    int l = left ? left->depth : 0, r = right ? right->depth : 0;
    struct expr *x = arena_new(p->a, struct expr, 1);
    *x = (struct expr){.kind = kind, .left = left, .right = right, .depth = 1 + (l > r ? l : r)};
    if (x->depth <= EXPR_DEPTH_MAX) return x;
    fail(p, "the expression is nested too deeply");
    return NULL;
}

/* ---- operands ---- */

/* A text in quotes; the quote and the backslash may be escaped by a backslash. */
static bool quoted(struct parser *p, char quote, str *ret)
{
    size_t n = 0;
    char *q = arena_new(p->a, char, p->text.n - p->at + 1);
    for (p->at++; peek(p) != quote; p->at++) {
        if (peek(p) == '\\') p->at++;
        if (p->at >= p->text.n) return fail(p, "a quote is not closed");
        if (!peek(p)) return fail(p, "a NUL byte");
        q[n++] = peek(p);
    }
    p->at++;
    *ret = (str){q, n};
    return true;
}

static bool name(struct parser *p, str *ret)
{
    skip_blanks(p);
    if (peek(p) == '`') return quoted(p, '`', ret);
    size_t from = p->at;
    while (is_name_char(peek(p), p->at == from))
        p->at++;
    *ret = str_dup(p->a, str_sub(p->text, from, p->at - from));
    return p->at > from || fail(p, "expected a column, a number or a text");
}

static bool number(struct parser *p, double *ret)
{
    size_t from = p->at;
    for (char c; (c = peek(p)); p->at++) {
        bool sign =
            (c == '-' || c == '+') && (p->at == from || (p->text.p[p->at - 1] | 0x20) == 'e');
        if (!sign && c != '.' && (c | 0x20) != 'e' && (c < '0' || c > '9')) break;
    }
    if (number_parse(str_sub(p->text, from, p->at - from), ret)) return true;
    p->at = from;
    return fail(p, "not a finite decimal number");
}

static bool operand_at(struct parser *p, operand *ret)
{
    skip_blanks(p);
    char c = peek(p);
    *ret = (operand){.kind = OPERAND_COLUMN};
    if (c == '"' || c == '\'') {
        ret->kind = OPERAND_TEXT;
        return quoted(p, c, &ret->text);
    }
    if (c && strchr("0123456789+-.", c)) {
        ret->kind = OPERAND_NUMBER;
        return number(p, &ret->num);
    }
    if (!name(p, &ret->text)) return false;
    bool word = str_eqz(ret->text, "true") || str_eqz(ret->text, "false");
    if (word && c != '`') ret->kind = OPERAND_TEXT;
    return true;
}

/* ---- terms ---- */

static struct expr *or_terms(struct parser *p);

static bool operator_at(struct parser *p, expr_op *ret)
{
    static const struct {
        str token;
        expr_op op;
    } ops[] = {
        {{"==", 2}, OP_EQ},
        {{"!=", 2}, OP_NE},
        {{"<=", 2}, OP_LE},
        {{">=", 2}, OP_GE},
        {{"<", 1},  OP_LT},
        {{">", 1},  OP_GT},
    };
    for (size_t i = 0; i < COUNT(ops); i++)
        if (accept(p, ops[i].token)) {
            *ret = ops[i].op;
            return true;
        }
    return false;
}

static struct expr *compare(struct parser *p)
{
    operand x, y;
    expr_op op;
    skip_blanks(p);
    bool bare = is_name_char(peek(p), true);
    if (!operand_at(p, &x)) return NULL;
    if (operator_at(p, &op)) {
        if (!operand_at(p, &y)) return NULL;
        struct expr *n = node(p, EXPR_COMPARE, NULL, NULL);
        if (!n) return NULL;
        n->op = op;
        n->x = x;
        n->y = y;
        return n;
    }
    if (!bare || x.kind != OPERAND_TEXT) {
        fail(p, peek(p) == '=' ? "equality is written ==" : "expected == != < <= > or >=");
        return NULL;
    }
    struct expr *n = node(p, EXPR_CONST, NULL, NULL);
    if (n) n->value = str_eqz(x.text, "true");
    return n;
}

/* missing(column); a column may itself be called missing, so the parenthesis decides. */
static struct expr *missing(struct parser *p)
{
    struct expr *n = node(p, EXPR_MISSING, NULL, NULL);
    if (!n || !name(p, &n->x.text)) return NULL;
    if (accept(p, S(")"))) return n;
    fail(p, "expected )");
    return NULL;
}

static bool is_missing_call(struct parser *p)
{
    size_t from = p->at;
    if (accept(p, S("missing")) && accept(p, S("("))) return true;
    p->at = from;
    return false;
}

static struct expr *not_term(struct parser *p)
{
    if (accept(p, S("!"))) {
        struct expr *x = p->depth < EXPR_DEPTH_MAX ? (p->depth++, not_term(p)) : NULL;
        if (p->depth >= EXPR_DEPTH_MAX) fail(p, "the expression is nested too deeply");
        p->depth--;
        return x ? node(p, EXPR_NOT, x, NULL) : NULL;
    }
    if (is_missing_call(p)) return missing(p);
    if (!accept(p, S("("))) return compare(p);
    struct expr *x = or_terms(p);
    if (!x || accept(p, S(")"))) return x;
    fail(p, "expected )");
    return NULL;
}

static struct expr *and_terms(struct parser *p)
{
    struct expr *x = not_term(p);
    while (x && accept(p, S("&&"))) {
        struct expr *y = not_term(p);
        x = y ? node(p, EXPR_AND, x, y) : NULL;
    }
    return x;
}

static struct expr *or_terms(struct parser *p)
{
    if (p->depth >= EXPR_DEPTH_MAX) {
        fail(p, "the expression is nested too deeply");
        return NULL;
    }
    p->depth++;
    struct expr *x = and_terms(p);
    while (x && accept(p, S("||"))) {
        struct expr *y = and_terms(p);
        x = y ? node(p, EXPR_OR, x, y) : NULL;
    }
    p->depth--;
    return x;
}

bool expr_parse(arena *a, str text, struct expr **ret, err *e)
{
    struct parser p = {.text = text, .a = a, .e = e};
    if (text.n > EXPR_TEXT_MAX)
        return err_set(e, ERR_TOO_LARGE, S("where"), S("shorten it"),
                       "the expression is longer than %d bytes", EXPR_TEXT_MAX);
    if (!str_utf8(text)) return fail(&p, "broken UTF-8");
    struct expr *x = or_terms(&p);
    if (!x) return false;
    skip_blanks(&p);
    if (p.at < text.n) return fail(&p, "expected && or || or the end");
    *ret = x;
    return true;
}

/* ---- the names in it ---- */

static void add_names(const struct expr *x, dict *d)
{
    if (x->left) add_names(x->left, d);
    if (x->right) add_names(x->right, d);
    if (x->kind != EXPR_COMPARE && x->kind != EXPR_MISSING) return;
    if (x->x.kind == OPERAND_COLUMN) dict_intern(d, x->x.text);
    if (x->kind == EXPR_COMPARE && x->y.kind == OPERAND_COLUMN) dict_intern(d, x->y.text);
}

void expr_columns(const struct expr *x, arena *a, str **ret, size_t *ret_n)
{
    dict d = dict_open(a);
    add_names(x, &d);
    *ret = d.keys;
    *ret_n = d.n;
}
