"""Gate ``schema``: a plan against what is known of the data, the catalogues and the search. All findings at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from planfit.plans.codes import finding
from planfit.plans.next_step import Ensemble, Models, NextStep, Revise, Tune
from planfit.plans.validate_features import check_features
from planfit.plans.validate_models import check_models, check_tuning
from planfit.plans.validate_task import check_task
from planfit.records.findings import Finding
from planfit.records.schema import Schema
from planfit.records.task import Task

__all__ = ["check_features", "check_models", "check_next", "check_task", "check_tuning"]


def check_next(
    move: NextStep,
    *,
    schema: Schema,
    task: Task,
    rows: int,
    families: Collection[str],
    feature_sets: Collection[str],
    candidates: Mapping[str, str],
    memory: int | None = None,
) -> tuple[Finding, ...]:
    """Judge a move together with the plan that it carries.

    Parameters
    ----------
    move : NextStep
    schema : Schema
        The columns that a feature plan starts from.
    task : Task
    rows : int
    families : collection of str
        Families that this run may use.
    feature_sets : collection of str
        Names that a candidate may use.
    candidates : mapping of str to str
        Families of the scored single models by id.
    memory : int or None
        Bytes; None: no limit.
    """
    match move:
        case Revise():
            _, found = check_features(move.plan, schema, task, rows=rows, memory=memory)
        case Models():
            found = check_models(move.plan, families, task, feature_sets=feature_sets)
        case Tune():
            found = check_tuning(move.plan, candidates)
        case Ensemble():
            return _enough_for_an_ensemble(candidates)
        case _:
            return ()
    return tuple(below(each, "/plan") for each in found)


def below(found: Finding, prefix: str) -> Finding:
    """Return a finding on a plan that stands at `prefix` in a greater document."""
    mend = found.mend
    if mend is not None:
        mend = tuple({key: _moved(key, value, prefix) for key, value in step.items()} for step in mend)
    return found.having(path=prefix + found.path, mend=mend)


def _moved(key: str, value: Any, prefix: str) -> Any:
    return prefix + value if key in ("path", "from") else value


def _enough_for_an_ensemble(candidates: Mapping[str, str]) -> tuple[Finding, ...]:
    if len(candidates) >= 2:
        return ()
    message = f"An ensemble needs at least two scored candidates. There {_are(len(candidates))}."
    return (finding("too-few-candidates", "/move", message, hint="Train further candidates first."),)


def _are(number: int) -> str:
    return "is none" if number == 0 else f"is {number}"
