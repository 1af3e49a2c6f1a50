/* test_passkeys.c - passkeys: the vectors of the W3C, an authenticator in software, and its lies.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/cbor.h"
#include "work/passkeys.h"
#include "work/webauthn.h"
#include "world.h"

#define GOOD S("a long enough sentence")

static str unhex(arena *a, const char *hex)
{
    str s;
    assert_true(hex_decode(a, str_of(hex), &s));
    return s;
}

static str bent(arena *a, str s, size_t bit)
{
    char *p = arena_new(a, char, s.n + 1);
    memcpy(p, s.p, s.n);
    p[bit / 8] = (char)(p[bit / 8] ^ 1 << bit % 8);
    return (str){p, s.n};
}

/* ---- W3C Web Authentication, level 3, 16.2: ES256 credential with no attestation ---- */

#define W3C_CREATE                                                                                 \
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d50743455" \
    "78"                                                                                           \
    "78475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a" \
    "22"                                                                                           \
    "68747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c2265787472" \
    "61"                                                                                           \
    "44617461223a22636c69656e74446174614a534f4e206d617920626520657874656e646564207769746820616464" \
    "69"                                                                                           \
    "74696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b51" \
    "65"                                                                                           \
    "446a646354427258426941774a544c453551227d"
#define W3C_ATTESTATION                                                                            \
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4" \
    "73"                                                                                           \
    "5ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fd" \
    "e0"                                                                                           \
    "ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb6" \
    "40"                                                                                           \
    "98d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af" \
    "2e"                                                                                           \
    "2664796b9220"
#define W3C_CREDENTIAL "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"
#define W3C_DATA       "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000"
#define W3C_GET                                                                                    \
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c" \
    "54"                                                                                           \
    "55506f334a5558543049393770767a7a59425039745a6368587961763031416722" /* ...1Ag" */             \
    "2c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a" \
    "66"                                                                                           \
    "616c73657d"
#define W3C_SIGNATURE                                                                              \
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93" \
    "53"                                                                                           \
    "8174f575bf11a1dd5d78c6e486013f937295ea13653e331e87"

static void test_vectors(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    webauthn_data made, used;
    str challenge, origin = S("https://example.org");
    assert_true(webauthn_read_attestation(a, unhex(a, W3C_ATTESTATION), &made, &e));
    assert_true(str_eq(made.credential, unhex(a, W3C_CREDENTIAL)));
    assert_true(made.key.algorithm == COSE_ES256 && made.present && !made.verified);
    assert_true(
        webauthn_read_client(a, unhex(a, W3C_CREATE), WEBAUTHN_CREATE, origin, &challenge, &e));
    assert_string_equal(challenge.p, "AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA");
    assert_false(
        webauthn_read_client(a, unhex(a, W3C_CREATE), WEBAUTHN_GET, origin, &challenge, &e));
    assert_true(webauthn_read_client(a, unhex(a, W3C_GET), WEBAUTHN_GET, origin, &challenge, &e));
    assert_true(webauthn_read_data(a, unhex(a, W3C_DATA), &used, &e));
    str data = unhex(a, W3C_DATA), client = unhex(a, W3C_GET), sig = unhex(a, W3C_SIGNATURE);
    assert_true(webauthn_verify(a, &made.key, data, client, sig));
    for (size_t bit = 0; bit < sig.n * 8; bit++)
        assert_false(webauthn_verify(a, &made.key, data, client, bent(a, sig, bit)));
    assert_false(webauthn_verify(a, &made.key, data, unhex(a, W3C_CREATE), sig));
    /* It did not ask who was there. */
    assert_false(webauthn_check_data(&used, S("example.org"), &e));
    assert_string_equal(e.path.p, "authenticator_data");
    arena_close(a);
}

