#!/usr/bin/env python3
# encode_sklearn.py - models trained on what scikit-learn encoded meet the raw file and answer the same.
# SPDX-License-Identifier: Apache-2.0
"""encode_sklearn.py ENCODE_ROWS SOURCE: trains XGBoost on Adult, encoded by scikit-learn, and compares."""
import json
import os
import subprocess
import sys
import tempfile

from adult import MIN_MAX, STANDARD, TEXTS, np, one_hot, read, train
from sklearn.preprocessing import OrdinalEncoder

DATA = read(sys.argv[2])[0]


def ours(folder, plan, model):
    path = os.path.join(folder, "plan.json")
    with open(path, "w") as f:
        json.dump(plan, f)
    text = subprocess.run([sys.argv[1], DATA, path, model], check=True, stdout=subprocess.PIPE, text=True).stdout
    names, rows = text.split("\n", 1)
    return names.split("\t"), np.fromstring(rows, sep=" ").reshape(-1, len(names.split("\t")) + 1)


def same(what, x, names, predict, got_names, got):
    want = np.column_stack([x.astype(np.float32), predict(x)])
    assert got.shape == want.shape, (got.shape, want.shape)
    assert list(names) == got_names, got_names
    equal = (got.astype(np.float32) == want.astype(np.float32)) | (np.isnan(got) & np.isnan(want))
    bad = np.argwhere(~equal)
    assert not len(bad), "%s: %d cells differ, first %s: %r, not %r" % (
        what, len(bad), bad[0], got[tuple(bad[0])], want[tuple(bad[0])])
    print("%s: %d rows x %d features and the predictions are equal" % (what, len(x), x.shape[1]))


def one_hot_and_scaled(d, y, folder):
    """By position: the model names no features, so the plan's order is that of the transformer."""
    t, encode = one_hot(d[:16000])
    path = os.path.join(folder, "one_hot.json")
    x = t.transform(d)
    predict = train(x[:16000], y[:16000], path)
    plan = {"kind": "performance_eval", "label": "income", "features": TEXTS + STANDARD + MIN_MAX, "encode": encode}
    same("one-hot, scaled", x, t.get_feature_names_out(), predict, *ours(folder, plan, path))


def codes(d, y, folder):
    """By name: categories as codes for a model that calls them categorical, missing ones as NaN."""
    t = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan).fit(d[TEXTS])
    x = d.drop(columns="income").copy()
    x[TEXTS] = t.transform(d[TEXTS])
    names = sorted(x.columns, reverse=True)
    x = x[names]
    encode = {c: {"ordinal": [v for v in levels if v == v], "missing": "nan"}
              for c, levels in zip(TEXTS, t.categories_)}
    path = os.path.join(folder, "codes.json")
    predict = train(x.to_numpy()[:16000], y[:16000], path, names, [n in TEXTS for n in names])
    plan = {"kind": "performance_eval", "label": "income", "encode": encode}
    same("codes", x.to_numpy(), names, predict, *ours(folder, plan, path))


data = read(sys.argv[2])[1]
with tempfile.TemporaryDirectory() as tmp:
    one_hot_and_scaled(data, (data.income == ">50K").to_numpy(), tmp)
    codes(data, (data.income == ">50K").to_numpy(), tmp)
