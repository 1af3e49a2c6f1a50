#!/usr/bin/env python3
# npy.py - writes .npy and .npz files with numpy, and beside each the same values as CSV.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy:
#   /usr/bin/python3 script/reference/npy.py tests/table/reference fuzz/corpus
# NAME.npy or NAME.npz is what our reader takes, NAME.csv what it must find there. The same files are seeds of
# the fuzz targets npy and npz.
import csv
import io
import shutil
import sys
import zipfile

import numpy as np

ROWS = 7
FOLDER, CORPUS = sys.argv[1:3]


def cell(v):
    if isinstance(v, (bytes, np.bytes_)):
        return v.decode()
    if isinstance(v, (str, np.str_)):
        return str(v)
    if isinstance(v, (bool, np.bool_)):
        return str(int(v))
    if isinstance(v, np.integer):
        return str(int(v))
    return "" if np.isnan(v) else repr(float(v))


def write_csv(name, columns):
    with open("%s/%s.csv" % (FOLDER, name), "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow([c for c, _ in columns])
        for r in range(len(columns[0][1])):
            w.writerow([cell(v[r]) for _, v in columns])


def keep(name, kind, columns):
    shutil.copy("%s/%s.%s" % (FOLDER, name, kind), "%s/%s/%s" % (CORPUS, kind, name))
    write_csv(name, columns)
    print(name, len(columns))


def npy(name, x, columns, version=None):
    with open("%s/%s.npy" % (FOLDER, name), "wb") as f:
        np.lib.format.write_array(f, x, version=version, allow_pickle=False)
    keep(name, "npy", columns)


def npz(name, arrays, columns, save=np.savez):
    save("%s/%s.npz" % (FOLDER, name), **arrays)
    keep(name, "npz", columns)


def matrix(x):
    return [("x_%d" % k, x[:, k]) for k in range(x.shape[1])]


def numbers():
    rng = np.random.default_rng(1)
    for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]:
        bits = rng.integers(0, 256, (ROWS, 8 * ROWS), dtype=np.uint8)
        x = np.ascontiguousarray(bits).reshape(-1).view(kind if kind != "?" else "u1")[:ROWS]
        x = x % 2 == 1 if kind == "?" else np.where(np.isinf(x), np.float64(1.5), x).astype(kind) if kind[0] == "f" else x
        npy("number_" + kind.replace("?", "b"), x, [("x", x)])
        if x.dtype.itemsize > 1:
            big = x.astype(x.dtype.newbyteorder(">"))
            npy("number_big_" + kind, big, [("x", x)])
    half = np.array([0x0001, 0x03ff, 0x0400, 0x7bff, 0x8001, 0xfbff, 0x7e00, 0x8000, 0x3555], dtype="u2").view("f2")
    npy("half", half, [("x", half)])


def shapes():
    x = np.arange(12, dtype="<i4").reshape(4, 3) - 5
    npy("order_c", x, matrix(x))
    npy("order_fortran", np.asfortranarray(x), matrix(x))
    npy("version_2", x, matrix(x), (2, 0))
    npy("version_3", x, matrix(x), (3, 0))
    npy("one_column", x[:, :1].copy(), matrix(x[:, :1]))
    npy("no_rows", np.zeros((0, 2)), matrix(np.zeros((0, 2))))
    npy("missing", np.array([[1, np.nan], [np.nan, -2.5e-300]]), matrix(np.array([[1, np.nan], [np.nan, -2.5e-300]])))


def texts():
    t = np.array(["a", "Größe", "日本語", "", "😀 x", "a", "?"])
    npy("unicode", t, [("x", t)])
    npy("unicode_big", t.astype(">U9"), [("x", t)])
    b = np.array([b"no", b"yes", b"", "é".encode()])
    npy("bytes", b, [("x", b)])
    n = np.array([["1", "x"], ["2.50", "y"], ["", "?"]])
    npy("text_numbers", n, matrix(n))


def structures():
    x = np.zeros(5, dtype=[("age", "u1"), ("income €", ">f4"), ("sex", "U3"), ("code", "S2"), ("it's", "?")])
    x["age"], x["income €"], x["it's"] = [1, 255, 3, 4, 5], [1.5, np.nan, -3, 1e30, 0], [1, 0, 1, 1, 0]
    x["sex"], x["code"] = ["f", "m", "f", "div", ""], ["a", "b", "cc", "", "d"]
    npy("structured", x, [(n, x[n]) for n in x.dtype.names])
    y = np.zeros(3, dtype=np.dtype([("a", "i1"), ("b", "<f8"), ("c", "<i2")], align=True))
    y["a"], y["b"], y["c"] = [1, 2, 3], [0.1, 0.2, 0.3], [-1, 0, 1]
    npy("aligned", y, [(n, y[n]) for n in y.dtype.names])
    z = np.zeros(2, dtype=[("größe", "<i4"), ("latin é", "<f8")])
    npy("names_latin", z, [(n, z[n]) for n in z.dtype.names], (1, 0))


def archives():
    x = np.array([[1.5, 2], [3, 4], [5, np.nan]])
    y = np.array([0, 1, 1], dtype="u1")
    who = np.array(["a", "b", "ü"])
    npz("stored", {"X": x, "y": y, "who": who}, [("X_0", x[:, 0]), ("X_1", x[:, 1]), ("y", y), ("who", who)])
    many = np.tile(x, (50, 1))
    npz("deflated", {"X": many, "columns": np.array(["age", "größe"])},
        [("age", many[:, 0]), ("größe", many[:, 1])], np.savez_compressed)
    npz("named", {"X": x, "X_columns": np.array([b"p", b"q"]), "Z": np.asfortranarray(x.astype("f4")),
                  "y": y}, [("p", x[:, 0]), ("q", x[:, 1]), ("Z_0", x[:, 0]), ("Z_1", x[:, 1]), ("y", y)])
    s = np.array([(1, "u"), (2, "v"), (3, "u")], dtype=[("k", "i8"), ("t", "U1")])
    npz("fields", {"rows": s, "größe": y}, [("k", s["k"]), ("t", s["t"]), ("größe", y)])
    with zipfile.ZipFile(FOLDER + "/streamed.npz", "w", zipfile.ZIP_DEFLATED) as f:  # zip64, with descriptors
        with f.open("y.npy", "w", force_zip64=True) as m:
            raw = io.BytesIO()
            np.lib.format.write_array(raw, y)
            m.write(raw.getvalue())
    keep("streamed", "npz", [("y", y)])


numbers()
shapes()
texts()
structures()
archives()
