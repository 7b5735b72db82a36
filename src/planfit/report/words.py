"""Figures and metrics in words that need no training in statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from planfit.records.scores import CacheUse, Delivered

METRIC_NAMES: Final = {
    "roc_auc": "ROC AUC", "average_precision": "average precision", "log_loss": "log loss", "brier": "Brier score",
    "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "f1": "F1", "f1_macro": "macro F1",
    "mcc": "Matthews correlation", "rmse": "RMSE", "mae": "MAE", "rmsle": "RMSLE", "mape": "MAPE", "r2": "R²",
}  # fmt: skip
METRIC_SENTENCES: Final = {
    "roc_auc": "The chance that a row with the event is ranked above a row without it: 0.5 is a coin, 1 is perfect.",
    "average_precision": "How pure the top of the ranking is, from the first row to the last positive one: 1 is perfect, the share of positive rows is guessing.",
    "log_loss": "How surprised the model is by the true class, given its probabilities: 0 is perfect, confident errors cost most.",
    "brier": "The mean squared distance between probability and outcome: 0 is perfect.",
    "accuracy": "The share of rows whose class is predicted right.",
    "balanced_accuracy": "The share predicted right, averaged over the classes so that rare ones count as much as frequent ones.",
    "f1": "The balance between finding the positive rows and being right about them: 1 is perfect.",
    "f1_macro": "The balance between finding a class and being right about it, averaged over all classes: 1 is perfect.",
    "mcc": "The agreement of prediction and truth over the whole table of hits and errors: 0 is chance, 1 is perfect.",
    "rmse": "The typical error in the target's own unit, in which large errors weigh more: 0 is perfect.",
    "mae": "The mean error in the target's own unit: 0 is perfect.",
    "rmsle": "The typical relative error: 0.1 means that predictions are mostly about 10 % off.",
    "mape": "The mean error as a share of the true value: 0.1 means 10 % off.",
    "r2": "The share of the target's ups and downs that is explained: 0 is the mean, 1 is perfect.",
}
TASKS: Final = {"binary": "one of two classes", "multiclass": "one of several classes", "regression": "a number"}
SPLITS: Final = {
    "random": "at random", "stratified": "at random, with the same mix of classes in every part",
    "time": "forward in time", "group": "so that no group stands on both sides",
}  # fmt: skip
CAUSES: Final = {
    "out_of_memory": "ran out of memory", "timeout": "ran out of time", "not_finite": "its numbers went astray",
    "crash": "its process crashed", "exception": "failed with an error", "cancelled": "was cancelled",
}  # fmt: skip
EXCLUSIONS: Final = {
    "identifier": "identifier", "constant": "always the same", "leak": "gives the answer away", "duplicate": "a copy",
    "asked": "you asked", "empty": "empty", "split": "used for the split", "screened": "too many columns",
    "other": "other",
}  # fmt: skip
_GRADES: Final = (
    (0.0, "no better than"), (0.1, "barely better than"), (0.3, "somewhat better than"), (0.6, "clearly better than"),
    (0.9, "much better than"),
)  # fmt: skip

STAND_INS: Final = {
    "fold_average": "the average of the models of the cross-validation",
    "latest_fold": "the model of the latest fold, which has learned from all rows before it",
    "one_fold": "one model of the cross-validation (all of them together would answer more slowly than was asked)",
}
"""What stands in, where there is no model fitted on all rows."""


def metric_name(metric: str) -> str:
    """Return a metric as people write it."""
    return METRIC_NAMES.get(metric, metric)


def figure(value: float | None) -> str:
    """Return a figure with sensible digits.

    Examples
    --------
    >>> figure(0.84567), figure(12.3456), figure(48211.7), figure(0.000123), figure(None)
    ('0.8457', '12.35', '48,212', '0.000123', 'unknown')
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.2f}"
    return f"{value:.4f}" if size >= 0.01 or size == 0 else f"{value:.3g}"


def spread(value: float | None, std: float | None) -> str:
    """Return a score with its deviation over folds, both to the same digit.

    Examples
    --------
    >>> spread(0.93672, 0.00238), spread(48211.7, 912.4), spread(0.5, None)
    ('0.9367 ± 0.0024', '48,212 ± 912', '0.5000')
    """
    return figure(value) if std is None or value is None else f"{figure(value)} ± {std:,.{decimals(value)}f}"


def signed(value: float, like: float) -> str:
    """Return a difference to the digit to which `like` is written.

    Examples
    --------
    >>> signed(-0.00023, 0.9367), signed(12.4, 48211.7)
    ('−0.0002', '+12')
    """
    told = f"{abs(value):,.{decimals(like)}f}"
    zero = not any(digit in told for digit in "123456789")
    return f"{'±' if zero else '+' if value > 0 else '−'}{told}"


def decimals(value: float) -> int:
    """Return the digits behind the point with which `figure` writes a value."""
    written = figure(value)
    return len(written.partition(".")[2]) if "e" not in written else 6


