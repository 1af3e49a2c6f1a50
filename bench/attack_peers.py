#!/usr/bin/env python3
# attack_peers.py - the model and points of bench/attack.sh, and ART's HopSkipJump on them.
# SPDX-License-Identifier: Apache-2.0
# Usage: attack_peers.py make DIR DATA.csv | attack_peers.py time DIR   (PYTHONPATH: ART's source)
import ctypes
import sys
import time

import numpy as np

POINTS, TREES, DEPTH = 20, 100, 4
lib = ctypes.CDLL("libxgboost.so.0")


def must(code):
    if code:
        lib.XGBGetLastError.restype = ctypes.c_char_p
        sys.exit("libxgboost: %s" % lib.XGBGetLastError().decode())


def as_matrix(x):
    x = np.ascontiguousarray(x, dtype=np.float32)
    handle = ctypes.c_void_p()
    must(lib.XGDMatrixCreateFromMat(x.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(x.shape[0]),
                                    ctypes.c_uint64(x.shape[1]), ctypes.c_float(np.nan),
                                    ctypes.byref(handle)))
    return handle


def train(x, y):
    d, b = as_matrix(x), ctypes.c_void_p()
    y = np.ascontiguousarray(y, dtype=np.float32)
    must(lib.XGDMatrixSetFloatInfo(d, b"label", y.ctypes.data_as(ctypes.c_void_p),
                                   ctypes.c_uint64(len(y))))
    must(lib.XGBoosterCreate((ctypes.c_void_p * 1)(d), ctypes.c_uint64(1), ctypes.byref(b)))
    settings = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.3, "nthread": 1,
                "seed": 1, "tree_method": "exact"}
    for key, value in settings.items():
        must(lib.XGBoosterSetParam(b, key.encode(), str(value).encode()))
    for i in range(TREES):
        must(lib.XGBoosterUpdateOneIter(b, ctypes.c_int(i), d))
    return b


def load(path):
    b = ctypes.c_void_p()
    must(lib.XGBoosterCreate(None, ctypes.c_uint64(0), ctypes.byref(b)))
    must(lib.XGBoosterLoadModel(b, path.encode()))
    must(lib.XGBoosterSetParam(b, b"nthread", b"1"))
    return b


def predict(b, x):
    x = np.ascontiguousarray(x, dtype=np.float32)
    d, n, out = as_matrix(x), ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
    must(lib.XGBoosterPredict(b, d, 0, ctypes.c_uint(0), 0, ctypes.byref(n), ctypes.byref(out)))
    score = np.ctypeslib.as_array(out, shape=(n.value,)).copy()
    lib.XGDMatrixFree(d)
    return score


# Scaled to 0..1; every fourth row is kept from training, of which the first right ones are points.
def make(folder, data):
    with open(data) as f:
        names = f.readline().strip().split(",")
    t = np.loadtxt(data, delimiter=",", skiprows=1)
    x, y = t[:, :-1], t[:, -1]
    x = ((x - x.min(0)) / (x.max(0) - x.min(0))).astype(np.float32)
    held = np.arange(len(y)) % 4 == 3
    b = train(x[~held], y[~held])
    must(lib.XGBoosterSaveModel(b, (folder + "/model.json").encode()))
    right = (predict(b, x[held]) >= 0.5) == y[held]
    print("%d trees of depth %d, accuracy %.3f on %d held-out rows" %
          (TREES, DEPTH, right.mean(), held.sum()))
    keep = np.flatnonzero(right)[:POINTS]
    for name, rows, label in (("points", x[held][keep], y[held][keep]), ("all", x, y)):
        np.savetxt("%s/%s.csv" % (folder, name), np.column_stack([rows, label]), delimiter=",",
                   header=",".join(names), comments="", fmt="%.9g")


def timed(folder):
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import BlackBoxClassifier

    b = load(folder + "/model.json")
    x = np.loadtxt(folder + "/points.csv", delimiter=",", skiprows=1)[:, :-1].astype(np.float32)
    asked = [0]

    def answer(rows):
        asked[0] += len(rows)
        p = predict(b, rows)
        return np.column_stack([1 - p, p])

    model = BlackBoxClassifier(answer, x.shape[1:], 2, clip_values=(0, 1))
    attack = HopSkipJump(model, verbose=False)  # its defaults: L2, untargeted
    np.random.seed(1)
    began = time.process_time()
    found = attack.generate(x)
    spent = time.process_time() - began
    flips = (predict(b, found) >= 0.5) != (predict(b, x) >= 0.5)
    far = np.sqrt(((found - x) ** 2).sum(1))
    print("ART HopSkipJump: median L2 %.4f, mean %.4f, %d of %d flip, %.0f queries and %.3f CPU-s "
          "per point" % (np.median(far), far.mean(), flips.sum(), len(x), asked[0] / len(x),
                         spent / len(x)))


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3])
else:
    timed(sys.argv[2])
