# apart.py - measuring in the process without rights, repeating a recorded result, and the list of kinds.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import time

import harness

BIAS = ["assess", "bias_fairness_test", "--label", "y", "--positive", "1", "--prediction", "p", "--group", "g"]
AGAIN = ["assess", "reproducible_run", "--limit", "reproduced>=1"]


def bytes_of(result):
    """What a run decides, without the times."""
    return {k: v for k, v in result.items() if k not in ("started", "seconds")}


def figure(result, name):
    return next(m["value"] for m in result["metrics"] if m["id"] == name)


def test_the_same_apart_and_here(t):
    data = harness.write_csv(t.path("d.csv"))
    apart, here = t.aims.json(*BIAS, "--data", data), t.aims.json(*BIAS, "--data", data, "--trusted")
    assert bytes_of(apart) == bytes_of(here)
    with open(data, encoding="utf-8") as f:
        piped = t.aims(*BIAS, "--data", "-", "--json", stdin=f.read()).json
    assert piped["metrics"] == apart["metrics"] and piped["subject"]["dataset"]["sha256"] == \
        apart["subject"]["dataset"]["sha256"]
    t.aims.refuses(*BIAS, "--data", t.path("absent"), code=4, name="not_found", path=t.path("absent"))
    os.mkdir(t.path("folder"))
    assert t.aims(*BIAS, "--data", t.path("folder"), code=None).code not in (0, 1)


def test_limits_of_the_engine(t):
    wide = t.path("wide.csv")
    with open(wide, "w", encoding="utf-8") as f:
        f.write("y,p,g\n" + "1,1,a\n0,0,b\n" * 4000000)
    found = t.aims.refuses(*BIAS, "--data", wide, "--memory", "0.1", code=3, name="too_large", path="engine")
    assert "--memory" in found["hint"], found
    found = t.aims.refuses(*BIAS, "--data", wide, "--cpu-hours", "0.0001", "--resamples", 100000, code=3,
                           name="too_large", path="engine")
    assert "--cpu-hours" in found["hint"], found
    for words in (("--memory", "0"), ("--memory", "x"), ("--cpu-hours", "-1")):
        t.aims.refuses(*BIAS, "--data", wide, *words, code=2, name="usage", path=words[0][2:])


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
        return [int(x) for x in f.read().split()]


def test_interrupted(t):
    """^C ends the engine, too, leaves no half of a file, and is seen by whoever waits."""
    data, out = harness.write_csv(t.path("long.csv"), rows=200000), t.path("never.json")
    p = t.aims.start(*BIAS, "--data", data, "--resamples", 100000, "--group", "h", "--output", out)
    end = time.time() + 30
    while not children(p.pid):
        assert time.time() < end and p.poll() is None, p.communicate()
        time.sleep(0.01)
    engine = children(p.pid)[0]
    time.sleep(0.3)
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=20)
    assert p.returncode == -signal.SIGINT, p.returncode
    assert not os.path.exists(f"/proc/{engine}") and not os.path.exists(out)


def test_interrupted_while_reading_a_pipe(t):
    """Nobody may ever write into it, or it never ends."""
    silent, never = os.pipe()
    for data, stdin in (("-", silent), ("/dev/zero", None)):
        p = t.aims.start(*BIAS, "--data", data, stdin=stdin)
        end = time.time() + 30
        while not caught(p.pid, signal.SIGINT):
            assert time.time() < end and p.poll() is None, p.communicate()
            time.sleep(0.01)
        time.sleep(0.05)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=20)
        assert (p.returncode, out, err) == (-signal.SIGINT, "", ""), (data, p.returncode, out, err)
    os.close(silent)
    os.close(never)
    found = t.aims.refuses(*BIAS, "--data", "/dev/zero", "--memory", "0.1", code=3, name="too_large", path="/dev/zero")
    assert "--memory" in found["hint"], found


