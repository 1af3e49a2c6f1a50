#!/usr/bin/env bash
# proof_check.sh - the auditor's shell script accepts our proofs and refuses every altered one.
# SPDX-License-Identifier: Apache-2.0
# usage: proof_check.sh MAKE_LOG CHECK
set -euo pipefail
make_log=$(realpath "$1") check=$(realpath "$2")
command -v openssl > /dev/null || { echo "skipped: no openssl"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

good() { "$check" "$@" > "$dir/out" || { echo "refused: $*"; exit 1; }; }
bad() {
    if "$check" "$@" > "$dir/out" 2>&1; then echo "accepted: $*"; exit 1; fi
    grep -q '^FAIL: ' "$dir/out" || { echo "no reason for: $*"; cat "$dir/out"; exit 1; }
}

for size in 3 257; do
    log=$dir/$size
    mkdir "$log"
    "$make_log" "$log" $size > "$dir/out" 2>&1 || { cat "$dir/out"; exit 1; }
    for proof in "$log"/*.proof; do
        good "$log/policy" "$proof" "${proof%.proof}.leaf"
        good "$log/policy.none" "$proof" "${proof%.proof}.leaf"
    done
    bad "$log/policy" "$log/uncosigned" "$log/0.leaf"
    good "$log/policy.none" "$log/uncosigned" "$log/0.leaf"
    bad "$log/policy" "$log/0.proof" "$log/1.leaf"
done

# one byte of the leaf, each line of the proof, each signature
cd "$dir/257"
printf x | cat 0.leaf - > leaf2
bad policy 0.proof leaf2
bad policy 0.proof /dev/null
n=$(wc -l < 0.proof)
for ((i = 1; i <= n; i++)); do
    sed "${i}s/[0-9]/x/;t;${i}s/[a-y]/z/;t;${i}s/[B-Z]/A/;t;${i}s/^\$/x/" 0.proof > altered
    cmp -s altered 0.proof && { echo "line $i was not altered"; exit 1; }
    bad policy altered 0.leaf
    sed "${i}d" 0.proof > altered
    bad policy altered 0.leaf
done
grep -v '^log' policy > altered.policy
bad altered.policy 0.proof 0.leaf
echo "accepted all good proofs, refused all altered ones"
