#!/usr/bin/env python3
# onnx_models.py - writes small ONNX models and what scikit-learn says to the same rows, for tests/model/test_onnx.c.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -sklearn -onnx, and with the sources of
# github.com/onnx/sklearn-onnx (tag 1.14.1) and github.com/microsoft/onnxconverter-common on the path:
#   PYTHONHASHSEED=0 PYTHONPATH=sklearn-onnx:onnxconverter-common \
#       /usr/bin/python3 script/reference/onnx_models.py tests/model/onnx
# Each case gives NAME.onnx and NAME.csv: the features x0.. of some rows, then the outputs y0.. The data are
# generated; the oracle is the trained model itself, or for graphs made by hand the evaluator at the end of
# this file, which follows the text of the operator's specification.
# (skl2onnx may write independent nodes of a pipeline in another order each time.)
import math
import sys

import numpy as np
import onnx
import sklearn
import skl2onnx
from onnx import TensorProto, helper
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (ExtraTreesRegressor, GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, HistGradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

ROWS, FEATURES, SHOWN = 300, 5, 40
TOOL = "scikit-learn %s, skl2onnx %s" % (sklearn.__version__, skl2onnx.__version__)


def data(seed, missing=False):
    draw = np.random.default_rng(seed)
    x = np.round(draw.normal(size=(ROWS, FEATURES)), 2).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] - np.abs(x[:, 3]) + 0.5 * draw.normal(size=ROWS)
    if missing:
        x[draw.random(x.shape) < 0.15] = np.nan
    return x, score


def text(v):
    return "" if math.isnan(v) else repr(float(v))


def write(folder, name, model, x, y, tool):
    """x: the rows; y: one or more outputs per row, in double precision."""
    y = np.asarray(y, dtype=np.float64).reshape(len(x), -1)
    with open("%s/%s.onnx" % (folder, name), "wb") as f:
        f.write(model.SerializeToString())
    with open("%s/%s.csv" % (folder, name), "w") as f:
        f.write(",".join(["x%d" % i for i in range(x.shape[1])] + ["y%d" % i for i in range(y.shape[1])]) + "\n")
        for row, out in zip(x, y):
            f.write(",".join(text(v) for v in [*row, *out]) + "\n")
    print("%-20s %6d bytes, %s, %s" % (name, len(model.SerializeToString()), tool,
                                       " ".join(n.op_type for n in model.graph.node)))


def case(folder, name, estimator, x, y, **convert):
    estimator.fit(x, y)
    shown = x[:SHOWN]
    if hasattr(estimator, "predict_proba"):
        out = estimator.predict_proba(shown)
        out = out[:, 1] if out.shape[1] == 2 else out
    else:
        out = estimator.predict(shown)
    convert.setdefault("initial_types", [("X", FloatTensorType([None, x.shape[1]]))])
    model = skl2onnx.convert_sklearn(estimator, name, target_opset={"": 15, "ai.onnx.ml": 3}, **convert)
    if model.graph.node[0].op_type == "TreeEnsembleRegressor":  # always gives floats, whatever skl2onnx declares
        model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
    write(folder, name, model, shown, out, TOOL)


def trees(folder):
    x, s = data(1)
    xm, sm = data(2, missing=True)
    three = np.digitize(s, [-1, 0.5])
    case(folder, "forest_binary", RandomForestClassifier(12, max_depth=4, random_state=1), x, s > 0)
    case(folder, "forest_plain", RandomForestClassifier(5, max_depth=3, random_state=2), x, (s > 0).astype(int),
         options={"zipmap": False})
    case(folder, "forest_classes", RandomForestClassifier(6, max_depth=4, random_state=3), x,
         np.array(["low", "middle", "high"])[three])
    case(folder, "one_tree", DecisionTreeClassifier(max_depth=5, random_state=3), x, three)
    case(folder, "forest_regression", RandomForestRegressor(8, max_depth=4, random_state=4), x, s)
    case(folder, "forest_targets", ExtraTreesRegressor(6, max_depth=4, random_state=5), x, np.stack([s, -s * s], 1))
    case(folder, "boosted_binary", GradientBoostingClassifier(n_estimators=12, random_state=6), x, s > 0)
    case(folder, "boosted_classes", GradientBoostingClassifier(n_estimators=5, random_state=7), x, three)
    case(folder, "boosted_regression", GradientBoostingRegressor(n_estimators=12, random_state=8), x, s)
    case(folder, "missing_binary", HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=8), xm, sm > 0)
    case(folder, "missing_regression", HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=8), xm, sm)
    case(folder, "forest_double", RandomForestRegressor(6, max_depth=4, random_state=9), x.astype(np.float64), s,
         initial_types=[("X", DoubleTensorType([None, FEATURES]))])


