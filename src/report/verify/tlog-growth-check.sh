#!/bin/sh
# tlog-growth-check.sh - checks that a log still begins with what was signed earlier.
# SPDX-License-Identifier: Apache-2.0
#
#   sh tlog-growth-check.sh OLD-CHECKPOINT REQUEST CHECKPOINT
#
# OLD-CHECKPOINT is one you verified and kept; CHECKPOINT is the bag's, whose signatures
# tlog-proof-check.sh verifies with every leaf. REQUEST (the body of c2sp.org/tlog-witness
# add-checkpoint) leads from one to the other. Needs sh, coreutils, openssl. Exit 0: it does.
set -u
LC_ALL=C
export LC_ALL

fail() {
    printf 'FAIL %s: %s\n' "$request" "$1" >&2
    exit 1
}

sha256() { openssl dgst -sha256 -binary | base64; }

# node LEFT RIGHT, in base64; RFC 6962 section 2.1
node() {
    { printf '\001'; printf %s "$1" | base64 -d; printf %s "$2" | base64 -d; } | sha256
}

# A hash is 32 bytes in canonical base64.
need_hash() {
    if [ "${#1}" != 44 ] || [ "$(printf %s "$1" | base64 -d 2>/dev/null | base64)" != "$1" ]; then
        fail "not a hash: $1"
    fi
}

# A canonical decimal below 10^18.
need_number() {
    case $1 in
    0) ;;
    '' | 0* | *[!0-9]*) fail "not a number: $1" ;;
    esac
    [ "${#1}" -le 18 ] || fail "number too large: $1"
}

# The hashes of the request into $path; what follows its empty line must be the checkpoint.
read_request() {
    path=
    at=0
    line=
    while read -r line; do
        at=$((at + 1))
        [ "$at" -gt 1 ] || continue
        [ -n "$line" ] || break
        need_hash "$line"
        path="$path $line"
    done <"$request"
    [ -z "$line" ] || fail "it has no checkpoint"
    [ "$(tail -n +$((at + 1)) "$request" | sha256)" = "$(sha256 <"$checkpoint")" ] ||
        fail "it does not end in $checkpoint"
}

shift_both() {
    fn=$((fn >> 1))
    sn=$((sn >> 1))
}

# RFC 9162 section 2.1.4.2
check_growth() {
    [ "$old_size" -lt "$size" ] || fail "the log did not grow from $old_size to $size"
    [ "$old_size" != 0 ] || return 0
    # shellcheck disable=SC2086 # base64 hashes, split on purpose
    set -- $path
    fn=$((old_size - 1))
    sn=$((size - 1))
    while [ $((fn & 1)) = 1 ]; do shift_both; done
    fr=$old_root
    if [ "$fn" != 0 ]; then
        [ $# -gt 0 ] || fail "the path is too short"
        fr=$1
        shift
    fi
    sr=$fr
    for p in "$@"; do
        [ "$sn" != 0 ] || fail "the path is too long"
        if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
            fr=$(node "$p" "$fr")
            sr=$(node "$p" "$sr")
            while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do shift_both; done
        else
            sr=$(node "$sr" "$p")
        fi
        shift_both
    done
    if [ "$sn" != 0 ] || [ "$fr" != "$old_root" ] || [ "$sr" != "$root" ]; then
        fail "the log does not begin with what was signed at size $old_size"
    fi
}

if [ $# -ne 3 ]; then
    echo "usage: $0 OLD-CHECKPOINT REQUEST CHECKPOINT" >&2
    exit 2
fi
old=$1
request=$2
checkpoint=$3
{ read -r old_origin && read -r old_size && read -r old_root; } <"$old"
{ read -r origin && read -r size && read -r root; } <"$checkpoint"
read -r word from <"$request"
need_number "$old_size"
need_number "$size"
need_hash "$old_root"
need_hash "$root"
[ "$origin" = "$old_origin" ] || fail "two different logs"
if [ "$word" != old ] || [ "$from" != "$old_size" ]; then
    fail "not a request from size $old_size"
fi
read_request
check_growth
echo "OK: size $size of '$origin' extends size $old_size"