def caught(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        mask = next(line for line in f if line.startswith("SigCgt:"))
    return int(mask.split()[1], 16) >> number - 1 & 1


def record(t, *more):
    data, out = harness.write_csv(t.path("r.csv")), t.path("record.json")
    t.aims(*BIAS, "--data", data, "--seed", 7, "--threads", 1, "--output", out, *more)
    with open(out, encoding="utf-8") as f:
        return data, out, f.read()


def changed(t, text, before, after):
    assert before in text
    with open(t.path("changed.json"), "w", encoding="utf-8") as f:
        f.write(text.replace(before, after, 1))
    return t.path("changed.json")


def test_repeating_a_file(t):
    data, out, text = record(t)
    words = [*AGAIN, "--data", data, "--recorded"]
    good = t.aims.json(*words, out, "--threads", 2)
    assert good["verdict"] == "pass" and figure(good, "identical_figures") == 1
    assert set(good["subject"]["recorded"]) == {"kind", "started", "sha256"}
    seed = t.aims.json(*words, changed(t, text, '"seed":7', '"seed":8'), code=1)
    assert figure(seed, "reproduced") == 0 and 0 < figure(seed, "identical_figures") < 1
    rows = seed["tables"][1]["rows"]
    assert rows and all(r[2] in ("interval",) for r in rows), rows
    t.aims.json(*words, changed(t, text, '"notes":[', '"notes":["fine",'), code=1)
    pretty = t.path("pretty.json")
    with open(pretty, "w", encoding="utf-8") as f:
        json.dump(json.loads(text), f, indent=2)
    assert t.aims.json(*words, pretty)["verdict"] == "pass"
    other = harness.write_csv(t.path("other.csv"), seed=8)
    t.aims.refuses(*AGAIN, "--data", other, "--recorded", out, code=3, name="invalid", path="data")
    t.aims.refuses(*words, out, "--reference", data, code=3, name="invalid", path="reference")
    for name, told in (("seed", 9), ("resamples", 500), ("min-group", 5), ("encode", 'g={"one_hot":["a","b"]}')):
        t.aims.refuses(*words, out, "--" + name, told, code=3, name="invalid", path=name.replace("-", "_"))
    t.aims.refuses(*AGAIN, "--data", data, code=3, name="invalid", path="recorded")
    with open(t.path("again.json"), "w", encoding="utf-8") as f:
        json.dump(good, f)
    t.aims.refuses(*words, t.path("again.json"), code=3, name="invalid", path="recorded.kind")
    t.aims.refuses(*words, data, code=3, name="invalid")


def test_repeating_a_measurement(t):
    aims = t.fresh()
    harness.add_system(aims)
    harness.add_plan(aims)
    data, out, _ = record(t)
    aims("assess", "bias_fairness_test", "--plan", "fairness", "--data", data)
    words = [*AGAIN, "--data", data, "--system", "loan scoring"]
    done = aims(*words, "--measurement", 1)
    assert "handed in as measurement 2" in done.out and "A.6.2.3" in done.out, done
    assert aims.json("measurement", "show", 2)["repeats"] == 1
    # What was never handed in is no measurement of this register.
    aims.refuses(*words, "--recorded", out, code=3, name="invalid", path="subject.recorded.sha256")
    aims.refuses(*words, "--measurement", 2, code=3, name="invalid", path="recorded.kind")
    aims.refuses(*words, "--measurement", 9, code=4, name="not_found")
    plan = ["plan", "add", "--kind", "reproducible_run", "--system", "loan scoring", "--fresh-days", 30, "--active",
            "yes", "--limits", "reproduced>=1"]
    aims(*plan, "--name", "again", "--parameters", '{"options":{"plan":"fairness"}}')
    aims("assess", "reproducible_run", "--plan", "again", "--data", data)
    assert aims.json("measurement", "show", 3)["repeats"] == 1


def test_reference_of_a_plan(t):
    aims = t.fresh()
    harness.add_system(aims)
    then, now = harness.write_csv(t.path("then.csv")), harness.write_csv(t.path("now.csv"), seed=9)
    aims("dataset", "add", "--name", "d", "--personal-data", "none")
    aims("dataset-version", "add", "--name", "then", "--dataset", "d", "--edition", 1, "--file-sha256",
         aims.json("file", "put", then)["sha256"])
    aims("plan", "add", "--name", "drift", "--kind", "drift_monitor", "--system", "loan scoring", "--parameters", "{}",
         "--fresh-days", 30, "--active", "yes", "--reference-version", "then", "--limits",
         "population_stability_index[column=s]<=0.5")
    words = ["assess", "drift_monitor", "--plan", "drift", "--data", now]
    aims.refuses(*words, code=3, name="invalid", path="reference")
    aims.refuses(*words, "--reference", now, code=3, name="invalid", path="subject.reference.sha256")
    assert "handed in as measurement 1" in aims(*words, "--reference", then).out
    m = aims.json("measurement", "show", 1)
    assert m["reference_sha256"] and m["reference_version"] == 1, m


def test_kinds(t):
    kinds = t.aims.json("kinds")
    by_id = {k["id"]: k for k in kinds}
    assert by_id["drift_monitor"]["needs"] == ["reference"] and by_id["reproducible_run"]["needs"] == ["recorded"]
    assert by_id["performance_eval"]["takes"] == ["groups"] and "groups" not in by_id["drift_monitor"]["takes"]
    assert "A.5.4" in by_id["bias_fairness_test"]["controls"]
    assert all(k["metrics"] and k["title"] and k["description"] for k in kinds)
    text = t.aims("kinds").out
    for k in kinds:
        assert k["id"] in text
        one = t.aims("kinds", k["id"]).out
        assert all(m in one for m in k["metrics"]) and all(o["name"] in one for o in k["options"])
        assert t.aims.json("kinds", k["id"]) == k
    t.aims.refuses("kinds", "nothing", code=4, name="not_found", path="kind")
    text = t.aims("assess", "--help").out
    assert "aims kinds" in text and text.count("--data ") == 1, text


harness.run(globals())
