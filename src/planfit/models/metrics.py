"""Metrics by name: how predictions are judged. NumPy only, weighted, so that a bootstrap is a matter of counts."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from planfit.errors import UsageError
from planfit.records.task import Label, Task, TaskType, Threshold

Array = NDArray[Any]
Needs = Literal["proba", "label", "value"]

SMALLEST_PROBABILITY: Final = 1e-15
"""Probabilities are kept this far from 0 and 1 before a logarithm is taken."""


@dataclass(frozen=True)
class Metric:
    """One way to judge predictions, in its natural direction (errors are positive, smaller is better)."""

    name: str
    tasks: frozenset[TaskType]
    greater_is_better: bool
    needs: Needs
    why: str
    """When a person would choose it."""
    function: Callable[[Array, Array, Array, Task], float]
    """From codes (or values), probabilities, predicted codes or values, weights and the task to a number."""
    smooth: bool = True
    """Moves with every small change of a prediction; others are poor guides for a search."""
    by_threshold: bool = False
    """Depends on the probability from which a row counts as positive, so that a tuned threshold pays."""

    def score(
        self,
        y: Array,
        matrix: Array,
        task: Task,
        weights: Array | None = None,
        threshold: Threshold | Array | None = None,
    ) -> float:
        """Return the metric.

        Parameters
        ----------
        y : array of shape (n,)
            Codes (positions in ``task.classes``) for classification, values for regression.
        matrix : array of shape (n, K) or (n, 1)
            Probabilities in the order of ``task.classes``, or predicted values.
        task : Task
            What is predicted.
        weights : array of shape (n,), optional
            Row weights; counts of a bootstrap draw, for instance.
        threshold : float, array of shape (n,), tuple of K floats or array of shape (n, K), optional
            Label metrics. Binary tasks: probability from which a row is predicted positive; multiclass tasks: what the
            probability of each class is multiplied by. An array has one for each row. None: the likeliest class.

        Returns
        -------
        float
            NaN where the metric is not defined, as for the ROC curve of a single class.
        """
        weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
        if self.needs == "label":
            return float(self.function(y, label_codes(matrix, task, threshold), weights, task))
        if self.needs == "value":
            return float(self.function(np.asarray(y, dtype=float), matrix[:, 0], weights, task))
        return float(self.function(y, matrix, weights, task))

    def gain(self, value: float) -> float:
        """Return `value` with its sign such that greater is better."""
        return value if self.greater_is_better else -value


def encode(y: Any, classes: Sequence[Label]) -> NDArray[np.intp]:
    """Return the position of each label of `y` in `classes`.

    Raises
    ------
    UsageError
        Where a label is not among the classes.

    Examples
    --------
    >>> encode(["no", "yes", "no"], ("no", "yes")).tolist()
    [0, 1, 0]
    """
    table = {label: code for code, label in enumerate(classes)}
    labels = np.asarray(y).tolist()
    codes = np.fromiter((table.get(label, -1) for label in labels), dtype=np.intp, count=len(labels))
    if (codes < 0).any():
        strange = labels[int(np.argmax(codes < 0))]
        known = ", ".join(map(repr, classes[:10])) + (", ..." if len(classes) > 10 else "")
        raise UsageError(
            f"The target holds {strange!r}, which is not one of the classes of the task.",
            hint=f"The classes are {known}.",
        )
    return codes


def labels_array(classes: Sequence[Label]) -> Array:
    """Return `classes` as an array that keeps each label's own type where they differ."""
    if len({type(label) for label in classes}) == 1:
        return np.asarray(classes)
    out = np.empty(len(classes), dtype=object)
    out[:] = classes
    return out


def target_values(y: Any, task: Task) -> Array:
    """Return `y` as metrics take it: codes for classification, floats for regression."""
    return encode(y, task.classes) if task.is_classification else np.asarray(y, dtype=float)


def label_codes(matrix: Array, task: Task, threshold: Threshold | Array | None = None) -> NDArray[np.intp]:
    """Return the predicted class by row: the likeliest, or by `threshold` of the positive class, or by weights of classes."""
    if threshold is None:
        return matrix.argmax(axis=1)
    if task.task_type != "binary":
        return (matrix * np.asarray(threshold)).argmax(axis=1)
    positive = task.positive_index
    return np.where(matrix[:, positive] >= threshold, positive, 1 - positive).astype(np.intp)


def _normalised(matrix: Array) -> Array:
    clipped = np.clip(matrix, SMALLEST_PROBABILITY, 1.0)
    return clipped / clipped.sum(axis=1, keepdims=True)


def _log_loss(y: Array, matrix: Array, weights: Array, task: Task) -> float:
    chosen = _normalised(matrix)[np.arange(len(y)), y]
    return float(np.average(-np.log(chosen), weights=weights))


