#!/usr/bin/env python3
# classes.py - prints what NannyML's CBPE expects of a three-class model, for tests/measure/test_drift_classes.c.
# SPDX-License-Identifier: Apache-2.0
#
# Run with the sources of github.com/NannyML/nannyml and Debian 12's own Python (numpy, pandas, scikit-learn):
#   /usr/bin/python3 script/reference/classes.py nannyml/nannyml
# Taken from its files as they stand, without importing the package (which needs much more): its calibrators,
# _fit_calibrators, _calibrate_predicted_probabilities and estimate_f1, estimate_precision, estimate_recall.
import ast
import copy
import importlib.util
import sys
import types
from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from sklearn.preprocessing import label_binarize

ROWS = 6000


def draws(n, seed):
    out = np.empty(n)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        out[i] = seed >> 8
    return out


def world(seed, shift):
    """Features in 64ths; the model says softmax(1.5 x), the truth is softmax(x)."""
    u = draws(ROWS * 4, seed).reshape(ROWS, 4)
    x = (u[:, :3] % 256) / 64 - np.array([shift, 0, 0])
    p, e = np.exp(1.5 * x), np.exp(x)
    p, e = p / p.sum(axis=1, keepdims=True), e / e.sum(axis=1, keepdims=True)
    coin = u[:, 3] / 2**24
    return p, (coin > e[:, 0]).astype(int) + (coin > e[:, 0] + e[:, 1]).astype(int)


def functions(path, names, scope):
    tree = ast.parse(open(path).read())
    tree.body = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in names]
    exec(compile(tree, path, "exec"), scope)


def nannyml(folder):
    stub = types.ModuleType("nannyml.exceptions")
    stub.InvalidArgumentsException = ValueError
    sys.modules["nannyml"], sys.modules["nannyml.exceptions"] = types.ModuleType("nannyml"), stub
    spec = importlib.util.spec_from_file_location("nannyml.calibration", folder + "/calibration.py")
    calibration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(calibration)
    scope = dict(vars(calibration), np=np, pd=pd, copy=copy, Any=Any, Dict=Dict, List=List, Optional=Optional,
                 Tuple=Tuple, Union=Union, label_binarize=label_binarize)
    functions(folder + "/performance_estimation/confidence_based/cbpe.py",
              ("_fit_calibrators", "_calibrate_predicted_probabilities", "_get_class_splits"), scope)
    functions(folder + "/performance_estimation/confidence_based/metrics.py",
              ("estimate_f1", "estimate_precision", "estimate_recall"), scope)
    return scope


def main(folder):
    n = nannyml(folder)
    columns = {"0": "p0", "1": "p1", "2": "p2"}
    p, y = world(21, 0)
    ref = pd.DataFrame(p, columns=list(columns.values())).assign(y=y.astype(str))
    q, z = world(22, 1.5)
    data = pd.DataFrame(q, columns=list(columns.values()))
    calibrators = n["_fit_calibrators"](ref, "y", columns, n["IsotonicCalibrator"]())
    chance = n["_calibrate_predicted_probabilities"](data, "y", columns, calibrators).to_numpy()
    said = q.argmax(axis=1)
    print("calibrated:", [type(c).__name__ for c in calibrators.values()])
    print("accuracy of the model: reference %.6f" % accuracy_score(y, p.argmax(axis=1)))
    print("estimated accuracy %.6f, realised %.6f" % (chance[np.arange(ROWS), said].mean(), accuracy_score(z, said)))
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        own = np.mean([n["estimate_" + name](said == k, chance[:, k]) for k in range(3)])
        print("estimated macro %s %.6f, realised %.6f" % (name, own, score(z, said, average="macro")))


main(sys.argv[1])
