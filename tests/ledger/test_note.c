/* test_note.c - signed notes, keys, cosignatures and checkpoints against published examples. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"
#include "ledger/policy.h"
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DASH "\xE2\x80\x94 "

/* c2sp.org/signed-note, "Example". */
#define FOO_KEY  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_TEXT "This is an example message.\n"
#define FOO_LINE                                                                                   \
    DASH "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFX" \
         "mRKuwHjG1Yu72IneyaQM=\n"

/* golang.org/x/mod/sumdb/note, note_test.go, TestSign. */
#define PETER_SKEY "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_TEXT                                                                                 \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define PETER_LINE                                                                                 \
    DASH                                                                                           \
        "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp" \
        "RZb6KE6RyyBwJnAM=\n"

/* FiloSottile/sunlight, cmd/skylight/testdata: its mirror cosigner has a fixed seed and time. */
#define MIRROR_SEED "skylight test mirror key"
#define MIRROR_VKEY "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"
#define MIRROR_TEXT "rome2026h1.example.org\n300\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n"
#define MIRROR_TIME 1767139200
#define MIRROR_LINE                                                                                \
    DASH                                                                                           \
        "mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJzXC0N0EiZ" \
        "kbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==\n"

static arena *a;
static err e;

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static note_key key_of(const char *vkey)
{
    note_key k;
    assert_true(note_key_parse(a, str_of(vkey), &k, &e));
    return k;
}

static void c2sp_example(void **state)
{
    (void)state;
    note_key k = key_of(FOO_KEY);
    note n;
    assert_string_equal(note_key_text(a, &k).p, FOO_KEY);
    assert_true(note_open(a, S(FOO_TEXT "\n" FOO_LINE), &k, 1, &n, &e));
    assert_true(str_eqz(n.text, FOO_TEXT));
    assert_false(note_open(a, S("T" FOO_TEXT "\n" FOO_LINE), &k, 1, &n, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
}

static void x_mod_note_is_signed_alike(void **state)
{
    (void)state;
    note_signer s;
    assert_true(note_signer_parse(a, S(PETER_SKEY), &s, &e));
    assert_string_equal(note_signer_text(a, &s).p, PETER_SKEY);
    assert_string_equal(note_key_text(a, &s.key).p, PETER_VKEY);
    assert_string_equal(note_sign(a, S(PETER_TEXT), &s, 0).p, PETER_LINE);
}

static void cosignature_is_signed_alike(void **state)
{
    (void)state;
    note_signer s;
    note n;
    int64_t at = 0;
    digest seed = hash_bytes(MIRROR_SEED, sizeof MIRROR_SEED - 1);
    sign_key k = sign_key_from_seed(seed.b);
    assert_true(note_signer_make(a, S("mirror.example.org"), NOTE_COSIGN, &k, &s, &e));
    assert_string_equal(note_key_text(a, &s.key).p, MIRROR_VKEY);
    assert_string_equal(note_sign(a, S(MIRROR_TEXT), &s, MIRROR_TIME).p, MIRROR_LINE);
    assert_true(note_parse(a, S(MIRROR_TEXT "\n" MIRROR_LINE), &n, &e));
    assert_int_equal(note_check(&n, &s.key, &at), NOTE_GOOD);
    assert_int_equal(at, MIRROR_TIME);
}

static void several_signatures(void **state)
{
    (void)state;
    note_key foo = key_of(FOO_KEY), peter = key_of(PETER_VKEY);
    note n;
    /* Peter's line is no signature of this text: ignored as long as he is unknown. */
    str both = S(FOO_TEXT "\n" FOO_LINE PETER_LINE), merged;
    assert_true(note_open(a, both, &foo, 1, &n, &e));
    assert_int_equal(n.n, 2);
    assert_int_equal(note_check(&n, &peter, NULL), NOTE_BAD);
    const note_key keys[] = {foo, peter};
    assert_false(note_open(a, both, keys, 2, &n, &e));
    assert_true(note_parse(a, S(FOO_TEXT "\n" FOO_LINE), &n, &e));
    assert_true(note_merge(a, &n, S(PETER_LINE FOO_LINE), &merged, &e));
    assert_true(str_eq(merged, both));
    assert_false(note_open(a, S(PETER_TEXT "\n" PETER_LINE), &foo, 1, &n, &e));
}

static void sixteen_signatures_are_read(void **state)
{
    (void)state;
    buf b = buf_open(a, NOTE_MAX);
    note n;
    buf_putz(&b, FOO_TEXT "\n");
    for (int i = 0; i < NOTE_SIGS; i++)
        buf_putz(&b, FOO_LINE);
    assert_true(NOTE_SIGS >= 16);
    assert_true(note_parse(a, buf_str(&b), &n, &e));
    assert_int_equal(n.n, NOTE_SIGS);
    buf_putz(&b, FOO_LINE);
    assert_false(note_parse(a, buf_str(&b), &n, &e));
}

static void malformed_notes(void **state)
{
    (void)state;
    static const str bad[] = {
        {"",                             0                             },
        {FOO_TEXT,                       sizeof FOO_TEXT - 1           },
        {FOO_TEXT FOO_LINE,              sizeof FOO_TEXT FOO_LINE - 1  },
        {FOO_TEXT "\n",                  sizeof FOO_TEXT "\n" - 1      },
        {"a\tb\n\n" FOO_LINE,            sizeof "a\tb\n\n" FOO_LINE - 1},
        {"a\r\n\n" FOO_LINE,             sizeof "a\r\n\n" FOO_LINE - 1 },
        {"a\0b\n\n" FOO_LINE,            sizeof "a\0b\n\n" FOO_LINE - 1},
        {"\xff\n\n" FOO_LINE,            sizeof "\xff\n\n" FOO_LINE - 1},
        {"a\n\n- foo AAAAAAA=\n",        18                            },
        {"a\n\n" DASH "foo AAAAAAA=",    19                            },
        {"a\n\n" DASH "fooAAAAAAA=\n",   19                            },
        {"a\n\n" DASH " AAAAAAA=\n",     17                            },
        {"a\n\n" DASH "foo AAAAAAB=\n",  20                            }, /* pad bits not zero: x/mod accepts this */
        {"a\n\n" DASH "foo AAAAAAA\n",   19                            },
        {"a\n\n" DASH "foo AAAAAA==\n",  20                            }, /* an id and nothing behind it */
        {"a\n\n" DASH "foo AAAA AAA=\n", 21                            },
    };
    note n;
    assert_true(note_parse(a, (str){"a\n\n" DASH "foo AAAAAAA=\n", 20}, &n, &e));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (note_parse(a, bad[i], &n, &e)) fail_msg("note %zu was accepted", i);
        assert_int_equal(e.code, ERR_INVALID);
    }
}

static void malformed_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", /* other id */
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        /* from x/mod note_test.go: wrong length, unknown algorithm */
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER_SKEY,
    };
    note_key k;
    note_signer s;
    uint8_t pub[32] = {0};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (note_key_parse(a, str_of(bad[i]), &k, &e)) fail_msg("accepted '%s'", bad[i]);
    assert_false(note_signer_parse(a, S(PETER_VKEY), &s, &e));
    static const char *const names[] = {"", "a b", "a+b", "a\xC2\xA0\x62", "a\xE2\x80\x83", "a\n"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_false(note_key_make(a, str_of(names[i]), NOTE_ED25519, pub, &k, &e));
    assert_true(note_key_make(a, S("\xC3\xBC.example/\xE4\xB8\xAD"), NOTE_ED25519, pub, &k, &e));
}

