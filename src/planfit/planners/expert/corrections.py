"""How the expert corrects itself: it applies what a finding suggests, else takes out what the finding points at."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from typing import Any

from planfit.planners.base import Ask
from planfit.planners.expert.task import DEFAULT_METRICS
from planfit.records.findings import Finding
from planfit.records.task import TaskType

LAST_TRY = 3
"""From this attempt on a feature plan is given up rather than mended."""
LISTS = ("transformations", "candidates", "rejected", "excluded", "alternatives")
OBJECTS = ("plan", "space", "split")
"""Parts of plans that are lists of objects, and parts that are objects."""
JsonDict = dict[str, Any]


def corrected(ask: Ask, fresh: JsonDict) -> JsonDict:
    """Return the previous document with what its findings refuse put right; `fresh` where it cannot be read.

    Parameters
    ----------
    ask : Ask
        The question, with ``previous`` and ``findings``.
    fresh : dict
        What the rules would answer without them; the ground to fall back on.
    """
    errors = [finding for finding in ask.findings if finding.refuses]
    document = _read(ask.previous)
    if not errors:
        return fresh
    if document is None:
        if ask.previous:  # another planner's answer of no known shape: nothing in it can be mended
            return fresh
        document = copy.deepcopy(fresh)
        if not any(_step_of(finding.path) is not None or finding.path for finding in errors):
            return document
    kind = _kind_of(document, ask)
    mended = {
        "FeaturePlan": _features, "ModelPlan": _models, "TuningPlan": _tuning, "TaskPlan": _task, "NextStep": _move,
    }[kind](ask, document, errors)  # fmt: skip
    return mended if mended != document else _smallest(kind, fresh)


def _read(document: str | None) -> JsonDict | None:
    try:
        read = json.loads(document or "")
    except ValueError:
        return None
    return read if _is_shaped(read) else None


def _is_shaped(document: Any) -> bool:
    """Say whether what should be objects and lists of objects are such: documents of other planners may be anything."""
    if not isinstance(document, dict):
        return False
    rows = (document[name] for name in LISTS if name in document)
    inner = (document[name] for name in OBJECTS if document.get(name) is not None)
    return all(isinstance(row, list) and all(isinstance(entry, dict) for entry in row) for row in rows) and all(
        map(_is_shaped, inner)
    )


def _kind_of(document: JsonDict, ask: Ask) -> str:
    if "move" in document:
        return "NextStep"
    if "transformations" in document:
        return "FeaturePlan"
    return ask.plan_kind


def _smallest(kind: str, fresh: JsonDict) -> JsonDict:
    """Return what cannot be refused for the same reason again: a plan without the part that no finding placed."""
    if kind == "FeaturePlan":
        return {
            "transformations": [],
            "rationale": "The last plan was refused as a whole; the raw columns stay as they are.",
        }
    if kind == "NextStep":
        return {"move": "finish", "rationale": "The last move was refused as a whole; nothing else is worth a risk."}
    return fresh


def _says(document: JsonDict, errors: Sequence[Finding], what: str) -> JsonDict:
    because = " ".join(dict.fromkeys(f"{finding.message.rstrip('.')}." for finding in errors[:3]))
    return {**document, "rationale": f"Corrected: {what} The plan before was refused: {because}"}


# feature plans


def _step_of(path: str) -> int | None:
    match = re.search(r"/transformations/(\d+)", path)
    return int(match.group(1)) if match else None


def _features(ask: Ask, document: JsonDict, errors: Sequence[Finding]) -> JsonDict:
    steps: list[Any] = list(document.get("transformations", []))
    placed = {place for finding in errors if (place := _step_of(finding.path)) is not None and place < len(steps)}
    if not placed or (ask.attempt >= LAST_TRY and len(errors) > 1):
        return _smallest("FeaturePlan", document)
    gone: set[int] = set()
    for place in sorted(placed):
        about = [finding for finding in errors if _step_of(finding.path) == place]
        better = _mended_step(document, place, about)
        if better is None:
            gone.add(place)
        else:
            steps[place] = better
    made = {name for place in gone for name in _names_made(steps[place])}
    gone |= {place for place, step in enumerate(steps) if isinstance(step, dict) and _uses(step, made)}
    kept = [step for place, step in enumerate(steps) if place not in gone]
    what = f"{len(gone)} steps taken out, {len(placed - gone)} mended, {len(kept)} stay."
    return _says({**document, "transformations": kept}, errors, what)


def _mended_step(document: JsonDict, place: int, findings: Sequence[Finding]) -> JsonDict | None:
    """Return the step with every mend applied, or None where one finding has none or the step is to go."""
    if any(finding.mend is None for finding in findings):
        return None
    before = document["transformations"][place]
    after: Any = {"transformations": {str(place): copy.deepcopy(before)}}
    for finding in findings:
        for change in finding.mend or ():
            inside = re.sub(r"^.*(?=/transformations/)", "", str(change.get("path", "")))
            if re.fullmatch(rf"/transformations/{place}", inside) and change.get("op") == "remove":
                return None
            try:
                apply_patch(after, {**change, "path": inside})
            except (LookupError, TypeError, ValueError):
                return None
    step = after["transformations"].get(str(place))
    return step if isinstance(step, dict) and step != before else None


def _names_made(step: Any) -> set[str]:
    return {step["into"]} if isinstance(step, dict) and step.get("into") else set()


def _uses(step: JsonDict, names: set[str]) -> bool:
    columns = step.get("columns") or ()
    return bool(names & ({columns} if isinstance(columns, str) else {*columns, step.get("column")}))


# models, tuning, moves


def _models(ask: Ask, document: JsonDict, errors: Sequence[Finding]) -> JsonDict:
    candidates = [dict(entry) for entry in document.get("candidates", []) if isinstance(entry, dict)]
    gone: set[int] = set()
    for finding in errors:
        match = re.search(r"/candidates/(\d+)(?:/(params|features)(?:/([^/]+))?)?", finding.path)
        if match is None or int(match.group(1)) >= len(candidates):
            continue
        place, part, name = int(match.group(1)), match.group(2), match.group(3)
        if part == "params" and name in candidates[place].get("params", {}):
            candidates[place]["params"] = {
                key: value for key, value in candidates[place]["params"].items() if key != name
            }
        elif part == "params":
            candidates[place]["params"] = {}
        elif part == "features":
            candidates[place].pop("features", None)
        else:
            gone.add(place)
    kept = [entry for place, entry in enumerate(candidates) if place not in gone]
    if not kept:
        legal = [family for family in ask.families if family != "baseline"]
        tried = {entry.get("family") for entry in candidates}
        rest = [family for family in legal if family not in tried] or legal
        kept = [{"family": family, "reason": "what remains after the refusal"} for family in rest]
    known = {*ask.families, *(entry["family"] for entry in kept)}
    rejected = [entry for entry in document.get("rejected", []) if not ask.families or entry.get("family") in known]
    what = f"{len(kept)} candidates stay."
    return _says({**document, "candidates": kept, "rejected": rejected}, errors, what)


def _tuning(ask: Ask, document: JsonDict, errors: Sequence[Finding]) -> JsonDict:
    changed = {key: value for key, value in document.items() if key != "space"}
    for finding in errors:
        if finding.path.endswith("/trials"):
            changed["trials"] = max(1, min(int(document.get("trials", 1)) // 2, ask.budget.candidates or 10))
        if finding.path.endswith("/candidate"):
            best = finding.nearest or next(
                (result.spec.id for result in ask.leaderboard if result.spec.origin not in ("baseline", "ensemble")),
                None,
            )
            changed["candidate"] = best or document.get("candidate")
    return _says(changed, errors, "the family's own space, within the limits.")


def _move(ask: Ask, document: JsonDict, errors: Sequence[Finding]) -> JsonDict:
    plan = document.get("plan")
    move = document.get("move")
    if (move == "tune" and len(ask.leaderboard) > 1) or not isinstance(plan, dict):
        singles = [result for result in ask.leaderboard if result.spec.origin not in ("baseline", "ensemble")]
        # what was refused is not tried again: blend, or end
        better = "ensemble" if len(singles) >= 2 and move != "ensemble" else "finish"
        return _says({"move": better}, errors, f"{better} instead of {move}.")
    inside = [finding.having(path=re.sub(r"^/plan(?=/|$)", "", finding.path)) for finding in errors]
    mend = _features if move == "revise" else _models
    mended = mend(ask, plan, inside)
    if move == "revise" and not mended.get("transformations"):
        return _says(
            {"move": "finish"} if len(ask.leaderboard) < 3 else {"move": "ensemble"}, errors, "no step is left."
        )
    return {**document, "plan": mended}


# tasks


def _task(ask: Ask, document: JsonDict, errors: Sequence[Finding]) -> JsonDict:
    changed = copy.deepcopy(document)
    for finding in errors:
        part = finding.path.strip("/").split("/")[0]
        if part == "metric":
            changed["metric"] = finding.nearest or DEFAULT_METRICS.get(changed.get("task_type", "regression"), "rmse")
        elif part == "split" or finding.code == "split-impossible":
            plain = "random" if changed.get("task_type") == "regression" else "stratified"
            changed["split"] = {
                "kind": plain if changed.get("split", {}).get("kind") != plain else "random",
                "column": None,
            }
        elif part == "positive_class":
            changed["positive_class"] = finding.nearest
        elif part == "target" and ask.options.target is None:
            others = [entry for entry in changed.get("alternatives", []) if entry["target"] != changed.get("target")]
            if finding.nearest or others:
                changed["target"] = finding.nearest or others[0]["target"]
                changed["confidence"] = min(0.3, float(changed.get("confidence", 0.0)))
                changed["question"] = f"Which column should be predicted? {finding.message}"
        elif part == "excluded":
            changed = _exclusion(changed, finding)
        elif part == "task_type" and ask.options.task_type is None:
            changed = _other_type(ask, changed)
    return _says(
        changed, errors, f"target `{changed.get('target')}`, {changed.get('task_type')}, {changed.get('metric')}."
    )


def _exclusion(document: JsonDict, finding: Finding) -> JsonDict:
    match = re.match(r"/excluded/(\d+)", finding.path)
    named = set(finding.columns)
    kept = [
        entry
        for place, entry in enumerate(document.get("excluded", []))
        if not (match and place == int(match.group(1))) and entry.get("name") not in named
    ]
    return {**document, "excluded": kept}


def _other_type(ask: Ask, document: JsonDict) -> JsonDict:
    distinct = next((stats.n_unique for stats in ask.profile.statistics if stats.name == document.get("target")), 0)
    was = document.get("task_type")
    now: TaskType = "regression" if was == "multiclass" else "binary" if distinct == 2 else "multiclass"
    split = document.get("split", {"kind": "random", "column": None})
    if split.get("kind") in ("random", "stratified"):
        split = {"kind": "random" if now == "regression" else "stratified", "column": None}
    return {
        **document, "task_type": now, "metric": DEFAULT_METRICS[now], "positive_class": None, "split": split,
    }  # fmt: skip


# JSON Patch


def apply_patch(document: Any, change: JsonDict) -> None:
    """Apply one operation of a JSON Patch (add, replace, remove) in place.

    Examples
    --------
    >>> plan = {"steps": [{"degree": 9}]}
    >>> apply_patch(plan, {"op": "replace", "path": "/steps/0/degree", "value": 3})
    >>> plan
    {'steps': [{'degree': 3}]}
    """
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in str(change["path"]).lstrip("/").split("/")]
    place = document
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    match (change["op"], place):
        case ("remove", list()):
            del place[int(last)]
        case ("remove", dict()):
            del place[last]
        case ("add", list()):
            place.insert(len(place) if last == "-" else int(last), change["value"])
        case ("replace", list()):
            place[int(last)] = change["value"]
        case ("add" | "replace", dict()):
            place[last] = change["value"]
        case _:
            raise ValueError(f"unknown change {change['op']!r} at {change['path']}")
