"""Runs side by side: what differs in what was asked and planned, and whether one is better on the same rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planfit import settings
from planfit.arguments import store_folder
from planfit.errors import PlanfitError, UsageError
from planfit.records.canonical import Record
from planfit.records.scores import CandidateResult
from planfit.records.task import Task
from planfit.runs import Run
from planfit.trace.leaderboard import candidates, ranked
from planfit.trace.summary import summarise, usage_of

if TYPE_CHECKING:
    import numpy as np

    from planfit.store.reader import RunReader

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""Two-sided 95 % points of Student's t by degrees of freedom, for as few folds as there are."""


class Side(Record):
    """One of the runs that are compared."""

    letter: str
    run_id: str
    status: str
    sentence: str
    planner: str
    target: str | None = None
    task_type: str | None = None
    metric: str | None = None
    score: float | None = None
    """Cross-validated, of what is delivered; of the best so far where nothing is yet."""
    candidate: str | None = None
    family: str | None = None
    features: str | None = None
    candidates: int = 0
    seconds: float = 0.0
    calls: int = 0
    cost_usd: float | None = None
    holdout: float | None = None


class Pair(Record):
    """A run against the first one, on the same rows."""

    first: str
    second: str
    metric: str | None = None
    difference: float | None = None
    """Of the second from the first; better is positive, whatever the metric's direction."""
    favours: str | None = None
    """The letter of the run that the difference speaks for by its sign alone, be it shown or not; None where it is 0."""
    sign: str | None = None
    """What the sign of `difference`, `low` and `high` means, in words."""
    low: float | None = None
    high: float | None = None
    rows: int = 0
    how: str = ""
    verdict: str


class Comparison(Record):
    """What runs have in common, what differs, and which is better."""

    sides: tuple[Side, ...]
    same_data: bool
    same_task: bool
    same_split: bool
    differences: tuple[str, ...]
    """In words."""
    pairs: tuple[Pair, ...]


def compare(*runs: Run | str | Path, store: str | Path = settings.STORE) -> Comparison:
    """Compare runs with the first of them, by out-of-fold predictions of the same rows.

    Parameters
    ----------
    *runs : Run, str or path
        Two or more: runs, ids, unique prefixes, paths, or ``latest``. They may still be going.
    store : path, default="artifacts"
        Folder that runs are kept in.

    Returns
    -------
    Comparison
        Its `pairs` hold difference, 95 % interval and verdict; `differences` says in words what was planned differently.

    Raises
    ------
    UsageError
        Fewer than two runs are named.
    """
    from planfit.store.store import Store

    if not 2 <= len(runs) <= len(LETTERS):
        raise UsageError(
            "One run alone cannot be compared."
            if len(runs) == 1
            else f"{len(runs)} runs cannot be compared: 2 to {len(LETTERS)} can.",
            hint="Name at least two: `planfit compare RUN RUN`; `planfit runs` lists them.",
        )
    opened = Store(store_folder(store))
    readers = [opened.open(run.path if isinstance(run, Run) else run) for run in runs]
    sides = tuple(_side(letter, reader) for letter, reader in zip(LETTERS, readers, strict=False))
    first = readers[0]
    return Comparison(
        sides=sides,
        same_data=_all_equal([_content(reader) for reader in readers]),
        same_task=_all_equal([_question(reader) for reader in readers]),
        same_split=_all_equal([_split_key(reader) for reader in readers]),
        differences=tuple(_differences(sides, readers)),
        pairs=tuple(_pair(sides[0], side, first, reader) for side, reader in zip(sides[1:], readers[1:], strict=True)),
    )


def _side(letter: str, reader: RunReader) -> Side:
    summary, used, best = summarise(reader), usage_of(reader), _chosen(reader)
    return Side(
        letter=letter,
        run_id=reader.id,
        status=summary.status,
        sentence=reader.request.sentence,
        planner=reader.request.planner,
        target=summary.target,
        task_type=summary.task_type,
        metric=summary.metric,
        score=None if best is None else best.score.value,
        candidate=None if best is None else best.spec.id,
        family=None if best is None else best.spec.family,
        features=None if best is None else best.spec.features,
        candidates=summary.candidates,
        seconds=summary.seconds,
        calls=used["calls"],
        cost_usd=used["cost_usd"],
        holdout=None if summary.holdout is None else summary.holdout["score"],
    )


