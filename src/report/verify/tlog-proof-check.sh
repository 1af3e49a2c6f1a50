#!/usr/bin/env bash
# tlog-proof-check.sh - verifies a c2sp.org/tlog-proof with bash, coreutils and openssl alone.
# SPDX-License-Identifier: Apache-2.0
#
# usage: tlog-proof-check.sh POLICY PROOF LEAF
#
# POLICY is YOUR copy of the trust policy (c2sp.org/tlog-policy): the keys of the log and of its
# witnesses, and the quorum. PROOF is the .tlog-proof file, LEAF the exact bytes of the entry.
# Exit 0: the log signed, and enough witnesses cosigned, a tree that holds this leaf. Exit 1: no.
set -euo pipefail
export LC_ALL=C

fail() { echo "FAIL: $*" >&2; exit 1; }
[ $# -eq 3 ] || { echo "usage: $0 POLICY PROOF LEAF" >&2; exit 2; }
policy=$1 proof=$2 leaf=$3
for f in "$policy" "$proof" "$leaf"; do [ -f "$f" ] || fail "no file $f"; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- bytes -------------------------------------------------------------------------------------

sha() { sha256sum | cut -c1-64; }
unhex() { printf %s "${1^^}" | basenc --base16 -d; }
# base64 to hex; refuses all but the one canonical way of writing it
b64hex() {
    local hex
    hex=$(printf %s "$1" | base64 -d 2>/dev/null | basenc --base16 -w0) || fail "bad base64: $1"
    [ "$(unhex "$hex" | base64 -w0)" = "$1" ] || fail "base64 is not canonical: $1"
    echo "${hex,,}"
}
node() { { printf '\001'; unhex "$1"; unhex "$2"; } | sha; }
number() {
    [[ $1 =~ ^(0|[1-9][0-9]{0,17})$ ]] || fail "not a plain number: $1"
}

# ---- the proof file: magic, index, hashes, checkpoint --------------------------------------------

[ "$(tr -d '\000\r' < "$proof" | wc -c)" = "$(wc -c < "$proof")" ] || fail "control characters"
[ "$(tail -c1 "$proof" | basenc --base16)" = 0A ] || fail "the proof does not end with a newline"
mapfile -t line < "$proof"
[ "${line[0]-}" = "c2sp.org/tlog-proof@v1" ] || fail "not a tlog-proof@v1"
i=1
[[ ${line[i]-} != "extra "* ]] || { b64hex "${line[i]#extra }" > /dev/null; i=$((i + 1)); }
[[ ${line[i]-} == "index "* ]] || fail "no index"
index=${line[i]#index }
number "$index"
i=$((i + 1))
path=()
while [ -n "${line[i]-}" ]; do
    h=$(b64hex "${line[i]}")
    [ ${#h} = 64 ] || fail "a hash is not 32 bytes"
    path+=("$h")
    i=$((i + 1))
done
i=$((i + 1))
origin=${line[i]-} size=${line[i + 1]-} root64=${line[i + 2]-}
[ -n "$origin" ] || fail "no origin"
number "$size"
root=$(b64hex "$root64")
[ ${#root} = 64 ] || fail "the root is not 32 bytes"
: > "$work/text"
while [ -n "${line[i]-}" ]; do
    printf '%s\n' "${line[i]}" >> "$work/text"
    i=$((i + 1))
done
sigs=("${line[@]:i+1}")
[ ${#sigs[@]} -gt 0 ] || fail "the checkpoint has no signature"

# ---- signatures ----------------------------------------------------------------------------------

# key NAME+ID+B64 -> name, id, kind, pub
key() {
    local rest=${1#*+} raw
    name=${1%%+*} id=${rest%%+*}
    raw=$(b64hex "${rest#*+}")
    [ ${#raw} = 66 ] || fail "a key is not of 33 bytes"
    kind=${raw:0:2} pub=${raw:2}
    [ "$( { printf '%s\n' "$name"; unhex "$raw"; } | sha | cut -c1-8)" = "$id" ] ||
        fail "key id of $name"
}

ed25519() { # PUB SIGNATURE, both hex; message in $work/message
    unhex "302a300506032b6570032100$1" > "$work/key"
    unhex "$2" > "$work/sig"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin -in "$work/message" \
        -sigfile "$work/sig" > /dev/null 2>&1
}

# Has the key last read by key() signed? A bad signature of a known key spoils the whole note.
signed() {
    local s raw yes=1
    for s in "${sigs[@]}"; do
        [[ $s == "— "*" "* ]] || fail "malformed signature line"
        raw=$(b64hex "${s##* }")
        s=${s#— }
        [[ ${s% *} == "$name" && ${raw:0:8} == "$id" ]] || continue
        raw=${raw:8}
        if [ "$kind" = 04 ]; then
            [ ${#raw} = 144 ] || fail "cosignature of $name has the wrong length"
            printf 'cosignature/v1\ntime %d\n' "$((16#${raw:0:16}))" > "$work/message"
            cat "$work/text" >> "$work/message"
            raw=${raw:16}
        else
            [ ${#raw} = 128 ] || fail "signature of $name has the wrong length"
            cp "$work/text" "$work/message"
        fi
        ed25519 "$pub" "$raw" || fail "bad signature of $name"
        yes=0
    done
    return $yes
}

# ---- the policy ----------------------------------------------------------------------------------

declare -A good=([none]=1)
by_log='' quorum='' witnesses=0
while read -r word a b rest || [ -n "$word" ]; do
    case $word in
    '' | '#'*) ;;
    log)
        key "$a"
        [ "$kind" = 01 ] || fail "policy: not a key of a log: $a"
        if signed && [ "$name" = "$origin" ]; then by_log=$name; fi ;;
    witness)
        key "$b"
        [ "$kind" = 04 ] || fail "policy: not a key of a witness: $b"
        good[$a]=0
        if signed; then good[$a]=1 witnesses=$((witnesses + 1)); fi ;;
    group)
        read -ra members <<< "$rest"
        n=0
        for m in "${members[@]}"; do
            [[ -n ${good[$m]-} && $m != none ]] || fail "policy: $m is not defined"
            n=$((n + good[$m]))
        done
        case $b in any) k=1 ;; all) k=${#members[@]} ;; *) number "$b"; k=$b ;; esac
        [[ $k -ge 1 && $k -le ${#members[@]} ]] || fail "policy: group $a"
        good[$a]=$((n >= k)) ;;
    quorum)
        [[ -z $quorum && -n ${good[$a]-} ]] || fail "policy: quorum $a"
        quorum=$a ;;
    *) fail "policy: unknown word $word" ;;
    esac
done < "$policy"
[ -n "$quorum" ] || fail "policy: no quorum line"
[ -n "$by_log" ] || fail "not signed by a log of the policy with origin $origin"
[ "${good[$quorum]}" = 1 ] || fail "too few witnesses: the quorum '$quorum' is not met"

# ---- inclusion: RFC 9162, 2.1.3.2 ------------------------------------------------------------------

[ "$index" -lt "$size" ] || fail "index is not below size"
fn=$index sn=$((size - 1))
r=$({ printf '\000'; cat "$leaf"; } | sha)
for p in "${path[@]}"; do
    [ $sn -ne 0 ] || fail "the proof is too long"
    if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
        r=$(node "$p" "$r")
        while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
    else
        r=$(node "$r" "$p")
    fi
    fn=$((fn >> 1)) sn=$((sn >> 1))
done
[ "$sn" = 0 ] || fail "the proof is too short"
[ "$r" = "$root" ] || fail "the leaf is not in the signed tree"
echo "OK: leaf $index of '$origin', $size leaves signed, $witnesses witnesses"
