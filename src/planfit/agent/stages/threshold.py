"""How the delivered model gets from probabilities to a class: chosen on out-of-fold predictions, recorded with the figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages.weights import weights_of
from planfit.models.metrics import F2, METRICS, Array, Metric, label_codes, target_values
from planfit.records.scores import CandidateResult, OperatingPoint, Score
from planfit.records.task import Task, Threshold
from planfit.runtime.evaluate import corrected_se, score_folds
from planfit.runtime.thresholds import best_threshold, settled

ROWS_FOR_ACCURACY: Final = 5_000
"""Out-of-fold rows above which a threshold may gain accuracy that is more than luck."""
RULES: Final = {
    "label": (
        "A metric of labels gets the probability from which a row counts as positive from out-of-fold predictions, about "
        "100 candidates judged with their neighbours; in the cross-validated score no fold has a say in its own threshold."
    ),
    "classes": (
        "A metric of labels gets weights of the classes, an inverse power of their frequency chosen on out-of-fold "
        "predictions, where other folds confirm by more than one corrected standard error that they pay."
    ),
    "accuracy": (
        f"Accuracy keeps 0.5, unless more than {ROWS_FOR_ACCURACY:,} out-of-fold rows say that another threshold gains more "
        "than one corrected standard error."
    ),
    "average_precision": (
        "Where as many positives as possible are to be found, the threshold is the one of the largest F2 on out-of-fold "
        "predictions: recall counts twice as much as precision."
    ),
}


def settle(session: Session, search: Search, chosen: CandidateResult) -> OperatingPoint:
    """Choose the threshold of the candidate that is delivered; most metrics need none."""
    metric = _chosen_for(search)
    if metric is None or chosen.oof is None:
        return OperatingPoint(score=chosen.score)
    key = session.key("threshold", 1, chosen.spec.id, chosen.oof.sha256, search.split_key, search.task.positive_class)

    def work(_: Path) -> tuple[Any, dict[str, bytes | Path]]:
        return _point(session, search, chosen, metric), {}

    event = session.run.step(key, "training", f"threshold {chosen.spec.id}", work, shared=False)
    point = OperatingPoint.model_validate(event.result)
    _say(session, search, chosen, point)
    return point


def _chosen_for(search: Search) -> Metric | None:
    """Return the metric that a threshold is chosen for; None where none is needed."""
    task = search.task
    metric = METRICS[task.metric]
    if task.task_type == "multiclass":
        return metric if metric.by_threshold else None
    if task.task_type != "binary":
        return None
    if metric.name == "average_precision":
        return F2
    if metric.name == "accuracy" and search.split.training_rows <= ROWS_FOR_ACCURACY:
        return None
    return metric if metric.needs == "label" else None


def _point(session: Session, search: Search, chosen: CandidateResult, metric: Metric) -> OperatingPoint:
    task = search.task
    y, folds, matrix, weights = out_of_fold(session, chosen)
    codes = target_values(y, task)
    threshold = settled(best_threshold(metric, codes, matrix, task, weights))
    searched = metric if metric.by_threshold else _by_threshold(metric)
    plain = score_folds(metric, y, matrix, folds, task, weights=weights)
    tuned = score_folds(searched, y, matrix, folds, task, fit_threshold=True, weights=weights)
    gains = [a - b for a, b in zip(tuned.per_fold, plain.per_fold, strict=True)]
    error = corrected_se(gains)
    score = chosen.score
    proven = error is not None and tuned.value - plain.value > error
    if metric.name == "accuracy":
        proven = proven and len(y) > ROWS_FOR_ACCURACY
        score = _moved(score, gains) if proven else score
    elif task.task_type == "multiclass" and (not proven or threshold is None):
        score = _moved(score, [-gain for gain in gains])  # candidates are compared with weights
    if (metric.name == "accuracy" or task.task_type == "multiclass") and not proven:
        threshold = None
    recall, precision = _found(task, codes, matrix, threshold)
    return OperatingPoint(
        threshold=threshold,
        chosen_for=metric.name,
        score=score,
        plain=plain.value,
        tuned=tuned.value,
        corrected_se=error,
        recall=recall,
        precision=precision,
    )


def _found(task: Task, codes: Array, matrix: Array, threshold: Threshold | None) -> tuple[float | None, float | None]:
    """Return the share of the positive rows that is found, and of the found ones that is positive."""
    if task.task_type != "binary":
        return None, None
    flagged = label_codes(matrix, task, threshold) == task.positive_index
    hits, positive = int((flagged & (codes == task.positive_index)).sum()), int((codes == task.positive_index).sum())
    return hits / positive if positive else None, hits / int(flagged.sum()) if flagged.any() else None


def threshold_of(search: Search, y: Array, matrix: Array, weights: Array | None) -> Threshold | None:
    """Return the threshold that a candidate would be delivered with, as far as its metric asks for one."""
    metric = _chosen_for(search)
    if metric is None or not metric.by_threshold:
        return None
    return settled(best_threshold(metric, target_values(y, search.task), matrix, search.task, weights))


def _by_threshold(metric: Metric) -> Metric:
    return replace(metric, by_threshold=True)


def _moved(score: Score, gains: list[float]) -> Score:
    """Return a score with what the threshold gains on each fold."""
    import numpy as np

    if len(gains) != len(score.per_fold):
        return score
    per_fold = tuple(float(value + gain) for value, gain in zip(score.per_fold, gains, strict=True))
    spread = float(np.std(per_fold, ddof=1)) if len(per_fold) > 1 else None
    return score.having(value=float(np.mean(per_fold)), std=spread, per_fold=per_fold)


def out_of_fold(session: Session, chosen: CandidateResult) -> tuple[Array, Array, Array, Array | None]:
    """Return labels, folds, predictions and weights of the rows that have a prediction."""
    import numpy as np
    import polars as pl

    assert chosen.oof is not None
    frame = pl.read_parquet(session.run.file(chosen.oof))
    matrix = frame.select([name for name in frame.columns if name not in ("row", "fold")]).to_numpy()
    there = np.isfinite(matrix).all(axis=1)
    rows = frame["row"].to_numpy()[there]
    y = pl.read_parquet(session.settled.target)["target"].to_numpy()[rows]
    return y, frame["fold"].to_numpy()[there], matrix[there], weights_of(session, rows)


def _say(session: Session, search: Search, chosen: CandidateResult, point: OperatingPoint) -> None:
    positive = search.task.positive_class
    several = search.task.task_type == "multiclass"
    rule = RULES["classes"] if several else RULES.get(search.task.metric, RULES["label"])
    found = (
        f"{point.chosen_for} over the folds is {point.tuned:.4g} with it and {point.plain:.4g} "
        f"{'without' if several else 'with 0.5'}"
        f"{'' if point.corrected_se is None else f' (corrected standard error of the difference {point.corrected_se:.2g})'}"
    )
    if point.threshold is None:
        what = f"{chosen.spec.id} keeps the {'likeliest' if several else 'likelier'} class"
        because = f"With {'weights of the classes' if several else 'another threshold'} {found}."
    elif isinstance(point.threshold, tuple):
        what = f"{chosen.spec.id} weighs the probability of each class before the largest is taken"
        because = f"{found[0].upper()}{found[1:]}."
    else:
        what = f"{chosen.spec.id} predicts {positive!r} from a probability of {point.threshold:.4g}"
        because = f"{found[0].upper()}{found[1:]}.{_shares(point)}"
    figures = point.to_json()
    figures.pop("score")
    session.note("training", rule, what, because, candidate=chosen.spec.id, **figures)


def _shares(point: OperatingPoint) -> str:
    if point.recall is None or point.precision is None:
        return ""
    return f" It finds {point.recall:.0%} of the positives; {point.precision:.0%} of those it names are positive."
