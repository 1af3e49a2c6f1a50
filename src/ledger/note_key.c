/* note_key.c - the keys of signed notes as text: verifier keys and signer keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#define PRIVATE "PRIVATE+KEY+"

/* Unicode White_Space, as three-byte UTF-8 or less; a key name may hold none of it. */
static bool is_space(const uint8_t *p, size_t n)
{
    if (p[0] == 0x20 || (p[0] >= 0x09 && p[0] <= 0x0D)) return true;
    if (n >= 2 && p[0] == 0xC2) return p[1] == 0x85 || p[1] == 0xA0;
    if (n < 3) return false;
    uint32_t c = ((uint32_t)p[0] & 0x0F) << 12 | ((uint32_t)p[1] & 0x3F) << 6 | (p[2] & 0x3Fu);
    if (p[0] < 0xE1 || p[0] > 0xE3) return false;
    return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool good_name(str s)
{
    if (!s.n || s.n > 1024 || !str_utf8(s)) return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if (c < 0x20 || c == 0x7F || c == '+') return false;
        if ((c & 0xC0) != 0x80 && is_space((const uint8_t *)s.p + i, s.n - i)) return false;
    }
    return true;
}

bool note_key_make(arena *a, str name, note_kind kind, const uint8_t pub[32], note_key *ret, err *e)
{
    if (!good_name(name))
        return err_set(e, ERR_INVALID, S("name"), S("use a name like example.com/log"),
                       "a key name must be UTF-8 text without white space and '+'");
    *ret = (note_key){.name = str_dup(a, name), .kind = kind};
    memcpy(ret->pub, pub, 32);
    uint8_t tail[34] = {'\n', (uint8_t)kind};
    memcpy(tail + 2, pub, 32);
    digest d = hash_two(name.p, name.n, tail, sizeof tail);
    ret->id = (uint32_t)d.b[0] << 24 | (uint32_t)d.b[1] << 16 | (uint32_t)d.b[2] << 8 | d.b[3];
    return true;
}

static str write_key(arena *a, const char *prefix, const note_key *k, const uint8_t bytes[32])
{
    uint8_t raw[33] = {(uint8_t)k->kind};
    memcpy(raw + 1, bytes, 32);
    str b64 = base64_encode(a, raw, sizeof raw);
    return str_fmt(a, "%s%.*s+%08x+%.*s", prefix, STR_ARG(k->name), (unsigned)k->id, STR_ARG(b64));
}

str note_key_text(arena *a, const note_key *k)
{
    return write_key(a, "", k, k->pub);
}

str note_signer_text(arena *a, const note_signer *s)
{
    return write_key(a, PRIVATE, &s->key, s->sign.seed);
}

struct parts {
    str name, id;
    note_kind kind;
    uint8_t bytes[32];
};

/* NAME+HEX8+BASE64(kind || 32 bytes) */
static bool read_key(arena *a, str s, struct parts *ret)
{
    str rest, b64, raw;
    ret->name = str_cut(s, '+', &rest);
    ret->id = str_cut(rest, '+', &b64);
    if (!rest.p || !b64.p || ret->id.n != 8) return false;
    if (!base64_decode(a, b64, &raw) || raw.n != 33) return false;
    if (raw.p[0] != NOTE_ED25519 && raw.p[0] != NOTE_COSIGN) return false;
    ret->kind = (note_kind)raw.p[0];
    memcpy(ret->bytes, raw.p + 1, 32);
    return true;
}

static bool same_id(arena *a, const struct parts *p, const note_key *k, err *e)
{
    if (str_eq(str_fmt(a, "%08x", (unsigned)k->id), p->id)) return true;
    return err_set(e, ERR_INVALID, S("key"), S("copy the key again, whole"),
                   "the id of key '%.*s' does not fit its bytes", STR_ARG(k->name));
}

static bool bad_key(err *e)
{
    return err_set(e, ERR_INVALID, S("key"),
                   S("a key looks like example.com/log+1a2b3c4d+AbCd...= (Ed25519, type 1 or 4)"),
                   "this is not a key of a signed note");
}

bool note_key_parse(arena *a, str vkey, note_key *ret, err *e)
{
    struct parts p;
    if (!read_key(a, vkey, &p)) return bad_key(e);
    return note_key_make(a, p.name, p.kind, p.bytes, ret, e) && same_id(a, &p, ret, e);
}

bool note_signer_make(arena *a, str name, note_kind kind, const sign_key *k, note_signer *ret,
                      err *e)
{
    ret->sign = *k;
    return note_key_make(a, name, kind, k->pub, &ret->key, e);
}

bool note_signer_parse(arena *a, str skey, note_signer *ret, err *e)
{
    struct parts p;
    if (!str_starts(skey, S(PRIVATE)) ||
        !read_key(a, str_sub(skey, sizeof PRIVATE - 1, skey.n), &p))
        return bad_key(e);
    sign_key k = sign_key_from_seed(p.bytes);
    bool ok = note_signer_make(a, p.name, p.kind, &k, ret, e) && same_id(a, &p, &ret->key, e);
    crypto_wipe(&k, sizeof k);
    crypto_wipe(&p, sizeof p);
    return ok;
}
