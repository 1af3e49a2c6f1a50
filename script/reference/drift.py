#!/usr/bin/env python3
# drift.py - writes the reference values of drift_monitor and calibration_uncertainty with SciPy, statsmodels, scikit-learn, numpy.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -pandas -scipy -sklearn -statsmodels:
#   /usr/bin/python3 script/reference/drift.py ../shared/data tests/measure/reference
# Each case gives two files as fairness.py's do: NAME.json (data files and plan) and NAME.csv (one value
# a row: metric, slice as JSON or empty, value, tool). No row of data is written. Rows "TABLE.COLUMN" stand in a
# table of the result. tails.csv has the distributions behind the classical tests.
import csv
import json
import sys

import numpy as np
import pandas as pd
import scipy
import sklearn
import statsmodels
from scipy import special, stats
from scipy.spatial.distance import jensenshannon
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from statsmodels.stats.multitest import multipletests

SCIPY = "scipy " + scipy.__version__
NUMPY = "numpy " + np.__version__
SKLEARN = "scikit-learn " + sklearn.__version__
STATSMODELS = "statsmodels " + statsmodels.__version__
MISSING = ["", "NA", "NaN", "nan", "null", "?"]


def read(folder, name):
    return pd.read_csv(folder + "/" + name, keep_default_na=False, na_values=MISSING)


class Values:
    def __init__(self):
        self.rows = []

    def add(self, metric, value, tool, **slice_):
        text = json.dumps(slice_, separators=(",", ":"), ensure_ascii=False) if slice_ else ""
        if np.isfinite(value):
            self.rows.append((metric, text, repr(float(value)), tool))

    def write(self, folder, name, case):
        with open("%s/%s.json" % (folder, name), "w") as f:
            json.dump(case, f, indent=1)
            f.write("\n")
        with open("%s/%s.csv" % (folder, name), "w", newline="") as f:
            f.write("# Written by script/reference/drift.py; do not edit.\n")
            w = csv.writer(f, lineterminator="\n")
            w.writerow(("metric", "slice", "value", "tool"))
            w.writerows(self.rows)
        print(name, len(self.rows))


def number_cells(x, y):
    """Counts between the distinct tenths of x (order statistics, closed above), then missing."""
    edges = np.unique(np.quantile(x.dropna(), np.arange(1, 10) / 10, method="inverted_cdf"))

    def count(v):
        n = np.bincount(np.searchsorted(edges, v.dropna(), side="left"), minlength=len(edges) + 1)
        return np.append(n, v.isna().sum())

    return count(x), count(y)


def category_cells(x, y):
    known = sorted(x.dropna().unique())

    def count(v):
        n = [(v == k).sum() for k in known]
        return np.array(n + [(~v.dropna().isin(known)).sum(), v.isna().sum()])

    return count(x), count(y)


def psi(a, b):
    keep = a + b > 0
    p, q = np.maximum(a, 0.5)[keep] / a.sum(), np.maximum(b, 0.5)[keep] / b.sum()
    return np.sum((q - p) * np.log(q / p))


def chi_square(a, b):
    keep = a + b > 0
    if keep.sum() < 2:
        return 0.0, 1.0, 0
    return stats.chi2_contingency(np.array([a[keep], b[keep]]), correction=False)[:3]


def cramers_v(a, b):
    return np.sqrt(chi_square(a, b)[0] / (a.sum() + b.sum()))


def drift(v, x, y):
    for name in [c for c in x.columns if c in y.columns]:
        number = pd.api.types.is_numeric_dtype(x[name])
        a, b = (number_cells if number else category_cells)(x[name], y[name])
        v.add("population_stability_index", psi(a, b), NUMPY, column=name)
        v.add("jensen_shannon_distance", jensenshannon(a, b, 2), SCIPY, column=name)
        if not number:
            v.add("cramers_v", cramers_v(a, b), SCIPY, column=name)
            continue
        u, w = x[name].dropna(), y[name].dropna()
        v.add("kolmogorov_smirnov", stats.ks_2samp(u, w, mode="asymp").statistic, SCIPY, column=name)
        if u.std(ddof=0) > 0:
            v.add("wasserstein_distance", stats.wasserstein_distance(u, w) / np.std(u), SCIPY, column=name)


def smirnov(u, w):
    """Exact up to 10,000 values of each, as ks_2samp's own choice; above that the limiting distribution, which
    ks_2samp does not offer (its "asymp" takes that of one sample of n m / (n + m) values)."""
    if max(len(u), len(w)) <= 10000:
        r = stats.ks_2samp(u, w, mode="exact")
        return r.statistic, r.pvalue
    d = stats.ks_2samp(u, w, mode="asymp").statistic
    return d, special.kolmogorov(d * np.sqrt(len(u) / (len(u) + len(w)) * len(w)))


