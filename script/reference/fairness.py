#!/usr/bin/env python3
# fairness.py - writes the reference values of tests/measure with Fairlearn, AIF360 and scikit-learn.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -pandas -sklearn -scipy and two source trees:
#   PYTHONPATH=<fairlearn v0.12.0>:<AIF360 3487791> /usr/bin/python3 script/reference/fairness.py \
#       ../shared/data tests/measure/reference
# Each case gives two files: NAME.json (data file and plan, which our engine runs) and NAME.csv
# (one value a row: metric, slice as JSON or empty, value, tool). No row of data is written.
import csv
import json
import logging
import os
import sys
import warnings

import numpy as np
import pandas as pd
import sklearn
import sklearn.metrics as skm
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import fairlearn.metrics as flm  # noqa: E402
from aif360.datasets import BinaryLabelDataset  # noqa: E402
from aif360.metrics import ClassificationMetric  # noqa: E402

FAIRLEARN = "fairlearn 0.12.0 (aeac30d)"
AIF360 = "aif360 at 3487791"
SKLEARN = "scikit-learn " + sklearn.__version__
COMPAS = ("days_b_screening_arrest <= 30 && days_b_screening_arrest >= -30 && is_recid != -1 && "
          "c_charge_degree != 'O' && score_text != 'N/A'")


def compas(folder):
    d = pd.read_csv(folder + "/compas_two_years.csv")
    d = d[d.days_b_screening_arrest.between(-30, 30) & (d.is_recid != -1)]
    return d[(d.c_charge_degree != "O") & (d.score_text != "N/A")]


class Values:
    """The rows of one case."""

    def __init__(self):
        self.rows = []

    def add(self, metric, value, tool, **slice_):
        text = json.dumps(slice_, separators=(",", ":"), ensure_ascii=False) if slice_ else ""
        if np.isfinite(value):
            self.rows.append((metric, text, repr(float(value)), tool))


def groups_of(d, attributes):
    """(slice, rows) of each single attribute and of their intersection."""
    sets = [[x] for x in attributes] + ([attributes] if len(attributes) > 1 else [])
    for names in sets:
        for key, part in d.groupby(names):
            key = key if isinstance(key, tuple) else (key,)
            yield dict(zip(names, (str(k) for k in key))), part


def rates(v, d, slice_):
    """Group rates by Fairlearn and scikit-learn; undefined ones (no row to divide by) left out."""
    y, p = d.y.values, d.p.values
    v.add("selection_rate", flm.selection_rate(y, p, pos_label=1), FAIRLEARN, **slice_)
    v.add("accuracy", skm.accuracy_score(y, p), SKLEARN, **slice_)
    if y.sum():
        v.add("true_positive_rate", flm.true_positive_rate(y, p, pos_label=1), FAIRLEARN, **slice_)
        v.add("false_negative_rate", flm.false_negative_rate(y, p, pos_label=1), FAIRLEARN, **slice_)
    if (1 - y).sum():
        v.add("false_positive_rate", flm.false_positive_rate(y, p, pos_label=1), FAIRLEARN, **slice_)
        v.add("true_negative_rate", flm.true_negative_rate(y, p, pos_label=1), FAIRLEARN, **slice_)
    if p.sum():
        v.add("positive_predictive_value", skm.precision_score(y, p), SKLEARN, **slice_)


def disparities(v, d, attributes, star):
    """What Fairlearn says of one set of attributes; star is the slice our engine gives it."""
    s = d[attributes]
    a = {"y_true": d.y.values, "y_pred": d.p.values, "sensitive_features": s}
    for name in ("demographic_parity_difference", "demographic_parity_ratio",
                 "equal_opportunity_difference", "equal_opportunity_ratio",
                 "equalized_odds_difference", "equalized_odds_ratio"):
        v.add(name, getattr(flm, name)(**a), FAIRLEARN, **star)
    v.add("average_odds_difference", flm.equalized_odds_difference(agg="mean", **a), FAIRLEARN, **star)
    for name, fn in (("false_positive_rate", flm.false_positive_rate),
                     ("false_negative_rate", flm.false_negative_rate),
                     ("accuracy", skm.accuracy_score)):
        f = flm.MetricFrame(metrics=fn, **a)
        v.add(name + "_difference", f.difference(), FAIRLEARN, **star)
        v.add(name + "_ratio", f.ratio(), FAIRLEARN, **star)
        if name == "accuracy":
            v.add("worst_group_accuracy", f.group_min(), FAIRLEARN, **star)
    some = d.groupby(attributes).p.transform("sum") > 0  # groups with a predicted positive
    f = flm.MetricFrame(metrics=skm.precision_score, y_true=d.y[some].values,
                        y_pred=d.p[some].values, sensitive_features=s[some])
    v.add("predictive_parity_difference", f.difference(), FAIRLEARN, **star)
    v.add("predictive_parity_ratio", f.ratio(), FAIRLEARN, **star)


