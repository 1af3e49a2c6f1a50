# real.py - every kind of measurement on real data and models trained from them, beside outside tools.
# SPDX-License-Identifier: Apache-2.0
"""usage: real.py AIMS [NAME-PART]

Trains models with libxgboost and scikit-learn on Adult, HMDA, COMPAS and breast cancer, runs all kinds through
the program's command line, and holds figures against scikit-learn, SciPy, NumPy and libxgboost. Exit code 77
where those or the data (AIMS_SHARED/data, or ../shared/data beside the source) are not there."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

import harness  # noqa: E402
from real_models import Booster, World, frame, np, pd  # noqa: E402
from scipy import stats  # noqa: E402
from sklearn import metrics as sk  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="aims-real-")
W = World(FOLDER.name)


# ---- asking ----


def figure(result, name, **slice_):
    found = [m for m in result["metrics"] if m["id"] == name and m.get("slice", {}) == slice_]
    assert len(found) == 1, (name, slice_, [m for m in result["metrics"] if m["id"] == name][:5])
    return found[0]


def value(result, name, **slice_):
    return figure(result, name, **slice_)["value"]


def near(got, want, room=1e-9):
    assert abs(got - want) <= room * max(1, abs(want)), (got, want)


def rows_of(result, name):
    t = next(t for t in result["tables"] if t["id"] == name)
    return [dict(zip(t["columns"], row)) for row in t["rows"]]


def values(t, *words):
    """The CSV of --values beside the result."""
    path = t.path("values.csv")
    result = t.aims.json("assess", *words, "--values", path)
    return result, pd.read_csv(path, keep_default_na=False, na_values=[""])


def what_counts(result):
    return {k: v for k, v in result.items() if k not in ("started", "seconds")}


def gates(t, kind, words, good, bad, mistake, path):
    """The exit code of a kind: 0 within its limits, 1 beyond one, 3 for a mistake, which says what and where."""
    passed = t.aims("assess", kind, *words, "--limit", good)
    assert "verdict: pass" in passed.out, passed
    failed = t.aims("assess", kind, *words, "--limit", good, "--limit", bad, code=1)
    assert "verdict: fail" in failed.out, failed
    problem = t.aims.refuses("assess", kind, *words, *mistake, code=3, name="invalid", path=path)
    assert problem["hint"], problem


def forms(case, t):
    """The rows as JSON lines, and as .npz with typed arrays."""
    lines, archive = t.path("rows.jsonl"), t.path("rows.npz")
    case.test.to_json(lines, orient="records", lines=True, double_precision=15)
    texts = {c: case.test[c].fillna("").to_numpy(dtype="U") for c in case.test if case.test[c].dtype == object}
    np.savez(archive, **{c: texts.get(c, case.test[c].to_numpy()) for c in case.test})
    return lines, archive


# ---- performance_eval ----


def test_performance_of_two_classes(t):
    c, words = W.income, ["performance_eval", *W.income.words("--group", "sex,race")]
    result = t.aims.json("assess", *words)
    y, p = c.truth(c.test), c.predict(c.test).astype(float)
    for name, want in {"accuracy": sk.accuracy_score(y, p >= 0.5), "precision": sk.precision_score(y, p >= 0.5),
                       "recall": sk.recall_score(y, p >= 0.5), "f1": sk.f1_score(y, p >= 0.5),
                       "balanced_accuracy": sk.balanced_accuracy_score(y, p >= 0.5), "auc": sk.roc_auc_score(y, p),
                       "matthews_correlation": sk.matthews_corrcoef(y, p >= 0.5), "log_loss": sk.log_loss(y, p),
                       "average_precision": sk.average_precision_score(y, p), "selection_rate": np.mean(p >= 0.5),
                       "brier_score": np.mean((p - y) ** 2)}.items():
        near(value(result, name), want)
    black = (c.test.race == "Black") & (c.test.sex == "Female")
    near(value(result, "auc", sex="Female"), sk.roc_auc_score(y[c.test.sex == "Female"], p[c.test.sex == "Female"]))
    near(value(result, "accuracy", sex="Female", race="Black"), np.mean((p >= 0.5)[black] == y[black]))
    low, high = figure(result, "accuracy")["interval"]
    ci = stats.binomtest(int(sum((p >= 0.5) == y)), len(y)).proportion_ci(0.95, method="wilson")
    near(low, ci.low), near(high, ci.high)


def test_performance_of_many_classes_and_numbers(t):
    c = W.marital
    result = t.aims.json("assess", "performance_eval", *c.words())
    p = c.predict(c.test).astype(float)
    said = np.array(c.classes)[p.argmax(axis=1)]
    near(value(result, "accuracy"), sk.accuracy_score(c.test[c.label], said))
    near(value(result, "macro_recall"), sk.balanced_accuracy_score(c.test[c.label], said))
    near(value(result, "weighted_f1"), sk.f1_score(c.test[c.label], said, average="weighted"))
    near(value(result, "log_loss"), sk.log_loss(c.test[c.label], p, labels=c.classes), 1e-6)
    c = W.hours
    result = t.aims.json("assess", "performance_eval", *c.words("--group", "sex"))
    y, p = c.truth(c.test), c.predict(c.test).astype(float)
    near(value(result, "mae"), sk.mean_absolute_error(y, p))
    near(value(result, "rmse"), sk.mean_squared_error(y, p) ** 0.5)
    near(value(result, "r2"), sk.r2_score(y, p))
    men = (c.test.sex == "Male").to_numpy()
    near(value(result, "mean_error", sex="Male"), np.mean((p - y)[men]))


def test_performance_of_other_models(t):
    c = W.hmda
    near(value(t.aims.json("assess", "performance_eval", *c.words()), "auc"),
         sk.roc_auc_score(c.truth(c.test), c.predict(c.test)))
    near(value(t.aims.json("assess", "performance_eval", *W.cancer.words()), "accuracy"),
         np.mean((W.cancer.predict(W.cancer.test) >= 0.5) == W.cancer.test.target))
    for c in (W.forest, W.linear, W.network):
        p = c.sklearn.predict_proba(c.matrix(c.test))[:, 1]
        if c is W.network and not runtime(t):
            continue
        result = t.aims.json("assess", "performance_eval", *c.words())
        near(value(result, "auc"), sk.roc_auc_score(c.test.target, p), 1e-3)
        near(value(result, "brier_score"), np.mean((p - c.test.target) ** 2), 1e-5)
    result = t.aims.json("assess", "performance_eval", "--data", W.compas_file, "--label", "two_year_recid", "--score",
                         "decile_score", "--threshold", 5, "--where", "days_b_screening_arrest <= 30 && "
                         "days_b_screening_arrest >= -30 && is_recid != -1 && c_charge_degree != 'O'")
    assert result["metrics"][0]["n"] == 6172
    near(value(result, "auc"), sk.roc_auc_score(W.compas.two_year_recid, W.compas.decile_score))


def runtime(t):
    """Whether ONNX Runtime is there for what is neither trees nor linear; said once."""
    done = t.aims("assess", "performance_eval", *W.network.words(), code=None)
    if done.code == 7:
        print("   without ONNX Runtime:", done.err.splitlines()[0])
    return done.code != 7


def test_the_same_rows_in_every_form(t):
    for c in (W.income, W.hmda, W.hours):
        words = ["performance_eval", "--threads", 1]
        want = t.aims.json("assess", *words, *c.words())
        other = t.aims.json("assess", *words, *c.words(model=c.other))
        assert other["metrics"] == want["metrics"] and other["tables"] == want["tables"]
        for path in forms(c, t):
            got = t.aims.json("assess", *words, *c.words(data=path))
            assert got["metrics"] == want["metrics"] and got["notes"] == want["notes"], path
            schema = got["subject"]["dataset"]["schema"], want["subject"]["dataset"]["schema"]
            assert schema[0] == schema[1], (path, schema)


def test_performance_gates(t):
    gates(t, "performance_eval", W.income.words("--group", "sex"), "auc>=0.88", "recall[sex=Female]>=0.9",
          ["--confidence", "2"], "confidence")
    t.aims.refuses("assess", "performance_eval", *W.income.words("--threshold", "nan"), code=2, name="usage",
                   path="threshold")


# ---- bias_fairness_test ----


def rates(y, p):
    return {"selection_rate": np.mean(p), "true_positive_rate": np.mean(p[y == 1]),
            "false_positive_rate": np.mean(p[y == 0]), "positive_predictive_value": np.mean(y[p == 1])}


def test_bias(t):
    d = W.compas
    path = t.path("compas.csv")
    d.to_csv(path, index=False)
    words = ["--data", path, "--label", "two_year_recid", "--score", "decile_score", "--threshold", 5, "--group", "race"]
    result = t.aims.json("assess", "bias_fairness_test", *words)
    of = {g: rates(r.two_year_recid.to_numpy(), (r.decile_score >= 5).to_numpy()) for g, r in d.groupby("race")}
    for g, want in of.items():
        for name, x in want.items():
            near(value(result, name, race=g), x)
    judged = [g for g in of if (d.race == g).sum() >= 30]
    assert 3 < len(judged) < len(of)
    gap = {name: max(of[g][name] for g in judged) - min(of[g][name] for g in judged) for name in of["Other"]}
    near(value(result, "demographic_parity_difference"), gap["selection_rate"])
    near(value(result, "equal_opportunity_difference"), gap["true_positive_rate"])
    near(value(result, "equalized_odds_difference"), max(gap["true_positive_rate"], gap["false_positive_rate"]))
    near(value(result, "predictive_parity_difference"), gap["positive_predictive_value"])
    near(value(result, "demographic_parity_ratio"), min(of[g]["selection_rate"] for g in judged) /
         max(of[g]["selection_rate"] for g in judged))
    gates(t, "bias_fairness_test", words, "accuracy>=0.6", "worst_group_accuracy>=0.8", ["--min-group", "-1"],
          "min_group")


def test_bias_of_models(t):
    c = W.hmda
    result = t.aims.json("assess", "bias_fairness_test", *c.words("--group", "afam,single", "--threshold", 0.2))
    y, p = c.truth(c.test), c.predict(c.test) >= 0.2
    for g in ("yes", "no"):
        rows = (c.test.afam == g).to_numpy()
        for name, want in rates(y[rows], p[rows]).items():
            near(value(result, name, afam=g), want)
    many = t.aims.json("assess", "bias_fairness_test", *W.marital.words("--group", "sex"))
    p = np.array(W.marital.classes)[W.marital.predict(W.marital.test).argmax(axis=1)]
    women = (W.marital.test.sex == "Female").to_numpy()
    near(value(many, "selection_rate", sex="Female", marital_status="Divorced"), np.mean(p[women] == "Divorced"))
    numbers = t.aims.json("assess", "bias_fairness_test", *W.hours.words("--group", "sex"))
    miss = W.hours.predict(W.hours.test).astype(float) - W.hours.truth(W.hours.test)
    near(value(numbers, "mean_error_difference"), abs(np.mean(miss[women]) - np.mean(miss[~women])))
    vast = W.hours.test.assign(hours_per_week=np.where(women, 1.7e308, -1.7e308))
    numbers = t.aims.json("assess", "bias_fairness_test", *W.hours.words("--group", "sex", data=W.hours.write("vast", vast)))
    assert value(numbers, "rmse") is None and value(numbers, "rmse_difference") is None, "an overflow is no 0"


# ---- calibration_uncertainty ----


def calibration_errors(y, p):
    """Expected and maximum calibration error over ten bins of equal width."""
    bin_of = np.minimum((p * 10).astype(int), 9)
    gaps = {b: abs(p[bin_of == b].mean() - y[bin_of == b].mean()) for b in set(bin_of)}
    return sum(np.mean(bin_of == b) * g for b, g in gaps.items()), max(gaps.values())


def test_calibration(t):
    for c in (W.income, W.hmda, W.cancer):
        result = t.aims.json("assess", "calibration_uncertainty", *c.words("--option", "coverage=0.8"))
        y, p = c.truth(c.test), c.predict(c.test).astype(float)
        ece, mce = calibration_errors(y, p)
        near(value(result, "expected_calibration_error"), ece)
        near(value(result, "maximum_calibration_error"), mce)
        near(value(result, "brier_score"), sk.brier_score_loss(y, p))
        parts = [value(result, "brier_" + x) for x in ("reliability", "resolution", "uncertainty", "within_bins")]
        near(parts[0] - parts[1] + parts[2] + parts[3], sk.brier_score_loss(y, p))
        sure = np.sort(np.abs(p - 0.5))[::-1][int(np.ceil(0.8 * len(p))) - 1]
        kept = np.abs(p - 0.5) >= sure
        near(value(result, "abstention_accuracy"), np.mean(((p >= 0.5) == y)[kept]), 0.005)
        assert figure(result, "prediction_set_coverage")["interval"][1] >= 0.8, c.name
    p, y = W.marital.predict(W.marital.test).astype(float), W.marital.test[W.marital.label].to_numpy()
    right = (np.array(W.marital.classes)[p.argmax(axis=1)] == y).astype(int)
    result = t.aims.json("assess", "calibration_uncertainty", *W.marital.words())
    near(value(result, "expected_calibration_error"), calibration_errors(right, p.max(axis=1))[0], 1e-6)
    result = t.aims.json("assess", "calibration_uncertainty", *W.hours.words())
    miss = np.abs(W.hours.predict(W.hours.test).astype(float) - W.hours.truth(W.hours.test))
    near(value(result, "prediction_interval_width"), 2 * np.quantile(miss, 0.9), 0.1)
    gates(t, "calibration_uncertainty", W.income.words(), "expected_calibration_error<=0.1", "brier_score<=0.05",
          ["--option", "coverage=2"], "options.coverage")


# ---- drift_monitor ----


def stability(now, then):
    """Population stability index of counts; an empty cell counts as half a row."""
    p, q = np.maximum(now, 0.5) / now.sum(), np.maximum(then, 0.5) / then.sum()
    return np.sum((p - q) * np.log(p / q))


def test_drift(t):
    c = W.income
    old = c.test[c.test.age > 50]
    now = c.write("old", old)
    words = ["--data", now, "--reference", c.members, *c.words()[2:]]
    result = t.aims.json("assess", "drift_monitor", *words)
    for name in ("age", "hours_per_week", "fnlwgt", "capital_gain"):
        a, b = old[name].to_numpy(float), c.train[name].to_numpy(float)
        near(value(result, "kolmogorov_smirnov", column=name), stats.ks_2samp(a, b).statistic)
        near(value(result, "wasserstein_distance", column=name), stats.wasserstein_distance(a, b) / b.std())
    for name in ("sex", "race", "relationship"):
        levels = sorted(c.train[name].unique())
        a, b = (np.array([(d[name] == v).sum() for v in levels]) for d in (old, c.train))
        near(value(result, "population_stability_index", column=name), stability(a, b))
        near(value(result, "jensen_shannon_distance", column=name), js(a / a.sum(), b / b.sum()))
        chi = stats.chi2_contingency([a, b], correction=False)[0]
        near(value(result, "cramers_v", column=name), (chi / (a.sum() + b.sum())) ** 0.5)
    inner = np.quantile(c.train.hours_per_week, np.arange(1, 10) / 10, method="inverted_cdf")
    a, b = (np.bincount(np.searchsorted(np.unique(inner), d.hours_per_week), minlength=len(np.unique(inner)) + 1)
            for d in (old, c.train))
    near(value(result, "population_stability_index", column="hours_per_week"), stability(a, b))
    near(value(result, "accuracy"), np.mean((c.predict(old) >= 0.5) == c.truth(old)))
    ks = stats.ks_2samp(c.predict(old), c.predict(c.train)).statistic
    near(value(result, "kolmogorov_smirnov", column="(prediction)"), ks)
    gates(t, "drift_monitor", words, "population_stability_index[column=sex]<=0.2",
          "population_stability_index[column=age]<=0.2", ["--option", "drift_limit=-1"], "options.drift_limit")
    t.aims.refuses("assess", "drift_monitor", *words, "--option", 'columns=["nothing"]', code=4, name="not_found",
                   path="options.columns.0")


def test_accuracy_without_labels(t):
    """Held against rows that the model never saw, the estimate holds; training rows would flatter."""
    c = W.income
    known = c.write("known", frame("adult_test.csv")[3000:])
    words = c.words("--reference", known, "--option", "mmd_rows=0")
    result = t.aims.json("assess", "drift_monitor", *words)
    low, high = figure(result, "estimated_accuracy")["interval"]
    truth = figure(result, "accuracy")["interval"]
    assert low <= truth[1] and truth[0] <= high, (low, high, truth)
    words[words.index(known)] = c.members
    assert value(t.aims.json("assess", "drift_monitor", *words), "estimated_accuracy") > high


def js(p, q):
    m = (p + q) / 2
    return ((stats.entropy(p, m, 2) + stats.entropy(q, m, 2)) / 2) ** 0.5


# ---- explanation_report ----


def test_explanations_of_trees(t):
    for c in (W.income, W.cancer, W.hours, W.hmda):
        result, got = values(t, "explanation_report", *c.words("--option", "method=tree_path"))
        want = c.predict(c.test, Booster.CONTRIBUTIONS).astype(float)
        phi = got[c.features].to_numpy()
        assert len(got) == len(c.test) and np.abs(phi - want[:, :-1]).max() < 2e-5, np.abs(phi - want[:, :-1]).max()
        margin = c.predict(c.test, Booster.MARGIN)
        assert np.abs(got.margin - margin).max() < 1e-5 * max(1, np.abs(margin).max())
        assert np.abs(phi.sum(axis=1) + got.bias - got.margin).max() < 1e-4
        for k, name in enumerate(c.features):
            near(value(result, "mean_absolute_shap", feature=name), np.mean(np.abs(want[:, k])), 1e-5)
    c = W.marital
    result, got = values(t, "explanation_report", *c.words("--option", "rows=200"))
    want = c.predict(c.test.iloc[sorted(set(got.row - 1))], Booster.CONTRIBUTIONS).reshape(-1, len(c.features) + 1)
    order = got.sort_values(["row", "class"])
    assert np.abs(order[c.features].to_numpy() - want[:, :-1]).max() < 2e-5


def test_explanations_of_a_forest(t):
    """ONNX counts no training rows, so the background is another one; what trees do together is summed."""
    c = W.forest
    words = c.words("--option", "rows=60", "--option", "background=30")
    result, got = values(t, "explanation_report", *words)
    p = c.sklearn.predict_proba(c.matrix(c.test))[:, 1]
    assert np.abs(got.margin - p[got.row - 1]).max() < 1e-6
    assert np.abs(got[c.features].sum(axis=1) + got.bias - got.margin).max() < 1e-6
    assert value(result, "additivity_error") < 1e-6
    found = t.aims.refuses("assess", "explanation_report", *words, "--option", "method=tree_path", code=3, name="invalid",
                           path="model")
    assert "tree_interventional" in found["hint"], found


def test_explanations_of_other_models(t):
    c = W.linear
    _, got = values(t, "explanation_report", *c.words("--option", "background=269", "--option", "rows=269"))
    x = c.matrix(c.test)
    assert np.abs(got[c.features] - c.sklearn.coef_[0] * (x - x.mean(axis=0))).max().max() < 1e-5
    c = W.network
    if not runtime(t):
        return
    result, got = values(t, "explanation_report", *c.words("--option", "rows=10", "--option", "background=20"))
    p = c.sklearn.predict_proba(c.matrix(c.test))[:, 1]
    assert np.abs(got.output - p[got.row - 1]).max() < 1e-5
    assert np.abs(got[c.features].sum(axis=1) + got.bias - got.output).max() < 1e-6
    assert value(result, "model_evaluations") > 1000


def test_reasons_and_counterfactuals(t):
    """A reason is one of the strongest contributions; a counterfactual really turns libxgboost's answer."""
    c = W.hmda
    refused = np.flatnonzero(c.predict(c.test) >= 0.5)[:3]
    named = json.dumps([str(r + 1) for r in refused])
    words = c.words("--option", f"reasons={named}", "--option", f"counterfactuals={named}", "--option", "adverse=high",
                    "--option", 'threat={"immutable":["afam","single"]}')
    result = t.aims.json("assess", "explanation_report", *words)
    phi = c.predict(c.test.iloc[refused], Booster.CONTRIBUTIONS)[:, :-1]
    for k, row in enumerate(refused):
        told = [r["feature"] for r in rows_of(result, "reasons") if r["row"] == row + 1]
        want = [c.features[f] for f in np.argsort(-phi[k]) if phi[k][f] > 0][:5]
        assert told == want, (told, want)
    assert rows_of(result, "counterfactuals"), "none was found"
    for r in rows_of(result, "counterfactuals"):
        assert r["answer"] == "no" and "afam" not in r["sentence"] and "single" not in r["sentence"], r
    gates(t, "explanation_report", words, "explanation_stability>=0.3", "top_feature_share<=0.01",
          ["--option", "method=magic"], "options.method")


