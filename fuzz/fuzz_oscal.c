/* fuzz_oscal.c - any bytes as an OSCAL catalog: a flat list that can be written, or a refusal. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/oscal.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    oscal_catalog c;
    if (oscal_parse(a, (str){(const char *)data, n}, &c, &e)) {
        buf b = buf_open(a, 256 << 20);
        jw w = jw_open(&b);
        doc *again;
        oscal_write(&w, &c);
        if (b.full || !doc_parse(a, buf_str(&b), 256 << 20, &again, &e)) abort();
    } else if (!e.msg.n) {
        abort();
    }
    arena_close(a);
    return 0;
}
