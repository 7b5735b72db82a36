"""The fold cache gives what a scikit-learn Pipeline gives, to the bit, and survives what workers do to it."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from tables import material, steps_of

from planfit.runtime.fold_cache import FoldCache
from planfit.runtime.folds import FoldSteps
from planfit.runtime.material import Sheets

DATES = {"column": "when", "operation": "datetime_parts"}
RATIO = {"columns": ["fare", "age"], "operation": "ratio"}
MEDIAN = {"columns": ["age", "fare"], "operation": "impute_median"}
TARGET = {"columns": ["city", "street"], "operation": "target_encode"}
ONE_HOT = {"columns": ["city"], "operation": "one_hot_encode"}
WORDS = {"column": "note", "operation": "tfidf"}
DROP = {"columns": ["member"], "operation": "drop"}
FILL = {"columns": ["city", "street", "note"], "operation": "impute_most_frequent"}

PLANS = {
    "nothing": [],
    "stateless": [RATIO, DROP],
    "mixed": [RATIO, MEDIAN, DATES, TARGET, DROP],
    "texts": [FILL, WORDS],
    "groups": [DROP, ONE_HOT],
}


def steps_on(made, frame, plan):
    """Return steps whose inputs still exist when they come to their turn."""
    return steps_of(made, *PLANS[plan])


@pytest.mark.parametrize("group", [False, True], ids=["plain", "carried"])
@pytest.mark.parametrize("task_type", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("plan", PLANS)
def test_the_cache_gives_what_a_pipeline_gives(plan: str, task_type: str, group: bool, tmp_path: Path) -> None:
    made = material(tmp_path, task_type, group=group)
    sheets = Sheets(made)
    steps = steps_of(made, *PLANS[plan])
    train, valid = sheets.fold_rows(1)
    frame, y = sheets.frame, sheets.y
    pipeline = Pipeline([(name, clone(step)) for name, step in steps] or [("all", "passthrough")])
    expected = pipeline.fit_transform(frame.iloc[train], y.iloc[train])
    expected_valid = pipeline.transform(frame.iloc[valid])
    cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    for _, planned in (("computed", 0), ("read", 0), ("computed", len(steps)), ("read", len(steps)), ("read", 2)):
        runner = FoldSteps(steps, frame, y, made, cache, planned)
        fitted, views, others = runner.run(train, valid)
        pd.testing.assert_frame_equal(views, expected)
        pd.testing.assert_frame_equal(others, expected_valid)
        again = frame.iloc[valid]
        for _, step in fitted:
            again = step.transform(again)
        pd.testing.assert_frame_equal(again, expected_valid)
    made_something = plan not in ("nothing",)
    assert (
        bool(list((tmp_path / "cache").glob("*/fitted.joblib")) if (tmp_path / "cache").exists() else [])
        == made_something
    )


def entries(cache: FoldCache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir())


def test_a_fold_has_its_own_learned_steps_and_shares_the_stateless_ones(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    runner = FoldSteps(steps_of(made, RATIO, MEDIAN), sheets.frame, sheets.y, made, cache)
    assert len(entries(cache)) == 1
    for fold in range(2):
        runner.run(*sheets.fold_rows(fold))
    assert len(entries(cache)) == 3
    runner.run(*sheets.fold_rows(0))
    assert len(entries(cache)) == 3


def test_another_parameter_seed_or_order_is_another_entry(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    plans = [[MEDIAN, TARGET], [TARGET, MEDIAN], [{**TARGET, "smooth": 7.0}]]
    seen = 0
    for plan in plans:
        FoldSteps(steps_of(made, *plan), sheets.frame, sheets.y, made, cache).run(*sheets.fold_rows(0))
        assert len(entries(cache)) > seen
        seen = len(entries(cache))
    reseeded = made.having(seed=1)
    FoldSteps(steps_of(reseeded, *plans[0]), sheets.frame, sheets.y, made, cache).run(*sheets.fold_rows(0))
    assert len(entries(cache)) > seen


STATISTICS = {"column": "note", "operation": "text_statistics"}
GAPS = {"columns": ["note", "age"], "operation": "missing_indicator"}
IN_ANY_ORDER = [
    RATIO, MEDIAN, DATES, TARGET, STATISTICS, GAPS,
    {"column": "fare", "operation": "clip"},
    {"column": "fare", "operation": "log1p", "keep_source": True},
    {"columns": ["age", "fare"], "operation": "standard_scale", "keep_source": True},
    {"columns": ["age", "fare"], "operation": "row_statistics"},
]  # fmt: skip
"""Some learn and some do not, some work on what others have made of the same column."""


def expected_of(steps, sheets, fold):
    train, valid = sheets.fold_rows(fold)
    pipeline = Pipeline([(name, clone(step)) for name, step in steps])
    return pipeline.fit_transform(sheets.frame.iloc[train], sheets.y.iloc[train]), pipeline.transform(
        sheets.frame.iloc[valid]
    )


def test_a_step_that_learns_nothing_runs_once_behind_one_that_learns(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    steps = steps_of(made, MEDIAN, RATIO, STATISTICS)
    for planned in (0, 3):
        cache = FoldCache(tmp_path / f"cache{planned}", worth_keeping=0.0)
        runner = FoldSteps(steps, sheets.frame, sheets.y, made, cache, planned)
        for fold in range(3):
            _, train, valid = runner.run(*sheets.fold_rows(fold))
            expected, expected_valid = expected_of(steps, sheets, fold)
            pd.testing.assert_frame_equal(train, expected)
            pd.testing.assert_frame_equal(valid, expected_valid)
        assert cache.use.computed == 3 + 3 + 1  # the ratio is one of imputed numbers, which are each fold's own


def test_a_changed_plan_computes_only_what_changed(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)

    def computed(*plan: dict) -> tuple[int, int]:
        cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
        steps = steps_of(made, *plan)
        _, train, _ = FoldSteps(steps, sheets.frame, sheets.y, made, cache).run(*sheets.fold_rows(0))
        pd.testing.assert_frame_equal(train, expected_of(steps, sheets, 0)[0])
        return cache.use.computed, cache.use.read

    clip = {"column": "fare", "operation": "clip"}
    assert computed(MEDIAN, STATISTICS) == (2, 0)
    assert computed(MEDIAN, STATISTICS) == (0, 2)
    assert computed(STATISTICS, DATES, MEDIAN) == (1, 2)  # other places, another step before: only the new one
    assert computed(STATISTICS, {**MEDIAN, "keep_source": True}) == (1, 1)
    assert computed(clip, MEDIAN, STATISTICS) == (2, 1)  # of another fare there is another median
    assert computed(TARGET, MEDIAN) == (1, 1)
    assert computed(DATES, TARGET, MEDIAN) == (1, 2)  # cross-fitting draws its folds by the place of the step


def test_a_name_that_comes_back_is_another_column(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    plan = steps_of(
        made,
        {"column": "age", "operation": "impute_median"},  # each fold has its own
        {"column": "age", "operation": "drop"},
        {"column": "fare", "operation": "log1p", "into": "age"},  # no fold has a part in it
        {"column": "age", "operation": "round", "decimals": 1},
    )
    cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    for planned in (0, len(plan)):
        runner = FoldSteps(plan, sheets.frame, sheets.y, made, cache, planned)
        for fold in range(2):
            _, train, valid = runner.run(*sheets.fold_rows(fold))
            expected, expected_valid = expected_of(plan, sheets, fold)
            pd.testing.assert_frame_equal(train, expected)
            pd.testing.assert_frame_equal(valid, expected_valid)


def test_any_order_of_steps_gives_what_a_pipeline_gives_from_one_cache(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    draw = random.Random(0)
    read = 0
    for _ in range(25):
        plan = draw.sample(IN_ANY_ORDER, draw.randint(2, 7))
        steps = steps_of(made, *plan)
        cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
        runner = FoldSteps(steps, sheets.frame, sheets.y, made, cache, draw.choice([0, 2, len(steps)]))
        fold = draw.randint(0, 1)
        fitted, train, valid = runner.run(*sheets.fold_rows(fold))
        expected, expected_valid = expected_of(steps, sheets, fold)
        pd.testing.assert_frame_equal(train, expected)
        pd.testing.assert_frame_equal(valid, expected_valid)
        again = sheets.frame.iloc[sheets.fold_rows(fold)[1]]
        for _, step in fitted:
            again = step.transform(again)
        pd.testing.assert_frame_equal(again, expected_valid)
        read += cache.use.read
    assert read > 25


def test_what_is_read_kept_and_dropped_is_counted(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    steps = steps_of(made, MEDIAN)
    cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    runner = FoldSteps(steps, sheets.frame, sheets.y, made, cache)
    runner.run(*sheets.fold_rows(0))
    runner.run(*sheets.fold_rows(0))
    there = sum(file.stat().st_size for file in cache.folder.rglob("*") if file.is_file())
    assert (cache.use.computed, cache.use.read, cache.use.kept, cache.use.dropped) == (1, 1, 1, 0)
    assert cache.use.bytes_kept == cache.use.bytes_read == there
    small = FoldCache(tmp_path / "cache", most_bytes=int(1.5 * there), worth_keeping=0.0)
    FoldSteps(steps, sheets.frame, sheets.y, made, small).run(*sheets.fold_rows(1))
    assert (small.use.kept, small.use.dropped, small.use.bytes_dropped) == (1, 1, there)


def test_the_reason_for_a_step_is_no_part_of_its_key(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    cache = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    for reason in ("gaps", "other words"):
        steps = steps_of(made, {**MEDIAN, "reason": reason})
        FoldSteps(steps, sheets.frame, sheets.y, made, cache).run(*sheets.fold_rows(0))
    assert len(entries(cache)) == 1


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    large = FoldCache(tmp_path / "cache", worth_keeping=0.0)
    runner = FoldSteps(steps_of(made, MEDIAN), sheets.frame, sheets.y, made, large)
    runner.run(*sheets.fold_rows(0))
    (first,) = entries(large)
    time.sleep(0.02)
    runner.run(*sheets.fold_rows(1))
    (second,) = set(entries(large)) - {first}
    time.sleep(0.02)
    runner.run(*sheets.fold_rows(0))  # used again
    size = max(sum(file.stat().st_size for file in entry.iterdir()) for entry in large.folder.iterdir())
    FoldCache(large.folder, most_bytes=int(1.5 * size)).trim()
    assert entries(large) == [first]
    FoldCache(large.folder, most_bytes=0).trim()
    assert entries(large) == []
    assert large.get(second) is None


def test_an_unfinished_entry_of_a_killed_worker_is_not_read_and_goes_in_time(tmp_path: Path) -> None:
    import os

    cache = FoldCache(tmp_path)
    left = tmp_path / ".abc.123.tmp"
    left.mkdir()
    (left / "fitted.joblib").write_bytes(b"half")
    cache.trim()
    assert left.exists()
    os.utime(left, (0, 0))
    cache.trim()
    assert not left.exists()
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "fitted.joblib").write_bytes(b"")
    assert cache.get("abc") is None


def test_a_full_disk_only_means_that_nothing_is_kept(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    made = material(tmp_path / "m")
    sheets = Sheets(made)
    cache = FoldCache(blocked, worth_keeping=0.0)
    steps = steps_of(made, MEDIAN)
    _, view, _ = FoldSteps(steps, sheets.frame, sheets.y, made, cache).run(*sheets.fold_rows(0))
    assert not view["age"].isna().any()


def test_many_at_a_time_write_read_and_trim_the_same_entries(tmp_path: Path) -> None:
    made = material(tmp_path)
    sheets = Sheets(made)
    frame, y = sheets.frame, sheets.y
    rows = [sheets.fold_rows(fold) for fold in range(3)]
    plain = [FoldSteps(steps_of(made, MEDIAN, TARGET), frame, y, made, None).run(*each)[1] for each in rows]
    wrong: list[BaseException] = []

    def work() -> None:
        cache = FoldCache(tmp_path / "cache", most_bytes=50_000, worth_keeping=0.0)
        try:
            for turn in range(6):
                runner = FoldSteps(steps_of(made, MEDIAN, TARGET), frame, y, made, cache)
                pd.testing.assert_frame_equal(runner.run(*rows[turn % 3])[1], plain[turn % 3])
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_rows_are_drawn_by_seed_and_class(tmp_path: Path) -> None:
    made = material(tmp_path, "multiclass", rows=600)
    sheets = Sheets(made)
    whole, _ = sheets.fold_rows(0)
    some, _ = sheets.fold_rows(0, most=60)
    again, _ = Sheets(made).fold_rows(0, most=60)
    assert len(some) == 60
    assert set(some) <= set(whole)
    assert (some == again).all()
    shares = [np.bincount(sheets.y.iloc[rows], minlength=3) / len(rows) for rows in (whole, some)]
    assert np.abs(shares[0] - shares[1]).max() < 0.03
    other, _ = sheets.fold_rows(1, most=60)
    assert set(other) != set(some)


def test_a_lone_class_stays_in_a_small_sample(tmp_path: Path) -> None:
    made = material(tmp_path, "multiclass")
    sheets = Sheets(made)
    sheets.y.iloc[7] = 9  # one row of its own
    assert 7 in sheets.sample(np.arange(300), 20, "x")


def test_the_frame_comes_back_as_the_door_gave_it(tmp_path: Path) -> None:
    from tables import raw_table

    from planfit.data.door import Door

    made = material(tmp_path, group=True)
    sheets = Sheets(made)
    expected = Door(made.door_schema).fit_transform(raw_table(300))
    pd.testing.assert_frame_equal(sheets.frame, expected)
    pd.testing.assert_frame_equal(Door(made.door_schema).transform(sheets.raw(np.arange(300))), expected)
