/* groups.h - rows sorted into groups by several attributes, and every view upon them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_MEASURE_GROUPS_H
#define AIMS_MEASURE_GROUPS_H
#include "measure/measure.h"

#define GROUPS_ATTRIBUTES 8    /* attributes a plan may name */
#define GROUPS_LEVELS     1000 /* values of one attribute */
#define GROUPS_JOINT      2000 /* intersections that occur */
#define GROUPS_MISSING    "(missing)"

/*
 * A view looks at some of the attributes: its groups are the combinations of their values that
 * occur. views[0] is the whole (no attribute, one group), the last one the full intersection.
 * Up to 4 attributes every subset has a view; beyond, each alone and all jointly. Rows are
 * counted once by intersection ("joint" group); every other group is a sum of those.
 */
typedef struct view {
    size_t n_attributes, n_groups;
    size_t attribute[GROUPS_ATTRIBUTES]; /* indices, ascending */
    int32_t *group_of;                   /* joint group -> group of this view */
    int64_t *rows;                       /* per group */
    size_t *sample;                      /* per group: one joint group inside it */
} view;

typedef struct groups {
    size_t n_attributes, n_joint, n_views;
    const str *names;
    str *levels[GROUPS_ATTRIBUTES];
    const int32_t *joint; /* row -> joint group; NULL when there is only one */
    int32_t *code;        /* joint group x attribute -> level */
    view *views;
} groups;

/* bins: the plan's ranges of some attributes (bins.h), or NULL. */
bool groups_make(const table *t, const str *names, size_t n, const doc *bins, groups *ret, arena *a,
                 err *e) NODISCARD;
/* {"race":"Black"} of a group; with label != absent also "label":"value". Absent when empty. */
str groups_slice(const groups *g, const view *v, size_t group, str label, str value, arena *a);
/* {"race":"*"} of a whole view, in the same way. */
str groups_star(const groups *g, const view *v, str label, str value, arena *a);
str groups_attributes(const groups *g, const view *v, arena *a); /* "race,sex" */

#endif
