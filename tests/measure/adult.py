# adult.py - the Adult data, scikit-learn encoders for them, and XGBoost by its C library.
# SPDX-License-Identifier: Apache-2.0
"""Ends the test as skipped, with a line that says why, where something is not there."""
import ctypes
import os
import sys

try:
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
    XGB = ctypes.CDLL("libxgboost.so.0")
except (ImportError, OSError) as why:
    print("skipped: needs python3-sklearn, python3-pandas and libxgboost:", why)
    sys.exit(77)

TEXTS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country"]
STANDARD, MIN_MAX = ["age", "fnlwgt", "capital_gain"], ["education_num", "capital_loss", "hours_per_week"]


def read(source):
    """Path and rows of the training data; the label is `income`."""
    path = os.path.join(os.environ.get("AIMS_SHARED", os.path.join(source, "..", "shared")), "data", "adult_train.csv")
    if not os.path.exists(path):
        print("skipped: no", path)
        sys.exit(77)
    return path, pd.read_csv(path, keep_default_na=False, na_values=["?"])


def one_hot(d):
    """A transformer fitted to d, and the same as encoders of a plan."""
    t = ColumnTransformer([("cat", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXTS),
                           ("num", StandardScaler(), STANDARD), ("low", MinMaxScaler(), MIN_MAX)],
                          verbose_feature_names_out=False).fit(d)
    encode = {}
    for c, levels in zip(TEXTS, t.named_transformers_["cat"].categories_):
        encode[c] = {"one_hot": [None if v != v else v for v in levels], "unknown": "zeros"}
    for c, m, s in zip(STANDARD, t.named_transformers_["num"].mean_, t.named_transformers_["num"].scale_):
        encode[c] = {"standard": {"mean": m, "sd": s}}
    low = t.named_transformers_["low"]
    for c, lo, hi in zip(MIN_MAX, low.data_min_, low.data_max_):
        encode[c] = {"min_max": {"min": lo, "max": hi}}
    return t, encode


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
