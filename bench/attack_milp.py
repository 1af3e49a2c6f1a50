#!/usr/bin/env python3
# attack_milp.py - exact distances as mixed integer programs, solved by HiGHS: the oracle of attack.sh.
# SPDX-License-Identifier: Apache-2.0
# Usage: attack_milp.py DIR (made by attack_peers.py, whose base score of 0.5 is a margin of 0).
# After Kantchelian, Tygar & Joseph, Evasion and hardening of tree ensemble classifiers, ICML 2016.
import json
import sys
import time

import numpy as np
import scipy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

SECONDS = 120  # of one point


def cuts_of(trees):
    cuts = {}
    for t in trees:
        for i, left in enumerate(t["left_children"]):
            if left >= 0:
                cuts.setdefault(t["split_indices"][i], set()).add(np.float32(t["split_conditions"][i]))
    return {i: sorted(c) for i, c in cuts.items()}


# Squared distance to each stretch between cuts, within 0..1.
def stretches(cuts, x):
    ret, lo = [], np.float32(0)
    for k in range(len(cuts) + 1):
        hi = np.nextafter(cuts[k], np.float32(-1)) if k < len(cuts) else np.float32(1)
        near = min(max(x, lo), hi)
        ret.append((float(near) - float(x)) ** 2 if lo <= hi else 1e3)
        lo = cuts[k] if k < len(cuts) else lo
    return ret


class Program:
    def __init__(self):
        self.cost, self.rows, self.lo, self.hi = [], [], [], []

    def variable(self, cost):
        self.cost.append(cost)
        return len(self.cost) - 1

    def add(self, terms, lo, hi):
        self.rows += [(len(self.lo), j, v) for j, v in terms]
        self.lo.append(lo)
        self.hi.append(hi)

    def solve(self, binaries):
        r, c, v = zip(*self.rows)
        a = coo_matrix((v, (r, c)), shape=(len(self.lo), len(self.cost))).tocsr()
        whole = np.arange(len(self.cost)) < binaries
        return milp(np.array(self.cost), constraints=LinearConstraint(a, self.lo, self.hi),
                    bounds=Bounds(0, 1), integrality=whole,
                    options={"time_limit": SECONDS, "mip_rel_gap": 1e-9})


# below[i, k]: feature i is below its cut k. Leaves are shares of 1 that agree with the splits.
def distance(trees, x, positive):
    p, below, constant, gains = Program(), {}, 0.0, []
    cuts, sign = cuts_of(trees), 1 if positive else -1
    for i, c in cuts.items():
        cost = stretches(c, x[i])
        for k in range(len(c)):
            below[i, k] = p.variable(cost[k] - cost[k + 1])
        for k in range(len(c) - 1):
            p.add([(below[i, k], 1), (below[i, k + 1], -1)], -np.inf, 0)
        constant += cost[-1]
    binaries = len(p.cost)

    def leaves(t, n):
        if t["left_children"][n] < 0:
            gains.append((p.variable(0.0), sign * float(np.float32(t["split_conditions"][n]))))
            return [gains[-1][0]]
        left, right = leaves(t, t["left_children"][n]), leaves(t, t["right_children"][n])
        i = t["split_indices"][n]
        b = below[i, cuts[i].index(np.float32(t["split_conditions"][n]))]
        p.add([(j, 1) for j in left] + [(b, -1)], -np.inf, 0)
        p.add([(j, 1) for j in right] + [(b, 1)], -np.inf, 1)
        return left + right

    for t in trees:
        p.add([(j, 1) for j in leaves(t, 0)], 1, 1)
    p.add(gains, -np.inf, 0)
    r = p.solve(binaries)
    return np.sqrt(max(0, r.fun + constant)) if r.status == 0 else np.nan


folder = sys.argv[1]
with open(folder + "/model.json") as f:
    trees = json.load(f)["learner"]["gradient_booster"]["model"]["trees"]
points = np.loadtxt(folder + "/points.csv", delimiter=",", skiprows=1)
began = time.process_time()
far = np.array([distance(trees, p[:-1].astype(np.float32), p[-1] > 0) for p in points])
spent = (time.process_time() - began) / len(points)
print("HiGHS in SciPy %s, exact: median L2 %.4f, mean %.4f, %d of %d closed, %.5f CPU-s per point" %
      (scipy.__version__, np.nanmedian(far), np.nanmean(far), np.isfinite(far).sum(), len(far), spent))
ours = folder + "/exact.csv"
worst = np.nanmax(np.abs(np.loadtxt(ours) / far - 1))
print("largest difference to ours, of %d points: %.1e of the distance" % (len(far), worst))