def graphs(folder):
    x, s = data(3)
    case(folder, "logistic", make_pipeline(StandardScaler(), LogisticRegression()), x, s > 0)
    case(folder, "logistic_classes", LogisticRegression(), x, np.digitize(s, [-1, 0.5]))
    case(folder, "linear", LinearRegression(), x, s)
    case(folder, "fixed_rows", LinearRegression(), x, s, initial_types=[("X", FloatTensorType([7, FEATURES]))])
    case(folder, "mlp", MLPClassifier((8, 4), random_state=1, max_iter=300), x, s > 0)
    case(folder, "mlp_regression", MLPRegressor((6,), random_state=2, max_iter=300), x, s)
    x[:, 4] = np.round(x[:, 4] * 10)
    columns = make_pipeline(ColumnTransformer([("a", StandardScaler(), [0, 3]), ("b", MinMaxScaler(), [4])],
                                              remainder="passthrough"), LogisticRegression())
    types = [("x%d" % i, FloatTensorType([None, 1])) for i in range(4)] + [("x4", Int64TensorType([None, 1]))]
    case(folder, "columns", columns, x, s > 0, initial_types=types)


# ---- graphs made by hand ----

def ensemble(kind, nodes, weights, **more):
    """nodes: (tree, node, mode, feature, value, yes, no, missing yes); weights: (tree, node, target, weight)."""
    names = ["treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids",
             "missing_value_tracks_true"]
    attributes = {"nodes_" + n: [row[i] for row in nodes] for i, n in enumerate(names)}
    prefix = "class" if kind == "TreeEnsembleClassifier" else "target"
    for i, n in enumerate(["treeids", "nodeids", "ids", "weights"]):
        attributes[prefix + "_" + n] = [row[i] for row in weights]
    attributes.update(more)
    outputs = ["label", "p"] if prefix == "class" else ["y"]
    node = helper.make_node(kind, ["X"], outputs, domain="ai.onnx.ml", **attributes)
    values = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 3])]
    label_type = TensorProto.STRING if "classlabels_strings" in more else TensorProto.INT64
    found = [helper.make_tensor_value_info(o, label_type, [None]) if o == "label" else
             helper.make_tensor_value_info(o, TensorProto.FLOAT, [None, None]) for o in outputs]
    graph = helper.make_graph([node], "by hand", values, found)
    model = helper.make_model(graph, producer_name="by-hand",
                              opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)])
    onnx.checker.check_model(model)
    return model


def holds(mode, x, v):
    return {"BRANCH_LEQ": x <= v, "BRANCH_LT": x < v, "BRANCH_GTE": x >= v, "BRANCH_GT": x > v,
            "BRANCH_EQ": x == v, "BRANCH_NEQ": x != v}[mode]


def walk(nodes, tree, row):
    at = {n[1]: n for n in nodes if n[0] == tree}
    node = at[0]
    while node[2] != "LEAF":
        x = row[node[3]]
        yes = holds(node[2], x, np.float32(node[4])) or (node[7] and np.isnan(x))
        node = at[node[5] if yes else node[6]]
    return node[1]


def sums(nodes, weights, x, n_targets, average=False):
    n_trees = 1 + max(n[0] for n in nodes)
    out = np.zeros((len(x), n_targets))
    for r, row in enumerate(x):
        for tree in range(n_trees):
            leaf = walk(nodes, tree, row)
            for t, n, target, w in weights:
                if t == tree and n == leaf:
                    out[r, target] += w / (n_trees if average else 1)
    return out


