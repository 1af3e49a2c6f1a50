# elsewhere.py - models behind addresses and in programs, measured through the program itself.
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os
import random
import subprocess
import sys
import time

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
SERVE = os.path.join(HERE, "..", "model", "serve_model.py")
NAMES = [f"f{i}" for i in range(5)]
BIAS = ["assess", "bias_fairness_test", "--label", "y", "--positive", "1", "--threshold", "0.5", "--group", "g"]
FEATURES = ["--feature", ",".join(NAMES)]


def write_model(path, trees=8, depth=3, seed=11):
    """An XGBoost model as its JSON: random complete trees over five features."""
    r, inner = random.Random(seed), 2 ** depth - 1
    nodes = 2 * inner + 1

    def tree(i):
        values = [round(r.uniform(0, 40), 2) if n < inner else round(r.uniform(-1, 1), 3) for n in range(nodes)]
        return {"left_children": [2 * n + 1 if n < inner else -1 for n in range(nodes)],
                "right_children": [2 * n + 2 if n < inner else -1 for n in range(nodes)],
                "split_indices": [r.randrange(5) if n < inner else 0 for n in range(nodes)],
                "split_conditions": values, "default_left": [r.randrange(2) if n < inner else 0 for n in range(nodes)],
                "split_type": [0] * nodes, "categories": [], "categories_nodes": [], "categories_segments": [],
                "categories_sizes": [], "id": i, "tree_param": {"size_leaf_vector": "0"}}

    booster = {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(trees)}, "tree_info": [0] * trees,
               "trees": [tree(i) for i in range(trees)]}
    learner = {"attributes": {}, "feature_names": NAMES, "feature_types": ["float"] * 5,
               "gradient_booster": {"name": "gbtree", "model": booster}, "objective": {"name": "binary:logistic"},
               "learner_model_param": {"base_score": "4.5E-1", "num_class": "0", "num_feature": "5",
                                       "num_target": "1"}}
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"version": [1, 7, 4], "learner": learner}, f)
    return path


def write_rows(path, rows=600, seed=3):
    r = random.Random(seed)
    with open(path, "w", encoding="utf-8") as f:
        f.write(",".join([*NAMES, "y", "g"]) + "\n")
        for _ in range(rows):
            cells = ["" if r.random() < 0.08 else f"{r.uniform(0, 40):.2f}" for _ in NAMES]
            f.write(",".join([*cells, str(r.randrange(2)), r.choice("ab")]) + "\n")
    return path


