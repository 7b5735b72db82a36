"""What training rows say about the target: its figures, how much each column tells of it, what to be careful with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from planfit.data.association import associations, draw_sample
from planfit.data.leaks import suspected_leaks
from planfit.data.sharing import HOLDOUT
from planfit.records.findings import Finding
from planfit.records.profile import TargetProfile, ValueCount
from planfit.records.schema import Column, Kind
from planfit.records.task import Task

FEWEST_ROWS_FOR_SHARES: Final = 100
RARE_EVENT: Final = 0.05
"""Share of rows below which the smaller of two classes makes the task imbalanced."""
TAIL_SPREADS: Final = 20.0
"""Distance from the middle half, in widths of it, from which targets are outliers."""
TAIL_SHARE: Final = 0.5
"""Share of all squared deviations that so few rows as `FAR_ROWS` hold where a tail is heavy."""
FAR_ROWS: Final = 0.01


def profile_target(
    frame: pd.DataFrame, y: pd.Series, task: Task, part: npt.NDArray[np.int64], columns: tuple[Column, ...], seed: int
) -> TargetProfile:
    """Return the target's figures, each column's association with it, and suspected leaks; on training rows only.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table after the door, every row.
    y : pandas.Series
        The target, every row, in original labels.
    task : Task
        The task as settled.
    part : ndarray of int
        The assignment that `split.make_split` gave.
    columns : tuple of Column
        The columns to judge; those that the frame lacks are passed over.
    seed : int
        The run's seed.
    """
    part = np.asarray(part)
    inside = np.flatnonzero(part != HOLDOUT)
    training = y.iloc[inside]
    present = set(frame.columns)
    told_apart = (Kind.CONSTANT, Kind.IDENTIFIER)
    judged = [column for column in columns if column.name in present and column.kind not in told_apart]
    sample = draw_sample(frame, y, inside, task, judged, seed)
    found = associations(sample, judged) if sample is not None else ()
    leaks = suspected_leaks(sample, judged, found) if sample is not None and judged else ()
    folds = len(np.unique(part[part >= 0]))
    cautions = _about_classes(training, task, folds) if task.is_classification else _about_numbers(training, task)
    return TargetProfile(
        rows=len(inside), associations=found, leaks=leaks, cautions=tuple(cautions), **_figures(training, task)
    )


def _figures(y: pd.Series, task: Task) -> dict[str, Any]:
    if task.is_classification:
        counts = y.value_counts()
        known = [(label, int(counts.get(label, 0))) for label in task.classes or sorted(counts.index)]
        return {"classes": tuple(ValueCount(value=str(label), count=count) for label, count in known)}
    skew = y.astype(np.float64).skew() if len(y) > 2 and y.nunique() > 1 else None
    return {
        "minimum": float(y.min()), "maximum": float(y.max()), "mean": float(y.mean()),
        "std": float(y.std()) if len(y) > 1 else 0.0, "skew": None if skew is None else np.asarray(skew).item(),
    }  # fmt: skip


def _caution(code: str, task: Task, message: str, hint: str) -> Finding:
    return Finding(code=code, gate="task", severity="warning", message=message, hint=hint, columns=(task.target,))


def _about_classes(y: pd.Series, task: Task, folds: int) -> Iterator[Finding]:
    """Say which classes have fewer rows than there are folds, and whether the event is rare."""
    counts = y.value_counts()
    known = [(str(label), int(counts.get(label, 0))) for label in task.classes or sorted(counts.index)]
    rare = [(label, count) for label, count in known if count < folds]
    if rare:
        shown = ", ".join(f"{label!r} ({count})" for label, count in rare[:5])
        more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
        yield _caution(
            "rare-class", task,
            f"Classes of {task.target!r} with fewer training rows than the {folds} folds: {shown}{more}.",
            "They are in some folds only: models hardly learn them, and their scores say little. "
            "Add rows of them, or merge them with another class.",
        )  # fmt: skip
    smallest = min(known, key=lambda entry: entry[1], default=None)
    if len(known) == 2 and smallest is not None and smallest[1] >= folds and len(y) >= FEWEST_ROWS_FOR_SHARES:
        share = smallest[1] / len(y)
        if share < RARE_EVENT:
            yield _caution(
                "imbalanced-classes", task,
                f"Only {share:.2%} of the training rows have {task.target!r} = {smallest[0]} ({smallest[1]:,} of {len(y):,}).",
                "Accuracy says little here; average_precision or balanced_accuracy (--metric) look at the rare class.",
            )  # fmt: skip


def _about_numbers(y: pd.Series, task: Task) -> Iterator[Finding]:
    """Say where single targets lie far out, or where a few hold most of the spread."""
    numbers = y.to_numpy(dtype=np.float64)
    largest = float(np.abs(numbers).max(initial=0.0))
    if len(numbers) < FEWEST_ROWS_FOR_SHARES or largest == 0.0:
        return
    numbers = numbers / largest
    low, middle, high = np.quantile(numbers, (0.25, 0.5, 0.75))
    width = high - low
    squares = np.sort((numbers - middle) ** 2)[::-1]
    few = max(1, int(FAR_ROWS * len(numbers)))
    held = float(squares[:few].sum() / squares.sum()) if squares.sum() > 0 else 0.0
    outside = (numbers < low - TAIL_SPREADS * width) | (numbers > high + TAIL_SPREADS * width)
    far = int(outside.sum()) if width > 0 else 0
    if held >= TAIL_SHARE:
        wide = "" if task.metric == "rmsle" else " rmsle or mae (--metric) weigh it less."
        yield _caution(
            "heavy-tail", task,
            f"The {FAR_ROWS:.0%} of the rows with the most extreme {task.target!r} hold {held:.0%} of its spread.",
            f"A few rows decide on scores and models.{wide}",
        )  # fmt: skip
    elif 0 < far <= few:
        values = numbers[outside] * largest
        shown = f"{values.min():.6g}" if far == 1 else f"from {values.min():.6g} to {values.max():.6g}"
        yield _caution(
            "target-outliers", task,
            f"{far:,} of {len(numbers):,} values of {task.target!r} lie very far from all others ({shown}).",
            "Check that they are right; leave the rows out if not.",
        )  # fmt: skip
