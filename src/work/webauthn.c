/* webauthn.c - attestation objects, authenticator data, COSE keys and client data of passkeys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/webauthn.h"
#include "work/cbor.h"

enum {
    DATA_HEAD = 37,
    FLAG_UP = 1,
    FLAG_UV = 4,
    FLAG_BE = 8,
    FLAG_BS = 16,
    FLAG_AT = 64,
    FLAG_ED = 128
};
enum { CLIENT_MAX = 8192 };

static bool bad(err *e, const char *path, const char *why)
{
    return err_set(e, ERR_INVALID, str_of(path), S("use another authenticator or browser"), "%s",
                   why);
}

static bool cut(str *rest, size_t n, str *ret)
{
    if (rest->n < n) return false;
    *ret = (str){rest->p, n};
    *rest = (str){rest->p + n, rest->n - n};
    return true;
}

/* ---- the key of a credential (RFC 9052, 7; RFC 9053, 2 and 7) ---- */

typedef struct cose {
    int64_t kty, alg, crv;
    str x, y;
    unsigned seen; /* labels already met: 1, 3, -1, -2, -3 */
} cose;

/* A label twice would let two readers see two keys. */
static bool cose_member(cose *k, int64_t label, const cbor *v)
{
    static const int64_t labels[] = {1, 3, -1, -2, -3};
    size_t at = 0;
    while (at < COUNT(labels) && labels[at] != label)
        at++;
    if (at == COUNT(labels)) return v->kind != CBOR_ARRAY && v->kind != CBOR_MAP;
    if (k->seen & 1u << at || v->kind != (at < 3 ? CBOR_INT : CBOR_BYTES)) return false;
    k->seen |= 1u << at;
    if (label == 1) k->kty = v->i;
    if (label == 3) k->alg = v->i;
    if (label == -1) k->crv = v->i;
    if (label == -2) k->x = v->s;
    if (label == -3) k->y = v->s;
    return true;
}

static bool read_key(arena *a, str *rest, webauthn_key *ret)
{
    cbor map, label, v;
    cose k = {0};
    if (!cbor_next(rest, &map) || map.kind != CBOR_MAP) return false;
    for (size_t i = 0; i < map.n; i++)
        if (!cbor_next(rest, &label) || label.kind != CBOR_INT || !cbor_next(rest, &v) ||
            !cose_member(&k, label.i, &v))
            return false;
    ret->algorithm = k.alg;
    if (k.alg == COSE_ES256) {
        if (k.kty != 2 || k.crv != 1 || k.x.n != 32 || k.y.n != 32) return false;
        buf b = buf_open(a, 64);
        buf_put(&b, k.x);
        buf_put(&b, k.y);
        ret->pub = buf_str(&b);
        return p256_point((const uint8_t *)ret->pub.p);
    }
    if (k.alg != COSE_EDDSA || k.kty != 1 || k.crv != 6 || k.x.n != 32 || k.y.n) return false;
    ret->pub = str_dup(a, k.x);
    return true;
}

/* ---- authenticator data ---- */

static bool read_credential(arena *a, str *rest, webauthn_data *ret, err *e)
{
    str aaguid, size;
    if (!cut(rest, 16, &aaguid) || !cut(rest, 2, &size))
        return bad(e, "attestation", "the authenticator's data are cut short");
    size_t n = (size_t)(uint8_t)size.p[0] << 8 | (uint8_t)size.p[1];
    if (n < 1 || n > CREDENTIAL_MAX || !cut(rest, n, &ret->credential))
        return bad(e, "attestation", "the credential's id has a wrong length");
    return read_key(a, rest, &ret->key) ||
           bad(e, "attestation", "the credential's key is neither ES256 nor EdDSA");
}

bool webauthn_read_data(arena *a, str bytes, webauthn_data *ret, err *e)
{
    str rest = bytes, head;
    *ret = (webauthn_data){0};
    if (!cut(&rest, DATA_HEAD, &head))
        return bad(e, "authenticator_data", "the authenticator's data are cut short");
    const uint8_t *h = (const uint8_t *)head.p;
    unsigned flags = h[32];
    ret->rp_hash = str_sub(head, 0, 32);
    ret->present = flags & FLAG_UP;
    ret->verified = flags & FLAG_UV;
    ret->attested = flags & FLAG_AT;
    ret->count = (uint32_t)h[33] << 24 | (uint32_t)h[34] << 16 | (uint32_t)h[35] << 8 | h[36];
    if (flags & FLAG_BS && !(flags & FLAG_BE))
        return bad(e, "authenticator_data", "a key that must not be backed up is said to be");
    if (ret->attested && !read_credential(a, &rest, ret, e)) return false;
    if (flags & FLAG_ED && !(rest.n && (uint8_t)rest.p[0] >> 5 == 5 && cbor_skip(&rest)))
        return bad(e, "authenticator_data", "the extensions are no CBOR map");
    return rest.n == 0 || bad(e, "authenticator_data", "there are bytes after the data");
}

