/* timestamp.c - RFC 3161 by OpenSSL: requests, and responses judged at their own time. */
/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_API_COMPAT 30000 /* the setters of TS_VERIFY_CTX were renamed in 3.4 */
#include "ledger/timestamp.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>

/* What OpenSSL allocates is given back with the arena it is kept in. */
#define KEEPER(type, free)                                                                         \
    static void free_##type(void *p)                                                               \
    {                                                                                              \
        free(p);                                                                                   \
    }                                                                                              \
    static type *keep_##type(arena *a, type *p)                                                    \
    {                                                                                              \
        if (p) arena_defer(a, free_##type, p);                                                     \
        return p;                                                                                  \
    }
KEEPER(TS_REQ, TS_REQ_free)
KEEPER(TS_RESP, TS_RESP_free)
KEEPER(TS_MSG_IMPRINT, TS_MSG_IMPRINT_free)
KEEPER(TS_VERIFY_CTX, TS_VERIFY_CTX_free)
KEEPER(X509_ALGOR, X509_ALGOR_free)
KEEPER(ASN1_INTEGER, ASN1_INTEGER_free)
KEEPER(BIO, BIO_free_all)
KEEPER(BIGNUM, BN_free)

#define BN_MAX 64 /* bytes of a serial number; RFC 3161 asks for 20 */

static bool ssl_failed(err *e, const char *what)
{
    char why[256] = "";
    unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, why, sizeof why);
    ERR_clear_error();
    return err_set(e, ERR_INTERNAL, S("timestamp"), S("check the OpenSSL of this system"), "%s: %s",
                   what, code ? why : "out of memory");
}

static bool wrong(err *e, const char *why)
{
    ERR_clear_error();
    return err_set(e, ERR_DAMAGED, S("timestamp"),
                   S("ask for a new time-stamp, or give the certificates of its authority"), "%s",
                   why);
}

static ASN1_INTEGER *new_nonce(arena *a)
{
    uint8_t b[8];
    crypto_random(b, sizeof b);
    b[0] = (uint8_t)((b[0] & 0x7f) | 0x40); /* always eight bytes */
    BIGNUM *n = keep_BIGNUM(a, BN_bin2bn(b, sizeof b, NULL));
    return n ? keep_ASN1_INTEGER(a, BN_to_ASN1_INTEGER(n, NULL)) : NULL;
}

static bool fill_request(arena *a, TS_REQ *q, str data)
{
    digest d = hash_bytes(data.p, data.n);
    X509_ALGOR *alg = keep_X509_ALGOR(a, X509_ALGOR_new());
    TS_MSG_IMPRINT *m = keep_TS_MSG_IMPRINT(a, TS_MSG_IMPRINT_new());
    ASN1_INTEGER *nonce = new_nonce(a);
    return q && alg && m && nonce &&
           X509_ALGOR_set0(alg, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
           TS_MSG_IMPRINT_set_algo(m, alg) && TS_MSG_IMPRINT_set_msg(m, d.b, sizeof d.b) &&
           TS_REQ_set_version(q, 1) && TS_REQ_set_msg_imprint(q, m) && TS_REQ_set_nonce(q, nonce) &&
           TS_REQ_set_cert_req(q, 1);
}

bool timestamp_request(arena *a, str data, str *ret, err *e)
{
    arena *own = arena_open();
    TS_REQ *q = keep_TS_REQ(own, TS_REQ_new());
    uint8_t der[256], *p = der;
    int n = fill_request(own, q, data) ? i2d_TS_REQ(q, NULL) : 0;
    bool ok = n > 0 && n <= (int)sizeof der && i2d_TS_REQ(q, &p) == n;
    if (ok) *ret = str_dupn(a, der, (size_t)n);
    arena_close(own);
    return ok || ssl_failed(e, "cannot make a time-stamp request");
}

/* ---- Checking ---------------------------------------------------------------------------- */

static bool read_der(arena *own, str response, TS_RESP **ret, err *e)
{
    const uint8_t *p = (const uint8_t *)response.p;
    if (response.n > 1u << 20) return wrong(e, "the time-stamp is larger than 1 MiB");
    *ret = keep_TS_RESP(own, d2i_TS_RESP(NULL, &p, (long)response.n));
    if (!*ret || p != (const uint8_t *)response.p + response.n)
        return wrong(e, "this is no time-stamp response");
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(*ret)));
    if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
        return wrong(e, "the authority did not grant the time-stamp");
    return TS_RESP_get_tst_info(*ret) != NULL || wrong(e, "the response holds no time-stamp");
}

