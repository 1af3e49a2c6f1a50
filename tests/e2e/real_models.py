# real_models.py - real data sets, the models trained from them, and the encoders that go with those.
# SPDX-License-Identifier: Apache-2.0
"""Ends the test as skipped, with a line that says why, where data or libraries are not there."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "measure"))

from adult import TEXTS, Booster, np, pd  # noqa: E402  (ends the test as skipped)
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

FOLDER = os.path.join(os.environ.get("AIMS_SHARED", os.path.join(HERE, "..", "..", "..", "shared")), "data")


def data_file(name):
    path = os.path.join(FOLDER, name)
    if not os.path.exists(path):
        print("skipped: no", path)
        sys.exit(77)
    return path


def frame(name):
    return pd.read_csv(data_file(name), keep_default_na=False, na_values=["?", ""])


# ---- ONNX, as much as a network of dense layers needs (onnx.proto, field by field) ----


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, values):
    values = np.ascontiguousarray(values, dtype="<f4")
    dims = b"".join(field(1, n) for n in values.shape)
    return field(5, dims + field(2, 1) + field(8, name) + field(9, values.tobytes()))


def node(op, inputs, *outputs, rest=b""):
    return field(1, b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(4, op) + rest)


def value_info(number, name, columns=None, kind=1):
    shape = field(1, field(2, "n")) + (field(1, field(1, columns)) if columns else b"")
    return field(number, field(1, name) + field(2, field(1, field(1, kind) + field(2, shape))))


def attribute(name, values):
    """Of whole numbers, floats (an array of them) or texts."""
    values = list(values)
    if isinstance(values[0], str):
        body, kind = b"".join(field(9, v) for v in values), 8
    elif isinstance(values[0], int):
        body, kind = b"".join(field(8, v) for v in values), 7
    else:
        body, kind = field(7, np.asarray(values, dtype="<f4").tobytes()), 6
    return field(5, field(1, name) + body + field(20, kind))


def dense_onnx(path, layers, last):
    """layers: (weights, bias) from input to output, with Relu in between and `last` at the end."""
    graph, at = b"", "X"
    for k, (w, b) in enumerate(layers):
        graph += node("Gemm", [at, f"w{k}", f"b{k}"], f"z{k}")
        op = last if k == len(layers) - 1 else "Relu"
        graph += node(op, [f"z{k}"], f"a{k}")
        at = f"a{k}"
    graph += field(2, "dense")
    graph += b"".join(tensor(f"w{k}", w) + tensor(f"b{k}", b) for k, (w, b) in enumerate(layers))
    graph += value_info(11, "X", layers[0][0].shape[0]) + value_info(12, at, layers[-1][0].shape[1])
    with open(path, "wb") as f:
        f.write(field(1, 8) + field(7, graph) + field(8, field(2, 13)))
    return path


def at_most(threshold):
    """The largest float that is not above it: a float is at most the one if it is at most the other."""
    f = threshold.astype(np.float32)
    return np.where(f > threshold, np.nextafter(f, np.float32(-np.inf)), f)


def forest_onnx(path, forest, columns):
    """A forest of scikit-learn's as TreeEnsembleClassifier: each leaf adds its tree's part of the mean chance."""
    at = {k: [] for k in ("treeids", "nodeids", "featureids", "values", "truenodeids", "falsenodeids", "modes")}
    leaf = {k: [] for k in ("treeids", "nodeids", "ids", "weights")}
    for number, t in enumerate(e.tree_ for e in forest.estimators_):
        inner = t.children_left >= 0
        for k, v in {"treeids": [number] * t.node_count, "nodeids": range(t.node_count),
                     "featureids": np.where(inner, t.feature, 0).tolist(), "values": at_most(t.threshold),
                     "truenodeids": np.where(inner, t.children_left, 0).tolist(),
                     "falsenodeids": np.where(inner, t.children_right, 0).tolist(),
                     "modes": np.where(inner, "BRANCH_LEQ", "LEAF").tolist()}.items():
            at[k] += list(v)
        for n in np.flatnonzero(~inner):
            chance = t.value[n][0] / t.value[n][0].sum() / len(forest.estimators_)
            for k, v in {"treeids": number, "nodeids": int(n)}.items():
                leaf[k] += [v] * len(chance)
            leaf["ids"] += range(len(chance))
            leaf["weights"] += list(np.float32(chance))
    rest = b"".join(attribute("nodes_" + k, v) for k, v in at.items())
    rest += b"".join(attribute("class_" + k, v) for k, v in leaf.items())
    rest += attribute("classlabels_int64s", range(len(forest.classes_))) + field(7, "ai.onnx.ml")
    graph = node("TreeEnsembleClassifier", ["X"], "label", "probabilities", rest=rest) + field(2, "forest")
    graph += value_info(11, "X", columns) + value_info(12, "label", kind=7)
    graph += value_info(12, "probabilities", len(forest.classes_))
    with open(path, "wb") as f:
        f.write(field(1, 8) + field(7, graph) + field(8, field(2, 13)) + field(8, field(1, "ai.onnx.ml") + field(2, 1)))
    return path


# ---- the world: data files, models and encoders in one folder ----


class Case:
    """A model with the data it was trained on (members) and those it never saw (data)."""

    def __init__(self, folder, name, label, train, test, encode=None, positive=None):
        self.folder, self.name, self.label, self.train, self.test = folder, name, label, train, test
        self.encode, self.positive, self.booster = encode or {}, positive, None
        self.features = [c for c in test if c != label]
        self.members, self.data = self.write("train", train), self.write("test", test)
        if encode:
            with open(self.path("encode.json"), "w", encoding="utf-8") as f:
                json.dump(encode, f)

    def path(self, end):
        return os.path.join(self.folder, f"{self.name}_{end}")

    def write(self, end, d):
        d.to_csv(self.path(end + ".csv"), index=False)
        return self.path(end + ".csv")

    def matrix(self, d):
        """What the model sees, made by pandas and NumPy."""
        x = d[self.features].copy()
        for c, how in self.encode.items():
            if "ordinal" in how:
                x[c] = x[c].map({v: i for i, v in enumerate(how["ordinal"])})
            else:
                x[c] = (x[c] - how["standard"]["mean"]) / how["standard"]["sd"]
        return x.to_numpy(dtype=float)

    def truth(self, d):
        if self.positive:
            return (d[self.label] == self.positive).to_numpy().astype(int)
        return d[self.label].to_numpy()

    def words(self, *more, model=None, data=None):
        words = ["--data", data or self.data, "--model", model or self.model, "--label", self.label]
        words += ["--positive", self.positive] if self.positive else []
        words += ["--encode", self.path("encode.json")] if self.encode else []
        return words + list(more)

    def boost(self, y, end, params=None, rounds=30, categorical=None):
        """Trains on the members and saves in both forms of XGBoost."""
        self.booster = Booster(self.matrix(self.train), y, params, rounds, self.features, categorical)
        self.other = self.booster.save(self.path("model." + ("json" if end == "ubj" else "ubj")))
        self.model = self.booster.save(self.path("model." + end))
        return self

    def predict(self, d, what=Booster.ANSWER):
        return self.booster.predict(self.matrix(d), what)


def ordinal(d, columns):
    return {c: {"ordinal": sorted(d[c].dropna().unique()), "missing": "nan", "unknown": "nan"} for c in columns}


def adult(folder):
    """Income (two classes, categorical codes), marital status (seven), hours (a number)."""
    both = frame("adult_train.csv"), frame("adult_test.csv")
    train, test = both[0][:6000], both[1][:3000]
    income = Case(folder, "income", "income", train, test, ordinal(both[0], TEXTS), ">50K")
    income.boost(income.truth(train), "ubj", {"max_depth": 4}, 60, [c in TEXTS for c in income.features])
    without = ["income", "relationship"]
    codes = {c: e for c, e in income.encode.items() if c not in ("marital_status", "relationship")}
    marital = Case(folder, "marital", "marital_status", train.drop(columns=without), test.drop(columns=without), codes)
    marital.classes = sorted(both[0].marital_status.unique())
    y = train.marital_status.map({v: i for i, v in enumerate(marital.classes)})
    marital.boost(y, "ubj", {"objective": "multi:softprob", "num_class": len(marital.classes), "max_depth": 4}, 15)
    codes = {c: e for c, e in income.encode.items() if c != "relationship"}
    hours = Case(folder, "hours", "hours_per_week", train.drop(columns=without), test.drop(columns=without), codes)
    hours.boost(train.hours_per_week, "json", {"objective": "reg:squarederror", "max_depth": 4}, 40)
    return income, marital, hours


def cancer(folder):
    """30 features, one model of each make: boosted trees; a forest, a linear model and a network in ONNX."""
    d = frame("breast_cancer.csv").sample(frac=1, random_state=3)
    train, test = d[:300], d[300:]
    trees = Case(folder, "cancer", "target", train, test).boost(train.target, "json", {"max_depth": 4}, 50)
    scaler = StandardScaler().fit(train[trees.features])
    encode = {c: {"standard": {"mean": m, "sd": s}} for c, m, s in zip(trees.features, scaler.mean_, scaler.scale_)}
    linear = Case(folder, "linear", "target", train, test, encode)
    x = linear.matrix(train)
    linear.sklearn = LogisticRegression().fit(x, train.target)
    linear.model = dense_onnx(linear.path("model.onnx"), [(linear.sklearn.coef_.T, linear.sklearn.intercept_)],
                              "Sigmoid")
    network = Case(folder, "network", "target", train, test, encode)
    network.sklearn = MLPClassifier((16,), solver="lbfgs", alpha=1, max_iter=5000, random_state=1).fit(x, train.target)
    network.model = dense_onnx(network.path("model.onnx"),
                               list(zip(network.sklearn.coefs_, network.sklearn.intercepts_)), "Sigmoid")
    forest = Case(folder, "forest", "target", train, test)
    forest.sklearn = RandomForestClassifier(40, random_state=1).fit(forest.matrix(train), train.target)
    forest.model = forest_onnx(forest.path("model.onnx"), forest.sklearn, len(forest.features))
    return trees, forest, linear, network


def hmda(folder):
    d = frame("hmda_boston.csv").sample(frac=1, random_state=3)
    encode = {c: {"ordinal": ["no", "yes"]} for c in d if d[c].dtype == object and c != "deny"}
    case = Case(folder, "hmda", "deny", d[:1200], d[1200:], encode, "yes")
    return case.boost(case.truth(case.train), "ubj", {"max_depth": 3}, 30)


class World:
    def __init__(self, folder):
        self.income, self.marital, self.hours = adult(folder)
        self.cancer, self.forest, self.linear, self.network = cancer(folder)
        self.hmda = hmda(folder)
        d = frame("compas_two_years.csv")
        usual = d.days_b_screening_arrest.between(-30, 30) & (d.is_recid != -1) & (d.c_charge_degree != "O")
        self.compas = d[usual & d.score_text.notna()]
        self.compas_file = data_file("compas_two_years.csv")