bool webauthn_read_attestation(arena *a, str bytes, webauthn_data *ret, err *e)
{
    cbor map, key, v;
    str data = {0}, rest = bytes;
    bool none = false, empty = false;
    if (!cbor_next(&rest, &map) || map.kind != CBOR_MAP || map.n != 3)
        return bad(e, "attestation", "that is no attestation object");
    for (size_t i = 0; i < map.n; i++) {
        if (!cbor_next(&rest, &key) || key.kind != CBOR_TEXT || !cbor_next(&rest, &v))
            return bad(e, "attestation", "that is no attestation object");
        if (str_eqz(key.s, "fmt") && v.kind == CBOR_TEXT) none = str_eqz(v.s, "none");
        if (str_eqz(key.s, "attStmt") && v.kind == CBOR_MAP) empty = v.n == 0;
        if (str_eqz(key.s, "authData") && v.kind == CBOR_BYTES && !data.p) data = v.s;
        if ((v.kind == CBOR_MAP || v.kind == CBOR_ARRAY) && v.n)
            return bad(e, "attestation", "only the attestation \"none\" is taken");
    }
    if (!none || !empty || !data.p || rest.n)
        return bad(e, "attestation", "only the attestation \"none\" is taken");
    if (!webauthn_read_data(a, data, ret, e)) return false;
    return ret->attested || bad(e, "attestation", "there is no credential in it");
}

/* ---- the ceremony ---- */

bool webauthn_read_client(arena *a, str json, webauthn_act act, str origin, str *ret_challenge,
                          err *e)
{
    doc *d;
    err why = ERR_IN(a);
    const char *type = act == WEBAUTHN_CREATE ? "webauthn.create" : "webauthn.get";
    if (!doc_parse(a, json, CLIENT_MAX, &d, &why) || d->kind != DOC_OBJ)
        return bad(e, "client_data", "the browser's data are no JSON object");
    if (!str_eqz(doc_str(d, "type"), type))
        return bad(e, "client_data", "the browser's data are of another act");
    if (!str_eq(doc_str(d, "origin"), origin))
        return err_set(e, ERR_INVALID, S("client_data"),
                       S("open the page under the name the server is told of: serve --host"),
                       "the passkey was used on another site than %.*s", STR_ARG(origin));
    const doc *cross = doc_get(d, "crossOrigin");
    if ((cross && !(cross->kind == DOC_BOOL && !cross->b)) || doc_get(d, "topOrigin"))
        return bad(e, "client_data", "the passkey was used from within another site");
    *ret_challenge = doc_str(d, "challenge");
    return ret_challenge->n || bad(e, "client_data", "there is no challenge in it");
}

bool webauthn_check_data(const webauthn_data *d, str site, err *e)
{
    digest want = hash_bytes(site.p, site.n);
    if (!crypto_equal(d->rp_hash.p, want.b, sizeof want.b))
        return bad(e, "authenticator_data", "the passkey was made for another site");
    if (!d->present) return bad(e, "authenticator_data", "nobody was there");
    return d->verified || err_set(e, ERR_INVALID, S("authenticator_data"),
                                  S("set a PIN or a fingerprint on the authenticator"),
                                  "the authenticator did not ask who is there");
}

bool webauthn_verify(arena *a, const webauthn_key *k, str data, str client, str signature)
{
    digest d = hash_bytes(client.p, client.n);
    buf b = buf_open(a, data.n + sizeof d.b);
    buf_put(&b, data);
    buf_bytes(&b, d.b, sizeof d.b);
    str text = buf_str(&b);
    const uint8_t *pub = (const uint8_t *)k->pub.p;
    if (k->algorithm == COSE_ES256 && k->pub.n == 64) return p256_verify(pub, text, signature);
    return k->algorithm == COSE_EDDSA && k->pub.n == 32 && signature.n == 64 &&
           sign_verify(pub, text, (const uint8_t *)signature.p);
}
