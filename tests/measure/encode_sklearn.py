#!/usr/bin/env python3
# encode_sklearn.py - models trained on what scikit-learn encoded meet the raw file and answer the same.
# SPDX-License-Identifier: Apache-2.0
"""encode_sklearn.py ENCODE_ROWS SOURCE: trains XGBoost on Adult, encoded by scikit-learn, and compares."""
import ctypes
import json
import os
import subprocess
import sys
import tempfile

SHARED = os.environ.get("AIMS_SHARED", os.path.join(sys.argv[2], "..", "shared"))
DATA = os.path.join(SHARED, "data", "adult_train.csv")
try:
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
    XGB = ctypes.CDLL("libxgboost.so.0")
except (ImportError, OSError) as why:
    print("skipped: needs python3-sklearn, python3-pandas and libxgboost:", why)
    sys.exit(77)
if not os.path.exists(DATA):
    print("skipped: no", DATA)
    sys.exit(77)

TEXTS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country"]
STANDARD, MIN_MAX = ["age", "fnlwgt", "capital_gain"], ["education_num", "capital_loss", "hours_per_week"]


def call(name, *args):
    if getattr(XGB, name)(*args) != 0:
        XGB.XGBGetLastError.restype = ctypes.c_char_p
        sys.exit(XGB.XGBGetLastError().decode())


def texts(values):
    return (ctypes.c_char_p * len(values))(*[v.encode() for v in values])


def matrix(x):
    x, d = np.ascontiguousarray(x, dtype=np.float32), ctypes.c_void_p()
    call("XGDMatrixCreateFromMat", x.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), ctypes.c_uint64(x.shape[0]),
         ctypes.c_uint64(x.shape[1]), ctypes.c_float(float("nan")), ctypes.byref(d))
    return d


def train(x, y, path, names=None, categorical=None):
    """Trains, saves, and returns a function that predicts."""
    d, b = matrix(x), ctypes.c_void_p()
    y = np.ascontiguousarray(y, dtype=np.float32)
    call("XGDMatrixSetFloatInfo", d, b"label", y.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
         ctypes.c_uint64(len(y)))
    kinds = texts(["c" if c else "float" for c in categorical]) if categorical else None
    if kinds:
        call("XGDMatrixSetStrFeatureInfo", d, b"feature_type", kinds, ctypes.c_uint64(len(categorical)))
    call("XGBoosterCreate", ctypes.byref(d), ctypes.c_uint64(1), ctypes.byref(b))
    for k, v in {"objective": "binary:logistic", "tree_method": "hist", "max_depth": "5", "nthread": "1"}.items():
        call("XGBoosterSetParam", b, k.encode(), v.encode())
    for i in range(10):
        call("XGBoosterUpdateOneIter", b, i, d)
    if names:
        call("XGBoosterSetStrFeatureInfo", b, b"feature_name", texts(names), ctypes.c_uint64(len(names)))
    call("XGBoosterSaveModel", b, path.encode())

    def predict(x):
        d, n, out = matrix(x), ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
        if kinds:
            call("XGDMatrixSetStrFeatureInfo", d, b"feature_type", kinds, ctypes.c_uint64(len(categorical)))
        if names:
            call("XGDMatrixSetStrFeatureInfo", d, b"feature_name", texts(names), ctypes.c_uint64(len(names)))
        call("XGBoosterPredict", b, d, 0, 0, 0, ctypes.byref(n), ctypes.byref(out))
        return np.ctypeslib.as_array(out, (n.value,)).copy()
    return predict


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
    t = ColumnTransformer([("cat", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXTS),
                           ("num", StandardScaler(), STANDARD), ("low", MinMaxScaler(), MIN_MAX)],
                          verbose_feature_names_out=False)
    half = d[:16000]
    t.fit(half)
    path, encode = os.path.join(folder, "one_hot.json"), {}
    for c, levels in zip(TEXTS, t.named_transformers_["cat"].categories_):
        encode[c] = {"one_hot": [None if v != v else v for v in levels], "unknown": "zeros"}
    for c, m, s in zip(STANDARD, t.named_transformers_["num"].mean_, t.named_transformers_["num"].scale_):
        encode[c] = {"standard": {"mean": m, "sd": s}}
    low = t.named_transformers_["low"]
    for c, lo, hi in zip(MIN_MAX, low.data_min_, low.data_max_):
        encode[c] = {"min_max": {"min": lo, "max": hi}}
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


data = pd.read_csv(DATA, keep_default_na=False, na_values=["?"])
with tempfile.TemporaryDirectory() as tmp:
    one_hot_and_scaled(data, (data.income == ">50K").to_numpy(), tmp)
    codes(data, (data.income == ">50K").to_numpy(), tmp)
