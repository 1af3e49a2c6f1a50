/* test_accounts.c - one-time codes, passwords, waiting, sessions, tokens and their limits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/document.h"
#include "world.h"

#define GOOD S("a long enough sentence")

static void make_account(world *x, const char *name, const char *role_name)
{
    account_info info;
    str code;
    MUST(account_add(x->w, &x->machine, str_of(name), str_of(role_name), 0, x->a, &info, &code,
                     &x->e));
    MUST(account_redeem(x->w, code, GOOD, x->a, &info, &x->e));
}

static void test_code_works_once(void **state)
{
    world *x = *state;
    account_info info;
    str code;
    bool none;
    MUST(account_none(x->w, &none, &x->e));
    assert_true(none);
    MUST(account_add(x->w, &x->machine, S("ada"), S("lead"), 0, x->a, &info, &code, &x->e));
    REFUSED(account_redeem(x->w, code, S("short"), x->a, &info, &x->e), ERR_INVALID, "password");
    MUST(account_redeem(x->w, code, GOOD, x->a, &info, &x->e));
    REFUSED(account_redeem(x->w, code, GOOD, x->a, &info, &x->e), ERR_UNAUTHENTICATED, "code");
    REFUSED(account_redeem(x->w, S("made up"), GOOD, x->a, &info, &x->e), ERR_UNAUTHENTICATED,
            "code");
    assert_int_equal(world_acts(x, "account.password", NULL), 1);
}

static void test_code_expires(void **state)
{
    world *x = *state;
    account_info info;
    str code;
    world_clock("2026-06-01T00:00:00Z");
    MUST(account_add(x->w, &x->machine, S("ada"), S("lead"), 0, x->a, &info, &code, &x->e));
    world_clock("2026-06-02T00:00:01Z");
    REFUSED(account_redeem(x->w, code, GOOD, x->a, &info, &x->e), ERR_UNAUTHENTICATED, "code");
}

static void test_auditor_needs_an_end(void **state)
{
    world *x = *state;
    account_info info;
    str code;
    session s;
    actor who;
    world_clock("2026-06-01T00:00:00Z");
    int64_t end = clock_now() + CLOCK_DAY_MS;
    REFUSED(account_add(x->w, &x->machine, S("eva"), S("auditor"), 0, x->a, &info, &code, &x->e),
            ERR_INVALID, "valid_until");
    MUST(account_add(x->w, &x->machine, S("eva"), S("auditor"), end, x->a, &info, &code, &x->e));
    MUST(account_redeem(x->w, code, GOOD, x->a, &info, &x->e));
    MUST(session_open(x->w, S("eva"), GOOD, (str){0}, x->a, &s, &who, &x->e));
    assert_true(who.caps == (1u << CAP_READ | 1u << CAP_AUDIT));
    world_clock("2026-06-02T00:00:01Z");
    REFUSED(session_open(x->w, S("eva"), GOOD, (str){0}, x->a, &s, &who, &x->e),
            ERR_UNAUTHENTICATED, "");
}

static void test_wrong_passwords_wait(void **state)
{
    world *x = *state;
    session s;
    actor who;
    world_clock("2026-06-01T00:00:00Z");
    make_account(x, "ada", "lead");
    REFUSED(session_open(x->w, S("nobody"), GOOD, (str){0}, x->a, &s, &who, &x->e),
            ERR_UNAUTHENTICATED, "");
    for (int i = 0; i < 5; i++)
        REFUSED(session_open(x->w, S("ada"), S("wrong password"), (str){0}, x->a, &s, &who, &x->e),
                ERR_UNAUTHENTICATED, "");
    REFUSED(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e), ERR_LIMITED, "");
    assert_int_equal(world_acts(x, "session.refused", NULL), 5);
    world_clock("2026-06-01T00:01:01Z");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e));
}

static void test_session(void **state)
{
    world *x = *state;
    session s;
    actor who;
    str csrf;
    world_clock("2026-06-01T00:00:00Z");
    make_account(x, "ada", "engineer");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e));
    MUST(session_check(x->w, s.id, x->a, &csrf, &who, &x->e));
    assert_true(str_eq(csrf, s.csrf) && who.account == 1 && !(who.caps & 1u << CAP_APPROVE));
    MUST(session_close(x->w, s.id, &x->e));
    REFUSED(session_check(x->w, s.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e));
    MUST(account_change(x->w, &x->machine, S("ada"), (str){0}, -1, true, &x->e));
    REFUSED(session_check(x->w, s.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    MUST(account_change(x->w, &x->machine, S("ada"), (str){0}, -1, false, &x->e));
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e));
    world_clock("2026-06-01T13:00:00Z");
    REFUSED(session_check(x->w, s.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
}

static void test_session_ends_idle(void **state)
{
    world *x = *state;
    session s;
    actor who;
    str csrf;
    world_clock("2026-06-01T00:00:00Z");
    make_account(x, "ada", "engineer");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e));
    for (int hour = 0; hour < 11; hour++) {
        world_clock(str_fmt(x->a, "2026-06-01T%02d:%02d:00Z", hour, 50 - hour).p);
        MUST(session_check(x->w, s.id, x->a, &csrf, &who, &x->e));
    }
    world_clock("2026-06-01T11:51:00Z");
    REFUSED(session_check(x->w, s.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who, &x->e));
    world_clock("2026-06-01T12:52:00Z");
    REFUSED(session_check(x->w, s.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
}

static void test_new_password_ends_sessions(void **state)
{
    world *x = *state;
    session s;
    actor who;
    str csrf, code;
    account_info info;
    make_account(x, "ada", "engineer");
    MUST(account_reset(x->w, &x->machine, S("ada"), x->a, &code, &x->e));
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &s, &who,
                      &x->e)); /* the thief is quicker */
    MUST(account_redeem(x->w, code, S("another long sentence"), x->a, &info, &x->e));
    REFUSED(session_check(x->w, s.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    REFUSED(account_redeem(x->w, code, GOOD, x->a, &info, &x->e), ERR_UNAUTHENTICATED, "code");
    assert_int_equal(world_acts(x, "access.refused", NULL), 1);
}

static void test_token(void **state)
{
    world *x = *state;
    token_info t;
    str secret;
    actor ada, who;
    world_clock("2026-06-01T00:00:00Z");
    make_account(x, "ada", "engineer");
    int64_t end = clock_now() + 30 * CLOCK_DAY_MS;
    MUST(account_actor(x->w, S("ada"), "cli", x->a, &ada, &x->e));
    REFUSED(token_add(x->w, &x->machine, S("ci"), 1u << CAP_MEASURE, end, x->a, &t, &secret, &x->e),
            ERR_DENIED, "");
    REFUSED(token_add(x->w, &ada, S("ci"), 1u << CAP_ADMIN, end, x->a, &t, &secret, &x->e),
            ERR_DENIED, "capabilities");
    REFUSED(token_add(x->w, &ada, S("ci"), 1u << CAP_READ, 0, x->a, &t, &secret, &x->e),
            ERR_INVALID, "expires_at");
    MUST(token_add(x->w, &ada, S("ci"), 1u << CAP_MEASURE | 1u << CAP_READ, end, x->a, &t, &secret,
                   &x->e));
    MUST(token_check(x->w, secret, x->a, &who, &x->e));
    assert_true(who.caps == (1u << CAP_MEASURE | 1u << CAP_READ) && who.token == t.id);
    REFUSED(token_check(x->w, S("aims_wrong"), x->a, &who, &x->e), ERR_UNAUTHENTICATED, "");
    /* A token cannot make tokens. */
    REFUSED(token_add(x->w, &who, S("more"), 1u << CAP_READ, end, x->a, &t, &secret, &x->e),
            ERR_DENIED, "");
    MUST(token_revoke(x->w, &ada, t.id, &x->e));
    REFUSED(token_check(x->w, secret, x->a, &who, &x->e), ERR_UNAUTHENTICATED, "");
    str leaf;
    assert_int_equal(world_acts(x, "token.add", &leaf), 1);
    assert_null(strstr(leaf.p, secret.p));
}

/* Approving is a person's act: the account must be somebody's. */
static void test_approving_needs_a_person(void **state)
{
    world *x = *state;
    void *row;
    actor ada;
    make_account(x, "ada", "lead");
    world_add(x, "person", "{'name':'Ada'}");
    world_add(x, "document",
              "{'name':'P','kind':'procedure','edition':'1','owner':'Ada','body':'b'}");
    MUST(account_actor(x->w, S("ada"), "cli", x->a, &ada, &x->e));
    REFUSED(work_approve(x->w, &ada, 1, 1, 0, x->a, &row, &x->e), ERR_INVALID, "person");
    REFUSED(work_approve(x->w, &ada, 1, 1, 1, x->a, &row, &x->e), ERR_DENIED, "person");
    REFUSED(work_approve(x->w, &x->machine, 1, 1, 0, x->a, &row, &x->e), ERR_INVALID, "person");
    REFUSED(account_bind(x->w, &ada, S("ada"), 1, &x->e), ERR_DENIED, "");
    REFUSED(account_bind(x->w, &x->machine, S("ada"), 9, &x->e), ERR_NOT_FOUND, "id");
    MUST(account_bind(x->w, &x->machine, S("ada"), 1, &x->e));
    MUST(work_approve(x->w, &ada, 1, 1, 0, x->a, &row, &x->e));
    assert_int_equal(((document *)row)->approved_by, 1);
}

static void test_names(void **state)
{
    world *x = *state;
    account_info info;
    str code;
    REFUSED(account_add(x->w, &x->machine, S("Ada L"), S("lead"), 0, x->a, &info, &code, &x->e),
            ERR_INVALID, "name");
    REFUSED(account_add(x->w, &x->machine, S("ada"), S("king"), 0, x->a, &info, &code, &x->e),
            ERR_INVALID, "role");
    make_account(x, "ada", "lead");
    REFUSED(account_add(x->w, &x->machine, S("ada"), S("lead"), 0, x->a, &info, &code, &x->e),
            ERR_CONFLICT, "name");
    actor ada;
    MUST(account_actor(x->w, S("ada"), "cli", x->a, &ada, &x->e));
    REFUSED(account_add(x->w, &ada, S("bob"), S("lead"), 0, x->a, &info, &code, &x->e), ERR_DENIED,
            "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        T(test_code_works_once),
        T(test_code_expires),
        T(test_auditor_needs_an_end),
        T(test_wrong_passwords_wait),
        T(test_session),
        T(test_session_ends_idle),
        T(test_new_password_ends_sessions),
        T(test_token),
        T(test_names),
        T(test_approving_needs_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
