/* all_queries.h - every array of fixed statements in the program. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_STORE_ALL_QUERIES_H
#define AIMS_TESTS_STORE_ALL_QUERIES_H
#include "store/store.h"

typedef struct query_list {
    const char *room;
    const query *at;
    const size_t *n;
} query_list;
extern const query_list all_queries[];
extern const size_t n_all_queries;

#endif
