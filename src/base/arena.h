/* arena.h - one region of memory per request, job or command, released as a whole. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_BASE_ARENA_H
#define AIMS_BASE_ARENA_H
#include "base/core.h"

/*
 * An arena belongs to one thread at a time and is always a parameter, never ambient.
 * Memory from it is zeroed and lives until arena_close. Real out-of-memory aborts the
 * process: whatever an outsider can inflate must be capped before it reaches an arena.
 */
typedef struct arena arena;

arena *arena_open(void) NODISCARD;
/* Runs the deferred calls in reverse order, then frees everything. Accepts NULL. */
void arena_close(arena *a);
/* Zeroed memory, aligned to `align` (a power of two, at most 64). Never NULL. */
void *arena_alloc(arena *a, size_t n, size_t align);
/* Array of n zeroed T; aborts when n * sizeof(T) overflows. */
void *arena_array(arena *a, size_t n, size_t size, size_t align);
#define arena_new(a, T, n) ((T *)arena_array((a), (size_t)(n), sizeof(T), _Alignof(T)))
/* Calls fn(p) when the arena closes: how files, statements and locks are given back. */
void arena_defer(arena *a, void (*fn)(void *p), void *p);
/* Bytes handed out so far; for caps and tests. */
size_t arena_used(const arena *a);

#endif
