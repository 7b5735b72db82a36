"""What single operations make of single values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import KNNImputer
from sklearn.preprocessing import StandardScaler

from planfit.operations.intervals import names_of
from planfit.operations.patterns import trouble_with
from planfit.operations.registry import operations
from planfit.operations.step import PlanStep
from planfit.records.schema import Column, Kind
from planfit.testing.frames import task_of, texts

NAN = np.nan


def made(name, kind, *columns, y=None, new=None, **parameters):
    """The columns that an operation makes, as lists."""
    frame = pd.DataFrame({f"c{place}": values for place, values in enumerate(columns)})
    inputs = tuple(Column(name=column, kind=kind) for column in frame)
    step = PlanStep(operations()[name](columns=tuple(frame), **parameters), inputs, task=task_of("binary"))
    out = step.fit_transform(frame, y)
    if new is not None:
        out = step.transform(pd.DataFrame({f"c{place}": values for place, values in enumerate(new)}))
    return {column: out[column].tolist() for column in step.columns_made_}


def same(found, expected):
    assert list(found) == list(expected)
    for column, values in expected.items():
        pd.testing.assert_series_equal(pd.Series(found[column], dtype=object), pd.Series(values, dtype=object))


def test_imputing_with_a_constant_and_the_mean():
    same(made("impute_constant", Kind.NUMERIC, [1.0, NAN]), {"c0": [1.0, 0.0]})
    same(made("impute_constant", Kind.CATEGORICAL, texts("a", None), fill_value=7.0), {"c0": ["a", "7"]})
    same(made("impute_constant", Kind.CATEGORICAL, texts("a", None)), {"c0": ["a", "missing"]})
    same(made("impute_mean", Kind.NUMERIC, [1.0, NAN, 4.0]), {"c0": [1.0, 2.5, 4.0]})


def test_imputing_by_neighbours_is_scikit_learns_on_standardised_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3)) * [1, 100, 0.01]
    X[rng.random(X.shape) < 0.2] = NAN
    scale = StandardScaler().fit(X)
    expected = scale.inverse_transform(KNNImputer().fit_transform(scale.transform(X)))
    found = pd.DataFrame(made("impute_knn", Kind.NUMERIC, *X.T))
    np.testing.assert_allclose(found.to_numpy(), expected)


def test_imputing_by_regression_finds_a_line():
    x = np.arange(20.0)
    y = 3 * x + 1
    y[4] = NAN
    assert made("impute_iterative", Kind.NUMERIC, x, y)["c1"][4] == pytest.approx(13.0, abs=0.01)


def test_imputing_by_regression_learns_from_some_of_many_rows():
    x = np.arange(2000.0)
    y = 3 * x + 1
    y[::7] = NAN
    some, most = (made("impute_iterative", Kind.NUMERIC, x, y, max_rows=rows)["c1"] for rows in (100, 2000))
    assert np.allclose(some, 3 * x + 1, atol=5.0)
    assert np.allclose(most, 3 * x + 1, atol=5.0)
    assert (np.asarray(some) != np.asarray(most)).any()


def test_the_power_of_many_rows_is_that_of_all(monkeypatch):
    from sklearn.preprocessing import PowerTransformer

    from planfit.operations.ranges import Powers

    X = np.random.default_rng(0).normal(2, 1, (4001, 2)) ** np.array([2, 3])
    X[::9, 0] = NAN
    whole = Powers(standardize=True).fit_transform(X)
    scaled = (X - np.nanmean(X, axis=0)) / np.nanstd(X, axis=0)
    assert np.allclose(whole, PowerTransformer().fit_transform(scaled), atol=1e-6, equal_nan=True)
    monkeypatch.setattr(Powers, "MOST_ROWS", 1000)
    assert np.allclose(Powers(standardize=True).fit_transform(X), whole, atol=0.05, equal_nan=True)


def test_scales():
    same(made("min_max_scale", Kind.NUMERIC, [1.0, 3.0, NAN], new=([2.0, 5.0],)), {"c0": [0.5, 2.0]})
    same(made("min_max_scale", Kind.NUMERIC, [1.0, 3.0], new=([5.0],), clip=True), {"c0": [1.0]})
    same(made("robust_scale", Kind.NUMERIC, [0.0, 1.0, 2.0, 3.0, 1000.0]), {"c0": [-1.0, -0.5, 0.0, 0.5, 499.0]})
    bent = made("power_transform", Kind.NUMERIC, np.exp(np.linspace(0, 6, 50)))["c0"]
    assert abs(pd.Series(bent).skew()) < 0.7 < 1 < pd.Series(np.exp(np.linspace(0, 6, 50))).skew()
    same(made("round", Kind.NUMERIC, [149.0, 151.0, NAN], decimals=-2), {"c0": [100.0, 200.0, NAN]})


def test_mapping():
    grades = {"mapping": {"low": 1.0, "high": 3.0, "gone": None}}
    same(
        made("map_values", Kind.CATEGORICAL, texts("low", "high", "gone", "new", None), **grades),
        {"c0": [1.0, 3.0, NAN, NAN, NAN]},
    )
    same(made("map_values", Kind.CATEGORICAL, texts("low", "new"), **grades, default="keep"), {"c0": ["1", "new"]})
    same(
        made("map_values", Kind.BOOLEAN, [1.0, 0.0, NAN], mapping={"true": "on", "false": "off"}),
        {"c0": ["on", "off", NAN]},
    )
    same(
        made("map_values", Kind.NUMERIC, [1.0, 2.5, 9.0], mapping={"1": 10.0, "2.50": 20.0}, default="keep"),
        {"c0": [10.0, 20.0, 9.0]},
    )


def test_intervals():
    same(
        made("bin", Kind.NUMERIC, [17.9, 18.0, 70.0, NAN], edges=[18, 65]),
        {"c0_bin": ["below 18", "18 to 65", "from 65", NAN]},
    )
    same(
        made("bin", Kind.NUMERIC, [0.0, 1.0, 2.0, 3.0], n_bins=2, encode="ordinal", strategy="uniform"),
        {"c0_bin": [0.0, 0.0, 1.0, 1.0]},
    )
    same(made("bin", Kind.NUMERIC, [5.0, 5.0]), {"c0_bin": ["any", "any"]})
    assert names_of(np.array([1.0000000001, 1.0000000002]))[1] == "1.0000000001 to 1.0000000002"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("approx. 1,250.50 kg", 1250.5), ("12k", 12000.0), ("$ -3.5M", -3.5e6), ("3-4 rooms", 3.0), ("no. 1e3", 1000.0),
        ("none", NAN), ("", NAN), ("1,25", 1.0), ("12 km", 12.0), ("−7°", -7.0), ("1e999", NAN), ("9" * 10_000, 1e30),
        ("\N{MATHEMATICAL BOLD DIGIT ONE}\N{ARABIC-INDIC DIGIT TWO} m", 12.0),
    ],
)  # fmt: skip
def test_numbers_in_texts(text, number):
    found = made("parse_number", Kind.TEXT, texts(text))["c0_number"][0]
    assert found == pytest.approx(number, nan_ok=True)


def test_numbers_with_a_decimal_comma():
    same(made("parse_number", Kind.TEXT, texts("1.250,5 €"), decimal=","), {"c0_number": [1250.5]})


def test_time():
    days = np.array(["2024-01-01", "2024-01-11", "NaT"], dtype="datetime64[us]")
    same(made("time_since", Kind.DATETIME, days), {"c0.days_since": [10.0, 0.0, NAN]})
    same(
        made("time_since", Kind.DATETIME, days, reference="2024-01-01T12:00:00+12:00", unit="hours"),
        {"c0.hours_since": [0.0, -240.0, NAN]},
    )
    same(made("time_between", Kind.DATETIME, days, days[::-1], unit="weeks"), {"c0 to c1.weeks": [NAN, 0.0, NAN]})


def test_patterns():
    names = texts("Braund, Mr. Owen", "Heikkinen, Miss. Laina", "nobody", None)
    same(made("extract_pattern", Kind.TEXT, names, pattern=r"(\w+)\."), {"c0_match": ["Mr", "Miss", NAN, NAN]})
    same(
        made("extract_pattern", Kind.TEXT, names, pattern="MISS", ignore_case=True, output="boolean"),
        {"c0_match": [0.0, 1.0, 0.0, 0.0]},
    )
    same(
        made("extract_pattern", Kind.TEXT, texts("a 12", "b -3.5x"), pattern=r"-?[0-9.]+", output="number"),
        {"c0_match": [12.0, -3.5]},
    )


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", r"((\w{1,999}){1,999}){1,999}", "[z-a]", "*"])
def test_patterns_that_could_take_for_ever_are_refused(pattern):
    assert trouble_with(pattern)
    step = operations()["extract_pattern"](column="c", pattern=pattern)
    (problem,) = step.check((Column(name="c", kind=Kind.TEXT),), None)
    assert problem.path == "/pattern"


def test_a_pattern_that_is_slow_elsewhere_is_not_slow_here():
    same(made("extract_pattern", Kind.TEXT, texts("a" * 9_999 + "!"), pattern="(a+)+$"), {"c0_match": [NAN]})


def test_parts():
    same(
        made("split_text", Kind.TEXT, texts("AB-12-x", "AB", None, "-"), separator="-"),
        {"c0.0": ["AB", "AB", NAN, NAN], "c0.1": ["12-x", NAN, NAN, NAN]},
    )
    same(made("split_text", Kind.TEXT, texts("a/b/c"), separator="/", from_end=True), {"c0.0": ["a/b"], "c0.1": ["c"]})


def test_rows():
    found = made(
        "row_statistics",
        Kind.NUMERIC,
        [1.0, NAN],
        [3.0, NAN],
        [0.0, NAN],
        statistics=["sum", "range", "median", "missing", "zeros"],
    )
    same(
        found,
        {
            "row.sum": [4.0, NAN],
            "row.range": [3.0, NAN],
            "row.median": [1.0, NAN],
            "row.missing": [0.0, 3.0],
            "row.zeros": [1.0, 0.0],
        },
    )


def test_places():
    zurich, berlin = (47.3769, 8.5417), (52.52, 13.405)
    (between,) = made("geo_distance", Kind.NUMERIC, *([one] for one in (*zurich, *berlin)))["c0 to c2 km"]
    assert between == pytest.approx(670, abs=5)
    (there,) = made("geo_distance", Kind.NUMERIC, [zurich[0]], [zurich[1]], to=berlin)["c0 to place km"]
    assert there == between
    assert np.isnan(made("geo_distance", Kind.NUMERIC, [91.0], [0.0], to=berlin)["c0 to place km"][0])


def test_clusters_and_components():
    near, far = np.repeat([0.0, 100.0], 10), np.repeat([5.0, -5.0], 10)
    found = pd.DataFrame(made("cluster_distance", Kind.NUMERIC, near, far, n_clusters=2))
    assert sorted(found.iloc[0].round(6)) == [0.0, pytest.approx(2 * 2**0.5)]
    components = pd.DataFrame(made("pca", Kind.NUMERIC, near, far, n_components=0.9))
    assert list(components) == ["pca~0"]
    assert components["pca~0"].abs().round(6).unique() == pytest.approx([2**0.5])
    assert list(made("truncated_svd", Kind.NUMERIC, near, far, n_components=5)) == ["svd~0", "svd~1"]


def test_selection():
    rng = np.random.default_rng(0)
    y = np.array(["yes", "no"] * 50, dtype=object)
    signal = (y == "yes") + rng.normal(0, 0.1, 100)
    noise, twice = rng.normal(size=100), 2 * signal + 1
    assert list(made("select_k_best", Kind.NUMERIC, noise, signal, y=y, k=1)) == ["best:c1"]
    assert list(made("select_k_best", Kind.NUMERIC, noise, signal, y=y, k=1, score_func="mutual_info")) == ["best:c1"]
    assert list(made("select_by_model", Kind.NUMERIC, noise, signal, y=y)) == ["used:c1"]
    assert list(made("select_by_model", Kind.NUMERIC, noise, signal, y=y, model="linear")) == ["used:c1"]
    assert list(made("drop_correlated", Kind.NUMERIC, signal, noise, twice)) == ["kept:c0", "kept:c1"]


def test_hashes():
    found = pd.DataFrame(made("hash_encode", Kind.CATEGORICAL, texts("a", "b", "a", None), n_features=8))
    assert found.abs().sum(axis=1).tolist() == [1.0, 1.0, 1.0, 0.0]
    assert found.iloc[0].equals(found.iloc[2])


def test_interactions_take_flags_too():
    assert made("interactions", Kind.BOOLEAN, [1.0, 1.0], [0.0, NAN]) == {
        "c0*c1": [0.0, pytest.approx(NAN, nan_ok=True)]
    }
