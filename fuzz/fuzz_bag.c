/* fuzz_bag.c - any bytes as a bag, and as the plain tar inside one: findings, never a crash. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "report/bag.h"
#include <zlib.h>

/* The key of the seeds: tests/report/bag_fixture.c, "the seed of the tests, 32 bytes.". */
static const char vkey[] = "example.com/aims+ba6cef8d+AYOSQqYqYW3ZpwQ77VMditVTfdPyKsXOHhlFrMlgZtUL";

static void verify(arena *a, str targz)
{
    err e = ERR_IN(a);
    str key = str_of(vkey);
    bag_trust t = {.vkeys = &key, .n_vkeys = 1, .max_unpacked = 8 << 20};
    bag_result r;
    if (!bag_verify_bytes(a, targz, &t, &r, &e)) abort();
    buf b = buf_open(a, 16 << 20);
    jw w = jw_open(&b);
    doc *d;
    bag_result_write(&w, &r);
    if (!doc_parse(a, buf_str(&b), 16 << 20, &d, &e)) abort();
}

/* Stored blocks keep the input's own bytes: the fuzzer reaches the tar reader directly. */
static str wrap(arena *a, const uint8_t *data, size_t n)
{
    size_t room = n + n / 1000 + 1024;
    char *out = arena_new(a, char, room);
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)data, .avail_in = (uInt)n};
    if (deflateInit2(&z, 0, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    deflateEnd(&z);
    out[8] = 0; /* no trace of the level, as in a real bag */
    return (str){out, room - z.avail_out};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    if (n > 1 << 20) n = 1 << 20;
    verify(a, (str){(const char *)data, n});
    verify(a, wrap(a, data, n));
    arena_close(a);
    return 0;
}
