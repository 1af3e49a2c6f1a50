#!/bin/sh
# tlog-proof-check.sh - checks one proof of a transparency log with sh, coreutils and openssl alone.
# SPDX-License-Identifier: Apache-2.0
#
#   tlog-proof-check.sh LEAF PROOF VKEY [WITNESS-VKEY...]
#       LEAF is in the tree of the checkpoint at the end of PROOF (c2sp.org/tlog-proof@v1).
#   tlog-proof-check.sh --old OLD-CHECKPOINT REQUEST VKEY [WITNESS-VKEY...]
#       The tree of OLD-CHECKPOINT is the beginning of the tree of the checkpoint at the end of
#       REQUEST (the body of c2sp.org/tlog-witness add-checkpoint).
#
# The checkpoint must be signed by the log's VKEY (c2sp.org/signed-note, Ed25519) and by every
# witness named (c2sp.org/tlog-cosignature). Hashing: RFC 6962 section 2.1. OpenSSL 3.0 or later.
set -u
LC_ALL=C
export LC_ALL
unset IFS

fail() {
    printf 'FAIL %s: %s\n' "$what" "$1" >&2
    exit 1
}

usage() {
    echo "usage: $0 LEAF PROOF VKEY [WITNESS-VKEY...] | --old OLD-CHECKPOINT REQUEST VKEY [...]" >&2
    exit 2
}

sha256() { openssl dgst -sha256 -binary | base64; }
hex() { od -An -v -tx1 | tr -d ' \n'; }

# node LEFT RIGHT, in base64
node() {
    { printf '\001'; printf %s "$1" | base64 -d; printf %s "$2" | base64 -d; } | sha256
}

# A hash is 32 bytes in canonical base64.
need_hash() {
    [ "${#1}" = 44 ] && [ "$(printf %s "$1" | base64 -d 2>/dev/null | base64)" = "$1" ] ||
        fail "not a hash: $1"
}

# A canonical decimal below 10^18.
need_number() {
    case $1 in
    0) ;;
    '' | 0* | *[!0-9]*) fail "not a number: $1" ;;
    esac
    [ "${#1}" -le 18 ] || fail "number too large: $1"
}

# split_note FILE: $tmp/text is what is signed, $tmp/sigs the lines behind the empty line.
split_note() {
    [ -f "$1" ] && [ "$(tail -c 1 "$1" | hex)" = 0a ] || fail "the checkpoint is cut off"
    lines=0
    empty=0
    while read -r line; do
        lines=$((lines + 1))
        if [ -z "$line" ]; then
            [ "$empty" = 0 ] || fail "the checkpoint has two empty lines"
            empty=$lines
        fi
    done <"$1"
    [ "$empty" -ge 4 ] || fail "not a signed checkpoint"
    head -n $((empty - 1)) "$1" >"$tmp/text"
    tail -n +$((empty + 1)) "$1" >"$tmp/sigs"
    { read -r origin && read -r size && read -r root; } <"$tmp/text"
    need_number "$size"
    need_hash "$root"
}

# verify_ed25519 PUB-FILE MESSAGE-FILE SIGNATURE-FILE
verify_ed25519() {
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat "$1"; } >"$tmp/der"
    openssl pkey -pubin -inform DER -in "$tmp/der" -out "$tmp/pem" 2>/dev/null &&
        openssl pkeyutl -verify -pubin -inkey "$tmp/pem" -rawin -in "$2" -sigfile "$3" \
            >/dev/null 2>&1
}

# check_line KIND: $tmp/raw holds one decoded signature line of a key in $tmp/pub.
check_line() {
    bytes=$(($(wc -c <"$tmp/raw")))
    if [ "$1" = 01 ]; then
        [ "$bytes" = 68 ] || return 1
        tail -c +5 "$tmp/raw" >"$tmp/sig"
        verify_ed25519 "$tmp/pub" "$tmp/text" "$tmp/sig"
    else
        [ "$bytes" = 76 ] || return 1
        tail -c +13 "$tmp/raw" >"$tmp/sig"
        when=$(($(printf '0x%s' "$(tail -c +5 "$tmp/raw" | head -c 8 | hex)")))
        { printf 'cosignature/v1\ntime %s\n' "$when"; cat "$tmp/text"; } >"$tmp/msg"
        verify_ed25519 "$tmp/pub" "$tmp/msg" "$tmp/sig"
    fi
}

