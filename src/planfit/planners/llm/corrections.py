"""Corrections by a small model: each finding is one question with the few values that would be right, the answers a patch.

A model below some billions of parameters, asked for a whole plan again, copies it with its mistakes; among few values it
chooses well. Where one value alone would be right it is put in, and what no value puts right, the expert does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from planfit.planners.base import Ask, PlanKind, Planner
from planfit.planners.expert.corrections import corrected
from planfit.planners.expert.models import scored
from planfit.planners.llm import choices
from planfit.planners.llm.choices import KEEP, LEAVE_OUT, MOST_OPTIONS, MOST_STEPS, Json, Offer
from planfit.planners.llm.wire import choice, closed
from planfit.planners.privacy import Screen
from planfit.planners.prompts import places, sections
from planfit.plans import from_document, meaning
from planfit.plans.features import catalogue
from planfit.plans.patches import leads_somewhere, take_mends
from planfit.records.findings import Finding

USUAL: Final = "usual"
"""The family's, the operation's or the plan's own value: what was given is left out."""
MOST_SAID: Final = 300
"""Characters that are told of a finding."""
Patch = tuple[Json, ...]
Answers = dict[str, Patch]
_MARKS: Final[dict[PlanKind, str]] = {
    "TaskPlan": "target", "FeaturePlan": "transformations", "ModelPlan": "candidates", "TuningPlan": "candidate", "NextStep": "move",
}  # fmt: skip
"""The field without which an answer is no plan of its kind at all."""


@dataclass(frozen=True)
class Question:
    """A finding and what may be answered, each answer with the change that it makes."""

    finding: Finding
    answers: Answers


def offer(ask: Ask, expert: Planner, screen: Screen) -> Offer | None:
    """Return the findings as choices.

    There is nothing to choose (no keys) where one value alone is right at each place, and None where no value is, so that
    the expert answers.
    """
    if ask.plan_kind == "TaskPlan" and ask.task is not None:
        return None
    fresh = ask.having(findings=(), previous=None)
    document = _document(ask)
    if document is None:
        return _once_more(ask, fresh, expert, screen)
    found = list(_questions(ask, fresh, document, expert, screen))
    if not any(each.answers for each in found):
        return None
    several = [each for each in found if len(each.answers) > 1][:MOST_STEPS]
    asked = {f"finding_{number}": each for number, each in enumerate(several, 1)}
    lines = [
        f"{key}: {_said(ask, each.finding, screen)} Choose: {', '.join(each.answers)}" for key, each in asked.items()
    ]

    def plan(chosen: Json) -> Json:
        patches = [
            each.answers[label] for key, each in asked.items() if (label := str(chosen.get(key))) in each.answers
        ]
        patches += [next(iter(each.answers.values())) for each in found if len(each.answers) == 1]
        made = _patched(document, patches, found[0].finding)
        if any(patch[-1]["path"] == "" for patch in patches):
            return made
        left = tuple(each.finding for each in found if not each.answers)
        if left:
            usual: Json = json.loads(expert.propose(fresh).document)
            made = corrected(ask.having(previous=json.dumps(made), findings=left), usual)
        return {**made, "rationale": "Corrected by a choice for each finding."}

    fields = {key: choice(each.answers) for key, each in asked.items()}
    return Offer(choices.prompt(ask, screen, lines), screen.names_out(closed(fields)), tuple(fields), plan)


def _once_more(ask: Ask, fresh: Ask, expert: Planner, screen: Screen) -> Offer:
    """Return the first question again, where the answer was no plan that could be mended."""
    again = choices.offer(fresh, expert, screen)
    if again is None:
        return Offer("", {}, (), lambda _: json.loads(expert.propose(fresh).document))
    said = screen.out(" ".join(_said(ask, finding, screen) for finding in ask.findings[:1]))
    return Offer(f"{again.prompt}\n# Your last answer was refused\n{said}\n", again.schema, again.keys, again.plan)


def _document(ask: Ask) -> Json | None:
    """Return the last answer where it has the shape of a plan of its kind."""
    try:
        document = json.loads(ask.previous or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or _MARKS[ask.plan_kind] not in document:
        return None
    inside = document if ask.plan_kind != "NextStep" else document.get("plan") or {}
    if not isinstance(inside, dict):
        return None
    if ask.plan_kind == "TaskPlan" and any(f.refuses and f.gate == "document" and not f.path for f in ask.findings):
        return None  # half a plan
    rows = [inside.get(name) or [] for name in ("transformations", "candidates", "excluded")]
    shaped = all(isinstance(row, list) and all(isinstance(entry, dict) for entry in row) for row in rows)
    return document if shaped else None


def _said(ask: Ask, finding: Finding, screen: Screen) -> str:
    said = sections.findings(screen.view(ask.having(findings=(finding.having(mend=None),))))
    return said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]}..."


