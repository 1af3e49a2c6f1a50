#!/bin/sh
# attack.sh - attacks on XGBoost, 100 trees x depth 4, breast cancer scaled to 0..1, beside ART's HopSkipJump.
# SPDX-License-Identifier: Apache-2.0
# Usage: [AIMS_SHARED=DIR] [PYTHONPATH=ART's source] bench/attack.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/attack.sh BUILD_DIR}
data=${AIMS_SHARED:-$here/../../shared}/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
ninja -C "$build" bench/bench_attack >/dev/null
/usr/bin/python3 "$here/attack_peers.py" make "$work" "$data/breast_cancer.csv"
"$build/bench/bench_attack" "$work"
/usr/bin/python3 "$here/attack_milp.py" "$work"
/usr/bin/python3 -W ignore "$here/attack_peers.py" time "$work"
