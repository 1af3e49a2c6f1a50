/* types.h - two record types that use every kind of member, for the tests of this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_STORE_TYPES_H
#define AIMS_TESTS_STORE_TYPES_H
#include "store/rows.h"

typedef struct author {
    row_head head;
    str name, email, notes;
    opt_int born;
    int country;
} author;

typedef struct book {
    row_head head;
    str title, text, extra, secret;
    int64_t pages, writer, price;
    opt_real weight;
    opt_bool printed;
    int state;
    opt_int published, seen_at;
    str_list words;
    id_list authors;
    bool on_sale;
} book;

enum book_state { BOOK_DRAFT = 1, BOOK_OUT };

extern const record author_record, book_record;
/* Targets first, as in register.h. */
extern const record *const test_types[2];

author author_named(const char *name);
book book_titled(const char *title);

#endif