def _pair(a: Side, b: Side, first: RunReader, second: RunReader) -> Pair:
    """Judge two runs by what they deliver, or the best that they have so far."""
    one, other = _chosen(first), _chosen(second)
    names = {"first": a.letter, "second": b.letter, "metric": a.metric}
    why = None
    if one is None or other is None:
        why = "one of them has scored nothing yet"
    elif _content(first) != _content(second):
        why = "they are about different tables"
    elif _question(first) != _question(second):
        why = "they predict different things"
    if why is not None or one is None or other is None:
        return Pair(**names, verdict=f"{a.letter} and {b.letter} cannot be compared: {why}.")
    found = _by_rows(first, second, one, other) or _by_folds(first, second, one, other)
    if found is None:
        said = "their rows are divided differently, and the table is not there any more to judge them on the same rows"
        return Pair(**names, verdict=f"{a.letter} and {b.letter} cannot be compared: {said}.")
    difference, low, high, rows, how = found
    return Pair(
        **names, difference=difference, low=low, high=high, rows=rows, how=how,
        favours=None if not difference else b.letter if difference > 0 else a.letter,
        sign=f"{b.letter} against {a.letter}, whatever the metric's direction: positive, {b.letter} is better; "
        f"negative, {a.letter} is better",
        verdict=_verdict(a.letter, b.letter, str(a.metric), difference, low, high),
    )  # fmt: skip


def _verdict(a: str, b: str, metric: str, difference: float, low: float, high: float) -> str:
    if low > 0 or high < 0:
        better, by, ends = (b, difference, (low, high)) if low > 0 else (a, -difference, (-high, -low))
        return f"{better} is better by {by:.3g} {metric}, 95 % interval {ends[0]:.3g} to {ends[1]:.3g}."
    return (
        f"No difference can be shown: {b} is {abs(difference):.3g} {metric} {'better' if difference >= 0 else 'worse'}, "
        f"95 % interval {low:.3g} to {high:.3g}."
    )


def _by_rows(
    first: RunReader, second: RunReader, one: CandidateResult, other: CandidateResult
) -> tuple[float, float, float, int, str] | None:
    """Compare on the rows for which both have an out-of-fold prediction; None where the labels are out of reach."""
    task = _task(first)
    y = _labels(first, task) if task is not None and task.split.kind != "group" else None
    if task is None or y is None:
        return None
    left, right = _oof(first, one), _oof(second, other)
    if left is None or right is None:
        return None
    import numpy as np

    from planfit.runtime.evaluate import paired_difference

    common, at_left, at_right = np.intersect1d(left[0], right[0], return_indices=True)
    inside = common < len(y)
    a, b = left[1][at_left][inside], right[1][at_right][inside]
    there = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    if not there.any() or a.shape != b.shape:
        return None
    rows = common[inside][there]
    found = paired_difference(
        task.metric, y[rows], a[there], b[there], task, thresholds=(_threshold(first, one), _threshold(second, other))
    )
    if not all(math.isfinite(value) for value in found):
        return None
    return *found, len(rows), f"bootstrap over {len(rows):,} rows that both predicted out of fold"


def _by_folds(
    first: RunReader, second: RunReader, one: CandidateResult, other: CandidateResult
) -> tuple[float, float, float, int, str] | None:
    """Compare fold by fold where the folds are the same, corrected for the rows that their training parts share."""
    a, b = one.score.per_fold, other.score.per_fold
    if (
        _split_key(first) != _split_key(second)
        or one.score.metric != other.score.metric
        or len(a) != len(b)
        or len(a) < 2
    ):
        return None
    from planfit.runtime.evaluate import corrected_se

    task = _task(first)
    sign = 1.0 if task is None or task.greater_is_better else -1.0
    gains = [sign * (y - x) for x, y in zip(a, b, strict=True)]
    mean, error = sum(gains) / len(gains), corrected_se(gains) or 0.0
    reach = T_95.get(len(gains) - 1, 2.2) * error
    return (
        mean,
        mean - reach,
        mean + reach,
        one.score.rows,
        f"paired over {len(gains)} folds, corrected for their overlap",
    )


