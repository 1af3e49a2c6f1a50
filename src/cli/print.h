/* print.h - output for people: tables, key-value blocks, marks, errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_PRINT_H
#define AIMS_CLI_PRINT_H
#include "cli/command.h"

/* A JSON list of objects as a table of the named columns; columns without any value
 * are left out, and on a terminal the last one is cut to its width. */
void print_table(const struct call *c, const doc *items, const char *const *columns);
/* The tables of a result, ten rows of each unless `all`. */
bool print_tables(const struct call *c, const doc *tables, bool all, err *e) NODISCARD;
str print_slice(arena *a, const doc *slice); /* "sex=Female, race=Black" */
/* One object, a member per line, lists of objects as tables; members without a value are left
 * out. */
void print_object(const struct call *c, const doc *object);
void print_json(const doc *d);
/* Text from outside in one line that cannot drive a terminal: control characters (C0, C1, the ones
 * that turn the direction of writing) become blanks, broken UTF-8 question marks; cut at max. */
str print_tame(arena *a, str s, size_t max);
/* printf of one line whose text may come from outside. */
void print_line(const struct call *c, const char *fmt, ...) PRINTF(2, 3);
void print_text(str s);
/* Named texts as a JSON object. */
typedef struct pair {
    const char *name;
    str value;
} pair;
void print_pairs(const struct call *c, const pair *pairs, size_t n);
/* A word with a colour for its meaning (pass green, failing red, ...) on a terminal. */
str print_mark(const struct call *c, str word);
/* Two lines on stderr: what is wrong, what to do; or the problem as JSON with --json. */
void print_error(const struct call *c, const err *e);
/* Columns of the terminal, 100 when there is none. */
size_t print_width(void);

#endif