/* RFC 6979, A.2.5, P-256 with SHA-256, message "sample". */
static void test_p256(void **state)
{
    (void)state;
    arena *a = arena_open();
    str pub = unhex(a, "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                       "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    str sig = unhex(a, "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                       "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    const uint8_t *p = (const uint8_t *)pub.p;
    assert_true(p256_point(p) && p256_verify(p, S("sample"), sig));
    assert_false(p256_verify(p, S("Sample"), sig));
    assert_false(p256_verify(p, S("sample"), str_sub(sig, 0, sig.n - 1)));
    const uint8_t *off = (const uint8_t *)bent(a, pub, 511).p; /* the curve */
    assert_false(p256_point(off) || p256_verify(off, S("sample"), sig));
    arena_close(a);
}

/* ---- CBOR: what RFC 8949, appendix A, writes and what is refused of it ---- */

static void test_cbor(void **state)
{
    static const struct {
        const char *hex;
        bool good;
    } rows_of[] = {
        {"00",                                           true },
        {"17",                                           true },
        {"1818",                                         true },
        {"1903e8",                                       true },
        {"1a000f4240",                                   true },
        {"1b000000e8d4a51000",                           true },
        {"20",                                           true },
        {"3903e7",                                       true },
        {"40",                                           true },
        {"4401020304",                                   true },
        {"6161",                                         true },
        {"62c3bc",                                       true },
        {"80",                                           true },
        {"83010203",                                     true },
        {"a0",                                           true },
        {"a201020304",                                   true },
        {"f4",                                           true },
        {"f6",                                           true },
        {"8301820203820405",                             true },
        {"1817",                                         false},
        {"190017",                                       false},
        {"1a0000ffff",                                   false}, /* not the shortest */
        {"5f42010243030405ff",                           false},
        {"9fff",                                         false},
        {"bfff",                                         false},
        {"c074323031332d30332d32315432303a30343a30305a", false}, /* a tag */
        {"f93c00",                                       false},
        {"fb3ff199999999999a",                           false}, /* floating point */
        {"f7",                                           false},
        {"f0",                                           false},
        {"1bffffffffffffffff",                           false},
        {"62ff",                                         false},
        {"61ff",                                         false},
        {"41",                                           false},
        {"8201",                                         false},
        {"9a00ffffff00",                                 false}, /* more items than bytes */
        {"a101",                                         false},
        {"",                                             false},
        {"818181818180",                                 false},
    };
    (void)state;
    arena *a = arena_open();
    for (size_t i = 0; i < COUNT(rows_of); i++) {
        str rest = unhex(a, rows_of[i].hex);
        bool good = cbor_skip(&rest) && rest.n == 0;
        if (good != rows_of[i].good) fail_msg("%s is read wrongly", rows_of[i].hex);
    }
    arena_close(a);
}

/* ---- an authenticator in software: EdDSA, since signing needs no other library ---- */

typedef struct device {
    sign_key key;
    str credential;
    unsigned flags; /* of the next answer, without AT */
    uint32_t count;
    const char *type, *origin, *site, *more; /* of the next answer */
} device;

static const passkey_site home = {
    {"localhost",             9 },
    {"http://localhost:8042", 21}
};

static device new_device(const char *credential)
{
    return (device){.key = sign_key_new(),
                    .credential = str_of(credential),
                    .flags = 5,
                    .origin = "http://localhost:8042",
                    .site = "localhost",
                    .more = ""};
}

static str client_of(arena *a, const device *d, const char *type, str challenge)
{
    return str_fmt(a, "{\"type\":\"%s\",\"challenge\":\"%.*s\",\"origin\":\"%s\"%s}",
                   d->type ? d->type : type, STR_ARG(challenge), d->origin, d->more);
}

static void put_data(buf *b, const device *d, unsigned flags)
{
    digest site = hash_bytes(d->site, strlen(d->site));
    buf_bytes(b, site.b, sizeof site.b);
    buf_putc(b, (char)(d->flags | flags));
    for (int i = 24; i >= 0; i -= 8)
        buf_putc(b, (char)(d->count >> i));
}

static passkey_new make(arena *a, const device *d, str challenge)
{
    buf data = buf_open(a, 4096), object = buf_open(a, 4096);
    put_data(&data, d, 64);
    buf_bytes(&data, (char[16]){0}, 16);
    buf_putc(&data, (char)(d->credential.n >> 8));
    buf_putc(&data, (char)d->credential.n);
    buf_put(&data, d->credential);
    buf_bytes(&data, "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", 10);
    buf_bytes(&data, d->key.pub, 32);
    buf_bytes(&object,
              "\xa3\x63"
              "fmt"
              "\x64"
              "none"
              "\x67"
              "attStmt"
              "\xa0\x68"
              "authData"
              "\x58",
              29);
    buf_putc(&object, (char)data.n);
    buf_put(&object, buf_str(&data));
    str client = client_of(a, d, "webauthn.create", challenge), o = buf_str(&object);
    return (passkey_new){S("my phone"), base64url_encode(a, client.p, client.n),
                         base64url_encode(a, o.p, o.n)};
}

static passkey_proof answer(arena *a, const device *d, str challenge)
{
    buf data = buf_open(a, 4096), text = buf_open(a, 4096);
    uint8_t sig[64];
    put_data(&data, d, 0);
    str client = client_of(a, d, "webauthn.get", challenge), bytes = buf_str(&data);
    digest h = hash_bytes(client.p, client.n);
    buf_put(&text, bytes);
    buf_bytes(&text, h.b, sizeof h.b);
    sign_bytes(&d->key, buf_str(&text), sig);
    return (passkey_proof){.credential = base64url_encode(a, d->credential.p, d->credential.n),
                           .client_data = base64url_encode(a, client.p, client.n),
                           .authenticator_data = base64url_encode(a, bytes.p, bytes.n),
                           .signature = base64url_encode(a, sig, sizeof sig)};
}

static actor make_account(world *x, const char *name)
{
    account_info info;
    str code;
    MUST(account_add(x->w, &x->machine, str_of(name), S("engineer"), 0, x->a, &info, &code, &x->e));
    MUST(account_redeem(x->w, code, GOOD, x->a, &info, &x->e));
    return (actor){.account = info.id, .name = info.name, .via = "http", .caps = 1u << CAP_READ};
}

static str begin(world *x, const actor *who, str cookie)
{
    passkey_start s;
    MUST(passkey_begin(x->w, who, cookie, GOOD, &home, x->a, &s, &x->e));
    return s.challenge;
}

static bool add(world *x, const actor *who, const device *d, str challenge, str cookie)
{
    passkey_info made;
    passkey_new in = make(x->a, d, challenge);
    return passkey_add(x->w, who, cookie, &in, &home, x->a, &made, &x->e);
}

static str asked(world *x)
{
    str challenge;
    MUST(passkey_challenge(x->w, &home, x->a, &challenge, &x->e));
    return challenge;
}

static bool open_with(world *x, passkey_proof p)
{
    session s;
    actor who;
    return session_open_passkey(x->w, &p, &home, x->a, &s, &who, &x->e) &&
           str_eqz(who.name, "ada") && s.id.n && s.csrf.n;
}

static bool log_in(world *x, const device *d)
{
    return open_with(x, answer(x->a, d, asked(x)));
}

static void test_adding_and_logging_in(void **state)
{
    world *x = *state;
    device d = new_device("credential one");
    actor ada = make_account(x, "ada");
    str cookie = S("her cookie"), challenge = begin(x, &ada, cookie);
    MUST(add(x, &ada, &d, challenge, cookie));
    REFUSED(add(x, &ada, &d, challenge, cookie), ERR_INVALID, "client_data"); /* used */
    REFUSED(add(x, &ada, &d, begin(x, &ada, cookie), cookie), ERR_CONFLICT, "credential");
    MUST(log_in(x, &d));
    passkey_proof p = answer(x->a, &d, asked(x));
    MUST(open_with(x, p));
    REFUSED(open_with(x, p), ERR_UNAUTHENTICATED, "client_data"); /* replayed */
    passkey_info *at;
    size_t n;
    MUST(passkey_list(x->w, &ada, x->a, &at, &n, &x->e));
    assert_true(n == 1 && at[0].last_used_at && str_eqz(at[0].name, "my phone"));
    str leaf;
    world_acts(x, "session.open", &leaf);
    assert_non_null(strstr(leaf.p, "\"means\":\"passkey\""));
    assert_int_equal(world_acts(x, "passkey.add", NULL), 1);
}

static void test_challenges_are_bound(void **state)
{
    world *x = *state;
    device d = new_device("credential one");
    passkey_start s;
    world_clock("2026-06-01T00:00:00Z");
    actor ada = make_account(x, "ada"), bob = make_account(x, "bob"), token = ada;
    token.token = 1;
    str a = S("a"), b = S("b");
    passkey_site number = {S("127.0.0.1"), S("http://127.0.0.1:8042")};
    REFUSED(passkey_begin(x->w, &ada, a, S("wrong password"), &home, x->a, &s, &x->e), ERR_DENIED,
            "password");
    REFUSED(passkey_begin(x->w, &token, a, GOOD, &home, x->a, &s, &x->e), ERR_DENIED, "");
    REFUSED(passkey_begin(x->w, &ada, a, GOOD, &number, x->a, &s, &x->e), ERR_INVALID, "Host");
    REFUSED(add(x, &ada, &d, begin(x, &ada, b), a), ERR_INVALID, "client_data");
    REFUSED(add(x, &bob, &d, begin(x, &ada, a), a), ERR_INVALID, "client_data");
    REFUSED(add(x, &ada, &d, asked(x), a), ERR_INVALID, "client_data");
    REFUSED(add(x, &ada, &d, S("bWFkZSB1cA"), a), ERR_INVALID, "client_data");
    MUST(add(x, &ada, &d, begin(x, &ada, a), a));
    REFUSED(open_with(x, answer(x->a, &d, begin(x, &ada, a))), ERR_UNAUTHENTICATED, "client_data");
    str late = asked(x);
    world_clock("2026-06-01T00:05:01Z");
    REFUSED(open_with(x, answer(x->a, &d, late)), ERR_UNAUTHENTICATED, "client_data");
    MUST(log_in(x, &d));
}

static void test_lies_are_refused(void **state)
{
    world *x = *state;
    device good = new_device("credential one"), d = good;
    actor ada = make_account(x, "ada");
    str c = S("cookie");
    MUST(add(x, &ada, &good, begin(x, &ada, c), c));
#define LIE(member, value, path)                                                                   \
    d = good;                                                                                      \
    d.member = value;                                                                              \
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, path);                                             \
    d.credential = S("another credential");                                                        \
    REFUSED(add(x, &ada, &d, begin(x, &ada, c), c), ERR_INVALID, path)
    LIE(origin, "http://localhost:8043", "client_data");
    LIE(origin, "https://localhost:8042", "client_data");
    LIE(site, "localhost.evil.org", "authenticator_data");
    LIE(type, "payment.get", "client_data");
    LIE(more, ",\"crossOrigin\":true", "client_data");
    LIE(more, ",\"crossOrigin\":null", "client_data");
    LIE(more, ",\"topOrigin\":\"http://evil.org\"", "client_data");
    LIE(more, ",\"origin\":\"http://localhost:8042\"", "client_data");
    LIE(flags, 4, "authenticator_data");
    LIE(flags, 1, "authenticator_data");
    LIE(flags, 5 | 16, "authenticator_data");
    d = good;
    d.key = sign_key_new();
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, "signature");
    d.credential = S("unknown");
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, "credential");
    d = good;
    d.more = ",\"crossOrigin\":false,\"other_keys_can_be_added_here\":\"so\"";
    MUST(log_in(x, &d));
    passkey_proof p = answer(x->a, &good, asked(x));
    p.user = S("c29tZWJvZHkgZWxzZQ");
    REFUSED(open_with(x, p), ERR_UNAUTHENTICATED, "user_handle");
}

