/* soa.h - the statement of applicability from plain values, as text, JSON or CSV. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_SOA_H
#define AIMS_REPORT_SOA_H
#include "base/base.h"

/* One step of proof behind a control: plan -> measurement -> digests -> leaf. Absent strs and
 * SOA_NONE are written as null. */
#define SOA_NONE INT64_MIN
typedef struct soa_trail {
    str plan;        /* name of the plan */
    str measurement; /* record id of the run */
    str kind;        /* measurement kind or evidence kind */
    str dataset_sha256, model_sha256;
    int64_t leaf;                     /* sequence number in the log, from 0; SOA_NONE when none */
    str verdict;                      /* "pass", "fail", "inconclusive" */
    int64_t observed_at, fresh_until; /* ms since 1970, SOA_NONE when unknown */
} soa_trail;

typedef struct soa_row {
    str control; /* "A.2.2"; may be a sub-clause, "6.1.2" */
    str title;
    bool applicable;
    str reason;         /* why applicable or excluded */
    str implementation; /* declared: "planned", "partial", "implemented", ... free to the caller */
    str owner;          /* name of the person answerable; absent when nobody */
    str status;         /* excluded, planned, declared, proven, failing, stale */
    const soa_trail *trail;
    size_t n_trail;
} soa_row;

typedef struct soa {
    str organisation; /* heading of the text form; may be absent */
    int64_t at;       /* moment the status was computed for */
    const soa_row *rows;
    size_t n;
} soa;

/* A table for people: one line per row (control, status, owner, title), its reason below unless
 * the row above has the same one, trail lines indented below, totals per status last. `width` in
 * columns (0 means 100): titles are cut, never wrapped. Control characters of any value are shown
 * as '?'. */
void soa_text(const soa *s, size_t width, buf *b);
/* {"controls":[{"control","applicable","status","reason","trail":[{...}]}]} and nothing else;
 * a trail entry has every member of soa_trail, times as RFC 3339. */
void soa_json(const soa *s, jw *w);
/* RFC 4180 with CRLF and a header line, one line per row and trail entry (rows without a trail
 * have one line). A cell that a spreadsheet could take for a formula (= + - @ tab CR) gets a
 * leading apostrophe (OWASP, CSV Injection). */
void soa_csv(const soa *s, buf *b);

#endif
