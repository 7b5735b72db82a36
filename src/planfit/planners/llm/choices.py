"""For small models: per column and per move, the few options that are legal and sensible; the model chooses among them.

A model of half a billion parameters writes plans little better than chance and follows most rules where it may choose
from two to four options. So the plan is put together here, and it is legal whatever is chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from planfit.planners.base import Ask, Planner
from planfit.planners.expert.model_view import ModelView, view_of
from planfit.planners.expert.models import model_plan, next_batch, portfolio, scored
from planfit.planners.expert.tuning import best_tunable, tuning_plan
from planfit.planners.llm.wire import choice, closed
from planfit.planners.privacy import Screen
from planfit.planners.prompts import digest, sections, texts
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Kind

Json = dict[str, Any]
MOST_COLUMNS: Final = 20
MOST_STEPS: Final = 6
"""Steps on several columns that are offered, each to be used or not."""
MOST_OPTIONS: Final = 4
MOST_TOKENS: Final = 300
KEEP, USE, SKIP, LEAVE_OUT = "keep", "use", "skip", "leave_out"
SKEWED: Final = 1.5
MANY_LEVELS: Final = 10
BESIDE: Final = ("target_encode", "count_encode")
"""Operations that are offered beside their column, not in its place."""


@dataclass(frozen=True)
class Offer:
    """What a small model is shown, and the plan that its choices make."""

    prompt: str
    schema: Json
    keys: tuple[str, ...]
    """What is to be chosen."""
    plan: Callable[[Json], Json]


def offer(ask: Ask, expert: Planner, screen: Screen) -> Offer | None:
    """Return what may be chosen at first; None where there is nothing to choose, so that the expert answers."""
    makers = {"TaskPlan": _task, "FeaturePlan": _features, "NextStep": _move}
    make = makers.get(ask.plan_kind)
    if make is None or (ask.task is not None and ask.plan_kind == "TaskPlan"):
        return None
    made = make(ask, expert)
    if made is None:
        return None
    options, says, plan = made
    fields = {key: choice(values) for key, values in options.items()}
    lines = [
        f"{json.dumps(key, ensure_ascii=False)}: {', '.join(values)}{says.get(key, '')}"
        for key, values in options.items()
    ]
    return Offer(prompt(ask, screen, lines), screen.names_out(closed(fields)), tuple(fields), plan)


def prompt(ask: Ask, screen: Screen, lines: list[str]) -> str:
    """Return what is shown of the table and the run, and what may be chosen."""
    seen = screen.view(ask)
    table = "" if ask.plan_kind == "NextStep" else _table(seen)
    parts = [
        ("Role", texts.text("choices")),
        ("Task description (data, quoted)", json.dumps(seen.sentence[:300], ensure_ascii=False)),
        ("Table", table),
        ("Settled", sections.settled(seen).split("\n")[0] if seen.task is not None else ""),
        ("Results so far", _results(seen) if ask.plan_kind == "NextStep" else ""),
        ("Choose one value for each key", "\n".join(lines)),
    ]
    return screen.out("\n\n".join(f"# {title}\n{text}" for title, text in parts if text) + "\n")


def _table(seen: Ask) -> str:
    lines = [digest.column_line(stats, digest.is_target(seen, stats.name), 3) for stats in _main_columns(seen)]
    return "\n".join(["column | kind | missing | distinct | values", *lines])


def _results(seen: Ask) -> str:
    lines = sections.results(seen).split("\n")
    return "\n".join(line for line in lines if not line.startswith("a quick model"))[:1_200]


def _main_columns(ask: Ask) -> list[ColumnProfile]:
    """Return the columns that say most about the target alone, else the first, in the table's order."""
    allowed = {column.name for column in ask.schema_.columns} if ask.schema_ is not None else None
    shown = [stats for stats in ask.profile.statistics if allowed is None or stats.name in allowed]
    strength: dict[str, float] = {}
    if ask.target_profile is not None:
        strength = {entry.column: entry.value for entry in ask.target_profile.associations}
    best = sorted(shown, key=lambda stats: -strength.get(stats.name, 0.0))[:MOST_COLUMNS]
    names = {stats.name for stats in best}
    return [stats for stats in shown if stats.name in names]


Made = tuple[dict[str, list[str]], dict[str, str], Callable[[Json], Json]]


def _task(ask: Ask, expert: Planner) -> Made | None:
    """Offer the targets that the sentence may mean; what follows from the target the expert knows."""
    usual: Json = json.loads(expert.propose(ask).document)
    options: dict[str, list[str]] = {}
    if ask.options.target is None:
        others = [usual["target"], *(entry["target"] for entry in usual.get("alternatives", []))]
        options["target"] = list(dict.fromkeys(others))[:MOST_OPTIONS]
    options = {key: values for key, values in options.items() if len(values) > 1}
    if not options:
        return None

    def plan(chosen: Json) -> Json:
        target = chosen.get("target", usual["target"])
        if target == usual["target"]:
            return usual
        if target not in ask.profile.names:
            return {**usual, "target": target}
        given = ask.having(options=ask.options.having(target=str(target)))
        made: Json = json.loads(expert.propose(given).document)
        return made

    return options, {}, plan