def _questions(ask: Ask, fresh: Ask, document: Json, expert: Planner, screen: Screen) -> Iterator[Question]:
    """Yield each finding that refuses the plan; one alone, where the rest of the plan follows from its answer."""
    refusals = [finding for finding in ask.findings if finding.refuses]
    for finding in refusals:
        if (whole := _whole(fresh, finding, document, expert)) is not None:
            yield Question(finding, whole)
            return
    # what may be answered is shown, so it is made of what may be shown
    seen = screen.view(ask.having(findings=tuple(refusals)))
    for finding, shown in zip(refusals, seen.findings, strict=True):
        yield Question(finding, _answers(ask, seen, shown, document))


# what decides everything else


def _whole(fresh: Ask, finding: Finding, document: Json, expert: Planner) -> Answers | None:
    """Return whole plans to choose from, where a finding is about what the rest of the plan follows from."""
    if fresh.plan_kind == "NextStep" and not _inside(finding.path):
        refused = _meant(document)
        moves = choices.moves(fresh, expert).items()
        return {label: _anew("", move) for label, move in moves if _meant(move) != refused}
    if fresh.plan_kind != "TaskPlan" or finding.path not in ("/target", "/task_type"):
        return None
    options = fresh.options

    def planned(**given: Any) -> Patch:
        return _anew("", json.loads(expert.propose(fresh.having(options=options.having(**given))).document))

    if finding.path == "/target":
        if options.target is not None:
            return {options.target: planned()}
        usual = json.loads(expert.propose(fresh).document)
        others = [finding.nearest, usual["target"], *(entry["target"] for entry in usual.get("alternatives", ()))]
        targets = [name for name in others if name in fresh.profile.names and name != document["target"]]
        return {
            name: _anew("", usual) if name == usual["target"] else planned(target=name)
            for name in list(dict.fromkeys(targets))[:MOST_OPTIONS]
        }
    target = options.target or document["target"]
    if options.task_type is not None or target not in fresh.profile.names:
        return None
    types = [kind for kind in ("binary", "multiclass", "regression") if kind in (finding.allowed or "")]
    return {kind: planned(target=target, task_type=kind) for kind in types}


def _inside(path: str) -> bool:
    """Say whether a path leads to a part of the plan that a move carries."""
    return re.match(r"/plan/.", path) is not None


def _meant(move: Json) -> Json | None:
    plan, _ = from_document("NextStep", move)
    return None if plan is None else meaning(plan)


# what one place decides


def _entry(path: str) -> str | None:
    """Return the path of the step, candidate or exclusion that a path leads into."""
    match = re.match(r"(?:/plan)?/(?:transformations|candidates|excluded)/\d+", path)
    return match.group(0) if match else None


def _answers(ask: Ask, seen: Ask, finding: Finding, document: Json) -> Answers:
    """Return what would put a finding right, the nearest value first."""
    entry = _entry(finding.path)
    field = finding.path[len(entry) :].split("/")[1:] if entry else finding.path.removeprefix("/plan").split("/")[1:]
    made: Answers
    if entry is None:
        made = _of_plan(ask, seen, finding, field)
    elif "transformations" in entry:
        made = _of_step(ask, finding, entry, field, document)
    elif "candidates" in entry:
        made = _of_candidate(ask, finding, entry, field, document)
    else:
        made = {**_mended(finding), **_values(ask, finding)}
    if entry is None:
        return dict(list(made.items())[:MOST_OPTIONS])
    made = {label: patch for label, patch in made.items() if label not in (KEEP, LEAVE_OUT)}
    out: Answers = {LEAVE_OUT: ({"op": "remove", "path": entry},)} if _can_go(ask, entry, document) else {}
    return dict(list(made.items())[: MOST_OPTIONS - len(out)]) | out


def _can_go(ask: Ask, entry: str, document: Json) -> bool:
    """Say whether an entry may be taken out: of candidates, one that nothing is said against has to be left."""
    if "candidates" not in entry:
        return True
    wrong = {_entry(finding.path) for finding in ask.findings if finding.refuses}
    listed = _at(document, entry.rpartition("/")[0])
    return len(listed) > len({path for path in wrong if path and "candidates" in path})


def _of_step(ask: Ask, finding: Finding, entry: str, field: list[str], document: Json) -> Answers:
    """Return other operations for a column that is there, else the values that the place takes."""
    step = _at(document, entry)
    own = bool(field) and field[0] not in ("column", "columns", "except", "operation", "into", "reason")
    names = choices.names_of(step)
    usable = ask.schema_.names if ask.schema_ is not None else ()
    stats = [each for each in ask.profile.statistics if each.name in names and each.name in usable]
    if not own and len(stats) == len(names) == 1:
        options = [name for name in choices.options_of(stats[0], ask) if name not in (KEEP, step.get("operation"))]
        return {name: _anew(entry, {"columns": names, "operation": name}) for name in options}
    made = {**_mended(finding), **_values(ask, finding)}
    if own and field[0] not in _needed(str(step.get("operation"))) and leads_somewhere(document, f"{entry}/{field[0]}"):
        made[USUAL] = ({"op": "remove", "path": f"{entry}/{field[0]}"},)
    return made


