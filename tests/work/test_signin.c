/* test_signin.c - second factors and sessions: codes of an app, recovery codes, who sees what. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/factors.h"
#include "work/totp.h"
#include "world.h"

#define GOOD  S("a long enough sentence")
#define OTHER S("quite another sentence")

/* ---- the algorithms, held against the vectors of their RFCs ---- */

/* RFC 4226, appendix D. */
static void test_hotp(void **state)
{
    static const uint32_t want[] = {755224, 287082, 359152, 969429, 338314,
                                    254676, 287922, 162583, 399871, 520489};
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++)
        assert_int_equal(hotp_code(S("12345678901234567890"), i, 6), want[i]);
}

/* RFC 6238, appendix B, the rows of SHA-1: eight digits there, the last six here. */
static void test_totp(void **state)
{
    static const struct {
        int64_t second;
        uint32_t code;
    } want[] = {
        {59,          94287082},
        {1111111109,  7081804 },
        {1111111111,  14050471},
        {1234567890,  89005924},
        {2000000000,  69279037},
        {20000000000, 65353130},
    };
    (void)state;
    str secret = S("12345678901234567890");
    arena *a = arena_open();
    for (size_t i = 0; i < COUNT(want); i++) {
        int64_t now = want[i].second * 1000, step = want[i].second / 30;
        assert_int_equal(hotp_code(secret, (uint64_t)step, 8), want[i].code);
        str code = str_fmt(a, "%06u", want[i].code % 1000000);
        assert_int_equal(totp_step(secret, code, now, -1), step);
        assert_int_equal(totp_step(secret, code, now + TOTP_STEP_MS, -1), step);
        assert_int_equal(totp_step(secret, code, now - TOTP_STEP_MS, -1), step);
        assert_int_equal(totp_step(secret, code, now + 2 * TOTP_STEP_MS, -1), -1);
        if (now > 2 * TOTP_STEP_MS)
            assert_int_equal(totp_step(secret, code, now - 2 * TOTP_STEP_MS, -1), -1);
        assert_int_equal(totp_step(secret, code, now, step), -1);
        assert_int_equal(totp_step(secret, str_sub(code, 0, 5), now, -1), -1);
    }
    arena_close(a);
}

/* RFC 4648, section 10, without the padding. */
static void test_base32(void **state)
{
    static const char *const want[] = {"",        "MY",       "MZXQ",      "MZXW6",
                                       "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"};
    (void)state;
    arena *a = arena_open();
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(base32_encode(a, "foobar", i).p, want[i]);
    arena_close(a);
}

/* ---- an account and its app ---- */

static str unbase32(world *x, str s)
{
    uint8_t out[64] = {0};
    for (size_t i = 0; i < s.n; i++) {
        unsigned v = s.p[i] >= 'A' ? (unsigned)(s.p[i] - 'A') : (unsigned)(s.p[i] - '2') + 26;
        for (size_t k = 0; k < 5; k++)
            if (v >> (4 - k) & 1) out[(i * 5 + k) / 8] |= (uint8_t)(128 >> (i * 5 + k) % 8);
    }
    return str_dupn(x->a, out, s.n * 5 / 8);
}

static str code_now(world *x, str secret)
{
    return str_fmt(x->a, "%06u", hotp_code(secret, (uint64_t)(clock_now() / TOTP_STEP_MS), 6));
}

static actor make_account(world *x, const char *name)
{
    account_info info;
    str code;
    MUST(account_add(x->w, &x->machine, str_of(name), S("engineer"), 0, x->a, &info, &code, &x->e));
    MUST(account_redeem(x->w, code, GOOD, x->a, &info, &x->e));
    return (actor){.account = info.id, .name = info.name, .via = "http", .caps = 1u << CAP_READ};
}

static str enrol(world *x, const actor *who, str codes[RECOVERY_CODES])
{
    str base32, uri;
    MUST(totp_enrol(x->w, who, GOOD, x->a, &base32, &uri, &x->e));
    assert_int_equal(base32.n, 32);
    assert_non_null(strstr(uri.p, base32.p));
    str secret = unbase32(x, base32);
    MUST(totp_confirm(x->w, who, code_now(x, secret), x->a, codes, &x->e));
    return secret;
}

static bool log_in(world *x, str password, str code)
{
    session s;
    actor who;
    return session_open(x->w, S("ada"), password, code, x->a, &s, &who, &x->e);
}

