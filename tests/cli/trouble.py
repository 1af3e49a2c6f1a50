# trouble.py - a damaged directory, two processes, a full disk, a killed writer: said, and nothing lost.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import harness


def bad_checks(aims, *words):
    done = aims("doctor", *words, "--json", code=None)
    report = json.loads(done.out)
    assert (done.code == 1) == any(not c["ok"] for c in report["checks"]), done
    return [c["name"] for c in report["checks"] if not c["ok"]]


def test_doctor(t):
    t.aims("doctor")
    aims = t.fresh()
    assert bad_checks(aims) == [] and bad_checks(aims, "--complete") == []
    key = f"{aims.folder}/keys/log.skey"
    os.chmod(key, 0o644)
    assert bad_checks(aims) == ["keys"]
    assert "chmod" in aims("doctor", code=1).out
    os.chmod(key, 0o600)
    shutil.move(key, t.path("key"))
    assert "keys" in bad_checks(aims)
    assert aims("person", "add", "--name", "x", code=None).code not in (0, 70)
    shutil.move(t.path("key"), key)
    tile = f"{aims.folder}/log/tile/0/000.p/38"
    with open(tile, "r+b") as f:
        f.write(b"\0")
    assert "directory" in bad_checks(aims)


def test_doctor_on_a_damaged_database(t):
    aims = t.fresh()
    for i in range(30):
        aims("person", "add", "--name", f"p{i}")
    db = sqlite3.connect(f"{aims.folder}/aims.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    size = os.path.getsize(f"{aims.folder}/aims.db")
    with open(f"{aims.folder}/aims.db", "r+b") as f:
        f.seek(size // 2)
        f.write(os.urandom(size // 4))
    assert bad_checks(aims, "--complete")
    with open(f"{aims.folder}/aims.db", "wb") as f:
        f.write(b"this is no database" * 100)
    done = aims("status", code=None)
    assert done.code not in (0, 2) and "hint: " in done.err, done
    assert bad_checks(aims)
    t.aims("doctor", t.path("nowhere"), code=None)


def test_init(t):
    os.mkdir(t.path("full"))
    with open(t.path("full/x"), "w", encoding="utf-8"):
        pass
    t.aims.refuses("init", t.path("full"), code=5, name="conflict")
    assert os.listdir(t.path("full")) == ["x"]
    t.aims("init", t.path("a/b/c"))
    t.aims.refuses("init", code=2, name="usage")
    t.aims.refuses("init", t.path("pg"), "--store", "mysql://x", code=2, name="usage", path="store")
    assert not os.path.exists(t.path("pg"))


def test_a_second_process(t):
    aims = t.fresh()
    with harness.serving(t.aims, aims.folder) as server:
        done = aims.refuses("person", "add", "--name", "x", code=5, name="conflict")
        assert str(server.process.pid) in done["message"] + done["hint"], done
        aims.refuses("serve", "--listen", "127.0.0.1:0", code=5, name="conflict")
        for words in (["status"], ["system", "list"], ["log", "list"], ["log", "verify"], ["doctor"],
                      ["log", "export", t.path("out")], ["export", "control"], ["log", "checkpoint"]):
            aims(*words)
        port = server.url.rsplit(":", 1)[1]
        other = t.fresh()
        other.refuses("serve", "--listen", f"127.0.0.1:{port}", code=5, name="conflict")
        assert server.stop()[0] == 0
    aims("person", "add", "--name", "x")


def test_environment(t):
    aims = t.fresh()
    aims("user", "add", "eva", "--role", "lead")
    token = aims.json("token", "add", "t", "--can", "read,edit", "--as", "eva")["token"]
    t.aims("status", "--data", aims.folder)
    with harness.serving(t.aims, aims.folder) as server:
        remote = t.aims.with_env(aims_url=server.url, aims_token=token)
        remote("person", "add", "--name", "Ada")
        assert remote.json("person", "show", "Ada") == aims.json("person", "show", "Ada")
        assert remote("system", "list").out == aims("system", "list").out
        t.aims("status", "--url", server.url + "/", "--token", token)
        remote.refuses("status", "--token", "aims_wrong", code=6, name="unauthenticated")
        t.aims.refuses("status", "--url", server.url, code=6, name="unauthenticated")
        t.aims.refuses("status", "--url", "ftp://x", "--token", "x", code=3, name="invalid")
        remote.refuses("bag", "create", t.path("b"), code=6, name="denied")
        assert not os.path.exists(t.path("b"))


class FullDisk:
    """A file system of a few megabytes; needs root."""

    def __init__(self, t, size):
        self.path = t.path("disk")
        os.mkdir(self.path)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise harness.Skipped(f"cannot mount a small file system: {done.stderr.strip()}")

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)


def test_full_disk(t):
    with FullDisk(t, "4m") as disk:
        t.aims("init", f"{disk}/data")
        aims = t.aims.with_env(aims_data=f"{disk}/data")
        kept, failed = [], None
        for i in range(2000):
            done = aims("person", "add", "--name", f"p{i}", "--duties", "x" * 3900, code=None)
            if done.code:
                failed = done
                break
            kept.append(f"p{i}")
        assert failed, "the disk never filled up"
        assert failed.code == 7 and "hint: " in failed.err, failed
        with open(t.path("big"), "wb") as f:
            f.write(os.urandom(8 << 20))
        done = aims("file", "put", t.path("big"), code=None)
        assert done.code == 7 and "hint: " in done.err, done
        subprocess.run(["mount", "-o", "remount,size=256m", disk], check=True)
        names = {json.loads(x)["name"] for x in aims("export", "person").out.splitlines()}
        assert set(kept) <= names, set(kept) - names
        aims("person", "add", "--name", "after")
        aims("log", "verify")
        aims("doctor", "--complete")
        print(f"   {len(kept)} acts before the disk was full, all there")


def test_backup_and_restore(t):
    """Copies taken beside a server that writes are whole; a restored one is a fork for who knows better."""
    aims = t.fresh()
    aims("user", "add", "eva", "--role", "lead")
    token = aims.json("token", "add", "t", "--can", "read,edit", "--as", "eva")["token"]
    with open(t.path("file"), "wb") as f:
        f.write(os.urandom(300000))
    sha = aims.json("file", "put", t.path("file"))["sha256"]
    with harness.serving(t.aims, aims.folder) as server:
        remote, stop = t.aims.with_env(aims_url=server.url, aims_token=token), threading.Event()

        def write(who):
            n = 0
            while not stop.is_set():
                remote("person", "add", "--name", f"p{who}-{n}")
                n += 1
        writers = [threading.Thread(target=write, args=(i,)) for i in range(2)]
        for w in writers:
            w.start()
        before = []
        for i in range(4):
            before.append({json.loads(x)["name"] for x in remote("export", "person").out.splitlines()})
            aims("backup", t.path(f"copy{i}"))
        stop.set()
        for w in writers:
            w.join()
    aims("person", "add", "--name", "in no copy")
    with open(t.path("later"), "w", encoding="utf-8") as f:
        f.write(aims("log", "checkpoint").out)
    vkey = aims.json("log", "checkpoint")["vkey"]
    for i in range(4):
        assert "fork" in t.aims("restore", t.path(f"copy{i}"), t.path(f"new{i}")).out
        new = t.aims.with_env(aims_data=t.path(f"new{i}"))
        assert before[i] <= {json.loads(x)["name"] for x in new("export", "person").out.splitlines()}
        new("person", "add", "--name", "after")
        new("log", "verify")
        new("doctor", "--complete")
        new("file", "get", sha, t.path(f"file{i}"))
    new("log", "export", t.path("fork"))
    assert "BAD" in t.aims("log", "verify", t.path("fork"), "--vkey", vkey, "--old", t.path("later"), code=1).out
    aims.refuses("backup", t.path("copy0"), code=5, name="conflict")
    t.aims.refuses("restore", t.path("copy0"), t.path("new0"), code=5, name="conflict")
    with open(t.path("copy0/log/tile/0/000.p") + "/" + sorted(os.listdir(t.path("copy0/log/tile/0/000.p")))[-1],
              "r+b") as f:
        f.write(b"damage")
    done = t.aims("restore", t.path("copy0"), t.path("new9"), code=1)
    assert "[damaged" in done.err and "do not use" in done.err, done
    t.aims.refuses("restore", t.path("nothing"), t.path("new10"), code=4, name="not_found")


def test_killed_writer(t):
    """kill -9 at any moment: what was acknowledged is there, and the log agrees with it."""
    aims = t.fresh()
    aims("user", "add", "eva", "--role", "lead")
    token = aims.json("token", "add", "t", "--can", "read,edit", "--as", "eva")["token"]
    kept = []
    for turn in range(4):
        with harness.serving(t.aims, aims.folder) as server:
            remote, stop = t.aims.with_env(aims_url=server.url, aims_token=token), threading.Event()

            def write(who, remote=remote, stop=stop, turn=turn):
                n = 0
                while not stop.is_set():
                    name = f"p{turn}-{who}-{n}"
                    if remote("person", "add", "--name", name, code=None).code == 0:
                        kept.append(name)
                    n += 1
            writers = [threading.Thread(target=write, args=(i,)) for i in range(3)]
            for w in writers:
                w.start()
            time.sleep(0.4 + 0.17 * turn)
            server.process.send_signal(signal.SIGKILL)
            stop.set()
            for w in writers:
                w.join()
        aims("person", "add", "--name", f"between {turn}")
        aims("log", "verify")
    names = {json.loads(x)["name"] for x in aims("export", "person").out.splitlines()}
    assert len(kept) > 10 and set(kept) <= names, (len(kept), set(kept) - names)
    aims("doctor", "--complete")
    print(f"   {len(kept)} acts acknowledged, 4 kills, all there")


harness.run(globals())
