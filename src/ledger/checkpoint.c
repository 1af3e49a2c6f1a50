/* checkpoint.c - the text of a log's checkpoint (c2sp.org/tlog-checkpoint). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

str checkpoint_text(arena *a, const checkpoint *c)
{
    str root = base64_encode(a, c->root.b, sizeof c->root.b);
    return str_fmt(a, "%.*s\n%llu\n%.*s\n%.*s", STR_ARG(c->origin), (unsigned long long)c->size,
                   STR_ARG(root), STR_ARG(c->extra));
}

static bool broken(err *e, const char *why)
{
    return err_set(e, ERR_INVALID, S("checkpoint"),
                   S("a checkpoint has an origin, a size and a root, one per line"), "%s", why);
}

/* Canonical decimal: no sign, no leading zeros. */
static bool parse_size(str s, uint64_t *ret)
{
    int64_t v;
    if (s.n == 0 || s.p[0] < '0' || s.p[0] > '9' || (s.p[0] == '0' && s.n > 1)) return false;
    if (!str_int(s, &v) || v < 0) return false;
    *ret = (uint64_t)v;
    return true;
}

static bool parse_root(str s, digest *ret, err *e)
{
    arena *a = arena_open();
    str raw;
    bool ok = s.n == 44 && base64_decode(a, s, &raw) && raw.n == sizeof ret->b;
    if (ok) memcpy(ret->b, raw.p, sizeof ret->b);
    arena_close(a);
    return ok || broken(e, "its root is not canonical base64 of 32 bytes");
}

static bool good_extra(str s)
{
    if (s.n && s.p[s.n - 1] != '\n') return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] == '\n')) return false;
    return true;
}

bool checkpoint_parse(str text, checkpoint *ret, err *e)
{
    str rest, rest2, rest3;
    *ret = (checkpoint){.origin = str_cut(text, '\n', &rest)};
    str size = str_cut(rest, '\n', &rest2), root = str_cut(rest2, '\n', &rest3);
    if (!ret->origin.n) return broken(e, "it has no origin");
    if (!rest.p || !rest2.p || !parse_size(size, &ret->size))
        return broken(e, "its size is not a plain decimal number");
    if (!rest3.p) return broken(e, "it has no root");
    ret->extra = rest3;
    if (!good_extra(rest3)) return broken(e, "an extension line is empty");
    return parse_root(root, &ret->root, e);
}

bool checkpoint_open(arena *a, str bytes, const note_key *logs, size_t n, note *ret_note,
                     checkpoint *ret, err *e)
{
    if (!note_open(a, bytes, logs, n, ret_note, e)) return false;
    if (!checkpoint_parse(ret_note->text, ret, e)) return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(logs[i].name, ret->origin) && note_check(ret_note, &logs[i], NULL) == NOTE_GOOD)
            return true;
    return err_set(e, ERR_DAMAGED, S("checkpoint"), S("give the key of the log of that origin"),
                   "origin '%.*s' is not the log that signed it", STR_ARG(ret->origin));
}