static void checkpoints(void **state)
{
    (void)state;
    checkpoint c;
    assert_true(checkpoint_parse(S(MIRROR_TEXT), &c, &e));
    assert_true(str_eqz(c.origin, "rome2026h1.example.org"));
    assert_int_equal(c.size, 300);
    assert_string_equal(checkpoint_text(a, &c).p, MIRROR_TEXT);
    assert_true(checkpoint_parse(S(MIRROR_TEXT "more\n"), &c, &e));
    assert_string_equal(checkpoint_text(a, &c).p, MIRROR_TEXT "more\n");
#define ROOT "gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU="
    static const char *const bad[] = {"",
                                      "o\n",
                                      "o\n3\n",
                                      "o\n3\n" ROOT,
                                      "\n3\n" ROOT "\n",
                                      "o\n03\n" ROOT "\n",
                                      "o\n-3\n" ROOT "\n",
                                      "o\n+3\n" ROOT "\n",
                                      "o\n3 \n" ROOT "\n",
                                      "o\n\n" ROOT "\n",
                                      "o\n9223372036854775808\n" ROOT "\n",
                                      "o\n3\nAAAA\n",
                                      "o\n3\n" ROOT "\n\n",
                                      "o\n3\n" ROOT "\nx",
                                      "o\n3\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uV=\n"};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (checkpoint_parse(str_of(bad[i]), &c, &e)) fail_msg("accepted '%s'", bad[i]);
}

static void checkpoint_of_its_own_origin(void **state)
{
    (void)state;
    note_signer s;
    note n;
    checkpoint c = {.origin = S("example.com/a"), .size = 0, .root = merkle_empty()};
    sign_key k = sign_key_new();
    assert_true(note_signer_make(a, S("example.com/b"), NOTE_ED25519, &k, &s, &e));
    str text = checkpoint_text(a, &c);
    str whole = note_join(a, text, note_sign(a, text, &s, 0));
    assert_false(checkpoint_open(a, whole, &s.key, 1, &n, &c, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    c.origin = S("example.com/b");
    text = checkpoint_text(a, &c);
    whole = note_join(a, text, note_sign(a, text, &s, 0));
    assert_true(checkpoint_open(a, whole, &s.key, 1, &n, &c, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c2sp_example),
        cmocka_unit_test(x_mod_note_is_signed_alike),
        cmocka_unit_test(cosignature_is_signed_alike),
        cmocka_unit_test(several_signatures),
        cmocka_unit_test(sixteen_signatures_are_read),
        cmocka_unit_test(malformed_notes),
        cmocka_unit_test(malformed_keys),
        cmocka_unit_test(checkpoints),
        cmocka_unit_test(checkpoint_of_its_own_origin),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
