# real_models.py - real data sets, the models trained from them, and the encoders that go with those.
# SPDX-License-Identifier: Apache-2.0
"""Ends the test as skipped, with a line that says why, where data or libraries are not there."""
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "measure"))
sys.dont_write_bytecode = True

from adult import TEXTS, Booster, np, pd  # noqa: E402  (skips)

FOLDER = os.path.join(os.environ.get("AIMS_SHARED", os.path.join(HERE, "..", "..", "..", "shared")), "data")


def data_file(name):
    path = os.path.join(FOLDER, name)
    if not os.path.exists(path):
        print("skipped: no", path)
        sys.exit(77)
    return path


def frame(name):
    return pd.read_csv(data_file(name), keep_default_na=False, na_values=["?", ""])


# ---- ONNX, as much as a network of dense layers needs (onnx.proto, field by field) ----


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, values):
    values = np.ascontiguousarray(values, dtype="<f4")
    dims = b"".join(field(1, n) for n in values.shape)
    return field(5, dims + field(2, 1) + field(8, name) + field(9, values.tobytes()))


def node(op, inputs, output):
    return field(1, b"".join(field(1, i) for i in inputs) + field(2, output) + field(4, op))


def value_info(number, name, columns):
    shape = field(1, field(2, "n")) + field(1, field(1, columns))
    return field(number, field(1, name) + field(2, field(1, field(1, 1) + field(2, shape))))


def dense_onnx(path, layers, last):
    """layers: (weights, bias) from input to output, with Relu in between and `last` at the end."""
    graph, at = b"", "X"
    for k, (w, b) in enumerate(layers):
        graph += node("Gemm", [at, f"w{k}", f"b{k}"], f"z{k}")
        op = last if k == len(layers) - 1 else "Relu"
        graph += node(op, [f"z{k}"], f"a{k}")
        at = f"a{k}"
    graph += field(2, "dense")
    graph += b"".join(tensor(f"w{k}", w) + tensor(f"b{k}", b) for k, (w, b) in enumerate(layers))
    graph += value_info(11, "X", layers[0][0].shape[0]) + value_info(12, at, layers[-1][0].shape[1])
    with open(path, "wb") as f:
        f.write(field(1, 8) + field(7, graph) + field(8, field(2, 13)))
    return path
