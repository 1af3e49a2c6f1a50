/* secrets.c - random secrets that are shown once and kept as digests. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/secrets.h"

str secret_new(arena *a)
{
    uint8_t b[32];
    crypto_random(b, sizeof b);
    str s = base64url_encode(a, b, sizeof b);
    crypto_wipe(b, sizeof b);
    return s;
}

str secret_hash(arena *a, str secret)
{
    digest d = hash_bytes(secret.p, secret.n);
    return str_dupn(a, d.b, sizeof d.b);
}