def _differences(sides: Sequence[Side], readers: Sequence[RunReader]) -> list[str]:
    """Return in words what was asked and planned differently."""
    said = []
    facts = [_facts(reader) for reader in readers]
    for name in facts[0]:
        values = [fact[name] for fact in facts]
        if not _all_equal(values):
            each = "; ".join(f"{side.letter} {_shown(value)}" for side, value in zip(sides, values, strict=True))
            said.append(f"{name}: {each}")
    base = _steps(readers[0])
    for side, reader in zip(sides[1:], readers[1:], strict=True):
        steps = _steps(reader)
        more, less = [s for s in steps if s not in base], [s for s in base if s not in steps]
        if more:
            said.append(f"features that only {side.letter} makes: {', '.join(more)}")
        if less:
            said.append(f"features that only A makes, not {side.letter}: {', '.join(less)}")
    return said


def _facts(reader: RunReader) -> dict[str, Any]:
    request, task = reader.request, _task(reader)
    scored = candidates(reader)
    best = _chosen(reader)
    limits = request.limits
    return {
        "task description": request.sentence,
        "planner": request.planner,
        "target": None if task is None else task.target,
        "metric": None if task is None else task.metric,
        "rows divided": None if task is None else task.split.kind,
        "columns left out": None if task is None else tuple(sorted(entry.name for entry in task.excluded)),
        "time limit": limits.seconds,
        "candidate limit": limits.candidates,
        "families tried": tuple(
            sorted({r.spec.family for r in scored if r.spec.origin not in ("baseline", "ensemble")})
        ),
        "delivered family": None if best is None else best.spec.family,
        "seed": request.seed,
    }


def _steps(reader: RunReader) -> list[str]:
    """Return the steps of the feature sets that what is delivered stands on."""
    best = _chosen(reader)
    if best is None:
        return []
    by_id = {result.spec.id: result.spec.features for result in candidates(reader)}
    sets = {best.spec.features} if not best.spec.members else {by_id.get(name, "v0") for name, _ in best.spec.members}
    found: list[str] = []
    for name in sorted(sets):
        ref = reader.announced(f"features/{name}/plan.json")
        if ref is not None:
            import json

            for step in json.loads(reader.file(ref).read_bytes())["transformations"]:
                columns = step.get("columns") or step.get("column") or step.get("into") or ""
                columns = columns if isinstance(columns, str) else ", ".join(map(str, columns))
                found.append(f"{step['operation']}({columns})")
    return list(dict.fromkeys(found))


def _chosen(reader: RunReader) -> CandidateResult | None:
    """Return what a run delivers, else the best that it has so far."""
    order = ranked(reader)
    finished = reader.find_last("run_finished")
    if finished is not None:
        wanted = finished.delivered.candidate
        return next((result for result in order if result.spec.id == wanted), None)
    return order[0] if order else None


def _threshold(reader: RunReader, result: CandidateResult) -> float | None:
    finished = reader.find_last("run_finished")
    if finished is None or finished.delivered.candidate != result.spec.id:
        return None
    return finished.delivered.threshold


def _oof(reader: RunReader, result: CandidateResult) -> tuple[np.ndarray, np.ndarray] | None:
    """Return row numbers and out-of-fold predictions of a candidate."""
    import polars as pl

    ref = reader.announced(f"candidates/{result.spec.id}/oof.parquet")
    if ref is None:
        return None
    frame = pl.read_parquet(reader.file(ref))
    matrix = frame.select([name for name in frame.columns if name not in ("row", "fold")]).to_numpy()
    return frame["row"].to_numpy(), matrix


def _labels(reader: RunReader, task: Task) -> np.ndarray | None:
    """Return the target of the rows that have one, from the table that the run was started on; None where it is gone."""
    from planfit.data import readers
    from planfit.data import target as targets

    known = reader.find("step_finished", name="table")
    source = reader.request.data or str(reader.path / "data.parquet")
    try:
        table = readers.read(source)
        if known is None or table.ref.content_hash != known.result["content_hash"]:
            return None
        rows: np.ndarray = targets.labels(table.take(targets.present_rows(table, task.target)), task).to_numpy()
    except (PlanfitError, OSError):
        return None
    return rows


def _task(reader: RunReader) -> Task | None:
    done = reader.find_last("step_finished", name="task")
    return None if done is None else Task.model_validate(done.result)


def _question(reader: RunReader) -> Any:
    task = _task(reader)
    return reader.id if task is None else (task.target, task.task_type, task.classes, task.positive_class)


def _content(reader: RunReader) -> str:
    done = reader.find("step_finished", name="table")
    return reader.id if done is None else str(done.result["content_hash"])


def _split_key(reader: RunReader) -> str:
    done = reader.find_last("step_finished", name="split")
    return reader.id if done is None else str(done.key)


def _all_equal(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
