"""What training rows say about the target: each shape of leak, and what only looks like one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.data.association import MOST_CAREFUL, associations, draw_sample
from planfit.data.target_profile import profile_target
from planfit.records.profile import TargetProfile
from planfit.records.schema import Column, Kind
from planfit.records.task import SplitSpec, Task, TaskType

ROWS = 800
Columns = dict[str, np.ndarray | pd.Series]


def kind_of(values: pd.Series) -> Kind:
    if values.dtype.kind == "M":
        return Kind.DATETIME
    if values.dtype.kind in "fiub":
        return Kind.BOOLEAN if set(values.dropna()) <= {0.0, 1.0} else Kind.NUMERIC
    return Kind.TEXT if values.nunique() > 0.5 * len(values) else Kind.CATEGORICAL


def task_of(y: pd.Series, task_type: TaskType) -> Task:
    classes = tuple(sorted(set(y.tolist()))) if task_type != "regression" else ()
    return Task(
        sentence="", target="y", task_type=task_type, metric="rmse", greater_is_better=False, classes=classes,
        split=SplitSpec(kind="random"),
    )  # fmt: skip


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=name, kind=kind_of(frame[name]), n_unique=frame[name].nunique(), missing=int(frame[name].isna().sum())
        )
        for name in frame
    )


def seen(y: np.ndarray, columns: Columns, task_type: TaskType = "regression", seed: int = 0) -> TargetProfile:
    frame = pd.DataFrame(columns)
    for name in frame:  # as the door gives them
        if frame[name].dtype.kind in "iub":
            frame[name] = frame[name].astype(np.float64)
        elif frame[name].dtype.kind == "O":
            frame[name] = frame[name].astype(object)
    target = pd.Series(y, name="y")
    part = np.arange(len(frame)) % 6 - 1
    return profile_target(frame, target, task_of(target, task_type), part, columns_of(frame), seed)


def fates(found: TargetProfile) -> dict[tuple[str, ...], str]:
    return {finding.columns: finding.severity for finding in found.leaks}


def parts(n: int = ROWS) -> tuple[np.random.Generator, Columns]:
    chance = np.random.default_rng(1)
    plain: Columns = {name: chance.lognormal(3, 0.6, n).round(2) for name in ("a", "b", "c", "d", "e", "f", "noise")}
    return chance, plain


def with_weak(y: np.ndarray, chance: np.random.Generator, plain: Columns) -> Columns:
    """Add an honest column that tells something of the target."""
    return {**plain, "weak": (y - y.mean()) / y.std() + chance.normal(0, 1, len(y))}


ARITHMETIC: dict[str, tuple[Callable[[Columns], np.ndarray], set[str]]] = {
    "sum of two": (lambda x: x["a"] + x["b"], {"a", "b"}),
    "difference": (lambda x: x["a"] - x["b"], {"a", "b"}),
    "product": (lambda x: x["a"] * x["b"], {"a", "b"}),
    "rounded product": (lambda x: np.round(x["a"] * x["b"], 2), {"a", "b"}),
    "ratio": (lambda x: x["a"] / x["b"], {"a", "b"}),
    "sum of three": (lambda x: x["a"] + x["b"] + x["c"], {"a", "b", "c"}),
    "sum of six": (lambda x: sum(x[name] for name in "abcdef"), set("abcdef")),
    "product of three": (lambda x: x["a"] * x["b"] / x["c"], {"a", "b", "c"}),
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_columns_that_give_the_target_by_arithmetic(name: str) -> None:
    make, named = ARITHMETIC[name]
    chance, plain = parts()
    y = np.asarray(make(plain))
    found = fates(seen(y, with_weak(y, chance, plain)))
    assert {(frozenset(columns), severity) for columns, severity in found.items()} == {(frozenset(named), "error")}


@pytest.mark.parametrize(
    "make",
    [
        lambda x, chance: x["a"] + x["b"] + chance.normal(0, 8, ROWS),  # correlated .95 with the sum
        lambda x, chance: (x["a"] + x["b"]) * chance.lognormal(0, 0.02, ROWS),
        lambda x, chance: x["a"] * x["b"] * chance.lognormal(0, 0.05, ROWS),
        lambda x, chance: 3 * x["a"] + chance.normal(0, 3, ROWS),
        lambda x, chance: x["a"] * 0.3 + x["b"] * 1.7 + x["c"] + chance.normal(0, 1, ROWS),
    ],
)
def test_what_only_comes_close_is_no_leak_of_several_columns(
    make: Callable[[Columns, np.random.Generator], np.ndarray],
) -> None:
    chance, plain = parts()
    found = seen(np.asarray(make(plain, chance)), plain)
    assert not [finding for finding in found.leaks if finding.refuses or len(finding.columns) > 1]


def test_a_formula_is_only_suspected_where_nothing_else_tells_of_the_target() -> None:
    _, plain = parts()
    found = seen(plain["a"] + plain["b"], {name: plain[name] for name in ("a", "b", "noise")})
    assert fates(found) == {("a", "b"): "warning"}


def test_a_formula_of_fitted_numbers_is_only_suspected() -> None:
    chance, plain = parts()
    y = 0.37 * plain["a"] + 1.9 * plain["b"] + 4.2
    assert fates(seen(y, with_weak(y, chance, plain))) == {("a", "b"): "warning"}


def test_some_wrong_rows_do_not_hide_a_sum() -> None:
    chance, plain = parts()
    y = plain["a"] + plain["b"]
    y[::40] += chance.normal(0, 30, len(y[::40]))
    assert fates(seen(y, with_weak(y, chance, plain))) == {("a", "b"): "warning"}


def test_a_span_of_time_and_clock_times() -> None:
    chance, plain = parts()
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(chance.integers(0, 10**7, ROWS), unit="s")
    y = chance.integers(60, 9_000, ROWS).astype(float)
    columns = with_weak(
        y, chance, {"begun": pd.Series(start), "over": pd.Series(start + pd.to_timedelta(y, unit="s")), **plain}
    )
    assert fates(seen(y, columns)) == {("begun", "over"): "error"}
    planned, late = chance.integers(0, 1_300, ROWS), chance.integers(-20, 60, ROWS)
    clock = np.array([(minute // 60) * 100 + minute % 60 for minute in range(1_500)])
    columns = {"planned": clock[planned + 60], "real": clock[planned + 60 + late], **plain}
    assert fates(seen(late.astype(float), columns)) == {("real", "planned"): "warning"}


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        (lambda y, chance: y, "error"),
        (lambda y, chance: y * 1.2 + 5, "error"),
        (lambda y, chance: np.log(y), "error"),
        (lambda y, chance: np.exp(y / 40), "error"),
        (lambda y, chance: pd.Series(y).rank().to_numpy(), "error"),
        (lambda y, chance: np.round(y), "error"),
        (lambda y, chance: y * chance.normal(1, 0.004, len(y)), "warning"),
        (lambda y, chance: y + chance.normal(0, 0.3 * y.std(), len(y)), None),
    ],
)
def test_numbers_that_tell_alone(
    column: Callable[[np.ndarray, np.random.Generator], np.ndarray], severity: str | None
) -> None:
    chance, plain = parts()
    y = chance.normal(100, 15, ROWS)
    found = fates(seen(y, {"x": column(y, chance), **plain}))
    assert found == ({("x",): severity} if severity else {})


def classes(n: int = ROWS, k: int = 2) -> tuple[np.random.Generator, np.ndarray, Columns]:
    chance = np.random.default_rng(2)
    y = chance.integers(0, k, n)
    return chance, y, {"weak": y + chance.normal(0, 1.5, n), "noise": chance.normal(size=n)}


def test_another_name_for_the_classes_and_an_honest_predictor() -> None:
    chance, y, plain = classes(k=4)
    named = np.array(["red", "green", "blue", "grey"])[y]
    strong = np.where(chance.random(ROWS) < 0.9, named, "red")
    found = fates(seen(y, {"colour": named, "strong": strong, **plain}, "multiclass"))
    assert found == {("colour",): "error"}


def test_gaps_that_tell_the_class() -> None:
    chance, y, plain = classes()
    reason = pd.Series(chance.choice([f"reason {k}" for k in range(40)], ROWS)).where(y == 1)
    found = seen(y, {"reason": reason, **plain}, "binary")
    assert fates(found) == {("reason",): "error"}
    assert "missing exactly where the target is '0'" in found.leaks[0].message
    chance, y, plain = classes(k=3)
    floors = pd.Series(chance.integers(1, 30, ROWS).astype(float)).where(y != 2)
    assert fates(seen(y, {"floors": floors, **plain}, "multiclass")) == {("floors",): "warning"}


def test_words_that_name_the_class() -> None:
    chance, y, plain = classes()
    labels = np.array(["benign", "malignant"])[y]
    notes = [f"case {k}: looks {label} to me" for k, label in enumerate(labels)]
    assert fates(seen(labels, {"notes": np.array(notes), **plain}, "binary")) == {("notes",): "error"}
    other = [f"case {k}: looks {label} to me" for k, label in enumerate(chance.permutation(labels))]
    assert fates(seen(labels, {"notes": np.array(other), **plain}, "binary")) == {}


def test_flags_of_which_one_is_up() -> None:
    chance, y, plain = classes(k=3)
    code = 2 * y + chance.integers(0, 2, ROWS)
    flags = {f"is_{k}": code == k for k in range(6)}
    names = tuple(flags)
    assert fates(seen(y, {"first": chance.random(ROWS) < 0.01, **flags, **plain}, "multiclass")) == {names: "error"}
    near = np.where(chance.random(ROWS) < 0.006, chance.integers(0, 6, ROWS), code)
    flags = {f"is_{k}": near == k for k in range(6)}
    assert fates(seen(y, {**flags, **plain}, "multiclass")) == {names: "warning"}
    honest = np.where(chance.random(ROWS) < 0.2, chance.integers(0, 6, ROWS), code)
    flags = {f"is_{k}": honest == k for k in range(6)}
    assert fates(seen(y, {**flags, **plain}, "multiclass")) == {}


def test_flags_that_are_reasons() -> None:
    chance = np.random.default_rng(3)
    reasons = {name: chance.random(4_000) < 0.02 for name in ("heat", "power", "wear")}
    y = np.any(list(reasons.values()), axis=0).astype(int)
    plain = {
        "noise": chance.normal(size=4_000),
        "weak": y + chance.normal(0, 1, 4_000),
        "flag": chance.random(4_000) < 0.1,
    }
    assert fates(seen(y, {**reasons, **plain}, "binary")) == {("heat", "power", "wear"): "error"}
    missed = np.where(chance.random(4_000) < 0.02 * y, 0, y)
    loose = {
        name: flag & (chance.random(4_000) < 0.7) | (chance.random(4_000) < 0.01) for name, flag in reasons.items()
    }
    assert fates(seen(missed, {**loose, **plain}, "binary")) == {}


def test_which_of_two_is_larger() -> None:
    chance = np.random.default_rng(4)
    home, away = chance.poisson(20, 1_000), chance.poisson(20, 1_000)
    y = (home > away).astype(int)
    plain = {"weak": y + chance.normal(0, 1.5, 1_000)}
    assert set(fates(seen(y, {"away": away, "home": home, **plain}, "binary")).values()) == {"error"}
    guess = home + chance.normal(0, 3, 1_000)
    assert fates(seen(y, {"away": away, "guess": guess, **plain}, "binary")) == {}


def test_many_suspects_share_a_finding() -> None:
    _, y, plain = classes()
    found = seen(y, {**{f"copy {k}": y * (k + 1.0) + k for k in range(12)}, **plain}, "binary")
    assert [(finding.severity, len(finding.columns)) for finding in found.leaks] == [("error", 12)]


def test_the_best_of_much_noise_is_no_suspect() -> None:
    chance = np.random.default_rng(5)
    y = np.repeat([0, 1], 10)
    found = seen(y, {f"g{k}": chance.normal(size=20) for k in range(3_000)}, "binary")
    assert found.leaks == ()
    assert len(found.associations) == 3_000


def test_the_first_pass_agrees_with_the_careful_look() -> None:
    chance = np.random.default_rng(6)
    y = chance.normal(size=1_200)
    columns = {f"x{k}": y * (k / 40) + chance.normal(size=1_200) for k in range(MOST_CAREFUL + 40)}
    columns["bent"] = np.exp(y) * chance.choice([-1, 1], 1_200)
    frame = pd.DataFrame(columns)
    target = pd.Series(y)
    sample = draw_sample(frame, target, np.arange(1_200), task_of(target, "regression"), columns_of(frame), 0)
    assert sample is not None
    wide = {one.column: one.value for one in associations(sample, columns_of(frame))}
    for column in columns_of(frame)[20:100:8]:
        narrow = associations(sample, [column])[0].value
        assert narrow - 0.02 < wide[column.name] < narrow + 0.2  # a tree of few rows says too little
    assert wide["bent"] > 0.3  # no rank shows it
    assert list(wide.values()) == sorted(wide.values(), reverse=True)


@pytest.mark.parametrize("task_type", ["binary", "multiclass", "regression"])
def test_rows_of_the_holdout_change_nothing(task_type: TaskType) -> None:
    chance = np.random.default_rng(7)
    n, k = 600, 130
    y = pd.Series(
        chance.normal(size=n) if task_type == "regression" else chance.integers(0, 2 if task_type == "binary" else 3, n)
    )
    frame = pd.DataFrame(chance.normal(size=(n, k)) + y.to_numpy()[:, None] * 0.3, columns=[f"x{i}" for i in range(k)])
    frame["flag"] = (chance.random(n) < 0.3).astype(float)
    part = chance.integers(-1, 5, n)
    columns, task = columns_of(frame), task_of(y, task_type)
    first = profile_target(frame, y, task, part, columns, 0)
    other, held = frame.copy(), part == -1
    other.loc[held, :] = chance.permutation(frame.loc[held, :].to_numpy()) * 100
    changed = y.copy()
    changed[held] = chance.permutation(y[held])
    assert profile_target(other, changed, task, part, columns, 0) == first
    assert profile_target(frame, y, task, part, columns, 0) == first


def test_cautions_about_the_target() -> None:
    chance = np.random.default_rng(8)
    x = {"x": chance.normal(size=ROWS)}
    y = np.where(np.arange(ROWS) < 3, "rare", np.where(np.arange(ROWS) % 2, "even", "odd"))
    assert [finding.code for finding in seen(y, x, "multiclass").cautions] == ["rare-class"]
    y = (np.arange(ROWS) < 24).astype(int)
    assert [finding.code for finding in seen(y, x, "binary").cautions] == ["imbalanced-classes"]
    assert [finding.code for finding in seen(chance.pareto(1.1, ROWS), x).cautions] == ["heavy-tail"]
    y = chance.normal(size=ROWS)
    assert seen(y, x).cautions == ()
    y = chance.uniform(size=ROWS)
    y[5] = 30.0
    assert [finding.code for finding in seen(y * 1e100, x).cautions] == ["heavy-tail"]


VALUES = st.one_of(st.none(), st.floats(-1e300, 1e300), st.sampled_from([0.0, 1.0, -1.0, 5.0, 1e-300]))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_never_breaks(data: st.DataObject) -> None:
    rows = data.draw(st.integers(2, 160))
    repeat = max(1, rows // 12)
    draw = st.lists(VALUES, min_size=1, max_size=12)
    columns: Columns = {}
    for place in range(data.draw(st.integers(1, 4))):
        column = (data.draw(draw) * rows)[:rows]
        columns[f"x{place}"] = np.array([np.nan if value is None else value for value in column], dtype=np.float64)
    columns["text"] = np.array([f"word {k % repeat}" for k in range(rows)], dtype=object)
    task_type = data.draw(st.sampled_from(["binary", "multiclass", "regression"]))
    if task_type == "regression":
        y = np.array([value or 0.0 for value in (data.draw(draw) * rows)[:rows]])
    else:
        y = np.arange(rows) % (2 if task_type == "binary" else 3)
    with np.errstate(all="ignore"):
        found = seen(y, columns, task_type)
    assert {one.column for one in found.associations} <= set(columns)
    assert all(np.isfinite(one.value) for one in found.associations)