def label_cells(x, y):
    known = np.union1d(x.dropna().unique(), y.dropna().unique())
    return [np.array([(v == k).sum() for k in known] + [v.isna().sum()]) for v in (x, y)]


def tests(v, x, y, classes=()):
    """The classical test of each column, as the table of columns has it."""
    found = {}
    for c in [c for c in x.columns if c in y.columns]:
        if pd.api.types.is_numeric_dtype(x[c]) and c not in classes:
            d, p = smirnov(x[c].dropna(), y[c].dropna())
            found[c] = (d, np.nan, p)
        else:
            statistic, p, freedom = chi_square(*(label_cells if c in classes else category_cells)(x[c], y[c]))
            found[c] = (statistic, freedom, p)
    corrected = multipletests([r[2] for r in found.values()], method="holm")[1]
    for (c, (statistic, freedom, p)), holm in zip(found.items(), corrected):
        v.add("columns.statistic", statistic, SCIPY, column=c)
        v.add("columns.degrees_of_freedom", freedom, SCIPY, column=c)
        v.add("columns.p_value", p, SCIPY, column=c)
        v.add("columns.p_value_holm", holm, STATSMODELS, column=c)


def tails():
    """Rows of tails.csv: function, its arguments, value."""
    draw = np.random.default_rng(1)
    for freedom in (1, 2, 3, 4, 5, 11, 12, 41, 100, 101, 1001, 1002):
        for at in (1e-9, 0.01, 0.5, 1, 2, 5, 20, 100):
            yield "chi_square", freedom * at, freedom, "", stats.chi2.sf(freedom * at, freedom), SCIPY
        for x in (100, 500, 1000, 1300):
            yield "chi_square", x, freedom, "", stats.chi2.sf(x, freedom), SCIPY
    for x in (0.05, 0.2, 0.5, 0.82, 0.99, 1, 1.01, 1.36, 2, 3, 5, 10, 18):
        yield "kolmogorov", x, "", "", special.kolmogorov(x), SCIPY
    for n, m in ((1, 1), (1, 9), (7, 7), (20, 30), (97, 101), (500, 400), (1000, 1000), (3000, 2000)):
        for shift in (0, 0.1, 0.3, 1, 3):
            r = stats.ks_2samp(draw.standard_normal(n), draw.standard_normal(m) + shift, mode="exact")
            yield "smirnov", r.statistic, n, m, r.pvalue, SCIPY


def write_tails(folder):
    rows = [[x if isinstance(x, (int, str)) else repr(float(x)) for x in row] for row in tails()]
    with open("%s/tails.csv" % folder, "w", newline="") as f:
        f.write("# Written by script/reference/drift.py; do not edit.\n")
        w = csv.writer(f, lineterminator="\n")
        w.writerow(("function", "x", "n", "m", "value", "tool"))
        w.writerows(rows)
    print("tails", len(rows))


def estimate(v, x, y, label, score, threshold):
    """Accuracy of x at each score bin and prediction, averaged over y."""
    edges = np.quantile(x[score], np.arange(1, 30) / 30, method="inverted_cdf")

    def cell(d):
        return np.searchsorted(edges, d[score], side="left") * 2 + (d[score] >= threshold)

    right = (x[score] >= threshold) == (x[label] == 1)
    share = right.groupby(cell(x)).mean()
    v.add("estimated_accuracy", share.reindex(cell(y)).mean(), NUMPY)
    v.add("accuracy", ((y[score] >= threshold) == (y[label] == 1)).mean(), NUMPY)


def drift_cases(data, out):
    train, test = read(data, "adult_train.csv"), read(data, "adult_test.csv")
    cases = [("adult_drift", None, test),
             ("adult_drift_old", "age > 45", test[test.age > 45]),
             ("adult_drift_hours", "hours_per_week != 40 && sex == 'Female'",
              test[(test.hours_per_week != 40) & (test.sex == "Female")])]
    for name, where, part in cases:
        v = Values()
        drift(v, train, part)
        tests(v, train, part)
        plan = {"kind": "drift_monitor", "options": {"mmd_rows": 400}}
        if where:
            plan["where"] = where
        v.write(out, name, {"data": "adult_test.csv", "reference": "adult_train.csv", "plan": plan})
    d = read(data, "compas_two_years.csv")
    v = Values()
    young = d[d.age < 25]
    drift(v, d[["age", "sex", "race", "priors_count"]], young)
    estimate(v, d, young, "two_year_recid", "decile_score", 5)
    plan = {"kind": "drift_monitor", "label": "two_year_recid", "score": "decile_score", "threshold": 5,
            "where": "age < 25", "options": {"columns": ["age", "sex", "race", "priors_count"], "mmd_rows": 0}}
    tests(v, d[["age", "sex", "race", "priors_count"]], young)
    v.write(out, "compas_drift", {"data": "compas_two_years.csv", "reference": "compas_two_years.csv", "plan": plan})


