#!/bin/sh
# privacy.sh - membership inference by likelihood ratio on an over-fitted forest, beside scikit-learn.
# SPDX-License-Identifier: Apache-2.0
# Usage: bench/privacy.sh BUILD_DIR DATA [MODELS]   (DATA holds adult_train.csv)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/privacy.sh BUILD_DIR DATA [MODELS]}
data=${2:?usage: bench/privacy.sh BUILD_DIR DATA [MODELS]}
models=${3:-32}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
ninja -C "$build" src/cli/aims >/dev/null
/usr/bin/python3 "$here/privacy_peers.py" make "$work" "$data"
bash -c "TIMEFORMAT='aims, everything of the kind, $models reference models: %U CPU s'; time taskset -c 0 '$build/src/cli/aims' \
  assess privacy_attack_test --data '$work/others.csv' --reference '$work/members.csv' --model '$work/forest.onnx' \
  --label income --option models=$models --option rounds=100 --option depth=6 --all" | grep 'membership_auc.*lira'
taskset -c 0 /usr/bin/python3 "$here/privacy_peers.py" time "$work" "$data" "$models"
