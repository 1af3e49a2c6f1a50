/* dict.c - open addressing over seeded hashes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table/dict.h"
#include <pthread.h>

enum { SLOTS_MIN = 16 };

static uint64_t seed[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
    crypto_random(seed, sizeof seed);
}

static uint64_t load(const char *p, size_t n)
{
    uint64_t w = 0;
    memcpy(&w, p, n);
    return w;
}

/* Both halves of the 128-bit product (the mixing step of wyhash). */
static uint64_t mix(uint64_t x, uint64_t y)
{
    __extension__ unsigned __int128 r = (unsigned __int128)x * y;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* 1 to 7 bytes as one word, without a copy of variable length. */
static uint64_t load_short(const char *p, size_t n)
{
    if (n >= 4) return load(p, 4) | load(p + n - 4, 4) << 32;
    return (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
           (uint64_t)(unsigned char)p[n - 1] << 16;
}

static uint64_t hash_text(str s)
{
    uint64_t h = seed[0] ^ s.n;
    const char *p = s.p;
    size_t n = s.n;
    for (; n >= 8; n -= 8, p += 8)
        h = mix(h ^ load(p, 8), seed[1] | 1);
    if (n) h = mix(h ^ load_short(p, n), seed[1] | 1);
    return mix(h, UINT64_C(0x9e3779b97f4a7c15));
}

dict dict_open(arena *a)
{
    pthread_once(&once, draw_seed);
    return (dict){.a = a};
}

static void place(dict *d, uint32_t number)
{
    size_t i = d->hashes[number] & (d->n_slots - 1);
    while (d->slots[i])
        i = (i + 1) & (d->n_slots - 1);
    d->slots[i] = number + 1;
}

static void grow(dict *d)
{
    size_t cap = d->cap ? d->cap * 2 : SLOTS_MIN / 2;
    str *keys = arena_new(d->a, str, cap);
    uint64_t *hashes = arena_new(d->a, uint64_t, cap);
    if (d->n) {
        memcpy(keys, d->keys, d->n * sizeof *keys);
        memcpy(hashes, d->hashes, d->n * sizeof *hashes);
    }
    d->keys = keys;
    d->hashes = hashes;
    d->cap = cap;
    d->n_slots = cap * 2;
    d->slots = arena_new(d->a, uint32_t, d->n_slots);
    for (size_t i = 0; i < d->n; i++)
        place(d, (uint32_t)i);
}

static uint32_t find_hashed(const dict *d, str key, uint64_t h)
{
    if (!d->n) return DICT_NONE;
    for (size_t i = h & (d->n_slots - 1); d->slots[i]; i = (i + 1) & (d->n_slots - 1)) {
        uint32_t k = d->slots[i] - 1;
        if (d->hashes[k] == h && str_eq(d->keys[k], key)) return k;
    }
    return DICT_NONE;
}

uint32_t dict_find(const dict *d, str key)
{
    return find_hashed(d, key, hash_text(key));
}

uint32_t dict_intern(dict *d, str key)
{
    uint64_t h = hash_text(key);
    uint32_t k = find_hashed(d, key, h);
    if (k != DICT_NONE) return k;
    if (d->n == d->cap) grow(d);
    d->keys[d->n] = str_dupn(d->a, key.p, key.n);
    d->hashes[d->n] = h;
    place(d, (uint32_t)d->n);
    return (uint32_t)d->n++;
}
