"""What sets two feature plans apart, in words: steps are told apart by what they do, not by where they stand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

from planfit.operations.base import Arity, Operation
from planfit.plans.codes import listed, shown
from planfit.plans.features import FeaturePlan
from planfit.records.canonical import Record, canonical_json

MOST_NAMES = 8
"""Columns that a sentence names before it counts the rest."""


class Difference(Record):
    """One thing that the second plan does otherwise."""

    change: Literal["added", "removed", "columns_added", "columns_removed", "columns", "parameters", "moved"]
    operation: str
    columns: tuple[str, ...] = ()
    """What it concerns, as the plan names it: columns and selectors."""
    parameters: dict[str, tuple[Any, Any]] = {}
    """Before and after, for those that differ."""
    sentence: str
    """The same for people, without a full stop."""


class _Unit(NamedTuple):
    """The least part of a plan that can differ: an operation, how it is set, and what it is done to."""

    operation: str
    setting: bytes
    """Everything but the columns, as canonical JSON."""
    on: tuple[str, ...]


class _Part(NamedTuple):
    unit: _Unit
    step: Operation
    place: int
    """Of its step in the plan."""


def differences(old: FeaturePlan, new: FeaturePlan) -> tuple[Difference, ...]:
    """Return what `new` does otherwise than `old`; nothing for plans of the same meaning.

    An operation that treats its columns one by one counts once a column, so that a step that was split in two is no
    difference, and one that got a further column is not a new step.

    Parameters
    ----------
    old, new : FeaturePlan

    Examples
    --------
    >>> old = FeaturePlan(transformations=[{"column": "age", "operation": "standard_scale"}])
    >>> new = FeaturePlan(transformations=[
    ...     {"columns": ["age", "income"], "operation": "standard_scale"},
    ...     {"column": "city", "operation": "target_encode"}])
    >>> print("; ".join(each.sentence for each in differences(old, new)))
    adds target_encode on city; standard_scale now also on income
    """
    before, after = _parts(old), _parts(new)
    common, gone, come = _matched(before, after)
    found = [*_other_columns(gone, come), *_parameters(gone, come)]
    known = {part.unit[:2] for part, _ in common}
    added, columns_added = _told(come, known, "added", "columns_added")
    removed, columns_removed = _told(gone, known, "removed", "columns_removed")
    return (*added, *columns_added, *removed, *columns_removed, *found, *_moved(common))


def _parts(plan: FeaturePlan) -> list[_Part]:
    made = []
    for place, step in enumerate(plan.transformations):
        setting = {
            "parameters": step.parameters(),
            "into": step.into,
            "except": sorted(set(step.except_)),
            "removes_sources": step.removes_sources,
        }
        names = (step.column,) if step.column is not None else tuple(dict.fromkeys(step.columns or ()))
        for on in [(name,) for name in names] if _one_by_one(step) and names else [names]:
            made.append(_Part(_Unit(step.operation, canonical_json(setting), on), step, place))
    return made


def _one_by_one(step: Operation) -> bool:
    """Say whether what a step does to a column has nothing to do with the other columns it names."""
    return step.arity is Arity.EACH or step.operation in ("drop", "keep")


def _matched(before: list[_Part], after: list[_Part]) -> tuple[list[tuple[_Part, _Part]], list[_Part], list[_Part]]:
    """Pair equal parts; return the pairs, what is left of the first plan, and of the second."""
    left: dict[_Unit, list[_Part]] = {}
    for part in before:
        left.setdefault(part.unit, []).append(part)
    pairs, come = [], []
    for part in after:
        same = left.get(part.unit)
        if same:
            pairs.append((same.pop(0), part))
        else:
            come.append(part)
    gone = [part for part in before if any(part is one for one in left.get(part.unit, ()))]
    return pairs, gone, come


def _parameters(gone: list[_Part], come: list[_Part]) -> list[Difference]:
    """Take out of both lists what is done to the same columns with other parameters, and return it."""
    pairs: list[tuple[_Part, _Part]] = []
    for part in list(come):
        same = next((one for one in gone if one.unit[::2] == part.unit[::2]), None)
        if same is not None:
            pairs.append((same, part))
            gone.remove(same)
            come.remove(part)
    together = _grouped(pairs, lambda pair: (pair[0].unit[:2], pair[1].unit[:2]))
    return [_changed([pair[1] for pair in some], some[0][0].step, some[0][1].step) for some in together]


def _other_columns(gone: list[_Part], come: list[_Part]) -> list[Difference]:
    """Take out of both lists what is done, set in the same way, to columns together that are partly others."""
    made = []
    for part in list(come):
        same = next((one for one in gone if _overlap(one, part)), None)
        if same is not None:
            gone.remove(same)
            come.remove(part)
            sentence = (
                f"{part.step.operation} now{_on(part.unit.on)} instead of {_on(same.unit.on).removeprefix(' on ')}"
            )
            made.append(
                Difference(change="columns", operation=part.step.operation, columns=part.unit.on, sentence=sentence)
            )
    return made


def _overlap(one: _Part, other: _Part) -> bool:
    together = not _one_by_one(one.step) and one.unit[:2] == other.unit[:2]
    return together and bool(set(one.unit.on) & set(other.unit.on))


def _changed(parts: list[_Part], old: Operation, new: Operation) -> Difference:
    changed = {
        name: (value, _settings(new).get(name))
        for name, value in _settings(old).items()
        if value != _settings(new).get(name)
    }
    said = ", ".join(f"{name} {_shown(after)} instead of {_shown(before)}" for name, (before, after) in changed.items())
    columns = _columns(parts)
    return Difference(
        change="parameters", operation=new.operation, columns=columns, parameters=changed,
        sentence=f"{new.operation}{_on(columns)}: {said}",
    )  # fmt: skip


def _settings(step: Operation) -> dict[str, Any]:
    shared = {"into": step.into, "except": sorted(set(step.except_)), "keep_source": not step.removes_sources}
    return {**step.parameters(), **shared}


def _told(
    parts: list[_Part], known: set[tuple[str, bytes]], whole: Literal["added", "removed"],
    some: Literal["columns_added", "columns_removed"],
) -> tuple[list[Difference], list[Difference]]:  # fmt: skip
    """Return steps that only one plan has, and columns that a step of both plans has in one only."""
    steps, columns = [], []
    for group in _grouped(parts, lambda part: part.unit[:2]):
        step, names = group[0].step, _columns(group)
        if group[0].unit[:2] not in known or not names or not _one_by_one(step):
            verb = "adds" if whole == "added" else "removes"
            sentence = f"{verb} {step.describe()}{_on(names)}{_left_out(step)}"
            steps.append(Difference(change=whole, operation=step.operation, columns=names, sentence=sentence))
        else:
            verb = "now also" if some == "columns_added" else "no longer"
            sentence = f"{step.operation} {verb}{_on(names)}"
            columns.append(Difference(change=some, operation=step.operation, columns=names, sentence=sentence))
    return steps, columns


def _moved(pairs: list[tuple[_Part, _Part]]) -> list[Difference]:
    """Return what both plans do, but not in the same order: the fewest parts that would have to be moved."""
    ordered = sorted(pairs, key=lambda pair: pair[1].place)
    still = _longest_rising([pair[0].place for pair in ordered])
    away = [pair for place, pair in enumerate(ordered) if place not in still]
    made = []
    for group in _grouped(away, lambda pair: (pair[0].place, pair[1].place)):
        part = group[0][1]
        columns = _columns([pair[1] for pair in group])
        sentence = f"{part.step.operation}{_on(columns)} is step {part.place + 1}, was step {group[0][0].place + 1}"
        made.append(Difference(change="moved", operation=part.step.operation, columns=columns, sentence=sentence))
    return made


def _longest_rising(places: list[int]) -> set[int]:
    """Return the indices of a longest subsequence that never falls."""
    ends: list[tuple[int, int]] = []
    before: dict[int, int | None] = {}
    for index, place in enumerate(places):
        at = bisect_left(ends, (place, index))
        before[index] = ends[at - 1][1] if at else None
        ends[at : at + 1] = [(place, index)]
    found: set[int] = set()
    here = ends[-1][1] if ends else None
    while here is not None:
        found.add(here)
        here = before[here]
    return found


def _grouped(items: Iterable[Any], key: Callable[[Any], Any]) -> list[list[Any]]:
    """Return items of equal keys together, in the order in which keys come up."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _columns(parts: list[_Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.unit.on))


def _on(columns: tuple[str, ...]) -> str:
    return f" on {listed((_name(name) for name in columns), MOST_NAMES)}" if columns else ""


def _left_out(step: Operation) -> str:
    return f" except {listed(map(_name, step.except_), MOST_NAMES)}" if step.except_ else ""


def _name(name: str) -> str:
    """Return a column's name as a sentence shows it: plain where it cannot be misread."""
    plain = name.isprintable() and len(name) <= 60 and not any(sign in name for sign in ",;: \"'")
    return name if plain else shown(name)


def _shown(value: Any) -> str:
    return "none" if value is None else shown(value)
