/* fuzz_engine.c - any bytes as what the engine process says, whole and in pieces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "work/jobs_impl.h"

static engine_words hear(arena *a, str bytes, size_t piece, buf *values)
{
    engine_words w = engine_words_open(a);
    *values = buf_open(a, 1 << 20);
    w.values = values;
    for (size_t i = 0; i < bytes.n; i += piece)
        engine_hear(&w, str_sub(bytes, i, piece));
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str bytes = {(const char *)data, n};
    buf one, many;
    engine_words whole = hear(a, bytes, n + 1, &one), cut = hear(a, bytes, 3, &many);
    if (!str_eq(buf_str(&one), buf_str(&many))) abort();
    if (whole.broken != cut.broken || whole.progress != cut.progress) abort();
    if (!str_eq(whole.result, cut.result) || !str_eq(whole.error, cut.error)) abort();
    if (!(whole.progress >= 0 && whole.progress <= 1)) abort();
    if (whole.error.p && (engine_refusal(&whole, &e) || e.code == ERR_OK || !e.msg.n)) abort();
    arena_close(a);
    return 0;
}
