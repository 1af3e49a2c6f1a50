/* totp.c - one-time codes of an app: counting, comparing, and the address an app reads. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/totp.h"

uint32_t hotp_code(str secret, uint64_t counter, int digits)
{
    uint8_t text[8], mac[20];
    uint32_t limit = 1;
    for (int i = 0; i < 8; i++)
        text[i] = (uint8_t)(counter >> (56 - 8 * i));
    hash_hmac_sha1(secret, (str){(const char *)text, sizeof text}, mac);
    const uint8_t *at = mac + (mac[19] & 15);
    uint32_t v =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    while (digits-- > 0)
        limit *= 10;
    return v % limit;
}

static bool is_code(str secret, str code, int64_t step)
{
    char want[16];
    (void)snprintf(want, sizeof want, "%06u", hotp_code(secret, (uint64_t)step, TOTP_DIGITS));
    return crypto_equal(want, code.p, TOTP_DIGITS);
}

int64_t totp_step(str secret, str code, int64_t now, int64_t last)
{
    int64_t present = now / TOTP_STEP_MS, found = -1;
    if (code.n != TOTP_DIGITS) return -1;
    for (int64_t step = present - 1; step <= present + 1; step++)
        if (is_code(secret, code, step) && step > last && found < 0) found = step;
    return found;
}

str totp_uri(arena *a, str secret, str account)
{
    str text = base32_encode(a, secret.p, secret.n);
    return str_fmt(a,
                   "otpauth://totp/aims:%.*s?secret=%.*s&issuer=aims&algorithm=SHA1&digits=%d"
                   "&period=%d",
                   STR_ARG(account), STR_ARG(text), TOTP_DIGITS, TOTP_STEP_MS / 1000);
}