def _needed(operation: str) -> list[str]:
    known = catalogue().get(operation)
    return list(known.model_json_schema(by_alias=True).get("required", ())) if known is not None else []


def _of_candidate(ask: Ask, finding: Finding, entry: str, field: list[str], document: Json) -> Answers:
    """Return other families, or values of a hyperparameter, or feature sets."""
    candidate = _at(document, entry)
    if field[:1] in ([], ["family"]):
        there = [each.get("family") for each in _at(document, entry.rpartition("/")[0])]
        families = [finding.nearest, *ask.families]
        free = [name for name in families if name in ask.families and name != "baseline" and name not in there]
        kept = {"features": candidate["features"]} if candidate.get("features") else {}
        return {name: _anew(entry, {"family": name, **kept}) for name in free if name}
    made = {**_mended(finding), **_values(ask, finding)}
    if leads_somewhere(document, finding.path) and field[0] in ("params", "features"):
        made[USUAL] = ({"op": "remove", "path": finding.path},)
    return made


def _of_plan(ask: Ask, seen: Ask, finding: Finding, field: list[str]) -> Answers:
    """Return the values for what stands once in a plan: the split, the positive class, the candidate to tune, ..."""
    match field[:1]:
        case ["metric"]:
            return {}  # it decides everything after it, and small models take what is named first
        case ["positive_class"]:
            target = _target_of(ask)
            classes = [entry.value for name in seen.profile.statistics if name.name == target for entry in name.top]
            return {**_mended(finding), **_replacing(finding.path, classes)}
        case ["split"]:
            kinds = ("random",) if (_document(ask) or {}).get("task_type") == "regression" else ("stratified", "random")
            plain = [{"kind": kind, "column": None} for kind in kinds]
            labels = {str(split["kind"]): _anew("/split", split) for split in plain}
            return {**_mended(finding), **(labels if ask.options.split is None else {})}
        case ["candidate"]:
            tunable = [result.spec.id for result in scored(ask) if result.spec.params]
            return {**_mended(finding), **_replacing(finding.path, tunable)}
        case ["space"]:
            return {**_mended(finding), USUAL: ({"op": "remove", "path": _upto(finding.path, "space")},)}
    return {**_mended(finding), **_values(ask, finding)}


def _target_of(ask: Ask) -> str | None:
    return ask.options.target or str((_document(ask) or {}).get("target"))


def _upto(path: str, name: str) -> str:
    return path[: path.index(f"/{name}") + 1 + len(name)]


# answers


def _mended(finding: Finding) -> Answers:
    """Return the change that a finding itself proposes, under the value or the name that it puts in."""
    if not finding.mend:
        return {}
    last = finding.mend[-1]
    if last["op"] == "remove":
        return {LEAVE_OUT if _entry(last["path"]) == last["path"] else USUAL: finding.mend}
    label = _label(last["value"]) if "value" in last else str(last["path"]).rpartition("/")[2]
    return {label: finding.mend}


def _values(ask: Ask, finding: Finding) -> Answers:
    """Return the values that the schema of the place names: choices, ends of a range."""
    schema = places.schema_of(ask, finding.path)
    values = [*schema.get("enum", ())]
    if schema.get("type") == "boolean":
        values = [True, False]
    elif schema.get("type") in ("integer", "number"):
        values = [schema[end] for end in ("minimum", "maximum") if end in schema]
    near = [finding.nearest] if finding.nearest in values else []
    return _replacing(finding.path, [*near, *values])


def _replacing(path: str, values: Iterable[Any]) -> Answers:
    return {_label(value): _anew(path, value) for value in values}


def _anew(path: str, value: Any) -> Patch:
    return ({"op": "replace", "path": path, "value": value},)


def _label(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _at(document: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def _patched(document: Json, patches: list[Patch], refused: Finding) -> Json:
    """Return the document with all patches, later places first; what lies inside an entry that goes is passed over."""
    by_place: dict[str, Patch] = {}
    for patch in patches:
        path = str(patch[-1]["path"])
        if _entry(path) == path or patch[0]["op"] != "add":
            by_place.setdefault(path, patch)
        else:
            by_place[path] = (*by_place.get(path, ()), *patch)
    whole = {path for path in by_place if _entry(path) == path}
    changes = [
        refused.having(path=path, mend=mend)
        for path, mend in by_place.items()
        if path in whole or _entry(path) not in whole
    ]
    made: Json = take_mends(document, changes)[0]
    return made
