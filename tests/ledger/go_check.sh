#!/usr/bin/env bash
# go_check.sh - Debian's golang x/mod accepts our logs and proofs, and refuses altered ones.
# SPDX-License-Identifier: Apache-2.0
# usage: go_check.sh MAKE_LOG SOURCE_DIR
set -euo pipefail
make_log=$(realpath "$1") source=$(realpath "$2")
command -v go > /dev/null || { echo "skipped: no go (apt install golang-go)"; exit 77; }
[ -d /usr/share/gocode/src/golang.org/x/mod ] ||
    { echo "skipped: no x/mod (apt install golang-golang-x-mod-dev)"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode GOCACHE=$dir/cache
go build -o "$dir/tlogverify" "$source/main.go"

for size in 3 255 256 257 700 1500; do
    mkdir "$dir/$size"
    "$make_log" "$dir/$size" $size > "$dir/out" 2>&1 || { cat "$dir/out"; exit 1; }
    "$dir/tlogverify" "$dir/$size"
done

# It can also say no: one bit of each kind of file, and another history under an old checkpoint.
cd "$dir/700"
for f in log/checkpoint log/tile/0/000 log/tile/1/000.p/2 log/tile/entries/001 101.proof 202.leaf; do
    cp "$f" "$dir/kept"
    printf '\177' | dd of="$f" bs=1 seek=40 conv=notrunc status=none
    if "$dir/tlogverify" . > "$dir/out"; then echo "accepted: altered $f"; exit 1; fi
    cp "$dir/kept" "$f"
done
"$dir/tlogverify" .
