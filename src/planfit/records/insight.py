"""What a look at predictions shows beyond one score: curves, confusions, errors, groups, dependence. Drawn by the report.

Classes are named by their position in ``task.classes``, so that a label is written by whoever may show it.
"""

from __future__ import annotations

from typing import Literal

from planfit.records.canonical import Record
from planfit.records.schema import Kind

Source = Literal["holdout", "out_of_fold"]


class Curve(Record):
    """A line through points; of a classification, for one class against the rest."""

    of: int = 0
    """Position of the class."""
    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float | None = None
    """The figure that sums the curve up: area under the ROC curve, average precision."""


class CalibrationBin(Record):
    """Rows of about the same predicted chance, and how often it came true."""

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


class ClassRow(Record):
    """How well one class is found."""

    of: int
    rows: int
    predicted: int
    precision: float | None
    """None where nothing was predicted to be it."""
    recall: float | None
    f1: float | None


class Confused(Record):
    """Rows of one class that were taken for another."""

    true: int
    predicted: int
    rows: int
    share: float
    """Of the rows of the true class."""


class ClassInsight(Record):
    """A classifier's predictions, looked at."""

    threshold: float | None
    """Chance of the positive class from which a row is predicted positive; None: the likeliest class."""
    positive: int | None
    """Position of the positive class of a binary task."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows by true class (down) and predicted class (across); empty for very many classes."""
    classes: tuple[ClassRow, ...]
    confused: tuple[Confused, ...]
    """Pairs that are confused most often, first."""
    calibration: tuple[CalibrationBin, ...]
    """Of the positive class; of several classes, of the class that was predicted."""
    roc: tuple[Curve, ...]
    precision_recall: tuple[Curve, ...]
    gain: Curve | None = None
    """Share of the positive rows found among the rows of the highest chance."""


class Decile(Record):
    """Rows whose predictions lie between two values."""

    low: float
    high: float
    rows: int
    error: float
    """Mean absolute error."""
    bias: float
    """Mean of prediction less truth."""


class NumberInsight(Record):
    """A regression's predictions, looked at."""

    actual: tuple[float, ...]
    """Of some rows, drawn by seed."""
    predicted: tuple[float, ...]
    edges: tuple[float, ...]
    """Of the histogram of prediction less truth; what lies outside is counted in the bins at the ends."""
    counts: tuple[int, ...]
    deciles: tuple[Decile, ...]
    """By predicted value, which is what is known when the model is used."""
    median_error: float
    most_errors: float
    """Nine of ten errors are smaller."""
    log_scale: bool = False
    """The values span so many sizes that a logarithmic scale reads better."""


class Slice(Record):
    """A group of rows, and how good the model is on it."""

    column: str
    label: str
    """``= yes``, ``12 to 40`` or ``missing``."""
    rows: int
    value: float
    low: float
    high: float
    observed: float | None = None
    """Share of the positive class, or mean of the target."""
    predicted: float | None = None


class SliceInsight(Record):
    """Where the model is clearly worse than elsewhere."""

    measure: str
    greater_is_better: bool
    overall: float
    source: Source
    rows: int
    examined: int
    """Groups that were looked at."""
    worst: tuple[Slice, ...]
    """Groups that are worse beyond chance, the weakest first."""


class Dependence(Record):
    """How predictions move with one column, all else as it stands in the rows."""

    column: str
    kind: Kind
    at: tuple[str, ...]
    """Values of the column, as text."""
    places: tuple[float, ...] = ()
    """The same as numbers; empty where the values are categories."""
    lines: tuple[Curve, ...]
    """One a class of several, else one; ``x`` is left empty."""
    share: tuple[float, ...] = ()
    """Share of rows that have each value; empty for numbers of many values, which stand at even shares of the rows."""


class Insight(Record):
    """The content of ``evaluation/insight.json``."""

    source: Source
    """Rows behind all but the slices."""
    rows: int
    classes: ClassInsight | None = None
    numbers: NumberInsight | None = None
    slices: SliceInsight | None = None
    dependence: tuple[Dependence, ...] = ()