# need_signature VKEY KIND: a line of this key, and every line of this key good.
need_signature() {
    name=${1%%+*}
    rest=${1#*+}
    id=${rest%%+*}
    printf %s "${rest#*+}" | base64 -d >"$tmp/key" 2>/dev/null || fail "not a key: $1"
    [ "$(head -c 1 "$tmp/key" | hex)" = "$2" ] && [ $(($(wc -c <"$tmp/key"))) = 33 ] ||
        fail "not an Ed25519 key of kind $2: $1"
    known=$({ printf '%s\n' "$name"; cat "$tmp/key"; } | openssl dgst -sha256 -binary | head -c 4 | hex)
    [ "$known" = "$id" ] || fail "the key does not fit its id: $1"
    tail -c +2 "$tmp/key" >"$tmp/pub"
    good=0
    while read -r dash signer coded more; do
        [ "$dash" = "$(printf '\342\200\224')" ] && [ -z "$more" ] || fail "a broken signature line"
        printf %s "$coded" | base64 -d >"$tmp/raw" 2>/dev/null || fail "a broken signature line"
        [ "$(base64 -w 0 <"$tmp/raw")" = "$coded" ] || fail "a signature is not canonical base64"
        [ "$signer" = "$name" ] && [ "$(head -c 4 "$tmp/raw" | hex)" = "$id" ] || continue
        check_line "$2" || fail "the signature of $name does not fit"
        good=1
    done <"$tmp/sigs"
    [ "$good" = 1 ] || fail "not signed by $name"
}

# check_note VKEY [WITNESS-VKEY...]: over $tmp/text and $tmp/sigs.
check_note() {
    [ "$origin" = "${1%%+*}" ] || fail "the checkpoint is of the log $origin"
    need_signature "$1" 01
    shift
    for witness in "$@"; do
        need_signature "$witness" 04
    done
}

# read_path FILE SKIP: hashes between line SKIP and the empty line into $path, the rest is a note.
read_path() {
    path=
    at=0
    while read -r line; do
        at=$((at + 1))
        [ "$at" -gt "$2" ] || continue
        [ -n "$line" ] || break
        need_hash "$line"
        path="$path $line"
    done <"$1"
    [ -z "$line" ] || fail "it has no checkpoint"
    tail -n +$((at + 1)) "$1" >"$tmp/note"
}

# RFC 9162 section 2.1.3.2
check_inclusion() {
    [ "$index" -lt "$size" ] || fail "leaf $index is not in a tree of $size"
    fn=$index
    sn=$((size - 1))
    r=$({ printf '\000'; cat "$leaf"; } | sha256)
    for p in $path; do
        [ "$sn" != 0 ] || fail "the path is too long"
        if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
            r=$(node "$p" "$r")
            while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do
                fn=$((fn >> 1))
                sn=$((sn >> 1))
            done
        else
            r=$(node "$r" "$p")
        fi
        fn=$((fn >> 1))
        sn=$((sn >> 1))
    done
    [ "$sn" = 0 ] && [ "$r" = "$root" ] || fail "the leaf is not in the signed tree"
}

# RFC 9162 section 2.1.4.2; old tree $old_size, $old_root, new one $size, $root
check_consistency() {
    [ "$old_size" -le "$size" ] || fail "the log was larger before: $old_size, now $size"
    if [ "$old_size" = "$size" ]; then
        [ -z "$path" ] && [ "$old_root" = "$root" ] || fail "another tree of the same size"
        return 0
    fi
    [ "$old_size" != 0 ] || return 0
    # shellcheck disable=SC2086 # a list of words
    set -- $path
    fn=$((old_size - 1))
    sn=$((size - 1))
    while [ $((fn & 1)) = 1 ]; do
        fn=$((fn >> 1))
        sn=$((sn >> 1))
    done
    if [ "$fn" = 0 ]; then
        fr=$old_root
    else
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
            while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do
                fn=$((fn >> 1))
                sn=$((sn >> 1))
            done
        else
            sr=$(node "$sr" "$p")
        fi
        fn=$((fn >> 1))
        sn=$((sn >> 1))
    done
    [ "$sn" = 0 ] && [ "$fr" = "$old_root" ] && [ "$sr" = "$root" ] ||
        fail "the new tree does not extend the old one"
}

main_old() {
    what=$2
    split_note "$1"
    check_note "$3" # witnesses are asked for the new checkpoint only
    old_size=$size
    old_root=$root
    old_origin=$origin
    read -r word from <"$2"
    [ "$word" = old ] && [ "$from" = "$old_size" ] || fail "not a request from size $old_size"
    read_path "$2" 1
    split_note "$tmp/note"
    shift 2
    check_note "$@"
    [ "$origin" = "$old_origin" ] || fail "two different logs"
    check_consistency
    echo "ok   $what: size $size extends size $old_size"
}

main_leaf() {
    leaf=$1
    what=$2
    skip=2
    { read -r magic && read -r line; } <"$2"
    [ "$magic" = "c2sp.org/tlog-proof@v1" ] || fail "not a tlog-proof"
    case $line in "extra "*) skip=3; { read -r line && read -r line && read -r line; } <"$2" ;; esac
    index=${line#index }
    [ "$index" != "$line" ] || fail "it has no index"
    need_number "$index"
    read_path "$2" "$skip"
    split_note "$tmp/note"
    shift 2
    check_note "$@"
    check_inclusion
    echo "ok   $what: leaf $index of $size in $origin"
}

what=$0
[ $# -ge 3 ] || usage
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
if [ "$1" = --old ]; then
    [ $# -ge 4 ] || usage
    shift
    main_old "$@"
else
    main_leaf "$@"
fi