@contextlib.contextmanager
def serving(*words, script=SERVE):
    p = subprocess.Popen([sys.executable, script, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = p.stdout.readline()
        if line.startswith("skipped"):
            raise harness.Skipped(line.strip())
        yield f"http://127.0.0.1:{int(line)}"
    finally:
        p.stdin.close()
        p.wait(20)
        p.stdout.close()


def same_figures(one, other):
    """The same figures, but for the last bits of a probability."""
    assert len(one["metrics"]) == len(other["metrics"]) > 10
    for a, b in zip(one["metrics"], other["metrics"]):
        for key in a:
            if key in ("value", "interval"):
                x, y = (v if isinstance(v, list) else [v] for v in (a[key], b[key]))
                assert all(p == q or abs(p - q) < 1e-6 for p, q in zip(x, y)), (a, b)
            else:
                assert a[key] == b[key], (a, b)


def test_every_way_gives_the_same_figures(t):
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"))
    words = [*BIAS, *FEATURES, "--data", data]
    here = t.aims.json(*words, "--model", model)
    with serving(model) as url:
        ways = [["/v2/models/good"], ["/v2/models/good", "binary=true"], ["/v2/models/pair", "concurrency=8", "batch=50"],
                ["/v2/models/columns"], ["/v1/models/good"], ["/v1/models/listed:predict", "layout=columns"],
                ["/v2/models/kserve", "layout=columns", "content_type=pd"],
                ["/v2/models/kserve", "layout=columns", "content_type=pd", "binary=true", "output=output-0"],
                ["/v2/models/mlserver", "output=predict_proba"], ["/mlflow/invocations"],
                ["/good/invocations"], ["/pair/invocations", "layout=matrix"]]
        for path, *options in ways:
            more = [w for o in options for w in ("--model-option", o)]
            there = t.aims.json(*words, "--model", url + path, *more)
            same_figures(here, there)
            subject = there["subject"]["model"]
            assert "sha256" not in subject and subject["endpoint"] == url + path.replace(":predict", ""), subject
            assert "601 rows" in there["notes"][-1], there["notes"]
        assert subject["protocol"] == "mlflow" and subject["version"] is None, subject
        assert subject["settings"] == {"layout": "matrix"}, subject
    program = f"exec:{sys.executable} '{SERVE}' '{model}' lines"
    there = t.aims.json(*words, "--model", program)
    same_figures(here, there)
    assert there["subject"]["model"]["endpoint"] == program
    quiet = t.aims(*words, "--model", program)
    assert "note: the model answered elsewhere: 4 calls (0 repeated), 601 rows" in quiet.out, quiet


def test_classes_for_probabilities_are_told(t):
    """MLflow serves what predict() gives, of scikit-learn the class: nothing but the answers can tell."""
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"))
    words = [*BIAS, *FEATURES, "--data", data]
    with serving(model) as url:
        said = {}
        for path, *more in (["/label/invocations"], ["/label/invocations", "--model-option", "classes=2"],
                            ["/good/invocations"]):
            notes = t.aims.json(*words, "--model", url + path, *more)["notes"]
            said[(path, *more)] = [n for n in notes if n.startswith("every answer was 0 or 1")]
            assert notes[-1].startswith("the model answered elsewhere"), notes
        assert [len(s) for s in said.values()] == [1, 0, 0], said
        told = t.aims.refuses(*words, "--model", url + "/v2/models/mlserver", code=3, name="invalid",
                              path="model-option.output")
        assert "predict_proba" in told["hint"], told


def test_the_library_itself(t):
    """libxgboost behind the protocols: not our reading of its rules, and then not one bit differs."""
    data, model, rows = t.path("d.csv"), t.path("m.json"), t.path("rows.csv")
    write_rows(rows)
    with open(rows, encoding="utf-8") as f, open(data, "w", encoding="utf-8") as g:
        g.writelines(line.rstrip("\n").rsplit(",", 1)[0] + "\n" for line in f)
    words = [*BIAS, *FEATURES, "--data", rows]
    with serving(data, "y", model, script=os.path.join(os.path.dirname(SERVE), "serve_xgboost.py")) as url:
        here = t.aims.json(*words, "--model", model)
        for path, *more in (["/v2/models/good"], ["/v2/models/good", "--model-option", "binary=true"],
                            ["/v1/models/good"], ["/good/invocations"]):
            there = t.aims.json(*words, "--model", url + path, *more)
            assert here["metrics"] == there["metrics"] and here["tables"] == there["tables"], path


def test_encoded_columns(t):
    """The plan names raw columns; the program is asked about what its encoders make of them."""
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"))
    with open(data, encoding="utf-8") as f:
        lines = f.read().splitlines()
    made = t.path("made.csv")  # by hand: two features of g in the places of f0 and f1, f2 halved
    with open(made, "w", encoding="utf-8") as f:
        f.write("f0,f1,f2,f3,f4,y,g\n")
        for line in lines[1:]:
            c = line.split(",")
            half = repr(float(c[2]) / 2) if c[2] else ""
            f.write(",".join([str(int(c[6] == "a")), str(int(c[6] == "b")), half, *c[3:]]) + "\n")
    here = t.aims.json(*BIAS, *FEATURES, "--data", made, "--model", model)
    program = f"exec:{sys.executable} '{SERVE}' '{model}' lines"
    raw = t.path("raw.csv")
    with open(raw, "w", encoding="utf-8") as f:
        f.write("\n".join(["a,b,double,f3,f4,y,g", *lines[1:]]) + "\n")
    words = [*BIAS, "--feature", "g,double,f3,f4", "--data", raw, "--encode",
             'g={"one_hot":["a","b"],"names":["f0","f1"]}', "--encode",
             'double={"scale":{"subtract":0,"divide":2},"name":"f2"}']
    there = t.aims.json(*words, "--model", program)
    same_figures(here, there)


def test_explanations(t):
    """A kind that asks far more than the rows of the data, and by permutations."""
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"), rows=40)
    words = ["assess", "explanation_report", "--data", data, "--label", "y", *FEATURES, "--task", "binary",
             "--option", "background=10", "--option", "rows=10"]
    with serving(model) as url:
        done = t.aims.json(*words, "--model", url + "/v2/models/columns")
        assert done["metrics"] and done["subject"]["model"]["version"] == "3"
        asked = int(done["notes"][-1].split(" repeated), ")[1].split()[0])
        assert asked > 400, done["notes"][-1]


def test_refusals(t):
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"), rows=50)
    words = [*BIAS, *FEATURES, "--data", data]
    more = ["--model-option", "retries=0"]
    t.aims.refuses(*words, "--model", "http://127.0.0.1:1/v2/models/m", *more, code=7, name="unavailable")
    t.aims.refuses(*words, "--model", "http://u:p@127.0.0.1/v2/models/m", *more, code=3, name="invalid", path="model")
    t.aims.refuses(*words, "--model", model, *more, code=3, name="invalid", path="model-option")
    t.aims.refuses(*words, *more, code=2, name="usage", path="model-option")
    t.aims.refuses(*words, "--model", "exec:/no/such/program", code=7, name="unavailable", path="model")
    t.aims.refuses(*words, "--model", "exec:x", "--model-option", "nonsense=1", code=3, name="invalid")
    with serving(model) as url:
        t.aims.refuses(*words, "--model", url + "/v2/models/nan", *more, code=3, name="invalid")
        t.aims.refuses(*words, "--model", url + "/v1/models/token", *more, code=6, name="denied", path="model")
        t.aims.refuses(*words, "--model", url + "/v2/models/good", "--model-option", "rows=20", code=3,
                       name="too_large", path="model-option.rows")
        known = t.aims.with_env(model_token="s3cret")
        done = known.json(*words, "--model", url + "/v1/models/token", "--model-option", "token_env=MODEL_TOKEN")
        assert "s3cret" not in json.dumps(done) and done["subject"]["model"]["settings"] == {}
        before = t.aims.json(*words, "--model", url + "/v2/models/good")
        recorded = t.path("r.json")
        with open(recorded, "w", encoding="utf-8") as f:
            json.dump(before, f)
        again = t.aims.refuses("assess", "reproducible_run", "--recorded", recorded, "--data", data, "--model",
                               url + "/v2/models/good", "--model-option", "task=binary", code=3, name="invalid")
        assert "elsewhere" in again["message"], again


def register(aims, endpoint, *more):
    """A system whose plan names a model that is known by where it answers."""
    harness.add_system(aims)
    aims("model", "add", "--name", "loans")
    aims("model-version", "add", "--name", "loans 3", "--model", "loans", "--edition", "3", "--endpoint", endpoint,
         "--status", "deployed")
    parameters = {"label": "y", "positive": "1", "threshold": 0.5, "groups": ["g"], "features": NAMES}
    aims("plan", "add", "--name", "served", "--kind", "bias_fairness_test", "--system", "loan scoring",
         "--parameters", json.dumps(parameters), "--limits", "demographic_parity_difference<=0.9",
         "--fresh-days", 30, "--active", "yes", "--model-version", "loans 3", *more)


def test_a_plan_that_names_an_endpoint(t):
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"))
    aims = t.fresh()
    with serving(model) as url:
        register(aims, url + "/v2/models/good/infer")
        words = ["assess", "bias_fairness_test", "--plan", "served", "--data", data]
        done = aims(*words, "--model", url + "/v2/models/good")
        assert "handed in as measurement 1" in done.out, done
        kept = aims.json("measurement", "show", 1)
        assert kept["model_version"] and not kept.get("model_sha256"), kept
        other = aims.refuses(*words, "--model", url + "/v2/models/pair", code=3, name="invalid")
        assert "another model" in other["message"], other
        aims.refuses(*words, "--model", model, code=3, name="invalid")
        aims.refuses(*words, "--model", f"exec:{sys.executable} '{SERVE}' '{model}' lines", code=3, name="invalid")


def carry_out(t, aims):
    """The plan as a job of a server, until it ends."""
    token = aims.json("token", "add", f"t{time.time()}", "--can", "read,measure", "--as", "enzo")["token"]
    with harness.serving(t.aims, aims.folder) as server:
        remote = t.aims.with_env(aims_url=server.url, aims_token=token)
        job = remote.json("job", "add", "--plan", "served")
        for _ in range(300):
            job = remote.json("job", "show", job["id"])
            if job["state"] in ("done", "failed", "cancelled"):
                break
            time.sleep(0.1)
        result = remote.json("measurement", "show", job["result"]["measurement"]) if job["state"] == "done" else None
        assert server.stop()[0] == 0
    return job, result


def test_jobs_ask_only_what_the_operator_lists(t):
    model, data = write_model(t.path("m.json")), write_rows(t.path("d.csv"))
    aims = t.fresh()
    with serving(model) as url:
        aims("user", "add", "enzo", "--role", "engineer")
        sha = aims.json("file", "put", data)["sha256"]
        aims("dataset", "add", "--name", "rows", "--personal-data", "none")
        aims("dataset-version", "add", "--name", "rows 1", "--dataset", "rows", "--edition", "1", "--file-sha256", sha)
        register(aims, url + "/v1/models/busy", "--dataset-version", "rows 1")
        denied = aims.refuses("job", "add", "--plan", "served", code=6, name="denied")
        assert "endpoints.txt" in denied["hint"], denied
        listed = os.path.join(aims.folder, "endpoints.txt")
        for line in (url + "/v1/models/bus", url[:-1], "http://", url + "/v2", "# " + url):
            with open(listed, "w", encoding="utf-8") as f:
                f.write(line + "\n")
            aims.refuses("job", "add", "--plan", "served", code=6, name="denied")
        with open(listed, "w", encoding="utf-8") as f:
            f.write(f"# ours\n\nhttps://models.example/\n{url}/v1/models  retries=5 backoff=0.01 batch=100 # own\n")
        job, kept = carry_out(t, aims)
        assert job["state"] == "done", job
        assert kept["model_version"] and kept["n_rows"] == 600 and kept["verdict"] == "pass", kept
        file = t.path("result.json")
        aims("file", "get", kept["result_sha256"], file)
        with open(file, encoding="utf-8") as f:
            result = json.load(f)
        assert result["subject"]["model"]["endpoint"] == url + "/v1/models/busy"
        assert "(2 repeated), 601 rows" in result["notes"][-1], result["notes"]
        same_figures(t.aims.json(*BIAS, *FEATURES, "--data", data, "--model", model), dict(result, metrics=[
            {k: v for k, v in m.items() if k not in ("limit", "verdict")} for m in result["metrics"]]))
        with open(listed, "w", encoding="utf-8") as f:
            f.write(f"{url}/v1/models rows=50\n")
        job, _ = carry_out(t, aims)
        assert job["state"] == "failed" and job["error"]["code"] == "too_large", job


def test_settings_are_listed(t):
    listed = t.aims.json("model-options")
    assert {"batch", "token_env", "missing", "binary"} <= {s["name"] for s in listed}
    for s in listed:
        assert s["description"] and s["type"] and "default" in s, s
    assert "model-options" in t.aims("assess", "--help").out


if __name__ == "__main__":
    harness.run(globals())
