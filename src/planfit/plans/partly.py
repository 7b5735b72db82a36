"""What can be said about the columns of a plan whose document is wrong: its sound steps are judged all the same."""

from __future__ import annotations

from typing import Any, Final

from planfit.plans.codes import pointer
from planfit.plans.features import FeaturePlan, read_step
from planfit.plans.patches import leads_somewhere, take_mends
from planfit.plans.validate_features import check_features
from planfit.records.findings import Finding
from planfit.records.schema import Schema
from planfit.records.task import Task

CERTAIN: Final = frozenset({"target-used", "column-excluded"})
"""True of a step whatever an unreadable one before it may do to the columns."""


def judge_sound_steps(
    document: Any, told: tuple[Finding, ...], schema: Schema, task: Task | None, *, rows: int
) -> tuple[Finding, ...]:
    """Judge the steps of a refused document against the columns, so that everything wrong is told at once.

    Mends are taken for granted. A step that is wrong beyond mending is passed over; what follows it may stand on columns
    that only it would make, so that of later steps only what is certain is told.

    Parameters
    ----------
    document : JSON value
        A feature plan that gate ``document`` has refused.
    told : tuple of Finding
        What that gate found; nothing is said about the same place twice.
    schema : Schema
    task : Task or None
    rows : int

    Returns
    -------
    tuple of Finding
        With paths that lead somewhere in `document`.
    """
    mended, _ = take_mends(document, told)
    written = mended.get("transformations") if isinstance(mended, dict) else None
    if not isinstance(written, list):
        return ()
    steps, places, first_lost = [], [], len(written)
    for place, step in enumerate(written):
        try:
            steps.append(read_step(step))
            places.append(place)
        except ValueError:  # pydantic's errors are such
            first_lost = min(first_lost, place)
    if not steps:
        return ()
    _, findings = check_features(FeaturePlan.model_construct(transformations=tuple(steps)), schema, task, rows=rows)
    known = {found.path for found in told}
    made = []
    for found in findings:
        placed = _placed(found, places)
        placed = None if placed is None else true_pointer(document, placed)
        if placed is None or placed.path in known or not leads_somewhere(document, placed.path):
            continue
        if placed.code in CERTAIN or int(placed.path.split("/")[2]) < first_lost:
            made.append(placed)
    return tuple(made)


def true_pointer(document: Any, found: Finding) -> Finding:
    """Return a finding with the path that its document has: a lone name in `columns` is no list there.

    Parameters
    ----------
    document : JSON value
    found : Finding
    """
    front = found.path.removesuffix("/0")
    if front == found.path or leads_somewhere(document, found.path) or not leads_somewhere(document, front):
        return found
    mend = found.mend
    simple = mend is not None and len(mend) == 1 and mend[0] == {**mend[0], "op": "replace", "path": found.path}
    return found.having(path=front, mend=({**mend[0], "path": front},) if simple and mend else None)


def _placed(found: Finding, places: list[int]) -> Finding | None:
    """Return a finding on the steps that were judged as one on all steps; None for one on the plan as a whole."""
    front, _, rest = found.path.removeprefix("/transformations/").partition("/")
    if not front.isdecimal():
        return None
    place = places[int(front)]
    if place == int(front):
        return found
    return found.having(path=pointer("transformations", place) + (f"/{rest}" if rest else ""), mend=None)
