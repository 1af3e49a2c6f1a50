/* fuzz_webauthn.c - what authenticators and browsers send: CBOR, attestation, data, client data. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "work/cbor.h"
#include "work/webauthn.h"

static void must(bool ok)
{
    if (!ok) abort();
}

static bool within(str part, str whole)
{
    return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* Whatever is taken lies inside the input and can be checked against a signature. */
static void check(arena *a, const webauthn_data *d, str s, err *e)
{
    must(within(d->rp_hash, s) && d->rp_hash.n == 32 && within(d->credential, s));
    must(d->attested == (d->credential.n > 0) && d->credential.n <= CREDENTIAL_MAX);
    must(!d->attested || d->key.pub.n == (d->key.algorithm == COSE_ES256 ? 64 : 32));
    (void)!webauthn_check_data(d, S("localhost"), e);
    must(!d->attested || !webauthn_verify(a, &d->key, s, S("{}"), str_sub(s, 0, 64)));
}

static void read_cbor(str s)
{
    str rest = s;
    while (rest.n && cbor_skip(&rest))
        must(within(rest, s));
}

static void read_client(arena *a, str s, err *e)
{
    str challenge;
    if (webauthn_read_client(a, s, WEBAUTHN_GET, S("http://localhost"), &challenge, e))
        must(challenge.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str s = {(const char *)data, n};
    webauthn_data d;
    read_cbor(s);
    read_client(a, s, &e);
    if (webauthn_read_data(a, s, &d, &e)) check(a, &d, s, &e);
    if (webauthn_read_attestation(a, s, &d, &e)) check(a, &d, s, &e);
    arena_close(a);
    return 0;
}
