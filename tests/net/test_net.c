/* test_net.c - the HTTP client against a server that behaves, and one that does not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/net.h"
#include "server.h"
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

extern char **environ;
static arena *a;
static err e;
static int port;
static struct net *n;

static str answer(arena *ar, str head, str body, void *ctx)
{
    str rest, target;
    (void)ctx;
    str_cut(head, ' ', &rest);
    target = str_cut(rest, ' ', &rest);
    if (str_eqz(target, "/echo")) {
        buf b = buf_open(ar, 1 << 20);
        buf_fmt(&b, "HTTP/1.1 200 OK\r\nX-Two: a\r\nContent-Length: %zu\r\n\r\n",
                head.n + 1 + body.n);
        buf_put(&b, head);
        buf_putc(&b, '|');
        buf_put(&b, body);
        return buf_str(&b);
    }
    if (str_eqz(target, "/conflict"))
        return S("HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\n"
                 "Content-Length: 3\r\n\r\n12\n");
    if (str_eqz(target, "/redirect"))
        return S("HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n");
    if (str_eqz(target, "/to-file"))
        return S("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    if (str_eqz(target, "/cut")) return S("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    if (str_eqz(target, "/garbage")) return S("\x16\x03\x01 this is not HTTP\r\n\r\n");
    if (str_eqz(target, "/slow")) {
        usleep(2500000);
        return S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
    size_t size = 100000;
    char *p = arena_new(ar, char, size);
    memset(p, 'x', size);
    return str_fmt(ar, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%.*s", (int)size, p);
}

static str url(const char *path)
{
    return str_fmt(a, "http://127.0.0.1:%d%s", port, path);
}

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    server_start(a, answer, NULL, &port);
    return net_open(a, &(net_options){.seconds = 2}, &n, &e) ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static bool send_to(const char *path, net_request q, net_reply *r)
{
    q.url = url(path);
    e.code = ERR_OK;
    return net_send(n, a, &q, r, &e);
}

static void methods_headers_and_bodies(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    net_reply r;
    const net_header h[] = {
        {S("X-One"),   S("1")},
        {S("X-Empty"), S("") }
    };
    for (size_t i = 0; i < COUNT(methods); i++) {
        net_request q = {.method = methods[i], .headers = h, .n_headers = 2, .bearer = S("tok")};
        if (i) {
            q.body = S("a\0b");
            q.body_type = S("text/x");
        }
        assert_true(send_to("/echo", q, &r));
        assert_int_equal(r.status, 200);
        assert_true(str_starts(r.body, str_fmt(a, "%s /echo HTTP/1.1\r\n", methods[i])));
        assert_non_null(strstr(r.body.p, "\r\nX-One: 1\r\n"));
        assert_non_null(strstr(r.body.p, "\r\nX-Empty:\r\n"));
        assert_non_null(strstr(r.body.p, "\r\nAuthorization: Bearer tok\r\n"));
        if (i) assert_non_null(strstr(r.body.p, "\r\nContent-Type: text/x\r\n"));
        assert_true(str_ends(r.body, i ? S("|a\0b") : S("|")));
        assert_true(str_eqz(net_header_of(&r, "x-two"), "a"));
        assert_null(net_header_of(&r, "x-three").p);
    }
    assert_true(send_to("/echo", (net_request){.body = S("x")}, &r));
    assert_true(str_starts(r.body, S("POST ")));
    assert_true(send_to("/echo", (net_request){0}, &r));
    assert_true(str_starts(r.body, S("GET ")));
}

static void any_status_is_a_reply(void **state)
{
    (void)state;
    int status;
    str reply;
    assert_true(net_post(n, a, url("/conflict"), S("text/plain"), S("x"), &status, &reply, &e));
    assert_int_equal(status, 409);
    assert_true(str_eqz(reply, "12\n"));
}

static void redirects_are_asked_for(void **state)
{
    (void)state;
    net_reply r;
    assert_true(send_to("/redirect", (net_request){0}, &r));
    assert_int_equal(r.status, 302);
    assert_true(str_eqz(net_header_of(&r, "location"), "/echo"));
    struct net *follow, *keep = n;
    assert_true(net_open(a, &(net_options){.redirects = 2}, &follow, &e));
    n = follow;
    assert_true(send_to("/redirect", (net_request){0}, &r));
    assert_int_equal(r.status, 200);
    assert_null(net_header_of(&r, "location").p);
    assert_false(send_to("/to-file", (net_request){0}, &r));
    n = keep;
}

static void large_replies_are_refused(void **state)
{
    (void)state;
    net_reply r;
    assert_false(send_to("/big", (net_request){.max = 99999}, &r));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_true(send_to("/big", (net_request){.max = 100000}, &r));
    assert_int_equal(r.body.n, 100000);
}

static bool count(void *ctx, int status, const void *p, size_t bytes, err *er)
{
    (void)p;
    assert_int_equal(status, 200);
    *(size_t *)ctx += bytes;
    return *(size_t *)ctx <= 100000 || err_set(er, ERR_INVALID, S("x"), S(""), "enough");
}

static void replies_stream_into_a_sink(void **state)
{
    (void)state;
    net_reply r;
    size_t got = 0;
    assert_true(send_to("/big", (net_request){.sink = count, .ctx = &got}, &r));
    assert_int_equal(got, 100000);
    assert_int_equal(r.body.n, 0);
    got = 50000;
    assert_false(send_to("/big", (net_request){.sink = count, .ctx = &got}, &r));
    assert_string_equal(e.msg.p, "enough");
}

static void broken_servers_are_unavailable(void **state)
{
    (void)state;
    net_reply r;
    static const char *const paths[] = {"/cut", "/garbage", "/slow"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_false(send_to(paths[i], (net_request){0}, &r));
        assert_int_equal(e.code, ERR_UNAVAILABLE);
    }
    const net_request q = {.url = S("http://127.0.0.1:1/")};
    assert_false(net_send(n, a, &q, &r, &e));
    assert_int_equal(e.code, ERR_UNAVAILABLE);
}

static void other_addresses_and_headers_are_refused(void **state)
{
    (void)state;
    net_reply r;
    static const char *const bad[] = {
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "http://user:pw@127.0.0.1/", "",
        "http://a\r\nX: y/"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        const net_request q = {.url = str_of(bad[i])};
        assert_false(net_send(n, a, &q, &r, &e));
        assert_int_equal(e.code, ERR_INVALID);
    }
    const net_header h[] = {
        {S("X"),      S("a\r\nY: b")},
        {S("X\r\nY"), S("a")        },
        {S("X:"),     S("a")        }
    };
    for (size_t i = 0; i < COUNT(h); i++) {
        assert_false(send_to("/echo", (net_request){.headers = &h[i], .n_headers = 1}, &r));
        assert_int_equal(e.code, ERR_INVALID);
    }
}

/* ---- TLS, against openssl s_server ------------------------------------------------------- */

