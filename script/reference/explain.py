#!/usr/bin/env python3
# explain.py - writes reference values of explanations with SHAP's KernelExplainer and scikit-learn.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -sklearn and SHAP 0.49.1 from its sources in PYTHONPATH:
#   /usr/bin/python3 script/reference/explain.py tests/measure/reference
# The model and its data are formulas, the same as in tests/measure/test_explain_reference.c. One value a
# line: what, row or feature, feature or grid value, value, tool.
import csv
import sys

import numpy as np
import shap
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence

FEATURES, ROWS, BACKGROUND, EXPLAINED = 7, 120, 20, 4


def data():
    """Whole numbers by a linear congruence; the same in C."""
    r, k = np.meshgrid(np.arange(ROWS), np.arange(FEATURES), indexing="ij")
    return ((r * 37 + k * 11 + r * r * (k + 3)) % (9 + k)).astype(float) / 4


def model(x):
    s = x[:, 0] - x[:, 1] + x[:, 2] * x[:, 3] / 2 - x[:, 4] * x[:, 5] * x[:, 6] / 8
    return 1 / (1 + np.exp(-s / 2))


class Model(BaseEstimator, RegressorMixin):
    def fit(self, x, y):
        self.fitted_ = True
        return self

    def predict(self, x):
        return model(x)


def main(folder):
    x = data()
    rows = []
    k = shap.KernelExplainer(model, x[:BACKGROUND])
    tool = "shap 0.49.1 KernelExplainer, all coalitions"
    phi = np.array(k.shap_values(x[-EXPLAINED:], nsamples=2 ** FEATURES, l1_reg=False, silent=True))
    for r in range(EXPLAINED):
        for i in range(FEATURES):
            rows.append(("shap", ROWS - EXPLAINED + r, i, repr(float(phi[r, i])), tool))
    tool = "scikit-learn " + sklearn.__version__ + " partial_dependence, brute"
    m = Model().fit(x, x[:, 0])
    for i in range(FEATURES):
        p = partial_dependence(m, x, [i], method="brute", kind="average", grid_resolution=100)
        for value, mean in zip(p["values"][0], p["average"][0]):
            rows.append(("partial_dependence", i, repr(float(value)), repr(float(mean)), tool))
    with open(folder + "/explain.csv", "w", newline="") as f:
        f.write("# Written by script/reference/explain.py; do not edit.\n")
        w = csv.writer(f, lineterminator="\n")
        w.writerow(("what", "of", "at", "value", "tool"))
        w.writerows(rows)
    print(len(rows))


main(sys.argv[1])
