# walk.py - walks the API as it describes itself: 401, 403, 400 with a path, replies that fit.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import gzip
import hashlib
import re
import sys

import harness
from harness import Admin, Server, call, expect

try:
    import jsonschema
except ImportError:
    print("SKIP: python3-jsonschema is not installed")
    sys.exit(harness.SKIP)

FIXTURES = {  # one record of each type that people write, in an order that references allow
    "people": {"name": "Ann"},
    "organisations": {"name": "Lender", "scope": "all lending"},
    "suppliers": {"name": "Cloud", "service": "hosting"},
    "datasets": {"name": "loans", "personal_data": "none"},
    "models": {"name": "scorer"},
    "systems": {"name": "loan scoring", "owner": "Ann", "purpose": "decides", "stage": "inception",
                "in_scope": True},
    "risks": {"name": "unfair", "owner": "Ann", "likelihood": 2, "impact_organisation": 2,
              "impact_individuals": 3, "impact_society": 1, "status": "open"},
    "documents": {"name": "AI policy", "kind": "policy_document", "edition": "1", "owner": "Ann",
                  "body": "We care."},
    "findings": {"name": "late review", "grade": "observation", "status": "open",
                 "controls": ["A.2.2"]},
}
FILE = b"some evidence"
EXAMPLES = {  # values of path parts, by what stands before them
    "leaves": "0", "frameworks": "iso42001-2023", "requirements": "A.2.2", "crosswalk": "A.2.2",
    "entries": "A.2.2", "vocabularies": "stages", "measurements": "bias_fairness_test",
    "evidence-kinds": "policy_document", "files": hashlib.sha256(FILE).hexdigest(), "jobs": "1",
    "accounts": "admin", "tokens": "1", "ui": "map", "settings": "session-hours",
}


class World:
    def __init__(self, server):
        self.admin = Admin(server)
        self.server = server
        self.doc = expect(call(server, "GET", "/api/v1/openapi.json"), 200).json
        self.reader = self.admin.new_token(["read"])
        self.auditor = self.admin.new_token(["audit"])
        self.operations = [(path, method.upper(), op) for path, item in self.doc["paths"].items()
                           for method, op in item.items()]
        expect(call(server, "POST", "/api/v1/files?name=x.txt", FILE, self.admin.token), 201)
        for plural, body in FIXTURES.items():
            if plural in self.plurals():
                self.admin.add(plural, body)

    def plurals(self):
        return {p.split("/")[3] for p in self.doc["paths"] if p.endswith("/{id}/history")}

    def may_be_empty(self):
        """Types without a fixture: what only the program writes, and what needs a model or data."""
        return {"jobs"} | (self.plurals() - set(FIXTURES))

    def schema(self, schema):
        return {**schema, "components": self.doc["components"]}

    def script(self):
        """Address of the page's script: its name holds its hash."""
        return re.search(r'src="(/assets/[^"]+)"', call(self.server, "GET", "/").body.decode())[1]

    def fill(self, path):
        if path == "/log/{path}":  # the newest partial tile is the one of the checkpoint's size
            size = int(call(self.server, "GET", "/log/checkpoint").body.split(b"\n")[1])
            return f"/log/tile/0/{size // 256:03}.p/{size % 256}"
        if path == "/assets/{name}":
            return self.script()
        parts = path.split("/")
        for i, part in enumerate(parts):
            if part.startswith("{"):
                before = next(p for p in reversed(parts[:i]) if not p.startswith("{"))
                parts[i] = EXAMPLES.get(before, "1") if "catalog" in path or before not in self.plurals() else "1"
        return "/".join(parts)

    def send(self, path, method, op, token, body=None):
        headers = {"If-Match": '"1"'}
        if "requestBody" in op:
            kind = next(iter(op["requestBody"]["content"]))
            headers["Content-Type"] = kind
            body = {} if body is None and kind == "application/json" else body or b""
        return call(self.server, method, self.fill(path), body, token, headers)


def is_public(op):
    return op["security"] == []


def test_table_is_complete(w):
    assert len(w.operations) > 100, len(w.operations)
    ids = [op["operationId"] for _, _, op in w.operations]
    assert len(set(ids)) == len(ids), sorted(i for i in ids if ids.count(i) > 1)
    for plural in FIXTURES:
        assert plural in w.plurals(), plural