def entropy(v, d):
    frame = pd.DataFrame({"g": 1.0, "y": d.y.values.astype(float)})
    truth = BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["g"])
    pred = truth.copy()
    pred.labels = d.p.values.astype(float).reshape(-1, 1)
    m = ClassificationMetric(truth, pred)
    v.add("generalized_entropy_index", m.generalized_entropy_index(alpha=2), AIF360)
    v.add("theil_index", m.theil_index(), AIF360)


def binary(d, attributes):
    v = Values()
    rates(v, d, {})
    for slice_, part in groups_of(d, attributes):
        rates(v, part, slice_)
    disparities(v, d, attributes, {})
    for one in attributes if len(attributes) > 1 else []:
        disparities(v, d, [one], {one: "*"})
    entropy(v, d)
    return v


def aif(d, attribute, privileged):
    """Two groups, as AIF360 sees them: signed there, gaps (absolute values) with us."""
    frame = pd.DataFrame({"g": (d[attribute] == privileged).astype(float).values,
                          "y": d.y.values.astype(float)})
    truth = BinaryLabelDataset(df=frame, label_names=["y"], protected_attribute_names=["g"])
    pred = truth.copy()
    pred.labels = d.p.values.astype(float).reshape(-1, 1)
    m = ClassificationMetric(truth, pred, unprivileged_groups=[{"g": 0.0}],
                             privileged_groups=[{"g": 1.0}])
    v = Values()
    v.add("demographic_parity_difference", abs(m.statistical_parity_difference()), AIF360)
    ratio = m.disparate_impact()
    v.add("demographic_parity_ratio", min(ratio, 1 / ratio), AIF360)
    v.add("equal_opportunity_difference", abs(m.equal_opportunity_difference()), AIF360)
    v.add("average_odds_difference", m.average_abs_odds_difference(), AIF360)
    v.add("equalized_odds_difference", m.equalized_odds_difference(), AIF360)
    v.add("false_positive_rate_difference", abs(m.false_positive_rate_difference()), AIF360)
    v.add("false_negative_rate_difference", abs(m.false_negative_rate_difference()), AIF360)
    v.add("predictive_parity_difference", abs(m.positive_predictive_value(privileged=True) -
                                              m.positive_predictive_value(privileged=False)), AIF360)
    v.add("accuracy_difference", abs(m.accuracy(privileged=True) - m.accuracy(privileged=False)),
          AIF360)
    v.add("generalized_entropy_index", m.generalized_entropy_index(alpha=2), AIF360)
    v.add("theil_index", m.theil_index(), AIF360)
    v.add("accuracy", m.accuracy(), AIF360)
    v.add("positive_predictive_value", m.positive_predictive_value(), AIF360)
    v.add("negative_predictive_value", m.negative_predictive_value(), AIF360)
    v.add("base_rate", m.base_rate(), AIF360)
    return v


def ece(d):
    """Gaps of scikit-learn's calibration curve, weighted by the size of its bins."""
    true, mean = calibration_curve(d.y, d.s, n_bins=10)
    ids = np.searchsorted(np.linspace(0, 1, 11)[1:-1], d.s)
    weight = np.bincount(ids, minlength=10)
    return float((np.abs(true - mean) * weight[weight > 0]).sum() / len(d))


def quality(v, d, slice_, probability):
    y, p, s = d.y.values, d.p.values, d.s.values
    rates(v, d, slice_)
    v.add("balanced_accuracy", skm.balanced_accuracy_score(y, p), SKLEARN, **slice_)
    v.add("precision", skm.precision_score(y, p), SKLEARN, **slice_)
    v.add("recall", skm.recall_score(y, p), SKLEARN, **slice_)
    v.add("f1", skm.f1_score(y, p), SKLEARN, **slice_)
    v.add("matthews_correlation", skm.matthews_corrcoef(y, p), SKLEARN, **slice_)
    v.add("auc", skm.roc_auc_score(y, s), SKLEARN, **slice_)
    v.add("average_precision", skm.average_precision_score(y, s), SKLEARN, **slice_)
    if probability:
        v.add("log_loss", skm.log_loss(y, s), SKLEARN, **slice_)
        v.add("brier_score", skm.brier_score_loss(y, s), SKLEARN, **slice_)
        v.add("calibration_error", ece(d), SKLEARN, **slice_)