# ---- adversarial_robustness_test ----


def step_lengths(c, got):
    """Changes of the attacked rows, of numbers in ranges of the data; a changed category counts 1."""
    x, to = c.matrix(c.test)[got.row - 1], got[c.features].to_numpy(dtype=float)
    whole = c.matrix(c.test)
    span = np.nanmax(whole, axis=0) - np.nanmin(whole, axis=0)
    moved = np.abs(np.where(np.isnan(x) & np.isnan(to), 0, to - x)) / np.where(span > 0, span, 1)
    for k, name in enumerate(c.features):
        if c.encode.get(name, {}).get("ordinal") and c is W.income:
            moved[:, k] = moved[:, k] > 0
    return to, np.sqrt(np.sum(moved ** 2, axis=1))


def test_adversarial_examples_flip_the_original(t):
    for c in (W.income, W.cancer, W.hmda, W.forest):
        words = c.words("--option", "rows=25", "--option", 'epsilon=["0.01","0.1"]')
        result, got = values(t, "adversarial_robustness_test", *words)
        got = got[(got.attacked == 1) & got.distance.notna()]
        to, length = step_lengths(c, got)
        ask = c.booster.predict if c.booster else lambda x, c=c: c.sklearn.predict_proba(x)[:, 1]
        p, before = ask(to) >= 0.5, ask(c.matrix(c.test))[got.row - 1] >= 0.5
        assert len(got) > 12 and (p != before).all(), (c.name, np.flatnonzero(p == before))
        assert np.abs(length - got.distance).max() < 1e-6, (c.name, np.abs(length - got.distance).max())
        assert (got.lower_bound <= got.distance + 1e-12).all() and (got.attack_distance >= got.distance - 1e-12).all()
        assert ((got.exact == 0) | (got.distance - got.lower_bound < 1e-9)).all()
        near(value(result, "robust_accuracy", epsilon="0.1"),
             value(result, "clean_accuracy") - np.sum(got.distance <= 0.1) / 25)