def _brier(y: Array, matrix: Array, weights: Array, task: Task) -> float:
    if task.task_type == "binary":
        errors = (matrix[:, 1] - (y == 1)) ** 2
    else:
        truth = np.zeros_like(matrix)
        truth[np.arange(len(y)), y] = 1.0
        errors = ((matrix - truth) ** 2).sum(axis=1)
    return float(np.average(errors, weights=weights))


def _ranked(scores: Array, positive: Array, weights: Array) -> tuple[Array, Array]:
    """Return cumulated positive and negative weights at each distinct score, highest score first."""
    order = np.argsort(-scores, kind="stable")  # stable: cheap on rows that a bootstrap has sorted already
    scores, weights = scores[order], weights[order]
    hits = np.where(positive[order], weights, 0.0)
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    return np.cumsum(hits)[ends], np.cumsum(weights - hits)[ends]


def area_under_roc(scores: Array, positive: Array, weights: Array) -> float:
    """Return the area under the ROC curve; NaN for a single class."""
    hits, misses = _ranked(scores, positive, weights)
    if hits[-1] <= 0 or misses[-1] <= 0:
        return float("nan")
    before = np.concatenate(([0.0], hits[:-1]))
    steps = np.diff(misses, prepend=0.0)
    return float((steps * (hits + before)).sum() / (2 * hits[-1] * misses[-1]))


def _roc_auc(y: Array, matrix: Array, weights: Array, task: Task) -> float:
    if task.task_type == "binary":
        positive = task.positive_index
        return area_under_roc(matrix[:, positive], y == positive, weights)
    each = [area_under_roc(matrix[:, code], y == code, weights) for code in range(matrix.shape[1])]
    return float(np.mean([area for area in each if np.isfinite(area)] or [np.nan]))


def _average_precision(y: Array, matrix: Array, weights: Array, task: Task) -> float:
    positive = task.positive_index
    hits, misses = _ranked(matrix[:, positive], y == positive, weights)
    if hits[-1] <= 0:
        return float("nan")
    found = hits + misses
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])


def _confusion(y: Array, predicted: Array, weights: Array, task: Task) -> Array:
    size = len(task.classes)
    return np.bincount(y * size + predicted, weights=weights, minlength=size * size).reshape(size, size)


def _accuracy(y: Array, predicted: Array, weights: Array, task: Task) -> float:
    return float(np.average(y == predicted, weights=weights))


def _balanced_accuracy(y: Array, predicted: Array, weights: Array, task: Task) -> float:
    table = _confusion(y, predicted, weights, task)
    rows = table.sum(axis=1)
    return float(np.mean(table.diagonal()[rows > 0] / rows[rows > 0]))


def _f1_by_class(y: Array, predicted: Array, weights: Array, task: Task) -> tuple[Array, Array]:
    table = _confusion(y, predicted, weights, task)
    both = table.sum(axis=0) + table.sum(axis=1)
    return np.divide(2 * table.diagonal(), both, out=np.zeros(len(both)), where=both > 0), both > 0


def _f1(y: Array, predicted: Array, weights: Array, task: Task) -> float:
    return float(_f1_by_class(y, predicted, weights, task)[0][task.positive_index])


def _f2(y: Array, predicted: Array, weights: Array, task: Task) -> float:
    table, positive = _confusion(y, predicted, weights, task), task.positive_index
    hits = table[positive, positive]
    asked, flagged = table[positive].sum(), table[:, positive].sum()
    return float(5 * hits / (4 * asked + flagged)) if asked + flagged > 0 else 0.0


def _f1_macro(y: Array, predicted: Array, weights: Array, task: Task) -> float:
    scores, present = _f1_by_class(y, predicted, weights, task)
    return float(scores[present].mean())


def _mcc(y: Array, predicted: Array, weights: Array, task: Task) -> float:
    table = _confusion(y, predicted, weights, task)
    truth, guess, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    spread = (total**2 - (guess**2).sum()) * (total**2 - (truth**2).sum())
    if spread <= 0:
        return 0.0
    return float((table.trace() * total - truth @ guess) / np.sqrt(spread))


def _rmse(y: Array, values: Array, weights: Array, task: Task) -> float:
    return float(np.sqrt(np.average((values - y) ** 2, weights=weights)))


def _mae(y: Array, values: Array, weights: Array, task: Task) -> float:
    return float(np.average(np.abs(values - y), weights=weights))


def _rmsle(y: Array, values: Array, weights: Array, task: Task) -> float:
    if (y < 0).any():
        return float("nan")
    return _rmse(np.log1p(y), np.log1p(np.maximum(values, 0.0)), weights, task)


