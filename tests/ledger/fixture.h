/* fixture.h - a log in a temporary directory, for the tests of this room. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_LEDGER_FIXTURE_H
#define AIMS_TESTS_LEDGER_FIXTURE_H
#include "ledger/ledger.h"
#include "ledger/verify.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ORIGIN "example.com/aims"

/* Everything lives in `a`; the directory is removed with it. */
struct fixture {
    arena *a;
    err e;
    int number;
    str dir, db, log; /* DIR, DIR/aims.db, DIR/log */
    arena *open;      /* of store and ledger */
    struct store *store;
    struct ledger *l;
    note_signer signer;
};

/* Does AIMS_TEST_PG name a server? Then each log has a database there, and `db` is no file. */
bool fixture_on_postgres(void);
struct fixture *fixture_new(void);
void fixture_end(struct fixture *f);
/* (Re)opens store and ledger, as a new process would. */
bool fixture_reopen(struct fixture *f, bool complete);
/* One more connection to its store, as another node has. */
bool fixture_store(const struct fixture *f, arena *a, struct store **ret, err *e) NODISCARD;
void fixture_close(struct fixture *f);
/* Appends n leaves "leaf <seq> ..." in one transaction each; false with f->e. */
bool fixture_append(struct fixture *f, int n);
bool fixture_publish(struct fixture *f, checkpoint *ret);
str fixture_leaf(arena *a, uint64_t seq);
/* Runs SQL of the test's own. */
bool fixture_sql(struct fixture *f, const char *sql);
/* Findings of verify_directory over DIR/log. */
verify_report fixture_verify(struct fixture *f, const str *old, size_t n_old);
void fixture_copy(const char *from, const char *to); /* a file or tree */
void fixture_run(const char *const *argv);           /* must exit with 0 */

#define must(f, x)                                                                                 \
    do {                                                                                           \
        if (!(x)) fail_msg("%s:%d: %s: %.*s", __FILE__, __LINE__, #x, STR_ARG((f)->e.msg));        \
    } while (0)
#define must_fail(f, x, want, part)                                                                \
    do {                                                                                           \
        assert_false(x);                                                                           \
        assert_int_equal((f)->e.code, want);                                                       \
        if (!strstr((f)->e.msg.p, part))                                                           \
            fail_msg("%s:%d: '%s' is not in '%s'", __FILE__, __LINE__, part, (f)->e.msg.p);        \
    } while (0)

#endif