def test_distances_of_a_linear_model(t):
    """The closed form: the margin over the norm of the weights, where no bound is in the way."""
    c = W.linear
    closed = np.abs(c.sklearn.decision_function(c.matrix(c.test))) / np.linalg.norm(c.sklearn.coef_[0])
    threat = json.dumps({"scale": "unit", "features": {f: {"min": -1e6, "max": 1e6} for f in c.features}})
    _, got = values(t, "adversarial_robustness_test", *c.words("--option", "rows=60", "--option", f"threat={threat}"))
    got = got[got.attacked == 1]
    assert len(got) > 40 and (got.exact == 1).all()
    miss = np.abs(got.distance / closed[got.row - 1] - 1).max()
    assert miss < 1e-4, miss


def test_adversarial_gates(t):
    gates(t, "adversarial_robustness_test", W.cancer.words("--option", "rows=100"),
          "robust_accuracy[epsilon=0.01]>=0.6", "certified_robust_accuracy[epsilon=0.5]>=0.9",
          ["--option", 'threat={"immutable":["nothing"]}'], "options.threat.immutable.0")
    t.aims("assess", "adversarial_robustness_test", *W.marital.words("--option", "rows=10"))
    t.aims("assess", "adversarial_robustness_test", *W.hours.words("--option", "rows=10", "--option", "tolerance=5"))


