#!/usr/bin/env python3
# drift_peers.py - makes the columns of the drift benchmark, and times numpy and SciPy on them.
# SPDX-License-Identifier: Apache-2.0
import resource
import sys
import time

import numpy as np
import scipy
from scipy import stats

NUMBERS, CATEGORIES, LEVELS = 10, 10, 12


def make(path, rows):
    r = np.random.default_rng(1)
    with open(path, "wb") as f:
        for k in range(NUMBERS):
            for side in range(2):
                x = r.standard_normal(rows) + side * 0.01 * (k % 3)
                if k % 5 == 3:
                    x = np.exp(x)
                if k % 5 == 4:
                    x = np.floor(10 * x)
                x.astype("<f8").tofile(f)
        for k in range(CATEGORIES):
            for side in range(2):
                x = np.minimum(r.geometric(0.3 + 0.01 * side * (k % 3), rows), LEVELS) - 1
                x.astype("<i4").tofile(f)


def load(path, rows):
    with open(path, "rb") as f:
        kinds = ["<f8"] * NUMBERS + ["<i4"] * CATEGORIES
        return [(np.fromfile(f, k, rows), np.fromfile(f, k, rows)) for k in kinds]


def psi(a, b):
    keep = a + b > 0
    p, q = np.maximum(a, .5)[keep] / a.sum(), np.maximum(b, .5)[keep] / b.sum()
    return np.sum((q - p) * np.log(q / p))


def number_cells(x, y):
    edges = np.unique(np.quantile(x, np.arange(1, 10) / 10, method="inverted_cdf"))
    return [np.bincount(np.searchsorted(edges, v, side="left"), minlength=len(edges) + 1) for v in (x, y)]


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(what, began, cells):
    s = time.process_time() - began
    print("peer   %-58s %7.0f ms CPU, %6.1f M cells/s" % (what, 1000 * s, cells / s / 1e6))


def main():
    what, path, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if what == "make":
        return make(path, rows)
    columns = load(path, rows)
    cells, before = 2 * rows, peak_mb()
    began = time.process_time()
    total = sum(psi(*number_cells(x, y)) for x, y in columns[:NUMBERS])
    report("numpy %s, 10 numeric columns: PSI" % np.__version__, began, cells * NUMBERS)
    total += sum(psi(*[np.bincount(v, minlength=LEVELS) for v in c]) for c in columns[NUMBERS:])
    report("numpy, 20 columns: PSI", began, cells * (NUMBERS + CATEGORIES))
    print("peer   peak memory beyond the data: %.1f MB" % (peak_mb() - before))
    began = time.process_time()
    p = sum(stats.chi2_contingency([np.bincount(v, minlength=LEVELS) for v in c], correction=False)[1]
            for c in columns[NUMBERS:])
    report("numpy, 10 categorical columns: counting and chi-square", began, cells * CATEGORIES)
    began = time.process_time()
    ks = sum(np.array(stats.ks_2samp(x, y, mode="asymp")) for x, y in columns[:NUMBERS])
    report("scipy %s, 10 numeric columns: KS" % scipy.__version__, began, cells * NUMBERS)
    began = time.process_time()
    w1 = sum(stats.wasserstein_distance(x, y) / x.std() for x, y in columns[:NUMBERS])
    report("scipy, 10 numeric columns: Wasserstein", began, cells * NUMBERS)
    print("check  PSI %.12f KS %.12f W1 %.12f" % (total, ks[0], w1))
    print("check  p of KS (by one sample's distribution) %.12f, of chi-square %.12f" % (ks[1], p))


if __name__ == "__main__":
    main()
