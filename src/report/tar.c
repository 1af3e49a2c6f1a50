/* tar.c - makes and reads header blocks of the reproducible ustar form. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tar.h"

/* offset and length of each field, POSIX.1-2017 pax, table "ustar Header Block" */
enum {
    NAME_AT = 0,
    NAME_LEN = 100,
    MODE_AT = 100,
    UID_AT = 108,
    GID_AT = 116,
    SIZE_AT = 124,
    SIZE_LEN = 12,
    MTIME_AT = 136,
    SUM_AT = 148,
    SUM_LEN = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    MAJOR_AT = 329,
    MINOR_AT = 337,
    PREFIX_AT = 345,
    PREFIX_LEN = 155
};

/* `digits` octal digits; the NUL behind them is there already. */
static void put_octal(uint8_t *at, size_t digits, uint64_t v)
{
    for (size_t i = digits; i--; v >>= 3)
        at[i] = (uint8_t)('0' + (v & 7));
}

static unsigned sum_of(const uint8_t block[TAR_BLOCK])
{
    unsigned sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : block[i];
    return sum;
}

static void put_sum(uint8_t block[TAR_BLOCK])
{
    put_octal(block + SUM_AT, 6, sum_of(block));
    block[SUM_AT + 6] = 0;
    block[SUM_AT + 7] = ' ';
}

/* Long names are cut at the last slash within the first 156 bytes, as GNU tar cuts them. */
static bool put_name(uint8_t block[TAR_BLOCK], str name)
{
    if (name.n <= NAME_LEN) {
        memcpy(block + NAME_AT, name.p, name.n);
        return name.n > 0;
    }
    size_t i = name.n > PREFIX_LEN + 1     ? PREFIX_LEN + 1
               : name.p[name.n - 1] == '/' ? name.n - 1
                                           : name.n;
    for (i--; i && name.p[i] != '/';)
        i--;
    if (!i || name.n - i - 1 > NAME_LEN || i + 1 == name.n) return false;
    memcpy(block + PREFIX_AT, name.p, i);
    memcpy(block + NAME_AT, name.p + i + 1, name.n - i - 1);
    return true;
}

bool tar_header(uint8_t out[TAR_BLOCK], str name, uint64_t size, char type)
{
    static const char magic[] = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
    memset(out, 0, TAR_BLOCK);
    if (size >> 33 || !put_name(out, name)) return false;
    put_octal(out + MODE_AT, 7, type == TAR_DIR ? 0755 : 0644);
    put_octal(out + UID_AT, 7, 0);
    put_octal(out + GID_AT, 7, 0);
    put_octal(out + SIZE_AT, 11, size);
    put_octal(out + MTIME_AT, 11, 0);
    out[TYPE_AT] = (uint8_t)type;
    memcpy(out + MAGIC_AT, magic, sizeof magic);
    put_octal(out + MAJOR_AT, 7, 0);
    put_octal(out + MINOR_AT, 7, 0);
    put_sum(out);
    return true;
}

static size_t text_len(const uint8_t *p, size_t max)
{
    const uint8_t *nul = memchr(p, 0, max);
    return nul ? (size_t)(nul - p) : max;
}

static bool get_octal(const uint8_t *p, size_t digits, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < digits; i++) {
        if (p[i] < '0' || p[i] > '7') return false;
        *ret = *ret << 3 | (uint64_t)(p[i] - '0');
    }
    return true;
}

bool tar_parse(arena *a, const uint8_t block[TAR_BLOCK], tar_entry *ret)
{
    size_t n = text_len(block + NAME_AT, NAME_LEN), m = text_len(block + PREFIX_AT, PREFIX_LEN);
    const char *prefix = (const char *)block + PREFIX_AT, *name = (const char *)block + NAME_AT;
    ret->name = m ? str_fmt(a, "%.*s/%.*s", (int)m, prefix, (int)n, name) : str_dupn(a, name, n);
    ret->type = (char)block[TYPE_AT];
    uint64_t sum;
    ret->sum_ok = get_octal(block + SUM_AT, 6, &sum) && sum == sum_of(block);
    uint8_t again[TAR_BLOCK];
    if (!n || !get_octal(block + SIZE_AT, 11, &ret->size)) return false;
    ret->canonical =
        tar_header(again, ret->name, ret->size, ret->type) && !memcmp(again, block, TAR_BLOCK);
    return true;
}

int tar_order(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
        if (x == y) continue;
        return (x == '/' ? 0 : x) < (y == '/' ? 0 : y) ? -1 : 1;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}