# ---- corruption_robustness_test ----


def test_corruption(t):
    for c in (W.cancer, W.network):
        if c is W.network and not runtime(t):
            continue
        words = c.words("--option", "rows=269")
        if c is W.network:  # it has no answer to missing values, and says so
            found = t.aims.refuses("assess", "corruption_robustness_test", *words, code=3, name="invalid", path="model")
            assert "'corruptions'" in found["hint"], found
            words += ["--option", 'corruptions=["unit_up","unit_down"]']
        result = t.aims.json("assess", "corruption_robustness_test", *words)
        ask = c.predict if c.booster else lambda d, c=c: c.sklearn.predict_proba(c.matrix(d))[:, 1]
        clean, y = ask(c.test) >= 0.5, c.test.target.to_numpy()
        for severity, factor in enumerate((2.54, 10, 12, 100, 1000)):
            for kind, by in (("unit_up", factor), ("unit_down", 1 / factor)):
                wrong = c.test.copy()
                wrong[c.features] = wrong[c.features] * by
                at = {"corruption": kind, "severity": str(severity + 1)}
                p = ask(wrong) >= 0.5
                near(value(result, "flip_rate", **at), np.mean(p != clean))
                near(value(result, "accuracy_drop", **at), np.mean(clean == y) - np.mean(p == y))
    gates(t, "corruption_robustness_test", W.cancer.words(), "flip_rate[corruption=rounded,severity=1]<=0.2",
          "accuracy_drop[corruption=unit_up,severity=5]<=0.05", ["--option", 'corruptions=["rust"]'],
          "options.corruptions.0")
    t.aims("assess", "corruption_robustness_test", *W.hours.words("--option", "rows=300"))


