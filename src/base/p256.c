/* p256.c - signatures by ECDSA on P-256 (ES256), checked by OpenSSL; made nowhere. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* NULL when the bytes are no point of the curve. */
static EVP_PKEY *import(const uint8_t pub[64])
{
    char curve[] = "P-256";
    uint8_t point[65] = {4}; /* uncompressed, SEC 1, 2.3.3 */
    memcpy(point + 1, pub, 64);
    OSSL_PARAM p[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (c && EVP_PKEY_fromdata_init(c) == 1)
        (void)EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, p);
    EVP_PKEY_CTX_free(c);
    ERR_clear_error();
    return key;
}

bool p256_point(const uint8_t pub[64])
{
    EVP_PKEY *key = import(pub);
    EVP_PKEY_free(key);
    return key != NULL;
}

bool p256_verify(const uint8_t pub[64], str msg, str sig)
{
    EVP_PKEY *key = import(pub);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good =
        key && c && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(c, (const uint8_t *)sig.p, sig.n, (const uint8_t *)msg.p, msg.n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good;
}
