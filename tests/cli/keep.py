# keep.py - keeping a reference as counts, and measuring drift against it: by hand, by a plan, as a job.
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import time

import harness

DRIFT = ["assess", "drift_monitor"]


def keep(t, name, *words, **more):
    path = t.path(name)
    t.aims("keep", "--output", path, *words, **more)
    return path


def content(path):
    with open(path, "rb") as f:
        return f.read()


def write(t, name, text):
    with open(t.path(name), "w", encoding="utf-8") as f:
        f.write(text)
    return t.path(name)


def figures(result):
    """Without the one that only rows can tell."""
    return [m for m in result["metrics"] if m["id"] != "maximum_mean_discrepancy"]


def test_the_same_figures(t):
    """Scores have 600 values, fewer than there are edges: nothing is lost, and so all bytes are the same."""
    then, now = harness.write_csv(t.path("then.csv")), harness.write_csv(t.path("now.csv"), seed=9)
    ref = keep(t, "ref.json", "--data", then)
    raw, kept = (t.aims.json(*DRIFT, "--data", now, "--reference", r) for r in (then, ref))
    assert len(kept["metrics"]) == len(raw["metrics"]) - 1 and kept["metrics"] == figures(raw)
    assert kept["tables"] == raw["tables"]
    said = kept["subject"]["reference"]
    assert said["sha256"] == hashlib.sha256(content(ref)).hexdigest() and said["rows"] == 600, said
    assert said["schema"] == raw["subject"]["reference"]["schema"], said
    assert said["kept_from"] == [{"name": "then.csv", "sha256": hashlib.sha256(content(then)).hexdigest(), "rows": 600}]
    assert any("need the rows" in n for n in kept["notes"]), kept["notes"]
    assert "then.csv" not in t.aims(*DRIFT, "--data", now, "--reference", ref).out
    # A later run repeats it byte by byte, from the same document only.
    out = t.path("result.json")
    t.aims(*DRIFT, "--data", now, "--reference", ref, "--output", out)
    again = ["assess", "reproducible_run", "--limit", "reproduced>=1", "--recorded", out, "--data", now]
    assert "verdict: pass" in t.aims(*again, "--reference", ref).out
    t.aims.refuses(*again, "--reference", then, code=3, name="invalid", path="reference")


def test_the_same_bytes(t):
    data = harness.write_csv(t.path("d.csv"))
    first = content(keep(t, "a.json", "--data", data))
    assert first == content(keep(t, "b.json", "--data", data, "--threads", 1, "--trusted"))
    assert first == content(keep(t, "c.json", "--data", "-", stdin=content(data).decode())).replace(b'"-"', b'"d.csv"')
    said = t.aims.json("keep", "--data", data, "--output", t.path("a.json"))
    assert said == {"rows": 600, "columns": 5, "bytes": len(first), "sha256": hashlib.sha256(first).hexdigest()}
    some = json.loads(content(keep(t, "some.json", "--data", data, "--column", "s", "--column", "g", "--name", "two")))
    assert [c["name"] for c in some["columns"]] == ["s", "g"] and some["name"] == "two"


def test_months(t):
    """Three months added up, or kept alone over one shape and merged, are all rows counted over that shape."""
    lines = content(harness.write_csv(t.path("all.csv"))).decode().splitlines(True)
    months = [write(t, f"{i}.csv", "".join(lines[:1] + lines[1 + 200 * i:201 + 200 * i])) for i in range(3)]
    shape = keep(t, "shape.json", "--data", months[0])
    words = [w for m in months for w in ("--data", m)]
    added = json.loads(content(keep(t, "added.json", *words)))
    alone = [keep(t, f"{i}.json", "--like", shape, "--data", m) for i, m in enumerate(months)]
    merged = json.loads(content(keep(t, "merged.json", *[w for m in alone for w in ("--data", m)])))
    whole = json.loads(content(keep(t, "whole.json", "--like", shape, "--data", t.path("all.csv"))))
    assert [s["rows"] for s in added["sources"]] == [200] * 3 and added["sources"] == merged["sources"]
    for x, y, z in zip(added["columns"], merged["columns"], whole["columns"]):
        assert {k: v for k, v in x.items() if k not in ("sums", "squares")} == \
            {k: v for k, v in y.items() if k not in ("sums", "squares")} == \
            {k: v for k, v in z.items() if k not in ("sums", "squares")}
        for k in ("sums", "squares"):
            assert all(abs(a - b) < 1e-9 and abs(a - c) < 1e-9 for a, b, c in zip(x.get(k, []), y.get(k, []), z.get(k, [])))
    now = harness.write_csv(t.path("now.csv"), seed=9)
    psi = [t.aims.json(*DRIFT, "--data", now, "--reference", t.path(f"{n}.json"))["metrics"][0]
           for n in ("added", "merged", "whole")]
    assert psi[0] == psi[1] == psi[2], psi