/* Two or three digits after the point; 0 when there are none. */
static int64_t fraction_ms(const ASN1_GENERALIZEDTIME *t)
{
    str s = {(const char *)ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t)}, rest;
    int64_t ms = 0, unit = 100;
    str_cut(s, '.', &rest);
    for (size_t i = 0; i < rest.n && rest.p[i] >= '0' && rest.p[i] <= '9'; i++, unit /= 10)
        ms += (rest.p[i] - '0') * unit;
    return ms;
}

static bool read_time(const TS_TST_INFO *info, int64_t *ret)
{
    struct tm tm;
    const ASN1_GENERALIZEDTIME *t = TS_TST_INFO_get_time(info);
    if (!t || !ASN1_TIME_to_tm(t, &tm)) return false;
    *ret = (int64_t)timegm(&tm) * 1000 + fraction_ms(t);
    return true;
}

/* Every certificate of a PEM text; fn takes its own reference. */
static bool each_cert(str pem, bool (*fn)(void *to, X509 *c), void *to, int *ret_n)
{
    arena *own = arena_open();
    BIO *b = keep_BIO(own, BIO_new_mem_buf(pem.p, (int)(pem.n < INT32_MAX ? pem.n : 0)));
    bool ok = b != NULL;
    X509 *c;
    for (*ret_n = 0; ok && (c = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL; ++*ret_n) {
        ok = fn(to, c);
        X509_free(c);
    }
    ERR_clear_error(); /* the end of a PEM text is an error to OpenSSL */
    arena_close(own);
    return ok;
}

static bool trust_cert(void *store, X509 *c)
{
    return X509_STORE_add_cert(store, c) == 1;
}

static bool push_cert(void *list, X509 *c)
{
    return X509_up_ref(c) == 1 && sk_X509_push(list, c) > 0;
}

/* A certificate is judged at the time of the token: it may have expired since. */
static bool set_trust(TS_VERIFY_CTX *ctx, const timestamp_trust *trust, int64_t at, err *e)
{
    int n;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    if (!store || !chain) return ssl_failed(e, "cannot hold certificates");
    TS_VERIFY_CTX_set_store(ctx, store);
    TS_VERIFY_CTX_set_certs(ctx, chain);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(at / 1000));
    if (trust->chain_pem.n && !each_cert(trust->chain_pem, push_cert, chain, &n))
        return ssl_failed(e, "cannot read the intermediate certificates");
    if (!each_cert(trust->ca_pem, trust_cert, store, &n))
        return ssl_failed(e, "cannot read the trusted certificates");
    return n > 0 || err_set(e, ERR_INVALID, S("ca"), S("give the authority's root as PEM"),
                            "there is no trusted certificate");
}

static bool set_imprint(TS_VERIFY_CTX *ctx, str data)
{
    digest d = hash_bytes(data.p, data.n);
    uint8_t *copy = OPENSSL_memdup(d.b, sizeof d.b);
    return copy && TS_VERIFY_CTX_set_imprint(ctx, copy, sizeof d.b) != NULL;
}

static bool same_nonce(arena *own, str request, const TS_TST_INFO *info)
{
    const uint8_t *p = (const uint8_t *)request.p;
    TS_REQ *q = keep_TS_REQ(own, d2i_TS_REQ(NULL, &p, (long)request.n));
    const ASN1_INTEGER *got = TS_TST_INFO_get_nonce(info);
    const ASN1_INTEGER *sent = q ? TS_REQ_get_nonce(q) : NULL;
    return got && sent && ASN1_INTEGER_cmp(got, sent) == 0;
}

