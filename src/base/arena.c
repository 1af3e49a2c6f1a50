/* arena.c - chunked bump allocation with deferred calls. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include <stdalign.h>

enum { CHUNK_MIN = 4096, CHUNK_MAX = 1 << 20, ALIGN_MAX = 64 };

struct chunk {
    struct chunk *next;
    size_t used, cap;
    alignas(ALIGN_MAX) unsigned char mem[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *p);
    void *p;
};

struct arena {
    struct chunk *top;
    struct deferred *deferred;
    size_t grow, total;
};

static void *must(void *p)
{
    if (p) return p;
    fputs("aims: out of memory\n", stderr);
    abort();
}

arena *arena_open(void)
{
    arena *a = must(calloc(1, sizeof *a));
    a->grow = CHUNK_MIN;
    return a;
}

static struct chunk *chunk_new(arena *a, size_t need)
{
    size_t cap = need > a->grow ? need : a->grow;
    if (a->grow < CHUNK_MAX) a->grow *= 2;
    size_t size = (sizeof(struct chunk) + cap + ALIGN_MAX - 1) & ~(size_t)(ALIGN_MAX - 1);
    struct chunk *c = must(aligned_alloc(ALIGN_MAX, size));
    memset(c, 0, sizeof *c);
    c->cap = size - sizeof *c;
    return c;
}

void *arena_alloc(arena *a, size_t n, size_t align)
{
    struct chunk *c = a->top;
    size_t at = c ? (c->used + align - 1) & ~(align - 1) : 0;
    if (!c || at > c->cap || n > c->cap - at) {
        if (n > SIZE_MAX / 2) abort();
        c = chunk_new(a, n);
        at = 0;
        /* A large block goes below the top so that the rest of the current chunk stays in use. */
        if (a->top && n > CHUNK_MAX / 4 && a->top->cap - a->top->used > 256) {
            c->next = a->top->next;
            a->top->next = c;
        } else {
            c->next = a->top;
            a->top = c;
        }
    }
    c->used = at + n;
    a->total += n;
    return memset(c->mem + at, 0, n);
}

void *arena_array(arena *a, size_t n, size_t size, size_t align)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, size, &bytes)) abort();
    return arena_alloc(a, bytes, align);
}

void arena_defer(arena *a, void (*fn)(void *p), void *p)
{
    struct deferred *d = arena_new(a, struct deferred, 1);
    *d = (struct deferred){.next = a->deferred, .fn = fn, .p = p};
    a->deferred = d;
}

size_t arena_used(const arena *a)
{
    return a->total;
}

void arena_close(arena *a)
{
    if (!a) return;
    while (a->deferred) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->fn(d->p);
    }
    for (struct chunk *c = a->top, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(a);
}
