"""How long each operation takes, and how much memory, beside the plain call that it stands on.

    python benchmarks/operations.py [--rows 10000,100000] [--only tfidf,bin] [--json FILE] [--minutes 8]

Times are CPU seconds of all threads, which hardly mind what else is running, and beside them the ratio by the clock: the best of
ten, of three from 0.2 seconds on, of one from five seconds on; the step and the plain call take turns. Memory is the peak that Python
and NumPy allocate, measured in a run of its own. The plain call is what a person would write with scikit-learn, pandas or NumPy for the
same columns of the same frame. Goal: at 100,000 rows within 1.3 times the plain call, or 20 ms more.

With ``--json`` each operation is written when it is done (a line of JSON), and what the file holds already is not measured again: a run
that was cut off, or that ``--minutes`` ended, goes on where it was, and several runs make one table.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import impute, preprocessing
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from planfit.operations.registry import operations
from planfit.operations.step import PlanStep
from planfit.records.schema import Column, Kind
from planfit.testing.frames import task_of

KINDS = {
    "n0": Kind.NUMERIC, "n1": Kind.NUMERIC, "n2": Kind.NUMERIC, "n3": Kind.NUMERIC, "gap0": Kind.NUMERIC, "gap1": Kind.NUMERIC,
    "lat": Kind.NUMERIC, "lon": Kind.NUMERIC, "flag": Kind.BOOLEAN, "few": Kind.CATEGORICAL, "many": Kind.CATEGORICAL,
    "month": Kind.CATEGORICAL, "text": Kind.TEXT, "start": Kind.DATETIME, "end": Kind.DATETIME,
}  # fmt: skip
WORDS = np.array(
    [
        "red",
        "green",
        "blue",
        "broken",
        "small",
        "large",
        "fast",
        "late",
        "paid",
        "open",
        "closed",
        "north",
        "south",
        "east",
        "west",
    ],
    object,
)
NUMBERS, GAPS, LEVELS, DATES = ("n0", "n1", "n2", "n3"), ("gap0", "gap1", "n0", "n1"), ("few", "many"), ("start", "end")
EXTRA_SECONDS, RATIO = 0.02, 1.3
HEAD = (
    "| operation | rows | fit and transform, CPU ms | ratio | by the clock | transform, CPU ms | ratio | by the clock | peak MiB | ratio | goal |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
)


def table(rows: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a typed frame as the door gives it, and a binary target."""
    rng = np.random.default_rng(0)

    def gaps(values: np.ndarray) -> np.ndarray:
        return np.where(rng.random(rows) < 0.1, np.nan, values)

    start = np.datetime64("2020-01-01", "us") + rng.integers(0, 10**8, rows).astype("timedelta64[s]")
    frame = pd.DataFrame(
        {
            **{f"n{place}": rng.lognormal(1, 1, rows) for place in range(4)},
            "gap0": gaps(rng.normal(0, 1, rows)),
            "gap1": gaps(rng.normal(5, 2, rows)),
            "lat": rng.uniform(40, 50, rows),
            "lon": rng.uniform(0, 10, rows),
            "flag": rng.integers(0, 2, rows).astype(float),
            "few": np.array([f"level {number}" for number in range(10)], object)[rng.integers(0, 10, rows)],
            "many": np.array([f"item {number}-{number % 7}" for number in range(800)], object)[
                rng.integers(0, 800, rows)
            ],
            "text": [" ".join(row) for row in WORDS[rng.integers(0, len(WORDS), (rows, 5))]],
            "start": start,
            "end": start + rng.integers(0, 10**6, rows).astype("timedelta64[s]"),
            "month": np.array([f"{number:02d}" for number in range(1, 13)], object)[rng.integers(0, 12, rows)],
        }
    )
    frame = frame.astype({"few": object, "many": object, "text": object, "month": object})
    return frame, np.where(rng.random(rows) < 0.4, "yes", "no").astype(object)


@dataclass(frozen=True)
class Measured:
    """One operation, and the plain call beside it."""

    columns: tuple[str, ...]
    plain: Callable[[], Any] | None = None
    """Makes an estimator, or is None where `call` is the plain call."""
    call: Callable[[pd.DataFrame], Any] | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    most_rows: int | None = None
    """Beyond so many rows the plain call takes too long, or too much memory."""


def hasher(frame: pd.DataFrame) -> Any:
    return FeatureHasher(16, input_type="string").transform([[text] for text in frame["many"]]).toarray()


