"""Tables of many fields, written down as names and kinds, with sentences that people would type about them.

``everyday_tables.txt`` holds them. A table is a line ``# name rows``, a line of columns and lines ``> sentence => outcome``.
A column is ``name kind``: ``n40`` numbers of 40 distinct values, ``i40`` whole ones, ``b`` yes and no as 1 and 0,
``b:ja/nein`` in words, ``c5`` five categories, ``c:good/bad`` named ones, ``d`` dates, ``t`` text, ``id``, ``k`` constant.
An outcome is ``?`` where a question is the right answer, else ``target task_type name=value ...``; only what is written
is compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from planfit.planners.base import Ask, TaskOptions
from planfit.planners.expert.task import task_plan
from planfit.records.profile import ColumnProfile, DataRef, Profile, ValueCount
from planfit.records.schema import BooleanReading, Column, Kind

TYPES = ("binary", "multiclass", "regression")
FEW = 20
_COLUMN = re.compile(r"(.+?) (id|d|t|k|b|[bc]:.+|[cni]\d+)")


@dataclass(frozen=True)
class Case:
    """One sentence about a table, and the right outcome."""

    table: str
    profile: Profile
    sentence: str
    target: str | None
    """None: a question is right."""
    task_type: str | None = None
    more: tuple[tuple[str, str], ...] = ()


def cases() -> list[list[Case]]:
    """Return the cases by table, in the order of the file."""
    text = Path(__file__).with_name("everyday_tables.txt").read_text(encoding="utf-8")
    return [_table(block) for block in re.split(r"^# ", text, flags=re.MULTILINE)[1:]]


def _table(block: str) -> list[Case]:
    head, columns, *lines = block.strip().split("\n")
    name, rows = head.split()
    made = _profile(int(rows), columns)
    return [_case(name, made, line[2:]) for line in lines]


def _case(table: str, profile: Profile, line: str) -> Case:
    sentence, _, outcome = line.partition(" => ")
    if outcome.strip() == "?":
        return Case(table, profile, sentence, None)
    target = max((name for name in profile.names if outcome.startswith(name)), key=len)
    rest = outcome[len(target) :].split()
    task_type = rest.pop(0) if rest and rest[0] in TYPES else None
    pairs = tuple((key, value) for key, _, value in (part.partition("=") for part in rest))
    return Case(table, profile, sentence, target, task_type, pairs)


def _profile(rows: int, text: str) -> Profile:
    pairs = [_column(rows, *entry.groups()) for entry in map(_COLUMN.fullmatch, text.split(" | ")) if entry]
    columns, statistics = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    data = DataRef(content_hash="0" * 64, path=None, origin="a table", rows=rows, columns=len(columns))
    return Profile(data=data, rows=rows, memory=1, columns=columns, statistics=statistics, duplicate_rows=0)


def _column(rows: int, name: str, code: str) -> tuple[Column, ColumnProfile]:
    figures: dict[str, Any] = {"missing": 0}
    reading = None
    known = {"id": (Kind.IDENTIFIER, rows), "d": (Kind.DATETIME, rows // 3), "t": (Kind.TEXT, rows), "k": (Kind.CONSTANT, 1)}  # fmt: skip
    if code in known:
        kind, distinct = known[code]
    elif code[0] == "b":
        true, _, false = code[2:].partition("/")
        kind, distinct = Kind.BOOLEAN, 2
        reading = BooleanReading(true=(true.lower() or "1",), false=(false.lower() or "0",))
        figures["top"] = (ValueCount(value="0", count=rows - rows // 4), ValueCount(value="1", count=rows // 4))
        figures |= {"minimum": 0.0, "maximum": 1.0, "integers": True}
    elif code[0] == "c":
        values = code[2:].split("/") if code[1] == ":" else [f"level {n}" for n in range(min(FEW, int(code[1:])))]
        kind, distinct = Kind.CATEGORICAL, len(values) if code[1] == ":" else int(code[1:])
        figures["top"] = tuple(ValueCount(value=v, count=max(1, rows // (2 + n))) for n, v in enumerate(values))
    else:
        kind, distinct = Kind.NUMERIC, int(code[1:] or 500)
        figures |= {"minimum": 0.0, "maximum": float(max(1, distinct - 1)), "integers": code[0] == "i"}
        if distinct <= FEW:
            figures["top"] = tuple(
                ValueCount(value=str(n), count=max(1, rows // (2 + n))) for n in range(distinct)
            )  # fmt: skip
    column = Column(name=name, kind=kind, n_unique=distinct, missing=0, reading=reading)
    return column, ColumnProfile(name=name, kind=kind, n_unique=distinct, **figures)


def plan_for(profile: Profile, sentence: str, **options: Any) -> dict[str, Any]:
    """Return the expert's task plan."""
    ask = Ask(
        plan_kind="TaskPlan", stage="task", round=0, attempt=1, sentence=sentence, profile=profile,
        options=TaskOptions(**options),
    )  # fmt: skip
    return task_plan(ask)


def outcome(case: Case) -> tuple[str, str]:
    """Return ``right``, ``asked`` or ``wrong`` (a guess made silently), and what was understood."""
    plan = plan_for(case.profile, case.sentence)
    asked = "question" in plan
    said = f"{plan['target']} {plan['task_type']} {plan['metric']} {plan.get('constraints')} {plan['confidence']}"
    if case.target is None:
        return ("right" if asked else "wrong"), said
    if asked:
        return "asked", said
    if plan["target"] != case.target or case.task_type not in (None, plan["task_type"]):
        return "wrong", said
    odd = [f"{name}={value}" for name, value in case.more if not _holds(plan, name, value)]
    return ("wrong", f"{said}; not {odd}") if odd else ("right", said)


def _holds(plan: dict[str, Any], name: str, value: str) -> bool:
    constraints = plan.get("constraints") or {}
    match name:
        case "metric":
            return plan["metric"] == value
        case "positive":
            return plan["positive_class"] == value
        case "without":
            asked = {entry["name"] for entry in plan["excluded"] if entry["code"] == "asked"}
            return asked == set(value.split(","))
        case "simple":
            return constraints.get("simple") is True
        case "seconds" | "max_candidates":
            return constraints.get(name) == float(value)
        case _:
            wanted = set(value.split(","))
            found = set(constraints.get(name) or ())
            # "gradient boosting" is several families
            return bool(found) if wanted == {"gradient_boosting"} else found == wanted


EVERY = [case for table in cases() for case in table]


@pytest.mark.parametrize("case", EVERY, ids=lambda case: f"{case.table}: {case.sentence}"[:60])
def test_no_table_is_guessed_wrong(case: Case) -> None:
    judged, said = outcome(case)
    assert judged != "wrong", said


def test_most_tables_are_understood_without_a_question() -> None:
    asked = [case.sentence for case in EVERY if outcome(case)[0] != "right"]
    assert len(asked) <= 0.1 * len(EVERY), asked
