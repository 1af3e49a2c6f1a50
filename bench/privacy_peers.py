#!/usr/bin/env python3
# privacy_peers.py - likelihood-ratio membership attack with scikit-learn's boosted trees as reference models.
# SPDX-License-Identifier: Apache-2.0
# Usage: privacy_peers.py make FOLDER DATA | time FOLDER DATA [MODELS]; see privacy.sh.
import importlib.util
import os
import sys
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score

spec = importlib.util.spec_from_file_location(
    "reference", os.path.dirname(os.path.abspath(__file__)) + "/../script/reference/privacy.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


def logit(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p) - np.log1p(-p)


def lira(x, y, target, models):
    rows = np.arange(len(y))
    draw = np.random.default_rng(0)
    seen, loud = [], []
    for i in range(models):
        seen.append(draw.random(len(y)) < 0.5 if i % 2 == 0 else ~seen[-1])
        m = HistGradientBoostingClassifier(learning_rate=0.3, max_iter=100, max_depth=6, max_leaf_nodes=None,
                                           min_samples_leaf=1, early_stopping=False)
        m.fit(x[seen[-1]], y[seen[-1]])
        loud.append(logit(m.predict_proba(x)[rows, y]))
    loud, seen = np.array(loud), np.array(seen)
    out = np.ma.array(loud, mask=seen)
    sd = np.sqrt(out.var(axis=0, ddof=1).mean())
    return np.asarray((target - out.mean(axis=0)) / sd)


def main():
    folder, data = sys.argv[2:4]
    x, y = reference.adult(data, folder)
    f = RandomForestClassifier(100, random_state=0).fit(x[:4000], y[:4000])
    if sys.argv[1] == "make":
        with open(folder + "/forest.onnx", "wb") as g:
            g.write(reference.forest_model(f, x.shape[1]).SerializeToString())
        return
    models = int(sys.argv[4])
    start = time.process_time()
    score = lira(x, y, logit(f.predict_proba(x)[np.arange(8000), y]), models)
    took = time.process_time() - start
    print("scikit-learn, %d reference models: %.1f CPU s, lira_offline auc %.4f" %
          (models, took, roc_auc_score(np.arange(8000) < 4000, score)))


main()
