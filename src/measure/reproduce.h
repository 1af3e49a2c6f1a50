/* reproduce.h - comparing a recorded result with its repetition, member by member. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_REPRODUCE_H
#define AIMS_MEASURE_REPRODUCE_H
#include "measure/measure.h"

/* The parts of a result that a run decides; the rest (subject, tool, started, seconds) names what
 * was measured, with what and when. */
enum { REPRODUCE_PARTS = 6 };
extern const char *const reproduce_parts[REPRODUCE_PARTS];

/*
 * Difference of two numbers a, b: |a - b| / max(|a|, |b|), from 0 to 2; 0 when both are undefined,
 * and 2, the most there is, when one side alone has it. Numbers of a figure are its value, both
 * ends of its interval, its confidence and n.
 */
#define REPRODUCE_MOST 2.0

typedef struct difference {
    str metric, slice; /* slice: JSON; absent: the whole */
    str members;       /* what differs: "value, interval", or "only recorded", "only repeated" */
    double recorded, repeated; /* values; NaN: none */
    double relative;           /* the largest of the figure's numbers */
} difference;

typedef struct comparison {
    size_t figures, identical; /* figures of either side; the same in both, byte by byte */
    double largest;            /* relative */
    bool same[REPRODUCE_PARTS];
    difference *differences; /* in the order of id, slice and attribute */
    size_t n_differences;
} comparison;

/* Both are whole results. Two parts are the same when their canonical texts (base/json.h) are. */
comparison reproduce_compare(const doc *recorded, const doc *repeated, arena *a);

#endif
