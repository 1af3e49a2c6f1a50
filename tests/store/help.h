/* help.h - a fresh, empty store for each test: SQLite, or PostgreSQL when AIMS_TEST_PG is set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_STORE_HELP_H
#define AIMS_TESTS_STORE_HELP_H
#include "store/driver.h"
#include "store/store.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* On AIMS_TEST_PG's server? */
bool on_postgres(void);
/* A directory that is removed with the arena. */
str temp_dir(arena *a);
/* Address of a database that does not exist yet; removed with the arena (SQLite). */
str fresh_url(arena *a);
/* A new store with the program's own schema. */
struct store *fresh_store(arena *a);
struct store *open_store(arena *a, str url);
/* Aborts the test with the error's text when ok is false. */
void must(bool ok, const err *e);
#define MUST(call, e) must((call), &(e))

/* Runs one statement in a transaction of its own. */
bool do_sql(struct store *s, const char *sql, err *e);
/* An integer, read in a transaction of its own. */
int64_t get_int(struct store *s, const char *sql);

#endif
