#!/usr/bin/env python3
# encode.py - writes made-up rows, encoders for them, and what scikit-learn makes of the rows.
# SPDX-License-Identifier: Apache-2.0
#
# Run on Debian 12's own Python with python3-numpy -pandas -sklearn:
#   /usr/bin/python3 script/reference/encode.py tests/model/reference
# Gives encode.csv (rows), encode.json (encoders as a plan has them) and encoded.csv (the features).
import json
import sys

import numpy as np
import pandas as pd
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

ROWS, TRAINING = 120, 80


def make_rows():
    rng = np.random.default_rng(20261121)
    d = pd.DataFrame({
        "colour": rng.choice(["red", "green", "blue, dark", 'a "quoted" one', "Größe"], ROWS),
        "shape": rng.choice(["round", "square"], ROWS),
        "grade": rng.choice([1.0, 2.0, 3.5, 10.0], ROWS),
        "size": rng.choice(["S", "M", "L"], ROWS),
        "height": rng.normal(170, 9, ROWS).round(2),
        "income": rng.lognormal(10, 1, ROWS).round(0),
        "debt": rng.normal(0, 1e6, ROWS),
        "age": rng.integers(18, 90, ROWS).astype(float),
        "plain": rng.normal(0, 1, ROWS),
    })
    for name in ("colour", "age", "plain", "height"):
        d.loc[rng.random(ROWS) < 0.1, name] = np.nan
    d.loc[TRAINING:, "size"] = rng.choice(["S", "M", "L", "XXL"], ROWS - TRAINING)
    d.loc[TRAINING:, "shape"] = rng.choice(["round", "square", "oval"], ROWS - TRAINING)
    return d


def texts(values):
    return [None if v != v else v for v in values]


def fit(d, features, spec):
    """Encoders fitted to the first rows; features: (name, values of all rows)."""
    first = d[:TRAINING]

    def apply(columns, encoder, names=None):
        out = encoder.fit(first[columns]).transform(d[columns])
        for k in range(out.shape[1]):
            features.append((names[k] if names else columns[0], out[:, k]))
        return encoder

    colour = OneHotEncoder(sparse_output=False)  # missing values are a level of their own
    apply(["colour"], colour, ["colour_%s" % c for c in colour.fit(first[["colour"]]).categories_[0]])
    spec["colour"] = {"one_hot": texts(colour.categories_[0])}
    shape = OneHotEncoder(sparse_output=False, drop="first", handle_unknown="ignore")
    apply(["shape"], shape, ["is square"])
    spec["shape"] = {"one_hot": ["round", "square"], "drop": "round", "unknown": "zeros", "names": ["is square"]}
    grade = apply(["grade"], OneHotEncoder(sparse_output=False), ["1", "2", "3.5", "10"])
    spec["grade"] = {"one_hot": list(grade.categories_[0]), "name": "{level}"}
    apply(["size"], OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1))
    spec["size"] = {"ordinal": ["L", "M", "S"], "unknown": -1}
    height = apply(["height"], make_pipeline(SimpleImputer(strategy="median"), StandardScaler()))
    spec["height"] = {"standard": {"mean": height[1].mean_[0], "sd": height[1].scale_[0]},
                      "impute": height[0].statistics_[0]}
    income = apply(["income"], MinMaxScaler())
    spec["income"] = {"min_max": {"min": income.data_min_[0], "max": income.data_max_[0]}}
    debt = apply(["debt"], MinMaxScaler((-1, 3), clip=True))
    spec["debt"] = {"min_max": {"min": debt.data_min_[0], "max": debt.data_max_[0], "to": [-1, 3], "clip": True}}
    age = apply(["age"], OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-7,
                                        encoded_missing_value=99))
    ages = [int(v) for v in age.categories_[0] if v == v]
    spec["age"] = {"ordinal": ages, "unknown": -7, "missing": 99}
    features.append(("plain", d["plain"].to_numpy()))


def main(folder):
    d, features, spec = make_rows(), [], {}
    fit(d, features, spec)
    d.to_csv(folder + "/encode.csv", index=False)
    with open(folder + "/encode.json", "w") as f:
        json.dump(spec, f, indent=1, ensure_ascii=False)
        f.write("\n")
    with open(folder + "/encoded.csv", "w") as f:
        out = pd.DataFrame(np.column_stack([v for _, v in features]), columns=[n for n, _ in features])
        out.to_csv(f, index=False, float_format=lambda v: repr(float(v)))
    print("scikit-learn", sklearn.__version__, out.shape)


main(sys.argv[1])
