# harness.py - what the HTTP tests share: a real server in a scratch directory, and a plain client.
# SPDX-License-Identifier: Apache-2.0
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

PASSWORD = "correct horse battery"
ALL = ["read", "edit", "approve", "measure", "audit", "admin"]
SKIP = 77


def tomorrow():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """serve_main on a fresh data directory; `store` as for `aims init --store`."""

    def __init__(self, program, *options, store=None, folder=None):
        self.program, self.options, self.store = program, options, store or ""
        self.folder = folder or tempfile.mkdtemp(prefix="aims-http-")
        self.start()

    def start(self):
        self.errors = open(os.path.join(self.folder, "stderr.txt"), "a+", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.program, os.path.join(self.folder, "data"), self.store, *self.options],
            stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise SystemExit(f"the server did not start: {self.log()}")
        self.first = json.loads(line)
        self.port = int(self.first["url"].rsplit(":", 1)[1])

    def log(self):
        self.errors.flush()
        with open(self.errors.name, encoding="utf-8") as f:
            return f.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(20)
        self.process.stdout.close()
        self.errors.close()
        return code

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def close(self):
        code = self.process.poll()
        if code is None:
            code = self.stop()
        with open(os.path.join(self.folder, "stderr.txt"), encoding="utf-8") as f:
            log = f.read()
        shutil.rmtree(self.folder)
        assert code == 0, f"the server ended with {code}: {log[-3000:]}"
        assert " error " not in log, f"the server logged errors: {log[-3000:]}"

    def connect(self, timeout=20):
        return socket.create_connection(("127.0.0.1", self.port), timeout)


def call(server, method, path, body=None, token=None, headers=None):
    """One request over a connection of its own. body: bytes as they are, else sent as JSON."""
    c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    h = dict(headers or {})
    if token:
        h["Authorization"] = f"Bearer {token}"
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        h.setdefault("Content-Type", "application/json")
    try:
        c.request(method, path, body, h)
        r = c.getresponse()
        return Reply(r.status, r.headers, r.read())
    finally:
        c.close()


def expect(reply, status, code=None, path=None):
    assert reply.status == status, f"wanted {status}, got {reply.status}: {reply.body[:500]!r}"
    if code:
        assert reply.headers["Content-Type"] == "application/problem+json", reply.headers
        problem = reply.json
        assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "path", "hint"}
        assert problem["code"] == code and problem["status"] == status, problem
        assert path is None or problem["path"] == path, problem
    return reply


class Admin:
    """Redeems the first link and keeps a session and a token for everything."""

    def __init__(self, server):
        self.server = server
        r = expect(call(server, "POST", "/api/v1/sessions/redeem",
                        {"code": server.first["code"], "password": PASSWORD}), 201)
        self.csrf = r.json["csrf"]
        self.cookie = r.headers["Set-Cookie"].split(";")[0]
        self.token = self.new_token(ALL)

    def session(self, method, path, body=None, headers=None):
        h = {"Cookie": self.cookie, "X-CSRF-Token": self.csrf, **(headers or {})}
        return call(self.server, method, path, body, headers=h)

    def new_token(self, capabilities):
        body = {"name": "test", "capabilities": capabilities, "expires_at": tomorrow()}
        return expect(self.session("POST", "/api/v1/tokens", body), 201).json["token"]

    def call(self, method, path, body=None, headers=None):
        return call(self.server, method, path, body, self.token, headers)

    def add(self, plural, body):
        return expect(self.call("POST", f"/api/v1/{plural}", body), 201).json


def some_system(admin, name="loan scoring"):
    owner = admin.add("people", {"name": f"owner of {name}"})["id"]
    return admin.add("systems", {"name": name, "owner": owner, "purpose": "decides",
                                 "stage": "inception", "in_scope": True})


def leaves(admin):
    """All leaves of the log, oldest first."""
    items, start = [], 0
    while start is not None:
        page = expect(admin.call("GET", f"/api/v1/log/leaves?from={start}&limit=500"), 200).json
        items += page["items"]
        start = page["next_from"]
    return items


def sha256_field(digest):
    return "sha-256=:" + base64.b64encode(digest).decode() + ":"


def run(namespace, fixture):
    """Runs every test_ function of a module with fixture(): a context manager's value."""
    tests = [(n, f) for n, f in namespace.items() if n.startswith("test_")]
    failed = 0
    with fixture() as given:
        for name, test in tests:
            try:
                test(given)
                print(f"ok {name}")
            except Exception:
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(file=sys.stdout)
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not tests else 0)
