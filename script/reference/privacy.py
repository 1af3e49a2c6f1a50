#!/usr/bin/env python3
# privacy.py - prints the reference values of test_train.c and test_privacy.c: scikit-learn, Opacus, ART.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -scipy -sklearn -pandas:
#   /usr/bin/python3 script/reference/privacy.py opacus/accountants/analysis/rdp.py [adversarial-robustness-toolbox [data]]
# The data are those of the tests: a linear congruential generator, the same everywhere.
import importlib.util
import sys

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve


def draws(n, seed):
    out = np.empty(n)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        out[i] = (seed >> 8) / 2**24
    return out


def logistic():
    u = draws(300 * 6, 7).reshape(300, 6)
    x, coin = u[:, :5] * 4 - 2, u[:, 5]
    y = (coin < 1 / (1 + np.exp(-(x[:, 0] - 2 * x[:, 1] + 0.5 * x[:, 2] * x[:, 3])))).astype(int)
    for c in (1.0, 100.0):
        m = LogisticRegression(C=c, tol=1e-14, max_iter=100000, solver="newton-cg").fit(x, y)
        print("logistic C=%g" % c, ", ".join("%.17g" % v for v in list(m.coef_[0]) + [m.intercept_[0]]))


def curve():
    u = draws(3000, 11)
    member = (np.arange(3000) % 3 == 0).astype(int)
    score = np.floor((u + 0.2 * member * u) * 500) / 500
    fpr, tpr, _ = roc_curve(member, score, drop_intermediate=False)
    print("roc auc %.17g" % roc_auc_score(member, score))
    for at in (0.01, 0.001):
        print("roc tpr at fpr %g: %.17g" % (at, tpr[fpr <= at].max()))
    print("roc advantage in sample %.17g" % (tpr - fpr).max())


def accounting(path):
    spec = importlib.util.spec_from_file_location("rdp", path)
    rdp = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rdp)
    orders = list(range(2, 257))
    for q, sigma, steps, delta in ((1, 4, 1, 1e-5), (1, 20, 400, 1e-5), (0.01, 4, 10000, 1e-5), (0.01, 1.1, 1000, 1e-6),
                                   (0.256, 1.3, 60, 1e-5), (0.004, 0.8, 15000, 1e-5)):
        r = rdp.compute_rdp(q=q, noise_multiplier=sigma, steps=steps, orders=orders)
        eps, order = rdp.get_privacy_spent(orders=orders, rdp=r, delta=delta)
        one = rdp.compute_rdp(q=q, noise_multiplier=sigma, steps=1, orders=[8])[0]
        print("account q=%g sigma=%g steps=%d delta=%g: rdp(8) of a step %.17g, epsilon %.17g" % (q, sigma, steps, delta, one, eps))


print("scikit-learn", sklearn.__version__)
logistic()
curve()
if len(sys.argv) > 1:
    accounting(sys.argv[1])
