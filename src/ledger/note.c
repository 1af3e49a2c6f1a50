/* note.c - parsing, checking and making signed notes (c2sp.org/signed-note, tlog-cosignature). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#define DASH "\xE2\x80\x94 " /* U+2014 and a space open every signature line */

static bool broken(err *e, const char *why)
{
    return err_set(e, ERR_INVALID, S("note"), S("give a signed note as c2sp.org/signed-note says"),
                   "%s", why);
}

/* Text of a note: UTF-8 and no control characters but \n. */
static bool clean(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < 0x20 && s.p[i] != '\n') return false;
    return str_utf8(s);
}

/* Where the last blank line stands: the index of the \n that ends the text. */
static bool find_blank(str s, size_t *ret)
{
    for (size_t i = s.n; i-- > 1;)
        if (s.p[i] == '\n' && s.p[i - 1] == '\n') {
            *ret = i;
            return true;
        }
    return false;
}

static bool parse_line(arena *a, str line, note_sig *ret, err *e)
{
    str rest, raw;
    ret->line = line;
    if (!str_starts(line, S(DASH)) || !str_ends(line, S("\n")))
        return broken(e, "a signature line does not begin with an em dash and a space");
    str body = str_sub(line, sizeof DASH - 1, line.n - sizeof DASH);
    ret->name = str_cut(body, ' ', &rest);
    if (!ret->name.n || !rest.p) return broken(e, "a signature line lacks a key name");
    if (!base64_decode(a, rest, &raw) || raw.n < 5)
        return broken(e, "a signature is not canonical base64 of at least 5 bytes");
    const uint8_t *p = (const uint8_t *)raw.p;
    ret->id = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    ret->bytes = str_sub(raw, 4, raw.n);
    return true;
}

static bool parse_lines(arena *a, str lines, note_sig **ret, size_t *ret_n, err *e)
{
    *ret = arena_new(a, note_sig, NOTE_SIGS);
    *ret_n = 0;
    while (lines.n) {
        const char *nl = memchr(lines.p, '\n', lines.n);
        if (!nl) return broken(e, "the last signature line does not end");
        size_t n = (size_t)(nl - lines.p) + 1;
        if (*ret_n == NOTE_SIGS) return broken(e, "it carries too many signatures");
        if (!parse_line(a, str_sub(lines, 0, n), &(*ret)[*ret_n], e)) return false;
        ++*ret_n;
        lines = str_sub(lines, n, lines.n);
    }
    return *ret_n > 0 || broken(e, "it carries no signature");
}

bool note_parse(arena *a, str bytes, note *ret, err *e)
{
    size_t blank;
    if (bytes.n > NOTE_MAX) return broken(e, "it is larger than 1 MiB");
    if (!clean(bytes)) return broken(e, "it is not UTF-8 text without control characters");
    *ret = (note){.whole = str_dup(a, bytes)};
    if (!find_blank(ret->whole, &blank))
        return broken(e, "no blank line divides its text from signatures");
    ret->text = str_sub(ret->whole, 0, blank);
    str lines = str_sub(ret->whole, blank + 1, bytes.n);
    return parse_lines(a, lines, &ret->sigs, &ret->n, e);
}

static str be64(uint8_t out[8], uint64_t v)
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
    return (str){(const char *)out, 8};
}

/* What a cosignature signs: it starts with the time. */
static str cosigned(arena *a, str text, uint64_t seconds)
{
    return str_fmt(a, "cosignature/v1\ntime %llu\n%.*s", (unsigned long long)seconds,
                   STR_ARG(text));
}

static bool check_cosignature(str text, str bytes, const note_key *k, int64_t *ret_time)
{
    if (bytes.n != 72) return false;
    uint64_t at = 0;
    for (size_t i = 0; i < 8; i++)
        at = at << 8 | (uint8_t)bytes.p[i];
    if (at == 0 || at > INT64_MAX) return false;
    *ret_time = (int64_t)at;
    arena *a = arena_open();
    bool ok = sign_verify(k->pub, cosigned(a, text, at), (const uint8_t *)bytes.p + 8);
    arena_close(a);
    return ok;
}

static bool check_line(str text, str bytes, const note_key *k, int64_t *ret_time)
{
    if (k->kind == NOTE_COSIGN) return check_cosignature(text, bytes, k, ret_time);
    *ret_time = 0;
    return bytes.n == 64 && sign_verify(k->pub, text, (const uint8_t *)bytes.p);
}

note_verdict note_check(const note *n, const note_key *k, int64_t *ret_time)
{
    note_verdict v = NOTE_ABSENT;
    int64_t at = 0;
    for (size_t i = 0; i < n->n; i++) {
        const note_sig *s = &n->sigs[i];
        if (s->id != k->id || !str_eq(s->name, k->name)) continue;
        if (!check_line(n->text, s->bytes, k, &at)) return NOTE_BAD;
        v = NOTE_GOOD;
    }
    if (ret_time && v == NOTE_GOOD) *ret_time = at;
    return v;
}

bool note_open(arena *a, str bytes, const note_key *keys, size_t n, note *ret, err *e)
{
    bool good = false;
    if (!note_parse(a, bytes, ret, e)) return false;
    for (size_t i = 0; i < n; i++) {
        note_verdict v = note_check(ret, &keys[i], NULL);
        if (v == NOTE_BAD)
            return err_set(e, ERR_DAMAGED, S("note"),
                           S("fetch it again; if that fails, ask its "
                             "owner: it was altered after signing"),
                           "the signature of '%.*s' does not fit the text", STR_ARG(keys[i].name));
        good = good || v == NOTE_GOOD;
    }
    return good || err_set(e, ERR_DAMAGED, S("note"), S("give the key of the log that signed it"),
                           "it is not signed by any key that is trusted here");
}

str note_sign(arena *a, str text, const note_signer *s, int64_t seconds)
{
    uint8_t raw[4 + 8 + 64], *sig = raw + 4;
    for (size_t i = 0; i < 4; i++)
        raw[i] = (uint8_t)(s->key.id >> (24 - 8 * i));
    if (s->key.kind == NOTE_COSIGN) {
        be64(sig, (uint64_t)seconds);
        sig += 8;
        text = cosigned(a, text, (uint64_t)seconds);
    }
    sign_bytes(&s->sign, text, sig);
    str b64 = base64_encode(a, raw, (size_t)(sig + 64 - raw));
    return str_fmt(a, DASH "%.*s %.*s\n", STR_ARG(s->key.name), STR_ARG(b64));
}

str note_join(arena *a, str text, str lines)
{
    return str_fmt(a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(lines));
}

static bool has_line(const note *n, str line)
{
    for (size_t i = 0; i < n->n; i++)
        if (str_eq(n->sigs[i].line, line)) return true;
    return false;
}

bool note_merge(arena *a, const note *n, str more, str *ret, err *e)
{
    note_sig *sigs;
    size_t n_sigs;
    if (!parse_lines(a, more, &sigs, &n_sigs, e)) return false;
    buf b = buf_open(a, NOTE_MAX);
    buf_put(&b, n->whole);
    for (size_t i = 0; i < n_sigs; i++)
        if (!has_line(n, sigs[i].line)) buf_put(&b, sigs[i].line);
    *ret = buf_str(&b);
    return !b.full || broken(e, "it would grow over 1 MiB");
}
