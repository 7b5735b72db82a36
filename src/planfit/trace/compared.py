"""Why a model family was not delivered: left out, failed, never named, or beaten, by how much and how surely."""

from __future__ import annotations

import math

from planfit.records.task import Task
from planfit.store.run import RunReader
from planfit.trace.reasons import Reason, Trial

ALIASES = {
    "neural_network": "mlp", "neural_net": "mlp", "neural": "mlp", "nn": "mlp", "network": "mlp", "deep_learning": "mlp",
    "perceptron": "mlp", "pytorch": "mlp", "logistic_regression": "linear", "logistic": "linear", "ridge": "linear",
    "linear_regression": "linear", "elastic_net": "linear", "forest": "random_forest", "lgbm": "lightgbm",
    "xgb": "xgboost", "nearest_neighbours": "knn", "nearest_neighbors": "knn", "stacking": "ensemble",
    "blend": "ensemble", "dummy": "baseline",
}  # fmt: skip
"""Other names that people give to families."""


def family_named(text: str) -> str:
    """Return the family that a person means.

    Examples
    --------
    >>> family_named("neural network"), family_named("Random-Forest"), family_named("lightgbm")
    ('mlp', 'random_forest', 'lightgbm')
    """
    plain = "_".join(text.strip().lower().replace("-", " ").split())
    return ALIASES.get(plain, plain if plain.replace("_", "").isalnum() else text)


def compared(reader: RunReader, family: str, everything: tuple[Trial, ...]) -> Reason | None:
    """Compare the best of a family with what was delivered, or with the best of all where nothing is yet."""
    scored = [trial for trial in everything if trial.score is not None]
    trials = [trial for trial in scored if trial.family == family]
    if not trials:
        return None
    greater = is_greater_better(reader)

    def rank(trial: Trial) -> float:
        score = trial.score if trial.score is not None else 0.0
        return -score if greater else score

    best, winner = min(trials, key=rank), min(scored, key=rank)
    delivered = next((trial for trial in scored if trial.weight == 1.0), None)
    winner = delivered or winner
    inside = next((trial for trial in trials if trial.weight is not None), None)
    own = f"Its best, {best.candidate}, scored {best.metric} {best.score:.6g}"
    if inside is not None:
        weight = "." if inside.weight == 1.0 else f", with a weight of {inside.weight:.0%}."
        sentence = f"It is delivered: {inside.candidate}{weight}"
    elif winner.family == family:
        sentence = f"Nothing beats it so far: {own[0].lower()}{own[1:]}."
    else:
        sentence = (
            f"{own}; {winner.candidate} ({winner.family}) scored {winner.score:.6g}.{margin(best, winner, greater)}"
        )
    figures = {"score": best.score, "against": winner.score, "std": best.std}
    return Reason(
        subject=family, sentence=sentence, decision=best.decision, stage="model_search", by="runtime", figures=figures
    )


def margin(best: Trial, winner: Trial, greater: bool) -> str:
    """Return by how much one candidate is behind another, paired by fold, and whether that is more than noise."""
    folds = len(best.per_fold)
    if folds < 2 or folds != len(winner.per_fold):
        return ""
    sign = 1.0 if greater else -1.0
    behind = [sign * (b - a) for a, b in zip(best.per_fold, winner.per_fold, strict=True)]
    mean = sum(behind) / folds
    variance = sum((each - mean) ** 2 for each in behind) / (folds - 1)
    error = math.sqrt((1 / folds + 1 / (folds - 1)) * variance)  # folds share training rows: Nadeau and Bengio, 2003
    word = "more than" if mean > 2 * error else "within"
    return f" Fold by fold it is {mean:.4g} behind (corrected standard error {error:.4g}): {word} the noise."


def is_greater_better(reader: RunReader) -> bool:
    """Say in which direction the run's metric is better."""
    task = reader.find_last("step_finished", name="task")
    return task is None or Task.model_validate(task.result).greater_is_better


def ended(reader: RunReader) -> str:
    """Return how the search ended, as a sentence that follows; empty where it has not."""
    stopped = reader.find_last("run_stopped")
    return "" if stopped is None else f" The search ended ({stopped.reason}): {stopped.because}"


def chosen_instead(everything: tuple[Trial, ...]) -> str:
    """Return what is delivered, as a sentence that follows; empty where nothing is yet."""
    delivered = next((trial for trial in everything if trial.weight == 1.0), None)
    if delivered is None or delivered.score is None:
        return ""
    spread = "" if delivered.std is None else f" ± {delivered.std:.2g}"
    return (
        f" Delivered is {delivered.candidate} ({delivered.family}), {delivered.metric} {delivered.score:.4g}{spread}."
    )
