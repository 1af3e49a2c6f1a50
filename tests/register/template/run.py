#!/usr/bin/env python3
# run.py - carries out the recipe "add a record type" in a scratch copy of the tree and tries it.
# SPDX-License-Identifier: Apache-2.0
# usage: run.py SOURCE_ROOT
import pathlib
import shutil
import subprocess
import sys
import tempfile

CHECK = """
executable('check_foobar', 'template/check_foobar.c', include_directories: top,
  c_args: ban + ['-DAIMS_MAY_MALLOC'], dependencies: [dep_store, dep_register])
"""


def copy_tree(root, to):
    """Tracked and new files; without git, everything but build directories."""
    if not (root / ".git").exists():
        shutil.copytree(root, to, ignore=shutil.ignore_patterns("build", "build-*"))
        return
    names = subprocess.run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
                           check=True, capture_output=True)
    for name in filter(None, names.stdout.decode().split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
    (to / "web/node_modules").symlink_to(root.resolve() / "web/node_modules")  # what setup fetched


def run(cwd, *command):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout if done.returncode else done.stdout[-200:], end="")
    if done.returncode:
        sys.exit(f"run.py: {' '.join(map(str, command))} failed")


def main(root):
    with tempfile.TemporaryDirectory(prefix="aims-recipe.") as tmp:
        tree, build = pathlib.Path(tmp) / "tree", pathlib.Path(tmp) / "build"
        copy_tree(root, tree)
        run(tree, "docs/recipes/add_foobar.sh", build)
        with open(tree / "tests/register/meson.build", "a", encoding="utf-8") as out:
            out.write(CHECK)
        run(tree, "ninja", "-C", build, "tests/register/check_foobar")
        run(tmp, build / "tests/register/check_foobar", pathlib.Path(tmp) / "aims.db")


main(pathlib.Path(sys.argv[1]).resolve())
