# harness.py - what the tests of the program share: running it, a scratch directory, a server.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SKIP = 77


class Done:
    """What a command left behind."""

    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = words, code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def problem(self):
        return json.loads(self.err)

    def __repr__(self):
        return f"{self.words} -> {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


class Aims:
    """The program with an environment of its own: nothing of the caller's AIMS_* gets in."""

    def __init__(self, program, **env):
        self.program = os.path.realpath(program)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("AIMS_")}
        self.env.update({k.upper(): v for k, v in env.items()})
        self.env.setdefault("LC_ALL", "C.UTF-8")

    def with_env(self, **env):
        other = Aims(self.program)
        other.env = {**self.env, **{k.upper(): v for k, v in env.items()}}
        return other

    def __call__(self, *words, code=0, stdin=None, cwd=None):
        words = [str(w) for w in words]
        p = subprocess.run([self.program, *words], input=stdin, text=True, cwd=cwd, env=self.env,
                           capture_output=True, timeout=120, errors="backslashreplace",
                           stdin=subprocess.DEVNULL if stdin is None else None)
        done = Done(words, p.returncode, p.stdout, p.stderr)
        assert code is None or p.returncode == code, f"wanted exit code {code}: {done}"
        return done

    def json(self, *words, **more):
        words = list(words)
        words.insert(words.index("--") if "--" in words else len(words), "--json")
        return self(*words, **more).json

    def refuses(self, *words, code, name, path=None):
        """Fails with this exit code and error; the JSON form must say the same as the text."""
        text, done = self(*words, code=code), self(*words, "--json", code=code)
        lines = text.err.splitlines()
        problem = json.loads(done.err.splitlines()[-1])
        assert lines[-2].startswith("aims: ") and lines[-1].startswith("hint: "), text
        assert f"[{name}" in lines[-2] and problem["code"] == name, (text, problem)
        assert problem["message"] and problem["hint"], problem
        assert path is None or problem.get("path") == path, problem
        return problem

    def start(self, *words, stdin=None):
        return subprocess.Popen([self.program, *[str(w) for w in words]], env=self.env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL if stdin is None else stdin)


class Server:
    """`aims serve` on a free port; `code` is that of the first administrator's link."""

    def __init__(self, aims, folder):
        self.process = aims.start("serve", folder, "--listen", "127.0.0.1:0", "--json")
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"no server: {self.process.communicate(timeout=20)}")
        first = json.loads(line)
        self.url, self.code = first["url"].rstrip("/"), first.get("code")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err

    def close(self):
        """Ends it, and tells of one that ended by itself."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        elif self.process.returncode not in (0, -signal.SIGKILL) and not self.process.stderr.closed:
            print(f"the server ended with {self.process.returncode}: {self.process.stderr.read()}")


@contextlib.contextmanager
def serving(aims, folder):
    server = Server(aims, folder)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def scratch():
    folder = tempfile.mkdtemp(prefix="aims-cli-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_csv(path, rows=600, gap=0.0, seed=7):
    """Label, prediction, score and two groups; `gap` lowers the selection of group b."""
    r = random.Random(seed)
    with open(path, "w", encoding="utf-8") as f:
        f.write("y,p,s,g,h\n")
        for i in range(rows):
            g = "ab"[i % 2]
            y = r.random() < 0.5
            score = min(0.99, max(0.01, 0.5 + (0.3 if y else -0.3) + r.uniform(-0.15, 0.15)
                                  - (gap if g == "b" else 0)))
            f.write(f"{int(y)},{int(score >= 0.5)},{score:.4f},{g},{'xyz'[r.randrange(3)]}\n")
    return path


def add_system(aims, name="loan scoring", owner="Ada Lovelace"):
    aims("person", "add", "--name", owner)
    aims("system", "add", "--name", name, "--owner", owner, "--purpose", "decides on loans",
         "--stage", "deployment", "--in-scope", "yes")


PARAMETERS = '{"label":"y","positive":"1","prediction":"p","groups":["g"]}'


def add_plan(aims, name="fairness", system="loan scoring", limit="demographic_parity_difference<=0.2"):
    aims("plan", "add", "--name", name, "--kind", "bias_fairness_test", "--system", system,
         "--parameters", PARAMETERS, "--limits", limit, "--fresh-days", 30, "--active", "yes")


class Fixture:
    """Given to every test: the program, a scratch folder, and fresh data directories."""

    def __init__(self, aims, folder):
        self.aims, self.folder, self.n = aims, folder, 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, *options):
        """The program on a data directory of its own."""
        self.n += 1
        folder = self.path(f"data{self.n}")
        self.aims("init", folder, *options)
        aims = self.aims.with_env(aims_data=folder)
        aims.folder = folder
        return aims


class Skipped(Exception):
    """Raised by a test that cannot run here; the reason is printed."""


def run(namespace):
    """Runs every test_ function of a script with a Fixture; argv: PROGRAM [NAME-PART]."""
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    tests = [(n, f) for n, f in namespace.items() if n.startswith("test_") and part in n]
    failed = 0
    with scratch() as folder:
        for name, test in tests:
            try:
                test(Fixture(Aims(sys.argv[1]), tempfile.mkdtemp(dir=folder)))
                print(f"ok {name}", flush=True)
            except Skipped as why:
                print(f"skipped {name}: {why}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED {name}", flush=True)
                traceback.print_exc(file=sys.stdout)
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not tests else 0)