def performance(d, attributes, probability):
    v = Values()
    quality(v, d, {}, probability)
    for slice_, part in groups_of(d, attributes):
        quality(v, part, slice_, probability)
    return v


def many_classes(d, attributes):
    v = Values()
    for slice_, part in [({}, d), *groups_of(d, attributes)]:
        v.add("accuracy", skm.accuracy_score(part.y, part.p), SKLEARN, **slice_)
        v.add("balanced_accuracy", skm.balanced_accuracy_score(part.y, part.p), SKLEARN, **slice_)
        for mean in ("macro", "micro", "weighted"):
            for name, fn in (("precision", skm.precision_score), ("recall", skm.recall_score),
                             ("f1", skm.f1_score)):
                value = fn(part.y, part.p, average=mean, zero_division=0)
                v.add(mean + "_" + name, value, SKLEARN, **slice_)
    return v


def many_classes_bias(d, attribute, label):
    """Each class against the rest by Fairlearn; the whole is the worst class."""
    v = Values()
    worst = {}
    for c in sorted(set(d.y) | set(d.p)):
        one = d.assign(y=(d.y == c).astype(int), p=(d.p == c).astype(int))
        a = {"y_true": one.y.values, "y_pred": one.p.values, "sensitive_features": d[[attribute]]}
        gap = flm.demographic_parity_difference(**a)
        v.add("demographic_parity_difference", gap, FAIRLEARN, **{label: str(c)})
        worst["demographic_parity_difference"] = max(
            gap, worst.get("demographic_parity_difference", 0))
        for key, part in one.groupby(attribute):
            v.add("selection_rate", flm.selection_rate(part.y, part.p, pos_label=1), FAIRLEARN,
                  **{attribute: key, label: str(c)})
            if part.y.sum():
                v.add("true_positive_rate", flm.true_positive_rate(part.y, part.p, pos_label=1),
                      FAIRLEARN, **{attribute: key, label: str(c)})
    for name, value in worst.items():
        v.add(name, value, FAIRLEARN)
    f = flm.MetricFrame(metrics=skm.accuracy_score, y_true=d.y, y_pred=d.p,
                        sensitive_features=d[[attribute]])
    v.add("accuracy_difference", f.difference(), FAIRLEARN)
    return v


def numbers(d, attributes):
    v = Values()
    for slice_, part in [({}, d), *groups_of(d, attributes)]:
        v.add("rmse", skm.mean_squared_error(part.y, part.p, squared=False), SKLEARN, **slice_)
        v.add("mae", skm.mean_absolute_error(part.y, part.p), SKLEARN, **slice_)
        v.add("r2", skm.r2_score(part.y, part.p), SKLEARN, **slice_)
        v.add("mean_error", (part.p - part.y).mean(), "pandas " + pd.__version__, **slice_)
    return v


def numbers_bias(d, attributes):
    v = Values()
    for names, star in [(attributes, {})] + [([x], {x: "*"}) for x in attributes]:
        a = {"y_true": d.y, "y_pred": d.p, "sensitive_features": d[names]}
        for name, fn in (("mean_prediction", flm.mean_prediction), ("mae", skm.mean_absolute_error)):
            f = flm.MetricFrame(metrics=fn, **a)
            v.add(name + "_difference", f.difference(), FAIRLEARN, **star)
        f = flm.MetricFrame(metrics=lambda y, p: skm.mean_squared_error(y, p, squared=False), **a)
        v.add("rmse_difference", f.difference(), FAIRLEARN, **star)
    return v


def propublica():
    """Counts printed in "Compas Analysis.ipynb" of propublica/compas-analysis (all, two groups)."""
    v = Values()
    tool = "propublica/compas-analysis, Compas Analysis.ipynb"
    for slice_, tp, fp, fn, tn in (({}, 2035, 1282, 1216, 2681),
                                   ({"race": "African-American"}, 1369, 805, 532, 990),
                                   ({"race": "Caucasian"}, 505, 349, 461, 1139)):
        v.add("false_positive_rate", fp / (fp + tn), tool, **slice_)
        v.add("false_negative_rate", fn / (fn + tp), tool, **slice_)
        v.add("positive_predictive_value", tp / (tp + fp), tool, **slice_)
    return v


