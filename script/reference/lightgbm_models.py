#!/usr/bin/env python3
# lightgbm_models.py - trains small LightGBM models on made-up data and writes what LightGBM itself predicts with them.
# SPDX-License-Identifier: Apache-2.0
#
# Debian has no LightGBM. Run with any installation of it (the files were written by a build of
# github.com/microsoft/LightGBM at bae0b7b, 4.6.0.99, without OpenMP), numpy and scipy:
#   python3 script/reference/lightgbm_models.py tests/model/lightgbm
# Each case gives two files: NAME.txt, the model as LightGBM saves it, and NAME.csv, one row to
# predict a line: its features (float32), LightGBM's margins and its outputs. Some have a third,
# NAME_shap.csv: the contributions of the same rows' features, and the bias (pred_contrib).
import sys

import lightgbm as lgb
import numpy as np

ROWS, FEATURES, CATEGORY, TESTS = 800, 6, 4, 48


def rows(seed, missing=True):
    """Numbers with ties and zeros, one column of categories, holes."""
    r = np.random.default_rng(seed)
    x = np.round(r.normal(0, 2, (ROWS, FEATURES)), 2).astype(np.float32)
    x[:, 1] = np.where(r.random(ROWS) < 0.5, 0, x[:, 1])
    x[:, 2] = np.exp(x[:, 2]).astype(np.float32)
    x[:, CATEGORY] = r.integers(0, 70, ROWS)
    score = x[:, 0] + np.where(x[:, 1] == 0, 1, 0) + np.log(x[:, 2]) / 2 + (x[:, CATEGORY] % 5)
    if missing:
        x[r.random(x.shape) < 0.1] = np.nan
    return x, np.nan_to_num(score + r.normal(0, 0.5, ROWS), nan=1.0)


def probes(booster, seed, missing):
    """Rows that ask for trouble: on and beside thresholds, zeros, tiny, huge, odd categories."""
    r = np.random.default_rng(seed)
    x = rows(seed + 1, missing)[0][:TESTS].copy()
    splits = booster.trees_to_dataframe()
    for i in range(16):
        s = splits[(splits.decision_type == "<=")].sample(1, random_state=seed + i).iloc[0]
        k = booster.feature_name().index(s.split_feature)
        at = np.float32(s.threshold)
        x[i, k] = [at, np.nextafter(at, np.float32(np.inf)), np.nextafter(at, np.float32(-np.inf))][i % 3]
    odd = [0.0, -1e-35, 1e-35, -1e-30, 3e38, -3e38, np.inf, -np.inf, np.nan]
    for i in range(16, 34):
        x[i, r.integers(0, 4)] = odd[i % len(odd)]
    x[34:42, CATEGORY] = [-1, -0.5, 0.9, 69.9, 70, 5000, 1e7, np.nan]
    x[42] = np.nan
    x[43] = 0
    x[44:48, 1] = [-1e-35, 1e-35, -0.0, 1e-36]
    return x


CASES = {
    "binary": dict(objective="binary"),
    "binary_sigmoid": dict(objective="binary", sigmoid=0.7),
    "binary_no_missing": dict(objective="binary", use_missing=False),
    "binary_complete": dict(objective="binary", complete=True),
    "zero_as_missing": dict(objective="binary", zero_as_missing=True),
    "categories_onehot": dict(objective="binary", category=True, max_cat_to_onehot=100, few=True),
    "categories_sets": dict(objective="binary", category=True, max_cat_to_onehot=2, cat_smooth=1, min_data_per_group=5),
    "multiclass": dict(objective="multiclass", num_class=3),
    "multiclassova": dict(objective="multiclassova", num_class=3, sigmoid=1.3),
    "regression": dict(objective="regression", num_leaves=31),
    "regression_sqrt": dict(objective="regression", reg_sqrt=True),
    "regression_l1": dict(objective="regression_l1"),
    "huber": dict(objective="huber"),
    "fair": dict(objective="fair"),
    "quantile": dict(objective="quantile", alpha=0.7),
    "mape": dict(objective="mape"),
    "poisson": dict(objective="poisson"),
    "gamma": dict(objective="gamma"),
    "tweedie": dict(objective="tweedie"),
    "cross_entropy": dict(objective="cross_entropy"),
    "cross_entropy_lambda": dict(objective="cross_entropy_lambda"),
    "lambdarank": dict(objective="lambdarank"),
    "rank_xendcg": dict(objective="rank_xendcg", objective_seed=3),
    "forest": dict(objective="binary", boosting="rf", bagging_fraction=0.6, bagging_freq=1),
    "forest_regression": dict(objective="regression", boosting="rf", bagging_fraction=0.6, bagging_freq=1),
    "dart": dict(objective="binary", boosting="dart", drop_rate=0.5),
    "stumps": dict(objective="regression", min_data_in_leaf=500),
    "nameless": dict(objective="binary", nameless=True),
}


