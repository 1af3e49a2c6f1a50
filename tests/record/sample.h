/* sample.h - a record type with every field type, plain and opt_, for the tests of the engine. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_RECORD_SAMPLE_H
#define AIMS_TESTS_RECORD_SAMPLE_H
#include "record/record.h"

enum { RED = 1, GREEN, BLUE };

typedef struct place {
    row_head head;
    str name;
} place;
typedef struct entry { /* has no label: is named by its id */
    row_head head;
    opt_int n;
} entry;
typedef struct sample {
    row_head head;
    str name, note, body, code;
    int64_t count;
    opt_int extra;
    double ratio;
    opt_real score;
    bool live;
    opt_bool checked;
    int colour, mood;
    int64_t seen_at;
    opt_int done_at;
    int64_t starts_on;
    opt_int ends_on;
    int64_t price;
    opt_int cost;
    int64_t home, source;
    str_list groups, hues;
    id_list places, sources;
    str settings;
    int64_t total;
    str token;
} sample;
extern const record place_record, entry_record, sample_record;

/* A document with every settable member, and one with the required members alone. */
extern const char sample_full[], sample_least[];

#endif
