/* expr_rows.c - a row filter meets a table: names and types are checked, then rows in blocks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/expr.h"
#include <math.h>

enum { BLOCK = 1024 };

/* A node bound to the columns of one table. */
struct bound {
    const struct expr *x;
    struct bound *left, *right;
    const column *c, *d; /* columns of the two sides; NULL: a literal */
    const bool *holds;   /* text column against literal: the outcome per level */
};

/* ---- binding ---- */

static expr_op mirrored(expr_op op)
{
    static const expr_op mirror[] = {[OP_EQ] = OP_EQ, [OP_NE] = OP_NE, [OP_LT] = OP_GT,
                                     [OP_LE] = OP_GE, [OP_GT] = OP_LT, [OP_GE] = OP_LE};
    return mirror[op];
}

/* What `op` says of a three-way comparison. */
static bool holds(expr_op op, int cmp)
{
    switch (op) {
    case OP_EQ:
        return cmp == 0;
    case OP_NE:
        return cmp != 0;
    case OP_LT:
        return cmp < 0;
    case OP_LE:
        return cmp <= 0;
    case OP_GT:
        return cmp > 0;
    case OP_GE:
        return cmp >= 0;
    }
    return false;
}

static bool bind_operand(const operand *o, const table *t, const column **ret, bool *ret_text,
                         err *e)
{
    *ret = NULL;
    *ret_text = o->kind == OPERAND_TEXT;
    if (o->kind != OPERAND_COLUMN) return true;
    if (!table_need(t, o->text, S("where"), ret, e)) {
        e->code = ERR_INVALID;
        return false;
    }
    *ret_text = (*ret)->type == COLUMN_CATEGORY;
    return true;
}

static str describe(const operand *o, arena *a)
{
    if (o->kind == OPERAND_NUMBER) return str_fmt(a, "the number %.17g", o->num);
    return str_fmt(a, o->kind == OPERAND_TEXT ? "the text '%.*s'" : "column '%.*s'",
                   STR_ARG(o->text));
}

static const bool *per_level(const column *c, expr_op op, str literal, arena *a)
{
    bool *h = arena_new(a, bool, c->n_levels);
    for (size_t i = 0; i < c->n_levels; i++)
        h[i] = holds(op, str_cmp(c->levels[i], literal));
    return h;
}

static bool bind_compare(const struct expr *x, const table *t, arena *a, struct bound *b, err *e)
{
    bool text_x, text_y;
    if (!bind_operand(&x->x, t, &b->c, &text_x, e) || !bind_operand(&x->y, t, &b->d, &text_y, e))
        return false;
    if (text_x != text_y)
        return err_set(e, ERR_INVALID, S("where"),
                       S("quote texts, and leave numbers without quotes"),
                       "%s cannot be compared with %s: one is text, the other a number",
                       describe(&x->x, e->a).p, describe(&x->y, e->a).p);
    if (text_x && b->c && !b->d) b->holds = per_level(b->c, x->op, x->y.text, a);
    if (text_x && b->d && !b->c) b->holds = per_level(b->d, mirrored(x->op), x->x.text, a);
    return true;
}

static struct bound *bind_node(const struct expr *x, const table *t, arena *a, err *e)
{
    bool text;
    struct bound *b = arena_new(a, struct bound, 1);
    b->x = x;
    if (x->left && !(b->left = bind_node(x->left, t, a, e))) return NULL;
    if (x->right && !(b->right = bind_node(x->right, t, a, e))) return NULL;
    if (x->kind == EXPR_MISSING && !bind_operand(&x->x, t, &b->c, &text, e)) return NULL;
    if (x->kind == EXPR_COMPARE && !bind_compare(x, t, a, b, e)) return NULL;
    return b;
}

/* ---- rows from .. from + n ---- */

static bool missing_at(const column *c, size_t row)
{
    return c->type == COLUMN_NUMBER ? isnan(c->num[row]) : c->code[row] < 0;
}

static double number_at(const column *c, const operand *o, size_t row)
{
    return c ? c->num[row] : o->num;
}

/* Every comparison with NaN is false in C but !=, which must be false as well. */
static bool numbers_hold(expr_op op, double x, double y)
{
    if (isnan(x) || isnan(y)) return false;
    return holds(op, (x > y) - (x < y));
}

static bool compare_row(const struct bound *b, size_t row)
{
    const struct expr *x = b->x;
    const column *c = b->c ? b->c : b->d;
    if (c && b->holds) return c->code[row] >= 0 && b->holds[c->code[row]];
    if (!c && x->x.kind == OPERAND_TEXT) return holds(x->op, str_cmp(x->x.text, x->y.text));
    if (!b->c || !b->d || c->type == COLUMN_NUMBER)
        return numbers_hold(x->op, number_at(b->c, &x->x, row), number_at(b->d, &x->y, row));
    int32_t k = b->c->code[row], l = b->d->code[row];
    return k >= 0 && l >= 0 && holds(x->op, str_cmp(b->c->levels[k], b->d->levels[l]));
}

static void eval(const struct bound *b, size_t from, size_t n, uint8_t *ret)
{
    uint8_t other[BLOCK] = {0};
    if (b->left) eval(b->left, from, n, ret);
    if (b->right) eval(b->right, from, n, other);
    for (size_t i = 0; i < n; i++) {
        switch (b->x->kind) {
        case EXPR_CONST:
            ret[i] = b->x->value;
            break;
        case EXPR_AND:
            ret[i] &= other[i];
            break;
        case EXPR_OR:
            ret[i] |= other[i];
            break;
        case EXPR_NOT:
            ret[i] = !ret[i];
            break;
        case EXPR_MISSING:
            ret[i] = missing_at(b->c, from + i);
            break;
        case EXPR_COMPARE:
            ret[i] = compare_row(b, from + i);
            break;
        }
    }
}

bool expr_rows(const struct expr *x, const table *t, arena *a, uint8_t **ret_keep, err *e)
{
    struct bound *b = bind_node(x, t, a, e);
    if (!b) return false;
    uint8_t *keep = arena_new(a, uint8_t, t->rows);
    for (size_t from = 0; from < t->rows; from += BLOCK)
        eval(b, from, t->rows - from < BLOCK ? t->rows - from : BLOCK, keep + from);
    *ret_keep = keep;
    return true;
}
