#!/usr/bin/env python3
# corrupt_sklearn.py - corruption tests beside the same done by pandas, scikit-learn and libxgboost.
# SPDX-License-Identifier: Apache-2.0
"""corrupt_sklearn.py AIMS SOURCE: figures of corruptions without chance are equal, of others as near as chance lets them."""
import json
import os
import subprocess
import sys
import tempfile

from adult import MIN_MAX, STANDARD, TEXTS, np, one_hot, pd, read, train
from sklearn.metrics import accuracy_score, roc_auc_score

ROWS = 2000
ALONE_TOO = ["sex", "workclass", "age", "capital_gain", "hours_per_week"]
NUMBERS = STANDARD + MIN_MAX
FACTORS, DEVIATIONS, SHARES = [2.54, 10, 12, 100, 1000], [0.1, 0.25, 0.5, 1, 2], [0.05, 0.1, 0.25, 0.5, 1]
RNG = np.random.default_rng(7)


def sd(v):
    return v.std(ddof=1)


def following(name):
    return NUMBERS[(NUMBERS.index(name) + 1) % len(NUMBERS)]


def hit(d, severity):
    return RNG.random(len(d)) < SHARES[severity]


def swapped(d, names, s):
    new, rows = d.copy(), hit(d, s)
    for c in names:
        new.loc[rows, c] = d.loc[rows, following(c)]
        if len(names) == 1:
            new.loc[rows, following(c)] = d.loc[rows, c]
    return new


def shuffled(d, c, s):
    levels = list(d[c].dropna().unique())
    RNG.shuffle(levels)
    other = dict(zip(levels, levels[1:] + levels[:1]))
    return d[c].where(~(hit(d, s) & d[c].notna()), d[c].map(other))


def stale(d, c, s):
    earlier = (RNG.random(len(d)) * np.arange(len(d))).astype(int)
    return d[c].where(~hit(d, s), d[c].to_numpy()[earlier])


CORRUPTIONS = {  # corruption: what becomes of one column; fields; severities without chance
    "noise": (lambda d, c, s: d[c] + DEVIATIONS[s] * sd(d[c]) * RNG.normal(size=len(d)), NUMBERS, []),
    "missing": (lambda d, c, s: d[c].where(~hit(d, s), np.nan), None, [4]),
    "unit_up": (lambda d, c, s: d[c] * FACTORS[s], NUMBERS, range(5)),
    "unit_down": (lambda d, c, s: d[c] / FACTORS[s], NUMBERS, range(5)),
    "out_of_range": (lambda d, c, s: np.where(
        RNG.random(len(d)) < 0.5, d[c].max() + [0.1, 0.5, 1, 3, 10][s] * (d[c].max() - d[c].min()),
        d[c].min() - [0.1, 0.5, 1, 3, 10][s] * (d[c].max() - d[c].min())), NUMBERS, []),
    "rounded": (lambda d, c, s: np.rint(d[c] / (DEVIATIONS[s] * sd(d[c]))) * (DEVIATIONS[s] * sd(d[c])), NUMBERS,
                range(5)),
    "sign_flip": (lambda d, c, s: d[c].where(~hit(d, s), -d[c]), NUMBERS, [4]),
    "shuffled": (shuffled, TEXTS, []),
    "stale": (stale, TEXTS + NUMBERS, []),
    "swapped": (None, NUMBERS, [4]),
}


def corrupted(d, kind, names, s):
    if kind == "swapped":
        return swapped(d, names, s)
    new = d.copy()
    for c in names:
        new[c] = CORRUPTIONS[kind][0](d, c, s)
    return new


def figures(x, y, clean, predict):
    p = predict(x)
    return {"flip_rate": np.mean((p >= 0.5) != (clean >= 0.5)),
            "accuracy_drop": accuracy_score(y, clean >= 0.5) - accuracy_score(y, p >= 0.5),
            "auc_drop": roc_auc_score(y, clean) - roc_auc_score(y, p),
            "mean_shift": np.mean(np.abs(p.astype(float) - clean.astype(float)))}


def measure(folder, d, model, encode):
    data, enc = os.path.join(folder, "d.csv"), os.path.join(folder, "encode.json")
    d.to_csv(data, index=False)
    with open(enc, "w") as f:
        json.dump(encode, f)
    command = [sys.argv[1], "assess", "corruption_robustness_test", "--data", data, "--model", model, "--label",
               "income", "--positive", ">50K", "--encode", enc, "--json"]
    for c in TEXTS + NUMBERS:
        command += ["--feature", c]
    r = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return {(m["id"], json.dumps(m.get("slice"), sort_keys=True)): m for m in r["metrics"]}


def find(found, metric, **slice_):
    return found[(metric, json.dumps(slice_ or None, sort_keys=True))]


def compare(found, want, slice_, exact):
    for metric, value in want.items():
        m = find(found, metric, **slice_)
        # Two runs on the same rows differ by their draws alone, which is less than the rows' own error.
        room = 1e-6 if exact else 2 * (m["interval"][1] - m["interval"][0]) + 0.002
        assert abs(m["value"] - value) <= room, (metric, slice_, m["value"], value)
    return len(want) if exact else 0


def main(folder):
    d = read(sys.argv[2])[1][:16000]
    t, encode = one_hot(d)
    model = os.path.join(folder, "model.json")
    predict = train(t.transform(d), (d.income == ">50K").to_numpy(), model)
    d = d[-ROWS:].reset_index(drop=True)
    y, clean = (d.income == ">50K").to_numpy(), predict(t.transform(d))
    found, exact, near = measure(folder, d, model, encode), 0, 0
    full = [c for c, levels in zip(TEXTS, t.named_transformers_["cat"].categories_) if not pd.isna(levels).any()]
    for kind, (_, names, sure) in CORRUPTIONS.items():
        names = [c for c in TEXTS + NUMBERS if c not in full] if names is None else names
        for target in ["*"] + [c for c in ALONE_TOO if c in names]:
            if kind == "shuffled" and target != "sex":
                continue  # which cycle it is makes a difference of its own; two values have but one
            many = [figures(t.transform(corrupted(d, kind, names if target == "*" else [target], s)), y, clean, predict)
                    for s in range(5)]
            for s in range(5 if target == "*" else 0):
                exact += compare(found, many[s], {"corruption": kind, "severity": str(s + 1)}, s in sure)
                near += s not in sure
            mean = {k: np.mean([m[k] for m in many]) for k in many[0]}
            slice_ = {"corruption": kind, **({} if target == "*" else {"feature": target})}
            exact += compare(found, mean, slice_, len(sure) == 5)
            near += len(sure) < 5
    assert exact > 100 and near > 50, (exact, near)
    print("%d figures are equal, %d others near" % (exact, 4 * near))


with tempfile.TemporaryDirectory() as tmp:
    main(tmp)
