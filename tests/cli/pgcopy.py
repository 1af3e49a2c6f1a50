# pgcopy.py - the commands of docs/administration.md copy a PostgreSQL installation, and bring it back.
# SPDX-License-Identifier: Apache-2.0
import os
import re
import subprocess
import sys

import harness

URL, BIN = os.environ.get("AIMS_TEST_PG"), os.environ.get("AIMS_TEST_PG_BIN")
DOC = os.path.join(os.path.dirname(__file__), "../../docs/administration.md")


def commands():
    with open(DOC, encoding="utf-8") as f:
        blocks = re.findall(r"```sh\n(.*?)```", f.read(), re.S)
    assert len(blocks) == 2, blocks
    return blocks


def shell(t, script, **variables):
    env = {**t.aims.env, **variables, "PATH": f"{BIN}:{os.path.dirname(t.aims.program)}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (script, done)
    return done.stdout


def people(aims):
    return sorted(aims("export", "person").out.splitlines())


def test_copied_and_brought_back(t):
    copy, restore = commands()
    new_url = URL.replace("/test?", "/again?")
    aims = t.fresh("--store", URL)
    with open(t.path("file"), "wb") as f:
        f.write(os.urandom(100000))
    sha = aims.json("file", "put", t.path("file"))["sha256"]
    aims("user", "add", "eva", "--role", "lead")
    token = aims.json("token", "add", "t", "--can", "read,edit", "--as", "eva")["token"]
    with harness.serving(t.aims, aims.folder) as server:
        remote = t.aims.with_env(aims_url=server.url, aims_token=token)
        remote("person", "add", "--name", "in the copy")
        before = people(remote)
        shell(t, copy, DIR=aims.folder, COPY=t.path("copy"))
        remote("person", "add", "--name", "too late")
    shell(t, f'createdb --maintenance-db="{URL}" again')
    out = shell(t, restore, COPY=t.path("copy"), NEW_URL=new_url)
    assert "BAD" not in out, out
    again = t.aims.with_env(aims_data=t.path("copy"))
    assert people(again) == before and len(people(aims)) == len(before) + 1
    again("file", "get", sha, t.path("back"))
    with open(t.path("file"), "rb") as a, open(t.path("back"), "rb") as b:
        assert a.read() == b.read()


if not URL:
    print("SKIP: no PostgreSQL")
    sys.exit(harness.SKIP)
harness.run(globals())