def test_no_credentials_is_401(w):
    seen = 0
    for path, method, op in w.operations:
        if is_public(op):
            continue
        r = w.send(path, method, op, None)
        expect(r, 401, "unauthenticated")
        assert r.headers["WWW-Authenticate"] == "Bearer"
        seen += 1
    assert seen > 100
    for token in ["aims_" + "A" * 43, "nonsense", ""]:
        expect(call(w.server, "GET", "/api/v1/systems", headers={"Authorization": f"Bearer {token}"}),
               401, "unauthenticated")
    expect(call(w.server, "GET", "/api/v1/systems", headers={"Cookie": "aims_session=x"}), 401,
           "unauthenticated")


def test_no_capability_is_403(w):
    seen = 0
    for path, method, op in w.operations:
        cap = op.get("x-aims-capability")
        if not cap:
            continue
        expect(w.send(path, method, op, w.auditor if cap == "read" else w.reader), 403, "denied")
        seen += 1
    assert seen > 100
    log = [x["leaf"] for x in harness.leaves(w.admin)]
    assert sum(1 for x in log if x["act"] == "access.denied") == seen, "every denial is on the log"


def resolve(w, schema):
    while "$ref" in schema:
        schema = w.doc["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def test_empty_body_is_400_with_path(w):
    seen = 0
    for path, method, op in w.operations:
        body = op.get("requestBody", {}).get("content", {}).get("application/json")
        if not body or not resolve(w, body["schema"]).get("required"):
            continue
        token = None if is_public(op) else w.admin.token
        if "tokens" in path or "/me/" in path:  # only a session may; that is asked of one elsewhere
            r = w.admin.session(method, path, {})
        else:
            r = w.send(path, method, op, token)
        problem = expect(r, 400, "invalid").json
        assert problem["path"] in resolve(w, body["schema"])["required"], (path, problem)
        assert problem["hint"], problem
        seen += 1
    assert seen > 18, seen


def test_replies_fit_their_schema(w):
    seen = 0
    for path, method, op in w.operations:
        if method != "GET" or path == "/api/v1/events":
            continue
        r = w.send(path, method, op, w.admin.token)
        if r.status == 404 and "/{id}" in path and path.split("/")[3] in w.may_be_empty():
            expect(r, 404, "not_found")
            continue
        expect(r, 200)
        kind, content = next(iter(op["responses"]["200"]["content"].items()))
        assert r.headers["Content-Type"].split(";")[0] in (kind, "text/javascript"), (path, kind, r.headers)
        if "schema" in content:
            jsonschema.Draft202012Validator(w.schema(content["schema"])).validate(r.json)
            seen += 1
    assert seen > 45, seen


def check_reply(w, method, template, path, body=None, headers=None, session=False):
    """Sends one change; the reply must have the status and the shape that the document promises."""
    op = w.doc["paths"][template][method.lower()]
    r = (w.admin.session if session else w.admin.call)(method, path, body, headers)
    status = next(s for s in op["responses"] if s != "default")
    expect(r, int(status))
    content = op["responses"][status].get("content", {}).get("application/json")
    if content:
        jsonschema.Draft202012Validator(w.schema(content["schema"])).validate(r.json)
    else:
        assert r.body == b""
    return r


def test_replies_to_changes_fit_their_schema(w):
    api, seen = "/api/v1", 0
    for plural, body in FIXTURES.items():
        again = {k: f"{v} again" if k == "name" else v for k, v in body.items()}
        r = check_reply(w, "POST", f"{api}/{plural}", f"{api}/{plural}", again)
        one = f"{api}/{plural}/{{id}}"
        at, tag = r.headers["Location"], {"If-Match": r.headers["ETag"]}
        tag = {"If-Match": check_reply(w, "PATCH", one, at, {"name": "new " + again["name"]}, tag).headers["ETag"]}
        check_reply(w, "DELETE", one, at, headers=tag)
        seen += 1
    check_reply(w, "POST", api + "/accounts", api + "/accounts", {"name": "eng", "role": "engineer"})
    check_reply(w, "PATCH", api + "/accounts/{name}", api + "/accounts/eng", {"role": "operator"})
    check_reply(w, "POST", api + "/accounts/{name}/reset", api + "/accounts/eng/reset")
    token = {"name": "x", "capabilities": ["read"], "expires_at": harness.tomorrow()}
    made = check_reply(w, "POST", api + "/tokens", api + "/tokens", token, session=True).json
    check_reply(w, "DELETE", api + "/tokens/{id}", f"{api}/tokens/{made['id']}")
    mine = {"password": harness.PASSWORD}
    check_reply(w, "POST", api + "/me/totp", api + "/me/totp", mine, session=True)
    local = {"Host": f"localhost:{w.server.port}"}
    check_reply(w, "POST", api + "/me/passkeys/challenge", api + "/me/passkeys/challenge", mine, local, session=True)
    check_reply(w, "POST", api + "/sessions/challenge", api + "/sessions/challenge", headers=local)
    check_reply(w, "DELETE", api + "/accounts/{name}/factors", api + "/accounts/eng/factors")
    check_reply(w, "POST", api + "/files", api + "/files?name=y", b"other evidence")
    person = w.admin.add("people", {"name": "Erased", "email": "e@example.org"})["id"]
    check_reply(w, "POST", api + "/people/{id}/erase", f"{api}/people/{person}/erase")
    login = {"name": "admin", "password": harness.PASSWORD}
    check_reply(w, "POST", api + "/sessions", api + "/sessions", login)
    assert seen == len(FIXTURES)


def test_head_is_get_without_body(w):
    for path, method, op in w.operations:
        if method != "GET" or path == "/api/v1/events":
            continue
        head = call(w.server, "HEAD", w.fill(path), token=w.admin.token)
        get = call(w.server, "GET", w.fill(path), token=w.admin.token)
        assert (head.status, head.body) == (get.status, b""), path
        assert head.headers["Content-Type"] == get.headers["Content-Type"], path


def test_other_methods_are_405(w):
    methods = {"GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE", "BREW"}
    by_path = {}
    for path, method, _ in w.operations:
        by_path.setdefault(path, set()).add(method)
    for path, known in by_path.items():
        if "/{" in path and path.startswith("/log/"):
            continue
        for method in sorted(methods - known):
            r = expect(call(w.server, method, w.fill(path), token=w.admin.token), 405, "method")
            allowed = set(r.headers["Allow"].split(", "))
            assert known <= allowed and method not in allowed, (path, allowed)


def test_security_headers(w):
    cached = {"/": "no-cache", "/setup?code=x": "no-cache", w.script(): "public, max-age=31536000, immutable"}
    for path in [*cached, "/api/v1/about", "/nowhere", "/assets/none.js"]:
        h = call(w.server, "GET", path, token=w.admin.token).headers
        assert h["X-Content-Type-Options"] == "nosniff", path
        assert h["Cache-Control"] == cached.get(path, "no-store"), path
        assert "frame-ancestors 'none'" in h["Content-Security-Policy"]
        assert "unsafe" not in h["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in h
    page = call(w.server, "GET", "/").body.decode()
    assert "<script type=\"module\" src=" in page and "onclick" not in page and "style=" not in page
    assert page == call(w.server, "GET", "/ui/systems/3?q=x").body.decode(), "every view is the same shell"


def test_the_page_is_compressed_and_kept(w):
    plain = call(w.server, "GET", w.script())
    packed = call(w.server, "GET", w.script(), headers={"Accept-Encoding": "deflate, gzip;q=0.5"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    brotli = call(w.server, "GET", w.script(), headers={"Accept-Encoding": "gzip, br"})
    assert brotli.headers["Content-Encoding"] == "br" and len(brotli.body) < len(packed.body)
    refused = call(w.server, "GET", w.script(), headers={"Accept-Encoding": "br;q=0"})
    assert "Content-Encoding" not in refused.headers and refused.body == plain.body
    again = call(w.server, "GET", "/", headers={"If-None-Match": call(w.server, "GET", "/").headers["ETag"]})
    assert again.status == 304 and not again.body
    assert "script-src 'self'" in again.headers["Content-Security-Policy"], "it replaces the kept one"


@contextlib.contextmanager
def world():
    server = Server(sys.argv[1])
    try:
        yield World(server)
    finally:
        server.close()


if __name__ == "__main__":
    harness.run(globals(), world)
