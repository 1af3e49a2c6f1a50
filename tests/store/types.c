/* types.c - two record types that use every kind of member, for the tests of this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

static const char *const countries[] = {"", "de", "pl", NULL};
static const field author_fields[] = {
    F_TEXT(author, name, REQ | UNIQ | PERSONAL, 1, 120, "Name"),
    F_TEXT(author, email, UNIQ | PERSONAL, 3, 120, "Address"),
    F_LONG(author, notes, 0, 4000, "Notes"),
    F_DATE(author, born, PERSONAL, "Birthday"),
    F_ENUM(author, country, 0, countries, "Country"),
};
const record author_record = {
    .name = "author",
    .noun = "author",
    .plural = "authors",
    .title = "Author",
    .tags = "5.3",
    .doc = "Somebody who writes",
    .size = sizeof(author),
    .fields = author_fields,
    .n_fields = COUNT(author_fields),
    .label = "name",
};

static const char *const states[] = {"", "draft", "out", NULL};
static const field book_fields[] = {
    F_TEXT(book, title, REQ | UNIQ, 1, 120, "Title"),
    F_LONG(book, text, 0, 100000, "Text"),
    F_JSON(book, extra, 0, 4000, "Whatever else"),
    F_TEXT(book, secret, SECRET, 0, 120, "Nobody sees it"),
    F_INT(book, pages, REQ, 0, 100000, "Pages"),
    F_REF(book, writer, 0, author, "First author"),
    F_MONEY(book, price, REQ, "Price"),
    F_REAL(book, weight, INDEX, 0, 1e6, "Weight in grams"),
    F_BOOL(book, printed, 0, "On paper"),
    F_ENUM(book, state, REQ, states, "State"),
    F_DATE(book, published, INDEX, "Day of publication"),
    F_TIME(book, seen_at, 0, "Last seen"),
    F_LIST(book, words, 0, NULL, 10, "Key words"),
    F_LINKS(book, authors, 0, author, "All authors"),
    F_BOOL(book, on_sale, REQ, "In the shop"),
};
const record book_record = {
    .name = "book",
    .noun = "book",
    .plural = "books",
    .title = "Book",
    .tags = "7.5",
    .doc = "Something written",
    .size = sizeof(book),
    .fields = book_fields,
    .n_fields = COUNT(book_fields),
    .label = "title",
};

const record *const test_types[2] = {&author_record, &book_record};

author author_named(const char *name)
{
    return (author){.name = str_of(name)};
}

book book_titled(const char *title)
{
    return (book){.title = str_of(title), .pages = 1, .state = BOOK_DRAFT};
}