/* OpenSSL compares the digest alone when no algorithm is set: SHA-256 is demanded here. */
static bool is_sha256(TS_TST_INFO *info)
{
    const ASN1_OBJECT *oid;
    X509_ALGOR_get0(&oid, NULL, NULL, TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(info)));
    return OBJ_obj2nid(oid) == NID_sha256;
}

static str subject_of(arena *a, arena *own, TS_RESP *resp)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(resp), NULL, 0);
    BIO *b = keep_BIO(own, BIO_new(BIO_s_mem()));
    char *text = NULL;
    if (b && sk_X509_num(signers) > 0)
        X509_NAME_print_ex(b, X509_get_subject_name(sk_X509_value(signers, 0)), 0, XN_FLAG_RFC2253);
    long n = b ? BIO_get_mem_data(b, &text) : 0;
    sk_X509_free(signers);
    return text && n > 0 ? str_dupn(a, text, (size_t)n) : S("");
}

static void describe(arena *a, arena *own, TS_RESP *resp, timestamp *ret)
{
    TS_TST_INFO *info = TS_RESP_get_tst_info(resp);
    char oid[128] = "";
    BIGNUM *n = keep_BIGNUM(own, ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), NULL));
    char *serial = n && BN_num_bytes(n) <= BN_MAX ? BN_bn2dec(n) : NULL;
    OBJ_obj2txt(oid, sizeof oid, TS_TST_INFO_get_policy_id(info), 1);
    ret->serial = str_dup(a, serial ? str_of(serial) : S("?"));
    ret->policy = str_dup(a, str_of(oid));
    ret->authority = subject_of(a, own, resp);
    OPENSSL_free(serial);
}

static bool verify(TS_VERIFY_CTX *ctx, TS_RESP *resp, err *e)
{
    TS_VERIFY_CTX_set_flags(ctx, TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_IMPRINT);
    if (TS_RESP_verify_response(ctx, resp) == 1) return true;
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    return wrong(e, str_fmt(e->a, "the time-stamp does not verify: %s", why ? why : "?").p);
}

static bool check(arena *a, arena *own, str data, str request, str response,
                  const timestamp_trust *trust, timestamp *ret, err *e)
{
    TS_RESP *resp = NULL;
    TS_VERIFY_CTX *ctx = keep_TS_VERIFY_CTX(own, TS_VERIFY_CTX_new());
    if (!ctx) return ssl_failed(e, "cannot verify time-stamps");
    if (!read_der(own, response, &resp, e)) return false;
    TS_TST_INFO *info = TS_RESP_get_tst_info(resp);
    if (!is_sha256(info)) return wrong(e, "the time-stamp is not over a SHA-256 digest");
    if (request.p && !same_nonce(own, request, info))
        return wrong(e, "the time-stamp answers another request");
    if (!read_time(info, &ret->at)) return wrong(e, "the time-stamp has no readable time");
    if (!set_trust(ctx, trust, ret->at, e)) return false;
    if (!set_imprint(ctx, data)) return ssl_failed(e, "cannot verify time-stamps");
    if (!verify(ctx, resp, e)) return false;
    describe(a, own, resp, ret);
    return true;
}

bool timestamp_check(arena *a, str data, str request, str response, const timestamp_trust *trust,
                     timestamp *ret, err *e)
{
    arena *own = arena_open();
    bool ok = check(a, own, data, request, response, trust, ret, e);
    arena_close(own);
    return ok;
}

bool timestamp_fetch(arena *a, str data, str url, const timestamp_trust *trust, ledger_post *post,
                     void *ctx, str *ret_request, str *ret_response, timestamp *ret, err *e)
{
    int status;
    if (!timestamp_request(a, data, ret_request, e)) return false;
    if (!post(ctx, a, url, S("application/timestamp-query"), *ret_request, &status, ret_response,
              e))
        return false;
    if (status != 200)
        return err_set(e, ERR_UNAVAILABLE, url, S("is this the address of a time-stamp authority?"),
                       "the time-stamp authority answered with status %d", status);
    return timestamp_check(a, data, *ret_request, *ret_response, trust, ret, e);
}
