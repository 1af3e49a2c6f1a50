/* bag_fixture.h - a small signed log in memory and a bag over it, for the tests of this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_REPORT_BAG_FIXTURE_H
#define AIMS_TESTS_REPORT_BAG_FIXTURE_H
#include "ledger/proof.h"
#include "report/bag.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LOG_SIZE 11
#define OLD_SIZE 5
#define ORIGIN   "example.com/aims"

struct bag_fixture {
    arena *a;
    err e;
    note_signer log, witness;
    str vkey, witness_vkey;
    str leaves[LOG_SIZE];
    str old_note; /* signed checkpoint of the first OLD_SIZE leaves */
    bag b;        /* two files, leaves 2, 7 and 10, one earlier checkpoint */
    bag_file files[2];
    bag_leaf bagged[3];
    bag_old old[1];
    str content[2]; /* of the files */
};

struct bag_fixture *bag_fixture_new(void);
void bag_fixture_end(struct bag_fixture *f);
/* The archive in memory; the test fails when it cannot be written. */
str bag_fixture_write(struct bag_fixture *f);
/* What the verifier says with the log's key, the witness unasked; `old` may be absent. */
bag_result bag_fixture_verify(struct bag_fixture *f, arena *a, str targz, str old);
/* A checkpoint of the first n leaves, signed by log and witness. */
str bag_fixture_note(struct bag_fixture *f, uint64_t n, const note_signer *by);
bool bag_fixture_found(const bag_result *r, bag_problem p, const char *path);

/* Plain tar of a .tar.gz, and the other way round (level 0 is fast, 6 is what bags have). */
str bag_fixture_unpack(arena *a, str targz);
str bag_fixture_pack(arena *a, str tar, int level);

/* Runs a program in a folder (NULL: here), output thrown away; its exit code. */
int bag_fixture_run(const char *folder, const char *const *argv);
str bag_fixture_folder(arena *a); /* a new temporary folder */

#define must(f, x)                                                                                 \
    do {                                                                                           \
        if (!(x))                                                                                  \
            fail_msg("%s:%d: %s: %.*s: %.*s", __FILE__, __LINE__, #x, STR_ARG((f)->e.path),        \
                     STR_ARG((f)->e.msg));                                                         \
    } while (0)

#endif
