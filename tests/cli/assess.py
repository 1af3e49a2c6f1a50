# assess.py - measuring through the program: alone on files, by a plan, and on everything broken.
# SPDX-License-Identifier: Apache-2.0
import json
import os

import harness

BIAS = ["assess", "bias_fairness_test", "--label", "y", "--positive", "1", "--prediction", "p"]
GROUP = ["--group", "g"]


def metric(result, name, **slice_):
    return next(m for m in result["metrics"] if m["id"] == name and m.get("slice", {}) == slice_)


def test_alone(t):
    data = harness.write_csv(t.path("d.csv"))
    one = t.aims.json(*BIAS, *GROUP, "--data", data, "--seed", 5)
    assert set(one) >= {"kind", "subject", "method", "tool", "started", "seconds", "metrics", "verdict"}
    assert one["subject"]["dataset"]["rows"] == 600 and one["method"]["seed"] == 5
    again = t.aims.json(*BIAS, *GROUP, "--data", data, "--seed", 5, "--threads", 1)
    assert one["metrics"] == again["metrics"]
    # By hand: the selection rates of a and b, and their difference.
    rows = [line.split(",") for line in open(data, encoding="utf-8").read().splitlines()[1:]]
    rate = {g: sum(r[1] == "1" for r in rows if r[3] == g) / sum(r[3] == g for r in rows) for g in "ab"}
    for g in "ab":
        assert abs(metric(one, "selection_rate", g=g)["value"] - rate[g]) < 1e-12
    assert abs(metric(one, "demographic_parity_difference")["value"] - abs(rate["a"] - rate["b"])) < 1e-12


def test_options(t):
    data = harness.write_csv(t.path("d.csv"), gap=0.35)
    more = ["--data", data]
    by_score = t.aims.json(*BIAS[:-2], "--score", "s", "--threshold", "0.5", *GROUP, *more)
    by_prediction = t.aims.json(*BIAS, *GROUP, *more)
    assert metric(by_score, "selection_rate")["value"] == metric(by_prediction, "selection_rate")["value"]
    two = t.aims.json(*BIAS, "--group", "g,h", *more)
    assert metric(two, "selection_rate", g="a", h="x")["n"] > 30
    where = t.aims.json(*BIAS, "--group", "h", *more, "--where", 'g == "a"')
    assert metric(where, "selection_rate")["n"] == 300
    wide, narrow = (metric(t.aims.json(*BIAS, *GROUP, *more, "--confidence", c), "accuracy")["interval"]
                    for c in ("0.99", "0.8"))
    assert wide[0] < narrow[0] and wide[1] > narrow[1]
    assert t.aims.json(*BIAS, *GROUP, *more, "--resamples", 150)["method"]["parameters"]["resamples"] == 150
    small = t.aims.json(*BIAS, *GROUP, *more, "--min-group", 301)
    assert metric(small, "demographic_parity_difference")["value"] is None
    assert "\ng=a " in t.aims(*BIAS, *GROUP, *more).out.partition("Truth against")[2]
    assert "(18 figures" in t.aims(*BIAS, *GROUP, *more).out and "g=b" in t.aims(*BIAS, *GROUP, *more, "--all").out
    out = t.path("result.json")
    printed = t.aims.json(*BIAS, *GROUP, *more, "--output", out)
    with open(out, encoding="utf-8") as f:
        assert json.load(f) == printed
    quality = t.aims.json("assess", "performance_eval", *BIAS[2:-2], "--score", "s", "--task", "binary", *more)
    assert 0.9 < metric(quality, "auc")["value"] <= 1


def test_exit_code_of_a_limit(t):
    data = harness.write_csv(t.path("d.csv"), gap=0.35)
    words = [*BIAS, *GROUP, "--data", data]
    limit = "demographic_parity_difference<="
    done = t.aims(*words, "--limit", limit + "0.1", code=1)
    assert "fail" in done.out.splitlines()[1] and "verdict: fail" in done.out, done
    assert t.aims(*words, "--limit", limit + "0.9").code == 0
    value = metric(t.aims.json(*words), "demographic_parity_difference")["value"]
    assert "verdict: inconclusive" in t.aims(*words, "--limit", f"{limit}{value:.3f}").out
    t.aims(*words, "--limit", f"{limit}{value:.3f}", "--strict", code=1)
    t.aims(*words, "--limit", limit + "0.9", "--limit", "accuracy>=0.99", code=1)