# ---- privacy_attack_test ----


def test_privacy(t):
    for c in (W.income, W.cancer):
        words = ["--reference", c.members, *c.words("--option", "models=8")]
        result = t.aims.json("assess", "privacy_attack_test", *words)
        member = np.r_[np.ones(len(c.train)), np.zeros(len(c.test))]
        p = np.r_[c.predict(c.train), c.predict(c.test)].astype(float)
        y = np.r_[c.truth(c.train), c.truth(c.test)]
        near(value(result, "membership_auc", attack="loss"), sk.roc_auc_score(member, np.where(y == 1, p, 1 - p)), 1e-5)
        near(value(result, "membership_auc", attack="confidence"), sk.roc_auc_score(member, np.maximum(p, 1 - p)), 1e-5)
        right = (p >= 0.5) == y
        near(value(result, "member_accuracy"), right[member == 1].mean())
        near(value(result, "generalisation_gap"), right[member == 1].mean() - right[member == 0].mean())
    words = ["--reference", W.income.members, *W.income.words("--option", "models=0", "--option", "sensitive=sex")]
    gates(t, "privacy_attack_test", words, "membership_auc[attack=loss]<=0.7",
          "attribute_inference_accuracy[attack=query]<=0.1", ["--option", "ranges={}"], "options.ranges.age")
    t.aims.refuses("assess", "privacy_attack_test", *words, "--option", "sensitive=race", code=2, name="usage",
                   path="option")


