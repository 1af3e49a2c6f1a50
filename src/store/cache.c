/* cache.c - prepared statements found by their text, and the rewriting of parameters. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/driver.h"

/* Lists with filters make many texts, so the cache is bounded: each text has a set of WAYS
 * places, and a full set drops its members in turn. */
enum { SETS = 256, WAYS = 4 };

typedef struct entry {
    uint64_t hash;
    str sql;
    arena *own;
    void *statement;
} entry;

struct cache {
    entry at[SETS][WAYS];
    unsigned next[SETS];
};

static void clear(void *p)
{
    cache_clear(p);
}

struct cache *cache_new(arena *a)
{
    struct cache *c = arena_new(a, struct cache, 1);
    arena_defer(a, clear, c);
    return c;
}

/* FNV-1a over eight bytes at a time: texts are our own, nobody crafts collisions. */
static uint64_t hash_text(str s)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ s.n;
    for (; s.n >= 8; s = (str){s.p + 8, s.n - 8}) {
        uint64_t word;
        memcpy(&word, s.p, 8);
        h = (h ^ word) * UINT64_C(1099511628211);
        h ^= h >> 32;
    }
    for (; s.n; s = (str){s.p + 1, s.n - 1})
        h = (h ^ (unsigned char)*s.p) * UINT64_C(1099511628211);
    return h ^ (h >> 29);
}

void *cache_get(struct cache *c, str sql)
{
    uint64_t h = hash_text(sql);
    for (entry *x = c->at[h % SETS], *end = x + WAYS; x < end; x++)
        if (x->own && x->hash == h && str_eq(x->sql, sql)) return x->statement;
    return NULL;
}

static void drop(entry *x)
{
    arena_close(x->own);
    *x = (entry){0};
}

void cache_put(struct cache *c, str sql, arena *own, void *statement)
{
    uint64_t h = hash_text(sql);
    size_t set = h % SETS;
    entry *x = &c->at[set][c->next[set]++ % WAYS];
    drop(x);
    *x = (entry){.hash = h, .sql = str_dup(own, sql), .own = own, .statement = statement};
}

void cache_clear(struct cache *c)
{
    for (size_t i = 0; i < SETS; i++)
        for (size_t k = 0; k < WAYS; k++)
            drop(&c->at[i][k]);
}

/* Length of the quoted text or comment that starts at p, 0 when none does. */
static size_t skip(const char *p)
{
    const char *end = NULL;
    if (*p == '\'' || *p == '"')
        end = strchr(p + 1, *p);
    else if (p[0] == '-' && p[1] == '-')
        end = strchr(p, '\n');
    else if (p[0] == '/' && p[1] == '*')
        end = strstr(p + 2, "*/");
    else
        return 0;
    return end ? (size_t)(end - p) + 1 : strlen(p);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

str sql_for_sqlite(arena *a, const char *sql)
{
    buf b = buf_open(a, SIZE_MAX / 4);
    for (const char *p = sql; *p;) {
        size_t n = skip(p);
        bool parameter = *p == '$' && p[1] >= '1' && p[1] <= '9' && (p == sql || !is_word(p[-1]));
        if (parameter)
            buf_putc(&b, '?');
        else
            buf_bytes(&b, p, n ? n : 1);
        p += n ? n : 1;
    }
    return buf_str(&b);
}

value *row_sink_next(row_sink *s, size_t cols)
{
    rows *r = s->ret;
    r->cols = cols;
    if (r->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 4;
        value *grown = arena_new(s->a, value, s->cap * cols);
        if (r->n) memcpy(grown, r->at, r->n * cols * sizeof *grown);
        r->at = grown;
    }
    return &r->at[r->n++ * cols];
}
