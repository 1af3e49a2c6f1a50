#!/bin/sh
# verify.sh - checks an unpacked evidence bag with bash, coreutils and openssl alone.
# SPDX-License-Identifier: Apache-2.0
#
#   sh verify.sh [--old CHECKPOINT]... VKEY | POLICY-FILE
#
# VKEY is the key of the log (or a c2sp.org/tlog-policy file with it and its witnesses) as you
# received it from somewhere else than this bag; --old names checkpoints you kept from earlier
# bags. Exit code 0: everything holds. 1: something does not. Use your own copies of the three
# scripts and name the bag in $AIMS_BAG: a forger can change the copies that are here.
set -u
LC_ALL=C
export LC_ALL
bad=0
here=$(cd "$(dirname "$0")" && pwd) || exit 2
bag=${AIMS_BAG:-$here}

say_bad() {
    printf 'FAIL %s\n' "$1" >&2
    bad=1
}

# walk FOLDER: the path of everything in it, one per line; what is no plain file gets a mark.
walk() {
    for f in "$1"* "$1".[!.]* "$1"..?*; do
        if [ -h "$f" ]; then
            printf 'LINK %s\n' "$f"
        elif [ -d "$f" ]; then
            walk "$f/"
        elif [ -f "$f" ]; then
            printf '%s\n' "$f"
        elif [ -e "$f" ]; then
            printf 'SPECIAL %s\n' "$f"
        fi
    done
}

# The manifests against the files, both ways.
check_manifests() {
    for m in tagmanifest-sha256.txt manifest-sha256.txt; do
        sha256sum --strict --quiet -c "$m" || say_bad "$m does not fit the files"
    done
    { cut -c 67- manifest-sha256.txt; cut -c 67- tagmanifest-sha256.txt; echo tagmanifest-sha256.txt; } |
        sort >"$tmp/listed"
    walk "" | sort >"$tmp/found"
    cmp -s "$tmp/listed" "$tmp/found" || {
        say_bad "the files are not those of the manifests ('<' listed only, '>' there only):"
        comm -23 "$tmp/listed" "$tmp/found" | while read -r f; do echo "  < $f"; done >&2
        comm -13 "$tmp/listed" "$tmp/found" | while read -r f; do echo "  > $f"; done >&2
    }
    cut -c 65-66 manifest-sha256.txt tagmanifest-sha256.txt | sort -u >"$tmp/gap"
    [ "$(cat "$tmp/gap")" = "  " ] || say_bad "a manifest is not in the form of a bag"
}

# Every leaf has a proof that leads to the checkpoint; every proof has a leaf.
check_proofs() {
    : >"$tmp/proven"
    for leaf in data/leaves/*; do
        [ -f "$leaf" ] || continue
        n=${leaf#data/leaves/}
        n=${n%.leaf}
        proof=data/proofs/$n.tlog-proof
        [ -f "$proof" ] || { say_bad "$leaf has no proof"; continue; }
        [ "$(tail -c "$(($(wc -c <data/log/checkpoint)))" "$proof" | sha256sum)" = "$(sha256sum <data/log/checkpoint)" ] ||
            { say_bad "$proof does not end in data/log/checkpoint"; continue; }
        bash "$here/tlog-proof-check.sh" "$tmp/policy" "$proof" "$leaf" || { bad=1; continue; }
        case "$(head -n 5 "$proof")" in
        *"
index $n
"*) cat "$leaf" >>"$tmp/proven"; echo >>"$tmp/proven" ;;
        *) say_bad "$proof is of another leaf" ;;
        esac
    done
    [ -s "$tmp/proven" ] || say_bad "no leaf was proven: nothing shows who signed the checkpoint"
    for proof in data/proofs/*; do
        n=${proof#data/proofs/}
        [ ! -f "$proof" ] || [ -f "data/leaves/${n%.tlog-proof}.leaf" ] || say_bad "$proof has no leaf"
    done
}

# Every evidence file is named, by its digest, in a proven leaf.
check_files() {
    proven=$(cat "$tmp/proven")
    walk data/files/ >"$tmp/files"
    while read -r f; do
        sum=$(sha256sum <"$f")
        case $proven in
        *"\"${sum%% *}\""* | *"\"sha256:${sum%% *}\""*) ;;
        *) say_bad "$f: no proven leaf names it" ;;
        esac
    done <"$tmp/files"
}

# check_old CHECKPOINT
check_old() {
    old=$1
    { read -r _ && read -r size; } <"$old"
    request=data/log/old/$size.add-checkpoint
    if cmp -s "$old" data/log/checkpoint; then
        return 0
    elif [ "$(head -n 3 "$old")" = "$(head -n 3 data/log/checkpoint)" ]; then
        return 0 # the same tree with other cosignatures
    elif [ ! -f "$request" ]; then
        say_bad "$old: the bag has no consistency proof from size $size; ask for one"
    else
        sh "$here/tlog-growth-check.sh" "$old" "$request" data/log/checkpoint || bad=1
    fi
}

olds=
while [ "${1:-}" = --old ] && [ $# -ge 2 ]; do
    olds="$olds$(realpath "$2")
"
    shift 2
done
if [ $# -ne 1 ]; then
    echo "usage: sh verify.sh [--old CHECKPOINT]... VKEY | POLICY-FILE" >&2
    exit 2
fi
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
if [ -f "$1" ]; then
    cat "$1" >"$tmp/policy"
else
    printf 'log %s\nquorum none\n' "$1" >"$tmp/policy"
fi
cd "$bag" || exit 2
check_manifests
check_proofs
check_files
printf %s "$olds" >"$tmp/olds"
while read -r f; do
    check_old "$f"
done <"$tmp/olds"
[ "$bad" = 0 ] && echo "The bag is good: files, leaves, proofs and the signed checkpoint agree."
exit "$bad"
