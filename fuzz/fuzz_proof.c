/* fuzz_proof.c - tlog-proofs, tile names, entry bundles and time-stamps out of hostile bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "ledger/proof.h"
#include "ledger/tiles.h"
#include "ledger/timestamp.h"

static void must(bool ok)
{
    if (!ok) abort();
}

static void read_proof(arena *a, str s, err *e)
{
    proof p;
    note_key k = {.name = S("example.com/log"), .kind = NOTE_ED25519};
    if (!proof_parse(a, s, &p, e)) return;
    must(str_eq(proof_text(a, &p), s));
    must(!proof_check(a, &p, S("leaf"), policy_of_key(a, &k), NULL, e));
}

static void read_tiles(arena *a, str s)
{
    tile_name t;
    str *entries;
    if (tile_parse(s, &t)) must(str_eq(tile_path(a, t), s));
    if (s.n && bundle_parse(a, str_sub(s, 1, s.n), (uint8_t)s.p[0], &entries))
        for (unsigned i = 0; i < (uint8_t)s.p[0]; i++)
            must(entries[i].n <= TILES_ENTRY_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str s = {(const char *)data, n};
    timestamp t;
    const timestamp_trust nobody = {S(""), {0}};
    read_proof(a, s, &e);
    read_tiles(a, s);
    must(!timestamp_check(a, S("data"), (str){0}, s, &nobody, &t, &e));
    must(!timestamp_check(a, S("data"), s, s, &nobody, &t, &e));
    arena_close(a);
    return 0;
}