# ---- reproducible_run, threads ----


def every_kind():
    """One short run of each kind, with its inputs."""
    c = W.income
    reference = ["--reference", c.members]
    return {"performance_eval": c.words("--group", "sex"), "bias_fairness_test": c.words("--group", "sex,race"),
            "calibration_uncertainty": c.words(), "drift_monitor": [*reference, *c.words()],
            "explanation_report": c.words("--option", "rows=300"),
            "adversarial_robustness_test": c.words("--option", "rows=20"),
            "corruption_robustness_test": c.words("--option", "rows=300"),
            "privacy_attack_test": [*reference, *c.words("--option", "models=4", "--option", "rows=1000")]}


def inputs(words):
    return [w for i, w in enumerate(words) if {w, words[i - 1] if i else None} & {"--data", "--model", "--reference"}]


def test_every_kind_repeats(t):
    kinds = every_kind()
    assert set(kinds) | {"reproducible_run"} == {k["id"] for k in t.aims.json("kinds")}
    for kind, words in kinds.items():
        path = t.path(kind + ".json")
        first = t.aims.json("assess", kind, *words, "--threads", 1, "--output", path)
        assert what_counts(t.aims.json("assess", kind, *words, "--threads", 3)) == what_counts(first), kind
        again = ["assess", "reproducible_run", "--recorded", path, *inputs(words), "--limit", "reproduced>=1"]
        done = t.aims.json(*again, "--threads", 2)
        assert done["verdict"] == "pass" and value(done, "identical_figures") == 1, kind
    text = open(path, encoding="utf-8").read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace('"seed":1', '"seed":2', 1))
    t.aims(*again, code=1)
    t.aims.refuses(*again, "--where", "age > 30", code=3, name="invalid", path="where")
    t.aims.refuses(*again[:4], "--data", W.hmda.data, *again[6:], code=3, name="invalid")


