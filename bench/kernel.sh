#!/bin/sh
# kernel.sh - Shapley values of a 14-32-16 network by asking it, beside SHAP's KernelExplainer, in one run on one core.
# SPDX-License-Identifier: Apache-2.0
# Usage: [AIMS_SHARED=DIR] [PYTHONPATH=SHAP] bench/kernel.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/kernel.sh BUILD_DIR}
data=${AIMS_SHARED:-$here/../../shared}/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENBLAS_NUM_THREADS=1
ninja -C "$build" bench/bench_kernel >/dev/null
/usr/bin/python3 "$here/kernel_peers.py" make "$data" "$work"
"$build/bench/bench_kernel" "$work"
/usr/bin/python3 "$here/kernel_peers.py" time "$work"
