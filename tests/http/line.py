# line.py - the thin line over HTTP by the built program: register, measure, judge, prove, restart.
# SPDX-License-Identifier: Apache-2.0
"""usage: line.py AIMS

Runs on the embedded store; when $AIMS_TEST_PG is set (script/with-postgres) on PostgreSQL as well,
and demands the same outcome of both.
"""
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import harness
from harness import call, expect


class Program:
    """`aims serve` on a data directory made with `aims init`."""

    def __init__(self, aims, folder, store):
        self.aims, self.data = aims, os.path.join(folder, "data")
        self.run("init", self.data, *(["--store", store] if store else []), "--origin", "line.invalid/log")
        self.start()

    def run(self, *args, code=0, env=None):
        done = subprocess.run([self.aims, *args], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **(env or {})})
        assert done.returncode == code, (args, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def start(self):
        self.errors = open(self.data + ".stderr", "a+", encoding="utf-8")
        self.process = subprocess.Popen([self.aims, "serve", self.data, "--listen", "127.0.0.1:0"],
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, (line, open(self.errors.name, encoding="utf-8").read())
        self.port = int(found[1])

    def link(self):
        text = self.process.stdout.readline() + self.process.stdout.readline()
        return re.search(r"/setup\?code=([\w-]+)", text)[1]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.process.stdout.close()
        self.errors.close()
        return code

    def errors_logged(self):
        with open(self.data + ".stderr", encoding="utf-8") as f:
            return [line for line in f if " error " in line]


def biased_csv(path, gap):
    """2000 loans; women are granted `gap` less often. Seeded: the same bytes each time."""
    rng = random.Random(42)
    with open(path, "w", encoding="ascii") as f:
        f.write("sex,repaid,granted\n")
        for i in range(2000):
            sex = "F" if i % 2 else "M"
            granted = rng.random() < (0.6 - gap if sex == "F" else 0.6)
            f.write(f"{sex},{int(rng.random() < 0.7)},{int(granted)}\n")


def register(admin, facts):
    """A lead registers a system and fixes the limit before anything is measured."""
    admin.add("people", {"name": "Lena Lead", "email": "lena@example.org"})
    admin.add("systems", {"name": "loan scoring", "owner": "Lena Lead", "purpose": "scores loans",
                          "stage": "operation_monitoring", "in_scope": True})
    plan = {"name": "fairness of loans", "kind": "bias_fairness_test", "system": "loan scoring",
            "parameters": {"label": "repaid", "positive": "1", "prediction": "granted", "groups": ["sex"]},
            "limits": ["demographic_parity_difference<=0.1"], "fresh_days": 30, "active": True}
    facts["plan"] = sorted(admin.add("plans", plan))
    refused = admin.call("POST", "/api/v1/plans", {**plan, "name": "x", "limits": ["beauty"]})
    facts["bad limit"] = expect(refused, 400, "invalid").json["path"]
    page = expect(admin.call("GET", "/api/v1/systems?name_like=LOAN&stage=operation_monitoring"), 200).json
    facts["filtered"] = [x["name"] for x in page["items"]]


def statuses(admin):
    soa = expect(admin.call("GET", "/api/v1/soa"), 200).json["controls"]
    return {c["control"]: c["status"] for c in soa}


def measure(p, admin, facts, folder):
    """CI measures with the program and hands the result in; the controls change by themselves."""
    before = statuses(admin)
    ci = {"AIMS_URL": f"http://127.0.0.1:{p.port}", "AIMS_TOKEN": admin.token}
    for name, gap, code in [("bad", 0.3, 1), ("good", 0.0, 0)]:
        path = os.path.join(folder, f"{name}.csv")
        biased_csv(path, gap)
        p.run("assess", "bias_fairness_test", "--data", path, "--system", "loan scoring", "--json",
              code=code, env=ci)
        now = statuses(admin)
        facts[name] = sorted((c, s) for c, s in now.items() if s != before[c])
        findings = expect(admin.call("GET", "/api/v1/findings"), 200).json["items"]
        facts[name + " findings"] = [(f["grade"], f["status"]) for f in findings]
    assert any(s == "failing" for _, s in facts["bad"]), facts
    assert any(s == "proven" for _, s in facts["good"]), facts
    assert not any(s == "failing" for _, s in facts["good"]), facts


def measure_on_server(admin, facts, folder):
    """The same measurement as a job of the server, on a stored file."""
    with open(os.path.join(folder, "good.csv"), "rb") as f:
        data = f.read()
    stored = expect(call(admin.server, "POST", "/api/v1/files?name=good.csv", data, admin.token), 201).json
    assert stored["sha256"] == hashlib.sha256(data).hexdigest()
    admin.add("datasets", {"name": "loans", "personal_data": "none"})
    admin.add("dataset-versions", {"name": "loans 1", "dataset": "loans", "edition": "1",
                                   "file_sha256": stored["sha256"]})
    plan = expect(admin.call("GET", "/api/v1/plans/fairness%20of%20loans"), 200)
    expect(admin.call("PATCH", f"/api/v1/plans/{plan.json['id']}", {"dataset_version": "loans 1"},
                      {"If-Match": plan.headers["ETag"]}), 200)
    body = {"kind": "assess", "payload": {"plan": "fairness of loans"}}
    job = expect(admin.call("POST", "/api/v1/jobs", body), 202).json
    end = time.time() + 60
    while job["state"] in ("queued", "running"):
        assert time.time() < end, job
        time.sleep(0.1)
        job = expect(admin.call("GET", f"/api/v1/jobs/{job['id']}"), 200).json
    assert job["state"] == "done", job
    items = expect(admin.call("GET", "/api/v1/measurements"), 200).json["items"]
    facts["verdicts"] = [m["verdict"] for m in items]


def prove(p, admin, facts, folder):
    """An auditor verifies the bag with the key alone; a bag with one bit changed is refused."""
    vkey = expect(admin.call("GET", "/api/v1/log"), 200).json["vkey"]
    bag = os.path.join(folder, "bag.tar.gz")
    data = bytearray(expect(admin.call("POST", "/api/v1/bags", {}), 200).body)
    with open(bag, "wb") as f:
        f.write(data)
    p.run("bag", "verify", bag, "--vkey", vkey)
    data[len(data) // 2] ^= 1
    with open(bag, "wb") as f:
        f.write(data)
    done = subprocess.run([p.aims, "bag", "verify", bag, "--vkey", vkey], capture_output=True, check=False)
    assert done.returncode not in (0, 70) and done.returncode > 0, done
    assert expect(admin.call("GET", "/api/v1/log/verification"), 200).json["findings"] == []
    facts["acts"] = [x["leaf"]["act"] for x in harness.leaves(admin)]


def restart(p, admin, facts):
    """Killed after writing: what was acknowledged is there, and the log is intact."""
    for i in range(20):
        admin.add("suppliers", {"name": f"supplier {i}", "service": "s"})
    assert p.stop(signal.SIGKILL) == -9
    p.start()
    assert expect(admin.call("GET", "/api/v1/suppliers?count=true"), 200).json["total"] == 20
    facts["after the kill"] = sorted(statuses(admin).items())
    assert p.stop() == 0
    p.run("log", "verify", "--data", p.data)


def whole_line(aims, store):
    facts = {}
    with tempfile.TemporaryDirectory(prefix="aims-line-") as folder:
        p = Program(aims, folder, store)
        try:
            p.first = {"code": p.link()}
            admin = harness.Admin(p)
            register(admin, facts)
            measure(p, admin, facts, folder)
            measure_on_server(admin, facts, folder)
            prove(p, admin, facts, folder)
            restart(p, admin, facts)
            assert not p.errors_logged(), p.errors_logged()
        finally:
            if p.process.poll() is None:
                p.stop()
    return facts


def main():
    embedded = whole_line(sys.argv[1], None)
    print("sqlite:", json.dumps({k: v for k, v in embedded.items() if k not in ("acts", "after the kill")}))
    print(f"sqlite: {len(embedded['acts'])} acts on the log")
    if not os.environ.get("AIMS_TEST_PG"):
        return
    other = whole_line(sys.argv[1], os.environ["AIMS_TEST_PG"])
    for name in embedded:
        assert embedded[name] == other[name], (name, embedded[name], other[name])
    print("postgresql: the same outcome")


if __name__ == "__main__":
    main()
