# abuse.py - hostile and broken clients: huge, slow, malformed, climbing, too many.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import random
import socket
import sys
import time

import harness
from harness import Admin, Server, call, expect

GIGABYTE = 1_000_000_000
MEGABYTE = 1 << 20


def raw(server, data, timeout=10):
    """Sends bytes as they are; everything that comes back until the server closes."""
    s = server.connect(timeout)
    out = b""
    with contextlib.suppress(OSError):
        s.sendall(data)
    with contextlib.suppress(OSError):
        s.shutdown(socket.SHUT_WR)
    with contextlib.suppress(OSError):
        while chunk := s.recv(65536):
            out += chunk
    s.close()
    return out


def head(admin, method, path, *lines):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost",
                        f"Authorization: Bearer {admin.token}", *lines, "", ""]).encode()


def still_works(admin):
    expect(admin.call("GET", "/api/v1/people"), 200)


def test_gigabyte_is_refused_before_it_is_sent(admin):
    before = admin.server.resident()
    for path, status, token in [("/api/v1/people", b"413", True), ("/api/v1/files", b"401", False),
                                ("/nowhere", b"404", True), ("/api/v1/people/1", b"405", True)]:
        s = admin.server.connect()
        lines = head(admin, "POST", path, "Content-Type: application/json", f"Content-Length: {GIGABYTE}")
        s.sendall(lines if token else lines.replace(b"Bearer ", b"Nobody "))
        assert s.recv(65536).split(b" ")[1] == status, path
        s.close()
    assert admin.server.resident() - before < 8 * MEGABYTE
    still_works(admin)


def pump(s, total, piece):
    """Sends `total` bytes in chunks, as long as the server takes them; how many it took."""
    sent = 0
    frame = b"%x\r\n" % len(piece) + piece + b"\r\n"
    with contextlib.suppress(ConnectionError, socket.timeout):
        while sent < total:
            s.sendall(frame)
            sent += len(piece)
    return sent


def test_endless_chunked_body_is_cut_off(admin):
    before = admin.server.resident()
    s = admin.server.connect()
    s.sendall(head(admin, "POST", "/api/v1/people", "Content-Type: application/json", "Transfer-Encoding: chunked"))
    sent = pump(s, GIGABYTE, b" " * 65536)
    assert sent < 64 * MEGABYTE, sent
    assert admin.server.resident() - before < 16 * MEGABYTE
    s.close()
    still_works(admin)