def class_cases(data, out):
    """A label and a prediction of class numbers, compared as classes; at most 10,000 rows of each table."""
    d = read(data, "compas_two_years.csv")
    old = d[d.age > 45]
    columns = ["priors_count", "two_year_recid", "decile_score", "race"]
    v = Values()
    tests(v, d[columns], old[columns], ["two_year_recid", "decile_score"])
    plan = {"kind": "drift_monitor", "label": "two_year_recid", "prediction": "decile_score",
            "task": "multiclass", "where": "age > 45", "options": {"columns": columns, "mmd_rows": 0}}
    v.write(out, "compas_classes", {"data": "compas_two_years.csv", "reference": "compas_two_years.csv", "plan": plan})


def calibration(v, p, y):
    n = len(p)
    share, chance = calibration_curve(y, p, n_bins=10, strategy="uniform")
    weight = np.histogram(np.searchsorted(np.linspace(0, 1, 11)[1:-1], p), bins=np.arange(11))[0]
    weight = weight[weight > 0] / n
    gap, base = np.abs(share - chance), y.mean()
    v.add("expected_calibration_error", np.sum(weight * gap), SKLEARN)
    v.add("maximum_calibration_error", gap.max(), SKLEARN)
    brier = brier_score_loss(y, p)
    parts = (np.sum(weight * gap ** 2), np.sum(weight * (share - base) ** 2), base * (1 - base))
    v.add("brier_score", brier, SKLEARN)
    v.add("brier_reliability", parts[0], SKLEARN)
    v.add("brier_resolution", parts[1], SKLEARN)
    v.add("brier_uncertainty", parts[2], NUMPY)
    v.add("brier_within_bins", brier - parts[0] + parts[1] - parts[2], SKLEARN)
    d = pd.DataFrame({"p": p, "y": y, "bin": np.searchsorted(np.sort(p), p, side="left") * 10 // n})
    b = d.groupby("bin").agg(n=("p", "size"), p=("p", "mean"), y=("y", "mean"))
    v.add("calibration_error_equal_mass", (b.n / n * (b.p - b.y).abs()).sum(), NUMPY)
    noise = (b.y * (1 - b.y) / (b.n - 1)).where(b.n > 1, 0)
    square = (b.n / n * ((b.p - b.y) ** 2 - noise)).sum()
    v.add("calibration_error_debiased", np.sqrt(max(0, square)), NUMPY)


def abstention(v, p, y, threshold, answered):
    """Rows equally sure at the cut count with their mean."""
    predicted = p >= threshold
    d = pd.DataFrame({"sure": np.where(predicted, p, 1 - p), "right": predicted == (y == 1)})
    want = int(np.floor(answered * len(d) + 0.5))
    d = d.sort_values("sure", ascending=False).reset_index(drop=True)
    cut = d.sure[want - 1]
    above, level = d[d.sure > cut], d[d.sure == cut]
    v.add("abstention_accuracy", (above.right.sum() + level.right.mean() * (want - len(above))) / want, NUMPY)


def calibration_cases(data, out):
    d = read(data, "hmda_boston.csv")
    for name, column, where, part in [("hmda_calibration", "pirat", "pirat <= 1", d[d.pirat <= 1]),
                                      ("hmda_calibration_loan", "lvrat", "lvrat <= 1 && single == 'yes'",
                                       d[(d.lvrat <= 1) & (d.single == "yes")])]:
        v = Values()
        y, p = (part.deny == "yes").astype(int).values, part[column].values
        calibration(v, p, y)
        abstention(v, p, y, 0.5, 0.7)
        plan = {"kind": "calibration_uncertainty", "label": "deny", "positive": "yes", "score": column,
                "where": where, "options": {"answered": 0.7}}
        v.write(out, name, {"data": "hmda_boston.csv", "plan": plan})


def main():
    data, out = sys.argv[1:]
    drift_cases(data, out)
    class_cases(data, out)
    write_tails(out)
    calibration_cases(data, out)


main()
