# prove.py - the log and the bags through the program, and what must be found when they are altered.
# SPDX-License-Identifier: Apache-2.0
import glob
import gzip
import os
import shutil

import harness


def flip(path, at=-1, bit=1):
    """Changes one bit of a file in place."""
    with open(path, "r+b") as f:
        b = bytearray(f.read())
        b[at] ^= bit
        f.seek(0)
        f.write(b)


def test_checkpoint_and_list(t):
    aims = t.fresh("--origin", "example.org/test")
    head = aims.json("log", "checkpoint")
    assert set(head) == {"origin", "size", "root", "vkey", "checkpoint"}
    assert head["origin"] == "example.org/test" and head["size"] == 38 and head["vkey"].startswith("example.org/test+")
    assert aims("log", "checkpoint").out == head["checkpoint"]
    assert head["checkpoint"].startswith(f"example.org/test\n38\n{head['root']}\n\n")
    aims("person", "add", "--name", "Ada")
    assert aims.json("log", "checkpoint")["size"] == 39
    page = aims.json("log", "list", "--from", 30, "--limit", 5)
    assert [x["seq"] for x in page["items"]] == [30, 31, 32, 33, 34]
    text = aims("log", "list", "--limit", 5).out
    assert "control.add" in text and "more: --from 5" in text
    assert "Ada" not in aims("log", "list", "--json", "--from", 38).out, "personal data on the log"
    aims.refuses("log", "list", "--limit", 0, code=3, name="invalid")


def test_proof(t):
    aims = t.fresh()
    lines = aims("log", "proof", 7).out.splitlines()
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 7"]
    aims.refuses("log", "proof", 38, code=4, name="not_found")
    aims.refuses("log", "proof", -1, code=4, name="not_found")


def test_verify_own_and_exported(t):
    aims = t.fresh()
    old = t.path("old")
    with open(old, "w", encoding="utf-8") as f:
        f.write(aims("log", "checkpoint").out)
    harness.add_system(aims)
    assert aims.json("log", "verify")["findings"] == []
    vkey, export = aims.json("log", "checkpoint")["vkey"], t.path("export")
    assert aims.json("log", "export", export) == {"directory": export, "vkey": vkey}
    aims.refuses("log", "export", export, code=5, name="conflict")
    nobody = harness.Aims(t.aims.program)
    assert nobody("log", "verify", export, "--vkey", vkey, "--old", old).out.startswith("OK")
    nobody.refuses("log", "verify", export, code=2, name="usage", path="vkey")
    stranger = t.fresh("--origin", "example.org/stranger")
    other = stranger.json("log", "checkpoint")["vkey"]
    assert nobody("log", "verify", export, "--vkey", other, code=None).code in (1, 3)
    with open(t.path("foreign"), "w", encoding="utf-8") as f:
        f.write(stranger("log", "checkpoint").out)
    assert nobody("log", "verify", export, "--vkey", vkey, "--old", t.path("foreign"), code=None).code in (1, 3)
    many = [word for _ in range(150) for word in ("--old", old)]  # the last of many is looked at, too
    assert nobody("log", "verify", export, "--vkey", vkey, *many).out.startswith("OK")
    assert nobody("log", "verify", export, "--vkey", vkey, *many, "--old", t.path("foreign"), code=None).code in (1, 3)
    with open(t.path("policy"), "w", encoding="utf-8") as f:
        f.write(f"log {vkey}\nquorum none\n")
    nobody("log", "verify", export, "--policy", t.path("policy"))
    for file in glob.glob(os.path.join(export, "**"), recursive=True):
        if not os.path.isfile(file):
            continue
        shutil.copy(file, t.path("kept"))
        flip(file, at=20)
        done = nobody("log", "verify", export, "--vkey", vkey, code=None)
        assert done.code in (1, 3), (file, done)
        os.unlink(file)
        assert nobody("log", "verify", export, "--vkey", vkey, code=None).code in (1, 4), file
        shutil.copy(t.path("kept"), file)
    nobody("log", "verify", export, "--vkey", vkey)