static pid_t spawn(const char *const *argv)
{
    pid_t pid;
    char *args[24] = {0};
    for (size_t i = 0; argv[i] && i < COUNT(args) - 1; i++) {
        str s = str_of(argv[i]);
        args[i] = arena_new(a, char, s.n + 1);
        memcpy(args[i], s.p, s.n);
    }
    if (!args[0]) abort();
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
    int bad = posix_spawnp(&pid, args[0], &quiet, NULL, args, environ);
    posix_spawn_file_actions_destroy(&quiet);
    return bad ? -1 : pid;
}

static bool ask_tls(const char *ca, const char *host, int tls_port)
{
    struct net *t;
    net_reply r;
    const net_request q = {.url = str_fmt(a, "https://%s:%d/", host, tls_port)};
    assert_true(net_open(a, &(net_options){.ca_file = ca, .seconds = 3}, &t, &e));
    return net_send(t, a, &q, &r, &e);
}

static void certificates_are_verified(void **state)
{
    (void)state;
    char dir[] = "/tmp/aims-net-XXXXXX";
    assert_non_null(mkdtemp(dir));
    str cert = str_fmt(a, "%s/c.pem", dir), key = str_fmt(a, "%s/k.pem", dir);
    int tls_port = port > 40000 ? port - 1000 : port + 1000, status;
    pid_t pid = spawn((const char *const[]){"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key.p,
                                            "-out", cert.p, "-subj", "/CN=localhost", "-addext",
                                            "subjectAltName=DNS:localhost", NULL});
    if (pid < 0) skip();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    pid = spawn((const char *const[]){"openssl", "s_server", "-accept",
                                      str_fmt(a, "127.0.0.1:%d", tls_port).p, "-cert", cert.p,
                                      "-key", key.p, "-www", NULL});
    bool up = false;
    for (int i = 0; i < 50 && !up; i++) {
        up = ask_tls(cert.p, "localhost", tls_port);
        if (!up) usleep(100000);
    }
    bool stranger = ask_tls(NULL, "localhost", tls_port);
    bool other_name = ask_tls(cert.p, "127.0.0.1", tls_port);
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    unlink(cert.p);
    unlink(key.p);
    rmdir(dir);
    assert_true(up);
    assert_false(stranger);
    assert_false(other_name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_headers_and_bodies),
        cmocka_unit_test(any_status_is_a_reply),
        cmocka_unit_test(redirects_are_asked_for),
        cmocka_unit_test(large_replies_are_refused),
        cmocka_unit_test(replies_stream_into_a_sink),
        cmocka_unit_test(broken_servers_are_unavailable),
        cmocka_unit_test(other_addresses_and_headers_are_refused),
        cmocka_unit_test(certificates_are_verified),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
