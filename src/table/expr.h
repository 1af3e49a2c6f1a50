/* expr.h - the checked tree of a row filter, shared by its parser and its evaluator. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_EXPR_H
#define AIMS_TABLE_EXPR_H
#include "table/table.h"

enum { EXPR_TEXT_MAX = 64 << 10, EXPR_DEPTH_MAX = 256, EXPR_NODES_MAX = 4096 };

typedef enum expr_kind {
    EXPR_CONST,
    EXPR_AND,
    EXPR_OR,
    EXPR_NOT,
    EXPR_MISSING,
    EXPR_COMPARE
} expr_kind;
typedef enum expr_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE } expr_op;
typedef enum operand_kind { OPERAND_COLUMN, OPERAND_NUMBER, OPERAND_TEXT } operand_kind;

typedef struct operand {
    operand_kind kind;
    str text; /* the column's name, or the text */
    double num;
} operand;

struct expr {
    expr_kind kind;
    bool value;                /* EXPR_CONST */
    expr_op op;                /* EXPR_COMPARE */
    operand x, y;              /* EXPR_COMPARE; EXPR_MISSING: x */
    struct expr *left, *right; /* EXPR_AND, EXPR_OR; EXPR_NOT: left */
    int depth;
};

#endif
