# run.py - the story of the product on one store: from `init` to a bag that a stranger verifies.
# SPDX-License-Identifier: Apache-2.0
# usage: run.py AIMS SOURCE_ROOT   (PostgreSQL when AIMS_TEST_PG is set, else SQLite)
import base64
import http.client
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import harness
from stores import PostgreSQL, SQLite

PASSWORD = "correct horse battery"
NEEDED = ["sh", "bash", "cat", "sha256sum", "cut", "sort", "cmp", "comm", "head", "tail", "wc", "tr", "od", "dd",
          "base64", "mktemp", "rm", "dirname", "realpath", "openssl", "basename", "uniq", "printf", "expr", "test",
          "cp", "mv", "mkdir", "tac", "seq", "fold", "basenc", "echo", "true", "false"]


def ask(server, method, path, body=None, headers=None):
    at = urllib.parse.urlparse(server.url)
    c = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    data = None if body is None else json.dumps(body)
    c.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    assert r.status < 300, (method, path, r.status, text)
    return r, json.loads(text) if text else None


class Person:
    """Somebody with a browser: the one-time link becomes a session."""

    def __init__(self, server, code):
        r, body = ask(server, "POST", "/api/v1/sessions/redeem", {"code": code, "password": PASSWORD})
        self.server, self.name = server, body["account"]
        self.headers = {"Cookie": r.headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": body["csrf"]}

    def ask(self, method, path, body=None):
        return ask(self.server, method, path, body, self.headers)[1]

    def token(self, *capabilities):
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
        made = self.ask("POST", "/api/v1/tokens",
                        {"name": "shell", "capabilities": capabilities, "expires_at": end})
        return made["token"]


class Listener(threading.Thread):
    """Reads server-sent events until it saw the wanted act."""

    def __init__(self, server, token, act):
        super().__init__(daemon=True)
        at = urllib.parse.urlparse(server.url)
        self.act, self.seen = act, None
        self.connection = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
        self.connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        self.reply = self.connection.getresponse()
        assert self.reply.status == 200, self.reply.status
        self.start()

    def run(self):
        for line in self.reply:
            if line.startswith(b"data:") and json.loads(line[5:]).get("act") == self.act:
                self.seen = json.loads(line[5:])
                return


class Story:
    def __init__(self, program, source, store, folder):
        self.aims, self.source, self.store, self.folder = harness.Aims(program), source, store, folder
        self.data = os.path.join(folder, "data")
        self.server = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def remote(self, token):
        return self.aims.with_env(aims_url=self.server.url, aims_token=token)

    def local(self):
        return self.aims.with_env(aims_data=self.data)

    # ---- the parts of the story, in order ----

    def begin(self):
        self.aims("init", self.data, "--origin", "example.org/e2e", *self.store.options())
        self.start()
        assert self.server.code, "the first start gives no link"
        self.admin = Person(self.server, self.server.code)
        assert self.admin.name == "admin"
        self.vkey = self.remote(self.admin.token("read")).json("log", "checkpoint")["vkey"]

    def start(self):
        self.server = harness.Server(self.aims, self.data)

    def stop(self):
        code, err = self.server.stop()
        assert code == 0, (code, err)

    def accounts(self):
        boss = self.remote(self.admin.token("read", "edit", "approve", "measure", "audit", "admin"))
        people = {}
        for name, role in (("lena", "lead"), ("enzo", "engineer")):
            people[name] = Person(self.server, boss.json("user", "add", name, "--role", role)["code"])
        boss.refuses("user", "add", "aldo", "--role", "auditor", code=3, name="invalid")
        code = boss.json("user", "add", "aldo", "--role", "auditor", "--until", "2099-01-01")["code"]
        people["aldo"] = Person(self.server, code)
        self.boss = boss
        self.lead = self.remote(people["lena"].token("read", "edit", "approve"))
        self.ci = self.remote(people["enzo"].token("read", "measure"))
        self.auditor = self.remote(people["aldo"].token("read", "audit"))

    def register(self):
        harness.add_system(self.lead)
        for control in ("A.5.4", "A.6.2.4"):
            self.lead("control", "set", control, "--reason", "we decide on loans", "--implementation",
                      "implemented", "--owner", "Ada Lovelace")
        harness.add_plan(self.lead)
        self.ci.refuses("system", "add", "--name", "x", code=6, name="denied")
        self.auditor.refuses("system", "set", "loan scoring", "--purpose", "none", code=6, name="denied")
        assert self.standing("A.5.4") == "declared", self.standing("A.5.4")

    def standing(self, control):
        soa = self.lead("soa", "--format", "json").json
        return next(x for x in soa["controls"] if x["control"] == control)["status"]

    def measure(self):
        listener = Listener(self.server, self.ci.env["AIMS_TOKEN"], "measurement.add")
        fair = harness.write_csv(self.path("fair.csv"), gap=0.0)
        unfair = harness.write_csv(self.path("unfair.csv"), gap=0.35)
        words = ("assess", "bias_fairness_test", "--system", "loan scoring", "--data")
        self.ci(*words, fair)
        listener.join(20)
        assert listener.seen and listener.seen["type"] == "measurement", listener.seen
        assert self.standing("A.5.4") == "proven", self.standing("A.5.4")
        assert self.lead.json("finding", "list")["items"] == []
        self.old = self.path("old.checkpoint")
        with open(self.old, "w", encoding="utf-8") as f:
            f.write(self.auditor.json("log", "checkpoint")["checkpoint"])
        self.ci(*words, unfair, code=1)
        assert self.standing("A.5.4") == "failing", self.standing("A.5.4")
        findings = self.lead.json("finding", "list")["items"]
        assert len(findings) == 1 and findings[0]["status"] == "open", findings
        trail = next(x for x in self.lead("soa", "--format", "json").json["controls"]
                     if x["control"] == "A.5.4")["trail"]
        assert any(t["plan"] == "fairness" and t["verdict"] == "fail" and t["leaf"] > 0 for t in trail), trail

    def carry_out(self, plan):
        """The plan as a job of the server; gives the measurement it became."""
        job = self.ci.json("job", "add", "--plan", plan)
        for _ in range(150):
            job = self.ci.json("job", "show", job["id"])
            if job["state"] in ("done", "failed", "cancelled"):
                break
            time.sleep(0.2)
        assert job["state"] == "done", job
        return self.lead.json("measurement", "show", job["result"]["measurement"])

    def plan(self, name, kind, parameters, limits, *more):
        self.lead("plan", "add", "--name", name, "--kind", kind, "--system", "loan scoring", "--parameters",
                  json.dumps(parameters), "--limits", limits, "--fresh-days", 30, "--active", "yes", *more)

    def drift(self):
        """What came in last is held against reference data that the plan names."""
        before = self.standing("A.6.2.6")
        for name, gap in (("then", 0.0), ("same", 0.0), ("moved", 0.35)):
            path = harness.write_csv(self.path(f"{name}.csv"), gap=gap, rows=2000, seed=len(name))
            self.lead("dataset-version", "add", "--name", name, "--dataset", "applications", "--edition", name,
                      "--file-sha256", self.lead.json("file", "put", path)["sha256"])
        limit = "population_stability_index[column=s]<=0.2"
        self.lead.refuses("plan", "add", "--name", "no", "--kind", "drift_monitor", "--system", "loan scoring",
                          "--parameters", "{}", "--limits", limit, "--fresh-days", 30, "--active", "yes", "--every-days",
                          7, "--dataset-version", "same", code=3, name="invalid", path="reference_version")
        self.plan("drift", "drift_monitor", {}, limit, "--every-days", 7, "--dataset-version", "same",
                  "--reference-version", "then")
        one = self.carry_out("drift")
        assert one["verdict"] == "pass" and one["reference_sha256"], one
        assert (before, self.standing("A.6.2.6")) == ("planned", "proven"), (before, self.standing("A.6.2.6"))
        self.lead("plan", "set", "drift", "--dataset-version", "moved")
        assert self.carry_out("drift")["verdict"] == "fail"
        assert self.standing("A.6.2.6") == "failing"
        # Other reference data than the plan's prove nothing.
        self.ci.refuses("assess", "drift_monitor", "--plan", "drift", "--data", self.path("moved.csv"), "--reference",
                        self.path("moved.csv"), code=3, name="invalid", path="subject.reference.sha256")

    def repeat(self):
        """Somebody else repeats what was handed in; the server does so by a plan."""
        newest = self.lead.json("measurement", "list", "--kind", "bias_fairness_test")["items"][0]
        words = ("assess", "reproducible_run", "--system", "loan scoring", "--limit", "reproduced>=1", "--data",
                 self.path("fair.csv"))
        done = self.ci(*words, "--measurement", newest["id"])
        assert "verdict: pass" in done.out and "A.6.2.3" in done.out, done
        assert self.standing("A.6.2.3") == "proven", self.standing("A.6.2.3")
        self.ci.refuses(*words[:-1], self.path("unfair.csv"), "--measurement", newest["id"], code=3, name="invalid",
                        path="data")
        self.plan("again", "reproducible_run", {"options": {"plan": "drift"}}, "reproduced>=1", "--every-days", 30)
        again = self.carry_out("again")
        assert again["verdict"] == "pass" and again["reference_sha256"], again
        repeated = self.lead.json("measurement", "show", again["repeats"])
        assert repeated["kind"] == "drift_monitor" and repeated["verdict"] == "fail", repeated

    def job(self):
        """The server measures by itself what it has in its vault, in a child without rights."""
        sha = self.lead.json("file", "put", self.path("fair.csv"))["sha256"]
        self.lead("dataset", "add", "--name", "applications", "--personal-data", "none")
        self.lead("dataset-version", "add", "--name", "applications 2026", "--dataset", "applications", "--edition",
                  "2026", "--file-sha256", sha)
        self.lead("plan", "set", "fairness", "--dataset-version", "applications 2026")
        self.carry_out("fairness")
        assert self.standing("A.5.4") == "proven", self.standing("A.5.4")
        assert self.lead.json("finding", "list")["items"][0]["status"] == "corrected"

    def bag(self):
        self.bag_file = self.path("bag.tar.gz")
        self.ci.refuses("bag", "create", self.path("no.tar.gz"), code=6, name="denied")
        self.auditor("bag", "create", self.bag_file, "--control", "A.5.4")
        nobody = harness.Aims(self.aims.program)
        nobody("bag", "verify", self.bag_file, "--vkey", self.vkey)
        other = self.vkey[:-4] + ("AAA=" if not self.vkey.endswith("AAA=") else "BBB=")
        assert nobody("bag", "verify", self.bag_file, "--vkey", other, code=None).code != 0

    def bag_by_hand(self):
        """The bag's own script, with nothing but a shell, coreutils and openssl in reach."""
        tools = self.path("tools")
        os.mkdir(tools)
        for name in NEEDED:
            if shutil.which(name):
                os.symlink(shutil.which(name), os.path.join(tools, name))
        with tarfile.open(self.bag_file) as t:
            t.extractall(self.path("bag"))
        top = self.path("bag", os.listdir(self.path("bag"))[0])

        def verify():
            return subprocess.run(["sh", "verify.sh", self.vkey], cwd=top, env={"PATH": tools, "TMPDIR": self.folder},
                                  capture_output=True, text=True, timeout=120)
        done = verify()
        assert done.returncode == 0 and "The bag is good" in done.stdout, (done.stdout, done.stderr)
        leaves = os.path.join(top, "data", "leaves")
        one = os.path.join(leaves, sorted(os.listdir(leaves))[0])
        with open(one, "r+b") as f:
            byte = f.read(9)[8]
            f.seek(8)
            f.write(bytes([byte ^ 1]))
        assert verify().returncode == 1

    def export(self):
        """The exported log before other people's clients."""
        top = self.path("export")
        os.mkdir(top)
        local = self.local()
        local("log", "export", os.path.join(top, "log"))
        nobody = harness.Aims(self.aims.program)
        nobody("log", "verify", os.path.join(top, "log"), "--vkey", self.vkey, "--old", self.old)
        with open(os.path.join(top, "vkey"), "w", encoding="utf-8") as f:
            f.write(self.vkey + "\n")
        shutil.copy(self.old, os.path.join(top, "old.1"))
        leaves = self.auditor.json("log", "list", "--from", 0, "--limit", 500)["items"]
        for item in (leaves[0], leaves[-1]):
            n = item["seq"]
            with open(os.path.join(top, f"{n}.proof"), "w", encoding="utf-8") as f:
                f.write(self.auditor("log", "proof", n).out)
        self.leaf_bytes(top)
        self.signature(os.path.join(top, "log", "checkpoint"))
        self.go(top)

    def leaf_bytes(self, top):
        """The exact leaves out of the exported entry bundles (tlog-tiles: two bytes length, bytes)."""
        entries = os.path.join(top, "log", "tile", "entries")
        every = []
        for base, _, names in sorted(os.walk(entries)):
            for name in sorted(names):
                with open(os.path.join(base, name), "rb") as f:
                    b = f.read()
                while b:
                    n = int.from_bytes(b[:2], "big")
                    every.append(b[2:2 + n])
                    b = b[2 + n:]
        for name in os.listdir(top):
            if name.endswith(".proof"):
                with open(os.path.join(top, name[:-6] + ".leaf"), "wb") as f:
                    f.write(every[int(name[:-6])])

    def signature(self, checkpoint):
        """The checkpoint's Ed25519 signature by openssl alone (c2sp.org/signed-note)."""
        with open(checkpoint, "rb") as f:
            text, marks = f.read().split(b"\n\n")
        key = base64.b64decode(self.vkey.split("+", 2)[2])[1:]
        signature = base64.b64decode(marks.split()[2])[4:]
        der = bytes.fromhex("302a300506032b6570032100") + key  # RFC 8410
        for name, content in (("key.der", der), ("sig", signature), ("text", text + b"\n")):
            with open(self.path(name), "wb") as f:
                f.write(content)

        def check():
            return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", self.path("key.der"),
                                   "-keyform", "DER", "-rawin", "-in", self.path("text"), "-sigfile",
                                   self.path("sig")], capture_output=True, check=False).returncode
        assert check() == 0
        with open(self.path("text"), "ab") as f:
            f.write(b"x")
        assert check() != 0

    def go(self, top):
        main = os.path.join(self.source, "tests", "ledger", "tlogverify", "main.go")
        if not shutil.which("go") or not os.path.isdir("/usr/share/gocode/src/golang.org/x/mod"):
            print("skipped: the Go client (apt install golang-go golang-golang-x-mod-dev)")
            return
        env = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": "/usr/share/gocode",
               "GOCACHE": self.path("gocache")}
        subprocess.run(["go", "build", "-o", self.path("tlogverify"), main], env=env, check=True, timeout=300)
        subprocess.run([self.path("tlogverify"), top], check=True, stdout=subprocess.DEVNULL, timeout=60)

    def stop_while_writing(self):
        """Whatever was acknowledged before the SIGTERM is there after it."""
        kept, stop = [], threading.Event()
        at = urllib.parse.urlparse(self.server.url)

        def writer(who):
            n = 0
            while not stop.is_set():
                try:
                    c = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
                    c.request("POST", "/api/v1/people", json.dumps({"name": f"p{who}-{n}"}),
                              {"Authorization": f"Bearer {self.lead.env['AIMS_TOKEN']}",
                               "Content-Type": "application/json"})
                    r = c.getresponse()
                    r.read()
                    if r.status == 201:
                        kept.append(f"p{who}-{n}")
                    c.close()
                except (OSError, http.client.HTTPException):
                    return
                n += 1
        threads = [threading.Thread(target=writer, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        time.sleep(1)
        self.stop()
        stop.set()
        for t in threads:
            t.join()
        assert len(kept) > 20, kept
        self.start()
        people, cursor = set(), ""
        while cursor is not None:
            more = ("--cursor", cursor) if cursor else ()
            page = self.remote(self.lead.env["AIMS_TOKEN"]).json("person", "list", "--limit", 500, *more)
            people.update(x["name"] for x in page["items"])
            cursor = page.get("next")
        assert set(kept) <= people, set(kept) - people
        auditor = self.remote(self.auditor.env["AIMS_TOKEN"])
        auditor("log", "verify")
        self.stop()
        print(f"   {len(kept)} acts acknowledged before the stop, all there")

    def refused(self, why):
        """Neither a command that writes nor the server may go on; the reason is said."""
        local = self.local()
        for words in (("person", "add", "--name", "late"), ("serve", "--listen", "127.0.0.1:0")):
            done = local(*words, code=None)
            assert done.code not in (0, 70), done
            assert why in done.err, done
        return done

    def restored(self):
        """Yesterday's database beside today's log: refused, and nothing is signed."""
        snapshot = self.store.snapshot()
        self.local()("person", "add", "--name", "after the copy")
        newer = self.store.snapshot()
        self.store.restore(snapshot)
        with open(os.path.join(self.data, "log", "checkpoint"), encoding="utf-8") as f:
            before = f.read()
        self.refused("checkpoint")
        with open(os.path.join(self.data, "log", "checkpoint"), encoding="utf-8") as f:
            assert f.read() == before
        self.store.restore(newer)
        self.local()("log", "verify")

    def flipped(self):
        """One bit of one leaf in the store."""
        good = self.store.snapshot()
        self.store.flip_leaf(3)
        assert self.local()("log", "verify", code=None).code == 1
        assert self.local()("doctor", "--complete", code=None).code == 1
        size = self.local().json("log", "checkpoint")["size"]
        self.store.flip_leaf(size - 1)
        self.refused("leaf")
        self.store.restore(good)
        self.local()("log", "verify")

    def newer(self):
        """A database from a newer program."""
        good = self.store.snapshot()
        self.store.sql("INSERT INTO schema_migration (version, name, applied_at, sha256) "
                       "SELECT 999, 'later', applied_at, sha256 FROM schema_migration WHERE version = 1")
        self.refused("newer")
        self.local()("status", code=7)
        self.store.restore(good)
        self.local()("status")

    def backup(self):
        if self.store.options():
            problem = self.local().refuses("backup", self.path("copy"), code=7, name="unavailable", path="store")
            assert "pg_dump" in problem["hint"]
            return
        self.local()("backup", self.path("copy"))
        self.aims("restore", self.path("copy"), self.path("again"))
        self.aims("doctor", self.path("again"), "--complete")

    def tell(self):
        parts = (self.begin, self.accounts, self.register, self.measure, self.job, self.drift, self.repeat, self.bag, self.bag_by_hand, self.export,
                 self.stop_while_writing, self.restored, self.flipped, self.newer, self.backup)
        try:
            for part in parts:
                part()
                print(f"ok {part.__name__}", flush=True)
        finally:
            if self.server:
                self.server.close()


def main():
    with harness.scratch() as folder:
        data = os.path.join(folder, "data")
        store = PostgreSQL(os.environ["AIMS_TEST_PG"]) if os.environ.get("AIMS_TEST_PG") else SQLite(data)
        print(f"on {type(store).__name__}")
        Story(sys.argv[1], sys.argv[2], store, folder).tell()


main()
