/* fuzz_note.c - signed notes, their keys, checkpoints and trust policies out of hostile bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "ledger/policy.h"

static void must(bool ok)
{
    if (!ok) abort();
}

/* What was read must print as it was read. */
static void read_note(arena *a, str s, err *e)
{
    note n;
    checkpoint c;
    if (!note_parse(a, s, &n, e)) return;
    str lines = str_sub(s, n.text.n + 1, s.n);
    must(str_eq(note_join(a, n.text, lines), s));
    str merged;
    must(note_merge(a, &n, lines, &merged, e) && str_eq(merged, s));
    if (checkpoint_parse(n.text, &c, e)) must(str_eq(checkpoint_text(a, &c), n.text));
}

static void read_keys(arena *a, str s, err *e)
{
    note_key k;
    note_signer g;
    if (note_key_parse(a, s, &k, e)) must(str_eq(note_key_text(a, &k), s));
    if (note_signer_parse(a, s, &g, e)) must(str_eq(note_signer_text(a, &g), s));
}

static void read_policy(arena *a, str s, err *e)
{
    struct policy *p, *again;
    if (!policy_parse(a, s, &p, e)) return;
    str text = policy_text(a, p);
    must(policy_parse(a, text, &again, e) && str_eq(policy_text(a, again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str s = {(const char *)data, n};
    read_note(a, s, &e);
    read_keys(a, s, &e);
    read_policy(a, s, &e);
    arena_close(a);
    return 0;
}
