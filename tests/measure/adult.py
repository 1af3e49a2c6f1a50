# adult.py - the Adult data, scikit-learn encoders for them, and a model of XGBoost's.
# SPDX-License-Identifier: Apache-2.0
"""Ends the test as skipped, with a line that says why, where something is not there."""
import os
import sys

try:
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
    from booster import Booster
except (ImportError, OSError) as why:
    print("skipped: needs python3-sklearn, python3-pandas and libxgboost:", why)
    sys.exit(77)

TEXTS = ["workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country"]
STANDARD, MIN_MAX = ["age", "fnlwgt", "capital_gain"], ["education_num", "capital_loss", "hours_per_week"]


def read(source):
    """Path and rows of the training data; the label is `income`."""
    path = os.path.join(os.environ.get("AIMS_SHARED", os.path.join(source, "..", "shared")), "data", "adult_train.csv")
    if not os.path.exists(path):
        print("skipped: no", path)
        sys.exit(77)
    return path, pd.read_csv(path, keep_default_na=False, na_values=["?"])


def one_hot(d):
    """A transformer fitted to d, and the same as encoders of a plan."""
    t = ColumnTransformer([("cat", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXTS),
                           ("num", StandardScaler(), STANDARD), ("low", MinMaxScaler(), MIN_MAX)],
                          verbose_feature_names_out=False).fit(d)
    encode = {}
    for c, levels in zip(TEXTS, t.named_transformers_["cat"].categories_):
        encode[c] = {"one_hot": [None if v != v else v for v in levels], "unknown": "zeros"}
    for c, m, s in zip(STANDARD, t.named_transformers_["num"].mean_, t.named_transformers_["num"].scale_):
        encode[c] = {"standard": {"mean": m, "sd": s}}
    low = t.named_transformers_["low"]
    for c, lo, hi in zip(MIN_MAX, low.data_min_, low.data_max_):
        encode[c] = {"min_max": {"min": lo, "max": hi}}
    return t, encode


def train(x, y, path, names=None, categorical=None):
    """Trains, saves, and returns a function that predicts."""
    model = Booster(x, y, names=names, categorical=categorical)
    model.save(path)
    return model.predict
