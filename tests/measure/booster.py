# booster.py - XGBoost by its C library: training, saving, predictions, margins and contributions.
# SPDX-License-Identifier: Apache-2.0
"""Debian has the library but no Python package for it. Importing raises OSError where it is absent."""
import ctypes
import sys

import numpy as np

XGB = ctypes.CDLL("libxgboost.so.0")
FLOATS = ctypes.POINTER(ctypes.c_float)


def call(name, *args):
    if getattr(XGB, name)(*args) != 0:
        XGB.XGBGetLastError.restype = ctypes.c_char_p
        sys.exit(XGB.XGBGetLastError().decode())


def texts(values):
    return (ctypes.c_char_p * len(values))(*[v.encode() for v in values])


class Booster:
    """A trained model. `categorical` says of each column whether its numbers are codes of categories."""
    ANSWER, MARGIN, CONTRIBUTIONS = 0, 1, 4  # option_mask of XGBoosterPredict

    def __init__(self, x, y, params=None, rounds=10, names=None, categorical=None):
        self.names, self.handle = names, ctypes.c_void_p()
        self.kinds = texts(["c" if c else "float" for c in categorical]) if categorical else None
        d = self.matrix(x, named=False)
        y = np.ascontiguousarray(y, dtype=np.float32)
        call("XGDMatrixSetFloatInfo", d, b"label", y.ctypes.data_as(FLOATS), ctypes.c_uint64(len(y)))
        call("XGBoosterCreate", ctypes.byref(d), ctypes.c_uint64(1), ctypes.byref(self.handle))
        fixed = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": "5", "nthread": "1"}
        for k, v in {**fixed, **(params or {})}.items():
            call("XGBoosterSetParam", self.handle, k.encode(), str(v).encode())
        for i in range(rounds):
            call("XGBoosterUpdateOneIter", self.handle, i, d)
        call("XGDMatrixFree", d)
        if names:
            call("XGBoosterSetStrFeatureInfo", self.handle, b"feature_name", texts(names), ctypes.c_uint64(len(names)))

    def matrix(self, x, named=True):
        x, d = np.ascontiguousarray(x, dtype=np.float32), ctypes.c_void_p()
        call("XGDMatrixCreateFromMat", x.ctypes.data_as(FLOATS), ctypes.c_uint64(x.shape[0]),
             ctypes.c_uint64(x.shape[1]), ctypes.c_float(float("nan")), ctypes.byref(d))
        if self.kinds:
            call("XGDMatrixSetStrFeatureInfo", d, b"feature_type", self.kinds, ctypes.c_uint64(x.shape[1]))
        if self.names and named:
            call("XGDMatrixSetStrFeatureInfo", d, b"feature_name", texts(self.names), ctypes.c_uint64(x.shape[1]))
        return d

    def save(self, path):
        """In the form that the name's end asks for: .json or .ubj."""
        call("XGBoosterSaveModel", self.handle, path.encode())
        return path

    def predict(self, x, what=ANSWER):
        """One answer per row, or a row of several (classes; features and bias; classes of those)."""
        d, n, out = self.matrix(x), ctypes.c_uint64(), FLOATS()
        call("XGBoosterPredict", self.handle, d, what, 0, 0, ctypes.byref(n), ctypes.byref(out))
        found = np.ctypeslib.as_array(out, (n.value,)).copy()
        call("XGDMatrixFree", d)
        return found if n.value == len(x) else found.reshape(len(x), -1)