def _mape(y: Array, values: Array, weights: Array, task: Task) -> float:
    away = np.maximum(np.abs(y), np.finfo(float).eps)
    return float(np.average(np.abs(values - y) / away, weights=weights))


def _r2(y: Array, values: Array, weights: Array, task: Task) -> float:
    around = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    if around <= 0:
        return float("nan")
    return float(1.0 - np.average((values - y) ** 2, weights=weights) / around)


_BINARY: Final = frozenset[TaskType]({"binary"})
_CLASSES: Final = frozenset[TaskType]({"binary", "multiclass"})
_VALUES: Final = frozenset[TaskType]({"regression"})

METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", _CLASSES, True, "proba", "ranks cases well whatever the share of positives", _roc_auc),
        Metric("average_precision", _BINARY, True, "proba", "finds few positives among many rows", _average_precision),
        Metric("log_loss", _CLASSES, False, "proba", "probabilities that can be trusted", _log_loss),
        Metric("brier", _CLASSES, False, "proba", "probabilities, forgiving of single confident errors", _brier),
        Metric("accuracy", _CLASSES, True, "label", "every error costs the same", _accuracy, smooth=False),
        Metric(
            "balanced_accuracy", _CLASSES, True, "label", "each class counts the same however rare",
            _balanced_accuracy, smooth=False, by_threshold=True,
        ),
        Metric(
            "f1", _BINARY, True, "label", "precision and recall of a rare positive class",
            _f1, smooth=False, by_threshold=True,
        ),
        Metric(
            "f1_macro", _CLASSES, True, "label", "precision and recall, each class counting the same",
            _f1_macro, smooth=False, by_threshold=True,
        ),
        Metric(
            "mcc", _CLASSES, True, "label", "one figure for the whole confusion table",
            _mcc, smooth=False, by_threshold=True,
        ),
        Metric("rmse", _VALUES, False, "value", "large errors weigh more; in the target's unit", _rmse),
        Metric("mae", _VALUES, False, "value", "the typical error, in the target's unit", _mae),
        Metric("rmsle", _VALUES, False, "value", "relative errors of a target that is never negative", _rmsle),
        Metric("mape", _VALUES, False, "value", "errors as a share of a target that is never near zero", _mape),
        Metric("r2", _VALUES, True, "value", "the share of the target's variance that is explained", _r2),
    )
}  # fmt: skip
"""Every metric by name."""

F2: Final = Metric(
    "f2",
    _BINARY,
    True,
    "label",
    "finds most positives and still counts false alarms",
    _f2,
    smooth=False,
    by_threshold=True,
)
"""Recall counting twice as much as precision: what a threshold is chosen by where as many positives as possible are wanted.

Nobody is judged by it, so that it stands beside the others."""

DEFAULT_METRICS: Final[dict[TaskType, str]] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
"""What is used where neither the sentence nor the user names a metric."""

ALIASES: Final[dict[str, str]] = {
    "auc": "roc_auc", "auroc": "roc_auc", "roc": "roc_auc", "logloss": "log_loss", "cross_entropy": "log_loss",
    "ap": "average_precision", "pr_auc": "average_precision", "acc": "accuracy", "bacc": "balanced_accuracy",
    "macro_f1": "f1_macro", "matthews": "mcc", "mean_absolute_error": "mae", "mean_squared_log_error": "rmsle",
    "root_mean_squared_error": "rmse", "r_squared": "r2",
}  # fmt: skip
"""Other names that people use."""


def default_metric(task_type: TaskType) -> Metric:
    """Return the metric of a task for which none was named."""
    return METRICS[DEFAULT_METRICS[task_type]]


def metrics_for(task_type: TaskType) -> tuple[Metric, ...]:
    """Return the metrics that can judge such a task."""
    return tuple(metric for metric in METRICS.values() if task_type in metric.tasks)


def find_metric(name: str, task_type: TaskType | None = None) -> Metric:
    """Return the metric called `name`, in any spelling.

    Raises
    ------
    UsageError
        Where there is none, or where it does not judge such tasks.

    Examples
    --------
    >>> find_metric("ROC-AUC").name
    'roc_auc'
    """
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    metric = METRICS.get(ALIASES.get(plain, plain))
    known = sorted(METRICS) if task_type is None else [each.name for each in metrics_for(task_type)]
    if metric is None:
        nearest = difflib.get_close_matches(plain, known, 1)
        hint = f"Did you mean {nearest[0]!r}? " if nearest else ""
        raise UsageError(f"There is no metric {name!r}.", hint=f"{hint}Known: {', '.join(known)}.")
    if task_type is not None and task_type not in metric.tasks:
        raise UsageError(f"{metric.name} does not judge a {task_type} task.", hint=f"Choose from {', '.join(known)}.")
    return metric