def test_chunked_body_over_the_limit_is_413(admin):
    body = b'{"name":"' + b"x" * (MEGABYTE + 10) + b'"}'
    s = admin.server.connect()
    s.sendall(head(admin, "POST", "/api/v1/people", "Content-Type: application/json", "Transfer-Encoding: chunked"))
    s.sendall(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    assert s.recv(65536).startswith(b"HTTP/1.1 413")
    s.close()


def test_upload_takes_constant_memory(admin):
    before = admin.server.resident()
    size, piece = 128 * MEGABYTE, os.urandom(65536)
    s = admin.server.connect(60)
    s.sendall(head(admin, "POST", "/api/v1/files?name=big", f"Content-Length: {size}"))
    for _ in range(size // len(piece)):
        s.sendall(piece)
    reply = s.recv(65536)
    assert b" 201 " in reply.split(b"\r\n")[0], reply[:300]
    s.close()
    assert admin.server.resident() - before < 16 * MEGABYTE, admin.server.resident() - before


def test_cut_off_upload_leaves_nothing(_):
    """libmicrohttpd may see the end of a connection only when its timeout is over."""
    server = Server(sys.argv[1], "timeout=1")
    try:
        admin = Admin(server)
        folder = os.path.join(server.folder, "data", "files")
        s = server.connect()
        s.sendall(head(admin, "POST", "/api/v1/files", "Content-Length: 5000000") + b"x" * 300000)
        end = time.time() + 10
        while not any(f for _, _, f in os.walk(folder)):
            assert time.time() < end, "the upload never began"
        s.close()
        while any(f for _, _, f in os.walk(folder)):
            assert time.time() < end, "the half of a file is still there"
            time.sleep(0.05)
        still_works(admin)
    finally:
        server.close()


def test_long_targets_and_heads(admin):
    assert raw(admin.server, head(admin, "GET", "/" + "a" * 40000)).startswith(b"HTTP/1.1 414")
    long_head = head(admin, "GET", "/api/v1/people", *[f"X-{i}: {'y' * 1000}" for i in range(60)])
    assert raw(admin.server, long_head).startswith(b"HTTP/1.1 431")
    expect(admin.call("GET", "/api/v1/people?" + "&".join(f"a{i}=1" for i in range(40))), 400, "invalid", "query")


def test_climbing_paths_stay_inside(admin):
    for path in ["/log/../keys/log.skey", "/log/tile/../../keys/log.skey", "/log/..%2fkeys%2flog.skey",
                 "/log/%2e%2e/keys/log.skey", "/log/tile/0/..%2f..%2f..%2faims.db", "/log//etc/passwd",
                 "/log/tile/0/000%00", "/log/tile//0", "/log/tile/0/", "/log/tile", "/log/x", "/assets/..%2fhttp.h",
                 "/assets/../../etc/passwd", "/../../etc/passwd", "//etc/passwd", "/log/tile/0/x1x"]:
        r = raw(admin.server, head(admin, "GET", path, "Connection: close"))
        assert r.split(b" ")[1] in (b"400", b"404"), (path, r[:200])
        assert b"PRIVATE" not in r and b"root:" not in r


def test_foreign_host_names_are_refused(admin):
    for host in ["evil.example", "evil.example:8042", "localhost.evil.example", "", "169.254.169.254", "[::2]:80"]:
        r = call(admin.server, "GET", "/", headers={"Host": host})
        expect(r, 403, "denied", "Host")
    for host in ["localhost", "127.0.0.1:1", "[::1]:8042", "localhost:8042"]:
        expect(call(admin.server, "GET", "/", headers={"Host": host}), 200)


def test_garbage_gets_no_crash(admin):
    seed = random.Random(7)
    pieces = [b"GET ", b"POST ", b"/api/v1/people", b" HTTP/1.1\r\n", b"\r\n", b"Host: localhost\r\n", b"\0", b"\xff\xfe",
              b"Content-Length: -1\r\n", b"Content-Length: 5\r\n", b"Content-Length: 18446744073709551617\r\n",
              b"Transfer-Encoding: chunked\r\n", b"zz\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"%", b"%zz", b"?a=%ff",
              b"Expect: 100-continue\r\n", b"Cookie: aims_session=\r\n", b"Authorization: Bearer\r\n", b":\r\n", b" \r\n"]
    for _ in range(400):
        raw(admin.server, b"".join(seed.choice(pieces) for _ in range(seed.randint(1, 14))), 3)
    still_works(admin)


def test_two_lengths_are_refused(admin):
    for lines in [("Content-Length: 5", "Content-Length: 6"), ("Content-Length: x",), ("Content-Length: -1",)]:
        r = raw(admin.server, head(admin, "POST", "/api/v1/people", "Content-Type: application/json", *lines) + b"{}   ")
        assert not r.startswith(b"HTTP/1.1 2"), (lines, r[:100])


def test_slow_and_silent_clients_are_cut_off(admin):
    server = Server(sys.argv[1], "timeout=1")
    try:
        silent, dripping = server.connect(), server.connect()
        begin = time.time()
        dripping.settimeout(0.2)
        cut = None
        while cut is None and time.time() - begin < 15:
            try:
                dripping.send(b"GET / HTTP/1.1\r\n"[:1] if time.time() - begin < 0.3 else b"a")
                if dripping.recv(100) is not None:
                    cut = time.time() - begin
            except socket.timeout:
                continue
            except ConnectionError:
                cut = time.time() - begin
        assert cut and cut < 10, cut
        silent.settimeout(10)
        assert silent.recv(100) == b""
        expect(call(server, "GET", "/healthz"), 200)
    finally:
        server.close()


def test_connections_of_one_address_are_limited(admin):
    server = Server(sys.argv[1], "per_address=5")
    try:
        many = [server.connect(2) for _ in range(12)]
        answered = 0
        for s in many:
            with contextlib.suppress(ConnectionError, socket.timeout):
                s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answered += s.recv(100).startswith(b"HTTP/1.1 200")
        assert 1 <= answered <= 5, answered
        for s in many:
            s.close()
        time.sleep(0.2)
        expect(call(server, "GET", "/healthz"), 200)
    finally:
        server.close()


@contextlib.contextmanager
def admin_of_server():
    server = Server(sys.argv[1])
    try:
        yield Admin(server)
        assert server.process.poll() is None, server.log()
    finally:
        server.close()


if __name__ == "__main__":
    harness.run(globals(), admin_of_server)
