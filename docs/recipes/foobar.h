/* foobar.h - a template: copy it, rename foobar, and say here what one such record is. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_FOOBAR_H
#define AIMS_REGISTER_FOOBAR_H
#include "record/record.h"

enum { FOOBAR_OPEN = 1, FOOBAR_CLOSED }; /* from 1: 0 is absence */

typedef struct foobar {
    row_head head; /* always first */
    str name, body;
    int64_t owner; /* person */
    int state;
    int64_t opened_on;              /* a plain number or date is REQ or READONLY */
    opt_int closed_on, price, size; /* one that may be absent is an opt_ type */
    str_list words;
    id_list people; /* person */
} foobar;

extern const record foobar_record;

#endif
