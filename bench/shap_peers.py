#!/usr/bin/env python3
# shap_peers.py - FastTreeSHAP and SHAP on the trees that bench_shap and bench_forest explained, value by value.
# SPDX-License-Identifier: Apache-2.0
# Both sum in double, from the floats of the model: the largest difference is that to double arithmetic.
import sys
import time

import numpy as np

FEATURES, BACKGROUND, REPEATS = 14, 100, 3


def peer(name):
    try:
        return __import__(name)
    except ImportError as e:
        print("  (%s left out: %s)" % (name, e))


def read(work, name, kind, width):
    return np.fromfile("%s/%s" % (work, name), kind).reshape(-1, width)


def ours(work, name):
    return read(work, name, "<f8", FEATURES + 1)[:, :FEATURES]


def report(what, version, explain, x, values):
    best, found = 0, None
    for _ in range(REPEATS):
        began = time.process_time()
        found = explain(x)
        best = max(best, len(x) / (time.process_time() - began))
    found = np.asarray(found)
    if found.ndim == 3:  # of two classes: the second
        found = found[1] if len(found) == 2 else found[:, :, 1]
    off, gaps = np.abs(found - values[:len(x)]).max(1), np.isnan(x).any(1)
    worst = "%.1e" % off[~gaps].max() + (" (rows with missing values: %.1e)" % off[gaps].max() if gaps.any() else "")
    print("  %s: %s %.1f rows/s (%d rows), largest difference to aims %s" % (what, version, best, len(x), worst))


def fast(model, work, values, x, algorithms):
    module = peer("fasttreeshap")
    if not module:
        return
    for algorithm in algorithms:
        e = module.TreeExplainer(model, algorithm=algorithm, n_jobs=1)
        report("tree path", "FastTreeSHAP %s %s" % (module.__version__, algorithm),
               lambda rows, e=e: e.shap_values(rows, check_additivity=False), x, values)


def slow(model, work, name, x, rows, fewer):
    """SHAP's own engine; of XGBoost it would hand the tree path to libxgboost."""
    module = peer("shap")
    if not module:
        return
    if rows:
        e = module.TreeExplainer(model)
        report("tree path", "SHAP", lambda r: e.shap_values(r, check_additivity=False), x[:rows],
               ours(work, name + ".path"))
    e = module.TreeExplainer(model, data=x[:BACKGROUND].astype("f8"), feature_perturbation="interventional")
    report("interventional, %d background rows" % BACKGROUND, "SHAP",
           lambda r: e.shap_values(r, check_additivity=False), x[:fewer], ours(work, name + ".background"))


def boosted(work):
    xgboost = peer("xgboost")
    if not xgboost:
        return
    model = xgboost.Booster()
    model.load_model(work + "/shallow.json")
    x = read(work, "test.x", "<f4", FEATURES)
    print("the same 100 trees x depth 6")
    fast(model, work, ours(work, "shallow.path"), x, ("v0", "v1", "v2"))
    slow(model, work, "shallow", x, 0, 1000)


def write_covers(model, forest):
    """skl2onnx writes no weights of nodes; the training rows of each, as scikit-learn counted them, go where
    onnxmltools puts its own."""
    node = next(n for n in model.graph.node if n.op_type.startswith("TreeEnsemble"))
    part = {a.name: a for a in node.attribute}
    del part["nodes_hitrates"].floats[:]
    part["nodes_hitrates"].floats.extend(
        forest.estimators_[t].tree_.weighted_n_node_samples[i]
        for t, i in zip(part["nodes_treeids"].ints, part["nodes_nodeids"].ints))


def make(work):
    if not peer("skl2onnx"):
        return
    import joblib
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.ensemble import RandomForestClassifier
    x, rows = (np.nan_to_num(read(work, n, "<f4", FEATURES), nan=-1) for n in ("train.x", "test.x"))
    y = np.fromfile(work + "/train.y", "<f4").astype(int)
    forest = RandomForestClassifier(100, random_state=0).fit(x, y)
    model = convert_sklearn(forest, initial_types=[("X", FloatTensorType([None, FEATURES]))],
                            target_opset={"": 15, "ai.onnx.ml": 3})
    write_covers(model, forest)
    with open(work + "/forest.onnx", "wb") as f:
        f.write(model.SerializeToString())
    rows.tofile(work + "/forest.x")
    joblib.dump(forest, work + "/forest.joblib")


def forest(work):
    import joblib
    x = read(work, "forest.x", "<f4", FEATURES)
    model = joblib.load(work + "/forest.joblib")
    slow(model, work, "forest", x, 20, 10)
    fast(model, work, ours(work, "forest.path"), x[:20], ("v1",))


{"boosted": boosted, "make": make, "forest": forest}[sys.argv[1]](sys.argv[2])
