/* world.h - a fresh data directory for each test, on SQLite or on AIMS_TEST_PG's server. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_WORK_WORLD_H
#define AIMS_TESTS_WORK_WORLD_H
#include "work/accounts.h"
#include "work/records.h"
#include "work/work.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct world {
    arena *keep; /* the directory; it outlives the arenas of a restart */
    arena *a;
    str dir;
    struct work *w;
    actor machine;
    err e;
} world;

/* cmocka setup and teardown; *state is a world. */
int world_open(void **state);
int world_close(void **state);
/* Closes and opens the directory again, as a restart would. */
void world_again(world *x);
/* A directory that is removed with the arena. */
str world_temp(arena *a);

#define MUST(call) world_must((call), x)
void world_must(bool ok, const world *x);
/* Expects a refusal of this code at this path. */
#define REFUSED(call, code, path) world_refused((call), x, code, path)
void world_refused(bool ok, world *x, err_code code, const char *path);

doc *world_json(world *x, const char *json);
/* Adds a record from JSON (single quotes stand for double ones) and gives its row. */
void *world_add(world *x, const char *noun, const char *json);
/* Leaves with this act, and the body of the last of them. */
size_t world_acts(world *x, const char *act, str *ret_last);
/* Stands at a moment from now on; NULL: the real clock. */
void world_clock(const char *time);

#endif
