/* crypto.c - the only file that includes libsodium. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"
#include <pthread.h>
#include <sodium.h>

_Static_assert(SEAL_OVERHEAD == crypto_secretstream_xchacha20poly1305_ABYTES, "libsodium's size");
_Static_assert(SEAL_HEADER == crypto_secretstream_xchacha20poly1305_HEADERBYTES,
               "libsodium's size");

static void start(void)
{
    if (sodium_init() >= 0) return;
    fputs("aims: libsodium cannot start\n", stderr);
    abort();
}

static void ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
}

void crypto_random(void *p, size_t n)
{
    ready();
    randombytes_buf(p, n);
}

bool crypto_equal(const void *p, const void *q, size_t n)
{
    return sodium_memcmp(p, q, n) == 0;
}
void crypto_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

sign_key sign_key_from_seed(const uint8_t seed[32])
{
    ready();
    sign_key k;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    memcpy(k.seed, seed, sizeof k.seed);
    crypto_sign_seed_keypair(k.pub, secret, seed);
    crypto_wipe(secret, sizeof secret);
    return k;
}

sign_key sign_key_new(void)
{
    uint8_t seed[32];
    crypto_random(seed, sizeof seed);
    sign_key k = sign_key_from_seed(seed);
    crypto_wipe(seed, sizeof seed);
    return k;
}

void sign_bytes(const sign_key *k, str msg, uint8_t ret_sig[64])
{
    ready();
    uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* libsodium's form: seed, then public key */
    memcpy(secret, k->seed, 32);
    memcpy(secret + 32, k->pub, 32);
    crypto_sign_detached(ret_sig, NULL, (const uint8_t *)msg.p, msg.n, secret);
    crypto_wipe(secret, sizeof secret);
}

bool sign_verify(const uint8_t pub[32], str msg, const uint8_t sig[64])
{
    ready();
    return crypto_sign_verify_detached(sig, (const uint8_t *)msg.p, msg.n, pub) == 0;
}

str password_hash(arena *a, str password)
{
    ready();
    char out[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(out, password.p, password.n, 2, 19u << 20,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        abort(); /* only when 19 MiB cannot be had */
    return str_dup(a, str_of(out));
}

bool password_verify(str hash, str password)
{
    ready();
    char z[crypto_pwhash_STRBYTES] = {0};
    if (hash.n >= sizeof z) return false;
    memcpy(z, hash.p, hash.n);
    return crypto_pwhash_str_verify(z, password.p, password.n) == 0;
}

struct seal {
    crypto_secretstream_xchacha20poly1305_state state;
};

static void seal_wipe(void *p)
{
    crypto_wipe(p, sizeof(struct seal));
}

static struct seal *seal_new(arena *a)
{
    ready();
    struct seal *s = arena_new(a, struct seal, 1);
    arena_defer(a, seal_wipe, s);
    return s;
}

struct seal *seal_writer(arena *a, const uint8_t key[32], uint8_t ret_header[SEAL_HEADER])
{
    struct seal *s = seal_new(a);
    crypto_secretstream_xchacha20poly1305_init_push(&s->state, ret_header, key);
    return s;
}

struct seal *seal_reader(arena *a, const uint8_t key[32], const uint8_t header[SEAL_HEADER])
{
    struct seal *s = seal_new(a);
    /* The return value tells of no error that the first pull would not find. */
    (void)crypto_secretstream_xchacha20poly1305_init_pull(&s->state, header, key);
    return s;
}

size_t seal_push(struct seal *s, const void *p, size_t n, bool last, void *out)
{
    unsigned long long m = 0;
    unsigned char tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                             : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    crypto_secretstream_xchacha20poly1305_push(&s->state, out, &m, p, n, NULL, 0, tag);
    return (size_t)m;
}

bool seal_pull(struct seal *s, const void *p, size_t n, void *out, size_t *ret_n, bool *ret_last)
{
    unsigned long long m = 0;
    unsigned char tag = 0;
    if (n < SEAL_OVERHEAD || n > SEAL_CHUNK + SEAL_OVERHEAD) return false;
    if (crypto_secretstream_xchacha20poly1305_pull(&s->state, out, &m, &tag, p, n, NULL, 0) != 0)
        return false;
    *ret_n = (size_t)m;
    *ret_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return true;
}
