#!/usr/bin/env python3
# kernel_peers.py - trains the network for bench/kernel.sh, and explains the same rows with SHAP's KernelExplainer.
# SPDX-License-Identifier: Apache-2.0
# Usage: kernel_peers.py make DATA DIR | time DIR   (PYTHONPATH names SHAP's sources, see bench/README.md)
import sys
import time
import warnings

import numpy as np

IN, BACKGROUND, ROWS = 14, 100, 40


def read(path):
    import pandas as pd

    t = pd.read_csv(path)
    for c in t.columns:
        if t[c].dtype == object:
            t[c] = t[c].astype("category").cat.codes
    return t.values.astype(float)


def make(data, folder):
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore")
    train, test = read(data + "/adult_train.csv"), read(data + "/adult_test.csv")
    mean, sd = train[:, :-1].mean(0), train[:, :-1].std(0)
    x, y = (train[:, :-1] - mean) / sd, train[:, -1]
    m = MLPClassifier((32, 16), random_state=0, max_iter=30).fit(x, y)
    parts = [p for pair in zip(m.coefs_, m.intercepts_) for p in pair]
    np.concatenate([p.ravel() for p in parts]).astype(np.float32).tofile(folder + "/network.f32")
    r = np.random.RandomState(1)
    x[r.choice(len(x), BACKGROUND, replace=False)].astype(np.float32).tofile(folder + "/background.f32")
    rows = ((test[:, :-1] - mean) / sd)[r.choice(len(test), ROWS, replace=False)]
    rows.astype(np.float32).tofile(folder + "/rows.f32")


def network(folder):
    p = np.fromfile(folder + "/network.f32", np.float32)
    w1, p = p[: IN * 32].reshape(IN, 32), p[IN * 32:]
    b1, p = p[:32], p[32:]
    w2, p = p[: 32 * 16].reshape(32, 16), p[32 * 16:]
    b2, w3, b3 = p[:16], p[16:32], p[32]

    def f(x):
        h = np.maximum(x.astype(np.float32, copy=False) @ w1 + b1, 0)
        return 1 / (1 + np.exp(-(np.maximum(h @ w2 + b2, 0) @ w3 + b3).astype(np.float64)))

    return f


def run(folder):
    import shap

    f = network(folder)
    z = np.fromfile(folder + "/background.f32", np.float32).reshape(-1, IN)
    x = np.fromfile(folder + "/rows.f32", np.float32).reshape(-1, IN)
    exact = np.fromfile(folder + "/exact.f64").reshape(-1, IN + 1)[:, :IN]
    many = np.repeat(x, 5000, 0)
    began = time.process_time()
    f(many)
    print("the network in numpy: %.2f M rows/s" % (len(many) / (time.process_time() - began) / 1e6))
    k = shap.KernelExplainer(f, z)
    for name, o in (("default", {}), ("l1_reg=False", {"l1_reg": False}),
                    ("l1_reg=False, nsamples=16382 (all)", {"l1_reg": False, "nsamples": 16382})):
        np.random.seed(0)
        rows = x[:5] if "nsamples" in o else x
        began = time.process_time()
        phi = np.array(k.shap_values(rows, silent=True, **o)).reshape(len(rows), IN)
        rate = len(rows) / (time.process_time() - began)
        miss = phi - exact[: len(rows)]
        print("shap %s, %s: %.1f rows/s, error %.2e (largest %.2e)"
              % (shap.__version__, name, rate, np.sqrt((miss ** 2).mean()), abs(miss).max()))


if __name__ == "__main__":
    make(*sys.argv[2:]) if sys.argv[1] == "make" else run(*sys.argv[2:])
