/* vault.h - files by content: sealed on disk, named by the SHA-256 of their plain bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_STORE_VAULT_H
#define AIMS_STORE_VAULT_H
#include "base/base.h"

/*
 * DIR/ab/cdef... holds one file, sealed with base/crypto.h's secretstream under the vault key,
 * streamed in constant memory. Reads recompute the digest and fail with DAMAGED, before the
 * last byte is handed over, when it differs. Storing a file again replaces the sealed copy,
 * which heals a damaged one. A vault may be used by many threads, a stream by one at a time.
 */
struct vault;
bool vault_open(arena *a, const char *dir, const uint8_t key[32], struct vault **ret,
                err *e) NODISCARD;

/* Streaming in: begin, add as often as wanted, end. Nothing is visible before end, and nothing
 * remains when a step fails or the arena closes first (a full disk is UNAVAILABLE). */
struct vault_in;
bool vault_begin(struct vault *v, arena *a, struct vault_in **ret, err *e) NODISCARD;
bool vault_add(struct vault_in *in, const void *p, size_t n, err *e) NODISCARD;
bool vault_end(struct vault_in *in, digest *ret, uint64_t *ret_size, err *e) NODISCARD;
/* From an open file descriptor, to its end. */
bool vault_put_fd(struct vault *v, int fd, uint64_t max, digest *ret, uint64_t *ret_size,
                  err *e) NODISCARD;

bool vault_has(struct vault *v, digest d);
/* Streaming out: n == 0 at the end, after the digest was checked. */
struct vault_out;
bool vault_read(struct vault *v, arena *a, digest d, struct vault_out **ret, err *e) NODISCARD;
bool vault_next(struct vault_out *out, const void **ret_p, size_t *ret_n, err *e) NODISCARD;
/* Plain copy into a file descriptor; when it fails, the beginning may already be written. */
bool vault_copy(struct vault *v, digest d, int fd, err *e) NODISCARD;
/* Removes a file (erasure); what remains is only its digest in the log. */
bool vault_remove(struct vault *v, digest d, err *e) NODISCARD;

#endif