def test_forked_log(t):
    """A copy of the directory that went another way is found with a checkpoint kept from before."""
    aims = t.fresh()
    copy = t.path("fork")
    shutil.copytree(aims.folder, copy)
    aims("person", "add", "--name", "Ada")
    with open(t.path("kept"), "w", encoding="utf-8") as f:
        f.write(aims("log", "checkpoint").out)
    fork = t.aims.with_env(aims_data=copy)
    fork("person", "add", "--name", "Eve")
    fork("person", "add", "--name", "Mallory")
    fork("log", "export", t.path("out"))
    vkey = aims.json("log", "checkpoint")["vkey"]
    t.aims("log", "verify", t.path("out"), "--vkey", vkey)
    done = t.aims("log", "verify", t.path("out"), "--vkey", vkey, "--old", t.path("kept"), code=1)
    assert "BAD" in done.out


def prepared(t):
    aims = t.fresh()
    harness.add_system(aims)
    harness.add_plan(aims)
    aims("assess", "bias_fairness_test", "--plan", "fairness", "--data", harness.write_csv(t.path("d.csv")))
    return aims


def test_bag(t):
    aims = prepared(t)
    bag, vkey = t.path("bag.tar.gz"), aims.json("log", "checkpoint")["vkey"]
    made = aims.json("bag", "create", bag, "--control", "A.5.4")
    assert made["file"] == bag and len(made["sha256"]) == 64
    aims.refuses("bag", "create", bag, code=5, name="conflict")
    nobody = harness.Aims(t.aims.program)
    good = nobody.json("bag", "verify", bag, "--vkey", vkey)
    assert good["findings"] == [] and good["proofs"] > 3, good
    nobody.refuses("bag", "verify", bag, code=3, name="invalid", path="vkey")
    nobody.refuses("bag", "verify", t.path("none"), "--vkey", vkey, code=4, name="not_found")
    with gzip.open(bag) as f:
        plain = bytearray(f.read())
    found = 0
    for at in range(600, len(plain), max(1, len(plain) // 40)):
        changed = bytes(plain[:at]) + bytes([plain[at] ^ 1]) + bytes(plain[at + 1:])
        with gzip.open(t.path("changed.tar.gz"), "wb") as f:
            f.write(changed)
        done = nobody("bag", "verify", t.path("changed.tar.gz"), "--vkey", vkey, code=None)
        assert done.code in (1, 3), (at, done)
        found += 1
    assert found >= 40
    with open(bag, "rb") as f, open(t.path("cut"), "wb") as cut:
        cut.write(f.read()[:-100])
    assert nobody("bag", "verify", t.path("cut"), "--vkey", vkey, code=None).code in (1, 3)


def test_bag_after_bag(t):
    aims = prepared(t)
    with open(t.path("old"), "w", encoding="utf-8") as f:
        f.write(aims("log", "checkpoint").out)
    aims("person", "add", "--name", "later")
    aims("bag", "create", t.path("b.tar.gz"), "--old", t.path("old"))
    vkey = aims.json("log", "checkpoint")["vkey"]
    t.aims("bag", "verify", t.path("b.tar.gz"), "--vkey", vkey, "--old", t.path("old"))
    aims("bag", "create", t.path("c.tar.gz"), "--since", "2099-01-01", code=None)


def test_files(t):
    aims = t.fresh()
    path = t.path("model.bin")
    with open(path, "wb") as f:
        f.write(os.urandom(200000))
    put = aims.json("file", "put", path)
    assert put["size"] == 200000 and put["sha256"] in aims("file", "put", path).out
    aims("file", "get", put["sha256"], t.path("back.bin"))
    with open(path, "rb") as one, open(t.path("back.bin"), "rb") as two:
        assert one.read() == two.read()
    aims.refuses("file", "get", put["sha256"], t.path("back.bin"), code=5, name="conflict")
    aims.refuses("file", "get", "0" * 64, t.path("other.bin"), code=4, name="not_found")
    assert not os.path.exists(t.path("other.bin"))
    sealed = max((os.path.join(d, n) for d, _, names in os.walk(f"{aims.folder}/files") for n in names),
                 key=os.path.getsize)
    flip(sealed, at=100000)
    aims.refuses("file", "get", put["sha256"], t.path("bad.bin"), code=1, name="damaged")
    assert not os.path.exists(t.path("bad.bin"))
    aims("doctor", "--complete", code=1)


harness.run(globals())
