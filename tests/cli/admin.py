# admin.py - settings and where they come from, backups made by the server, and what comes of them.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import harness


def ask(server, token, method, path, body=None):
    """One request; gives status and JSON."""
    data = None if body is None else json.dumps(body).encode()
    r = urllib.request.Request(f"{server.url}/api/v1{path}", data, method=method,
                               headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(r, timeout=30) as reply:
            return reply.status, json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read())


def administrator(aims, can="read,edit,approve,measure,audit,admin"):
    aims("user", "add", "eva", "--role", "administrator")
    return aims.json("token", "add", "t", "--can", can, "--as", "eva")["token"]


def settings(server, token):
    status, reply = ask(server, token, "GET", "/settings")
    assert status == 200, reply
    return {x["name"]: x for x in reply["items"]}


def test_where_settings_come_from(t):
    aims = t.fresh()
    token = administrator(aims)
    with harness.serving(t.aims.with_env(aims_timeout="45", aims_listen="127.0.0.1:1"), aims.folder) as server:
        s = settings(server, token)
        assert (s["timeout"]["value"], s["timeout"]["source"]) == ("45", "environment"), s["timeout"]
        assert (s["listen"]["value"], s["listen"]["source"]) == ("127.0.0.1:0", "flag"), s["listen"]
        assert (s["connections"]["value"], s["connections"]["source"]) == ("1000", "default"), s["connections"]
        with open(f"{aims.folder}/endpoints.txt", "w", encoding="utf-8") as f:
            f.write("# who may be asked\nhttps://models.example/v2  token_file=/etc/secret\n\n")
        s = settings(server, token)
        assert (s["endpoints.txt"]["value"], s["endpoints.txt"]["source"]) == ("1", "file"), s
        assert "secret" not in json.dumps(s)
        helped = " ".join(t.aims("serve", "--help").out.split())
        for x in s.values():
            if x["kind"] == "start":
                assert f"--{x['name']}" in helped and x["doc"] in helped and x["environment"] in helped, x
            status, problem = ask(server, token, "PATCH", f"/settings/{x['name']}", {"value": "1"})
            assert (status == 409) == (x["kind"] != "live"), (x, status, problem)
    for name, value in [("AIMS_TIMEOUT", "0"), ("AIMS_TIMEOUT", "soon"), ("AIMS_CONNECTIONS", "100001"),
                        ("AIMS_BEHIND_TLS", "maybe")]:
        done = t.aims.with_env(**{name.lower(): value})("serve", aims.folder, code=2)
        assert "[usage" in done.err and "hint: " in done.err, done
    t.aims.refuses("serve", aims.folder, "--timeout", "x", code=2, name="usage", path="timeout")


def test_a_live_setting(t):
    aims = t.fresh()
    token = administrator(aims)
    reader = aims.json("token", "add", "r", "--can", "read,edit,approve,measure,audit", "--as", "eva")["token"]
    with harness.serving(t.aims, aims.folder) as server:
        remote = t.aims.with_env(aims_url=server.url, aims_token=token)
        assert remote.json("setting", "set", "session-hours", "8")["value"] == "8"
        for bad in ["0", "721", "8.5", "", " 8", "eight", "99999999999999999999"]:
            remote.refuses("setting", "set", "session-hours", bad, code=3, name="invalid", path="value")
        remote.refuses("setting", "set", "session-ours", "8", code=4, name="not_found", path="name")
        for method, path in [("GET", "/settings"), ("GET", "/storage"), ("GET", "/backups"), ("POST", "/backups")]:
            assert ask(server, reader, method, path)[0] == 403, path
        status, _ = ask(server, reader, "POST", "/jobs", {"kind": "backup", "payload": {}})
        assert status == 403
        assert settings(server, token)["session-hours"]["source"] == "store"
    rows = {x["name"]: x for x in aims.json("setting", "list")["items"]}
    assert rows["session-hours"]["value"] == "8" and "listen" not in rows, rows  # no server, no start
    acts = [x["leaf"] for x in aims.json("log", "list", "--limit", "500")["items"]]
    said = [a["detail"] for a in acts if a["act"] == "setting.set"]
    assert said == [{"name": "session-hours", "from": 12, "to": 8}], said