def refuses(t, name, text, code, *words, problem="invalid", also=None):
    path = t.path(name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    found = t.aims.refuses(*(words or [*BIAS, *GROUP]), "--data", path, code=code, name=problem)
    assert also is None or also in found["message"] + found["path"] + found["hint"], found


def test_broken_data(t):
    refuses(t, "ragged.csv", "y,p,g\n1,1,a\n1,0\n", 3, also="ragged.csv:3")
    refuses(t, "nan.csv", "y,p,g\nNaN,1,a\n1,0,b\n", 3, also="'y' lacks a value")
    refuses(t, "empty.csv", "", 3)
    refuses(t, "header.csv", "y,p,g\n", 3)
    refuses(t, "quote.csv", 'y,p,g\n1,"1,a\n', 3)
    refuses(t, "double.csv", "y,p,y\n1,1,a\n", 3)
    refuses(t, "nul.csv", b"y,p,g\n1,\x00,a\n", 3)
    refuses(t, "text.jsonl", '{"y":1,"p":1,"g":"a"}\n{"y":1', 3)
    refuses(t, "nested.jsonl", '{"y":{"a":1},"p":1,"g":"a"}\n', 3)
    data = harness.write_csv(t.path("d.csv"))
    missing = harness.Aims(t.aims.program)("assess", *BIAS[1:], "--group", "h", "--data", data, "--where", 'h == "none"',
                                           code=3)
    assert "no rows" in missing.err
    words = [*BIAS, "--data", data]
    t.aims.refuses(*words, "--group", "nothing", code=4, name="not_found")
    t.aims.refuses(*words, *GROUP, "--limit", "nonsense<=1", code=3, name="invalid")
    t.aims.refuses(*words, *GROUP, "--limit", "accuracy", code=3, name="invalid")
    t.aims.refuses(*words, *GROUP, "--where", "g ==", code=3, name="invalid", path="where")
    t.aims.refuses("assess", "nothing", "--data", data, code=3, name="invalid", path="kind")
    t.aims.refuses(*words, *GROUP, "--confidence", 2, code=3, name="invalid", path="confidence")
    t.aims.refuses(*words, *GROUP, "--threshold", "x", code=2, name="usage", path="threshold")
    t.aims.refuses("assess", "bias_fairness_test", *GROUP, code=2, name="usage", path="data")


def test_mistakes_of_the_command_line(t):
    data = harness.write_csv(t.path("d.csv"))
    words = [*BIAS, *GROUP, "--data", data]
    other = ["assess", "drift_monitor", "--data", data, "--reference", data]
    t.aims.refuses(*other, "--option", "mmd_rows=0", "--option", "mmd_rows=1", code=2, name="usage", path="option")
    broken = t.aims.refuses(*other, "--option", "columns=[s]", code=2, name="usage", path="options.columns")
    assert "double quotes" in broken["hint"], broken
    found = t.aims.refuses(*other, "--option", "columns=[1]", code=3, name="invalid", path="options.columns")
    assert 'write it as ["..."' in found["hint"], found
    t.aims.refuses(*words, "--encode", 'g={"one_hot":["a"', code=2, name="usage", path="encode.g")
    t.aims.refuses(*words, "--encode", data, code=3, name="invalid", path="encode")
    twice = ["--encode", 'g={"one_hot":["a","b"]}']
    t.aims.refuses(*words, *twice, *twice, code=2, name="usage", path="encode")
    found = t.aims.refuses(*words, "--limit", "accuracy[g=A]>=0.5", code=3, name="invalid", path="limits.0")
    assert "[g=a] [g=b]" in found["hint"], found
    # Where the result is to go is looked at before anything is measured, and a device is never replaced.
    words = [*BIAS, *GROUP, "--data", t.path("absent")]
    t.aims.refuses(*words, "--output", t.path("no/r.json"), code=4, name="not_found", path="output")
    t.aims.refuses(*words, "--values", t.path("no/r.csv"), code=4, name="not_found", path="values")
    t.aims.refuses(*words, "--output", t.folder, code=3, name="invalid", path="output")
    os.mkfifo(t.path("pipe"))
    for device in ("/dev/null", "/dev/stdout", t.path("pipe")):
        t.aims.refuses(*words, "--output", device, code=3, name="invalid", path="output")


def test_long_lists(t):
    """However many are named, none is lost: all 40 features reach the model, and the 131st limit decides."""
    names, data, model = [f"x{i}" for i in range(40)], t.path("wide.csv"), t.path("last.json")
    with open(data, "w", encoding="utf-8") as f:
        f.write("y," + ",".join(names) + ',k,"a, ""b"""\n')
        for i in range(260):
            f.write(f"{i % 2}," + ",".join(str(i % 2) if k == 39 else "0" for k in range(40)) + f",{i // 2},{'pq'[i % 2]}\n")
    with open(model, "w", encoding="utf-8") as f:
        stump = tree_model(names).replace('"split_indices": [0, 0, 0]', '"split_indices": [39, 0, 0]')
        f.write(stump.replace('"feature_names": ' + json.dumps(names), '"feature_names": []'))
    words = ["assess", "performance_eval", "--data", data, "--label", "y", "--model", model, "--feature", ",".join(names)]
    assert metric(t.aims.json(*words), "accuracy")["value"] == 1
    limits = [x for i in range(130) for x in ("--limit", f"accuracy[k={i}]>=0.01")]
    words += ["--group", "k", "--min-group", 1, *limits]
    t.aims(*words)
    t.aims(*words, "--limit", "accuracy<=0.1", code=1)
    named = t.aims.json(*words[:10], "--group", '"a, ""b""",x39')
    assert metric(named, "accuracy", **{'a, "b"': "p", "x39": "0"})["n"] == 130


def test_a_group_without_values(t):
    """Rows whose group is missing are shown as a group of their own, never judged in silence."""
    path = t.path("gap.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("y,p,g\n" + "1,1,a\n0,0,a\n1,1,b\n0,1,b\n" * 20 + "1,1,\n" * 3)
    result = t.aims.json(*BIAS, *GROUP, "--data", path)
    assert any("missing" in n for n in result["notes"]), result["notes"]


def tree_model(features=("s",), cut=False):
    """One stump in XGBoost's JSON, as its save_model writes it."""
    tree = {"base_weights": [0.0, -2.0, 2.0], "categories": [], "categories_nodes": [], "categories_segments": [],
            "categories_sizes": [], "default_left": [1, 0, 0], "id": 0, "left_children": [1, -1, -1],
            "loss_changes": [1.0, 0.0, 0.0], "parents": [2147483647, 0, 0], "right_children": [2, -1, -1],
            "split_conditions": [0.5, -2.0, 2.0], "split_indices": [0, 0, 0], "split_type": [0, 0, 0],
            "sum_hessian": [2.0, 1.0, 1.0],
            "tree_param": {"num_deleted": "0", "num_feature": str(len(features)), "num_nodes": "3",
                           "size_leaf_vector": "1"}}
    model = {"learner": {"attributes": {}, "feature_names": list(features), "feature_types": ["float"] * len(features),
                         "gradient_booster": {"model": {"gbtree_model_param": {"num_parallel_tree": "1",
                                                                               "num_trees": "1"},
                                                        "iteration_indptr": [0, 1], "tree_info": [0],
                                                        "trees": [tree]}, "name": "gbtree"},
                         "learner_model_param": {"base_score": "5E-1", "boost_from_average": "1", "num_class": "0",
                                                 "num_feature": str(len(features)), "num_target": "1"},
                         "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}}},
             "version": [2, 1, 0]}
    text = json.dumps(model)
    return text[:len(text) // 2] if cut else text


def test_models(t):
    data = harness.write_csv(t.path("d.csv"))
    words = ["assess", "bias_fairness_test", "--label", "y", "--positive", "1", *GROUP, "--data", data, "--model"]
    for name, text in (("good", tree_model()), ("cut", tree_model(cut=True)), ("other", tree_model(("s", "income"))),
                       ("none", "not a model"), ("empty", "")):
        with open(t.path(name), "w", encoding="utf-8") as f:
            f.write(text)
    by_model = t.aims.json(*words, t.path("good"), "--threshold", "0.5")
    by_score = t.aims.json(*BIAS[:-2], "--score", "s", "--threshold", "0.5", *GROUP, "--data", data)
    assert metric(by_model, "selection_rate")["value"] == metric(by_score, "selection_rate")["value"]
    assert by_model["subject"]["model"]["sha256"]
    for name in ("cut", "none", "empty"):
        t.aims.refuses(*words, t.path(name), code=3, name="invalid")
    done = t.aims(*words, t.path("other"), code=None)
    assert done.code in (3, 4) and "income" in done.err, done
    t.aims.refuses(*words, t.path("absent"), code=4, name="not_found")


def test_explanations(t):
    aims = t.fresh()
    harness.add_system(aims)
    data, values = harness.write_csv(t.path("e.csv"), rows=40), t.path("values.csv")
    with open(t.path("tree"), "w", encoding="utf-8") as f:
        f.write(tree_model())
    words = ["assess", "explanation_report", "--model", t.path("tree"), "--data", data]
    done = aims(*words, "--limit", "mean_absolute_shap[feature=s]<=9", "--limit", "top_feature_share>=0.9",
                "--system", "loan scoring", "--values", values)
    assert "handed in as measurement 1" in done.out, done
    with open(values, encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert lines[0] == "row,s,bias,margin" and len(lines) == 41, lines[:2]
    with open(data, encoding="utf-8") as f:
        rows = f.read().splitlines()[1:]
    for row, line in zip(rows, lines[1:]):
        assert float(line.split(",")[3]) == (2 if float(row.split(",")[2]) >= 0.5 else -2), (row, line)
    aims.refuses(*BIAS, *GROUP, "--data", data, "--values", values, code=3, name="invalid",
                 path="values")


def test_by_plan_and_system(t):
    aims = t.fresh()
    harness.add_system(aims)
    harness.add_plan(aims)
    fair, unfair = harness.write_csv(t.path("f.csv")), harness.write_csv(t.path("u.csv"), gap=0.35)
    done = aims("assess", "bias_fairness_test", "--system", "loan scoring", "--data", fair)
    assert "handed in as measurement 1" in done.out and "A.5.4" in done.out
    assert aims.json("finding", "list")["items"] == []
    aims("assess", "bias_fairness_test", "--plan", "fairness", "--data", unfair, code=1)
    assert aims.json("finding", "list")["items"][0]["status"] == "open"
    aims("assess", "bias_fairness_test", "--plan", "fairness", "--data", fair)
    assert aims.json("finding", "list")["items"][0]["status"] == "corrected"
    assert len(aims.json("measurement", "list")["items"]) == 3
    assert "pass" in aims("measurement", "show", "3").out
    words = ["assess", "bias_fairness_test", "--data", fair]
    aims.refuses(*words, "--plan", "fairness", "--label", "y", code=2, name="usage", path="plan")
    aims.refuses("assess", "performance_eval", "--plan", "fairness", "--data", fair, code=2, name="usage", path="plan")
    aims.refuses(*words, "--plan", "nothing", code=4, name="not_found")
    aims.refuses(*words, "--system", "nothing", code=4, name="not_found")
    harness.add_plan(aims, "second")
    aims.refuses(*words, "--system", "loan scoring", code=5, name="conflict", path="plan")
    assert len(aims.json("measurement", "list")["items"]) == 3
    aims.refuses("plan", "add", "--name", "bad", "--kind", "nothing", "--system", "loan scoring", "--parameters", "{}",
                 "--fresh-days", 1, "--active", "yes", code=3, name="invalid")


def test_status_and_soa(t):
    aims = t.fresh()
    harness.add_system(aims)
    harness.add_plan(aims)
    aims("control", "set", "A.5.4", "--reason", "we decide on people", "--implementation", "implemented", "--owner",
         "Ada Lovelace")
    aims("control", "set", "A.10.4", "--applicable", "no", "--reason", "=no customers", "--implementation",
         "not_started")
    aims("assess", "bias_fairness_test", "--plan", "fairness", "--data", harness.write_csv(t.path("f.csv")))
    text = aims("status").out
    assert " proven" in text.splitlines()[0] and "1 excluded" in text.splitlines()[0], text
    assert aims("status", "--only", "proven").out.count("A.5.4") == 1
    aims("status", "--check", code=0)
    soa = json.loads(aims("soa", "--format", "json").out)
    assert set(soa) == {"controls"} and len(soa["controls"]) == 38
    for row in soa["controls"]:
        assert set(row) == {"control", "applicable", "status", "reason", "trail"}, row
    by_id = {row["control"]: row for row in soa["controls"]}
    assert by_id["A.10.4"]["status"] == "excluded" and by_id["A.10.4"]["applicable"] is False
    trail = by_id["A.5.4"]["trail"]
    assert trail and set(trail[0]) == {"plan", "measurement", "kind", "dataset_sha256", "model_sha256", "leaf", "verdict",
                                       "observed_at", "fresh_until"}
    assert aims("soa", "--json").out == aims("soa", "--format", "json").out
    csv_text = aims("soa", "--format", "csv").out
    assert csv_text.splitlines()[0].startswith("control,") and "'=no customers" in csv_text
    assert "A.5.4" in aims("soa").out and "fairness" in aims("soa").out
    aims.refuses("soa", "--format", "pdf", code=3, name="invalid")
    aims("assess", "bias_fairness_test", "--plan", "fairness", "--data", harness.write_csv(t.path("u.csv"), gap=0.35),
         code=1)
    aims("status", "--check", code=1)
    later = aims("soa", "--format", "json", "--at", "2099-01-01", code=None)
    assert later.code in (0, 3), later


STUMP = {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0], "split_type": [0, 0, 0],
         "split_conditions": [0.5, -2, 2], "default_left": [1, 0, 0], "sum_hessian": [9, 5, 4], "categories": [],
         "categories_nodes": [], "categories_segments": [], "categories_sizes": []}


def write_stump(path):
    """A model that says yes where its only feature, g_b, is 1."""
    trees = {"gbtree_model_param": {"num_trees": "1"}, "tree_info": [0], "trees": [STUMP]}
    learner = {"feature_names": ["g_b"], "objective": {"name": "binary:logistic"},
               "learner_model_param": {"base_score": "0.5", "num_class": "0", "num_feature": "1", "num_target": "1"},
               "gradient_booster": {"name": "gbtree", "model": trees}}
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"version": [2, 0, 0], "learner": learner}, f)
    return path


def test_encoders_and_schema(t):
    data, model = harness.write_csv(t.path("d.csv")), write_stump(t.path("m.json"))
    words = ["assess", "performance_eval", "--data", data, "--label", "y", "--positive", "1", "--model", model]
    spec = {"one_hot": ["a", "b"]}
    piece = t.aims.json(*words, "--encode", "g=" + json.dumps(spec))
    assert metric(piece, "selection_rate")["value"] == 0.5
    assert piece["method"]["parameters"]["encode"] == {"g": spec}
    path = t.path("encode.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"g": spec}, f)
    assert t.aims.json(*words, "--encode", path)["metrics"] == piece["metrics"]
    assert "encode.g" in t.aims(*words, "--encode", 'g={"one_hot":["a"]}', code=3).err
    assert "there is no column 'g_b'" in t.aims(*words, code=3).err
    corrupt = t.aims.json("assess", "corruption_robustness_test", *words[2:], "--encode", path, "--limit",
                          "flip_rate[corruption=shuffled,severity=5]<=0.5", code=1)
    assert metric(corrupt, "flip_rate", corruption="shuffled", severity="5")["value"] == 1
    assert piece["subject"]["dataset"]["schema"]["g"] == {"type": "category", "levels": 2, "missing": 0}
    out = t.path("r.json")
    t.aims.json(*words, "--encode", path, "--output", out)
    assert t.aims.json(*words, "--encode", path, "--schema", out)["notes"] == piece["notes"]
    other = t.path("other.csv")
    with open(data, encoding="utf-8") as f, open(other, "w", encoding="utf-8") as g:
        g.write(f.read().replace("s,", "q,", 1))
    words[3] = other
    assert "schema" in t.aims(*words, "--encode", path, "--schema", out, code=3).err


harness.run(globals())
