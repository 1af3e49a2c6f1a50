# examples.py - runs the examples of docs/measurements on the sample organisation.
# SPDX-License-Identifier: Apache-2.0
"""Usage: examples.py SOURCE_ROOT AIMS

Indented blocks that begin with "aims" are run in their order, in a folder that holds the sample's loans.csv,
members.csv (what the model was trained on) and loan-gbm.json, with the sample's data directory; 0 and 1, a
failed limit, are fine. Indented blocks that begin with {"kind" must be accepted as parameters of a plan."""
import json
import os
import re
import subprocess
import sys
import tempfile

import check

FOLDER = "docs/measurements"
FILES = {"loans.csv": ("dataset-version", "Loans for testing", "file_sha256"),
         "members.csv": ("dataset-version", "Loans for training", "file_sha256"),
         "loan-gbm.json": ("model-version", "loan-gbm 1.0", "artefact_sha256")}
APART = ("kind", "limits")


def blocks(text):
    """Indented blocks, without their indent; an empty line ends one."""
    for found in re.findall(r"(?:^ {4}\S.*\n(?:^ {5,}.*\n)*)+", text, re.M):
        yield re.sub(r"^ {4}", "", found, flags=re.M)


def commands(block):
    return [c for c in re.sub(r"\\\n *", "", block).splitlines() if c.startswith("aims ")]


class Sample:
    def __init__(self, program, folder):
        self.folder = folder
        self.env = {**os.environ, "PATH": os.path.dirname(program) + ":" + os.environ["PATH"],
                    "AIMS_DATA": os.path.join(folder, "demo")}
        self.must("aims init --sample demo", (0,))
        for name, (kind, record, member) in FILES.items():
            sha = json.loads(self.must(f"aims {kind} show '{record}' --json", (0,)))[member]
            self.must(f"aims file get {sha} {name}", (0,))

    def must(self, command, codes=(0, 1)):
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in codes:
            sys.exit(f"{command}\nexamples.py: exit code {done.returncode}\n{done.stdout[-500:]}{done.stderr}")
        return done.stdout

    def accept(self, plan, name):
        rest = {k: v for k, v in plan.items() if k not in APART}
        words = ["aims", "plan", "add", "--name", name, "--kind", plan["kind"], "--system", "Loan scoring",
                 "--parameters", json.dumps(rest), "--limits", ",".join(plan["limits"]), "--fresh-days", "90",
                 "--active", "no"]
        done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{json.dumps(plan)}\nexamples.py: not accepted as a plan: {done.stderr}")


def main(root, program):
    pages = sorted(p for p in check.files(root, ".md") if p.startswith(FOLDER + "/"))
    with tempfile.TemporaryDirectory(prefix="aims-examples-") as folder:
        sample = Sample(program, folder)
        for page in pages:
            ran = plans = 0
            for block in blocks(check.read(root, page)):
                if block.startswith('{"kind"'):
                    sample.accept(json.loads(block), f"{page} {plans}")
                    plans += 1
                for command in commands(block):
                    sample.must(command)
                    ran += 1
            assert ran, f"{page}: no command was found"
            print(f"{page}: {ran} commands ran, {plans} plans were accepted")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
