/* fuzz_witness.c - what a witness may answer to add-checkpoint: three digits of status, a body. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "ledger/witness.h"

static void must(bool ok)
{
    if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str s = {(const char *)data, n}, lines = {0};
    int64_t status = 0;
    uint64_t old = UINT64_MAX;
    note signed_note;
    if (!str_int(str_sub(s, 0, 3), &status)) status = 200;
    str body = str_sub(s, 3, s.n);
    witness_answer r = witness_reply(a, (int)status, body, &lines, &old, &e);
    must(r != WITNESS_STALE || (status == 409 && old <= INT64_MAX));
    must(r != WITNESS_REFUSED || e.code != ERR_OK);
    /* As the client goes on: the lines join the text of the checkpoint. */
    if (r == WITNESS_SIGNED) {
        str text = S("example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
        must(str_eq(lines, body));
        if (note_parse(a, note_join(a, text, lines), &signed_note, &e)) must(signed_note.n > 0);
    }
    arena_close(a);
    return 0;
}
