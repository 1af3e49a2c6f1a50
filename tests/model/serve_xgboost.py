# serve_xgboost.py - trains a model with libxgboost and lets the library itself answer for it.
# SPDX-License-Identifier: Apache-2.0
# Usage: serve_xgboost.py DATA.csv LABEL MODEL.json   trains on all other columns, saves the model, prints the port
# The protocols are those of serve_model.py. Ends with 77 where libxgboost is not installed.
import csv
import ctypes
import os
import sys
import threading

import serve_model

NAN = ctypes.c_float(float("nan"))


class Library:
    def __init__(self):
        os.environ["OMP_NUM_THREADS"] = "1"
        for name in ("libxgboost.so.0", "libxgboost.so", "libxgboost.so.3"):
            try:
                self.dll = ctypes.CDLL(name)
                return
            except OSError:
                continue
        print("skipped: libxgboost is not installed (apt install libxgboost-dev)")
        sys.exit(77)

    def __call__(self, name, *args):
        if getattr(self.dll, name)(*args) != 0:
            self.dll.XGBGetLastError.restype = ctypes.c_char_p
            raise RuntimeError(self.dll.XGBGetLastError().decode())

    def matrix(self, rows):
        flat = [v for r in rows for v in r]
        m = ctypes.c_void_p()
        self("XGDMatrixCreateFromMat", (ctypes.c_float * len(flat))(*flat), ctypes.c_uint64(len(rows)),
             ctypes.c_uint64(len(rows[0])), NAN, ctypes.byref(m))
        return m


class Booster:
    """What serve_model.py calls a forest."""

    def __init__(self, library, names, rows, labels, rounds=40):
        self.names, self.library, self.lock = names, library, threading.Lock()
        data, self.handle = library.matrix(rows), ctypes.c_void_p()
        library("XGDMatrixSetFloatInfo", data, b"label", (ctypes.c_float * len(labels))(*labels),
                ctypes.c_uint64(len(labels)))
        library("XGDMatrixSetStrFeatureInfo", data, b"feature_name",
                (ctypes.c_char_p * len(names))(*[n.encode() for n in names]), ctypes.c_uint64(len(names)))
        library("XGBoosterCreate", (ctypes.c_void_p * 1)(data), ctypes.c_uint64(1), ctypes.byref(self.handle))
        for key, value in (("objective", "binary:logistic"), ("max_depth", "6"), ("eta", "0.2"), ("nthread", "1")):
            library("XGBoosterSetParam", self.handle, key.encode(), value.encode())
        for i in range(rounds):
            library("XGBoosterUpdateOneIter", self.handle, i, data)

    def save(self, path):
        self.library("XGBoosterSaveModel", self.handle, path.encode())

    def many(self, rows):
        n, out = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
        with self.lock:
            m = self.library.matrix([[float("nan") if v is None else v for v in r] for r in rows])
            self.library("XGDMatrixSetStrFeatureInfo", m, b"feature_name",
                         (ctypes.c_char_p * len(self.names))(*[n.encode() for n in self.names]),
                         ctypes.c_uint64(len(self.names)))
            self.library("XGBoosterPredict", self.handle, m, 0, 0, 0, ctypes.byref(n), ctypes.byref(out))
            said = [out[i] for i in range(n.value)]
            self.library("XGDMatrixFree", m)
        return said


def read(path, label):
    with open(path, encoding="utf-8", newline="") as f:
        lines = list(csv.DictReader(f))
    names = [n for n in lines[0] if n != label]
    return names, [[float(r[n]) if r[n] else float("nan") for n in names] for r in lines], [float(r[label]) for r in lines]


if __name__ == "__main__":
    names, rows, labels = read(sys.argv[1], sys.argv[2])
    forest = Booster(Library(), names, rows, labels)
    forest.save(sys.argv[3])
    serve_model.Handler.ask = lambda self, asked: forest.many(asked)
    serve_model.run(serve_model.Server(forest))
