# check.py - what the repository checks share: the list of files, reading them, and self-tests.
# SPDX-License-Identifier: Apache-2.0
"""A check is a function `findings(root)` that yields "file:line: what is wrong".

`run` first plants each known fault in a scratch tree and demands that the check sees it, and
that the same tree without the fault is clean; only then it looks at the real tree. A check
that can no longer fail is therefore itself a failure.
"""
import os
import subprocess
import sys
import tempfile

SKIP = 77
SKIPPED_FOLDERS = {".git", "node_modules", "__pycache__"}


def walk(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED_FOLDERS and not n.startswith("build"))
        for name in sorted(files):
            yield os.path.relpath(os.path.join(folder, name), root)


def files(root, *endings):
    """Paths under root that belong to the project: those git tracks, or all without git."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
        paths = [p for p in listed.stdout.decode().split("\0") if p]
    except (OSError, subprocess.CalledProcessError):
        paths = list(walk(root))
    paths = [p for p in paths if os.path.isfile(os.path.join(root, p))]
    return [p for p in paths if not endings or p.endswith(endings)]


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def is_text(root, path):
    with open(os.path.join(root, path), "rb") as f:
        return b"\0" not in f.read(4096)


def is_fuzz_seed(path):
    return path.startswith("fuzz/corpus/")


def plant(tree, folder):
    for path, text in tree.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


def found_in(findings, tree):
    with tempfile.TemporaryDirectory(prefix="aims-check-") as folder:
        plant(tree, folder)
        return list(findings(folder))


def self_test(findings, clean, faults):
    """faults: (changes to the clean tree, text that exactly one finding must hold)."""
    false_alarms = found_in(findings, clean)
    assert not false_alarms, f"self-test: alarm on a clean tree: {false_alarms}"
    for change, expected in faults:
        seen = found_in(findings, {**clean, **change})
        hits = [s for s in seen if expected in s]
        assert len(hits) == 1 and len(seen) == 1, f"self-test: wanted one '{expected}', saw {seen}"


def run(findings, clean, faults, planted=None):
    """planted: the form of `findings` that the self-test uses, where it differs."""
    self_test(planted or findings, clean, faults)
    root = os.path.abspath(sys.argv[1])
    seen = list(findings(root))
    for line in seen:
        print(line)
    print(f"{len(faults)} planted faults seen, {len(seen)} findings in the tree")
    sys.exit(1 if seen else 0)
