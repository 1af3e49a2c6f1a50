#!/usr/bin/env python3
# bias_peers.py - writes the benchmark's rows, and times numpy and Fairlearn on them.
# SPDX-License-Identifier: Apache-2.0
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def make(path, rows=1_000_000, groups=18):
    g = np.random.default_rng(0)
    group = g.choice(groups, rows, p=np.arange(1, groups + 1) / (groups * (groups + 1) / 2))
    label = g.random(rows) < 0.2 + 0.02 * group
    right = g.random(rows) < 0.75 + 0.01 * group
    frame = pd.DataFrame({"label": label.astype(int), "prediction": (label == right).astype(int),
                          "group": np.char.add("g", np.char.zfill(group.astype(str), 2))})
    frame.to_csv(path, index=False)


def numpy_peer(d, replicates=1000):
    began = time.process_time()
    code, _ = pd.factorize(d.group, sort=True)
    groups = code.max() + 1
    cells = np.bincount(code * 4 + d.label.values * 2 + d.prediction.values, minlength=4 * groups)
    cells = cells.reshape(groups, 4)
    counted = time.process_time()
    r = np.random.default_rng(42)
    draws = np.stack([r.multinomial(c.sum(), c / c.sum(), size=replicates) for c in cells])
    tn, fp, fn, tp = (draws[:, :, i] for i in range(4))
    rates = np.stack([(tp + fp) / draws.sum(2), (tp + tn) / draws.sum(2), tp / (tp + fn),
                      fp / (fp + tn), tp / (tp + fp)])
    gaps = rates.max(1) - rates.min(1)
    np.quantile(rates, (0.025, 0.975), axis=2)
    np.quantile(gaps, (0.025, 0.975), axis=1)
    ended = time.process_time()
    print(f"numpy {np.__version__} resampling, B={replicates}: {(ended - counted) * 1e3:.1f} ms CPU "
          f"(counting {(counted - began) * 1e3:.1f} more)")


def fairlearn_peer(d, replicates):
    import fairlearn
    import fairlearn.metrics as m
    import sklearn.metrics as skm
    five = {"selection_rate": m.selection_rate, "accuracy": skm.accuracy_score,
            "tpr": m.true_positive_rate, "fpr": m.false_positive_rate, "ppv": skm.precision_score}
    began = time.process_time()
    m.MetricFrame(metrics=five, y_true=d.label, y_pred=d.prediction, sensitive_features=d.group,
                  n_boot=replicates, ci_quantiles=[0.025, 0.975], random_state=42)
    used = time.process_time() - began
    print(f"fairlearn {fairlearn.__version__} MetricFrame, B={replicates}: {used:.1f} s CPU measured; "
          f"B=1000 would be about {used * 1000 / replicates:.0f} s (extrapolated, not run)")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    frame = pd.read_csv(sys.argv[2])
    numpy_peer(frame)
    try:
        fairlearn_peer(frame, 10)
    except ImportError as e:
        print(f"fairlearn: not measured ({e}); set PYTHONPATH to its source tree")