def label(objective, y, classes):
    low = y - y.min()
    if objective == "binary":
        return (y > np.median(y)).astype(int)
    if objective.startswith("multiclass"):
        return np.searchsorted(np.quantile(y, np.arange(1, classes) / classes), y)
    if objective.startswith("cross_entropy"):
        return low / low.max()
    if objective in ("lambdarank", "rank_xendcg"):
        return np.minimum(low, 4).astype(int)
    return low + 0.1


def train(name, case):
    case = dict(case)
    missing = not case.pop("complete", False)
    x, y = rows(len(name), missing)
    if case.pop("few", False):
        x[:, CATEGORY] %= 5
    category = [CATEGORY] if case.pop("category", False) else []
    names = "auto" if case.pop("nameless", False) else ["a", "b", "income=log", "d", "kind", "long_name"]
    objective = case["objective"]
    data = lgb.Dataset(x, label(objective, y, case.get("num_class", 0)), categorical_feature=category,
                       feature_name=names, group=[40] * (ROWS // 40) if objective in ("lambdarank", "rank_xendcg") else None)
    options = dict(num_leaves=9, verbose=-1, seed=7, deterministic=True, num_threads=1)
    booster = lgb.train({**options, **case}, data, 5)
    return booster, probes(booster, 90 + len(name), missing) if name != "stumps" else x[:8]


def text(v):
    """What reads back as the same float; 1e39 is infinity to one."""
    return "" if np.isnan(v) else "%.9g" % np.clip(v, -1e39, 1e39, dtype=np.float64)


def write(folder, name, case):
    booster, x = train(name, case)
    booster.save_model(f"{folder}/{name}.txt")
    booster = lgb.Booster(model_file=f"{folder}/{name}.txt")
    raw = np.asarray(booster.predict(x, raw_score=True)).reshape(len(x), -1)
    if case.get("boosting") == "rf":
        raw = raw / booster.current_iteration()  # raw_score gives the sum of a forest's trees
    out = np.asarray(booster.predict(x)).reshape(len(x), -1)
    with open(f"{folder}/{name}.csv", "w") as f:
        f.write(",".join([f"x{i}" for i in range(FEATURES)] + [f"margin{i}" for i in range(raw.shape[1])]
                         + [f"output{i}" for i in range(out.shape[1])]) + "\n")
        for row, m, o in zip(x, raw, out):
            f.write(",".join([text(v) for v in row] + ["%.17g" % v for v in [*m, *o]]) + "\n")


EXPLAINED = ["binary", "zero_as_missing", "categories_sets", "regression"]


def explain(folder, name):
    booster = lgb.Booster(model_file=f"{folder}/{name}.txt")
    with np.errstate(over="ignore"):
        x = np.genfromtxt(f"{folder}/{name}.csv", delimiter=",", skip_header=1).astype(np.float32)[:, :FEATURES]
    with open(f"{folder}/{name}_shap.csv", "w") as f:
        f.write(",".join([f"shap{i}" for i in range(FEATURES)] + ["bias"]) + "\n")
        for row in booster.predict(x, pred_contrib=True):
            f.write(",".join("%.17g" % v for v in row) + "\n")


for name, case in CASES.items():
    write(sys.argv[1], name, case)
for name in EXPLAINED:
    explain(sys.argv[1], name)
