"""The decisions of a run as sentences, each with the id of its entry in the record. What clocks decided is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from planfit.amounts import counted
from planfit.records.canonical import Record
from planfit.store.entries import Decision, Status
from planfit.store.run import RunReader
from planfit.trace.decisions import entries

MOST_NAMED = 6


class Told(Record):
    """One decision, told."""

    id: str
    """Of the entry in the trace."""
    stage: str
    by: str
    """A planner's name, ``runtime`` or ``person``."""
    status: Status
    sentence: str
    """What was decided and what came of it; names stand between backticks."""
    because: str | None = None


def story(reader: RunReader) -> tuple[Told, ...]:
    """Return the decisions of a run in order, told; one that says what the one before it said is left out."""
    told: list[Told] = []
    seen: set[tuple[str, str | None]] = set()
    for decision in entries(reader):
        for sentence, because in _sentences(decision):
            if (sentence, because) not in seen:
                seen.add((sentence, because))
                told.append(
                    Told(
                        id=decision.id, stage=decision.stage, by=decision.planner, status=decision.status,
                        sentence=sentence, because=because,
                    )
                )  # fmt: skip
    return tuple(told)


def _sentences(decision: Decision) -> Iterator[tuple[str, str | None]]:
    plan = decision.plan if isinstance(decision.plan, dict) else {}
    if decision.planner == "runtime":
        found = _of_runtime(decision, plan)
    elif decision.planner == "person":
        found = f"A person asked for: {plan.get('command')}.", plan.get("detail")
        if "fork_of" in plan:
            found = f"Forked from {plan['fork_of']}.", None
    elif decision.status == "rejected":
        found = _refused(decision)
    else:
        found = _of_planner(decision, plan)
    if found is not None:
        yield found


def _of_runtime(decision: Decision, plan: dict[str, Any]) -> tuple[str, str | None] | None:
    result = decision.result if isinstance(decision.result, dict) else {}
    match plan:
        case {"decision": what}:
            return f"{_capital(what)}.", decision.rationale
        case {"candidate": name, "family": family, "then": then}:
            again = "" if then == "skipped" else f"; tried again on {then}"
            cause = str(result.get("cause")).replace("_", " ")
            return f"{name} (`{family}`) ended without a model: {cause}{again}.", result.get("detail")
        case {"roll_back": child, "to": parent}:
            return f"{_capital(child)} rolled back to {parent}.", decision.rationale
        case {"open_holdout": times}:
            return f"The holdout was opened{_held(result)}.", None if times == 1 else f"It is opening number {times}."
        case {"stop": reason}:
            return f"The search ended ({reason}).", decision.rationale
        case {"halt": stage, "status": status}:
            what = "asks a person a question" if status == "question" else "waits for a person"
            return f"The run {what} in stage {str(stage).replace('_', ' ')}.", decision.rationale
    return None  # what a clock decided


def _of_planner(decision: Decision, plan: dict[str, Any]) -> tuple[str, str | None]:
    carried = plan.get("plan")
    inner: dict[str, Any] = carried if isinstance(carried, dict) else plan
    result = decision.result if isinstance(decision.result, dict) else {}
    if "task_type" in inner:
        sentence = _task(inner, result)
    elif "transformations" in inner:
        sentence = _features(inner, result, decision)
    elif "method" in inner and "candidate" in inner:
        sentence = f"Tune {inner['candidate']} ({inner['method']}, {inner.get('trials')} trials): {_scored(result)}."
    elif "candidates" in inner:
        sentence = f"Score {_listed(entry.get('family') for entry in inner['candidates'])}: {_scored(result)}."
    elif plan.get("move") == "ensemble":
        sentence = f"Blend what was scored: {_scored(result)}."
    elif plan.get("move") == "finish":
        sentence = "Finish: nothing is left to try."
    else:
        sentence = "An answer was accepted."
    return sentence, decision.rationale


def _refused(decision: Decision) -> tuple[str, str | None]:
    errors = [finding for finding in decision.findings if finding.refuses]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    attempt = f", attempt {decision.attempt}" if decision.attempt else ""
    return f"An answer was refused{attempt}{more}.", errors[0].sentence() if errors else None


def _task(plan: dict[str, Any], result: dict[str, Any]) -> str:
    left_out = [str(entry.get("name")) for entry in plan.get("excluded") or () if isinstance(entry, dict)]
    without = f", without {_listed(left_out)}" if left_out else ""
    split = result.get("split") or {}
    kept = f"; {split['holdout_rows']:,} rows kept aside" if split.get("holdout_rows") else ""
    judged = f", judged by {plan['metric']}" if plan.get("metric") else ""
    return f"Predict `{plan.get('target')}` ({plan.get('task_type')}){judged}{without}{kept}."


def _features(plan: dict[str, Any], result: dict[str, Any], decision: Decision) -> str:
    steps = [step for step in plan.get("transformations") or () if isinstance(step, dict)]
    if not steps:
        return "Use the columns as they are."
    names = Counter(str(step.get("operation")) for step in steps)
    parts = [f"{counted(len(steps), 'feature step')}: {_listed(names)}"]
    if decision.status == "failed":
        broke = next((finding.message for finding in decision.findings if finding.refuses), "")
        return f"{parts[0]}; the plan broke on the full data: {broke}"
    if "features" in result:
        parts.append(f"as {result['features']}, {result.get('columns_in')} columns become {result.get('columns_out')}")
    probe = result.get("probe") or {}
    if probe.get("child_score") is not None:
        parts.append(f"{probe['metric']} {probe['child_score']:.4g} against {probe['parent_score']:.4g}")
    return "; ".join(parts) + "."


def _scored(result: dict[str, Any]) -> str:
    lines = result.get("candidates") or ()
    told = [
        f"{line['candidate']} `{line['family']}` failed ({str(line['failed']).replace('_', ' ')})"
        if "failed" in line
        else f"{line['candidate']} `{line['family']}` {line['metric']} {line['score']:.4g}"
        for line in lines
    ]
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more if told else "nothing was scored before the search ended"


def _held(result: dict[str, Any]) -> str:
    if "low" not in result:
        return ""
    inside = f"{result['low']:.4g} to {result['high']:.4g}"
    return f": {result['value']:.4g} (95 % interval {inside}; {counted(result['rows'], 'row')})"


def _listed(names: Any) -> str:
    every = [f"`{name}`" for name in names]
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return ", ".join(every[:MOST_NAMED]) + more


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1].islower() and not text[1:2].isdigit() else text
