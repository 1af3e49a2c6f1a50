#!/usr/bin/env python3
# drift_evidently.py - Evidently's drift preset on the columns of the drift benchmark: CPU time, memory, figures.
# SPDX-License-Identifier: Apache-2.0
# PYTHONPATH: src of evidently and of typing_extensions. What serves only its web service and its telemetry is
# replaced by empty modules; pandas, NumPy, SciPy, statsmodels, scikit-learn, plotly, pydantic are Debian's own.
import importlib.abc
import importlib.machinery
import os
import resource
import sys
import time
import types
import uuid

import numpy as np
import pandas as pd
from drift_peers import NUMBERS, load

ABSENT = ("litestar", "opentelemetry", "iterative_telemetry", "uuid6")


class Any(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing


class Nothing(metaclass=Any):
    """Base class, decorator or value, whatever an import at the top of a module makes of it."""

    def __init__(self, *_, **__):
        pass

    def __call__(self, *given, **_):
        return given[0] if given else self

    def __getattr__(self, name):
        return getattr(type(self), name)

    def __class_getitem__(cls, _):
        return cls


class Empty(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Nothing,), {})


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = Empty(spec.name)
        if spec.name == "uuid6":  # version 7 only orders by time
            module.uuid6 = module.uuid7 = uuid.uuid4
            module.UUID = lambda int, version: uuid.UUID(int=int)
        return module

    def exec_module(self, module):
        pass


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def frames(path, rows):
    columns = load(path, rows)
    return [pd.DataFrame({"c%d" % k: c[side] for k, c in enumerate(columns)}) for side in range(2)]


def run(evidently, presets, data, what, preset):
    names = list(data[0].columns)
    definition = evidently.DataDefinition(numerical_columns=names[:NUMBERS], categorical_columns=names[NUMBERS:])
    ref, cur = (evidently.Dataset.from_pandas(d, data_definition=definition) for d in data)
    before, began = peak_mb(), time.process_time()
    found = evidently.Report([presets.DataDriftPreset(**preset)]).run(cur, ref).dict()["metrics"]
    s, cells = time.process_time() - began, data[0].size + data[1].size
    print("peer   %-58s %7.0f ms CPU, %6.1f M cells/s, %.0f MB beyond the data, %.0f of the process"
          % ("Evidently %s, 20 columns: %s" % (evidently.__version__, what), 1000 * s, cells / s / 1e6,
             peak_mb() - before, peak_mb()))
    value = {m["config"]["column"]: float(m["value"]) for m in found if "column" in m["config"]}
    drifted = next(m["value"]["count"] for m in found if m["metric_name"].startswith("DriftedColumnsCount"))
    print("check  %s: numbers %.12f categories %.12f, drifted %d of %d" % (
        what, sum(value[n] for n in names[:NUMBERS]), sum(value[n] for n in names[NUMBERS:]), drifted, len(names)))


PRESETS = {"default": ("Wasserstein, Jensen-Shannon", {}),
           "psi": ("PSI", {"method": "psi"}),
           "tests": ("p of KS and chi-square", {"num_method": "ks", "cat_method": "chisquare"})}


def main():
    sys.meta_path.append(Absent())
    os.environ["DO_NOT_TRACK"] = "1"
    try:
        import evidently
        from evidently import presets
    except ImportError as e:
        return print("       (Evidently left out: %s)" % e)
    run(evidently, presets, frames(sys.argv[2], int(sys.argv[3])), *PRESETS[sys.argv[1]])


main()
