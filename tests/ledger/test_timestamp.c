/* test_timestamp.c - RFC 3161 against a time-stamp authority made with openssl for the occasion. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "ledger/timestamp.h"
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A root, an intermediate below it, and two leaves: `tsa` may time-stamp (critical extended key
 * usage), `other` may not. `short` was a time-stamping certificate for one day in 2020.
 */
static const char script[] =
    "set -e; cd \"$1\"\n"
    "cat > x.cnf <<'X'\n"
    "[ca]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n"
    "[stamper]\nbasicConstraints=CA:false\nextendedKeyUsage=critical,timeStamping\n"
    "[other]\nbasicConstraints=CA:false\nextendedKeyUsage=timeStamping,serverAuth\n"
    "[tsa]\ndefault_tsa=c\n[c]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\n"
    "digests=sha1,sha256\nordering=no\ntsa_name=no\ness_cert_id_chain=no\n"
    "ess_cert_id_alg=sha256\nclock_precision_digits=3\n"
    "[ca_db]\ndatabase=db\nserial=ca_serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n"
    "[any]\ncommonName=supplied\n[req]\ndistinguished_name=dn\n[dn]\n"
    "X\n"
    "key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }\n"
    "req() { openssl req -new -config x.cnf -key $1.key -subj \"/CN=$1\" -out $1.csr; }\n"
    "sign() { openssl ca -batch -config x.cnf -name ca_db -in $1.csr -out $1.pem -cert $2.pem \\\n"
    "  -keyfile $2.key -extensions $3 -notext -startdate $4 -enddate $5; }\n"
    "touch db; echo 1000 > serial; echo 01 > ca_serial\n"
    "key root; req root\n"
    "openssl ca -batch -config x.cnf -name ca_db -selfsign -in root.csr -out root.pem \\\n"
    "  -keyfile root.key -extensions ca -notext -startdate 20100101000000Z \\\n"
    "  -enddate 20990101000000Z\n"
    "for c in mid tsa other short; do key $c; req $c; done\n"
    "sign mid root ca 20100101000000Z 20990101000000Z\n"
    "sign tsa mid stamper 20100101000000Z 20990101000000Z\n"
    "sign other mid other 20100101000000Z 20990101000000Z\n"
    "sign short mid stamper 20200101000000Z 20200102000000Z\n"
    "key lone; req lone\n"
    "openssl x509 -req -in lone.csr -signkey lone.key -days 1000 -out lone.pem\n";

static arena *a;
static err e;
static str dir;

