# programs.py - programs that answer badly, or try to leave their jail; the first argument says how.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import socket
import subprocess
import sys
import tempfile
import time


def answer(value, **more):
    for line in sys.stdin:
        q = json.loads(line)
        said = {"id": q["id"], "predictions": [value(r) for r in q["rows"]], **more}
        print(json.dumps(said), flush=True)


def tried(what):
    """1: it worked; 0: it was refused."""
    try:
        what()
        return 1
    except OSError:
        return 0


def write_elsewhere():
    # Owned by the same user: without a jail it would work.
    with open(os.environ["AIMS_TEST_FILE"], "a", encoding="utf-8") as f:
        f.write("x")


def write_scratch():
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"x")
    os.mkdir(os.path.join(os.environ["TMPDIR"], "left"))
    os.symlink("/", os.path.join(os.environ["TMPDIR"], "left", "root"))


def connect():
    socket.create_connection(("127.0.0.1", int(os.environ["AIMS_TEST_PORT"])), 2).close()


def die(q):
    print("my last words", file=sys.stderr)
    sys.exit(3)


def chatter(row):
    # More than a pipe holds, before and while answering.
    sys.stderr.write("x" * 300000)
    sys.stderr.flush()
    return 0.25


def flood():
    sys.stdin.readline()
    while True:
        sys.stdout.write("1" * 65536)


def leave_someone():
    p = subprocess.Popen(["sleep", "600"])
    answer(lambda r: p.pid)


def count_down():
    line = json.loads(sys.stdin.readline())
    print(json.dumps({"id": line["id"], "predictions": [0.5] * len(line["rows"])}), flush=True)
    sys.exit(0)


def eat_memory():
    keep = []
    while True:
        keep.append(bytearray(1 << 24))


WAYS = {
    "half": lambda: answer(lambda r: 0.5),
    "sum": lambda: answer(lambda r: sum(r)),
    "die": lambda: answer(die),
    "garbage": lambda: (sys.stdin.readline(), print("hello", flush=True), time.sleep(5)),
    "early": lambda: (print('{"id":1,"predictions":[0.5]}', flush=True), time.sleep(5)),
    "twice": lambda: (sys.stdin.readline(), print('{"id":1,"predictions":[0.5]}\n' * 2, flush=True), time.sleep(5)),
    "otherid": lambda: (sys.stdin.readline(), print('{"id":99,"predictions":[0.5]}', flush=True), time.sleep(5)),
    "error": lambda: (sys.stdin.readline(), print('{"id":1,"error":"not today\\u0007"}', flush=True), time.sleep(5)),
    "silent": lambda: time.sleep(60),
    "chatter": lambda: answer(chatter),
    "flood": flood,
    "once": count_down,
    "leave": leave_someone,
    "memory": eat_memory,
    "nothing": lambda: None,
    "write": lambda: answer(lambda r: tried(write_elsewhere)),
    "scratch": lambda: answer(lambda r, done=[]: done[0] if done else done.append(tried(write_scratch)) or done[0]),
    "connect": lambda: answer(lambda r: tried(connect)),
    "session": lambda: answer(lambda r: tried(os.setsid)),
    "chmod": lambda: answer(lambda r: tried(lambda: os.chmod(os.environ["AIMS_TEST_FILE"], 0o777))),
    "secret": lambda: answer(lambda r: int("AIMS_TEST_SECRET" in os.environ)),
    "version": lambda: answer(lambda r: 0.5, model_version="2.1"),
    "descriptors": lambda: answer(lambda r: len(os.listdir("/proc/self/fd"))),
}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
