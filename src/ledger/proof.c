/* proof.c - c2sp.org/tlog-proof@v1: one leaf's place in a signed tree, as text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/proof.h"

#define MAGIC "c2sp.org/tlog-proof@v1"

str proof_text(arena *a, const proof *p)
{
    buf b = buf_open(a, PROOF_MAX);
    buf_putz(&b, MAGIC "\n");
    if (p->extra.p) buf_fmt(&b, "extra %s\n", base64_encode(a, p->extra.p, p->extra.n).p);
    buf_fmt(&b, "index %llu\n", (unsigned long long)p->index);
    for (size_t i = 0; i < p->path.n; i++)
        buf_fmt(&b, "%s\n", base64_encode(a, p->path.at[i].b, 32).p);
    buf_putc(&b, '\n');
    buf_put(&b, p->note);
    return buf_str(&b);
}

static bool broken(err *e, const char *why)
{
    return err_set(e, ERR_INVALID, S("proof"), S("give a file as c2sp.org/tlog-proof describes it"),
                   "%s", why);
}

static bool read_index(str line, uint64_t *ret)
{
    int64_t v;
    if (!str_starts(line, S("index "))) return false;
    str s = str_sub(line, 6, line.n);
    if (!s.n || s.p[0] == '-' || (s.p[0] == '0' && s.n > 1) || !str_int(s, &v)) return false;
    *ret = (uint64_t)v;
    return true;
}

static bool read_hash(arena *a, str line, digest *ret)
{
    str raw;
    if (!base64_decode(a, line, &raw) || raw.n != sizeof ret->b) return false;
    memcpy(ret->b, raw.p, sizeof ret->b);
    return true;
}

static bool read_path(arena *a, str *rest, merkle_proof *ret, err *e)
{
    for (;;) {
        if (!rest->p) return broken(e, "it ends before its checkpoint");
        str line = str_cut(*rest, '\n', rest);
        if (!line.n) return true;
        if (ret->n == MERKLE_PROOF_MAX - 1) return broken(e, "it has more than 63 hashes");
        if (!read_hash(a, line, &ret->at[ret->n++]))
            return broken(e, "a hash is not canonical base64 of 32 bytes");
    }
}

bool proof_parse(arena *a, str bytes, proof *ret, err *e)
{
    *ret = (proof){0};
    if (bytes.n > PROOF_MAX) return broken(e, "it is larger than 1 MiB");
    str rest = str_dup(a, bytes);
    if (!str_eqz(str_cut(rest, '\n', &rest), MAGIC))
        return broken(e, "its first line is not '" MAGIC "'");
    str line = str_cut(rest, '\n', &rest);
    if (str_starts(line, S("extra "))) {
        if (!base64_decode(a, str_sub(line, 6, line.n), &ret->extra))
            return broken(e, "its extra data is not canonical base64");
        line = str_cut(rest, '\n', &rest);
    }
    if (!read_index(line, &ret->index)) return broken(e, "its index is not a plain decimal number");
    if (!read_path(a, &rest, &ret->path, e)) return false;
    ret->note = rest;
    return rest.n > 0 || broken(e, "it has no checkpoint");
}

bool proof_check(arena *a, const proof *p, str leaf, const struct policy *pol,
                 checkpoint *ret_checkpoint, err *e)
{
    note n;
    checkpoint c;
    if (!policy_open(a, pol, p->note, &n, &c, e)) return false;
    if (!policy_quorum(pol, &n))
        return err_set(e, ERR_DAMAGED, S("proof"), S("ask for a proof with more cosignatures"),
                       "too few witnesses of the policy have cosigned its checkpoint");
    if (!merkle_check_inclusion(p->index, c.size, merkle_leaf(leaf), &p->path, c.root))
        return err_set(e, ERR_DAMAGED, S("proof"), S("is it the proof of another leaf?"),
                       "the leaf is not entry %llu of the signed log",
                       (unsigned long long)p->index);
    if (ret_checkpoint) *ret_checkpoint = c;
    return true;
}