static int run(const char *what, const char *arg)
{
    str cmd = str_fmt(a, "exec >/dev/null 2>%s/log; %s", dir.p, what);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("bash", "bash", "-c", cmd.p, "bash", arg, NULL);
        _exit(127);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static str slurp(const char *name)
{
    str s;
    if (!file_read(a, str_fmt(a, "%s/%s", dir.p, name).p, 1 << 20, &s, &e)) fail_msg("%s", e.msg.p);
    return s;
}

static void spill(const char *name, str s)
{
    assert_true(file_replace(str_fmt(a, "%s/%s", dir.p, name).p, s, 0600, &e));
}

/* What an authority answers: `openssl ts -reply` with the certificate of that name. */
static str tsa(str question, const char *who)
{
    spill("q", question);
    str cmd = str_fmt(a,
                      "cd \"$1\" && openssl ts -reply -config x.cnf -queryfile q -signer %s.pem "
                      "-inkey %s.key -chain mid.pem -out r",
                      who, who);
    if (run(cmd.p, dir.p) != 0) fail_msg("openssl ts -reply failed: %s", slurp("log").p);
    return slurp("r");
}

static timestamp_trust trust(void)
{
    return (timestamp_trust){slurp("root.pem"), {0}};
}

static int setup(void **state)
{
    (void)state;
    char z[] = "/tmp/aims-tsa-XXXXXX";
    a = arena_open();
    e = ERR_IN(a);
    if (!mkdtemp(z)) return 1;
    dir = str_dup(a, str_of(z));
    if (run(script, z) == 0) return 0;
    printf("making the authority failed:\n%s\n", slurp("log").p);
    return 1;
}

static int teardown(void **state)
{
    (void)state;
    fixture_run((const char *const[]){"rm", "-rf", dir.p, NULL});
    arena_close(a);
    return 0;
}

static void requests_are_those_of_openssl(void **state)
{
    (void)state;
    str q;
    assert_true(timestamp_request(a, S("data\n"), &q, &e));
    assert_int_equal(q.n, 69); /* as `openssl ts -query -sha256 -cert` makes them */
    spill("query", q);
    spill("data", S("data\n"));
    assert_int_equal(run("cd \"$1\" && openssl ts -query -in query -text > text && "
                         "grep -q 'Version: 1' text && grep -q 'Hash Algorithm: sha256' text && "
                         "grep -q 'Certificate required: yes' text && "
                         "sha256sum < data | cut -c1-8 | grep -q \"$(openssl asn1parse -inform DER "
                         "-in query | grep 'OCTET STRING' | sed 's/.*://' | cut -c1-8 | "
                         "tr A-F a-f)\"",
                         dir.p),
                     0);
}

static void good_stamps_verify(void **state)
{
    (void)state;
    str q, data = S("a checkpoint\n");
    timestamp t;
    timestamp_trust ca = trust();
    assert_true(timestamp_request(a, data, &q, &e));
    str r = tsa(q, "tsa");
    if (!timestamp_check(a, data, q, r, &ca, &t, &e)) fail_msg("%s", e.msg.p);
    assert_true(timestamp_check(a, data, (str){0}, r, &ca, &t, &e));
    assert_string_equal(t.policy.p, "1.2.3.4.1");
    assert_string_equal(t.authority.p, "CN=tsa");
    int64_t now = (int64_t)time(NULL) * 1000;
    assert_true(t.at > now - 60000 && t.at < now + 60000);
    /* openssl agrees */
    spill("data", data);
    assert_int_equal(
        run("cd \"$1\" && openssl ts -verify -data data -in r -CAfile root.pem", dir.p), 0);
}

static void wrong_stamps_are_refused(void **state)
{
    (void)state;
    str q, q2 = {0}, data = S("a checkpoint\n");
    timestamp t;
    timestamp_trust ca = trust(), lone = {slurp("lone.pem"), {0}}, none = {S(""), {0}};
    assert_true(timestamp_request(a, data, &q, &e) && timestamp_request(a, data, &q2, &e));
    str r = tsa(q, "tsa");
    assert_false(timestamp_check(a, S("a checkpoinT\n"), q, r, &ca, &t, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    assert_false(timestamp_check(a, data, q2, r, &ca, &t, &e));
    assert_string_equal(e.msg.p, "the time-stamp answers another request");
    assert_false(timestamp_check(a, data, q, r, &lone, &t, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
    assert_false(timestamp_check(a, data, q, r, &none, &t, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_false(timestamp_check(a, data, q, S("not DER"), &ca, &t, &e));
    assert_false(timestamp_check(a, data, q, S(""), &ca, &t, &e));
    assert_false(timestamp_check(a, data, q, str_sub(r, 0, r.n - 1), &ca, &t, &e));
}

/* Every flipped bit of every 5th byte. Some bytes are not signed: parts of the chain that the
 * verifier does not need, and free text of the status; those may pass, but never change what the
 * stamp says. */
static void flipped_bits_never_change_the_time(void **state)
{
    (void)state;
    str q, data = S("a checkpoint\n");
    timestamp t, good;
    timestamp_trust ca = trust();
    int refused = 0;
    assert_true(timestamp_request(a, data, &q, &e));
    str r = tsa(q, "tsa");
    assert_true(timestamp_check(a, data, q, r, &ca, &good, &e));
    for (size_t i = 0; i < r.n; i += 5) {
        arena *own = arena_open();
        err mine = ERR_IN(own);
        char *p = arena_new(own, char, r.n);
        memcpy(p, r.p, r.n);
        p[i] = (char)(p[i] ^ (1 << i % 8));
        if (!timestamp_check(own, data, q, (str){p, r.n}, &ca, &t, &mine))
            refused++;
        else
            assert_true(t.at == good.at && str_eq(t.serial, good.serial));
        arena_close(own);
    }
    assert_true(refused > (int)r.n / 5 / 2);
}

/* The same statement, signed by hand with any certificate (openssl ts would not do it). */
static str resign(const char *who)
{
    str cmd = str_fmt(
        a,
        "cd \"$1\" && openssl ts -reply -in r -token_out -out token && "
        "openssl cms -verify -noverify -in token -inform DER -binary -out tst && "
        "openssl cms -sign -cades -md sha256 -binary -nodetach -in tst -outform DER -out token2 "
        "-econtent_type 1.2.840.113549.1.9.16.1.4 -signer %s.pem -inkey %s.key -certfile mid.pem "
        "&& "
        "openssl ts -reply -in token2 -token_in -out r2",
        who, who);
    if (run(cmd.p, dir.p) != 0) fail_msg("openssl cms failed: %s", slurp("log").p);
    return slurp("r2");
}

static void the_certificate_must_be_for_stamping(void **state)
{
    (void)state;
    str q, data = S("x");
    timestamp t;
    timestamp_trust ca = trust();
    assert_true(timestamp_request(a, data, &q, &e));
    tsa(q, "tsa");
    if (!timestamp_check(a, data, q, resign("tsa"), &ca, &t, &e)) fail_msg("%s", e.msg.p);
    assert_false(timestamp_check(a, data, q, resign("other"), &ca, &t, &e));
    assert_int_equal(e.code, ERR_DAMAGED);
}

/* 1 January 2020, 12:00, the only day of the certificate `short`. */
static int in_2020(struct TS_resp_ctx *ctx, void *data, long *sec, long *usec)
{
    (void)ctx;
    (void)data;
    *sec = 1577880000;
    *usec = 250000;
    return 1;
}

static ASN1_INTEGER *serial(struct TS_resp_ctx *ctx, void *data)
{
    (void)ctx;
    (void)data;
    ASN1_INTEGER *n = ASN1_INTEGER_new();
    ASN1_INTEGER_set(n, 42);
    return n;
}

static X509 *cert(const char *name)
{
    str s = slurp(name);
    BIO *b = BIO_new_mem_buf(s.p, (int)s.n);
    X509 *c = PEM_read_bio_X509(b, NULL, NULL, NULL);
    BIO_free(b);
    assert_non_null(c);
    return c;
}

static str stamp_of_2020(str q)
{
    str pem = slurp("short.key");
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n), *in = BIO_new_mem_buf(q.p, (int)q.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *mid = cert("mid.pem"), *leaf = cert("short.pem");
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
    sk_X509_push(chain, mid);
    TS_RESP_CTX *c = TS_RESP_CTX_new();
    assert_true(TS_RESP_CTX_set_signer_cert(c, leaf) && TS_RESP_CTX_set_signer_key(c, key) &&
                TS_RESP_CTX_set_signer_digest(c, EVP_sha256()) && TS_RESP_CTX_set_certs(c, chain) &&
                TS_RESP_CTX_set_def_policy(c, policy) && TS_RESP_CTX_add_md(c, EVP_sha256()) &&
                TS_RESP_CTX_set_clock_precision_digits(c, 3));
    TS_RESP_CTX_set_time_cb(c, in_2020, NULL);
    TS_RESP_CTX_set_serial_cb(c, serial, NULL);
    TS_RESP *r = TS_RESP_create_response(c, in);
    uint8_t *der = NULL;
    int n = i2d_TS_RESP(r, &der);
    assert_true(n > 0);
    str s = str_dupn(a, der, (size_t)n);
    OPENSSL_free(der);
    TS_RESP_free(r);
    TS_RESP_CTX_free(c);
    ASN1_OBJECT_free(policy);
    sk_X509_pop_free(chain, X509_free);
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(b);
    BIO_free(in);
    return s;
}

/* openssl ts judges the certificate at this moment and refuses; we judge it at the time of the
 * stamp, as `-attime` makes openssl do. */
static void old_stamps_stay_valid(void **state)
{
    (void)state;
    str q, data = S("x");
    timestamp t;
    timestamp_trust ca = trust();
    assert_true(timestamp_request(a, data, &q, &e));
    str r = stamp_of_2020(q);
    if (!timestamp_check(a, data, q, r, &ca, &t, &e)) fail_msg("%s", e.msg.p);
    assert_string_equal(clock_text(a, t.at).p, "2020-01-01T12:00:00.250Z");
    assert_string_equal(t.serial.p, "42");
    spill("data", data);
    spill("r", r);
    const char *verify = "cd \"$1\" && openssl ts -verify -data data -in r -CAfile root.pem ";
    assert_int_not_equal(run(verify, dir.p), 0);
    assert_int_equal(run(str_fmt(a, "%s -attime 1577880000", verify).p, dir.p), 0);
}

/* ---- Asking over HTTP: the POST is the test's own ---------------------------------------- */

static bool post(void *ctx, arena *ar, str url, str type, str body, int *ret_status, str *ret_reply,
                 err *er)
{
    (void)ar;
    (void)er;
    assert_string_equal(url.p, "http://tsa.example/");
    assert_string_equal(type.p, "application/timestamp-query");
    *ret_status = *(int *)ctx;
    *ret_reply = tsa(body, "tsa");
    return true;
}

static void stamps_are_fetched(void **state)
{
    (void)state;
    str q, r;
    timestamp t;
    timestamp_trust ca = trust();
    int status = 200;
    assert_true(
        timestamp_fetch(a, S("x"), S("http://tsa.example/"), &ca, post, &status, &q, &r, &t, &e));
    assert_true(timestamp_check(a, S("x"), q, r, &ca, &t, &e));
    status = 500;
    assert_false(
        timestamp_fetch(a, S("x"), S("http://tsa.example/"), &ca, post, &status, &q, &r, &t, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_those_of_openssl),
        cmocka_unit_test(good_stamps_verify),
        cmocka_unit_test(wrong_stamps_are_refused),
        cmocka_unit_test(flipped_bits_never_change_the_time),
        cmocka_unit_test(the_certificate_must_be_for_stamping),
        cmocka_unit_test(old_stamps_stay_valid),
        cmocka_unit_test(stamps_are_fetched),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