static void test_copies_are_noticed(void **state)
{
    world *x = *state;
    device d = new_device("credential one");
    actor ada = make_account(x, "ada");
    d.count = 7;
    MUST(add(x, &ada, &d, begin(x, &ada, S("c")), S("c")));
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, "authenticator_data");
    d.count = 8;
    MUST(log_in(x, &d));
    d.count = 0;
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, "authenticator_data");
}

static void test_whose_they_are(void **state)
{
    world *x = *state;
    device d = new_device("credential one");
    actor ada = make_account(x, "ada"), bob = make_account(x, "bob");
    MUST(add(x, &ada, &d, begin(x, &ada, S("c")), S("c")));
    REFUSED(passkey_rename(x->w, &bob, 1, S("mine"), &x->e), ERR_NOT_FOUND, "id");
    REFUSED(passkey_remove(x->w, &bob, 1, &x->e), ERR_NOT_FOUND, "id");
    MUST(passkey_rename(x->w, &ada, 1, S("her key"), &x->e));
    MUST(account_change(x->w, &x->machine, S("ada"), (str){0}, -1, true, &x->e));
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, "");
    MUST(account_change(x->w, &x->machine, S("ada"), (str){0}, -1, false, &x->e));
    MUST(log_in(x, &d));
    MUST(passkey_remove(x->w, &ada, 1, &x->e));
    REFUSED(log_in(x, &d), ERR_UNAUTHENTICATED, "credential");
}

/* Every truncation and every flipped bit of what an authenticator made is read without harm. */
static void test_damaged_objects(void **state)
{
    world *x = *state;
    device d = new_device("credential one");
    webauthn_data out;
    str object;
    assert_true(base64url_decode(x->a, make(x->a, &d, S("c")).attestation, &object));
    for (size_t n = 0; n < object.n; n++)
        assert_false(
            webauthn_read_attestation(x->a, str_dup(x->a, str_sub(object, 0, n)), &out, &x->e));
    MUST(webauthn_read_attestation(x->a, object, &out, &x->e));
    for (size_t bit = 0; bit < object.n * 8; bit++)
        if (webauthn_read_attestation(x->a, bent(x->a, object, bit), &out, &x->e))
            assert_true(out.credential.n && out.key.pub.n == 32);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_p256),  cmocka_unit_test(test_cbor),
        T(test_adding_and_logging_in),  T(test_challenges_are_bound), T(test_lies_are_refused),
        T(test_copies_are_noticed),     T(test_whose_they_are),       T(test_damaged_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
