# curves_sklearn.py - ROC, precision-recall and average precision against scikit-learn, point by point.
# SPDX-License-Identifier: Apache-2.0
"""Usage: curves_sklearn.py AIMS

`aims assess performance_eval` on random scores: with many ties, with none, and with too many thresholds to
keep. Every point of a result must be one of scikit-learn's, none may be missing where none was left out, and
what was left out must cost no more than the note says. Exit code 77 without scikit-learn."""
import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve
except ImportError:
    print("skipped: no scikit-learn")
    sys.exit(77)

TOLERANCE = 1e-12


def result_of(program, y, s):
    with tempfile.TemporaryDirectory(prefix="aims-curves-") as folder:
        path = os.path.join(folder, "t.csv")
        with open(path, "w") as f:
            f.write("y,s\n" + "".join(f"{int(a)},{float(b)!r}\n" for a, b in zip(y, s)))
        done = subprocess.run([program, "assess", "performance_eval", "--data", path, "--label", "y", "--score", "s",
                               "--resamples", "100", "--json"], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def rows_of(result, name):
    return next(t["rows"] for t in result["tables"] if t["id"] == name)


def left_out(result, name):
    """What the note says of the worst that is not there; None: nothing is missing."""
    for note in result["notes"]:
        found = re.match(name + r": (\d+) of (\d+) points are kept.* ([0-9.e-]+)$", note)
        if found:
            return float(found[3])
    return None


def points_agree(rows, known):
    """rows: threshold, x, low, high, y, low, high; known: threshold -> (x, y)."""
    for threshold, x, x_low, x_high, y, y_low, y_high in rows:
        want = known[threshold]
        assert abs(x - want[0]) < TOLERANCE and abs(y - want[1]) < TOLERANCE, (threshold, x, y, want)
        assert x_low <= x <= x_high and y_low <= y <= y_high, (threshold, x_low, x_high, y_low, y_high)


def check_roc(result, y, s):
    fpr, tpr, at = roc_curve(y, s, drop_intermediate=False)
    rows = rows_of(result, "roc")
    assert rows[0][0] is None and rows[0][1] == 0 == rows[0][4], rows[0]  # above all: scikit-learn's inf
    points_agree(rows[1:], dict(zip(at[1:], zip(fpr[1:], tpr[1:]))))
    drawn = np.array([(r[1], r[4]) for r in rows])
    off = max(nearest(drawn, x, y) for x, y in zip(fpr, tpr))
    assert off <= (left_out(result, "roc") or 0) * 1.05 + TOLERANCE, off
    area = np.trapz(drawn[:, 1], drawn[:, 0])
    print(f"  roc: {len(rows)} of {len(at)} points, farthest left out {off:.2g}, area off by {area - roc_auc_score(y, s):.2g}")


def nearest(line, x, y):
    a, d = line[:-1], np.diff(line, axis=0)
    square = np.maximum((d * d).sum(axis=1), 1e-300)
    along = np.clip(((np.array([x, y]) - a) * d).sum(axis=1) / square, 0, 1)
    return float(np.hypot(*(a + along[:, None] * d - [x, y]).T).min())


def check_recall(result, y, s):
    precision, recall, at = precision_recall_curve(y, s)
    rows = rows_of(result, "precision_recall")
    points_agree(rows, dict(zip(at, zip(recall, precision))))  # its last point has no threshold
    ends = np.array([(0, 0)] + [(r[1], r[4]) for r in rows])
    area = float((np.diff(ends[:, 0]) * ends[1:, 1]).sum())
    want = average_precision_score(y, s)
    off = left_out(result, "precision_recall")
    grown = len(np.unique(recall[recall > 0]))
    assert off is not None or abs(area - want) < TOLERANCE, (area, want)
    assert off is None or abs(area - want) <= off * grown, (area, want, off)
    print(f"  precision_recall: {len(rows)} of {grown} points, area off by {area - want:.2g}")


def check_metrics(result, y, s):
    for name, want in (("auc", roc_auc_score(y, s)), ("average_precision", average_precision_score(y, s))):
        m = next(m for m in result["metrics"] if m["id"] == name)
        assert abs(m["value"] - want) < TOLERANCE, (name, m, want)
        assert m["interval"][0] <= want <= m["interval"][1], m


def main(program):
    rng = np.random.default_rng(2026)
    for rows, digits in ((12, 1), (60, 2), (500, 1), (3000, 16), (40000, 5)):
        s = np.round(rng.random(rows), digits)
        y = rng.random(rows) < s * s
        y[:2] = (True, False)
        print(f"{rows} rows, {len(np.unique(s))} thresholds")
        result = result_of(program, y, s)
        check_metrics(result, y, s)
        check_roc(result, y, s)
        check_recall(result, y, s)


main(os.path.abspath(sys.argv[1]))
