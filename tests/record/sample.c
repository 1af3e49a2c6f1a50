/* sample.c - tables and documents of the record types that the tests use. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

static const char *const colours[] = {
    "", [RED] = "red", [GREEN] = "green", [BLUE] = "blue", NULL,
};

static const field place_fields[] = {
    F_TEXT(place, name, REQ | UNIQ, 1, 20, "Name on the map"),
};
const record place_record = {
    .name = "place",
    .noun = "place",
    .plural = "places",
    .title = "Place",
    .tags = "4.3",
    .doc = "A place",
    .size = sizeof(place),
    .fields = place_fields,
    .n_fields = COUNT(place_fields),
    .label = "name",
};

static const field entry_fields[] = {
    F_INT(entry, n, 0, 0, 9, "A number"),
};
const record entry_record = {
    .name = "entry",
    .noun = "entry",
    .plural = "entries",
    .title = "Entry",
    .tags = "4.3",
    .doc = "An entry",
    .size = sizeof(entry),
    .fields = entry_fields,
    .n_fields = COUNT(entry_fields),
};

static const field sample_fields[] = {
    F_TEXT(sample, name, REQ | UNIQ, 1, 20, "Short name"),
    F_TEXT(sample, note, PERSONAL, 0, 10, "Remark about a person"),
    F_LONG(sample, body, 0, 40, "What it says"),
    F_TEXT(sample, code, INDEX, 4, 4, "Four characters"),
    F_INT(sample, count, REQ | INDEX, 0, 10, "How many"),
    F_INT(sample, extra, 0, -5, 5, "How many more"),
    F_REAL(sample, ratio, REQ, 0, 1, "Part of the whole"),
    F_REAL(sample, score, INDEX, -1e9, 1e9, "Points"),
    F_BOOL(sample, live, REQ, "In use"),
    F_BOOL(sample, checked, INDEX, "Looked at"),
    F_ENUM(sample, colour, REQ, colours, "Colour"),
    F_ENUM(sample, mood, 0, colours, "Colour of the mood"),
    F_TIME(sample, seen_at, REQ, "When it was seen"),
    F_TIME(sample, done_at, 0, "When it was done"),
    F_DATE(sample, starts_on, REQ | INDEX, "First day"),
    F_DATE(sample, ends_on, 0, "Last day"),
    F_MONEY(sample, price, REQ, "What it costs"),
    F_MONEY(sample, cost, 0, "What it cost us"),
    F_REF(sample, home, REQ, place, "Where it lives"),
    F_REF(sample, source, 0, entry, "Where it comes from"),
    F_LIST(sample, groups, 0, NULL, 3, "Groups of people"),
    F_LIST(sample, hues, 0, colours, 3, "Colours on it"),
    F_LINKS(sample, places, 0, place, "Where it has been"),
    F_LINKS(sample, sources, 0, entry, "Entries behind it"),
    F_JSON(sample, settings, 0, 60, "Free settings"),
    F_INT(sample, total, READONLY, 0, 100, "Computed"),
    F_TEXT(sample, token, SECRET, 1, 20, "What only the program knows"),
};
const record sample_record = {
    .name = "sample",
    .noun = "sample",
    .plural = "samples",
    .title = "Sample",
    .tags = "4.3 A.4.2",
    .doc = "A sample of every field type",
    .size = sizeof(sample),
    .fields = sample_fields,
    .n_fields = COUNT(sample_fields),
    .label = "name",
};

const char sample_full[] =
    "{\"name\":\"Zo\\u00e9's\",\"note\":\"shy\",\"body\":\"one\\n\\ttwo\",\"code\":\"\\u20ac123\","
    "\"count\":3,\"extra\":-5,\"ratio\":0.1,\"score\":-1.5e3,\"live\":false,\"checked\":false,"
    "\"colour\":\"green\",\"mood\":\"red\",\"seen_at\":\"2026-11-21T17:41:00.123Z\","
    "\"done_at\":\"1969-12-31T23:59:59.999Z\",\"starts_on\":\"2000-02-29\","
    "\"ends_on\":\"1970-01-01\",\"price\":0,\"cost\":-1250,\"home\":7,\"source\":9,"
    "\"groups\":[\"staff\",\"a,b\"],\"hues\":[\"blue\",\"red\"],\"places\":[3,1],"
    "\"sources\":[4],\"settings\":{\"b\":[1,2.5],\"a\":null},\"token\":\"hush\"}";
const char sample_least[] =
    "{\"name\":\"x\",\"count\":0,\"ratio\":0,\"live\":true,\"colour\":\"red\","
    "\"seen_at\":\"2026-01-01T00:00:00Z\",\"starts_on\":\"2026-01-01\",\"price\":1,\"home\":1}";
