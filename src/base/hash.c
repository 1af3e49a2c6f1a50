/* hash.c - SHA-256 and HMAC by OpenSSL 3; with digests fetched once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include <openssl/evp.h>
#include <pthread.h>

/* Fetching the algorithm for each digest is 3 times slower than the digest itself. */
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t per_thread;

static void ctx_free(void *p)
{
    EVP_MD_CTX_free(p);
}

static void must(bool ok)
{
    if (ok) return;
    fputs("aims: OpenSSL cannot compute SHA-256\n", stderr);
    abort();
}

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(sha256 && pthread_key_create(&per_thread, ctx_free) == 0);
}

static EVP_MD_CTX *ctx_new(void)
{
    pthread_once(&once, fetch);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    must(c != NULL);
    return c;
}

static EVP_MD_CTX *thread_ctx(void)
{
    pthread_once(&once, fetch);
    EVP_MD_CTX *c = pthread_getspecific(per_thread);
    if (!c) {
        c = ctx_new();
        must(pthread_setspecific(per_thread, c) == 0);
    }
    return c;
}

struct hash {
    EVP_MD_CTX *c;
};

void hash_restart(struct hash *h)
{
    must(EVP_DigestInit_ex2(h->c, sha256, NULL) == 1);
}

struct hash *hash_begin(arena *a)
{
    struct hash *h = arena_new(a, struct hash, 1);
    h->c = ctx_new();
    arena_defer(a, ctx_free, h->c);
    hash_restart(h);
    return h;
}

void hash_add(struct hash *h, const void *p, size_t n)
{
    if (n) must(EVP_DigestUpdate(h->c, p, n) == 1);
}

digest hash_end(struct hash *h)
{
    digest d;
    must(EVP_DigestFinal_ex(h->c, d.b, NULL) == 1);
    return d;
}

digest hash_two(const void *p, size_t n, const void *q, size_t m)
{
    struct hash h = {thread_ctx()};
    hash_restart(&h);
    hash_add(&h, p, n);
    hash_add(&h, q, m);
    return hash_end(&h);
}

digest hash_bytes(const void *p, size_t n)
{
    return hash_two(p, n, NULL, 0);
}

digest hash_hmac(str key, str text)
{
    enum { BLOCK = 64 };
    uint8_t inner[BLOCK] = {0}, outer[BLOCK] = {0};
    digest long_key = {{0}};
    if (key.n > BLOCK) {
        long_key = hash_bytes(key.p, key.n);
        key = (str){(const char *)long_key.b, sizeof long_key.b};
    }
    for (size_t i = 0; i < BLOCK; i++) {
        uint8_t k = i < key.n ? (uint8_t)key.p[i] : 0;
        inner[i] = k ^ 0x36;
        outer[i] = k ^ 0x5c;
    }
    digest d = hash_two(inner, BLOCK, text.p, text.n);
    return hash_two(outer, BLOCK, d.b, sizeof d.b);
}

void hash_hmac_sha1(str key, str text, uint8_t ret[20])
{
    size_t n = 0;
    must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, key.p, key.n, (const uint8_t *)text.p, text.n,
                   ret, 20, &n) != NULL);
}

bool digest_eq(digest a, digest b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}
str digest_hex(arena *a, digest d)
{
    return hex_encode(a, d.b, sizeof d.b);
}

bool digest_parse(str hex, digest *ret)
{
    if (hex.n != 64) return false;
    for (size_t i = 0; i < 64; i++) {
        char c = hex.p[i];
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (v < 0) return false;
        ret->b[i / 2] = (uint8_t)(i % 2 ? ret->b[i / 2] | v : v << 4);
    }
    return true;
}