static void test_login_asks_for_the_code(void **state)
{
    world *x = *state;
    str codes[RECOVERY_CODES], none = {0};
    world_clock("2026-06-01T00:00:00Z");
    actor ada = make_account(x, "ada");
    MUST(log_in(x, GOOD, none));
    str secret = enrol(x, &ada, codes), used = code_now(x, secret);
    REFUSED(log_in(x, GOOD, none), ERR_SECOND_FACTOR, "code");
    REFUSED(log_in(x, S("wrong password"), none), ERR_UNAUTHENTICATED, "");
    REFUSED(log_in(x, GOOD, used), ERR_UNAUTHENTICATED, "code"); /* of the confirmation */
    world_clock("2026-06-01T00:00:30Z");
    MUST(log_in(x, GOOD, code_now(x, secret)));
    REFUSED(log_in(x, GOOD, code_now(x, secret)), ERR_UNAUTHENTICATED, "code");
    world_clock("2026-06-01T00:01:00Z");
    str spaced = code_now(x, secret);
    MUST(log_in(x, GOOD, str_fmt(x->a, "%.3s %.3s", spaced.p, spaced.p + 3)));
    str leaf;
    world_acts(x, "session.open", &leaf);
    assert_non_null(strstr(leaf.p, "\"means\":\"code\""));
    assert_int_equal(world_acts(x, "account.totp_on", NULL), 1);
}

static void test_wrong_codes_wait(void **state)
{
    world *x = *state;
    str codes[RECOVERY_CODES];
    world_clock("2026-06-01T00:00:00Z");
    actor ada = make_account(x, "ada");
    str secret = enrol(x, &ada, codes);
    for (int i = 0; i < 5; i++) {
        /* That the password is right must not start the count again. */
        REFUSED(log_in(x, GOOD, (str){0}), ERR_SECOND_FACTOR, "code");
        REFUSED(log_in(x, GOOD, i % 2 ? S("AAAA-BBBB-CCCC-DDDD") : S("12345x")),
                ERR_UNAUTHENTICATED, "code");
    }
    world_clock("2026-06-01T00:00:40Z");
    REFUSED(log_in(x, GOOD, code_now(x, secret)), ERR_LIMITED, "");
    world_clock("2026-06-01T00:01:01Z");
    MUST(log_in(x, GOOD, code_now(x, secret)));
}

static void test_recovery_codes_work_once(void **state)
{
    world *x = *state;
    str codes[RECOVERY_CODES], fresh[RECOVERY_CODES];
    factors f;
    actor ada = make_account(x, "ada");
    (void)enrol(x, &ada, codes);
    MUST(log_in(x, GOOD, codes[0]));
    REFUSED(log_in(x, GOOD, codes[0]), ERR_UNAUTHENTICATED, "code");
    MUST(factors_get(x->w, &ada, &f, &x->e));
    assert_true(f.totp && f.recovery_left == RECOVERY_CODES - 1);
    MUST(recovery_renew(x->w, &ada, GOOD, codes[1], x->a, fresh, &x->e));
    REFUSED(log_in(x, GOOD, codes[2]), ERR_UNAUTHENTICATED, "code");
    MUST(log_in(x, GOOD, fresh[9]));
    assert_int_equal(world_acts(x, "account.recovery_used", NULL), 3);
    actor bob = make_account(x, "bob"); /* another's code opens nothing */
    (void)enrol(x, &bob, codes);
    REFUSED(log_in(x, GOOD, codes[0]), ERR_UNAUTHENTICATED, "code");
}

static void test_turning_it_off(void **state)
{
    world *x = *state;
    str codes[RECOVERY_CODES], base32, uri;
    actor ada = make_account(x, "ada"), token = ada;
    token.token = 7;
    REFUSED(totp_enrol(x->w, &ada, OTHER, x->a, &base32, &uri, &x->e), ERR_DENIED, "password");
    REFUSED(totp_enrol(x->w, &token, GOOD, x->a, &base32, &uri, &x->e), ERR_DENIED, "");
    REFUSED(totp_enrol(x->w, &x->machine, GOOD, x->a, &base32, &uri, &x->e), ERR_DENIED, "");
    REFUSED(totp_confirm(x->w, &ada, S("123456"), x->a, codes, &x->e), ERR_CONFLICT, "totp");
    MUST(totp_enrol(x->w, &ada, GOOD, x->a, &base32, &uri, &x->e));
    REFUSED(totp_confirm(x->w, &ada, S("12345x"), x->a, codes, &x->e), ERR_DENIED, "code");
    MUST(log_in(x, GOOD, (str){0})); /* not confirmed: not asked for */
    REFUSED(totp_off(x->w, &ada, GOOD, S("123456"), &x->e), ERR_CONFLICT, "totp");
    (void)enrol(x, &ada, codes);
    REFUSED(totp_enrol(x->w, &ada, GOOD, x->a, &base32, &uri, &x->e), ERR_CONFLICT, "totp");
    REFUSED(totp_off(x->w, &ada, OTHER, codes[0], &x->e), ERR_DENIED, "password");
    REFUSED(totp_off(x->w, &ada, GOOD, S("AAAA-BBBB-CCCC-DDDD"), &x->e), ERR_DENIED, "code");
    MUST(totp_off(x->w, &ada, GOOD, codes[0], &x->e));
    MUST(log_in(x, GOOD, (str){0}));
}