def haversine(frame: pd.DataFrame) -> Any:
    lat, lon = np.radians(frame["lat"]), np.radians(frame["lon"])
    at, to = np.radians(45.0), np.radians(5.0)
    return 12742 * np.arcsin(
        np.sqrt(np.sin((lat - at) / 2) ** 2 + np.cos(lat) * np.cos(at) * np.sin((lon - to) / 2) ** 2)
    )


def lsa(analyzer: str, grams: tuple[int, int], parts: int) -> Callable[[], Any]:
    return lambda: make_pipeline(
        TfidfVectorizer(analyzer=analyzer, ngram_range=grams, min_df=2, max_features=20_000, sublinear_tf=True),
        TruncatedSVD(parts, random_state=0),
    )


def trees() -> Any:
    return SelectFromModel(ExtraTreesClassifier(100, max_depth=8, min_samples_leaf=2, random_state=0))


P = preprocessing
MEASURED: dict[str, Measured] = {
    "impute_mean": Measured(GAPS, lambda: impute.SimpleImputer(strategy="mean")),
    "impute_median": Measured(GAPS, lambda: impute.SimpleImputer(strategy="median")),
    "impute_most_frequent": Measured(LEVELS, lambda: impute.SimpleImputer(strategy="most_frequent")),
    "impute_constant": Measured(GAPS, lambda: impute.SimpleImputer(strategy="constant", fill_value=0.0)),
    "impute_knn": Measured(
        GAPS, lambda: impute.KNNImputer(), parameters={"max_rows": 10_000}, most_rows=10_000
    ),  # the plain call compares every row that has a gap with every other row
    "impute_iterative": Measured(GAPS, lambda: iterative()),
    "missing_indicator": Measured(GAPS, call=lambda frame: frame.isna().astype(float)),
    "mark_missing": Measured(NUMBERS, call=lambda frame: frame.mask(frame.isin([-1.0])), parameters={"values": [-1.0]}),
    "standard_scale": Measured(NUMBERS, P.StandardScaler),
    "min_max_scale": Measured(NUMBERS, P.MinMaxScaler),
    "robust_scale": Measured(NUMBERS, P.RobustScaler),
    "quantile_transform": Measured(NUMBERS, lambda: P.QuantileTransformer(output_distribution="normal", random_state=0)),
    "power_transform": Measured(NUMBERS, P.PowerTransformer),
    "log1p": Measured(NUMBERS, call=np.log1p),
    "clip": Measured(NUMBERS, call=lambda frame: frame.clip(frame.quantile(0.01), frame.quantile(0.99), axis=1)),
    "one_hot_encode": Measured(("few",), lambda: P.OneHotEncoder(sparse_output=False, handle_unknown="ignore")),
    "ordinal_encode": Measured(LEVELS, lambda: P.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
    "target_encode": Measured(LEVELS, lambda: P.TargetEncoder(cv=StratifiedKFold(5, shuffle=True, random_state=0))),
    "count_encode": Measured(
        LEVELS, call=lambda frame: frame.apply(lambda column: column.map(column.value_counts(normalize=True)))
    ),
    "hash_encode": Measured(("many",), call=hasher),
    "group_rare": Measured(
        ("many",), lambda: P.OrdinalEncoder(min_frequency=0.01, handle_unknown="use_encoded_value", unknown_value=-1)
    ),
    "cross": Measured(LEVELS, call=lambda frame: frame["few"] + " & " + frame["many"]),
    "map_values": Measured(
        ("few",), call=lambda frame: frame["few"].map({"level 1": 1.0, "level 2": 2.0}),
        parameters={"mapping": {"level 1": 1.0, "level 2": 2.0}},
    ),
    "polynomial_features": Measured(NUMBERS, lambda: P.PolynomialFeatures(include_bias=False)),
    "interactions": Measured(NUMBERS, lambda: P.PolynomialFeatures(include_bias=False, interaction_only=True)),
    "bin": Measured(NUMBERS, lambda: P.KBinsDiscretizer(encode="ordinal", quantile_method="averaged_inverted_cdf")),
    "round": Measured(NUMBERS, call=lambda frame: frame.round(0)),
    "ratio": Measured(("n0", "n1"), call=lambda frame: frame["n0"] / frame["n1"].replace(0, np.nan)),
    "difference": Measured(("n0", "n1"), call=lambda frame: frame["n0"] - frame["n1"]),
    "parse_number": Measured(("many",), call=lambda frame: frame["many"].str.extract(r"(\d+)")[0].astype(float)),
    "datetime_parts": Measured(
        ("start",),
        call=lambda frame: [getattr(frame["start"].dt, part) for part in ("year", "month", "day", "weekday", "hour")],
    ),
    "cyclical_encode": Measured(
        ("start",),
        call=lambda frame: [
            of(2 * np.pi * getattr(frame["start"].dt, part) / period)
            for part, period in (("month", 12), ("weekday", 7), ("hour", 24))
            for of in (np.sin, np.cos)
        ],
    ),
    "time_since": Measured(("start",), call=lambda frame: (frame["start"].max() - frame["start"]) / pd.Timedelta("1D")),
    "time_between": Measured(DATES, call=lambda frame: (frame["end"] - frame["start"]) / pd.Timedelta("1D")),
    "tfidf": Measured(("text",), lsa("word", (1, 2), 30)),
    "string_encode": Measured(("many",), lsa("char_wb", (3, 4), 10)),
    "text_statistics": Measured(
        ("text",), call=lambda frame: [frame["text"].str.len(), *(frame["text"].str.count(p) for p in (r"\S+", r"\d", "[A-Z]", r"[^\w\s]"))]
    ),
    "extract_pattern": Measured(
        ("text",), call=lambda frame: frame["text"].str.extract("(red|blue)"), parameters={"pattern": "(red|blue)"}
    ),
    "split_text": Measured(
        ("text",), call=lambda frame: frame["text"].str.split(" ", n=1, expand=True), parameters={"separator": " "}
    ),
    "group_aggregate": Measured(
        ("n0", "many"), call=lambda frame: frame["n0"] - frame.groupby("many")["n0"].transform("mean")
    ),
    "row_statistics": Measured(
        GAPS, call=lambda frame: [getattr(frame, name)(axis=1) for name in ("mean", "std", "min", "max")] + [frame.isna().sum(axis=1)]
    ),
    "geo_distance": Measured(("lat", "lon"), call=haversine, parameters={"to": [45.0, 5.0]}),
    "cluster_distance": Measured(
        NUMBERS, lambda: make_pipeline(P.StandardScaler(), KMeans(8, n_init=3, random_state=0))
    ),
    "pca": Measured(NUMBERS, lambda: make_pipeline(P.StandardScaler(), PCA(4, random_state=0))),
    "truncated_svd": Measured(NUMBERS, lambda: TruncatedSVD(3, random_state=0), parameters={"n_components": 3}),
    "select_k_best": Measured(NUMBERS, lambda: SelectKBest(k=2), parameters={"k": 2}),
    "select_by_model": Measured(NUMBERS, trees),
    "drop_correlated": Measured(NUMBERS, call=lambda frame: frame.corr()),
    "expression": Measured(
        ("n0", "n1"), call=lambda frame: np.where(frame["n0"] > 1, frame["n0"] / frame["n1"], 0.0),
        parameters={"expression": "CASE WHEN n0 > 1 THEN n0 / n1 ELSE 0 END", "into": "made"},
    ),
    "to_number": Measured(("month",), call=lambda frame: frame["month"].astype(float)),
    "drop": Measured(NUMBERS, call=lambda frame: frame.drop(columns=list(NUMBERS))),
    "keep": Measured(NUMBERS, call=lambda frame: frame[list(NUMBERS)]),
}  # fmt: skip


def iterative() -> Any:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401

    return impute.IterativeImputer(random_state=0)


def best_of(work: dict[str, Callable[[], Any]]) -> dict[str, tuple[float, float]]:
    """Return CPU seconds and seconds by the clock of the fastest run of each, which take turns."""
    best = dict.fromkeys(work, (np.inf, np.inf))
    for turn in range(10):
        for name, each in work.items():
            if turn and (best[name][0] > 5 or (turn >= 3 and best[name][0] > 0.2)):
                continue
            spent, begun = time.process_time(), time.perf_counter()
            each()
            took = time.process_time() - spent, time.perf_counter() - begun
            best[name] = min(best[name][0], took[0]), min(best[name][1], took[1])
    return {name: (float(cpu), float(clock)) for name, (cpu, clock) in best.items()}


def peak_of(work: Callable[[], Any]) -> float:
    """Return the MiB that a run allocates at the most."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def step_of(name: str, case: Measured) -> PlanStep:
    """Return the step, unfitted."""
    inputs = tuple(Column(name=column, kind=KINDS[column], n_unique=1000) for column in case.columns)
    named = {} if name == "expression" else {"columns": case.columns}
    return PlanStep(operations()[name](**named, **case.parameters), inputs, task=task_of("binary"))


def measure(name: str, case: Measured, frame: pd.DataFrame, y: np.ndarray) -> dict[str, float]:
    """Return seconds and MiB of the step and of the plain call."""
    target = pd.Series(y)
    own = frame[list(case.columns)]
    plain = frame[list(case.columns)]
    fitted = step_of(name, case).fit(own, target)
    work = {
        "fit": lambda: step_of(name, case).fit_transform(own, target),
        "transform": lambda: fitted.transform(own),
    }
    if case.call is not None:
        call = case.call
        work |= {"plain fit": lambda: call(plain), "plain transform": lambda: call(plain)}
    elif case.plain is not None:
        make = case.plain
        alone = plain.iloc[:, 0] if KINDS[plain.columns[0]] is Kind.TEXT or name == "string_encode" else plain
        done = make().fit(alone, y)
        work |= {"plain fit": lambda: make().fit_transform(alone, y), "plain transform": lambda: done.transform(alone)}
    seconds = best_of(work)
    return {
        **{key: cpu for key, (cpu, _) in seconds.items()},
        **{f"{key}, clock": clock for key, (_, clock) in seconds.items()},
        "MiB": peak_of(work["fit"]),
        "plain MiB": peak_of(work["plain fit"]),
    }


def is_late(found: dict[str, float]) -> bool:
    """Say whether an operation misses the goal."""
    pairs = ((found["fit"], found["plain fit"]), (found["transform"], found["plain transform"]))
    return any(own > max(RATIO * plain, plain + EXTRA_SECONDS) for own, plain in pairs)


def line(name: str, rows: int, found: dict[str, float]) -> str:
    """Return a row of the table; what misses the goal has a mark."""
    cells = [name, f"{rows:,}"]
    for own in ("fit", "transform"):
        clock = found[f"{own}, clock"] / found[f"plain {own}, clock"]
        cells += [f"{1000 * found[own]:.1f}", f"{found[own] / found[f'plain {own}']:.2f}", f"{clock:.2f}"]
    memory = f"{found['MiB'] / max(found['plain MiB'], 1e-3):.2f}"
    return "| " + " | ".join([*cells, f"{found['MiB']:.1f}", memory, "late" if is_late(found) else ""]) + " |"


def to_measure(options: argparse.Namespace, known: dict[tuple[str, int], Any]) -> Iterator[tuple[str, int]]:
    """Yield operations and rows, small tables first."""
    for rows in map(int, options.rows.split(",")):
        for name in options.only.split(","):
            if (name, rows) not in known and rows <= (MEASURED[name].most_rows or rows):
                yield name, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", default="10000,100000")
    parser.add_argument("--only", default=",".join(MEASURED))
    parser.add_argument("--json", type=Path, metavar="FILE", help="kept there, and not measured again")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after so many")
    parser.add_argument(
        "--most-seconds", type=float, default=60.0, help="an operation that was slower is left out of greater tables"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    kept = options.json.read_text().splitlines() if options.json and options.json.exists() else []
    known = {(each["operation"], each["rows"]): each["found"] for each in map(json.loads, kept)}
    print(HEAD)
    for (name, rows), found in known.items():
        print(line(name, rows, found))
    slow: set[str] = set()
    made: dict[int, tuple[pd.DataFrame, np.ndarray]] = {}
    started = time.perf_counter()
    for name, rows in list(to_measure(options, known)):
        begun = time.perf_counter()
        if name in slow or begun - started > 60 * options.minutes:
            continue
        if rows not in made:
            made = {rows: table(rows)}
        found = measure(name, MEASURED[name], *made[rows])
        known[name, rows] = found
        print(line(name, rows, found), flush=True)
        if options.json:
            with options.json.open("a") as file:
                file.write(json.dumps({"operation": name, "rows": rows, "found": found}) + "\n")
        if time.perf_counter() - begun > options.most_seconds:
            slow.add(name)
    for rows in sorted({rows for _, rows in known}):
        late = [name for (name, each), found in known.items() if each == rows and is_late(found)]
        measured = sum(each == rows for _, each in known)
        within = f"{measured - len(late)} of {measured} within the goal"
        print(f"\n{rows:,} rows: {within}; not: {', '.join(late) or 'none'}")
    print(f"{(time.perf_counter() - started) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
