#!/usr/bin/env python3
# privacy.py - prints the reference values of test_train.c and test_privacy.c: scikit-learn, Opacus, ART.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -scipy -sklearn -pandas:
#   /usr/bin/python3 script/reference/privacy.py opacus/accountants/analysis/rdp.py [adversarial-robustness-toolbox ../shared/data FOLDER]
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


def forest_model(forest, features):
    """The forest as ONNX TreeEnsembleClassifier: the mean of its trees' chances."""
    from onnx import TensorProto, helper

    nodes = {k: [] for k in ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids")}
    leaves = {k: [] for k in ("treeids", "nodeids", "ids", "weights")}
    for t, e in enumerate(forest.estimators_):
        tree = e.tree_
        for n in range(tree.node_count):
            leaf = tree.children_left[n] < 0
            for k, v in zip(nodes, (t, n, "LEAF" if leaf else "BRANCH_LEQ", 0 if leaf else int(tree.feature[n]),
                                    0.0 if leaf else float(tree.threshold[n]), 0 if leaf else int(tree.children_left[n]),
                                    0 if leaf else int(tree.children_right[n]))):
                nodes[k].append(v)
            if leaf:
                share = tree.value[n][0] / tree.value[n][0].sum() / len(forest.estimators_)
                for c in (0, 1):
                    for k, v in zip(leaves, (t, n, c, float(share[c]))):
                        leaves[k].append(v)
    attributes = {"nodes_" + k: v for k, v in nodes.items()}
    attributes.update({"class_" + k: v for k, v in leaves.items()})
    node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "p"], domain="ai.onnx.ml",
                            classlabels_int64s=[0, 1], **attributes)
    graph = helper.make_graph([node], "forest", [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, features])],
                              [helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
                               helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 2])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)])


def adult(data, out):
    """8,000 rows of Adult in numbers: half members, half others; also written as CSV."""
    import pandas as pd

    t = pd.read_csv(data + "/adult_train.csv", na_values="?").sample(8000, random_state=0)
    label = (t.pop("income") == ">50K").astype(int)
    for c in t.select_dtypes("object"):
        t[c] = t[c].astype("category").cat.codes
    x, y = t.to_numpy(np.float32), label.to_numpy()
    t["income"] = label
    t[:4000].to_csv(out + "/members.csv", index=False)
    t[4000:].to_csv(out + "/others.csv", index=False)
    return x, y


def over_fitted(art, data, out):
    """ART's attack and scikit-learn's thresholds on forests of Adult; writes what `aims` needs for the same."""
    from sklearn.ensemble import RandomForestClassifier

    sys.path.insert(0, art)
    from art.attacks.inference.membership_inference import MembershipInferenceBlackBox
    from art.estimators.classification.scikitlearn import ScikitlearnRandomForestClassifier

    x, y = adult(data, out)
    member = (np.arange(8000) < 4000).astype(int)
    for depth in (None, 6):
        f = RandomForestClassifier(100, max_depth=depth, random_state=0).fit(x[:4000], y[:4000])
        p = f.predict_proba(x)
        print("forest depth %s: train %.4f, test %.4f" % (depth, f.score(x[:4000], y[:4000]), f.score(x[4000:], y[4000:])))
        print("  loss auc %.6f, confidence auc %.6f" % (roc_auc_score(member, p[np.arange(8000), y]),
                                                        roc_auc_score(member, p.max(axis=1))))
        fpr, tpr, _ = roc_curve(member, p[np.arange(8000), y])
        print("  loss tpr at fpr 0.01: %.6f; best advantage in sample %.4f" % (tpr[fpr <= 0.01].max(), (tpr - fpr).max()))
        a = MembershipInferenceBlackBox(ScikitlearnRandomForestClassifier(f), attack_model_type="rf")
        np.random.seed(0)
        a.fit(x[:2000], y[:2000], x[4000:6000], y[4000:6000])
        said = a.infer(x, y).ravel()
        half = np.r_[2000:4000, 6000:8000]
        tp, fp = said[2000:4000].mean(), said[6000:8000].mean()
        print("  ART attack forest: TPR %.3f, FPR %.3f, advantage %.3f on the %d rows it did not learn from" % (tp, fp, tp - fp, len(half)))
        with open("%s/forest%s.onnx" % (out, depth or ""), "wb") as g:
            g.write(forest_model(f, x.shape[1]).SerializeToString())


def main():
    print("scikit-learn", sklearn.__version__)
    logistic()
    curve()
    if len(sys.argv) > 1:
        accounting(sys.argv[1])
    if len(sys.argv) > 4:
        over_fitted(*sys.argv[2:5])


if __name__ == "__main__":
    main()
