/* crypto.h - random bytes, Ed25519, argon2id, sealing (libsodium) and P-256 (OpenSSL). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_CRYPTO_H
#define AIMS_BASE_CRYPTO_H
#include "base/err.h"

void crypto_random(void *p, size_t n);                     /* from the kernel; never fails */
bool crypto_equal(const void *p, const void *q, size_t n); /* constant time */
void crypto_wipe(void *p, size_t n);

/* Ed25519 (RFC 8032). The seed is the private key; keep it in 0600 files only. */
typedef struct sign_key {
    uint8_t seed[32], pub[32];
} sign_key;
sign_key sign_key_new(void);
sign_key sign_key_from_seed(const uint8_t seed[32]);
void sign_bytes(const sign_key *k, str msg, uint8_t ret_sig[64]);
bool sign_verify(const uint8_t pub[32], str msg, const uint8_t sig[64]);

/* ECDSA on P-256 with SHA-256 (FIPS 186-5), as passkeys use it: pub is x then y, sig is DER. */
bool p256_point(const uint8_t pub[64]); /* a point of the curve at all? */
bool p256_verify(const uint8_t pub[64], str msg, str sig);

/* argon2id, 19 MiB, 2 passes (OWASP's first recommendation); self-describing "$argon2id$..." */
str password_hash(arena *a, str password);
bool password_verify(str hash, str password);

/*
 * Sealed stream: libsodium crypto_secretstream_xchacha20poly1305, chunks of 64 KiB of plain
 * text, header first, last chunk tagged FINAL. Truncated, reordered or altered streams fail.
 */
#define SEAL_CHUNK    65536u
#define SEAL_OVERHEAD 17u
#define SEAL_HEADER   24u
struct seal; /* lives in the arena it was opened in */
struct seal *seal_writer(arena *a, const uint8_t key[32],
                         uint8_t ret_header[SEAL_HEADER]) NODISCARD;
struct seal *seal_reader(arena *a, const uint8_t key[32],
                         const uint8_t header[SEAL_HEADER]) NODISCARD;
/* n <= SEAL_CHUNK; out has room for n + SEAL_OVERHEAD. Returns the bytes written. */
size_t seal_push(struct seal *s, const void *p, size_t n, bool last, void *out);
/* n <= SEAL_CHUNK + SEAL_OVERHEAD. False when the chunk is not authentic. */
bool seal_pull(struct seal *s, const void *p, size_t n, void *out, size_t *ret_n,
               bool *ret_last) NODISCARD;

#endif