def test_refused(t):
    data = harness.write_csv(t.path("d.csv"))
    ref, out = keep(t, "ref.json", "--data", data), t.path("out.json")
    other = keep(t, "other.json", "--data", data, "--column", "s")
    refuses = t.aims.refuses
    refuses("keep", "--data", data, code=2, name="usage", path="output")
    refuses("keep", "--output", out, code=2, name="usage", path="data")
    refuses("keep", "--data", data, "--output", "/dev/null", code=3, name="invalid", path="output")
    refuses("keep", "--data", data, "--data", data, "--output", out, code=5, name="conflict", path="data")
    refuses("keep", "--data", ref, "--data", other, "--output", out, code=3, name="invalid", path="data")
    refuses("keep", "--data", data, "--like", data, "--output", out, code=3, name="invalid", path="like")
    refuses("keep", "--data", data, "--like", ref, "--column", "s", "--output", out, code=2, name="usage", path="column")
    refuses("keep", "--data", data, "--column", "none", "--output", out, code=4, name="not_found")
    refuses(*DRIFT, "--data", ref, "--reference", data, code=3, name="invalid", path="data")
    limited = [*DRIFT, "--data", data, "--reference", ref, "--limit"]
    found = refuses(*limited, "maximum_mean_discrepancy<=0.1", code=3, name="invalid", path="limits.0")
    assert "rows of the reference" in found["message"], found
    refuses(*DRIFT, "--data", data, "--reference", other, "--option", 'columns=["p"]', code=4, name="not_found",
            path="options.columns.0")
    forged = content(ref).decode().replace('"rows":600', '"rows":601', 1)
    refuses(*DRIFT, "--data", data, "--reference", write(t, "forged.json", forged), code=3, name="invalid",
            path="reference.sources")
    refuses(*DRIFT, "--data", data, "--reference", write(t, "cut.json", forged[:500]), code=3, name="invalid")


def carry_out(t, aims, plan):
    """The plan as a job of a server, until it ends."""
    aims("user", "add", "enzo", "--role", "engineer")
    token = aims.json("token", "add", "job", "--can", "read,measure", "--as", "enzo")["token"]
    with harness.serving(t.aims, aims.folder) as server:
        remote = t.aims.with_env(aims_url=server.url, aims_token=token)
        job = remote.json("job", "add", "--plan", plan)
        for _ in range(300):
            job = remote.json("job", "show", job["id"])
            if job["state"] in ("done", "failed", "cancelled"):
                break
            time.sleep(0.1)
        assert server.stop()[0] == 0
    return job


def test_of_a_plan(t):
    """The reference of a plan is such a document: the run by hand and the job of a server agree."""
    aims = t.fresh()
    harness.add_system(aims)
    then, now = harness.write_csv(t.path("then.csv")), harness.write_csv(t.path("now.csv"), seed=9)
    ref = keep(t, "ref.json", "--data", then)
    aims("dataset", "add", "--name", "d", "--personal-data", "none")
    for name, path in (("then", ref), ("now", now)):
        aims("dataset-version", "add", "--name", name, "--dataset", "d", "--edition", name, "--file-sha256",
             aims.json("file", "put", path)["sha256"])
    aims("plan", "add", "--name", "drift", "--kind", "drift_monitor", "--system", "loan scoring", "--parameters", "{}",
         "--fresh-days", 30, "--active", "yes", "--reference-version", "then", "--dataset-version", "now", "--limits",
         "population_stability_index[column=s]<=0.5")
    assert "handed in as measurement 1" in aims(*DRIFT, "--plan", "drift", "--data", now, "--reference", ref).out
    job = carry_out(t, aims, "drift")
    assert job["state"] == "done", job
    by_hand, by_job = (aims.json("measurement", "show", i) for i in (1, 2))
    assert by_hand["reference_sha256"] == by_job["reference_sha256"] == hashlib.sha256(content(ref)).hexdigest()
    assert by_job["reference_version"] == 1 and by_job["verdict"] == by_hand["verdict"] == "pass", by_job
    assert aims.json("dataset-version", "show", "then")["n_rows"] == 600


harness.run(globals())
