# recipes.py - carries out docs/my-first-change.md in a scratch copy, builds it, and looks.
# SPDX-License-Identifier: Apache-2.0
"""Usage: recipes.py SOURCE_ROOT AIMS

AIMS is the program as it is: every block marked "see" must fail on it, and succeed on the program
that the blocks marked "change" lead to. The changed tree must still pass the repository checks."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import check

PAGE = "docs/my-first-change.md"
BLOCK = re.compile(r"^```sh (change|see)\n(.*?)^```", re.S | re.M)
CHECKS = ("layers", "sizes", "first_lines", "headers", "words")


def recipes(root):
    """[(title, changes, looks)] of the page, in its order."""
    sections = re.split(r"^## ", check.read(root, PAGE), flags=re.M)[1:]
    for section in sections:
        blocks = BLOCK.findall(section)
        changes = [b for kind, b in blocks if kind == "change"]
        looks = [b for kind, b in blocks if kind == "see"]
        assert changes and looks, f"recipe without change or see: {section.splitlines()[0]}"
        yield section.splitlines()[0], changes, looks


def shell(text, folder, **variables):
    return subprocess.run(["sh", "-eu", "-c", text], cwd=folder, env={**os.environ, **variables},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def must(done, what):
    if done.returncode:
        sys.exit(f"{done.stdout[-3000:]}\nrecipes.py: {what} failed")


def copy(root, to):
    for path in check.files(root):
        os.makedirs(os.path.dirname(os.path.join(to, path)), exist_ok=True)
        shutil.copy2(os.path.join(root, path), os.path.join(to, path))
    # What script/setup fetched, for the page is bundled again.
    os.symlink(os.path.join(root, "web/node_modules"), os.path.join(to, "web/node_modules"))


def looks_on(program, folder, todo):
    """Runs the looks with the program on a new data directory; yields (title, result)."""
    variables = {"PATH": os.path.dirname(program) + ":" + os.environ["PATH"],
                 "AIMS_DATA": os.path.join(folder, "data")}
    os.makedirs(folder)
    must(shell("aims init", folder, **variables), "aims init")
    for title, _, looks in todo:
        for look in looks:
            yield title, shell(look, folder, **variables)


def main(root, program):
    todo = list(recipes(root))
    with tempfile.TemporaryDirectory(prefix="aims-recipes-") as scratch:
        for title, done in looks_on(program, os.path.join(scratch, "before"), todo):
            if done.returncode == 0:
                sys.exit(f"recipes.py: '{title}' shows nothing new:\n{done.stdout}")
        tree = os.path.join(scratch, "tree")
        copy(root, tree)
        for title, changes, _ in todo:
            for change in changes:
                must(shell(change, tree), f"'{title}'")
        build = "[ -e build/build.ninja ] || meson setup build; ninja -C build src/cli/aims"
        must(shell(build, tree), "building the changed tree")
        for name in CHECKS:
            must(shell(f"python3 tests/repo/{name}.py .", tree), f"repo/{name} on the changed tree")
        changed = os.path.join(tree, "build/src/cli/aims")
        for title, done in looks_on(changed, os.path.join(scratch, "after"), todo):
            must(done, f"looking at '{title}'")
            print(f"seen: {title}")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
