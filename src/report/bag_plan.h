/* bag_plan.h - the members of a bag in order, checked, before the first byte is written. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REPORT_BAG_PLAN_H
#define AIMS_REPORT_BAG_PLAN_H
#include "report/bag_impl.h"

typedef struct bag_item {
    str path; /* below NAME/ */
    uint64_t size;
    digest sha256;
    str bytes;            /* content, unless it comes from a file */
    const bag_file *file; /* NULL: bytes */
} bag_item;

/* Sorted as the archive is. What would not verify later is refused now: a proof that does not
 * lead to the checkpoint, a file that no leaf names, two members of one name. */
typedef struct bag_plan {
    bag_item *items;
    size_t n;
} bag_plan;
bool bag_plan_make(arena *a, const bag *b, bag_plan *ret, err *e) NODISCARD;
/* Refuses leaves whose proof does not end in the checkpoint and files no leaf names. */
bool bag_check_input(arena *a, const bag *b, err *e) NODISCARD;

#endif