def aligned(value: float, largest: float) -> str:
    """Return a figure of a column whose largest has three digits that count.

    Examples
    --------
    >>> aligned(0.000159, 0.2263), aligned(1.5, 2263.0), aligned(-0.01, 0.2)
    ('0.000', '2', '−0.010')
    """
    places = 2 - math.floor(math.log10(abs(largest))) if largest and math.isfinite(largest) else 0
    return f"{value:,.{min(8, max(0, places))}f}".replace("-", "−")


def grade(value: float, baseline: float, greater_is_better: bool) -> str:
    """Return how far a score is from the baseline towards perfection, in words that a comparison follows.

    Examples
    --------
    >>> grade(0.85, 0.5, True), grade(90.0, 100.0, False), grade(0.5, 0.5, True)
    ('much better than', 'barely better than', 'no better than')
    """
    gained, best = share_gained(value, baseline, greater_is_better), "almost perfect, against"
    if gained <= 1e-9:
        return _GRADES[0][1]
    return next((word for limit, word in _GRADES[1:] if gained <= limit + 1e-9), best)


def share_gained(value: float, baseline: float, greater_is_better: bool) -> float:
    """Return the share of the way from the baseline to a perfect score (1, or an error of 0)."""
    perfect = 1.0 if greater_is_better else 0.0
    way = perfect - baseline
    return 0.0 if abs(way) < 1e-12 else (value - baseline) / way


def seconds(value: float) -> str:
    """Return a duration as a person would say it."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Return a number of bytes as a person would say it."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} B"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "column"), counted(1200, "row")
    ('1 column', '1,200 rows')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def how_fitted(delivered: Delivered) -> str:
    """Return what the delivered model has learned from."""
    if delivered.how == "mixed":
        return "some fitted once more on all rows, the others standing in as the cross-validation left them"
    again = f"fitted once more on all {counted(delivered.rows_fitted, 'row')}"
    return STAND_INS.get(delivered.how, again)


def bar(value: float, largest: float, width: int = 20) -> str:
    """Return a bar of blocks; none for what is not positive."""
    return "█" * max(0, round(width * value / largest)) if largest > 0 else ""


def feature_steps(uses: Iterable[CacheUse | None]) -> str | None:
    """Return how often the steps of plans were computed, and how often not again, as a sentence; None where none ran.

    Examples
    --------
    >>> feature_steps([CacheUse(computed=5, kept=3, bytes_kept=2_000_000), CacheUse(read=1, bytes_read=900_000), None])
    'Feature steps on folds: 5 computed; 1 time read what an equal one had left. 2.0 MB kept, nothing dropped for want of room.'
    >>> feature_steps([None])
    """
    known = [use for use in uses if use is not None]
    computed, read = sum(use.computed for use in known), sum(use.read for use in known)
    if not computed and not read:
        return None
    dropped = sum(use.bytes_dropped for use in known)
    room = "nothing" if not dropped else size(dropped)
    kept = size(sum(use.bytes_kept for use in known))
    return (
        f"Feature steps on folds: {computed:,} computed; {counted(read, 'time')} read what an equal one had left. "
        f"{kept} kept, {room} dropped for want of room."
    )


_NOTICED: Final = {
    "repeated-plan": "proposed again what was tried or refused",
    "plans-in-a-circle": "went back and forth between refused plans",
    "rolled-back": "proposed what was rolled back",
    "claimed-result": "claimed a result that the record does not hold",
}


def spent(usage: Mapping[str, Any]) -> str | None:
    """Return what a language model's answers cost, as a sentence; None where none was called.

    Examples
    --------
    >>> spent({"calls": 3, "tokens_in": 5200, "tokens_out": 800, "cost_usd": None})
    '3 calls of a language model: 5,200 tokens in, 800 out, at a cost that is unknown.'
    >>> spent({"calls": 0})
    """
    if not usage.get("calls"):
        return None
    into, out, cost = usage.get("tokens_in"), usage.get("tokens_out"), usage.get("cost_usd")
    tokens = "unknown tokens" if into is None or out is None else f"{into:,} tokens in, {out:,} out"
    price = "at a cost that is unknown" if cost is None else f"at {cost:.4f} US dollars"
    who = ", ".join(usage.get("models", ())) or "a language model"
    said = f"{counted(usage['calls'], 'call')} of {who}: {tokens}, {price}."
    failed = {what: count for what, count in usage.get("outcomes", {}).items() if what != "answered"}
    if failed:
        parts = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in sorted(failed.items()))
        said += f" Without an answer: {parts}."
    if usage.get("noticed"):
        parts = ", ".join(f"{count} {_NOTICED.get(code, code)}" for code, count in sorted(usage["noticed"].items()))
        said += f" Noticed about its answers: {parts}."
    if usage.get("seconds"):
        said += (
            f" It took {seconds(usage['seconds'])}; for {seconds(usage.get('idle_seconds', 0.0))} nothing else went on."
        )
    return said