# ---- what goes wrong ----


def test_what_a_kind_does_not_take(t):
    """Nothing that is told is left aside in silence."""
    groups = {"performance_eval", "bias_fairness_test", "calibration_uncertainty", "privacy_attack_test"}
    reference = {"drift_monitor", "explanation_report", "privacy_attack_test"}
    for kind, words in every_kind().items():
        if kind not in groups:
            t.aims.refuses("assess", kind, *words, "--group", "sex", code=3, name="invalid", path="groups")
        if kind not in reference:
            t.aims.refuses("assess", kind, *words, "--reference", W.income.members, code=3, name="invalid",
                           path="reference")
        t.aims.refuses("assess", kind, *words, "--option", "magic=1", code=3, name="invalid", path="options.magic")
    words = W.hmda.words("--option", 'corruptions=["noise"]', "--option", 'features=["single"]')
    t.aims.refuses("assess", "corruption_robustness_test", *words, code=3, name="invalid", path="options.corruptions")
    words = [*W.income.words("--option", "models=0"), "--reference", W.hmda.members]
    t.aims.refuses("assess", "privacy_attack_test", *words, code=4, name="not_found", path="reference")


def spoiled(t):
    """Files that a person might give by mistake, or that a broken pipeline leaves behind."""
    c = W.income
    few = c.test[:200]
    ways = {"one row": few[:1], "two rows": few[:2], "constant": few.assign(age=40), "gone": few.assign(age=np.nan),
            "gone texts": few.assign(workclass=np.nan),
            "one class": c.test[c.test.income == "<=50K"][:200], "huge": few.assign(fnlwgt=1e300),
            "levels": few.assign(education=[f"e{i}" for i in range(200)]), "no label": few.drop(columns="income"),
            "no feature": few.drop(columns="age"), "texts": few.assign(age="old"), "nothing": few[:0],
            "wide": pd.concat([few] + [few.age.rename(f"x{i}") for i in range(1000)], axis=1)}
    for name, d in ways.items():
        path = t.path(name.replace(" ", "_") + ".csv")
        d.to_csv(path, index=False)
        yield name, path


def test_every_kind_on_spoiled_files(t):
    """Each ends well or says what is wrong; and one row never makes anything certain."""
    refused = {"no label", "no feature", "texts", "nothing"}
    for name, path in spoiled(t):
        for kind, words in every_kind().items():
            words = [path if w == W.income.data else w for w in words]
            done = t.aims("assess", kind, *words, "--json", code=None)
            assert done.code in (0, 3, 4), (name, kind, done)
            if done.code:
                p = done.problem
                assert p["code"] in ("invalid", "not_found", "too_large") and p["message"] and p["hint"], (name, kind, p)
                continue
            assert name not in refused or (name, kind) == ("no label", "explanation_report") or \
                kind == "drift_monitor", (name, kind)
            for m in done.json["metrics"] if name == "one row" and kind != "drift_monitor" else []:
                low, high = m["interval"] or (0, 1)
                assert low < high or m["interval_method"] == "exact", (kind, m)


harness.run(globals())
