/* print.h - output for people: tables, key-value blocks, marks, errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_PRINT_H
#define AIMS_CLI_PRINT_H
#include "cli/command.h"

/* A JSON list of objects as a table of the named columns, cut to the terminal's width. */
void print_table(const struct call *c, const doc *items, const char *const *columns);
/* One object, a member per line, nested values indented. */
void print_object(const struct call *c, const doc *object);
void print_json(const doc *d);
void print_text(str s);
/* A word with a colour for its meaning (pass green, failing red, ...) on a terminal. */
str print_mark(const struct call *c, str word);
/* Two lines on stderr: what is wrong, what to do; or the problem as JSON with --json. */
void print_error(const struct call *c, const err *e);
/* Columns of the terminal, 100 when there is none. */
size_t print_width(void);

#endif
