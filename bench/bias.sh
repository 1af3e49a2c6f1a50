#!/bin/sh
# bias.sh - the bias test's resampling beside numpy and Fairlearn, in one run on this machine.
# SPDX-License-Identifier: Apache-2.0
# Usage: [PYTHONPATH=<fairlearn v0.12.0 source>] bench/bias.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: bench/bias.sh BUILD_DIR}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ninja -C "$build" bench/bench_bias >/dev/null
/usr/bin/python3 "$here/bias_peers.py" make "$work/rows.csv"
"$build/bench/bench_bias" "$work/rows.csv"
/usr/bin/python3 "$here/bias_peers.py" time "$work/rows.csv"