def log_in(server, name, password):
    body = json.dumps({"name": name, "password": password}).encode()
    r = urllib.request.Request(f"{server.url}/api/v1/sessions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(r, timeout=30) as reply:
        return reply.headers["Set-Cookie"].split(";")[0]


def inside(server, cookie):
    r = urllib.request.Request(f"{server.url}/api/v1/sessions/me", headers={"Cookie": cookie})
    try:
        with urllib.request.urlopen(r, timeout=30) as reply:
            return reply.status == 200
    except urllib.error.HTTPError as e:
        assert e.code == 401, e
        return False


def at(hour):
    return {"aims_clock": f"2030-01-01T{hour:02}:00:00Z"}


def test_sessions_end_as_set(t):
    """The clock of the server stands, at another hour each time it starts."""
    aims = t.fresh()
    with harness.serving(t.aims.with_env(**at(1)), aims.folder) as server:
        body = json.dumps({"code": server.code, "password": "correct horse battery"}).encode()
        r = urllib.request.Request(f"{server.url}/api/v1/sessions/redeem", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(r, timeout=30).close()
        plain = log_in(server, "admin", "correct horse battery")
    aims.with_env(**at(1))("setting", "set", "session-idle", "1440")
    with harness.serving(t.aims.with_env(**at(1)), aims.folder) as server:
        longer = log_in(server, "admin", "correct horse battery")
    with harness.serving(t.aims.with_env(**at(4)), aims.folder) as server:
        assert not inside(server, plain), "an hour without use is over"
        assert inside(server, longer)
    aims.with_env(**at(4))("setting", "set", "session-hours", "3")
    with harness.serving(t.aims.with_env(**at(4)), aims.folder) as server:
        assert not inside(server, longer), "three hours are over, whatever was promised"


def finished(server, token, job):
    end = time.time() + 60
    while job["state"] in ("queued", "running"):
        assert time.time() < end, job
        time.sleep(0.1)
        job = ask(server, token, "GET", f"/jobs/{job['id']}")[1]
    return job


def everything(aims):
    types = ["person", "system", "control", "plan", "document"]
    return {n: sorted(aims("export", n).out.splitlines()) for n in types}


def test_a_backup_by_the_server(t):
    aims = t.fresh()
    token = administrator(aims)
    harness.add_system(aims)
    with open(t.path("file"), "wb") as f:
        f.write(os.urandom(300000))
    sha = aims.json("file", "put", t.path("file"))["sha256"]
    before = everything(aims)
    backups = t.path("elsewhere")
    with harness.serving(t.aims.with_env(aims_backups=backups), aims.folder) as server:
        assert ask(server, token, "POST", "/jobs", {"kind": "backup", "payload": {"x": 1}})[0] == 400
        status, job = ask(server, token, "POST", "/backups")
        assert status == 202, job
        job = finished(server, token, job)
        assert job["state"] == "done" and job["progress"] == 1, job
        made = job["result"]
        remote = t.aims.with_env(aims_url=server.url, aims_token=token)
        remote("person", "add", "--name", "too late")
        listed = ask(server, token, "GET", "/backups")[1]
        assert listed["folder"] == backups and [x["name"] for x in listed["items"]] == [made["name"]], listed
        assert {k: listed["items"][0][k] for k in made} == made, (listed, made)
        storage = ask(server, token, "GET", "/storage")[1]
        assert storage["kind"] == "sqlite" and storage["files"] == 1 and storage["file_bytes"] == 300000, storage
        assert {x["type"]: x["count"] for x in storage["records"]}["control"] == 38, storage
        assert storage["wal_bytes"] > 0 and 0 < storage["disk_free"] <= storage["disk_size"], storage
    copy = os.path.join(backups, made["name"])
    assert os.listdir(backups) == [made["name"]] and os.stat(copy).st_mode & 0o777 == 0o700
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=copy, check=True)
    sums = subprocess.run(["sha256sum", "SHA256SUMS"], cwd=copy, check=True, capture_output=True, text=True).stdout
    assert sums.split()[0] == made["sha256"]
    acts = [x["leaf"] for x in aims.json("log", "list", "--limit", "500")["items"]]
    assert [a["detail"]["result"] for a in acts if a["act"] == "job.done"] == [made], acts

    t.aims("restore", copy, t.path("new"))
    new = t.aims.with_env(aims_data=t.path("new"))
    assert everything(new) == before
    new("log", "verify")
    new("doctor", "--complete")
    new("file", "get", sha, t.path("again"))
    with open(t.path("file"), "rb") as a, open(t.path("again"), "rb") as b:
        assert a.read() == b.read()

    sealed = f"{copy}/files/{sha[:2]}/{sha[2:]}"
    with open(sealed, "rb") as f:
        good = f.read()
    with open(sealed, "r+b") as f:
        f.write(b"damage")
    problem = t.aims.refuses("restore", copy, t.path("bad"), code=1, name="damaged", path=f"files/{sha[:2]}/{sha[2:]}")
    assert "do not use" in problem["message"] and not os.path.exists(t.path("bad")), problem
    with open(sealed, "wb") as f:
        f.write(good)
    with open(f"{copy}/SHA256SUMS", "r+b") as f:
        size = f.seek(0, os.SEEK_END)
        for line in [b"0" * 64 + b"  ../../../etc/passwd\n", b"0" * 64 + b"  /etc/passwd\n", b"nonsense\n", b"\n"]:
            f.truncate(size)
            f.seek(size)
            f.write(line)
            f.flush()
            t.aims.refuses("restore", copy, t.path("bad"), code=1, name="damaged", path="SHA256SUMS")


def test_a_backup_that_cannot_be_made(t):
    aims = t.fresh()
    token = administrator(aims)
    for inside_of in ["copy", "log/copy", "keys/copy"]:
        aims.refuses("backup", f"{aims.folder}/{inside_of}", code=3, name="invalid")
    os.mkdir(f"{aims.folder}/backups")
    aims("backup", f"{aims.folder}/backups/by-hand")
    with open(t.path("no-folder"), "w", encoding="utf-8"):
        pass
    with harness.serving(t.aims.with_env(aims_backups=t.path("no-folder")), aims.folder) as server:
        job = ask(server, token, "POST", "/backups")[1]
        end = time.time() + 30
        while not job.get("error"):
            assert time.time() < end, job
            time.sleep(0.1)
            job = ask(server, token, "GET", f"/jobs/{job['id']}")[1]
        assert job["error"]["hint"] and job["state"] in ("queued", "failed"), job
    with harness.serving(t.aims, aims.folder) as server:
        names = [x["name"] for x in ask(server, token, "GET", "/backups")[1]["items"]]
        assert names == ["by-hand"], names
        status, job = ask(server, token, "POST", "/backups")
        assert status == 202
        job = finished(server, token, job)
        assert job["state"] == "done", job
    copy = f"{aims.folder}/backups/{job['result']['name']}"
    assert not os.path.exists(f"{copy}/backups"), "a backup in a backup"


harness.run(globals())