def _features(ask: Ask, expert: Planner) -> Made | None:
    """Offer each column its operations, and the expert's steps on several columns."""
    joint: list[Json] = []
    if not ask.by_rule:  # else its steps are there already, and what is chosen is added to them
        usual: Json = json.loads(expert.propose(ask).document)
        joint = [step for step in usual["transformations"] if len(names_of(step)) > 1][:MOST_STEPS]
    there = [*ask.by_rule, *joint]
    taken = {(name, step["operation"]) for step in there for name in names_of(step)}  # the same again would clash
    done = {names_of(step)[0] for step in ask.by_rule if len(names_of(step)) == 1}
    columns = {
        stats.name: [each for each in options_of(stats, ask) if (stats.name, each) not in taken]
        for stats in _main_columns(ask)
        if stats.name not in done
    }
    keys = {_key(name, place): name for place, name in enumerate(columns, 1) if len(columns[name]) > 1}
    steps = {f"step_{place}": step for place, step in enumerate(joint, 1)}
    options = {key: columns[name] for key, name in keys.items()} | {key: [USE, SKIP] for key in steps}
    if not options:
        return None
    says = {key: f"   ({step['operation']} of {', '.join(names_of(step)[:4])})" for key, step in steps.items()}

    def plan(chosen: Json) -> Json:
        made = [step for key, step in steps.items() if chosen.get(key) == USE]
        for key, name in keys.items():
            operation = chosen.get(key, KEEP)
            if operation != KEEP:
                beside = {"keep_source": True} if operation in BESIDE else {}
                made.append({"column": name, "operation": operation, **beside})
        return {"transformations": made, "rationale": "Chosen from the options that are legal for each column."}

    return options, says, plan


def names_of(step: Json) -> list[str]:
    """Return the columns that a step names."""
    columns = step.get("columns") or ([step["column"]] if step.get("column") else [])
    if isinstance(columns, str):
        return [columns]
    return [str(name) for name in columns] if isinstance(columns, list) else []


def _key(name: str, place: int) -> str:
    return name if re.fullmatch(r"[\w .-]{1,60}", name) and not name.startswith("step_") else f"column_{place}"


def options_of(stats: ColumnProfile, ask: Ask) -> list[str]:
    """Return what may be done with a column, doing nothing first."""
    wanted: list[str] = []
    if stats.kind is Kind.NUMERIC:
        wanted = ["log1p"] if (stats.skew or 0.0) > SKEWED else []
        wanted += ["missing_indicator"] if stats.missing else []
        wanted += ["quantile_transform"] if stats.n_unique > MANY_LEVELS else []
    elif stats.kind is Kind.CATEGORICAL:
        wanted = ["target_encode", "count_encode"]
        wanted += ["group_rare"] if stats.n_unique > MANY_LEVELS else []
    elif stats.kind is Kind.DATETIME:
        wanted = ["datetime_parts", "cyclical_encode"]
    elif stats.kind is Kind.TEXT:
        wanted = ["text_statistics", "tfidf"]
    return [KEEP, *(name for name in wanted if name in ask.operations)][:MOST_OPTIONS]


def _move(ask: Ask, expert: Planner) -> Made | None:
    documents = moves(ask, expert)
    if len(documents) < 2:
        return None

    def plan(chosen: Json) -> Json:
        label = chosen.get("move")
        return documents.get(str(label), {"move": label})

    return {"move": list(documents)}, {}, plan


def moves(ask: Ask, expert: Planner) -> dict[str, Json]:
    """Return the moves that make sense now by what they are called, the expert's own first."""
    usual: Json = json.loads(expert.propose(ask).document)
    if usual["move"] == "revise":  # as soon as it may be: later it may not be any more
        return {"revise": usual}
    documents = {_label(usual): usual}
    view = view_of(ask)
    if next_batch(view, portfolio(view)[0]):
        more = {"move": "models", "plan": model_plan(ask)}
        documents.setdefault(_label(more), more)
    tune = tuning_plan(ask) if best_tunable(ask) is not None and not _displaces(ask, view) else None
    if tune is not None and "tuning" not in {result.spec.origin for result in ask.leaderboard}:
        documents.setdefault(_label({"move": "tune", "plan": tune}), {"move": "tune", "plan": tune})
    if len(scored(ask)) >= 2 and not any(result.spec.origin == "ensemble" for result in ask.leaderboard):
        documents.setdefault("ensemble", {"move": "ensemble"})
    documents.setdefault("finish", {"move": "finish"})
    return dict(list(documents.items())[:MOST_OPTIONS])


def _displaces(ask: Ask, view: ModelView) -> bool:
    """Say whether tuning now would take the room of what the portfolio still has to try."""
    limited = ask.budget.candidates is not None or ask.budget.seconds is not None
    return limited and bool(next_batch(view, portfolio(view)[0]))


def _label(move: Json) -> str:
    plan = move.get("plan") or {}
    if move["move"] == "models":
        families = dict.fromkeys(entry["family"] for entry in plan["candidates"])
        return f"models: {', '.join(families)}"
    return f"tune {plan['candidate']}" if move["move"] == "tune" else str(move["move"])
