/* hash.h - SHA-256 (FIPS 180-4) by OpenSSL with a prefetched digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_HASH_H
#define AIMS_BASE_HASH_H
#include "base/str.h"

typedef struct digest {
    uint8_t b[32];
} digest;

/* A running digest; embed it, no release needed after hash_end. Thread-local use only. */
struct hash;
struct hash *hash_begin(arena *a) NODISCARD; /* context is released with the arena */
void hash_restart(struct hash *h);
void hash_add(struct hash *h, const void *p, size_t n);
digest hash_end(struct hash *h);

/* One-shot forms; use a context cached per thread, so they are fast in loops. */
digest hash_bytes(const void *p, size_t n);
digest hash_two(const void *p, size_t n, const void *q, size_t m); /* of p followed by q */
digest hash_hmac(str key, str text);                               /* HMAC-SHA256, RFC 2104 */
/* HMAC-SHA-1 (RFC 2104): for one-time codes of apps only, which know nothing better. */
void hash_hmac_sha1(str key, str text, uint8_t ret[20]);
bool digest_eq(digest a, digest b);
str digest_hex(arena *a, digest d);
bool digest_parse(str hex, digest *ret) NODISCARD; /* exactly 64 lower-case hex digits */

#endif
