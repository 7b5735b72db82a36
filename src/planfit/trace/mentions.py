"""Where the decisions of a run speak of a column, an operation, a model family, a feature set or a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from planfit.records.schema import Schema
from planfit.store.run import RunReader
from planfit.trace.decisions import Decision

TASK_WORDS = {"target": "target", "metric": "metric", "task_type": "task_type", "task": "target", "split": "split"}
_PLAIN = frozenset({"column", "columns", "except", "operation", "reason", "into", "keep_source"})


@dataclass(frozen=True)
class Mention:
    """A decision that speaks of something, and what it says."""

    decision: Decision
    subject: str
    text: str
    figures: dict[str, Any] = field(default_factory=dict)


def mentions(reader: RunReader, decisions: tuple[Decision, ...], what: str) -> Iterator[Mention]:
    """Yield what the decisions say about `what`, in order."""
    kinds = _kinds(reader)
    for decision in decisions:
        if decision.planner in ("runtime", "person"):
            yield from _of_runtime(decision, what)
        elif decision.stage == what or decision.id == what:
            yield Mention(decision, decision.stage, _account(decision), _figures(decision))
        else:
            yield from _of_task(decision, what)
            yield from _of_features(decision, what, kinds)
            yield from _of_models(decision, what)


def rejections(decisions: tuple[Decision, ...], family: str) -> Iterator[Mention]:
    """Yield the plans that thought of a model family and left it out."""
    for decision in decisions:
        for entry in _inner(decision).get("rejected", ()):
            if isinstance(entry, dict) and entry.get("family") == family:
                yield Mention(decision, family, str(entry.get("reason")))


def _of_task(decision: Decision, what: str) -> Iterator[Mention]:
    plan = _inner(decision)
    if "target" not in plan or "task_type" not in plan:
        return
    for entry in plan.get("excluded") or ():
        if isinstance(entry, dict) and entry.get("name") == what:
            yield Mention(decision, what, f"Excluded ({entry.get('code')}): {entry.get('reason')}")
    if what == plan["target"]:
        yield Mention(decision, what, f"It is the target. {plan.get('rationale') or ''}".strip())
    elif what in TASK_WORDS:
        yield Mention(decision, what, f"{plan.get(TASK_WORDS[what])}. {plan.get('rationale') or ''}".strip())
    elif what == plan.get("metric"):
        yield Mention(decision, what, f"It is the metric. {plan.get('rationale') or ''}".strip())


def _of_features(decision: Decision, what: str, kinds: dict[str, str]) -> Iterator[Mention]:
    plan = _inner(decision)
    made = decision.result.get("features") if isinstance(decision.result, dict) else None
    steps = plan.get("transformations")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and (step.get("operation") == what or what == made or _touches(step, what, kinds)):
            yield Mention(decision, what, _step_account(decision, step), _figures(decision))


def _of_models(decision: Decision, what: str) -> Iterator[Mention]:
    plan = _inner(decision)
    for entry in plan.get("candidates") or ():
        if isinstance(entry, dict) and entry.get("family") == what:
            reason = entry.get("reason") or decision.rationale or "No reason was given."
            yield Mention(decision, what, f"Planned: {reason}", _figures(decision))
    yield from rejections((decision,), what)
    if plan.get("candidate") == what and "method" in plan:
        reason = decision.rationale or "no reason was given"
        yield Mention(
            decision, what, f"Tuned ({plan.get('method')}, {plan.get('trials')} trials): {reason}", _figures(decision)
        )


def _of_runtime(decision: Decision, what: str) -> Iterator[Mention]:
    plan = decision.plan if isinstance(decision.plan, dict) else {}
    result = decision.result if isinstance(decision.result, dict) else {}
    named = {str(value) for value in plan.values() if isinstance(value, str)}
    figures = result.get("figures") if isinstance(result.get("figures"), dict) else result
    if (
        (decision.stage == what and "name" not in plan)
        or what in named
        or what in {str(value) for value in (result.get("figures") or {}).values()}
        or (what == "threshold" and what in (result.get("figures") or {}))
    ):  # what a clock decided says nothing about why
        yield Mention(decision, what, _account(decision), figures or {})


def _inner(decision: Decision) -> dict[str, Any]:
    """Return the plan, or the one that a move carries; empty where the answer was no JSON object."""
    plan = decision.plan
    if not isinstance(plan, dict):
        return {}
    inner = plan.get("plan")
    return inner if isinstance(inner, dict) else plan


def _touches(step: dict[str, Any], column: str, kinds: dict[str, str]) -> bool:
    if column in (step.get("column"), step.get("into")):
        return True
    named = step.get("columns")
    for name in [named] if isinstance(named, str) else named or ():
        if name == column:
            return True
        selected = name == "@all" or (name.startswith("@") and kinds.get(column) == name[1:])
        if selected and column in kinds and column not in (step.get("except") or ()):
            return True
    others = (value for key, value in step.items() if key not in _PLAIN)
    return any(column == value or (isinstance(value, list) and column in value) for value in others)


def _step_account(decision: Decision, step: dict[str, Any]) -> str:
    columns = step.get("column") or step.get("columns") or step.get("into") or ""
    names = columns if isinstance(columns, str) else ", ".join(columns)
    reason = step.get("reason") or decision.rationale or "No reason was given."
    reason = reason if reason.rstrip().endswith((".", "!", "?")) else f"{reason.rstrip()}."
    return f"{step.get('operation')} on {names}: {reason}{_fate(decision)}"


def _fate(decision: Decision) -> str:
    """Return what became of a feature plan, as a sentence."""
    if decision.status in ("rejected", "failed"):
        first = next((finding.message for finding in decision.findings if finding.refuses), "")
        word = "refused" if decision.status == "rejected" else "broke on the full data"
        return f" The plan was {word}: {first}" if word == "refused" else f" The plan {word}: {first}"
    result = decision.result if isinstance(decision.result, dict) else {}
    probe = result.get("probe")
    told = f" {probe['because']}" if isinstance(probe, dict) and probe.get("because") else ""
    return told + (f" {result['decision']}." if result.get("decision") else "")


def _account(decision: Decision) -> str:
    if decision.planner == "runtime":
        plan = decision.plan if isinstance(decision.plan, dict) else {}
        what = plan.get("decision") or ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in plan.items())
        return f"{what}: {decision.rationale or decision.prompt.splitlines()[0]}"
    return f"{decision.status}: {decision.rationale or 'no rationale was given'}{_fate(decision)}"


def _figures(decision: Decision) -> dict[str, Any]:
    return decision.result if isinstance(decision.result, dict) else {}


def _kinds(reader: RunReader) -> dict[str, str]:
    """Return the kind of each raw column, by which a selector takes it."""
    step = reader.find_last("step_finished", name="schema")
    return (
        {}
        if step is None
        else {column.name: column.kind.value for column in Schema.model_validate(step.result).columns}
    )
