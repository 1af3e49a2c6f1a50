/* impl.h - what the files of this room share: access to the cells of a row, and the parser. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_RECORD_IMPL_H
#define AIMS_RECORD_IMPL_H
#include "record/record.h"

/* A cell is the member of one row that a field describes. An opt_ type begins with its value,
 * so that cells are read in the same way whether they may be absent or not. */
int64_t cell_int(const field *f, const void *row); /* INT TIME DATE MONEY REF ENUM BOOL */
double cell_real(const field *f, const void *row);
str cell_str(const field *f, const void *row);          /* TEXT LONG JSON */
str_list cell_list(const field *f, const void *row);    /* LIST */
id_list cell_links(const field *f, const void *row);    /* LINKS */
const char *cell_name(const field *f, const void *row); /* ENUM; "?" for a broken index */
void cell_set_int(const field *f, void *row, int64_t v);
void cell_set_real(const field *f, void *row, double v);
void cell_set_str(const field *f, void *row, str s);
void cell_set_list(const field *f, void *row, str_list l);
void cell_set_links(const field *f, void *row, id_list l);
void cell_clear(const field *f, void *row);

size_t field_size(const field *f); /* bytes of the member */
/* A number or truth value that cannot be absent: its column is NOT NULL. */
bool field_is_plain(const field *f);
/* Everything but FT_LINKS is a column. */
bool field_is_column(const field *f);
/* 0001-01-01 to 9999-12-31 UTC: what RFC 3339 can write. */
bool time_is_writable(int64_t ms);
/* Position of a wire name, or 0. */
int field_name_at(const field *f, str name);
/* "a, b, c": the wire names, for hints. */
str field_names(const field *f, arena *a);

/* "a system", "an entry": one record of the type, for messages. */
str record_one(const record *r, arena *a);

/* One document on its way into a row. */
typedef struct input {
    const record *r;
    void *row;
    label_refs labels;
    size_t cap; /* of labels.at */
    err_code code;
    bool trusted; /* our own bytes: types are asked, rules are not */
    arena *a;
    err *e;
} input;
bool input_value(input *in, const field *f, const doc *v) NODISCARD;
/* The value of a present member. */
void output_value(const field *f, const void *row, jw *w);

#endif
