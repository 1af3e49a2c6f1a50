# texts.py - what the program says about itself: help, man pages, completion; and how it refuses.
# SPDX-License-Identifier: Apache-2.0
import glob
import os
import re
import shutil
import subprocess

import harness

LINE = re.compile(r"^  ([a-z][a-z -]*[a-z])  +\S", re.M)


def commands(aims):
    """Every command line the program knows, by its own help."""
    top = aims("help").out
    general, nouns = top.split("  NOUN ")
    words = [m.strip().split() for m in LINE.findall(general)]
    types = re.findall(r"^    ([a-z][a-z-]*) ", nouns, re.M)
    assert len(words) > 35 and len(types) >= 16, (words, types)
    verbs = ["list", "show", "add", "set", "retire", "history", "uses"]
    return words + [[t, v] for t in types for v in verbs], types


def test_every_command_explains_itself(t):
    words, types = commands(t.aims)
    for w in words:
        a, b = t.aims(*w, "--help"), t.aims("help", *w)
        assert a.out == b.out and not a.err, (a, b)
        assert f"usage: aims {' '.join(w)}" in a.out and "--json" in a.out, a
        assert all(len(line) <= 100 for line in a.out.splitlines()), a
        assert "\x1b" not in a.out and "(null)" not in a.out, a
    for noun in types + ["log", "bag", "catalog", "user", "token", "job", "file", "setting"]:
        assert f"usage: aims {noun} COMMAND" in t.aims(noun, "--help").out
        t.aims.refuses(noun, code=2, name="usage")


def test_help_of_everything(t):
    every = t.aims("help").out
    assert every == t.aims("--help").out == t.aims("-h").out == t.aims().out
    assert t.aims("--version").out == t.aims("version").out
    assert t.aims.json("version")["version"] in t.aims("version").out


def test_man_pages(t):
    words, _ = commands(t.aims)
    folder = t.path("man")
    t.aims("man", folder)
    pages = glob.glob(os.path.join(folder, "*.1"))
    assert sorted(os.path.basename(p) for p in pages) == sorted(
        ["aims.1"] + ["-".join(["aims", *w]) + ".1" for w in words])
    if not shutil.which("man"):
        raise harness.Skipped("no man (apt install man-db)")
    tool = ["mandoc", "-Tlint", "-Wwarning"] if shutil.which("mandoc") else None
    env = {**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "100"}
    for page in sorted(pages):
        if tool:
            done = subprocess.run([*tool, page], capture_output=True, text=True, check=False)
            assert done.returncode == 0, (page, done.stdout, done.stderr)
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-P", "cat", page],
                              env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr.strip(), (page, done.stderr)
        text = re.sub(".\b", "", done.stdout)
        assert "OPTIONS" in text or "COMMANDS" in text, page


def complete(script, line):
    """What bash offers for the last word of a command line."""
    words = line.split(" ")
    code = (f"source {script}; COMP_WORDS=({' '.join(repr(w) for w in words)}); "
            f"COMP_CWORD={len(words) - 1}; _aims; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-u", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout.split()


def test_completion(t):
    script = t.path("aims.bash")
    with open(script, "w", encoding="utf-8") as f:
        f.write(t.aims("completion", "bash").out)
    assert complete(script, "aims sys") == ["system"]
    assert "assess" in complete(script, "aims a")
    assert complete(script, "aims system add --risk-class-") == ["--risk-class-reason"]
    assert "--limit" in complete(script, "aims assess bias_fairness_test --l")
    assert complete(script, "aims log v") == ["verify"]
    assert complete(script, "aims system re") == ["retire"]
    assert complete(script, "aims catalog cro") == ["crosswalk"]
    assert "log" in complete(script, "aims ")
    t.aims.refuses("completion", "zsh", code=2, name="usage")


def test_usage_errors(t):
    aims = t.fresh()
    for words, path in ((["nonsense"], "nonsense"), (["systems", "list"], "systems"), (["status", "--bogus"], "bogus"),
                        (["log", "nothing"], "nothing"), (["system", "list", "extra"], "extra"),
                        (["bag", "create"], ""), (["system", "show"], ""), (["token", "add", "x"], "can"),
                        (["status", "--json=yes"], "json"),
                        (["log", "list", "--limit", "many"], "limit"), (["log", "proof", "x"], "SEQ"),
                        (["status", "--check=1"], "check"), (["bag", "create", "x", "--since", "yesterday"], "since"),
                        (["import", "nothing", "x"], "nothing")):
        problem = aims.refuses(*words, code=2, name="usage")
        assert problem.get("path", "") == path, problem
    assert "aims system" in aims.refuses("systems", code=2, name="usage")["hint"]
    assert "option --name needs a value" in aims("system", "add", "--name", code=2).err
    t.aims.refuses("status", code=2, name="usage", path="data")


def test_exit_codes(t):
    aims = t.fresh()
    aims("status", code=0)
    aims("person", "add", "--name", "Ada")
    aims.refuses("person", "add", "--name", "Eve", "--email", "nowhere", code=3, name="invalid", path="email")
    aims.refuses("system", "add", "--name", "x", code=3, name="invalid")
    aims.refuses("person", "show", "nobody", code=4, name="not_found")
    aims.refuses("person", "show", "999", code=4, name="not_found")
    aims.refuses("person", "add", "--name", "Ada", code=5, name="conflict", path="name")
    aims.refuses("init", aims.folder, code=5, name="conflict")
    aims("user", "add", "eva", "--role", "auditor", "--until", "2099-01-01")
    aims.refuses("system", "add", "--name", "x", "--as", "eva", "--owner", "Ada", "--purpose", "p", "--stage",
                 "inception", "--in-scope", "yes", code=6, name="denied")
    aims.refuses("status", "--as", "nobody", code=4, name="not_found")
    aims.refuses("status", "--url", "http://127.0.0.1:1", code=6, name="unauthenticated", path="token")
    aims.refuses("status", "--url", "http://127.0.0.1:1", "--token", "x", code=7, name="unavailable")
    t.aims.refuses("status", "--data", t.path("nowhere"), code=4, name="not_found")
    t.aims.refuses("assess", "bias_fairness_test", "--data", t.path("none.csv"), "--label", "y", "--prediction", "p",
                   "--group", "g", code=4, name="not_found")


def test_no_colour_in_a_pipe(t):
    aims = t.fresh()
    harness.add_system(aims)
    harness.add_plan(aims)
    data = harness.write_csv(t.path("d.csv"))
    for words in (["status"], ["soa"], ["system", "list"], ["plan", "show", "fairness"], ["job", "list"],
                  ["assess", "bias_fairness_test", "--plan", "fairness", "--data", data], ["log", "list"], ["doctor"]):
        assert "\x1b" not in aims(*words).out


def test_json_of_every_reading_command(t):
    aims = t.fresh()
    harness.add_system(aims)
    for words in (["status"], ["soa"], ["system", "list"], ["system", "show", "loan scoring"], ["job", "list"],
                  ["system", "history", "loan scoring"], ["person", "uses", "Ada Lovelace"], ["user", "list"],
                  ["token", "list"], ["log", "list"], ["log", "checkpoint"], ["log", "verify"], ["doctor"],
                  ["catalog", "controls"], ["catalog", "show", "A.2.2"], ["catalog", "crosswalk", "A.2.2"],
                  ["catalog", "terms", "measurements"], ["catalog", "frameworks"], ["version"],
                  ["log", "export", t.path("log")], ["bag", "create", t.path("bag.tar.gz")],
                  ["init", t.path('other "quoted"')]):
        assert aims.json(*words) is not None


harness.run(globals())
