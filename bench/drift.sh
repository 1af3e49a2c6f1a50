#!/bin/sh
# drift.sh - drift figures of 2 x ROWS rows x 20 columns beside numpy, SciPy and Evidently, in one run on one core.
# SPDX-License-Identifier: Apache-2.0
# Usage: [PYTHONPATH=EVIDENTLY/src:TYPING_EXTENSIONS/src] bench/drift.sh BUILD_DIR [ROWS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/drift.sh BUILD_DIR [ROWS]}
rows=${2:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
ninja -C "$build" bench/bench_drift >/dev/null
/usr/bin/python3 "$here/drift_peers.py" make "$work/columns" "$rows"
"$build/bench/bench_drift" "$work/columns" "$rows"
/usr/bin/python3 "$here/drift_peers.py" time "$work/columns" "$rows"
for preset in default psi tests; do
    /usr/bin/python3 -W ignore "$here/drift_evidently.py" $preset "$work/columns" "$rows"
done
