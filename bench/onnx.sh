#!/bin/sh
# onnx.sh - a scikit-learn forest of Adult in ONNX: ours beside ONNX Runtime, in one run on this machine.
# SPDX-License-Identifier: Apache-2.0
# Usage: PYTHONPATH=<sklearn-onnx 1.14.1>:<onnxconverter-common> [AIMS_SHARED=DIR] bench/onnx.sh BUILD_DIR
# Needs Debian 12's python3-sklearn, -pandas and -onnx, and ONNX Runtime (script/onnxruntime).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/onnx.sh BUILD_DIR}
data=${AIMS_SHARED:-$here/../../shared}/data
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ninja -C "$build" bench/bench_onnx >/dev/null
/usr/bin/python3 -W ignore - "$data" "$tmp" <<'PYTHON'
import sys

import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier

data, out = sys.argv[1:]
train, test = (pd.read_csv("%s/adult_%s.csv" % (data, n)).select_dtypes("number").assign(
    label=lambda d, n=n: pd.read_csv("%s/adult_%s.csv" % (data, n)).income.str.contains(">50K").astype(int))
    for n in ("train", "test"))
test.to_csv(out + "/test.csv", index=False)
x, y = train.drop(columns="label").to_numpy("float32"), train.label
for depth in (6, 10, None):
    forest = RandomForestClassifier(100, max_depth=depth, random_state=1).fit(x, y)
    model = convert_sklearn(forest, initial_types=[("X", FloatTensorType([None, x.shape[1]]))],
                            target_opset={"": 15, "ai.onnx.ml": 3})
    with open("%s/%s.onnx" % (out, depth), "wb") as f:
        f.write(model.SerializeToString())
PYTHON
for depth in 6 10 None; do
    printf 'depth %s: ' "$depth"
    "$build/bench/bench_onnx" "$tmp/$depth.onnx" "$tmp/test.csv" label
done
