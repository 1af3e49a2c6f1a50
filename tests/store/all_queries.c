/* all_queries.c - every array of fixed statements in the program; a new one gets a line here. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "all_queries.h"
#include "ledger/ledger.h"
#include "work/impl.h"

/* Used in one file only, so no header of work/ names it. */
extern const query idempotency_queries[];
extern const size_t idempotency_n_queries;

const query_list all_queries[] = {
    {"store",  store_queries,       &store_n_queries      },
    {"ledger", ledger_queries,      &ledger_n_queries     },
    {"work",   work_queries,        &work_n_queries       },
    {"work",   idempotency_queries, &idempotency_n_queries},
};
const size_t n_all_queries = COUNT(all_queries);