def by_hand(folder):
    modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    nodes, weights = [], []
    for tree, mode in enumerate(modes * 2):
        tracks = int(tree >= len(modes))
        nodes += [(tree, 0, mode, tree % 3, 0.5, 1, 2, tracks), (tree, 1, mode, (tree + 1) % 3, -1.0, 3, 4, tracks)]
        nodes += [(tree, i, "LEAF", 0, 0.0, 0, 0, 0) for i in (2, 3, 4)]
        weights += [(tree, i, 0, i * 2.0 ** tree) for i in (2, 3, 4)]
    values = [0.5, np.nextafter(np.float32(0.5), np.float32(0)), np.nextafter(np.float32(0.5), np.float32(1)),
              -1.0, np.nan, 0.0, 3.0, -7.0]
    x = np.array([[values[(r + c * (1 + r // 8)) % 8] for c in range(3)] for r in range(64)], dtype=np.float32)
    y = sums(nodes, weights, x, 1)
    write(folder, "modes", ensemble("TreeEnsembleRegressor", nodes, weights, n_targets=1), x, y, "this script")
    y = sums(nodes, weights, x, 1, average=True) + 3
    write(folder, "average", ensemble("TreeEnsembleRegressor", nodes, weights, n_targets=1, base_values=[3.0],
                                      aggregate_function="AVERAGE"), x, y, "this script")
    small = [(t, n, 0, w / 2.0 ** 15) for t, n, _, w in weights]
    p = sums(nodes, small, x, 1)
    write(folder, "one_column", ensemble("TreeEnsembleClassifier", nodes, small, classlabels_int64s=[0, 1]), x, p,
          "this script")
    signed = [(t, n, 0, (n - 3) * 0.3) for t, n, _, w in weights]
    s = sums(nodes, signed, x, 1)
    write(folder, "one_column_logistic",
          ensemble("TreeEnsembleClassifier", nodes, signed, classlabels_int64s=[0, 1], post_transform="LOGISTIC",
                   base_values=[0.25]), x, 1 / (1 + np.exp(-s - 0.25)), "this script")
    many = [(t, n, t % 3, (n - 2) * 0.25) for t, n, _, w in weights]
    s = sums(nodes, many, x, 3) + [0.5, 0, -0.5]
    e = np.exp(s - s.max(axis=1, keepdims=True))
    write(folder, "softmax", ensemble("TreeEnsembleClassifier", nodes, many, classlabels_strings=["a", "b", "c"],
                                      post_transform="SOFTMAX", base_values=[0.5, 0.0, -0.5]),
          x, e / e.sum(axis=1, keepdims=True), "this script")


def networks(folder):
    """As other frameworks export them: no label, the last operator tells what the numbers are."""
    draw = np.random.default_rng(4)
    x = np.round(draw.normal(size=(SHOWN, FEATURES)), 2).astype(np.float32)
    for name, classes, last in [("sigmoid", 1, "Sigmoid"), ("softmax_graph", 3, "Softmax")]:
        w, b = np.round(draw.normal(size=(FEATURES, classes)), 2), np.round(draw.normal(size=classes), 2)
        z = x.astype(np.float64) @ w.astype(np.float32) + b.astype(np.float32)
        out = 1 / (1 + np.exp(-z)) if classes == 1 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        graph = helper.make_graph(
            [helper.make_node("Gemm", ["X", "w", "b"], ["z"]), helper.make_node(last, ["z"], ["p"])], name,
            [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["N", FEATURES])],
            [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["N", classes])],
            [helper.make_tensor("w", TensorProto.FLOAT, w.shape, w.ravel()),
             helper.make_tensor("b", TensorProto.FLOAT, b.shape, b)])
        write(folder, name, helper.make_model(graph, producer_name="by-hand",
                                              opset_imports=[helper.make_opsetid("", 15)]), x, out, "numpy")


if __name__ == "__main__":
    target = sys.argv[1]
    trees(target)
    graphs(target)
    by_hand(target)
    networks(target)
