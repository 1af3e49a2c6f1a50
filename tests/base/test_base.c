/* test_base.c - strings, encodings, clock, JSON both ways, sealing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_numbers(void **state)
{
    (void)state;
    int64_t v;
    assert_true(str_int(S("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_true(str_int(S("9223372036854775807"), &v) && v == INT64_MAX);
    assert_false(str_int(S("9223372036854775808"), &v));
    assert_false(str_int(S("1 "), &v));
    assert_false(str_int(S(""), &v));
    double d;
    assert_true(str_real(S("-1.5e3"), &d) && d == -1500.0);
    assert_false(str_real(S("0x10"), &d));
    assert_false(str_real(S("nan"), &d));
    assert_false(str_real(S("1e999"), &d));
}

static void test_encodings(void **state)
{
    (void)state;
    arena *a = arena_open();
    /* RFC 4648 section 10 */
    static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const coded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t i = 0; i < COUNT(plain); i++) {
        str out;
        assert_string_equal(base64_encode(a, plain[i], strlen(plain[i])).p, coded[i]);
        assert_true(base64_decode(a, str_of(coded[i]), &out) && str_eqz(out, plain[i]));
    }
    str out;
    assert_false(base64_decode(a, S("Zh=="), &out)); /* a set pad bit */
    assert_false(base64_decode(a, S("Zg="), &out));
    assert_false(hex_decode(a, S("0g"), &out));
    arena_close(a);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(str_utf8(S("z\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_false(str_utf8(S("\xc0\xaf")));         /* overlong */
    assert_false(str_utf8(S("\xed\xa0\x80")));     /* surrogate */
    assert_false(str_utf8(S("\xf4\x90\x80\x80"))); /* above U+10FFFF */
    assert_false(str_utf8(S("\xe2\x82")));         /* cut short */
}

static void test_clock(void **state)
{
    (void)state;
    arena *a = arena_open();
    int64_t ms;
    /* date -u -d '2026-11-21T17:41:00Z' +%s = 1795282860 */
    assert_true(clock_parse(S("2026-11-21T17:41:00.123Z"), &ms) && ms == 1795282860123);
    assert_string_equal(clock_text(a, ms).p, "2026-11-21T17:41:00.123Z");
    assert_true(clock_parse(S("2026-11-21T18:41:00+01:00"), &ms) && ms == 1795282860000);
    assert_string_equal(clock_text(a, -1).p, "1969-12-31T23:59:59.999Z");
    assert_false(clock_parse(S("2026-02-29T00:00:00Z"), &ms));
    assert_false(clock_parse(S("2026-11-21 18:41:00Z"), &ms));
    assert_true(clock_parse_date(S("2000-02-29"), &ms));
    assert_false(clock_parse_date(S("1900-02-29"), &ms));
    arena_close(a);
}

static void test_hash(void **state)
{
    (void)state;
    arena *a = arena_open();
    /* FIPS 180-4 example "abc"; RFC 4231 test case 2 */
    assert_string_equal(digest_hex(a, hash_bytes("abc", 3)).p,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(digest_hex(a, hash_hmac(S("Jefe"), S("what do ya want for nothing?"))).p,
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    arena_close(a);
}

static str round_trip(arena *a, const char *json)
{
    doc *d = NULL;
    err e = ERR_IN(a);
    assert_true(doc_parse(a, str_of(json), 1 << 20, &d, &e));
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    doc_write(d, &w);
    return buf_str(&b);
}

static void test_json(void **state)
{
    (void)state;
    arena *a = arena_open();
    const char *same = "{\"b\":[1,-2.5,true,null,\"q\\\"\\n\\u0001\"],\"a\":{}}";
    assert_string_equal(round_trip(a, same).p, same);
    assert_string_equal(round_trip(a, "0.1").p, "0.1");
    assert_string_equal(round_trip(a, "-0.0").p, "-0.0");
    doc *nul = NULL;
    err ne = ERR_IN(a);
    assert_false(doc_parse(a, S("{\"a\":1\0}"), 100, &nul, &ne));
    assert_string_equal(round_trip(a, "1e300").p, "1e+300");
    doc *d = NULL;
    err e = ERR_IN(a);
    assert_true(doc_parse(a, str_of(same), 1 << 20, &d, &e));
    assert_string_equal(doc_canonical(a, d).p,
                        "{\"a\":{},\"b\":[1,-2.5,true,null,\"q\\\"\\n\\u0001\"]}");
    static const char *const bad[] = {
        "",           "{", "[1]x", "{\"a\":1,\"a\":2}", "\"\xff\"", "nan", "99999999999999999999",
        "\"\\u0000\""};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(doc_parse(a, str_of(bad[i]), 1 << 20, &d, &e));
        assert_int_equal(e.code, ERR_INVALID);
    }
    buf deep = buf_open(a, 1000);
    for (int i = 0; i < 100; i++)
        buf_putc(&deep, '[');
    for (int i = 0; i < 100; i++)
        buf_putc(&deep, ']');
    assert_false(doc_parse(a, buf_str(&deep), 1000, &d, &e));
    assert_false(doc_parse(a, S("[1,2,3]"), 3, &d, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    arena_close(a);
}

static void test_seal(void **state)
{
    (void)state;
    arena *a = arena_open();
    uint8_t key[32], header[SEAL_HEADER], box[64];
    crypto_random(key, sizeof key);
    struct seal *w = seal_writer(a, key, header);
    size_t n = seal_push(w, "hello", 5, true, box);
    char plain[64];
    bool last = false;
    size_t m = 0;
    assert_true(seal_pull(seal_reader(a, key, header), box, n, plain, &m, &last));
    assert_true(last && m == 5 && memcmp(plain, "hello", 5) == 0);
    box[3] ^= 1;
    assert_false(seal_pull(seal_reader(a, key, header), box, n, plain, &m, &last));
    arena_close(a);
}

static void test_sign(void **state)
{
    (void)state;
    arena *a = arena_open();
    /* RFC 8032 section 7.1, test 2 */
    str seed, want;
    assert_true(hex_decode(a, S("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
                           &seed));
    assert_true(hex_decode(a,
                           S("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                           &want));
    sign_key k = sign_key_from_seed((const uint8_t *)seed.p);
    uint8_t sig[64];
    sign_bytes(&k, S("\x72"), sig);
    assert_memory_equal(sig, want.p, 64);
    assert_true(sign_verify(k.pub, S("\x72"), sig));
    assert_false(sign_verify(k.pub, S("\x73"), sig));
    str h = password_hash(a, S("correct horse"));
    assert_true(password_verify(h, S("correct horse")));
    assert_false(password_verify(h, S("wrong horse")));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_utf8),    cmocka_unit_test(test_clock),
        cmocka_unit_test(test_hash),    cmocka_unit_test(test_json),
        cmocka_unit_test(test_seal),    cmocka_unit_test(test_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