static void test_administrator_takes_it_away(void **state)
{
    world *x = *state;
    str codes[RECOVERY_CODES];
    actor ada = make_account(x, "ada");
    (void)enrol(x, &ada, codes);
    REFUSED(factors_forget(x->w, &ada, S("ada"), &x->e), ERR_DENIED, "");
    REFUSED(factors_forget(x->w, &x->machine, S("eve"), &x->e), ERR_NOT_FOUND, "name");
    MUST(factors_forget(x->w, &x->machine, S("ada"), &x->e));
    MUST(log_in(x, GOOD, (str){0}));
}

/* The secret is sealed in the store, and survives a restart. */
static void test_secrets_stay(void **state)
{
    world *x = *state;
    str codes[RECOVERY_CODES], leaf;
    world_clock("2026-06-01T00:00:00Z");
    actor ada = make_account(x, "ada");
    str secret = base32_encode(x->keep, enrol(x, &ada, codes).p, TOTP_SECRET);
    str code = str_dup(x->keep, codes[3]);
    assert_int_equal(world_acts(x, "account.totp_enrol", &leaf), 1);
    assert_null(strstr(leaf.p, secret.p));
    world_again(x);
    world_clock("2026-06-01T00:00:30Z");
    MUST(log_in(x, GOOD, code_now(x, unbase32(x, secret))));
    MUST(log_in(x, GOOD, code));
}

/* ---- sessions and password ---- */

static void test_sessions_are_listed_and_ended(void **state)
{
    world *x = *state;
    session first, second;
    session_info *at;
    size_t n;
    actor who;
    str csrf;
    world_clock("2026-06-01T00:00:00Z");
    actor ada = make_account(x, "ada"), bob = make_account(x, "bob");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &first, &who, &x->e));
    world_clock("2026-06-01T00:00:10Z");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &second, &who, &x->e));
    world_clock("2026-06-01T00:20:00Z");
    MUST(session_check(x->w, first.id, x->a, &csrf, &who, &x->e));
    MUST(session_list(x->w, &ada, (str){0}, first.id, x->a, &at, &n, &x->e));
    assert_int_equal(n, 2);
    assert_true(at[1].current && !at[0].current && str_eqz(at[0].means, "password"));
    assert_int_equal(at[1].seen_at - at[1].created_at, 20 * 60 * 1000);
    assert_int_equal(at[0].seen_at, at[0].created_at);
    REFUSED(session_list(x->w, &bob, S("ada"), (str){0}, x->a, &at, &n, &x->e), ERR_DENIED, "");
    MUST(session_list(x->w, &x->machine, S("ada"), (str){0}, x->a, &at, &n, &x->e));
    assert_int_equal(n, 2);
    actor token = ada;
    token.token = 3;
    REFUSED(session_revoke(x->w, &bob, at[0].id, &x->e), ERR_NOT_FOUND, "id");
    REFUSED(session_revoke(x->w, &token, at[0].id, &x->e), ERR_NOT_FOUND, "id");
    REFUSED(session_revoke(x->w, &ada, S("7"), &x->e), ERR_NOT_FOUND, "id");
    MUST(session_revoke(x->w, &ada, at[0].id, &x->e));
    REFUSED(session_check(x->w, second.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    MUST(session_revoke(x->w, &x->machine, at[1].id, &x->e));
    REFUSED(session_check(x->w, first.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    assert_int_equal(world_acts(x, "session.revoke", NULL), 2);
}

static void test_own_password(void **state)
{
    world *x = *state;
    session here, there;
    actor who;
    str csrf;
    actor ada = make_account(x, "ada");
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &here, &who, &x->e));
    MUST(session_open(x->w, S("ada"), GOOD, (str){0}, x->a, &there, &who, &x->e));
    REFUSED(account_password(x->w, &ada, here.id, OTHER, OTHER, &x->e), ERR_DENIED, "password");
    REFUSED(account_password(x->w, &ada, here.id, GOOD, S("short"), &x->e), ERR_INVALID,
            "password");
    MUST(account_password(x->w, &ada, here.id, GOOD, OTHER, &x->e));
    MUST(session_check(x->w, here.id, x->a, &csrf, &who, &x->e));
    REFUSED(session_check(x->w, there.id, x->a, &csrf, &who, &x->e), ERR_UNAUTHENTICATED, "");
    MUST(log_in(x, OTHER, (str){0}));
    REFUSED(log_in(x, GOOD, (str){0}), ERR_UNAUTHENTICATED, "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hotp),   cmocka_unit_test(test_totp),
        cmocka_unit_test(test_base32), T(test_login_asks_for_the_code),
        T(test_wrong_codes_wait),      T(test_recovery_codes_work_once),
        T(test_turning_it_off),        T(test_administrator_takes_it_away),
        T(test_secrets_stay),          T(test_sessions_are_listed_and_ended),
        T(test_own_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
