# words.py - refuses leftover marks, places of a workplace, and secrets in the tree.
# SPDX-License-Identifier: Apache-2.0
import re

import check

# Spelled in two halves, so that this file does not find itself.
MARKS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK|TB" + r"D|lorem ip" + r"sum"
                   r"|not imple" + r"mented|unimple" + r"mented|for n" + r"ow)\b")
PLACES = re.compile(r"(?<![\w.$})*~/-])/(wo" + r"rk|ho" + r"me|ro" + r"ot)/[a-z]|\bfa" + r"rm-[a-z]+")
SECRETS = re.compile(r"-----BEGIN (\w+ )?PRIVATE K" + r"EY-----|\bghp_[A-Za-z0-9]{30}|\bAKIA[A-Z0-9]{16}")
RULES = [(MARKS, "leftover mark"), (PLACES, "a place of one machine"), (SECRETS, "a secret")]


def findings(root):
    for path in check.files(root):
        if check.is_fuzz_seed(path) or not check.is_text(root, path):
            continue
        for number, line in enumerate(check.read(root, path).splitlines(), 1):
            for rule, what in RULES:
                hit = rule.search(line)
                if hit:
                    yield f"{path}:{number}: {what}: '{hit[0]}'"


CLEAN = {"src/work/a.c": '#include "work/act.h" /* see ../src/work/x and $root/work/y */\n/* todos are fine */\n'}
FAULTS = [
    ({"a.c": "\n/* TO" + "DO later */\n"}, "a.c:2: leftover mark"),
    ({"a.md": "see /wo" + "rk/main/x\n"}, "a.md:1: a place of one machine"),
    ({"a.md": "run fa" + "rm-status\n"}, "a.md:1: a place"),
    ({"k.pem": "-----BEGIN PRIVATE K" + "EY-----\n"}, "k.pem:1: a secret"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS)
