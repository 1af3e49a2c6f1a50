#!/bin/sh
# shap.sh - explaining Adult's test rows beside libxgboost, FastTreeSHAP and SHAP, in one run on one core.
# SPDX-License-Identifier: Apache-2.0
# Usage: [AIMS_SHARED=DIR] [PYTHONPATH=PEERS] bench/shap.sh BUILD_DIR [deep]
# PEERS: FastTreeSHAP, SHAP, slicer, sklearn-onnx, onnxconverter-common, as bench/README.md says; what is not
# there is named and left out. With `deep` also forests of any depth.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/shap.sh BUILD_DIR [deep]}
data=${AIMS_SHARED:-$here/../../shared}/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
ninja -C "$build" bench/bench_shap bench/bench_forest >/dev/null
"$build/bench/bench_shap" "$data/adult_train.csv" "$data/adult_test.csv" "$work" ${2:+deep}
/usr/bin/python3 -W ignore "$here/shap_peers.py" boosted "$work"
[ $# -gt 1 ] || exit 0
/usr/bin/python3 -W ignore "$here/shap_peers.py" make "$work"
[ -e "$work/forest.onnx" ] || exit 0
"$build/bench/bench_forest" "$work" 2048 256
/usr/bin/python3 -W ignore "$here/shap_peers.py" forest "$work"
