/* register.h - the list of all record types; adding one here makes it served everywhere. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_REGISTER_REGISTER_H
#define AIMS_REGISTER_REGISTER_H
#include "record/record.h"

/* In an order in which every type comes after those it references: the order of the tables. */
extern const record *const register_records[];
extern const size_t register_n_records;

const record *register_by_name(str name);     /* "ai_system"; NULL when unknown */
const record *register_by_noun(str noun);     /* "system" */
const record *register_by_plural(str plural); /* "systems" */
void register_validate(void); /* record_validate on each; aborts on a broken table */

#endif
