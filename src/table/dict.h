/* dict.h - distinct texts and their numbers, in order of first appearance. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TABLE_DICT_H
#define AIMS_TABLE_DICT_H
#include "base/base.h"

#define DICT_NONE UINT32_MAX

/* The hash is seeded from the kernel once per process, so nobody can prepare texts that
 * collide; nothing a caller sees depends on it. */
typedef struct dict {
    arena *a;
    str *keys; /* n of them */
    size_t n;
    uint64_t *hashes;
    uint32_t *slots; /* key number + 1, 0 = free; a power of two of them */
    size_t cap, n_slots;
} dict;

dict dict_open(arena *a);
/* Number of `key`, copied into the arena when it is new. */
uint32_t dict_intern(dict *d, str key);
/* Number of `key`, or DICT_NONE. */
uint32_t dict_find(const dict *d, str key);

#endif