def cases(folder):
    c = compas(folder)
    c = c.assign(y=c.two_year_recid, s=c.decile_score, p=(c.decile_score >= 5).astype(int))
    plan = {"kind": "bias_fairness_test", "label": "two_year_recid", "score": "decile_score",
            "threshold": 5, "where": COMPAS, "min_group": 1}
    file = "compas_two_years.csv"
    everyone = {k: x for k, x in plan.items() if k != "where"}
    yield "compas_propublica", file, {**everyone, "groups": ["race"]}, propublica()
    for names in (["race"], ["sex"], ["race", "sex"]):
        yield "compas_" + "_".join(names), file, {**plan, "groups": names}, binary(c, names)
    two = c[c.race.isin(["African-American", "Caucasian"])]
    where = COMPAS + " && (race == 'African-American' || race == 'Caucasian')"
    yield ("compas_aif360", file, {**plan, "where": where, "groups": ["race"]},
           aif(two, "race", "Caucasian"))
    yield ("compas_performance", file, {**plan, "kind": "performance_eval", "groups": ["sex"]},
           performance(c, ["sex"], False))

    a = pd.read_csv(folder + "/adult_test.csv", na_values="?")
    a = a.assign(y=(a.income == ">50K").astype(int), p=(a.education_num >= 13).astype(int),
                 s=a.education_num)
    plan = {"kind": "bias_fairness_test", "label": "income", "positive": ">50K",
            "score": "education_num", "threshold": 13, "min_group": 1}
    file = "adult_test.csv"
    yield ("adult_race_sex", file, {**plan, "groups": ["race", "sex"]}, binary(a, ["race", "sex"]))
    yield "adult_aif360", file, {**plan, "groups": ["sex"]}, aif(a, "sex", "Male")

    h = pd.read_csv(folder + "/hmda_boston.csv")
    h = h.assign(y=(h.deny == "yes").astype(int), p=(h.pirat >= 0.4).astype(int), s=h.pirat)
    plan = {"kind": "bias_fairness_test", "label": "deny", "positive": "yes", "score": "pirat",
            "threshold": 0.4, "min_group": 1}
    file = "hmda_boston.csv"
    yield ("hmda_afam_single", file, {**plan, "groups": ["afam", "single"]},
           binary(h, ["afam", "single"]))
    yield "hmda_aif360", file, {**plan, "groups": ["afam"]}, aif(h, "afam", "no")
    few = h[h.pirat <= 1]
    yield ("hmda_probability", file,
           {**plan, "kind": "performance_eval", "where": "pirat <= 1", "groups": ["afam", "single"]},
           performance(few, ["afam", "single"], True))
    n = h.assign(y=h.chist, p=h.mhist)
    plan = {"kind": "performance_eval", "task": "multiclass", "label": "chist",
            "prediction": "mhist", "groups": ["afam"], "min_group": 1}
    yield "hmda_multiclass", file, plan, many_classes(n, ["afam"])
    yield ("hmda_multiclass_bias", file, {**plan, "kind": "bias_fairness_test"},
           many_classes_bias(n, "afam", "chist"))
    n = h.assign(y=h.pirat, p=h.hirat)
    plan = {"kind": "performance_eval", "label": "pirat", "prediction": "hirat",
            "groups": ["afam", "single"], "min_group": 1}
    yield "hmda_regression", file, plan, numbers(n, ["afam", "single"])
    yield ("hmda_regression_bias", file, {**plan, "kind": "bias_fairness_test"},
           numbers_bias(n, ["afam", "single"]))


def main():
    folder, out = sys.argv[1], sys.argv[2]
    for name, file, plan, values in cases(folder):
        with open(os.path.join(out, name + ".json"), "w") as f:
            f.write(json.dumps({"data": file, "plan": plan}, indent=1) + "\n")
        with open(os.path.join(out, name + ".csv"), "w", newline="") as f:
            f.write("# Reference values: metric, slice, value, tool. SPDX-License-Identifier: "
                    "Apache-2.0\n# Written by: PYTHONPATH=<fairlearn v0.12.0>:<AIF360 3487791> "
                    "/usr/bin/python3 script/reference/fairness.py ../shared/data "
                    "tests/measure/reference\n")
            w = csv.writer(f, lineterminator="\n")
            w.writerow(("metric", "slice", "value", "tool"))
            w.writerows(values.rows)
        print(name, len(values.rows))


main()
