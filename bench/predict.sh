#!/bin/sh
# predict.sh - predicting Adult's test rows beside libxgboost, in one run on this machine.
# SPDX-License-Identifier: Apache-2.0
# Usage: [AIMS_SHARED=DIR] bench/predict.sh BUILD_DIR [deep]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/predict.sh BUILD_DIR [deep]}
data=${AIMS_SHARED:-$here/../../shared}/data
ninja -C "$build" bench/bench_predict >/dev/null
OMP_NUM_THREADS=1 "$build/bench/bench_predict" "$data/adult_train.csv" "$data/adult_test.csv" ${2:+deep}
