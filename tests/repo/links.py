# links.py - checks that every file and heading that a document names is there.
# SPDX-License-Identifier: Apache-2.0
import os
import re

import check

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:src|docs|tests|script|packaging|fuzz|bench|web|sql|catalog|\.ci)/[\w./-]*\w)`")
FENCE = re.compile(r"^```.*?^```", re.S | re.M)


def slug(heading):
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def headings(text):
    return {slug(h) for h in re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.M)}


def wrong(root, path, target):
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    full = os.path.join(root, os.path.dirname(path), name) if name else os.path.join(root, path)
    if not os.path.exists(full):
        return f"link to '{target}', which is not there"
    if anchor and full.endswith(".md") and anchor not in headings(check.read(root, full)):
        return f"link to '{target}', which has no such heading"
    return None


def findings(root):
    for path in check.files(root, ".md"):
        blanked = FENCE.sub(lambda m: "\n" * m[0].count("\n"), check.read(root, path))
        for number, line in enumerate(blanked.splitlines(), 1):
            for target in LINK.findall(line):
                fault = wrong(root, path, target)
                if fault:
                    yield f"{path}:{number}: {fault}"
            for name in PATH.findall(line):
                if not os.path.exists(os.path.join(root, name)):
                    yield f"{path}:{number}: names '{name}', which is not there"


CLEAN = {
    "README.md": "# A\n[b](docs/b.md#two-words) [w](https://x.org/y) `src/a.c` `src/a.c:3`\n```\n[x](none)\n```\n",
    "docs/b.md": "# B\n## Two `words`\n[up](../README.md) [here](#b)\n",
    "src/a.c": "int x;\n",
}
FAULTS = [
    ({"docs/c.md": "# C\n[x](none.md)\n"}, "docs/c.md:2: link to 'none.md'"),
    ({"docs/c.md": "# C\n[x](b.md#three)\n"}, "docs/c.md:2: link to 'b.md#three', which has no such"),
    ({"docs/c.md": "# C\n`src/none.c`\n"}, "docs/c.md:2: names 'src/none.c'"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS)
