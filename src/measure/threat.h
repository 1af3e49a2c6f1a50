/* threat.h - what may be changed about a row, within which bounds, and how far a change is. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_THREAT_H
#define AIMS_MEASURE_THREAT_H
#include "measure/rng.h"
#include "model/encode.h"

/*
 * A tabular threat model: everything is relative to a row x0, whose own values are always allowed,
 * even outside the bounds. From the plan's option "threat":
 *
 *   {"norm": "l2",                    l2 (default), linf, l1 or l0
 *    "scale": "range",                cost of one unit of change where none is named: 1 / (max -
 *                                     min), or with "unit" 1
 *    "immutable": ["sex", "race"],    may not change
 *    "integer": ["age"],              changed values are whole numbers
 *    "features": {"age": {"min": 17, "max": 90, "cost": 0.02, "direction": "up",
 *                         "integer": true, "immutable": false, "missing": true,
 *                         "categorical": false}},
 *    "one_hot": [["job_a", "job_b"], {"features": ["d_1", "d_2"], "none": true}]}
 *
 *   min, max     bounds of changed values; default: those of the data
 *   direction    "up": never below x0; "down": never above; "both" (default)
 *   missing      the value may go missing, and come back; else neither
 *   categorical  the value is a code and may become any code of the data; default: what the model
 *                says, and features of ordinal encoders
 *   one_hot      exactly one of these features is 1, the others are 0; with "none" all may be 0.
 *                One-hot encoders of the plan are such groups by themselves
 *
 * Distance: the norm over what changes of `cost` times change. A change of category counts `cost`
 * (default 1) whatever the codes; so does a change between missing and a value (cost * range, or
 * the category's cost); a one-hot group counts once, by the larger cost of the two features
 * involved. With l0 every change counts `cost` (default 1).
 */
typedef enum threat_norm { THREAT_L2, THREAT_LINF, THREAT_L1, THREAT_L0 } threat_norm;
extern const char *const threat_norms[4];

typedef struct threat_feature {
    float min, max;
    double cost; /* above 0; of one unit of change; categories, one-hot and l0: of any change */
    double gap;  /* of a change between missing and a value */
    bool immutable, integer, missing;
    int direction;      /* 1 up, -1 down, 0 both */
    const float *codes; /* ascending; NULL: a number */
    size_t n_codes;
    size_t group; /* number of its one-hot group, from 1; 0: none */
} threat_feature;

typedef struct threat_group {
    const uint32_t *members;
    size_t n;
    bool none;
} threat_group;

typedef struct threat {
    threat_norm norm;
    size_t n, n_groups; /* features, one-hot groups */
    threat_feature *at;
    threat_group *groups;
} threat;

#define THREAT_CODES 65536 /* of one feature */

/* The features a threat is about, as sample_matrix gives them. */
typedef struct threat_data {
    const str *names;
    size_t n;
    const bool *categorical; /* NULL: none */
    const float *x;          /* rows x n */
    size_t rows;
    const encode_origin *origins; /* NULL: no encoders */
} threat_data;

/* `d` NULL: all defaults. Paths begin with `path`: "options.threat". */
bool threat_make(arena *a, const doc *d, const threat_data *data, str path, threat *ret,
                 err *e) NODISCARD;

double threat_distance(const threat *t, const float *x0, const float *x);
bool threat_allowed(const threat *t, const float *x0, const float *x);
/* Moves every feature and group of x to its nearest allowed value (as the number goes, not as the
 * cost does); what is allowed stays as it is, bit for bit. */
void threat_project(const threat *t, const float *x0, float *x);
/* Every feature and group drawn alone and evenly over what it may become. */
void threat_random(const threat *t, const float *x0, rng *r, float *ret);

/* ---- parts ---- */

/* How much a change of one feature outside any group counts; 0 when nothing changes. */
double threat_step(const threat *t, size_t i, float from, float to);
/* The allowed value of a feature outside any group within lo..hi that is cheapest to reach from
 * x0; false when there is none. NaN is never it. */
bool threat_nearest(const threat *t, size_t i, float x0, float lo, float hi, float *ret);
/* Between which values a number outside any group may become another one than x0, whose side its
 * direction may forbid; false: it may not. */
bool threat_span(const threat *t, size_t i, float x0, float *ret_lo, float *ret_hi);
/* May the feature change from a value to missing, or back? */
bool threat_may_miss(const threat *t, size_t i);
/* The member of group g (from 0) that is 1; groups[g].n when none is; SIZE_MAX when it is no
 * one-hot pattern at all. */
size_t threat_active(const threat *t, size_t g, const float *x);
/* Whether a group may become member k (groups[g].n: none) of it, and how much that counts. */
bool threat_may_switch(const threat *t, size_t g, const float *x0, size_t k);
double threat_switch(const threat *t, size_t g, const float *x0, size_t k);
void threat_set_group(const threat *t, size_t g, size_t k, float *x);
/* Adding up what changes: start at 0, add each, finish. `step` >= 0. */
double threat_sum(const threat *t, double sum, double step);
double threat_length(const threat *t, double sum); /* the distance of a sum */

#endif
